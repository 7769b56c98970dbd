/* Pictures of any kind: decoded and made small, or refused with a sentence. */
#include "fuzz.h"
#include "pictures/pictures_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum picture_kind kind = picture_kind(data, size);
    struct pixels pixels;
    uint8_t *webp;
    size_t n;
    if (kind == PICTURE_UNKNOWN) return 0;
    status s = kind == PICTURE_SVG ? svg_check((const char *)data, size) : picture_decode(kind, data, size, &pixels);
    if (s != OK) {
        promise_sentence(s);
        return 0;
    }
    if (kind == PICTURE_SVG) return 0;
    PROMISE(pixels.width > 0 && pixels.height > 0 && (int64_t)pixels.width * pixels.height <= PICTURE_PIXELS_MAX);
    if ((int64_t)pixels.width * pixels.height < 1 << 20) {   /* larger ones cost seconds under the sanitizers */
        PROMISE(picture_encode(&pixels, PICTURE_SMALL, &webp, &n) == OK && n > 0);
        mem_free(webp);
    }
    mem_free(pixels.rgba);
    return 0;
}

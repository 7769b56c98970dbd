/* JPEG, PNG and WebP to pixels, and pixels to WebP. The libraries decode; here are the limits, and what to do when they give up. */
#include <stdio.h>   /* before jpeglib.h */

#include <jpeglib.h>

#include <jerror.h>
#include <png.h>
#include <setjmp.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include "pictures_int.h"

enum { JPEG_SCANS_MAX = 100, WEBP_QUALITY = 82 };

enum picture_kind picture_kind(const uint8_t *d, size_t n)
{
    if (n >= 3 && memcmp(d, "\xFF\xD8\xFF", 3) == 0) return PICTURE_JPEG;
    if (n >= 8 && memcmp(d, "\x89PNG\r\n\x1A\n", 8) == 0) return PICTURE_PNG;
    if (n >= 12 && memcmp(d, "RIFF", 4) == 0 && memcmp(d + 8, "WEBP", 4) == 0) return PICTURE_WEBP;
    size_t i = n >= 3 && memcmp(d, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < n && (d[i] == ' ' || d[i] == '\n' || d[i] == '\r' || d[i] == '\t')) i++;
    bool xml = n - i >= 5 && memcmp(d + i, "<?xml", 5) == 0;
    if (n - i >= 4 && memcmp(d + i, "<svg", 4) == 0) return PICTURE_SVG;
    return (xml || (n - i >= 4 && memcmp(d + i, "<!--", 4) == 0)) && memmem(d, n, "<svg", 4) ? PICTURE_SVG : PICTURE_UNKNOWN;
}

static status check_size(uint64_t width, uint64_t height)
{
    FAIL_IF(width == 0 || height == 0, ERR_FORMAT, "a picture without pixels");
    FAIL_IF(width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX || width * height > PICTURE_PIXELS_MAX, ERR_LIMIT,
            "a picture of %llu x %llu pixels; the limit is %d million", (unsigned long long)width, (unsigned long long)height, (int)(PICTURE_PIXELS_MAX >> 20));
    return OK;
}

static status make_pixels(struct pixels *p, int width, int height)
{
    p->width = width;
    p->height = height;
    p->rgba = mem_alloc((size_t)width * (size_t)height * 4);
    return p->rgba ? OK : fail_nomem("reading a picture");
}

/* ---- JPEG ---- */

struct jpeg {
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
    int orientation;
};

static void jpeg_stops(j_common_ptr c)
{
    struct jpeg *j = c->client_data;
    c->err->format_message(c, j->message);
    longjmp(j->escape, 1);
}

/* A file that ends too early is refused, not filled with grey; lesser oddities are common in the wild. */
static void jpeg_says(j_common_ptr c, int level)
{
    if (level < 0 && (c->err->msg_code == JWRN_JPEG_EOF || c->err->msg_code == JWRN_HIT_MARKER)) jpeg_stops(c);
}

/* A progressive picture of thousands of empty scans costs minutes and says nothing. */
static void jpeg_watch(j_common_ptr c)
{
    struct jpeg *j = c->client_data;
    if (j->d.input_scan_number <= JPEG_SCANS_MAX) return;
    snprintf(j->message, sizeof j->message, "more than %d scans", (int)JPEG_SCANS_MAX);
    longjmp(j->escape, 1);
}

static unsigned number(const uint8_t *p, int bytes, bool little)
{
    unsigned v = 0;
    for (int i = 0; i < bytes; i++) v |= (unsigned)p[i] << 8 * (little ? i : bytes - 1 - i);
    return v;
}

/* EXIF 2.3, tag 0x0112: how the camera was held. 1 (upright) when it is not said or not sound. */
static int orientation_of(const uint8_t *d, size_t n)
{
    if (n < 14 || memcmp(d, "Exif\0", 6) != 0) return 1;
    d += 6, n -= 6;
    bool little = d[0] == 'I';
    size_t at = number(d + 4, 4, little);
    if (n < 10 || at > n - 2) return 1;
    unsigned entries = number(d + at, 2, little);
    for (at += 2; entries > 0 && n >= 12 && at <= n - 12; entries--, at += 12) {
        unsigned value = number(d + at + 8, 2, little);
        if (number(d + at, 2, little) == 0x0112) return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

static void read_orientation(struct jpeg *j)
{
    j->orientation = 1;
    for (jpeg_saved_marker_ptr m = j->d.marker_list; m; m = m->next)
        if (m->marker == JPEG_APP0 + 1) j->orientation = orientation_of(m->data, m->data_length);
}

/* Decoded at an eighth, a quarter, a half where that is still larger than what is kept. */
static void choose_scale(struct jpeg_decompress_struct *d)
{
    unsigned side = d->image_width > d->image_height ? d->image_width : d->image_height;
    d->scale_num = 1;
    d->scale_denom = 1;
    while (d->scale_denom < 8 && side / (d->scale_denom * 2) >= PICTURE_LARGE) d->scale_denom *= 2;
}

static status jpeg_rows(struct jpeg *j, struct pixels *out)
{
    jpeg_start_decompress(&j->d);
    TRY(make_pixels(out, (int)j->d.output_width, (int)j->d.output_height));
    while (j->d.output_scanline < j->d.output_height) {
        JSAMPROW row = out->rgba + (size_t)j->d.output_scanline * j->d.output_width * 4;
        jpeg_read_scanlines(&j->d, &row, 1);
    }
    jpeg_finish_decompress(&j->d);
    return OK;
}

static status jpeg_read(struct jpeg *j, const uint8_t *data, size_t n, struct pixels *out)
{
    if (setjmp(j->escape)) return fail(ERR_FORMAT, "a damaged JPEG: %.150s", j->message);
    jpeg_create_decompress(&j->d);
    jpeg_mem_src(&j->d, data, (unsigned long)n);
    jpeg_save_markers(&j->d, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&j->d, TRUE);
    TRY(check_size(j->d.image_width, j->d.image_height));
    read_orientation(j);
    j->d.mem->max_memory_to_use = 256L << 20;
    j->d.progress = &j->progress;
    j->d.out_color_space = JCS_EXT_RGBA;
    FAIL_IF(j->d.jpeg_color_space == JCS_CMYK || j->d.jpeg_color_space == JCS_YCCK, ERR_FORMAT, "a JPEG for print (CMYK); save it as RGB");
    choose_scale(&j->d);
    return jpeg_rows(j, out);
}

/* Where the upright picture has its pixel (x, y) in the turned one. */
static size_t turned(int orientation, int x, int y, int width, int height)
{
    int u = x, v = y;
    switch (orientation) {
    case 2: u = width - 1 - x; break;
    case 3: u = width - 1 - x, v = height - 1 - y; break;
    case 4: v = height - 1 - y; break;
    case 5: u = y, v = x; break;
    case 6: u = y, v = height - 1 - x; break;
    case 7: u = width - 1 - y, v = height - 1 - x; break;
    case 8: u = width - 1 - y, v = x; break;
    default: break;
    }
    return ((size_t)v * (size_t)width + (size_t)u) * 4;
}

static status turn_upright(int orientation, struct pixels *p)
{
    struct pixels up = {0};
    bool sideways = orientation >= 5;
    if (orientation == 1) return OK;
    TRY(make_pixels(&up, sideways ? p->height : p->width, sideways ? p->width : p->height));
    for (int y = 0; y < up.height; y++)
        for (int x = 0; x < up.width; x++)
            memcpy(up.rgba + ((size_t)y * (size_t)up.width + (size_t)x) * 4, p->rgba + turned(orientation, x, y, p->width, p->height), 4);
    mem_free(p->rgba);
    *p = up;
    return OK;
}

static status decode_jpeg(const uint8_t *data, size_t n, struct pixels *out)
{
    struct jpeg *j = mem_zalloc(1, sizeof *j);
    if (!j) return fail_nomem("reading a picture");
    j->d.err = jpeg_std_error(&j->errors);
    j->errors.error_exit = jpeg_stops;
    j->errors.emit_message = jpeg_says;
    j->d.client_data = j;
    j->progress.progress_monitor = jpeg_watch;
    status s = jpeg_read(j, data, n, out);
    int orientation = j->orientation;
    jpeg_destroy_decompress(&j->d);
    mem_free(j);
    return s == OK ? turn_upright(orientation, out) : s;
}

/* ---- PNG ---- */

static status decode_png(const uint8_t *data, size_t n, struct pixels *out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    FAIL_IF(!png_image_begin_read_from_memory(&image, data, n), ERR_FORMAT, "a damaged PNG: %.60s", image.message);
    status s = check_size(image.width, image.height);
    image.format = PNG_FORMAT_RGBA;
    if (s == OK) s = make_pixels(out, (int)image.width, (int)image.height);
    if (s == OK && !png_image_finish_read(&image, NULL, out->rgba, 0, NULL)) s = fail(ERR_FORMAT, "a damaged PNG: %.60s", image.message);
    else if (s == OK && PNG_IMAGE_FAILED(image)) s = fail(ERR_FORMAT, "a damaged PNG: %.60s", image.message);
    png_image_free(&image);
    return s;
}

/* ---- WebP ---- */

static status decode_webp(const uint8_t *data, size_t n, struct pixels *out)
{
    WebPBitstreamFeatures f;
    FAIL_IF(WebPGetFeatures(data, n, &f) != VP8_STATUS_OK, ERR_FORMAT, "a damaged WebP");
    FAIL_IF(f.has_animation, ERR_FORMAT, "a moving WebP; take one of its pictures");
    TRY(check_size((uint64_t)f.width, (uint64_t)f.height));
    TRY(make_pixels(out, f.width, f.height));
    size_t stride = (size_t)f.width * 4;
    return WebPDecodeRGBAInto(data, n, out->rgba, stride * (size_t)f.height, (int)stride) ? OK : fail(ERR_FORMAT, "a damaged WebP");
}

status picture_decode(enum picture_kind kind, const uint8_t *data, size_t n, struct pixels *out)
{
    *out = (struct pixels){0};
    status s = kind == PICTURE_JPEG ? decode_jpeg(data, n, out) : kind == PICTURE_PNG ? decode_png(data, n, out) : decode_webp(data, n, out);
    if (s == OK) return OK;
    mem_free(out->rgba);
    *out = (struct pixels){0};
    return s;
}

/* ---- to WebP ---- */

static void fit(const struct pixels *p, int size, int *width, int *height)
{
    int side = p->width > p->height ? p->width : p->height;
    *width = p->width;
    *height = p->height;
    if (side <= size) return;
    *width = (int)((int64_t)p->width * size / side);
    *height = (int)((int64_t)p->height * size / side);
    if (*width < 1) *width = 1;
    if (*height < 1) *height = 1;
}

static status encode(WebPPicture *w, const struct pixels *p, int size, WebPMemoryWriter *to)
{
    WebPConfig config;
    int width, height;
    fit(p, size, &width, &height);
    w->width = p->width;
    w->height = p->height;
    w->use_argb = 1;
    if (!WebPConfigPreset(&config, WEBP_PRESET_PICTURE, WEBP_QUALITY)) return fail(ERR_INTERNAL, "another libwebp than the program was built with");
    bool good = WebPPictureImportRGBA(w, p->rgba, p->width * 4);
    if (good && (width != p->width || height != p->height)) good = WebPPictureRescale(w, width, height);
    w->writer = WebPMemoryWrite;
    w->custom_ptr = to;
    return good && WebPEncode(&config, w) ? OK : fail_nomem("making a picture small");
}

status picture_encode(const struct pixels *p, int size, uint8_t **webp, size_t *n)
{
    WebPPicture w;
    WebPMemoryWriter to;
    *webp = NULL;
    if (!WebPPictureInit(&w)) return fail(ERR_INTERNAL, "another libwebp than the program was built with");
    WebPMemoryWriterInit(&to);
    status s = encode(&w, p, size, &to);
    if (s == OK && !(*webp = mem_alloc(to.size))) s = fail_nomem("making a picture small");
    if (s == OK) memcpy(*webp, to.mem, *n = to.size);
    WebPPictureFree(&w);
    WebPMemoryWriterClear(&to);
    return s;
}

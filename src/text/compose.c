#include "text_int.h"

#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* Below U+0300 every text is in NFC. */
static bool may_change(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 0xCC) return true;
    return false;
}

static UChar *to_units(const char *s, size_t n, int32_t *length)
{
    UErrorCode error = U_ZERO_ERROR;
    UChar *units = mem_alloc((n + 1) * sizeof *units);
    if (units) u_strFromUTF8(units, (int32_t)n + 1, length, s, (int32_t)n, &error);
    if (!units || U_SUCCESS(error)) return units;
    mem_free(units);   /* bytes that are no UTF-8 stay as they are */
    return NULL;
}

static char *to_utf8(const UChar *units, int32_t n, size_t *length)
{
    UErrorCode error = U_ZERO_ERROR;
    int32_t bytes = 0;
    char *s = mem_alloc(3 * (size_t)n + 1);
    if (s) u_strToUTF8(s, 3 * n + 1, &bytes, units, n, &error);
    *length = (size_t)bytes;
    if (!s || U_SUCCESS(error)) return s;
    mem_free(s);
    return NULL;
}

static char *compose(const UNormalizer2 *nfc, const UChar *units, int32_t n, size_t *length)
{
    UErrorCode error = U_ZERO_ERROR;
    int32_t room = 3 * n + 1;   /* the largest growth of NFC, in UTF-16 (Unicode, UAX 15) */
    if (unorm2_spanQuickCheckYes(nfc, units, n, &error) == n) return NULL;
    UChar *composed = mem_alloc((size_t)room * sizeof *composed);
    int32_t made = composed ? unorm2_normalize(nfc, units, n, composed, room, &error) : 0;
    char *s = composed && U_SUCCESS(error) ? to_utf8(composed, made, length) : NULL;
    mem_free(composed);
    return s;
}

bool text_compose(const char *s, size_t n, char **out, size_t *out_n)
{
    UErrorCode error = U_ZERO_ERROR;
    *out = NULL;
    if (n > TEXT_BYTES_MAX || !may_change(s, n)) return false;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&error);
    int32_t length = 0;
    UChar *units = U_SUCCESS(error) ? to_units(s, n, &length) : NULL;
    size_t made = 0;
    if (units) *out = compose(nfc, units, length, &made);
    mem_free(units);
    if (!*out) return false;
    *out_n = made;
    return true;
}

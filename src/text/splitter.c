/* Cuts text into pre-tokens; merges never cross their borders. */
#include "text_int.h"

/* Letters outside ASCII, coarse on purpose: scripts written with letters, their marks included. */
static bool is_letter(uint32_t c)
{
    return (c >= 0xC0 && c <= 0x1FFF && c != 0xD7 && c != 0xF7) || (c >= 0x2C00 && c <= 0x2DFF) || (c >= 0x3041 && c <= 0x318F) ||
           (c >= 0xA000 && c <= 0xD7FF) || (c >= 0xFB00 && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFE) ||
           (c >= 0xFF21 && c <= 0xFF3A) || (c >= 0xFF41 && c <= 0xFF5A) || (c >= 0xFF66 && c <= 0xFFDC);
}

static enum piece_class class_of(uint32_t c)
{
    if (c < 0x80) {
        if ((c | 32) >= 'a' && (c | 32) <= 'z') return PIECE_LETTER;
        if (c >= '0' && c <= '9') return PIECE_DIGIT;
        return c == ' ' || (c >= '\t' && c <= '\r') ? PIECE_SPACE : PIECE_OTHER;
    }
    if (utf8_is_han(c)) return PIECE_HAN;
    if (c == 0xA0 || c == 0x3000) return PIECE_SPACE;
    if (c >= 0xFF10 && c <= 0xFF19) return PIECE_DIGIT;
    return is_letter(c) ? PIECE_LETTER : PIECE_OTHER;
}

static enum piece_class step(const char **p, const char *end)
{
    unsigned char b = (unsigned char)**p;
    if (b < 0x80) {
        ++*p;
        return class_of(b);
    }
    return class_of(utf8_next(p, end));
}

/* Moves *p over the characters of one class, up to limit. */
static void run_of(enum piece_class class, const char **p, const char *limit, const char *end)
{
    for (const char *next = *p; *p < limit; *p = next)
        if (step(&next, end) != class || next > limit) return;
}

static bool letter_at(const char *p, const char *end)
{
    return p < end && step(&p, end) == PIECE_LETTER;
}

size_t piece_next(const char *s, size_t n, enum piece_class *class)
{
    const char *end = s + n, *p = s, *limit = n > PIECE_BYTES_MAX ? s + PIECE_BYTES_MAX : end;
    *class = step(&p, end);
    if (*class == PIECE_DIGIT) return (size_t)(p - s);
    if (*s == ' ' && letter_at(p, end)) *class = PIECE_LETTER;
    run_of(*class, &p, limit, end);
    /* the last space before a letter belongs to the word */
    if (*class == PIECE_SPACE && p - s > 1 && p[-1] == ' ' && letter_at(p, end)) p--;
    return (size_t)(p - s);
}

/* Normalised text to terms: words, numbers with units, compounds. Chinese runs are in terms_han.c. */
#include "text_int.h"

#include <string.h>
#include <unicode/unorm2.h>

enum {
    COMPOUND_PARTS_MAX = 4,
    COMPOUND_BYTES_MAX = 24,
    NUMBER_BYTES_MAX = 32
};

/* A number waits for what may belong to it: "1 1/2", "4 x 6", "24 in. w x 36 in.". */
struct pending {
    char text[NUMBER_BYTES_MAX + 1];
    size_t n, begin;
    uint32_t position;
    bool set, times;           /* times: an x stood after it */
    size_t end;
};

status term_emit(struct cut *c, const char *text, size_t n, enum term_kind kind, size_t begin, size_t end, uint32_t position)
{
    if (n > TERM_BYTES_MAX)
        for (n = TERM_BYTES_MAX; n && ((unsigned char)text[n] & 0xC0) == 0x80; n--) {}
    struct term_list *l = c->list;
    TRY(mem_grow(&l->items, &l->cap, l->n + 1, sizeof *l->items));
    const char *copy = arena_strndup(c->arena, text, n);
    if (!copy) return fail_nomem("cutting a text into terms");
    l->items[l->n++] = (struct term){copy, (uint16_t)n, kind, (uint32_t)begin, (uint32_t)end, position};
    return OK;
}

/* ---- characters ---- */

static bool is_digit(char b)
{
    return b >= '0' && b <= '9';
}

static bool is_lower(char b)
{
    return b >= 'a' && b <= 'z';
}

static char at(const struct cut *c, size_t i)
{
    return i < c->n ? c->s[i] : 0;
}

/* Length of the letter at i, 0 if there is none. */
static size_t letter(const struct cut *c, size_t i)
{
    if (i >= c->n || is_lower(c->s[i])) return i < c->n;
    if ((unsigned char)c->s[i] < 0x80) return 0;
    enum piece_class class;
    const char *p = c->s + i;
    uint32_t code_point = utf8_next(&p, c->s + c->n);
    size_t n = (size_t)(p - c->s) - i;
    piece_next(c->s + i, n, &class);
    return class == PIECE_LETTER && code_point != 0xFFFD ? n : 0;
}

static size_t letters_end(const struct cut *c, size_t i)
{
    for (size_t k; (k = letter(c, i)) > 0;) i += k;
    return i;
}

static size_t digits_end(const struct cut *c, size_t i)
{
    while (is_digit(at(c, i))) i++;
    return i;
}

static bool alnum(const struct cut *c, size_t i)
{
    return is_digit(at(c, i)) || letter(c, i);
}

/* ---- words ---- */

/* Copies the leading ASCII letters. */
static size_t copy_ascii(const char *s, size_t n, char *out)
{
    size_t i = 0;
    for (; i < n && (unsigned char)s[i] < 0x80; i++) out[i] = s[i];
    return i;
}

/* Latin letters without their accents; returns the new length, 0 when the word has other letters or does not fit. */
static size_t strip_accents(const char *s, size_t n, char *out, size_t max)
{
    if (n > max) return 0;
    if (copy_ascii(s, n, out) == n) return n;
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&error);
    size_t to = 0;
    for (const char *p = s, *end = s + n; p < end;) {
        uint32_t c = utf8_next(&p, end);
        UChar apart[8];
        int32_t k = c < 0x80 || U_FAILURE(error) ? 0 : unorm2_getRawDecomposition(nfd, (UChar32)c, apart, 8, &error);
        while (k > 0 && apart[0] >= 0x80) k = unorm2_getRawDecomposition(nfd, apart[0], apart, 8, &error);   /* ế: ê, then e */
        if (c >= 0x300 && c <= 0x36F) continue;
        char letter_of = c < 0x80 ? (char)c : k > 0 ? (char)apart[0] : 0;
        if (!letter_of || to == max) return 0;
        out[to++] = letter_of;
    }
    return to;
}

/* One word of letters: accents off, units unified, stemmed. */
static status emit_word(struct cut *c, const char *s, size_t n, size_t begin, size_t end, uint32_t position)
{
    char word[TERM_BYTES_MAX + 4];
    size_t k = strip_accents(s, n, word, TERM_BYTES_MAX);
    if (!k) return term_emit(c, s, n, TERM_WORD, begin, end, position);
    const struct unit *u = unit_latin(word, k);
    if (u && u->flags & UNIT_ALONE) return term_emit(c, u->name, strlen(u->name), TERM_WORD, begin, end, position);
    return term_emit(c, word, porter_stem(word, k), TERM_WORD, begin, end, position);
}

/* ---- numbers ---- */

/* One number from i: "1,299.00", ".5", "2.60". Writes it plainly ("1299", "0.5", "2.6") and returns its end. */
static size_t read_number(const struct cut *c, size_t i, char *out, size_t *n)
{
    size_t to = 0, point = 0;
    if (at(c, i) == '.') out[to++] = '0';
    for (; i < c->n; i++) {
        char b = c->s[i];
        bool more = is_digit(at(c, i + 1));
        bool group = b == ',' && more && digits_end(c, i + 1) == i + 4;
        if (!is_digit(b) && !group && !(b == '.' && more && !point)) break;
        if (b == '.') point = to;
        if (!group && to < NUMBER_BYTES_MAX) out[to++] = b;
    }
    while (point && to > point && (out[to - 1] == '0' || out[to - 1] == '.')) to--;
    out[to] = 0;
    *n = to;
    return i;
}

/* "/2" after a number that stands for a fraction; its end, or i. Dates and rates are longer or go on. */
static size_t fraction_end(const struct cut *c, size_t i)
{
    if (at(c, i) != '/' || !is_digit(at(c, i + 1))) return i;
    size_t end = digits_end(c, i + 1);
    return end - i <= 4 && at(c, end) != '/' ? end : i;
}

/* Two numbers that mean more together: "4x6", "1-1/2". */
static status emit_joined(struct cut *c, const struct pending *p, char sign, const char *text, size_t n, size_t end)
{
    char both[2 * NUMBER_BYTES_MAX + 2];
    memcpy(both, p->text, p->n);
    both[p->n] = sign;
    memcpy(both + p->n + 1, text, n);
    return term_emit(c, both, p->n + 1 + n, TERM_NUMBER, p->begin, end, p->position);
}

/* The number whose text stands in now; waits as the next pending one. */
static status emit_number(struct cut *c, struct pending *p, const char *text, size_t n, size_t begin, size_t end)
{
    bool fraction = memchr(text, '/', n) != NULL;
    if (p->set && p->times) TRY(emit_joined(c, p, 'x', text, n, end));
    else if (p->set && fraction && begin == p->end + 1 && !memchr(p->text, '/', p->n)) TRY(emit_joined(c, p, '-', text, n, end));
    TRY(term_emit(c, text, n, TERM_NUMBER, begin, end, c->position));
    *p = (struct pending){.n = n, .begin = begin, .position = c->position++, .set = true, .end = end};
    memcpy(p->text, text, n);
    return OK;
}

/* A unit found at [begin, end): its own term, and number and unit together ("12in"). */
static status emit_unit(struct cut *c, const struct pending *p, const char *unit, size_t begin, size_t end)
{
    char both[NUMBER_BYTES_MAX + 16];
    int n = snprintf(both, sizeof both, "%s%s", p->text, unit);
    TRY(term_emit(c, both, (size_t)n, TERM_NUMBER, p->begin, end, p->position));
    return term_emit(c, unit, strlen(unit), TERM_WORD, begin, end, c->position);
}

/* A unit after the number that ends at c->at: `"`, "kg", " in.", "-inch", 毫升. Latin ones are taken, Han ones stay for their run. */
static status take_unit(struct cut *c, struct pending *p)
{
    size_t i = c->at;
    if (at(c, i) == '"' || at(c, i) == '\'') {
        bool two = at(c, i) == '\'' && at(c, i + 1) == '\'';
        c->at = i + (two ? 2 : 1);
        TRY(emit_unit(c, p, two || at(c, i) == '"' ? "in" : "ft", i, c->at));
        c->position++;
        return OK;
    }
    if ((unsigned char)at(c, i) >= 0x80) {
        const struct unit *h = unit_han(c->s + i, c->n - i);
        return h && h->flags & UNIT_TERM ? emit_unit(c, p, h->name, i, i + strlen(h->spelling)) : OK;
    }
    if (at(c, i) == ' ' || at(c, i) == '-') i++;
    size_t end = letters_end(c, i);
    const struct unit *u = unit_latin(c->s + i, end - i);
    bool number_follows = is_digit(at(c, end)) || (i > c->at && (at(c, end) == ' ' || at(c, end) == '-') && is_digit(at(c, end + 1)));
    if (!u || !(u->flags & UNIT_TERM) || (number_follows && strcmp(u->spelling, "in") == 0) || is_digit(at(c, end))) return OK;
    TRY(emit_unit(c, p, u->name, i, end));
    c->position++;
    c->at = end;
    return OK;
}

/* ---- letters and digits together ---- */

/* The end of the digits or letters at i; digits go on over a point: "usb3.0". */
static size_t part_end(const struct cut *c, size_t i)
{
    char text[NUMBER_BYTES_MAX + 1];
    size_t n;
    return is_digit(c->s[i]) ? read_number(c, i, text, &n) : letters_end(c, i);
}

static bool is_ordinal(const char *s, size_t n)
{
    static const char *const ends[] = {"st", "nd", "rd", "th"};
    for (size_t i = 0; i < 4; i++)
        if (n >= 3 && is_digit(s[n - 3]) && memcmp(s + n - 2, ends[i], 2) == 0) return true;
    return false;
}

/* A model's name says something in its parts when they are few and no letter stands alone: not "3d", "a4", "sf16n4". */
static bool has_parts(const struct cut *c, size_t begin, size_t end)
{
    size_t parts = 0;
    for (size_t i = begin, next; i < end; i = next, parts++) {
        next = part_end(c, i);
        if (!is_digit(c->s[i]) && next - i < 2) return false;
    }
    return parts <= 3 && !is_ordinal(c->s + begin, end - begin);
}

/* "iphone15", "gt430", "3d": the whole, and its parts. Starts with a letter or a digit. */
static status emit_model(struct cut *c, size_t begin, size_t end)
{
    char text[NUMBER_BYTES_MAX + 1];
    size_t n;
    c->at = end;
    TRY(term_emit(c, c->s + begin, end - begin, TERM_WORD, begin, end, c->position));
    if (!has_parts(c, begin, end)) {
        c->position++;
        return OK;
    }
    for (size_t i = begin, next; i < end; i = next, c->position++) {
        next = part_end(c, i);
        if (is_digit(c->s[i])) {
            read_number(c, i, text, &n);
            TRY(term_emit(c, text, n, TERM_NUMBER, i, next, c->position));
        } else TRY(emit_word(c, c->s + i, next - i, i, next, c->position));
    }
    return OK;
}

/* The end of the letters and digits at i; what is longer than a term is cut, or "4x4x4x..." would be walked again from each 4. */
static size_t model_end(const struct cut *c, size_t i)
{
    for (size_t limit = i + TERM_BYTES_MAX; i < limit && alnum(c, i);) i = part_end(c, i);
    return i;
}

/* Letters right behind a number that are neither its unit nor the x of "4x6". */
static bool is_glued(const struct cut *c, size_t end)
{
    size_t stop = letters_end(c, end);
    if (stop == end) return false;
    if (stop == end + 1 && c->s[end] == 'x') return false;
    const struct unit *u = unit_latin(c->s + end, stop - end);
    return !u || !(u->flags & UNIT_TERM) || is_digit(at(c, stop));
}

/* "2-in-1", "3-piece", "01g-p3-1452": words that begin with a digit. Not "12-inch", "10-20", "1-1/2". */
static bool is_hyphenated(const struct cut *c)
{
    size_t stop = model_end(c, c->at);
    if (at(c, stop) != '-' || !alnum(c, stop + 1)) return false;
    size_t next = model_end(c, stop + 1);
    if (is_digit(c->s[stop + 1])) return !is_digit(c->s[stop - 1]);
    const struct unit *u = unit_latin(c->s + stop + 1, next - stop - 1);
    return !u || !(u->flags & UNIT_TERM) || (at(c, next) == '-' && is_digit(at(c, next + 1)));
}

static status take_word(struct cut *c);

/* What starts with a digit, or a point and a digit. */
static status take_number(struct cut *c, struct pending *p)
{
    char text[NUMBER_BYTES_MAX + 1];
    size_t n, begin = c->at, end = read_number(c, begin, text, &n), fraction = fraction_end(c, end);
    if (is_digit(c->s[begin]) && (is_glued(c, end) || is_hyphenated(c))) {
        p->set = false;
        return take_word(c);
    }
    if (fraction > end && fraction - begin <= NUMBER_BYTES_MAX) {
        n = fraction - begin;
        memcpy(text, c->s + begin, n);
        text[n] = 0;
        end = fraction;
    }
    c->at = end;
    TRY(emit_number(c, p, text, n, begin, end));
    return take_unit(c, p);
}

/* ---- words joined by - and ' ---- */

struct compound {
    char text[COMPOUND_BYTES_MAX];
    size_t n, parts, begin;
    uint32_t position;
    bool too_long;
};

static void compound_add(struct compound *k, const char *s, size_t n)
{
    k->parts++;
    if (k->n + n > sizeof k->text) k->too_long = true;
    else {
        memcpy(k->text + k->n, s, n);
        k->n += n;
    }
}

static bool all_letters(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_digit(s[i])) return false;
    return true;
}

static status compound_emit(struct cut *c, const struct compound *k)
{
    if (k->parts < 2 || k->parts > COMPOUND_PARTS_MAX || k->too_long) return OK;
    if (all_letters(k->text, k->n)) return emit_word(c, k->text, k->n, k->begin, c->at, k->position);
    return term_emit(c, k->text, k->n, TERM_WORD, k->begin, c->at, k->position);
}

/* One part: letters, digits, or both. after: the sign before it, 0 at the first. */
static status take_part(struct cut *c, char after)
{
    size_t begin = c->at, end = model_end(c, begin);
    if (part_end(c, begin) < end) return emit_model(c, begin, end);
    c->at = end;
    if (is_digit(c->s[begin])) {
        char text[NUMBER_BYTES_MAX + 1];
        size_t n;
        read_number(c, begin, text, &n);
        return term_emit(c, text, n, TERM_NUMBER, begin, end, c->position++);
    }
    bool fragment = end - begin == 1 && (after == '\'' || (!after && at(c, end) == '\'' && alnum(c, end + 1)));
    return fragment ? OK : emit_word(c, c->s + begin, end - begin, begin, end, c->position++);   /* the t of don't, the l of l'oreal */
}

/* "t-shirt", "men's", "l'oreal", "01g-p3-1452-tr". */
static status take_word(struct cut *c)
{
    struct compound k = {.begin = c->at, .position = c->position};
    char after = 0;
    for (;;) {
        size_t begin = c->at;
        TRY(take_part(c, after));
        compound_add(&k, c->s + begin, c->at - begin);
        after = at(c, c->at);
        if ((after != '-' && after != '\'') || !alnum(c, c->at + 1)) break;
        bool possessive = after == '\'' && at(c, c->at + 1) == 's' && !alnum(c, c->at + 2);
        c->at += possessive ? 2 : 1;
        if (possessive) break;
    }
    TRY(compound_emit(c, &k));
    if (c->position == k.position) c->position++;
    return OK;
}

/* An x or "by" between two measures, or the w of "24 in. w x 36 in. h". False: an ordinary word. */
static bool take_dimension(struct cut *c, struct pending *p)
{
    size_t end = letters_end(c, c->at), n = end - c->at;
    if (!p->set) return false;
    char b = c->s[c->at];
    bool times = (n == 1 && b == 'x') || (n == 2 && b == 'b' && c->s[c->at + 1] == 'y');
    size_t next = at(c, end) == ' ' ? end + 1 : end;
    if (times && (is_digit(at(c, next)) || at(c, next) == '.')) {
        p->times = true;
        c->at = end;
        return true;
    }
    bool axis = n == 1 && strchr("wdhlt", b) && at(c, end) == ' ' && at(c, end + 1) == 'x' && at(c, end + 2) == ' ';
    if (axis) c->at = end;
    return axis;
}

static status take(struct cut *c, struct pending *p)
{
    size_t i = c->at;
    const char *q = c->s + i;
    uint32_t code_point = utf8_next(&q, c->s + c->n);
    if (is_digit(c->s[i]) || (c->s[i] == '.' && is_digit(at(c, i + 1)))) return take_number(c, p);
    if (letter(c, i)) {
        if (take_dimension(c, p)) return OK;
        p->set = false;
        return take_word(c);
    }
    if (utf8_is_han(code_point)) {
        p->set = false;
        return terms_han_run(c);
    }
    if (p->set && (code_point == 0xD7 || code_point == '*')) p->times = true;
    else if (!strchr(" .-/", c->s[i])) p->set = false;
    c->at = (size_t)(q - c->s);
    return OK;
}

status text_terms(struct segmenter *g, const char *normalised, size_t n, struct arena *a, struct term_list *list)
{
    FAIL_IF(n > TEXT_BYTES_MAX, ERR_LIMIT, "a text of %zu bytes is longer than the limit of %d; cut it", n, TEXT_BYTES_MAX);
    struct cut c = {.g = g, .s = normalised, .n = n, .arena = a, .list = list};
    struct pending p = {.set = false};
    while (c.at < n) TRY(take(&c, &p));
    return OK;
}

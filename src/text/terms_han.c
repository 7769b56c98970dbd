/* Chinese runs: words of ICU's dictionary and all bigrams. */
#include "text_int.h"

#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/utf16.h>

enum { RUN_CHARACTERS_MAX = 128 };   /* a longer run is cut: ICU's search looks at all of it at once */

struct segmenter {
    UBreakIterator *words;
    UChar units[2 * RUN_CHARACTERS_MAX];
    uint32_t offsets[RUN_CHARACTERS_MAX + 2]; /* of each character in the text, the end, and the end of the one after the run */
    uint8_t word_at[RUN_CHARACTERS_MAX + 1];  /* characters of the word that begins here, 0: none does */
};

status segmenter_new(struct segmenter **out)
{
    *out = NULL;
    struct segmenter *g = mem_zalloc(1, sizeof *g);
    if (!g) return fail_nomem("opening a segmenter");
    UErrorCode error = U_ZERO_ERROR;
    g->words = ubrk_open(UBRK_WORD, "zh", NULL, 0, &error);
    if (U_FAILURE(error)) {
        segmenter_free(g);
        return fail(ERR_IO, "ICU has no word breaker for Chinese (%s); install the package libicu72 again", u_errorName(error));
    }
    *out = g;
    return OK;
}

void segmenter_free(struct segmenter *g)
{
    if (!g) return;
    if (g->words) ubrk_close(g->words);
    mem_free(g);
}

/* Reads the run at c->at into offsets and units; returns its characters. */
static size_t read_run(struct segmenter *g, const struct cut *c, int32_t *n_units)
{
    const char *p = c->s + c->at, *end = c->s + c->n;
    size_t k = 0;
    *n_units = 0;
    while (k <= RUN_CHARACTERS_MAX && p < end) {
        const char *before = p;
        uint32_t code_point = utf8_next(&p, end);
        if (!utf8_is_han(code_point)) {
            p = before;
            break;
        }
        g->offsets[k++] = (uint32_t)(before - c->s);
        if (k <= RUN_CHARACTERS_MAX) U16_APPEND_UNSAFE(g->units, *n_units, code_point);
    }
    g->offsets[k] = (uint32_t)(p - c->s);
    return k;
}

/* Fills word_at for the first k characters. */
static status find_words(struct segmenter *g, size_t k, int32_t n_units)
{
    memset(g->word_at, 0, k + 1);
    if (k <= 2) {
        g->word_at[0] = (uint8_t)k;
        return OK;
    }
    UErrorCode error = U_ZERO_ERROR;
    ubrk_setText(g->words, g->units, n_units, &error);
    FAIL_IF(U_FAILURE(error), ERR_INTERNAL, "ICU could not cut a text into words: %s", u_errorName(error));
    size_t begin = 0, at = 0;
    int32_t unit = 0;
    for (int32_t border = ubrk_next(g->words); border != UBRK_DONE; border = ubrk_next(g->words), begin = at) {
        for (; unit < border && at < k; at++) unit += U16_IS_LEAD(g->units[unit]) ? 2 : 1;
        g->word_at[begin] = (uint8_t)(at - begin);
    }
    return OK;
}

static status emit(struct cut *c, size_t from, size_t characters, enum term_kind kind)
{
    const uint32_t *o = c->g->offsets;
    size_t begin = o[from], end = o[from + characters];
    return term_emit(c, c->s + begin, end - begin, kind, begin, end, c->position + (uint32_t)from);
}

status terms_han_run(struct cut *c)
{
    struct segmenter *g = c->g;
    int32_t n_units;
    size_t seen = read_run(g, c, &n_units), k = seen < RUN_CHARACTERS_MAX ? seen : RUN_CHARACTERS_MAX;
    TRY(find_words(g, k, n_units));
    for (size_t i = 0; i < k; i++) {
        bool word = g->word_at[i] > 1 || (i == 0 && seen == 1);
        if (word) TRY(emit(c, i, g->word_at[i], TERM_HAN_WORD));
        if (i + 1 < seen && g->word_at[i] != 2) TRY(emit(c, i, 2, TERM_HAN_BIGRAM));
    }
    c->at = g->offsets[k];
    c->position += (uint32_t)k;
    return OK;
}

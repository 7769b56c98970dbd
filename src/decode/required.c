#include "decode_int.h"

#include <string.h>

static size_t count_tokens(const struct token_trie *t, const char *s, size_t n)
{
    size_t count = 0, length;
    for (size_t at = 0; at < n; at += length, count++) {
        if (token_trie_longest(t, s + at, n - at, &length) < 0) length = 1;   /* a byte without a token: it cannot be forced */
    }
    return count;
}

status required_init(struct required *r, const struct token_trie *trie, const struct decode_options *o, struct arena *arena)
{
    *r = (struct required){.n = o->n_required};
    r->texts = arena_zalloc(arena, r->n + 1, sizeof *r->texts);
    if (!r->texts) return fail_nomem("preparing required texts");
    for (size_t i = 0; i < r->n; i++) {
        size_t n = o->required[i].n;
        char *spaced = arena_alloc(arena, n + 1);
        if (!spaced) return fail_nomem("preparing required texts");
        spaced[0] = ' ';
        memcpy(spaced + 1, o->required[i].s, n);
        size_t plain = count_tokens(trie, spaced + 1, n), with_space = count_tokens(trie, spaced, n + 1);
        r->texts[i] = (struct required_text){spaced, n, plain > with_space ? plain : with_space};
    }
    return OK;
}

enum force_need required_need(const struct required *r, uint64_t seen, size_t room)
{
    size_t wanted = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (!(seen >> i & 1)) wanted += r->texts[i].cost;
    }
    if (!wanted || room > wanted + FORCE_SLACK_WORD) return FORCE_NOT;
    return room > wanted + FORCE_SLACK_ANYWHERE ? FORCE_AT_WORD : FORCE_ANYWHERE;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Would X be glued to the end of a word ("red" + "ress" is no way to write "dress")? */
static bool glued(const char *text, size_t n_text, const char *x)
{
    return n_text && is_word_byte(text[n_text - 1]) && is_word_byte(*x);
}

/* Bytes at the end of text that X begins with: X was about to be written anyway. */
static size_t begun(const char *text, size_t n_text, const char *x, size_t n)
{
    size_t k = n - 1 < n_text ? n - 1 : n_text;
    while (k && (memcmp(text + n_text - k, x, k) != 0 || glued(text, n_text - k, x))) k--;
    return k;
}

struct form {
    const char *s;
    size_t n;
};

/* Ways to bring X, best first: its rest if it was begun, after a space where two words would run together, as it is. */
static size_t forms_of(const struct required_text *x, const char *text, size_t n_text, struct form out[3])
{
    const char *plain = x->spaced + 1;
    size_t n = 0, k = begun(text, n_text, plain, x->n);
    if (k) out[n++] = (struct form){plain + k, x->n - k};
    if (glued(text, n_text, plain)) out[n++] = (struct form){x->spaced, x->n + 1};
    out[n++] = (struct form){plain, x->n};
    return n;
}

const char *required_choose(const struct required *r, const struct constraint *c, const struct text_state *t, const char *text,
                            size_t n_text, size_t room, enum force_need need, size_t *n)
{
    if (need == FORCE_NOT || t->utf8 != UTF8_BOUNDARY) return NULL;
    bool at_word = !n_text || !is_word_byte(text[n_text - 1]);
    for (size_t i = 0; i < r->n; i++) {
        const struct required_text *x = &r->texts[i];
        if ((t->seen >> i & 1) || x->cost > room) continue;
        struct form forms[3];
        size_t n_forms = forms_of(x, text, n_text, forms);
        for (size_t f = 0; f < n_forms; f++) {
            bool rest = forms[f].s > x->spaced + 1;
            if (need == FORCE_AT_WORD && !at_word && !rest) continue;
            if (constraint_hits(c, t->node, forms[f].s, forms[f].n, CONSTRAINT_FORBIDDEN | CONSTRAINT_STOP)) continue;
            *n = forms[f].n;
            return forms[f].s;
        }
    }
    return NULL;
}

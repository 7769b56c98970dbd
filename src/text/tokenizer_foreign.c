/* Tokenizers of other programs: byte-level BPE whose ids are in any order. */
#include "text_int.h"

#include <stdlib.h>
#include <string.h>

struct builder {
    const struct tokenizer_tables *in;
    struct tokenizer *t;
    struct strmap ids;             /* spelling -> id, plain tokens */
    int byte_of[ALPHABET];
};

static status check_sizes(const struct tokenizer_tables *in)
{
    FAIL_IF(in->n_tokens == 0 || in->n_tokens > TOKENIZER_SIZE_MAX, ERR_LIMIT, "the vocabulary has %zu entries; it must have from 1 to %d", in->n_tokens,
            TOKENIZER_SIZE_MAX);
    FAIL_IF(in->n_merges > MERGES_FOREIGN_MAX, ERR_LIMIT, "there are %zu merges, more than %d", in->n_merges, MERGES_FOREIGN_MAX);
    FAIL_IF(in->splitter == SPLITTER_OWN || in->splitter >= SPLITTERS, ERR_INTERNAL, "no pre-tokenizer is named for the vocabulary");
    return OK;
}

/* ---- vocabulary ---- */

static status add_extra(struct builder *b, int32_t id, const struct token_text *text)
{
    struct tokenizer *t = b->t;
    FAIL_IF(t->n_added == ADDED_TOKENS_MAX, ERR_LIMIT, "more than %d tokens are added to the vocabulary", ADDED_TOKENS_MAX);
    FAIL_IF(text->n == 0 || text->n > TOKEN_FOREIGN_MAX || memchr(text->s, 0, text->n), ERR_FORMAT, "token %d has no text of 1 to %d bytes", id, TOKEN_FOREIGN_MAX);
    FAIL_IF(!utf8_valid(text->s, text->n, NULL), ERR_FORMAT, "the text of token %d is not UTF-8", id);   /* nor could it be saved as JSON */
    char *copy = mem_strndup(text->s, text->n);
    if (!copy) return fail_nomem("reading a tokenizer");
    t->added[t->n_added++] = (struct added_token){copy, text->n, id, text->kind == TOKEN_KIND_SPECIAL};
    t->added_first[(unsigned char)*copy] = true;
    return OK;
}

/* The bytes of token id, appended to the block of all bytes. */
static status add_token(struct builder *b, int32_t id, struct strbuf *bytes)
{
    const struct token_text *text = &b->in->tokens[id];
    char plain[TOKEN_FOREIGN_MAX];
    size_t n;
    if (text->kind == TOKEN_KIND_NONE) return OK;
    if (text->kind != TOKEN_KIND_PLAIN) {
        if (text->kind == TOKEN_KIND_ADDED) strbuf_add(bytes, text->s, text->n);
        return add_extra(b, id, text);
    }
    FAIL_IF(!byte_unspell(b->byte_of, text->s, text->n, plain, sizeof plain, &n), ERR_FORMAT,
            "token %d ('%.*s') is not spelled in bytes; only byte-level BPE can be read", id, (int)(text->n < 40 ? text->n : 40), text->s);
    FAIL_IF(strmap_get(&b->ids, text->s, text->n, NULL), ERR_FORMAT, "token %d is in the vocabulary twice", id);
    TRY(strmap_put(&b->ids, text->s, text->n, (uint64_t)id));
    if (b->in->ignore_merges) TRY(strmap_put(&b->t->whole, plain, n, (uint64_t)id));
    if (n == 1) b->t->byte_ids[(unsigned char)plain[0]] = id;
    strbuf_add(bytes, plain, n);
    return OK;
}

static int longest_first(const void *a, const void *b)
{
    const struct added_token *x = a, *y = b;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

static status sort_added(struct tokenizer *t)
{
    _Static_assert(ADDED_TOKENS_MAX < UINT16_MAX, "added_of");
    t->added_of = mem_zalloc(t->size, sizeof *t->added_of);
    if (!t->added_of) return fail_nomem("reading a tokenizer");
    qsort(t->added, t->n_added, sizeof *t->added, longest_first);
    for (size_t i = 0; i < t->n_added; i++) t->added_of[t->added[i].id] = (uint16_t)(i + 1);
    return OK;
}

static status add_vocabulary(struct builder *b)
{
    struct tokenizer *t = b->t;
    struct strbuf bytes = {0};
    status s = OK;
    size_t n_extra = 0;
    for (size_t id = 0; id < t->size; id++) n_extra += b->in->tokens[id].kind > TOKEN_KIND_PLAIN;
    t->added = mem_zalloc(n_extra, sizeof *t->added);
    if (!t->added) return fail_nomem("reading a tokenizer");
    for (size_t id = 0; s == OK && id < t->size; id++) {
        s = add_token(b, (int32_t)id, &bytes);
        t->offsets[id + 1] = (uint32_t)bytes.len;
    }
    strbuf_putc(&bytes, 0);
    if (s == OK) s = strbuf_status(&bytes);
    t->bytes = bytes.data;
    TRY(s);
    TRY(sort_added(t));
    for (int i = 0; i < 256; i++)
        FAIL_IF(t->byte_ids[i] < 0, ERR_FORMAT, "the vocabulary has no token for byte %d; only byte-level BPE can be read", i);
    return OK;
}

/* ---- merges ---- */

static status find_side(struct builder *b, size_t i, const char *s, size_t n, int32_t *id)
{
    uint64_t found;
    FAIL_IF(!strmap_get(&b->ids, s, n, &found), ERR_FORMAT, "merge %zu names '%.*s', which is not in the vocabulary", i, (int)(n < 40 ? n : 40), s);
    *id = (int32_t)found;
    return OK;
}

static status add_merge(struct builder *b, size_t i)
{
    const struct merge_text *m = &b->in->merges[i];
    char joined[8 * TOKEN_FOREIGN_MAX];
    FAIL_IF(m->n_left + m->n_right > sizeof joined, ERR_FORMAT, "merge %zu makes a token of more than %d bytes", i, TOKEN_FOREIGN_MAX);
    TRY(find_side(b, i, m->left, m->n_left, &b->t->merges[i].left));
    TRY(find_side(b, i, m->right, m->n_right, &b->t->merges[i].right));
    memcpy(joined, m->left, m->n_left);
    memcpy(joined + m->n_left, m->right, m->n_right);
    return find_side(b, i, joined, m->n_left + m->n_right, &b->t->made[i]);
}

static status check_mark(const struct tokenizer_tables *in, const char *what, int32_t id)
{
    FAIL_IF(id < -1 || id >= (int32_t)in->n_tokens, ERR_FORMAT, "the %s token is %d, but the vocabulary has %zu entries", what, id, in->n_tokens);
    return OK;
}

static status build(struct builder *b)
{
    const struct tokenizer_tables *in = b->in;
    struct tokenizer *t = b->t;
    uint32_t letter_of[256];
    byte_alphabet(letter_of, b->byte_of);
    TRY(check_mark(in, "first", in->begin));
    TRY(check_mark(in, "last", in->end));
    *t = (struct tokenizer){.size = in->n_tokens, .n_merges = in->n_merges, .begin = in->begin, .end = in->end, .splitter = in->splitter, .nfc = in->nfc,
                            .ignore_merges = in->ignore_merges};
    strmap_init(&t->whole);
    memset(t->byte_ids, -1, sizeof t->byte_ids);
    t->offsets = mem_zalloc(t->size + 1, sizeof *t->offsets);
    t->merges = mem_zalloc(t->n_merges, sizeof *t->merges);
    t->made = mem_zalloc(t->n_merges, sizeof *t->made);
    if (!t->offsets || !t->merges || !t->made) return fail_nomem("reading a tokenizer");
    TRY(add_vocabulary(b));
    for (size_t i = 0; i < t->n_merges; i++) TRY(add_merge(b, i));
    return tokenizer_index_pairs(t);
}

status tokenizer_from_tables(const struct tokenizer_tables *in, struct tokenizer **out)
{
    *out = NULL;
    TRY(check_sizes(in));
    struct builder b = {.in = in, .t = mem_zalloc(1, sizeof *b.t)};
    if (!b.t) return fail_nomem("reading a tokenizer");
    strmap_init(&b.ids);
    status s = build(&b);
    strmap_release(&b.ids);
    if (s != OK) tokenizer_free(b.t);
    else *out = b.t;
    return s;
}

/* ---- looking into one ---- */

enum token_kind tokenizer_spelling(const struct tokenizer *t, int32_t id, struct strbuf *out)
{
    uint32_t letter_of[256];
    int byte_of[ALPHABET];
    size_t n;
    if (t->splitter == SPLITTER_OWN && id >= 0 && id < TOKENIZER_SPECIALS) {
        strbuf_puts(out, t->special[id]);
        return TOKEN_KIND_SPECIAL;
    }
    if (t->added_of && id >= 0 && (size_t)id < t->size && t->added_of[id]) {
        const struct added_token *a = &t->added[t->added_of[id] - 1];
        strbuf_add(out, a->text, a->n);
        return a->special ? TOKEN_KIND_SPECIAL : TOKEN_KIND_ADDED;
    }
    const char *bytes = tokenizer_bytes(t, id, &n);
    byte_alphabet(letter_of, byte_of);
    for (size_t i = 0; i < n; i++) strbuf_put_utf8(out, letter_of[(unsigned char)bytes[i]]);
    return n ? TOKEN_KIND_PLAIN : TOKEN_KIND_NONE;
}

size_t tokenizer_merges(const struct tokenizer *t)
{
    return t->n_merges;
}

void tokenizer_merge_spelling(const struct tokenizer *t, size_t rank, struct strbuf *out)
{
    tokenizer_spelling(t, t->merges[rank].left, out);
    strbuf_putc(out, ' ');
    tokenizer_spelling(t, t->merges[rank].right, out);
}

enum splitter tokenizer_splitter(const struct tokenizer *t)
{
    return t->splitter;
}

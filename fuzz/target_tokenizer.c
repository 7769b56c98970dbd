/* tokenizer.json of any kind, or vocab.json with merges.txt, and a text to encode with it. What was accepted must keep its promises:
 * the text comes back, ids are in range, and the file written of it gives the same ids. */
#include "fuzz.h"
#include "text/text.h"

#include <string.h>

enum { TEXT_MAX = 1 << 14 };
static const char own_text[] = "Red  shoes, size 42! 红色的鞋 １２ don't\r\n\r\n  \xff\xc3 <|endoftext|> e\xcc\x81 \xe1\x84\x80\xe1\x85\xa1";

struct ids { int32_t *list; size_t n; };

static struct ids encode(const struct tokenizer *t, const char *s, size_t n, bool marked)
{
    size_t (*function)(const struct tokenizer *, const char *, size_t, int32_t *, size_t) = marked ? tokenizer_encode_marked : tokenizer_encode;
    struct ids a = {.n = function(t, s, n, NULL, 0)};
    a.list = malloc((a.n + 1) * sizeof *a.list);
    PROMISE(a.list && a.n <= 4 * n);
    PROMISE(function(t, s, n, a.list, a.n) == a.n);
    for (size_t i = 0; i < a.n; i++) PROMISE(a.list[i] >= 0 && (size_t)a.list[i] < tokenizer_size(t));
    return a;
}

static void same_text(const struct tokenizer *t, const struct ids *a, const char *s, size_t n)
{
    struct strbuf back = {0};
    PROMISE(tokenizer_decode(t, a->list, a->n, &back) == OK);
    PROMISE(back.len == n && (n == 0 || memcmp(back.data, s, n) == 0));
    strbuf_release(&back);
}

static void same_ids(const struct ids *a, const struct ids *b)
{
    PROMISE(a->n == b->n && (a->n == 0 || memcmp(a->list, b->list, a->n * sizeof *a->list) == 0));
}

static void check_text(const struct tokenizer *t, const struct tokenizer *again, const char *s, size_t n)
{
    struct ids a = encode(t, s, n, false), b = encode(again, s, n, false), c = encode(t, s, n, true), d = encode(again, s, n, true);
    if (tokenizer_splitter(t) != SPLITTER_QWEN2) same_text(t, &a, s, n);   /* Qwen's composes the text first */
    same_ids(&a, &b);
    same_ids(&c, &d);
    free(a.list), free(b.list), free(c.list), free(d.list);
}

static void use(const struct tokenizer *t, const struct bundle *b)
{
    struct tokenizer *again;
    const struct bundle_file *text = bundle_find(b, "text");
    const char *path = scratch_path("again.json");
    status s = tokenizer_save(t, path);
    PROMISE(s == OK);
    s = tokenizer_load(path, &again);
    if (s != OK) fprintf(stderr, "%s\n", status_message());
    PROMISE(s == OK);
    PROMISE(tokenizer_size(again) <= tokenizer_size(t) && tokenizer_begin(again) == tokenizer_begin(t) && tokenizer_end(again) == tokenizer_end(t));
    check_text(t, again, own_text, sizeof own_text - 1);
    if (text) check_text(t, again, (const char *)text->data, text->n < TEXT_MAX ? text->n : TEXT_MAX);
    tokenizer_free(again);
}

static void finish(status s, struct tokenizer **t, const struct bundle *b)
{
    if (s != OK) {
        promise_sentence(s);
        PROMISE(!*t);
        return;
    }
    use(*t, b);
    tokenizer_free(*t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle b;
    struct tokenizer *t;
    char json[512], vocab[512], merges[512];
    bundle_read(&b, data, size);
    const char *directory = scratch_bundle(&b, "tok");
    snprintf(json, sizeof json, "%s/tokenizer.json", directory);
    snprintf(vocab, sizeof vocab, "%s/vocab.json", directory);
    snprintf(merges, sizeof merges, "%s/merges.txt", directory);
    if (bundle_find(&b, "tokenizer.json")) finish(tokenizer_load(json, &t), &t, &b);
    if (bundle_find(&b, "vocab.json")) finish(tokenizer_load_vocab(vocab, merges, &t), &t, &b);
    return 0;
}

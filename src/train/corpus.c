/* A corpus is tokenised once, into a file that later runs map: header, passage starts, document starts, tokens. */
#include "train_int.h"

#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

enum { CORPUS_VERSION = 1, LONG_PASSAGE = 240 /* bytes; longer ones are cut at sentence ends */ };
static const char corpus_magic[8] = "DGTOKENS";

struct corpus_header {
    char magic[8];
    uint64_t version, key, n_tokens, n_passages, n_documents, content_hash;
    uint64_t reserved;
};

/* ---- opening ---- */

static bool starts_are_good(const uint64_t *starts, uint64_t n, uint64_t end)
{
    for (uint64_t i = 0; i < n; i++)
        if (starts[i] > starts[i + 1]) return false;
    return starts[0] == 0 && starts[n] == end;
}

static uint64_t tokens_hash(const int32_t *tokens, uint64_t n, const uint64_t *documents, uint64_t n_documents)
{
    return hash_bytes(documents, (n_documents + 1) * sizeof *documents, hash_bytes(tokens, n * sizeof *tokens, 1));
}

/* False for anything but the cache that was wanted, unharmed; it is then built again. */
static bool map_cache(struct corpus *c, const char *path, uint64_t key, size_t vocab_size)
{
    struct corpus_header h;
    if (!file_exists(path) || mapped_file_open(&c->file, path) != OK || c->file.size < sizeof h) return false;
    memcpy(&h, c->file.data, sizeof h);
    uint64_t most = c->file.size;
    if (memcmp(h.magic, corpus_magic, 8) != 0 || h.version != CORPUS_VERSION || h.key != key) return false;
    if (h.n_tokens > most || h.n_passages > most || h.n_documents > most) return false;
    if (c->file.size != sizeof h + (h.n_passages + h.n_documents + 2) * 8 + h.n_tokens * 4) return false;
    c->n_tokens = h.n_tokens;
    c->n_passages = h.n_passages;
    c->n_documents = h.n_documents;
    c->content_hash = h.content_hash;
    c->passages = (const uint64_t *)(const void *)(c->file.data + sizeof h);
    c->documents = c->passages + h.n_passages + 1;
    c->tokens = (const int32_t *)(const void *)(c->documents + h.n_documents + 1);
    if (!starts_are_good(c->passages, h.n_passages, h.n_tokens) || !starts_are_good(c->documents, h.n_documents, h.n_passages)) return false;
    for (uint64_t i = 0; i < h.n_tokens; i++)
        if (c->tokens[i] < SPECIAL_TOKENS || (size_t)c->tokens[i] >= vocab_size) return false;
    return tokens_hash(c->tokens, h.n_tokens, c->documents, h.n_documents) == h.content_hash;
}

void corpus_close(struct corpus *c)
{
    mapped_file_close(&c->file);
    *c = (struct corpus){0};
}

/* ---- building ---- */

struct builder {
    const struct tokenizer *tokenizer;
    int32_t *tokens;
    uint64_t *passages, *documents;
    size_t n_tokens, n_passages, n_documents, cap_tokens, cap_passages, cap_documents;
    struct strbuf spaced;
};

static void builder_release(struct builder *b)
{
    mem_free(b->tokens);
    mem_free(b->passages);
    mem_free(b->documents);
    strbuf_release(&b->spaced);
}

static status add_passage(struct builder *b, const char *s, size_t n)
{
    TRY(mem_grow(&b->tokens, &b->cap_tokens, b->n_tokens + n + 8, sizeof *b->tokens)); /* a byte makes at most one token */
    size_t made = tokenizer_encode(b->tokenizer, s, n, b->tokens + b->n_tokens, b->cap_tokens - b->n_tokens);
    FAIL_IF(made > b->cap_tokens - b->n_tokens, ERR_INTERNAL, "a text of %zu bytes made %zu tokens", n, made);
    if (!made) return OK;
    TRY(mem_grow(&b->passages, &b->cap_passages, b->n_passages + 2, sizeof *b->passages));
    b->passages[b->n_passages++] = b->n_tokens;
    b->n_tokens += made;
    return OK;
}

static bool is_latin(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

size_t sentence_piece(const char *s, size_t n)
{
    static const char *const ends[] = {"。", "！", "？", "；", ". ", "! ", "? "};
    for (size_t i = 40; i + 3 < n; i++)
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
            size_t width = k < 4 ? 3 : 2;
            if (memcmp(s + i, ends[k], width) == 0) return i + (k < 4 ? 3 : 1); /* the space opens the next piece */
        }
    return n;
}

/* Passages of a document are read one after the other, so Latin ones after the first begin with a space. */
static status add_line(struct builder *b, const char *s, size_t n)
{
    bool first = b->n_documents && b->documents[b->n_documents - 1] == b->n_passages;
    if (!first && n && is_latin(s[0])) {
        strbuf_clear(&b->spaced);
        strbuf_putc(&b->spaced, ' ');
        strbuf_add(&b->spaced, s, n);
        TRY(strbuf_status(&b->spaced));
        s = b->spaced.data;
        n = b->spaced.len;
    }
    while (n > LONG_PASSAGE) {
        size_t piece = sentence_piece(s, n);
        TRY(add_passage(b, s, piece));
        s += piece;
        n -= piece;
    }
    return n ? add_passage(b, s, n) : OK;
}

/* Opens a document, unless the last one is still empty. */
static status start_document(struct builder *b)
{
    if (b->n_documents && b->documents[b->n_documents - 1] == b->n_passages) return OK;
    TRY(mem_grow(&b->documents, &b->cap_documents, b->n_documents + 2, sizeof *b->documents));
    b->documents[b->n_documents++] = b->n_passages;
    return OK;
}

static status add_text(struct builder *b, const char *s, size_t n)
{
    while (n) {
        const char *end = memchr(s, '\n', n);
        size_t line = end ? (size_t)(end - s) : n;
        if (line) TRY(add_line(b, s, line));
        s += line + (end != NULL);
        n -= line + (end != NULL);
    }
    return OK;
}

static status add_json_line(struct builder *b, const struct lines *l)
{
    if (!l->n) return OK;
    unsigned long long line = l->line;
    json_error_t e;
    json_t *root = json_loadb(l->text, l->n, 0, &e);
    FAIL_IF(!root, ERR_FORMAT, "%s:%llu: %s; each line must be one JSON object", l->path, line, e.text);
    json_t *text = json_object_get(root, "text");
    status s = json_is_string(text) ? start_document(b) : fail(ERR_FORMAT, "%s:%llu: there is no \"text\" string; add one", l->path, line);
    if (s == OK) s = add_text(b, json_string_value(text), json_string_length(text));
    json_decref(root);
    return s;
}

static status add_text_line(struct builder *b, const struct lines *l)
{
    if (!l->n || !b->n_documents) TRY(start_document(b));
    return l->n ? add_line(b, l->text, l->n) : OK;
}

static status read_corpus(struct builder *b, const char *path, const struct progress *p)
{
    struct lines l;
    TRY(lines_open(&l, path));
    bool jsonl = path_is_jsonl(path), more = true;
    status s = OK;
    while (s == OK && (s = lines_next(&l, &more)) == OK && more) {
        s = jsonl ? add_json_line(b, &l) : add_text_line(b, &l);
        if (s == OK && l.line % 4096 == 0 && !progress_report(p, "tokenize", l.at, l.file.size, path)) s = fail_interrupted("tokenising");
    }
    lines_close(&l);
    return s;
}

/* Documents left empty (an empty last one) are dropped, ends are added. */
static status finish(struct builder *b, const char *path)
{
    FAIL_IF(!b->n_passages, ERR_FORMAT, "%s: there is no text in it; give a file with a passage a line", path);
    if (b->documents[b->n_documents - 1] == b->n_passages) b->n_documents--;
    b->documents[b->n_documents] = b->n_passages;
    b->passages[b->n_passages] = b->n_tokens;
    return OK;
}

static status write_cache(const struct builder *b, const char *path, uint64_t key)
{
    struct corpus_header h = {.version = CORPUS_VERSION, .key = key, .n_tokens = b->n_tokens, .n_passages = b->n_passages,
                              .n_documents = b->n_documents};
    memcpy(h.magic, corpus_magic, sizeof h.magic);
    h.content_hash = tokens_hash(b->tokens, b->n_tokens, b->documents, b->n_documents);
    struct atomic_file f;
    TRY(atomic_file_open(&f, path));
    atomic_file_write(&f, &h, sizeof h);
    atomic_file_write(&f, b->passages, (b->n_passages + 1) * sizeof *b->passages);
    atomic_file_write(&f, b->documents, (b->n_documents + 1) * sizeof *b->documents);
    atomic_file_write(&f, b->tokens, b->n_tokens * sizeof *b->tokens);
    return atomic_file_commit(&f);
}

static status build_cache(const char *path, const char *out, uint64_t key, const struct tokenizer *t, const struct progress *p)
{
    struct builder b = {.tokenizer = t};
    status s = read_corpus(&b, path, p);
    if (s == OK) s = finish(&b, path);
    if (s == OK) s = write_cache(&b, out, key);
    builder_release(&b);
    return s;
}

status corpus_open(struct corpus *c, const char *path, const char *cache, const struct tokenizer *t, uint64_t tokenizer_hash, const struct progress *p)
{
    *c = (struct corpus){0};
    struct stat st;
    if (stat(path, &st) != 0) return fail_errno("read", path);
    uint64_t facts[4] = {tokenizer_hash, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};
    uint64_t key = hash_bytes(path, strlen(path), hash_bytes(facts, sizeof facts, CORPUS_VERSION));
    struct strbuf name = {0};
    strbuf_printf(&name, "%s/%016llx.tokens", cache, (unsigned long long)key);
    status s = strbuf_status(&name);
    if (s == OK && !map_cache(c, strbuf_str(&name), key, tokenizer_size(t))) {
        corpus_close(c);
        s = file_make_directory(cache);
        if (s == OK) s = build_cache(path, name.data, key, t, p);
        if (s == OK && !map_cache(c, name.data, key, tokenizer_size(t))) s = fail(ERR_IO, "'%s' cannot be read back; check the disk", name.data);
    }
    strbuf_release(&name);
    if (s != OK) corpus_close(c);
    return s;
}

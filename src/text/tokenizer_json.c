/* The tokenizer as a Hugging Face tokenizer.json. Bytes are written in the alphabet of GPT-2 (Radford et al. 2019): printable
 * Latin-1 stands for itself, the other 68 bytes for U+0100 and on. */
#include "text_int.h"

#include <jansson.h>
#include <string.h>

enum { TOKENIZER_FILE_MAX = 64 << 20 };

/* ---- alphabet ---- */

static bool stands_for_itself(unsigned b)
{
    return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
}

void byte_alphabet(uint32_t letter_of[256], int byte_of[ALPHABET])
{
    uint32_t next = 256;
    memset(byte_of, -1, ALPHABET * sizeof *byte_of);
    for (unsigned b = 0; b < 256; b++) {
        letter_of[b] = stands_for_itself(b) ? b : next++;
        byte_of[letter_of[b]] = (int)b;
    }
}

/* ---- saving ---- */

/* A token in the alphabet, which has no control characters, between the quotes of a JSON string. */
static void spell(const struct tokenizer *t, const uint32_t letter_of[256], int32_t id, struct strbuf *out)
{
    size_t n;
    const char *bytes = tokenizer_bytes(t, id, &n);
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\') strbuf_putc(out, '\\');
        strbuf_put_utf8(out, letter_of[(unsigned char)bytes[i]]);
    }
}

/* Names of special tokens are printable ASCII. */
static void put_name(const char *name, struct strbuf *out)
{
    for (; *name; name++) {
        if (*name == '"' || *name == '\\') strbuf_putc(out, '\\');
        strbuf_putc(out, *name);
    }
}

static void put_specials(const struct tokenizer *t, struct strbuf *out)
{
    strbuf_puts(out, "  \"added_tokens\": [");
    for (int i = 0; i < TOKENIZER_SPECIALS; i++) {
        strbuf_printf(out, "%s\n    {\"id\": %d, \"content\": \"", i ? "," : "", i);
        put_name(t->special[i], out);
        strbuf_puts(out, "\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}");
    }
    strbuf_puts(out, "\n  ],\n");
}

static void put_model(const struct tokenizer *t, const uint32_t *letter_of, struct strbuf *out)
{
    strbuf_puts(out, "  \"model\": {\n    \"type\": \"BPE\", \"dropout\": null, \"unk_token\": null, \"continuing_subword_prefix\": null, "
                     "\"end_of_word_suffix\": null, \"fuse_unk\": false, \"byte_fallback\": false,\n    \"vocab\": {");
    for (int32_t id = 0; id < (int32_t)t->size; id++) {
        strbuf_puts(out, id ? ",\n      \"" : "\n      \"");
        if (id < TOKENIZER_SPECIALS) put_name(t->special[id], out);
        else spell(t, letter_of, id, out);
        strbuf_printf(out, "\": %d", id);
    }
    strbuf_puts(out, "\n    },\n    \"merges\": [");
    for (size_t i = 0; i + TOKENIZER_FIRST_MERGE < t->size; i++) {
        strbuf_puts(out, i ? ",\n      \"" : "\n      \"");
        spell(t, letter_of, t->merges[i].left, out);
        strbuf_putc(out, ' ');
        spell(t, letter_of, t->merges[i].right, out);
        strbuf_putc(out, '"');
    }
    strbuf_puts(out, "\n    ]\n  }\n}\n");
}

status tokenizer_save(const struct tokenizer *t, const char *path)
{
    if (t->splitter != SPLITTER_OWN) return tokenizer_save_foreign(t, path);
    uint32_t letter_of[256];
    int byte_of[ALPHABET];
    struct strbuf out = {0};
    byte_alphabet(letter_of, byte_of);
    strbuf_puts(&out, "{\n  \"version\": \"1.0\",\n  \"daogou\": {\"splitter\": \"" SPLITTER_NAME "\"},\n");
    put_specials(t, &out);
    strbuf_puts(&out, "  \"normalizer\": null,\n"
                      "  \"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": false},\n"
                      "  \"decoder\": {\"type\": \"ByteLevel\"},\n");
    put_model(t, letter_of, &out);
    status s = out.failed ? fail_nomem("saving a tokenizer") : file_write_atomic(path, out.data, out.len);
    strbuf_release(&out);
    return s;
}

/* ---- loading ---- */

bool byte_unspell(const int *byte_of, const char *s, size_t n, char *bytes, size_t max, size_t *length)
{
    *length = 0;
    for (const char *p = s, *end = s + n; p < end;) {
        uint32_t c = utf8_next(&p, end);
        if (c >= ALPHABET || byte_of[c] < 0 || *length == max) return false;
        bytes[(*length)++] = (char)byte_of[c];
    }
    return *length > 0;
}

struct load {
    const char *path;
    json_t *root, *vocab, *merges;
    size_t size;
    int byte_of[ALPHABET];
    struct strmap ids;             /* bytes of a plain token -> id */
    bool *seen;                    /* (size) ids of model.vocab */
    const char *names[TOKENIZER_SPECIALS];
    struct merge *made;
};

static status bad(const struct load *l, const char *what)
{
    return fail(ERR_FORMAT, "'%s' is not a tokenizer of ours: %s; make one with 'daogou tokenizer train'", l->path, what);
}

static status parse(struct load *l)
{
    char *data = NULL;
    size_t size = 0;
    TRY(file_read(l->path, TOKENIZER_FILE_MAX, &data, &size));
    json_error_t error;
    l->root = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);
    mem_free(data);
    /* jansson leaves the error empty when it could not even begin */
    if (!l->root && (json_error_code(&error) == json_error_out_of_memory || !error.text[0])) return fail_nomem("reading a tokenizer");
    FAIL_IF(!l->root, ERR_FORMAT, "'%s' line %d is not JSON: %s; copy the file again", l->path, error.line, error.text);
    return OK;
}

static status check_tables(struct load *l)
{
    json_t *model = json_object_get(l->root, "model");
    const char *type = json_string_value(json_object_get(model, "type"));
    const char *splitter = json_string_value(json_object_get(json_object_get(l->root, "daogou"), "splitter"));
    if (!type || strcmp(type, "BPE") != 0) return bad(l, "model.type is not \"BPE\"");
    if (strcmp(splitter, SPLITTER_NAME) != 0) return bad(l, "daogou.splitter is not \"" SPLITTER_NAME "\"");
    l->vocab = json_object_get(model, "vocab");
    l->merges = json_object_get(model, "merges");
    l->size = json_object_size(l->vocab);
    if (!json_is_object(l->vocab) || !json_is_array(l->merges)) return bad(l, "model.vocab or model.merges is missing");
    if (l->size < TOKENIZER_FIRST_MERGE || l->size > TOKENIZER_SIZE_MAX) return bad(l, "model.vocab has an impossible size");
    if (json_array_size(l->merges) != l->size - TOKENIZER_FIRST_MERGE) return bad(l, "model.merges does not have one entry for each merged token");
    return OK;
}

static status read_specials(struct load *l)
{
    json_t *added = json_object_get(l->root, "added_tokens");
    if (json_array_size(added) != TOKENIZER_SPECIALS) return bad(l, "added_tokens does not have 16 entries");
    for (size_t i = 0; i < TOKENIZER_SPECIALS; i++) {
        json_t *entry = json_array_get(added, i), *id = json_object_get(entry, "id");
        l->names[i] = json_string_value(json_object_get(entry, "content"));
        json_t *known = l->names[i] ? json_object_get(l->vocab, l->names[i]) : NULL;
        if (!json_is_integer(id) || json_integer_value(id) != (json_int_t)i || !json_is_integer(known) || json_integer_value(known) != (json_int_t)i)
            return bad(l, "added_tokens and model.vocab do not agree on ids 0 to 15");
    }
    return OK;
}

/* Every id from 16 on exactly once, the bytes in their places. */
static status read_vocab(struct load *l)
{
    const char *key;
    json_t *value;
    l->seen = mem_zalloc(l->size, sizeof *l->seen);
    if (!l->seen) return fail_nomem("reading a tokenizer");
    json_object_foreach(l->vocab, key, value) {
        char bytes[PIECE_BYTES_MAX];
        size_t n;
        json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
        if (id < 0 || id >= (json_int_t)l->size) return bad(l, "model.vocab has an id out of range");
        if (l->seen[id]) return bad(l, "model.vocab gives an id twice");
        l->seen[id] = true;
        if (id < TOKENIZER_SPECIALS) continue;
        if (!byte_unspell(l->byte_of, key, strlen(key), bytes, sizeof bytes, &n)) return bad(l, "model.vocab has a token outside the byte alphabet");
        if ((id < TOKENIZER_FIRST_MERGE || n == 1) && (n != 1 || (unsigned char)bytes[0] != id - TOKENIZER_FIRST_BYTE))
            return bad(l, "model.vocab does not give the bytes the ids 16 to 271");
        TRY(strmap_put(&l->ids, bytes, n, (uint64_t)id));
    }
    return OK;
}

static bool read_side(const struct load *l, const char *s, size_t n, char *bytes, size_t *length, int32_t *id)
{
    uint64_t found;
    if (!byte_unspell(l->byte_of, s, n, bytes, PIECE_BYTES_MAX, length) || !strmap_get(&l->ids, bytes, *length, &found)) return false;
    *id = (int32_t)found;
    return true;
}

/* "left right", or ["left", "right"] as newer files have it. The two must spell the token whose id is the merge's place. */
static status read_merge(struct load *l, size_t i)
{
    json_t *entry = json_array_get(l->merges, i);
    const char *left = json_string_value(json_is_array(entry) ? json_array_get(entry, 0) : entry);
    const char *right = json_string_value(json_array_get(entry, 1));
    if (left && !json_is_array(entry)) right = strchr(left, ' ');
    if (!left || !right) return bad(l, "model.merges has an entry that is not a pair");
    size_t n_left = json_is_array(entry) ? strlen(left) : (size_t)(right++ - left), a, b;
    char bytes[2 * PIECE_BYTES_MAX];
    uint64_t made;
    struct merge *m = &l->made[i];
    if (!read_side(l, left, n_left, bytes, &a, &m->left) || !read_side(l, right, strlen(right), bytes + a, &b, &m->right))
        return bad(l, "model.merges joins a token that is not in model.vocab");
    if (!strmap_get(&l->ids, bytes, a + b, &made) || made != i + TOKENIZER_FIRST_MERGE)
        return bad(l, "model.merges and model.vocab are not in the same order");
    return OK;
}

static status load(struct load *l, struct tokenizer **out)
{
    uint32_t letter_of[256];
    byte_alphabet(letter_of, l->byte_of);
    TRY(parse(l));
    if (!json_is_string(json_object_get(json_object_get(l->root, "daogou"), "splitter"))) return tokenizer_read_foreign(l->path, l->root, out);
    TRY(check_tables(l));
    TRY(read_specials(l));
    TRY(read_vocab(l));
    size_t n = json_array_size(l->merges);
    l->made = mem_zalloc(n, sizeof *l->made);
    if (!l->made) return fail_nomem("reading a tokenizer");
    for (size_t i = 0; i < n; i++) TRY(read_merge(l, i));
    status s = tokenizer_build(l->made, n, l->names, out);
    return s == OK || s == ERR_NOMEM ? s : fail_context(s, "'%s'", l->path);
}

status tokenizer_load(const char *path, struct tokenizer **out)
{
    *out = NULL;
    struct load l = {.path = path};
    strmap_init(&l.ids);
    status s = load(&l, out);
    strmap_release(&l.ids);
    mem_free(l.made);
    mem_free(l.seen);
    json_decref(l.root);
    return s;
}

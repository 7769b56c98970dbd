/* tokenizer.json of other programs (Hugging Face tokenizers), read and written. What cannot be reproduced exactly is refused. */
#include "text_int.h"

#include <jansson.h>
#include <string.h>

#define CONTRACTIONS "'s|'t|'re|'ve|'m|'ll|'d"
#define LLAMA3_PATTERN(digits)                                                                                            \
    "(?i:" CONTRACTIONS ")|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
static const char *const patterns[SPLITTERS] = {
    [SPLITTER_GPT2] = CONTRACTIONS "| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    [SPLITTER_LLAMA3] = LLAMA3_PATTERN("\\p{N}{1,3}"),
    [SPLITTER_QWEN2] = LLAMA3_PATTERN("\\p{N}"),
};

struct reading {
    const char *path;
    json_t *root, *model;
    struct tokenizer_tables tables;
    struct token_text *tokens;
    struct merge_text *merges;
};

static status refuse(const struct reading *r, const char *what)
{
    return fail(ERR_FORMAT, "'%s': %s; only byte-level BPE of GPT-2, Llama 3 and Qwen can be read", r->path, what);
}

static bool is_type(const json_t *object, const char *type)
{
    const char *found = json_string_value(json_object_get(object, "type"));
    return found && strcmp(found, type) == 0;
}

/* Absent, null, false and 0 are the same: not asked for. */
static bool asked(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value) && !json_is_false(value) && !(json_is_number(value) && json_number_value(value) == 0);
}

/* ---- pre-tokenizer and normaliser ---- */

static bool byte_level(const json_t *step, bool use_regex)
{
    const json_t *regex = json_object_get(step, "use_regex");   /* true when it is missing */
    return is_type(step, "ByteLevel") && !asked(step, "add_prefix_space") && (json_is_false(regex) ? false : true) == use_regex;
}

static enum splitter splitter_of(const json_t *step)
{
    const char *pattern = json_string_value(json_object_get(json_object_get(step, "pattern"), "Regex"));
    const char *behavior = json_string_value(json_object_get(step, "behavior"));
    if (!is_type(step, "Split") || !pattern || !behavior || strcmp(behavior, "Isolated") != 0 || asked(step, "invert")) return SPLITTER_OWN;
    for (int i = SPLITTER_GPT2; i < SPLITTERS; i++)
        if (strcmp(pattern, patterns[i]) == 0) return (enum splitter)i;
    return SPLITTER_OWN;
}

static status read_splitter(struct reading *r)
{
    json_t *pre = json_object_get(r->root, "pre_tokenizer"), *steps = json_object_get(pre, "pretokenizers");
    json_t *normalizer = json_object_get(r->root, "normalizer");
    if (byte_level(pre, true)) r->tables.splitter = SPLITTER_GPT2;
    else if (is_type(pre, "Sequence") && json_array_size(steps) == 2 && byte_level(json_array_get(steps, 1), false))
        r->tables.splitter = splitter_of(json_array_get(steps, 0));
    if (r->tables.splitter == SPLITTER_OWN) return refuse(r, "its pre_tokenizer is not one that is known here");
    r->tables.nfc = is_type(normalizer, "NFC");
    if (normalizer && !json_is_null(normalizer) && !r->tables.nfc) return refuse(r, "it has a normalizer other than NFC");
    return OK;
}

/* ---- vocabulary ---- */

static status set_token(struct reading *r, const json_t *value, const char *s, enum token_kind kind)
{
    json_int_t id = json_integer_value(value);
    if (!json_is_integer(value) || id < 0 || id >= (json_int_t)r->tables.n_tokens) return refuse(r, "the vocabulary has an id that is no whole number in range");
    struct token_text *t = &r->tokens[id];
    bool again = t->s && t->kind == TOKEN_KIND_PLAIN && kind != TOKEN_KIND_PLAIN && strcmp(t->s, s) == 0;   /* added tokens may stand in both */
    if (t->s && !again) return refuse(r, "the vocabulary gives an id twice");
    *t = (struct token_text){s, strlen(s), kind};
    return OK;
}

static json_int_t highest(json_int_t so_far, const json_t *value)
{
    json_int_t id = json_integer_value(value);
    return id > so_far ? id : so_far;
}

static status read_vocabulary(struct reading *r, json_t *vocab, json_t *added)
{
    const char *key;
    json_t *value;
    size_t i;
    json_int_t last = -1;
    json_object_foreach(vocab, key, value) last = highest(last, value);
    json_array_foreach(added, i, value) last = highest(last, json_object_get(value, "id"));
    if (last < 0 || last >= TOKENIZER_SIZE_MAX) return refuse(r, "the vocabulary has an impossible size");
    r->tables.n_tokens = (size_t)last + 1;
    r->tables.tokens = r->tokens = mem_zalloc(r->tables.n_tokens, sizeof *r->tokens);
    if (!r->tokens) return fail_nomem("reading a tokenizer");
    json_object_foreach(vocab, key, value) TRY(set_token(r, value, key, TOKEN_KIND_PLAIN));
    json_array_foreach(added, i, value) {
        const char *text = json_string_value(json_object_get(value, "content"));
        if (!text) return refuse(r, "an added token has no content");
        if (asked(value, "lstrip") || asked(value, "rstrip") || asked(value, "single_word")) return refuse(r, "an added token takes in the space beside it");
        TRY(set_token(r, json_object_get(value, "id"), text, asked(value, "special") ? TOKEN_KIND_SPECIAL : TOKEN_KIND_ADDED));
    }
    return OK;
}

static status split_merge(struct reading *r, const char *line, size_t n, struct merge_text *m)
{
    const char *space = memchr(line, ' ', n);
    if (!space || space == line || space + 1 == line + n) return refuse(r, "a merge is not a pair of tokens");
    *m = (struct merge_text){line, (size_t)(space - line), space + 1, n - (size_t)(space + 1 - line)};
    return OK;
}

static status read_merges(struct reading *r, json_t *merges)
{
    size_t i;
    json_t *value;
    r->tables.n_merges = json_array_size(merges);
    r->tables.merges = r->merges = mem_zalloc(r->tables.n_merges, sizeof *r->merges);
    if (!r->merges) return fail_nomem("reading a tokenizer");
    json_array_foreach(merges, i, value) {
        const char *left = json_string_value(json_array_get(value, 0)), *right = json_string_value(json_array_get(value, 1)), *line = json_string_value(value);
        if (line) TRY(split_merge(r, line, strlen(line), &r->merges[i]));
        else if (left && right) r->merges[i] = (struct merge_text){left, strlen(left), right, strlen(right)};
        else return refuse(r, "a merge is not a pair of tokens");
    }
    return OK;
}

static int32_t read_mark(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(json_object_get(root, "daogou"), key);
    json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
    return id >= 0 && id < TOKENIZER_SIZE_MAX ? (int32_t)id : -1;
}

/* What the post-processor puts before a text: the first token of its template. */
static const char *template_begin(const json_t *step)
{
    size_t i;
    const json_t *inner;
    if (is_type(step, "Sequence")) {
        json_array_foreach(json_object_get(step, "processors"), i, inner)
            if (template_begin(inner)) return template_begin(inner);
        return NULL;
    }
    if (!is_type(step, "TemplateProcessing")) return NULL;
    return json_string_value(json_object_get(json_object_get(json_array_get(json_object_get(step, "single"), 0), "SpecialToken"), "id"));
}

static void find_begin(struct reading *r)
{
    const char *name = template_begin(json_object_get(r->root, "post_processor"));
    for (size_t i = 0; name && r->tables.begin < 0 && i < r->tables.n_tokens; i++)
        if (r->tokens[i].kind == TOKEN_KIND_SPECIAL && strcmp(r->tokens[i].s, name) == 0) r->tables.begin = (int32_t)i;
}

static status read_json(struct reading *r)
{
    r->model = json_object_get(r->root, "model");
    json_t *vocab = json_object_get(r->model, "vocab"), *merges = json_object_get(r->model, "merges");
    if (!is_type(r->model, "BPE") || !json_is_object(vocab) || !json_is_array(merges)) return refuse(r, "its model is no BPE with vocab and merges");
    if (asked(r->model, "byte_fallback") || asked(r->model, "dropout")) return refuse(r, "its model has byte_fallback or dropout");
    r->tables.ignore_merges = asked(r->model, "ignore_merges");
    r->tables.begin = read_mark(r->root, "begin");
    r->tables.end = read_mark(r->root, "end");
    TRY(read_splitter(r));
    TRY(read_vocabulary(r, vocab, json_object_get(r->root, "added_tokens")));
    find_begin(r);
    return read_merges(r, merges);
}

static status finish(struct reading *r, status s, struct tokenizer **out)
{
    if (s == OK) {
        s = tokenizer_from_tables(&r->tables, out);
        if (s != OK && s != ERR_NOMEM) s = fail_context(s, "'%s'", r->path);
    }
    mem_free(r->tokens);
    mem_free(r->merges);
    return s;
}

status tokenizer_read_foreign(const char *path, void *root, struct tokenizer **out)
{
    struct reading r = {.path = path, .root = root};
    return finish(&r, read_json(&r), out);
}

/* ---- vocab.json and merges.txt ---- */

static status count_lines(struct reading *r, const char *text, size_t n)
{
    size_t lines = 1;
    for (size_t i = 0; i < n; i++) lines += text[i] == '\n';
    r->tables.merges = r->merges = mem_zalloc(lines, sizeof *r->merges);
    return r->merges ? OK : fail_nomem("reading a tokenizer");
}

static status read_lines(struct reading *r, const char *text, size_t n)
{
    TRY(count_lines(r, text, n));
    for (const char *p = text, *end = text + n; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end;
        size_t length = (size_t)(stop - p);
        if (length && stop[-1] == '\r') length--;
        bool comment = p == text && length >= 8 && memcmp(p, "#version", 8) == 0;
        if (length && !comment) TRY(split_merge(r, p, length, &r->merges[r->tables.n_merges++]));
        p = newline ? newline + 1 : end;
    }
    return OK;
}

/* The one special token of GPT-2 stands in vocab.json among the others. */
static void mark_end_of_text(struct reading *r)
{
    for (size_t i = 0; i < r->tables.n_tokens; i++)
        if (r->tokens[i].s && strcmp(r->tokens[i].s, "<|endoftext|>") == 0) r->tokens[i].kind = TOKEN_KIND_SPECIAL;
}

status tokenizer_load_vocab(const char *vocab_path, const char *merges_path, struct tokenizer **out)
{
    enum { FILE_MAX = 64 << 20 };
    struct reading r = {.path = vocab_path, .tables = {.splitter = SPLITTER_GPT2, .begin = -1, .end = -1}};
    char *vocab = NULL, *merges = NULL;
    size_t n_vocab, n_merges;
    *out = NULL;
    status s = file_read(vocab_path, FILE_MAX, &vocab, &n_vocab);
    if (s == OK) s = file_read(merges_path, FILE_MAX, &merges, &n_merges);
    if (s == OK && !(r.root = json_loadb(vocab, n_vocab, JSON_REJECT_DUPLICATES, NULL))) s = refuse(&r, "it is not JSON");
    if (s == OK) s = json_is_object(r.root) ? read_vocabulary(&r, r.root, NULL) : refuse(&r, "it is no object");
    if (s == OK) {
        mark_end_of_text(&r);
        s = read_lines(&r, merges, n_merges);
    }
    s = finish(&r, s, out);
    json_decref(r.root);
    mem_free(vocab);
    mem_free(merges);
    return s;
}

/* ---- writing ---- */

static void put_string(struct strbuf *out, const char *s)
{
    strbuf_putc(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') strbuf_putc(out, '\\');
        if (c < ' ') strbuf_printf(out, "\\u%04x", c);
        else strbuf_putc(out, *s);
    }
    strbuf_putc(out, '"');
}

static void put_added(const struct tokenizer *t, struct strbuf *out)
{
    const char *separator = "";
    strbuf_puts(out, "  \"added_tokens\": [");
    for (int32_t id = 0; id < (int32_t)t->size; id++) {
        if (!t->added_of[id]) continue;
        const struct added_token *a = &t->added[t->added_of[id] - 1];
        strbuf_printf(out, "%s\n    {\"id\": %d, \"content\": ", separator, id);
        put_string(out, a->text);
        strbuf_printf(out, ", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": %s}", a->special ? "true" : "false");
        separator = ",";
    }
    strbuf_puts(out, "\n  ],\n");
}

static void put_template(const struct tokenizer *t, struct strbuf *out)
{
    struct strbuf name = {0}, quoted = {0};
    if (t->begin < 0 || tokenizer_spelling(t, t->begin, &name) != TOKEN_KIND_SPECIAL) {
        strbuf_puts(out, "  \"post_processor\": null,\n");
    } else {
        put_string(&quoted, strbuf_str(&name));
        strbuf_printf(out, "  \"post_processor\": {\"type\": \"TemplateProcessing\",\n"
                           "    \"single\": [{\"SpecialToken\": {\"id\": %s, \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}],\n"
                           "    \"pair\": [{\"SpecialToken\": {\"id\": %s, \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, "
                           "{\"Sequence\": {\"id\": \"B\", \"type_id\": 1}}],\n"
                           "    \"special_tokens\": {%s: {\"id\": %s, \"ids\": [%d], \"tokens\": [%s]}}},\n",
                      strbuf_str(&quoted), strbuf_str(&quoted), strbuf_str(&quoted), strbuf_str(&quoted), t->begin, strbuf_str(&quoted));
    }
    if (name.failed || quoted.failed) out->failed = true;
    strbuf_release(&name);
    strbuf_release(&quoted);
}

static void put_steps(const struct tokenizer *t, struct strbuf *out)
{
    strbuf_printf(out, "  \"normalizer\": %s,\n", t->nfc ? "{\"type\": \"NFC\"}" : "null");
    if (t->splitter == SPLITTER_GPT2) {
        strbuf_puts(out, "  \"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": true},\n");
    } else {
        strbuf_puts(out, "  \"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [\n    {\"type\": \"Split\", \"pattern\": {\"Regex\": ");
        put_string(out, patterns[t->splitter]);
        strbuf_puts(out, "}, \"behavior\": \"Isolated\", \"invert\": false},\n"
                         "    {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false}]},\n");
    }
    put_template(t, out);
    strbuf_puts(out, "  \"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": true},\n");
}

static void put_tables(const struct tokenizer *t, struct strbuf *out)
{
    struct strbuf word = {0};
    const char *separator = "";
    strbuf_printf(out, "  \"model\": {\n    \"type\": \"BPE\", \"dropout\": null, \"unk_token\": null, \"continuing_subword_prefix\": null, "
                       "\"end_of_word_suffix\": null, \"fuse_unk\": false, \"byte_fallback\": false, \"ignore_merges\": %s,\n    \"vocab\": {",
                  t->ignore_merges ? "true" : "false");
    for (int32_t id = 0; id < (int32_t)t->size; id++) {
        strbuf_clear(&word);
        if (tokenizer_spelling(t, id, &word) != TOKEN_KIND_PLAIN) continue;
        strbuf_printf(out, "%s\n      ", separator);
        put_string(out, strbuf_str(&word));
        strbuf_printf(out, ": %d", id);
        separator = ",";
    }
    strbuf_puts(out, "\n    },\n    \"merges\": [");
    for (size_t i = 0; i < t->n_merges; i++) {
        strbuf_clear(&word);
        tokenizer_merge_spelling(t, i, &word);
        strbuf_puts(out, i ? ",\n      " : "\n      ");
        put_string(out, strbuf_str(&word));
    }
    strbuf_puts(out, "\n    ]\n  }\n}\n");
    if (word.failed) out->failed = true;
    strbuf_release(&word);
}

status tokenizer_save_foreign(const struct tokenizer *t, const char *path)
{
    struct strbuf out = {0};
    strbuf_puts(&out, "{\n  \"version\": \"1.0\",\n");
    if (t->begin >= 0 && t->end >= 0) strbuf_printf(&out, "  \"daogou\": {\"begin\": %d, \"end\": %d},\n", t->begin, t->end);
    else if (t->end >= 0) strbuf_printf(&out, "  \"daogou\": {\"end\": %d},\n", t->end);
    put_added(t, &out);
    put_steps(t, &out);
    put_tables(t, &out);
    status s = out.failed ? fail_nomem("saving a tokenizer") : file_write_atomic(path, out.data, out.len);
    strbuf_release(&out);
    return s;
}

void tokenizer_set_marks(struct tokenizer *t, int32_t begin, int32_t end)
{
    t->begin = begin >= 0 && begin < (int32_t)t->size ? begin : -1;
    t->end = end >= 0 && end < (int32_t)t->size ? end : -1;
}

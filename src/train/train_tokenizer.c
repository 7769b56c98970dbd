#include "train_int.h"

#include <jansson.h>
#include <string.h>

static status feed(struct tokenizer_trainer *t, const char *s, size_t n, struct tokenizer_result *r)
{
    r->bytes += n;
    return n ? tokenizer_trainer_feed(t, s, n) : OK;
}

/* Every string in the value, however deep (jansson bounds the depth). */
static status feed_json(struct tokenizer_trainer *t, json_t *v, struct tokenizer_result *r)
{
    const char *key;
    json_t *child;
    size_t i;
    if (json_is_string(v)) return feed(t, json_string_value(v), json_string_length(v), r);
    json_object_foreach(v, key, child) TRY(feed_json(t, child, r));
    json_array_foreach(v, i, child) TRY(feed_json(t, child, r));
    return OK;
}

static status feed_line(struct tokenizer_trainer *t, const struct lines *l, bool jsonl, struct tokenizer_result *r)
{
    r->lines++;
    if (!jsonl || !l->n) return feed(t, l->text, l->n, r);
    json_error_t e;
    json_t *root = json_loadb(l->text, l->n, JSON_DECODE_ANY, &e);
    FAIL_IF(!root, ERR_FORMAT, "%s:%llu: %s; each line must be JSON", l->path, (unsigned long long)l->line, e.text);
    status s = feed_json(t, root, r);
    json_decref(root);
    return s;
}

static status feed_file(struct tokenizer_trainer *t, const char *path, const struct progress *p, struct tokenizer_result *r)
{
    struct lines l;
    TRY(lines_open(&l, path));
    bool jsonl = path_is_jsonl(path), more = true;
    status s = OK;
    while (s == OK && (s = lines_next(&l, &more)) == OK && more) {
        s = feed_line(t, &l, jsonl, r);
        if (s == OK && l.line % 4096 == 0 && !progress_report(p, "read", l.at, l.file.size, path)) s = fail_interrupted("training a tokenizer");
    }
    lines_close(&l);
    return s;
}

static status save(const struct tokenizer *t, const char *directory)
{
    TRY(file_make_directory(directory));
    struct strbuf path = {0};
    strbuf_printf(&path, "%s/tokenizer.json", directory);
    status s = strbuf_status(&path);
    if (s == OK) s = tokenizer_save(t, path.data);
    strbuf_release(&path);
    return s;
}

status train_tokenizer(const struct tokenizer_options *o, const struct progress *progress, struct tokenizer_result *result)
{
    FAIL_IF(!o->n_files, ERR_USAGE, "no corpus was named; give one or more text files");
    FAIL_IF(o->vocab_size < SPECIAL_TOKENS + 256 || o->vocab_size > MODEL_MAX_VOCAB, ERR_USAGE, "the vocabulary size is %zu; it must be from %d to %d",
            o->vocab_size, SPECIAL_TOKENS + 256, MODEL_MAX_VOCAB);
    uint64_t start = clock_ns();
    struct tokenizer_result r = {0};
    struct tokenizer_trainer *t = NULL;
    struct tokenizer *made = NULL;
    status s = tokenizer_trainer_new(&t);
    for (size_t i = 0; s == OK && i < o->n_files; i++) s = feed_file(t, o->files[i], progress, &r);
    if (s == OK) s = tokenizer_trainer_run(t, o->vocab_size, special_token_names, SPECIAL_TOKENS, progress, &made);
    if (s == OK) s = save(made, o->directory);
    if (s == OK) {
        r.entries = tokenizer_size(made);
        r.seconds = (double)(clock_ns() - start) * 1e-9;
        if (result) *result = r;
    }
    tokenizer_free(made);
    tokenizer_trainer_free(t);
    return s;
}

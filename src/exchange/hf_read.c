/* Hugging Face directories: config.json, and model.safetensors or the shards that model.safetensors.index.json names. */
#include "exchange_int.h"

#include <string.h>

enum { LENGTH_BYTES = 8, JSON_MAX = 1 << 26 };

/* ---- one safetensors file ---- */

struct shard {
    struct checkpoint *c;
    const uint8_t *data;   /* behind the header */
    size_t size;
};

static enum element element_named(const char *name)
{
    static const char *const names[] = {[ELEMENT_F32] = "F32", [ELEMENT_F16] = "F16", [ELEMENT_BF16] = "BF16"};
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return (enum element)i;
    return ELEMENT_OTHER;
}

/* rows: all dimensions but the last. Other programs' masks have four; what has no matrix of ours is never looked at again. */
static status read_shape(const char *name, const json_t *shape, struct foreign_tensor *t)
{
    size_t n = json_array_size(shape);
    FAIL_IF(!json_is_array(shape) || n > 8, ERR_FORMAT, "tensor '%.80s' has no shape of at most 8 dimensions", name);
    t->rows = t->cols = 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *dim = json_array_get(shape, i);
        json_int_t d = json_integer_value(dim);
        FAIL_IF(!json_is_integer(dim) || d < 0 || d > INT32_MAX || (d && t->rows > SIZE_MAX / 16 / (size_t)d / t->cols), ERR_FORMAT, "tensor '%.80s' has an impossible shape",
                name);
        if (i + 1 < n) t->rows *= (size_t)d;
        else t->cols = (size_t)d;
    }
    return OK;
}

static status read_place(const struct shard *s, const char *name, const json_t *offsets, struct foreign_tensor *t)
{
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    json_int_t b = json_integer_value(begin), e = json_integer_value(end);
    bool pair = json_array_size(offsets) == 2 && json_is_integer(begin) && json_is_integer(end) && b >= 0 && e >= b;
    FAIL_IF(!pair, ERR_FORMAT, "tensor '%.80s' has no pair of data_offsets", name);
    FAIL_IF((uint64_t)e > s->size, ERR_FORMAT, "tensor '%.80s' ends at byte %lld of %zu bytes of data; the file is cut short", name, (long long)e, s->size);
    size_t bytes = (size_t)(e - b);
    if (t->element != ELEMENT_OTHER)
        FAIL_IF(bytes != t->rows * element_row_bytes(t->element, t->cols), ERR_FORMAT, "tensor '%.80s' has %zu bytes, which is not what its shape and dtype need", name,
                bytes);
    t->data = s->data + b;
    t->bytes = bytes;
    return OK;
}

static status read_tensors(const struct shard *s, json_t *header)
{
    const char *name;
    json_t *value;
    json_object_foreach(header, name, value) {
        if (strcmp(name, "__metadata__") == 0) continue;
        struct foreign_tensor t = {.name = name, .element = element_named(json_string_value(json_object_get(value, "dtype")))};
        TRY(read_shape(name, json_object_get(value, "shape"), &t));
        TRY(read_place(s, name, json_object_get(value, "data_offsets"), &t));
        TRY(checkpoint_add(s->c, &t, strlen(name)));
    }
    return OK;
}

static status read_header(struct checkpoint *c, const struct mapped_file *f)
{
    uint64_t length = 0;
    FAIL_IF(f->size < LENGTH_BYTES + 2, ERR_FORMAT, "%zu bytes are too few for weights; the file is cut short", f->size);
    for (int i = LENGTH_BYTES - 1; i >= 0; i--) length = length << 8 | f->data[i];
    FAIL_IF(length > CHECKPOINT_MAX_HEADER || length > f->size - LENGTH_BYTES, ERR_FORMAT,
            "the header's length is %llu, but %zu bytes follow; the file is cut short or no safetensors file", (unsigned long long)length, f->size - LENGTH_BYTES);
    json_error_t error;
    json_t *header = json_loadb((const char *)f->data + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    FAIL_IF(!header, ERR_FORMAT, "the header is no JSON (%s)", error.text);
    struct shard s = {c, f->data + LENGTH_BYTES + length, f->size - LENGTH_BYTES - (size_t)length};
    status result = json_is_object(header) ? read_tensors(&s, header) : fail(ERR_FORMAT, "the header is no JSON object");
    json_decref(header);
    return result;
}

static status add_file(struct checkpoint *c, const char *path)
{
    TRY(mem_grow(&c->files, &c->cap_files, c->n_files + 1, sizeof *c->files));
    TRY(mapped_file_open(&c->files[c->n_files], path));
    status s = read_header(c, &c->files[c->n_files++]);
    return s == OK || s == ERR_NOMEM ? s : fail_context(s, "%s", path);
}

/* ---- the directory ---- */

static status read_object(const char *path, json_t **out)
{
    char *text;
    size_t n;
    TRY(file_read(path, JSON_MAX, &text, &n));
    json_error_t error;
    *out = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    mem_free(text);
    FAIL_IF(!*out, ERR_FORMAT, "%s:%d: %s; copy the file again", path, error.line, error.text);
    FAIL_IF(!json_is_object(*out), ERR_FORMAT, "%s: not a JSON object; copy the file again", path);
    return OK;
}

/* "weight_map": tensor -> file. Each file once; a name with a slash would leave the directory. */
static status read_shards(struct checkpoint *c, const char *directory, const json_t *index)
{
    const char *key;
    json_t *value, *map = json_object_get(index, "weight_map");
    struct strmap seen;
    struct strbuf path = {0};
    status s = json_object_size(map) ? OK : fail(ERR_FORMAT, "%s/model.safetensors.index.json has no weight_map; copy the file again", directory);
    strmap_init(&seen);
    json_object_foreach(map, key, value) {
        const char *file = json_string_value(value);
        if (s != OK) break;
        if (!file || !*file || strchr(file, '/')) s = fail(ERR_FORMAT, "model.safetensors.index.json names no file for '%.80s'", key);
        else if (strmap_get(&seen, file, strlen(file), NULL)) continue;
        else if (c->n_files == CHECKPOINT_MAX_SHARDS) s = fail(ERR_LIMIT, "there are more than %d shards", CHECKPOINT_MAX_SHARDS);
        if (s == OK) s = strmap_put(&seen, file, strlen(file), 1);
        if (s == OK) s = path_join(&path, directory, file);
        if (s == OK) s = add_file(c, path.data);
    }
    strmap_release(&seen);
    strbuf_release(&path);
    return s;
}

static status read_weights(struct checkpoint *c, const char *directory)
{
    struct strbuf path = {0};
    json_t *index = NULL;
    status s = path_join(&path, directory, "model.safetensors");
    if (s == OK && file_exists(path.data)) {
        s = add_file(c, path.data);
    } else if (s == OK) {
        s = path_join(&path, directory, "model.safetensors.index.json");
        if (s == OK && !file_exists(path.data)) s = fail(ERR_NOT_FOUND, "'%s' has neither model.safetensors nor its index; other weight files cannot be read", directory);
        if (s == OK) s = read_object(path.data, &index);
        if (s == OK) s = read_shards(c, directory, index);
    }
    json_decref(index);
    strbuf_release(&path);
    return s;
}

status hf_open(struct checkpoint *c, const char *directory)
{
    struct strbuf path = {0};
    status s = path_join(&path, directory, "config.json");
    if (s == OK && !file_exists(path.data)) s = fail(ERR_NOT_FOUND, "'%s' has no config.json; name a Hugging Face directory or a .gguf file", directory);
    if (s == OK) s = read_object(path.data, &c->config);
    strbuf_release(&path);
    if (s == OK) s = read_weights(c, directory);
    if (s == OK) s = checkpoint_check_overlap(c);
    return s == ERR_FORMAT && !strstr(status_message(), directory) ? fail_context(s, "%s", directory) : s;
}

/* ---- tokenizer ---- */

static int32_t token_id(const json_t *value)
{
    if (json_is_array(value)) value = json_array_get(value, 0);   /* several ends: the first is the text's */
    json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
    return id >= 0 && id < INT32_MAX ? (int32_t)id : -1;
}

/* vocab.json and merges.txt do not say how text is cut: of GPT-2 it is known, the others' cut differently and have tokens besides. */
static status load_tokenizer(const char *directory, const char *family, struct tokenizer **out)
{
    struct strbuf path = {0}, merges = {0};
    bool gpt2 = family && strcmp(family, family_names[FAMILY_GPT2]) == 0;
    status s = path_join(&path, directory, "tokenizer.json");
    if (s == OK && file_exists(path.data)) {
        s = tokenizer_load(path.data, out);
    } else if (s == OK) {
        s = path_join(&path, directory, "vocab.json");
        if (s == OK) s = path_join(&merges, directory, "merges.txt");
        if (s == OK && !file_exists(path.data)) s = fail(ERR_NOT_FOUND, "'%s' has neither tokenizer.json nor vocab.json; copy it there", directory);
        if (s == OK && !gpt2) s = fail(ERR_NOT_FOUND, "'%s' has no tokenizer.json; vocab.json and merges.txt alone are enough for gpt2 only", directory);
        if (s == OK) s = tokenizer_load_vocab(path.data, merges.data, out);
    }
    strbuf_release(&path);
    strbuf_release(&merges);
    return s;
}

status hf_tokenizer(const struct checkpoint *c, const char *directory, struct tokenizer **out)
{
    TRY(load_tokenizer(directory, json_string_value(json_object_get(c->config, "model_type")), out));
    int32_t end = token_id(json_object_get(c->config, "eos_token_id"));
    if (!tokenizer_is_own(*out)) tokenizer_set_marks(*out, tokenizer_begin(*out), end);
    return OK;
}

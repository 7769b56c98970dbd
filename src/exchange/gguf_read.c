/* GGUF, version 2 and 3, little endian: "GGUF", version, counts; metadata; descriptions of tensors; data, aligned.
 * Dimensions are written fastest first. (ggml-org/ggml, docs/gguf.md) */
#include "exchange_int.h"

#include <string.h>

enum { VERSION_MIN = 2, VERSION_MAX = 3, DEFAULT_ALIGNMENT = 32, MAX_KEYS = 1 << 16, NAME_MAX_BYTES = 1024 };

struct cursor {
    const uint8_t *at, *end;
    bool failed;   /* past the end: everything read since is 0 */
};

static const uint8_t *take(struct cursor *r, uint64_t n)
{
    if (r->failed || n > (uint64_t)(r->end - r->at)) {
        r->failed = true;
        return NULL;
    }
    r->at += n;
    return r->at - n;
}

static uint64_t take_number(struct cursor *r, size_t bytes)
{
    const uint8_t *p = take(r, bytes);
    uint64_t x = 0;
    for (size_t i = bytes; p && i-- > 0;) x = x << 8 | p[i];
    return x;
}

static const char *take_string(struct cursor *r, uint64_t *n)
{
    *n = take_number(r, 8);
    const uint8_t *p = take(r, *n);
    if (!p) *n = 0;
    return p ? (const char *)p : "";
}

static status cut_short(const struct cursor *r, const char *where)
{
    FAIL_IF(r->failed, ERR_FORMAT, "it ends inside of %s; the file is cut short or damaged", where);
    return OK;
}

/* ---- metadata ---- */

static size_t size_of_type(uint32_t type)
{
    static const uint8_t sizes[] = {[GGUF_U8] = 1, [GGUF_I8] = 1, [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4, [GGUF_I32] = 4, [GGUF_F32] = 4,
                                    [GGUF_BOOL] = 1, [GGUF_U64] = 8, [GGUF_I64] = 8, [GGUF_F64] = 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

static status read_array(struct cursor *r, struct gguf_value *v)
{
    v->array = true;
    v->type = (uint32_t)take_number(r, 4);
    v->n = take_number(r, 8);
    v->at = r->at;
    size_t size = size_of_type(v->type);
    if (v->type == GGUF_STRING) {
        uint64_t unused;
        for (uint64_t i = 0; i < v->n && !r->failed; i++) take_string(r, &unused);   /* a lying count runs into the end at once */
    } else {
        FAIL_IF(!size, ERR_FORMAT, "it has an array of type %u, which is not known", v->type);
        if (v->n > (uint64_t)(r->end - r->at) / size) r->failed = true;
        else take(r, v->n * size);
    }
    return cut_short(r, "an array of its metadata");
}

static status read_value(struct cursor *r, struct gguf_value *v)
{
    *v = (struct gguf_value){.type = (uint32_t)take_number(r, 4), .n = 1, .at = r->at, .end = r->end};
    if (v->type == GGUF_ARRAY) return read_array(r, v);
    if (v->type == GGUF_STRING) {
        v->at = (const uint8_t *)take_string(r, &v->n);
    } else {
        FAIL_IF(!size_of_type(v->type), ERR_FORMAT, "it has a value of type %u, which is not known", v->type);
        take(r, size_of_type(v->type));
    }
    return cut_short(r, "its metadata");
}

static status read_metadata(struct checkpoint *c, struct cursor *r, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t length;
        const char *key = take_string(r, &length);
        TRY(cut_short(r, "its metadata"));
        TRY(mem_grow(&c->values, &c->cap_values, c->n_values + 1, sizeof *c->values));
        TRY(read_value(r, &c->values[c->n_values]));
        TRY(strmap_put(&c->keys, key, (size_t)length, c->n_values++));
    }
    return OK;
}

static const struct gguf_value *find(const struct checkpoint *c, const char *key)
{
    uint64_t i;
    return strmap_get(&c->keys, key, strlen(key), &i) ? &c->values[i] : NULL;
}

bool gguf_number(const struct checkpoint *c, const char *key, double *out)
{
    const struct gguf_value *v = find(c, key);
    size_t size = v && !v->array ? size_of_type(v->type) : 0;
    if (!size) return false;
    struct cursor r = {v->at, v->at + size, false};
    uint64_t bits = take_number(&r, size);
    float f;
    uint32_t low = (uint32_t)bits;
    memcpy(&f, &low, sizeof f);
    if (v->type == GGUF_F32) *out = (double)f;
    else if (v->type == GGUF_F64) memcpy(out, &bits, sizeof bits);
    else if (v->type == GGUF_I32) *out = (int32_t)low;
    else if (v->type == GGUF_I64) *out = (double)(int64_t)bits;
    else *out = (double)bits;
    return true;
}

bool gguf_string(const struct checkpoint *c, const char *key, const char **s, size_t *n)
{
    const struct gguf_value *v = find(c, key);
    if (!v || v->array || v->type != GGUF_STRING) return false;
    *s = (const char *)v->at;
    *n = (size_t)v->n;
    return true;
}

const struct gguf_value *gguf_array(const struct checkpoint *c, const char *key, uint32_t type)
{
    const struct gguf_value *v = find(c, key);
    return v && v->array && v->type == type ? v : NULL;
}

const char *gguf_next_string(const uint8_t **at, size_t *n)
{
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--) length = length << 8 | (*at)[i];   /* checked when the array was read */
    const char *s = (const char *)*at + 8;
    *at += 8 + length;
    *n = (size_t)length;
    return s;
}

/* ---- tensors ---- */

static enum element element_of(uint32_t type)
{
    static const struct { uint32_t type; enum element element; } types[] = {
        {0, ELEMENT_F32}, {1, ELEMENT_F16}, {2, ELEMENT_Q4_0}, {8, ELEMENT_Q8_0}, {30, ELEMENT_BF16}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type) return types[i].element;
    return ELEMENT_OTHER;
}

/* data: the offset in the data for now. */
static status read_tensor(struct checkpoint *c, struct cursor *r)
{
    uint64_t length, dims[4] = {1, 1, 1, 1};
    const char *name = take_string(r, &length);
    uint32_t n = (uint32_t)take_number(r, 4);
    TRY(cut_short(r, "the list of its tensors"));
    FAIL_IF(length == 0 || length > NAME_MAX_BYTES || n > 4, ERR_FORMAT, "a tensor has a name of %llu bytes and %u dimensions", (unsigned long long)length, n);
    for (uint32_t i = 0; i < n; i++) {
        dims[i] = take_number(r, 8);
        FAIL_IF(dims[i] == 0 || dims[i] > INT32_MAX, ERR_FORMAT, "tensor '%.*s' has an impossible shape", (int)(length < 80 ? length : 80), name);
    }
    FAIL_IF(dims[2] != 1 || dims[3] != 1, ERR_FORMAT, "tensor '%.*s' has more than two dimensions; the model is of another architecture", (int)(length < 80 ? length : 80),
            name);
    struct foreign_tensor t = {.name = name, .cols = (size_t)dims[0], .rows = (size_t)dims[1]};
    t.element = element_of((uint32_t)take_number(r, 4));
    t.data = (const uint8_t *)(uintptr_t)take_number(r, 8);
    TRY(cut_short(r, "the list of its tensors"));
    return checkpoint_add(c, &t, (size_t)length);
}

static status place_tensors(struct checkpoint *c, const uint8_t *data, size_t size, uint64_t alignment)
{
    for (size_t i = 0; i < c->n_tensors; i++) {
        struct foreign_tensor *t = &c->tensors[i];
        uint64_t offset = (uintptr_t)t->data, row = element_row_bytes(t->element, t->cols);
        t->data = data;
        if (t->element == ELEMENT_OTHER) continue;
        FAIL_IF(!row, ERR_FORMAT, "tensor '%.80s' has rows of %zu elements, no multiple of %d", t->name, t->cols, BLOCK);
        FAIL_IF(offset % alignment != 0 || offset > size || t->rows > (size - offset) / row, ERR_FORMAT,
                "tensor '%.80s' reaches past the end of the file; it is cut short or damaged", t->name);
        t->data = data + offset;
        t->bytes = t->rows * (size_t)row;
    }
    return checkpoint_check_overlap(c);
}

static status read_all(struct checkpoint *c)
{
    const struct mapped_file *f = &c->files[0];
    struct cursor r = {f->data, f->data + f->size, false};
    uint64_t magic = take_number(&r, 4), version = take_number(&r, 4), n_tensors = take_number(&r, 8), n_keys = take_number(&r, 8);
    double alignment = DEFAULT_ALIGNMENT;
    FAIL_IF(magic != 0x46554747, ERR_FORMAT, "it does not begin with 'GGUF'; this is no GGUF file");
    TRY(cut_short(&r, "its header"));
    FAIL_IF(version < VERSION_MIN || version > VERSION_MAX, ERR_FORMAT, "it is GGUF version %llu; versions %d and %d can be read", (unsigned long long)version,
            VERSION_MIN, VERSION_MAX);
    FAIL_IF(n_tensors > CHECKPOINT_MAX_TENSORS || n_keys > MAX_KEYS, ERR_FORMAT, "its header counts %llu tensors and %llu keys; it is damaged",
            (unsigned long long)n_tensors, (unsigned long long)n_keys);
    TRY(read_metadata(c, &r, n_keys));
    for (uint64_t i = 0; i < n_tensors; i++) TRY(read_tensor(c, &r));
    gguf_number(c, "general.alignment", &alignment);
    FAIL_IF(!(alignment >= 1 && alignment <= 1 << 16), ERR_FORMAT, "its alignment is %g; it must be from 1 to 65536", alignment);
    uint64_t a = (uint64_t)alignment, begin = ((uint64_t)(r.at - f->data) + a - 1) / a * a;
    FAIL_IF(begin > f->size, ERR_FORMAT, "it ends before its data; the file is cut short");
    return place_tensors(c, f->data + begin, f->size - (size_t)begin, a);
}

status gguf_open(struct checkpoint *c, const char *path)
{
    TRY(mem_grow(&c->files, &c->cap_files, 1, sizeof *c->files));
    TRY(mapped_file_open(&c->files[0], path));
    c->n_files = 1;
    status s = read_all(c);
    return s == OK || s == ERR_NOMEM ? s : fail_context(s, "%s", path);
}

#include "model_int.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The format (huggingface/safetensors): u64 little-endian length of the header, a JSON object, the data. Each key of the
 * object is a tensor {"dtype", "shape", "data_offsets": [begin, end]}, but "__metadata__", which maps strings to strings.
 * Offsets count from the end of the header; tensors leave no hole and do not overlap. */

enum { LENGTH_BYTES = 8 };
const char *const safetensor_dtype_names[3] = {[DTYPE_F32] = "F32", [DTYPE_BF16] = "BF16", [DTYPE_Q8] = "I8"};

static uint64_t load_u64(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 7; i >= 0; i--) x = x << 8 | p[i];
    return x;
}

/* ---- one tensor ---- */

static status read_dtype(struct safetensor *t, const json_t *value)
{
    const char *name = json_string_value(value);
    for (int i = 0; name && i < 3; i++)
        if (strcmp(name, safetensor_dtype_names[i]) == 0) {
            t->dtype = (enum dtype)i;
            t->is_int8 = t->dtype == DTYPE_Q8;
            return OK;
        }
    return fail(ERR_FORMAT, "tensor '%.80s' has dtype '%.20s'; only F32, BF16 and I8 can be read", t->name, name ? name : "(none)");
}

static status read_shape(struct safetensor *t, const json_t *value)
{
    size_t n = json_array_size(value);   /* 0 if it is no array */
    FAIL_IF(n != 1 && n != 2, ERR_FORMAT, "tensor '%.80s' has no shape of one or two dimensions", t->name);
    uint32_t dims[2] = {1, 1};
    for (size_t i = 0; i < n; i++) {
        const json_t *dim = json_array_get(value, i);
        json_int_t d = json_integer_value(dim);
        FAIL_IF(!json_is_integer(dim) || d <= 0 || d > INT32_MAX, ERR_FORMAT, "tensor '%.80s' has an impossible shape", t->name);
        dims[2 - n + i] = (uint32_t)d;
    }
    t->rows = dims[0];
    t->cols = dims[1];
    return OK;
}

/* data and bytes; the offsets must lie in the file and agree with dtype and shape. */
static status read_offsets(struct safetensor *t, const json_t *value, const uint8_t *data, size_t size)
{
    const json_t *begin = json_array_get(value, 0), *end = json_array_get(value, 1);
    FAIL_IF(json_array_size(value) != 2 || !json_is_integer(begin) || !json_is_integer(end), ERR_FORMAT,
            "tensor '%.80s' has no pair of data_offsets", t->name);
    json_int_t b = json_integer_value(begin), e = json_integer_value(end);
    FAIL_IF(b < 0 || e < b, ERR_FORMAT, "tensor '%.80s' has data_offsets [%lld, %lld]", t->name, (long long)b, (long long)e);
    FAIL_IF((uint64_t)e > size, ERR_FORMAT, "tensor '%.80s' ends at byte %lld of %zu bytes of data; the file is cut short", t->name, (long long)e, size);
    uint64_t row = dtype_row_bytes(t->dtype, t->cols);   /* rows and cols below 2^31: no overflow */
    t->data = data + b;
    t->bytes = (size_t)(e - b);
    FAIL_IF(t->bytes / row != t->rows || t->bytes % row != 0, ERR_FORMAT, "tensor '%.80s' has %zu bytes, but its shape is (%u, %u) of %s", t->name,
            t->bytes, t->rows, t->cols, safetensor_dtype_names[t->dtype]);
    FAIL_IF((uintptr_t)t->data % dtype_row_bytes(t->dtype, 1) != 0, ERR_FORMAT, "tensor '%.80s' is not aligned to its elements", t->name);
    return OK;
}

static status read_tensor(struct safetensor *t, const char *name, const json_t *value, const uint8_t *data, size_t size)
{
    *t = (struct safetensor){.name = name};
    FAIL_IF(!json_is_object(value), ERR_FORMAT, "tensor '%.80s' is no JSON object", name);
    TRY(read_dtype(t, json_object_get(value, "dtype")));
    TRY(read_shape(t, json_object_get(value, "shape")));
    return read_offsets(t, json_object_get(value, "data_offsets"), data, size);
}

/* ---- the whole file ---- */

static int by_data(const void *a, const void *b)
{
    const struct safetensor *x = a, *y = b;
    return x->data < y->data ? -1 : x->data > y->data;
}

static status check_tiling(const struct safetensors *s, const uint8_t *data, size_t size)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < s->n; i++) {
        const struct safetensor *t = &s->tensors[i];
        FAIL_IF(t->data < at, ERR_FORMAT, "tensors '%.80s' and '%.80s' overlap", t[-1].name, t->name);
        FAIL_IF(t->data > at, ERR_FORMAT, "%zu bytes before tensor '%.80s' belong to no tensor", (size_t)(t->data - at), t->name);
        at += t->bytes;
    }
    FAIL_IF(at != data + size, ERR_FORMAT, "%zu bytes at the end belong to no tensor", (size_t)(data + size - at));
    return OK;
}

static status read_tensors(struct safetensors *s, json_t *root, const uint8_t *data, size_t size)
{
    size_t n = json_object_size(root);
    FAIL_IF(n > SAFETENSORS_MAX_TENSORS, ERR_FORMAT, "the header lists %zu tensors, more than %d", n, SAFETENSORS_MAX_TENSORS);
    s->tensors = mem_zalloc(n, sizeof *s->tensors);
    if (!s->tensors) return fail_nomem("reading a model");
    const char *name;
    json_t *value;
    json_object_foreach(root, name, value) {
        if (strcmp(name, "__metadata__") == 0) continue;
        TRY(read_tensor(&s->tensors[s->n], name, value, data, size));
        s->n++;
    }
    qsort(s->tensors, s->n, sizeof *s->tensors, by_data);
    return check_tiling(s, data, size);
}

uint64_t safetensor_hash(const struct safetensor *t, uint64_t before)
{
    uint32_t shape[3] = {(uint32_t)t->dtype, t->rows, t->cols};
    uint64_t h = hash_bytes(t->name, strlen(t->name), before);
    h = hash_bytes(shape, sizeof shape, h);
    return hash_bytes(t->data, t->bytes, h);
}

static bool read_hash(const json_t *metadata, const char *key, uint64_t *hash)
{
    const char *text = json_string_value(json_object_get(metadata, key));
    if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16) return false;
    *hash = strtoull(text, NULL, 16);
    return true;
}

static status check_metadata(struct safetensors *s, const json_t *metadata)
{
    const char *format = json_string_value(json_object_get(metadata, "format"));
    uint64_t wanted, found = 0;
    s->ours = format && strcmp(format, "daogou") == 0;
    bool has_checksum = read_hash(metadata, "checksum", &wanted), has_config = read_hash(metadata, "config", &s->config_hash);
    FAIL_IF(s->ours && !(has_checksum && has_config), ERR_FORMAT, "its checksums are missing; restore the file from a copy");
    if (!has_checksum) return OK;
    for (size_t i = 0; i < s->n; i++) found = safetensor_hash(&s->tensors[i], found);
    FAIL_IF(found != wanted, ERR_FORMAT, "its checksum does not fit its data: the file was altered; restore it from a copy");
    s->checksum = wanted;
    return OK;
}

static status read_header(struct safetensors *s)
{
    const uint8_t *bytes = s->file.data;
    FAIL_IF(s->file.size < LENGTH_BYTES + 2, ERR_FORMAT, "%zu bytes are too few for a model; the file is cut short", s->file.size);
    uint64_t length = load_u64(bytes);
    FAIL_IF(length > SAFETENSORS_MAX_HEADER, ERR_FORMAT, "the header's length is %llu, more than %d; this is no safetensors file",
            (unsigned long long)length, SAFETENSORS_MAX_HEADER);
    FAIL_IF(length > s->file.size - LENGTH_BYTES, ERR_FORMAT, "the header's length is %llu, but %zu bytes follow; the file is cut short",
            (unsigned long long)length, s->file.size - LENGTH_BYTES);
    json_error_t error;
    json_t *root = json_loadb((const char *)bytes + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    FAIL_IF(!root, ERR_FORMAT, "the header is no JSON (byte %d: %s)", LENGTH_BYTES + error.position, error.text);
    s->json = root;
    FAIL_IF(!json_is_object(root), ERR_FORMAT, "the header is no JSON object");
    size_t begin = LENGTH_BYTES + (size_t)length;
    TRY(read_tensors(s, root, bytes + begin, s->file.size - begin));
    return check_metadata(s, json_object_get(root, "__metadata__"));
}

status safetensors_open(struct safetensors *s, const char *path)
{
    *s = (struct safetensors){0};
    TRY(mapped_file_open(&s->file, path));
    status result = read_header(s);
    if (result == OK) return OK;
    safetensors_close(s);
    return fail_context(result, "%s", path);
}

void safetensors_close(struct safetensors *s)
{
    json_decref(s->json);
    mem_free(s->tensors);
    mapped_file_close(&s->file);
    *s = (struct safetensors){0};
}

const struct safetensor *safetensors_find(const struct safetensors *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->tensors[i].name, name) == 0) return &s->tensors[i];
    return NULL;
}

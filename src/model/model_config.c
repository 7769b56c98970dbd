#include "model_int.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX_BYTES = 1 << 20 };

static const char *const position_names[] = {"learned", "rotary", NULL};
static const char *const norm_names[] = {"layer", "rms", NULL};
static const char *const ffn_names[] = {"gelu", "swiglu", NULL};

enum field_kind { FIELD_U32, FIELD_BOOL, FIELD_FLOAT, FIELD_NAME };
struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;
    double min, max;
    const char *const *names;   /* FIELD_NAME: by value of the enum */
    bool later;                 /* newer than the format: false where it is missing */
};
_Static_assert(sizeof(enum position_kind) == 4 && sizeof(enum norm_kind) == 4 && sizeof(enum ffn_kind) == 4, "read as uint32_t");

#define AT(field) offsetof(struct model_config, field)
static const struct field fields[] = {
    {"vocab_size", FIELD_U32, AT(vocab_size), 1, MODEL_MAX_VOCAB, NULL},
    {"max_positions", FIELD_U32, AT(max_positions), 1, MODEL_MAX_POSITIONS, NULL},
    {"d_model", FIELD_U32, AT(d_model), 1, MODEL_MAX_D, NULL},
    {"n_layers", FIELD_U32, AT(n_layers), 1, MODEL_MAX_LAYERS, NULL},
    {"n_heads", FIELD_U32, AT(n_heads), 1, MODEL_MAX_D, NULL},
    {"n_kv_heads", FIELD_U32, AT(n_kv_heads), 1, MODEL_MAX_D, NULL},
    {"head_size", FIELD_U32, AT(head_size), 1, MODEL_MAX_D, NULL},
    {"d_ff", FIELD_U32, AT(d_ff), 1, 8.0 * MODEL_MAX_D, NULL},
    {"positions", FIELD_NAME, AT(positions), 0, POSITIONS_ROTARY, position_names},
    {"norm", FIELD_NAME, AT(norm), 0, NORM_RMS, norm_names},
    {"ffn", FIELD_NAME, AT(ffn), 0, FFN_SWIGLU, ffn_names},
    {"linear_bias", FIELD_BOOL, AT(linear_bias), 0, 1, NULL},
    {"qkv_bias", FIELD_BOOL, AT(qkv_bias), 0, 1, NULL},
    {"qk_norm", FIELD_BOOL, AT(qk_norm), 0, 1, NULL},
    {"tied", FIELD_BOOL, AT(tied), 0, 1, NULL},
    {"heads", FIELD_BOOL, AT(heads), 0, 1, NULL},
    {"classes", FIELD_U32, AT(classes), 0, MODEL_MAX_CLASSES, NULL, true},
    {"overlap", FIELD_BOOL, AT(overlap), 0, 1, NULL, true},
    {"norm_epsilon", FIELD_FLOAT, AT(norm_epsilon), 1e-12, 1e-1, NULL},
    {"rope_theta", FIELD_FLOAT, AT(rope_theta), 1, 1e9, NULL},
    {"dropout", FIELD_FLOAT, AT(dropout), 0, 0.9, NULL},
};
#undef AT
enum { N_FIELDS = sizeof fields / sizeof *fields };

void model_config_default(struct model_config *c)
{
    *c = (struct model_config){
        .vocab_size = 16384, .max_positions = 512,
        .d_model = 256, .n_layers = 6, .n_heads = 4, .n_kv_heads = 4, .head_size = 64, .d_ff = 704,
        .positions = POSITIONS_ROTARY, .norm = NORM_RMS, .ffn = FFN_SWIGLU,
        .tied = true, .heads = true, .overlap = true,
        .norm_epsilon = 1e-5f, .rope_theta = 10000.0f, .dropout = 0.1f,
    };
}

static double field_value(const struct model_config *c, const struct field *f)
{
    const char *at = (const char *)c + f->offset;
    uint32_t u;
    float x;
    bool b;
    switch (f->kind) {
    case FIELD_BOOL: memcpy(&b, at, sizeof b); return b;
    case FIELD_FLOAT: memcpy(&x, at, sizeof x); return (double)x;
    default: memcpy(&u, at, sizeof u); return u;
    }
}

static void field_set(struct model_config *c, const struct field *f, double value)
{
    char *at = (char *)c + f->offset;
    uint32_t u = (uint32_t)value;
    float x = (float)value;
    bool b = value != 0;
    switch (f->kind) {
    case FIELD_BOOL: memcpy(at, &b, sizeof b); break;
    case FIELD_FLOAT: memcpy(at, &x, sizeof x); break;
    default: memcpy(at, &u, sizeof u); break;
    }
}

static status check_range(const struct field *f, double v)
{
    double slack = f->kind == FIELD_FLOAT ? 1e-6 * fabs(f->max) : 0;   /* a float just rounds past its own limit */
    if (v >= f->min * (1 - 1e-6) && v <= f->max + slack) return OK;   /* NaN fails too */
    return fail(ERR_FORMAT, "%s is %g; it must be from %g to %g", f->name, v, f->min, f->max);
}

status model_config_check(const struct model_config *c)
{
    for (size_t i = 0; i < N_FIELDS; i++)
        if (fields[i].kind != FIELD_BOOL) TRY(check_range(&fields[i], field_value(c, &fields[i])));
    FAIL_IF(c->n_heads % c->n_kv_heads != 0, ERR_FORMAT, "n_heads is %u, no multiple of n_kv_heads (%u); change one of them",
            c->n_heads, c->n_kv_heads);
    FAIL_IF(c->positions == POSITIONS_ROTARY && c->head_size % 2 != 0, ERR_FORMAT,
            "head_size is %u; rotary positions need an even one", c->head_size);
    FAIL_IF((uint64_t)c->n_heads * c->head_size > 2u * MODEL_MAX_D, ERR_FORMAT, "n_heads * head_size is %llu, more than %d",
            (unsigned long long)c->n_heads * c->head_size, 2 * MODEL_MAX_D);
    return OK;
}

/* ---- config.json ---- */

/* The fewest digits that read back as the same float. */
static void put_float(struct strbuf *b, float x)
{
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)x);
        if (strtof(text, NULL) == x) break;
    }
    for (char *p = text; *p; p++)
        if (*p == ',') *p = '.';   /* a locale's decimal comma is no JSON */
    strbuf_puts(b, text);
}

status model_config_text(const struct model_config *c, struct strbuf *out)
{
    strbuf_puts(out, "{\n  \"model_type\": \"daogou\"");
    for (size_t i = 0; i < N_FIELDS; i++) {
        const struct field *f = &fields[i];
        double v = field_value(c, f);
        if (f->later && v == 0) continue;   /* hashes and readers of older models know nothing of it */
        strbuf_printf(out, ",\n  \"%s\": ", f->name);
        if (f->kind == FIELD_BOOL) strbuf_puts(out, v != 0 ? "true" : "false");
        else if (f->kind == FIELD_NAME) strbuf_printf(out, "\"%s\"", f->names[(size_t)v]);
        else if (f->kind == FIELD_FLOAT) put_float(out, (float)v);
        else strbuf_printf(out, "%u", (unsigned)v);
    }
    strbuf_puts(out, "\n}\n");
    return strbuf_status(out);
}

status model_config_write(const struct model_config *c, const char *path)
{
    TRY(model_config_check(c));
    struct strbuf text = {0};
    status s = model_config_text(c, &text);
    if (s == OK) s = file_write_atomic(path, text.data, text.len);
    strbuf_release(&text);
    return s;
}

status model_config_hash(const struct model_config *c, uint64_t *hash)
{
    struct model_config shape = *c;
    shape.dropout = 0;
    struct strbuf text = {0};
    status s = model_config_text(&shape, &text);
    if (s == OK) *hash = hash_bytes(text.data, text.len, 0);
    strbuf_release(&text);
    return s;
}

static status read_name(struct model_config *c, const struct field *f, const char *text)
{
    for (size_t i = 0; f->names[i]; i++)
        if (strcmp(f->names[i], text) == 0) {
            field_set(c, f, (double)i);
            return OK;
        }
    return fail(ERR_FORMAT, "%s is '%.40s'; it must be '%s' or '%s'", f->name, text, f->names[0], f->names[1]);
}

static status read_field(struct model_config *c, const struct field *f, const json_t *value)
{
    static const char *const wanted[] = {"a whole number", "true or false", "a number", "a string"};
    bool fits = f->kind == FIELD_U32 ? json_is_integer(value)
              : f->kind == FIELD_BOOL ? json_is_boolean(value)
              : f->kind == FIELD_FLOAT ? json_is_number(value) : json_is_string(value);
    if (!value && f->later) return OK;
    FAIL_IF(!value, ERR_FORMAT, "%s is missing; it must be %s", f->name, wanted[f->kind]);
    FAIL_IF(!fits, ERR_FORMAT, "%s must be %s", f->name, wanted[f->kind]);
    if (f->kind == FIELD_NAME) return read_name(c, f, json_string_value(value));
    double v = f->kind == FIELD_BOOL ? (double)json_is_true(value) : json_number_value(value);
    if (f->kind != FIELD_BOOL) TRY(check_range(f, v));   /* before the cast to uint32_t */
    field_set(c, f, v);
    return OK;
}

static bool is_field(const char *key)
{
    for (size_t i = 0; i < N_FIELDS; i++)
        if (strcmp(key, fields[i].name) == 0) return true;
    return strcmp(key, "model_type") == 0;
}

static status read_object(struct model_config *c, json_t *root)
{
    const char *type = json_string_value(json_object_get(root, "model_type"));
    FAIL_IF(!type, ERR_FORMAT, "there is no \"model_type\"; this is no model of daogou");
    FAIL_IF(strcmp(type, "daogou") != 0, ERR_FORMAT, "model_type is '%.40s', not 'daogou'; convert it with 'daogou model import'", type);
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
        FAIL_IF(!is_field(key), ERR_FORMAT, "unknown key '%.60s'; remove it or correct its spelling", key);
    for (size_t i = 0; i < N_FIELDS; i++) TRY(read_field(c, &fields[i], json_object_get(root, fields[i].name)));
    return model_config_check(c);
}

status model_config_read(struct model_config *c, const char *path)
{
    char *text;
    size_t size;
    TRY(file_read(path, CONFIG_MAX_BYTES, &text, &size));
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    mem_free(text);
    FAIL_IF(!root, ERR_FORMAT, "%s:%d: %s; correct the file or save the model again", path, error.line, error.text);
    *c = (struct model_config){0};
    status s = json_is_object(root) ? read_object(c, root) : fail(ERR_FORMAT, "not a JSON object");
    json_decref(root);
    return s == OK ? OK : fail_context(s, "%s", path);
}

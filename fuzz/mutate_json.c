/* Edits of a JSON tree: what a byte mutator would need a million tries for. */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

uint64_t interesting_number(struct rng *r)
{
    static const uint64_t numbers[] = {0, 1, 2, 3, 7, 8, 31, 32, 33, 255, 256, 1 << 16, INT32_MAX, 1ull << 31, UINT32_MAX, 1ull << 32, 1ull << 53, INT64_MAX, 1ull << 63, UINT64_MAX - 1,
                                       UINT64_MAX};
    uint64_t x = numbers[rng_below(r, sizeof numbers / sizeof *numbers)];
    switch (rng_below(r, 4)) {
    case 0: return rng_below(r, 300);
    case 1: return x + rng_below(r, 3) - 1;
    default: return x;
    }
}

static json_t *child(json_t *node, size_t i, const char **key)
{
    *key = NULL;
    if (json_is_array(node)) return json_array_get(node, i);
    void *at = json_object_iter(node);
    while (i--) at = json_object_iter_next(node, at);
    *key = json_object_iter_key(at);
    return json_object_iter_value(at);
}

static size_t children(const json_t *node)
{
    return json_is_array(node) ? json_array_size(node) : json_object_size(node);
}

/* A node at any depth: shallow ones as likely as those of a list of thousands. */
static json_t *pick(json_t *root, struct rng *r)
{
    const char *key;
    while (children(root) && rng_below(r, 4)) root = child(root, (size_t)rng_below(r, children(root)), &key);
    return root;
}

static json_t *new_string(const char *s, struct rng *r)
{
    uint8_t text[128];
    size_t n = strlen(s) < 64 ? strlen(s) : 64;
    memcpy(text, s, n);
    if (rng_below(r, 2)) n = LLVMFuzzerMutate(text, n, sizeof text);
    json_t *value = json_stringn((const char *)text, n);   /* NULL: no UTF-8 */
    return value ? value : json_string("");
}

static json_t *new_value(json_t *root, json_t *old, struct rng *r)
{
    switch (rng_below(r, 10)) {
    case 0: return json_deep_copy(pick(root, r));
    case 1: return json_null();
    case 2: return json_boolean(rng_below(r, 2));
    case 3: return rng_below(r, 2) ? json_object() : json_array();
    case 4: return json_real(rng_below(r, 2) ? 1e308 : rng_normal(r));
    default: break;
    }
    if (json_is_string(old)) return new_string(json_string_value(old), r);
    if (json_is_integer(old) && rng_below(r, 2)) return json_integer((json_int_t)((uint64_t)json_integer_value(old) + rng_below(r, 5) - 2));
    if (json_is_real(old)) return json_real(json_real_value(old) * rng_normal(r));
    return json_integer((json_int_t)interesting_number(r));
}

static void edit_object(json_t *root, json_t *o, struct rng *r)
{
    const char *key;
    json_t *value = child(o, (size_t)rng_below(r, json_object_size(o)), &key);
    char *kept = strdup(key);
    switch (rng_below(r, 4)) {
    case 0: json_object_del(o, kept); break;
    case 1: {
        json_t *name = new_string(kept, r);
        json_object_set(o, json_string_value(name), value);
        if (rng_below(r, 2)) json_object_del(o, kept);
        json_decref(name);
        break;
    }
    default: json_object_set_new(o, kept, new_value(root, value, r)); break;
    }
    free(kept);
}

static void edit_array(json_t *root, json_t *a, struct rng *r)
{
    size_t n = json_array_size(a), i = (size_t)rng_below(r, n), k = (size_t)rng_below(r, n);
    json_t *value = json_array_get(a, i);
    switch (rng_below(r, 5)) {
    case 0: json_array_remove(a, i); break;
    case 1: json_array_insert_new(a, k, json_deep_copy(value)); break;
    case 2: {
        json_t *other = json_incref(json_array_get(a, k));
        json_array_set(a, k, value);
        json_array_set_new(a, i, other);
        break;
    }
    default: json_array_set_new(a, i, new_value(root, value, r)); break;
    }
}

static void edit(json_t *root, struct rng *r)
{
    const char *key;
    json_t *node = root;
    while (children(node)) {
        json_t *next = child(node, (size_t)rng_below(r, children(node)), &key);
        if (!children(next) || !rng_below(r, 3)) break;
        node = next;
    }
    if (!children(node)) return;
    if (json_is_object(node)) edit_object(root, node, r);
    else edit_array(root, node, r);
}

size_t mutate_json(uint8_t *data, size_t size, size_t max_size, struct rng *r)
{
    json_t *root = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    if (!root) return 0;
    for (uint64_t i = 0, n = 1 + rng_below(r, 3); i < n; i++) edit(root, r);
    char *text = json_dumps(root, JSON_COMPACT);
    size_t n = text ? strlen(text) : 0;
    if (n > max_size) n = 0;
    memcpy(data, text ? text : "", n);
    free(text);
    json_decref(root);
    return n;
}

#include "model.h"

#include <jansson.h>
#include <string.h>

enum { LABELS_MAX_BYTES = 1 << 20 };

static status read_name(struct labels *l, const json_t *v, const char *what, const char **out)
{
    FAIL_IF(!json_is_string(v) || !json_string_length(v), ERR_FORMAT, "%s must be a string that is not empty", what);
    *out = arena_strdup(&l->strings, json_string_value(v));
    return *out ? OK : fail_nomem("reading labels");
}

static status read_set(struct labels *l, const json_t *v)
{
    struct class_set *s = &l->sets[l->n_sets];
    const json_t *list = json_object_get(v, "labels");
    FAIL_IF(!json_is_array(list) || json_array_size(list) < 2, ERR_FORMAT, "\"labels\" of a set must be a list of two or more");
    *s = (struct class_set){.first = l->n, .n = (uint32_t)json_array_size(list)};
    FAIL_IF(s->n > MODEL_MAX_CLASSES - l->n, ERR_LIMIT, "there are more than %d labels", MODEL_MAX_CLASSES);
    TRY(read_name(l, json_object_get(v, "name"), "\"name\" of a set", &s->name));
    FAIL_IF(labels_set(l, s->name), ERR_FORMAT, "there are two sets \"%.60s\"", s->name);
    const char **names = arena_zalloc(&l->strings, s->n, sizeof *names);
    if (!names) return fail_nomem("reading labels");
    s->labels = names;
    for (uint32_t i = 0; i < s->n; i++) {
        TRY(read_name(l, json_array_get(list, i), "a label", &names[i]));
        for (uint32_t j = 0; j < i; j++)
            FAIL_IF(strcmp(names[i], names[j]) == 0, ERR_FORMAT, "set \"%.60s\" has the label \"%.60s\" twice", s->name, names[i]);
    }
    l->n += s->n;
    l->n_sets++;
    return OK;
}

static status read_sets(struct labels *l, const json_t *root)
{
    const json_t *sets = json_object_get(root, "sets"), *v;
    size_t i;
    FAIL_IF(!json_is_array(sets) || !json_array_size(sets) || json_array_size(sets) > LABELS_MAX_SETS, ERR_FORMAT,
            "\"sets\" must be a list of 1 to %d label sets", LABELS_MAX_SETS);
    json_array_foreach(sets, i, v) TRY(read_set(l, v));
    return OK;
}

status labels_read(struct labels *l, const char *path)
{
    char *text;
    size_t n;
    json_error_t e;
    *l = (struct labels){0};
    arena_init(&l->strings, 0);
    TRY(file_read(path, LABELS_MAX_BYTES, &text, &n));
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    mem_free(text);
    FAIL_IF(!root, ERR_FORMAT, "%s:%d: %s; correct the file", path, e.line, e.text);
    status s = read_sets(l, root);
    json_decref(root);
    return s == OK ? OK : fail_context(s, "%s", path);
}

void labels_release(struct labels *l)
{
    arena_release(&l->strings);
    *l = (struct labels){0};
}

const struct class_set *labels_set(const struct labels *l, const char *name)
{
    for (size_t i = 0; i < l->n_sets; i++)
        if (strcmp(l->sets[i].name, name) == 0) return &l->sets[i];
    return NULL;
}

int32_t labels_find(const struct class_set *s, const char *label)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (strcmp(s->labels[i], label) == 0) return (int32_t)(s->first + i);
    return -1;
}

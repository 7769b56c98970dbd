#include "intent_data.h"
#include "jsonl.h"

#include <string.h>

void intent_data_init(struct intent_data *d, const struct labels *labels)
{
    *d = (struct intent_data){.labels = labels};
    arena_init(&d->strings, 0);
}

void intent_data_release(struct intent_data *d)
{
    for (size_t i = 0; i < LABELS_MAX_SETS; i++) mem_free(d->sets[i].items);
    arena_release(&d->strings);
    *d = (struct intent_data){0};
}

static status one_line(void *context, const json_t *line)
{
    struct intent_data *d = context;
    const json_t *text = json_object_get(line, "text");
    const char *set = json_string_value(json_object_get(line, "set")), *label = json_string_value(json_object_get(line, "label"));
    FAIL_IF(!json_is_string(text) || !set || !label, ERR_FORMAT, "a labelled sentence has the strings \"text\", \"set\" and \"label\"");
    const struct class_set *known = labels_set(d->labels, set);
    FAIL_IF(!known, ERR_FORMAT, "there is no label set \"%.60s\"", set);
    int32_t number = labels_find(known, label);
    FAIL_IF(number < 0, ERR_FORMAT, "set \"%.40s\" has no label \"%.60s\"", set, label);
    struct intent_examples *e = &d->sets[known - d->labels->sets];
    TRY(mem_grow(&e->items, &e->cap, e->n + 1, sizeof *e->items));
    const char *copy = arena_strndup(&d->strings, json_string_value(text), json_string_length(text));
    if (!copy) return fail_nomem("reading sentences");
    e->items[e->n++] = (struct intent_example){copy, (uint32_t)json_string_length(text), number - (int32_t)known->first};
    return OK;
}

status intent_data_read(struct intent_data *d, const char *path)
{
    return jsonl_each(path, 0, one_line, d);
}

/* What kinds of things the shop has: a way in for whoever has said nothing yet. Counting reads the whole catalogue, so it is done once for each version. */
#include "server_int.h"

#include <string.h>

enum { CATEGORIES_MAX = 100, LANGUAGES = 2 };

struct categories { int64_t version; json_t *items[LANGUAGES]; };   /* read lane */

void categories_free(struct categories *k)
{
    for (size_t i = 0; k && i < LANGUAGES; i++) json_decref(k->items[i]);
    mem_free(k);
}

struct counting { json_t *items; enum language language; };

static const char *in_language(const struct category_count *k, enum language l)
{
    const char *other = l == LANGUAGE_EN ? k->category_en : k->category_zh;
    return other && *other ? other : k->category;
}

/* Two of the shop's categories may have one name in the other language. */
static json_t *item_of(const struct counting *g, const char *category)
{
    size_t i;
    json_t *item;
    json_array_foreach(g->items, i, item)
        if (strcmp(json_string_value(json_object_get(item, "category")), category) == 0) return item;
    return NULL;
}

static status count_one(void *context, const struct category_count *k)
{
    struct counting *g = context;
    const char *category = in_language(k, g->language), *name = category, *top = strstr(category, " > ");
    json_t *known = item_of(g, category);
    if (known) return json_integer_set(json_object_get(known, "products"), json_integer_value(json_object_get(known, "products")) + k->products) == 0 ? OK : fail_nomem("counting categories");
    for (const char *at = top; at; at = strstr(name, " > ")) name = at + 3;
    json_t *o = json_pack("{s:s, s:s, s:s#, s:I, s:I}", "category", category, "name", name, "department", category, (int)(top ? (size_t)(top - category) : strlen(category)), "products",
                          (json_int_t)k->products, "sample", (json_int_t)k->sample);
    return json_array_append_new(g->items, o) == 0 ? OK : fail_nomem("counting categories");
}

static status count(struct call *c, enum language l, json_t **out)
{
    struct catalogue *all = c->server->reader.catalogue;
    struct counting g = {json_array(), l};
    size_t i;
    json_t *item;
    status s = g.items ? catalogue_categories(all, CATEGORIES_MAX, count_one, &g) : fail_nomem("counting categories");
    json_array_foreach(g.items, i, item) {
        struct product p = {.id = ""};
        if (s == OK) s = catalogue_get_by_key(all, json_integer_value(json_object_get(item, "sample")), c->request.arena, &p);
        if (s == OK) json_object_set_new(item, "sample", json_string(p.id));
    }
    *out = s == OK ? g.items : NULL;
    if (s != OK) json_decref(g.items);
    return s;
}

static status counted(struct call *c, enum language l, json_t **out)
{
    struct categories **kept = &c->server->categories;
    int64_t version;
    TRY(catalogue_version(c->server->reader.catalogue, &version));
    if (*kept && (*kept)->version != version) {
        categories_free(*kept);
        *kept = NULL;
    }
    if (!*kept && !(*kept = mem_zalloc(1, sizeof **kept))) return fail_nomem("counting categories");
    (*kept)->version = version;
    if (!(*kept)->items[l == LANGUAGE_EN]) TRY(count(c, l, &(*kept)->items[l == LANGUAGE_EN]));
    *out = (*kept)->items[l == LANGUAGE_EN];
    return OK;
}

static status list(struct call *c)
{
    size_t limit, i;
    const char *after;
    json_t *all = NULL, *some, *item;
    TRY(call_page(c, &limit, &after));
    TRY(counted(c, call_language(c), &all));
    some = json_array();
    json_array_foreach(all, i, item)
        if (i < limit) json_array_append_new(some, json_deep_copy(item));   /* the answer is read on another thread: its items are its own */
    return call_json(c, 200, json_pack("{s:o}", "items", some));
}

const struct route routes_categories[] = {
    {"GET", "/v1/categories", SCOPE_SHOPPER, LANE_READ, list, 0, 0},
    {0},
};

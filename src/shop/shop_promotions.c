/* Promotions with names from the catalogue. */
#include "shop.h"

#include <string.h>

/* A product that has left the catalogue keeps its id as its name; a gift of it has no stock. */
static status find_product(struct shop *s, const char *id, struct arena *a, bool *found, struct product *p)
{
    status result = catalogue_get(s->catalogue, id, a, p);
    *found = result == OK;
    return result == ERR_NOT_FOUND ? OK : result;
}

static status name_gift(struct shop *s, struct arena *a, struct promotion *p)
{
    struct product x;
    bool found;
    TRY(find_product(s, p->gift, a, &found, &x));
    p->gift_stock = found ? x.stock == STOCK_UNKNOWN ? -1 : x.stock : 0;
    if (!found) return OK;
    p->gift_name_zh = product_text(&x, "title", LANGUAGE_ZH);
    p->gift_name_en = product_text(&x, "title", LANGUAGE_EN);
    if (x.price > 0) p->gift_value_minor = x.price;
    return OK;
}

static status name_items(struct shop *s, struct arena *a, struct promotion *p)
{
    struct promotion_item *items = arena_alloc(a, (p->n_items + 1) * sizeof *items);
    if (!items) return fail_nomem("reading promotions");
    memcpy(items, p->items, p->n_items * sizeof *items);
    for (size_t i = 0; i < p->n_items; i++) {
        struct product x;
        bool found;
        TRY(find_product(s, items[i].product, a, &found, &x));
        if (!found) continue;
        items[i].name_zh = product_text(&x, "title", LANGUAGE_ZH);
        items[i].name_en = product_text(&x, "title", LANGUAGE_EN);
    }
    p->items = items;
    return OK;
}

status shop_name_promotions(struct shop *s, struct arena *a, struct promotion_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].n_items) TRY(name_items(s, a, &list->items[i]));
        if (list->items[i].gift) TRY(name_gift(s, a, &list->items[i]));
    }
    return OK;
}

status shop_promotions(struct shop *s, struct arena *a, struct promotion_list *out)
{
    TRY(promotions_load(s->store, a, out));
    return shop_name_promotions(s, a, out);
}

/* ---- taking a file in: the names in it must be the catalogue's ---- */

struct known { struct strmap products, categories, brands; };

/* "A > B > C" is also "A > B" and "A". */
static status know_path(struct known *k, const char *path)
{
    if (!*path) return OK;
    for (const char *end = path; (end = strstr(end, " > ")); end += 3) TRY(strmap_put(&k->categories, path, (size_t)(end - path), 1));
    return strmap_put(&k->categories, path, strlen(path), 1);
}

static status know_product(void *context, const struct product *p)
{
    struct known *k = context;
    TRY(strmap_put(&k->products, p->id, strlen(p->id), 1));
    if (*p->brand) TRY(strmap_put(&k->brands, p->brand, strlen(p->brand), 1));
    TRY(know_path(k, p->category));
    TRY(know_path(k, p->category_en));
    return know_path(k, p->category_zh);
}

static bool known_product(void *context, const char *s) { return strmap_get(&((struct known *)context)->products, s, strlen(s), NULL); }
static bool known_category(void *context, const char *s) { return strmap_get(&((struct known *)context)->categories, s, strlen(s), NULL); }
static bool known_brand(void *context, const char *s) { return strmap_get(&((struct known *)context)->brands, s, strlen(s), NULL); }

status shop_promotions_import(struct shop *shop, const char *path, size_t *n)
{
    struct known k;
    const struct promotion_names_check check = {&k, known_product, known_category, known_brand};
    strmap_init(&k.products);
    strmap_init(&k.categories);
    strmap_init(&k.brands);
    status s = catalogue_each(shop->catalogue, know_product, &k);
    if (s == OK) s = promotions_import(shop->store, path, &check, n);
    strmap_release(&k.products);
    strmap_release(&k.categories);
    strmap_release(&k.brands);
    return s;
}

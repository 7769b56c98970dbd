/* The cart: what goes in, what comes out, what it costs. */
#include "turn_int.h"

#include <string.h>

enum { QUANTITY_MAX = 999 };

static struct cart_item *find_item(struct dialogue *d, const char *id)
{
    for (size_t i = 0; i < d->n_cart; i++)
        if (strcmp(d->cart[i].id, id) == 0) return &d->cart[i];
    return NULL;
}

static int64_t quantity_of(const struct utterance_part *part)
{
    return part->quantity < 1 ? 1 : part->quantity > QUANTITY_MAX ? QUANTITY_MAX : part->quantity;
}

/* ---- what it costs ---- */

static json_t *cart_lines(struct turn *t, int64_t *total, int64_t *pieces, char currency[4])
{
    json_t *lines = json_array();
    *total = *pieces = 0;
    for (size_t i = 0; i < t->d->n_cart; i++) {
        struct product p;
        const struct cart_item *item = &t->d->cart[i];
        if (turn_product(t, item->id, &p) != OK) continue;   /* gone from the shop since */
        int64_t amount = p.price > 0 ? p.price * item->quantity : 0;
        *total += amount;
        *pieces += item->quantity;
        memcpy(currency, p.currency, 4);
        json_array_append_new(lines, json_pack("{s:s, s:s, s:I, s:s, s:s}", "id", item->id, "title", title_of(t, &p), "quantity", (json_int_t)item->quantity, "price",
                                               money_text(t, p.price, p.currency), "amount", money_text(t, amount, p.currency)));
    }
    return lines;
}

static status show_cart(struct turn *t)
{
    int64_t total, pieces;
    char currency[4] = "";
    json_t *lines = cart_lines(t, &total, &pieces, currency);
    json_decref(t->r->cart);
    const char *sum = money_text(t, total, currency), *n = arena_printf(&t->r->arena, "%lld", (long long)pieces);
    t->r->cart = json_pack("{s:o, s:s}", "lines", lines, "total", sum);
    if (!t->r->cart || !n) return fail_nomem("adding up a cart");
    if (!t->d->n_cart) return say_phrase(t, PHRASE_CART_EMPTY, NULL, 0);
    const char *sentence = phrase(t, PHRASE_CART, HOLES({"n", n}, {"total", sum}));
    claim(t, sentence, sum, "", "cart");
    return say(t, sentence);
}

/* ---- in and out ---- */

static status add_one(struct turn *t, const char *id, int64_t quantity)
{
    struct product p;
    struct dialogue *d = t->d;
    TRY(turn_product(t, id, &p));
    struct cart_item *item = find_item(d, id);
    int64_t all = quantity + (item ? item->quantity : 0);
    if (p.stock != STOCK_UNKNOWN && all > p.stock) {
        const char *left = arena_printf(&t->r->arena, "%lld", (long long)p.stock);
        return say_phrase(t, p.stock ? PHRASE_SOLD_OUT_ADD : PHRASE_SOLD_OUT, HOLES({"title", title_of(t, &p)}, {"n", left ? left : ""}));
    }
    if (!item) {
        const char *limit = arena_printf(&t->r->arena, "%d", DIALOGUE_CART_MAX);
        if (d->n_cart == DIALOGUE_CART_MAX) return say_phrase(t, PHRASE_CART_FULL, HOLES({"n", limit ? limit : ""}));
        const char *copy = arena_strdup(&d->arena, id);
        if (!copy) return fail_nomem("filling a cart");
        item = &d->cart[d->n_cart++];
        item->id = copy;
    }
    item->quantity = all > QUANTITY_MAX ? QUANTITY_MAX : all;
    const char *n = arena_printf(&t->r->arena, "%lld", (long long)quantity);
    return say_phrase(t, PHRASE_ADDED, HOLES({"title", title_of(t, &p)}, {"n", n ? n : ""}));
}

static status remove_one(struct turn *t, const char *id)
{
    struct product p;
    struct dialogue *d = t->d;
    struct cart_item *item = find_item(d, id);
    if (!item) return say_phrase(t, PHRASE_NOT_IN_CART, NULL, 0);
    size_t at = (size_t)(item - d->cart);
    memmove(item, item + 1, (d->n_cart - at - 1) * sizeof *item);
    d->n_cart--;
    return say_phrase(t, PHRASE_REMOVED, HOLES({"title", turn_product(t, id, &p) == OK ? title_of(t, &p) : id}));
}

static status add_to_cart(struct turn *t, const struct utterance_part *part)
{
    const char *only = t->d->focus;
    size_t n = part->n_references;
    if (!n && !only) return say_phrase(t, PHRASE_WHICH, NULL, 0);
    if (part->intention == WANTS_TO_BUY) TRY(say_phrase(t, PHRASE_CHOSEN, NULL, 0));
    for (size_t i = 0; i < (n ? n : 1); i++) {
        const char *id = n ? part->references[i] : only;
        status s = add_one(t, id, quantity_of(part));
        if (s == ERR_NOT_FOUND) s = say_phrase(t, PHRASE_REFERENCE_FAILED, NULL, 0);
        TRY(s);
        t->d->focus = arena_strdup(&t->d->arena, id);
    }
    return OK;
}

static status remove_from_cart(struct turn *t, const struct utterance_part *part)
{
    const char *ids[DIALOGUE_CART_MAX];
    size_t n = 0;
    for (size_t i = 0; i < part->n_references && n < DIALOGUE_CART_MAX; i++) ids[n++] = part->references[i];
    for (size_t i = 0; !part->n_references && i < t->d->n_cart; i++) ids[n++] = t->d->cart[i].id;
    for (size_t i = 0; i < n; i++) TRY(remove_one(t, ids[i]));
    return OK;
}

status turn_cart(struct turn *t, const struct utterance_part *part)
{
    act(t, ACT_CART);
    if (part->reference_failed) return say_phrase(t, PHRASE_REFERENCE_FAILED, NULL, 0);
    if (part->intention == WANTS_TO_ADD || part->intention == WANTS_TO_BUY) TRY(add_to_cart(t, part));
    if (part->intention == WANTS_TO_REMOVE) TRY(remove_from_cart(t, part));
    return show_cart(t);
}

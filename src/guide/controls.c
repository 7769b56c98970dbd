/* What a page does without words: set the cart, compare. */
#include "turn_int.h"

#include <string.h>

enum { SET_QUANTITY_MAX = 999 };

static void scene(struct turn *t, struct guide *g, struct dialogue *d, struct reply *r)
{
    *r = (struct reply){.question.field = "", .text = ""};
    arena_init(&r->arena, 0);
    *t = (struct turn){.g = g, .d = d, .r = r};
}

static size_t find(const struct dialogue *d, const char *id)
{
    size_t i = 0;
    while (i < d->n_cart && strcmp(d->cart[i].id, id) != 0) i++;
    return i;
}

static status set(struct turn *t, const char *id, int64_t quantity)
{
    struct dialogue *d = t->d;
    struct product p;
    size_t at = find(d, id);
    if (quantity == 0) {
        FAIL_IF(at == d->n_cart, ERR_NOT_FOUND, "product '%.100s' is not in the cart", id);
        memmove(&d->cart[at], &d->cart[at + 1], (--d->n_cart - at) * sizeof *d->cart);
        return OK;
    }
    TRY(turn_product(t, id, &p));
    FAIL_IF(quantity < 0 || quantity > SET_QUANTITY_MAX, ERR_LIMIT, "a quantity is 0 to %d", SET_QUANTITY_MAX);
    FAIL_IF(p.price < 0, ERR_LIMIT, "product '%.100s' has no price and cannot be in a cart", id);
    FAIL_IF(p.stock != STOCK_UNKNOWN && quantity > p.stock, ERR_LIMIT, "of product '%.100s' there are %lld", id, (long long)p.stock);
    FAIL_IF(at == DIALOGUE_CART_MAX, ERR_LIMIT, "a cart holds %d different products", DIALOGUE_CART_MAX);
    if (at == d->n_cart) {
        const char *copy = arena_strdup(&d->arena, id);
        if (!copy) return fail_nomem("filling a cart");
        d->cart[d->n_cart++] = (struct cart_item){copy, 0};
    }
    d->cart[at].quantity = quantity;
    return OK;
}

status guide_set_cart(struct guide *g, struct dialogue *d, const char *product, int64_t quantity, json_t **cart)
{
    struct turn t;
    struct reply r;
    scene(&t, g, d, &r);
    status s = set(&t, product, quantity);
    if (s == OK) s = cart_table(&t, cart);
    reply_release(&r);
    return s;
}

status guide_cart(struct guide *g, struct dialogue *d, json_t **cart)
{
    struct turn t;
    struct reply r;
    scene(&t, g, d, &r);
    status s = cart_table(&t, cart);
    reply_release(&r);
    return s;
}

status guide_compare(struct guide *g, const char *const *ids, size_t n, enum language l, json_t **table)
{
    struct turn t;
    struct reply r;
    struct dialogue d;
    dialogue_init(&d, "");
    d.language = l;
    scene(&t, g, &d, &r);
    status s = comparison_of(&t, ids, n, table);
    reply_release(&r);
    dialogue_release(&d);
    return s;
}

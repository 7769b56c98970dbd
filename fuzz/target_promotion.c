/* A shop's file of promotions: taken, stored and read back, and a cart priced with them; or refused with a sentence. */
#include "fuzz.h"
#include "promotion/promotion_file_int.h"

#include <string.h>

enum { LINES = 4, NODES = 500 };
static const char *const clothes[] = {"A > B", "C"};
static const struct cart_line lines[LINES] = {
    {.product = "P1", .brand = "X", .categories = clothes, .n_categories = 2, .quantity = 3, .unit_minor = 9900},
    {.product = "P2", .brand = "Y", .categories = clothes, .n_categories = 1, .quantity = 1, .unit_minor = 1},
    {.product = "P3", .brand = "", .quantity = CART_QUANTITY_MAX, .unit_minor = 12345},
    {.product = "P4", .brand = "X", .categories = clothes + 1, .n_categories = 1, .quantity = 2, .unit_minor = 0},
};

/* Each reduction is one of these lines, and what is paid is what is left. */
static void promise_sums(const struct cart_result *r)
{
    int64_t pay = 0, off = 0;
    for (size_t i = 0; i < LINES; i++) {
        const struct cart_line_result *l = &r->lines[i];
        PROMISE(l->before_minor == lines[i].quantity * lines[i].unit_minor && l->pay_minor >= 0 && l->pay_minor <= l->before_minor);
        PROMISE(l->pay_minor == l->before_minor - l->line_off_minor - l->order_off_minor - l->coupon_off_minor);
        pay += l->pay_minor;
    }
    for (size_t i = 0; i < r->n_uses; i++) {
        PROMISE(r->uses[i].off_minor >= 0 && r->uses[i].text_zh && r->uses[i].text_en);
        off += r->uses[i].off_minor;
    }
    PROMISE(r->total_minor == pay && r->before_minor - r->total_minor == off);
}

static void price(const struct promotion_list *list, const struct promotion *first, struct arena *a)
{
    const char *codes[] = {first->code, "NONE"};
    const struct cart cart = {.lines = lines, .n_lines = LINES, .currency = first->currency, .member = "gold", .new_customer = true, .codes = codes + (*first->code == 0),
                              .n_codes = *first->code ? 2 : 1, .now = first->starts ? first->starts : 1800000000};
    struct cart_result r;
    struct strbuf text = {0};
    status s = promotion_best(&cart, list->items, list->n, NODES, a, &r);
    if (s != OK) {
        promise_sentence(s);
        PROMISE(s == ERR_LIMIT);
        return;
    }
    promise_sums(&r);
    for (int l = 0; l < 2; l++) {
        strbuf_clear(&text);
        cart_explain(&cart, &r, l ? LANGUAGE_ZH : LANGUAGE_EN, &text);
        PROMISE(text.len > 0 && utf8_valid(strbuf_str(&text), text.len, NULL));
    }
    strbuf_release(&text);
}

/* What goes to the database stands by itself, and says the same. */
static void bodies_again(const struct promotion_list *list, const char *const *bodies, struct arena *a)
{
    for (size_t i = 0; i < list->n; i++) {
        struct promotion p, *q = &list->items[i];
        PROMISE(promotion_parse_body(bodies[i], strlen(bodies[i]), "database", i, a, &p) == OK);
        PROMISE(strcmp(p.id, q->id) == 0 && p.kind == q->kind && strcmp(p.currency, q->currency) == 0 && strcmp(p.group, q->group) == 0);
        PROMISE(p.starts == q->starts && p.ends == q->ends && p.n_tiers == q->n_tiers && p.n_items == q->n_items && p.rate == q->rate);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct promotion_list list;
    const char *const *bodies;
    const char *path = scratch_path("promotions.json");
    arena_init(&a, 0);
    scratch_write(path, data, size);
    status s = promotions_read_bodies(path, NULL, &a, &list, &bodies);
    if (s != OK) promise_sentence(s);
    else {
        bodies_again(&list, bodies, &a);
        for (size_t i = 0; i < list.n && i < 3; i++) price(&list, &list.items[i], &a);
    }
    arena_release(&a);
    return 0;
}

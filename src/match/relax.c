/* Nothing fits: which single constraint, given up, gives what. */
#include "match_int.h"

#include <math.h>
#include <string.h>

enum { RELAX_READS = 8 /* candidates that the match head reads for each */, RELAX_TRIES = 8 /* constraints; who says more of them has the first ones told */ };

static int64_t distance(const struct constraint *c, int64_t price)
{
    if (price < c->low) return c->low - price;
    return price > c->high ? price - c->high : 0;
}

/* Among the candidates that fit well, the one nearest to the bound that was given up (for a price), else the first. */
static const struct candidate *nearest(const struct matcher *m, const struct need *need, const struct constraint *c, const struct candidate *list, size_t n, uint32_t *count)
{
    const struct candidate *best = NULL;
    int64_t best_distance = INT64_MAX;
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!candidate_passes(m, need, &list[i])) continue;
        ++*count;
        int64_t price = index_number(m->index, COLUMN_PRICE, list[i].doc);
        int64_t d = c->kind == CONSTRAINT_PRICE ? (price == INT64_MIN ? INT64_MAX : distance(c, price)) : (int64_t)i;
        if (!best || d < best_distance) best = &list[i], best_distance = d;
    }
    return best;
}

/* All that fits without the constraint: how many, and for a price the one nearest to the bound. */
static status count_fitting(struct matcher *m, const struct need *n, const struct filter_storage *filter, const struct constraint *c, struct arena *a, uint32_t *count, uint32_t *nearest_doc)
{
    struct fitting *list;
    size_t fit;
    int64_t best = INT64_MAX;
    TRY(fitting_find(m, n, filter, NULL, a, &list, &fit));
    if (fit) *count = (uint32_t)fit;   /* else what comes close in meaning alone */
    for (size_t i = 0; c->kind == CONSTRAINT_PRICE && i < fit; i++) {
        int64_t price = index_number(m->index, COLUMN_PRICE, list[i].doc);
        if (price == INT64_MIN || distance(c, price) >= best) continue;
        best = distance(c, price);
        *nearest_doc = list[i].doc;
    }
    return OK;
}

static const char *sentence(struct matches *out, const struct constraint *c, const struct product *p, uint32_t count)
{
    bool zh = out->need.language == LANGUAGE_ZH;
    struct strbuf price = {0};
    if (p->price >= 0) {
        text_format_price(p->price, &price);
        if (*p->currency) strbuf_printf(&price, " %s", p->currency);
    }
    const char *title = product_text(p, "title", out->need.language), *money = strbuf_str(&price);
    char *text;
    if (c->kind == CONSTRAINT_PRICE)
        text = zh ? arena_printf(&out->arena, "“%s”的没有；放开价格有 %u 件，价格最接近的是 %s：%s。", c->said, count, money, title)
                  : arena_printf(&out->arena, "nothing \"%s\"; without that bound %u fit, the nearest in price at %s: %s.", c->said, count, money, title);
    else if (c->negated)
        text = zh ? arena_printf(&out->arena, "如果不排除“%s”，有 %u 件合适，比如 %s（%s）。", c->said, count, title, money)
                  : arena_printf(&out->arena, "if \"%s\" is not ruled out, %u fit, such as %s (%s).", c->said, count, title, money);
    else
        text = zh ? arena_printf(&out->arena, "如果不限“%s”，有 %u 件合适，比如 %s（%s）。", c->said, count, title, money)
                  : arena_printf(&out->arena, "without \"%s\", %u fit, such as %s (%s).", c->said, count, title, money);
    strbuf_release(&price);
    return text ? text : "";
}

/* One constraint left out; WORDS constraints are dropped by matching with a copy of the need that lacks it. */
static status try_without(struct matcher *m, struct matches *out, size_t i, bool in_stock, struct candidate *c)
{
    struct filter_storage filter;
    struct need copy = out->need;
    size_t count;
    uint32_t fit;
    const struct constraint *dropped = &out->need.constraints[i];
    if (dropped->kind == CONSTRAINT_WORDS || dropped->kind == CONSTRAINT_QUANTITY) copy.constraints[i].kind = CONSTRAINT_FACET, copy.constraints[i].hard = false, copy.constraints[i].n_labels = 0;
    need_filter(&copy, i, in_stock, &filter);
    TRY(retrieve(m, &copy, &filter, c, &count));
    TRY(rerank(m, &copy, c, count, RELAX_READS));
    const struct candidate *best = nearest(m, &copy, dropped, c, count, &fit);
    if (!best) return OK;
    struct product p;
    uint32_t doc = best->doc;
    TRY(count_fitting(m, &copy, &filter, dropped, &out->arena, &fit, &doc));
    TRY(catalogue_get_by_key(m->options.catalogue, index_key(m->index, doc), &out->arena, &p));
    out->relaxations[out->n_relaxations++] = (struct relaxation){.constraint = i, .count = fit, .best_id = p.id, .best_price = p.price,
                                                                 .sentence = sentence(out, dropped, &p, fit)};
    return OK;
}

status relax(struct matcher *m, struct matches *out, bool in_stock)
{
    const struct need *n = &out->need;
    bool zh = n->language == LANGUAGE_ZH;
    struct candidate *c = mem_zalloc(CANDIDATES_MAX, sizeof *c);
    out->relaxations = arena_zalloc(&out->arena, NEED_CONSTRAINTS_MAX + 1, sizeof *out->relaxations);
    status s = c && out->relaxations ? OK : fail_nomem("looking for a relaxation");
    size_t hard = 0;
    for (size_t i = 0; s == OK && i < n->n_constraints; i++) {
        if (!n->constraints[i].hard || hard == RELAX_TRIES) continue;
        hard++;
        s = try_without(m, out, i, in_stock, c);
    }
    mem_free(c);
    TRY(s);
    if (out->n_relaxations) out->nothing = zh ? "店里没有同时满足这些条件的商品。" : "Nothing in the shop meets all of these conditions.";
    else if (hard) out->nothing = zh ? "店里没有合适的商品，放开其中任何一个条件也没有。" : "Nothing in the shop fits, not even with one of the conditions given up.";
    else out->nothing = zh ? "店里没有合适的商品。" : "Nothing in the shop fits this need.";
    return OK;
}

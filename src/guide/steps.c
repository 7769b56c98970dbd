/* Wishes that start from what was shown or wished: "cheaper", "再轻一点", "a size up", "预算再加一百". */
#include "change_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far a bound gives way when the shopper names no figure ("贵一点也行", "a bit lighter is fine"). */
static const double RELAX_SHARE = 0.25, NARROW_SHARE = 0.20;

static const char *const wanted_dearer[] = {"(更|再|稍微|有没有|要|来个|想要)(贵|高档|高端|好|高级)(一)?(点|些)?", "(贵|高档|高端|高级)(一)?(点|些)(的)", "^(要|来|想要|有没有|换)?(个|款)?好(一)?(点|些)(的)", "太便宜", "more expensive (ones|one|options)?", "pricier", "(more|something) (premium|upscale|luxurious|high-end|high end)", "(nicer|fancier|better quality|higher end|higher-end|more upmarket|posher)", "too cheap", NULL};
static const char *const all_bad_price[] = {"(都|全)(太|有点|好|挺)?贵", "all (too |so |rather |quite )?(expensive|pricey)", "太贵", "too (expensive|pricey|much|dear|costly)", NULL};

/* ---- what the products shown are like ---- */

/* The products that a relative wish starts from: those pointed at, else the one talked about, else the last group. */
void change_anchors(struct reading *r, struct span text, struct set *out)
{
    size_t first, n = last_group(r->d, &first);
    (void)text;
    *out = r->named;
    if (out->n) return;
    for (size_t i = r->shown->n; r->d->focus && i-- > first;)
        if (strcmp(r->shown->items[i].id, r->d->focus) == 0) {
            set_add(r->shown, out, i);
            return;
        }
    for (size_t i = first; i < first + n; i++) set_add(r->shown, out, i);
}

static void sort_values(double *v, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && v[j - 1] > v[j]; j--) {
            double x = v[j];
            v[j] = v[j - 1];
            v[j - 1] = x;
        }
}

/* Values of a dimension among the anchors, ascending. */
static size_t anchor_values(struct reading *r, const struct set *s, const char *dimension, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct loaded *l = pool_load(r, r->shown, s->items[i]);
        if (!l) continue;
        if (strcmp(dimension, "price") == 0) {
            if (l->product.price != PRODUCT_PRICE_NONE) out[n++] = (double)l->product.price;
        } else if (product_quantity(r, &l->product, dimension, NULL, &out[n])) {
            n++;
        }
    }
    sort_values(out, n);
    return n;
}

/* ---- relative wishes ---- */

static void narrow_price(struct reading *r, struct span text, const struct topic *t, bool most, const char *said, struct utterance_part *out)
{
    double values[POOL_MAX];
    struct set s;
    change_anchors(r, text, &s);
    size_t n = anchor_values(r, &s, "price", values);
    const struct wish *old = topic_wish(t, "price", false);
    struct wish w = wish_blank(r, "price", said);
    if (old) w.low = old->low, w.high = old->high;
    if (n) {
        bool least = !most && phrase_any(all_bad_price, text, NULL);   /* "都太贵了": even the cheapest is */
        int64_t anchor = (int64_t)(least ? values[0] : values[n / 2]);
        if (most) w.low = anchor + 1;
        else if (anchor - 1 < w.high) w.high = anchor - 1;
        if (most && w.high <= w.low) w.high = INT64_MAX;
        if (!most && w.low >= w.high) w.low = INT64_MIN + 1;
        w.provenance = INFERRED;
    } else if (old && !most && old->high != INT64_MAX) {
        w.high = old->high - (int64_t)((double)old->high * NARROW_SHARE);
        if (w.low >= w.high) w.low = INT64_MIN + 1;
        w.provenance = INFERRED;
    } else if (old && most && old->high != INT64_MAX) {
        w.high = old->high + (int64_t)((double)old->high * RELAX_SHARE);
        w.provenance = INFERRED;
    } else {
        out->order = most ? ORDER_DEAREST : ORDER_CHEAPEST;
        return;
    }
    change_add(out, CHANGE_REPLACE, w);
}

static void narrow_quantity(struct reading *r, struct span text, const struct topic *t, const char *dimension, bool most, const char *said, struct utterance_part *out)
{
    static const char *const bases[][2] = {{"mass", "g"}, {"volume", "ml"}, {"length", "mm"}, {"power", "w"}, {"time", "min"}, {"sound", "db"}, {"light", "lm"}, {"charge", "mah"}};
    static const char *const sizes[] = {"volume", "length"};
    double values[POOL_MAX];
    struct set s;
    size_t n = 0;
    change_anchors(r, text, &s);
    if (strcmp(dimension, "size") == 0)
        for (size_t i = 0; i < 2 && !n; i++) n = anchor_values(r, &s, dimension = sizes[i], values);
    else n = anchor_values(r, &s, dimension, values);
    const char *unit = NULL, *field = arena_printf(r->a, "quantity:%s", dimension);
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
        if (strcmp(bases[i][0], dimension) == 0) unit = bases[i][1];
    if (!field) r->nomem = true;
    if (!field || !unit) return;
    const struct wish *old = topic_wish(t, field, false);
    struct wish w = wish_blank(r, field, said);
    w.unit = unit;
    w.provenance = INFERRED;
    if (old) w.least = old->least, w.most = old->most;
    if (n) {
        double anchor = values[n / 2];
        if (most) w.least = anchor * 1.002;   /* within() of match leaves a thousandth */
        else w.most = anchor * 0.998;
    } else if (old && most && isfinite(old->least)) {
        w.least = old->least * (1 + RELAX_SHARE);
    } else if (old && !most && isfinite(old->most)) {
        w.most = old->most * (1 - RELAX_SHARE);
    } else {
        return;
    }
    if (w.least >= w.most) *(most ? &w.most : &w.least) = most ? INFINITY : -INFINITY;
    change_add(out, CHANGE_REPLACE, w);
}

/* "再轻一点", "a bigger one", "something quieter", "lighter than the first one". The bytes it used, or none. */
static bool relative_at(struct reading *r, struct span text, const char *at, struct span *used, const char **dimension, bool *most)
{
    size_t which, n = superlative_at(text.begin, at, text.end, &which);
    (void)r;
    if (!n) return false;
    const char *end = at + n;
    *dimension = superlative_dimension(which, most);
    if (!*dimension) return false;
    bool latin = latin_byte(*at);
    bool comparative = latin && (memmem(at, n, "er", 2) || memmem(at, n, "more", 4) || (memmem(at, n, "less", 4))) && !memmem(at, n, "est", 3);
    size_t little = phrase_at("(一)?(点|些)(儿)?(的)?", text.begin, end, text.end);
    bool more = (at - text.begin >= 3 && (memcmp(at - 3, "更", 3) == 0 || memcmp(at - 3, "再", 3) == 0)), too = at - text.begin >= 3 && memcmp(at - 3, "太", 3) == 0;
    const char *compared = memmem(text.begin, (size_t)(at - text.begin), "比", 3);
    bool than = compared && (size_t)(at - compared) < 40 && memmem(compared, 6, "比较", 6) != compared;
    if (latin ? !comparative : !(little || more || too || than)) return false;
    if (too) *most = !*most;
    const char *begin = at;
    size_t back = sizeof "稍微" - 1;
    if ((size_t)(at - text.begin) >= back && memcmp(at - back, "稍微", back) == 0) begin = at - back;
    else if (more || too) begin = at - 3;
    *used = (struct span){begin, end + little};
    return true;
}

void read_relative(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out)
{
    for (const char *at = text.begin; at < text.end; utf8_next(&at, text.end)) {
        struct span used;
        const char *dimension;
        bool most;
        if (rest[at - text.begin] == ' ' || !relative_at(r, text, at, &used, &dimension, &most)) continue;
        const char *said = span_copy(r->a, used);
        if (!said) r->nomem = true;
        if (!said) return;
        size_t before = out->n_changes;
        enum product_order order = out->order;
        if (strcmp(dimension, "price") == 0 && most && gives_way_on_price(clause_around(text, said), NULL)) continue;   /* allowed, not wanted */
        if (strcmp(dimension, "price") == 0) narrow_price(r, clause_around(text, said), t, most, said, out);
        else narrow_quantity(r, clause_around(text, said), t, dimension, most, said, out);
        if (out->n_changes > before || out->order != order) memset(rest + (used.begin - text.begin), ' ', (size_t)(used.end - used.begin));
        at = used.end > at ? used.end - 1 : at;
        if (at >= text.end) break;
        while (at > text.begin && ((unsigned char)*at & 0xC0) == 0x80) at--;
    }
}

/* ---- price: wider, narrower, no matter ---- */

void read_price_cues(struct reading *r, struct span text, const struct topic *t, char *rest, bool have_price, struct utterance_part *out)
{
    const struct wish *old = topic_wish(t, "price", false);
    struct span found;
    if (gives_way_on_price(text, &found)) {
        if (!have_price && old && old->high != INT64_MAX) {
            struct wish w = *old;
            w.high += (int64_t)((double)w.high * RELAX_SHARE);
            w.said = span_copy(r->a, found);
            w.turn = r->d->turn;
            if (!w.said) w.said = "", r->nomem = true;
            change_add(out, CHANGE_RELAX, w);
        }
        memset(rest + (found.begin - text.begin), ' ', (size_t)(found.end - found.begin));
    } else if (!have_price && (cue_find(CUE_CHEAPER, text, &found) || phrase_any(wanted_dearer, text, &found))) {
        bool dearer = !cue_is(CUE_CHEAPER, text);
        for (size_t i = 0; i < out->n_changes; i++)
            if (is_price_wish(&out->changes[i].wish)) return;   /* read as a comparative already */
        const char *said = span_copy(r->a, found);
        if (!said) r->nomem = true;
        else narrow_price(r, text, t, dearer, said, out);
        memset(rest + (found.begin - text.begin), ' ', (size_t)(found.end - found.begin));
    }
}

/* "预算再加一百", "another 100 would be ok": so much more than the bound that is wished. */
bool read_price_step(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out)
{
    static const char *const steps[] = {"(再|多|还可以|可以|能)(多|加|高|添|超)(个|花|出)?#(块|元)?", "(another|extra) #", "# (more|extra)", "(add|go) (another )?# (to the budget|to my budget|more|over)", NULL};
    const struct wish *old = topic_wish(t, "price", false);
    struct span found;
    struct number x[2];
    if (!old || old->high == INT64_MAX || !phrase_any(steps, text, &found)) return false;
    if (text_numbers(found.begin, (size_t)(found.end - found.begin), x, 2) < 1 || x[0].value < 1 || x[0].value > 1e7) return false;
    struct wish w = *old;
    w.high += (int64_t)(x[0].value * 100 + 0.5);
    w.turn = r->d->turn;
    w.said = span_copy(r->a, found);
    if (!w.said) w.said = "", r->nomem = true;
    for (size_t i = 0; i < out->n_changes; i++)
        if (is_price_wish(&out->changes[i].wish)) out->n_changes = i;
    change_add(out, CHANGE_RELAX, w);
    memset(rest, ' ', (size_t)(text.end - text.begin));
    return true;
}

/* "大一码", "one size up": the next of the sizes that is wished. */
void read_size_step(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out)
{
    static const char *const letters[] = {"xs", "s", "m", "l", "xl", "xxl", "xxxl"};
    const struct wish *old = topic_wish(t, "size", false);
    struct span found;
    bool up = phrase_any((const char *const[]){"大(一)?(个)?(码|号)", "(one|a) size (up|bigger|larger)", "next size up", NULL}, text, &found);
    if (!old || old->n_values != 1 || (!up && !phrase_any((const char *const[]){"小(一)?(个)?(码|号)", "(one|a) size (down|smaller)", "next size down", NULL}, text, &found))) return;
    struct wish w = *old;
    const char *next = NULL;
    int number = atoi(old->values[0]);
    if (number > 0 && strspn(old->values[0], "0123456789") == strlen(old->values[0])) next = arena_printf(r->a, "%d", up ? number + 1 : number - 1);
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (strcmp(letters[i], old->values[0]) == 0 && (up ? i + 1 < sizeof letters / sizeof letters[0] : i > 0)) next = letters[up ? i + 1 : i - 1];
    w.said = span_copy(r->a, found);
    if (!w.said) r->nomem = true;
    if (!next || !w.said) return;
    w.values[0] = next;
    w.turn = r->d->turn;
    w.provenance = INFERRED;
    change_add(out, CHANGE_REPLACE, w);
    memset(rest + (found.begin - text.begin), ' ', (size_t)(found.end - found.begin));
}

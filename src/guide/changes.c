/* What a clause changes of a topic's wishes: constraints with the way they are meant (beside, instead, no more, wider), relative wishes
 * ("cheaper", "再轻一点") and what is denied of the product talked about ("不是这个颜色"). */
#include "read_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far a bound gives way when the shopper names no figure ("贵一点也行", "a bit lighter is fine"). */
static const double RELAX_SHARE = 0.25, NARROW_SHARE = 0.20;

/* ---- tables ---- */

struct field { const char *field, *words; };
static const struct field fields[] = {
    {"colour", "颜色|色|花色|配色|色号|color|colour|colors|colours"}, {"brand", "牌子|品牌|牌|brand|brands|make|label"}, {"price", "价格|价钱|价位|预算|多少钱|钱|价|price|budget|cost|money|prices"},
    {"material", "材质|材料|面料|料子|质地|material|materials|fabric"}, {"size", "尺码|尺寸|大小|码数|鞋码|号码|size|sizes"}, {"audience", "性别|男女|谁用|人群|gender|audience"},
    {"category", "类别|种类|品类|category|kind"},
};
static const char *const indifferent[] = {
    "(都)?(无所谓|不限|不限制|没限制|随便|随意|任意)", "都(可以|行|好|成|ok|能接受|没问题|没关系)", "不(重要|在乎|介意|挑|讲究|考虑|用管|管|用考虑|要求|是问题|做要求|作要求|限定|拘)", "没(有)?(要求|所谓|关系|讲究|偏好|限制|什么要求|特别要求)", "(取消|去掉|删掉|不要|拿掉|撤掉)*(限制|要求|条件)", "别(管|看|限)", "什么*都(行|可以|好|成)", "哪(个|种|家)*都(行|可以|好|成)", "不差钱",
    "no (budget|price|spending|colour|color|brand|size|material)( limit| limits| restriction| restrictions| preference| requirement| requirements)?", "any", "(doesn't|does not|don't|doesnt|dont|do not|didn't) (really )?(matter|care|mind)", "(not|isn't|is not) (important|an issue|a problem|a concern)", "no (preference|matter|object|limit|issue|problem|restriction)", "whatever", "whichever", "(forget|ignore|drop|remove|lose|never mind|nevermind|disregard|skip) (about )?(the|that|my)?", "unlimited", "open to any", "flexible (on|about|with)", "not (fussy|picky|bothered)", "irrelevant", NULL};
static const char *const unneeded[] = {   /* a wish is taken back */
    "(不用|不必|不需要|用不着|不一定(要|非要|非得|得)?|不非得|没必要|无需|不强求|不要求|不考虑|算了|就算了|就不用了|不用了|可有可无|有没有(都|也)?(行|可以|无所谓)|无所谓|不重要|都行|也行|都可以|没关系|取消|去掉)", "(doesn't|does not|don't|do not|needn't|need not) (have to|need|need to|necessarily|require)", "(not|isn't) (necessary|needed|required|essential|a must|important|necessarily)", "no need", "(forget|drop|remove|never mind|skip) (about )?(the|it|being)?", "no longer (need|want)", "not need", "optional", "doesn't matter", "don't care", NULL};
static const char *const allowed_dearer[] = {
    "(贵|高|超|多)(出|花|过)?(一)?(点|些|点儿|一丢丢)?(钱|预算)?(也|都|是)?(行|可以|没关系|没事|无所谓|能接受|ok|成|不要紧|无妨|接受)", "(可以|能|允许|接受)(稍微|略微|稍)?(超|贵|高|多花)(出|过)?(一)?(点|些)?", "(预算|价格|价位|价钱)(还)?(可以|能|能再|可以再|再)?(稍微|适当)?(高|加|多|上浮|放宽|放松|提高|上调|涨|往上)(一)?(点|些|调)?", "(放宽|提高|加|上调|增加)(点|一点|一些|些|一下)?(预算|价格|价位)", "(稍微|略微|稍)(超|贵|高)(出|过)?(一)?(点|些)?(预算)?(也|都)?(行|可以|没关系|没事)?", "多花(一)?(点|些)(钱)?",
    "(a )?(bit|little|touch|tad) (over|more|higher|above|extra|pricier|dearer)( the| my)?( budget)?( expensive)?( price)? *(is|'s|would be|works|fine|ok|okay|acceptable)", "(slightly|somewhat) (over|more|higher|above|pricier)*(is|fine|ok|okay|acceptable)", "(can|could|able to|willing to|happy to|may|might|i'll) (go|stretch|push|spend|pay) *(higher|more|over|further|bit|little|extra)", "(can|could|i'll) stretch", "budget (is|can be|'s) *(flexible|higher|stretched|bigger|raised)", "(stretch|raise|increase|loosen|extend|up|bump|lift) (up )?(my|the|our)?( price)? (budget|price|limit)", "(don't|do not) mind (paying|spending|going) *(more|over|higher|extra)", "over budget is (fine|ok|okay|alright)", "(more|pricier|costlier) expensive is (fine|ok|okay)", "pricier is (fine|ok|okay)", "higher is (fine|ok|okay)", NULL};
static const char *const wanted_dearer[] = {"(更|再|稍微|有没有|要|来个|想要)(贵|高档|高端|好|高级)(一)?(点|些)?", "(贵|高档|高端|高级)(一)?(点|些)(的)", "^(要|来|想要|有没有|换)?(个|款)?好(一)?(点|些)(的)", "太便宜", "more expensive (ones|one|options)?", "pricier", "(more|something) (premium|upscale|luxurious|high-end|high end)", "(nicer|fancier|better quality|higher end|higher-end|more upmarket|posher)", "too cheap", NULL};
static const char *const other_field[] = {   /* with a field's word: what is shown there is not wanted */
    "不(是|要|喜欢|想要|爱)(这|那)(个|种|款)?", "(这|那)(个|种)?*(不(喜欢|好看|行|要|合适|对)|太丑|难看)", "换(一)?(个|种|下|别的|其他)?", "(别的|其他|其它|另外的|不同的|其余)", "(有没有|还有|有)(什么|啥)?(别的|其他|其它|不同的)", "还有(什么|啥|哪些)", "(another|different|other|some other|a different|alternative)", "not (this|that|the|these|those)", "(don't|do not|didn't) (like|want|love) (this|that|the|these|those|its)", "(change|switch) (the|its)", NULL};
static const char *const same_field[] = {"(同|同样|相同|一样|一个)(的)?", "(跟|和|与)*(一样|相同|同)(的)?", "(这|那)(个|种|款)", "same", "(this|that) (exact )?", NULL};
static const char *const strong_correction[] = {"(说|打|写|搞|弄)错", "不对", "我(是)?(说|指|要|想说|的意思)(的)?(是)", "应该是", "i (meant|mean)", "i was (looking|thinking)", "not * (but|i meant)", "不是*是", "typo", "correction", "oops", NULL};
static const char *const all_bad_price[] = {"(都|全)(太|有点|好|挺)?贵", "all (too |so |rather |quite )?(expensive|pricey)", "太贵", "too (expensive|pricey|much|dear|costly)", NULL};
static const char *const too_much[] = {"^(太|这么|那么|过于|特别|很|超)", "^(too|so|that|very|overly|super) ", NULL};

static const char *const too_dear[] = {"(别|不要|不能|不想要|不用|不)(买|选|要|给我)?(太|过于|特别|很)贵(的|了)?", "太贵(的|了)?(就|都|也)?(不要|不行|不考虑|算了|免了|不买|别推荐|别)(了)?", "(价格|价钱|价位)?(别|不要|不能)(太|过于)高", "(not|nothing|isn't|aren't|without being|anything) (too|very|that|so|overly|crazy|super) (expensive|pricey|costly|dear)", NULL};

bool not_too_dear(struct span clause, struct span *found)
{
    return phrase_any(too_dear, clause, found);
}

/* ---- helpers ---- */

static bool is_price(const struct wish *w)
{
    return strcmp(w->field, "price") == 0;
}

static const struct wish *wish_of(const struct topic *t, const char *field, bool negated)
{
    for (size_t i = 0; t && i < t->n_wishes; i++)
        if (t->wishes[i].negated == negated && strcmp(t->wishes[i].field, field) == 0) return &t->wishes[i];
    return NULL;
}

static bool wish_has(const struct wish *w, const char *value)
{
    for (size_t i = 0; w && i < w->n_values; i++)
        if (strcmp(w->values[i], value) == 0) return true;
    return false;
}

static struct change *add_change(struct utterance_part *out, int what, struct wish w)
{
    if (out->n_changes == CHANGES_MAX) return NULL;
    struct change *c = &out->changes[out->n_changes++];
    c->what = (unsigned)what;
    c->wish = w;
    return c;
}

static struct wish blank_wish(const struct reading *r, const char *field, const char *said)
{
    return (struct wish){.field = field, .low = INT64_MIN + 1, .high = INT64_MAX, .least = -INFINITY, .most = INFINITY, .hard = true, .turn = r->d->turn, .said = said};
}

/* The clause of text that the bytes `said` stand in. */
static struct span clause_of(struct span text, const char *said)
{
    size_t n = strlen(said);
    const char *at = n ? memmem(text.begin, (size_t)(text.end - text.begin), said, n) : NULL;
    if (!at) return text;
    struct span c = {text.begin, text.end};
    for (const char *p = at; p > text.begin; p--)
        if (p[-1] == ',' || p[-1] == ';' || p[-1] == '.' || p[-1] == '!' || p[-1] == '?') {
            c.begin = p;
            break;
        }
    for (const char *p = at + n; p < text.end; p++)
        if (*p == ',' || *p == ';' || *p == '!' || *p == '?') {
            c.end = p;
            break;
        }
    return c;
}

const char *field_named(struct span clause, struct span *where)
{
    const char *best = NULL;
    size_t longest = 0;
    for (const char *s = clause.begin; s < clause.end; utf8_next(&s, clause.end))
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
            for (const char *w = fields[i].words; *w; w += strcspn(w, "|"), w += *w == '|') {
                size_t n = strcspn(w, "|");
                if ((size_t)(clause.end - s) < n || memcmp(s, w, n) != 0 || n <= longest) continue;
                if (latin_byte(*w) && ((s > clause.begin && latin_byte(s[-1])) || (s + n < clause.end && latin_byte(s[n])))) continue;
                best = fields[i].field;
                longest = n;
                *where = (struct span){s, s + n};
            }
    return best;
}

/* ---- what the products shown are like ---- */

/* The products that a relative wish starts from: those pointed at, else the one talked about, else the last group. */
static void anchors(struct reading *r, struct span text, struct set *out)
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
    anchors(r, text, &s);
    size_t n = anchor_values(r, &s, "price", values);
    const struct wish *old = wish_of(t, "price", false);
    struct wish w = blank_wish(r, "price", said);
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
    add_change(out, CHANGE_REPLACE, w);
}

static void narrow_quantity(struct reading *r, struct span text, const struct topic *t, const char *dimension, bool most, const char *said, struct utterance_part *out)
{
    static const char *const bases[][2] = {{"mass", "g"}, {"volume", "ml"}, {"length", "mm"}, {"power", "w"}, {"time", "min"}, {"sound", "db"}, {"light", "lm"}, {"charge", "mah"}};
    static const char *const sizes[] = {"volume", "length"};
    double values[POOL_MAX];
    struct set s;
    size_t n = 0;
    anchors(r, text, &s);
    if (strcmp(dimension, "size") == 0)
        for (size_t i = 0; i < 2 && !n; i++) n = anchor_values(r, &s, dimension = sizes[i], values);
    else n = anchor_values(r, &s, dimension, values);
    const char *unit = NULL, *field = arena_printf(r->a, "quantity:%s", dimension);
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
        if (strcmp(bases[i][0], dimension) == 0) unit = bases[i][1];
    if (!field) r->nomem = true;
    if (!field || !unit) return;
    const struct wish *old = wish_of(t, field, false);
    struct wish w = blank_wish(r, field, said);
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
    add_change(out, CHANGE_REPLACE, w);
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

static void read_relative(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out)
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
        if (strcmp(dimension, "price") == 0 && most && phrase_any(allowed_dearer, clause_of(text, said), NULL)) continue;   /* allowed, not wanted */
        if (strcmp(dimension, "price") == 0) narrow_price(r, clause_of(text, said), t, most, said, out);
        else narrow_quantity(r, clause_of(text, said), t, dimension, most, said, out);
        if (out->n_changes > before || out->order != order) memset(rest + (used.begin - text.begin), ' ', (size_t)(used.end - used.begin));
        at = used.end > at ? used.end - 1 : at;
        if (at >= text.end) break;
        while (at > text.begin && ((unsigned char)*at & 0xC0) == 0x80) at--;
    }
}

/* ---- price: wider, narrower, no matter ---- */

static void read_price_cues(struct reading *r, struct span text, const struct topic *t, char *rest, bool have_price, struct utterance_part *out)
{
    const struct wish *old = wish_of(t, "price", false);
    struct span found;
    if (phrase_any(allowed_dearer, text, &found)) {
        if (!have_price && old && old->high != INT64_MAX) {
            struct wish w = *old;
            w.high += (int64_t)((double)w.high * RELAX_SHARE);
            w.said = span_copy(r->a, found);
            w.turn = r->d->turn;
            if (!w.said) w.said = "", r->nomem = true;
            add_change(out, CHANGE_RELAX, w);
        }
        memset(rest + (found.begin - text.begin), ' ', (size_t)(found.end - found.begin));
    } else if (!have_price && (cue_find(CUE_CHEAPER, text, &found) || phrase_any(wanted_dearer, text, &found))) {
        bool dearer = !cue_is(CUE_CHEAPER, text);
        for (size_t i = 0; i < out->n_changes; i++)
            if (is_price(&out->changes[i].wish)) return;   /* read as a comparative already */
        const char *said = span_copy(r->a, found);
        if (!said) r->nomem = true;
        else narrow_price(r, text, t, dearer, said, out);
        memset(rest + (found.begin - text.begin), ' ', (size_t)(found.end - found.begin));
    }
}

/* "预算再加一百", "another 100 would be ok": so much more than the bound that is wished. */
static bool read_price_step(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out)
{
    static const char *const steps[] = {"(再|多|还可以|可以|能)(多|加|高|添|超)(个|花|出)?#(块|元)?", "(another|extra) #", "# (more|extra)", "(add|go) (another )?# (to the budget|to my budget|more|over)", NULL};
    const struct wish *old = wish_of(t, "price", false);
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
        if (is_price(&out->changes[i].wish)) out->n_changes = i;
    add_change(out, CHANGE_RELAX, w);
    memset(rest, ' ', (size_t)(text.end - text.begin));
    return true;
}

/* "大一码", "one size up": the next of the sizes that is wished. */
static void read_size_step(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out)
{
    static const char *const letters[] = {"xs", "s", "m", "l", "xl", "xxl", "xxxl"};
    const struct wish *old = wish_of(t, "size", false);
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
    add_change(out, CHANGE_REPLACE, w);
    memset(rest + (found.begin - text.begin), ' ', (size_t)(found.end - found.begin));
}

/* ---- fields: no matter, another, the same ---- */

static const char *const facet_attributes[][2] = {{"colour", "颜色|颜色分类|主色|配色|color|colour"}, {"material", "材质|面料|材料|鞋面材质|material|upper material|fabric"}};

/* The constraint that a product's own value of a field makes: its colour, its brand. */
static bool own_value(struct reading *r, const struct product *p, const char *field, struct wish *w)
{
    struct need n;
    const char *value = strcmp(field, "brand") == 0 ? p->brand : NULL;
    for (size_t i = 0; !value && i < p->n_attributes; i++)
        for (size_t k = 0; k < 2; k++)
            if (strcmp(facet_attributes[k][0], field) == 0 && memmem(facet_attributes[k][1], strlen(facet_attributes[k][1]), p->attributes[i].name, strlen(p->attributes[i].name))) value = p->attributes[i].value;
    if (!value || !*value) return false;
    if (matcher_understand(r->g->options.matcher, value, strlen(value), &n) != OK) {
        r->nomem = true;
        return false;
    }
    bool found = false;
    for (size_t i = 0; i < n.n_constraints && !found; i++) {
        const struct constraint *c = &n.constraints[i];
        if (c->kind != CONSTRAINT_FACET || strcmp(facet_name(c->facet), field) != 0) continue;
        found = wish_from_constraint(r->g->options.matcher, c, r->a, w) == OK;
        if (!found) r->nomem = true;
    }
    need_release(&n);
    return found;
}

/* "不是这个颜色", "换个牌子", "same brand": the field's value of what is talked about is denied or wished. */
static bool read_field_of_shown(struct reading *r, struct span clause, const char *field, struct span where, bool same, struct utterance_part *out)
{
    struct set s;
    struct wish w, all = {.field = NULL};
    anchors(r, clause, &s);
    const char *said = span_copy(r->a, (struct span){clause.begin, where.end});
    if (!said) r->nomem = true;
    for (size_t i = 0; said && i < s.n; i++) {
        const struct loaded *l = pool_load(r, r->shown, s.items[i]);
        if (!l || !own_value(r, &l->product, field, &w)) continue;
        if (!all.field) all = w;
        else if (!w.n_values || !wish_has(&all, w.values[0])) return false;   /* several: which one is meant cannot be told */
    }
    if (!all.field) return false;
    all.negated = !same;
    all.hard = true;
    all.provenance = INFERRED;
    all.turn = r->d->turn;
    all.said = same || !*all.said ? said : all.said;   /* said to the shopper again: "not black", for "another colour" */
    add_change(out, same ? CHANGE_REPLACE : CHANGE_ADD, all);
    return true;
}

bool names_field_alone(struct span clause)
{
    struct span where;
    return field_named(clause, &where) && (phrase_any(indifferent, clause, NULL) || phrase_any(other_field, clause, NULL));
}

/* A clause that names a field: "颜色无所谓", "any colour", "换个牌子"; the words that said so are blanked. */
static void read_field_clause(struct reading *r, struct span text, struct span clause, bool constrained, char *rest, struct utterance_part *out)
{
    struct span where, cue;
    const char *field = field_named(clause, &where);
    bool denied = false;
    if (!field || constrained) return;
    for (size_t i = 0; i < out->n_changes; i++) denied |= out->changes[i].wish.negated && strcmp(out->changes[i].wish.field, field) == 0;
    if (!denied && phrase_any(indifferent, clause, &cue)) {
        const char *said = span_copy(r->a, clause);
        if (!said) r->nomem = true;
        else add_change(out, CHANGE_REMOVE, blank_wish(r, field, said));
    } else if (denied) {   /* "除了耐克，别的牌子都行" says no more than the denial */
        if (!phrase_any(indifferent, clause, &cue)) return;
    } else {
        if (strcmp(field, "price") == 0 || !r->d->n_shown) return;
        if (phrase_any(other_field, clause, &cue)) {
            if (!read_field_of_shown(r, clause, field, where, false, out)) out->reference_failed = true;
        } else if (!phrase_any(same_field, clause, &cue) || !read_field_of_shown(r, clause, field, where, true, out)) {
            return;
        }
    }
    memset(rest + (where.begin - text.begin), ' ', (size_t)(where.end - where.begin));
    memset(rest + (cue.begin - text.begin), ' ', (size_t)(cue.end - cue.begin));
}

/* ---- constraints ---- */

/* Combines with the price that is wished already: "至少200" completes "500以内". */
static int price_change(const struct wish *old, struct wish *w, struct span clause)
{
    if (!old) return CHANGE_ADD;
    bool wider = phrase_any(allowed_dearer, clause, NULL) || (old->high != INT64_MAX && w->high != INT64_MAX && w->high > old->high && w->low == INT64_MIN + 1);
    if (w->low == INT64_MIN + 1 && w->high != INT64_MAX && old->low < w->high) w->low = old->low;
    else if (w->high == INT64_MAX && w->low != INT64_MIN + 1 && old->high > w->low) w->high = old->high;
    return wider ? CHANGE_RELAX : CHANGE_REPLACE;
}

static int change_kind(const struct topic *t, struct wish *w, struct span clause)
{
    const struct wish *old = wish_of(t, w->field, w->negated), *denied = wish_of(t, w->field, true);
    bool also = cue_is(CUE_ALSO, clause);
    if (w->negated) return CHANGE_ADD;
    if (is_price(w) && phrase_any((const char *const[]){"^(那|那就|还是)?算了", NULL}, clause, NULL)) return price_change(old, w, clause);   /* "算了300以内吧" goes on with a figure */
    if (phrase_any(unneeded, clause, NULL) && (old || strncmp(w->field, "attribute:", 10) == 0) && !phrase_any((const char *const[]){"(也|都)(行|可以)", NULL}, clause, NULL)) return CHANGE_REMOVE;
    if (is_price(w)) return price_change(old, w, clause);
    if (!old && denied && also && w->n_values && wish_has(denied, w->values[0])) return CHANGE_REMOVE;   /* "黑色也行": only no longer denied */
    if (!old) return CHANGE_ADD;
    return also ? CHANGE_ADD : CHANGE_REPLACE;
}

/* "不要红色了，换成蓝色": the denial is the correction's other half, not a wish of its own. */
static bool denied_by_correction(const struct topic *t, const struct utterance_part *out, const struct wish *w)
{
    const struct wish *old = wish_of(t, w->field, false);
    bool was = false, other = false;
    for (size_t i = 0; i < w->n_values; i++) was |= wish_has(old, w->values[i]);
    for (size_t i = 0; i < out->n_changes; i++) other |= !out->changes[i].wish.negated && strcmp(out->changes[i].wish.field, w->field) == 0;
    return w->negated && was && other;
}

static void drop_corrected(const struct topic *t, struct utterance_part *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->n_changes; i++)
        if (!denied_by_correction(t, out, &out->changes[i].wish)) out->changes[kept++] = out->changes[i];
    out->n_changes = kept;
}

static status read_constraints(struct reading *r, struct span text, const struct topic *t, const struct need *n, char *rest, bool *price, struct utterance_part *out)
{
    for (size_t i = 0; i < n->n_constraints; i++) {
        const struct constraint *c = &n->constraints[i];
        struct wish w;
        if (c->kind == CONSTRAINT_FACET && c->facet == FACET_CATEGORY && !c->negated) continue;   /* what is looked for, not how it must be */
        struct span words = {c->value, c->value ? c->value + strlen(c->value) : NULL}, where;
        if (c->kind == CONSTRAINT_WORDS && field_named(words, &where) && phrase_any((const char *const[]){"(this|that|these|those|the|这|那)", NULL}, words, NULL)) continue;   /* "not this colour" */
        if (c->kind == CONSTRAINT_WORDS && phrase_any(too_much, (struct span){c->value, c->value + strlen(c->value)}, NULL)) continue;   /* "不要太贵" denies no word */
        TRY(wish_from_constraint(r->g->options.matcher, c, r->a, &w));
        w.turn = r->d->turn;
        w.provenance = FROM_SHOPPER;
        *price |= is_price(&w);
        struct span clause = clause_of(text, c->said);
        if (c->kind == CONSTRAINT_FACET && c->facet == FACET_BRAND && c->hard && !c->negated) {   /* the filter sees to it; left in the text it would outlive the wish */
            char *at = strstr(rest, c->said);
            if (at) memset(at, ' ', strlen(c->said));
        }
        struct change *x = add_change(out, change_kind(t, &w, clause), w);
        if (x && x->what == CHANGE_REMOVE && strncmp(w.field, "attribute:", 10) == 0) x->wish.n_values = 0;
    }
    drop_corrected(t, out);
    return OK;
}

/* ---- free text ---- */

static bool han_known(const struct reading *r, const char *s, const char *end)
{
    const char *next = s;
    utf8_next(&next, end);
    if (next < end) utf8_next(&next, end);
    return index_document_frequency(matcher_index(r->g->options.matcher), s, (size_t)(next - s)) > 0;
}

static bool latin_known(const struct reading *r, const char *s, size_t n)
{
    enum { STEM_MAX = 40 };
    char stem[STEM_MAX + 1];
    const struct index *x = matcher_index(r->g->options.matcher);
    if (n > STEM_MAX || index_document_frequency(x, s, n)) return true;
    memcpy(stem, s, n);
    return index_document_frequency(x, stem, porter_stem(stem, n)) > 0;
}

/* How much the words say, single Han characters and function words apart, and how much of it stands in the shop's records. */
static void count_known(const struct reading *r, struct span words, size_t *said, size_t *found)
{
    size_t all = 0, known = 0;
    for (const char *s = words.begin, *e; s < words.end; s = e) {
        e = s;
        uint32_t c = utf8_next(&e, words.end);
        if (latin_byte(*s)) {
            while (e < words.end && latin_byte(*e)) e++;
            if (text_is_stopword(s, (size_t)(e - s))) continue;
            all++;
            known += latin_known(r, s, (size_t)(e - s));
        } else if (utf8_is_han(c) && e < words.end && (unsigned char)*e >= 0x80) {   /* two characters at a time */
            const char *next = e;
            utf8_next(&next, words.end);
            all++;
            known += han_known(r, s, words.end) || matcher_has_kind(r->g->options.matcher, s, (size_t)(next - s));
        }
    }
    *said = all;
    *found = known;
}

bool shop_speaks_of(const struct reading *r, struct span words)
{
    size_t all, known;
    count_known(r, words, &all, &known);
    return known > 0 && known * 3 >= all;
}

static bool only_a_number(struct span words)
{
    int64_t value;
    return number_word(words.begin, words.end, false, &value) == (size_t)(words.end - words.begin);
}

static bool not_sold(const struct reading *r, struct span words)
{
    size_t all, known;
    count_known(r, words, &all, &known);
    return all > 0 && known == 0;
}

/* What is left of the text when constraints and words that mean nothing by themselves are gone; clause by clause. more: beside a text that the topic has. */
static const char *free_words(struct reading *r, const char *text, bool more)
{
    struct strbuf b = {0};
    const char *end = text + strlen(text);
    for (const char *s = text; s < end;) {
        const char *e = s;
        while (e < end && !(strchr(",;!?", *e) && *e) && !((size_t)(end - e) >= 3 && (memcmp(e, "。", 3) == 0 || memcmp(e, "、", 3) == 0))) e++;
        struct span c = cue_strip((struct span){s, e});
        if (!span_empty(c) && (more || b.len) && (only_a_number(c) || !shop_speaks_of(r, c))) {   /* small talk is no part of what is looked for */
            r->dropped = true;
        } else if (!span_empty(c)) {
            if (b.len) strbuf_putc(&b, ' ');
            const char *copy = span_copy(r->a, c);
            if (!copy) b.failed = true;
            else strbuf_puts(&b, copy);
        }
        s = e < end ? e + (((unsigned char)*e & 0x80) ? 3 : 1) : end;
    }
    size_t n = b.len;
    while (n > TOPIC_TEXT_MAX || (n < b.len && n && ((unsigned char)b.data[n] & 0xC0) == 0x80)) n--;
    const char *out = b.failed ? NULL : arena_strndup(r->a, strbuf_str(&b), n);
    strbuf_release(&b);
    if (!out) r->nomem = true;
    return out ? out : "";
}

/* Is the text more than attributes' words and figures ("防水", "24寸", "礼盒装")? */
static bool names_things(const struct need *n, const char *text)
{
    enum { NUMBERS_MAX = 8 };
    struct number numbers[NUMBERS_MAX];
    char copy[TOPIC_TEXT_MAX + 1];
    size_t length = strlen(text), left = 0;
    memcpy(copy, text, length + 1);
    size_t count = text_numbers(copy, length, numbers, NUMBERS_MAX);
    for (size_t i = 0; i < count && i < NUMBERS_MAX; i++) memset(copy + numbers[i].begin, ' ', numbers[i].end - numbers[i].begin);
    for (size_t i = 0; i < n->n_constraints; i++) {
        const struct constraint *c = &n->constraints[i];
        char *at = *c->said && c->kind != CONSTRAINT_FACET ? strstr(copy, c->said) : NULL;
        if (at) memset(at, ' ', strlen(c->said));
    }
    struct span rest = cue_strip((struct span){copy, copy + length});
    for (const char *s = rest.begin; s < rest.end; s++) left += *s != ' ';
    return left > 3;
}

/* Words that the shop has in other kinds alone: a thing ("电饭锅", "a rice cooker") or what a thing is like ("透气的", "long sleeves")? */
static bool reads_as_thing(struct span text, const struct need *n)
{
    static const char *const like[] = {"的(有没有|有吗|吗|呢|吧|最好|就行|优先)?$", "(款|版|式|型|用|色|味|装)$", NULL};
    for (size_t i = 0; i < n->n_constraints; i++)
        if (n->constraints[i].kind == CONSTRAINT_ATTRIBUTE) return false;
    if (cue_is(CUE_ALSO, text) || phrase_any(like, text, NULL)) return false;
    bool han = false;
    for (const char *s = text.begin; s < text.end && !han;) han = utf8_is_han(utf8_next(&s, text.end));
    return han || phrase_find("(a|an|some)", text, NULL);
}

/* Another need, more words of this one, or other words instead. */
static status place_text(struct reading *r, struct span text, const struct topic *t, const struct need *n, struct utterance_part *out)
{
    enum relation relation = RELATION_NONE;
    if (!*out->text) return OK;
    if (!t) {
        out->new_topic = true;
        return OK;
    }
    if (!*t->text) return OK;
    TRY(matcher_relation(r->g->options.matcher, t->text, strlen(t->text), out->text, strlen(out->text), &relation));
    bool correction = phrase_any(strong_correction, text, NULL), instead = correction || cue_is(CUE_INSTEAD, text), fresh = cue_is(CUE_NEW, text);
    bool other = relation == RELATION_KIND || (relation == RELATION_OTHER && names_things(n, out->text) && (fresh || reads_as_thing(text, n)));
    if (other && instead && !(fresh && !correction)) out->replaces_text = true;
    else if (other) out->new_topic = true;
    else if (relation == RELATION_NONE && asks_for_goods(text) && !phrase_any((const char *const[]){"的(有没有|有吗|吗|呢|吧)?$", NULL}, text, NULL) && not_sold(r, (struct span){out->text, out->text + strlen(out->text)})) out->new_topic = true;   /* asked for, and not sold here */
    else if (relation == RELATION_NONE && correction) out->replaces_text = true;
    return OK;
}

/* An older topic that the words speak of: the dialogue goes back to it. */
static status find_topic(struct reading *r, struct utterance_part *out)
{
    for (size_t i = 0; i < r->d->n_topics && out->new_topic; i++) {
        const char *old = r->d->topics[i].text;
        enum relation relation = RELATION_NONE;
        if (i == r->d->current || !*old) continue;
        TRY(matcher_relation(r->g->options.matcher, old, strlen(old), out->text, strlen(out->text), &relation));
        if (relation != RELATION_SAME) continue;
        out->new_topic = false;
        out->back_to_topic = true;
        out->topic = (uint32_t)i;
    }
    return OK;
}

/* ---- what is not needed any more ---- */

/* "防不防水" asks for neither: 防水 is what it speaks of. Bytes of "A不A" whose first A goes, or 0. */
static size_t either_way(const char *s, const char *end)
{
    const char *p = s;
    if ((unsigned char)*s < 0x80 || end - s < 9) return 0;
    utf8_next(&p, end);
    size_t n = (size_t)(p - s);
    return (size_t)(end - p) >= 3 + n && memcmp(p, "不", 3) == 0 && memcmp(p + 3, s, n) == 0 ? n + 3 : 0;
}

/* The clause's words leave the topic's text ("不用防水了" after "徒步鞋 防水"). */
static void take_back(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out)
{
    struct span cue;
    if (!t || !phrase_any(unneeded, text, &cue)) return;
    char *old = arena_strdup(r->a, t->text);
    bool changed = false;
    if (!old) r->nomem = true;
    for (const char *s = text.begin; old && s < text.end;) {
        size_t skip = either_way(s, text.end);
        s += skip;
        for (size_t n = (size_t)(text.end - s); n >= 4; n--) {   /* the longest words of the clause that the topic has */
            if (n < (size_t)(text.end - s) && ((s[n] & 0xC0) == 0x80 || (latin_byte(s[n - 1]) && latin_byte(s[n])))) continue;
            if (s > text.begin && latin_byte(s[-1]) && latin_byte(*s)) break;
            struct span words = {s, s + n};
            char *at = span_empty(words) || (latin_byte(*s) && text_is_stopword(s, n)) ? NULL : memmem(old, strlen(old), s, n);
            if (!at || *s == ' ') continue;
            memset(at, ' ', n);
            memset(rest + (s - text.begin), ' ', n);
            changed = true;
            break;
        }
        utf8_next(&s, text.end);
    }
    for (size_t i = 0; t && i < t->n_wishes; i++) {   /* attributes that the clause names */
        const struct wish *w = &t->wishes[i];
        const char *name = strncmp(w->field, "attribute:", 10) == 0 ? w->field + 10 : NULL;
        bool named = name && !w->negated && memmem(text.begin, (size_t)(text.end - text.begin), name, strlen(name));
        for (size_t k = 0; name && k < w->n_values && !named; k++) named = memmem(text.begin, (size_t)(text.end - text.begin), w->values[k], strlen(w->values[k])) != NULL;
        bool known = false;
        for (size_t k = 0; named && k < out->n_changes; k++) known |= out->changes[k].what == CHANGE_REMOVE && strcmp(out->changes[k].wish.field, w->field) == 0;
        const char *said = named && !known ? span_copy(r->a, text) : NULL;
        if (said) add_change(out, CHANGE_REMOVE, blank_wish(r, w->field, said)), changed = true;
    }
    if (!changed || !old) return;
    out->text = span_copy(r->a, (struct span){old, old + strlen(old)});
    out->replaces_text = true;
    if (!out->text) out->text = "", r->nomem = true;
}

/* "400也行" in a topic with a price: a figure that is all the clause says is a new bound. */
static void read_bare_price(struct reading *r, struct span text, const struct topic *t, char *rest, bool *price, struct utterance_part *out)
{
    enum { NUMBERS_MAX = 2 };
    struct number x[NUMBERS_MAX];
    const struct wish *old = wish_of(t, "price", false);
    struct span where;
    if (*price || (!old && !(field_named(text, &where) && strcmp(field_named(text, &where), "price") == 0))) return;
    size_t n = text_numbers(text.begin, (size_t)(text.end - text.begin), x, NUMBERS_MAX);
    if (n != 1 || x[0].kind == NUMBER_UNIT || x[0].value < 5 || x[0].value > 1e9 || rest[x[0].begin] == ' ') return;
    char *copy = arena_strndup(r->a, text.begin, (size_t)(text.end - text.begin));
    if (!copy) {
        r->nomem = true;
        return;
    }
    memset(copy + x[0].begin, ' ', x[0].end - x[0].begin);
    if (field_named(text, &where)) memset(copy + (where.begin - text.begin), ' ', (size_t)(where.end - where.begin));
    if (!span_empty(cue_strip((struct span){copy, copy + strlen(copy)}))) return;
    struct wish w = blank_wish(r, "price", "");
    w.said = span_copy(r->a, (struct span){text.begin + x[0].begin, text.begin + x[0].end});
    if (!w.said) w.said = "", r->nomem = true;
    w.high = (int64_t)(x[0].value * 100 + 0.5);
    add_change(out, price_change(old, &w, text), w);
    memset(rest, ' ', (size_t)(text.end - text.begin));
    *price = true;
}

/* ---- the whole ---- */

static void blank_span(char *rest, struct span text, struct span s)
{
    memset(rest + (s.begin - text.begin), ' ', (size_t)(s.end - s.begin));
}

static void read_fields(struct reading *r, struct span text, char *rest, struct utterance_part *out)
{
    for (const char *s = text.begin; s < text.end;) {
        const char *e = s;
        while (e < text.end && !(strchr(",;!?", *e) && *e)) e++;
        struct span clause = {s, e};
        bool constrained = false;
        for (size_t i = 0; i < out->n_changes; i++) {
            struct span own = clause_of(text, out->changes[i].wish.said);
            constrained |= own.begin < e && own.end > s && !out->changes[i].wish.negated;
        }
        read_field_clause(r, text, clause, constrained, rest, out);
        s = e < text.end ? e + 1 : e;
    }
}

static void read_order(struct span text, char *rest, struct utterance_part *out)
{
    static const struct { enum cue cue; enum product_order order; } orders[] = {
        {CUE_CHEAPEST, ORDER_CHEAPEST}, {CUE_DEAREST, ORDER_DEAREST}, {CUE_RATED, ORDER_RATING}, {CUE_POPULAR, ORDER_POPULAR}};
    struct span found;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (cue_find(orders[i].cue, text, &found)) {
            out->order = orders[i].order;
            blank_span(rest, text, found);
        }
    if (cue_find(CUE_SHOW, text, &found)) {
        out->no_questions = true;
        blank_span(rest, text, found);
    }
}

status changes_read(struct reading *r, struct span text, const struct topic *t, struct utterance_part *out)
{
    struct need n;
    bool price = false;
    TRY(matcher_understand(r->g->options.matcher, text.begin, (size_t)(text.end - text.begin), &n));
    size_t length = strlen(n.normalised);
    struct span own = {n.normalised, n.normalised + length};   /* normalised again: the same, but for what normalising joins */
    char *rest = arena_strndup(r->a, n.free_text, length);
    status s = rest ? OK : fail_nomem("reading an utterance");
    if (s == OK && n.only_constraints) memset(rest, ' ', length);
    if (s == OK) s = read_constraints(r, own, t, &n, rest, &price, out);
    if (s == OK) {
        read_order(own, rest, out);
        read_fields(r, own, rest, out);
        price |= read_price_step(r, own, t, rest, out);
        read_size_step(r, own, t, rest, out);
        read_bare_price(r, own, t, rest, &price, out);
        struct span soft;
        bool low = not_too_dear(own, &soft);
        if (low) blank_span(rest, own, soft);
        if (low && !price && out->order == ORDER_FIT) out->order = ORDER_CHEAPEST;   /* without a figure it bounds nothing */
        if (!low && out->order == ORDER_FIT) read_relative(r, own, t, rest, out);
        if (!low && out->order == ORDER_FIT) read_price_cues(r, own, t, rest, price, out);
        take_back(r, own, t, rest, out);
        if (!out->replaces_text) out->text = free_words(r, rest, t && *t->text && !asks_for_goods(own));
        if (!out->replaces_text) s = place_text(r, own, t, &n, out);
    }
    if (s == OK) s = find_topic(r, out);
    need_release(&n);
    return s == OK && r->nomem ? fail_nomem("reading an utterance") : s;
}

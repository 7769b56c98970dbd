/* What a clause changes of a topic's wishes: constraints with the way they are meant (beside, instead, no more, wider), relative wishes
 * ("cheaper", "再轻一点") and what is denied of the product talked about ("不是这个颜色"). */
#include "change_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
static const char *const other_field[] = {   /* with a field's word: what is shown there is not wanted */
    "不(是|要|喜欢|想要|爱)(这|那)(个|种|款)?", "(这|那)(个|种)?*(不(喜欢|好看|行|要|合适|对)|太丑|难看)", "换(一)?(个|种|下|别的|其他)?", "(别的|其他|其它|另外的|不同的|其余)", "(有没有|还有|有)(什么|啥)?(别的|其他|其它|不同的)", "还有(什么|啥|哪些)", "(another|different|other|some other|a different|alternative)", "not (this|that|the|these|those)", "(don't|do not|didn't) (like|want|love) (this|that|the|these|those|its)", "(change|switch) (the|its)", NULL};
static const char *const same_field[] = {"(同|同样|相同|一样|一个)(的)?", "(跟|和|与)*(一样|相同|同)(的)?", "(这|那)(个|种|款)", "same", "(this|that) (exact )?", NULL};
static const char *const too_much[] = {"^(太|这么|那么|过于|特别|很|超)", "^(too|so|that|very|overly|super) ", NULL};

static const char *const too_dear[] = {"(别|不要|不能|不想要|不用|不)(买|选|要|给我)?(太|过于|特别|很)贵(的|了)?", "太贵(的|了)?(就|都|也)?(不要|不行|不考虑|算了|免了|不买|别推荐|别)(了)?", "(价格|价钱|价位)?(别|不要|不能)(太|过于)高", "(not|nothing|isn't|aren't|without being|anything) (too|very|that|so|overly|crazy|super) (expensive|pricey|costly|dear)", NULL};

bool not_too_dear(struct span clause, struct span *found)
{
    return phrase_any(too_dear, clause, found);
}

/* ---- helpers ---- */

bool gives_way_on_price(struct span clause, struct span *found)
{
    return phrase_any(allowed_dearer, clause, found);
}

bool takes_wish_back(struct span clause, struct span *found)
{
    return phrase_any(unneeded, clause, found);
}

bool is_price_wish(const struct wish *w)
{
    return strcmp(w->field, "price") == 0;
}

const struct wish *topic_wish(const struct topic *t, const char *field, bool negated)
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

struct change *change_add(struct utterance_part *out, int what, struct wish w)
{
    if (out->n_changes == CHANGES_MAX) return NULL;
    struct change *c = &out->changes[out->n_changes++];
    c->what = (unsigned)what;
    c->wish = w;
    return c;
}

struct wish wish_blank(const struct reading *r, const char *field, const char *said)
{
    return (struct wish){.field = field, .low = INT64_MIN + 1, .high = INT64_MAX, .least = -INFINITY, .most = INFINITY, .hard = true, .turn = r->d->turn, .said = said};
}

/* The clause of text that the bytes `said` stand in. */
struct span clause_around(struct span text, const char *said)
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
    change_anchors(r, clause, &s);
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
    change_add(out, same ? CHANGE_REPLACE : CHANGE_ADD, all);
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
        else change_add(out, CHANGE_REMOVE, wish_blank(r, field, said));
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
int price_change_kind(const struct wish *old, struct wish *w, struct span clause)
{
    if (!old) return CHANGE_ADD;
    bool wider = gives_way_on_price(clause, NULL) || (old->high != INT64_MAX && w->high != INT64_MAX && w->high > old->high && w->low == INT64_MIN + 1);
    if (w->low == INT64_MIN + 1 && w->high != INT64_MAX && old->low < w->high) w->low = old->low;
    else if (w->high == INT64_MAX && w->low != INT64_MIN + 1 && old->high > w->low) w->high = old->high;
    return wider ? CHANGE_RELAX : CHANGE_REPLACE;
}

static int change_kind(const struct topic *t, struct wish *w, struct span clause)
{
    const struct wish *old = topic_wish(t, w->field, w->negated), *denied = topic_wish(t, w->field, true);
    bool also = cue_is(CUE_ALSO, clause);
    if (w->negated) return CHANGE_ADD;
    if (is_price_wish(w) && phrase_any((const char *const[]){"^(那|那就|还是)?算了", NULL}, clause, NULL)) return price_change_kind(old, w, clause);   /* "算了300以内吧" goes on with a figure */
    if (takes_wish_back(clause, NULL) && (old || strncmp(w->field, "attribute:", 10) == 0) && !phrase_any((const char *const[]){"(也|都)(行|可以)", NULL}, clause, NULL)) return CHANGE_REMOVE;
    if (is_price_wish(w)) return price_change_kind(old, w, clause);
    if (!old && denied && also && w->n_values && wish_has(denied, w->values[0])) return CHANGE_REMOVE;   /* "黑色也行": only no longer denied */
    if (!old) return CHANGE_ADD;
    return also ? CHANGE_ADD : CHANGE_REPLACE;
}

/* "不要红色了，换成蓝色": the denial is the correction's other half, not a wish of its own. */
static bool denied_by_correction(const struct topic *t, const struct utterance_part *out, const struct wish *w)
{
    const struct wish *old = topic_wish(t, w->field, false);
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
        *price |= is_price_wish(&w);
        struct span clause = clause_around(text, c->said);
        if (c->kind == CONSTRAINT_FACET && c->facet == FACET_BRAND && c->hard && !c->negated) {   /* the filter sees to it; left in the text it would outlive the wish */
            char *at = strstr(rest, c->said);
            if (at) memset(at, ' ', strlen(c->said));
        }
        struct change *x = change_add(out, change_kind(t, &w, clause), w);
        if (x && x->what == CHANGE_REMOVE && strncmp(w.field, "attribute:", 10) == 0) x->wish.n_values = 0;
    }
    drop_corrected(t, out);
    return OK;
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
            struct span own = clause_around(text, out->changes[i].wish.said);
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

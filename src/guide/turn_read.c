/* An utterance, read: cut into clauses, each clause's intention told by its cues and by what it points at, clauses of one need joined. */
#include "read_int.h"

#include <string.h>

enum { BUFFER_MAX = UTTERANCE_BYTES_MAX * 3 };

/* ---- clauses ---- */

struct clause {
    struct span span;
    enum intention intention;
    struct pointed p;
    struct pool *pool;
    bool shared;                 /* "都要绿色的": of every need of the utterance */
    bool sets_quantity;
};

/* Where one clause ends and another begins, besides punctuation: words that open a new act. */
static const char *const joints[] = {
    "(然后|接着|顺便|顺带|另外|此外)", "再(帮我|给我)?(看看|看一下|找|推荐|来|买|加|把)", "(and|then|,)? ?(then|also) (add|show|compare|remove|find|put|tell|give|take)", "and (add|show|compare|remove|find|put|tell|give|take|i'll|i also|i'd|also)", NULL};

/* The point of "no. 4". */
static bool after_no(struct span t, const char *s)
{
    bool no = *s == '.' && s - t.begin >= 2 && memcmp(s - 2, "no", 2) == 0 && (s - t.begin == 2 || s[-3] == ' ');
    return no && t.end - s > 2 && s[1] == ' ' && s[2] >= '0' && s[2] <= '9';
}

static size_t stop_at(struct span t, const char *s)
{
    static const char *const marks[] = {"。", "…"};
    if (*s == '\n' || *s == ';' || *s == '!' || *s == '?') return 1;
    if ((*s == ',' || *s == '.') && !(s > t.begin && s + 1 < t.end && s[-1] >= '0' && s[-1] <= '9' && s[1] >= '0' && s[1] <= '9') && !(*s == '.' && s + 1 < t.end && latin_byte(s[1])) && !after_no(t, s)) return 1;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if ((size_t)(t.end - s) >= 3 && memcmp(s, marks[i], 3) == 0) return 3;
    return 0;
}

static bool joint_at(struct span t, const char *begin, const char *s)
{
    for (size_t i = 0; joints[i] && s > begin; i++)
        if (phrase_at(joints[i], t.begin, s, t.end)) return true;
    return false;
}

static size_t cut(struct span t, struct clause *out)
{
    size_t n = 0;
    const char *begin = t.begin;
    for (const char *s = t.begin; s <= t.end;) {
        size_t mark = s < t.end ? stop_at(t, s) : 0;
        bool joint = s < t.end && !mark && joint_at(t, begin, s);
        if (s == t.end || mark || joint) {
            struct span c = {begin, s + mark};   /* the mark belongs to the clause: "?" says something */
            if (!span_empty((struct span){begin, s}) && n < CLAUSES_MAX) out[n++].span = c;
            else if (n == CLAUSES_MAX) out[n - 1].span.end = c.end;
            begin = s + mark;
        }
        if (s == t.end) break;
        if (mark) s += mark;
        else utf8_next(&s, t.end);
    }
    return n;
}

/* ---- the intention of a clause ---- */

static const char *const relative_to[] = {"比*(便宜|贵|轻|重|大|小|好|长|短|薄|厚|亮|安静)(的|一点|点|些|一些)", "(than)", NULL};
static const char *const question_marks[] = {"?", "吗", "么$", "呢$", "多少", "哪", "几", "什么", "怎么", "如何", "是不是", "有没有", "能不能", "^(is|are|does|do|can|has|have|how|what|which|why|where|will|would|could)", NULL};
static const char *const asks_for_products[] = {"有(没有|没)?*的(吗|么|吧|嘛)?", "(有没有|有没|还有)", "^(那|那么|请问|你们|你们家|你家|店里|咱家)(还)?有*(吗|么|嘛|没有|没)$", "(do|have|got) you (have|got|sell|carry)*", "do you (have|sell|carry|stock)", "^(any|is there|are there|anything|something|got)", "的(还|也)?有(吗|没|么|没有)", "的(还|也)?有(吗|没|么|没有)", "有(吗|么|没有)$", "(推荐|介绍)(一)?(下|个|款|些|几|点)", "给我(看|找|推荐)", "(show|find|get|recommend|suggest) me", "(想|要)(买|看|找)", "(looking|look) for", "i (want|need)", "(what|how) about (something|a|an|some)", NULL};
static const char *const field_words[] = {"(颜色|材质|价格|预算|尺码|品牌|牌子|防水|要求|条件|限制|limit|filter|requirement|colour|color|budget|brand|price|size|material)", NULL};

bool asks_for_goods(struct span clause)
{
    return cue_is(CUE_NEW, clause) || phrase_any(asks_for_products, clause, NULL) || phrase_any((const char *const[]){"^(maybe |perhaps )?(a|an|some) ", "^那*呢$", NULL}, span_trim(clause), NULL);
}

static bool points(struct reading *r, struct clause *c, struct pool *pool, bool loose)
{
    references_find(r, pool, c->span, loose, &c->p);
    c->pool = pool;
    if (!loose && c->p.any) {   /* it points for sure: what points loosely may be what is meant */
        struct pointed again;
        references_find(r, pool, c->span, true, &again);
        bool same = again.set.n == c->p.set.n;   /* then the fewer words pointed, the better: "the first one quiet enough" asks about quiet */
        for (size_t i = 0; same && i < again.set.n; i++) same = again.set.items[i] == c->p.set.items[i];
        if (again.any && !again.failed && (c->p.failed || (again.set.n >= c->p.set.n && !same))) c->p = again;
    }
    return c->p.any;
}

/* The clause without the words that point. */
static const char *without_pointers(struct reading *r, const struct clause *c)
{
    size_t n = (size_t)(c->span.end - c->span.begin);
    char *copy = arena_strndup(r->a, c->span.begin, n);
    if (!copy) {
        r->nomem = true;
        return "";
    }
    for (size_t i = 0; i < c->p.n_spans; i++) {
        struct span s = c->p.spans[i];   /* of a clause that was joined to this one, when it lies outside */
        if (s.begin >= c->span.begin && s.end <= c->span.end) memset(copy + (s.begin - c->span.begin), ' ', (size_t)(s.end - s.begin));
    }
    return copy;
}

static bool constrained(struct reading *r, const char *text)
{
    struct need n;
    if (matcher_understand(r->g->options.matcher, text, strlen(text), &n) != OK) {
        r->nomem = true;
        return false;
    }
    bool any = false;
    for (size_t i = 0; i < n.n_constraints; i++) any |= n.constraints[i].kind != CONSTRAINT_FACET || n.constraints[i].facet != FACET_CATEGORY;
    need_release(&n);
    return any;
}

/* Words that say what is wanted, besides those of acts and courtesy? */
static bool has_content(struct reading *r, struct span s)
{
    struct span rest = cue_strip(s);
    if (span_empty(rest)) return false;
    for (const char *p = rest.begin; p < rest.end;) {
        const char *at = p;
        uint32_t c = utf8_next(&p, rest.end);
        (void)at;
        if (utf8_is_han(c) || latin_byte((char)(c < 0x80 ? c : ' '))) return true;
    }
    (void)r;
    return false;
}

/* "都要绿色的": of all needs that were named. */
static bool is_shared(struct span s)
{
    return phrase_any((const char *const[]){"^(都|全都|全部|两个都|两样都|俩都|都要|全要)", "^(both|all|each|everything|all of them|both of them)", NULL}, span_trim(s), NULL);
}

static bool about_cart(struct span s)
{
    return phrase_any((const char *const[]){"购物车", "(cart|basket|bag)", "加购", "加车", NULL}, s, NULL);
}

/* Questions that are orders. */
static const char *const orders[] = {"(can|could|may) i (get|have|take|buy|order|purchase)", "^(#|a couple|a pair) of (the|these|those)", NULL};

/* And what only begins like one: "can I take it on a plane". */
static const char *const uses[] = {"(can|could|may) i (take|get|have) (it|this|that|them|these|those|one) (on|onto|in|into|with|to|through|aboard|abroad|back|out|off|up|apart|when|while|at|outside|wet|for a)", NULL};

/* What stands behind the cue. */
static struct span without_cue(enum cue cue, struct span s)
{
    struct span found;
    if (cue_find(cue, s, &found)) s.begin = found.end;
    return s;
}

/* The product talked about last, or the only one shown, where nothing is pointed at: "加入购物车", "防水吗". */
static void points_at_focus(struct reading *r, struct clause *c)
{
    size_t first, n = last_group(r->d, &first);
    c->p = (struct pointed){.any = false};
    c->pool = r->shown;
    if (r->antecedent.n) c->p.set = r->antecedent;
    for (size_t i = r->shown->n; r->d->focus && i-- > 0 && !c->p.set.n;)
        if (strcmp(r->shown->items[i].id, r->d->focus) == 0) set_add(r->shown, &c->p.set, i);
    if (!c->p.set.n && n == 1) set_add(r->shown, &c->p.set, first);
}

static bool reads_as_others(struct reading *r, struct clause *c)
{
    if (!cue_is(CUE_OTHERS, c->span) || not_too_dear(c->span, NULL) || phrase_any(field_words, c->span, NULL)) return false;
    if (points(r, c, r->shown, false) && !c->p.failed) return true;   /* "不要有线的" is a wish, "不要第二个" is not */
    c->p = (struct pointed){.any = false};
    if (!r->d->n_shown || constrained(r, without_pointers(r, c))) return false;
    if (phrase_any((const char *const[]){"(这|那)(个|款|件|些|几|种|双|条|顶)", "它", "(it|this|that|these|those|them|they)", NULL}, c->span, NULL)) points(r, c, r->shown, true);
    return !c->p.any || !c->p.failed;
}

static bool reads_as_more(struct reading *r, struct clause *c)
{
    if (!cue_is(CUE_MORE, c->span) || phrase_any(field_words, c->span, NULL) || cue_is(CUE_CHEAPER, c->span)) return false;
    points(r, c, r->shown, true);
    return r->d->n_shown && !constrained(r, without_pointers(r, c));
}

static bool reads_as_remove(struct reading *r, struct clause *c)
{
    if (cue_is(CUE_EMPTY_CART, c->span)) {
        c->p = (struct pointed){.any = false};
        return true;
    }
    if (!cue_is(CUE_REMOVE, c->span)) return false;
    bool cart = about_cart(c->span);
    if (!cart && phrase_any(field_words, c->span, NULL)) return false;
    if (points(r, c, r->shown, true) && !c->p.failed) {
        bool in_cart = c->p.set.n > 0;
        for (size_t i = 0; i < c->p.set.n; i++) {
            bool found = false;
            for (size_t k = 0; k < r->d->n_cart; k++) found |= strcmp(r->d->cart[k].id, c->pool->items[c->p.set.items[i]].id) == 0;
            in_cart &= found;
        }
        if (in_cart) return true;
    }
    if (r->d->n_cart && points(r, c, r->cart, true)) return true;
    return cart;
}

/* "500ml以上" is a wish, whatever was shown. */
static bool is_bound(struct span s)
{
    static const char *const bounds[] = {"(以上|以下|以内|之内|左右|上下|之间|起步)", "(at least|at most|no more than|up to|or more|or less|between)", NULL};
    return phrase_any(bounds, s, NULL) && !phrase_any((const char *const[]){"第#", "(这|那)(一)?(个|款|件|双|条|台|顶)", "它", "^(is|are|does|do|can|has)", NULL}, s, NULL);
}

/* "有红色吗", "do you have it in red": another colour is wished, whatever is talked about. */
static bool asks_for_colour(struct reading *r, struct span s)
{
    struct need n;
    bool colour = false;
    if (!phrase_any((const char *const[]){"^(那)?(还)?有(没有)?*(吗|么|没有|的)$", "^(do you have|have you got|is there|does it come|do they come|any|got) *", NULL}, span_trim(s), NULL)) return false;
    if (matcher_understand(r->g->options.matcher, s.begin, (size_t)(s.end - s.begin), &n) != OK) {
        r->nomem = true;
        return false;
    }
    for (size_t i = 0; i < n.n_constraints; i++) colour |= n.constraints[i].kind == CONSTRAINT_FACET && n.constraints[i].facet == FACET_COLOUR && n.constraints[i].n_labels;
    need_release(&n);
    return colour;
}

static bool reads_as_fact(struct reading *r, struct clause *c)
{
    if (is_bound(c->span) && !cue_is(CUE_FACT, c->span)) return false;
    bool asks = cue_is(CUE_FACT, c->span) || phrase_any(question_marks, c->span, NULL);
    if (!asks && phrase_any((const char *const[]){"^(not|no|without|nothing|不要|别要|不是)", NULL}, span_trim(c->span), NULL)) return false;   /* "not black" wishes */
    if (points(r, c, r->shown, false)) return true;
    if (!asks || !r->d->n_shown) return false;
    if (phrase_any(asks_for_products, c->span, NULL) || cue_is(CUE_CHEAPER, c->span)) {
        c->p = (struct pointed){.any = false};
        return false;
    }
    if (asks_for_colour(r, c->span)) {
        c->p = (struct pointed){.any = false};
        return false;
    }
    if (points(r, c, r->shown, true)) return true;
    if (!r->d->focus && constrained(r, without_pointers(r, c))) return false;   /* "红色的有货吗" where nothing red was shown */
    points_at_focus(r, c);   /* "防水吗?" */
    return true;
}

static bool is_relative(struct reading *r, struct clause *c)
{
    if (!phrase_any(relative_to, c->span, NULL) || phrase_any((const char *const[]){"(less|more|cheaper|no more|not more) than #", "吗", "^(is|are|does)", NULL}, c->span, NULL)) return false;
    return points(r, c, r->shown, true) && c->p.set.n <= 1;
}

/* Free words of a piece without its constraints. */
static const char *plain_words(struct reading *r, struct span s)
{
    struct need n;
    if (matcher_understand(r->g->options.matcher, s.begin, (size_t)(s.end - s.begin), &n) != OK) {
        r->nomem = true;
        return "";
    }
    size_t length = strlen(n.free_text);
    const char *copy = n.only_constraints ? "" : span_copy(r->a, cue_strip((struct span){n.free_text, n.free_text + length}));
    need_release(&n);
    if (!copy) r->nomem = true;
    return copy ? copy : "";
}

/* The words name goods that the shop has in another kind than each product shown last. */
static bool names_other_goods(struct reading *r, struct span words)
{
    size_t first, n = last_group(r->d, &first);
    bool other = n > 0;
    for (size_t i = first; i < first + n && other; i++) {
        const struct loaded *l = pool_load(r, r->shown, i);
        enum relation relation = RELATION_NONE;
        if (l && matcher_relation(r->g->options.matcher, l->text, strlen(l->text), words.begin, (size_t)(words.end - words.begin), &relation) != OK) r->nomem = true;
        other = relation == RELATION_KIND;
    }
    return other;
}

/* "最便宜的帐篷是哪个", "which headphones have the best rating" when shoes were shown: another need, nothing about the shoes. */
static bool asks_for_other_goods(struct reading *r, struct span s)
{
    static const char *const which[] = {"哪(一)?(个|款|种|些|双|条|台|顶|件|把|本)(的)?", "^(what|how) about", "^which", NULL};
    static const char *const own[] = {"哪(一)?(个|款|种|些|双|条|台|顶|件)(的)?(适合|能|可以|有|是|更|比较|会|支持|带|防|要|好|值|贵|便宜|最)", "^which (one|ones|of|is|are|has|have|can|would|should|do|does)", "第#", "(这|那)(一)?(个|款|件|双|条|台|顶|些|几|两)", "它", "(it|its|this|that|these|those|them|they)", NULL};
    bool order = cue_is(CUE_CHEAPEST, s) || cue_is(CUE_DEAREST, s) || cue_is(CUE_RATED, s) || cue_is(CUE_POPULAR, s);
    struct span found;
    if (!r->d->n_shown || phrase_any(own + 1, s, NULL)) return false;
    bool named = phrase_any(which, s, &found) && !phrase_any((const char *const[]){own[0], NULL}, s, NULL);
    if (!order && !named) return false;
    const char *words = plain_words(r, s);
    return *words && names_other_goods(r, (struct span){words, words + strlen(words)});
}

/* "Actually make it 2", "改成两件": of what went into the cart last. */
static bool sets_quantity(struct reading *r, struct clause *c)
{
    static const char *const sets[] = {"^(ok|oh|sorry|no|hmm|wait|no wait|actually|on second thought)? (make|change) (it|that|them) (to|into)? #( instead| then| please| of them)?$", "^(算了|那|还是|那就|等等|哦|嗯)?(改|换|变)(成|为)#(个|件|款|双|台|条|只|把|顶|本|瓶|套|支|盒|包|袋|罐|份|张|副|对|箱)(吧)?$", "(数量|件数)(改|换|变)?(成|为)?#(个|件)?(吧)?$", NULL};
    if (!r->d->n_cart || !phrase_any(sets, span_trim(c->span), NULL)) return false;
    const struct cart_item *last = &r->d->cart[r->d->n_cart - 1];
    c->p = (struct pointed){.any = true};
    c->pool = r->cart;
    c->sets_quantity = true;
    for (size_t i = 0; i < r->cart->n; i++)
        if (strcmp(r->cart->items[i].id, last->id) == 0) set_add(r->cart, &c->p.set, i);
    return c->p.set.n == 1;
}

static enum intention read_act(struct reading *r, struct clause *c)
{
    struct span s = c->span;
    bool question = phrase_any(question_marks, s, NULL);
    if (asks_for_other_goods(r, s)) return WANTS_PRODUCTS;
    if (is_relative(r, c) || (!r->d->n_shown && is_shared(s))) {
        if (!r->d->n_shown) c->p = (struct pointed){.any = false};
        return WANTS_PRODUCTS;
    }
    if (r->d->n_topics && names_field_alone(s)) {   /* "第四个有没有别的颜色" */
        if (!points(r, c, r->shown, false) || c->p.failed) c->p = (struct pointed){.any = false};
        return WANTS_PRODUCTS;
    }
    if ((!question || phrase_any(asks_for_products, s, NULL)) && cue_is(CUE_CHEAPER, s) && points(r, c, r->shown, false)) return WANTS_PRODUCTS;   /* "黑的那条太贵了" */
    if (reads_as_remove(r, c)) return WANTS_TO_REMOVE;
    if (cue_is(CUE_ADD, s) && !(cue_is(CUE_CART, s) && phrase_any((const char *const[]){"^(what|what's|whats|show|view|see|check|anything|is there)", "什么", NULL}, s, NULL)) && (points(r, c, r->shown, true) || about_cart(s))) {
        if (!c->p.any) points_at_focus(r, c);
        return WANTS_TO_ADD;
    }
    if (r->d->focus && phrase_any((const char *const[]){"^(我|那|就|给我|那就|我就)?(再)?(加|来|拿|要)(上)?(一|两|#)(个|件|款|双|台|条|只|把|顶|本|瓶|套|支|盒|包|袋|罐|份|张|副|对|箱)$", "^(add|take) #( of (it|them|those|these))?$", "^(i'll|i will|ill|let me|we'll|we will|i'd like to|can i|could i) (take|have|get|buy|order) #( of (it|them|those|these))?( please)?$", NULL}, span_trim(s), NULL)) {   /* "来两件": of what is talked about */
        points_at_focus(r, c);
        return WANTS_TO_ADD;
    }
    if (sets_quantity(r, c)) return WANTS_TO_ADD;
    if (cue_is(CUE_CART, s)) return WANTS_CART;
    if (cue_is(CUE_COMPARE, s) && r->d->n_shown) {
        if (points(r, c, r->shown, true) && c->p.set.n == 1 && r->d->focus)   /* "跟第三个比呢" */
            for (size_t i = r->shown->n; i-- > 0;)
                if (strcmp(r->shown->items[i].id, r->d->focus) == 0) set_add(r->shown, &c->p.set, i);
        return WANTS_COMPARISON;
    }
    if (reads_as_others(r, c)) return WANTS_OTHERS;
    if (reads_as_more(r, c)) return WANTS_MORE;
    bool refused = phrase_any((const char *const[]){"(不|别|没|非)(想|太)?要", "(don't|do not|not|no|never)", NULL}, s, NULL);
    if (phrase_any(orders, s, NULL) && !phrase_any(uses, s, NULL) && points(r, c, r->shown, true) && !c->p.failed) return WANTS_TO_BUY;
    if (!question && !refused && cue_is(CUE_BUY_SURELY, s) && r->d->focus && span_empty(cue_strip(without_cue(CUE_BUY_SURELY, s)))) {
        points_at_focus(r, c);
        return WANTS_TO_BUY;
    }
    if (!question && !refused && cue_is(CUE_BUY, s) && points(r, c, r->shown, cue_is(CUE_BUY_SURELY, s)) && !(c->p.failed && !r->d->n_shown)) return WANTS_TO_BUY;
    if (reads_as_fact(r, c)) return WANTS_FACT;
    c->p = (struct pointed){.any = false};
    return WANTS_PRODUCTS;
}

static enum intention read_intention(struct reading *r, struct clause *c)
{
    static const struct { enum cue cue; enum intention intention; } social[] = {
        {CUE_INJECTION, IS_OUT_OF_SCOPE}, {CUE_ABUSE, IS_ABUSIVE}, {CUE_GREET, GREETS}, {CUE_LEAVE, TAKES_LEAVE}, {CUE_THANK, THANKS}, {CUE_RESTART, STARTS_OVER}, {CUE_PERSON, WANTS_A_PERSON},
        {CUE_SERVICE, WANTS_SERVICE}, {CUE_COUPON, WANTS_CART}, {CUE_SCOPE, IS_OUT_OF_SCOPE}};
    for (size_t i = 0; i < sizeof social / sizeof social[0]; i++)
        if (cue_is(social[i].cue, c->span)) return social[i].intention;
    enum intention act = read_act(r, c);
    if (act == WANTS_PRODUCTS && !c->p.any && !names_field_alone(c->span) && !has_content(r, c->span) && !constrained(r, without_pointers(r, c))) return cue_is(CUE_SHOW, c->span) || cue_is(CUE_CHEAPER, c->span) || cue_is(CUE_DEARER, c->span) || cue_is(CUE_CHEAPEST, c->span) || cue_is(CUE_DEAREST, c->span) || not_too_dear(c->span, NULL) ? WANTS_PRODUCTS : !cue_is(CUE_SKIP, c->span) ? THANKS : SKIPS_QUESTION;
    return act;
}

/* ---- clauses joined ---- */

/* "第二个，加入购物车": the clause that only points gives its products to the act beside it that has none. */
static bool only_points(const struct clause *c)
{
    return c->intention == WANTS_FACT && c->p.any && !cue_is(CUE_FACT, c->span);
}

static bool takes_references(const struct clause *c)
{
    return (c->intention == WANTS_FACT || c->intention == WANTS_TO_ADD || c->intention == WANTS_TO_BUY || c->intention == WANTS_TO_REMOVE || c->intention == WANTS_COMPARISON || c->intention == WANTS_OTHERS) && !only_points(c);
}

static size_t join_pointers(struct clause *c, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && c[i].intention == WANTS_TO_BUY && c[i + 1].intention == WANTS_TO_ADD && !c[i + 1].p.n_spans) {   /* "第一个来两件，加入购物车" is one act */
            c[i].intention = WANTS_TO_ADD;
            c[i + 1] = c[i];
            continue;
        }
        bool next = i + 1 < n && takes_references(&c[i + 1]) && (!c[i + 1].p.any || c[i + 1].p.n_spans == 0), before = kept && takes_references(&c[kept - 1]) && (!c[kept - 1].p.any || c[kept - 1].p.failed);
        if (only_points(&c[i]) && next) {
            c[i + 1].p = c[i].p, c[i + 1].pool = c[i].pool;
            continue;
        }
        if (only_points(&c[i]) && before) {
            c[kept - 1].p = c[i].p, c[kept - 1].pool = c[i].pool;
            continue;
        }
        c[kept++] = c[i];
    }
    return kept;
}

/* Courtesy and small talk beside a request need no part of their own; a greeting alone does. */
static size_t drop_small_talk(struct clause *c, size_t n)
{
    bool request = false;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) request |= c[i].intention != GREETS && c[i].intention != THANKS && c[i].intention != IS_OUT_OF_SCOPE && c[i].intention != IS_ABUSIVE;
    for (size_t i = 0; i < n; i++) {
        bool small = c[i].intention == GREETS || c[i].intention == THANKS || (c[i].intention == IS_OUT_OF_SCOPE && !cue_is(CUE_INJECTION, c[i].span));
        if (!(request && small)) c[kept++] = c[i];
    }
    return kept;
}

/* ---- parts ---- */

static struct utterance_part *new_part(struct utterance *u, enum intention intention, struct span s)
{
    if (u->n_parts == PARTS_MAX) return NULL;
    struct utterance_part *p = &u->parts[u->n_parts++];
    *p = (struct utterance_part){.intention = intention, .begin = (uint32_t)(s.begin - u->normalised), .end = (uint32_t)(s.end - u->normalised), .text = "", .asked = "", .quantity = 1};
    return p;
}

/* "两件", "3个", "two of them", "x2" of a clause without its pointing words. */
static int64_t quantity_of(const char *text)
{
    static const char *const before[] = {"第", "前", "后", "size ", "no ", "number "};
    const char *end = text + strlen(text);
    for (const char *s = text; s < end; utf8_next(&s, end)) {
        int64_t value;
        size_t n = (s > text && latin_byte(s[-1]) && s[-1] != 'x') ? 0 : number_word(s, end, false, &value);
        bool no = false;
        for (size_t i = 0; n && i < sizeof before / sizeof before[0]; i++) no |= (size_t)(s - text) >= strlen(before[i]) && memcmp(s - strlen(before[i]), before[i], strlen(before[i])) == 0;
        if (!n || no || value < 1 || value > 999) continue;
        if (phrase_at("(个|件|双|台|条|只|把|顶|本|瓶|套|支|盒|包|袋|罐|份|张|副|对|箱| of| pieces| pairs| units| pcs| copies|$)", text, s + n, end) || (s > text && s[-1] == 'x') || phrase_at(" (in|to|into|please)", text, s + n, end)) return value;
        if (s + n == end && value <= 99) return value;   /* "add two" */
        s += n - 1;
    }
    if (phrase_any((const char *const[]){"a couple of", "a pair of", NULL}, (struct span){text, end}, NULL)) return 2;
    return 1;
}

static void fill_references(struct reading *r, const struct clause *c, struct utterance_part *p)
{
    p->reference_failed = c->p.failed;
    for (size_t i = 0; i < c->p.set.n && p->n_references < REFERENCES_MAX; i++) {
        const char *id = arena_strdup(r->a, c->pool->items[c->p.set.items[i]].id);
        if (!id) r->nomem = true;
        else p->references[p->n_references++] = id;
    }
}

/* What is asked of it: "is the first one quiet enough for a bedroom" points by its place, so that quiet and bedroom are asked about, though the
 * record has them, too. */
static const char *asked_of(struct reading *r, const struct clause *c)
{
    struct clause places = *c;
    references_find_places(r, c->pool ? c->pool : r->shown, c->span, &places.p);
    bool by_place = places.p.any && !places.p.failed && places.p.set.n && places.p.set.n == c->p.set.n;
    const char *rest = without_pointers(r, by_place ? &places : c);
    return span_copy(r->a, cue_strip((struct span){rest, rest + strlen(rest)}));
}

/* What a superlative was chosen from, and by what. */
static void fill_among(struct reading *r, const struct clause *c, struct utterance_part *p)
{
    if (!c->p.superlative || c->p.failed || c->pool != r->shown) return;
    for (size_t i = 0; i < c->p.among.n && p->n_among < REFERENCES_MAX; i++) {
        const char *id = arena_strdup(r->a, c->pool->items[c->p.among.items[i]].id);
        if (!id) r->nomem = true;
        else p->among[p->n_among++] = id;
    }
    p->measure = superlative_measure(c->p.which, r->u->language);
}

static void add_act(struct reading *r, const struct clause *c)
{
    struct utterance_part *p = new_part(r->u, c->intention, c->span);
    if (!p) return;
    const char *rest = without_pointers(r, c);
    p->text = span_copy(r->a, c->span);
    if (!p->text) p->text = "", r->nomem = true;
    fill_references(r, c, p);
    if (p->intention == WANTS_TO_ADD || p->intention == WANTS_TO_REMOVE || p->intention == WANTS_TO_BUY) p->quantity = quantity_of(rest);
    p->sets_quantity = c->sets_quantity;
    if (p->intention == WANTS_FACT) fill_among(r, c, p);
    if (p->intention == WANTS_FACT || (p->intention == WANTS_CART && cue_is(CUE_COUPON, c->span))) {
        p->asked = asked_of(r, c);
        if (!p->asked) p->asked = "", r->nomem = true;
    }
}

/* ---- needs ---- */

struct need_text { char *text; size_t n; struct span span; bool started; const struct clause *pointing; };

static void append(struct need_text *b, struct span s)
{
    size_t n = (size_t)(s.end - s.begin);
    if (b->n + n + 2 > BUFFER_MAX) return;
    if (b->n && b->text[b->n - 1] != ',') b->text[b->n++] = ',';
    memcpy(b->text + b->n, s.begin, n);
    b->n += n;
    b->text[b->n] = 0;
    if (!b->started) b->span = s;
    else b->span.end = s.end > b->span.end ? s.end : b->span.end;
    b->started = true;
}

/* What points is no wish: "这条再便宜点" looks for no 这条. */
static void blank_pointers(struct need_text *b, const struct clause *c, struct span piece)
{
    size_t base = b->n - (size_t)(piece.end - piece.begin);
    for (size_t i = 0; i < c->p.n_spans; i++) {
        struct span s = c->p.spans[i];
        if (s.begin >= piece.begin && s.end <= piece.end && b->n >= (size_t)(piece.end - piece.begin)) memset(b->text + base + (s.begin - piece.begin), ' ', (size_t)(s.end - s.begin));
    }
}

/* certain: a joint says that a second thing follows ("and a"), so that its words need not name a category. */
static bool other_things(struct reading *r, struct span a, struct span b, bool certain)
{
    const char *left = plain_words(r, a), *right = plain_words(r, b);
    enum relation forward = RELATION_NONE, back = RELATION_NONE;
    if (!*left || !*right) return false;
    if (matcher_relation(r->g->options.matcher, left, strlen(left), right, strlen(right), &forward) != OK) r->nomem = true;
    if (forward >= RELATION_OTHER && matcher_relation(r->g->options.matcher, right, strlen(right), left, strlen(left), &back) != OK) r->nomem = true;
    return (forward == RELATION_KIND || (certain && forward == RELATION_OTHER)) && back >= RELATION_OTHER;
}

static bool is_name(const struct index *x, struct span s)
{
    char title[UTTERANCE_BYTES_MAX];
    uint32_t label;
    size_t n = (size_t)(s.end - s.begin);
    int length = snprintf(title, sizeof title, TITLE_ATTRIBUTE ATTRIBUTE_SEPARATOR "%.*s", (int)n, s.begin);
    return index_find_label(x, FACET_CATEGORY, s.begin, n, &label) || index_find_label(x, FACET_BRAND, s.begin, n, &label)
           || (length > 0 && (size_t)length < sizeof title && index_find_label(x, ATTRIBUTES, title, (size_t)length, &label));
}

/* May a name begin or end between p - 1 and p? */
static bool word_edge(struct span s, const char *p)
{
    return p == s.begin || p == s.end || (unsigned char)p[-1] >= 0x80 || (unsigned char)*p >= 0x80 ? p == s.end || (*p & 0xC0) != 0x80 : !(latin_byte(p[-1]) && latin_byte(*p));
}

/* "foundation and primer" is one kind of the shop's, "gini and jony" one name: the joint is inside of it. */
static bool inside_name(const struct reading *r, struct span s, struct span joint)
{
    enum { NAME_SIDE_MAX = 24 };
    const struct index *x = matcher_index(r->g->options.matcher);
    for (const char *b = joint.begin; b-- > s.begin && joint.begin - b <= NAME_SIDE_MAX;)
        for (const char *e = joint.end + 1; word_edge(s, b) && *b != ' ' && e <= s.end && e - joint.end <= NAME_SIDE_MAX; e++)
            if (word_edge(s, e) && e[-1] != ' ' && is_name(x, (struct span){b, e})) return true;
    return false;
}

/* "一顶帐篷和两个睡袋": where the clause's second need begins, or NULL. */
static const char *second_need(struct reading *r, struct span s)
{
    static const char *const ands[] = {"(和|还有|以及|再加|加上|跟|及|与|、)", "(and|plus|as well as|along with|&)", NULL}, *const counted = "(和|还有|以及|再加|加上|再来|and|plus|as well as|&)( )?(一|两|三|个|几|#|a|an|some|two|three)";
    for (const char *p = s.begin; p < s.end; utf8_next(&p, s.end))
        for (size_t i = 0; ands[i] && p > s.begin; i++) {
            size_t n = phrase_at(ands[i], s.begin, p, s.end);
            if (n && !inside_name(r, s, (struct span){p, p + n}) && other_things(r, (struct span){s.begin, p}, (struct span){p + n, s.end}, phrase_at(counted, s.begin, p, s.end) > 0)) return p + n;
        }
    return NULL;
}

static status finish_need(struct reading *r, struct need_text *b, size_t *first)
{
    if (!b->started) return OK;
    struct utterance_part *p = new_part(r->u, WANTS_PRODUCTS, b->span);
    const struct topic *t = r->d->n_topics ? &r->d->topics[r->d->current] : NULL;
    struct span text = {b->text, b->text + b->n};
    if (!p) return OK;
    r->named.n = 0;
    if (b->pointing) {
        fill_references(r, b->pointing, p);
        if (b->pointing->pool == r->shown) r->named = b->pointing->p.set;
    }
    size_t index = r->u->n_parts - 1;
    bool later = *first < index;
    r->dropped = false;
    TRY(changes_read(r, text, later ? NULL : t, p));
    bool nothing = !*p->text && !p->n_changes && p->order == ORDER_FIT && !p->no_questions && !p->replaces_text && !p->reference_failed && !p->n_references;
    if (nothing && r->dropped) p->intention = IS_OUT_OF_SCOPE;   /* words that name nothing here change nothing */
    if (later) p->new_topic = true;   /* the second need of one utterance */
    b->started = false;
    b->n = 0;
    return OK;
}

static status add_needs(struct reading *r, struct clause *c, size_t n)
{
    struct need_text needs[PARTS_MAX] = {0};
    size_t count = 0, first = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (c[i].intention != WANTS_PRODUCTS) continue;
        struct span s = c[i].span;
        if (count && is_shared(s)) {
            for (size_t k = 0; k < count; k++) append(&needs[k], s);
            continue;
        }
        for (const char *second; s.begin < s.end; s.begin = second) {
            second = second_need(r, s);
            struct span piece = {s.begin, second ? second : s.end};
            struct span whole = count ? (struct span){needs[count - 1].text, needs[count - 1].text + needs[count - 1].n} : piece;
            bool more = !count || (count < PARTS_MAX && other_things(r, whole, piece, second != NULL || piece.begin > c[i].span.begin || cue_is(CUE_NEW, piece)));
            if (more) {
                needs[count].text = arena_alloc(r->a, BUFFER_MAX + 1);
                if (!needs[count].text) return fail_nomem("reading an utterance");
                count++;
            }
            append(&needs[count - 1], piece);
            if (c[i].p.any && c[i].p.set.n) needs[count - 1].pointing = &c[i];
            blank_pointers(&needs[count - 1], &c[i], piece);
            if (!second) break;
        }
    }
    for (size_t k = 0; k < count; k++) {
        if (first == SIZE_MAX) first = r->u->n_parts;
        TRY(finish_need(r, &needs[k], &first));
    }
    return OK;
}

/* ---- the whole ---- */

/* Has letters, and is not the bytes of something else: a text with a slip of its encoding still reads. */
static bool readable(struct span t)
{
    enum { LETTERS_EACH = 4 };   /* to a byte that is none */
    size_t letters = 0, broken = 0;
    while (t.begin < t.end) {
        uint32_t c = utf8_next(&t.begin, t.end);
        letters += utf8_is_han(c) || (c < 0x80 && latin_byte((char)c)) || (c >= 0xC0 && c < 0x2000 && c != 0xD7 && c != 0xF7) || (c >= 0x3040 && c < 0x3100) || (c >= 0xAC00 && c < 0xD7B0);
        broken += c == 0xFFFD;
    }
    return letters > 0 && letters >= LETTERS_EACH * broken;
}

static status read_clauses(struct reading *r, struct span text)
{
    struct clause *c = arena_zalloc(r->a, CLAUSES_MAX, sizeof *c);
    if (!c) return fail_nomem("reading an utterance");
    size_t n = cut(text, c);
    for (size_t i = 0; i < n; i++) {
        c[i].intention = read_intention(r, &c[i]);
        if (c[i].p.set.n && c[i].pool == r->shown) r->antecedent = c[i].p.set;
    }
    for (size_t i = 0; i < n; i++)
        if (cue_is(CUE_INJECTION, c[i].span)) {   /* what comes with it is of one breath with it */
            new_part(r->u, IS_OUT_OF_SCOPE, text);
            return OK;
        }
    n = join_pointers(c, n);
    n = drop_small_talk(c, n);
    bool needs = false;
    for (size_t i = 0; i < n; i++) {
        if (c[i].intention != WANTS_PRODUCTS) add_act(r, &c[i]);
        else if (!needs) {
            needs = true;
            TRY(add_needs(r, c, n));
        }
    }
    return OK;
}

static status read_all(struct reading *r, struct span text)
{
    bool answered = false;
    if (!readable(text)) {
        new_part(r->u, IS_EMPTY, (struct span){text.begin, text.begin});
        return OK;
    }
    if (is_noise(r, text)) {
        new_part(r->u, IS_OUT_OF_SCOPE, text);
        return OK;
    }
    struct utterance_part *p = new_part(r->u, WANTS_PRODUCTS, text);
    TRY(answer_read(r, text, p, &answered));
    if (answered) return OK;
    r->u->n_parts = 0;
    TRY(read_clauses(r, text));
    if (!r->u->n_parts) new_part(r->u, IS_EMPTY, (struct span){text.begin, text.begin});
    return OK;
}

/* Control characters are spaces; what is over the limit is cut at a character. */
static const char *clean(struct reading *r, const char *text, size_t n)
{
    struct strbuf b = {0};
    char *copy = arena_alloc(r->a, UTTERANCE_BYTES_MAX + 1);
    if (!copy) return NULL;
    if (n > UTTERANCE_BYTES_MAX) {
        n = UTTERANCE_BYTES_MAX;
        while (n && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
    }
    for (size_t i = 0; i < n; i++) copy[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7F ? ' ' : text[i];
    copy[n] = 0;
    const char *out = normalize(r->g->options.normalizer, copy, n, &b) == OK ? arena_strndup(r->a, strbuf_str(&b), b.len > BUFFER_MAX ? 0 : b.len) : NULL;
    strbuf_release(&b);
    return out;
}

status turn_read(struct guide *g, const struct dialogue *d, const char *text, size_t n, struct arena *a, struct utterance *out)
{
    struct reading r = {.g = g, .d = d, .a = a, .u = out};
    *out = (struct utterance){.language = d->language, .normalised = ""};
    const char *normalised = clean(&r, text, n);
    if (normalised) normalised = typos_mend(&r, normalised);
    r.shown = arena_zalloc(a, 1, sizeof *r.shown);
    r.cart = arena_zalloc(a, 1, sizeof *r.cart);
    if (!normalised || !r.shown || !r.cart) return fail_nomem("reading an utterance");
    out->normalised = normalised;
    struct span whole = {normalised, normalised + strlen(normalised)};
    if (readable(whole)) out->language = text_language(normalised, strlen(normalised));
    pool_of_shown(d, r.shown);
    pool_of_cart(d, r.cart);
    TRY(read_all(&r, whole));
    return r.nomem ? fail_nomem("reading an utterance") : OK;
}

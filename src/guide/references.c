/* Which products a clause points at: by number, by place, by what they are like, by name, by a pronoun. What cannot be told is said to
 * have failed; nothing is guessed. */
#include "scan_int.h"

#include <string.h>

/* ---- tables ---- */

static const char *const previous_group[] = {
    "上(一)?(批|轮|组|页|回)", "前(面|边)?(那)?(一)?(批|轮|组)", "前面(那)?(几)?(些)?(推荐|给|看|说|的|那)", "之前(那)?(一)?(批|推荐|给|看|说|的|那)", "先前(的|那)", "(previous|earlier|last) (list|batch|set|group|page|round|results|suggestions|recommendations|lot|time)", "(from|you showed|shown|you gave|you suggested|you recommended|i saw) (me )?(before|earlier|previously)", "the (earlier|previous) (two|three|four|five|ones)", NULL};
static const char *const first_group[] = {"一开始", "最开始", "最早", "最初", "最先", "开头", "at first", "originally", "original", "(at|in|from) the (very )?(start|beginning)", "very first", "initially", NULL};
static const char *const exclusions[] = {"除(了|去)?", "(all|everything|every one|both|all of them|all of these|anything) (of them |of these )?(except|but|apart from|other than|excluding)", "except( for)?", NULL};

/* Pronouns of one product and of several. loose: only where the clause does something to products. */
static const struct { const char *pattern; bool plural, loose; } pronouns[] = {
    {"(这|那)(两|俩|仨|三|四|五|几|些)%", true, false}, {"它们(俩|两个)?", true, false}, {"这些", true, false}, {"那些", true, false}, {"(these|those) (two|three|four|five|ones|guys)", true, false}, {"them (all|both)?", true, true}, {"(these|those)", true, true}, {"they", true, true},
    {"(刚才|刚刚|方才)(说|看|提|聊|讲|推荐)?(到|过)?(的)?(这|那)?(一)?(" MEASURES ")?", false, false},
    {"(这|那)(一)?(" MEASURES ")", false, false}, {"它", false, false}, {"(这|那)(东西|玩意|货)", false, false}, {"^(就)?(这|那)(就)?(要|买|吧|$)", false, true}, {"就(这|那|它)", false, true}, {"^(这|那)(怎么|多|是|有|能|可|好|贵|要|什么|卖|重|行|防|适|支|带|会|样)", false, true},
    {"(this|that) (one|item|product|model|thing|pair)", false, false}, {"the one (we|i|you) (just |were |was )?(talked|talking|mentioned|discussed|said|saw|looked|looking) *(about|at|of)?", false, false}, {"(it|its|it's)", false, true}, {"(this|that)", false, true}, {"(that's|this's)", false, true}, {"same (one|thing|item)", false, false}, {NULL, false, false}};
/* What "这个" stands before when it means no product. */
static const char *const no_product[] = {"价", "预算", "颜色", "色", "牌子", "品牌", "尺寸", "尺码", "码", "材质", "材料", "面料", "款式", "风格", "时候", "季节", "问题", "条件", "意思", "月份", "周末", "星期", "季度", "地方", "类型", "系列", "种类", "方面",
                                         " price", " colour", " color", " brand", " size", " budget", " style", " material", " time", " week", " month", " year", " kind", " sort", " type", " case", " much", " many", " season", " summer", " winter", " weekend", " range", " is for", NULL};

/* ---- helpers ---- */

void scan_mark(struct scan *s, const char *begin, const char *end)
{
    s->out->any = true;
    if (s->out->n_spans < REFERENCES_MAX) s->out->spans[s->out->n_spans++] = (struct span){begin, end};
}

void scan_take(struct scan *s, size_t item)
{
    set_add(s->p, &s->out->set, item);
}

void scan_take_number(struct scan *s, int64_t k)
{
    if (k >= 1 && (uint64_t)k <= s->n) scan_take(s, s->first + (size_t)k - 1);
    else s->out->failed = true;
}

void scan_take_range(struct scan *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) scan_take(s, i);
}

bool starts_with_any(const char *p, const char *end, const char *const *words)
{
    for (; *words; words++)
        if ((size_t)(end - p) >= strlen(*words) && memcmp(p, *words, strlen(*words)) == 0) return true;
    return false;
}

/* The number word inside of a match. */
int64_t number_inside(const char *s, const char *end)
{
    for (int64_t value; s < end; utf8_next(&s, end))
        if (number_word(s, end, true, &value)) return value;
    return 0;
}

bool pool_position(const struct pool *p, const char *id, size_t *at)
{
    for (size_t i = p->n; id && i-- > 0;)
        if (strcmp(p->items[i].id, id) == 0) {
            *at = i;
            return true;
        }
    return false;
}

/* The product that "it" means: the one talked about last, else the only one of the last group. */
bool scan_focused(const struct scan *s, size_t *item)
{
    if (pool_position(s->p, s->r->d->focus, item)) return true;
    *item = s->first;
    return s->n == 1;
}

/* ---- superlatives ---- */

static const char *const degrees[] = {"(最|更|比较|较|相对|稍|稍微)", "(the one that's|the one that is|the one that|the one which|whichever is|which is the|which one is the|which one is|which is|the)", NULL};

/* "最便宜的那个", "便宜的那款", "哪个轻", "the cheaper one", "the lightest". Returns bytes used. */
static size_t superlative_here(struct scan *s, const char *at, size_t *which)
{
    struct span c = s->clause;
    const char *word = at, *end;
    bool degree = false, one = false;
    for (size_t i = 0; degrees[i]; i++) {
        size_t n = phrase_at(degrees[i], c.begin, at, c.end);
        if (n) word = at + n, degree = true;
        if (n && (phrase_at("which", c.begin, at, c.end) || phrase_at("the one", c.begin, at, c.end))) one = true;   /* "which is lighter" */
    }
    if (!one && latin_byte(*at) && phrase_find("^(and |so )?(which|what one|who)", c, NULL) && phrase_find("(is|are|'s|weighs|costs|the)$", span_trim((struct span){c.begin, at}), NULL)) one = true;   /* "which of the first two is lighter" */
    size_t which_one = phrase_at("(哪|那|这)(一)?%(最|更|比较|会)?", c.begin, word, c.end);
    if (which_one && word == at) word += which_one, one = true;
    while (word < c.end && *word == ' ') word++;
    size_t n = superlative_at(c.begin, word, c.end, which);
    if (!n) return 0;
    end = word + n;
    bool est = latin_byte(*word) && (memmem(word, n, "est", 3) || memmem(word, n, "most", 4) || memmem(word, n, "least", 5));
    size_t tail = phrase_at("(的)?(那|这)(一)?(" MEASURES ")", c.begin, end, c.end);
    if (!tail) tail = phrase_at("( one| ones| of (them|these|those|the two|the three|all|the bunch)| of)", c.begin, end, c.end);
    if (tail) end += tail, one = true;
    else if ((size_t)(c.end - end) >= 3 && memcmp(end, "的", 3) == 0) end += 3, one |= degree && s->loose;
    bool most = degree && (size_t)(c.end - at) >= 3 && memcmp(at, "最", 3) == 0;
    size_t many = phrase_at("(的)?(那|这)?(两|三|#)(" MEASURES ")", c.begin, word + n, c.end);
    if (many && s->loose) end = word + n + many, one = true, s->count = (size_t)number_inside(word + n, end);
    if (phrase_find("(a|an|any|another|something|anything|some)$", (struct span){c.begin, at}, NULL) && !phrase_at("(the|which)", c.begin, at, c.end)) return 0;
    size_t little = phrase_at("(一)?(点|些)(儿)?(的)?(那|这)(一)?(" MEASURES ")", c.begin, word + n, c.end);
    if (little) end = word + n + little, one = true;
    else if (phrase_at("(一)?(点|些)", c.begin, word + n, c.end)) return 0;   /* "便宜点的": wanted, not pointed at */
    if (latin_byte(*word) && phrase_find("than", (struct span){end, c.end}, NULL)) return 0;
    if ((unsigned char)*word >= 0x80 && n == 3 && end == word + n && end < c.end && (unsigned char)*end >= 0x80 && !starts_with_any(end, c.end, (const char *const[]){"吗", "呢", "啊", "些", "点", "一", "是", "多", "加", "放", "就", "吧", "。", "、", "呀", "有", "要", NULL})) return 0;   /* "高领" */
    bool plain = superlative_dimension(*which, &(bool){false}) && strcmp(superlative_dimension(*which, &(bool){false}), "price") != 0;
    if (most && plain && s->p->n && span_empty((struct span){c.begin, at})) one |= span_empty(cue_strip((struct span){end, c.end}));   /* "最能装的" cannot be an order */
    if (est && degree && span_empty((struct span){c.begin, at}) && span_empty((struct span){end, c.end})) one = true;   /* "the priciest" */
    if (!one && !(most && s->loose) && !(est && s->loose && degree)) return 0;
    return (size_t)(end - at);
}

static void apply_superlative(struct scan *s, size_t which)
{
    if (phrase_any((const char *const[]){"(时间|时长|续航|保温|待机|电池|多久)", "(battery|warm|hours|time)", NULL}, s->clause, NULL)) superlative_of_time(&which);
    struct set among = s->out->set;
    size_t best = 0;
    if (among.n == 0 && s->r->antecedent.n > 1 && s->p == s->r->shown) among = s->r->antecedent;   /* "第一跟第三个比，哪个更轻" */
    if (among.n == 0)
        for (size_t i = s->first; i < s->first + s->n; i++) set_add(s->p, &among, i);
    s->out->set.n = 0;
    s->out->superlative = true;
    s->out->among = among;
    s->out->which = which;
    for (size_t k = s->count ? s->count : 1; k > 0 && !s->out->failed; k--) {
        if (!superlative_of(s->r, s->p, &among, which, &best)) s->out->failed = true;
        else scan_take(s, best);
        size_t kept = 0;
        for (size_t i = 0; i < among.n; i++)
            if (among.items[i] != best) among.items[kept++] = among.items[i];
        among.n = kept;
    }
}

/* ---- pronouns ---- */

bool names_earlier_group(struct span words)
{
    return phrase_any(previous_group, words, NULL);
}

bool means_no_product(const char *behind, const char *end)
{
    return starts_with_any(behind, end, no_product);
}

static size_t pronoun_at(struct scan *s, const char *at, bool *plural)
{
    size_t longest = 0;
    struct span c = s->clause;
    for (size_t i = 0; pronouns[i].pattern; i++) {
        if (pronouns[i].loose && !s->loose) continue;
        size_t n = phrase_at(pronouns[i].pattern, c.begin, at, c.end);
        if (n > 3 && strncmp(pronouns[i].pattern, "^(这|那)(怎么", sizeof "^(这|那)(怎么" - 1) == 0) n = 3;   /* what follows is asked: "那重量呢" */
        if (n > longest) longest = n, *plural = pronouns[i].plural;
    }
    return longest && !means_no_product(at + longest, c.end) ? longest : 0;
}

static void take_pronoun(struct scan *s, bool plural)
{
    size_t item;
    if (s->out->set.n) return;   /* "第二个，它防水吗": said already */
    if (s->r->antecedent.n && s->p == s->r->shown && (plural || s->r->antecedent.n == 1)) {   /* "the middle one looks nice, how heavy is it" */
        for (size_t i = 0; i < s->r->antecedent.n; i++) scan_take(s, s->r->antecedent.items[i]);
        return;
    }
    if (plural && s->n) scan_take_range(s, s->first, s->first + s->n);
    else if (!plural && scan_focused(s, &item)) scan_take(s, item);
    else s->out->failed = true;
}

static void take_pronoun_beside(struct scan *s)
{
    size_t item;
    if (scan_focused(s, &item)) scan_take(s, item);
    else s->out->failed = true;
}

/* ---- the whole ---- */

static void choose_group(struct scan *s)
{
    size_t begin;
    s->first = 0;
    s->n = s->p->n;
    if (s->p != s->r->shown) return;
    s->n = last_group(s->r->d, &s->first);
    if (names_earlier_group(s->clause) && s->first > 0) {
        s->n = group_before(s->r->d, s->first, &begin);
        s->first = begin;
        s->earlier = true;
    } else if (phrase_any(first_group, s->clause, NULL) && s->first > 0) {
        size_t n = 1;
        while (n < s->p->n && s->p->items[n].group == s->p->items[0].group) n++;
        s->first = 0;
        s->n = n;
    }
}

/* Everything that points at `at`; bytes used, or 0. */
static size_t point_at(struct scan *s, const char *at, bool *pronoun, bool *plural)
{
    size_t before = s->out->n_spans, n = (unsigned char)*at >= 0x80 ? scan_han_description(s, at) : 0;
    if (n) return n;
    bool all = s->pending_all, pair = s->pending_pair;
    n = scan_place(s, at);
    if (n && s->pending_all == all && s->pending_pair == pair) {
        scan_mark(s, at, at + n);
        return n;
    }
    size_t described = (unsigned char)*at < 0x80 ? scan_latin_description(s, at) : 0;
    if (described) {   /* "both black ones", "all the Nike ones" */
        if (s->out->n_spans > before) s->pending_all = all, s->pending_pair = pair;
        return described;
    }
    if (n) {
        scan_mark(s, at, at + n);
        return n;
    }
    if ((n = scan_bare_description(s, at)) != 0) return n;
    if ((n = scan_name(s, at)) == 0 && (n = pronoun_at(s, at, plural)) != 0) *pronoun = true;
    if (n) scan_mark(s, at, at + n);
    return n;
}

static void scan_clause(struct scan *s)
{
    size_t which = 0;
    bool superlative = false, pronoun = false, plural = false;
    for (const char *at = s->clause.begin; at < s->clause.end;) {
        size_t best = 0, n = superlative_here(s, at, &best);
        if (n) {
            superlative_by_attribute(span_trim((struct span){s->clause.begin, at}), &best);
            which = best;
            superlative = true;
            scan_mark(s, at, at + n);
        }
        if (!n) n = point_at(s, at, &pronoun, &plural);
        if (n) at += n;
        else utf8_next(&at, s->clause.end);
    }
    if (s->loose && !superlative) scan_bare_descriptions(s);
    bool beside = pronoun && !plural && (superlative || s->out->set.n) && phrase_any((const char *const[]){"(和|跟|与|比|还是)", "(and|or|vs|versus|with|than|to)", NULL}, s->clause, NULL);
    if (superlative) apply_superlative(s, which);
    if (beside && !s->out->failed) take_pronoun_beside(s);   /* "这个和最贵的那个哪个好" */
    else if (superlative) return;
    else if (s->pending_pair && !s->out->failed) scan_take_pair(s);
    else if (pronoun && !s->out->failed && (s->inverted || !s->pending_all)) take_pronoun(s, plural);
    else if (s->pending_all && !s->out->failed && !s->inverted) scan_take_all(s);
}

/* "除了第一个都要": all of the group but those. */
static void invert(struct scan *s)
{
    struct set named = s->out->set;
    if (s->out->failed || !named.n) return;
    s->out->set.n = 0;
    for (size_t i = s->first; i < s->first + s->n; i++)
        if (!set_has(s->p, &named, s->p->items[i].id)) scan_take(s, i);
}

void references_find_places(struct reading *r, struct pool *p, struct span clause, struct pointed *out)
{
    *out = (struct pointed){.any = false};
    struct scan s = {.r = r, .p = p, .clause = clause, .out = out, .loose = true, .n = p->n};
    for (const char *at = clause.begin; at < clause.end;) {
        size_t n = scan_place(&s, at);
        if (n) scan_mark(&s, at, at + n), at += n;
        else utf8_next(&at, clause.end);
    }
    if (s.pending_pair) scan_take_pair(&s);
    else if (s.pending_all) scan_take_all(&s);
}

void references_find(struct reading *r, struct pool *p, struct span clause, bool loose, struct pointed *out)
{
    struct span found;
    *out = (struct pointed){.any = false};
    struct scan s = {.r = r, .p = p, .clause = clause, .out = out, .loose = loose && p->n > 0};
    choose_group(&s);
    bool inverted = phrase_any(exclusions, clause, &found);
    s.inverted = inverted;
    if (inverted) s.clause.begin = found.end;   /* "都", "all" before it name no products of their own */
    scan_clause(&s);
    if (inverted) invert(&s);
    if (out->failed) out->set.n = 0;
}

/* Which products a clause points at: by number, by place, by what they are like, by name, by a pronoun. What cannot be told is said to
 * have failed; nothing is guessed. */
#include "read_int.h"

#include <string.h>

#define MEASURES "个|款|件|只|双|台|条|本|把|瓶|张|套|支|顶|部|块|盏|辆|副|口|床|罐|盒|根|枚|串"

struct scan {
    struct reading *r;
    struct pool *p;
    struct span clause;
    struct pointed *out;
    size_t first, n;             /* the group that numbers count in */
    bool loose, inverted, earlier;         /* earlier: a group before the last was named */
    bool pending_all, pending_pair; /* "all", "both": unless something narrower is named */
    uint64_t pending_number;        /* how many "all four" says, or 0 */
    size_t count;                   /* "便宜的两个": how many a superlative takes */
};

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

static void mark(struct scan *s, const char *begin, const char *end)
{
    s->out->any = true;
    if (s->out->n_spans < REFERENCES_MAX) s->out->spans[s->out->n_spans++] = (struct span){begin, end};
}

static void take(struct scan *s, size_t item)
{
    set_add(s->p, &s->out->set, item);
}

static void take_number(struct scan *s, int64_t k)
{
    if (k >= 1 && (uint64_t)k <= s->n) take(s, s->first + (size_t)k - 1);
    else s->out->failed = true;
}

static void take_range(struct scan *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) take(s, i);
}

static bool starts(const char *p, const char *end, const char *const *words)
{
    for (; *words; words++)
        if ((size_t)(end - p) >= strlen(*words) && memcmp(p, *words, strlen(*words)) == 0) return true;
    return false;
}

/* The number word inside of a match. */
static int64_t number_in(const char *s, const char *end)
{
    for (int64_t value; s < end; utf8_next(&s, end))
        if (number_word(s, end, true, &value)) return value;
    return 0;
}

static bool position_of(const struct pool *p, const char *id, size_t *at)
{
    for (size_t i = p->n; id && i-- > 0;)
        if (strcmp(p->items[i].id, id) == 0) {
            *at = i;
            return true;
        }
    return false;
}

/* The product that "it" means: the one talked about last, else the only one of the last group. */
static bool focused(const struct scan *s, size_t *item)
{
    if (position_of(s->p, s->r->d->focus, item)) return true;
    *item = s->first;
    return s->n == 1;
}

/* ---- by number and place ---- */

enum place { PLACE_NUMBER, PLACE_FROM_END, PLACE_LAST, PLACE_HEAD, PLACE_TAIL, PLACE_MIDDLE, PLACE_ALL, PLACE_PAIR, PLACE_OTHER, PLACE_REST, PLACE_BEFORE, PLACE_FIRST_EVER, PLACE_EARLIER, PLACE_NONE, PLACE_FORMER, PLACE_LATTER, PLACE_AFTER };
static const struct { const char *pattern; enum place place; bool loose; } places[] = {
    {"倒数(第)?#%", PLACE_FROM_END, false}, {"(second|third) (to|from) (the )?(last|end|bottom)", PLACE_FROM_END, false}, {"(second|third) last", PLACE_FROM_END, false}, {"last but one", PLACE_FROM_END, false}, {"next to last", PLACE_FROM_END, false},
    {"最后(面)?(的)?(#)%", PLACE_TAIL, false}, {"(the )?last (two|three|four|#) (ones|of them|of these|items)?", PLACE_TAIL, false}, {"后(面)?(的)?(两|俩|三|四|#)(" MEASURES ")", PLACE_TAIL, false},
    {"最后(面)?(的)?(那|一|这)*%", PLACE_LAST, false}, {"末尾(那|的)*%", PLACE_LAST, false}, {"(the|very) last( one)?", PLACE_LAST, false}, {"last (one|item|option)", PLACE_LAST, false}, {"(and|or) last$", PLACE_LAST, false}, {"^last$", PLACE_LAST, false}, {"(the )?bottom( one)?", PLACE_LAST, true},
    {"前(面)?(的)?(两|俩|三|四|五|#)(" MEASURES ")", PLACE_HEAD, false}, {"前(两|俩|三)(者)?", PLACE_HEAD, true}, {"头(两|俩|三|四|#)%", PLACE_HEAD, false}, {"(the )?(first|top) (two|three|four|five|2|3|4|5|couple)( ones| of them| of these| items)?", PLACE_HEAD, false},
    {"(the )?(very )?first (one )?(that )?(you|i|we|u) (ever )?(showed|saw|gave|recommended|suggested|looked|mentioned)( me)?( at)?", PLACE_FIRST_EVER, false}, {"(一开始|最开始|最早|最初|最先)(看到|看|推荐|说|给我看|给|介绍)?(的)?(那|这)?(一)?(" MEASURES ")", PLACE_FIRST_EVER, false}, {"^(一开始|最开始|最早|最初|最先)(的)$", PLACE_FIRST_EVER, false}, {"(the )?(very first|original)( one)?", PLACE_FIRST_EVER, false}, {"the one (you showed |i saw |from |at )*(at first|at the (start|beginning)|originally|initially)", PLACE_FIRST_EVER, false},
    {"上(面|边)?(那)?一(" MEASURES ")", PLACE_BEFORE, false}, {"上个(那|的|产品|商品)?", PLACE_BEFORE, true}, {"前(面)?(那)?一(" MEASURES ")", PLACE_BEFORE, false}, {"(the )?(previous|preceding|prior)( one| item| product)?", PLACE_BEFORE, false}, {"the one (right )?(before|above)( (it|that|this|that one|this one))?$", PLACE_BEFORE, false},
    {"(之前|先前|早先|前面|前头|刚开始)(的|看|推荐|说|给我看|提到)*(过)?(的)?那(一)?(" MEASURES ")", PLACE_EARLIER, false}, {"(the )?(earlier|one from before|one from earlier)( one| item)?", PLACE_EARLIER, false}, {"the one (you|i|we) (showed|saw|suggested|recommended|gave|looked at|mentioned|had)( me)? (before|earlier|previously)", PLACE_EARLIER, false},
    {"最(下|后|末)(面|边)?(的)?(那|这)?(一)?(" MEASURES ")", PLACE_LAST, false}, {"最(上|前)(面|边)(的)?(那|这)?(一)?(" MEASURES ")", PLACE_NUMBER, false}, {"(the )?top one", PLACE_NUMBER, false},
    {"下(面|边)?(那)?一(" MEASURES ")", PLACE_AFTER, false}, {"(the )?next (one|item|product)", PLACE_AFTER, false}, {"the one (right )?(after|below)( (it|that|this|that one|this one))?$", PLACE_AFTER, false},
    {"中间(的|那|这|一)*%", PLACE_MIDDLE, false}, {"(正)?当中(那|的)%", PLACE_MIDDLE, false}, {"(the )?(one in the )?middle( one)?", PLACE_MIDDLE, false},
    {"另(外)?(的|那)?(一)?(" MEASURES ")", PLACE_OTHER, false}, {"(the )?other one", PLACE_OTHER, false}, {"(其他(的)?|其它(的)?|其余(的)?|剩下(的)?|别的那)(都|全)?(几|两|些|三|四)(" MEASURES ")?", PLACE_REST, false}, {"(其他的|其它的|其余的|剩下的)", PLACE_REST, true}, {"(the )?(others|rest|remaining ones|other ones|other (two|three|four|#))", PLACE_REST, false},
    {"(前者)", PLACE_FORMER, false}, {"(后者)", PLACE_LATTER, false}, {"(the )?former", PLACE_FORMER, false}, {"(the )?latter", PLACE_LATTER, false},
    {"(这|那)?(两|俩)(" MEASURES ")?(都|全)", PLACE_PAIR, false}, {"(这|那)(两|俩)(" MEASURES ")?", PLACE_PAIR, false}, {"^(两|俩)(" MEASURES ")(都|一起|哪|有什么|比|对|$)", PLACE_PAIR, false}, {"二者", PLACE_PAIR, false}, {"它(们)?俩", PLACE_PAIR, false},
    {"both( of them| of these)?", PLACE_PAIR, false}, {"(the|these|those) (two|2)( of them| of these| ones)?", PLACE_PAIR, false}, {"either( one| of them)?", PLACE_PAIR, true}, {"the pair of them", PLACE_PAIR, false},
    {"(这|那)(三|四|五|3|4|5)%", PLACE_ALL, false}, {"(三|四|五)(个|款|件|双|台|条)(都|全)", PLACE_ALL, false}, {"(这|那)(些|几)%(都|全)?", PLACE_ALL, false}, {"(全部|全都|所有(的)?|统统|都要|都买|都加|全要|全买|全加)", PLACE_ALL, true}, {"(all|everything|every one) (of )?(them|these|those|the (three|four|five|products|items|ones))?", PLACE_ALL, true}, {"all (three|four|five|#|of (these|them|those))", PLACE_ALL, false}, {"它们", PLACE_ALL, false}, {"(these|those) (ones|three|four|five|products|items)?", PLACE_ALL, true}, {"them", PLACE_ALL, true}, {"they", PLACE_ALL, true},
    {"第#(" MEASURES "|种|样|位|号|项|家|包|袋)?", PLACE_NUMBER, false}, {"头(一)?个", PLACE_NUMBER, false}, {"首(个|款|件|位)", PLACE_NUMBER, false}, {"(the )?(number|no\\.|no|nr|option|item|choice|product|num) #", PLACE_NUMBER, false},
    {"the (first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|4th|5th|6th|7th|8th|9th|10th)( one| ones| option| item| product| choice)?", PLACE_NUMBER, false}, {"(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|4th|5th|6th|7th|8th|9th|10th) (one|ones|option|item|product|choice)", PLACE_NUMBER, false}, {"(first|second|third|fourth|fifth|sixth|1st|2nd|3rd|4th|5th)", PLACE_NUMBER, true},
    {"#号(那|这|的)?%", PLACE_NUMBER, false}, {"^# (looks|seems|sounds|is) (quite |really |very |pretty )?(good|nice|great|fine|ok|okay|lovely|interesting|perfect)", PLACE_NUMBER, false},
};

/* What "all" means when nothing narrower was named. */
static void take_all(struct scan *s)
{
    if (s->out->set.n) {
        if (s->pending_number && s->pending_number != s->out->set.n) s->out->failed = true;
    } else if (s->r->antecedent.n && (s->r->antecedent.n > 1 || !s->pending_number) && s->p == s->r->shown && (!s->pending_number || s->pending_number == s->r->antecedent.n)) {
        for (size_t i = 0; i < s->r->antecedent.n; i++) take(s, s->r->antecedent.items[i]);
    } else if (!s->n || (s->pending_number && s->pending_number != s->n)) {
        s->out->failed = true;
    } else {
        take_range(s, s->first, s->first + s->n);
    }
}

static void take_pair(struct scan *s)
{
    if (s->out->set.n >= 2) return;   /* "第一个和第三个，这两个": said already */
    if (s->r->antecedent.n == 2 && s->p == s->r->shown)
        for (size_t i = 0; i < 2; i++) take(s, s->r->antecedent.items[i]);
    else if (s->n == 2) take_range(s, s->first, s->first + 2);
    else s->out->failed = true;
}

static void take_other(struct scan *s)
{
    size_t focus = 0;
    bool have = position_of(s->p, s->r->d->focus, &focus) && focus >= s->first;
    if (s->out->set.n == 1 && s->n == 2) take(s, s->out->set.items[0] == s->first ? s->first + 1 : s->first);
    else if (have && s->n == 2) take(s, focus == s->first ? s->first + 1 : s->first);
    else s->out->failed = true;
}

static void take_rest(struct scan *s)
{
    size_t focus = 0;
    bool have = position_of(s->p, s->r->d->focus, &focus) && focus >= s->first;
    struct set named = s->out->set;
    if (!named.n && !have) s->out->failed = true;
    for (size_t i = s->first; i < s->first + s->n && !s->out->failed; i++)
        if (named.n ? !set_has(s->p, &named, s->p->items[i].id) : i != focus) take(s, i);
}

static void take_before(struct scan *s)
{
    size_t at;
    bool have = focused(s, &at);
    if (have && at > 0) take(s, at - 1);
    else s->out->failed = true;
}

static void take_earlier(struct scan *s)
{
    size_t begin = 0, end = 0, n = 0, focus = 0;
    if (s->p == s->r->shown && last_group(s->r->d, &end) && end > 0) n = group_before(s->r->d, end, &begin);
    if (n == 1) take(s, begin);
    else if (position_of(s->p, s->r->d->focus, &focus) && focus < end) take(s, focus);
    else s->out->failed = true;
}

static void take_place(struct scan *s, enum place place, const char *at, const char *end)
{
    int64_t k = number_in(at, end);
    size_t stop = s->first + s->n, focus;
    switch (place) {
    case PLACE_NUMBER: take_number(s, k ? k : 1); break;
    case PLACE_FROM_END: take_number(s, (int64_t)s->n + 1 - (k ? k : 2)); break;
    case PLACE_LAST: take_number(s, (int64_t)s->n); break;
    case PLACE_HEAD:
        for (const char *q = at; q < end; utf8_next(&q, end))   /* "first two": the second number counts */
            if ((memcmp(q, "two", 3) == 0 || memcmp(q, "cou", 3) == 0) && end - q >= 3) k = 2;
            else if (end - q >= 5 && memcmp(q, "three", 5) == 0) k = 3;
            else if (end - q >= 4 && memcmp(q, "four", 4) == 0) k = 4;
            else if (*q >= '2' && *q <= '9') k = *q - '0';
        if (k > 0 && (uint64_t)k <= s->n) take_range(s, s->first, s->first + (size_t)k);
        else s->out->failed = true;
        break;
    case PLACE_TAIL:
        if (k > 0 && (uint64_t)k <= s->n) take_range(s, stop - (size_t)k, stop);
        else s->out->failed = true;
        break;
    case PLACE_MIDDLE: take_number(s, s->n % 2 ? (int64_t)s->n / 2 + 1 : 0); break;
    case PLACE_ALL:
        s->pending_all = true;
        s->pending_number = k > 1 ? (uint64_t)k : 0;
        break;
    case PLACE_PAIR: s->pending_pair = true; break;
    case PLACE_OTHER: take_other(s); break;
    case PLACE_REST: take_rest(s); break;
    case PLACE_BEFORE:
        if (!s->earlier) take_before(s);   /* "the previous list" named a group */
        break;
    case PLACE_EARLIER:
        if (!s->earlier || !s->out->set.n) take_earlier(s);
        break;
    case PLACE_FIRST_EVER:
        if (s->p->n) take(s, 0);
        else s->out->failed = true;
        break;
    case PLACE_FORMER: s->n == 2 ? take_number(s, 1) : (void)(s->out->failed = true); break;
    case PLACE_LATTER: s->n == 2 ? take_number(s, 2) : (void)(s->out->failed = true); break;
    case PLACE_AFTER:
        if (focused(s, &focus) && focus + 1 < s->p->n) take(s, focus + 1);
        else s->out->failed = true;
        break;
    case PLACE_NONE: break;
    }
}

/* Is the clause nothing but small numbers, what joins them, and words of acts ("1和3比较", "2", "numbers 1 and 3")? */
static bool only_numbers(const struct scan *s)
{
    static const char *const allowed[] = {"和", "跟", "与", "、", "比较", "对比", "比", "一下", "the", "one", "ones", "选", "要", "就", "看", "加购", "号", "吧", "这个", "哪个好", "哪个", "哪款", "哪件", "哪双", "哪", "好", "更", "划算", "便宜", "值得", "值", "适合", "合适", "性价比高", "性价比", "耐用", "实用", "买", "我", "的", "区别", "有什么", "有啥", "差别", "不同", "呢", "吗", "which is better", "which one is better", "which", "is", "better", "numbers", "number", "no", "compare", "and", "or", "vs", "versus", "with", "please", "for me", "帮我", "option", "options", "i'll take", "add", "let's see", "show me", "&", "+", ",", ".", "?", "!", " ", "-", NULL};
    int64_t value;
    bool any = false;
    for (const char *p = s->clause.begin; p < s->clause.end;) {
        size_t n = number_word(p, s->clause.end, true, &value), k = 0;
        if (n && (value < 1 || (uint64_t)value > s->n)) return false;
        if (n == 3 && memcmp(p, "one", 3) == 0 && p > s->clause.begin) n = 0;
        any |= n > 0;
        for (size_t i = 0; !n && allowed[i]; i++) {
            size_t length = strlen(allowed[i]);
            if ((size_t)(s->clause.end - p) >= length && memcmp(p, allowed[i], length) == 0 && length > k) k = length;
        }
        if (!n && !k) return false;
        p += n ? n : k;
    }
    return any;
}

/* "#3", and numbers that are all the clause says. */
static size_t bare_number(const struct scan *s, const char *at, int64_t *value)
{
    const char *end = s->clause.end;
    if (*at == '#') {
        const char *q = at + 1;
        while (q < end && *q == ' ') q++;
        size_t n = q < end ? number_word(q, end, false, value) : 0;
        return n ? (size_t)(q - at) + n : 0;
    }
    if (at > s->clause.begin && latin_byte(at[-1])) return 0;
    size_t n = number_word(at, end, true, value);
    if (n == 3 && memcmp(at, "one", 3) == 0 && at > s->clause.begin) return 0;   /* "the third one" */
    return n && s->n && only_numbers(s) ? n : 0;
}

static size_t place_at(struct scan *s, const char *at)
{
    size_t longest = 0;
    enum place place = PLACE_NONE;
    int64_t value;
    size_t n = bare_number(s, at, &value);
    if (n) {
        take_number(s, value);
        return n;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].loose && !s->loose) continue;
        n = phrase_at(places[i].pattern, s->clause.begin, at, s->clause.end);
        if (n > longest) longest = n, place = places[i].place;
    }
    size_t focus;
    if (!longest || (place == PLACE_AFTER && !position_of(s->p, s->r->d->focus, &focus))) return 0;   /* "下一个" of nothing: more of them */
    if (place == PLACE_NUMBER && memmem(at, longest, "号", 3) && at - s->clause.begin >= 3 && (memcmp(at - 3, "大", 3) == 0 || memcmp(at - 3, "小", 3) == 0)) return 0;   /* "大一号" */
    if (place == PLACE_NUMBER && *at >= '0' && *at <= '9' && number_in(at, at + longest) > (int64_t)s->n) return 0;   /* "400 is okay too" */
    if (place == PLACE_NUMBER && memmem(at, longest, "号", 3) && number_in(at, at + longest) > 20) return 0;
    if ((place == PLACE_NUMBER || place == PLACE_LAST) && starts(at + longest, s->clause.end, (const char *const[]){"次", "天", "步", "年", "代", "季", " time", " thing", " of all", " day", " floor", " week", " month", " year", " birthday", NULL})) return 0;
    take_place(s, place, at, at + longest);
    return longest;
}

/* ---- by what it is like ---- */

/* What a description says: constraints, quantities ("40升") and the words that are left. */
struct description {
    struct need need;
    struct span words, rest;
    struct { double value; const char *dimension; } quantities[4];
    size_t n_quantities;
};

/* "for one person" as the records have it, "1 person". */
static struct span counted_in_digits(struct reading *r, struct span words)
{
    static const char *const numbers[] = {"one", "two", "three", "four", "five", "six"};
    struct strbuf b = {0};
    for (const char *s = words.begin; s < words.end;) {
        size_t n = 0;
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !n; i++) {
            size_t k = strlen(numbers[i]);
            bool whole = (size_t)(words.end - s) > k + 6 && memcmp(s, numbers[i], k) == 0 && (s == words.begin || !latin_byte(s[-1])) && (s[k] == ' ' || s[k] == '-');
            if (!whole || (memcmp(s + k + 1, "person", 6) != 0 && memcmp(s + k + 1, "people", 6) != 0)) continue;
            strbuf_putc(&b, (char)('1' + i));
            n = k;
        }
        if (!n) strbuf_putc(&b, *s);
        s += n ? n : 1;
    }
    const char *copy = b.failed ? NULL : arena_strndup(r->a, strbuf_str(&b), b.len);
    size_t length = b.len;
    strbuf_release(&b);
    if (!copy) r->nomem = true;
    return copy ? (struct span){copy, copy + length} : words;
}

static status describe_init(struct reading *r, struct span words, struct description *out)
{
    enum { NUMBERS_MAX = 4 };
    struct number numbers[NUMBERS_MAX];
    struct unit_measure m;
    words = counted_in_digits(r, words);
    *out = (struct description){.words = words};
    TRY(matcher_understand(r->g->options.matcher, words.begin, (size_t)(words.end - words.begin), &out->need));
    uint32_t anybody;
    const struct index *x = matcher_index(r->g->options.matcher);
    for (size_t i = 0; i < out->need.n_constraints; i++) {   /* in a search, what names nobody is for everybody; here the one for kids is meant */
        struct constraint *c = &out->need.constraints[i];
        size_t kept = 0;
        if (c->kind != CONSTRAINT_FACET || c->facet != FACET_AUDIENCE || !index_find_label(x, FACET_AUDIENCE, "any", 3, &anybody)) continue;
        for (size_t k = 0; k < c->n_labels; k++)
            if (c->labels[k] != anybody) c->labels[kept++] = c->labels[k];
        c->n_labels = kept;
    }
    char *rest = arena_strdup(r->a, out->need.free_text);
    if (!rest) return fail_nomem("reading a reference");
    for (size_t i = 0; i < out->need.n_constraints; i++) {   /* attributes stay words, which the record must have */
        const struct constraint *c = &out->need.constraints[i];
        char *at = c->kind == CONSTRAINT_ATTRIBUTE || (c->kind == CONSTRAINT_FACET && c->facet == FACET_CATEGORY) || !*c->said ? NULL : strstr(rest, c->said);
        if (at) memset(at, ' ', strlen(c->said));
    }
    size_t length = strlen(rest), n = text_numbers(rest, length, numbers, NUMBERS_MAX);
    for (size_t i = 0; i < n && i < NUMBERS_MAX; i++) {
        bool people = numbers[i].kind == NUMBER_UNIT && strcmp(numbers[i].unit, "people") == 0;
        if (people) m = (struct unit_measure){"people", "people", 1};
        else if (numbers[i].kind != NUMBER_UNIT || !text_unit_measure(numbers[i].unit, &m)) continue;
        out->quantities[out->n_quantities].value = numbers[i].value * m.factor;
        out->quantities[out->n_quantities++].dimension = m.dimension;
        memset(rest + numbers[i].begin, ' ', numbers[i].end - numbers[i].begin);
    }
    out->rest = (struct span){rest, rest + length};
    return OK;
}

/* weak: an attribute's name counts, too, unless its value says no ("noise cancelling: active"). */
static bool meets(struct reading *r, struct pool *p, size_t item, const struct description *d, bool weak, bool *any)
{
    const struct loaded *l = pool_load(r, p, item);
    bool fits = false, words = false;
    if (!l) return false;
    if (matcher_meets(r->g->options.matcher, &d->need, l->product.key, &fits) != OK) r->nomem = true;
    bool positive = d->need.n_constraints > 0;
    for (size_t i = 0; i < d->need.n_constraints; i++) positive &= !d->need.constraints[i].negated && d->need.constraints[i].kind == CONSTRAINT_FACET;
    if (!fits && positive) fits = words_in_record(l->text, d->words, &words);   /* "aluminium frame" is the label of another product alone */
    for (size_t i = 0; i < d->n_quantities && fits; i++) fits = record_has_quantity(l->text, d->quantities[i].value, d->quantities[i].dimension);
    if (!words_in_record(l->text, d->rest, &words) && !(weak && words_in_record(l->names, d->rest, &words))) fits = false;
    for (size_t i = 0; i < d->need.n_constraints && fits; i++) {   /* soft in a search, not here: the shopper looks at it */
        const struct constraint *c = &d->need.constraints[i];
        bool named = false;
        if (c->hard || c->kind != CONSTRAINT_FACET || c->facet == FACET_CATEGORY) continue;
        fits = words_in_record(l->text, (struct span){c->said, c->said + strlen(c->said)}, &named) || !named;
    }
    *any |= words || d->need.n_constraints > 0 || d->n_quantities > 0;
    return fits;
}

/* A line of the record that is the words and nothing else ("白色" rather than "米白色"). */
static bool has_line(const char *record, struct span words)
{
    words = span_trim(words);
    if (words.end - words.begin > 3 && memcmp(words.end - 3, "的", 3) == 0) words.end -= 3;
    size_t n = (size_t)(words.end - words.begin);
    for (const char *s = record; n && (s = memmem(s, strlen(s), words.begin, n)) != NULL; s++)
        if (s > record && s[-1] == '\n' && (s[n] == '\n' || ((unsigned char)words.end[-1] >= 0x80 && strncmp(s + n, "色\n", 4) == 0))) return true;
    return false;
}

/* Of several that fit, those that say it in these very words are meant. */
static size_t most_literal(struct reading *r, struct pool *p, const struct description *d, size_t *found, size_t n)
{
    for (int pass = 0; pass < 2 && n > 1; pass++) {
        size_t kept[POOL_MAX], count = 0;
        for (size_t i = 0; i < n; i++) {
            const struct loaded *l = pool_load(r, p, found[i]);
            bool any;
            if (l && (pass == 0 ? has_line(l->text, d->words) : words_in_record(l->text, d->words, &any))) kept[count++] = found[i];
        }
        if (!count) continue;
        memcpy(found, kept, count * sizeof *found);
        n = count;
    }
    return n;
}

static void take_described(struct reading *r, struct pool *p, const struct description *d, bool plural, struct pointed *out)
{
    bool any = false;
    for (size_t end = p->n, begin; end > 0; end = begin) {
        size_t found[POOL_MAX], count = 0;
        begin = end;
        while (begin > 0 && p->items[begin - 1].group == p->items[end - 1].group) begin--;
        for (int weak = 0; weak < 2 && !count; weak++)
            for (size_t i = begin; i < end; i++)
                if (meets(r, p, i, d, weak, &any)) found[count++] = i;
        out->any = any;
        if (!count || !any) continue;
        if (count > 1 && !plural) count = most_literal(r, p, d, found, count);
        if (count > 1 && !plural) out->failed = true;
        for (size_t i = 0; i < count && !out->failed; i++) set_add(p, &out->set, found[i]);
        return;
    }
    if (out->any) out->failed = true;
}

void describe(struct reading *r, struct pool *p, struct span words, bool plural, struct pointed *out)
{
    struct description d;
    words = span_trim(words);
    if (span_empty(words)) return;
    if (describe_init(r, words, &d) != OK) r->nomem = true;
    else take_described(r, p, &d, plural, out);
    need_release(&d.need);
}

/* ---- descriptions in a clause ---- */

/* Runs describe on words; true: they pointed at something. soft: only if a product fits, else the words were none. */
static bool try_description(struct scan *s, struct span words, struct span whole, bool plural, bool soft)
{
    struct pointed found = {.any = false};
    words = span_trim(words);
    if (words.end - words.begin < 2 || words.end - words.begin > 96) return false;
    describe(s->r, s->p, words, plural, &found);
    if (!found.any || (soft && !found.set.n)) return false;
    for (size_t i = 0; i < found.set.n; i++) take(s, found.set.items[i]);
    s->out->failed |= found.failed;
    mark(s, whole.begin, whole.end);
    return true;
}

static bool is_plural(struct span words)
{
    static const char *const plural[] = {"(那|这)(些|几|两|三)", "(ones|both|all)", "(都|全部)", NULL};
    return phrase_any(plural, words, NULL);
}

/* Where the words before `at` begin that may describe: behind joints and behind what points already. */
static const char *piece_begin(const struct scan *s, const char *at)
{
    static const char *const joints[] = {"和", "跟", "与", "还有", ",", "、", "或者", "或", "还是", "比", "除了", "购物车", "以及"};
    const char *best = s->clause.begin;
    for (const char *p = s->clause.begin; p < at; utf8_next(&p, at))
        for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++) {
            size_t n = strlen(joints[i]);
            if ((size_t)(at - p) >= n && memcmp(p, joints[i], n) == 0 && p + n > best) best = p + n;
        }
    for (size_t i = 0; i < s->out->n_spans; i++)
        if (s->out->spans[i].end <= at && s->out->spans[i].end > best) best = s->out->spans[i].end;
    return best;
}

/* The next act word at the beginning of a piece: bytes, or 0. */
static size_t act_word(const char *s, const char *end)
{
    static const char *const acts[] = {"加购物车", "加购", "加入", "放进", "给我来", "给我看看", "给我", "帮我", "就要", "不要", "介绍一下", "介绍", "说说", "删掉", "删除", "去掉", "移除", "比较", "对比", "看看", "换成", "刚才", "刚刚", "之前", "那就", "想要", "喜欢", "购物车", "把", "将", "加", "放", "买", "选", "拿", "要", "删", "看", "就", "那", "给", "来", "我", "想", "先", "从", "不", "换", "里", "请", "有", "是", " "};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        size_t n = strlen(acts[i]);
        if ((size_t)(end - s) > n && memcmp(s, acts[i], n) == 0) return n;
    }
    return 0;
}

/* Tries [begin, end) as a description, then without the act words at its front, one by one ("加绒的" before "绒的"). */
static bool try_pieces(struct scan *s, const char *begin, const char *end, const char *stop, bool plural)
{
    for (;;) {
        if (try_description(s, (struct span){begin, end}, (struct span){begin, stop}, plural, true)) return true;
        size_t n = act_word(begin, end);
        if (!n) return false;
        begin += n;
    }
}

/* Where a description behind "that"/"the one with" ends. */
static const char *description_end(const char *s, const char *end, bool first)
{
    static const char *const stops[] = {",", ".", "?", "!", ";", "to (my|the)", "in (my|the)", "into", "and", "from (the|my)", "please", "pls", "out of", "(is|are|was|has|does|did|do|can|will)", "(cost|costs|weigh|weighs|come|comes|hold|holds|last|lasts|made)", "instead", "then", "now", "for me", "or", "vs", "versus", "so", "you (showed|had|gave)", "that you", "i (saw|guess|think)",
                                        "多", "吗", "怎么", "防", "有", "是", "能", "加", "放", "删", "和", "跟", "比", "呢", "吧", "给", "什么", "好", "可", "从", "去", "贵", "重", "就", "要", "买", "还", "适", "会", "哪", "不", "拿", "来", "也", "都", "值", "在", "几", "太", "没", "行", "怎"};
    for (const char *p = s; p < end; utf8_next(&p, end)) {
        if (p == s && !first) continue;
        if (p > s && *p == '-' && p[-1] == ' ') return p;
        for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++)
            if (phrase_at(stops[i], s, p, end)) return p;
    }
    return end;
}

/* "那件红的", "那个能速开的", "那条牛仔裤", "刚才那件米白的羽绒服": what stands behind the demonstrative. Bytes used, or 0. */
static size_t described_behind(struct scan *s, const char *at, const char *behind, bool plural)
{
    static const char *const questions[] = {"什么", "多少", "怎么", "哪", "几", "吗", "加购", "购物车", "去掉", "删", "和", "跟", "与", "比", "还是", ",", NULL};
    struct span c = s->clause, found;
    const char *stop = description_end(behind, c.end, true);
    if (stop > behind && !starts(behind, c.end, no_product) && try_description(s, (struct span){behind, stop}, (struct span){at, stop}, plural, true)) return (size_t)(stop - at);
    struct span near = {behind, c.end - behind > 30 ? behind + 30 : c.end};
    while (near.end < c.end && ((unsigned char)*near.end & 0xC0) == 0x80) near.end++;
    if (!phrase_find("的", near, &found) || found.begin == behind || phrase_any(questions, (struct span){behind, found.begin}, NULL) || starts(behind, c.end, no_product)) return 0;
    if (phrase_at("的(吗|么|嘛)", near.begin, found.begin, c.end) || (phrase_at("(有|是|能|会|可以)", near.begin, behind, c.end) && phrase_find("(吗|么|不|没有)$", near, NULL))) return 0;   /* "这件有黑色的吗" asks */
    bool told = try_description(s, (struct span){behind, found.begin}, (struct span){at, found.end}, plural, false);
    return told ? (size_t)(found.end - at) : 0;
}

/* Chinese: "红的那件", "带轮子的那个", "小叶那个", "那个黑色的", "刚才推荐的橙色帐篷". Returns bytes used at `at`, or 0. */
static size_t han_description(struct scan *s, const char *at)
{
    static const char *const lead_ins[] = {"(觉得|感觉|如果|假如|关于|对于|要是|是不是|怎么|什么|多少|因为|所以|但是|可是|不过|只|应该|可以|能不能|能|会|不是|购物车|请问|还是|想|想要|喜欢|问|说|了|过|下|一下|请|帮|我|你|您|她|他|给|把|就|吗|呢|吧|价格|价钱|颜色|尺码|材质)$", "(多少|怎么|什么|吗)", NULL};
    static const char *const remembered = "(刚才|刚刚|之前|前面|上面|先前|一开始|方才)(说|看|推荐|给我看|提|给|介绍|发|聊)?(过|到|了)?(的)?";
    struct span c = s->clause;
    size_t asked = phrase_at("哪(一)?(些|几)?(" MEASURES "|种)?(会|更|最)?(是|有|带|能|可以|支持)", s->clause.begin, at, s->clause.end);
    if (asked) {   /* "哪件是亚麻的" */
        const char *stop = at + asked;
        while (stop < s->clause.end && !phrase_at("(吗|呢|啊|吧)", s->clause.begin, stop, s->clause.end) && *stop != '?') utf8_next(&stop, s->clause.end);
        return try_description(s, (struct span){at + asked, stop}, (struct span){at, stop}, true, true) ? (size_t)(stop - at) : 0;
    }
    size_t n = phrase_at("((刚才|刚刚|之前|先前|前面|上面|方才)(说|看|提|推荐|聊|给我看|讲|介绍)?(过|到|了)?(的)?)?(那|这)(一)?(" MEASURES "|种|些|(几|两|三)(" MEASURES "))", c.begin, at, c.end);
    if (!n) {
        n = phrase_at(remembered, c.begin, at, c.end);
        const char *stop = n ? description_end(at + n, c.end, true) : at;
        if (stop > at + n && try_description(s, (struct span){at + n, stop}, (struct span){at, stop}, false, true)) return (size_t)(stop - at);
        return 0;
    }
    bool plural = is_plural((struct span){at, at + n}), genitive = at - c.begin >= 3 && (memcmp(at - 3, "的", 3) == 0 || memcmp(at - 3, "色", 3) == 0);
    const char *begin = piece_begin(s, at);
    if (begin < at && try_pieces(s, begin, at, at + n, plural)) return n;
    size_t behind = described_behind(s, at, at + n, plural);
    if (behind) return behind;
    struct span words = {begin, genitive || (at - begin >= 6 && !phrase_any(lead_ins, (struct span){begin, at}, NULL)) ? at : begin};
    for (size_t k; words.begin < words.end && (k = act_word(words.begin, words.end)) != 0;) words.begin += k;
    if (!genitive && words.end - words.begin < 6) return 0;   /* too little to be a name */
    return words.begin < words.end && try_description(s, words, (struct span){begin, at + n}, plural, false) ? n : 0;
}

static const char *const not_described[] = {"cart", "basket", "bag", "price", "same", "list", "weight", "difference", "total", "budget", "order", "shop", "store", "rest", "two", "three", "first", "last", "best", "one", NULL};

/* "the red one", "that black one", "the one with wheels", "the Nike ones", "the waterproof tent". */
static size_t latin_description(struct scan *s, const char *at)
{
    struct span c = s->clause;
    size_t n = phrase_at("(the |that |this |those |these )(one|ones|model|models|pair) (with|that has|that have|which has|that comes with|having|in|from|by|made of|made from|that is|that's|that are|which is|which are|for)", c.begin, at, c.end), which;
    if (n) {
        const char *stop = description_end(at + n, c.end, false);
        bool superlative = false;
        for (const char *p = at + n; p < stop; p++) superlative |= superlative_at(c.begin, p, c.end, &which) > 0;
        if (!superlative && !phrase_any(previous_group, (struct span){at, stop}, NULL) && try_description(s, (struct span){at + n, stop}, (struct span){at, stop}, is_plural((struct span){at, at + n}), false)) return (size_t)(stop - at);
        if (superlative) return n;   /* "the one with the lowest heel" */
    }
    n = phrase_at("which (one |ones |of them |of these )?(is|are|has|have|comes with|come with)", c.begin, at, c.end);
    if (n) {   /* "which one is linen" */
        const char *stop = description_end(at + n, c.end, false);
        return try_description(s, (struct span){at + n, stop}, (struct span){at, stop}, true, true) ? (size_t)(stop - at) : 0;
    }
    n = phrase_at("(the|that|this|those|these|all the|both)( two| three| four)?( of the)?", c.begin, at, c.end);
    if (!n) return 0;
    const char *words = at + n, *stop = description_end(words, c.end, false);
    for (const char *p = words; p < stop; p++) {
        if (phrase_at("(the|a|an|between|of|with|that|from|than)", c.begin, p, c.end)) break;
        size_t one = phrase_at("(one|ones|pair|model|models)", c.begin, p, c.end);
        if (!one) continue;
        bool plural = p + 3 < c.end && p[3] == 's';
        return try_description(s, (struct span){words, p}, (struct span){at, p + one}, plural, false) ? (size_t)(p + one - at) : 0;
    }
    if (!s->loose && !(s->p->n && span_empty((struct span){c.begin, at}))) return 0;   /* "the grey tent" is all that is said */
    if (span_empty((struct span){words, stop}) || phrase_any(not_described, (struct span){words, stop}, NULL)) return 0;
    bool plural = phrase_at("(all|both|those|these|the (two|three))", c.begin, at, c.end) > 0;
    while (stop > words && !try_description(s, (struct span){words, stop}, (struct span){at, stop}, plural, true)) {   /* "the yellow backpack really waterproof" */
        const char *space = stop;
        while (space > words && *--space != ' ') continue;
        stop = space > words && s->loose && phrase_find("^(is|are|was|does|do|can|will|has|have|how)", c, NULL) ? space : words;
    }
    return stop > words ? (size_t)(stop - at) : 0;
}

/* "white one or navy one": without an article, where a product fits. "a red one" is a wish. */
static size_t bare_latin_description(struct scan *s, const char *at)
{
    struct span c = s->clause;
    if (!latin_byte(*at) || (at > c.begin && latin_byte(at[-1])) || phrase_at("(a|an|any|another|some|no|other|which|what|more|good|better|new|first|second|third|last|this|that|the|one|ones|is|are)", c.begin, at, c.end)) return 0;
    if (phrase_any((const char *const[]){"(do|have) you (have|got|sell)", "(any|is there|are there|looking for|need|want|prefer|show me|some)", NULL}, c, NULL)) return 0;   /* asked for, not pointed at */
    if (phrase_find("(a|an|any|another|some|of)", (struct span){c.begin, at}, NULL) && at - c.begin < 8) return 0;
    const char *p = at;
    for (int words = 0; words < 3; words++) {
        while (p < c.end && *p != ' ') p++;
        if (p == c.end) return 0;
        size_t one = phrase_at("(one|ones)", c.begin, p + 1, c.end);
        if (one) return try_description(s, (struct span){at, p}, (struct span){at, p + 1 + one}, p[4] == 's', true) ? (size_t)(p + 1 + one - at) : 0;
        p++;
    }
    return 0;
}

/* "黑色的和白的", "Voxpine的都", "黑色短靴来一双": without a demonstrative, where the clause does something to products and one fits. */
static void bare_descriptions(struct scan *s)
{
    struct span c = s->clause, found;
    for (const char *p = c.begin; p < c.end && phrase_find("的", (struct span){p, c.end}, &found); p = found.end) {
        bool marked = false;
        for (size_t i = 0; i < s->out->n_spans; i++) marked |= found.begin >= s->out->spans[i].begin && found.begin < s->out->spans[i].end;
        bool plural = phrase_at("的(这|那)?(都|全|几|些|两)", c.begin, found.begin, c.end) > 0;
        const char *begin = piece_begin(s, found.begin);
        if (!marked && begin < found.begin) try_pieces(s, begin, found.begin, found.end, plural);
    }
    if (s->out->any || !phrase_find("(给我来|给我拿|来|要|买|加购|加入|放进|加到)(一|两|三|购物车|#)", c, &found)) return;
    const char *begin = piece_begin(s, found.begin);
    if (begin < found.begin) try_pieces(s, begin, found.begin, found.begin, false);
}

/* ---- by name ---- */

/* Words of a title that are a name: a piece between spaces that no other shown product's title has and that is no kind of thing; or
 * four Han characters and more in a row. */
static size_t name_at(struct scan *s, const char *at, size_t *item)
{
    size_t longest = 0, holders = 0;
    struct span c = s->clause;
    if (at > c.begin && latin_byte(at[-1]) && latin_byte(*at)) return 0;
    for (size_t i = s->p->n; i-- > 0;) {
        const struct loaded *l = pool_load(s->r, s->p, i);
        if (!l) continue;
        for (const char *t = l->text + 1; *t;) {   /* the first lines are titles and the brand */
            size_t n = strcspn(t, " \n,|/()"), k = 0;
            while (k < n && at + k < c.end && at[k] == t[k]) k++;
            bool latin = n && latin_byte(*t), whole = k == n && (!latin || at + k == c.end || !latin_byte(at[k]));
            if (strspn(t, "0123456789.%") >= n) whole = false;   /* "500" of "500 ml" names nothing */
            if (n >= (latin ? 3u : 6u) && whole && n >= longest && !(latin && text_is_stopword(t, n))) {
                bool same = longest && strcmp(s->p->items[*item].id, l->id) == 0;
                if (n > longest) holders = 0;
                if (!same || n > longest) holders++;
                if (n > longest || i > *item) *item = i;
                longest = n;
            }
            t += n;
            if (*t == '\n' && t[1] == 0) break;
            t += *t != 0;
        }
    }
    return holders == 1 ? longest : 0;
}

/* A name that only one shown product carries; words of kinds and facets are no names. */
static size_t take_name(struct scan *s, const char *at)
{
    size_t item = 0, n = name_at(s, at, &item);
    struct need need;
    if (!n) return 0;
    bool plain = false;
    if (matcher_understand(s->r->g->options.matcher, at, n, &need) != OK) {
        s->r->nomem = true;
        return 0;
    }
    for (size_t i = 0; i < need.n_constraints; i++) plain |= need.constraints[i].kind != CONSTRAINT_FACET || need.constraints[i].facet != FACET_BRAND;
    need_release(&need);
    if (plain) return 0;
    take(s, item);
    return n;
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
    if (many && s->loose) end = word + n + many, one = true, s->count = (size_t)number_in(word + n, end);
    if (phrase_find("(a|an|any|another|something|anything|some)$", (struct span){c.begin, at}, NULL) && !phrase_at("(the|which)", c.begin, at, c.end)) return 0;
    size_t little = phrase_at("(一)?(点|些)(儿)?(的)?(那|这)(一)?(" MEASURES ")", c.begin, word + n, c.end);
    if (little) end = word + n + little, one = true;
    else if (phrase_at("(一)?(点|些)", c.begin, word + n, c.end)) return 0;   /* "便宜点的": wanted, not pointed at */
    if (latin_byte(*word) && phrase_find("than", (struct span){end, c.end}, NULL)) return 0;
    if ((unsigned char)*word >= 0x80 && n == 3 && end == word + n && end < c.end && (unsigned char)*end >= 0x80 && !starts(end, c.end, (const char *const[]){"吗", "呢", "啊", "些", "点", "一", "是", "多", "加", "放", "就", "吧", "。", "、", "呀", "有", "要", NULL})) return 0;   /* "高领" */
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
        else take(s, best);
        size_t kept = 0;
        for (size_t i = 0; i < among.n; i++)
            if (among.items[i] != best) among.items[kept++] = among.items[i];
        among.n = kept;
    }
}

/* ---- pronouns ---- */

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
    return longest && !starts(at + longest, c.end, no_product) ? longest : 0;
}

static void take_pronoun(struct scan *s, bool plural)
{
    size_t item;
    if (s->out->set.n) return;   /* "第二个，它防水吗": said already */
    if (s->r->antecedent.n && s->p == s->r->shown && (plural || s->r->antecedent.n == 1)) {   /* "the middle one looks nice, how heavy is it" */
        for (size_t i = 0; i < s->r->antecedent.n; i++) take(s, s->r->antecedent.items[i]);
        return;
    }
    if (plural && s->n) take_range(s, s->first, s->first + s->n);
    else if (!plural && focused(s, &item)) take(s, item);
    else s->out->failed = true;
}

static void take_pronoun_beside(struct scan *s)
{
    size_t item;
    if (focused(s, &item)) take(s, item);
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
    if (phrase_any(previous_group, s->clause, NULL) && s->first > 0) {
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
    size_t before = s->out->n_spans, n = (unsigned char)*at >= 0x80 ? han_description(s, at) : 0;
    if (n) return n;
    bool all = s->pending_all, pair = s->pending_pair;
    n = place_at(s, at);
    if (n && s->pending_all == all && s->pending_pair == pair) {
        mark(s, at, at + n);
        return n;
    }
    size_t described = (unsigned char)*at < 0x80 ? latin_description(s, at) : 0;
    if (described) {   /* "both black ones", "all the Nike ones" */
        if (s->out->n_spans > before) s->pending_all = all, s->pending_pair = pair;
        return described;
    }
    if (n) {
        mark(s, at, at + n);
        return n;
    }
    if ((n = bare_latin_description(s, at)) != 0) return n;
    if ((n = take_name(s, at)) == 0 && (n = pronoun_at(s, at, plural)) != 0) *pronoun = true;
    if (n) mark(s, at, at + n);
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
            mark(s, at, at + n);
        }
        if (!n) n = point_at(s, at, &pronoun, &plural);
        if (n) at += n;
        else utf8_next(&at, s->clause.end);
    }
    if (s->loose && !superlative) bare_descriptions(s);
    bool beside = pronoun && !plural && (superlative || s->out->set.n) && phrase_any((const char *const[]){"(和|跟|与|比|还是)", "(and|or|vs|versus|with|than|to)", NULL}, s->clause, NULL);
    if (superlative) apply_superlative(s, which);
    if (beside && !s->out->failed) take_pronoun_beside(s);   /* "这个和最贵的那个哪个好" */
    else if (superlative) return;
    else if (s->pending_pair && !s->out->failed) take_pair(s);
    else if (pronoun && !s->out->failed && (s->inverted || !s->pending_all)) take_pronoun(s, plural);
    else if (s->pending_all && !s->out->failed && !s->inverted) take_all(s);
}

/* "除了第一个都要": all of the group but those. */
static void invert(struct scan *s)
{
    struct set named = s->out->set;
    if (s->out->failed || !named.n) return;
    s->out->set.n = 0;
    for (size_t i = s->first; i < s->first + s->n; i++)
        if (!set_has(s->p, &named, s->p->items[i].id)) take(s, i);
}

void references_find_places(struct reading *r, struct pool *p, struct span clause, struct pointed *out)
{
    *out = (struct pointed){.any = false};
    struct scan s = {.r = r, .p = p, .clause = clause, .out = out, .loose = true, .n = p->n};
    for (const char *at = clause.begin; at < clause.end;) {
        size_t n = place_at(&s, at);
        if (n) mark(&s, at, at + n), at += n;
        else utf8_next(&at, clause.end);
    }
    if (s.pending_pair) take_pair(&s);
    else if (s.pending_all) take_all(&s);
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

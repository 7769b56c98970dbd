/* Which products a clause points at: by number, by place, by what they are like, by name, by a pronoun. What cannot be told is said to
 * have failed; nothing is guessed. */
#include "read_int.h"

#include <string.h>

struct scan {
    struct reading *r;
    struct pool *p;
    struct span clause;
    struct pointed *out;
    size_t first, n;             /* the group that numbers count in */
    bool loose, earlier;         /* earlier: a group before the last was named */
    bool taken_all;
};

/* ---- tables ---- */

static const char *const previous_group[] = {
    "上(一)?(批|轮|组|页|回)", "前(面|边)?(那)?(一)?(批|轮|组)", "前面(那)?(几)?(些)?(推荐|给|看|说|的|那)", "之前(那)?(一)?(批|推荐|给|看|说|的|那)", "先前(的|那)", "(previous|earlier|last) (list|batch|set|group|page|round|results|suggestions|recommendations|lot|time)", "(from|you showed|shown|you gave|you suggested|you recommended|i saw) (me )?(before|earlier|previously)", "the (earlier|previous) (#|ones)", NULL};
static const char *const first_group[] = {"一开始", "最开始", "最早", "最初", "最先", "开头", "at first", "originally", "original", "(at|in|from) the (very )?(start|beginning)", "very first", "initially", NULL};
static const char *const exclusions[] = {"除(了|去)?", "(all|everything|every one|both|all of them|all of these|anything) (of them |of these )?(except|but|apart from|other than|excluding)", "except( for)?", NULL};

/* Pronouns of one product and of several. loose: only where the clause does something to products. */
static const struct { const char *pattern; bool plural, loose; } pronouns[] = {
    {"(这|那)(两|俩|仨|三|四|五|几|些)%", true, false}, {"它们(俩|两个)?", true, false}, {"这些", true, false}, {"那些", true, false}, {"(these|those) (two|three|four|five|ones|guys)", true, false}, {"them (all|both)?", true, true}, {"(these|those)", true, true}, {"they", true, true},
    {"(刚才|刚刚|方才)(说|看|提|聊|讲|推荐)?(到|过)?(的)?(这|那)?(一)?(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种)?", false, false},
    {"(这|那)(一)?(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|部|盏|辆|副|口|床|罐|盒)", false, false}, {"它", false, false}, {"(这|那)(东西|玩意|货)", false, false}, {"^(就)?(这|那)(就)?(要|买|吧|$)", false, true}, {"就(这|那|它)", false, true}, {"^(这|那)(怎么|多|是|有|能|可|好|贵|要|什么|卖|重|行|防|适|支|带|会|样)", false, true},
    {"(this|that) (one|item|product|model|thing|pair)", false, false}, {"the one (we|i|you) (just |were |was )?(talked|talking|mentioned|discussed|said|saw|looked|looking) *(about|at|of)?", false, false}, {"(it|its|it's)", false, true}, {"(this|that)", false, true}, {"(that's|this's)", false, true}, {"same (one|thing|item)", false, false}, {NULL, false, false}};
/* What "这个" stands before when it means no product. */
static const char *const no_product[] = {"价", "预算", "颜色", "色", "牌子", "品牌", "尺寸", "尺码", "码", "材质", "材料", "面料", "款式", "风格", "时候", "季节", "问题", "条件", "意思", "人", "月", "周", "星期", "季", "天", "年", "地方", "类型", "类", "系列", "种类", "方面",
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

enum place { PLACE_NUMBER, PLACE_FROM_END, PLACE_LAST, PLACE_HEAD, PLACE_TAIL, PLACE_MIDDLE, PLACE_ALL, PLACE_PAIR, PLACE_OTHER, PLACE_REST, PLACE_BEFORE, PLACE_FIRST_EVER, PLACE_EARLIER, PLACE_NONE, PLACE_FORMER, PLACE_LATTER };
static const struct { const char *pattern; enum place place; bool loose; } places[] = {
    {"倒数(第)?#%", PLACE_FROM_END, false}, {"(second|third) (to|from) (the )?(last|end|bottom)", PLACE_FROM_END, false}, {"(second|third) last", PLACE_FROM_END, false}, {"last but one", PLACE_FROM_END, false}, {"next to last", PLACE_FROM_END, false},
    {"最后(面)?(的)?(#)%", PLACE_TAIL, false}, {"(the )?last (two|three|four|#) (ones|of them|of these|items)?", PLACE_TAIL, false}, {"后(面)?(的)?(两|俩|三|四|#)(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种|样|块)", PLACE_TAIL, false},
    {"最后(面)?(的)?(那|一|这)*%", PLACE_LAST, false}, {"末尾(那|的)*%", PLACE_LAST, false}, {"(the )?(very )?last( one)?", PLACE_LAST, false}, {"(the )?bottom( one)?", PLACE_LAST, true},
    {"前(面)?(的)?(两|俩|三|四|五|#)(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种|样|块)", PLACE_HEAD, false}, {"前(两|俩|三)(者)?", PLACE_HEAD, true}, {"头(两|俩|三|四|#)%", PLACE_HEAD, false}, {"(the )?(first|top) (two|three|four|five|2|3|4|5|couple)( ones| of them| of these| items)?", PLACE_HEAD, false},
    {"(the )?(very )?first (one )?(that )?(you|i|we|u) (ever )?(showed|saw|gave|recommended|suggested|looked|mentioned)( me)?( at)?", PLACE_FIRST_EVER, false}, {"(一开始|最开始|最早|最初|最先)(的|看|推荐|说|给我看|给)*(那|这|一)?%", PLACE_FIRST_EVER, false}, {"(the )?(very first|original)( one)?", PLACE_FIRST_EVER, false}, {"the one (you showed |i saw |from |at )*(at first|at the (start|beginning)|originally|initially)", PLACE_FIRST_EVER, false},
    {"上(面|边)?(那)?一(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种)", PLACE_BEFORE, false}, {"上个(那|的|产品|商品)?", PLACE_BEFORE, true}, {"前(面)?(那)?一(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种)", PLACE_BEFORE, false}, {"(the )?(previous|preceding|prior)( one| item| product)?", PLACE_BEFORE, false}, {"the one (right )?(before|above)( (it|that|this|that one|this one))?$", PLACE_BEFORE, false},
    {"(之前|先前|早先|前面|前头|刚开始)(的|看|推荐|说|给我看|提到)*(过)?(的)?那(一)?(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种)", PLACE_EARLIER, false}, {"(the )?(earlier|one from before|one from earlier)( one| item)?", PLACE_EARLIER, false}, {"the one (you|i|we) (showed|saw|suggested|recommended|gave|looked at|mentioned|had)( me)? (before|earlier|previously)", PLACE_EARLIER, false},
    {"中间(的|那|这|一)*%", PLACE_MIDDLE, false}, {"(正)?当中(那|的)%", PLACE_MIDDLE, false}, {"(the )?(one in the )?middle( one)?", PLACE_MIDDLE, false},
    {"另(外)?(的|那)?(一)?(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种)", PLACE_OTHER, false}, {"(the )?other one", PLACE_OTHER, false}, {"(其他的|其它的|其余(的)?|剩下的|别的那)(都|全)?(几|两|些)?%", PLACE_REST, false}, {"(the )?(others|rest|remaining ones|other ones|other (two|three|four|#))", PLACE_REST, false},
    {"(前者)", PLACE_FORMER, false}, {"(后者)", PLACE_LATTER, false}, {"(the )?former", PLACE_FORMER, false}, {"(the )?latter", PLACE_LATTER, false},
    {"(这|那)?(两|俩)(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种|样|者|块)?(都|全)", PLACE_PAIR, false}, {"(这|那)(两|俩)(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种|样|者|块)?", PLACE_PAIR, false}, {"^(两|俩)(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|种|样)(都|一起|哪|有什么|比|对|$)", PLACE_PAIR, false}, {"二者", PLACE_PAIR, false}, {"它(们)?俩", PLACE_PAIR, false},
    {"both( of them| of these)?", PLACE_PAIR, false}, {"(the|these|those) (two|2)( of them| of these| ones)?", PLACE_PAIR, false}, {"either( one| of them)?", PLACE_PAIR, true}, {"the pair of them", PLACE_PAIR, false},
    {"(这|那)(三|四|五|3|4|5)%", PLACE_ALL, false}, {"(三|四|五)(个|款|件|双|台|条)(都|全)", PLACE_ALL, false}, {"(这|那)(些|几)%(都|全)?", PLACE_ALL, false}, {"(全部|全都|所有(的)?|统统|都要|都买|都加|全要|全买|全加)", PLACE_ALL, true}, {"(all|everything|every one) (of )?(them|these|those|the (three|four|five|products|items|ones))?", PLACE_ALL, true}, {"all (three|four|five|#|of (these|them|those))", PLACE_ALL, false}, {"它们", PLACE_ALL, false}, {"(these|those) (ones|three|four|five|products|items)?", PLACE_ALL, true}, {"them", PLACE_ALL, true}, {"they", PLACE_ALL, true},
    {"第#(个|款|件|只|双|台|条|本|把|瓶|张|套|种|样|支|顶|部|块|辆|罐|盒|包|袋|副|口|盏|位|号|家|床|根|项)?", PLACE_NUMBER, false}, {"头(一)?个", PLACE_NUMBER, false}, {"首(个|款|件|位)", PLACE_NUMBER, false}, {"(the )?(number|no\\.|no|nr|option|item|choice|product|num) #", PLACE_NUMBER, false},
    {"the (first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|4th|5th|6th|7th|8th|9th|10th)( one| ones| option| item| product| choice)?", PLACE_NUMBER, false}, {"(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|4th|5th|6th|7th|8th|9th|10th) (one|ones|option|item|product|choice)", PLACE_NUMBER, false}, {"(first|second|third|fourth|fifth|sixth|1st|2nd|3rd|4th|5th)", PLACE_NUMBER, true},
    {"(选|要|买|看|就)?#号(那|这|的)?%", PLACE_NUMBER, false},
};

static void take_pair(struct scan *s)
{
    if (s->out->set.n >= 2 && !s->taken_all) return;   /* "第一个和第三个，这两个": said already */
    if (s->n == 2) take_range(s, s->first, s->first + 2);
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
    size_t begin, n = group_before(s->r->d, s->first, &begin), focus = 0;
    if (s->p != s->r->shown || !s->first) n = 0;
    if (n == 1) take(s, begin);
    else if (position_of(s->p, s->r->d->focus, &focus) && focus < s->first) take(s, focus);
    else s->out->failed = true;
}

static void take_place(struct scan *s, enum place place, const char *at, const char *end)
{
    int64_t k = number_in(at, end);
    size_t stop = s->first + s->n;
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
        if (k > 1 && (uint64_t)k != s->n && s->out->set.n != (uint64_t)k) s->out->failed = true;
        else if (!s->out->set.n && s->n) take_range(s, s->first, stop), s->taken_all = true;
        else if (!s->n) s->out->failed = true;
        break;
    case PLACE_PAIR: take_pair(s); break;
    case PLACE_OTHER: take_other(s); break;
    case PLACE_REST: take_rest(s); break;
    case PLACE_BEFORE: take_before(s); break;
    case PLACE_EARLIER: take_earlier(s); break;
    case PLACE_FIRST_EVER:
        if (s->p->n) take(s, 0);
        else s->out->failed = true;
        break;
    case PLACE_FORMER: s->n == 2 ? take_number(s, 1) : (void)(s->out->failed = true); break;
    case PLACE_LATTER: s->n == 2 ? take_number(s, 2) : (void)(s->out->failed = true); break;
    case PLACE_NONE: break;
    }
}

/* "#3", and a number that is all the clause says; sizes ("42号") are no numbers of cards. */
static size_t bare_number(const struct scan *s, const char *at, int64_t *value)
{
    const char *end = s->clause.end;
    if (*at == '#') {
        const char *q = at + 1;
        while (q < end && *q == ' ') q++;
        size_t n = q < end ? number_word(q, end, false, value) : 0;
        return n ? (size_t)(q - at) + n : 0;
    }
    if (!s->loose || !s->n || at != span_trim(s->clause).begin) return 0;
    size_t n = number_word(at, end, false, value);
    return n && phrase_at("$", s->clause.begin, at + n, end) == 0 && span_empty((struct span){at + n, end}) ? n : 0;
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
    if (!longest) return 0;
    if (place == PLACE_NUMBER && memmem(at, longest, "号", 3) && number_in(at, at + longest) > 20) return 0;
    if ((place == PLACE_NUMBER || place == PLACE_LAST) && starts(at + longest, s->clause.end, (const char *const[]){"次", "天", "步", "年", "代", "季", " time", " thing", " of all", " day", " floor", " week", " month", " year", " birthday", NULL})) return 0;
    take_place(s, place, at, at + longest);
    return longest;
}

/* ---- by what it is like ---- */

static bool is_plural(struct span words)
{
    static const char *const plural[] = {"那些", "这些", "那几", "这几", "那两", "这两", "ones", "都", "both", "all", "全部", NULL};
    return phrase_any(plural, words, NULL);
}

/* Meets the constraints of the words and has the rest of them in its record. */
static bool meets(struct reading *r, struct pool *p, size_t item, const struct need *n, struct span rest, bool *any)
{
    const struct loaded *l = pool_load(r, p, item);
    bool fits = false, words = false;
    if (!l) return false;
    if (matcher_meets(r->g->options.matcher, n, l->product.key, &fits) != OK) r->nomem = true;
    if (!words_in_record(l->text, rest, &words)) fits = false;
    *any = words || n->n_constraints > 0;
    return fits;
}

static void take_described(struct reading *r, struct pool *p, const struct need *n, struct span rest, bool plural, struct pointed *out)
{
    for (size_t end = p->n, begin; end > 0; end = begin) {
        size_t found[POOL_MAX], count = 0;
        bool any = false;
        begin = end;
        while (begin > 0 && p->items[begin - 1].group == p->items[end - 1].group) begin--;
        for (size_t i = begin; i < end; i++)
            if (meets(r, p, i, n, rest, &any)) found[count++] = i;
        if (!any) return;   /* nothing was described */
        out->any = true;
        if (!count) continue;
        if (count > 1 && !plural) out->failed = true;
        for (size_t i = 0; i < count && !out->failed; i++) set_add(p, &out->set, found[i]);
        return;
    }
    if (out->any) out->failed = true;
}

void describe(struct reading *r, struct pool *p, struct span words, bool plural, struct pointed *out)
{
    struct need n;
    words = span_trim(words);
    if (span_empty(words)) return;
    status s = matcher_understand(r->g->options.matcher, words.begin, (size_t)(words.end - words.begin), &n);
    if (s != OK) {
        r->nomem = true;
        return;
    }
    size_t length = strlen(n.free_text);
    struct span rest = {n.free_text, n.free_text + length};
    if (n.only_constraints) rest.end = rest.begin;
    out->any = false;
    take_described(r, p, &n, rest, plural, out);
    need_release(&n);
}

/* ---- descriptions in a clause ---- */

/* Where a description before "那件" may begin: behind the act's words. */
static const char *description_begin(struct span clause, const char *at)
{
    static const char *const acts[] = {"把", "将", "加购", "加入", "加", "放", "买", "选", "拿", "就要", "就", "要", "删掉", "删除", "去掉", "移除", "删", "比较", "对比", "看看", "看", "给我", "给", "帮我", "和", "跟", "与", "还有", "换成", "来", "刚才", "刚刚", "之前", "先", "不要", "不", "除了", "我", "那", "请", "介绍一下", "介绍", "说说", ",", "、", " ", "里", "中", "呢", "里面", "从", "还是", "换", "它", "想要", "喜欢", "购物车"};
    const char *best = clause.begin;
    for (const char *s = clause.begin; s < at; utf8_next(&s, at))
        for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
            size_t n = strlen(acts[i]);
            if ((size_t)(at - s) >= n && memcmp(s, acts[i], n) == 0 && s + n > best) best = s + n;
        }
    return best;
}

/* Where a description behind "that"/"the one with" ends. */
static const char *description_end(const char *s, const char *end)
{
    static const char *const stops[] = {",", ".", "?", "!", ";", " to (my|the)", " in (my|the)", " into", " and", " from the cart", " from my", " please", " out", " is ", " cost", " weigh", " come", " instead", " then", " now", " for me", " or ", " vs", " versus", " has ", " does ", "多", "吗", "怎么", "防", "有", "是", "能", "加", "放", "删", "和", "跟", "比", "呢", "吧", "给", "什么", "好", "可", "从", "去掉", "贵", "重", "就", "要", "买"};
    for (const char *p = s; p < end; utf8_next(&p, end))
        for (size_t i = 0; i < sizeof stops / sizeof stops[0] && p > s; i++)
            if (phrase_at(stops[i], s, p, end)) return p;
    return end;
}

/* Runs describe on words; true: they pointed at something. */
static bool try_description(struct scan *s, struct span words, struct span whole)
{
    struct pointed found = {.any = false};
    bool plural = is_plural(whole);
    words = span_trim(words);
    if (words.end - words.begin < 2) return false;
    describe(s->r, s->p, words, plural, &found);
    if (!found.any) return false;
    for (size_t i = 0; i < found.set.n; i++) take(s, found.set.items[i]);
    s->out->failed |= found.failed;
    mark(s, whole.begin, whole.end);
    return true;
}

/* Chinese: "红的那件", "带轮子的那个", "那个黑色的", "那件红的". Returns bytes used at `at` (a demonstrative), or 0. */
static size_t han_description(struct scan *s, const char *at)
{
    static const char *const demonstratives[] = {"(那|这)(一)?(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|部|盏|辆|副|口|床|罐|盒|种|些|几个|几款|几件|两个|两款|两件)"};
    size_t n = phrase_at(demonstratives[0], s->clause.begin, at, s->clause.end);
    if (!n) return 0;
    const char *begin = description_begin(s->clause, at), *stop = description_end(at + n, s->clause.end);
    if (begin < at && at - begin >= 3 && (memcmp(at - 3, "的", 3) == 0 || memcmp(at - 3, "色", 3) == 0) && try_description(s, (struct span){begin, at}, (struct span){begin, at + n})) {
        /* "红色的那顶帐篷": the noun says nothing more */
        return n;
    }
    struct span behind = span_trim((struct span){at + n, stop});
    if (behind.begin < behind.end && !starts(behind.begin, behind.end, no_product) && try_description(s, behind, (struct span){at, behind.end})) return (size_t)(behind.end - at);
    return 0;
}

/* English: "the red one", "that black one", "the one with wheels", "the Nike ones", "the waterproof tent". */
static size_t latin_description(struct scan *s, const char *at)
{
    static const char *const with[] = {"(the|that|this) (one|ones|model|models|pair) (with|that has|that have|which has|that comes with|having|in|from|by|made of|made from|that is|that's|that are|which is|which are|for)"};
    size_t n = phrase_at(with[0], s->clause.begin, at, s->clause.end);
    if (n) {
        const char *stop = description_end(at + n, s->clause.end);
        if (try_description(s, (struct span){at + n, stop}, (struct span){at, stop})) return (size_t)(stop - at);
    }
    n = phrase_at("(the|that|this|those|these)", s->clause.begin, at, s->clause.end);
    if (!n) return 0;
    const char *words = at + n;
    for (const char *p = words; p < s->clause.end && p - words < 40; p++) {
        size_t one = phrase_at("(one|ones)", s->clause.begin, p, s->clause.end);
        if (!one) continue;
        if (try_description(s, (struct span){words, p}, (struct span){at, p + one})) return (size_t)(p + one - at);
        return 0;
    }
    if (!s->loose) return 0;
    const char *stop = description_end(words, s->clause.end);
    if (stop - words > 48 || span_empty((struct span){words, stop})) return 0;
    return try_description(s, (struct span){words, stop}, (struct span){at, stop}) ? (size_t)(stop - at) : 0;
}

/* "黑色的" at the clause's end, where the clause does something to products. */
static bool bare_description(struct scan *s)
{
    struct span c = span_trim(s->clause), found;
    if (!phrase_find("的(吧|了|呢|啊|也)?(加|放|买|删|去掉|多少|怎么|防|有|是|能|重|贵|$)", c, &found)) return false;
    const char *begin = description_begin(c, found.begin);
    return found.begin > begin && try_description(s, (struct span){begin, found.begin}, (struct span){begin, found.begin + 3});
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

static const char *const degrees[] = {"(最|更|比较|较|相对|稍|稍微)", "(the|whichever is|which is the|which one is the|which one is|which is|one that's|one that is)", NULL};

/* "最便宜的那个", "便宜的那款", "哪个轻", "the cheaper one", "the lightest". Returns bytes used. */
static size_t superlative_here(struct scan *s, const char *at, size_t *which)
{
    struct span c = s->clause;
    const char *word = at, *end;
    bool degree = false, one = false;
    for (size_t i = 0; degrees[i]; i++) {
        size_t n = phrase_at(degrees[i], c.begin, at, c.end);
        if (n) word = at + n, degree = true;
    }
    size_t which_one = phrase_at("(哪|那|这)(一)?%(最|更|比较|会)?", c.begin, word, c.end);
    if (which_one && word == at) word += which_one, one = true;
    while (word < c.end && *word == ' ') word++;
    size_t n = superlative_at(c.begin, word, c.end, which);
    if (!n) return 0;
    end = word + n;
    bool est = latin_byte(*word) && (memmem(word, n, "est", 3) || memmem(word, n, "most", 4) || memmem(word, n, "least", 5));
    size_t tail = phrase_at("(的)?(那|这)(一)?(个|款|件|双|台|条|只|把|顶|本|瓶|套|支|部|种|样)", c.begin, end, c.end);
    if (!tail) tail = phrase_at("( one| ones| of (them|these|those|the two|the three|the first two|all|the bunch))", c.begin, end, c.end);
    if (tail) end += tail, one = true;
    else if ((size_t)(c.end - end) >= 3 && memcmp(end, "的", 3) == 0) end += 3, one |= degree && s->loose;
    bool most = degree && (size_t)(c.end - at) >= 3 && memcmp(at, "最", 3) == 0;
    if (phrase_at("(一)?(点|些)", c.begin, word + n, c.end)) return 0;   /* "便宜点的": wanted, not pointed at */
    if (latin_byte(*word) && phrase_find("than", (struct span){end, c.end}, NULL)) return 0;
    if (!one && !(most && s->loose) && !(est && s->loose && degree)) return 0;
    return (size_t)(end - at);
}

static void apply_superlative(struct scan *s, size_t which)
{
    struct set among = s->out->set;
    size_t best;
    if (among.n == 0)
        for (size_t i = s->first; i < s->first + s->n; i++) set_add(s->p, &among, i);
    s->out->set.n = 0;
    s->out->superlative = true;
    if (superlative_of(s->r, s->p, &among, which, &best)) take(s, best);
    else s->out->failed = true;
}

/* ---- pronouns ---- */

static size_t pronoun_at(struct scan *s, const char *at, bool *plural)
{
    size_t longest = 0;
    struct span c = s->clause;
    for (size_t i = 0; pronouns[i].pattern; i++) {
        if (pronouns[i].loose && !s->loose) continue;
        size_t n = phrase_at(pronouns[i].pattern, c.begin, at, c.end);
        if (n > longest) longest = n, *plural = pronouns[i].plural;
    }
    return longest && !starts(at + longest, c.end, no_product) ? longest : 0;
}

static void take_pronoun(struct scan *s, bool plural)
{
    size_t item;
    if (s->out->set.n) return;   /* "第二个，它防水吗": said already */
    if (plural && s->n) take_range(s, s->first, s->first + s->n);
    else if (!plural && focused(s, &item)) take(s, item);
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

static void scan_clause(struct scan *s)
{
    size_t which = 0;
    bool superlative = false, pronoun = false, plural = false;
    const char *end = s->clause.end;
    for (const char *at = s->clause.begin; at < end;) {
        size_t best = 0, n = superlative_here(s, at, &best);
        if (n) {
            which = best;
            superlative = true;
        }
        if (!n) n = place_at(s, at);
        size_t before = s->out->n_spans;
        if (!n && (unsigned char)*at >= 0x80) n = han_description(s, at);
        else if (!n) n = latin_description(s, at);
        if (n && s->out->n_spans > before) {   /* described: marked already */
            at += n;
            continue;
        }
        if (!n) n = take_name(s, at);
        if (!n && (n = pronoun_at(s, at, &plural)) != 0) pronoun = true;
        if (n) {
            mark(s, at, at + n);
            at += n;
        } else {
            utf8_next(&at, end);
        }
    }
    if (superlative) apply_superlative(s, which);
    else if (pronoun && !s->out->failed) take_pronoun(s, plural);
    if (s->loose && !s->out->any) bare_description(s);
}

/* "除了第一个都要": all of the group but those. */
static void invert(struct scan *s)
{
    struct set named = s->out->set;
    if (s->out->failed || !named.n || s->taken_all) return;
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
}

void references_find(struct reading *r, struct pool *p, struct span clause, bool loose, struct pointed *out)
{
    struct span found;
    *out = (struct pointed){.any = false};
    struct scan s = {.r = r, .p = p, .clause = clause, .out = out, .loose = loose};
    choose_group(&s);
    bool inverted = phrase_any(exclusions, clause, &found);
    if (inverted) s.clause.begin = found.end;   /* "都", "all" before it name no products of their own */
    scan_clause(&s);
    if (inverted) invert(&s);
    if (out->failed) out->set.n = 0;
}

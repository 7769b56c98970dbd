/* What a clause points at by number and place: "the second", "前两个", "both", "the one before". */
#include "scan_int.h"

#include <string.h>

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
void scan_take_all(struct scan *s)
{
    if (s->out->set.n) {
        if (s->pending_number && s->pending_number != s->out->set.n) s->out->failed = true;
    } else if (s->r->antecedent.n && (s->r->antecedent.n > 1 || !s->pending_number) && s->p == s->r->shown && (!s->pending_number || s->pending_number == s->r->antecedent.n)) {
        for (size_t i = 0; i < s->r->antecedent.n; i++) scan_take(s, s->r->antecedent.items[i]);
    } else if (!s->n || (s->pending_number && s->pending_number != s->n)) {
        s->out->failed = true;
    } else {
        scan_take_range(s, s->first, s->first + s->n);
    }
}

void scan_take_pair(struct scan *s)
{
    if (s->out->set.n >= 2) return;   /* "第一个和第三个，这两个": said already */
    if (s->r->antecedent.n == 2 && s->p == s->r->shown)
        for (size_t i = 0; i < 2; i++) scan_take(s, s->r->antecedent.items[i]);
    else if (s->n == 2) scan_take_range(s, s->first, s->first + 2);
    else s->out->failed = true;
}

static void take_other(struct scan *s)
{
    size_t focus = 0;
    bool have = pool_position(s->p, s->r->d->focus, &focus) && focus >= s->first;
    if (s->out->set.n == 1 && s->n == 2) scan_take(s, s->out->set.items[0] == s->first ? s->first + 1 : s->first);
    else if (have && s->n == 2) scan_take(s, focus == s->first ? s->first + 1 : s->first);
    else s->out->failed = true;
}

static void take_rest(struct scan *s)
{
    size_t focus = 0;
    bool have = pool_position(s->p, s->r->d->focus, &focus) && focus >= s->first;
    struct set named = s->out->set;
    if (!named.n && !have) s->out->failed = true;
    for (size_t i = s->first; i < s->first + s->n && !s->out->failed; i++)
        if (named.n ? !set_has(s->p, &named, s->p->items[i].id) : i != focus) scan_take(s, i);
}

static void take_before(struct scan *s)
{
    size_t at;
    bool have = scan_focused(s, &at);
    if (have && at > 0) scan_take(s, at - 1);
    else s->out->failed = true;
}

static void take_earlier(struct scan *s)
{
    size_t begin = 0, end = 0, n = 0, focus = 0;
    if (s->p == s->r->shown && last_group(s->r->d, &end) && end > 0) n = group_before(s->r->d, end, &begin);
    if (n == 1) scan_take(s, begin);
    else if (pool_position(s->p, s->r->d->focus, &focus) && focus < end) scan_take(s, focus);
    else s->out->failed = true;
}

static void take_place(struct scan *s, enum place place, const char *at, const char *end)
{
    int64_t k = number_inside(at, end);
    size_t stop = s->first + s->n, focus;
    switch (place) {
    case PLACE_NUMBER: scan_take_number(s, k ? k : 1); break;
    case PLACE_FROM_END: scan_take_number(s, (int64_t)s->n + 1 - (k ? k : 2)); break;
    case PLACE_LAST: scan_take_number(s, (int64_t)s->n); break;
    case PLACE_HEAD:
        for (const char *q = at; q < end; utf8_next(&q, end))   /* "first two": the second number counts */
            if ((memcmp(q, "two", 3) == 0 || memcmp(q, "cou", 3) == 0) && end - q >= 3) k = 2;
            else if (end - q >= 5 && memcmp(q, "three", 5) == 0) k = 3;
            else if (end - q >= 4 && memcmp(q, "four", 4) == 0) k = 4;
            else if (*q >= '2' && *q <= '9') k = *q - '0';
        if (k > 0 && (uint64_t)k <= s->n) scan_take_range(s, s->first, s->first + (size_t)k);
        else s->out->failed = true;
        break;
    case PLACE_TAIL:
        if (k > 0 && (uint64_t)k <= s->n) scan_take_range(s, stop - (size_t)k, stop);
        else s->out->failed = true;
        break;
    case PLACE_MIDDLE: scan_take_number(s, s->n % 2 ? (int64_t)s->n / 2 + 1 : 0); break;
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
        if (s->p->n) scan_take(s, 0);
        else s->out->failed = true;
        break;
    case PLACE_FORMER: s->n == 2 ? scan_take_number(s, 1) : (void)(s->out->failed = true); break;
    case PLACE_LATTER: s->n == 2 ? scan_take_number(s, 2) : (void)(s->out->failed = true); break;
    case PLACE_AFTER:
        if (scan_focused(s, &focus) && focus + 1 < s->p->n) scan_take(s, focus + 1);
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

size_t scan_place(struct scan *s, const char *at)
{
    size_t longest = 0;
    enum place place = PLACE_NONE;
    int64_t value;
    size_t n = bare_number(s, at, &value);
    if (n) {
        scan_take_number(s, value);
        return n;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].loose && !s->loose) continue;
        n = phrase_at(places[i].pattern, s->clause.begin, at, s->clause.end);
        if (n > longest) longest = n, place = places[i].place;
    }
    size_t focus;
    if (!longest || (place == PLACE_AFTER && !pool_position(s->p, s->r->d->focus, &focus))) return 0;   /* "下一个" of nothing: more of them */
    if (place == PLACE_NUMBER && memmem(at, longest, "号", 3) && at - s->clause.begin >= 3 && (memcmp(at - 3, "大", 3) == 0 || memcmp(at - 3, "小", 3) == 0)) return 0;   /* "大一号" */
    if (place == PLACE_NUMBER && *at >= '0' && *at <= '9' && number_inside(at, at + longest) > (int64_t)s->n) return 0;   /* "400 is okay too" */
    if (place == PLACE_NUMBER && memmem(at, longest, "号", 3) && number_inside(at, at + longest) > 20) return 0;
    if ((place == PLACE_NUMBER || place == PLACE_LAST) && starts_with_any(at + longest, s->clause.end, (const char *const[]){"次", "天", "步", "年", "代", "季", " time", " thing", " of all", " day", " floor", " week", " month", " year", " birthday", NULL})) return 0;
    take_place(s, place, at, at + longest);
    return longest;
}

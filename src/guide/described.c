/* What a clause points at by what it is like ("the red one", "带轮子的那个") and by name. */
#include "scan_int.h"

#include <string.h>

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
    for (size_t i = 0; i < found.set.n; i++) scan_take(s, found.set.items[i]);
    s->out->failed |= found.failed;
    scan_mark(s, whole.begin, whole.end);
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
    if (stop > behind && !means_no_product(behind, c.end) && try_description(s, (struct span){behind, stop}, (struct span){at, stop}, plural, true)) return (size_t)(stop - at);
    struct span near = {behind, c.end - behind > 30 ? behind + 30 : c.end};
    while (near.end < c.end && ((unsigned char)*near.end & 0xC0) == 0x80) near.end++;
    if (!phrase_find("的", near, &found) || found.begin == behind || phrase_any(questions, (struct span){behind, found.begin}, NULL) || means_no_product(behind, c.end)) return 0;
    if (phrase_at("的(吗|么|嘛)", near.begin, found.begin, c.end) || (phrase_at("(有|是|能|会|可以)", near.begin, behind, c.end) && phrase_find("(吗|么|不|没有)$", near, NULL))) return 0;   /* "这件有黑色的吗" asks */
    bool told = try_description(s, (struct span){behind, found.begin}, (struct span){at, found.end}, plural, false);
    return told ? (size_t)(found.end - at) : 0;
}

/* Chinese: "红的那件", "带轮子的那个", "小叶那个", "那个黑色的", "刚才推荐的橙色帐篷". Returns bytes used at `at`, or 0. */
size_t scan_han_description(struct scan *s, const char *at)
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
size_t scan_latin_description(struct scan *s, const char *at)
{
    struct span c = s->clause;
    size_t n = phrase_at("(the |that |this |those |these )(one|ones|model|models|pair) (with|that has|that have|which has|that comes with|having|in|from|by|made of|made from|that is|that's|that are|which is|which are|for)", c.begin, at, c.end), which;
    if (n) {
        const char *stop = description_end(at + n, c.end, false);
        bool superlative = false;
        for (const char *p = at + n; p < stop; p++) superlative |= superlative_at(c.begin, p, c.end, &which) > 0;
        if (!superlative && !names_earlier_group((struct span){at, stop}) && try_description(s, (struct span){at + n, stop}, (struct span){at, stop}, is_plural((struct span){at, at + n}), false)) return (size_t)(stop - at);
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
size_t scan_bare_description(struct scan *s, const char *at)
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
void scan_bare_descriptions(struct scan *s)
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
size_t scan_name(struct scan *s, const char *at)
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
    scan_take(s, item);
    return n;
}

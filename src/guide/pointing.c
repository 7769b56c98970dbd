/* The products that a shopper can point at, what is known of them, and which of them meet a description. */
#include "read_int.h"

#include <math.h>
#include <string.h>

size_t last_group(const struct dialogue *d, size_t *first)
{
    *first = d->n_shown;
    return d->n_shown ? group_before(d, d->n_shown, first) : 0;
}

size_t group_before(const struct dialogue *d, size_t end, size_t *begin)
{
    size_t i = end;
    while (i > 0 && d->shown[i - 1].turn == d->shown[end - 1].turn) i--;
    *begin = i;
    return end - i;
}

/* ---- records ---- */

static void add_text(const struct reading *r, struct strbuf *b, const char *s)
{
    if (!*s) return;
    strbuf_putc(b, '\n');
    if (normalize(r->g->options.normalizer, s, strlen(s), b) != OK) b->failed = true;
}

/* Does an attribute's value say that the product has what the attribute's name says? */
static bool affirms(const char *value)
{
    static const char *const yes[] = {"是", "有", "支持", "可用", "yes", "true", "Yes", "YES"};
    if (strpbrk(value, "0123456789")) return true;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (strcmp(value, yes[i]) == 0) return true;
    return false;
}

static bool denies(const char *value)
{
    static const char *const no[] = {"否", "无", "没有", "不支持", "不可用", "none", "no", "None", "No", "false"};
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (strcmp(value, no[i]) == 0) return true;
    return false;
}

/* names: what the record may be said to have by the names of its attributes alone. */
static const char *record_text(struct reading *r, const struct product *p, bool names)
{
    struct strbuf b = {0};
    for (size_t i = 0; names && i < p->n_attributes; i++)
        if (!denies(p->attributes[i].value)) add_text(r, &b, p->attributes[i].name), add_text(r, &b, p->attributes[i].value);
    for (size_t i = 0; names && i < 1; i++) add_text(r, &b, p->title), add_text(r, &b, p->title_en), add_text(r, &b, p->category), add_text(r, &b, p->category_en);
    if (names) {
        strbuf_putc(&b, '\n');
        const char *all = b.failed ? NULL : arena_strndup(r->a, b.data, b.len);
        strbuf_release(&b);
        return all;
    }
    const char *const fields[] = {p->title, p->title_en, p->title_zh, p->brand, p->category, p->category_en, p->category_zh};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) add_text(r, &b, fields[i]);
    for (size_t i = 0; i < p->n_attributes; i++) {
        add_text(r, &b, p->attributes[i].value);
        if (affirms(p->attributes[i].value)) add_text(r, &b, p->attributes[i].name);   /* "防水: 3000 mm" is waterproof, "降噪: 无" has none */
    }
    strbuf_putc(&b, '\n');
    const char *copy = b.failed ? NULL : arena_strndup(r->a, b.data, b.len);
    strbuf_release(&b);
    return copy;
}

struct loaded *pool_load(struct reading *r, struct pool *p, size_t i)
{
    struct loaded *l = &p->items[i];
    if (!l->tried) {
        l->tried = true;
        status s = catalogue_get(r->g->options.catalogue, l->id, r->a, &l->product);
        l->present = s == OK;
        if (s == ERR_NOMEM) r->nomem = true;
    }
    if (l->present && !l->text) {
        l->text = record_text(r, &l->product, false);
        l->names = record_text(r, &l->product, true);
        if (!l->text || !l->names) r->nomem = true;
    }
    return l->present && l->text && l->names ? l : NULL;
}

void pool_of_shown(const struct dialogue *d, struct pool *p)
{
    p->n = 0;
    for (size_t i = 0; i < d->n_shown; i++) p->items[p->n++] = (struct loaded){.id = d->shown[i].id, .group = d->shown[i].turn};
}

void pool_of_cart(const struct dialogue *d, struct pool *p)
{
    p->n = 0;
    for (size_t i = 0; i < d->n_cart; i++) p->items[p->n++] = (struct loaded){.id = d->cart[i].id};
}

/* ---- sets ---- */

bool set_has(const struct pool *p, const struct set *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(p->items[s->items[i]].id, id) == 0) return true;
    return false;
}

void set_add(const struct pool *p, struct set *s, size_t item)
{
    if (s->n < POOL_MAX && !set_has(p, s, p->items[item].id)) s->items[s->n++] = (uint16_t)item;
}

/* ---- descriptions ---- */

/* Is every word of text (but function words and measure words) in the record? Words: Latin ones by their stem, Han runs as they stand,
 * else by halves of two characters and more ("防水帐篷" in "防水 ... 帐篷"). */
static size_t latin_word(const char *s, char *out, size_t max)
{
    size_t n = 0;
    while (latin_byte(s[n]) || ((s[n] == '-' || s[n] == '\'') && n && latin_byte(s[n + 1]))) n++;
    size_t k = n < max ? n : max;
    memcpy(out, s, k);
    if (k > 2 && out[k - 2] == '\'' && out[k - 1] == 's') k -= 2;
    out[porter_stem(out, k)] = 0;
    return n;
}

/* "foldable" and "folding" are one; "wire" and "wireless" are not. */
static bool same_stem(const char *a, const char *b)
{
    static const char *const endings[] = {"", "abl", "able", "i", "y", "ness", "er", "or", "e", "al"};
    size_t na = strlen(a), nb = strlen(b), n = na < nb ? na : nb;
    const char *more = na > nb ? a + n : b + n;
    if (memcmp(a, b, n) != 0 || (n < 4 && na != nb)) return false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (strcmp(more, endings[i]) == 0) return true;
    return false;
}

static bool latin_in(const char *record, const char *w, size_t n)
{
    enum { WORD_MAX = 40 };
    char stem[WORD_MAX + 1], other[WORD_MAX + 1];
    if (n > WORD_MAX) return false;
    memcpy(stem, w, n);
    if (n > 2 && stem[n - 2] == '\'' && stem[n - 1] == 's') n -= 2;
    stem[porter_stem(stem, n)] = 0;
    for (const char *s = record; *s;) {
        if (!latin_byte(*s)) {
            s++;
            continue;
        }
        size_t whole = latin_word(s, other, WORD_MAX);
        if (same_stem(stem, other)) return true;
        for (const char *p = s, *e = s + whole; p < e; p++) {   /* the parts of "over-ear" are words, too */
            if (p > s && p[-1] != '-') continue;
            size_t part = 0;
            while (p + part < e && p[part] != '-') part++;
            if (part == whole || part > WORD_MAX) continue;
            memcpy(other, p, part);
            other[porter_stem(other, part)] = 0;
            if (strcmp(stem, other) == 0) return true;
        }
        s += whole;
    }
    return false;
}

static bool han_in(const char *record, const char *w, size_t n)
{
    if (memmem(record, strlen(record), w, n)) return true;
    for (size_t head = n - 3; n >= 9 && head >= 6; head -= 3)   /* 雪地靴 in 雪地短靴 */
        if (memmem(record, strlen(record), w, head) && han_in(record, w + head, n - head)) return true;
    return false;
}

/* Takes function words and measure words off both ends of a Han run; false: nothing is left. Of "有线" the 有 stays. */
static bool strip_han(const char **s, const char **e)
{
    static const struct { const char *word; bool light; } skipped[] = {
        {"的", true}, {"个", true}, {"款", true}, {"件", true}, {"只", true}, {"那", true}, {"这", true}, {"条", true}, {"台", true}, {"顶", true}, {"本", true}, {"把", true}, {"瓶", true}, {"它", true}, {"里", true}, {"副", true}, {"块", true},
        {"能装", true}, {"可装", true}, {"装", true}, {"有", false}, {"带", false}, {"是", false}, {"能", false}, {"可以", false}, {"色", false}, {"双", false}, {"一", false}, {"刚才", true}, {"刚刚", true}, {"之前", true}, {"比较", true}, {"支持", true}, {"具有", true}, {"适合", true}, {"功能", true},
        {"材质", true}, {"牌子", true}, {"品牌", true}, {"颜色", true}, {"用", false}, {"做", false}, {"牌", false}, {"家", false}, {"说", false}, {"看", false}, {"版", false}, {"型", false}, {"式", false}};
    for (bool moved = true; moved && *e > *s;) {
        moved = false;
        for (size_t i = 0; i < sizeof skipped / sizeof skipped[0] && *e > *s; i++) {
            size_t n = strlen(skipped[i].word), left = (size_t)(*e - *s);
            if (left < n || (!skipped[i].light && left < n + 6)) continue;
            if (memcmp(*s, skipped[i].word, n) == 0) *s += n, moved = true;
            else if (memcmp(*e - n, skipped[i].word, n) == 0) *e -= n, moved = true;
        }
    }
    return *e > *s;
}

bool words_in_record(const char *record, struct span text, bool *any)
{
    *any = false;
    for (const char *s = text.begin, *e; s < text.end; s = e) {
        bool latin = latin_byte(*s), han = (unsigned char)*s >= 0x80;
        e = s + 1;
        if (latin) while (e < text.end && (latin_byte(*e) || *e == '\'' || *e == '-')) e++;
        if (han) while (e < text.end && (unsigned char)*e >= 0x80) e++;
        const char *b = s, *stop = e;
        if ((!latin && !han) || (latin && (text_is_stopword(s, (size_t)(e - s)) || e - s == 1)) || (han && !strip_han(&b, &stop))) continue;
        *any = true;
        if (latin ? !latin_in(record, b, (size_t)(stop - b)) : !han_in(record, b, (size_t)(stop - b))) return false;
    }
    return true;
}

/* ---- superlatives ---- */

enum key { KEY_PRICE, KEY_RATING, KEY_POPULAR, KEY_DIMENSION, KEY_SIZE };
struct superlative { enum key key; const char *dimension; const char *attributes; /* names that are meant, parted by '|' */ bool most; const char *words; };

/* Comparatives and superlatives of what is shown, as stems of patterns: zh without 最/更, en in both forms. */
static const struct superlative superlatives[] = {
    {KEY_PRICE, NULL, NULL, false, "便宜|实惠|低价|平价|省钱|价格低|价钱低|cheaper|cheapest|less expensive|least expensive|lower priced|lowest priced|more affordable|most affordable|inexpensive|cheap|affordable|costs least|costs the least"},
    {KEY_PRICE, NULL, NULL, true, "贵|高端|价格高|pricier|priciest|more expensive|most expensive|dearer|dearest|expensive|higher priced|highest priced|pricey|costlier|costliest|costs most|costs the most"},
    {KEY_RATING, NULL, NULL, true, "评分高|评分好|评价好|评价高|口碑好|好评多|better rated|best rated|highest rated|higher rated|better reviewed|best reviewed|top rated|better-rated|best-rated|highest-rated|top-rated"},
    {KEY_POPULAR, NULL, NULL, true, "热门|热销|畅销|受欢迎|most popular|more popular|best-selling|best selling|bestselling"},
    {KEY_DIMENSION, "mass", "重量|weight|净重|net weight|裸重", false, "轻|轻便|轻巧|lighter|lightest|less heavy|weighs least|weighs the least"},
    {KEY_DIMENSION, "mass", "重量|weight|净重|net weight", true, "重|沉|heavier|heaviest|weighs most|weighs the most"},
    {KEY_DIMENSION, "volume", "容量|capacity|净含量|net weight|volume", true, "容量大|能装|roomier|roomiest|larger capacity|largest capacity|bigger capacity|biggest capacity|more spacious|most spacious"},
    {KEY_DIMENSION, "volume", "容量|capacity|净含量|net weight|volume", false, "容量小|smaller capacity|smallest capacity"},
    {KEY_DIMENSION, "time", "续航|battery life|run time|保温时长|keeps warm", true, "保温|保温久|保温长|keeps warm longest|keeps warm the longest|keep warm longest|stays warm longest|lasts longest|lasts the longest|续航长|续航久|续航好|电池久|待机长|用得久|longer battery life|longest battery life|longer lasting|longest lasting|longest battery|longer battery|best battery|best battery life|better battery|better battery life"},
    {KEY_DIMENSION, "power", "功率|power", true, "功率大|功率高|大功率|more powerful|most powerful|powerful"},
    {KEY_DIMENSION, "power", "功率|power", false, "功率小|功率低|省电|less powerful|least powerful"},
    {KEY_DIMENSION, "sound", "噪音|noise|限音", false, "安静|静音|噪音小|噪音低|quieter|quietest|less noisy|least noisy"},
    {KEY_DIMENSION, "light", "亮度|brightness|流明", true, "亮|brighter|brightest"},
    {KEY_DIMENSION, "charge", "电量|容量|capacity|battery", true, "电量大|电池大"},
    {KEY_SIZE, NULL, "容量|capacity|volume|屏幕|screen|尺寸|size|适用面积|room size|长度|length|厚度|净含量|net weight", true, "大|large|big|bigger|biggest|larger|largest"},
    {KEY_SIZE, NULL, "容量|capacity|volume|屏幕|screen|尺寸|size|适用面积|room size|长度|length|厚度|净含量|net weight", false, "小|small|little|smaller|smallest"},
    {KEY_DIMENSION, "length", "长度|length|线长|cable", true, "长|longer|longest"},
    {KEY_DIMENSION, "length", "长度|length|线长|cable", false, "短|shorter|shortest"},
    {KEY_DIMENSION, "length", "厚度|thickness|厚", true, "厚|thicker|thickest"},
    {KEY_DIMENSION, "length", "厚度|thickness|厚", false, "薄|thinner|thinnest|slimmer|slimmest"},
    {KEY_DIMENSION, "length", "鞋跟高度|heel height|跟高|高度|height", true, "高|跟高|higher|highest|tallest|taller"},
    {KEY_DIMENSION, "length", "鞋跟高度|heel height|跟高|高度|height", false, "低|矮|跟低|lower|lowest"},
};

static size_t word_of(const char *list, const char *s, const char *end)
{
    size_t longest = 0;
    for (const char *w = list; *w; w += strcspn(w, "|"), w += *w == '|') {
        size_t n = strcspn(w, "|");
        if (n > longest && (size_t)(end - s) >= n && memcmp(s, w, n) == 0 && (!latin_byte(w[n - 1]) || s + n == end || !latin_byte(s[n]))) longest = n;
    }
    return longest;
}

size_t superlative_at(const char *begin, const char *s, const char *end, size_t *which)
{
    size_t longest = 0;
    if (s > begin && latin_byte(s[-1]) && latin_byte(*s)) return 0;
    for (size_t i = 0; i < sizeof superlatives / sizeof superlatives[0]; i++) {
        size_t n = word_of(superlatives[i].words, s, end);
        if (n > longest) longest = n, *which = i;
    }
    if (longest && memcmp(s, "能装", 6) == 0 && phrase_at("(多少|多|几|下|得下|不)", begin, s + longest, end)) return 0;   /* "能装多少" asks */
    return longest;
}

const char *superlative_dimension(size_t which, bool *most)
{
    const struct superlative *s = &superlatives[which];
    *most = s->most;
    return s->key == KEY_PRICE ? "price" : s->key == KEY_DIMENSION ? s->dimension : s->key == KEY_SIZE ? "size" : NULL;
}

static bool name_is(const struct reading *r, const char *names, const char *name)
{
    struct strbuf b = {0};
    bool found = false;
    if (normalize(r->g->options.normalizer, name, strlen(name), &b) == OK)
        for (const char *w = names; *w && !found; w += strcspn(w, "|"), w += *w == '|') found = strcspn(w, "|") == b.len && b.len && memcmp(w, b.data, b.len) == 0;
    strbuf_release(&b);
    return found;
}

/* The (first) quantity of an attribute in its base unit; dimension NULL: of any. */
static bool attribute_quantity(const struct reading *r, const struct attribute *a, const char *dimension, double *out)
{
    struct unit_measure m;
    struct number numbers[4];
    if (a->type == ATTRIBUTE_NUMBER && text_unit_measure(a->unit, &m) && (!dimension || strcmp(m.dimension, dimension) == 0)) {
        *out = a->number * m.factor;
        return true;
    }
    struct strbuf b = {0};
    bool found = false;
    size_t n = normalize(r->g->options.normalizer, a->value, strlen(a->value), &b) == OK ? text_numbers(strbuf_str(&b), b.len, numbers, 4) : 0;
    for (size_t i = 0; i < n && i < 4 && !found; i++)
        if (numbers[i].kind == NUMBER_UNIT && text_unit_measure(numbers[i].unit, &m) && (!dimension || strcmp(m.dimension, dimension) == 0)) {
            *out = numbers[i].value * m.factor;
            found = true;
        } else if (!dimension && numbers[i].value > 0) {
            *out = numbers[i].value;
            found = true;
        }
    strbuf_release(&b);
    return found;
}

bool product_quantity(const struct reading *r, const struct product *p, const char *dimension, const char *names, double *out)
{
    for (const char *w = names; w && *w; w += strcspn(w, "|"), w += *w == '|') {
        char name[64];
        size_t n = strcspn(w, "|");
        if (n >= sizeof name) continue;
        memcpy(name, w, n);
        name[n] = 0;
        for (size_t i = 0; i < p->n_attributes; i++)
            if (name_is(r, name, p->attributes[i].name) && attribute_quantity(r, &p->attributes[i], dimension, out)) return true;
    }
    for (size_t i = 0; dimension && i < p->n_attributes; i++)
        if (attribute_quantity(r, &p->attributes[i], dimension, out)) return true;
    return false;
}

/* "保温时间最长": length is of time. */
bool superlative_of_time(size_t *which)
{
    if (superlatives[*which].key != KEY_DIMENSION || strcmp(superlatives[*which].dimension, "length") != 0 || strcmp(superlatives[*which].attributes, "长度|length|线长|cable") != 0) return false;
    for (size_t i = 0; i < sizeof superlatives / sizeof superlatives[0]; i++)
        if (superlatives[i].key == KEY_DIMENSION && strcmp(superlatives[i].dimension, "time") == 0) *which = i;
    return true;
}

/* "功率最大", "价格最低": the attribute named before it says what is compared. */
void superlative_by_attribute(struct span before, size_t *which)
{
    static const struct { enum key key; const char *names; } others[] = {{KEY_PRICE, "价格|价钱|价|售价"}, {KEY_RATING, "评分|评价|口碑|好评"}, {KEY_POPULAR, "销量|人气"}};
    const bool most = superlatives[*which].most;
    for (size_t i = 0; i < sizeof superlatives / sizeof superlatives[0]; i++) {
        const struct superlative *s = &superlatives[i];
        const char *names = s->attributes;
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            if (others[k].key == s->key) names = others[k].names;
        if (s->most != most || s->key == KEY_SIZE) continue;
        for (const char *w = names; w && *w; w += strcspn(w, "|"), w += *w == '|') {
            size_t n = strcspn(w, "|");
            if ((size_t)(before.end - before.begin) < n || memcmp(before.end - n, w, n) != 0) continue;
            *which = i;
            return;
        }
    }
}

static bool value_of(struct reading *r, struct pool *p, size_t item, const struct superlative *s, double *out)
{
    const struct loaded *l = pool_load(r, p, item);
    if (!l) return false;
    switch (s->key) {
    case KEY_PRICE: *out = (double)l->product.price; return l->product.price != PRODUCT_PRICE_NONE;
    case KEY_RATING: *out = l->product.rating; return l->product.rating > 0;
    case KEY_POPULAR: *out = (double)l->product.rating_count; return l->product.rating_count > 0;
    case KEY_DIMENSION: return product_quantity(r, &l->product, s->dimension, s->attributes, out);
    case KEY_SIZE: return product_quantity(r, &l->product, NULL, s->attributes, out);
    }
    return false;
}

/* "size" means one thing for all: the first attribute of the list that at least two of them have. */
static struct superlative narrowed(struct reading *r, struct pool *p, const struct set *among, struct superlative s, char name[64])
{
    for (const char *w = s.attributes; s.key == KEY_SIZE && *w; w += strcspn(w, "|"), w += *w == '|') {
        size_t n = strcspn(w, "|"), have = 0;
        if (n >= 64) continue;
        memcpy(name, w, n);
        name[n] = 0;
        for (size_t i = 0; i < among->n; i++) {
            double value;
            const struct loaded *l = pool_load(r, p, among->items[i]);
            have += l && product_quantity(r, &l->product, NULL, name, &value);
        }
        if (have >= 2) {
            s.attributes = name;
            break;
        }
    }
    return s;
}

/* Does the record have this quantity ("40升"), give or take a hundredth? */
bool record_has_quantity(const char *record, double value, const char *dimension)
{
    enum { NUMBERS_MAX = 96 };
    struct number numbers[NUMBERS_MAX];
    struct unit_measure m;
    size_t n = text_numbers(record, strlen(record), numbers, NUMBERS_MAX);
    for (size_t i = 0; i < n && i < NUMBERS_MAX; i++) {
        if (numbers[i].kind != NUMBER_UNIT) continue;
        if (strcmp(numbers[i].unit, dimension) == 0 && numbers[i].value == value) return true;   /* people */
        if (!text_unit_measure(numbers[i].unit, &m) || strcmp(m.dimension, dimension) != 0) continue;
        if (fabs(numbers[i].value * m.factor - value) <= 0.01 * value) return true;
    }
    return false;
}

const char *superlative_measure(size_t which, enum language l)
{
    static const struct { const char *dimension, *zh, *en; } measures[] = {{"price", "价格", "price"}, {"mass", "重量", "weight"}, {"volume", "容量", "capacity"}, {"time", "续航", "battery"}, {"power", "功率", "power"}, {"sound", "噪音", "noise"}};
    bool most;
    const char *dimension = superlative_dimension(which, &most);
    for (size_t i = 0; dimension && i < sizeof measures / sizeof measures[0]; i++)
        if (strcmp(measures[i].dimension, dimension) == 0) return l == LANGUAGE_ZH ? measures[i].zh : measures[i].en;
    return NULL;
}

bool superlative_of(struct reading *r, struct pool *p, const struct set *among, size_t which, size_t *best)
{
    char name[64];
    struct superlative s = narrowed(r, p, among, superlatives[which], name);
    double least = INFINITY;
    size_t found = 0, ties = 0;
    for (size_t i = 0; i < among->n; i++) {
        double value;
        if (!value_of(r, p, among->items[i], &s, &value)) continue;
        if (s.most) value = -value;
        if (value < least) least = value, *best = among->items[i], ties = 0;
        else if (value == least) ties++;
        found++;
    }
    return found > 0 && ties == 0 && (found > 1 || among->n == 1);
}

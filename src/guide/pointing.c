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

static const char *record_text(struct reading *r, const struct product *p)
{
    struct strbuf b = {0};
    const char *const fields[] = {p->title, p->title_en, p->title_zh, p->brand, p->category, p->category_en, p->category_zh};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) add_text(r, &b, fields[i]);
    for (size_t i = 0; i < p->n_attributes; i++) add_text(r, &b, p->attributes[i].name), add_text(r, &b, p->attributes[i].value);
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
    if (l->present && !l->text && !(l->text = record_text(r, &l->product))) r->nomem = true;
    return l->present && l->text ? l : NULL;
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
static bool latin_in(const char *record, const char *w, size_t n)
{
    char stem[48];
    if (n >= sizeof stem) return false;
    memcpy(stem, w, n);
    size_t k = porter_stem(stem, n);
    if (k < n && k >= 3) n = k;
    for (const char *s = record; (s = memmem(s, strlen(s), stem, n)) != NULL; s++)
        if (s == record || !latin_byte(s[-1])) return true;
    return false;
}

static bool han_in(const char *record, const char *w, size_t n)
{
    if (memmem(record, strlen(record), w, n)) return true;
    for (size_t head = n - 6; n >= 12 && head >= 6; head -= 3)
        if (memmem(record, strlen(record), w, head) && han_in(record, w + head, n - head)) return true;
    return false;
}

/* Takes function words and measure words off both ends of a Han run; false: nothing is left. */
static bool strip_han(const char **s, const char **e)
{
    static const char *const skipped[] = {"的", "个", "款", "件", "只", "双", "那", "这", "条", "台", "顶", "本", "把", "瓶", "有", "带", "是", "能", "可以", "色", "里", "中", "和", "刚才", "刚刚",
                                          "之前", "它", "比较", "支持", "具有", "一", "说", "看", "过", "功能", "适合", "用", "做", "牌", "家", "材质", "牌子", "品牌", "颜色"};
    for (bool moved = true; moved && *e > *s;) {
        moved = false;
        for (size_t i = 0; i < sizeof skipped / sizeof skipped[0] && *e > *s; i++) {
            size_t n = strlen(skipped[i]);
            if ((size_t)(*e - *s) >= n && memcmp(*s, skipped[i], n) == 0) *s += n, moved = true;
            else if ((size_t)(*e - *s) >= n && memcmp(*e - n, skipped[i], n) == 0) *e -= n, moved = true;
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
    {KEY_PRICE, NULL, NULL, false, "便宜|实惠|低价|平价|省钱|价格低|价钱低|cheaper|cheapest|less expensive|least expensive|lower priced|lowest priced|more affordable|most affordable|inexpensive|cheap|affordable"},
    {KEY_PRICE, NULL, NULL, true, "贵|高端|价格高|pricier|priciest|more expensive|most expensive|dearer|dearest|expensive|higher priced|highest priced|pricey|costlier|costliest"},
    {KEY_RATING, NULL, NULL, true, "评分高|评分好|评价好|评价高|口碑好|好评多|better rated|best rated|highest rated|higher rated|better reviewed|best reviewed|top rated|better-rated|best-rated|highest-rated|top-rated"},
    {KEY_POPULAR, NULL, NULL, true, "热门|热销|畅销|受欢迎|most popular|more popular|best-selling|best selling|bestselling"},
    {KEY_DIMENSION, "mass", "重量|weight|净重|net weight|裸重", false, "轻|轻便|轻巧|lighter|lightest|less heavy"},
    {KEY_DIMENSION, "mass", "重量|weight|净重|net weight", true, "重|沉|heavier|heaviest"},
    {KEY_DIMENSION, "volume", "容量|capacity|净含量|net weight|volume", true, "容量大|能装|roomier|roomiest|larger capacity|largest capacity|bigger capacity|biggest capacity|more spacious|most spacious"},
    {KEY_DIMENSION, "volume", "容量|capacity|净含量|net weight|volume", false, "容量小|smaller capacity|smallest capacity"},
    {KEY_DIMENSION, "time", "续航|battery life|run time|保温时长|keeps warm", true, "续航长|续航久|续航好|电池久|待机长|用得久|longer battery life|longest battery life|longer lasting|longest lasting|longest battery|longer battery|best battery|best battery life|better battery|better battery life"},
    {KEY_DIMENSION, "power", "功率|power", true, "功率大|功率高|大功率|more powerful|most powerful|powerful"},
    {KEY_DIMENSION, "power", "功率|power", false, "功率小|功率低|省电|less powerful|least powerful"},
    {KEY_DIMENSION, "sound", "噪音|noise|限音", false, "安静|静音|噪音小|噪音低|quieter|quietest|less noisy|least noisy"},
    {KEY_DIMENSION, "light", "亮度|brightness|流明", true, "亮|brighter|brightest"},
    {KEY_DIMENSION, "charge", "电量|容量|capacity|battery", true, "电量大|电池大"},
    {KEY_SIZE, NULL, "容量|capacity|volume|屏幕|screen|尺寸|size|适用面积|room size|长度|length|厚度|净含量|net weight", true, "大|bigger|biggest|larger|largest"},
    {KEY_SIZE, NULL, "容量|capacity|volume|屏幕|screen|尺寸|size|适用面积|room size|长度|length|厚度|净含量|net weight", false, "小|smaller|smallest"},
    {KEY_DIMENSION, "length", "长度|length|线长|cable", true, "长|longer|longest"},
    {KEY_DIMENSION, "length", "长度|length|线长|cable", false, "短|shorter|shortest"},
    {KEY_DIMENSION, "length", "厚度|thickness|厚", true, "厚|thicker|thickest"},
    {KEY_DIMENSION, "length", "厚度|thickness|厚", false, "薄|thinner|thinnest|slimmer|slimmest"},
    {KEY_DIMENSION, "length", "鞋跟高度|heel height|跟高", true, "跟高|higher heel|highest heel"},
    {KEY_DIMENSION, "length", "鞋跟高度|heel height|跟高", false, "跟低|矮|lower heel|lowest heel"},
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

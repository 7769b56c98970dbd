#include "sim_record_int.h"

#include <string.h>

const char SIM_COLOUR_NAMES[] = "颜色|颜色分类|color|colour|basecolour|base colour|base color", SIM_AUDIENCE_NAMES[] = "适用人群|适用对象|性别|gender|audience|for|suitable for",
           SIM_USAGE_NAMES[] = "usage|use|用途|场合|适用场景|场景|occasion", SIM_MATERIAL_NAMES[] = "材质|面料|material|fabric", SIM_SIZE_NAMES[] = "尺码|鞋码|size|sizes";

const char *sim_normal(const struct normalizer *z, struct arena *a, const char *s)
{
    struct strbuf b = {0};
    const char *copy = normalize(z, s, strlen(s), &b) == OK ? arena_strndup(a, strbuf_str(&b), b.len) : NULL;
    strbuf_release(&b);
    return copy ? copy : "";
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool sim_has(const char *text, const char *words)
{
    size_t n = strlen(words);
    for (const char *s = n ? strstr(text, words) : NULL; s; s = strstr(s + 1, words))
        if (!((s > text && letter(s[-1]) && letter(*s)) || (letter(s[n - 1]) && letter(s[n])))) return true;
    return false;
}

static bool has_any(const char *text, const char *list)
{
    char word[64];
    for (const char *w = list; *w; w += *w == '|') {
        size_t n = strcspn(w, "|");
        if (n < sizeof word) {
            memcpy(word, w, n);
            word[n] = 0;
            if (sim_has(text, word)) return true;
        }
        w += n;
    }
    return false;
}

static bool listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *w = list; *w; w += *w == '|') {
        size_t n = strcspn(w, "|");
        if (n == length && memcmp(w, word, n) == 0) return true;
        w += n;
    }
    return false;
}

const char *sim_attribute(const struct normalizer *z, struct arena *a, const struct product *p, const char *names, enum language l)
{
    const char *found = NULL;
    for (size_t i = 0; i < p->n_attributes; i++) {
        const struct attribute *x = &p->attributes[i];
        if (!listed(names, sim_normal(z, a, x->name))) continue;
        if (!found || strcmp(x->language, language_code(l)) == 0) found = x->value;
    }
    return found ? found : "";
}

const char *sim_kind(struct arena *a, const struct product *p, enum language l)
{
    const char *path = product_text(p, "category", l), *last = strrchr(path, '>');
    last = last ? last + 1 : path;
    while (*last == ' ') last++;
    const char *copy = arena_strdup(a, last);
    return copy ? copy : "";
}

static bool all_of_one_family(const char *words);

const char *sim_name(const struct normalizer *z, struct arena *a, const struct product *p)
{
    enum { WORDS_MAX = 3 };
    static const char people[] = "men|mens|men's|women|womens|women's|unisex|boys|boy's|girls|girl's|kids|kid's|infant";
    if (*p->brand) return p->brand;
    const char *title = sim_normal(z, a, p->title);
    size_t n = 0;
    for (size_t words = 0; words < WORDS_MAX && title[n]; words++) {
        char word[64];
        size_t begin = n + (title[n] == ' '), end = begin + strcspn(title + begin, " ");
        if (end - begin >= sizeof word) break;
        memcpy(word, title + begin, end - begin);
        word[end - begin] = 0;
        if (listed(people, word)) {
            const char *copy = arena_strndup(a, title, n);
            return copy && !all_of_one_family(copy) ? copy : "";   /* "turquoise blue" is what it looks like: no name to give */
        }
        n = end;
    }
    return "";   /* no word for people near its beginning: who can say where the name ends */
}

/* ---- colours: families of our own ---- */

static const struct { const char *name, *zh, *words, *wider; int dark; } colours[] = {
    {"black", "黑色", "black|黑", NULL, 1}, {"white", "白色", "white|off white|ivory|白", NULL, -1}, {"grey", "灰色", "grey|gray|charcoal|graphite|灰|石墨", NULL, 0},
    {"silver", "银色", "silver|银", NULL, -1}, {"gold", "金色", "gold|golden|金", NULL, 0}, {"red", "红色", "red|scarlet|crimson|burgundy|maroon|rust|wine|红", NULL, 0},
    {"burgundy", "酒红色", "burgundy|maroon|wine red|酒红|暗红|枣红", "red", 1}, {"brick red", "砖红色", "brick red|rust|砖红|铁锈红", "red", 1}, {"pink", "粉色", "pink|rose|粉|豆沙", NULL, -1},
    {"orange", "橙色", "orange|coral|橙|橘|珊瑚", NULL, 0}, {"yellow", "黄色", "yellow|lemon|mustard|黄", NULL, 0}, {"mustard", "姜黄色", "mustard|姜黄|芥末黄", "yellow", 0},
    {"green", "绿色", "green|teal|mint|olive|绿|橄榄|抹茶", NULL, 0}, {"army green", "军绿色", "army green|olive|olive green|军绿|橄榄", "green", 1},
    {"blue", "蓝色", "blue|navy|turquoise|蓝|藏青", NULL, 0}, {"navy", "藏青色", "navy|navy blue|dark blue|藏青|藏蓝|深蓝|海军蓝", "blue", 1}, {"purple", "紫色", "purple|violet|lavender|lilac|紫", NULL, 0},
    {"brown", "棕色", "brown|coffee|tan|chocolate|caramel|walnut|棕|咖啡|咖色|褐|焦糖|原木|胡桃|巧克力", NULL, 1}, {"beige", "米色", "beige|cream|apricot|oatmeal|米色|米黄|杏|奶茶|奶油|燕麦", NULL, -1},
    {"khaki", "卡其色", "khaki|sand|卡其|沙色", NULL, -1}, {"multicolour", "彩色", "multi|multicolour|multicolor|assorted|彩|多色|拼色|撞色", NULL, 0}, {"clear", "透明", "clear|transparent|透明", NULL, -1},
};
enum { COLOURS = sizeof colours / sizeof colours[0] };

/* Which family a word names; -1: none (then only the very word is the same colour). The most special one counts. */
static int family(const char *said)
{
    int found = -1;
    for (int i = 0; i < COLOURS; i++)
        if (has_any(said, colours[i].words) && (found < 0 || colours[i].wider)) found = i;
    return found;
}

/* Is each of the words one of the same colour ("turquoise blue", not "black coffee")? */
static bool all_of_one_family(const char *words)
{
    for (size_t f = 0; f < COLOURS; f++) {
        const char *s = words;
        char word[64];
        bool all = *words != 0;
        while (all && *s) {
            size_t n = strcspn(s, " ");
            all = n < sizeof word;
            if (all) memcpy(word, s, n), word[n] = 0, all = listed(colours[f].words, word);
            s += n;
            while (*s == ' ') s++;
        }
        if (all) return true;
    }
    return false;
}

static enum sim_truth is_colour(const char *record, const char *said)
{
    if (!*record) return SIM_UNKNOWN;
    if (sim_has(record, said)) return SIM_TRUE;
    int f = family(said);
    if (f >= 0) return has_any(record, colours[f].words) ? SIM_TRUE : SIM_FALSE;
    return SIM_FALSE;
}

bool sim_knows_colour(const char *colour)
{
    return family(colour) >= 0;
}

int sim_darkness(const char *colour)
{
    int f = family(colour);
    return f < 0 ? 0 : colours[f].dark;
}

const char *sim_other_colour(const char *colour, uint64_t number, enum language l)
{
    static const int common[] = {0, 1, 2, 5, 8, 12, 14, 17};
    int own = family(colour);
    for (size_t i = 0;; i++) {
        int f = common[(number + i) % 8];
        if (own >= 0 && (f == own || (colours[own].wider && strcmp(colours[own].wider, colours[f].name) == 0))) continue;
        return l == LANGUAGE_ZH ? colours[f].zh : colours[f].name;
    }
}

const char *sim_wider_colour(const char *colour, enum language l)
{
    int f = family(colour);
    if (f < 0 || !colours[f].wider) return NULL;
    for (int i = 0; i < COLOURS; i++)
        if (strcmp(colours[i].name, colours[f].wider) == 0) return l == LANGUAGE_ZH ? colours[i].zh : colours[i].name;
    return NULL;
}

/* ---- people ---- */

enum { MEN = 1, WOMEN = 2, KIDS = 4 };

static int people(const char *text)
{
    int who = 0;
    if (has_any(text, "men|mens|men's|man|male|unisex|gents|男|通用|中性|爸爸|父亲|老公|男朋友")) who |= MEN;
    if (has_any(text, "women|womens|women's|woman|female|ladies|unisex|女|通用|中性|妈妈|母亲|老婆|女朋友")) who |= WOMEN;
    if (has_any(text, "kids|kid|child|children|boys|boy|girls|girl|baby|infant|toddler|newborn|童|孩|宝宝|婴|幼儿|小朋友|新生儿")) who |= KIDS;
    return who;
}

static enum sim_truth is_for(const char *record, const char *said)
{
    int wanted = people(said), has = people(record);
    if (!has || !wanted) return SIM_UNKNOWN;
    return (has & wanted) ? SIM_TRUE : SIM_FALSE;
}

/* ---- materials: two words for one ---- */

static bool is_material(const char *record, const char *said)
{
    static const char *const same[] = {"尼龙|锦纶|nylon|polyamide", "涤纶|聚酯|聚酯纤维|polyester", "羽绒|鸭绒|鹅绒|down", "木|实木|木质|wood|wooden|beech|oak|acacia|pine|walnut|榉木|橡木|相思木|松木|胡桃木",
                                       "塑料|abs|pp|pc|聚丙烯|plastic|polypropylene|polycarbonate|tritan", "皮革|牛皮|羊皮|麂皮|真皮|leather|cowhide|sheepskin|suede", "玻璃|高硼硅|glass|borosilicate",
                                       "金属|钢|不锈钢|铝|铝合金|铁|铜|钛|metal|steel|aluminium|aluminum|iron|titanium|copper", "陶瓷|瓷|ceramic|porcelain|stoneware|bone china", "羊毛|羊绒|wool|merino|cashmere", "硅胶|silicone", "真丝|桑蚕丝|silk"};
    if (sim_has(record, said)) return true;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (listed(same[i], said) && has_any(record, same[i])) return true;
    return false;
}

/* ---- prices ---- */

void sim_price_range(const char *said, int64_t *low, int64_t *high)
{
    struct number x[4];
    size_t n = text_numbers(said, strlen(said), x, 4);
    *low = INT64_MIN;
    *high = INT64_MAX;
    if (!n) return;
    int64_t first = (int64_t)(x[0].value * 100 + 0.5);
    if (n >= 2) *low = first, *high = (int64_t)(x[1].value * 100 + 0.5);
    else if (strstr(said, "以内") || strstr(said, "under") || strstr(said, "以下") || strstr(said, "不超过")) *high = first;
    else if (strstr(said, "以上") || strstr(said, "over")) *low = first;
}

/* ---- the whole ---- */

static bool part_equals(const struct normalizer *z, struct arena *a, const char *value, const char *said)
{
    const char *cursor = value, *item;
    size_t n;
    if (strcmp(sim_normal(z, a, value), said) == 0) return true;
    while (attribute_list_next(&cursor, &item, &n)) {
        char *part = arena_strndup(a, item, n);
        if (part && strcmp(sim_normal(z, a, part), said) == 0) return true;
    }
    return false;
}

static enum sim_truth attribute_is(const struct normalizer *z, struct arena *a, const struct product *p, const char *name, const char *said)
{
    bool known = false;
    for (size_t i = 0; i < p->n_attributes; i++) {
        if (strcmp(sim_normal(z, a, p->attributes[i].name), name) != 0) continue;
        known = true;
        if (part_equals(z, a, p->attributes[i].value, said)) return SIM_TRUE;
    }
    return known ? SIM_FALSE : SIM_UNKNOWN;
}

static bool begins_with(const char *title, const char *said)
{
    size_t n = strlen(said);
    while (n && strchr(".,", said[n - 1])) n--;
    return strncmp(title, said, n) == 0 && !letter(title[n]);
}

static enum sim_truth category_is(const struct normalizer *z, struct arena *a, const struct product *p, const char *said)
{
    const char *paths[] = {p->category, p->category_en, p->category_zh};
    for (size_t i = 0; i < 3; i++) {
        char *path = arena_strdup(a, sim_normal(z, a, paths[i])), *rest = NULL;
        for (char *part = path ? strtok_r(path, ">", &rest) : NULL; part; part = strtok_r(NULL, ">", &rest)) {
            while (*part == ' ') part++;
            for (size_t n = strlen(part); n && part[n - 1] == ' ';) part[--n] = 0;
            if (strcmp(part, said) == 0) return SIM_TRUE;
        }
    }
    return SIM_FALSE;
}

static const char *all_attributes(const struct normalizer *z, struct arena *a, const struct product *p, const char *names)
{
    const char *text = "";
    for (size_t i = 0; i < p->n_attributes; i++) {
        if (!listed(names, sim_normal(z, a, p->attributes[i].name))) continue;
        const char *joined = arena_printf(a, "%s%s%s", text, *text ? ", " : "", sim_normal(z, a, p->attributes[i].value));
        if (joined) text = joined;
    }
    return text;
}

bool sim_is_word_field(const char *field)
{
    return strncmp(field, "attribute:name", 14) == 0 ? field[14] == 0 || field[14] == '#' : strncmp(field, "attribute:名称", 16) == 0 && (field[16] == 0 || field[16] == '#');
}

/* "striped" for "stripes", "print" for "printed", "run" for "running". */
static size_t root(const char *word, size_t n)
{
    static const char *const ends[] = {"ing", "ed", "es", "s", "e"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t length = strlen(ends[i]);
        if (n < length + 3 || memcmp(word + n - length, ends[i], length) != 0) continue;
        n -= length;
        return n > 3 && word[n - 1] == word[n - 2] && !strchr("aeiouls", word[n - 1]) ? n - 1 : n;   /* "running" is a form of "run" */
    }
    return n;
}

static bool has_form_of(const char *text, const char *said)
{
    size_t n = root(said, strlen(said));
    if (!letter(*said)) return sim_has(text, said);
    for (const char *s = text; *s;) {
        size_t length = 0;
        while (letter(s[length])) length++;
        if (length && root(s, length) == n && memcmp(s, said, n) == 0) return true;
        s += length ? length : 1;
    }
    return false;
}

enum sim_truth sim_is_true(const struct normalizer *z, struct arena *a, const struct product *p, const char *field, const char *said, enum language l)
{
    (void)l;
    const char *title = arena_printf(a, "%s | %s", sim_normal(z, a, p->title), sim_normal(z, a, p->title_en)), *value;
    if (!title) return SIM_UNKNOWN;
    if (strcmp(field, "colour") == 0) {
        value = all_attributes(z, a, p, SIM_COLOUR_NAMES);
        return is_colour(*value ? value : title, said);
    }
    if (strcmp(field, "audience") == 0) {
        value = all_attributes(z, a, p, SIM_AUDIENCE_NAMES);
        return is_for(people(value) ? value : title, said);
    }
    if (strcmp(field, "price") == 0) {
        int64_t low, high;
        sim_price_range(said, &low, &high);
        return p->price < 0 ? SIM_UNKNOWN : p->price >= low && p->price <= high ? SIM_TRUE : SIM_FALSE;
    }
    if (strcmp(field, "brand") == 0) return !*p->brand ? SIM_UNKNOWN : sim_has(sim_normal(z, a, p->brand), said) ? SIM_TRUE : SIM_FALSE;
    if (strcmp(field, "attribute:title") == 0) return begins_with(sim_normal(z, a, p->title), said) || begins_with(sim_normal(z, a, p->title_en), said) ? SIM_TRUE : SIM_FALSE;
    if (sim_is_word_field(field)) return has_form_of(title, said) ? SIM_TRUE : SIM_FALSE;
    if (strcmp(field, "category") == 0) return category_is(z, a, p, said);
    if (strcmp(field, "material") == 0) {
        value = all_attributes(z, a, p, SIM_MATERIAL_NAMES);
        return !*value ? SIM_UNKNOWN : is_material(value, said) ? SIM_TRUE : SIM_FALSE;
    }
    if (strcmp(field, "size") == 0) {
        value = all_attributes(z, a, p, SIM_SIZE_NAMES);
        return !*value ? SIM_UNKNOWN : part_equals(z, a, value, said) ? SIM_TRUE : SIM_UNKNOWN;
    }
    if (strncmp(field, "attribute:", 10) == 0) return attribute_is(z, a, p, field + 10, said);
    return SIM_UNKNOWN;
}

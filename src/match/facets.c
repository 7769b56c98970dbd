/* Our own words for colours, materials and people, in Chinese and English, each with its canonical label and parents. */
#include "match_int.h"

#include <string.h>
#include <threads.h>

struct lexeme {
    enum facet facet;
    const char *canonical, *parent; /* parent: a wider label that it also is, or NULL */
    const char *words;              /* separated by '|', normalised */
};

static const struct lexeme lexicon[] = {
    {FACET_COLOUR, "black", NULL, "黑色|黑|黑款|black|jet black"},
    {FACET_COLOUR, "white", NULL, "白色|白|纯白|奶白|白款|white|off white|off-white|ivory|米白|象牙白"},
    {FACET_COLOUR, "grey", NULL, "灰色|灰|深灰|浅灰|银灰|grey|gray|charcoal|炭灰|graphite|石墨"},
    {FACET_COLOUR, "silver", NULL, "银色|银|silver"},
    {FACET_COLOUR, "gold", NULL, "金色|金|gold|golden|香槟金|玫瑰金|rose gold"},
    {FACET_COLOUR, "red", NULL, "红色|红|大红|红款|red|scarlet|crimson"},
    {FACET_COLOUR, "burgundy", "red", "酒红|酒红色|暗红|枣红|burgundy|maroon|wine red"},
    {FACET_COLOUR, "brick red", "red", "砖红|砖红色|铁锈红|brick red|rust"},
    {FACET_COLOUR, "pink", NULL, "粉色|粉红|粉红色|粉|粉款|pink|rose|雾粉|藕粉|豆沙色|豆沙"},
    {FACET_COLOUR, "orange", NULL, "橙色|橙|橘色|橘红|orange|coral|珊瑚"},
    {FACET_COLOUR, "yellow", NULL, "黄色|黄|黄款|yellow|lemon|柠檬黄"},
    {FACET_COLOUR, "mustard", "yellow", "姜黄|姜黄色|芥末黄|mustard"},
    {FACET_COLOUR, "green", NULL, "绿色|绿|绿款|green|薄荷绿|mint|teal|墨绿|墨绿色|翠绿|豆绿|抹茶"},
    {FACET_COLOUR, "army green", "green", "军绿|军绿色|橄榄绿|橄榄色|army green|olive|olive green"},
    {FACET_COLOUR, "blue", NULL, "蓝色|蓝|天蓝|浅蓝|蓝款|blue|sky blue|雾蓝|湖蓝|宝蓝|牛仔蓝|denim blue|turquoise"},
    {FACET_COLOUR, "navy", "blue", "藏青|藏青色|深蓝|深蓝色|海军蓝|藏蓝|navy|navy blue|dark blue"},
    {FACET_COLOUR, "purple", NULL, "紫色|紫|薰衣草紫|香芋紫|purple|violet|lavender|lilac"},
    {FACET_COLOUR, "brown", NULL, "棕色|棕|咖啡色|咖色|褐色|深棕|棕款|brown|coffee|chocolate|tan|巧克力色|焦糖色|caramel|原木色|胡桃色|walnut"},
    {FACET_COLOUR, "beige", NULL, "米色|杏色|米黄|奶茶色|beige|cream|apricot|奶油色|燕麦色|oatmeal"},
    {FACET_COLOUR, "khaki", NULL, "卡其|卡其色|沙色|khaki|sand"},
    {FACET_COLOUR, "multicolour", NULL, "彩色|多色|拼色|撞色|multi|multicolor|multicolour|multi-color|assorted"},
    {FACET_COLOUR, "clear", NULL, "透明|透明色|clear|transparent"},

    {FACET_MATERIAL, "leather", NULL, "皮革|皮质|真皮|leather"},
    {FACET_MATERIAL, "cowhide", "leather", "牛皮|头层牛皮|二层牛皮|cowhide|cow leather|full-grain leather|split leather"},
    {FACET_MATERIAL, "sheepskin", "leather", "羊皮|山羊皮|绵羊皮|sheepskin|goatskin|lambskin"},
    {FACET_MATERIAL, "faux leather", NULL, "人造革|仿皮|pu皮|pu革|pu|faux leather|pu leather|artificial leather"},
    {FACET_MATERIAL, "suede", "leather", "麂皮|反绒皮|suede"},
    {FACET_MATERIAL, "cotton", NULL, "棉|纯棉|全棉|棉质|精梳棉|cotton"},
    {FACET_MATERIAL, "linen", NULL, "亚麻|麻|棉麻|linen|flax"},
    {FACET_MATERIAL, "silk", NULL, "真丝|桑蚕丝|丝绸|蚕丝|silk|mulberry silk"},
    {FACET_MATERIAL, "wool", NULL, "羊毛|美利奴羊毛|羊毛呢|wool|merino|merino wool"},
    {FACET_MATERIAL, "cashmere", "wool", "羊绒|cashmere"},
    {FACET_MATERIAL, "down", NULL, "羽绒|鹅绒|鸭绒|白鸭绒|白鹅绒|down|duck down|goose down"},
    {FACET_MATERIAL, "polyester", NULL, "涤纶|聚酯|聚酯纤维|polyester"},
    {FACET_MATERIAL, "nylon", NULL, "尼龙|锦纶|nylon|polyamide"},
    {FACET_MATERIAL, "canvas", NULL, "帆布|canvas"},
    {FACET_MATERIAL, "denim", NULL, "牛仔布|丹宁|denim"},
    {FACET_MATERIAL, "fleece", NULL, "抓绒|摇粒绒|fleece"},
    {FACET_MATERIAL, "chiffon", NULL, "雪纺|chiffon"},
    {FACET_MATERIAL, "stainless steel", "steel", "不锈钢|304不锈钢|316不锈钢|stainless steel"},
    {FACET_MATERIAL, "steel", "metal", "钢|碳钢|高碳钢|steel|carbon steel"},
    {FACET_MATERIAL, "aluminium", "metal", "铝|铝合金|航空铝|aluminium|aluminum|aluminium alloy|aluminum alloy"},
    {FACET_MATERIAL, "titanium", "metal", "钛|纯钛|钛合金|titanium"},
    {FACET_MATERIAL, "cast iron", "metal", "铸铁|生铁|cast iron"},
    {FACET_MATERIAL, "iron", "metal", "铁|熟铁|iron"},
    {FACET_MATERIAL, "copper", "metal", "铜|黄铜|紫铜|copper|brass"},
    {FACET_MATERIAL, "metal", NULL, "金属|合金|metal|alloy"},
    {FACET_MATERIAL, "glass", NULL, "玻璃|高硼硅玻璃|glass|borosilicate glass|borosilicate"},
    {FACET_MATERIAL, "ceramic", NULL, "陶瓷|瓷|骨瓷|白瓷|ceramic|porcelain|bone china|stoneware"},
    {FACET_MATERIAL, "wood", NULL, "木|实木|木质|榉木|橡木|胡桃木|松木|相思木|wood|wooden|beech|oak|acacia|pine|solid wood"},
    {FACET_MATERIAL, "bamboo", NULL, "竹|竹制|竹子|bamboo"},
    {FACET_MATERIAL, "plastic", NULL, "塑料|abs|pp|pc|聚丙烯|plastic|polypropylene|polycarbonate|tritan"},
    {FACET_MATERIAL, "silicone", NULL, "硅胶|液态硅胶|silicone"},
    {FACET_MATERIAL, "rubber", NULL, "橡胶|乳胶|rubber|latex"},

    {FACET_AUDIENCE, "men", NULL, "男|男士|男款|男性|男式|男生|爸爸|我爸|老爸|爸|父亲|老公|男朋友|男友|男人|男装|爷爷|岳父|哥哥|弟弟|men|men's|mens|man|male|for him|dad|father|husband|boyfriend|grandpa|grandfather|brother"},
    {FACET_AUDIENCE, "women", NULL, "女|女士|女款|女性|女式|女生|妈妈|我妈|老妈|妈|母亲|老婆|女朋友|女友|女人|女装|奶奶|岳母|闺蜜|姐姐|妹妹|women|women's|womens|woman|female|ladies|lady|for her|mom|mum|mother|wife|girlfriend|grandma|grandmother|sister"},
    {FACET_AUDIENCE, "kids", NULL, "儿童|童|男孩|女孩|男童|女童|小孩|孩子|小朋友|宝宝|幼儿|kids|kid|child|children|children's|toddler|boys|girls|boy|girl|boy's|girl's"},
    {FACET_AUDIENCE, "baby", "kids", "婴儿|新生儿|婴幼儿|baby|babies|infant|newborn"},
    {FACET_AUDIENCE, "unisex", NULL, "男女通用|男女同款|男女|中性|通用|unisex"},
};
enum { LEXEMES = sizeof lexicon / sizeof lexicon[0] };

/* Attribute names, normalised and without spaces. */
static const struct { const char *name; enum facet facet; } attribute_names[] = {
    {"颜色", FACET_COLOUR}, {"颜色分类", FACET_COLOUR}, {"主色", FACET_COLOUR}, {"配色", FACET_COLOUR}, {"color", FACET_COLOUR}, {"colour", FACET_COLOUR},
    {"basecolour", FACET_COLOUR}, {"basecolor", FACET_COLOUR}, {"primarycolor", FACET_COLOUR}, {"primarycolour", FACET_COLOUR},
    {"材质", FACET_MATERIAL}, {"面料", FACET_MATERIAL}, {"材料", FACET_MATERIAL}, {"主要材质", FACET_MATERIAL}, {"鞋面材质", FACET_MATERIAL}, {"填充", FACET_MATERIAL},
    {"内胆材质", FACET_MATERIAL}, {"material", FACET_MATERIAL}, {"uppermaterial", FACET_MATERIAL}, {"fabric", FACET_MATERIAL}, {"fill", FACET_MATERIAL},
    {"尺码", FACET_SIZE}, {"鞋码", FACET_SIZE}, {"码数", FACET_SIZE}, {"size", FACET_SIZE}, {"sizes", FACET_SIZE},
    {"适用人群", FACET_AUDIENCE}, {"适用对象", FACET_AUDIENCE}, {"适用性别", FACET_AUDIENCE}, {"性别", FACET_AUDIENCE}, {"for", FACET_AUDIENCE},
    {"gender", FACET_AUDIENCE}, {"audience", FACET_AUDIENCE},
};

const char *facet_name(enum facet f)
{
    static const char *const names[FACETS] = {"colour", "material", "size", "brand", "audience", "category"};
    return f < FACETS ? names[f] : "?";
}

bool facet_of_attribute(const char *name, enum facet *f)
{
    char bare[64];
    size_t n = 0;
    for (const char *p = name; *p && n + 1 < sizeof bare; p++)
        if (*p != ' ' && *p != '_') bare[n++] = *p;
    bare[n] = 0;
    for (size_t i = 0; i < sizeof attribute_names / sizeof attribute_names[0]; i++)
        if (strcmp(attribute_names[i].name, bare) == 0) {
            *f = attribute_names[i].facet;
            return true;
        }
    return false;
}

void label_add(struct label_set *set, size_t column, const char *value, size_t n)
{
    while (n && *value == ' ') value++, n--;
    while (n && value[n - 1] == ' ') n--;
    if (!n || n > LABEL_BYTES_MAX || set->n == LABELS_PER_DOCUMENT_MAX) return;
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i].column == column && set->items[i].n == n && memcmp(set->items[i].value, value, n) == 0) return;
    char *copy = arena_strndup(set->arena, value, n);
    if (copy) set->items[set->n++] = (struct index_label){column, copy, n};
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Does the word (of n bytes) stand at s? Latin words must not go on. */
static bool stands_at(const char *s, const char *end, const char *word, size_t n)
{
    if ((size_t)(end - s) < n || memcmp(s, word, n) != 0) return false;
    return !is_word_byte(word[n - 1]) || s + n == end || !is_word_byte(s[n]);
}

/* The words by their first two bytes: every position of every text is looked up, and there are hundreds of words. Made once, then only read. */
enum { BUCKETS = 256, WORDS_MAX = 1024 };
struct entry { const char *word; uint16_t n, lexeme, next; };   /* next: index + 1, 0 ends */
static struct { once_flag once; struct entry entries[WORDS_MAX]; uint16_t first[BUCKETS]; } table = {.once = ONCE_FLAG_INIT};

static size_t bucket_of(const char *s)
{
    return ((unsigned char)s[0] * 37u + (unsigned char)s[1]) % BUCKETS;
}

static void table_make(void)
{
    uint16_t n = 0;
    for (uint16_t i = 0; i < LEXEMES; i++)
        for (const char *w = lexicon[i].words; *w && n < WORDS_MAX; n++) {
            size_t length = strcspn(w, "|"), bucket = bucket_of(w);
            table.entries[n] = (struct entry){w, (uint16_t)length, i, table.first[bucket]};
            table.first[bucket] = (uint16_t)(n + 1);
            w += length + (w[length] == '|');
        }
}

/* Longest lexicon word at s among the facets in mask; of words as long the one that the lexicon names first. */
static const struct lexeme *longest_at(const char *s, const char *end, unsigned mask, size_t *length)
{
    const struct entry *best = NULL;
    *length = 0;
    if (end - s < 2) return NULL;   /* no word is shorter */
    call_once(&table.once, table_make);
    for (uint16_t i = table.first[bucket_of(s)]; i; i = table.entries[i - 1].next) {
        const struct entry *e = &table.entries[i - 1];
        bool better = e->n > *length || (e->n == *length && best && e->lexeme < best->lexeme);
        if (!better || !(mask >> lexicon[e->lexeme].facet & 1) || !stands_at(s, end, e->word, e->n)) continue;
        *length = e->n;
        best = e;
    }
    return best ? &lexicon[best->lexeme] : NULL;
}

size_t facet_match(const char *s, const char *end, enum facet *f, const char **canonical)
{
    size_t n;
    const struct lexeme *l = longest_at(s, end, ~0u, &n);
    if (!l) return 0;
    *f = l->facet;
    *canonical = l->canonical;
    return n;
}

static const struct lexeme *lexeme_of(enum facet f, const char *canonical, size_t n)
{
    for (size_t i = 0; i < LEXEMES; i++)
        if (lexicon[i].facet == f && strlen(lexicon[i].canonical) == n && memcmp(lexicon[i].canonical, canonical, n) == 0) return &lexicon[i];
    return NULL;
}

const char *facet_parent(enum facet f, const char *canonical, size_t n)
{
    const struct lexeme *l = lexeme_of(f, canonical, n);
    return l ? l->parent : NULL;
}

/* The words that a list of choices shows; where none is given, the canonical label itself. */
static const struct { enum facet facet; const char *canonical, *zh; } shown_words[] = {
    {FACET_COLOUR, "black", "黑色"}, {FACET_COLOUR, "white", "白色"}, {FACET_COLOUR, "grey", "灰色"}, {FACET_COLOUR, "silver", "银色"}, {FACET_COLOUR, "gold", "金色"},
    {FACET_COLOUR, "red", "红色"}, {FACET_COLOUR, "burgundy", "酒红色"}, {FACET_COLOUR, "brick red", "砖红色"}, {FACET_COLOUR, "pink", "粉色"}, {FACET_COLOUR, "orange", "橙色"},
    {FACET_COLOUR, "yellow", "黄色"}, {FACET_COLOUR, "mustard", "姜黄色"}, {FACET_COLOUR, "green", "绿色"}, {FACET_COLOUR, "army green", "军绿色"}, {FACET_COLOUR, "blue", "蓝色"},
    {FACET_COLOUR, "navy", "藏青色"}, {FACET_COLOUR, "purple", "紫色"}, {FACET_COLOUR, "brown", "棕色"}, {FACET_COLOUR, "beige", "米色"}, {FACET_COLOUR, "khaki", "卡其色"},
    {FACET_COLOUR, "multicolour", "彩色"}, {FACET_COLOUR, "clear", "透明"},
    {FACET_MATERIAL, "leather", "皮革"}, {FACET_MATERIAL, "cowhide", "牛皮"}, {FACET_MATERIAL, "sheepskin", "羊皮"}, {FACET_MATERIAL, "faux leather", "人造革"},
    {FACET_MATERIAL, "suede", "麂皮"}, {FACET_MATERIAL, "cotton", "棉"}, {FACET_MATERIAL, "linen", "亚麻"}, {FACET_MATERIAL, "silk", "真丝"}, {FACET_MATERIAL, "wool", "羊毛"},
    {FACET_MATERIAL, "cashmere", "羊绒"}, {FACET_MATERIAL, "down", "羽绒"}, {FACET_MATERIAL, "polyester", "涤纶"}, {FACET_MATERIAL, "nylon", "尼龙"}, {FACET_MATERIAL, "canvas", "帆布"},
    {FACET_MATERIAL, "denim", "牛仔布"}, {FACET_MATERIAL, "fleece", "抓绒"}, {FACET_MATERIAL, "chiffon", "雪纺"}, {FACET_MATERIAL, "stainless steel", "不锈钢"}, {FACET_MATERIAL, "steel", "钢"},
    {FACET_MATERIAL, "aluminium", "铝"}, {FACET_MATERIAL, "titanium", "钛"}, {FACET_MATERIAL, "cast iron", "铸铁"}, {FACET_MATERIAL, "iron", "铁"}, {FACET_MATERIAL, "copper", "铜"},
    {FACET_MATERIAL, "metal", "金属"}, {FACET_MATERIAL, "glass", "玻璃"}, {FACET_MATERIAL, "ceramic", "陶瓷"}, {FACET_MATERIAL, "wood", "木"}, {FACET_MATERIAL, "bamboo", "竹"},
    {FACET_MATERIAL, "plastic", "塑料"}, {FACET_MATERIAL, "silicone", "硅胶"}, {FACET_MATERIAL, "rubber", "橡胶"},
    {FACET_AUDIENCE, "men", "男士"}, {FACET_AUDIENCE, "women", "女士"}, {FACET_AUDIENCE, "kids", "儿童"}, {FACET_AUDIENCE, "baby", "婴儿"}, {FACET_AUDIENCE, "unisex", "男女通用"},
};

const char *facet_word(enum facet f, const char *canonical, size_t n, enum language language)
{
    const struct lexeme *l = lexeme_of(f, canonical, n);
    if (!l || language == LANGUAGE_EN) return l ? l->canonical : NULL;
    for (size_t i = 0; i < sizeof shown_words / sizeof shown_words[0]; i++)
        if (shown_words[i].facet == f && strcmp(shown_words[i].canonical, l->canonical) == 0) return shown_words[i].zh;
    return l->canonical;
}

bool facet_word_is_ambiguous(const char *s, size_t n, const char *end)
{
    static const char *const words[] = {"coffee", "chocolate", "mint", "sand", "rose", "cream", "caramel", "coral", "lemon", "olive", "lavender", "charcoal", "rust",
                                        "apricot", "walnut", "oatmeal", "iron", "down", "clear", "pp", "pc"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0) return !stands_at(s + n, end, " color", 6) && !stands_at(s + n, end, " colour", 7);
    return false;
}

static void add_with_parents(struct label_set *set, const struct lexeme *l)
{
    label_add(set, l->facet, l->canonical, strlen(l->canonical));
    if (strcmp(l->canonical, "unisex") == 0) {
        label_add(set, FACET_AUDIENCE, "men", 3);
        label_add(set, FACET_AUDIENCE, "women", 5);
    }
    for (size_t i = 0; l->parent && i < LEXEMES; i++)
        if (lexicon[i].facet == l->facet && strcmp(lexicon[i].canonical, l->parent) == 0) {
            add_with_parents(set, &lexicon[i]);
            return;
        }
}

/* A single Han character is a word only inside an attribute value; in running text 红 may be part of 红茶. */
static void add_words(struct label_set *set, enum facet f, const char *text, size_t n, size_t shortest)
{
    const char *end = text + n;
    for (const char *s = text; s < end;) {
        size_t length;
        bool inside = s > text && is_word_byte(s[-1]) && is_word_byte(*s);
        const struct lexeme *l = inside ? NULL : longest_at(s, end, 1u << f, &length);
        if (l && (is_word_byte(*s) || length >= shortest)) {
            add_with_parents(set, l);
            s += length;
        } else {
            utf8_next(&s, end);
        }
    }
}

void facet_of_department(struct label_set *set, const char *category)
{
    static const struct { const char *word, *people; } departments[] = {{"女装", "women"}, {"女鞋", "women"}, {"女士", "women"}, {"womenswear", "women"}, {"women", "women"}, {"ladies", "women"},
                                                                        {"男装", "men"}, {"男鞋", "men"}, {"男士", "men"}, {"menswear", "men"}, {"men", "men"}};
    for (const char *s = category, *end = s + strlen(s); s < end; utf8_next(&s, end))
        for (size_t i = 0; i < sizeof departments / sizeof departments[0] && (s == category || !is_word_byte(s[-1])); i++)
            if (stands_at(s, end, departments[i].word, strlen(departments[i].word))) label_add(set, FACET_AUDIENCE, departments[i].people, strlen(departments[i].people));
}

bool facet_names_people(const struct label_set *set)
{
    static const char *const people[] = {"men", "women", "kids", "baby"};
    for (size_t i = 0; i < set->n; i++)
        for (size_t k = 0; k < sizeof people / sizeof people[0]; k++)
            if (set->items[i].column == FACET_AUDIENCE && strcmp(set->items[i].value, people[k]) == 0) return true;
    return false;
}

static void add_size_range(struct label_set *set, unsigned low, unsigned high)
{
    char text[16];
    for (unsigned v = low; v <= high && high - low <= 40; v++) label_add(set, FACET_SIZE, text, (size_t)snprintf(text, sizeof text, "%u", v));
}

void facet_labels(struct label_set *set, enum facet f, const char *value, size_t n)
{
    const char *end = value + n;
    for (const char *s = value; s < end;) {
        const char *stop = s;
        while (stop < end && *stop != ',' && *stop != ';' && *stop != '/') {
            if (end - stop >= 3 && (memcmp(stop, "、", 3) == 0)) break;
            stop++;
        }
        label_add(set, f, s, (size_t)(stop - s));
        unsigned low, high;
        if (f == FACET_SIZE && stop - s < 16 && sscanf(s, " %u-%u", &low, &high) == 2 && low < high) add_size_range(set, low, high);
        s = stop < end ? stop + (*stop == ',' || *stop == ';' || *stop == '/' ? 1 : 3) : end;
    }
    if (f != FACET_SIZE && f != FACET_BRAND) add_words(set, f, value, n, 1);
}

void facet_words(struct label_set *set, enum facet f, const char *text, size_t n)
{
    add_words(set, f, text, n, 6);
}

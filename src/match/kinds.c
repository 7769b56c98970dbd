/* Which kinds of the shop a bare word names: 裙子 and 鞋 by their last character, "kettle" and "shoes" by their last word, 衣服 and "clothes" by a list of
 * words wider than any shop's category. */
#include "match_int.h"

#include <string.h>

enum { WORDS_MAX = 4, STEMS_BYTES = 64, LABELS_MAX = sizeof ((struct constraint *)0)->labels / sizeof(uint32_t) };

/* A name of a kind; "rice, grains & oils" has three. Latin ones as the stems of their words: "hike shoe". */
struct kind {
    uint32_t label;
    bool han;
    char name[STEMS_BYTES];
    size_t n;
};

/* Wider words and what the names of the kinds that they cover end with, Latin ones stemmed. A minus: names that end so are not meant. */
static const struct { const char *words, *ends; } wider[] = {
    {"鞋|鞋子|鞋履", "鞋|靴|拖"}, {"包|包包|包袋", "包|-钱包|-面包"}, {"裤|裤子", "裤"}, {"裙|裙子", "裙"}, {"帽|帽子", "帽"}, {"袜|袜子", "袜"}, {"箱子", "箱|-音箱"},
    {"背包|背囊", "双肩包|背包|登山包|书包"}, {"上衣", "衬衫|t恤|卫衣|毛衣|针织衫|polo衫|上衣|背心"}, {"外套|大衣", "夹克|风衣|羽绒服|冲锋衣|外套|大衣"},
    {"衣服|衣裳|衣物|服装|穿的", "衫|t恤|衣|裙|裤|服|夹克|西装|童装"}, {"护肤品|护肤|保养品", "面霜|精华|防晒|洁面|乳液|面膜|爽肤水|眼霜|护肤"},
    {"化妆品|彩妆", "口红|粉底|眼影|腮红|眉笔|唇釉|睫毛膏|彩妆"}, {"锅|锅子", "锅|锅具"}, {"刀|刀子", "刀|刀具"}, {"杯|杯子|水杯", "杯"}, {"灯|灯具", "灯"},
    {"茶|茶叶", "茶|-奶茶"}, {"壶", "壶"}, {"表", "手表|腕表"}, {"酒", "酒"}, {"伞|雨伞", "伞"}, {"床", "床"}, {"椅子|凳子", "椅|凳"}, {"桌子", "桌"}, {"书", "书|绘本"}, {"棋", "棋"},
    {"家电|电器|小家电", "净化器|加湿器|吸尘器|电饭煲|吹风机|风扇|炸锅|微波炉|烤箱|冰箱|洗衣机|空调"}, {"零食|吃|吃的|小吃|好吃的", "零食|坚果|巧克力|饼干|糖果|蜜饯"},
    {"喝|喝的|饮料|饮品", "茶|咖啡|咖啡豆|饮料|果汁"}, {"玩具", "玩具|积木|拼图|娃娃"}, {"首饰|饰品", "项链|耳环|戒指|手链|手镯|首饰"},
    {"shoe|footwear", "shoe|sneaker|heel|sandal|boot|trainer|loafer|flip flop|slipper|flat"}, {"bag", "shoulder bag|handbag|backpack|tote|rucksack|satchel|messeng bag|crossbodi bag|duffel bag|laptop bag|bag|-sleep bag|-tea bag|-bean bag"},
    {"cloth|outfit|garment|apparel|someth to wear", "shirt|t shirt|tshirt|sweater|jacket|dress|skirt|jean|trouser|pant|coat|suit|sweatshirt|knitwear|top|cloth|kurta"},
    {"trouser|pant", "trouser|jean|pant|leg|jogger|chino"}, {"coat|outerwear", "coat|jacket"}, {"top", "top|shirt|t shirt|sweater|sweatshirt|knitwear|blous"},
    {"skincar|skin care", "cream|serum|sunscreen|cleanser|lotion|moistur|toner"}, {"makeup|make up|cosmet", "lipstick|mascara|foundat|eyelin|eyeshadow|blush|lip gloss"},
    {"face wash|facial wash|face cleanser", "cleanser"}, {"cookwar|pot", "pan|pot|cookwar|wok"}, {"lamp|light", "lamp|headlamp|light"}, {"luggag|trollei", "suitcas|luggag|trollei bag"},
    {"applianc", "purifi|humidifi|vacuum|cooker|dryer|fan|fryer|microwav|oven|refriger"}, {"toi", "toi|block|puzzl|doll"}, {"jewelleri|jewelri", "ring|necklac|ear|bracelet|pendant"},
    {"speaker", "speaker"}, {"someth to eat|food", "snack|nut|chocol|biscuit|honei|cooki|candi|grain|rice"}, {"someth to drink|drink|beverag", "tea|coffe|coffe bean|juic"}, {"snack", "snack|nut|chocol|biscuit|cooki|candi|crisp"}, {"tableware|crockeri", "tableware|plate|bowl"},
};

/* Last words of kinds' names that say too little alone: "a set", "the board"; so 车 for 推车, 瓶 for 奶瓶. */
static const char *const vague[] = {"set", "kit", "care", "box", "board", "bank", "accessori", "suppli", "good", "product", "part", "item", "ware", "thing", "seat", "gift", "pole"};
static const char *const vague_han[] = {"具", "器", "品", "机", "宝", "物", "件", "套", "用", "材", "料", "装", "氛", "类", "车", "座", "霜", "发", "面", "头", "力", "理", "须", "晒", "红", "步", "华", "扇", "盒", "板", "带", "本", "袋", "瓶", "盆", "箱", "服", "豆"};

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool listed(const char *s, size_t n, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0) return true;
    return false;
}
#define LISTED(s, n, words) listed(s, n, words, sizeof(words) / sizeof((words)[0]))

/* The stems of the Latin word at s, behind what is in out; bytes read, or 0. */
static size_t add_stem(const char *s, const char *end, char out[STEMS_BYTES], size_t *n)
{
    char stem[STEMS_BYTES];
    size_t length = 0, gap = *n > 0;
    while (s + length < end && word_byte(s[length])) length++;
    if (!length || *n + gap + length >= STEMS_BYTES) return 0;
    memcpy(stem, s, length);
    size_t kept = porter_stem(stem, length);
    static const char *const uneven[][2] = {{"mice", "mous"}, {"knive", "knife"}, {"shelv", "shelf"}, {"scarv", "scarf"}, {"loav", "loaf"}, {"teeth", "tooth"}, {"feet", "foot"}};
    for (size_t i = 0; i < sizeof uneven / sizeof uneven[0]; i++)
        if (strlen(uneven[i][0]) == kept && memcmp(uneven[i][0], stem, kept) == 0) memcpy(stem, uneven[i][1], kept = strlen(uneven[i][1]));
    if (gap) out[(*n)++] = ' ';
    memcpy(out + *n, stem, kept);
    *n += kept;
    return length;
}

/* ---- the shop's kinds ---- */

/* 鞋靴箱包 is a department: its products have a narrower kind, too. Decided by the first product that has the label, which most labels have early on. */
static void find_departments(const struct matcher *m, bool *department, bool *decided, size_t n_labels)
{
    size_t left = n_labels;
    for (uint32_t doc = 0, count = index_count(m->index); doc < count && left; doc++) {
        uint32_t labels[LABELS_PER_DOCUMENT_MAX], own, least = UINT32_MAX;
        size_t n = index_document_labels(m->index, doc, FACET_CATEGORY, labels, LABELS_PER_DOCUMENT_MAX);
        if (n > LABELS_PER_DOCUMENT_MAX) n = LABELS_PER_DOCUMENT_MAX;
        for (size_t i = 0; i < n; i++) {
            index_label_text(m->index, FACET_CATEGORY, labels[i], NULL, &own);
            if (own < least) least = own;
        }
        for (size_t i = 0; i < n; i++) {
            if (decided[labels[i]]) continue;
            index_label_text(m->index, FACET_CATEGORY, labels[i], NULL, &own);
            department[labels[i]] = own > least;
            decided[labels[i]] = true;
            left--;
        }
    }
}

static void add_name(struct matcher *m, uint32_t label, const char *s, const char *end)
{
    struct kind *k = &m->kinds[m->n_kinds];
    *k = (struct kind){.label = label};
    while (s < end && *s == ' ') s++;
    while (end > s && end[-1] == ' ') end--;
    k->han = end > s && (unsigned char)end[-1] >= 0x80;
    if (k->han && (size_t)(end - s) < STEMS_BYTES) memcpy(k->name, s, k->n = (size_t)(end - s));
    for (const char *p = s; p < end && !k->han;) {
        size_t bytes = p[0] == 's' && p > s && p[-1] == '\'' ? 0 : add_stem(p, end, k->name, &k->n);
        p += bytes ? bytes : 1;
    }
    m->n_kinds += k->n > 0;
}

/* "rice, grains & oils": each of them. */
static const char *part_end(const char *s, const char *end, size_t *skip)
{
    static const char *const joints[] = {" & ", " and ", ", ", "/", "、"};
    for (const char *p = s; p < end; p++)
        for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++)
            if ((size_t)(end - p) >= (*skip = strlen(joints[i])) && memcmp(p, joints[i], *skip) == 0) return p;
    *skip = 0;
    return end;
}

status kinds_read(struct matcher *m)
{
    enum { PARTS_MAX = 4 };
    size_t labels = index_label_count(m->index, FACET_CATEGORY);
    m->kinds = mem_zalloc(labels * PARTS_MAX + 1, sizeof *m->kinds);
    bool *department = mem_zalloc(2 * labels + 1, sizeof *department);
    if (!m->kinds || !department) {
        mem_free(department);
        return fail_nomem("opening the index");
    }
    find_departments(m, department, department + labels, labels);
    for (uint32_t i = 0; i < labels; i++) {
        size_t n, skip;
        const char *s = index_label_text(m->index, FACET_CATEGORY, i, &n, NULL), *end = s + n;
        if (department[i] || !department[labels + i]) continue;
        for (size_t k = 0; k < PARTS_MAX && s < end; k++) {
            const char *stop = part_end(s, end, &skip);
            add_name(m, i, s, stop);
            s = stop + skip;
        }
    }
    mem_free(department);
    return OK;
}

/* ---- names and ends ---- */

static bool ends_with(const struct kind *k, const char *end, size_t n, bool han)
{
    if (k->han != han || k->n < n || memcmp(k->name + k->n - n, end, n) != 0) return false;
    return han || k->n == n || k->name[k->n - n - 1] == ' ';
}

static void add_label(uint32_t *labels, size_t *n, size_t max, uint32_t label)
{
    for (size_t i = 0; i < *n; i++)
        if (labels[i] == label) return;
    if (*n < max) labels[(*n)++] = label;
}

/* The kinds whose names end so. whole: are so. */
static void add_ending(const struct matcher *m, const char *end, size_t n, bool whole, uint32_t *labels, size_t *count, size_t max)
{
    bool han = (unsigned char)end[n - 1] >= 0x80;
    for (size_t i = 0; i < m->n_kinds; i++)
        if (ends_with(&m->kinds[i], end, n, han) && (!whole || m->kinds[i].n == n)) add_label(labels, count, max, m->kinds[i].label);
}

static void drop_ending(const struct matcher *m, const char *end, size_t n, uint32_t *labels, size_t *count)
{
    uint32_t denied[LABELS_MAX];
    size_t d = 0, kept = 0;
    add_ending(m, end, n, false, denied, &d, LABELS_MAX);
    for (size_t i = 0; i < *count; i++) {
        bool drop = false;
        for (size_t k = 0; k < d; k++) drop |= denied[k] == labels[i];
        if (!drop) labels[kept++] = labels[i];
    }
    *count = kept;
}

static const char *ends_of_wider(const char *word, size_t n)
{
    for (size_t i = 0; i < sizeof wider / sizeof wider[0]; i++)
        for (const char *w = wider[i].words; *w; w += strcspn(w, "|"), w += *w == '|')
            if (strcspn(w, "|") == n && memcmp(w, word, n) == 0) return wider[i].ends;
    return NULL;
}

static size_t wider_kinds(const struct matcher *m, const char *word, size_t n, uint32_t *labels, size_t max)
{
    size_t count = 0;
    const char *ends = ends_of_wider(word, n);
    for (int denied = 0; denied < 2 && ends; denied++)
        for (const char *e = ends; *e; e += strcspn(e, "|"), e += *e == '|') {
            size_t length = strcspn(e, "|");
            if (!denied && *e != '-') add_ending(m, e, length, false, labels, &count, max);
            if (denied && *e == '-') drop_ending(m, e + 1, length - 1, labels, &count);
        }
    return count;
}

/* ---- Chinese ---- */

/* 裙 of 裙子, 包 of 包包: the character that names of kinds end with. */
static bool has_head(const char *word, size_t n)
{
    static const char *const suffixes[] = {"子", "儿"};
    if (n != 6 || (unsigned char)word[0] < 0xE0) return false;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (memcmp(word + 3, suffixes[i], 3) == 0) return true;
    return memcmp(word, word + 3, 3) == 0;
}

static bool one_of(const char *s, const char *end, const char *words)
{
    for (const char *w = words; *w; w += strcspn(w, "|"), w += *w == '|') {
        size_t n = strcspn(w, "|");
        if ((size_t)(end - s) >= n && memcmp(s, w, n) == 0) return true;
    }
    return false;
}

/* Nothing that would make another word of it follows: 茶 but not 茶具, "耳机吗" but not 耳机架. */
static bool ends_noun(const char *s, const char *end)
{
    return s >= end || (unsigned char)*s < 0x80 ||
           one_of(s, end, "，|。|、|！|？|；|：|吗|吧|呢|啊|呀|嘛|么|哦|哈|啦|了|给|送|要|不|能|可|有|就|都|也|和|跟|或|与|还|我|你|您|他|她|咱|多少|怎么|哪|什么|推荐|预算|价格|最|别|求|谢|，|吧|来|带|适合|用来|啥|便宜|贵|大概|左右|只|在|是|会|得|平时|平常|上班|出门|穿|戴|男|女|或者|放|装|想|、");
}

/* "买双鞋", "煮面用的锅", "有包吗": what stands before the single character lets it be a word. */
static bool begins_noun(const char *begin, const char *s)
{
    static const char *const before[] = {"双", "件", "条", "台", "把", "套", "副", "只", "个", "瓶", "盒", "款", "支", "对", "张", "本", "顶", "口", "块", "包", "种", "些", "盏", "部", "床", "袋", "罐", "点",
                                         "的", "买", "找", "要", "有", "看", "选", "挑", "换", "卖", "求", "来", "新", "好", "小", "大", "和", "或", "男", "女", "，", "。", "、", "色"};
    return s == begin || (unsigned char)s[-1] < 0x80 || (s - begin >= 3 && LISTED(s - 3, 3, before));
}

/* The kinds that end with the character at s, which stands alone. */
static size_t bare_kinds(const struct matcher *m, const char *begin, const char *s, const char *end, bool named_before, uint32_t *labels, size_t max)
{
    size_t count = wider_kinds(m, s, 3, labels, max);
    if (LISTED(s, 3, vague_han) && !count) return 0;
    if (!begins_noun(begin, s) && !named_before) return 0;
    if (!ends_noun(s + 3, end)) return 0;   /* 包 counts in "一包茶" */
    if (!count) add_ending(m, s, 3, false, labels, &count, max);
    return count;
}

/* "买点吃的" asks for food; "冬天穿的", "孩子吃的" tell of something else. */
static bool is_loose(const char *begin, const char *s, size_t n)
{
    static const char *const before[] = {"点", "些", "么", "买", "找"};
    return n >= 3 && memcmp(s + n - 3, "的", 3) == 0 && s > begin && (s - begin < 3 || !LISTED(s - 3, 3, before));
}

static size_t han_kinds(const struct matcher *m, const char *begin, const char *s, const char *end, bool named_before, uint32_t *labels, size_t max, size_t *bytes)
{
    size_t count = 0;
    if (end - s < 3 || (unsigned char)*s < 0xE0) return 0;
    for (*bytes = 12; *bytes >= 6; *bytes -= 3)
        if ((size_t)(end - s) >= *bytes && !is_loose(begin, s, *bytes) && (count = wider_kinds(m, s, *bytes, labels, max))) return count;
    *bytes = 6;
    if (end - s >= 6 && has_head(s, 6) && !LISTED(s, 3, vague_han)) add_ending(m, s, 3, false, labels, &count, max);
    if (count) return count;
    *bytes = 3;
    return bare_kinds(m, begin, s, end, named_before, labels, max);
}

/* ---- English ---- */

/* "speeker": a word that the shop does not have, one slip from the last word of kinds' names. The first letter is hardly ever the slip. */
static size_t misspelt_kinds(const struct matcher *m, const char *stem, size_t n, uint32_t *labels, size_t max)
{
    enum { TRIED = 8, SHORTEST = 5 };
    struct index_suggestion found[TRIED];
    size_t count = 0;
    if (n < SHORTEST || index_document_frequency(m->index, stem, n)) return 0;
    size_t n_found = index_suggest(m->index, stem, n, 1, found, TRIED);
    for (size_t i = 0; i < n_found && !count; i++)
        if (found[i].term[0] == stem[0] && !LISTED(found[i].term, found[i].length, vague)) add_ending(m, found[i].term, found[i].length, false, labels, &count, max);
    return count;
}

/* What goes on after the name of a thing without being part of another's. */
static const char *const talk[] = {"pls", "plz", "thanks", "thx", "under", "below", "less", "around", "about", "over", "above", "without", "not", "no", "never", "only", "max", "between", "up", "wireless", "waterproof", "size", "usable", "suitable", "made", "budget", "small", "big", "large", "easy", "good", "cheap", "cheaper", "non", "anything", "you", "she", "w", "or", "and"};

/* "a light two-person tent", "a light and small tent" want no lamp: words of kinds that tell how another thing is, where something goes on. */
static bool tells_how(const char *begin, const char *s, size_t n, const char *end)
{
    static const char *const both[] = {"light"}, *const joins[] = {"and", "but", "enough"}, *const before[] = {"a", "something", "very", "really", "super", "is"};
    const char *word = s, *next = s + n;
    size_t length = 0, back = 0;
    if (!LISTED(s, n, both)) return false;
    while (next < end && (*next == ' ' || *next == '-')) next++;
    while (next + length < end && word_byte(next[length])) length++;
    if (!length) return false;
    while (word > begin && word[-1] == ' ') word--;
    while (word > begin + back && word_byte(word[-1 - (ptrdiff_t)back])) back++;
    if (LISTED(next, length, joins)) return word == begin || LISTED(word - back, back, before);
    return !text_is_stopword(next, length) && !LISTED(next, length, talk);
}

static size_t latin_kinds(const struct matcher *m, const char *begin, const char *s, const char *end, uint32_t *labels, size_t max, size_t *bytes)
{
    char stems[STEMS_BYTES];
    size_t ends[WORDS_MAX], bytes_of[WORDS_MAX], words = 0, n = 0, count = 0;
    if (s > begin && (word_byte(s[-1]) || s[-1] == '-')) return 0;
    for (const char *p = s; p < end && words < WORDS_MAX; words++) {
        size_t length = add_stem(p, end, stems, &n);
        if (!length) break;
        p += length;
        ends[words] = n;
        bytes_of[words] = (size_t)(p - s);
        if (p < end && (*p == ' ' || *p == '-')) p++;
    }
    for (size_t w = words; w-- > 0 && !count;) {
        *bytes = bytes_of[w];
        if (!w && tells_how(begin, s, *bytes, end)) return 0;
        add_ending(m, stems, ends[w], true, labels, &count, max);
        if (!count) count = wider_kinds(m, stems, ends[w], labels, max);
        if (!count && !LISTED(stems, ends[w], vague)) add_ending(m, stems, ends[w], false, labels, &count, max);
        if (!count && !w) count = misspelt_kinds(m, stems, ends[w], labels, max);
    }
    return count;
}

size_t kinds_named(const struct matcher *m, const char *begin, const char *s, const char *end, bool named_before, uint32_t *labels, size_t max, size_t *bytes)
{
    if ((unsigned char)*s >= 0x80) return han_kinds(m, begin, s, end, named_before, labels, max, bytes);
    return *s >= 'a' && *s <= 'z' ? latin_kinds(m, begin, s, end, labels, max, bytes) : 0;
}

/* ---- single words ---- */

size_t kinds_of_word(const struct matcher *m, const char *word, size_t n, bool all, uint32_t *labels, size_t max)
{
    size_t count, bytes;
    if (!n) return 0;
    if ((count = kinds_named(m, word, word, word + n, false, labels, max, &bytes)) && bytes == n) return count;
    count = 0;
    if (all && n >= 6 && (unsigned char)*word >= 0xE0) add_ending(m, word, n, false, labels, &count, max);
    return count;
}

bool matcher_has_kind(const struct matcher *m, const char *word, size_t n)
{
    uint32_t labels[LABELS_MAX];
    return kinds_of_word(m, word, n, true, labels, LABELS_MAX) > 0;
}

bool is_kind(const struct matcher *m, uint32_t label)
{
    for (size_t i = 0; i < m->n_kinds; i++)
        if (m->kinds[i].label == label) return true;
    return false;
}

/* "tent pegs", "猫粮": another thing's name goes on where this one ends. */
bool kind_is_asked_for(const struct matcher *m, const char *s, const char *end)
{
    uint32_t labels[LABELS_MAX];
    size_t n = 0, bytes;
    if (s >= end || (unsigned char)*s >= 0x80) return ends_noun(s, end);
    static const char *const compared[] = {"bigg", "small", "larg", "light", "heavi", "long", "short", "thick", "thinn", "warm", "cheap", "bett", "soft", "strong", "fast", "quiet", "bright", "dark", "high", "low", "wid", "tall"};
    char before = s[-1];
    while (s < end && *s == ' ') s++;
    if (s >= end || (*s < 'a' || *s > 'z')) return true;
    while (s + n < end && word_byte(s[n])) n++;
    if (n == 2 && memcmp(s, "of", 2) == 0) return false;   /* "a bottle of wine" */
    if (before == 's') return true;                         /* "shoes work": what a compound begins with is no plural */
    if (n > 4 && memcmp(s + n - 2, "er", 2) == 0 && LISTED(s, n - 2, compared)) return true;
    return text_is_stopword(s, n) || LISTED(s, n, talk) || kinds_named(m, s, s, end, false, labels, LABELS_MAX, &bytes) > 0;
}

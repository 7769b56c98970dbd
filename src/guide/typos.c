/* Slips of the keyboard in the words that steer: ordinals, superlatives, colours, acts. The words of products are mended by the index. */
#include "read_int.h"

#include <string.h>

enum { WORD_MIN = 3, WORD_MAX = 14 };

static const char *const words[] = {
    "the", "first", "second", "third", "fourth", "fifth", "last", "both", "other", "cheaper", "cheapest", "lighter", "lightest", "bigger", "biggest", "smaller", "smallest", "expensive", "previous", "compare", "difference", "between",
    "black", "white", "grey", "silver", "yellow", "green", "blue", "purple", "brown", "beige", "orange", "pink", "under", "around", "budget", "cart", "basket", "remove", "without", "waterproof", "leather", "cotton", "cheap", "about", "colour", "color", "brand", "price", "please", "thanks", "recommend", "something", "instead", "actually", "delivery", "return", "warranty", "invoice", "women", "size"};
/* Homophones and look-alikes that input methods bring. */
static const struct { const char *wrong, *right; } han[] = {
    {"蓝瑟", "蓝色"}, {"红瑟", "红色"}, {"黑瑟", "黑色"}, {"白瑟", "白色"}, {"绿瑟", "绿色"}, {"兰色", "蓝色"}, {"蓝涩", "蓝色"}, {"黑涩", "黑色"}, {"红涩", "红色"}, {"灰瑟", "灰色"}, {"色得", "色的"}, {"色地", "色的"}, {"桔色", "橘色"}, {"棕涩", "棕色"},
    {"便易", "便宜"}, {"偏宜", "便宜"}, {"编宜", "便宜"}, {"变宜", "便宜"}, {"价各", "价格"}, {"加够", "加购"}, {"购物扯", "购物车"}, {"购物测", "购物车"}, {"在便宜", "再便宜"}, {"在看看", "再看看"}, {"在来", "再来"}, {"第2各", "第二个"}, {"第二各", "第二个"}, {"第一各", "第一个"}, {"第三各", "第三个"}, {"那各", "那个"}, {"这各", "这个"}, {"不药", "不要"}, {"防谁", "防水"}, {"推见", "推荐"}, {"左又", "左右"}, {"以类", "以内"}, {"已内", "以内"}, {"退火", "退货"}, {"发漂", "发票"}};

/* One letter more, less or other, or two neighbours swapped; the first letter stands (but for a swap). */
static bool one_slip(const char *a, size_t na, const char *b, size_t nb)
{
    size_t i = 0, ea = na, eb = nb;
    while (i < na && i < nb && a[i] == b[i]) i++;
    while (ea > i && eb > i && a[ea - 1] == b[eb - 1]) ea--, eb--;
    size_t da = ea - i, db = eb - i;
    if (da == 2 && db == 2) return a[i] == b[i + 1] && a[i + 1] == b[i];
    if (da == 1 && db == 1) return i > 0 && na >= 5;
    return i > 0 && da + db == 1 && nb >= 6;
}

/* English words a slip away from ours that are meant as they stand. */
static const char *const own_words[] = {"least", "pricey", "prices", "priced", "brands", "branded", "colours", "colors", "blacks", "blank", "block", "browse", "crown", "wrong", "greens", "greet", "bather", "leathers", "returns", "returned", "sizes", "sized", "wines", "cards", "carts", "compared", "compares", "removed", "removes", "abound", "ground", "amount", "fight", "sight", "eighth", "sixth",
                                     "firsts", "thirst", "lasts", "lasting", "woman", "women's", "oranges", "silvers", "whiter", "darker", "lights", "lighted", "smallish", "biggish", "thanked", "thank", "another", "mother", "brother", "bother", "expansive", "differences", "budgets", "baskets", "casket", "gasket", "bracket", "jacket", "packet", "ticket"};

static bool is_ours(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0) return true;
    for (size_t i = 0; i < sizeof own_words / sizeof own_words[0]; i++)
        if (strlen(own_words[i]) == n && memcmp(own_words[i], s, n) == 0) return true;
    return text_is_stopword(s, n);
}

static bool shop_knows(const struct reading *r, const char *s, size_t n)
{
    char stem[WORD_MAX + 1];
    memcpy(stem, s, n);
    stem[n] = 0;
    const struct index *x = matcher_index(r->g->options.matcher);
    if (index_document_frequency(x, stem, n)) return true;
    return index_document_frequency(x, stem, porter_stem(stem, n)) > 0;
}

/* The one word of ours that is a slip away; short words only when letters are swapped, so that "tie" does not become "the". */
static const char *mended(const struct reading *r, const char *s, size_t n)
{
    const char *found = NULL;
    if (n < WORD_MIN || n > WORD_MAX || is_ours(s, n)) return NULL;
    for (size_t i = 0; i < n; i++)
        if (s[i] < 'a' || s[i] > 'z') return NULL;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t k = strlen(words[i]);
        if (!one_slip(s, n, words[i], k) || (n <= 4 && n != k)) continue;
        if (n <= 4) {   /* a swap: the same letters */
            size_t sum = 0, other = 0;
            for (size_t j = 0; j < n; j++) sum += (unsigned char)s[j] * (unsigned char)s[j], other += (unsigned char)words[i][j] * (unsigned char)words[i][j];
            if (sum != other) continue;
        }
        if (found) return NULL;
        found = words[i];
    }
    return found && !shop_knows(r, s, n) ? found : NULL;
}

static const char *mended_han(const char *s, const char *end, size_t *n)
{
    for (size_t i = 0; i < sizeof han / sizeof han[0]; i++) {
        *n = strlen(han[i].wrong);
        if ((size_t)(end - s) >= *n && memcmp(s, han[i].wrong, *n) == 0) return han[i].right;
    }
    return NULL;
}

const char *typos_mend(struct reading *r, const char *text)
{
    struct strbuf b = {0};
    const char *end = text + strlen(text);
    for (const char *s = text; s < end;) {
        size_t n = 0;
        const char *right = NULL;
        if (latin_byte(*s) && (s == text || !latin_byte(s[-1]))) {
            while (s + n < end && latin_byte(s[n])) n++;
            right = mended(r, s, n);
            size_t digits = 0;
            while (digits < n && s[digits] >= '0' && s[digits] <= '9') digits++;
            if (digits && n == digits + 3 && memcmp(s + digits, "ish", 3) == 0) {   /* "400ish" */
                strbuf_add(&b, s, digits);
                strbuf_puts(&b, " ish");
                s += n;
                continue;
            }
        } else if ((unsigned char)*s >= 0x80) {
            right = mended_han(s, end, &n);
            if (!right) {
                const char *next = s;
                utf8_next(&next, end);
                n = (size_t)(next - s);
            }
        } else {
            n = 1;
        }
        if (right) strbuf_puts(&b, right);
        else strbuf_add(&b, s, n);
        s += n;
    }
    const char *out = b.failed ? NULL : arena_strndup(r->a, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return out;
}

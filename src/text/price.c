/* Currencies, and prices as feeds write them. */
#include "text_int.h"

#include <string.h>

static const struct currency CURRENCIES[] = {
    {"$", "USD", true, true}, {"us$", "USD", true, false}, {"us $", "USD", true, false}, {"usd", "USD", true, true}, {"usd$", "USD", true, false},
    {"dollars", "USD", false, true}, {"dollar", "USD", false, true}, {"bucks", "USD", false, true}, {"美元", "USD", false, true},
    {"美金", "USD", false, true}, {"¥", "CNY", true, true}, {"￥", "CNY", true, true}, {"cny", "CNY", true, true}, {"rmb", "CNY", true, true},
    {"yuan", "CNY", false, true}, {"元", "CNY", false, true}, {"块钱", "CNY", false, true}, {"块", "CNY", false, true}, {"圆", "CNY", false, true},
    {"人民币", "CNY", true, true}, {"₹", "INR", true, true}, {"rs", "INR", true, true}, {"rs.", "INR", true, false}, {"inr", "INR", true, true},
    {"rupees", "INR", false, true}, {"rupee", "INR", false, true}, {"卢比", "INR", false, true}, {"€", "EUR", true, true},
    {"eur", "EUR", true, true}, {"euros", "EUR", false, true}, {"euro", "EUR", false, true}, {"欧元", "EUR", false, true},
    {"£", "GBP", true, true}, {"gbp", "GBP", true, true}, {"quid", "GBP", false, true}, {"英镑", "GBP", false, true},
    {"hk$", "HKD", true, false}, {"hkd", "HKD", true, true}, {"港币", "HKD", false, true}, {"港元", "HKD", false, true},
    {"nt$", "TWD", true, false}, {"a$", "AUD", true, false}, {"au$", "AUD", true, false}, {"c$", "CAD", true, false}, {"ca$", "CAD", true, false},
    {"日元", "JPY", false, true}, {"jpy", "JPY", true, true}};

static bool is_letter(char b)
{
    return b >= 'a' && b <= 'z';
}

static const struct currency *longest(const char *s, size_t n, bool before)
{
    const struct currency *best = NULL;
    for (size_t i = 0; i < sizeof CURRENCIES / sizeof *CURRENCIES; i++) {
        const struct currency *c = &CURRENCIES[i];
        size_t k = strlen(c->mark);
        if (!(before ? c->before : c->after) || k > n || memcmp(s, c->mark, k) != 0) continue;
        if (is_letter(s[k - 1]) && k < n && is_letter(s[k])) continue;
        if (!best || k > strlen(best->mark)) best = c;
    }
    return best;
}

const struct currency *currency_before(const char *s, size_t n)
{
    return longest(s, n, true);
}

const struct currency *currency_after(const char *s, size_t n)
{
    return longest(s, n, false);
}

/* ---- prices ---- */

enum { PRICE_BYTES_MAX = 64 };
static const int64_t PRICE_MINOR_MAX = 1000000000000000;   /* ten trillion: above it doubles of it would no longer be exact to the cent */

static bool is_digit(char b)
{
    return b >= '0' && b <= '9';
}

/* The digits of an amount, its marks gone, and how many of them are decimals. */
struct amount {
    char digits[PRICE_BYTES_MAX];
    size_t n, decimals;
};

static size_t skip_blanks(const char *s, size_t n, size_t i)
{
    while (i < n && (s[i] == ' ' || s[i] == '\t')) i++;
    return i;
}

/* Groups after the first: all of three digits, or Indian ones of two with three at the end. */
static bool good_groups(const size_t *lengths, size_t groups)
{
    bool western = true, indian = true;
    if (lengths[0] < 1 || lengths[0] > 3 || lengths[groups - 1] != 3) return false;
    for (size_t i = 1; i + 1 < groups; i++) {
        western &= lengths[i] == 3;
        indian &= lengths[i] == 2;
    }
    return western || (indian && lengths[0] <= 2);
}

/* Digits in groups parted by mark, all of s. False: something else is there, or the groups make no sense. */
static bool read_whole(const char *s, size_t n, char mark, struct amount *a)
{
    size_t lengths[PRICE_BYTES_MAX] = {0}, groups = 1;
    for (size_t i = 0; i < n; i++) {
        if (is_digit(s[i])) {
            a->digits[a->n++] = s[i];
            lengths[groups - 1]++;
        } else if (s[i] == mark) groups++;
        else return false;
    }
    return groups == 1 ? n > 0 : good_groups(lengths, groups);
}

/* The mark before the decimals: the last of two kinds, a lone point, and for euros a lone comma before one or two digits. 0: none. */
static char decimal_mark(const char *s, size_t n, bool euros)
{
    const char *point = memrchr(s, '.', n), *comma = memrchr(s, ',', n);
    if (point && comma) return point > comma ? '.' : ',';
    if (point) return memchr(s, '.', n) == point ? '.' : 0;
    return comma && euros && memchr(s, ',', n) == comma && s + n - comma <= 3 ? ',' : 0;
}

/* "1,299.00", "1299.5", "1.299,00", "12,5 €"; *i moves to the end. */
static bool read_amount(const char *s, size_t n, size_t *i, bool euros, struct amount *a)
{
    size_t begin = *i, end = begin;
    while (end < n && (is_digit(s[end]) || ((s[end] == ',' || s[end] == '.') && end + 1 < n && is_digit(s[end + 1])))) end++;
    char mark = decimal_mark(s + begin, end - begin, euros);
    const char *decimals = mark ? (const char *)memrchr(s + begin, mark, end - begin) : s + end;
    size_t whole = (size_t)(decimals - s) - begin;
    char group = mark == '.' || (!mark && memchr(s + begin, ',', end - begin)) ? ',' : '.';
    bool bare = mark == '.' && whole == 0;   /* ".99" */
    if (!bare && !read_whole(s + begin, whole, group, a)) return false;
    for (const char *p = decimals + 1; p < s + end; p++, a->decimals++) a->digits[a->n++] = *p;
    *i = end;
    return true;
}

/* Exactly three decimals are as likely thousands ("1.299"); more come from a float and are rounded. */
static bool to_minor(const struct amount *a, int64_t *minor)
{
    size_t whole = a->n - a->decimals;
    if (a->decimals == 3 && whole <= 3 && !(whole == 1 && a->digits[0] == '0')) return false;
    int64_t value = 0;
    for (size_t i = 0; i < whole + 2; i++) {
        value = value * 10 + (i < a->n ? a->digits[i] - '0' : 0);
        if (value > PRICE_MINOR_MAX) return false;
    }
    if (a->decimals > 2 && a->digits[whole + 2] >= '5') value++;
    *minor = value;
    return true;
}

/* Codes of ISO 4217 without a mark of their own above: feeds write them in capitals. Not any three letters: "10 PCS" is no price. */
static const char CODES[] = " AED AUD BDT BGN BHD BRL CAD CHF CLP COP CZK DKK EGP HUF IDR ILS ISK JOD KES KRW KWD KZT LKR MAD MOP MXN MYR NGN NOK NPR NZD OMR PEN PHP PKR PLN"
                            " QAR RON RSD RUB SAR SEK SGD THB TRY TWD TZS UAH UGX UYU VND XAF XOF ZAR ";

/* The length of what names a currency at s; low is the same in small letters. */
static size_t take_currency(const char *s, const char *low, size_t n, bool before, char code[4])
{
    const struct currency *mark = longest(low, n, before);
    memset(code, 0, 4);
    if (mark) return memcpy(code, mark->code, 4), strlen(mark->mark);
    bool capitals = n >= 3 && (n == 3 || !is_letter(low[3]));
    for (size_t i = 0; capitals && i < 3; i++) capitals = s[i] >= 'A' && s[i] <= 'Z';
    const char spaced[] = {' ', capitals ? s[0] : 0, capitals ? s[1] : 0, capitals ? s[2] : 0, ' '};
    if (!capitals || !memmem(CODES, sizeof CODES - 1, spaced, sizeof spaced)) return 0;
    return memcpy(code, s, 3), 3;
}

bool text_parse_price(const char *s, size_t n, int64_t *minor, char currency[4])
{
    char low[PRICE_BYTES_MAX], first[4], second[4] = "";
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r' || s[n - 1] == '\n')) n--;
    if (n == 0 || n > sizeof low) return false;
    for (size_t i = 0; i < n; i++) low[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
    size_t i = skip_blanks(low, n, 0);
    i = skip_blanks(low, n, i + take_currency(s + i, low + i, n - i, true, first));
    bool euros = strcmp(first, "EUR") == 0 || memmem(low, n, "€", 3) || memmem(low, n, "eur", 3);
    struct amount a = {.n = 0};
    int64_t value;
    if (!read_amount(low, n, &i, euros, &a) || !to_minor(&a, &value)) return false;
    i = skip_blanks(low, n, i);
    if (i < n) i += take_currency(s + i, low + i, n - i, false, second);
    if (i < n || (*first && *second && strcmp(first, second) != 0)) return false;
    memcpy(currency, *first ? first : second, 4);
    *minor = value;
    return true;
}

void text_format_price(int64_t minor, struct strbuf *out)
{
    uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    strbuf_printf(out, "%s%llu.%02u", minor < 0 ? "-" : "", (unsigned long long)(size / 100), (unsigned)(size % 100));
}

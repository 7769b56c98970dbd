/* The shop's file of promotions: JSON, every field checked, and named with its place when it is wrong. docs/promotions.md has the format. */
#include <jansson.h>
#include <math.h>

#include "promotion_file_int.h"

enum { TEXT_MAX = 300, COUNT_LIMIT = 1000000, NAMES_MAX = 1000 };

struct reader {
    const char *file;
    size_t index;
    const char *id;                  /* "" until read */
    struct arena *arena;
    const struct promotion_names_check *check;
};

static status bad(const struct reader *r, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));
static status bad(const struct reader *r, const char *field, const char *format, ...)
{
    char why[512];
    va_list list;
    va_start(list, format);
    vsnprintf(why, sizeof why, format, list);
    va_end(list);
    return fail(ERR_FORMAT, "%s: promotions[%zu]%s%.80s%s, %s: %s", r->file, r->index, *r->id ? " (" : "", r->id, *r->id ? ")" : "", field, why);
}

/* ---- values ---- */

static status get_text(const struct reader *r, const char *field, const json_t *v, const char **out)
{
    if (!json_is_string(v)) return bad(r, field, "needs a string");
    size_t n = json_string_length(v);
    const char *s = json_string_value(v);
    if (n == 0) return bad(r, field, "is empty; leave it out or fill it in");
    if (n > TEXT_MAX) return bad(r, field, "is %zu bytes long; at most %d", n, TEXT_MAX);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 0x20) return bad(r, field, "holds a control character");
    *out = arena_strndup(r->arena, s, n);
    return *out ? OK : fail_nomem("reading promotions");
}

static status get_count(const struct reader *r, const char *field, const json_t *v, int64_t least, int64_t most, int64_t *out)
{
    if (!json_is_integer(v)) return bad(r, field, "needs a whole number");
    *out = json_integer_value(v);
    if (*out >= least && *out <= most) return OK;
    return bad(r, field, "is %lld; use %lld to %lld", (long long)*out, (long long)least, (long long)most);
}

static status get_bool(const struct reader *r, const char *field, const json_t *v, bool *out)
{
    if (!json_is_boolean(v)) return bad(r, field, "needs true or false");
    *out = json_is_true(v);
    return OK;
}

/* "300", "300.5", "300.00" or the integer 300: whole currency units. Other JSON numbers are not exact. */
static bool parse_money(const char *s, int64_t *out)
{
    int64_t minor = 0;
    int digits = 0, decimals = 0;
    for (; *s >= '0' && *s <= '9' && digits < 12; s++, digits++) minor = minor * 10 + (*s - '0');
    if (digits == 0) return false;
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9' && decimals < 2; s++, decimals++) minor = minor * 10 + (*s - '0');
    if (*s || s[-1] == '.') return false;
    for (; decimals < 2; decimals++) minor *= 10;
    *out = minor;
    return true;
}

static status get_money(const struct reader *r, const char *field, const json_t *v, bool zero, int64_t *out)
{
    char whole[32];
    if (!json_is_string(v) && !json_is_integer(v)) return bad(r, field, "needs an amount as a string such as \"300.00\"");
    snprintf(whole, sizeof whole, "%lld", json_is_integer(v) ? (long long)json_integer_value(v) : 0);
    const char *s = json_is_string(v) ? json_string_value(v) : whole;
    if (!parse_money(s, out)) return bad(r, field, "'%.40s' is no amount; write it like \"300.00\", not below zero", s);
    if (*out == 0 && !zero) return bad(r, field, "is zero; use an amount above zero");
    if (*out > PROMOTION_MINOR_MAX) return bad(r, field, "'%.40s' is absurd; at most %lld", s, (long long)(PROMOTION_MINOR_MAX / 100));
    return OK;
}

static status get_rate(const struct reader *r, const char *field, const json_t *v, int *out)
{
    if (!json_is_number(v)) return bad(r, field, "needs a number of percent such as 15 or 12.5");
    double hundredths = json_number_value(v) * 100;
    if (!(hundredths >= 1 && hundredths <= PROMOTION_RATE_WHOLE)) return bad(r, field, "is %g; use a percent above 0 and up to 100", json_number_value(v));
    if (fabs(hundredths - nearbyint(hundredths)) > 1e-6) return bad(r, field, "is %.10g; at most two decimals are kept exactly", json_number_value(v));
    *out = (int)nearbyint(hundredths);
    return OK;
}

typedef bool (*known_name)(void *context, const char *name);

static status get_names(const struct reader *r, const char *field, const json_t *v, known_name known, struct promotion_names *out)
{
    size_t n = json_array_size(v);
    if (!json_is_array(v) || n == 0) return bad(r, field, "needs a list of strings with at least one");
    if (n > NAMES_MAX) return bad(r, field, "has %zu entries; at most %d", n, NAMES_MAX);
    const char **items = arena_zalloc(r->arena, n, sizeof *items);
    if (!items) return fail_nomem("reading promotions");
    for (size_t i = 0; i < n; i++) {
        char at[64];
        snprintf(at, sizeof at, "%.40s[%zu]", field, i);
        TRY(get_text(r, at, json_array_get(v, i), &items[i]));
        if (known && !known(r->check->context, items[i])) return bad(r, at, "the catalogue has no '%.100s'; import it first or mend the name", items[i]);
    }
    *out = (struct promotion_names){items, n};
    return OK;
}

/* ---- times ---- */

static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)   /* Hinnant, as in promotion_wording.c, the other way */
{
    y -= m <= 2;
    int64_t era = y / 400, year_of_era = y - era * 400, day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static bool digits(const char **s, int n, int *out)
{
    *out = 0;
    for (; n > 0; n--, (*s)++) {
        if (**s < '0' || **s > '9') return false;
        *out = *out * 10 + (**s - '0');
    }
    return true;
}

static bool parse_clock(const char *s, int *minute)
{
    int h, m;
    if (!digits(&s, 2, &h) || *s++ != ':' || !digits(&s, 2, &m) || *s || m > 59 || h * 60 + m > 24 * 60) return false;
    *minute = h * 60 + m;
    return true;
}

/* "2026-11-01" or "2026-11-01T10:00" */
static bool parse_day(const char *s, bool *whole_day, int64_t *second)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y, m, d, minute = 0;
    if (!digits(&s, 4, &y) || *s++ != '-' || !digits(&s, 2, &m) || *s++ != '-' || !digits(&s, 2, &d)) return false;
    bool leap = m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    if (y < 1971 || m < 1 || m > 12 || d < 1 || d > lengths[m - 1] + leap) return false;
    *whole_day = *s == 0;
    if (!*whole_day && (*s++ != 'T' || !parse_clock(s, &minute))) return false;
    *second = days_from_civil(y, m, d) * 86400 + (int64_t)minute * 60;
    return true;
}

static status get_moment(const struct reader *r, const char *field, const json_t *v, int offset, bool last, int64_t *out)
{
    bool whole_day;
    const char *s;
    TRY(get_text(r, field, v, &s));
    if (!parse_day(s, &whole_day, out)) return bad(r, field, "'%.40s' is no day; write it like 2026-11-01 or 2026-11-01T10:00", s);
    *out += (whole_day && last ? 86400 : 0) - (int64_t)offset * 60;
    return OK;
}

static status get_offset(const struct reader *r, const char *field, const json_t *v, int *out)
{
    const char *s;
    int minute;
    TRY(get_text(r, field, v, &s));
    if ((*s != '+' && *s != '-') || !parse_clock(s + 1, &minute) || minute > 14 * 60) return bad(r, field, "'%.40s' is no offset from UTC; write it like +08:00", s);
    *out = *s == '-' ? -minute : minute;
    return OK;
}

static status get_hours(const struct reader *r, const json_t *v, struct promotion *p)
{
    const char *from, *to;
    if (json_array_size(v) != 2) return bad(r, "hours", "needs two times such as [\"20:00\", \"22:00\"]");
    TRY(get_text(r, "hours[0]", json_array_get(v, 0), &from));
    TRY(get_text(r, "hours[1]", json_array_get(v, 1), &to));
    if (!parse_clock(from, &p->from_minute) || !parse_clock(to, &p->to_minute)) return bad(r, "hours", "needs times such as \"20:00\", up to \"24:00\"");
    if (p->from_minute == p->to_minute) return bad(r, "hours", "begin and end are the same; leave it out for all day");
    return OK;
}

/* ---- parts ---- */

static status unknown_key(const struct reader *r, const char *field, const json_t *object, const char *const *keys, size_t n)
{
    const char *key;
    json_t *v;
    if (!json_is_object(object)) return bad(r, field, "needs an object");
    json_object_foreach((json_t *)(uintptr_t)object, key, v)
    {
        bool known = false;
        for (size_t i = 0; i < n; i++) known = known || strcmp(keys[i], key) == 0;
        if (!known) return bad(r, field, "has an unknown key '%.60s'; see docs/promotions.md", key);
    }
    return OK;
}

static status get_scope(const struct reader *r, const json_t *v, struct promotion_scope *s)
{
    static const char *const keys[] = {"all", "products", "categories", "brands", "except"};
    const struct promotion_names_check none = {0}, *c = r->check ? r->check : &none;
    TRY(unknown_key(r, "scope", v, keys, 5));
    const json_t *all = json_object_get(v, "all"), *except = json_object_get(v, "except"), *x;
    if (all) TRY(get_bool(r, "scope.all", all, &s->all));
    if ((x = json_object_get(v, "products"))) TRY(get_names(r, "scope.products", x, c->product, &s->products));
    if ((x = json_object_get(v, "categories"))) TRY(get_names(r, "scope.categories", x, c->category, &s->categories));
    if ((x = json_object_get(v, "brands"))) TRY(get_names(r, "scope.brands", x, c->brand, &s->brands));
    bool some = s->products.n || s->categories.n || s->brands.n;
    if (s->all == some) return bad(r, "scope", "needs either \"all\": true or some products, categories or brands");
    if (!except) return OK;
    TRY(unknown_key(r, "scope.except", except, keys + 1, 3));
    if ((x = json_object_get(except, "products"))) TRY(get_names(r, "scope.except.products", x, c->product, &s->not_products));
    if ((x = json_object_get(except, "categories"))) TRY(get_names(r, "scope.except.categories", x, c->category, &s->not_categories));
    if ((x = json_object_get(except, "brands"))) TRY(get_names(r, "scope.except.brands", x, c->brand, &s->not_brands));
    return OK;
}

static status get_tier(const struct reader *r, size_t i, const json_t *v, enum promotion_kind kind, struct promotion_tier *t)
{
    static const char *const keys[] = {"amount", "count", "off", "percent_off"};
    char at[40], field[64];
    snprintf(at, sizeof at, "tiers[%zu]", i);
    TRY(unknown_key(r, at, v, keys, kind == PROMOTION_REDUCE ? 4 : 2));
    const json_t *amount = json_object_get(v, "amount"), *count = json_object_get(v, "count"), *off = json_object_get(v, "off"),
                 *rate = json_object_get(v, "percent_off");
    if (!amount && !count) return bad(r, at, "needs an amount, a count or both");
    snprintf(field, sizeof field, "%s.amount", at);
    if (amount) TRY(get_money(r, field, amount, false, &t->amount_minor));
    snprintf(field, sizeof field, "%s.count", at);
    if (count) TRY(get_count(r, field, count, 1, COUNT_LIMIT, &t->count));
    if (kind == PROMOTION_REDUCE && !off == !rate) return bad(r, at, "needs either off or percent_off");
    snprintf(field, sizeof field, "%s.percent_off", at);
    if (rate) TRY(get_rate(r, field, rate, &t->rate));
    snprintf(field, sizeof field, "%s.off", at);
    if (off) TRY(get_money(r, field, off, false, &t->off_minor));
    if (t->amount_minor && t->off_minor > t->amount_minor) return bad(r, field, "is more than the amount it is taken from");
    return OK;
}

static status get_tiers(const struct reader *r, const json_t *v, struct promotion *p)
{
    size_t n = json_array_size(v), most = p->kind == PROMOTION_GIFT || p->repeat ? 1 : PROMOTION_TIERS_MAX;
    if (!json_is_array(v) || n == 0) return bad(r, "tiers", "needs a list with at least one threshold");
    if (n > most) return bad(r, "tiers", "has %zu thresholds; at most %zu here", n, most);
    struct promotion_tier *tiers = arena_zalloc(r->arena, n, sizeof *tiers);
    if (!tiers) return fail_nomem("reading promotions");
    for (size_t i = 0; i < n; i++) {
        TRY(get_tier(r, i, json_array_get(v, i), p->kind, &tiers[i]));
        if (p->repeat && tiers[i].rate) return bad(r, "tiers[0].percent_off", "a repeated threshold needs an amount off");
        if (i == 0) continue;
        const struct promotion_tier *before = &tiers[i - 1], *t = &tiers[i];
        bool same_kind = !before->amount_minor == !t->amount_minor && !before->count == !t->count;
        if (!same_kind || t->amount_minor < before->amount_minor || t->count < before->count ||
            (t->amount_minor == before->amount_minor && t->count == before->count))
            return bad(r, "tiers", "tiers[%zu] must ask for more than the one before it, of the same kind", i);
    }
    p->tiers = tiers;
    p->n_tiers = n;
    return OK;
}

static status get_item(const struct reader *r, size_t i, const json_t *v, const struct promotion *p, struct promotion_item *x)
{
    static const char *const bundle_keys[] = {"product", "quantity"}, *const price_keys[] = {"product", "price"};
    char at[40], field[64];
    snprintf(at, sizeof at, "items[%zu]", i);
    TRY(unknown_key(r, at, v, p->kind == PROMOTION_BUNDLE ? bundle_keys : price_keys, 2));
    snprintf(field, sizeof field, "%s.product", at);
    const json_t *product = json_object_get(v, "product"), *quantity = json_object_get(v, "quantity"), *price = json_object_get(v, "price");
    if (!product) return bad(r, field, "is missing");
    TRY(get_text(r, field, product, &x->product));
    if (r->check && r->check->product && !r->check->product(r->check->context, x->product))
        return bad(r, field, "the catalogue has no '%.100s'; import it first or mend the name", x->product);
    for (size_t k = 0; k < i; k++)
        if (strcmp(p->items[k].product, x->product) == 0) return bad(r, field, "'%.100s' stands twice", x->product);
    x->quantity = 1;
    snprintf(field, sizeof field, "%s.quantity", at);
    if (quantity) TRY(get_count(r, field, quantity, 1, PROMOTION_SET_MAX, &x->quantity));
    snprintf(field, sizeof field, "%s.price", at);
    if (p->kind == PROMOTION_PRICE && !price) return bad(r, field, "is missing");
    return price ? get_money(r, field, price, true, &x->price_minor) : OK;
}

static status get_items(const struct reader *r, const json_t *v, struct promotion *p)
{
    size_t n = json_array_size(v);
    int64_t pieces = 0;
    if (!json_is_array(v) || n == 0) return bad(r, "items", "needs a list of products");
    if (n > PROMOTION_ITEMS_MAX) return bad(r, "items", "has %zu products; at most %d", n, PROMOTION_ITEMS_MAX);
    struct promotion_item *items = arena_zalloc(r->arena, n, sizeof *items);
    if (!items) return fail_nomem("reading promotions");
    p->items = items;
    for (size_t i = 0; i < n; i++) {
        TRY(get_item(r, i, json_array_get(v, i), p, &items[i]));
        pieces += items[i].quantity;
    }
    if (p->kind == PROMOTION_BUNDLE && (pieces < 2 || pieces > PROMOTION_SET_MAX))
        return bad(r, "items", "a bundle has %lld pieces; use 2 to %d", (long long)pieces, PROMOTION_SET_MAX);
    p->n_items = n;
    return OK;
}

/* ---- one promotion ---- */

#define ALL_KINDS (BIT(PROMOTION_KINDS) - 1)
#define PIECES (BIT(PROMOTION_PERCENT) | BIT(PROMOTION_PRICE))
#define NEEDS_SCOPE (BIT(PROMOTION_PERCENT) | BIT(PROMOTION_NTH) | BIT(PROMOTION_ANY) | BIT(PROMOTION_REDUCE) | BIT(PROMOTION_GIFT))
#define SETS (BIT(PROMOTION_NTH) | BIT(PROMOTION_ANY) | BIT(PROMOTION_BUNDLE))
#define TIERED (BIT(PROMOTION_REDUCE) | BIT(PROMOTION_GIFT))
#define LISTED (BIT(PROMOTION_BUNDLE) | BIT(PROMOTION_PRICE))

/* Which kinds may have a key, and which must. */
static const struct { const char *key; uint64_t may, must; } fields[] = {
    {"id", ALL_KINDS, ALL_KINDS}, {"name", ALL_KINDS, ALL_KINDS}, {"name_en", ALL_KINDS, 0}, {"kind", ALL_KINDS, ALL_KINDS},
    {"scope", NEEDS_SCOPE, NEEDS_SCOPE}, {"tiers", TIERED, TIERED}, {"repeat", TIERED, 0}, {"cap", BIT(PROMOTION_REDUCE), 0},
    {"full_price_only", TIERED, 0}, {"code", BIT(PROMOTION_REDUCE), 0},
    {"percent_off", BIT(PROMOTION_PERCENT) | BIT(PROMOTION_NTH), BIT(PROMOTION_PERCENT) | BIT(PROMOTION_NTH)},
    {"n", BIT(PROMOTION_NTH) | BIT(PROMOTION_ANY), BIT(PROMOTION_NTH) | BIT(PROMOTION_ANY)},
    {"price", BIT(PROMOTION_ANY) | BIT(PROMOTION_BUNDLE), BIT(PROMOTION_ANY) | BIT(PROMOTION_BUNDLE)}, {"items", LISTED, LISTED}, {"pieces_max", PIECES, 0},
    {"gift", BIT(PROMOTION_GIFT), BIT(PROMOTION_GIFT)}, {"gift_quantity", BIT(PROMOTION_GIFT), 0}, {"starts", ALL_KINDS, 0}, {"ends", ALL_KINDS, 0},
    {"hours", ALL_KINDS, 0}, {"members", ALL_KINDS, 0}, {"new_customers", ALL_KINDS, 0}, {"group", ALL_KINDS, 0}, {"excludes", ALL_KINDS, 0},
    {"priority", ALL_KINDS, 0}, {"per_order", SETS | BIT(PROMOTION_GIFT), 0}, {"per_user", ALL_KINDS, 0}, {"total", ALL_KINDS, 0},
    {"currency", ALL_KINDS, ALL_KINDS}, {"utc_offset", ALL_KINDS, 0},
};
enum { FIELDS_N = sizeof fields / sizeof fields[0] };

static status check_keys(const struct reader *r, const json_t *v, enum promotion_kind kind)
{
    const char *key;
    json_t *x;
    json_object_foreach((json_t *)(uintptr_t)v, key, x)
    {
        size_t i = 0;
        while (i < FIELDS_N && strcmp(fields[i].key, key) != 0) i++;
        if (i == FIELDS_N) return bad(r, key, "is not known; see docs/promotions.md");
        if (!(fields[i].may & BIT(kind))) return bad(r, key, "has no meaning for kind '%s'; take it out", promotion_kind_name(kind));
    }
    for (size_t i = 0; i < FIELDS_N; i++)
        if ((fields[i].must & BIT(kind)) && !json_object_get(v, fields[i].key))
            return bad(r, fields[i].key, "is missing; kind '%s' needs it", promotion_kind_name(kind));
    return OK;
}

static status get_kind(const struct reader *r, const json_t *v, enum promotion_kind *out)
{
    const char *name;
    if (!v) return bad(r, "kind", "is missing; use percent, price, nth, any, bundle, reduce or gift");
    TRY(get_text(r, "kind", v, &name));
    for (int k = 0; k < PROMOTION_KINDS; k++)
        if (strcmp(promotion_kind_name((enum promotion_kind)k), name) == 0) {
            *out = (enum promotion_kind)k;
            return OK;
        }
    return bad(r, "kind", "'%.40s' is not known; use percent, price, nth, any, bundle, reduce or gift", name);
}

static status get_what(const struct reader *r, const json_t *v, struct promotion *p)
{
    const json_t *x;
    if ((x = json_object_get(v, "repeat"))) TRY(get_bool(r, "repeat", x, &p->repeat));
    if ((x = json_object_get(v, "scope"))) TRY(get_scope(r, x, &p->scope));
    if ((x = json_object_get(v, "tiers"))) TRY(get_tiers(r, x, p));
    if ((x = json_object_get(v, "items"))) TRY(get_items(r, x, p));
    if ((x = json_object_get(v, "cap"))) TRY(get_money(r, "cap", x, false, &p->cap_minor));
    if ((x = json_object_get(v, "full_price_only"))) TRY(get_bool(r, "full_price_only", x, &p->full_price_only));
    if ((x = json_object_get(v, "code"))) TRY(get_text(r, "code", x, &p->code));
    if ((x = json_object_get(v, "percent_off"))) TRY(get_rate(r, "percent_off", x, &p->rate));
    if ((x = json_object_get(v, "n"))) TRY(get_count(r, "n", x, 2, PROMOTION_SET_MAX, &p->n));
    if ((x = json_object_get(v, "price"))) TRY(get_money(r, "price", x, true, &p->price_minor));
    if ((x = json_object_get(v, "pieces_max"))) TRY(get_count(r, "pieces_max", x, 1, COUNT_LIMIT, &p->pieces_max));
    if ((x = json_object_get(v, "gift"))) TRY(get_text(r, "gift", x, &p->gift));
    if ((x = json_object_get(v, "gift_quantity"))) TRY(get_count(r, "gift_quantity", x, 1, PROMOTION_SET_MAX, &p->gift_quantity));
    if (p->gift && r->check && r->check->product && !r->check->product(r->check->context, p->gift))
        return bad(r, "gift", "the catalogue has no '%.100s'; import it first or mend the name", p->gift);
    return OK;
}

static status get_when(const struct reader *r, const json_t *v, struct promotion *p)
{
    const json_t *x;
    if ((x = json_object_get(v, "utc_offset"))) TRY(get_offset(r, "utc_offset", x, &p->utc_offset_minutes));
    if ((x = json_object_get(v, "starts"))) TRY(get_moment(r, "starts", x, p->utc_offset_minutes, false, &p->starts));
    if ((x = json_object_get(v, "ends"))) TRY(get_moment(r, "ends", x, p->utc_offset_minutes, true, &p->ends));
    if (p->starts && p->ends && p->ends <= p->starts) return bad(r, "ends", "is before it starts");
    if ((x = json_object_get(v, "hours"))) TRY(get_hours(r, x, p));
    if ((x = json_object_get(v, "members"))) TRY(get_names(r, "members", x, NULL, &p->members));
    if ((x = json_object_get(v, "new_customers"))) TRY(get_bool(r, "new_customers", x, &p->new_customers));
    if ((x = json_object_get(v, "per_order"))) TRY(get_count(r, "per_order", x, 1, COUNT_LIMIT, &p->per_order));
    if ((x = json_object_get(v, "per_user"))) TRY(get_count(r, "per_user", x, 1, COUNT_LIMIT, &p->per_user));
    if ((x = json_object_get(v, "total"))) TRY(get_count(r, "total", x, 1, INT32_MAX, &p->total));
    TRY(get_text(r, "currency", json_object_get(v, "currency"), &p->currency));
    if (strlen(p->currency) != 3) return bad(r, "currency", "'%.20s' is no currency; use three letters such as CNY", p->currency);
    return OK;
}

static status get_relations(const struct reader *r, const json_t *v, struct promotion *p)
{
    const json_t *x;
    /* One promotion of the order level and one coupon an order, unless the shop says otherwise; "" takes it out of every group. */
    p->group = p->kind != PROMOTION_REDUCE ? "" : *p->code ? "coupon" : "order";
    if ((x = json_object_get(v, "group")) && json_is_string(x) && json_string_length(x) == 0) p->group = "";
    else if (x) TRY(get_text(r, "group", x, &p->group));
    if ((x = json_object_get(v, "excludes"))) TRY(get_names(r, "excludes", x, NULL, &p->excludes));
    if ((x = json_object_get(v, "priority"))) TRY(get_count(r, "priority", x, -COUNT_LIMIT, COUNT_LIMIT, &p->priority));
    for (size_t i = 0; i < p->excludes.n; i++)
        if (strcmp(p->excludes.items[i], p->id) == 0) return bad(r, "excludes", "names the promotion itself");
    return OK;
}

static status get_promotion(struct reader *r, const json_t *v, struct promotion *p)
{
    *p = (struct promotion){.id = "", .name_zh = "", .name_en = "", .group = "", .code = "", .gift_quantity = 1, .gift_stock = -1};
    if (!json_is_object(v)) return bad(r, "it", "needs to be an object");
    if (!json_object_get(v, "id")) return bad(r, "id", "is missing");
    TRY(get_text(r, "id", json_object_get(v, "id"), &p->id));
    r->id = p->id;
    TRY(get_kind(r, json_object_get(v, "kind"), &p->kind));
    TRY(check_keys(r, v, p->kind));
    TRY(get_text(r, "name", json_object_get(v, "name"), &p->name_zh));
    p->name_en = p->name_zh;
    if (json_object_get(v, "name_en")) TRY(get_text(r, "name_en", json_object_get(v, "name_en"), &p->name_en));
    TRY(get_what(r, v, p));
    TRY(get_when(r, v, p));
    return get_relations(r, v, p);
}

status promotion_parse_body(const char *body, size_t n, const char *where, size_t index, struct arena *a, struct promotion *out)
{
    json_error_t e;
    struct reader r = {.file = where, .index = index, .id = "", .arena = a};
    json_t *v = json_loadb(body, n, JSON_REJECT_DUPLICATES, &e);
    if (!v) return fail(ERR_FORMAT, "%s: promotion %zu: %s", where, index, e.text);
    status s = get_promotion(&r, v, out);
    json_decref(v);
    return s;
}

/* ---- the file ---- */

static status check_together(struct reader *r, const struct promotion_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct promotion *p = &list->items[i];
        r->index = i;
        r->id = p->id;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(list->items[k].id, p->id) == 0) return bad(r, "id", "promotions[%zu] has it already", k);
            if (*p->code && strcmp(list->items[k].code, p->code) == 0) return bad(r, "code", "promotions[%zu] has it already", k);
        }
        for (size_t e = 0; e < p->excludes.n; e++) {
            const char *name = p->excludes.items[e];
            bool known = strcmp(name, "*") == 0;
            for (int l = 0; l < PROMOTION_LEVELS; l++) known = known || strcmp(name, promotion_level_name((enum promotion_level)l)) == 0;
            for (size_t k = 0; k < list->n; k++) known = known || strcmp(list->items[k].id, name) == 0;
            if (!known) return bad(r, "excludes", "'%.80s' is neither a promotion of the file nor line, order, coupon or *", name);
        }
    }
    return OK;
}

static status read_one(struct reader *r, const json_t *file, json_t *v, struct promotion *p, const char **body)
{
    static const char *const inherited[] = {"currency", "utc_offset"};
    r->id = "";
    for (int i = 0; i < 2 && json_is_object(v); i++) {
        json_t *x = json_object_get(file, inherited[i]);
        if (x && !json_object_get(v, inherited[i]) && json_object_set(v, inherited[i], x) != 0) return fail_nomem("reading promotions");
    }
    TRY(get_promotion(r, v, p));
    char *text = json_dumps(v, JSON_COMPACT);
    *body = text ? arena_strdup(r->arena, text) : NULL;
    free(text);
    return *body ? OK : fail_nomem("reading promotions");
}

static status read_all(struct reader *r, const json_t *file, struct promotion_list *out, const char *const **bodies)
{
    static const char *const keys[] = {"currency", "utc_offset", "promotions"};
    const char *key;
    json_t *x, *array = json_object_get(file, "promotions");
    size_t n = json_array_size(array);
    FAIL_IF(!json_is_object(file) || !json_is_array(array), ERR_FORMAT, "%s: needs an object with a list \"promotions\"; see docs/promotions.md", r->file);
    json_object_foreach((json_t *)(uintptr_t)file, key, x)
    {
        bool known = false;
        for (int i = 0; i < 3; i++) known = known || strcmp(keys[i], key) == 0;
        FAIL_IF(!known, ERR_FORMAT, "%s: unknown key '%.60s'; it has currency, utc_offset and promotions", r->file, key);
    }
    FAIL_IF(n > PROMOTIONS_MAX, ERR_LIMIT, "%s: has %zu promotions; at most %d", r->file, n, PROMOTIONS_MAX);
    out->items = arena_zalloc(r->arena, n + 1, sizeof *out->items);
    const char **texts = arena_zalloc(r->arena, n + 1, sizeof *texts);
    if (!out->items || !texts) return fail_nomem("reading promotions");
    for (size_t i = 0; i < n; i++) {
        r->index = i;
        TRY(read_one(r, file, json_array_get(array, i), &out->items[i], &texts[i]));
        out->n++;
    }
    *bodies = texts;
    return check_together(r, out);
}

status promotions_read_bodies(const char *path, const struct promotion_names_check *check, struct arena *a, struct promotion_list *out,
                              const char *const **bodies)
{
    char *data;
    size_t n;
    json_error_t e;
    struct reader r = {.file = path, .id = "", .arena = a, .check = check};
    *out = (struct promotion_list){0};
    TRY(file_read(path, PROMOTION_FILE_MAX, &data, &n));
    json_t *file = json_loadb(data, n, JSON_REJECT_DUPLICATES, &e);
    mem_free(data);
    FAIL_IF(!file, ERR_FORMAT, "%s:%d: %s", path, e.line, e.text);
    status s = read_all(&r, file, out, bodies);
    json_decref(file);
    return s;
}

status promotions_read(const char *path, const struct promotion_names_check *check, struct arena *a, struct promotion_list *out)
{
    const char *const *bodies;
    return promotions_read_bodies(path, check, a, out, &bodies);
}

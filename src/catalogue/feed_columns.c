/* Which column is which field: by the names that shops use, in Chinese and English, and by --map. */
#include <string.h>
#include <strings.h>

#include "catalogue_int.h"

enum { LEVEL_ANY = 5 };

/* Names as column_key() leaves them: lower case, without spaces, '_', '-', '.'. The rank decides between several columns for one
 * field; for categories `level` orders them. A new alias is one more line. */
struct alias {
    const char *key;
    enum field field;
    int rank, level;
};
static const struct alias aliases[] = {
    {"id", FIELD_ID, 1, 0}, {"productid", FIELD_ID, 2, 0}, {"itemid", FIELD_ID, 3, 0}, {"goodsid", FIELD_ID, 3, 0},
    {"sku", FIELD_ID, 4, 0}, {"skuid", FIELD_ID, 4, 0}, {"variantsku", FIELD_ID, 5, 0}, {"productcode", FIELD_ID, 6, 0},
    {"itemcode", FIELD_ID, 6, 0}, {"articlenumber", FIELD_ID, 7, 0}, {"asin", FIELD_ID, 7, 0}, {"goodssn", FIELD_ID, 7, 0},
    {"uniqid", FIELD_ID, 8, 0}, {"pid", FIELD_ID, 8, 0}, {"handle", FIELD_ID, 9, 0},
    {"商品编号", FIELD_ID, 1, 0}, {"商品id", FIELD_ID, 1, 0}, {"商品编码", FIELD_ID, 2, 0}, {"编号", FIELD_ID, 3, 0},
    {"货号", FIELD_ID, 4, 0}, {"商品货号", FIELD_ID, 4, 0}, {"sku编码", FIELD_ID, 4, 0}, {"编码", FIELD_ID, 5, 0},

    {"title", FIELD_TITLE, 1, 0}, {"producttitle", FIELD_TITLE, 2, 0}, {"productname", FIELD_TITLE, 3, 0},
    {"productdisplayname", FIELD_TITLE, 3, 0}, {"itemtitle", FIELD_TITLE, 3, 0}, {"itemname", FIELD_TITLE, 4, 0},
    {"goodsname", FIELD_TITLE, 4, 0}, {"displayname", FIELD_TITLE, 5, 0}, {"name", FIELD_TITLE, 6, 0},
    {"商品标题", FIELD_TITLE, 1, 0}, {"商品名称", FIELD_TITLE, 2, 0}, {"标题", FIELD_TITLE, 1, 0}, {"宝贝标题", FIELD_TITLE, 1, 0},
    {"宝贝名称", FIELD_TITLE, 2, 0}, {"产品名称", FIELD_TITLE, 2, 0}, {"商品名", FIELD_TITLE, 3, 0}, {"名称", FIELD_TITLE, 4, 0},
    {"品名", FIELD_TITLE, 4, 0},

    {"brand", FIELD_BRAND, 1, 0}, {"productbrand", FIELD_BRAND, 1, 0}, {"brandname", FIELD_BRAND, 1, 0},
    {"manufacturer", FIELD_BRAND, 5, 0}, {"vendor", FIELD_BRAND, 6, 0}, {"品牌", FIELD_BRAND, 1, 0},
    {"品牌名称", FIELD_BRAND, 1, 0}, {"商品品牌", FIELD_BRAND, 1, 0}, {"品牌名", FIELD_BRAND, 1, 0},

    {"maincategory", FIELD_CATEGORY, 1, 1}, {"mastercategory", FIELD_CATEGORY, 1, 1}, {"parentcategory", FIELD_CATEGORY, 1, 1},
    {"category1", FIELD_CATEGORY, 1, 1}, {"category2", FIELD_CATEGORY, 1, 2}, {"category3", FIELD_CATEGORY, 1, 3},
    {"category", FIELD_CATEGORY, 1, 1}, {"categories", FIELD_CATEGORY, 1, 1}, {"categoryname", FIELD_CATEGORY, 1, 1},
    {"productcategory", FIELD_CATEGORY, 1, 1}, {"subcategory", FIELD_CATEGORY, 1, 2}, {"articletype", FIELD_CATEGORY, 1, 3},
    {"producttype", FIELD_CATEGORY, 1, 3}, {"googleproductcategory", FIELD_CATEGORY, 2, 1}, {"一级类目", FIELD_CATEGORY, 1, 1}, {"二级类目", FIELD_CATEGORY, 1, 2},
    {"三级类目", FIELD_CATEGORY, 1, 3}, {"一级分类", FIELD_CATEGORY, 1, 1}, {"二级分类", FIELD_CATEGORY, 1, 2},
    {"三级分类", FIELD_CATEGORY, 1, 3}, {"类目", FIELD_CATEGORY, 1, 1}, {"分类", FIELD_CATEGORY, 1, 1},
    {"类别", FIELD_CATEGORY, 1, 1}, {"品类", FIELD_CATEGORY, 1, 1}, {"商品分类", FIELD_CATEGORY, 1, 1},
    {"商品类目", FIELD_CATEGORY, 1, 1}, {"商品类别", FIELD_CATEGORY, 1, 1},

    {"description", FIELD_DESCRIPTION, 1, 0}, {"productdescription", FIELD_DESCRIPTION, 1, 0}, {"desc", FIELD_DESCRIPTION, 2, 0},
    {"longdescription", FIELD_DESCRIPTION, 2, 0}, {"body", FIELD_DESCRIPTION, 3, 0}, {"details", FIELD_DESCRIPTION, 4, 0},
    {"shortdescription", FIELD_DESCRIPTION, 5, 0}, {"描述", FIELD_DESCRIPTION, 1, 0}, {"商品描述", FIELD_DESCRIPTION, 1, 0},
    {"商品详情", FIELD_DESCRIPTION, 2, 0}, {"详情", FIELD_DESCRIPTION, 2, 0}, {"简介", FIELD_DESCRIPTION, 3, 0},
    {"商品简介", FIELD_DESCRIPTION, 3, 0}, {"宝贝描述", FIELD_DESCRIPTION, 1, 0},

    {"url", FIELD_URL, 1, 0}, {"link", FIELD_URL, 1, 0}, {"producturl", FIELD_URL, 1, 0}, {"productlink", FIELD_URL, 1, 0},
    {"pageurl", FIELD_URL, 2, 0}, {"链接", FIELD_URL, 1, 0}, {"商品链接", FIELD_URL, 1, 0}, {"网址", FIELD_URL, 1, 0},

    {"image", FIELD_IMAGE, 1, 0}, {"imageurl", FIELD_IMAGE, 1, 0}, {"imagelink", FIELD_IMAGE, 1, 0}, {"imagesrc", FIELD_IMAGE, 1, 0},
    {"images", FIELD_IMAGE, 2, 0}, {"img", FIELD_IMAGE, 2, 0}, {"picture", FIELD_IMAGE, 2, 0}, {"picurl", FIELD_IMAGE, 2, 0},
    {"thumbnail", FIELD_IMAGE, 3, 0}, {"主图", FIELD_IMAGE, 1, 0}, {"图片", FIELD_IMAGE, 2, 0}, {"商品图片", FIELD_IMAGE, 1, 0},
    {"图片链接", FIELD_IMAGE, 2, 0}, {"主图链接", FIELD_IMAGE, 1, 0},

    {"saleprice", FIELD_PRICE, 1, 0}, {"discountprice", FIELD_PRICE, 1, 0}, {"discountedprice", FIELD_PRICE, 1, 0},
    {"sellingprice", FIELD_PRICE, 2, 0}, {"offerprice", FIELD_PRICE, 2, 0}, {"currentprice", FIELD_PRICE, 2, 0},
    {"finalprice", FIELD_PRICE, 2, 0}, {"促销价", FIELD_PRICE, 1, 0}, {"优惠价", FIELD_PRICE, 1, 0}, {"现价", FIELD_PRICE, 2, 0},
    {"salepriceeffectivedate", FIELD_SALE_PERIOD, 1, 0},
    {"price", FIELD_PRICE, RANK_REGULAR, 0}, {"regularprice", FIELD_PRICE, RANK_REGULAR, 0},
    {"variantprice", FIELD_PRICE, RANK_REGULAR, 0}, {"售价", FIELD_PRICE, RANK_REGULAR, 0}, {"价格", FIELD_PRICE, RANK_REGULAR, 0},
    {"销售价", FIELD_PRICE, RANK_REGULAR, 0}, {"单价", FIELD_PRICE, RANK_REGULAR + 1, 0}, {"商品价格", FIELD_PRICE, RANK_REGULAR, 0},

    {"listprice", FIELD_LIST_PRICE, 1, 0}, {"actualprice", FIELD_LIST_PRICE, 1, 0}, {"mrp", FIELD_LIST_PRICE, 1, 0},
    {"originalprice", FIELD_LIST_PRICE, 1, 0}, {"marketprice", FIELD_LIST_PRICE, 2, 0}, {"oldprice", FIELD_LIST_PRICE, 2, 0},
    {"compareatprice", FIELD_LIST_PRICE, 1, 0}, {"variantcompareatprice", FIELD_LIST_PRICE, 1, 0},
    {"retailprice", FIELD_LIST_PRICE, 3, 0}, {"rrp", FIELD_LIST_PRICE, 1, 0}, {"msrp", FIELD_LIST_PRICE, 1, 0},
    {"原价", FIELD_LIST_PRICE, 1, 0}, {"划线价", FIELD_LIST_PRICE, 1, 0}, {"吊牌价", FIELD_LIST_PRICE, 1, 0},
    {"市场价", FIELD_LIST_PRICE, 2, 0}, {"建议零售价", FIELD_LIST_PRICE, 2, 0},

    {"currency", FIELD_CURRENCY, 1, 0}, {"pricecurrency", FIELD_CURRENCY, 1, 0}, {"currencycode", FIELD_CURRENCY, 1, 0},
    {"币种", FIELD_CURRENCY, 1, 0}, {"货币", FIELD_CURRENCY, 1, 0},

    {"stock", FIELD_STOCK, 1, 0}, {"inventory", FIELD_STOCK, 2, 0}, {"stockquantity", FIELD_STOCK, 1, 0},
    {"inventoryquantity", FIELD_STOCK, 1, 0}, {"variantinventoryqty", FIELD_STOCK, 1, 0}, {"quantity", FIELD_STOCK, 4, 0},
    {"qty", FIELD_STOCK, 4, 0}, {"availability", FIELD_STOCK, 5, 0}, {"库存", FIELD_STOCK, 1, 0}, {"库存数量", FIELD_STOCK, 1, 0},
    {"库存量", FIELD_STOCK, 1, 0},

    {"rating", FIELD_RATING, 1, 0}, {"ratings", FIELD_RATING, 1, 0}, {"averagerating", FIELD_RATING, 1, 0},
    {"stars", FIELD_RATING, 2, 0}, {"ratingvalue", FIELD_RATING, 1, 0}, {"评分", FIELD_RATING, 1, 0},
    {"ratingcount", FIELD_RATING_COUNT, 1, 0}, {"noofratings", FIELD_RATING_COUNT, 1, 0},
    {"ratingscount", FIELD_RATING_COUNT, 1, 0}, {"numratings", FIELD_RATING_COUNT, 1, 0},
    {"numberofratings", FIELD_RATING_COUNT, 1, 0}, {"reviewcount", FIELD_RATING_COUNT, 2, 0},
    {"reviewscount", FIELD_RATING_COUNT, 2, 0}, {"numreviews", FIELD_RATING_COUNT, 2, 0},
    {"numberofreviews", FIELD_RATING_COUNT, 2, 0}, {"评论数", FIELD_RATING_COUNT, 2, 0}, {"评价数", FIELD_RATING_COUNT, 1, 0},
    {"评价数量", FIELD_RATING_COUNT, 1, 0},

    /* Of Google's product data: what is for advertising or the shop alone. A cost must not reach a shopper. */
    {"costofgoodssold", FIELD_NONE, 0, 0}, {"costperitem", FIELD_NONE, 0, 0}, {"additionalimagelink", FIELD_NONE, 0, 0},
    {"mobilelink", FIELD_NONE, 0, 0}, {"adsredirect", FIELD_NONE, 0, 0}, {"identifierexists", FIELD_NONE, 0, 0},
    {"customlabel0", FIELD_NONE, 0, 0}, {"customlabel1", FIELD_NONE, 0, 0}, {"customlabel2", FIELD_NONE, 0, 0},
    {"customlabel3", FIELD_NONE, 0, 0}, {"customlabel4", FIELD_NONE, 0, 0}, {"excludeddestination", FIELD_NONE, 0, 0},
    {"includeddestination", FIELD_NONE, 0, 0}, {"productdetail", FIELD_DETAILS, 0, 0},
};

/* ---- currencies ---- */

void currency_of(struct span s, char out[4])
{
    static const char *const marks[][2] = {
        {"₹", "INR"}, {"rs", "INR"}, {"rs.", "INR"}, {"$", "USD"}, {"us$", "USD"}, {"¥", "CNY"}, {"￥", "CNY"}, {"rmb", "CNY"},
        {"元", "CNY"}, {"人民币", "CNY"}, {"€", "EUR"}, {"欧元", "EUR"}, {"£", "GBP"}, {"英镑", "GBP"}, {"美元", "USD"},
        {"日元", "JPY"}, {"円", "JPY"}, {"港币", "HKD"}, {"hk$", "HKD"},
    };
    memset(out, 0, 4);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strlen(marks[i][0]) == s.n && strncasecmp(marks[i][0], s.s, s.n) == 0) {
            memcpy(out, marks[i][1], 4);
            return;
        }
    static const char codes[] = "CNY USD EUR GBP INR JPY HKD TWD KRW SGD MYR THB VND IDR PHP AUD NZD CAD CHF SEK NOK DKK PLN CZK HUF "
                                "RUB UAH TRY ILS AED SAR ZAR BRL MXN ARS CLP COP EGP NGN KES PKR BDT LKR MOP";
    for (size_t i = 0; s.n == 3 && i + 3 < sizeof codes; i += 4)
        if (strncasecmp(codes + i, s.s, 3) == 0) memcpy(out, codes + i, 3);
}

/* ---- names ---- */

static bool starts(struct span s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.s, with, n) == 0;
}

static bool ends(struct span s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.s + s.n - n, with, n) == 0;
}

static struct span trim(struct span s)
{
    while (s.n && (s.s[0] == ' ' || s.s[0] == '\t')) s.s++, s.n--;
    while (s.n && (s.s[s.n - 1] == ' ' || s.s[s.n - 1] == '\t')) s.n--;
    return s;
}

/* "Price (INR)" -> "Price", "INR"; also （）and []. Without parentheses at the end: inside is empty. */
static struct span cut_parentheses(struct span s, struct span *inside)
{
    static const char *const pairs[][2] = {{"(", ")"}, {"（", "）"}, {"[", "]"}};
    *inside = (struct span){"", 0};
    for (size_t i = 0; i < 3; i++) {
        if (!ends(s, pairs[i][1])) continue;
        size_t open_n = strlen(pairs[i][0]), close_n = strlen(pairs[i][1]);
        for (size_t at = s.n - close_n; at-- > 0;) {
            if (!starts((struct span){s.s + at, s.n - at}, pairs[i][0])) continue;
            *inside = trim((struct span){s.s + at + open_n, s.n - at - open_n - close_n});
            return trim((struct span){s.s, at});
        }
    }
    return s;
}

/* "title_en", "Title-EN" -> "title", "en"; "" when there is no such ending. */
static struct span cut_language(struct span s, const char **language)
{
    *language = "";
    if (s.n < 4 || !strchr("_-.", s.s[s.n - 3])) return s;
    const char *code = s.s + s.n - 2;
    if (strncasecmp(code, "en", 2) == 0) *language = "en";
    else if (strncasecmp(code, "zh", 2) == 0 || strncasecmp(code, "cn", 2) == 0) *language = "zh";
    return *language[0] ? (struct span){s.s, s.n - 3} : s;
}

/* The key that aliases are written in; "" when it is too long to be one. */
void column_key(struct span s, char key[COLUMN_KEY_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i];
        if (strchr(" _-.:\t", c) || c == 0) continue;
        if (n + 1 >= COLUMN_KEY_MAX) {
            n = 0;
            break;
        }
        key[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    key[n] = 0;
}

static const struct alias *find_alias(struct span name)
{
    char key[COLUMN_KEY_MAX];
    column_key(name, key);
    for (size_t i = 0; key[0] && i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(aliases[i].key, key) == 0) return &aliases[i];
    return NULL;
}

/* title in English is TITLE_EN, and so on; other fields have one language. */
static enum field in_language(enum field f, const char *language)
{
    bool english = language[0] == 'e';
    if (!language[0]) return f;
    switch (f) {
    case FIELD_TITLE: return english ? FIELD_TITLE_EN : FIELD_TITLE_ZH;
    case FIELD_CATEGORY: return english ? FIELD_CATEGORY_EN : FIELD_CATEGORY_ZH;
    case FIELD_DESCRIPTION: return english ? FIELD_DESCRIPTION_EN : FIELD_DESCRIPTION_ZH;
    default: return FIELD_ATTRIBUTE;
    }
}

/* Sets field, rank and level from a name; leaves an attribute when it is none of ours. */
static void set_field(struct column *c, struct span name)
{
    struct span inside, base = cut_parentheses(name, &inside);
    const char *language;
    struct span stem = cut_language(base, &language);
    if (!language[0] && (starts(base, "英文") || starts(base, "中文")) && base.n > 6) {
        language = starts(base, "英文") ? "en" : "zh";
        stem = (struct span){base.s + 6, base.n - 6};
    }
    const struct alias *a = find_alias(stem);
    if (!a) return;
    enum field f = in_language(a->field, language);
    if (f == FIELD_ATTRIBUTE) return;
    c->field = f;
    c->rank = a->rank;
    c->level = a->level;
    if (f == FIELD_PRICE || f == FIELD_LIST_PRICE) currency_of(inside, c->currency);
}

/* ---- maps: "field=column" ---- */

static struct span map_field(const char *map)
{
    return trim((struct span){map, strcspn(map, "=")});
}

static struct span map_column(const char *map)
{
    const char *column = strchr(map, '=') + 1;
    return trim((struct span){column, strlen(column)});
}

/* The canonical names of fields, as in the manual and in --map. */
static enum field named_field(struct span name)
{
    static const char *const names[FIELDS] = {
        [FIELD_ID] = "id", [FIELD_TITLE] = "title", [FIELD_BRAND] = "brand", [FIELD_CATEGORY] = "category",
        [FIELD_DESCRIPTION] = "description", [FIELD_URL] = "url", [FIELD_IMAGE] = "image", [FIELD_TITLE_EN] = "title_en",
        [FIELD_CATEGORY_EN] = "category_en", [FIELD_DESCRIPTION_EN] = "description_en", [FIELD_TITLE_ZH] = "title_zh",
        [FIELD_CATEGORY_ZH] = "category_zh", [FIELD_DESCRIPTION_ZH] = "description_zh", [FIELD_PRICE] = "price",
        [FIELD_LIST_PRICE] = "list_price", [FIELD_CURRENCY] = "currency", [FIELD_STOCK] = "stock", [FIELD_RATING] = "rating",
        [FIELD_RATING_COUNT] = "rating_count",
    };
    for (int i = 0; i < FIELDS; i++)
        if (names[i] && strlen(names[i]) == name.n && memcmp(names[i], name.s, name.n) == 0) return (enum field)i;
    return FIELD_ATTRIBUTE;
}

static bool same_column(struct span a, struct span b)
{
    if (a.n == b.n && memcmp(a.s, b.s, a.n) == 0) return true;
    char key_a[COLUMN_KEY_MAX], key_b[COLUMN_KEY_MAX];
    column_key(a, key_a);
    column_key(b, key_b);
    return key_a[0] && strcmp(key_a, key_b) == 0;
}

static bool field_is_mapped(const struct columns *c, enum field f)
{
    for (size_t i = 0; f != FIELD_ATTRIBUTE && i < c->n_maps; i++)
        if (named_field(map_field(c->maps[i])) == f) return true;
    return false;
}

status columns_init(struct columns *c, const struct import_options *o)
{
    *c = (struct columns){.maps = o->maps, .n_maps = o->n_maps};
    strmap_init(&c->by_name);
    arena_init(&c->names, 0);
    arena_init(&c->header_names, 0);
    for (size_t i = 0; i < o->n_maps; i++) {
        const char *equals = strchr(o->maps[i], '=');
        if (!equals || !map_field(o->maps[i]).n || !map_column(o->maps[i]).n || equals - o->maps[i] > COLUMN_NAME_MAX)
            return fail(ERR_USAGE, "the map '%s' is not of the form field=column; try title=ColumnName", o->maps[i]);
    }
    for (size_t i = 0; i < o->n_maps; i++)
        for (size_t k = 0; k < i; k++)
            FAIL_IF(same_column(map_column(o->maps[i]), map_column(o->maps[k])), ERR_USAGE,
                    "the column '%s' is mapped twice; give each column one field", map_column(o->maps[i]).s);
    c->map_used = mem_zalloc(o->n_maps, sizeof *c->map_used);
    return c->map_used ? OK : fail_nomem("mapping columns");
}

void columns_release(struct columns *c)
{
    mem_free(c->items);
    mem_free(c->map_used);
    strmap_release(&c->by_name);
    arena_release(&c->names);
    arena_release(&c->header_names);
}

/* ---- columns ---- */

/* An attribute's own name, its language, and the unit that its column names. */
static status set_attribute(struct columns *c, struct column *column, struct span name, char group)
{
    struct span inside;
    cut_parentheses(name, &inside);
    if (inside.n && inside.n < sizeof column->unit) memcpy(column->unit, inside.s, inside.n);
    if (group) column->language = group == 'e' ? "en" : group == 'z' ? "zh" : group == 'n' ? "-" : "";
    else name = cut_language(name, &column->language);
    column->grouped = group != 0;
    char *own = arena_strndup(c->header_done ? &c->names : &c->header_names, name.s, name.n);
    if (!own) return fail_nomem("mapping columns");
    for (char *p = own; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F) *p = ' ';
    column->name = own;
    return OK;
}

static status new_column(struct columns *c, struct span name, char group, size_t *index)
{
    struct column column = {.field = FIELD_ATTRIBUTE, .rank = RANK_MAPPED, .level = LEVEL_ANY, .language = ""};
    struct span attribute_name = name;
    bool mapped = false;
    for (size_t i = 0; i < c->n_maps; i++) {
        if (mapped || !same_column(name, map_column(c->maps[i]))) continue;
        attribute_name = map_field(c->maps[i]);
        column.field = named_field(attribute_name);
        column.level = (int)i;
        c->map_used[i] = mapped = true;
    }
    if (!mapped && !group) set_field(&column, name);
    if (!mapped && field_is_mapped(c, column.field)) column.field = FIELD_ATTRIBUTE;
    TRY(set_attribute(c, &column, attribute_name, group));
    TRY(mem_grow(&c->items, &c->cap, c->n + 1, sizeof column));
    *index = c->n;
    c->items[c->n++] = column;
    return OK;
}

static bool nameless(struct span name)
{
    return name.n == 0 || starts(name, "Unnamed: ");
}

/* Of several id columns the best one is the id; the others are attributes. */
static void keep_one_id(struct columns *c)
{
    struct column *best = NULL;
    for (size_t i = 0; i < c->n; i++) {
        struct column *column = &c->items[i];
        if (column->field != FIELD_ID) continue;
        struct column *loser = !best ? NULL : column->rank < best->rank ? best : column;
        if (loser) loser->field = FIELD_ATTRIBUTE;
        if (loser != column) best = column;
    }
}

static status say_no_title(const struct columns *c, const struct feed *f)
{
    char names[160] = "";
    size_t n = 0;
    for (size_t i = 0; i < c->n && n + 40 < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%.30s", i ? ", " : "", c->items[i].name);
    return fail(ERR_FORMAT, "'%s' has no column that is a title (it has: %s); name it with --map title=COLUMN", f->name, names);
}

status columns_set_header(struct columns *c, const struct feed *f, const struct span *names, size_t n)
{
    bool titled = false;
    for (size_t i = 0; i < n; i++) {
        size_t index;
        FAIL_IF(names[i].n > COLUMN_NAME_MAX, ERR_FORMAT, "'%s' has a column name of more than %d bytes; its first line must name the columns",
                f->name, (int)COLUMN_NAME_MAX);
        TRY(new_column(c, names[i], 0, &index));
        if (nameless(names[i])) c->items[index].field = FIELD_NONE;
        enum field field = c->items[index].field;
        titled = titled || field == FIELD_TITLE || field == FIELD_TITLE_EN || field == FIELD_TITLE_ZH;
    }
    TRY(columns_check_maps(c, f));
    keep_one_id(c);
    c->n_header = c->n;
    c->header_done = true;
    return titled ? OK : say_no_title(c, f);
}

status columns_find(struct columns *c, struct span name, char group, size_t *index)
{
    char key[COLUMN_NAME_MAX + 1];
    uint64_t value;
    FAIL_IF(name.n > COLUMN_NAME_MAX, ERR_INTERNAL, "a field name that was not checked; this is a fault of daogou, please report it");
    key[0] = group;
    memcpy(key + 1, name.s, name.n);
    if (strmap_get(&c->by_name, key, name.n + 1, &value)) {
        *index = (size_t)value;
        return OK;
    }
    TRY(new_column(c, name, group, index));
    return strmap_put(&c->by_name, key, name.n + 1, *index);
}

void columns_trim(struct columns *c)
{
    if (c->n - c->n_header < COLUMNS_CACHED_MAX) return;
    strmap_release(&c->by_name);
    strmap_init(&c->by_name);
    if (c->header_done) arena_clear(&c->names);
    else arena_clear(&c->header_names);
    c->n = c->n_header;
}

bool columns_is_mapped(const struct columns *c, struct span name)
{
    for (size_t i = 0; i < c->n_maps; i++)
        if (same_column(name, map_column(c->maps[i]))) return true;
    return false;
}

status columns_check_maps(const struct columns *c, const struct feed *f)
{
    for (size_t i = 0; i < c->n_maps; i++)
        if (!c->map_used[i])
            return fail(ERR_USAGE, "'%s' has no column '%s'; check the spelling in --map %s", f->name, map_column(c->maps[i]).s, c->maps[i]);
    return OK;
}

/* Sheets of products and variants: a row a variant.
 *
 *   Shopify      help.shopify.com/manual/products/import-export/using-csv: the rows of one Handle stand together; the first has what all share
 *   WooCommerce  woocommerce.com/document/product-csv-importer-exporter: rows of type "variable" and "variation", the latter naming its
 *                Parent by "id:12" or SKU, anywhere in the file
 *
 * What is for the shop alone (costs, taxes, search engine texts) is left out: it must not reach a shopper.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "feed_family_int.h"

enum { OPTIONS_MAX = 64, FAMILY_BYTES_MAX = 4 << 20, SHEET_BYTES_MAX = 512 << 20, RAW_KEPT_MAX = 4096 };

enum role {
    DROP, BASE, VARIANT, HTML, LIST, KEY, PUBLISHED, STATUS_WORD, OPTION_NAME, OPTION_VALUE, POSITIVE, STOCK_QUANTITY, TRACKER, POLICY, GRAMS, TYPE,
    PARENT, SKU, SHORT, IN_STOCK, SALE_START, SALE_END, FIRST_PATH, FIRST_OF, VISIBILITY, OTHER
};
struct sheet_column {
    const char *key;
    enum role role;
    const char *name;    /* of the cell that it becomes */
    char group;
};
static const struct sheet_column shopify[] = {
    {"handle", KEY}, {"urlhandle", KEY}, {"title", BASE, "title"}, {"body(html)", HTML, "description"}, {"description", HTML, "description"},
    {"vendor", BASE, "brand"}, {"productcategory", BASE, "google_product_category"}, {"type", BASE, "product_type"}, {"tags", LIST, "tags", 'a'},
    {"published", PUBLISHED}, {"publishedononlinestore", PUBLISHED}, {"status", STATUS_WORD}, {"variantsku", VARIANT, "id"}, {"sku", VARIANT, "id"},
    {"variantprice", VARIANT, "price"}, {"price", VARIANT, "price"}, {"variantcompareatprice", POSITIVE, "list_price"},
    {"compareatprice", POSITIVE, "list_price"}, {"variantbarcode", VARIANT, "gtin", 'a'}, {"barcode", VARIANT, "gtin", 'a'},
    {"variantinventoryqty", STOCK_QUANTITY, "stock"}, {"inventoryquantity", STOCK_QUANTITY, "stock"}, {"variantinventorytracker", TRACKER},
    {"inventorytracker", TRACKER}, {"variantinventorypolicy", POLICY}, {"continuesellingwhenoutofstock", POLICY}, {"variantgrams", GRAMS, "weight", 'a'},
    {"weightvalue(grams)", GRAMS, "weight", 'a'}, {"imagesrc", BASE, "image"}, {"productimageurl", BASE, "image"}, {"variantimage", VARIANT, "image"},
    {"variantimageurl", VARIANT, "image"}, {"googleshopping/gender", BASE, "gender", 'a'}, {"googleshopping/agegroup", BASE, "age group", 'a'},
    {"googleshopping/condition", BASE, "condition", 'a'}, {"googleshopping/mpn", VARIANT, "mpn", 'a'},
};
static const struct sheet_column woocommerce[] = {
    {"id", KEY}, {"type", TYPE}, {"sku", SKU, "sku", 'a'}, {"gtin,upc,ean,orisbn", VARIANT, "gtin", 'a'}, {"name", BASE, "title"}, {"published", PUBLISHED},
    {"visibilityincatalog", VISIBILITY}, {"shortdescription", SHORT, "description"}, {"description", HTML, "description"}, {"instock?", IN_STOCK},
    {"stock", VARIANT, "stock"}, {"saleprice", VARIANT, "sale_price"}, {"regularprice", VARIANT, "price"}, {"datesalepricestarts", SALE_START},
    {"datesalepriceends", SALE_END}, {"categories", FIRST_PATH, "category"}, {"tags", LIST, "tags", 'a'}, {"images", FIRST_OF, "image"}, {"parent", PARENT},
    {"externalurl", BASE, "url"}, {"brands", BASE, "brand"}, {"brand", BASE, "brand"}, {"weight(kg)", POSITIVE, "weight (kg)", 'a'},
    {"weight(g)", POSITIVE, "weight (g)", 'a'}, {"weight(lbs)", POSITIVE, "weight (lb)", 'a'}, {"length(cm)", POSITIVE, "length (cm)", 'a'},
    {"width(cm)", POSITIVE, "width (cm)", 'a'}, {"height(cm)", POSITIVE, "height (cm)", 'a'},
};
/* Of either program: nothing that a shopper should see. */
static const char *const dropped[] = {
    "costperitem", "variantfulfillmentservice", "variantrequiresshipping", "requiresshipping", "fulfillmentservice", "varianttaxable", "chargetax", "varianttaxcode", "taxcode", "imageposition", "imagealttext", "giftcard",
    "seotitle", "seodescription", "variantweightunit", "weightunitfordisplay", "unitpricetotalmeasure", "position", "taxstatus", "taxclass", "isfeatured?", "lowstockamount",
    "backordersallowed?", "soldindividually?", "allowcustomerreviews?", "purchasenote", "shippingclass", "downloadlimit", "downloadexpirydays",
    "groupedproducts", "upsells", "crosssells", "buttontext", "swatchesattributes",
};

struct slot {
    enum role role;
    const char *name;
    char group;
    int number;          /* of an option */
    struct span own;     /* the column's name in the file */
};
struct place {           /* of a family's first row */
    uint64_t line;
    struct span raw;
};
struct held {
    struct family family;
    struct arena arena;
    struct place place;
    size_t bytes;
    struct span key;
    struct span option_names[OPTIONS_MAX];
    bool parent_seen;
};
struct sheet {
    enum sheet_kind kind;
    struct columns *columns;
    struct slot *slots;
    size_t n_slots;
    struct arena names;
    struct held *open;           /* Shopify: being filled */
    struct held *ready;          /* its products are being taken */
    struct held **held;          /* WooCommerce: until the end */
    size_t n_held, cap_held, next_held, total;
    struct strmap by_key;
    bool ended;
};

/* ---- columns ---- */

static const struct sheet_column *find_known(enum sheet_kind kind, const char *key)
{
    const struct sheet_column *table = kind == SHEET_SHOPIFY ? shopify : woocommerce;
    size_t n = kind == SHEET_SHOPIFY ? sizeof shopify / sizeof shopify[0] : sizeof woocommerce / sizeof woocommerce[0];
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].key, key) == 0) return &table[i];
    return NULL;
}

static bool is_dropped(enum sheet_kind kind, const char *key)
{
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        if (strcmp(dropped[i], key) == 0) return true;
    if (kind == SHEET_WOOCOMMERCE) return strncmp(key, "meta", 4) == 0 || strncmp(key, "download", 8) == 0;
    return strchr(key, '/') || strstr(key, "linkedto");
}

/* "option2value", "attribute2value(s)" */
static bool option_column(const char *key, struct slot *slot)
{
    int number = 0, used = 0;
    if (sscanf(key, "option%2d%n", &number, &used) != 1 && sscanf(key, "attribute%2d%n", &number, &used) != 1) return false;
    if (number < 1 || number > OPTIONS_MAX) return false;
    slot->number = number - 1;
    slot->role = strcmp(key + used, "name") == 0 ? OPTION_NAME : strncmp(key + used, "value", 5) == 0 ? OPTION_VALUE : DROP;
    return true;
}

static struct slot slot_of(enum sheet_kind kind, struct span name, const struct columns *columns)
{
    char key[COLUMN_KEY_MAX];
    struct slot slot = {.role = OTHER, .own = name};
    column_key(name, key);
    if (columns_is_mapped(columns, name)) return slot;
    const struct sheet_column *known = find_known(kind, key);
    if (known) slot.role = known->role, slot.name = known->name, slot.group = known->group;
    else if (option_column(key, &slot)) return slot;
    else if (!key[0] || is_dropped(kind, key)) slot.role = DROP;
    return slot;
}

enum sheet_kind sheet_detect(const struct span *names, size_t n)
{
    bool handle = false, option = false, type = false, regular = false, parent = false;
    for (size_t i = 0; i < n; i++) {
        char key[COLUMN_KEY_MAX];
        column_key(names[i], key);
        handle = handle || strcmp(key, "handle") == 0 || strcmp(key, "urlhandle") == 0;
        option = option || strcmp(key, "variantprice") == 0 || strcmp(key, "option1value") == 0;
        type = type || strcmp(key, "type") == 0;
        regular = regular || strcmp(key, "regularprice") == 0;
        parent = parent || strcmp(key, "parent") == 0 || strcmp(key, "instock?") == 0;
    }
    return handle && option ? SHEET_SHOPIFY : type && regular && parent ? SHEET_WOOCOMMERCE : SHEET_NONE;
}

status sheet_new(enum sheet_kind kind, const struct span *names, size_t n, struct columns *columns, struct sheet **out)
{
    struct sheet *s = *out = mem_zalloc(1, sizeof *s);
    if (!s) return fail_nomem("reading a feed");
    s->kind = kind;
    s->columns = columns;
    arena_init(&s->names, 0);
    strmap_init(&s->by_key);
    s->slots = mem_zalloc(n, sizeof *s->slots);
    if (!s->slots) return fail_nomem("reading a feed");
    s->n_slots = n;
    for (size_t i = 0; i < n; i++) {
        char *own = arena_strndup(&s->names, names[i].s, names[i].n);
        if (!own) return fail_nomem("reading a feed");
        s->slots[i] = slot_of(kind, (struct span){own, names[i].n}, columns);
    }
    return OK;
}

/* ---- families ---- */

static void held_free(struct held *h)
{
    if (!h) return;
    family_release(&h->family);
    arena_release(&h->arena);
    mem_free(h);
}

void sheet_free(struct sheet *s)
{
    if (!s) return;
    held_free(s->open);
    held_free(s->ready);
    for (size_t i = s->next_held; i < s->n_held; i++) held_free(s->held[i]);
    mem_free(s->held);
    mem_free(s->slots);
    strmap_release(&s->by_key);
    arena_release(&s->names);
    mem_free(s);
}

static status held_new(struct sheet *s, const struct feed_row *row, struct held **out)
{
    struct held *h = *out = mem_zalloc(1, sizeof *h);
    if (!h) return fail_nomem("reading a feed");
    arena_init(&h->arena, 0);
    family_init(&h->family, s->columns, &h->arena);
    size_t n = row->raw.n < RAW_KEPT_MAX ? row->raw.n : RAW_KEPT_MAX;
    h->place = (struct place){row->line, {arena_strndup(&h->arena, row->raw.s, n), n}};
    return h->place.raw.s ? OK : fail_nomem("reading a feed");
}

/* A field that outlives its row; it is cleaned with the record's other texts. */
static status keep(struct held *h, struct span field, struct span *out)
{
    while (field.n && field.s[0] == ' ') field.s++, field.n--;
    while (field.n && field.s[field.n - 1] == ' ') field.n--;
    char *own = arena_strndup(&h->arena, field.s, field.n);
    *out = (struct span){own, field.n};
    h->bytes += field.n;
    return own ? OK : fail_nomem("reading a feed");
}

/* ---- values ---- */

static bool is_word(struct span s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.s, word, s.n) == 0;
}

static bool has_word(struct span s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.s + i, word, n) == 0) return true;
    return false;
}

static struct span field_with(const struct sheet *s, const struct span *fields, enum role role)
{
    for (size_t i = 0; i < s->n_slots; i++)
        if (s->slots[i].role == role && fields[i].n) return fields[i];
    return (struct span){"", 0};
}

static bool has_column(const struct sheet *s, enum role role)
{
    for (size_t i = 0; i < s->n_slots; i++)
        if (s->slots[i].role == role) return true;
    return false;
}

/* "A > B, C > D" -> "A > B"; a comma that is part of a name is "\,". */
static struct span first_of(struct span list, struct arena *a)
{
    char *text = arena_alloc(a, list.n + 1), *q = text;
    if (!text) return (struct span){"", 0};
    for (size_t i = 0; i < list.n && list.s[i] != ','; i++) {
        if (list.s[i] == '\\' && i + 1 < list.n && list.s[i + 1] == ',') i++;
        *q++ = list.s[i];
    }
    return (struct span){text, (size_t)(q - text)};
}

/* Whether a row says how many there are: Shopify writes 0 for what it does not count, and sells on where the policy says so. */
static bool counts_stock(const struct sheet *s, const struct span *fields)
{
    struct span policy = field_with(s, fields, POLICY);
    if (is_word(policy, "continue") || is_word(policy, "true")) return false;
    return !has_column(s, TRACKER) || field_with(s, fields, TRACKER).n > 0;
}

static bool positive(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] >= '1' && s.s[i] <= '9') return true;
    return false;
}

/* ---- rows to cells ---- */

static status put_option(struct held *h, const struct slot *slot, struct span value, struct cells *to)
{
    struct span name = h->option_names[slot->number];
    if (!name.n || is_word(value, "Default Title")) return OK;
    return family_put_named(&h->family, to, name, 'a', value, false);
}

static status put_field(struct sheet *s, struct held *h, const struct slot *slot, const struct span *fields, struct span v, struct cells *to)
{
    struct family *f = &h->family;
    TRY(keep(h, v, &v));
    switch (slot->role) {
    case BASE: case VARIANT: case SKU: return family_put(f, to, slot->name, slot->group, v);
    case SHORT: if (field_with(s, fields, HTML).n) return OK; /* fall through */
    case HTML: TRY(html_text(v, &h->arena, &v)); return family_put(f, to, slot->name, slot->group, v);
    case LIST: return family_put_named(f, to, (struct span){slot->name, strlen(slot->name)}, slot->group, v, memchr(v.s, ',', v.n) != NULL);
    case OPTION_VALUE: return put_option(h, slot, v, to);
    case POSITIVE: return positive(v) ? family_put(f, to, slot->name, slot->group, v) : OK;
    case STOCK_QUANTITY: return counts_stock(s, fields) ? family_put(f, to, slot->name, 0, v) : OK;
    case FIRST_PATH: case FIRST_OF: return family_put(f, to, slot->name, slot->group, first_of(v, &h->arena));
    case IN_STOCK:
        if (is_word(v, "0")) return family_put(f, to, "availability", 0, (struct span){"out of stock", 12});
        return is_word(v, "backorder") ? family_put(f, to, "availability", 0, (struct span){"backorder", 9}) : OK;
    case OTHER: return family_put_named(f, to, slot->own, 0, v, false);
    case GRAMS: {
        char *text = positive(v) ? arena_printf(&h->arena, "%.*s g", (int)v.n, v.s) : NULL;
        return text ? family_put(f, to, slot->name, slot->group, (struct span){text, strlen(text)}) : OK;
    }
    default: return OK;
    }
}

/* When a sale price holds, as Google's feeds write it: "start/end". */
static status put_sale_period(struct sheet *s, struct held *h, const struct span *fields, struct cells *to)
{
    struct span start = field_with(s, fields, SALE_START), end = field_with(s, fields, SALE_END);
    if (!start.n && !end.n) return OK;
    char *text = arena_printf(&h->arena, "%.*s/%.*s", (int)start.n, start.s, (int)end.n, end.s);
    if (!text) return fail_nomem("reading a feed");
    return family_put(&h->family, to, "sale_price_effective_date", 0, (struct span){text, strlen(text)});
}

static bool of_variant(enum role role)
{
    return role == VARIANT || role == POSITIVE || role == OPTION_VALUE || role == STOCK_QUANTITY || role == GRAMS || role == IN_STOCK || role == SKU;
}

static status read_option_names(struct sheet *s, struct held *h, const struct span *fields)
{
    for (size_t i = 0; i < s->n_slots; i++)
        if (s->slots[i].role == OPTION_NAME && fields[i].n) {
            struct span *name = &h->option_names[s->slots[i].number];
            TRY(keep(h, fields[i], name));
            TRY(clean_text(*name, false, &h->arena, name));
        }
    return OK;
}

/* The fields of the row that are of variants, or those that are not. */
static status put_row(struct sheet *s, struct held *h, const struct span *fields, bool variant, struct cells *to)
{
    size_t before = h->bytes;
    for (size_t i = 0; i < s->n_slots; i++)
        if (fields[i].n && s->slots[i].role != DROP && of_variant(s->slots[i].role) == variant) TRY(put_field(s, h, &s->slots[i], fields, fields[i], to));
    if (variant) TRY(put_sale_period(s, h, fields, to));
    s->total += h->bytes - before;
    FAIL_IF(s->total > SHEET_BYTES_MAX && s->kind == SHEET_WOOCOMMERCE, ERR_LIMIT, "a sheet with more than %d MiB of variable products; split it", (int)(SHEET_BYTES_MAX >> 20));
    return OK;
}

static bool not_for_sale(const struct sheet *s, const struct span *fields, struct feed_row *row)
{
    struct span published = field_with(s, fields, PUBLISHED), state = field_with(s, fields, STATUS_WORD), seen = field_with(s, fields, VISIBILITY);
    if (is_word(state, "draft") || is_word(state, "archived")) return !reject(row, "not for sale: its status is '%.*s'", (int)state.n, state.s);
    if (is_word(published, "false") || is_word(published, "0") || is_word(published, "-1")) return !reject(row, "not for sale: it is not published");
    return is_word(seen, "hidden") ? !reject(row, "not for sale: it is hidden in the catalogue") : false;
}

/* ---- Shopify ---- */

static bool starts_variant(const struct sheet *s, const struct span *fields)
{
    for (size_t i = 0; i < s->n_slots; i++)
        if (fields[i].n && (s->slots[i].role == VARIANT || s->slots[i].role == OPTION_VALUE) && strcmp(s->slots[i].name ? s->slots[i].name : "", "image") != 0) return true;
    return false;
}

static void make_ready(struct sheet *s)
{
    s->ready = s->open;
    s->open = NULL;
    if (s->ready) family_finish(&s->ready->family);
}

static status add_shopify(struct sheet *s, const struct span *fields, struct feed_row *row)
{
    struct span key = field_with(s, fields, KEY);
    if (!key.n) return reject(row, "no handle"), OK;
    bool same = s->open && s->open->key.n == key.n && memcmp(s->open->key.s, key.s, key.n) == 0;
    if (!same) {
        make_ready(s);
        TRY(held_new(s, row, &s->open));
        TRY(keep(s->open, key, &s->open->key));
    }
    struct held *h = s->open;
    if (!same && not_for_sale(s, fields, row)) h->parent_seen = true;   /* its other rows go with it */
    if (h->parent_seen) return OK;
    if (h->bytes > FAMILY_BYTES_MAX) return reject(row, "the product '%.40s' has more than %d MiB of text", h->key.s, (int)(FAMILY_BYTES_MAX >> 20)), OK;
    TRY(read_option_names(s, h, fields));
    if (!same) TRY(family_put(&h->family, &h->family.base, "id", 0, h->key));
    if (!same) TRY(put_row(s, h, fields, false, &h->family.base));
    if (!starts_variant(s, fields)) return OK;
    struct cells *variant;
    if (h->family.n_variants == FAMILY_VARIANTS_MAX) return reject(row, "more than %d variants of one handle", (int)FAMILY_VARIANTS_MAX), OK;
    TRY(family_add_variant(&h->family, &variant));
    return put_row(s, h, fields, true, variant);
}

/* ---- WooCommerce ---- */

static status find_family(struct sheet *s, struct span key, const struct feed_row *row, struct held **out)
{
    uint64_t at;
    if (strmap_get(&s->by_key, key.s, key.n, &at)) {
        *out = s->held[at];
        return OK;
    }
    TRY(mem_grow(&s->held, &s->cap_held, s->n_held + 1, sizeof *s->held));
    struct held *h;
    status made = held_new(s, row, &h);
    if (made != OK) {
        held_free(h);
        return made;
    }
    s->held[s->n_held] = *out = h;
    TRY(strmap_put(&s->by_key, key.s, key.n, s->n_held++));
    return keep(h, key, &h->key);
}

static status add_variation(struct sheet *s, const struct span *fields, struct span id, struct feed_row *row)
{
    struct span parent = field_with(s, fields, PARENT);
    if (!parent.n) return reject(row, "a variation without a parent"), OK;
    if (parent.n > 3 && memcmp(parent.s, "id:", 3) == 0) parent.s += 3, parent.n -= 3;
    struct held *h;
    struct cells *variant;
    TRY(find_family(s, parent, row, &h));
    if (h->family.n_variants == FAMILY_VARIANTS_MAX || h->bytes > FAMILY_BYTES_MAX) return reject(row, "a product of too many variations"), OK;
    TRY(read_option_names(s, h, fields));
    TRY(family_add_variant(&h->family, &variant));
    TRY(keep(h, id, &id));
    TRY(family_put(&h->family, variant, "id", 0, id));
    return put_row(s, h, fields, true, variant);
}

static status fill_base(struct sheet *s, struct held *h, const struct span *fields, struct span id)
{
    struct cells *base = &h->family.base;
    TRY(keep(h, id, &id));
    TRY(read_option_names(s, h, fields));
    TRY(family_put(&h->family, base, "id", 0, id));
    TRY(put_row(s, h, fields, false, base));
    return put_row(s, h, fields, true, base);
}

static status add_woocommerce(struct sheet *s, const struct span *fields, struct feed_row *row)
{
    struct span id = field_with(s, fields, KEY), sku = field_with(s, fields, SKU), type = field_with(s, fields, TYPE);
    if (!id.n) id = sku;
    if (!id.n) return reject(row, "neither an ID nor a SKU"), OK;
    if (has_word(type, "variation")) return not_for_sale(s, fields, row) ? OK : add_variation(s, fields, id, row);
    if (not_for_sale(s, fields, row)) return OK;
    if (!has_word(type, "variable")) {
        TRY(held_new(s, row, &s->open));
        TRY(fill_base(s, s->open, fields, id));
        make_ready(s);
        return OK;
    }
    struct held *h;
    bool by_sku = sku.n && !strmap_get(&s->by_key, id.s, id.n, NULL) && strmap_get(&s->by_key, sku.s, sku.n, NULL);   /* variations came first */
    TRY(find_family(s, by_sku ? sku : id, row, &h));
    if (sku.n && !strmap_get(&s->by_key, sku.s, sku.n, NULL)) {
        uint64_t at = 0;
        strmap_get(&s->by_key, id.s, id.n, &at);
        TRY(strmap_put(&s->by_key, sku.s, sku.n, at));
    }
    if (h->parent_seen) return reject(row, "the id '%.40s' was on line %llu already", h->key.s, (unsigned long long)h->place.line), OK;
    h->parent_seen = true;
    return fill_base(s, h, fields, id);
}

/* ---- coming and going ---- */

status sheet_add(struct sheet *s, const struct span *fields, struct feed_row *row)
{
    if (!fields) {
        s->ended = true;
        make_ready(s);
        return OK;
    }
    return s->kind == SHEET_SHOPIFY ? add_shopify(s, fields, row) : add_woocommerce(s, fields, row);
}

/* Families that waited for the end, in the order of their first rows. */
static bool next_held(struct sheet *s)
{
    if (s->ready || !s->ended || s->next_held == s->n_held) return s->ready != NULL;
    s->ready = s->held[s->next_held++];
    family_finish(&s->ready->family);
    return true;
}

status sheet_next(struct sheet *s, struct feed_row *row, struct cells *out, bool *any)
{
    *any = false;
    row->reason[0] = 0;
    while (next_held(s)) {
        struct held *h = s->ready;
        bool orphans = s->kind == SHEET_WOOCOMMERCE && !h->family.base.n;
        row->line = h->place.line;
        row->raw = h->place.raw;
        if (orphans && !h->family.next++) return *any = true, reject(row, "variations of '%.60s', which is not in this file", h->key.s), OK;
        if (!orphans && family_any(&h->family)) return *any = true, family_next(&h->family, row, out);
        held_free(h);
        s->ready = NULL;
    }
    return OK;
}

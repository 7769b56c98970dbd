/* Kinds of feeds by name: how they are written, and how products are laid out in them. */
#include <string.h>

#include "feed_family_int.h"

static const struct { const char *name; enum feed_format format; enum feed_layout layout; } kinds[] = {
    {"auto", FEED_AUTO, LAYOUT_ANY},          {"csv", FEED_CSV, LAYOUT_ANY},           {"tsv", FEED_TSV, LAYOUT_ANY},
    {"jsonl", FEED_JSONL, LAYOUT_ANY},        {"json", FEED_JSON, LAYOUT_ANY},         {"html", FEED_HTML, LAYOUT_ANY},
    {"xml", FEED_XML, LAYOUT_ANY},            {"google-tsv", FEED_TSV, LAYOUT_GOOGLE}, {"google-xml", FEED_XML, LAYOUT_GOOGLE},
    {"shopify", FEED_CSV, LAYOUT_SHOPIFY},    {"woocommerce", FEED_CSV, LAYOUT_WOOCOMMERCE},
    {"acp", FEED_AUTO, LAYOUT_ACP},           {"schema.org", FEED_AUTO, LAYOUT_SCHEMA_ORG},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

status feed_from_name(const char *name, enum feed_format *format, enum feed_layout *layout)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, name) != 0) continue;
        *format = kinds[i].format;
        *layout = kinds[i].layout;
        return OK;
    }
    return fail(ERR_USAGE, "a format is one of auto, csv, tsv, jsonl, json, html, xml, google-tsv, google-xml, shopify, woocommerce, acp, schema.org, not '%.60s'", name);
}

const char *feed_name(enum feed_format format, enum feed_layout layout)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].layout == layout && layout != LAYOUT_ANY && (kinds[i].format == format || kinds[i].format == FEED_AUTO || layout == LAYOUT_SHOPIFY || layout == LAYOUT_WOOCOMMERCE)) return kinds[i].name;
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].format == format) return kinds[i].name;
    return "auto";
}

/* Names that Google's product data has and a table of one's own hardly. */
static bool is_google(const struct span *names, size_t n)
{
    static const char *const known[] = {"id", "title", "link", "imagelink", "availability", "googleproductcategory", "itemgroupid", "identifierexists"};
    unsigned found = 0;
    for (size_t i = 0; i < n; i++) {
        char key[COLUMN_KEY_MAX];
        column_key(names[i], key);
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            if (strcmp(key, known[k]) == 0) found |= 1u << k;
    }
    unsigned own = found >> 2, many = 0;
    for (; own; own &= own - 1) many++;
    return (found & 3) == 3 && many >= 2;
}

enum feed_layout table_layout(const struct span *names, size_t n)
{
    switch (sheet_detect(names, n)) {
    case SHEET_SHOPIFY: return LAYOUT_SHOPIFY;
    case SHEET_WOOCOMMERCE: return LAYOUT_WOOCOMMERCE;
    default: return is_google(names, n) ? LAYOUT_GOOGLE : LAYOUT_COLUMNS;
    }
}

const char *layout_words(enum feed_layout layout)
{
    static const char *const words[] = {"of any kind", "a table with columns of its own", "Google Merchant's", "Shopify's product export", "WooCommerce's product export", "flat JSON", "ACP's", "schema.org's"};
    return words[layout];
}

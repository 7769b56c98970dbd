#include "chat_render.h"

#include "cli.h"

#include <string.h>
#include <wchar.h>

static const char *bold(void) { return cli_color() ? "\033[1m" : ""; }
static const char *dim(void) { return cli_color() ? "\033[2m" : ""; }
static const char *plain(void) { return cli_color() ? "\033[0m" : ""; }

static void print_price(const struct product *p)
{
    struct strbuf b = {0};
    if (p->price >= 0) {
        text_format_price(p->price, &b);
        printf("  %s %s", strbuf_str(&b), p->currency);
        strbuf_clear(&b);
        if (p->list_price > p->price) text_format_price(p->list_price, &b), printf(" %s(%s)%s", dim(), strbuf_str(&b), plain());
    }
    strbuf_release(&b);
}

static void print_card(const struct card *c, enum language l)
{
    printf("  %u. %s%s%s", c->number, bold(), product_text(&c->product, "title", l), plain());
    print_price(&c->product);
    printf("  %s[%s]%s\n", dim(), c->product.id, plain());
    for (size_t i = 0; i < c->n_reasons; i++) printf("%s%s", i ? (l == LANGUAGE_ZH ? "；" : "; ") : "     ", c->reasons[i]);
    if (c->promotion) printf("%s%s", c->n_reasons ? "\n     " : "     ", c->promotion);
    if (c->n_reasons || c->promotion) putchar('\n');
}

/* ---- tables ---- */

/* Columns on the screen: Han characters take two. */
static int width_of(const char *s)
{
    int width = 0;
    for (const char *end = s + strlen(s); s < end;) {
        int w = wcwidth((wchar_t)utf8_next(&s, end));
        width += w > 0 ? w : 0;
    }
    return width;
}

static void print_cell(const char *s, int width)
{
    fputs(s, stdout);
    for (int i = width_of(s); i < width; i++) putchar(' ');
}

static const char *cell(const json_t *row, size_t i)
{
    const char *text = json_string_value(json_array_get(row, i));
    return text ? text : "-";
}

static void print_comparison(const json_t *comparison)
{
    enum { COLUMNS_MAX = 8 };
    int widths[COLUMNS_MAX] = {0};
    const json_t *rows = json_object_get(comparison, "rows"), *titles = json_object_get(comparison, "titles"), *row;
    size_t i, n = json_array_size(titles);
    if (n + 1 > COLUMNS_MAX || !json_array_size(rows)) return;
    json_array_foreach(rows, i, row) {
        int name = width_of(json_string_value(json_object_get(row, "name")));
        widths[0] = name > widths[0] ? name : widths[0];
        for (size_t k = 0; k < n; k++) {
            int width = width_of(cell(json_object_get(row, "values"), k));
            widths[k + 1] = width > widths[k + 1] ? width : widths[k + 1];
        }
    }
    for (size_t k = 0; k < n; k++) printf("  %s%c%s %s\n", bold(), (char)('A' + k), plain(), json_string_value(json_array_get(titles, k)));
    fputs("  ", stdout);
    print_cell("", widths[0]);
    for (size_t k = 0; k < n; k++) {
        char head[2] = {(char)('A' + k), 0};
        fputs("  ", stdout);
        print_cell(head, widths[k + 1]);
    }
    putchar('\n');
    json_array_foreach(rows, i, row) {
        fputs("  ", stdout);
        print_cell(json_string_value(json_object_get(row, "name")), widths[0]);
        for (size_t k = 0; k < n; k++) fputs("  ", stdout), print_cell(cell(json_object_get(row, "values"), k), k + 1 < n ? widths[k + 1] : 0);
        putchar('\n');
    }
}

static void print_cart(const json_t *cart)
{
    size_t i;
    const json_t *line;
    json_array_foreach(json_object_get(cart, "lines"), i, line)
        printf("  %s  x%lld  %s = %s\n", json_string_value(json_object_get(line, "title")), (long long)json_integer_value(json_object_get(line, "quantity")),
               json_string_value(json_object_get(line, "price")), json_string_value(json_object_get(line, "amount")));
    json_array_foreach(json_object_get(cart, "arithmetic"), i, line) printf("  %s\n", json_string_value(line));
}

void chat_render(const struct reply *r, enum language l)
{
    for (size_t i = 0; i < r->n_cards; i++) print_card(&r->cards[i], l);
    if (r->comparison) print_comparison(r->comparison);
    if (r->cart) print_cart(r->cart);
    const char *source = json_string_value(json_object_get(r->answer, "source"));
    if (source) printf("  %s%s%s\n", dim(), source, plain());
}

#include "render.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>

static void print_price(const struct product *p)
{
    struct strbuf b = {0};
    if (p->price >= 0) {
        text_format_price(p->price, &b);
        printf("  %s %s", strbuf_str(&b), p->currency);
        strbuf_clear(&b);
        if (p->list_price > p->price) text_format_price(p->list_price, &b), printf(" (%s)", strbuf_str(&b));
    }
    strbuf_release(&b);
}

void render_matches_text(const struct matches *m, bool scores)
{
    bool zh = m->need.language == LANGUAGE_ZH;
    const char *bold = cli_color() ? "\033[1m" : "", *plain = cli_color() ? "\033[0m" : "";
    for (size_t i = 0; i < m->n; i++) {
        const struct match_result *r = &m->results[i];
        printf("%zu. %s%s%s", i + 1, bold, product_text(&r->product, "title", m->need.language), plain);
        print_price(&r->product);
        printf("  [%s]  %.2f\n", r->product.id, (double)r->score);
        for (size_t k = 0; k < r->n_reasons; k++) printf("   %s %s\n", k ? " " : "·", r->reasons[k]);
        for (enum feature f = 0; scores && f < FEATURES; f++) printf("%s%s %.3f", f ? "  " : "     ", feature_name(f), (double)r->features[f]);
        if (scores) putchar('\n');
    }
    if (m->nothing) puts(m->nothing);
    for (size_t i = 0; i < m->n_relaxations; i++) printf("   %s %s\n", zh ? "→" : "->", m->relaxations[i].sentence);
}

void render_written_text(const struct written *w, enum language l)
{
    bool zh = l == LANGUAGE_ZH;
    puts(w->text);
    if (!w->facts.n) return;
    fputs(zh ? "   依据：" : "   facts: ", stdout);
    for (size_t i = 0; i < w->facts.n; i++)
        printf("%s%s ← %s", i ? (zh ? "；" : "; ") : "", w->facts.items[i].claim, w->facts.items[i].field ? w->facts.items[i].field : "?");
    putchar('\n');
}

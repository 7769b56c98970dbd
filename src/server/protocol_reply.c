/* A turn of the guide for programs that know only text. */
#include "openai_int.h"

#include <string.h>

struct watcher { struct call *call; struct openai_stream *live; };

static bool stopped(void *context)
{
    const struct watcher *w = context;
    return stream_stopped(w->live ? w->live->stream : NULL, w->call);
}

status protocol_turn(struct call *c, struct dialogue *d, const char *text, struct reply *r, struct openai_stream *live)
{
    struct guide *g;
    struct guide_options o = c->server->desk->guide;
    struct watcher w = {c, live};
    const struct progress progress = {.context = &w, .cancelled = stopped};
    const struct token_sink sink = {live, openai_stream_token};
    uint64_t start = clock_ns();
    o.user = *c->caller.owner ? c->caller.owner : NULL;
    o.progress = &progress;
    TRY(guide_new(&o, &g));
    status s = guide_turn(g, d, text, strlen(text), r, live ? &sink : NULL);
    guide_free(g);
    metrics_stage(c->server->metrics, "turn", clock_ns() - start);
    return s;
}

void product_line(const struct product *p, uint32_t number, enum language l, const char *const *reasons, size_t n_reasons, struct strbuf *out)
{
    if (number) strbuf_printf(out, "%u. ", number);
    strbuf_puts(out, product_text(p, "title", l));
    if (p->price >= 0) {
        strbuf_puts(out, l == LANGUAGE_ZH ? "，" : ", ");
        text_format_price(p->price, out);
        if (p->currency[0]) strbuf_printf(out, " %s", p->currency);
    }
    strbuf_printf(out, " [%s]", p->id);
    for (size_t i = 0; i < n_reasons; i++) strbuf_printf(out, "%s%s", i ? (l == LANGUAGE_ZH ? "；" : "; ") : l == LANGUAGE_ZH ? "：" : ": ", reasons[i]);
    strbuf_putc(out, '\n');
}

static void put_comparison(const json_t *table, struct strbuf *out)
{
    const json_t *rows = json_object_get(table, "rows"), *titles = json_object_get(table, "titles"), *row, *value;
    size_t i, k;
    if (!json_array_size(rows)) return;
    strbuf_puts(out, "\n\n|");   /* Markdown, as chat programs show it */
    json_array_foreach(titles, k, value) strbuf_printf(out, " | %s", json_string_value(value));
    strbuf_puts(out, " |\n|---");
    for (k = 0; k < json_array_size(titles); k++) strbuf_puts(out, "|---");
    strbuf_puts(out, "|\n");
    json_array_foreach(rows, i, row) {
        const char *name = json_string_value(json_object_get(row, "name"));
        strbuf_printf(out, "| %s", name ? name : "");
        json_array_foreach(json_object_get(row, "values"), k, value) strbuf_printf(out, " | %s", json_is_string(value) ? json_string_value(value) : "-");
        strbuf_puts(out, " |\n");
    }
}

/* The guide's question mostly names them itself. */
static bool names_all(const char *text, const struct question *q)
{
    for (size_t i = 0; i < q->n_choices; i++)
        if (!strstr(text, q->choices[i].label)) return false;
    return true;
}

static void put_choices(const char *text, const struct question *q, enum language l, struct strbuf *out)
{
    if (names_all(text, q)) return;
    strbuf_puts(out, l == LANGUAGE_ZH ? "\n可选：" : "\nChoices: ");
    for (size_t i = 0; i < q->n_choices; i++) strbuf_printf(out, "%s%s (%u)", i ? (l == LANGUAGE_ZH ? "、" : ", ") : "", q->choices[i].label, q->choices[i].count);
    strbuf_putc(out, '\n');
}

status reply_text(const struct reply *r, enum language l, struct strbuf *out)
{
    strbuf_puts(out, r->text);
    if (r->n_cards) strbuf_puts(out, "\n\n");
    for (size_t i = 0; i < r->n_cards; i++) {
        const struct card *k = &r->cards[i];
        product_line(&k->product, k->number, l, k->reasons, k->n_reasons, out);
        if (k->promotion) strbuf_printf(out, "   %s\n", k->promotion);
    }
    put_comparison(r->comparison, out);
    put_choices(r->text, &r->question, l, out);
    while (out->len && out->data[out->len - 1] == '\n') out->data[--out->len] = 0;
    return strbuf_status(out);
}

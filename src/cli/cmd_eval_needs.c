/* eval needs: a shop's own list of needs, each with the products that should come first, and with none where nothing fits. */
#include "eval.h"
#include "jsonl.h"
#include "cli_shop.h"

#include <string.h>

enum { SHOWN = 5, CLOSE = 3 };
struct tally { size_t fit, first, close, no_fit, refused, shown, wrong; };
struct run {
    struct shop shop;
    struct tally tally;
    bool list;
    uint64_t done, match_ns;
    struct progress *progress;
};

static bool holds(const json_t *ids, const char *id)
{
    size_t i;
    json_t *x;
    json_array_foreach(ids, i, x)
        if (json_is_string(x) && strcmp(json_string_value(x), id) == 0) return true;
    return false;
}

static void show_miss(const char *need, const json_t *best, const struct matches *m)
{
    printf("%s\n  wanted:", need);
    size_t i;
    json_t *x;
    json_array_foreach(best, i, x) printf(" %s", json_is_string(x) ? json_string_value(x) : "?");
    printf("%s\n", json_array_size(best) ? "" : " nothing");
    for (i = 0; i < m->n && i < CLOSE; i++) printf("  %.2f %s %s\n", (double)m->results[i].score, m->results[i].key_id, m->results[i].product.title);
}

static void count(struct run *r, const char *need, const json_t *best, const json_t *ok, const struct matches *m)
{
    struct tally *t = &r->tally;
    bool wanted = json_array_size(best) > 0, close = false, first = m->n > 0 && holds(best, m->results[0].key_id);
    for (size_t i = 0; i < m->n; i++) {
        const char *id = m->results[i].key_id;
        close = close || (i < CLOSE && holds(best, id));
        t->shown++;
        t->wrong += !holds(best, id) && !holds(ok, id);
    }
    t->fit += wanted;
    t->no_fit += !wanted;
    t->first += first;
    t->close += close;
    t->refused += !wanted && m->n == 0;
    if (r->list && (wanted ? !first : m->n > 0)) show_miss(need, best, m);
}

static status one_need(void *context, const json_t *line)
{
    struct run *r = context;
    const char *need = json_string_value(json_object_get(line, "need"));
    const json_t *best = json_object_get(line, "best"), *ok = json_object_get(line, "ok");
    FAIL_IF(!need || !json_is_array(best) || (ok && !json_is_array(ok)), ERR_FORMAT,
            "a line has the string 'need' and the list 'best' of product ids, and may have the list 'ok'");
    struct match_options o;
    struct matches m;
    match_options_default(&o);
    o.top_k = SHOWN;
    uint64_t start = clock_ns();
    TRY(matcher_match(r->shop.matcher, need, strlen(need), &o, &m));
    r->match_ns += clock_ns() - start;
    count(r, need, best, ok, &m);
    matches_release(&m);
    return progress_report(r->progress, "eval", ++r->done, 0, NULL) ? OK : fail_interrupted("measuring");
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void print(const struct run *r, const struct cli_globals *g)
{
    const struct tally *t = &r->tally;
    double ms = r->done ? (double)r->match_ns * 1e-6 / (double)r->done : 0;
    if (g->json) {
        json_t *root = json_pack("{s:i, s:i, s:f, s:f, s:f, s:f, s:f}", "needs_with_a_fit", (int)t->fit, "needs_without", (int)t->no_fit, "best_first", share(t->first, t->fit),
                                 "best_in_three", share(t->close, t->fit), "refused", share(t->refused, t->no_fit), "wrong_share", share(t->wrong, t->shown), "ms_per_need", ms);
        json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(5));
        putchar('\n');
        json_decref(root);
        return;
    }
    printf("a best product first         %3zu of %zu\n", t->first, t->fit);
    printf("a best product in the first %d %3zu of %zu\n", CLOSE, t->close, t->fit);
    printf("nothing shown where none fits %2zu of %zu\n", t->refused, t->no_fit);
    printf("shown, neither best nor ok   %3zu of %zu\n", t->wrong, t->shown);
    printf("%.1f ms a need\n", ms);
}

int eval_needs(int argc, char **argv, const struct cli_globals *g)
{
    const char *data = NULL;
    size_t limit = 0, n;
    struct run r = {.progress = cli_progress(g)};
    const struct cli_option options[] = {{"--data", OPTION_STRING, &data}, {"--limit", OPTION_SIZE, &limit}, {"--list", OPTION_FLAG, &r.list}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("eval", "%s", status_message());
    if (n || !data) return cli_usage("eval", "eval needs asks for --data FILE");
    cli_shop_init(&r.shop, g);
    status s = shop_open_matcher(&r.shop);
    if (s == OK) s = jsonl_each(data, limit, one_need, &r);
    cli_progress_done();
    if (s == OK) print(&r, g);
    shop_release(&r.shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "eval", s);
}

/* eval match: judged needs against the whole shop, beside SQLite's full-text search over the same titles in the same run. */
#include "eval.h"
#include "jsonl.h"
#include "cli_shop.h"

#include "match/rank_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 100, JUDGED_MAX = 256, REORDER_LEAST = 5, FEATURE_DEPTH = 1000 /* all that a search considers */ };
static const double RELEVANT = 2.33;

struct judged { const char *id; double relevance; };
struct tally { double ndcg, recall, reorder, ideal_random; size_t n_ndcg, n_recall, n_reorder; };
struct run {
    struct shop shop;
    struct store *baseline;          /* FTS5 in memory */
    struct tally ours, fts;
    struct progress *progress;
    uint64_t done, match_ns, fts_ns;
    FILE *features;
    struct segmenter *segmenter;
};

/* ---- the baseline ---- */

static status add_title(void *context, const struct product *p)
{
    struct run *r = context;
    struct statement *t;
    bool row;
    TRY(store_prepare(r->baseline, "insert into t(rowid, id, title) values (?, ?, ?)", &t));
    TRY(statement_bind_int(t, 1, p->key));
    TRY(statement_bind_text(t, 2, p->id, strlen(p->id)));
    TRY(statement_bind_text(t, 3, p->title, strlen(p->title)));
    return statement_step(t, &row);
}

static status baseline_build(struct run *r)
{
    TRY(store_open(":memory:", STORE_READ_WRITE, &r->baseline));
    TRY(store_exec(r->baseline, "create virtual table t using fts5(id unindexed, title, tokenize='porter')"));
    TRY(store_begin(r->baseline));
    TRY(catalogue_each(r->shop.catalogue, add_title, r));
    return store_commit(r->baseline);
}

/* The words of the need joined by OR, as one would write it by hand. */
static void fts_expression(const char *query, struct strbuf *out)
{
    for (const char *p = query; *p;) {
        size_t n = 0;
        while (p[n] && ((unsigned char)p[n] >= 0x80 || (p[n] >= '0' && p[n] <= '9') || ((p[n] | 32) >= 'a' && (p[n] | 32) <= 'z'))) n++;
        if (n) strbuf_printf(out, "%s\"%.*s\"", out->len ? " OR " : "", (int)n, p);
        p += n ? n : 1;
    }
}

/* ---- measures ---- */

static double relevance_of(const struct judged *j, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(j[i].id, id) == 0) return j[i].relevance;
    return 0;
}

static size_t all_gains(const struct judged *j, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) out[i] = rank_gain(j[i].relevance);
    return n;
}

static void tally_search(struct tally *t, const struct judged *j, size_t n, const char *const *ids, size_t n_ids)
{
    double gains[DEPTH], judged[JUDGED_MAX], found = 0, wanted = 0;
    for (size_t i = 0; i < n_ids; i++) {
        double relevance = relevance_of(j, n, ids[i]);
        gains[i] = relevance > 0 ? rank_gain(relevance) : 0;
        found += relevance >= RELEVANT;
    }
    for (size_t i = 0; i < n; i++) wanted += j[i].relevance >= RELEVANT;
    double ndcg = rank_ndcg(gains, n_ids, judged, all_gains(j, n, judged), 10);
    if (!isnan(ndcg)) t->ndcg += ndcg, t->n_ndcg++;
    if (wanted > 0) t->recall += found / wanted, t->n_recall++;
}

static void tally_reorder(struct tally *t, const struct judged *j, size_t n, const char *const *ids, size_t n_ids)
{
    double gains[JUDGED_MAX], judged[JUDGED_MAX];
    if (n < REORDER_LEAST) return;
    for (size_t i = 0; i < n_ids; i++) gains[i] = rank_gain(relevance_of(j, n, ids[i]));
    double ndcg = rank_ndcg(gains, n_ids, judged, all_gains(j, n, judged), n);
    if (!isnan(ndcg)) t->reorder += ndcg, t->n_reorder++;
}

static status baseline_need(struct run *r, const char *query, const struct judged *j, size_t n)
{
    struct strbuf expression = {0};
    struct statement *t;
    struct arena ids;
    const char *all[DEPTH], *candidates[JUDGED_MAX];
    size_t n_all = 0, n_candidates = 0;
    bool row = true;
    arena_init(&ids, 0);
    fts_expression(query, &expression);
    uint64_t start = clock_ns();
    status s = store_prepare(r->baseline, "select id from t where t match ? order by rank", &t);
    if (s == OK && expression.len) s = statement_bind_text(t, 1, expression.data, expression.len);
    while (s == OK && expression.len && (s = statement_step(t, &row)) == OK && row) {
        size_t length;
        const char *id = arena_strdup(&ids, statement_text(t, 0, &length));
        if (!id) s = fail_nomem("reading the baseline");
        else if (n_all < DEPTH) all[n_all++] = id;
        if (s == OK && relevance_of(j, n, id) > 0 && n_candidates < n) candidates[n_candidates++] = id;
        if (s == OK && n_all == DEPTH && n_candidates == n) break;
    }
    statement_reset(t);
    r->fts_ns += clock_ns() - start;
    for (size_t i = 0; s == OK && i < n; i++) {   /* what it did not find comes last, in the order given */
        bool have = false;
        for (size_t k = 0; k < n_candidates && !have; k++) have = strcmp(candidates[k], j[i].id) == 0;
        if (!have) candidates[n_candidates++] = j[i].id;
    }
    if (s == OK) tally_search(&r->fts, j, n, all, n_all), tally_reorder(&r->fts, j, n, candidates, n_candidates);
    strbuf_release(&expression);
    arena_release(&ids);
    return s;
}

/* ---- learning material for the fusion ---- */

static status write_features(struct run *r, const char *id, const struct matches *search, const struct matches *judged_only, const struct judged *j, size_t n)
{
    json_t *values = json_array(), *gains = json_array();
    for (size_t part = 0; part < 2; part++) {
        const struct matches *m = part ? search : judged_only;
        for (size_t i = 0; i < m->n; i++) {
            double relevance = relevance_of(j, n, m->results[i].key_id);
            if (part && relevance > 0) continue;   /* stands in the other part already */
            json_t *row = json_array();
            for (size_t f = 0; f < FEATURES; f++) json_array_append_new(row, json_real((double)m->results[i].features[f]));
            json_array_append_new(values, row);
            json_array_append_new(gains, json_real(relevance > 0 ? (relevance - 1) / 2 : 0));
        }
    }
    json_t *root = json_pack("{s:s, s:i, s:o, s:o}", "id", id, "judged", (int)judged_only->n, "values", values, "gains", gains);
    if (!root) return fail_nomem("writing features");
    int failed = json_dumpf(root, r->features, JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0 || fputc('\n', r->features) == EOF;
    json_decref(root);
    return failed ? fail_errno("write", "the features file") : OK;
}

/* ---- one need ---- */

static status our_need(struct run *r, const char *id, const char *query, const struct judged *j, size_t n)
{
    const char *ids[DEPTH > JUDGED_MAX ? DEPTH : JUDGED_MAX];
    struct match_options o;
    struct matches search, judged = {0};
    match_options_default(&o);
    o.top_k = r->features ? FEATURE_DEPTH : DEPTH;
    o.all = true;
    o.in_stock = false;
    uint64_t start = clock_ns();
    TRY(matcher_match(r->shop.matcher, query, strlen(query), &o, &search));
    r->match_ns += clock_ns() - start;
    size_t shown = search.n < DEPTH ? search.n : DEPTH;
    for (size_t i = 0; i < shown; i++) ids[i] = search.results[i].key_id;
    tally_search(&r->ours, j, n, ids, shown);
    for (size_t i = 0; i < n; i++) ids[i] = j[i].id;
    o.candidates = ids;
    o.n_candidates = n;
    status s = n ? matcher_match(r->shop.matcher, query, strlen(query), &o, &judged) : OK;
    if (s == OK && r->features) s = write_features(r, id, &search, &judged, j, n);
    const char *ranked[JUDGED_MAX];
    for (size_t i = 0; s == OK && i < judged.n; i++) ranked[i] = judged.results[i].key_id;
    if (s == OK) tally_reorder(&r->ours, j, n, ranked, judged.n);
    matches_release(&judged);
    matches_release(&search);
    return s;
}

static status one_need(void *context, const json_t *line)
{
    struct run *r = context;
    struct judged j[JUDGED_MAX];
    size_t n = 0;
    const char *id = json_string_value(json_object_get(line, "id")), *query = json_string_value(json_object_get(line, "query")), *key;
    json_t *judged = json_object_get(line, "judged"), *value;
    FAIL_IF(!id || !query || !json_is_object(judged), ERR_FORMAT, "a judged need has the strings 'id' and 'query' and the object 'judged'");
    json_object_foreach(judged, key, value) {
        FAIL_IF(!json_is_number(value), ERR_FORMAT, "the relevance of '%s' is not a number", key);
        FAIL_IF(n == JUDGED_MAX, ERR_LIMIT, "more than %d judged products for one need", JUDGED_MAX);
        j[n++] = (struct judged){key, json_number_value(value)};
    }
    TRY(our_need(r, id, query, j, n));
    TRY(baseline_need(r, query, j, n));
    return progress_report(r->progress, "eval", ++r->done, 0, NULL) ? OK : fail_interrupted("measuring");
}

/* ---- output ---- */

static double mean(double sum, size_t n)
{
    return n ? sum / (double)n : 0;
}

static json_t *tally_json(const struct tally *t, uint64_t ns, uint64_t needs)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "ndcg@10", mean(t->ndcg, t->n_ndcg), "recall@100", mean(t->recall, t->n_recall), "reorder_ndcg",
                     mean(t->reorder, t->n_reorder), "ms_per_need", needs ? (double)ns * 1e-6 / (double)needs : 0);
}

static void print(const struct run *r, const struct cli_globals *g)
{
    if (g->json) {
        json_t *root = json_pack("{s:i, s:i, s:o, s:o}", "needs", (int)r->done, "reordered_needs", (int)r->ours.n_reorder, "daogou",
                                 tally_json(&r->ours, r->match_ns, r->done), "fts5", tally_json(&r->fts, r->fts_ns, r->done));
        json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(5));
        putchar('\n');
        json_decref(root);
        return;
    }
    printf("%-10s %9s %11s %13s %10s   (%llu needs, %zu reordered)\n", "", "nDCG@10", "recall@100", "reorder nDCG", "ms a need", (unsigned long long)r->done, r->ours.n_reorder);
    const struct { const char *name; const struct tally *t; uint64_t ns; } lines[] = {{"daogou", &r->ours, r->match_ns}, {"fts5", &r->fts, r->fts_ns}};
    for (size_t i = 0; i < 2; i++)
        printf("%-10s %9.4f %11.4f %13.4f %10.2f\n", lines[i].name, mean(lines[i].t->ndcg, lines[i].t->n_ndcg), mean(lines[i].t->recall, lines[i].t->n_recall),
               mean(lines[i].t->reorder, lines[i].t->n_reorder), r->done ? (double)lines[i].ns * 1e-6 / (double)r->done : 0);
}

static status run_all(struct run *r, const char *data, size_t limit, const char *features)
{
    TRY(shop_open_matcher(&r->shop));
    TRY(baseline_build(r));
    if (features && !(r->features = fopen(features, "we"))) return fail_errno("write", features);
    TRY(jsonl_each(data, limit, one_need, r));
    if (r->features) {
        int failed = fclose(r->features);
        r->features = NULL;
        if (failed) return fail_errno("write", features);
    }
    return OK;
}

int eval_match(int argc, char **argv, const struct cli_globals *g)
{
    const char *data = NULL, *features = NULL;
    size_t limit = 0, n;
    const struct cli_option options[] = {{"--data", OPTION_STRING, &data}, {"--limit", OPTION_SIZE, &limit}, {"--features", OPTION_STRING, &features}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("eval", "%s", status_message());
    if (n || !data) return cli_usage("eval", "eval match needs --data FILE");
    struct run r = {.progress = cli_progress(g)};
    cli_shop_init(&r.shop, g);
    status s = run_all(&r, data, limit, features);
    cli_progress_done();
    if (s == OK) print(&r, g);
    if (r.features) fclose(r.features);
    store_close(r.baseline);
    shop_release(&r.shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "eval", s);
}

/* match: ranked products for a need, or for a file of needs. */
#include "jsonl.h"
#include "render.h"
#include "cli_shop.h"

#include <jansson.h>
#include <string.h>

const char help_match[] =
    "usage: daogou match [--top K] NEED\n"
    "       daogou match --batch FILE.jsonl [--top K] [--all]\n\n"
    "Finds the products that fit a need, in Chinese or English, best first, with the reasons.\n"
    "Constraints in the need (price, colour, size, material, brand, who it is for, \"not ...\") always hold.\n\n"
    "  --top K        how many results (5; in a batch 100)\n"
    "  --all          also show what is below the cut-off (a batch always does)\n"
    "  --sold-out     also show what is sold out\n"
    "  --scores       show each score's parts\n"
    "  --batch FILE   JSON Lines {\"id\",\"query\"[,\"candidates\":[ids]]} -> {\"id\",\"results\":[{\"id\",\"score\"}]}\n\n"
    "examples:\n"
    "  daogou match \"500以内不要黑色的双肩包\"\n"
    "  daogou match --top 3 --json \"a quiet humidifier for the bedroom under 200 yuan\"\n"
    "  daogou match --batch needs.jsonl > ranked.jsonl\n";

enum { BATCH_TOP = 100 };

/* ---- a file of needs ---- */

struct batch_line { const char *id, *query; const char **candidates; size_t n_candidates; };

static status read_candidates(const json_t *root, struct batch_line *out)
{
    const json_t *list = json_object_get(root, "candidates"), *entry;
    size_t i;
    if (!list) return OK;
    FAIL_IF(!json_is_array(list), ERR_FORMAT, "'candidates' must be a list of product ids");
    out->candidates = mem_zalloc(json_array_size(list) + 1, sizeof *out->candidates);
    if (!out->candidates) return fail_nomem("reading a need");
    json_array_foreach(list, i, entry) {
        FAIL_IF(!json_is_string(entry), ERR_FORMAT, "'candidates' must hold product ids as strings");
        out->candidates[out->n_candidates++] = json_string_value(entry);
    }
    return OK;
}

static status print_line(const struct batch_line *line, const struct matches *m)
{
    json_t *results = json_array();
    for (size_t i = 0; i < m->n; i++)
        json_array_append_new(results, json_pack("{s:s, s:f}", "id", m->results[i].key_id, "score", (double)m->results[i].score));
    json_t *root = json_pack("{s:s, s:o}", "id", line->id, "results", results);
    if (!root) return fail_nomem("printing results");
    json_dumpf(root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(7));
    putchar('\n');
    json_decref(root);
    return OK;
}

struct needs_file { struct shop *shop; const struct match_options *defaults; struct progress *progress; uint64_t done, total; };

static status match_line(void *context, const json_t *root)
{
    struct needs_file *b = context;
    struct batch_line line = {json_string_value(json_object_get(root, "id")), json_string_value(json_object_get(root, "query")), NULL, 0};
    struct match_options o = *b->defaults;
    struct matches m;
    status r = line.id && line.query ? read_candidates(root, &line) : fail(ERR_FORMAT, "a need has the strings 'id' and 'query'");
    if (r == OK) {
        o.candidates = line.candidates;
        o.n_candidates = line.n_candidates;
        r = matcher_match(b->shop->matcher, line.query, strlen(line.query), &o, &m);
    }
    if (r == OK) {
        r = print_line(&line, &m);
        matches_release(&m);
    }
    mem_free(line.candidates);
    if (r == OK && !progress_report(b->progress, "match", ++b->done, b->total, NULL)) r = fail_interrupted("matching");
    return r;
}

static status match_batch(struct shop *s, const struct cli_globals *g, const char *path, const struct match_options *o)
{
    struct needs_file b = {s, o, cli_progress(g), 0, jsonl_count(path)};
    return jsonl_each(path, 0, match_line, &b);
}

/* ---- one need ---- */

static status match_one(struct shop *s, const struct cli_globals *g, const char *need, const struct match_options *o, bool scores)
{
    struct matches m;
    TRY(matcher_match(s->matcher, need, strlen(need), o, &m));
    status r = OK;
    if (g->json) {
        json_t *root = shop_matches_json(&m);
        r = root ? OK : fail_nomem("printing results");
        if (root) json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6)), putchar('\n');
        json_decref(root);
    } else {
        render_matches_text(&m, scores);
    }
    matches_release(&m);
    return r;
}

int cmd_match(int argc, char **argv, const struct cli_globals *g)
{
    struct match_options o;
    match_options_default(&o);
    size_t top = 0, n;
    bool sold_out = false, scores = false;
    const char *batch = NULL;
    const struct cli_option options[] = {{"--top", OPTION_SIZE, &top},           {"--batch", OPTION_STRING, &batch}, {"--all", OPTION_FLAG, &o.all},
                                         {"--sold-out", OPTION_FLAG, &sold_out}, {"--scores", OPTION_FLAG, &scores}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("match", "%s", status_message());
    if (batch ? n != 0 : n != 1) return cli_usage("match", batch ? "--batch takes no need beside it" : "one need is needed (put it in quotes)");
    o.top_k = top ? top : batch ? BATCH_TOP : 5;
    o.in_stock = !sold_out && !batch;
    o.all = o.all || batch;
    struct shop s;
    cli_shop_init(&s, g);
    status r = shop_open_matcher(&s);
    if (r == OK) r = batch ? match_batch(&s, g, batch, &o) : match_one(&s, g, operands[0], &o, scores);
    shop_release(&s);
    return r == OK ? EXIT_DONE : cli_fail(g, "match", r);
}

/* One need, one answer: match and ask, explained on demand. */
#include "server_int.h"

#include <string.h>

static void count_stages(struct call *c, const struct match_times *t)
{
    struct metrics *m = c->server->metrics;
    metrics_stage(m, "understand", t->understand_ns);
    metrics_stage(m, "retrieve", t->retrieve_ns);
    metrics_stage(m, "rerank", t->rerank_ns);
    metrics_stage(m, "explain", t->explain_ns);
}

enum { RERANK = 16 };   /* candidates that the match head reads, as in a turn of the dialogue: others wait for the same thread */

/* The body's "need" and "top" beside options; the JSON of the matches, with product cards. */
static status matched(struct call *c, int64_t top, bool all, struct matches *out, json_t **root, const char **need)
{
    struct desk *d;
    struct match_options o;
    const struct field fields[] = {{"need", FIELD_TEXT, true, need, 1, NEED_BYTES_MAX}, {"top", FIELD_INTEGER, false, &top, 1, 100}};
    TRY(call_fields(c, fields, 2, root));
    TRY(call_desk(c, &d));
    if (!d) return OK;
    match_options_default(&o);
    o.top_k = (size_t)top;
    o.all = all;
    o.rerank = all ? 0 : RERANK;
    TRY(matcher_match(d->shop.matcher, *need, strlen(*need), &o, out));
    count_stages(c, &out->times);
    return OK;
}

static json_t *matches_json(struct call *c, const struct matches *m)
{
    json_t *root = shop_matches_json(m), *results = json_object_get(root, "results");
    for (size_t i = 0; i < m->n; i++) {
        json_t *card = product_card(&m->results[i].product, m->need.language);
        json_object_update_missing(json_array_get(results, i), card);
        json_decref(card);
    }
    (void)c;
    return root;
}

static status match(struct call *c)
{
    struct matches m = {0};
    json_t *root = NULL;
    const char *need;
    status s = matched(c, 10, false, &m, &root, &need);
    if (s == OK && m.need.text) s = call_json(c, 200, matches_json(c, &m));
    matches_release(&m);
    json_decref(root);
    return s;
}

/* Every candidate that was read, below the cut-off too, with each score. */
static status explain(struct call *c)
{
    struct matches m = {0};
    json_t *root = NULL;
    const char *need;
    status s = matched(c, 50, true, &m, &root, &need);
    if (s == OK && m.need.text) {
        json_t *o = matches_json(c, &m);
        if (o) json_object_set_new(o, "cutoff", json_real((double)matcher_fusion(c->server->desk->shop.matcher)->cutoff));
        s = call_json(c, 200, o);
    }
    matches_release(&m);
    json_decref(root);
    return s;
}

/* ---- ask ------------------------------------------------------------------------------------------------------------------------ */

static status write_about(struct call *c, const struct matches *m, const char *need, json_t *answer)
{
    struct record record;
    struct writing w;
    struct write_options o;
    const struct progress progress = {.context = c, .cancelled = call_cancelled};
    uint64_t start = clock_ns();
    write_options_default(&o);
    o.decode.progress = &progress;
    TRY(record_from_product(&m->results[0].product, m->need.language, &record));
    status s = copywriter_write(c->server->desk->shop.copywriter, need, &record, m->need.language, &o, &w);
    record_release(&record);
    TRY(s);
    metrics_stage(c->server->metrics, "write", clock_ns() - start);
    json_t *written = w.n ? shop_written_json(&w.items[0]) : NULL;
    writing_release(&w);
    if (!written) return fail_nomem("answering a request");
    json_object_update(answer, written);
    json_decref(written);
    return OK;
}

static status ask(struct call *c)
{
    struct matches m = {0};
    json_t *root = NULL, *answer = NULL;
    const char *need;
    status s = matched(c, 3, false, &m, &root, &need);
    if (s == OK && m.need.text) {
        answer = matches_json(c, &m);
        if (!answer) s = fail_nomem("answering a request");
        else if (m.n) s = write_about(c, &m, need, answer);
        else json_object_set_new(answer, "text", json_string(m.nothing ? m.nothing : "")), json_object_set_new(answer, "facts", json_array());
        if (s == OK) s = call_json(c, 200, answer);
        else json_decref(answer);
    }
    matches_release(&m);
    json_decref(root);
    return s;
}

const struct route routes_match[] = {
    {"POST", "/v1/match", SCOPE_SHOPPER, LANE_MODEL, match, 0, BODY_MAX},
    {"POST", "/v1/ask", SCOPE_SHOPPER, LANE_MODEL, ask, 0, BODY_MAX},
    {"POST", "/v1/explain", SCOPE_MERCHANT, LANE_MODEL, explain, ROUTE_ADMIN_LISTENER, BODY_MAX},
    {0},
};

/* What the shop should know: needs that found nothing, conversion, latency, feedback. */
#include "server_int.h"

#include <stdlib.h>
#include <string.h>

enum { REPORT_ROWS_MAX = 100, DAY_MS = 86400000 };

/* Rows of one query as objects; names are those of its columns, a comma between them; texts where the name begins with '$'. */
static json_t *rows(struct store *s, const char *sql, int64_t since, const char *names)
{
    struct statement *t;
    bool row;
    json_t *all = json_array();
    status r = store_prepare(s, sql, &t);
    if (r == OK) r = statement_bind_int(t, 1, since);
    while (r == OK && (r = statement_step(t, &row)) == OK && row) {
        json_t *o = json_object();
        int column = 0;
        for (const char *p = names; *p; column++) {
            size_t n = strcspn(p, ",");
            char name[32];
            bool text = *p == '$';
            snprintf(name, sizeof name, "%.*s", (int)(n - text), p + text);
            const char *value = text ? statement_text(t, column, NULL) : NULL;
            json_object_set_new(o, name, text ? json_string(value ? value : "") : json_integer(statement_int(t, column)));
            p += n + (p[n] == ',');
        }
        json_array_append_new(all, o);
    }
    if (r == OK) return all;
    json_decref(all);
    return NULL;
}

#define DAY(column) "strftime('%Y-%m-%d', " column "/1000, 'unixepoch')"

static const char NOTHING_FOUND[] = "SELECT said, count(*) FROM server_turns WHERE at_ms>=?1 AND fitting=0 GROUP BY said ORDER BY 2 DESC, 1 LIMIT 100";
static const char CONVERSION[] =
    "SELECT day, sum(d), sum(c), sum(p) FROM ("
    " SELECT " DAY("created_ms") " AS day, 1 AS d, 0 AS c, 0 AS p FROM server_dialogues WHERE created_ms>=?1"
    " UNION ALL SELECT " DAY("at_ms") ", 0, kind='cart', kind='purchase' FROM server_events WHERE at_ms>=?1) GROUP BY day ORDER BY day";
static const char FEEDBACK[] = "SELECT " DAY("at_ms") ", sum(verdict='up'), sum(verdict='down') FROM server_feedback WHERE at_ms>=?1 GROUP BY 1 ORDER BY 1";
static const char REQUESTS[] = "SELECT " DAY("at_ms") ", count(*), count(DISTINCT dialogue) FROM server_turns WHERE at_ms>=?1 GROUP BY 1 ORDER BY 1";

static status reports(struct call *c)
{
    const char *text = http_query(&c->request, "days");
    char *end = NULL;
    long days = text ? strtol(text, &end, 10) : 7;
    if ((end && *end) || days < 1 || days > 366) {
        snprintf(c->error_field, sizeof c->error_field, "days");
        return fail(ERR_USAGE, "'days' must be 1 to 366");
    }
    struct store *s = call_store(c);
    int64_t since = clock_unix_ms() - days * (int64_t)DAY_MS;
    json_t *nothing = rows(s, NOTHING_FOUND, since, "$text,count"), *conversion = rows(s, CONVERSION, since, "$day,dialogues,carts,purchases");
    json_t *feedback = rows(s, FEEDBACK, since, "$day,up,down"), *requests = rows(s, REQUESTS, since, "$day,turns,dialogues");
    if (nothing && conversion && feedback && requests)
        return call_json(c, 200, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "days", (json_int_t)days, "needs_without_result", nothing, "conversion", conversion, "latency",
                                           metrics_latency(c->server->metrics), "feedback", feedback, "requests", requests));
    json_decref(nothing);
    json_decref(conversion);
    json_decref(feedback);
    json_decref(requests);
    return ERR_IO;   /* the sentence is the failed query's */
}

const struct route routes_reports[] = {
    {"GET", "/v1/reports", SCOPE_MERCHANT, LANE_READ, reports, ROUTE_ADMIN_LISTENER, 0},
    {0},
};

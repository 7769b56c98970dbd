/* eval service: is the right passage the first, and is nothing quoted where nothing answers? */
#include "eval.h"
#include "jsonl.h"
#include "cli_shop.h"

#include <string.h>

struct run {
    struct shop shop;
    struct arena arena;
    size_t answerable, first, quoted_right, handed, unanswerable, refused;
    bool list;
};

static bool is_right(const json_t *passages, const struct service_quote *q)
{
    char name[512];
    const json_t *v;
    size_t i;
    snprintf(name, sizeof name, "%s#%s", q->document, q->anchor);
    json_array_foreach(passages, i, v)
        if (json_is_string(v) && strcmp(json_string_value(v), name) == 0) return true;
    return false;
}

static void show(const struct run *r, const char *what, const char *question, const struct service_quote *q)
{
    if (r->list) printf("%s: %s\n    %s#%s %.2f\n", what, question, q ? q->document : "-", q ? q->anchor : "-", q ? (double)q->confidence : 0.0);
}

static void count(struct run *r, const char *question, const json_t *passages, const struct service_quote *best, const struct service_answer *a)
{
    bool quoted = a->kind == SERVICE_ANSWER && a->n_quotes;
    if (!json_array_size(passages)) {
        r->unanswerable++;
        r->refused += !quoted;
        if (quoted) show(r, "quoted where nothing answers", question, &a->quotes[0]);
        return;
    }
    r->answerable++;
    r->first += best && is_right(passages, best);
    r->quoted_right += quoted && is_right(passages, &a->quotes[0]);
    r->handed += !quoted;
    if (!best || !is_right(passages, best)) show(r, "wrong passage", question, best);
    else if (!quoted) show(r, "handed over", question, best);
}

static status one_question(void *context, const json_t *line)
{
    struct run *r = context;
    const char *question = json_string_value(json_object_get(line, "question"));
    const json_t *passages = json_object_get(line, "passages");
    struct service_answer a;
    struct service_quote best;
    size_t n;
    FAIL_IF(!question || !json_is_array(passages), ERR_FORMAT, "a question has the string 'question' and the list 'passages'");
    arena_clear(&r->arena);
    TRY(service_retrieve(r->shop.service, question, strlen(question), &r->arena, &best, 1, &n));
    TRY(service_answer(r->shop.service, question, strlen(question), NULL, &r->arena, &a));
    count(r, question, passages, n ? &best : NULL, &a);
    return OK;
}

static void print(const struct run *r, const struct cli_globals *g)
{
    if (g->json) {
        printf("{\"answerable\":%zu,\"right_passage_first\":%zu,\"quoted_right\":%zu,\"handed_over\":%zu,\"unanswerable\":%zu,\"refused\":%zu}\n", r->answerable, r->first,
               r->quoted_right, r->handed, r->unanswerable, r->refused);
        return;
    }
    printf("%zu questions that a document answers\n  right passage first        %zu\n  right passage quoted       %zu\n  handed to a person         %zu\n", r->answerable,
           r->first, r->quoted_right, r->handed);
    printf("%zu questions that none answers\n  nothing quoted             %zu\n", r->unanswerable, r->refused);
}

int eval_service(int argc, char **argv, const struct cli_globals *g)
{
    struct run r = {0};
    const char *data = NULL;
    size_t n;
    const struct cli_option options[] = {{"--data", OPTION_STRING, &data}, {"--list", OPTION_FLAG, &r.list}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, 2, operands, &n) != OK) return cli_usage("eval", "%s", status_message());
    if (n || !data) return cli_usage("eval", "eval service needs --data FILE");
    cli_shop_init(&r.shop, g);
    arena_init(&r.arena, 0);
    status s = shop_open_service(&r.shop, NULL);
    if (s == OK) s = jsonl_each(data, 0, one_question, &r);
    if (s == OK) print(&r, g);
    arena_release(&r.arena);
    shop_release(&r.shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "eval", s);
}

/* ask: match and write in one. */
#include "render.h"
#include "cli_shop.h"
#include "writing_options.h"

#include <string.h>

const char help_ask[] =
    "usage: daogou ask [--top K] [--scores] NEED\n\n"
    "Finds the products that fit a need and writes an honest paragraph about the best one. Every claim of the text is\n"
    "traced to a field of the product's record; what cannot be traced is not said.\n\n"
    "  --top K        how many products to show (3)\n"
    "  --scores       show each score's parts\n"
    "  --decode, --seed and the other decoding options of 'daogou write'\n\n"
    "examples:\n"
    "  daogou ask \"送给爸爸的、三百以内的保温杯，不要粉色\"\n"
    "  daogou ask --json \"a light two-person tent under 500 yuan\"\n";

struct answer {
    struct matches matches;
    struct writing writing;
    uint64_t write_ns;
};

static status write_about(struct shop *s, const char *need, const struct write_options *o, struct answer *a)
{
    struct record record;
    TRY(record_from_product(&a->matches.results[0].product, a->matches.need.language, &record));
    status r = copywriter_write(s->copywriter, need, &record, a->matches.need.language, o, &a->writing);
    record_release(&record);
    return r;
}

static status answer_need(struct shop *s, const char *need, const struct match_options *m, const struct write_options *w, struct answer *a)
{
    TRY(matcher_match(s->matcher, need, strlen(need), m, &a->matches));
    uint64_t start = clock_ns();
    if (a->matches.n) TRY(write_about(s, need, w, a));
    a->write_ns = clock_ns() - start;
    return OK;
}

static status print_json(const struct answer *a)
{
    json_t *root = shop_matches_json(&a->matches);
    if (!root) return fail_nomem("printing the answer");
    if (a->writing.n) {
        json_t *written = shop_written_json(&a->writing.items[0]);
        json_object_update(root, written);
        json_decref(written);
    } else {
        json_object_set_new(root, "text", json_string(a->matches.nothing ? a->matches.nothing : ""));
        json_object_set_new(root, "facts", json_array());
    }
    json_object_set_new(json_object_get(root, "times_ms"), "write", json_real((double)a->write_ns * 1e-6));
    json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(root);
    return OK;
}

static void print_text(const struct cli_globals *g, const struct answer *a, bool scores)
{
    const struct match_times *t = &a->matches.times;
    render_matches_text(&a->matches, scores);
    if (a->writing.n) {
        putchar('\n');
        render_written_text(&a->writing.items[0], a->matches.need.language);
    }
    fflush(stdout);
    cli_note(g, "   [understand %.1f ms, retrieve %.1f ms, rerank %.1f ms, explain %.1f ms, write %.1f ms]", (double)t->understand_ns * 1e-6,
             (double)t->retrieve_ns * 1e-6, (double)t->rerank_ns * 1e-6, (double)t->explain_ns * 1e-6, (double)a->write_ns * 1e-6);
}

int cmd_ask(int argc, char **argv, const struct cli_globals *g)
{
    struct match_options m;
    struct writing_options w;
    match_options_default(&m);
    writing_options_init(&w);
    m.top_k = 3;
    size_t n;
    bool scores = false;
    struct cli_option options[WRITING_OPTIONS + 2] = {{"--top", OPTION_SIZE, &m.top_k}, {"--scores", OPTION_FLAG, &scores}};
    writing_options_table(&w, options + 2);
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK || writing_options_finish(&w, false) != OK)
        return cli_usage("ask", "%s", status_message());
    if (n != 1) return cli_usage("ask", "one need is needed (put it in quotes)");
    struct shop s;
    struct answer a = {0};
    cli_shop_init(&s, g);
    status r = shop_open_matcher(&s);
    if (r == OK) r = shop_open_copywriter(&s, true);
    if (r == OK) r = answer_need(&s, operands[0], &m, &w.write, &a);
    if (r == OK && g->json) r = print_json(&a);
    else if (r == OK) print_text(g, &a, scores);
    writing_release(&a.writing);
    matches_release(&a.matches);
    shop_release(&s);
    return r == OK ? EXIT_DONE : cli_fail(g, "ask", r);
}

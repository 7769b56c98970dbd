/* eval pairs: does an item fit a need, yes or no; beside the cosine of two bags of characters with its best threshold. */
#include "eval.h"
#include "jsonl.h"
#include "cli_shop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pair { double model, bag; int label; };
struct run {
    struct shop shop;
    struct pair *pairs;
    size_t n, cap;
    struct progress *progress;
};

enum { BUCKETS = 4096 };   /* characters hashed: collisions are rare in one pair */

static void count_characters(const char *s, double *counts)
{
    for (const char *end = s + strlen(s); s < end;) {
        uint32_t c = utf8_next(&s, end);
        if (c > ' ') counts[c % BUCKETS]++;
    }
}

static double bag_of_characters(const char *a, const char *b)
{
    static const size_t bytes = BUCKETS * sizeof(double);
    double x[BUCKETS], y[BUCKETS], dot = 0, xx = 0, yy = 0;
    memset(x, 0, bytes);
    memset(y, 0, bytes);
    count_characters(a, x);
    count_characters(b, y);
    for (size_t i = 0; i < BUCKETS; i++) dot += x[i] * y[i], xx += x[i] * x[i], yy += y[i] * y[i];
    return xx > 0 && yy > 0 ? dot / sqrt(xx * yy) : 0;
}

static status one_pair(void *context, const json_t *line)
{
    struct run *r = context;
    const char *need = json_string_value(json_object_get(line, "need")), *item = json_string_value(json_object_get(line, "item"));
    const json_t *label = json_object_get(line, "label");
    FAIL_IF(!need || !item || !json_is_integer(label), ERR_FORMAT, "a judged pair has the strings 'need' and 'item' and the whole number 'label'");
    TRY(mem_grow(&r->pairs, &r->cap, r->n + 1, sizeof *r->pairs));
    struct text_span a = {need, strlen(need)}, b = {item, strlen(item)};
    float probability;
    TRY(match_pairs(r->shop.session, r->shop.normalizer, &a, &b, 1, &probability));
    r->pairs[r->n++] = (struct pair){(double)probability, bag_of_characters(need, item), json_integer_value(label) != 0};
    return progress_report(r->progress, "eval", r->n, 0, NULL) ? OK : fail_interrupted("measuring");
}

static double accuracy_at(const struct run *r, double threshold, bool bag)
{
    size_t right = 0;
    for (size_t i = 0; i < r->n; i++) right += ((bag ? r->pairs[i].bag : r->pairs[i].model) >= threshold) == (r->pairs[i].label == 1);
    return r->n ? (double)right / (double)r->n : 0;
}

/* The baseline gets the threshold that suits these very pairs best: more than it could know. */
static double best_accuracy(const struct run *r, bool bag)
{
    double best = 0;
    for (size_t i = 0; i < r->n; i++) best = fmax(best, accuracy_at(r, bag ? r->pairs[i].bag : r->pairs[i].model, bag));
    return best;
}

static void print(const struct run *r, const struct cli_globals *g)
{
    size_t positive = 0;
    for (size_t i = 0; i < r->n; i++) positive += r->pairs[i].label == 1;
    double ours = accuracy_at(r, 0.5, false), ours_best = best_accuracy(r, false), bag = best_accuracy(r, true);
    if (g->json) {
        json_t *root = json_pack("{s:i, s:i, s:f, s:f, s:f}", "pairs", (int)r->n, "positive", (int)positive, "accuracy", ours, "accuracy_best_threshold", ours_best,
                                 "bag_of_characters_best_threshold", bag);
        json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(5));
        putchar('\n');
        json_decref(root);
        return;
    }
    printf("%zu pairs, %zu of them fit\n", r->n, positive);
    printf("accuracy at probability 0.5        %.4f\n", ours);
    printf("accuracy at its best threshold     %.4f\n", ours_best);
    printf("bag of characters, best threshold  %.4f\n", bag);
}

int eval_pairs(int argc, char **argv, const struct cli_globals *g)
{
    const char *data = NULL;
    size_t limit = 0, n;
    const struct cli_option options[] = {{"--data", OPTION_STRING, &data}, {"--limit", OPTION_SIZE, &limit}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("eval", "%s", status_message());
    if (n || !data) return cli_usage("eval", "eval pairs needs --data FILE");
    struct run r = {.progress = cli_progress(g)};
    cli_shop_init(&r.shop, g);
    status s = shop_open_text(&r.shop);
    if (s == OK) s = shop_open_session(&r.shop);
    if (s == OK) s = jsonl_each(data, limit, one_pair, &r);
    cli_progress_done();
    if (s == OK) print(&r, g);
    mem_free(r.pairs);
    shop_release(&r.shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "eval", s);
}

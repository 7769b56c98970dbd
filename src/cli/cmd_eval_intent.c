/* eval intent: how often a sentence's label is found, and how far its confidence can be trusted. */
#include "eval.h"
#include "intent_data.h"
#include "cli_shop.h"

#include <jansson.h>
#include <string.h>

struct run {
    const char *data, *baseline, *directory;
    const struct cli_globals *g;
    struct shop shop;
    struct intents *intents;
    struct intent_data test, train;
    json_t *report;
};
enum { SYSTEMS = 4 };
static const char *const systems[SYSTEMS] = {"together", "n-grams", "adapter", "bag of words"};

/* Of acts: probabilities summed over their labels. */
static status score_acts(const struct class_set *set, const float *p, const int32_t *truth, size_t n, double threshold, struct intent_scores *out)
{
    float *sums = mem_zalloc(n * ACTS + 1, sizeof *sums);
    int32_t *acts = mem_zalloc(n + 1, sizeof *acts);
    status s = sums && acts ? OK : fail_nomem("measuring");
    for (size_t i = 0; s == OK && i < n; i++) {
        for (size_t k = 0; k < set->n; k++) sums[i * ACTS + act_of(set->name, set->labels[k])] += p[i * set->n + k];
        acts[i] = (int32_t)act_of(set->name, set->labels[truth[i]]);
    }
    if (s == OK) s = intent_score(sums, acts, n, ACTS, threshold, out);
    mem_free(sums);
    mem_free(acts);
    return s;
}

static void report(struct run *r, const struct class_set *set, const char *system, const struct intent_scores *l, const struct intent_scores *a, double threshold)
{
    if (r->g->json) {
        json_array_append_new(r->report, json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "set", set->name, "system", system, "sentences", (int)l->n,
                                                   "accuracy", l->accuracy, "macro_f1", l->macro_f1, "top3", l->top3, "calibration_error", l->calibration_error, "log_loss",
                                                   l->log_loss, "act_accuracy", a->accuracy, "act_macro_f1", a->macro_f1, "threshold", threshold, "coverage", a->coverage,
                                                   "covered_act_accuracy", a->covered_accuracy));
        return;
    }
    printf("%-4s %-13s %5zu   %.4f  %.4f  %.4f  %.3f  %.4f  %.4f", set->name, system, l->n, l->accuracy, l->macro_f1, l->top3, l->calibration_error, a->accuracy, a->macro_f1);
    if (threshold > 0) printf("   %.2f  %.3f  %.4f", threshold, a->coverage, a->covered_accuracy);
    putchar('\n');
}

static status fill(struct run *r, const struct class_set *set, size_t system, const struct intent_examples *e, float *p)
{
    struct ngram_options o;
    if (system == SYSTEMS - 1) {
        ngram_options_default(&o);
        o.orders = 1;
        return intents_baseline(&o, set, &r->train.sets[set - r->test.labels->sets], e, r->shop.normalizer, p, cli_progress(r->g));
    }
    for (size_t i = 0; i < e->n; i++) {
        TRY(intents_probabilities(r->intents, set, (enum intent_parts)system, e->items[i].text, e->items[i].n, p + i * set->n));
        if (!progress_report(cli_progress(r->g), "eval", i, e->n, NULL)) return fail_interrupted("measuring");
    }
    return OK;
}

static status measure(struct run *r, const struct class_set *set, size_t system)
{
    const struct intent_examples *e = &r->test.sets[set - r->test.labels->sets];
    struct intent_scores labels, acts;
    double threshold = system == SYSTEMS - 1 ? 0 : intents_threshold(r->intents, set, (enum intent_parts)system);
    float *p = mem_zalloc(e->n * set->n, sizeof *p);
    int32_t *truth = mem_zalloc(e->n, sizeof *truth);
    status s = p && truth ? fill(r, set, system, e, p) : fail_nomem("measuring");
    for (size_t i = 0; s == OK && i < e->n; i++) truth[i] = e->items[i].label;
    if (s == OK) s = intent_score(p, truth, e->n, set->n, 0, &labels);
    if (s == OK) s = score_acts(set, p, truth, e->n, threshold, &acts);
    cli_progress_done();
    if (s == OK) report(r, set, systems[system], &labels, &acts, threshold);
    mem_free(p);
    mem_free(truth);
    return s;
}

static status measure_all(struct run *r)
{
    const struct labels *labels = r->test.labels;
    if (!r->g->json) printf("set  system        n      accuracy  macroF1  top3   ECE  act acc.  act F1  threshold  coverage  act accuracy there\n");
    for (size_t i = 0; i < labels->n_sets; i++)
        for (size_t system = 0; system < SYSTEMS; system++) {
            bool there = system == SYSTEMS - 1 ? r->train.sets[i].n > 0 : system == INTENT_NGRAMS || intents_have_adapter(r->intents);
            if (r->test.sets[i].n && there) TRY(measure(r, &labels->sets[i], system));
        }
    return OK;
}

static status run(struct run *r)
{
    TRY(shop_open_text(&r->shop));
    TRY(shop_open_session(&r->shop));
    TRY(intents_open(r->directory, r->shop.session, r->shop.normalizer, &r->intents));
    cli_note(r->g, "%s: %s\n", r->directory, intents_describe(r->intents));
    intent_data_init(&r->test, intents_labels(r->intents));
    intent_data_init(&r->train, intents_labels(r->intents));
    TRY(intent_data_read(&r->test, r->data));
    if (r->baseline) TRY(intent_data_read(&r->train, r->baseline));
    return measure_all(r);
}

int eval_intent(int argc, char **argv, const struct cli_globals *g)
{
    struct run r = {.g = g, .directory = g->intents};
    size_t n;
    const struct cli_option options[] = {{"--data", OPTION_STRING, &r.data}, {"--baseline", OPTION_STRING, &r.baseline}, {"--intents", OPTION_STRING, &r.directory}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("eval", "%s", status_message());
    if (n || !r.data) return cli_usage("eval", "eval intent needs --data FILE");
    cli_shop_init(&r.shop, g);
    r.report = json_array();
    status s = run(&r);
    cli_progress_done();
    if (s == OK && g->json) {
        json_dumpf(r.report, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(5));
        putchar('\n');
    }
    json_decref(r.report);
    intents_free(r.intents);
    intent_data_release(&r.test);
    intent_data_release(&r.train);
    shop_release(&r.shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "eval", s);
}

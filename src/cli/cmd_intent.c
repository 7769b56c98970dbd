/* daogou intent: what a sentence is about; daogou intent train: the classifier behind it. */
#include "intent_data.h"
#include "cli_shop.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char help_intent[] =
    "usage: daogou intent SENTENCE\n"
    "       daogou intent train --labels FILE --train FILE... --validation FILE... [--adapter DIR] --out DIR\n"
    "\n"
    "Says what a shopper's sentence is about: an act (order, delivery, return, refund, invoice, payment, promotion, account, product,\n"
    "stock, complaint, chat, human, other), the finer label under it, and how sure that is. Below the threshold it is \"not sure\".\n"
    "\n"
    "train  writes a directory of intents: a linear classifier over n-grams learned from --train, joined with the classifier head of\n"
    "       --adapter (a run of 'daogou finetune' with \"labels\") where there is one, calibrated on --validation. Lines are\n"
    "       {\"text\",\"set\",\"label\"}. 'scripts/train/intent' does all of it.\n"
    "  --noise SET=SHARE  how many labels of a set are wrong, as a guess; the same for --epochs, --learning-rate, --l2, --min-count: see intent.h\n"
    "  --accuracy 0.9     what acts above the threshold are to reach on --validation\n"
    "  --intents DIR      for a sentence: other intents than the shipped ones\n"
    "\n"
    "example:\n"
    "  $ daogou intent \"我的快递到哪了\"\n"
    "  delivery  0.97  买家咨询物流信息 0.61, 买家催促发货 0.18, 买家咨询快递单号 0.06\n"
    "  $ daogou intent --json \"can I get an invoice for my last order?\"\n";

/* ---- train ---- */

struct training {
    const char *labels_path, *adapter, *out;
    struct cli_strings train, validation;
    float accuracy;
    struct ngram_options ngrams;
    struct cli_strings noise;   /* "zh=0.35" */
};

static status copy_file(const char *from_directory, const char *name, const char *to_directory)
{
    char *data = NULL;
    size_t n;
    struct strbuf from = {0}, to = {0};
    strbuf_printf(&from, "%s/%s", from_directory, name);
    strbuf_printf(&to, "%s/%s", to_directory, name);
    status s = from.failed || to.failed ? fail_nomem("copying a file") : file_read(from.data, 64u << 20, &data, &n);
    if (s == OK) s = file_write_atomic(to.data, data, n);
    mem_free(data);
    strbuf_release(&from);
    strbuf_release(&to);
    return s;
}

static status write_labels(const char *path, const char *directory)
{
    char *data;
    size_t n;
    struct strbuf to = {0};
    TRY(file_make_directory(directory));
    TRY(file_read(path, 1 << 20, &data, &n));
    strbuf_printf(&to, "%s/labels.json", directory);
    status s = to.failed ? fail_nomem("copying labels") : file_write_atomic(to.data, data, n);
    mem_free(data);
    strbuf_release(&to);
    return s;
}

static status read_all(struct intent_data *d, const struct cli_strings *files)
{
    for (size_t i = 0; i < files->n; i++) TRY(intent_data_read(d, files->items[i]));
    return OK;
}

/* Options of each set: all alike but for the noise. */
static status set_options(const struct training *t, const struct labels *labels, struct ngram_options *o)
{
    for (size_t i = 0; i < labels->n_sets; i++) o[i] = t->ngrams;
    for (size_t i = 0; i < t->noise.n; i++) {
        char name[64] = "", *end;
        const char *value = strchr(t->noise.items[i], '=');
        if (value) snprintf(name, sizeof name, "%.*s", (int)(value - t->noise.items[i]), t->noise.items[i]);
        const struct class_set *set = labels_set(labels, name);
        float noise = value ? strtof(value + 1, &end) : -1;
        FAIL_IF(!set || *end || !(noise >= 0 && noise < 1), ERR_USAGE, "--noise is '%s'; give SET=SHARE, as zh=0.35", t->noise.items[i]);
        o[set - labels->sets].noise = noise;
    }
    return OK;
}

static status train_parts(const struct training *t, const struct labels *labels, struct shop *shop, const struct cli_globals *g)
{
    struct intent_data train, held;
    struct ngram_options o[LABELS_MAX_SETS];
    struct intents *intents = NULL;
    intent_data_init(&train, labels);
    intent_data_init(&held, labels);
    status s = set_options(t, labels, o);
    if (s == OK) s = read_all(&train, &t->train);
    if (s == OK) s = read_all(&held, &t->validation);
    if (s == OK) s = write_labels(t->labels_path, t->out);
    if (s == OK) s = intents_train_ngrams(o, labels, train.sets, shop->normalizer, t->out, cli_progress(g));
    if (s == OK && t->adapter) s = copy_file(t->adapter, "adapter.json", t->out);
    if (s == OK && t->adapter) s = copy_file(t->adapter, "adapter.safetensors", t->out);
    if (s == OK) s = intents_open(t->out, shop->session, shop->normalizer, &intents);
    if (s == OK && t->adapter && !intents_have_adapter(intents)) s = fail(ERR_USAGE, "the adapter cannot be used: %s", intents_describe(intents));
    if (s == OK) s = intents_fit(intents, held.sets, (double)t->accuracy, t->out, cli_progress(g));
    intents_free(intents);
    intent_data_release(&train);
    intent_data_release(&held);
    return s;
}

static int train(int argc, char **argv, const struct cli_globals *g)
{
    struct training t = {.accuracy = 0.9f};
    struct labels labels = {0};
    struct shop shop;
    size_t n, epochs, min_count;
    ngram_options_default(&t.ngrams);
    epochs = t.ngrams.epochs, min_count = t.ngrams.min_count;
    const struct cli_option options[] = {{"--labels", OPTION_STRING, &t.labels_path}, {"--train", OPTION_STRINGS, &t.train}, {"--validation", OPTION_STRINGS, &t.validation},
                                         {"--adapter", OPTION_STRING, &t.adapter},    {"--out", OPTION_STRING, &t.out},      {"--accuracy", OPTION_FLOAT, &t.accuracy},
                                         {"--epochs", OPTION_SIZE, &epochs}, {"--min-count", OPTION_SIZE, &min_count}, {"--l2", OPTION_FLOAT, &t.ngrams.l2},
                                         {"--learning-rate", OPTION_FLOAT, &t.ngrams.learning_rate}, {"--noise", OPTION_STRINGS, &t.noise}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("intent", "%s", status_message());
    if (n || !t.labels_path || !t.train.n || !t.validation.n || !t.out)
        return cli_usage("intent", "intent train needs --labels, --train, --validation and --out");
    t.ngrams.epochs = (uint32_t)epochs, t.ngrams.min_count = (uint32_t)min_count;
    cli_shop_init(&shop, g);
    status s = labels_read(&labels, t.labels_path);
    if (s == OK) s = shop_open_text(&shop);
    if (s == OK && t.adapter) s = shop_open_session(&shop);
    if (s == OK) s = train_parts(&t, &labels, &shop, g);
    cli_progress_done();
    labels_release(&labels);
    shop_release(&shop);
    mem_free(t.train.items);
    mem_free(t.validation.items);
    mem_free(t.noise.items);
    return s == OK ? EXIT_DONE : cli_fail(g, "intent", s);
}

/* ---- one sentence ---- */

static void print(const struct intent *i, bool json)
{
    if (!json) {
        printf("%s  %.2f%s ", i->sure ? act_name(i->act) : "not sure", (double)i->act_confidence, i->sure ? "" : i->n_top ? " (perhaps " : "");
        if (!i->sure && i->n_top) printf("%s) ", act_name(i->act));
        for (size_t k = 0; k < i->n_top; k++) printf("%s %s %.2f", k ? "," : "", i->top[k].label, (double)i->top[k].confidence);
        putchar('\n');
        return;
    }
    json_t *labels = json_array();
    for (size_t k = 0; k < i->n_top; k++)
        json_array_append_new(labels, json_pack("{s:s, s:s, s:f}", "label", i->top[k].label, "act", act_name(i->top[k].act), "confidence", (double)i->top[k].confidence));
    json_t *root = json_pack("{s:s, s:f, s:b, s:s, s:o}", "act", act_name(i->act), "confidence", (double)i->act_confidence, "sure", i->sure, "set", i->set, "labels", labels);
    json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(4));
    putchar('\n');
    json_decref(root);
}

int cmd_intent(int argc, char **argv, const struct cli_globals *g)
{
    const char *directory = g->intents;
    size_t n;
    struct shop shop;
    struct intents *intents = NULL;
    struct intent result;
    if (argc > 1 && strcmp(argv[1], "train") == 0) return train(argc - 1, argv + 1, g);
    const struct cli_option options[] = {{"--intents", OPTION_STRING, &directory}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, 1, operands, &n) != OK) return cli_usage("intent", "%s", status_message());
    if (n != 1) return cli_usage("intent", "give one sentence, in quotes");
    cli_shop_init(&shop, g);
    status s = shop_open_text(&shop);
    if (s == OK) s = shop_open_session(&shop);
    if (s == OK) s = intents_open(directory, shop.session, shop.normalizer, &intents);
    if (s == OK) s = intents_classify(intents, operands[0], strlen(operands[0]), &result);
    if (s == OK) print(&result, g->json);
    intents_free(intents);
    shop_release(&shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "intent", s);
}

/* daogou replay */
#include "cli.h"
#include "train/train.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

const char help_replay[] =
    "usage: daogou replay FILE [--all]\n"
    "\n"
    "Runs a training step again that ended in NaN or Inf, from the file that the run left beside its checkpoint: the same batches,\n"
    "weights and random numbers, on the run's device with its threads. Shows each tensor in the order in which it is computed, with how\n"
    "many of its values are NaN or infinite and the least, largest and root mean square of the others: where it begins is marked.\n"
    "Writes nothing.\n"
    "\n"
    "  --all             all tensors; else the first bad one and its neighbours\n"
    "  --device, --threads   others than the run's: what then differs is theirs\n"
    "\n"
    "example:\n"
    "  daogou replay run/pre/not-finite-step-1204.replay\n";

enum { BEFORE = 12, AFTER = 3 };   /* rows shown round the first bad tensor */

struct row {
    char name[128];
    struct replay_tensor t;
};
struct table {
    struct row *rows;
    size_t n, cap;
    bool failed;
};

static void keep(void *context, const struct replay_tensor *t)
{
    struct table *k = context;
    if (k->failed || mem_grow(&k->rows, &k->cap, k->n + 1, sizeof *k->rows) != OK) {
        k->failed = true;
        return;
    }
    struct row *r = &k->rows[k->n++];
    r->t = *t;
    snprintf(r->name, sizeof r->name, "%s", t->name);
}

static bool is_bad(const struct row *r)
{
    return r->t.nans + r->t.infs > 0;
}

static size_t first_bad(const struct table *k)
{
    size_t i = 0;
    while (i < k->n && !is_bad(&k->rows[i])) i++;
    return i;
}

static void print_row(const struct row *r, bool first)
{
    const struct replay_tensor *t = &r->t;
    char shape[48];
    snprintf(shape, sizeof shape, "%zu x %zu", t->rows, t->cols);
    printf("%-52s %14s %8zu %8zu ", r->name, shape, t->nans, t->infs);
    if (isnan(t->rms)) printf("%12s %12s %12s", "-", "-", "-");
    else printf("%12.4g %12.4g %12.4g", t->least, t->most, t->rms);
    puts(first ? "  <-- begins here" : "");
}

static void print_table(const struct table *k, bool all)
{
    size_t bad = first_bad(k), from = all || bad < BEFORE ? 0 : bad - BEFORE, to = all || bad == k->n ? k->n : bad + AFTER + 1;
    printf("%-52s %14s %8s %8s %12s %12s %12s\n", "tensor, in the order of the computation", "shape", "NaN", "Inf", "least", "largest", "rms");
    if (from) printf("(%zu before, all finite; --all shows them)\n", from);
    for (size_t i = from; i < to && i < k->n; i++) print_row(&k->rows[i], i == bad);
    if (to < k->n) printf("(%zu after; --all shows them)\n", k->n - to);
}

/* printf writes "-nan" for some. */
static void print_value(const char *name, double x)
{
    if (isnan(x)) printf(" %s NaN", name);
    else printf(" %s %g", name, x);
}

static const char *const kinds[] = {[TRAIN_PRETRAIN] = "pretrain", [TRAIN_FINETUNE] = "finetune"};

static void print_text(const struct replay_result *r, const struct table *k, bool all)
{
    printf("%s, step %llu%s, micro-batch %u of %u", kinds[r->kind], (unsigned long long)r->step, r->validation ? "'s validation" : "", r->part, r->parts);
    if (r->ranks > 1) printf(", rank %d of %d", r->rank, r->ranks);
    printf("; the run saw: %s\nlosses   ", r->what);
    for (int i = 0; i < LOSS_KINDS; i++)
        if (r->has_loss[i]) print_value(loss_name((enum loss_kind)i), r->losses[i]);
    if (r->gradient_norm != 0) print_value("norm of the gradient", r->gradient_norm);   /* 0: it came not so far */
    printf("\ndevice    %s", r->device);
    if (strcmp(r->device, r->recorded_device) != 0) printf("; the run's was %s", r->recorded_device);
    printf("\nbits      losses and norm are %s\n", r->same_bits ? "those of the run, bit for bit" : "not those of the run");
    if (!r->first[0]) printf("finite    every tensor is; --all shows them\n");
    putchar('\n');
    print_table(k, all);
}

/* JSON has no NaN and no infinity. */
static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static void print_json(const struct replay_result *r, const struct table *k)
{
    json_t *tensors = json_array(), *means = json_object();
    for (size_t i = 0; i < k->n; i++) {
        const struct replay_tensor *t = &k->rows[i].t;
        char bits[20];
        snprintf(bits, sizeof bits, "%016llx", (unsigned long long)t->bits);
        json_array_append_new(tensors, json_pack("{s:s, s:[I,I], s:I, s:I, s:o, s:o, s:o, s:s}", "name", k->rows[i].name, "shape", (json_int_t)t->rows,
                                                 (json_int_t)t->cols, "nan", (json_int_t)t->nans, "inf", (json_int_t)t->infs, "least", number(t->least),
                                                 "largest", number(t->most), "rms", number(t->rms), "bits", bits));
    }
    for (int i = 0; i < LOSS_KINDS; i++)
        if (r->has_loss[i]) json_object_set_new(means, loss_name((enum loss_kind)i), number(r->losses[i]));
    json_t *root = json_pack("{s:s, s:I, s:b, s:i, s:i, s:i, s:i, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:o}", "command", kinds[r->kind], "step", (json_int_t)r->step,
                             "validation", r->validation, "part", (int)r->part, "parts", (int)r->parts, "rank", r->rank, "ranks", r->ranks, "what", r->what,
                             "first", r->first, "same_bits", r->same_bits, "device", r->device, "recorded_device", r->recorded_device, "losses", means,
                             "gradient_norm", number(r->gradient_norm), "tensors", tensors);
    json_dumpf(root, stdout, JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(root);
}

static status replay(int argc, char **argv, const struct cli_globals *g)
{
    bool all = false;
    const struct cli_option options[] = {{"--all", OPTION_FLAG, &all}};
    struct train_options how = {.device = g->device, .threads = g->threads};
    struct replay_result r;
    struct table k = {0};
    size_t n = 0;
    TRY(cli_parse(argc, argv, options, 1, argv + 1, &n));
    FAIL_IF(n != 1, ERR_USAGE, "name one not-finite-step-N.replay");
    status s = train_replay(argv[1], &how, &r, &(struct replay_listener){&k, keep});
    if (s == OK && k.failed) s = fail_nomem("listing the tensors of a step");
    if (s == OK && g->json) print_json(&r, &k);
    else if (s == OK) print_text(&r, &k, all);
    mem_free(k.rows);
    return s;
}

int cmd_replay(int argc, char **argv, const struct cli_globals *g)
{
    status s = replay(argc, argv, g);
    return s == OK ? EXIT_DONE : cli_fail(g, "replay", s);
}

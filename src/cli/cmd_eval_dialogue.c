/* eval dialogue: simulated shoppers, each looking for one hidden product, under several policies of asking. */
#include "eval.h"
#include "cli_shop.h"
#include "shopper/shopper.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POLICIES = 4, TURNS_MAX = 10, RESAMPLES = 1000, WHY_MAX = 400 };
static const char *const policy_names[POLICIES] = {[QUESTIONS_BY_GAIN] = "gain", [QUESTIONS_RANDOM] = "random", [QUESTIONS_FIXED] = "fixed", [QUESTIONS_NONE] = "none"};

struct outcome { uint8_t turns; bool found; uint8_t questions; };
struct tally {
    struct outcome *outcomes;        /* (shoppers) */
    uint64_t *turn_ns;
    size_t n_turns, turns_cap, violations, cards, failures /* replies without text */;
    char first_violation[WHY_MAX];
};
struct run {
    struct shop shop;
    const struct cli_globals *g;
    struct matcher *lexical;         /* --lexical: without the model */
    struct guide *guides[POLICIES];
    struct tally tallies[POLICIES];
    bool asked[POLICIES];            /* which to measure */
    size_t shoppers, done;
    uint64_t seed;
    enum language language;
    bool any_language, use_lexical, vague;
    double answers_both;
    size_t at_once, baseline_at_once;  /* questions in one turn: of the guide's own policy, of the others */
    int64_t *keys;                   /* of products that can be bought and asked for */
    size_t n_keys, keys_cap;
    FILE *transcripts;
    struct progress *progress;
};

/* ---- the shop ---- */

static status keep_key(void *context, const struct product *p)
{
    struct run *r = context;
    if (p->stock == 0 || !*p->category) return OK;
    TRY(mem_grow(&r->keys, &r->keys_cap, r->n_keys + 1, sizeof *r->keys));
    r->keys[r->n_keys++] = p->key;
    return OK;
}

static status open_lexical(struct run *r)
{
    struct shop *s = &r->shop;
    struct strbuf path = {0};
    struct index *x = NULL;
    int64_t version;
    TRY(shop_open_text(s));
    TRY(shop_open_catalogue(s, STORE_READ_ONLY));
    TRY(catalogue_version(s->catalogue, &version));
    strbuf_printf(&path, "%s.lexical.index", r->g->db);
    status result = strbuf_status(&path);
    bool current = result == OK && file_exists(strbuf_str(&path)) && index_open(strbuf_str(&path), &x) == OK && match_index_is_current(x, version, NULL);
    index_close(x);
    if (result == OK && !current) result = match_build_index(s->catalogue, NULL, s->normalizer, strbuf_str(&path), r->progress);
    struct matcher_options o = {.catalogue = s->catalogue, .index_path = strbuf_str(&path), .normalizer = s->normalizer};
    if (result == OK) result = matcher_new(&o, &r->lexical);
    strbuf_release(&path);
    return result;
}

static status open_guides(struct run *r)
{
    struct shop *s = &r->shop;
    TRY(r->use_lexical ? open_lexical(r) : shop_open_matcher(s));
    TRY(moderator_new(s->normalizer, &s->moderator));
    struct guide_options o;
    guide_options_default(&o);
    o.catalogue = s->catalogue;
    o.matcher = r->use_lexical ? r->lexical : s->matcher;
    o.session = s->session;
    o.moderator = s->moderator;
    o.normalizer = s->normalizer;
    o.wording = WORDING_TEMPLATES;
    o.seed = r->seed;
    for (size_t p = 0; p < POLICIES; p++) {
        if (!r->asked[p]) continue;
        o.questions = (enum question_policy)p;
        o.questions_at_once = p == QUESTIONS_BY_GAIN ? r->at_once : r->baseline_at_once;
        TRY(guide_new(&o, &r->guides[p]));
        r->tallies[p].outcomes = mem_zalloc(r->shoppers, sizeof *r->tallies[p].outcomes);
        if (!r->tallies[p].outcomes) return fail_nomem("simulating shoppers");
    }
    TRY(catalogue_each(s->catalogue, keep_key, r));
    FAIL_IF(r->n_keys == 0, ERR_NOT_FOUND, "no product of the shop at '%s' has a category and can be bought", r->g->db);
    return OK;
}

/* ---- one dialogue ---- */

static status write_turn(const struct run *r, const char *policy, size_t shopper, struct shopper *s, const char *said, const struct reply *reply)
{
    if (!r->transcripts) return OK;
    json_t *cards = json_array(), *choices = json_array(), *wishes = json_array();
    char why[WHY_MAX] = "";
    for (size_t i = 0; i < reply->n_cards; i++) json_array_append_new(cards, json_string(product_text(&reply->cards[i].product, "title", s->language)));
    for (size_t i = 0; i < reply->question.n_choices; i++) json_array_append_new(choices, json_string(reply->question.choices[i].label));
    for (size_t i = 0; i < s->n_wishes; i++) json_array_append_new(wishes, json_sprintf("%s: %s", s->wishes[i].field, s->wishes[i].said));
    shopper_violations(s, reply, why, sizeof why);
    json_t *o = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:i, s:o, s:s, s:o, s:s, s:o, s:s, s:b}", "policy", policy, "shopper", (int)shopper, "target", s->target.id, "title",
                          product_text(&s->target, "title", s->language), "said", said, "reply", reply->text, "fitting", (int)reply->n_fitting, "cards", cards, "asks",
                          reply->question.field ? reply->question.field : "", "choices", choices, "also", reply->also.field ? reply->also.field : "", "wishes", wishes, "breaks", why, "found", shopper_sees_target(s, reply));
    if (!o) return fail_nomem("writing a transcript");
    int failed = json_dumpf(o, r->transcripts, JSON_COMPACT) != 0 || fputc('\n', r->transcripts) == EOF;
    json_decref(o);
    return failed ? fail_errno("write", "the file of transcripts") : OK;
}

static status count_turn(struct tally *t, struct shopper *s, const struct reply *reply, uint64_t ns)
{
    char why[WHY_MAX] = "";
    TRY(mem_grow(&t->turn_ns, &t->turns_cap, t->n_turns + 1, sizeof *t->turn_ns));
    t->turn_ns[t->n_turns++] = ns;
    t->cards += reply->n_cards;
    t->failures += !*reply->text;
    size_t broken = shopper_violations(s, reply, why, sizeof why);
    if (broken && !t->violations) snprintf(t->first_violation, sizeof t->first_violation, "%s", why);
    t->violations += broken;
    return OK;
}

static status one_dialogue(struct run *r, size_t policy, size_t number, struct shopper *s)
{
    struct dialogue d;
    struct outcome *o = &r->tallies[policy].outcomes[number];
    char id[DIALOGUE_ID_MAX];
    snprintf(id, sizeof id, "shopper-%zu", number);
    dialogue_init(&d, id);
    const char *said = shopper_opens(s);
    status result = OK;
    for (o->turns = 1; result == OK; o->turns = (uint8_t)(o->turns + 1)) {
        struct reply reply;
        if (!said) result = fail_nomem("simulating shoppers");
        uint64_t start = clock_ns();
        if (result == OK) result = guide_turn(r->guides[policy], &d, said, strlen(said), &reply, NULL);
        if (result != OK) break;
        result = count_turn(&r->tallies[policy], s, &reply, clock_ns() - start);
        if (result == OK) result = write_turn(r, policy_names[policy], number, s, said, &reply);
        o->found = shopper_sees_target(s, &reply);
        bool asks = reply.question.field && *reply.question.field, also = asks && *reply.also.field;
        o->questions = (uint8_t)(o->questions + (o->found ? 0 : asks + also));
        bool over = o->found || o->turns == TURNS_MAX;
        if (!over) said = shopper_says(s, &reply);
        reply_release(&reply);
        if (over) break;
    }
    dialogue_release(&d);
    return result;
}

/* The same shopper meets each policy afresh. */
static status one_shopper(struct run *r, size_t number)
{
    struct rng rng;
    struct arena a;
    struct product target;
    rng_seed(&rng, r->seed * 1000003 + number);
    arena_init(&a, 0);
    status s = catalogue_get_by_key(r->shop.catalogue, r->keys[rng_below(&rng, r->n_keys)], &a, &target);
    uint64_t quirks = rng_next(&rng);
    enum language l = s == OK && r->any_language ? text_language(target.title, strlen(target.title)) : r->language;
    for (size_t p = 0; s == OK && p < POLICIES; p++) {
        struct shopper shopper;
        if (!r->asked[p]) continue;
        s = shopper_init(&shopper, &target, l, r->shop.normalizer, quirks, r->vague);
        if (s == OK) shopper.answers_both = r->answers_both;
        if (s == OK) s = one_dialogue(r, p, number, &shopper);
        shopper_release(&shopper);
    }
    arena_release(&a);
    return s;
}

/* ---- figures ---- */

struct figures { double success, success_low, success_high, turns, turns_half, questions, ms_median, ms_p95; };

/* Wilson's interval: honest near 0 and 1. */
static void interval(double p, double n, double *low, double *high)
{
    const double z = 1.96, middle = (p + z * z / (2 * n)) / (1 + z * z / n), half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    *low = fmax(0, middle - half);
    *high = fmin(1, middle + half);
}

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static struct figures figures_of(const struct run *r, struct tally *t)
{
    struct figures f = {0};
    double n = (double)r->shoppers, squares = 0;
    for (size_t i = 0; i < r->shoppers; i++) {
        f.success += t->outcomes[i].found / n;
        f.turns += t->outcomes[i].turns / n;
        f.questions += t->outcomes[i].questions / n;
    }
    for (size_t i = 0; i < r->shoppers; i++) squares += (t->outcomes[i].turns - f.turns) * (t->outcomes[i].turns - f.turns);
    f.turns_half = r->shoppers > 1 ? 1.96 * sqrt(squares / (n - 1) / n) : 0;
    interval(f.success, n, &f.success_low, &f.success_high);
    qsort(t->turn_ns, t->n_turns, sizeof *t->turn_ns, by_time);
    f.ms_median = t->n_turns ? (double)t->turn_ns[t->n_turns / 2] * 1e-6 : 0;
    f.ms_p95 = t->n_turns ? (double)t->turn_ns[t->n_turns * 95 / 100] * 1e-6 : 0;
    return f;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* How many fewer turns a needs than b, over the same shoppers; 95% of bootstrap resamples lie within. */
static void fewer_turns(const struct run *r, const struct tally *a, const struct tally *b, double *share, double *low, double *high)
{
    double *shares = mem_alloc(RESAMPLES * sizeof *shares), own = 0, other = 0;
    struct rng rng;
    for (size_t i = 0; i < r->shoppers; i++) own += a->outcomes[i].turns, other += b->outcomes[i].turns;
    *share = *low = *high = 1 - own / other;
    if (!shares) return;
    rng_seed(&rng, r->seed);
    for (size_t k = 0; k < RESAMPLES; k++) {
        own = other = 0;
        for (size_t i = 0; i < r->shoppers; i++) {
            size_t j = (size_t)rng_below(&rng, r->shoppers);
            own += a->outcomes[j].turns;
            other += b->outcomes[j].turns;
        }
        shares[k] = 1 - own / other;
    }
    qsort(shares, RESAMPLES, sizeof *shares, by_value);
    *low = shares[RESAMPLES / 40];
    *high = shares[RESAMPLES - 1 - RESAMPLES / 40];
    mem_free(shares);
}

static void print_json(struct run *r)
{
    json_t *root = json_object(), *policies = json_object();
    for (size_t p = 0; p < POLICIES; p++) {
        struct tally *t = &r->tallies[p];
        if (!r->asked[p]) continue;
        struct figures f = figures_of(r, t);
        json_object_set_new(policies, policy_names[p], json_pack("{s:f, s:[f,f], s:f, s:[f,f], s:f, s:i, s:i, s:i, s:s, s:f, s:f}", "success", f.success, "success_95", f.success_low, f.success_high, "turns", f.turns,
                                                                 "turns_95", f.turns - f.turns_half, f.turns + f.turns_half, "questions", f.questions, "all_turns", (int)t->n_turns, "cards", (int)t->cards,
                                                                 "violations", (int)t->violations, "first_violation", t->first_violation, "ms_median", f.ms_median, "ms_p95", f.ms_p95));
    }
    json_object_set_new(root, "shoppers", json_integer((json_int_t)r->shoppers));
    json_object_set_new(root, "products", json_integer((json_int_t)r->n_keys));
    json_object_set_new(root, "seed", json_integer((json_int_t)r->seed));
    json_object_set_new(root, "policies", policies);
    for (size_t p = QUESTIONS_RANDOM; p < POLICIES; p++) {
        double share, low, high;
        char key[40];
        if (!r->asked[QUESTIONS_BY_GAIN] || !r->asked[p]) continue;
        fewer_turns(r, &r->tallies[QUESTIONS_BY_GAIN], &r->tallies[p], &share, &low, &high);
        snprintf(key, sizeof key, "fewer_turns_than_%s", policy_names[p]);
        json_object_set_new(root, key, json_pack("[f,f,f]", share, low, high));
    }
    json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(5));
    putchar('\n');
    json_decref(root);
}

static void print_text(struct run *r)
{
    printf("%zu shoppers, each after one of %zu products, at most %d turns; 95%% intervals\n\n", r->shoppers, r->n_keys, TURNS_MAX);
    printf("%-8s %-22s %-16s %9s %10s %9s %8s\n", "policy", "found", "turns", "questions", "violations", "ms median", "ms p95");
    for (size_t p = 0; p < POLICIES; p++) {
        struct tally *t = &r->tallies[p];
        if (!r->asked[p]) continue;
        struct figures f = figures_of(r, t);
        printf("%-8s %5.1f%% (%4.1f to %5.1f)  %5.2f +- %4.2f   %9.2f %4zu/%-5zu %9.1f %8.1f\n", policy_names[p], 100 * f.success, 100 * f.success_low, 100 * f.success_high, f.turns, f.turns_half, f.questions,
               t->violations, t->n_turns, f.ms_median, f.ms_p95);
        if (t->violations) printf("         first violation: %s\n", t->first_violation);
    }
    for (size_t p = QUESTIONS_RANDOM; p < POLICIES; p++) {
        double share, low, high;
        if (!r->asked[QUESTIONS_BY_GAIN] || !r->asked[p]) continue;
        fewer_turns(r, &r->tallies[QUESTIONS_BY_GAIN], &r->tallies[p], &share, &low, &high);
        printf("%sgain needs %.1f%% fewer turns than %s (%.1f to %.1f)\n", p == QUESTIONS_RANDOM ? "\n" : "", 100 * share, policy_names[p], 100 * low, 100 * high);
    }
}

/* ---- the command ---- */

static status run_all(struct run *r, const char *transcripts)
{
    TRY(open_guides(r));
    if (transcripts && !(r->transcripts = fopen(transcripts, "we"))) return fail_errno("write", transcripts);
    status s = OK;
    for (size_t i = 0; s == OK && i < r->shoppers; i++) {
        s = one_shopper(r, i);
        if (s == OK && !progress_report(r->progress, "shoppers", i + 1, r->shoppers, NULL)) s = fail_interrupted("simulating shoppers");
    }
    if (r->transcripts && fclose(r->transcripts) != 0 && s == OK) s = fail_errno("write", transcripts);
    return s;
}

static bool read_policy(struct run *r, const char *name)
{
    bool known = strcmp(name, "all") == 0;
    for (size_t p = 0; p < POLICIES; p++) {
        r->asked[p] = strcmp(name, "all") == 0 || strcmp(name, policy_names[p]) == 0;
        known = known || r->asked[p];
    }
    return known;
}

int eval_dialogue(int argc, char **argv, const struct cli_globals *g)
{
    struct run r = {.g = g, .shoppers = 200, .seed = 1, .at_once = 2, .baseline_at_once = 1, .progress = cli_progress(g)};
    const char *policy = "all", *language = "auto", *transcripts = NULL;
    size_t n, both = 70;   /* percent */
    const struct cli_option options[] = {{"--shoppers", OPTION_SIZE, &r.shoppers}, {"--policy", OPTION_STRING, &policy}, {"--seed", OPTION_U64, &r.seed}, {"--language", OPTION_STRING, &language},
                                         {"--transcripts", OPTION_STRING, &transcripts}, {"--lexical", OPTION_FLAG, &r.use_lexical}, {"--vague", OPTION_FLAG, &r.vague}, {"--at-once", OPTION_SIZE, &r.at_once}, {"--baseline-at-once", OPTION_SIZE, &r.baseline_at_once}, {"--answers-both", OPTION_SIZE, &both}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("eval", "%s", status_message());
    if (n) return cli_usage("eval", "eval dialogue takes no operands");
    if (!read_policy(&r, policy)) return cli_usage("eval", "'%s' is no policy; name gain, random, fixed, none or all", policy);
    if (r.shoppers < 1 || r.shoppers > 1000000) return cli_usage("eval", "--shoppers takes 1 to 1000000");
    r.answers_both = (double)both / 100;
    r.any_language = strcmp(language, "auto") == 0;
    r.language = strcmp(language, "zh") == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    if (!r.any_language && strcmp(language, language_code(r.language)) != 0) return cli_usage("eval", "--language takes zh, en or auto");
    cli_shop_init(&r.shop, g);
    status s = run_all(&r, transcripts);
    cli_progress_done();
    if (s == OK) g->json ? print_json(&r) : print_text(&r);
    for (size_t p = 0; p < POLICIES; p++) {
        guide_free(r.guides[p]);
        mem_free(r.tallies[p].outcomes);
        mem_free(r.tallies[p].turn_ns);
    }
    matcher_free(r.lexical);
    mem_free(r.keys);
    shop_release(&r.shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "eval", s);
}

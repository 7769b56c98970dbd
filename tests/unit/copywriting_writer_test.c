/* copywriting: the writer with two models made here. A random one, whose nonsense must end in the plain sentence; and one that
 * learnt a few texts by heart, some of them honest and some not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copywriting/copywriting_int.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

#define ok(expression)                                                             \
    do {                                                                           \
        if ((expression) != OK) fail_msg("%s: %s", #expression, status_message()); \
    } while (0)

/* ---- what the second model learns ---- */

struct lesson { const char *record, *text; };

static const struct attribute tent_attributes[] = {
    {.name = "颜色", .value = "橙色", .language = "zh"}, {.name = "重量", .value = "2.1 kg", .language = "zh"}, {.name = "材质", .value = "涤纶", .language = "zh"}};
static const struct product tent = {.id = "t", .title = "狐步 轻便帐篷", .title_zh = "狐步 轻便帐篷", .brand = "", .category = "", .category_zh = "",
                                    .description = "", .url = "", .image = "", .price = PRODUCT_PRICE_NONE, .attributes = tent_attributes, .n_attributes = 3};
static const char of_the_tent[] = "";   /* stands for its record */

static const struct lesson lessons[] = {
    {"类型#裤*版型#宽松*材质#棉*裤型#阔腿裤", "宽松的阔腿裤随性自然，棉质面料亲肤舒适。裤腿垂下来很利落，走路也自在。"},      /* honest */
    {"类型#裙*颜色#黑色*裙长#连衣裙", "黑色的连衣裙优雅大方。领口用了红色的蕾丝。日常出门都好看，穿着很自在。"},                  /* a false sentence */
    {"类型#上衣*风格#复古*衣样式#衬衫", "这件衬衫复古耐看，出门见人都合适。想买请加微信咨询。"},                                /* not for print */
    {"color: black; material: cotton; pockets: two", "A black piece in soft cotton. It has seven pockets. It is easy to wear. It is black."}, /* a false number */
    {of_the_tent, "狐步 轻便帐蓬。颜色是橙色，重2.1 kg。采用涤纶，收起来不占地方。"}, /* honest, but for a letter of the name */
};
enum { LESSONS = sizeof lessons / sizeof lessons[0], SEQUENCE_MAX = 256 };

static const char *const nonsense_records[] = {
    "类型#裤*版型#宽松*材质#棉", "类型#裙*颜色#黑色*图案#条纹", "类型#上衣*衣样式#衬衫*颜色#白色*领型#v领",
    "color: black; material: cotton", "type: tent; weight: 2.1 kg; capacity: 2 people",
};

static struct normalizer *z;
static struct claim_lexicon *lexicon;
static struct moderator *moderator;
static struct tokenizer *tokenizer;
static char folders[2][64];
static struct session *random_session, *taught_session;

static status record_of(const char *list, struct record *r)
{
    if (list == of_the_tent) return record_from_product(&tent, LANGUAGE_ZH, r);
    return record_from_attributes(list, strlen(list), r);
}

/* ---- making models ---- */

static void make_tokenizer(void)
{
    struct tokenizer_trainer *t;
    ok(tokenizer_trainer_new(&t));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < LESSONS; i++) {
            ok(tokenizer_trainer_feed(t, lessons[i].record, strlen(lessons[i].record)));
            ok(tokenizer_trainer_feed(t, lessons[i].text, strlen(lessons[i].text)));
        }
    }
    ok(tokenizer_trainer_run(t, 420, special_token_names, SPECIAL_TOKENS, NULL, &tokenizer));
    tokenizer_trainer_free(t);
}

static struct model *new_model(uint64_t seed)
{
    struct model_config c;
    struct model *m;
    model_config_default(&c);
    c.overlap = false;   /* writing has no use for it */
    c.vocab_size = (uint32_t)tokenizer_size(tokenizer);
    c.max_positions = SEQUENCE_MAX;
    c.d_model = 64;
    c.n_layers = 2;
    c.n_heads = c.n_kv_heads = 4;
    c.head_size = 16;
    c.d_ff = 128;
    c.dropout = 0;
    ok(model_new(&c, seed, &m));
    return m;
}

/* One lesson as a sequence: the record is the prefix, the text and END the targets. */
struct sequence {
    int32_t tokens[SEQUENCE_MAX], positions[SEQUENCE_MAX], offsets[2], prefix[1], rows[SEQUENCE_MAX], targets[SEQUENCE_MAX];
    size_t n, n_targets;
};

static void make_sequence(const struct lesson *l, struct sequence *s)
{
    struct record r;
    int32_t item[SEQUENCE_MAX], text[SEQUENCE_MAX];
    ok(record_of(l->record, &r));
    size_t n_item = tokenizer_encode(tokenizer, r.text, strlen(r.text), item, SEQUENCE_MAX);
    size_t n_text = tokenizer_encode(tokenizer, l->text, strlen(l->text), text, SEQUENCE_MAX);
    *s = (struct sequence){0};
    s->n = layout_write(NULL, s->tokens, SEQUENCE_MAX, (struct tokens){NULL, 0}, (struct tokens){item, n_item});
    assert_true(s->n + n_text <= SEQUENCE_MAX);
    s->prefix[0] = (int32_t)s->n;
    for (size_t i = 0; i <= n_text; i++) {
        s->rows[s->n_targets] = (int32_t)(s->n - 1);
        s->targets[s->n_targets++] = i < n_text ? text[i] : TOKEN_END;
        if (i < n_text) s->tokens[s->n++] = text[i];
    }
    for (size_t i = 0; i < s->n; i++) s->positions[i] = (int32_t)i;
    s->offsets[1] = (int32_t)s->n;
    record_release(&r);
}

/* Adam (Kingma, Ba 2015), as small as it gets. Returns the last mean loss. */
static double teach(struct model *m, int steps)
{
    struct compute *c;
    struct train_run *run;
    static struct sequence sequences[LESSONS];
    float *first = calloc(m->n_floats, sizeof *first), *second = calloc(m->n_floats, sizeof *second);
    double loss = 0;
    ok(compute_new(&(struct compute_options){.threads = 1, .precision = PRECISION_F32}, &c));
    ok(train_run_new(m, c, SEQUENCE_MAX, 1, &run));
    for (size_t i = 0; i < LESSONS; i++) make_sequence(&lessons[i], &sequences[i]);
    for (int step = 1; step <= steps; step++) {
        memset(m->grads, 0, m->n_floats * sizeof *m->grads);
        loss = 0;
        for (size_t i = 0; i < LESSONS; i++) {
            struct sequence *s = &sequences[i];
            struct batch b = {.n_tokens = s->n, .n_seqs = 1, .tokens = s->tokens, .positions = s->positions, .offsets = s->offsets, .prefix = s->prefix};
            ok(train_forward(run, &b, true, 1));
            loss += loss_vocabulary(run, s->rows, s->targets, s->n_targets, 1, true, NULL) / LESSONS;
            train_backward(run);
        }
        double correct1 = 1 - pow(0.9, step), correct2 = 1 - pow(0.99, step);
        for (size_t i = 0; i < m->n_floats; i++) {
            float g = m->grads[i];
            first[i] = 0.9f * first[i] + 0.1f * g;
            second[i] = 0.99f * second[i] + 0.01f * g * g;
            m->params[i] -= (float)(0.004 * (first[i] / correct1) / (sqrt(second[i] / correct2) + 1e-8));
        }
    }
    train_run_free(run);
    compute_free(c);
    free(first);
    free(second);
    return loss;
}

static struct session *save_and_open(struct model *m, char folder[64])
{
    struct session *s;
    char path[160];
    strcpy(folder, "/tmp/copywriting_test_XXXXXX");
    assert_non_null(mkdtemp(folder));
    ok(model_save(m, folder, DTYPE_F32));
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    ok(tokenizer_save(tokenizer, path));
    ok(session_new(&(struct session_options){.model_directory = folder, .device = "cpu", .threads = 1}, &s));
    return s;
}

static int setup(void **state)
{
    (void)state;
    ok(normalizer_new(&z));
    ok(claim_lexicon_new(z, &lexicon));
    ok(moderator_new(z, &moderator));
    make_tokenizer();
    struct model *m = new_model(3);
    random_session = save_and_open(m, folders[0]);
    double loss = teach(m, 150);
    if (loss > 0.1) fail_msg("the model did not learn: loss %g", loss);
    taught_session = save_and_open(m, folders[1]);
    model_free(m);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const files[] = {"config.json", "model.safetensors", "tokenizer.json"};
    session_free(random_session);
    session_free(taught_session);
    for (int f = 0; f < 2; f++) {
        for (size_t i = 0; i < 3; i++) {
            char path[160];
            snprintf(path, sizeof path, "%s/%s", folders[f], files[i]);
            unlink(path);
        }
        rmdir(folders[f]);
    }
    tokenizer_free(tokenizer);
    moderator_free(moderator);
    claim_lexicon_free(lexicon);
    normalizer_free(z);
    return 0;
}

/* ---- writing ---- */

static status write_with(struct session *s, const char *list, const struct write_options *o, struct writing *out)
{
    struct copywriter *w;
    struct record r;
    *out = (struct writing){0};
    status result = copywriter_new(s, lexicon, moderator, &w);
    if (result != OK) return result;
    result = record_of(list, &r);
    if (result == OK) result = copywriter_write(w, "", &r, text_language(r.text, strlen(r.text)), o, out);
    record_release(&r);
    copywriter_free(w);
    return result;
}

/* What must hold of whatever comes out. */
static void check_writing(const char *list, const struct writing *w, size_t n_wanted)
{
    struct record r;
    ok(record_of(list, &r));
    assert_true(w->n >= 1 && w->n <= n_wanted);
    for (size_t i = 0; i < w->n; i++) {
        struct facts f;
        assert_true(strlen(w->items[i].text) > 0);
        ok(facts_check(lexicon, &r, w->items[i].text, strlen(w->items[i].text), &f));
        if (facts_unsupported(&f)) fail_msg("'%s' says more than '%s'", w->items[i].text, list);
        assert_int_equal(f.n, w->items[i].facts.n);
        assert_int_equal(w->items[i].moderation, MODERATION_PASS);
        for (size_t k = 0; k < i; k++) assert_string_not_equal(w->items[i].text, w->items[k].text);
        facts_release(&f);
    }
    record_release(&r);
}

static void nonsense_becomes_the_plain_sentence(void **state)
{
    (void)state;
    static const enum decode_method methods[] = {DECODE_GREEDY, DECODE_BEAM, DECODE_SAMPLE};
    for (size_t i = 0; i < sizeof nonsense_records / sizeof nonsense_records[0]; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct write_options o;
            struct writing w;
            write_options_default(&o);
            o.decode.method = methods[k];
            o.decode.max_tokens = 40;
            o.decode.seed = i;
            ok(write_with(random_session, nonsense_records[i], &o, &w));
            check_writing(nonsense_records[i], &w, 1);
            if (strcmp(w.items[0].source, "record") != 0) fail_msg("nonsense passed: '%s'", w.items[0].text);
            assert_int_equal(w.items[0].tries, WRITE_TRIES_MAX);
            writing_release(&w);
        }
    }
}

static void an_honest_draft_is_taken(void **state)
{
    (void)state;
    struct write_options o;
    struct writing w;
    write_options_default(&o);
    ok(write_with(taught_session, lessons[0].record, &o, &w));
    check_writing(lessons[0].record, &w, 1);
    assert_string_equal(w.items[0].text, lessons[0].text);
    assert_string_equal(w.items[0].source, "model");
    assert_int_equal(w.items[0].tries, 1);
    assert_true(w.items[0].facts.n >= 3);
    writing_release(&w);
}

static void a_false_sentence_does_not_pass(void **state)
{
    (void)state;
    struct write_options o;
    struct writing w;
    write_options_default(&o);
    o.decode.method = DECODE_GREEDY;
    ok(write_with(taught_session, lessons[1].record, &o, &w));
    check_writing(lessons[1].record, &w, 1);
    assert_null(strstr(w.items[0].text, "红色"));
    assert_null(strstr(w.items[0].text, "蕾丝"));
    writing_release(&w);
    /* a number word is not banned in advance: the first draft says it, and is not taken */
    ok(write_with(taught_session, lessons[3].record, &o, &w));
    check_writing(lessons[3].record, &w, 1);
    if (strstr(w.items[0].text, "seven")) fail_msg("passed: %s", w.items[0].text);
    if (w.items[0].tries < 2) fail_msg("taken at once: %s", w.items[0].text);
    writing_release(&w);
}

static void a_blocked_draft_does_not_pass(void **state)
{
    (void)state;
    struct write_options o;
    struct writing w;
    write_options_default(&o);
    ok(write_with(taught_session, lessons[2].record, &o, &w));
    check_writing(lessons[2].record, &w, 1);
    assert_null(strstr(w.items[0].text, "微信"));
    writing_release(&w);
}

/* What the model would call it is nearly right; a draft about goods begins with their name as it stands. */
static void a_product_keeps_its_name(void **state)
{
    (void)state;
    struct write_options o;
    struct writing w;
    write_options_default(&o);
    o.decode.method = DECODE_GREEDY;
    ok(write_with(taught_session, of_the_tent, &o, &w));
    check_writing(of_the_tent, &w, 1);
    assert_string_equal(w.items[0].source, "model");
    assert_ptr_equal(strstr(w.items[0].text, "狐步 轻便帐篷。"), w.items[0].text);
    writing_release(&w);
}

static void several_texts_differ(void **state)
{
    (void)state;
    struct write_options o;
    struct writing w;
    write_options_default(&o);
    o.n_texts = 3;
    ok(write_with(taught_session, lessons[0].record, &o, &w));
    check_writing(lessons[0].record, &w, 3);
    writing_release(&w);
    /* samples that come out the same are one text */
    o.decode.method = DECODE_SAMPLE;
    o.decode.temperature = 0.01f;
    ok(write_with(taught_session, lessons[0].record, &o, &w));
    check_writing(lessons[0].record, &w, 3);
    assert_string_equal(w.items[0].text, lessons[0].text);
    writing_release(&w);
}

static void plain_style_needs_no_model(void **state)
{
    (void)state;
    struct write_options o;
    struct writing a, b, c;
    write_options_default(&o);
    ok(write_with(NULL, lessons[0].record, &o, &a));
    o.style = "plain";
    ok(write_with(taught_session, lessons[0].record, &o, &b));
    ok(write_with(NULL, lessons[0].record, &o, &c));
    check_writing(lessons[0].record, &a, 1);
    assert_string_equal(a.items[0].text, b.items[0].text);
    assert_string_equal(a.items[0].text, c.items[0].text);
    assert_string_equal(b.items[0].source, "record");
    assert_int_equal(b.items[0].tries, 0);
    writing_release(&a);
    writing_release(&b);
    writing_release(&c);
}

static void what_moderation_blocks_is_not_printed(void **state)
{
    (void)state;
    struct write_options o;
    struct writing w;
    write_options_default(&o);
    ok(write_with(NULL, "类型#裤*说明#加微信领券", &o, &w));
    assert_int_equal(w.items[0].moderation, MODERATION_BLOCK);
    assert_string_equal(w.items[0].text, "");
    assert_int_equal(w.items[0].facts.n, 0);
    writing_release(&w);
    ok(write_with(NULL, "类型#裤*说明#最好的面料", &o, &w));
    assert_int_equal(w.items[0].moderation, MODERATION_REVIEW);
    assert_non_null(strstr(w.items[0].text, "最好"));
    writing_release(&w);
}

static void bad_options(void **state)
{
    (void)state;
    struct write_options o;
    struct writing w;
    write_options_default(&o);
    o.n_texts = 0;
    assert_int_equal(write_with(NULL, lessons[0].record, &o, &w), ERR_USAGE);
    o.n_texts = 33;
    assert_int_equal(write_with(NULL, lessons[0].record, &o, &w), ERR_USAGE);
    write_options_default(&o);
    o.style = "baroque";
    assert_int_equal(write_with(NULL, lessons[0].record, &o, &w), ERR_USAGE);
    assert_non_null(strstr(status_message(), "baroque"));
    write_options_default(&o);
    o.decode.temperature = -1;
    assert_int_equal(write_with(taught_session, lessons[0].record, &o, &w), ERR_USAGE);
    assert_null(w.items);
}

static void failed_allocations(void **state)
{
    (void)state;
    struct write_options o;
    bool done = false;
    write_options_default(&o);
    o.decode.method = DECODE_GREEDY;
    o.decode.max_tokens = 24;
    for (uint64_t k = 1; !done && k < 1000000; k += 1 + k / 12) {
        struct writing w;
        mem_fail_at(k);
        status s = write_with(taught_session, lessons[3].record, &o, &w);
        done = mem_fail_at(0) < k;
        assert_int_equal(s, done ? OK : ERR_NOMEM);
        writing_release(&w);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nonsense_becomes_the_plain_sentence), cmocka_unit_test(an_honest_draft_is_taken),
        cmocka_unit_test(a_false_sentence_does_not_pass),      cmocka_unit_test(a_blocked_draft_does_not_pass),
        cmocka_unit_test(a_product_keeps_its_name), cmocka_unit_test(several_texts_differ),                cmocka_unit_test(plain_style_needs_no_model),
        cmocka_unit_test(what_moderation_blocks_is_not_printed), cmocka_unit_test(bad_options),
        cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

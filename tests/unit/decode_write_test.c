/* Writing with a tiny random model: each method against a plain one that runs the whole sequence again for every token. */
#include "decode_writing.h"

/* ---- the plain way ---- */

struct plain {
    struct session *s;
    struct infer_run *run;
    struct kv_cache *cache;
    int32_t ids[400];
    size_t prefix, n, V; /* n: prefix and text */
    float *logits;
};

static void plain_start(struct plain *p, struct session *s, bool write, struct text_span text)
{
    *p = (struct plain){.s = s, .V = s->model->config.vocab_size};
    ok(infer_run_new(s->model, s->compute, 512, 1, &p->run));
    ok(kv_cache_new(s->model, s->model->config.max_positions, &p->cache));
    p->logits = malloc(p->V * sizeof *p->logits);
    int32_t a[400], b[400];
    if (write) {
        struct tokens t_need = session_encode(s, need, a, 400), t_item = session_encode(s, item, b, 400);
        p->n = p->prefix = layout_write(NULL, p->ids, s->model->config.max_positions / 2, t_need, t_item);
    } else {
        p->n = session_encode(s, text, p->ids, 400).n;
    }
}

static void plain_end(struct plain *p)
{
    infer_run_free(p->run);
    kv_cache_free(p->cache);
    free(p->logits);
}

static void plain_forward(struct plain *p)
{
    kv_cache_truncate(p->cache, 0);
    ok(infer_prefill(p->run, p->cache, p->ids, p->n, p->prefix, p->logits));
}

static uint32_t utf8_after(const struct plain *p, uint32_t utf8, size_t id)
{
    size_t n = 0;
    const char *s = id < tokenizer_size(p->s->tokenizer) ? tokenizer_bytes(p->s->tokenizer, (int32_t)id, &n) : "";
    if (id == TOKEN_END) return utf8 == UTF8_BOUNDARY ? UTF8_BOUNDARY : UTF8_BAD;
    if (!n) return UTF8_BAD;
    for (size_t i = 0; i < n; i++) utf8 = utf8_step(utf8, (uint8_t)s[i]);
    return utf8;
}

/* Greedy by running everything again for each token. */
static double plain_greedy(struct plain *p, size_t max_tokens, struct strbuf *text)
{
    double sum = 0;
    uint32_t utf8 = UTF8_BOUNDARY;
    for (size_t n = 0; n < max_tokens; n++) {
        plain_forward(p);
        size_t best = p->V, length;
        for (size_t id = 0; id < p->V; id++) {
            if (utf8_after(p, utf8, id) != UTF8_BAD && (best == p->V || p->logits[id] > p->logits[best])) best = id;
        }
        sum += p->logits[best] - log_sum_exp(p->logits, p->V);
        if (best == TOKEN_END) break;
        utf8 = utf8_after(p, utf8, best);
        const char *s = tokenizer_bytes(p->s->tokenizer, (int32_t)best, &length);
        strbuf_add(text, s, length);
        p->ids[p->n++] = (int32_t)best;
    }
    text->len = utf8_whole(strbuf_str(text), text->len);
    return sum;
}

static void greedy_equals_the_plain_way(void **state)
{
    struct world *w = *state;
    struct session *sessions[2] = {w->bytes, w->merged};
    for (int i = 0; i < 2; i++) {
        struct plain p;
        struct strbuf text = {0};
        struct decode_options o = options(DECODE_GREEDY, 40);
        struct generation g = write_with(sessions[i], &o);
        plain_start(&p, sessions[i], true, span(""));
        double sum = plain_greedy(&p, 40, &text);
        assert_int_equal(g.items[0].n_bytes, text.len);
        assert_memory_equal(g.items[0].text, strbuf_str(&text), text.len);
        assert_float_equal(g.items[0].log_probability, sum, 1e-2);
        assert_true(g.items[0].n_tokens > 3);
        strbuf_release(&text);
        generation_release(&g);
        plain_end(&p);
    }
}

static void continuing_equals_the_plain_way(void **state)
{
    struct world *w = *state;
    struct plain p;
    struct strbuf text = {0};
    struct decode_options o = options(DECODE_GREEDY, 30);
    struct generation g;
    ok(session_continue(w->merged, span("the red dress is"), &o, &g, NULL));
    plain_start(&p, w->merged, false, span("the red dress is"));
    plain_greedy(&p, 30, &text);
    assert_int_equal(g.items[0].n_bytes, text.len);
    assert_memory_equal(g.items[0].text, strbuf_str(&text), text.len);
    strbuf_release(&text);
    generation_release(&g);
    plain_end(&p);
}

static void any_text_can_be_continued(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_GREEDY, 128);
    struct generation g, again;
    size_t n = 1 << 20;
    char *text = malloc(n);
    for (size_t i = 0; i < n; i++) text[i] = (char)(i % 251);
    ok(session_continue(w->merged, (struct text_span){NULL, 0}, &o, &g, NULL));
    check_text(&g.items[0]);
    generation_release(&g);
    ok(session_continue(w->merged, (struct text_span){text, n}, &o, &g, NULL));   /* only its end fits */
    check_text(&g.items[0]);
    ok(session_continue(w->merged, (struct text_span){text + n - 4000, 4000}, &o, &again, NULL));
    assert_string_equal(g.items[0].text, again.items[0].text);
    assert_true(g.items[0].n_tokens <= 80);   /* half of the positions */
    generation_release(&g);
    generation_release(&again);
    free(text);
}

static char *continued(struct session *s, const char *before, const char *digits)
{
    struct decode_options o = options(DECODE_GREEDY, 30);
    struct generation g;
    struct strbuf text = {0};
    strbuf_puts(&text, before);
    for (int i = 0; i < 20; i++) strbuf_puts(&text, digits);
    ok(session_continue(s, (struct text_span){text.data, text.len}, &o, &g, NULL));
    char *result = strdup(g.items[0].text);
    generation_release(&g);
    strbuf_release(&text);
    return result;
}

static void the_last_tokens_are_continued(void **state)
{
    struct world *w = *state;
    char *a = continued(w->merged, "the red dress", "0123456789"), *b = continued(w->merged, "棉", "0123456789"),
         *c = continued(w->merged, "the red dress", "9876543210");
    assert_string_equal(a, b);   /* 200 digits are 200 tokens, more than are read */
    assert_string_not_equal(a, c);
    free(a);
    free(b);
    free(c);
}

/* ---- likelihood ---- */

static void likelihood_equals_the_plain_way(void **state)
{
    struct world *w = *state;
    struct plain p;
    const char *text = "a red dress 棉";
    double sum, expected = 0;
    size_t n;
    int32_t ids[64];
    ok(session_log_likelihood(w->merged, need, item, span(text), &sum, &n));
    plain_start(&p, w->merged, true, span(""));
    struct tokens t = session_encode(w->merged, span(text), ids, 64);
    for (size_t i = 0; i <= t.n; i++) {
        int32_t target = i < t.n ? t.ids[i] : TOKEN_END;
        plain_forward(&p);
        expected += p.logits[target] - log_sum_exp(p.logits, p.V);
        p.ids[p.n++] = target;
    }
    assert_int_equal(n, t.n + 1);
    assert_float_equal(sum, expected, 1e-2);
    plain_end(&p);
}

static void generated_probability_is_the_likelihood(void **state)
{
    struct world *w = *state;
    size_t ended = 0;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct decode_options o = options(seed % 2 ? DECODE_BEAM : DECODE_SAMPLE, 60);
        o.n_candidates = seed % 2 ? 4 : 16;   /* samples end at different times; the others keep their caches */
        o.temperature = 2;
        o.seed = seed;
        o.length_penalty = (float)(seed % 3);
        item = span(fixture_texts[seed % 9]);
        struct generation g = write_with(w->bytes, &o);
        for (size_t i = 0; i < g.n; i++) {
            double sum;
            size_t n;
            if (!g.items[i].ended) continue;
            ok(session_log_likelihood(w->bytes, need, item, span(g.items[i].text), &sum, &n));
            assert_float_equal(g.items[i].log_probability, sum, 1e-2);
            assert_int_equal(n, g.items[i].n_tokens + 1);
            ended++;
        }
        generation_release(&g);
    }
    item = span("red dress, 棉, two pockets");
    assert_true(ended >= 12);
}

/* ---- beam ---- */

static void one_beam_is_greedy(void **state)
{
    struct world *w = *state;
    for (int k = 0; k < 9; k++) {
        struct decode_options beam = options(DECODE_BEAM, 30), greedy = options(DECODE_GREEDY, 30);
        beam.n_beams = 1;
        beam.length_penalty = 0;
        item = span(fixture_texts[k]);
        struct generation a = write_with(w->merged, &beam), b = write_with(w->merged, &greedy);
        assert_string_equal(a.items[0].text, b.items[0].text);
        assert_float_equal(a.items[0].log_probability, b.items[0].log_probability, 1e-3);
        generation_release(&a);
        generation_release(&b);
    }
    item = span("red dress, 棉, two pockets");
}

/* Every text of up to two tokens. */
static double best_of_two_tokens(struct plain *p, float alpha)
{
    double best = -INFINITY, first[400];
    plain_forward(p);
    double sum = log_sum_exp(p->logits, p->V);
    for (size_t id = 0; id < p->V; id++) first[id] = p->logits[id] - sum;
    best = first[TOKEN_END] / length_penalty(1, alpha);
    for (size_t id = 0; id < p->V; id++) {
        uint32_t utf8 = utf8_after(p, UTF8_BOUNDARY, id);
        if (id == TOKEN_END || utf8 == UTF8_BAD || first[id] / length_penalty(2, alpha) < best) continue;
        p->ids[p->n++] = (int32_t)id;
        plain_forward(p);
        sum = log_sum_exp(p->logits, p->V);
        for (size_t second = 0; second < p->V; second++) {
            double score = (first[id] + p->logits[second] - sum) / length_penalty(2, alpha);
            if (utf8_after(p, utf8, second) != UTF8_BAD && score > best) best = score;
        }
        p->n--;
    }
    return best;
}

static void wide_beam_finds_the_best(void **state)
{
    struct world *w = *state;
    float alphas[3] = {0, 1, 3};
    for (int k = 0; k < 9; k++) {
        struct plain p;
        struct decode_options o = options(DECODE_BEAM, 2);
        o.n_beams = 32;
        o.length_penalty = alphas[k % 3];
        item = span(fixture_texts[k]);
        struct generation g = write_with(w->bytes, &o);
        size_t length = g.items[0].n_tokens + (g.items[0].ended ? 1 : 0);
        plain_start(&p, w->bytes, true, span(""));
        assert_float_equal(g.items[0].log_probability / length_penalty(length, o.length_penalty), best_of_two_tokens(&p, o.length_penalty), 1e-3);
        generation_release(&g);
        plain_end(&p);
    }
    item = span("red dress, 棉, two pockets");
}

static void beam_ranks_different_texts(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_BEAM, 25);
    o.n_beams = o.n_candidates = 8;
    struct generation g = write_with(w->merged, &o), again = write_with(w->merged, &o);
    assert_true(g.n >= 2);
    for (size_t i = 0; i < g.n; i++) {
        const struct generated *a = &g.items[i];
        assert_string_equal(a->text, again.items[i].text);
        assert_true(a->log_probability == again.items[i].log_probability);
        for (size_t k = 0; k < i; k++) {
            const struct generated *b = &g.items[k];
            assert_string_not_equal(a->text, b->text);
            assert_true(b->log_probability / length_penalty(b->n_tokens + b->ended, 1) >= a->log_probability / length_penalty(a->n_tokens + a->ended, 1) - 1e-9);
        }
    }
    generation_release(&g);
    generation_release(&again);
}

/* It does not stop while a longer text may still win: forcing a length gives nothing better. */
static void beam_waits_for_longer_texts(void **state)
{
    struct world *w = *state;
    size_t better = 0;
    for (int k = 0; k < 9; k++) {
        struct decode_options o = options(DECODE_BEAM, 10);
        o.n_beams = 16;
        o.length_penalty = 2.5F;
        item = span(fixture_texts[k]);
        double score[11];
        for (o.min_tokens = 0; o.min_tokens <= 10; o.min_tokens++) {
            struct generation g = write_with(w->bytes, &o);
            score[o.min_tokens] = g.items[0].log_probability / length_penalty(g.items[0].n_tokens + g.items[0].ended, 2.5F);
            generation_release(&g);
            better += score[o.min_tokens] > score[0] + 1e-3;
        }
    }
    item = span("red dress, 棉, two pockets");
    assert_int_equal(better, 0);
}

/* The parts by themselves, on texts made by hand. */
static void bare_search(struct search *x, struct session *s, const struct decode_options *o)
{
    arena_clear(&s->arena);
    *x = (struct search){.session = s, .options = o, .arena = &s->arena, .trie = &s->trie, .max_tokens = o->max_tokens};
    ok(constraint_init(&x->constraint, &s->trie, o));
    ok(required_init(&x->required, &s->trie, o, &s->arena));
    ok(search_reserve_found(x));
}

static struct hypothesis *hand_made(struct search *x, const char *text, double score, size_t n_scored)
{
    struct hypothesis *h;
    ok(hypothesis_new(x, &h));
    h->n_bytes = strlen(text);
    memcpy(h->bytes, text, h->n_bytes);
    h->score = score;
    h->n_scored = n_scored;
    return h;
}

static void check_found(const struct search *x, const char *const *texts, size_t n)
{
    assert_int_equal(x->n_found, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(x->found[i]->n_bytes, strlen(texts[i]));
        assert_memory_equal(x->found[i]->bytes, texts[i], strlen(texts[i]));
    }
}

static void found_texts_are_ranked(void **state)
{
    struct world *w = *state;
    struct text_span required[1] = {span("x")};
    struct decode_options o = options(DECODE_BEAM, 20);
    o.n_candidates = 3;
    struct search x;
    bare_search(&x, w->merged, &o);
    search_keep(&x, hand_made(&x, "a", -4, 4), true);    /* -2.67 */
    search_keep(&x, hand_made(&x, "b", -5, 10), true);   /* -2 */
    check_found(&x, (const char *[]){"b", "a"}, 2);
    search_keep(&x, hand_made(&x, "a", -5, 4), true);    /* worse than it was */
    search_keep(&x, hand_made(&x, "a", -1, 4), true);    /* better: moves up */
    check_found(&x, (const char *[]){"a", "b"}, 2);
    search_keep(&x, hand_made(&x, "c", -9, 4), true);
    search_keep(&x, hand_made(&x, "d", -8, 4), true);
    search_keep(&x, hand_made(&x, "e", -8.5, 4), true);
    check_found(&x, (const char *[]){"a", "b", "d"}, 3);
    constraint_release(&x.constraint);
    o.required = required;
    o.n_required = 1;
    bare_search(&x, w->merged, &o);
    search_keep(&x, hand_made(&x, "a", -1, 4), false);
    search_keep(&x, hand_made(&x, "x", -9, 4), false);
    search_keep(&x, hand_made(&x, "a", -1, 4), false);   /* twice, if one likes */
    check_found(&x, (const char *[]){"x", "a", "a"}, 3);
    constraint_release(&x.constraint);
}

/* ---- sampling ---- */

static void seeds_decide(void **state)
{
    struct world *w = *state;
    size_t different = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct decode_options o = options(DECODE_SAMPLE, 20);
        o.seed = seed;
        o.n_candidates = 1 + seed % 3;
        struct generation a = write_with(w->merged, &o), b = write_with(w->merged, &o);
        for (size_t i = 0; i < a.n; i++) {
            assert_string_equal(a.items[i].text, b.items[i].text);
            assert_true(a.items[i].log_probability == b.items[i].log_probability);
        }
        o.seed = seed + 100;
        struct generation c = write_with(w->merged, &o);
        different += strcmp(a.items[0].text, c.items[0].text) != 0;
        generation_release(&a);
        generation_release(&b);
        generation_release(&c);
    }
    assert_true(different >= 8);
}

static void only_choice_is_greedy(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_SAMPLE, 30), greedy = options(DECODE_GREEDY, 30);
    struct generation expected = write_with(w->merged, &greedy);
    for (int how = 0; how < 4; how++) {
        struct decode_options narrow = o;
        narrow.seed = 77;
        if (how == 0) narrow.top_k = 1;
        if (how == 1) narrow.top_p = 1e-6F;
        if (how == 2) narrow.min_p = 1;
        if (how == 3) narrow.temperature = 1e-4F;
        struct generation g = write_with(w->merged, &narrow);
        assert_string_equal(g.items[0].text, expected.items[0].text);
        generation_release(&g);
    }
    generation_release(&expected);
}

/* Many first tokens; which one it was is seen from its log probability. */
static void first_tokens_follow_the_softmax(void **state)
{
    struct world *w = *state;
    struct plain p;
    size_t count[400] = {0}, draws = 0, cells = 0;
    double allowed = 0, chi = 0, log_p[400], rest = 0, rest_expected = 0;
    plain_start(&p, w->bytes, true, span(""));
    plain_forward(&p);
    double sum = log_sum_exp(p.logits, p.V);
    for (size_t id = 0; id < p.V; id++) {
        log_p[id] = utf8_after(&p, UTF8_BOUNDARY, id) == UTF8_BAD ? -INFINITY : p.logits[id] - sum;
        allowed += exp(log_p[id]);
    }
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct decode_options o = options(DECODE_SAMPLE, 1);
        o.n_candidates = 32;
        o.seed = seed;
        struct generation g = write_with(w->bytes, &o);
        for (size_t i = 0; i < g.n; i++, draws++) {
            size_t best = 0;
            for (size_t id = 0; id < p.V; id++)
                if (fabs(log_p[id] - g.items[i].log_probability) < fabs(log_p[best] - g.items[i].log_probability)) best = id;
            assert_float_equal(log_p[best], g.items[i].log_probability, 1e-3);
            count[best]++;
        }
        generation_release(&g);
    }
    for (size_t id = 0; id < p.V; id++) {
        double expected = (double)draws * exp(log_p[id]) / allowed;
        if (expected >= 5) {
            chi += ((double)count[id] - expected) * ((double)count[id] - expected) / expected;
            cells++;
        } else {
            rest += (double)count[id];
            rest_expected += expected;
        }
    }
    chi += (rest - rest_expected) * (rest - rest_expected) / fmax(rest_expected, 1);
    assert_true(draws == 4800 && cells > 5);
    assert_true(chi < (double)cells + 4.5 * sqrt(2.0 * (double)cells));
    plain_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_equals_the_plain_way), cmocka_unit_test(continuing_equals_the_plain_way),
        cmocka_unit_test(any_text_can_be_continued), cmocka_unit_test(the_last_tokens_are_continued),
        cmocka_unit_test(likelihood_equals_the_plain_way), cmocka_unit_test(generated_probability_is_the_likelihood),
        cmocka_unit_test(one_beam_is_greedy), cmocka_unit_test(wide_beam_finds_the_best),
        cmocka_unit_test(beam_ranks_different_texts), cmocka_unit_test(beam_waits_for_longer_texts),
        cmocka_unit_test(found_texts_are_ranked), cmocka_unit_test(seeds_decide),
        cmocka_unit_test(only_choice_is_greedy), cmocka_unit_test(first_tokens_follow_the_softmax)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* Writing with a tiny random model: each method against a plain one that runs the whole sequence again for every token. */
#include "decode_fixture.h"

struct world {
    char *byte_directory, *merged_directory;
    struct session *bytes, *merged; /* vocabulary of bytes only, so text tells the tokens; with merges */
};

static struct text_span need, item;

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    need = span("红色的 cotton dress");
    item = span("red dress, 棉, two pockets");
    w->byte_directory = fixture_directory(272, 160, 11);
    w->merged_directory = fixture_directory(500, 160, 12);
    w->bytes = fixture_session(w->byte_directory, 512);
    w->merged = fixture_session(w->merged_directory, 512);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    session_free(w->bytes);
    session_free(w->merged);
    fixture_remove(w->byte_directory);
    fixture_remove(w->merged_directory);
    free(w);
    return 0;
}

static struct decode_options options(enum decode_method method, size_t max_tokens)
{
    struct decode_options o;
    decode_options_default(&o);
    o.method = method;
    o.max_tokens = max_tokens;
    return o;
}

static void check_text(const struct generated *g)
{
    assert_int_equal(strlen(g->text), g->n_bytes);
    assert_true(utf8_valid(g->text, g->n_bytes, NULL));
}

static struct generation write_with(struct session *s, const struct decode_options *o)
{
    struct generation g;
    ok(session_write(s, need, item, o, &g, NULL));
    for (size_t i = 0; i < g.n; i++) check_text(&g.items[i]);
    assert_true(g.n >= 1 && g.n <= o->n_candidates);
    return g;
}

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
        p->n = p->prefix = layout_write(p->ids, s->model->config.max_positions / 2, t_need, t_item);
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

/* ---- repetition ---- */

static size_t distinct_bytes(const char *s)
{
    bool seen[256] = {0};
    size_t n = 0;
    for (; *s; s++) {
        n += !seen[(uint8_t)*s];
        seen[(uint8_t)*s] = true;
    }
    return n;
}

static bool has_repeated_trigram(const struct generated *g)
{
    for (size_t i = 0; i + 3 <= g->n_bytes; i++)
        for (size_t k = 0; k < i; k++)
            if (memcmp(g->text + i, g->text + k, 3) == 0) return true;
    return false;
}

static void repetition_is_held_back(void **state)
{
    struct world *w = *state;
    size_t repeated = 0, plain_distinct = 0, penalised_distinct = 0;
    for (int k = 0; k < 9; k++) {
        struct decode_options o = options(k % 2 ? DECODE_BEAM : DECODE_GREEDY, 60);
        o.min_tokens = 60;
        item = span(fixture_texts[k]);
        struct generation plain = write_with(w->bytes, &o);
        repeated += has_repeated_trigram(&plain.items[0]);
        plain_distinct += distinct_bytes(plain.items[0].text);
        o.repetition_penalty = 3;
        struct generation penalised = write_with(w->bytes, &o);
        penalised_distinct += distinct_bytes(penalised.items[0].text);
        o.repetition_penalty = 1;
        o.no_repeat_ngram = 3;
        struct generation g = write_with(w->bytes, &o);
        assert_false(has_repeated_trigram(&g.items[0]));
        assert_true(g.items[0].n_tokens == 60);
        generation_release(&plain);
        generation_release(&penalised);
        generation_release(&g);
    }
    item = span("red dress, 棉, two pockets");
    assert_true(repeated >= 5);
    assert_true(penalised_distinct > plain_distinct * 3 / 2);
}

/* ---- forbidden, required, stop ---- */

/* A stretch of characters, more than one, that a text really has: so it crosses tokens. */
static struct text_span some_stretch(const char *text, struct rng *rng)
{
    size_t n = strlen(text), starts[512], count = 0;
    for (size_t i = 0; i < n; i++) {
        if (((uint8_t)text[i] & 0xC0) != 0x80) starts[count++] = i;
    }
    starts[count] = n;
    if (count < 3) return (struct text_span){text, n};
    size_t from = rng_below(rng, count - 2), length = 1 + rng_below(rng, count - from < 5 ? count - from : 5);
    return (struct text_span){text + starts[from], starts[from + length] - starts[from]};
}

static void forbidden_texts_never_appear(void **state)
{
    struct world *w = *state;
    struct rng rng;
    rng_seed(&rng, 9);
    size_t tried = 0;
    for (uint64_t seed = 0; tried < 200; seed++) {
        struct session *s = seed % 2 ? w->bytes : w->merged;
        struct decode_options o = options(seed % 10 == 0 ? DECODE_BEAM : seed % 10 == 1 ? DECODE_GREEDY : DECODE_SAMPLE, 24);
        o.seed = seed;
        struct generation free_text = write_with(s, &o);
        struct text_span forbidden[6];
        for (int i = 0; i < 6; i++) forbidden[i] = some_stretch(free_text.items[0].text, &rng);
        o.forbidden = forbidden;
        o.n_forbidden = 6;
        if (forbidden[0].n && free_text.items[0].n_bytes > 6) {
            struct generation g = write_with(s, &o);
            for (int i = 0; i < 6; i++) assert_null(memmem(g.items[0].text, g.items[0].n_bytes, forbidden[i].s, forbidden[i].n));
            generation_release(&g);
            tried++;
        }
        generation_release(&free_text);
    }
}

static void everything_forbidden_gives_an_empty_text(void **state)
{
    struct world *w = *state;
    char all[256];
    struct text_span forbidden[256];
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
        forbidden[i] = (struct text_span){&all[i], 1};
    }
    for (int m = DECODE_GREEDY; m <= DECODE_SAMPLE; m++) {
        struct decode_options o = options((enum decode_method)m, 10);
        o.forbidden = forbidden;
        o.n_forbidden = 256;
        struct generation g = write_with(w->merged, &o);
        assert_string_equal(g.items[0].text, "");
        assert_true(g.items[0].ended);
        generation_release(&g);
        o.min_tokens = 1;   /* not even an end */
        g = write_with(w->merged, &o);
        assert_string_equal(g.items[0].text, "");
        assert_false(g.items[0].ended);
        generation_release(&g);
    }
}

static void required_texts_appear(void **state)
{
    struct world *w = *state;
    struct text_span required[3] = {span("steel pockets"), span("连衣裙"), span("$39.90")};
    size_t ended = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct session *s = seed % 2 ? w->bytes : w->merged;
        struct decode_options o = options((enum decode_method)(seed % 3), 60);
        o.seed = seed;
        o.required = required;
        o.n_required = 1 + seed % 3;
        o.n_candidates = o.method == DECODE_GREEDY ? 1 : 3;
        o.no_repeat_ngram = seed % 4;
        struct generation g = write_with(s, &o);
        for (size_t k = 0; k < g.n; k++) {
            assert_true(g.items[k].required_met);
            for (size_t i = 0; i < o.n_required; i++) assert_non_null(strstr(g.items[k].text, required[i].s));
            ended += g.items[k].ended;
        }
        generation_release(&g);
    }
    assert_true(ended > 0);   /* END comes back once all have appeared */
}

static void required_without_room_is_told(void **state)
{
    struct world *w = *state;
    struct text_span required[1] = {span("a text far longer than that")};
    struct decode_options o = options(DECODE_GREEDY, 8);
    o.required = required;
    o.n_required = 1;
    struct generation g = write_with(w->bytes, &o);
    assert_false(g.items[0].required_met);
    assert_false(g.items[0].ended);
    generation_release(&g);
    o.n_required = 0;
    g = write_with(w->bytes, &o);
    assert_true(g.items[0].required_met);
    generation_release(&g);
}

struct sink {
    struct strbuf text;
    size_t calls, refuse_at;
};

static bool receive(void *context, const char *bytes, size_t n)
{
    struct sink *sink = context;
    assert_true(n > 0 && utf8_valid(bytes, n, NULL));
    strbuf_add(&sink->text, bytes, n);
    return ++sink->calls != sink->refuse_at;
}

static void stop_texts_end_it(void **state)
{
    struct world *w = *state;
    struct rng rng;
    size_t inside = 0;
    rng_seed(&rng, 21);
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct session *s = seed % 2 ? w->bytes : w->merged;
        struct decode_options o = options(DECODE_SAMPLE, 30);
        o.seed = seed;
        struct generation whole = write_with(s, &o), g;
        struct text_span stop[2] = {some_stretch(whole.items[0].text, &rng), span("never written, this one")};
        if (!stop[0].n) {
            generation_release(&whole);
            continue;
        }
        struct sink sink = {0};
        o.stop = stop;
        o.n_stop = 2;
        ok(session_write(s, need, item, &o, &g, &(struct token_sink){&sink, receive}));
        size_t expected = (size_t)((char *)memmem(whole.items[0].text, whole.items[0].n_bytes, stop[0].s, stop[0].n) - whole.items[0].text);
        assert_int_equal(g.items[0].n_bytes, expected);
        assert_memory_equal(g.items[0].text, whole.items[0].text, expected);
        assert_true(g.items[0].ended);
        assert_string_equal(strbuf_str(&sink.text), g.items[0].text);   /* nothing of the stop text was handed out */
        inside += expected > 0;
        strbuf_release(&sink.text);
        generation_release(&whole);
        generation_release(&g);
    }
    assert_true(inside > 20);
}

static void stop_texts_wait_for_required_ones(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_GREEDY, 50);
    struct generation whole = write_with(w->merged, &o);
    struct text_span stop[1] = {{whole.items[0].text, utf8_whole(whole.items[0].text, whole.items[0].n_bytes > 4 ? 4 : whole.items[0].n_bytes)}};
    struct text_span required[1] = {span("two pockets")};
    assert_true(stop[0].n > 0);
    o.stop = stop;
    o.n_stop = 1;
    o.required = required;
    o.n_required = 1;
    struct generation g = write_with(w->merged, &o);
    assert_true(g.items[0].required_met);
    assert_null(strstr(g.items[0].text, whole.items[0].text));
    generation_release(&whole);
    generation_release(&g);
}

static void short_texts_can_be_refused(void **state)
{
    struct world *w = *state;
    size_t shorter = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct decode_options o = options(seed % 3 ? DECODE_SAMPLE : DECODE_BEAM, 40);
        o.seed = seed;
        o.temperature = 2;
        struct generation g = write_with(w->bytes, &o);
        shorter += g.items[0].n_tokens < 30;
        generation_release(&g);
        o.min_tokens = 30;
        g = write_with(w->bytes, &o);
        assert_in_range(g.items[0].n_tokens, 30, 40);
        generation_release(&g);
    }
    assert_true(shorter > 0);
}

/* ---- sink ---- */

static void pieces_make_the_text(void **state)
{
    struct world *w = *state;
    for (int m = DECODE_GREEDY; m <= DECODE_SAMPLE; m++) {
        struct sink sink = {0};
        struct generation g;
        struct decode_options o = options((enum decode_method)m, 30);
        o.min_tokens = 20;
        ok(session_write(w->bytes, need, item, &o, &g, &(struct token_sink){&sink, receive}));
        assert_string_equal(strbuf_str(&sink.text), g.items[0].text);
        if (m == DECODE_BEAM) assert_int_equal(sink.calls, 1);
        else assert_true(sink.calls > 3);
        strbuf_release(&sink.text);
        generation_release(&g);
    }
}

static void sink_can_stop(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_GREEDY, 40);
    o.min_tokens = 40;
    struct generation whole = write_with(w->bytes, &o), g;
    struct sink sink = {.refuse_at = 3};
    ok(session_write(w->bytes, need, item, &o, &g, &(struct token_sink){&sink, receive}));
    assert_int_equal(sink.calls, 3);
    assert_string_equal(strbuf_str(&sink.text), g.items[0].text);
    assert_false(g.items[0].ended);
    assert_true(g.items[0].n_tokens < whole.items[0].n_tokens);
    assert_memory_equal(g.items[0].text, whole.items[0].text, g.items[0].n_bytes);
    strbuf_release(&sink.text);
    generation_release(&whole);
    generation_release(&g);
}

/* Also while bytes are held back, because they may become a stop text. */
static void stopped_text_is_what_was_handed_out(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_GREEDY, 40);
    o.min_tokens = 40;
    struct generation whole = write_with(w->merged, &o), g;
    size_t held = 0;
    for (size_t at = 1; at + 1 < whole.items[0].n_bytes && at < 40; at++) {
        char never[8];
        snprintf(never, sizeof never, "%cnever", whole.items[0].text[at]);
        struct text_span stop[1] = {span(never)};
        o.stop = stop;
        o.n_stop = 1;
        for (size_t refuse_at = 1; refuse_at < 12; refuse_at++) {
            struct sink sink = {.refuse_at = refuse_at};
            ok(session_write(w->merged, need, item, &o, &g, &(struct token_sink){&sink, receive}));
            assert_string_equal(strbuf_str(&sink.text), g.items[0].text);
            held += g.items[0].n_bytes < strlen(g.items[0].text) + 1 && whole.items[0].text[g.items[0].n_bytes] == never[0];
            strbuf_release(&sink.text);
            generation_release(&g);
        }
    }
    assert_true(held > 0);
    generation_release(&whole);
}

/* ---- limits, reuse, failures ---- */

static void text_ends_where_positions_end(void **state)
{
    struct world *w = *state;
    char *long_text = malloc(5001);
    memset(long_text, 'x', 5000);
    long_text[5000] = 0;
    struct text_span before = item;
    item = span(long_text);   /* cut to half of the 160 positions */
    for (int m = DECODE_GREEDY; m <= DECODE_SAMPLE; m++) {
        struct decode_options o = options((enum decode_method)m, 1000);
        o.min_tokens = 1000;
        struct generation g = write_with(w->bytes, &o);
        assert_int_equal(g.items[0].n_tokens, 80);
        assert_false(g.items[0].ended);
        generation_release(&g);
    }
    double sum;
    size_t n;
    ok(session_log_likelihood(w->bytes, need, item, span(long_text), &sum, &n));
    assert_int_equal(n, 80);
    item = before;
    free(long_text);
}

static void remembered_prefixes_change_nothing(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_BEAM, 30), other = options(DECODE_SAMPLE, 50);
    struct session *fresh = fixture_session(w->merged_directory, 512);
    struct generation first = write_with(fresh, &o), g;
    other.n_candidates = 5;
    for (int round = 0; round < 4; round++) {
        if (round == 1) ok(session_continue(fresh, span("the boots"), &other, &g, NULL));
        if (round == 2) g = write_with(fresh, &other);
        if (round == 3) ok(session_write(fresh, span("other"), item, &other, &g, NULL));
        if (round) generation_release(&g);
        g = write_with(fresh, &o);
        assert_string_equal(g.items[0].text, first.items[0].text);
        assert_true(g.items[0].log_probability == first.items[0].log_probability);
        generation_release(&g);
    }
    generation_release(&first);
    session_free(fresh);
}

static void beginning_of_a_remembered_prefix_is_another(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_GREEDY, 20);
    struct generation first, longer, again;
    ok(session_continue(w->merged, span("the red"), &o, &first, NULL));
    ok(session_continue(w->merged, span("the red dress is"), &o, &longer, NULL));
    ok(session_continue(w->merged, span("the red"), &o, &again, NULL));
    assert_string_equal(first.items[0].text, again.items[0].text);
    assert_true(first.items[0].log_probability == again.items[0].log_probability);
    assert_true(first.items[0].log_probability != longer.items[0].log_probability);
    generation_release(&first);
    generation_release(&longer);
    generation_release(&again);
}

static void every_allocation_of_writing_may_fail(void **state)
{
    struct world *w = *state;
    struct text_span forbidden[1] = {span("red")}, required[1] = {span("dress")};
    struct decode_options o = options(DECODE_BEAM, 12);
    o.forbidden = forbidden;
    o.required = required;
    o.n_forbidden = o.n_required = 1;
    struct generation expected = write_with(w->merged, &o), g;
    size_t failures = 0;
    for (uint64_t n = 1;; n++) {
        struct session *s = fixture_session(w->merged_directory, 256);
        mem_fail_at(n);
        status result = session_write(s, need, item, &o, &g, NULL);
        mem_fail_at(0);
        if (result != OK) {
            assert_int_equal(result, ERR_NOMEM);
            assert_true(g.n == 0 && !g.items);
            ok(session_write(s, need, item, &o, &g, NULL));   /* the session is still good */
            failures++;
        }
        assert_string_equal(g.items[0].text, expected.items[0].text);
        generation_release(&g);
        session_free(s);
        if (result == OK) break;
    }
    assert_true(failures > 5);
    generation_release(&expected);
}

static void damaged_weights_are_told(void **state)
{
    (void)state;
    char *directory = fixture_directory(272, 64, 4);
    struct model *m;
    ok(model_load(directory, true, &m));
    for (size_t i = 0; i < m->n_floats; i++) m->params[i] = NAN;
    ok(model_save(m, directory, DTYPE_F32));
    model_free(m);
    struct session *s;
    struct generation g = {0};
    struct decode_options o = options(DECODE_GREEDY, 10);
    status result = session_new(&(struct session_options){.model_directory = directory, .threads = 1}, &s);
    if (result == OK) {
        result = session_write(s, need, item, &o, &g, NULL);
        session_free(s);
    }
    assert_int_equal(result, ERR_FORMAT);
    assert_non_null(strstr(status_message(), directory));
    fixture_remove(directory);
}

/* ---- options ---- */

#define BAD(name, change)                                                                   \
    do {                                                                                    \
        struct decode_options o;                                                            \
        struct generation g;                                                                \
        decode_options_default(&o);                                                         \
        ok(decode_options_check(&o));                                                       \
        change;                                                                             \
        assert_int_equal(decode_options_check(&o), ERR_USAGE);                              \
        if (!strstr(status_message(), name)) fail_msg("%s: %s", name, status_message());    \
        assert_int_equal(session_write(w->bytes, need, item, &o, &g, NULL), ERR_USAGE);     \
        assert_true(g.n == 0 && !g.items);                                                  \
    } while (0)

static void bad_options_are_named(void **state)
{
    struct world *w = *state;
    struct text_span empty[1] = {{"", 0}}, dress[2] = {span("xx"), span("red dress")}, red[1] = {span("red")}, broken[1] = {span("\xE4\xBD")},
                     huge[1] = {{"x", DECODE_CONSTRAINT_BYTES_MAX + 1}}, many[65];
    for (int i = 0; i < 65; i++) many[i] = span("a");
    BAD("method", o.method = (enum decode_method)7);
    BAD("n_beams", o.n_beams = 0);
    BAD("n_beams", o.n_beams = DECODE_BEAMS_MAX + 1);
    BAD("n_candidates", o.n_candidates = 0);
    BAD("n_candidates", o.n_candidates = 2);
    BAD("n_candidates", (o.method = DECODE_BEAM, o.n_candidates = 5));
    BAD("n_candidates", (o.method = DECODE_SAMPLE, o.n_candidates = 1000));
    BAD("length_penalty", o.length_penalty = -1);
    BAD("length_penalty", o.length_penalty = NAN);
    BAD("temperature", o.temperature = 0);
    BAD("temperature", o.temperature = -1);
    BAD("temperature", o.temperature = INFINITY);
    BAD("top_p", o.top_p = 0);
    BAD("top_p", o.top_p = 1.5F);
    BAD("top_p", o.top_p = NAN);
    BAD("min_p", o.min_p = -0.1F);
    BAD("min_p", o.min_p = 1.1F);
    BAD("repetition_penalty", o.repetition_penalty = 0);
    BAD("repetition_penalty", o.repetition_penalty = NAN);
    BAD("max_tokens", o.max_tokens = 0);
    BAD("max_tokens", o.max_tokens = SIZE_MAX);
    BAD("min_tokens", o.min_tokens = 129);
    BAD("forbidden", o.n_forbidden = 1);
    BAD("forbidden", (o.forbidden = empty, o.n_forbidden = 1));
    BAD("stop", (o.stop = huge, o.n_stop = 1));
    BAD("required", (o.required = many, o.n_required = 65));
    BAD("required", (o.required = broken, o.n_required = 1));
    BAD("required text 2 contains forbidden text 1", (o.required = dress, o.n_required = 2, o.forbidden = red, o.n_forbidden = 1));
    BAD("required text 2 contains stop text 1", (o.required = dress, o.n_required = 2, o.stop = red, o.n_stop = 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_equals_the_plain_way), cmocka_unit_test(continuing_equals_the_plain_way),
        cmocka_unit_test(any_text_can_be_continued),
        cmocka_unit_test(the_last_tokens_are_continued), cmocka_unit_test(likelihood_equals_the_plain_way),
        cmocka_unit_test(generated_probability_is_the_likelihood), cmocka_unit_test(one_beam_is_greedy),
        cmocka_unit_test(wide_beam_finds_the_best), cmocka_unit_test(beam_ranks_different_texts),
        cmocka_unit_test(beam_waits_for_longer_texts), cmocka_unit_test(found_texts_are_ranked), cmocka_unit_test(seeds_decide),
        cmocka_unit_test(only_choice_is_greedy), cmocka_unit_test(first_tokens_follow_the_softmax),
        cmocka_unit_test(repetition_is_held_back), cmocka_unit_test(forbidden_texts_never_appear),
        cmocka_unit_test(everything_forbidden_gives_an_empty_text), cmocka_unit_test(required_texts_appear),
        cmocka_unit_test(required_without_room_is_told), cmocka_unit_test(stop_texts_end_it),
        cmocka_unit_test(stop_texts_wait_for_required_ones), cmocka_unit_test(short_texts_can_be_refused),
        cmocka_unit_test(pieces_make_the_text), cmocka_unit_test(sink_can_stop),
        cmocka_unit_test(stopped_text_is_what_was_handed_out), cmocka_unit_test(text_ends_where_positions_end),
        cmocka_unit_test(remembered_prefixes_change_nothing),
        cmocka_unit_test(beginning_of_a_remembered_prefix_is_another), cmocka_unit_test(every_allocation_of_writing_may_fail),
        cmocka_unit_test(damaged_weights_are_told), cmocka_unit_test(bad_options_are_named)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* Repetition, forbidden, required and stop texts, the sink, limits, reuse and bad options. */
#include "decode_writing.h"

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

static void models_without_room_are_refused(void **state)
{
    (void)state;
    for (uint32_t positions = 1; positions < 20; positions++) {
        char *directory = fixture_directory(272, positions, 3);
        struct session *s = fixture_session(directory, 0);
        struct decode_options o = options(DECODE_BEAM, 20);
        struct generation g, c;
        double sum;
        size_t n;
        status written = session_write(s, need, item, &o, &g, NULL), continued = session_continue(s, item, &o, &c, NULL);
        assert_int_equal(written, positions < 8 ? ERR_LIMIT : OK);
        assert_int_equal(continued, positions < 2 ? ERR_LIMIT : OK);
        assert_int_equal(session_log_likelihood(s, need, item, item, &sum, &n), written);
        if (written == OK) assert_in_range(g.items[0].n_tokens, 0, (positions + 1) / 2);
        if (continued == OK) assert_in_range(c.items[0].n_tokens, 0, (positions + 1) / 2);
        generation_release(&g);
        generation_release(&c);
        session_free(s);
        fixture_remove(directory);
    }
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
    BAD("opening", o.opening = broken[0]);
    BAD("opening", o.opening.n = 2);
    BAD("required text 2 contains forbidden text 1", (o.required = dress, o.n_required = 2, o.forbidden = red, o.n_forbidden = 1));
    BAD("required text 2 contains stop text 1", (o.required = dress, o.n_required = 2, o.stop = red, o.n_stop = 1));
}

/* ---- opening ---- */

static void texts_begin_with_the_opening(void **state)
{
    struct world *w = *state;
    static const enum decode_method methods[] = {DECODE_GREEDY, DECODE_BEAM, DECODE_SAMPLE};
    for (int i = 0; i < 3; i++) {
        struct decode_options o = options(methods[i], 60);
        struct text_span forbidden = span("棉");
        o.opening = span("Voxpine 木匣 20W 棉 dress。");
        o.forbidden = &forbidden;
        o.n_forbidden = 1;
        o.no_repeat_ngram = 1;
        o.n_candidates = methods[i] == DECODE_GREEDY ? 1 : 3;
        struct generation g = write_with(i % 2 ? w->bytes : w->merged, &o);
        for (size_t k = 0; k < g.n; k++) {
            assert_memory_equal(g.items[k].text, o.opening.s, o.opening.n);
            assert_true(g.items[k].n_bytes > o.opening.n);
            assert_null(strstr(g.items[k].text + o.opening.n, "棉"));
        }
        generation_release(&g);
    }
}

/* Tokens are bytes here: what greedy wrote anyway changes nothing when it is given. */
static void an_opening_goes_on_as_if_written(void **state)
{
    struct world *w = *state;
    struct decode_options o = options(DECODE_GREEDY, 50);
    struct generation g = write_with(w->bytes, &o), again;
    o.opening = (struct text_span){g.items[0].text, utf8_whole(g.items[0].text, g.items[0].n_bytes / 2)};
    assert_true(o.opening.n > 3);
    again = write_with(w->bytes, &o);
    assert_string_equal(again.items[0].text, g.items[0].text);
    assert_float_equal(again.items[0].log_probability, g.items[0].log_probability, 1e-6);
    generation_release(&g);
    generation_release(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repetition_is_held_back), cmocka_unit_test(forbidden_texts_never_appear),
        cmocka_unit_test(everything_forbidden_gives_an_empty_text), cmocka_unit_test(required_texts_appear),
        cmocka_unit_test(required_without_room_is_told), cmocka_unit_test(stop_texts_end_it),
        cmocka_unit_test(stop_texts_wait_for_required_ones), cmocka_unit_test(short_texts_can_be_refused),
        cmocka_unit_test(pieces_make_the_text), cmocka_unit_test(sink_can_stop),
        cmocka_unit_test(stopped_text_is_what_was_handed_out), cmocka_unit_test(text_ends_where_positions_end),
        cmocka_unit_test(models_without_room_are_refused),
        cmocka_unit_test(texts_begin_with_the_opening), cmocka_unit_test(an_opening_goes_on_as_if_written),
        cmocka_unit_test(remembered_prefixes_change_nothing),
        cmocka_unit_test(beginning_of_a_remembered_prefix_is_another),
        cmocka_unit_test(every_allocation_of_writing_may_fail), cmocka_unit_test(damaged_weights_are_told),
        cmocka_unit_test(bad_options_are_named)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

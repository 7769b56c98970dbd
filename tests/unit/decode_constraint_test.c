/* The vocabulary's trie, the automaton and its masks, against the plain question "what does text + token contain?". */
#include "decode_fixture.h"

struct world {
    struct tokenizer *tokenizer;
    struct token_trie trie;
    size_t V;
    uint64_t *mask;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->tokenizer = fixture_tokenizer(600);
    w->V = tokenizer_size(w->tokenizer) + 7;
    ok(token_trie_init(&w->trie, w->tokenizer, w->V));
    w->mask = calloc(w->trie.mask_words, 8);
    assert_true(tokenizer_size(w->tokenizer) > 320);   /* merges there are */
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    token_trie_release(&w->trie);
    tokenizer_free(w->tokenizer);
    free(w->mask);
    free(w);
    return 0;
}

static const char *bytes_of(const struct world *w, size_t id, size_t *n)
{
    *n = 0;
    return id < tokenizer_size(w->tokenizer) ? tokenizer_bytes(w->tokenizer, (int32_t)id, n) : "";
}

/* ---- trie ---- */

static void trie_holds_every_token(void **state)
{
    struct world *w = *state;
    for (size_t id = 0; id < w->V; id++) {
        size_t n, length;
        const char *s = bytes_of(w, id, &n);
        if (!n) continue;
        int32_t found = token_trie_longest(&w->trie, s, n, &length);
        size_t n_found;
        const char *t = bytes_of(w, (size_t)found, &n_found);
        assert_int_equal(length, n);
        assert_int_equal(n_found, n);
        assert_memory_equal(s, t, n);
    }
}

static void longest_token_wins(void **state)
{
    struct world *w = *state;
    const char *text = " dressmaker";
    size_t length, best = 0;
    int32_t got = token_trie_longest(&w->trie, text, strlen(text), &length);
    for (size_t id = 0; id < w->V; id++) {
        size_t n;
        const char *s = bytes_of(w, id, &n);
        if (n <= strlen(text) && n > best && memcmp(s, text, n) == 0) best = n;
    }
    assert_true(got >= 0);
    assert_int_equal(length, best);
    assert_true(best > 2);
}

/* A text that is some characters and `tail`, the begun one. */
static void utf8_masks_equal_asking(void **state)
{
    struct world *w = *state;
    const char *tails[] = {"", "\xC3", "\xE4", "\xE4\xBD", "\xE0", "\xED", "\xF0", "\xF1", "\xF0\x9F", "\xF4", "\xF0\x9F\x98"};
    for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
        uint32_t utf8 = UTF8_BOUNDARY;
        for (const char *p = tails[k]; *p; p++) utf8 = utf8_step(utf8, (uint8_t)*p);
        assert_true(utf8 < UTF8_STATES);
        for (size_t id = 0; id < w->V; id++) {
            char text[256];
            size_t n, n_tail = strlen(tails[k]), bad = 0;
            const char *s = bytes_of(w, id, &n);
            memcpy(text, tails[k], n_tail);
            memcpy(text + n_tail, s, n);
            size_t total = n_tail + n, whole = utf8_whole(text, total);
            bool wrong = n == 0 || memchr(s, 0, n) || !utf8_valid(text, whole, &bad);
            if (!wrong && whole < total) {   /* a begun character can be finished somehow */
                bool finishable = false;
                for (int a = 0x80; a < 0xC0 && !finishable; a += 1) {
                    char more[260];
                    memcpy(more, text, total);
                    memset(more + total, 0x80, 3);
                    more[total] = (char)a;
                    for (size_t extra = 1; extra <= 3; extra++) finishable |= utf8_valid(more, total + extra, NULL);
                }
                wrong = !finishable;
            }
            if (mask_has(token_trie_utf8_mask(&w->trie, utf8), id) != wrong) fail_msg("tail %zu token %zu", k, id);
        }
    }
}

static void whole_characters(void **state)
{
    (void)state;
    const char *text = "a\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80z";
    size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (size_t n = 0; n <= 11; n++) assert_int_equal(utf8_whole(text, n), expected[n]);
    assert_int_equal(utf8_whole("\x80", 1), 0);
}

/* ---- automaton ---- */

static bool completes(const char *text, size_t n_text, size_t n_token, struct text_span x)
{
    for (size_t end = n_text - n_token + 1; end <= n_text; end++) {
        if (x.n <= end && memcmp(text + end - x.n, x.s, x.n) == 0) return true;
    }
    return false;
}

static struct text_span random_piece(struct rng *rng)
{
    const char *s = fixture_texts[rng_below(rng, sizeof fixture_texts / sizeof *fixture_texts)];
    size_t n = strlen(s), at = rng_below(rng, n - 1);
    size_t length = 1 + rng_below(rng, n - at < 12 ? n - at : 12);
    return (struct text_span){s + at, length};
}

/* Random forbidden and stop texts, cut from the texts the vocabulary comes from (so they overlap with tokens, also in the
 * middle of characters); random texts; every token; all three kinds of mask. */
static void masks_equal_asking(void **state)
{
    struct world *w = *state;
    struct rng rng;
    rng_seed(&rng, 3);
    size_t banned = 0, free_tokens = 0;
    for (int round = 0; round < 60; round++) {
        struct text_span forbidden[6], stop[3];
        for (int i = 0; i < 6; i++) forbidden[i] = random_piece(&rng);
        for (int i = 0; i < 3; i++) stop[i] = random_piece(&rng);
        struct decode_options o = {.forbidden = forbidden, .n_forbidden = 1 + rng_below(&rng, 6), .stop = stop, .n_stop = rng_below(&rng, 4)};
        struct constraint c;
        ok(constraint_init(&c, &w->trie, &o));
        for (int k = 0; k < 8; k++) {
            char text[512];
            struct text_span a = random_piece(&rng), b = forbidden[rng_below(&rng, o.n_forbidden)];
            size_t n_b = rng_below(&rng, b.n), n_text = a.n + n_b;   /* ends with the beginning of a forbidden one */
            memcpy(text, a.s, a.n);
            memcpy(text + a.n, b.s, n_b);
            int32_t node = 0;
            for (size_t i = 0; i < n_text; i++) node = automaton_step(&c.automaton, node, (uint8_t)text[i]);
            for (uint8_t flags = 1; flags <= 3; flags += 2) {
                memset(w->mask, 0, w->trie.mask_words * 8);
                constraint_ban(&c, node, flags, w->mask);
                for (size_t id = 0; id < w->V; id++) {
                    size_t n;
                    const char *s = bytes_of(w, id, &n);
                    memcpy(text + n_text, s, n);
                    bool hit = false;
                    for (size_t i = 0; i < o.n_forbidden; i++) hit |= completes(text, n_text + n, n, forbidden[i]);
                    for (size_t i = 0; i < o.n_stop && flags == 3; i++) hit |= completes(text, n_text + n, n, stop[i]);
                    if (hit != mask_has(w->mask, id)) fail_msg("round %d token %zu: %d", round, id, hit);
                    if (n) assert_int_equal(hit, constraint_hits(&c, node, s, n, flags));
                    banned += hit;
                    free_tokens += !hit;
                }
            }
        }
        constraint_release(&c);
    }
    assert_true(banned > 1000 && free_tokens > 1000);
}

static void all_byte_values_can_occur(void **state)
{
    struct world *w = *state;
    char all[256];
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    struct text_span forbidden[1] = {{all, 256}};
    struct constraint c;
    ok(constraint_init(&c, &w->trie, &(struct decode_options){.forbidden = forbidden, .n_forbidden = 1}));
    assert_false(constraint_hits(&c, 0, all, 255, CONSTRAINT_FORBIDDEN));
    assert_true(constraint_hits(&c, 0, all, 256, CONSTRAINT_FORBIDDEN));
    constraint_release(&c);
}

static void advancing_finds_required_and_stop(void **state)
{
    struct world *w = *state;
    struct text_span required[2] = {span("dress"), span("红色")}, stop[3] = {span("END"), span("ND"), span("\n\n")};
    struct decode_options o = {.required = required, .n_required = 2, .stop = stop, .n_stop = 3};
    struct constraint c;
    struct text_state t = {0};
    size_t surplus;
    ok(constraint_init(&c, &w->trie, &o));
    assert_int_equal(c.all_required, 3);
    assert_false(constraint_advance(&c, &t, "a dr", 4, &surplus));
    assert_int_equal(t.seen, 0);
    assert_false(constraint_advance(&c, &t, "ess 红", 7, &surplus));
    assert_int_equal(t.seen, 1);
    assert_false(constraint_advance(&c, &t, "色 E", 5, &surplus));
    assert_int_equal(t.seen, 3);
    assert_int_equal(c.automaton.stop_prefix[t.node], 1);
    assert_true(constraint_advance(&c, &t, "NDless", 6, &surplus));
    assert_int_equal(surplus, 4 + 3);   /* the longest stop text that ends there */
    constraint_release(&c);
}

static void begun_stop_texts_are_seen_inside_other_texts(void **state)
{
    struct world *w = *state;
    struct text_span forbidden[1] = {span("red boots")}, stop[1] = {span("boat")};
    struct constraint c;
    struct text_state t = {0};
    size_t surplus;
    ok(constraint_init(&c, &w->trie, &(struct decode_options){.forbidden = forbidden, .n_forbidden = 1, .stop = stop, .n_stop = 1}));
    constraint_advance(&c, &t, "red bo", 6, &surplus);
    assert_int_equal(c.automaton.stop_prefix[t.node], 2);
    constraint_advance(&c, &t, "o", 1, &surplus);
    assert_int_equal(c.automaton.stop_prefix[t.node], 0);
    constraint_release(&c);
}

/* ---- required ---- */

static const char *choose(const struct world *w, const char *text, const char *x, const char *forbidden, enum force_need need, size_t room)
{
    static char got[64];
    struct text_span required[1] = {span(x)}, banned[1] = {span(forbidden)};
    struct decode_options o = {.required = required, .n_required = 1, .forbidden = banned, .n_forbidden = *forbidden != 0};
    struct constraint c;
    struct required r;
    struct arena arena;
    struct text_state t = {0};
    size_t n = 0, surplus;
    arena_init(&arena, 0);
    ok(constraint_init(&c, &w->trie, &o));
    ok(required_init(&r, &w->trie, &o, &arena));
    constraint_advance(&c, &t, text, strlen(text), &surplus);
    const char *s = required_choose(&r, &c, &t, text, strlen(text), room, need, &n);
    snprintf(got, sizeof got, "%.*s", (int)n, s ? s : "-");
    if (!s) strcpy(got, "none");
    constraint_release(&c);
    arena_release(&arena);
    return got;
}

static void forced_text_fits_what_is_written(void **state)
{
    struct world *w = *state;
    assert_string_equal(choose(w, "", "dress", "", FORCE_ANYWHERE, 50), "dress");
    assert_string_equal(choose(w, "the ", "dress", "", FORCE_ANYWHERE, 50), "dress");
    assert_string_equal(choose(w, "the", "dress", "", FORCE_ANYWHERE, 50), " dress");
    assert_string_equal(choose(w, "the dr", "dress", "", FORCE_ANYWHERE, 50), "ess");
    assert_string_equal(choose(w, "the red", "dress", "", FORCE_ANYWHERE, 50), " dress");   /* not red|ress */
    assert_string_equal(choose(w, "the red", "dress", "", FORCE_AT_WORD, 50), "none");
    assert_string_equal(choose(w, "the red ", "dress", "", FORCE_AT_WORD, 50), "dress");
    assert_string_equal(choose(w, "the dr", "dress", "", FORCE_AT_WORD, 50), "ess");
    assert_string_equal(choose(w, "这款", "红色", "", FORCE_AT_WORD, 50), "红色");
    assert_string_equal(choose(w, "这款红", "红色", "", FORCE_AT_WORD, 50), "色");
    assert_string_equal(choose(w, "这款\xE7", "红色", "", FORCE_ANYWHERE, 50), "none");   /* inside a character */
    assert_string_equal(choose(w, "the", "dress", "e d", FORCE_ANYWHERE, 50), "dress");     /* rather glued than forbidden */
    assert_string_equal(choose(w, "the", "dress", "dress", FORCE_ANYWHERE, 50), "none");
    assert_string_equal(choose(w, "the", "dress", "", FORCE_ANYWHERE, 0), "none");
    assert_string_equal(choose(w, "a dress", "dress", "", FORCE_ANYWHERE, 50), "none");
}

static void need_grows_as_room_shrinks(void **state)
{
    (void)state;
    struct required_text texts[2] = {{" a", 1, 3}, {" b", 1, 5}};
    struct required r = {texts, 2};
    assert_int_equal(required_need(&r, 0, 8 + FORCE_SLACK_WORD + 1), FORCE_NOT);
    assert_int_equal(required_need(&r, 0, 8 + FORCE_SLACK_WORD), FORCE_AT_WORD);
    assert_int_equal(required_need(&r, 0, 8 + FORCE_SLACK_ANYWHERE), FORCE_ANYWHERE);
    assert_int_equal(required_need(&r, 1, 8 + FORCE_SLACK_ANYWHERE), FORCE_AT_WORD);
    assert_int_equal(required_need(&r, 3, 0), FORCE_NOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trie_holds_every_token), cmocka_unit_test(longest_token_wins), cmocka_unit_test(utf8_masks_equal_asking),
        cmocka_unit_test(whole_characters), cmocka_unit_test(masks_equal_asking), cmocka_unit_test(all_byte_values_can_occur),
        cmocka_unit_test(advancing_finds_required_and_stop),
        cmocka_unit_test(begun_stop_texts_are_seen_inside_other_texts), cmocka_unit_test(forced_text_fits_what_is_written),
        cmocka_unit_test(need_grows_as_room_shrinks)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

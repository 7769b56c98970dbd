/* For the tests of writing: sessions over two tiny models, and short ways to write with them. */
#ifndef DECODE_WRITING_H
#define DECODE_WRITING_H

#include "decode_fixture.h"

struct world {
    char *byte_directory, *merged_directory;
    struct session *bytes, *merged; /* vocabulary of bytes only, so text tells the tokens; with merges */
};

static struct text_span need, item;

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    struct world *w = *state;
    session_free(w->bytes);
    session_free(w->merged);
    fixture_remove(w->byte_directory);
    fixture_remove(w->merged_directory);
    free(w);
    return 0;
}

static inline struct decode_options options(enum decode_method method, size_t max_tokens)
{
    struct decode_options o;
    decode_options_default(&o);
    o.method = method;
    o.max_tokens = max_tokens;
    return o;
}

static inline void check_text(const struct generated *g)
{
    assert_int_equal(strlen(g->text), g->n_bytes);
    assert_true(utf8_valid(g->text, g->n_bytes, NULL));
}

static inline struct generation write_with(struct session *s, const struct decode_options *o)
{
    struct generation g;
    ok(session_write(s, need, item, o, &g, NULL));
    for (size_t i = 0; i < g.n; i++) check_text(&g.items[i]);
    assert_true(g.n >= 1 && g.n <= o->n_candidates);
    return g;
}

#endif

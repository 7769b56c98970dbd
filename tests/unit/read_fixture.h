/* The sample shop for the reading half of the dialogue: catalogue and index, no model, no replies; and the case files of tests/dialogue. */
#ifndef DAOGOU_READ_FIXTURE_H
#define DAOGOU_READ_FIXTURE_H

#include "guide/guide_int.h"   /* before cmocka.h, whose macro fail() would hide base.h's function */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct read_fixture {
    char directory[64], index_path[96], extra_path[96];
    struct normalizer *normalizer;
    struct store *store;
    struct catalogue *catalogue;
    struct matcher *matcher;
    struct guide guide;
    struct dialogue dialogue;
    struct arena arena;
    struct utterance utterance;  /* the last one read */
};

static void read_import(struct read_fixture *f, const char *path)
{
    struct import_options o = {.default_currency = "CNY"};
    struct import_result r;
    assert_int_equal(catalogue_import(f->catalogue, path, &o, &r, NULL), OK);
    assert_int_equal(r.rejected, 0);
}

/* extra: more products as JSON Lines, or NULL. */
static struct read_fixture *read_fixture_new(const char *extra)
{
    struct read_fixture *f = calloc(1, sizeof *f);
    glob_t files;
    strcpy(f->directory, "/tmp/guide_read_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->index_path, sizeof f->index_path, "%s/shop.index", f->directory);
    snprintf(f->extra_path, sizeof f->extra_path, "%s/extra.jsonl", f->directory);
    assert_int_equal(normalizer_new(&f->normalizer), OK);
    assert_int_equal(store_open(":memory:", STORE_READ_WRITE, &f->store), OK);
    assert_int_equal(catalogue_open(f->store, &f->catalogue), OK);
    assert_int_equal(glob(SOURCE_DIR "/examples/shop/products/*.jsonl", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) read_import(f, files.gl_pathv[i]);
    globfree(&files);
    if (extra) {
        assert_int_equal(file_write_atomic(f->extra_path, extra, strlen(extra)), OK);
        read_import(f, f->extra_path);
    }
    assert_int_equal(match_build_index(f->catalogue, NULL, f->normalizer, f->index_path, NULL), OK);
    struct matcher_options m = {.catalogue = f->catalogue, .index_path = f->index_path, .normalizer = f->normalizer};
    assert_int_equal(matcher_new(&m, &f->matcher), OK);
    f->guide.options = (struct guide_options){.catalogue = f->catalogue, .matcher = f->matcher, .normalizer = f->normalizer};
    arena_init(&f->arena, 0);
    dialogue_init(&f->dialogue, "test");
    return f;
}

static void read_fixture_free(struct read_fixture *f)
{
    dialogue_release(&f->dialogue);
    arena_release(&f->arena);
    matcher_free(f->matcher);
    catalogue_close(f->catalogue);
    store_close(f->store);
    normalizer_free(f->normalizer);
    unlink(f->index_path);
    unlink(f->extra_path);
    rmdir(f->directory);
    free(f);
}

static void read_fixture_reset(struct read_fixture *f)
{
    dialogue_release(&f->dialogue);
    dialogue_init(&f->dialogue, "test");
    arena_clear(&f->arena);
}

/* Products of one reply, shown in this order. */
static inline void show(struct read_fixture *f, const char *const *ids, size_t n)
{
    struct dialogue *d = &f->dialogue;
    d->turn++;
    for (size_t i = 0; i < n && d->n_shown < SHOWN_MAX; i++)
        d->shown[d->n_shown++] = (struct shown){arena_strdup(&d->arena, ids[i]), d->turn, (uint32_t)d->current};
}

static inline const struct utterance *read_n(struct read_fixture *f, const char *said, size_t n)
{
    arena_clear(&f->arena);
    assert_int_equal(turn_read(&f->guide, &f->dialogue, said, n, &f->arena, &f->utterance), OK);
    assert_true(f->utterance.n_parts >= 1 && f->utterance.n_parts <= PARTS_MAX);
    return &f->utterance;
}

/* Reads and applies. */
static inline const struct utterance *say(struct read_fixture *f, const char *said, size_t n)
{
    f->dialogue.turn++;
    const struct utterance *u = read_n(f, said, n);
    for (size_t i = 0; i < u->n_parts; i++) assert_int_equal(state_apply(&f->guide, &f->dialogue, u, &u->parts[i]), OK);
    return u;
}

/* ---- cases ---- */

static inline json_t *read_cases(const char *name)
{
    char path[512], *data;
    size_t size;
    snprintf(path, sizeof path, "%s/dialogue/%s", TEST_DIR, name);
    assert_int_equal(file_read(path, 1 << 22, &data, &size), OK);
    json_t *cases = json_array();
    for (char *line = data, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        json_error_t error;
        json_t *o = json_loads(line, 0, &error);
        if (!o) fail_msg("%s: %s", name, error.text);
        json_array_append_new(cases, o);
    }
    mem_free(data);
    return cases;
}

#endif

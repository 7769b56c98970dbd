/* The sample shop with a guide over it, without a model: what the rules, the records and the templates do by themselves. */
#ifndef DAOGOU_GUIDE_FIXTURE_H
#define DAOGOU_GUIDE_FIXTURE_H

#include "guide/guide.h"   /* before cmocka.h, whose macro fail() would hide base.h's function */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct guide_fixture {
    char directory[64], index_path[96], extra_path[96];
    struct normalizer *normalizer;
    struct store *store;
    struct catalogue *catalogue;
    struct matcher *matcher;
    struct moderator *moderator;
    struct claim_lexicon *lexicon;
    struct copywriter *copywriter;
    struct guide *guide;
    struct dialogue dialogue;
    struct reply reply;          /* of the last turn */
};

static void fixture_import(struct guide_fixture *f, const char *path)
{
    struct import_options o = {.default_currency = "CNY"};
    struct import_result r;
    assert_int_equal(catalogue_import(f->catalogue, path, &o, &r, NULL), OK);
    assert_int_equal(r.rejected, 0);
}

/* extra: more products as JSON Lines, or NULL. */
static struct guide_fixture *guide_fixture_new(const char *extra)
{
    struct guide_fixture *f = calloc(1, sizeof *f);
    glob_t files;
    strcpy(f->directory, "/tmp/guide_test_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->index_path, sizeof f->index_path, "%s/shop.index", f->directory);
    snprintf(f->extra_path, sizeof f->extra_path, "%s/extra.jsonl", f->directory);
    assert_int_equal(normalizer_new(&f->normalizer), OK);
    assert_int_equal(store_open(":memory:", STORE_READ_WRITE, &f->store), OK);
    assert_int_equal(catalogue_open(f->store, &f->catalogue), OK);
    assert_int_equal(dialogues_migrate(f->store), OK);
    assert_int_equal(glob(SOURCE_DIR "/examples/shop/products/*.jsonl", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) fixture_import(f, files.gl_pathv[i]);
    globfree(&files);
    if (extra) {
        assert_int_equal(file_write_atomic(f->extra_path, extra, strlen(extra)), OK);
        fixture_import(f, f->extra_path);
    }
    assert_int_equal(match_build_index(f->catalogue, NULL, f->normalizer, f->index_path, NULL), OK);
    struct matcher_options m = {.catalogue = f->catalogue, .index_path = f->index_path, .normalizer = f->normalizer};
    assert_int_equal(matcher_new(&m, &f->matcher), OK);
    assert_int_equal(moderator_new(f->normalizer, &f->moderator), OK);
    assert_int_equal(claim_lexicon_new(f->normalizer, &f->lexicon), OK);
    assert_int_equal(claim_lexicon_add_catalogue(f->lexicon, f->catalogue), OK);
    assert_int_equal(copywriter_new(NULL, f->lexicon, f->moderator, &f->copywriter), OK);
    struct guide_options o;
    guide_options_default(&o);
    o.catalogue = f->catalogue;
    o.matcher = f->matcher;
    o.copywriter = f->copywriter;
    o.lexicon = f->lexicon;
    o.moderator = f->moderator;
    o.normalizer = f->normalizer;
    assert_int_equal(guide_new(&o, &f->guide), OK);
    dialogue_init(&f->dialogue, "test");
    return f;
}

static void guide_fixture_free(struct guide_fixture *f)
{
    reply_release(&f->reply);
    dialogue_release(&f->dialogue);
    guide_free(f->guide);
    copywriter_free(f->copywriter);
    claim_lexicon_free(f->lexicon);
    moderator_free(f->moderator);
    matcher_free(f->matcher);
    catalogue_close(f->catalogue);
    store_close(f->store);
    normalizer_free(f->normalizer);
    unlink(f->index_path);
    unlink(f->extra_path);
    rmdir(f->directory);
    free(f);
}

static const struct reply *turn_n(struct guide_fixture *f, const char *said, size_t n)
{
    reply_release(&f->reply);
    status s = guide_turn(f->guide, &f->dialogue, said, n, &f->reply, NULL);
    if (s != OK) print_message("%s\n", status_message());
    assert_int_equal(s, OK);
    assert_true(*f->reply.text != 0);
    return &f->reply;
}

static inline const struct reply *turn(struct guide_fixture *f, const char *said)
{
    return turn_n(f, said, strlen(said));
}

static inline bool did(const struct reply *r, enum guide_act a)
{
    for (size_t i = 0; i < r->n_acts; i++)
        if (r->acts[i] == a) return true;
    return false;
}

static inline void assert_says(const struct reply *r, const char *piece)
{
    if (!strstr(r->text, piece)) print_message("said: %s\nwithout: %s\n", r->text, piece);
    assert_non_null(strstr(r->text, piece));
}

#endif

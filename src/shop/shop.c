#include "shop.h"

#include <string.h>

void shop_init(struct shop *s, const struct shop_options *o)
{
    *s = (struct shop){.options = *o};
}

static void note(const struct shop *s, const char *before, const char *what, const char *after)
{
    struct strbuf b = {0};
    if (!s->options.note) return;
    strbuf_printf(&b, "note: %s%s%s", before, what, after);
    s->options.note(s->options.context, strbuf_str(&b));
    strbuf_release(&b);
}

void shop_release(struct shop *s)
{
    service_free(s->service);
    intents_free(s->intents);
    copywriter_free(s->copywriter);
    claim_lexicon_free(s->lexicon);
    moderator_free(s->moderator);
    matcher_free(s->matcher);
    session_free(s->session);
    catalogue_close(s->catalogue);
    store_close(s->store);
    normalizer_free(s->normalizer);
    mem_free(s->index_path);
    mem_free(s->passages_path);
    *s = (struct shop){0};
}

status shop_open_text(struct shop *s)
{
    return s->normalizer ? OK : normalizer_new(&s->normalizer);
}

status shop_open_catalogue(struct shop *s, enum store_mode mode)
{
    if (s->catalogue) return OK;
    if (mode == STORE_READ_ONLY && !file_exists(s->options.db))
        return fail(ERR_NOT_FOUND, "there is no shop at '%s'; make one with 'daogou import FILE' or name another with --db", s->options.db);
    struct strbuf path = {0};
    strbuf_printf(&path, "%s.index", s->options.db);
    if (path.failed) return fail_nomem("opening the shop");
    mem_free(s->index_path);
    s->index_path = path.data;
    TRY(store_open(s->options.db, mode, &s->store));
    return catalogue_open(s->store, &s->catalogue);
}

status shop_open_session(struct shop *s)
{
    if (s->session) return OK;
    struct session_options o = {.model_directory = s->options.model, .device = s->options.device, .threads = s->options.threads};
    return session_new(&o, &s->session);
}

/* ---- the index ---- */

static bool index_is_current(struct shop *s, int64_t version)
{
    struct index *x;
    if (!file_exists(s->index_path)) return false;
    if (index_open(s->index_path, &x) != OK) {
        note(s, "", status_message(), "; building the index again");
        return false;
    }
    bool current = match_index_is_current(x, version, s->session);
    index_close(x);
    return current;
}

static status refresh_index(struct shop *s)
{
    int64_t version;
    TRY(catalogue_version(s->catalogue, &version));
    if (index_is_current(s, version)) return OK;
    status result = match_build_index(s->catalogue, s->session, s->normalizer, s->index_path, s->options.progress ? s->options.progress(s->options.context) : NULL);
    if (s->options.progress_done) s->options.progress_done(s->options.context);
    return result;
}

status shop_refresh_index(struct shop *s)
{
    TRY(shop_open_text(s));
    TRY(shop_open_catalogue(s, STORE_READ_ONLY));
    TRY(shop_open_session(s));
    return refresh_index(s);
}

status shop_open_matcher(struct shop *s)
{
    if (s->matcher) return OK;
    TRY(shop_open_text(s));
    TRY(shop_open_catalogue(s, STORE_READ_ONLY));
    TRY(shop_open_session(s));
    int64_t products;
    TRY(catalogue_count(s->catalogue, &products));
    FAIL_IF(products == 0, ERR_NOT_FOUND, "the shop at '%s' has no products; fill it with 'daogou import FILE'", s->options.db);
    TRY(refresh_index(s));
    struct matcher_options o = {.catalogue = s->catalogue, .index_path = s->index_path, .session = s->session, .normalizer = s->normalizer};
    return matcher_new(&o, &s->matcher);
}

status shop_open_copywriter(struct shop *s, bool with_catalogue)
{
    TRY(shop_open_text(s));
    TRY(shop_open_session(s));
    if (!s->moderator) TRY(moderator_new(s->normalizer, &s->moderator));
    if (!s->lexicon) TRY(claim_lexicon_new(s->normalizer, &s->lexicon));
    if (with_catalogue && !s->lexicon_has_catalogue) {
        TRY(shop_open_catalogue(s, STORE_READ_ONLY));
        TRY(claim_lexicon_add_catalogue(s->lexicon, s->catalogue));
        s->lexicon_has_catalogue = true;
    }
    return s->copywriter ? OK : copywriter_new(s->session, s->lexicon, s->moderator, &s->copywriter);
}

/* ---- service ---- */

static status open_passages_path(struct shop *s)
{
    struct strbuf path = {0};
    strbuf_printf(&path, "%s.documents", s->options.db);
    s->passages_path = path.data;
    return strbuf_status(&path);
}

status shop_open_service(struct shop *s, const char *hook)
{
    if (s->service) return OK;
    TRY(shop_open_text(s));
    TRY(shop_open_catalogue(s, STORE_READ_WRITE));   /* a shop without documents yet gets their tables */
    TRY(shop_open_session(s));
    if (!s->moderator) TRY(moderator_new(s->normalizer, &s->moderator));
    TRY(intents_open(s->options.intents, s->session, s->normalizer, &s->intents));
    if (strncmp(intents_describe(s->intents), "n-grams alone", 13) == 0) note(s, "intents by ", intents_describe(s->intents), "");
    TRY(open_passages_path(s));
    const struct service_options o = {.store = s->store, .normalizer = s->normalizer, .session = s->session, .intents = s->intents, .moderator = s->moderator,
                                      .index_path = s->passages_path, .hook = {.program = hook && *hook ? hook : NULL}};
    return service_new(&o, &s->service);
}

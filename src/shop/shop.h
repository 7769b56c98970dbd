/* shop: a shop's parts, opened when first asked for and released together. What the commands and the server share.
 *
 * The parts are one thread's at a time; two threads open two shops. Of one process at most one shop opens its database READ_WRITE (store.h).
 */
#ifndef DAOGOU_SHOP_H
#define DAOGOU_SHOP_H

#include "copywriting/copywriting.h"
#include "match/match.h"
#include "promotion/promotion.h"
#include "service/service.h"

#include <jansson.h>

struct shop_options {
    const char *db, *model, *intents;  /* the database, and the directories of the model and of the intents */
    const char *device;                /* "auto", "cpu", "cuda" */
    int threads;                       /* 0: all cores */
    /* Upward, each may be NULL: a remark in one sentence; what watches long work while it lasts, and that it is over. */
    void *context;
    void (*note)(void *context, const char *sentence);
    struct progress *(*progress)(void *context);
    void (*progress_done)(void *context);
};

struct shop {
    struct shop_options options;       /* its strings stay the caller's */
    struct normalizer *normalizer;
    struct store *store;
    struct catalogue *catalogue;
    struct session *session;         /* the model */
    struct matcher *matcher;
    struct moderator *moderator;
    struct claim_lexicon *lexicon;
    bool lexicon_has_catalogue;
    struct copywriter *copywriter;
    struct intents *intents;
    struct service *service;
    char *index_path;                /* DB path + ".index" */
    char *passages_path;             /* DB path + ".documents" */
};
void shop_init(struct shop *s, const struct shop_options *o);
void shop_release(struct shop *s);

/* Each opens what it needs and is cheap when that is open already. */
status shop_open_text(struct shop *s);
status shop_open_catalogue(struct shop *s, enum store_mode mode); /* READ_ONLY: ERR_NOT_FOUND with advice when there is no shop yet */
status shop_open_session(struct shop *s);
/* The index of the present catalogue: built again when it is missing, older than the catalogue, or made with another model. A
 * damaged index is said in a note and built again: it holds nothing that the catalogue does not. */
status shop_open_matcher(struct shop *s);
/* The writer; with_catalogue: the catalogue's values count as claims (needed for its products, not for bare attributes). */
status shop_open_copywriter(struct shop *s, bool with_catalogue);

/* Brings the index up to date (terms, and vectors with the model), without opening a matcher. */
status shop_refresh_index(struct shop *s);

/* What answers service questions; hook: the shop's program for orders, or NULL. */
status shop_open_service(struct shop *s, const char *hook);

/* The promotions of the open shop; products that they name get their names, and gifts their value and stock. */
status shop_promotions(struct shop *s, struct arena *a, struct promotion_list *out);
status shop_name_promotions(struct shop *s, struct arena *a, struct promotion_list *list);   /* the same for promotions that were read elsewhere */
/* promotions_import, with every product, category and brand checked against the catalogue. */
status shop_promotions_import(struct shop *shop, const char *path, size_t *n);

/* ---- as JSON ------------------------------------------------------------------------------------------------------ */

json_t *shop_matches_json(const struct matches *m);
json_t *shop_written_json(const struct written *w);
json_t *shop_facts_json(const struct facts *f);                    /* [{"claim","field","kind"}]; field "": unsupported */

#endif

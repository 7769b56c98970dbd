/* A shop as the commands see it: its parts are opened when first asked for, and released together. */
#ifndef DAOGOU_SHOP_H
#define DAOGOU_SHOP_H

#include "cli.h"
#include "copywriting/copywriting.h"
#include "match/match.h"
#include "service/service.h"

struct shop {
    const struct cli_globals *g;
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
void shop_init(struct shop *s, const struct cli_globals *g);
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

/* What answers service questions; hook: the shop's program for orders, or NULL. */
status shop_open_service(struct shop *s, const char *hook);

#endif

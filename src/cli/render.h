/* Results as JSON (keys of the stable interface) and as text for people. */
#ifndef DAOGOU_RENDER_H
#define DAOGOU_RENDER_H

#include "copywriting/copywriting.h"
#include "match/match.h"

#include <jansson.h>

json_t *render_matches_json(const struct matches *m);            /* {"query","results","nothing","relaxations","times_ms"}; NULL: no memory */
void render_matches_text(const struct matches *m, bool scores);
json_t *render_written_json(const struct written *w);            /* {"text","facts","moderation","source"} */
void render_written_text(const struct written *w, enum language l);

#endif

/* Results as text for people; as JSON: shop_matches_json, shop_written_json. */
#ifndef DAOGOU_RENDER_H
#define DAOGOU_RENDER_H

#include "copywriting/copywriting.h"
#include "match/match.h"

void render_matches_text(const struct matches *m, bool scores);
void render_written_text(const struct written *w, enum language l);

#endif

/* A turn of the dialogue at the terminal. */
#ifndef DAOGOU_CHAT_RENDER_H
#define DAOGOU_CHAT_RENDER_H

#include "guide/guide.h"

/* Everything but the text, which was printed as it came: cards, comparison, cart, source. */
void chat_render(const struct reply *r, enum language l);

#endif

/* A shop with the program's global options, its notes on stderr, its progress as a bar. */
#ifndef DAOGOU_CLI_SHOP_H
#define DAOGOU_CLI_SHOP_H

#include "cli.h"
#include "shop/shop.h"

void cli_shop_init(struct shop *s, const struct cli_globals *g);
struct shop_options cli_shop_options(const struct cli_globals *g);
/* Brings the index of the shop at g->db up to date (terms, and vectors when a model is there); used after import. */
status cli_refresh_index(const struct cli_globals *g);

#endif

/* What `cart` and `promotions` share: the language to speak, moments, amounts. */
#ifndef DAOGOU_CART_SHOP_H
#define DAOGOU_CART_SHOP_H

#include "promotion/promotion.h"
#include "cli_shop.h"

#include <jansson.h>

/* option: --language, or NULL: zh when LC_ALL, LC_MESSAGES or LANG begins with zh, else en. */
status cli_language(const char *option, enum language *out);
/* "2026-11-26", "2026-11-26T20:00", either with Z or +08:00 behind (else this machine's time zone), or Unix seconds. NULL: now. */
status cli_moment(const char *text, int64_t *unix_s);
json_t *json_money(int64_t minor);   /* "12.00" */

#endif

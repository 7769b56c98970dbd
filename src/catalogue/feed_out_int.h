/* Feeds out: what export.c and export_json.c share. */
#ifndef DAOGOU_FEED_OUT_INT_H
#define DAOGOU_FEED_OUT_INT_H

#include "catalogue.h"

void out_guarded(const char *text, struct strbuf *out);   /* entities that a text holds, so that an import gives them back */
void out_price(int64_t minor, const char *currency, struct strbuf *out);
/* The section of an attribute: "zh", "en", "any" (of no language, beside some of one) or "". */
const char *out_section(const struct product *p, const struct attribute *a);
void acp_out(const struct product *p, struct strbuf *out);
void jsonl_out(const struct product *p, struct strbuf *out);
void out_json_string(const char *s, struct strbuf *out);
int currency_digits(struct span code);   /* ISO 4217: decimals of the minor unit; feed_acp.c */

#endif

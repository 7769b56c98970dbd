/* What the protocols of others share: a turn of the guide, a search, products, all as JSON and as text. */
#ifndef DAOGOU_PROTOCOL_INT_H
#define DAOGOU_PROTOCOL_INT_H

#include "server_int.h"

/* On the model lane. Each handler of a protocol says in its own shape that the shop is empty, so these want a desk that is not. */

/* One turn; the dialogue may be one that is kept (struct talk) or one's own. live: gets sentences as they come, and may be NULL. */
struct openai_stream;
status protocol_turn(struct call *c, struct dialogue *d, const char *text, struct reply *r, struct openai_stream *live);
/* The reply as one text: what is said, the products as a list, the choices of the question, with nothing that the reply has not. */
status reply_text(const struct reply *r, enum language l, struct strbuf *out);
/* "1. Title, 499.00 CNY [EL-1001]: reason; reason". number 0: none. */
void product_line(const struct product *p, uint32_t number, enum language l, const char *const *reasons, size_t n_reasons, struct strbuf *out);
json_t *product_record(const struct product *p, enum language l);   /* routes_products.c: a card with description and attributes */

struct openai_states;  /* of conversations, protocol_openai.c */
void openai_states_free(struct openai_states *s);

/* ---- JSON-RPC and MCP (protocol_mcp.c, mcp_tools.c) ---- */

json_t *mcp_tools(void);
/* The result of tools/call: content, structuredContent, isError. NULL with *known false: no such tool; else status_message(). */
status mcp_call_tool(struct call *c, const char *name, const json_t *arguments, json_t **result, bool *known);

struct mcp_sessions;   /* of the 2025 form; on the read lane */
void mcp_sessions_free(struct mcp_sessions *s);

#endif

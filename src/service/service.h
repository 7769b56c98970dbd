/* service: answers from the shop's own documents, and order look-up through a program of the shop.
 *
 *   question --intent--> act, label --retrieve--> passages --extract--> sentences of the document, word for word, with source
 *                          |                          |
 *                          +-- order number, hook --> what the shop's program says, quoted
 *                          +-- not sure, nothing found, failed: says so and hands to a person with a summary
 *
 * Nothing is generated here: a reply is fixed wording of this room around exact quotations. What stands in a document is only ever quoted,
 * also when it reads like an instruction. Every text passes moderation before it leaves. docs/service.md describes files and the hook.
 */
#ifndef DAOGOU_SERVICE_H
#define DAOGOU_SERVICE_H

#include "index/index.h"
#include "intent/intent.h"
#include "moderation/moderation.h"
#include "store/store.h"

/* ---- documents --------------------------------------------------------------------------------------------------- */

/* Markdown (a passage a heading; "Q: ... A: ..." or "问：... 答：..." a passage each), CSV and JSON Lines of question and answer. A document is
 * known by its file's name; importing it again replaces it. */
enum { DOCUMENT_MAX_BYTES = 4 << 20, DOCUMENT_PASSAGES_MAX = 2000, PASSAGE_MAX_BYTES = 16384, DOCUMENTS_MAX_FILES = 1000 };
struct documents;
status documents_open(struct store *s, struct documents **out); /* the store stays the caller's */
void documents_close(struct documents *d);
struct documents_report { size_t read, added, updated, unchanged, passages; };
/* All files or none: one transaction. ERR_FORMAT names file and line; ERR_USAGE: two files of one name. */
status documents_import(struct documents *d, const char *const *paths, size_t n, struct documents_report *out, const struct progress *progress);
struct document_row { const char *name, *title, *language; int64_t passages, imported_ms; };
status documents_each(struct documents *d, status (*visit)(void *context, const struct document_row *row), void *context); /* by name */
/* A document put together from its passages; ERR_NOT_FOUND. */
status documents_text(struct documents *d, const char *name, struct strbuf *out);
status documents_remove(struct documents *d, const char *name); /* ERR_NOT_FOUND */
status documents_version(struct documents *d, int64_t *version); /* grows with every change */

/* ---- order look-up ----------------------------------------------------------------------------------------------- */

/* A program of the shop: gets {"order_id","user"} on stdin and prints {"found":bool,"text":"...","status":"...","details":[{"name","value"}]} on
 * stdout. Started without a shell, with an environment of PATH and LANG alone, in a process group of its own that is killed at the time limit. */
enum { HOOK_OUTPUT_MAX = 65536, HOOK_TEXT_MAX = 2000, HOOK_DETAILS_MAX = 16, HOOK_TIME_MS = 3000 };
struct order_hook {
    const char *program;     /* absolute path, or with a slash; no arguments */
    uint32_t time_limit_ms;  /* 0: HOOK_TIME_MS */
};
struct order_detail { const char *name, *value; };
struct order_reply {
    bool found;
    const char *text, *status;   /* "" where it said none */
    struct order_detail details[HOOK_DETAILS_MAX];
    size_t n_details;
};
/* ERR_IO: it cannot be started, failed or took too long; ERR_FORMAT: what it printed is not as above; ERR_LIMIT: it printed too much. */
status order_lookup(const struct order_hook *hook, const char *order_id, const char *user, struct arena *a, struct order_reply *out);
/* The first order number of a text: 6 to 32 letters, digits and dashes with at least 6 digits; NULL: none. */
const char *order_number(const char *text, size_t n, struct arena *a);

/* ---- answering --------------------------------------------------------------------------------------------------- */

struct service_options {
    struct store *store;
    const struct normalizer *normalizer;
    struct session *session;         /* for embeddings; NULL: words alone */
    struct intents *intents;
    struct moderator *moderator;
    const char *index_path;          /* the snapshot of passages; built again when documents or model have changed */
    struct order_hook hook;          /* program NULL: there is none */
};
struct service;
status service_new(const struct service_options *o, struct service **out); /* what the options point to outlives it */
void service_free(struct service *s);

enum service_kind {
    SERVICE_ANSWER,       /* quoted from documents */
    SERVICE_ORDER,        /* what the shop's program says about an order */
    SERVICE_ASK_ORDER,    /* an order number is needed first */
    SERVICE_CHAT,         /* greeting, thanks */
    SERVICE_HANDOVER      /* to a person, with a summary */
};
const char *service_kind_name(enum service_kind k);

enum { SERVICE_QUOTES_MAX = 2 };
struct service_quote {
    const char *document, *title, *heading, *anchor; /* "returns.en.md", "Returns and exchanges", "Fifteen-day exchanges", "fifteen-day-exchanges" */
    const char *text;     /* exact sentences of the passage, in its order; "\n" parts what is not adjacent */
    const char *passage;  /* all of it */
    float confidence;
};
struct service_handover {  /* for the person who takes over */
    const char *reason;   /* "no document answers", "not sure what is asked", "asked for a person", "order look-up failed: ...", ... */
    const char *summary;  /* a few lines in the shopper's language */
    const char *question, *order_id, *tried; /* order_id "" where none was said; tried: "documents: returns.zh.md#...; order hook: timed out" */
};
struct service_answer {
    enum service_kind kind;
    enum language language;
    struct intent intent;
    const char *text;     /* all of the reply, with its sources */
    struct service_quote quotes[SERVICE_QUOTES_MAX];
    size_t n_quotes;
    struct order_reply order;
    struct service_handover handover; /* with kind HANDOVER; else strings NULL */
};
struct service_turn {
    const char *user;     /* who asks, for the hook; NULL: nobody known */
    const char *order_id; /* said earlier in the dialogue; NULL: none */
};
/* All memory of *out is the arena's; the caller may clear it when the reply is sent. */
status service_answer(struct service *s, const char *question, size_t n, const struct service_turn *turn, struct arena *a, struct service_answer *out);
/* Retrieval alone: the best passages, best first, whatever their confidence; how many were written. For evaluation. */
status service_retrieve(struct service *s, const char *question, size_t n, struct arena *a, struct service_quote *out, size_t max, size_t *n_out);
float service_threshold(void);   /* a best passage below it is no answer */

#endif

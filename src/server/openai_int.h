/* What the files of OpenAI's API share. */
#ifndef DAOGOU_OPENAI_INT_H
#define DAOGOU_OPENAI_INT_H

#include "protocol_int.h"

#define OPENAI_GUIDE "daogou-guide"
#define OPENAI_NEEDS "daogou-embedding"
#define OPENAI_ITEMS "daogou-embedding-item"
enum { TOKENS_COUNTED_MAX = 1 << 16, OPENAI_TURNS_MAX = 50 };

/* ---- what is asked for (openai_read.c) ---- */

/* An error as that API words it. */
status openai_refuse(struct call *c, int code, const char *param, const char *word, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Texts belong to root, which the caller releases (json_decref) however the reading ended, or to the request's arena. */
struct openai_chat {
    json_t *root;                    /* NULL: the body was not to be read */
    const char **read;               /* of all messages, in order */
    const char **said;               /* of these by the shopper: 1 to OPENAI_TURNS_MAX */
    size_t n_read, n;
    int64_t tokens_max;              /* 0: no limit */
    bool stream, with_usage;
};
struct openai_inputs {
    json_t *root;
    struct text_span *texts;         /* none is empty */
    size_t n, dimensions;
    const char *model;               /* OPENAI_NEEDS or OPENAI_ITEMS */
    bool base64;
};
/* OK with c->code set: refused, the answer is given. width: of the model's vectors. */
status openai_read_chat(struct call *c, struct openai_chat *out);
status openai_read_embeddings(struct call *c, int64_t width, struct openai_inputs *out);

/* ---- the answer ---- */

struct completion {
    char id[48];
    int64_t created;
    json_int_t tokens_max;           /* 0: no limit */
    struct strbuf text;
    const char *finish;
    json_t *usage;
};
/* Cuts the text to tokens_max tokens, at a whole character; finish is "length" then. */
void openai_cut(struct call *c, struct completion *k);

/* ---- chunks that leave while the reply is made (openai_stream.c) ---- */

/* begins with the first sentence: until then a failure is an answer with a status of its own. */
struct openai_stream {
    struct call *call;
    struct completion *k;
    struct stream *stream;           /* NULL: nothing has left yet */
    size_t sent;                     /* bytes of the text that have left */
};
bool openai_stream_token(void *stream, const char *bytes, size_t n);   /* of a struct token_sink */
/* The reply is made: what of it has not left does now, in lines. */
status openai_stream_rest(struct openai_stream *l, const struct reply *r, enum language language);
/* The last chunks, or what went wrong (s). A status other than OK is for the caller to answer: nothing had left. */
status openai_stream_end(struct openai_stream *l, status s, bool with_usage);

#endif

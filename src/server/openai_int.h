/* What the files of OpenAI's API share. */
#ifndef DAOGOU_OPENAI_INT_H
#define DAOGOU_OPENAI_INT_H

#include "protocol_int.h"

#define OPENAI_GUIDE "daogou-guide"
enum { TOKENS_COUNTED_MAX = 1 << 16 };

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

/* decode: a model and its tokenizer at work: embedding, match scores, and writing.
 *
 * A session owns the loaded model directory (config, weights, tokenizer), the compute and scratch, and KV caches that it
 * reuses; a caller hands it whole texts. Not thread safe: one thread at a time.
 */
#ifndef DAOGOU_DECODE_H
#define DAOGOU_DECODE_H

#include "model/model.h"
#include "text/text.h"

struct session_options {
    const char *model_directory;
    const char *device;      /* NULL: auto */
    int threads;             /* 0: all cores */
    size_t batch_tokens_max; /* 0: 4096 */
};
struct session;
status session_new(const struct session_options *o, struct session **out);
void session_free(struct session *s);
const struct model_config *session_config(const struct session *s);
const struct tokenizer *session_tokenizer(const struct session *s);
const char *session_model_directory(const struct session *s);

struct text_span { const char *s; size_t n; };

/* ---- reading ----------------------------------------------------------------------------------------------------- */

enum { EMBED_TOKENS_MAX = 128, SCORE_TOKENS_MAX = 192, WRITE_PREFIX_MAX = 256 }; /* longer texts are cut; training uses the same */

/* Unit-length embeddings (n, C) of needs (TOKEN_NEED) or items (TOKEN_ITEM); batched inside, sorted by length. */
status session_embed(struct session *s, enum special_token kind, const struct text_span *texts, size_t n, float *out);
/* Probability in (0,1) that each item fits the need: sigmoid of the match head's score. raw (n) may be NULL: the score itself. */
status session_match(struct session *s, struct text_span need, const struct text_span *items, size_t n, float *probability, float *raw);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

enum decode_method { DECODE_GREEDY, DECODE_BEAM, DECODE_SAMPLE };

/* Token sequences that must not occur, or of which each must occur. A text is given; every tokenization of it that the
 * tokenizer can produce inside a running text (with and without leading space) is covered by matching on bytes. */
struct decode_options {
    enum decode_method method;
    size_t n_beams;              /* beam: 4 */
    float length_penalty;        /* beam score = sum log p / ((5 + length) / 6)^length_penalty (Wu et al. 2016, eq. 14); 1.0 */
    float temperature;           /* sample: 1.0 */
    size_t top_k;                /* 0: off */
    float top_p;                 /* 1: off (Holtzman et al. 2020) */
    float min_p;                 /* 0: off (Nguyen et al. 2024): keep p >= min_p * max p */
    uint64_t seed;
    float repetition_penalty;    /* 1: off (Keskar et al. 2019) */
    size_t no_repeat_ngram;      /* 0: off; tokens */
    size_t min_tokens, max_tokens; /* of the text; 0 and 128 */
    size_t n_candidates;         /* texts wanted, best first: 1; beam <= n_beams */
    const struct text_span *forbidden; /* texts that must not appear */
    size_t n_forbidden;
    const struct text_span *required;  /* texts that must all appear; END is withheld until then or until no room is left */
    size_t n_required;
    const struct text_span *stop;      /* generation ends before the first of these */
    size_t n_stop;
};
void decode_options_default(struct decode_options *o);
status decode_options_check(const struct decode_options *o); /* ERR_USAGE names the option */

struct generated {
    char *text;              /* valid UTF-8, NUL-terminated */
    size_t n_bytes, n_tokens;
    double log_probability;  /* of the tokens, END included when it was reached */
    bool ended;              /* END or a stop text, not max_tokens */
    bool required_met;
};
struct generation {
    struct generated *items; /* best first */
    size_t n;
};
void generation_release(struct generation *g);

/* Called with each piece of text as it becomes final (greedy and sampling; beam: once at the end). Return false to stop:
 * what was written so far is the result. */
struct token_sink {
    void *context;
    bool (*token)(void *context, const char *bytes, size_t n);
};

/* Grounded text: need (may be empty) and item are the prefix read both ways; see layout_write. */
status session_write(struct session *s, struct text_span need, struct text_span item, const struct decode_options *o,
                     struct generation *out, const struct token_sink *sink);
/* Plain continuation (prefix 0). */
status session_continue(struct session *s, struct text_span text, const struct decode_options *o, struct generation *out, const struct token_sink *sink);
/* Mean log probability per token of `text` after need and item: for reranking and evaluation. */
status session_log_likelihood(struct session *s, struct text_span need, struct text_span item, struct text_span text, double *sum, size_t *n_tokens);

#endif

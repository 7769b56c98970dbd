/* decode: a model and its tokenizer at work: embedding, match scores, and writing.
 *
 * A session owns the loaded model directory (config, weights, tokenizer), the compute and scratch, and KV caches that it
 * reuses; a caller hands it whole texts. Not thread safe: one thread at a time.
 *
 * The same session options, calls and seed give the same bits. Texts that were read as the prefix of the last call are
 * remembered: writing again for the same need and item (other seed, other constraints) does not read them again.
 */
#ifndef DAOGOU_DECODE_H
#define DAOGOU_DECODE_H

#include "model/model.h"
#include "text/text.h"

struct session_options {
    const char *model_directory;
    const char *device;      /* NULL: auto */
    int threads;             /* 0: all cores */
    size_t batch_tokens_max; /* 0: 4096; at least 256 are used */
};
struct session;
/* ERR_NOT_FOUND: no model there; ERR_FORMAT: a file of it is damaged, or tokenizer and model do not belong together. */
status session_new(const struct session_options *o, struct session **out);
void session_free(struct session *s);
const struct model_config *session_config(const struct session *s);
const struct tokenizer *session_tokenizer(const struct session *s);
const char *session_model_directory(const struct session *s);
uint64_t session_fingerprint(const struct session *s); /* equal for equal weights; see struct model */

struct text_span { const char *s; size_t n; };

/* ---- reading ----------------------------------------------------------------------------------------------------- */

enum { EMBED_TOKENS_MAX = 128, SCORE_TOKENS_MAX = 192, WRITE_PREFIX_MAX = 256 }; /* longer texts are cut; training uses the same */

/* Both need a model with heads (ERR_USAGE). Results do not depend on the order or number of texts beyond rounding (1e-5). */

/* Unit-length embeddings (n, C) of needs (TOKEN_NEED) or items (TOKEN_ITEM); batched inside, sorted by length. */
status session_embed(struct session *s, enum special_token kind, const struct text_span *texts, size_t n, float *out);
/* Probability in (0,1) that each item fits the need: sigmoid of the match head's score. raw (n) may be NULL: the score itself. */
status session_match(struct session *s, struct text_span need, const struct text_span *items, size_t n, float *probability, float *raw);

/* Classifying: adapters and a head (labels.json names its outputs) beside the session's model, whose weights they share. The session stays
 * the caller's and outlives it. ERR_USAGE: trained on another model than the session's. */
struct classifier;
status classifier_new(struct session *s, const char *adapter_directory, struct classifier **out);
void classifier_free(struct classifier *c);
size_t classifier_classes(const struct classifier *c);
status classifier_logits(struct classifier *c, struct text_span text, float *logits); /* (classes); the text's first 128 tokens */

/* ---- writing ----------------------------------------------------------------------------------------------------- */

enum decode_method { DECODE_GREEDY, DECODE_BEAM, DECODE_SAMPLE };

enum { DECODE_BEAMS_MAX = 32, DECODE_REQUIRED_MAX = 64, DECODE_CONSTRAINT_BYTES_MAX = 1 << 16 /* of each list of texts */ };

/* How one token is chosen, in this order: repetition penalty on the logits of tokens written so far (the prefix is free);
 * out go special tokens, tokens that would break UTF-8, write a NUL, complete a forbidden text or repeat an n-gram; then for
 * sampling temperature, top-k, top-p of what is left, min-p.
 *
 * Forbidden, required and stop texts are given as text and matched on bytes, exactly, whatever tokens they are made of.
 *   forbidden  never appears in a text, also not across tokens. Give each spelling (capitals) that is meant.
 *   required   END and stop texts are withheld until all have appeared. Where room runs out first, what is missing is
 *              forced, at a word's end if one comes in time. All appear unless max_tokens is too small for their tokens (and
 *              a few to finish a character) or a forbidden text stands in the way; `required_met` tells.
 *   opening    each text begins with it, forbidden or not (a stop text in it ends the text); its tokens count.
 *   stop       the text ends before the first one. Withheld, like END, in the first min_tokens tokens.
 * Forced tokens take no heed of no_repeat_ngram. */
struct decode_options {
    enum decode_method method;
    size_t n_beams;              /* beam: 4 */
    float length_penalty;        /* beam score = sum log p / ((5 + length) / 6)^length_penalty (Wu et al. 2016, eq. 14); 1.0 */
    float temperature;           /* sample: 1.0 */
    size_t top_k;                /* 0: off */
    float top_p;                 /* 1: off (Holtzman et al. 2020) */
    float min_p;                 /* 0: off (Nguyen et al. 2024): keep p >= min_p * max p */
    uint64_t seed;
    float repetition_penalty;    /* 1: off (Keskar et al. 2019, section 4.1) */
    size_t no_repeat_ngram;      /* 0: off; tokens */
    size_t min_tokens, max_tokens; /* of the text, without END; 0 and 128; fewer where the model's positions end */
    size_t n_candidates;         /* texts wanted, best first: 1; beam <= n_beams, greedy 1; a beam may find fewer */
    const struct text_span *forbidden; /* texts that must not appear */
    size_t n_forbidden;
    const struct text_span *required;  /* texts that must all appear; END is withheld until then or until no room is left */
    size_t n_required;
    struct text_span opening;          /* what each text begins with; empty: nothing is given */
    const struct text_span *stop;      /* generation ends before the first of these */
    size_t n_stop;
    const struct progress *progress;   /* asked before each token ("write") whether to go on: ERR_INTERRUPTED; NULL: nobody asks */
};
void decode_options_default(struct decode_options *o);
status decode_options_check(const struct decode_options *o); /* ERR_USAGE names the option */

struct generated {
    char *text;              /* valid UTF-8, NUL-terminated */
    size_t n_bytes, n_tokens;
    double log_probability;  /* of the tokens under the model itself (no penalty, no filter), END included when it was reached */
    bool ended;              /* END or a stop text, not max_tokens */
    bool required_met;
};
struct generation {
    struct generated *items; /* best first: required_met before not, then by the score of length_penalty */
    size_t n;
};
void generation_release(struct generation *g);

/* Called with each piece of text as it becomes final: whole characters, nothing that may still turn out to be a stop text.
 * The pieces together are the text. Greedy and one sample: as it is written; beam and several samples: once, with the best.
 * Return false to stop: what was handed out so far is the result, not ended. */
struct token_sink {
    void *context;
    bool (*token)(void *context, const char *bytes, size_t n);
};

/* Grounded text: need (may be empty) and item are the prefix read both ways; see layout_write. */
status session_write(struct session *s, struct text_span need, struct text_span item, const struct decode_options *o,
                     struct generation *out, const struct token_sink *sink);
/* Plain continuation (prefix 0) of the text's last tokens, as many as leave room for max_tokens. An empty text is continued
 * as what follows END. */
status session_continue(struct session *s, struct text_span text, const struct decode_options *o, struct generation *out, const struct token_sink *sink);
/* Sum of the log probabilities of the tokens of `text` and END after need and item, and their number (END counts; where
 * positions end the text is cut): for reranking and evaluation; sum / n_tokens is the mean. */
status session_log_likelihood(struct session *s, struct text_span need, struct text_span item, struct text_span text, double *sum, size_t *n_tokens);

#endif

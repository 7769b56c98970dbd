/* decode, inside: the parts that make up one call of session_write. Only this room and its tests include it.
 *
 *   token_trie   the vocabulary's bytes, ordered, so that "which tokens would ..." is one walk and not one question a token
 *   constraint   an automaton over forbidden, required and stop texts; masks of tokens for a state of the text
 *   required     when and how the next required text is forced
 *   logits       penalties, filters, sampling: plain functions on arrays
 *   hypothesis   one text in the making; struct search, what all texts of a call share
 *   chain, beam  the two loops: independent texts (greedy, sampling), and beam search
 *   session      loading, caches, batching of embed and match;  generate: the public calls of writing
 */
#ifndef DAOGOU_DECODE_INT_H
#define DAOGOU_DECODE_INT_H

#include "decode.h"

/* ---- bit masks over token ids: a set bit means "not this one" ---------------------------------------------------- */

static inline void mask_set(uint64_t *mask, size_t id) { mask[id / 64] |= (uint64_t)1 << (id % 64); }
static inline void mask_clear(uint64_t *mask, size_t id) { mask[id / 64] &= ~((uint64_t)1 << (id % 64)); }
static inline bool mask_has(const uint64_t *mask, size_t id) { return mask[id / 64] >> (id % 64) & 1; }

/* ---- UTF-8, one byte at a time ----------------------------------------------------------------------------------- */

/* Where a text stands inside a character. NUL is refused as well: texts are handed out NUL-terminated. */
enum utf8_state { UTF8_BOUNDARY, UTF8_NEED1, UTF8_NEED2, UTF8_NEED3, UTF8_AFTER_E0, UTF8_AFTER_ED, UTF8_AFTER_F0, UTF8_AFTER_F4,
                  UTF8_STATES, UTF8_BAD = UTF8_STATES };
uint32_t utf8_step(uint32_t state, uint8_t byte);
size_t utf8_whole(const char *s, size_t n); /* length without a character that is cut off at the end */

/* ---- token_trie.c ------------------------------------------------------------------------------------------------ */

/* Preorder: the subtree of node i is i .. end-1, its first child i+1, that child's next sibling its own end. Tokens whose
 * bytes start with the node's are sorted[first .. last-1]. */
struct trie_node {
    uint32_t end, first, last, depth;
    int32_t token; /* a token that ends here, or -1 */
    uint8_t byte;
};
struct token_trie {
    const struct tokenizer *tokenizer;
    size_t vocab_size;    /* V of the model, at least the tokenizer's size */
    size_t mask_words;    /* of a mask over V */
    size_t bytes_max;     /* the longest token */
    size_t n_sorted, n_nodes, nodes_cap;
    int32_t *sorted;
    struct trie_node *nodes;
    uint64_t *utf8_masks; /* (UTF8_STATES, mask_words): tokens that break UTF-8 there, and all without bytes */
};
status token_trie_init(struct token_trie *t, const struct tokenizer *tokenizer, size_t vocab_size);
void token_trie_release(struct token_trie *t);
/* The longest token that s starts with, or -1; *length its bytes. */
int32_t token_trie_longest(const struct token_trie *t, const char *s, size_t n, size_t *length);
static inline const uint64_t *token_trie_utf8_mask(const struct token_trie *t, uint32_t state)
{
    return t->utf8_masks + (size_t)state * t->mask_words;
}
static inline void token_trie_ban_subtree(const struct token_trie *t, const struct trie_node *node, uint64_t *mask)
{
    for (uint32_t k = node->first; k < node->last; k++) mask_set(mask, (size_t)t->sorted[k]);
}

/* ---- constraint.c ------------------------------------------------------------------------------------------------ */

enum { CONSTRAINT_FORBIDDEN = 1, CONSTRAINT_STOP = 2, CONSTRAINT_KINDS = 4 }; /* flags of a node: a text of that kind ends here */

/* Aho, Corasick 1975, with the failure links folded into a full table over byte classes (bytes that occur in no text share one). */
struct automaton {
    size_t n_nodes, n_classes;
    uint16_t class_of[256];
    int32_t *next;          /* (n_nodes, n_classes) */
    uint8_t *flags;         /* (n_nodes) */
    uint64_t *required;     /* (n_nodes): bit i = required text i ends here */
    uint32_t *stop_length;  /* (n_nodes): the longest stop text that ends here */
    uint32_t *stop_prefix;  /* (n_nodes): the longest end of the text that may still grow into a stop text */
};
static inline int32_t automaton_step(const struct automaton *a, int32_t node, uint8_t byte)
{
    return a->next[(size_t)node * a->n_classes + a->class_of[byte]];
}

/* Where a text stands. All zero: nothing written. */
struct text_state {
    int32_t node;
    uint32_t utf8;
    uint64_t seen; /* required texts that have appeared */
};
struct constraint {
    const struct token_trie *trie;
    struct automaton automaton;
    uint64_t *root_masks[CONSTRAINT_KINDS]; /* by flags that must not be hit: tokens that hit one by themselves */
    int32_t *walk, *root_walk;              /* (bytes_max + 1) nodes along the path of a walk */
    uint64_t all_required;
};
status constraint_init(struct constraint *c, const struct token_trie *trie, const struct decode_options *o);
void constraint_release(struct constraint *c);
/* Adds to mask every token on whose bytes a text of one of the kinds `flags` would be completed from `node`. */
void constraint_ban(const struct constraint *c, int32_t node, uint8_t flags, uint64_t *mask);
/* Does any text of the kinds `flags` get completed on the way? */
bool constraint_hits(const struct constraint *c, int32_t node, const char *bytes, size_t n, uint8_t flags);
/* Moves over bytes. True when a stop text was completed: then *surplus of the text's last bytes do not belong to it. */
bool constraint_advance(const struct constraint *c, struct text_state *t, const char *bytes, size_t n, size_t *surplus);

/* ---- required.c -------------------------------------------------------------------------------------------------- */

/* Forcing starts at a word's end when room comes close to what the missing texts need, anywhere between characters when it
 * is closer still; what remains is for finishing a character first and the sentence afterwards. */
enum { FORCE_SLACK_WORD = 12, FORCE_SLACK_ANYWHERE = 4 };
struct required_text {
    const char *spaced; /* " X": the text with a space before it */
    size_t n;           /* bytes of X */
    size_t cost;        /* tokens, at most */
};
struct required {
    struct required_text *texts;
    size_t n;
};
status required_init(struct required *r, const struct token_trie *trie, const struct decode_options *o, struct arena *arena);
enum force_need { FORCE_NOT, FORCE_AT_WORD, FORCE_ANYWHERE };
enum force_need required_need(const struct required *r, uint64_t seen, size_t room);
/* Bytes to force next, chosen so that they run into no forbidden or stop text; NULL: none can be forced now. */
const char *required_choose(const struct required *r, const struct constraint *c, const struct text_state *t, const char *text,
                            size_t n_text, size_t room, enum force_need need, size_t *n);

/* ---- logits.c ---------------------------------------------------------------------------------------------------- */

double log_sum_exp(const float *x, size_t n);    /* terms in float, sum in double; NaN if any x is */
int32_t argmax_float(const float *x, size_t n);  /* lowest index of the largest; -1 when all are -infinity */
/* penalised[t] = raw[t] / penalty if positive, else * penalty, for each of the tokens (CTRL, section 4.1). */
void penalise_repetition(float *penalised, const float *raw, const int32_t *tokens, size_t n, float penalty);
void ban_repeated_ngrams(uint64_t *mask, const int32_t *tokens, size_t n, size_t ngram);
void apply_mask(float *logits, const uint64_t *mask, size_t mask_words);
struct choice {
    float p; /* relative to the most likely one, which has 1 */
    int32_t id;
};
/* Temperature, then top-k, top-p (of what top-k left), min-p, in that order, on V logits. choices has room for V; the
 * survivors come first, in no order. Returns their number; 0 when all logits are -infinity. */
size_t filter_choices(struct choice *choices, const float *logits, size_t V, const struct decode_options *o);
int32_t sample_choice(const struct choice *choices, size_t n, struct rng *rng);

/* ---- hypothesis.c ------------------------------------------------------------------------------------------------ */

struct hypothesis {
    int32_t *tokens;       /* (max_tokens) */
    char *bytes;           /* (max_tokens * bytes_max) */
    size_t n, n_bytes;
    size_t n_scored;       /* tokens in the sums: n, and END */
    struct text_state state;
    const char *pending;   /* bytes being forced */
    size_t n_pending;
    double log_probability; /* under the model itself */
    double score;           /* what the search compares: with repetition penalty */
    bool finished, ended;
};

/* One call: what all its texts share. */
struct search {
    struct session *session;
    const struct decode_options *options;
    const struct token_sink *sink; /* may be NULL */
    struct arena *arena;
    const struct token_trie *trie;
    struct constraint constraint;
    struct required required;
    size_t max_tokens;     /* of a text: the option, or less where positions end */
    size_t n_rows;         /* hypotheses advanced together, at most */
    float *logits;         /* (n_rows, V) */
    float *work;           /* (V) one row, penalised and masked */
    uint64_t *mask;        /* (mask_words) */
    struct choice *choices;     /* (V), sampling only */
    struct kv_cache **caches;   /* (n_rows): of the live hypotheses, in their order */
    int32_t *step_tokens;       /* (n_rows) */
    struct hypothesis **found;  /* (n_candidates + 1): results, best first; the rest is storage */
    size_t n_found;
};
/* The logits of one row: log p of a token is logits[id] - log_sum. */
struct prepared {
    const float *raw;
    double raw_log_sum, work_log_sum;
};
status hypothesis_new(struct search *x, struct hypothesis **out);
void hypothesis_open(const struct search *x, struct hypothesis *h); /* an empty one will first write options->opening */
void hypothesis_copy(struct hypothesis *to, const struct hypothesis *from);
/* Penalises and masks one row into x->work. ERR_FORMAT when the model gave no numbers. */
status hypothesis_prepare(struct search *x, struct hypothesis *h, const float *raw, struct prepared *p);
struct gain {
    double log_probability, score;
};
struct gain gain_of(const struct search *x, const struct prepared *p, int32_t id); /* while x->work is that row's */
/* id -1: nothing is allowed here; the text is over without an end. */
void hypothesis_take(struct search *x, struct hypothesis *h, int32_t id, struct gain gain);
double hypothesis_rank(const struct search *x, const struct hypothesis *h); /* length-penalised score */
double length_penalty(size_t length, float alpha);
bool hypothesis_required_met(const struct search *x, const struct hypothesis *h);
status search_reserve_found(struct search *x);
/* Copies h among the found ones, best first, required texts met before not; keeps n_candidates at most. With `distinct` a
 * text that is there already is kept once. */
void search_keep(struct search *x, const struct hypothesis *h, bool distinct);

status chain_run(struct search *x); /* chain.c: greedy, sampling */
status beam_run(struct search *x);  /* beam.c */

/* ---- session.c --------------------------------------------------------------------------------------------------- */

enum { SESSION_SEQS_MAX = 512, SESSION_WINDOW = 1024, SESSION_BATCH_MIN = 256, SESSION_CACHE_STEP = 64 };

/* The prefix that caches[0] starts with, so that a second try with the same one costs nothing. */
struct prefix_memory {
    int32_t *ids;
    size_t n, cap, prefix; /* prefix: how many are read both ways */
    float *logits;         /* (V) after the last */
    bool valid;
};
struct session {
    char *directory;
    struct compute *compute;
    struct model *model;
    struct tokenizer *tokenizer;
    struct infer_run *run;
    int32_t begin, end;     /* tokens around a text; begin -1: none */
    struct marks marks;     /* the tokenizer's tokens for layouts */
    size_t batch_tokens;
    struct token_trie trie;
    struct arena arena;     /* one call */
    struct kv_cache *caches[DECODE_BEAMS_MAX];
    size_t n_caches, cache_length;
    struct prefix_memory prefix;
};
struct tokens session_encode(const struct session *s, struct text_span text, int32_t *ids, size_t max); /* cut to max */
status session_reserve_caches(struct session *s, size_t n, size_t length);

#endif

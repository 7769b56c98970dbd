/* Metadata of GGUF -> our configuration and tokenizer. */
#include "exchange_int.h"

#include <math.h>
#include <string.h>

/* A number under "ARCHITECTURE.key"; NAN as fallback: must be there. */
static status read_number(const struct checkpoint *c, enum family family, const char *key, double fallback, double *out)
{
    char full[128];
    snprintf(full, sizeof full, "%s.%s", family_names[family], key);
    *out = fallback;
    gguf_number(c, full, out);
    FAIL_IF(isnan(*out), ERR_FORMAT, "the metadata have no number %s", full);
    return OK;
}

static status read_count(const struct checkpoint *c, enum family family, const char *key, double fallback, uint32_t *out)
{
    double x;
    TRY(read_number(c, family, key, fallback, &x));
    FAIL_IF(!(x >= 1 && x <= INT32_MAX && x == floor(x)), ERR_FORMAT, "%s.%s is %g; it must be a whole number above 0", family_names[family], key, x);
    *out = (uint32_t)x;
    return OK;
}

static status find_family(const struct checkpoint *c, enum family *family)
{
    const char *name = "";
    size_t n = 0;
    gguf_string(c, "general.architecture", &name, &n);
    for (int f = 0; f < FAMILIES; f++)
        if (strlen(family_names[f]) == n && memcmp(name, family_names[f], n) == 0) {
            *family = (enum family)f;
            return OK;
        }
    return fail(ERR_FORMAT, "general.architecture is '%.*s'; gpt2, llama, qwen2 and qwen3 can be imported", (int)(n < 40 ? n : 40), name);
}

static status check_rope(const struct checkpoint *c, enum family family, const struct model_config *m)
{
    char key[64];
    const char *type;
    size_t n;
    double rotated;
    snprintf(key, sizeof key, "%s.rope.scaling.type", family_names[family]);
    bool scaled = gguf_string(c, key, &type, &n) && !(n == 4 && memcmp(type, "none", 4) == 0);
    FAIL_IF(scaled || checkpoint_find(c, "rope_freqs.weight"), ERR_FORMAT, "its rope scaling cannot be computed here; use a model without it");
    TRY(read_number(c, family, "rope.dimension_count", m->head_size, &rotated));
    FAIL_IF(rotated != m->head_size, ERR_FORMAT, "only %g of %u elements of a head are rotated, which cannot be computed here", rotated, m->head_size);
    return OK;
}

static status read_rotary(const struct checkpoint *c, enum family family, struct model_config *m)
{
    double theta, value_length;
    TRY(read_count(c, family, "attention.key_length", m->d_model / (double)m->n_heads, &m->head_size));
    TRY(read_number(c, family, "attention.value_length", m->head_size, &value_length));
    FAIL_IF(value_length != m->head_size, ERR_FORMAT, "keys and values are of different length, which cannot be computed here");
    TRY(read_number(c, family, "rope.freq_base", 10000, &theta));
    m->rope_theta = (float)theta;
    m->positions = POSITIONS_ROTARY;
    m->norm = NORM_RMS;
    m->ffn = FFN_SWIGLU;
    m->qkv_bias = family == FAMILY_QWEN2;
    m->qk_norm = family == FAMILY_QWEN3;
    return check_rope(c, family, m);
}

static status read_learned(const struct checkpoint *c, struct model_config *m)
{
    (void)c;
    FAIL_IF(m->d_model % m->n_heads != 0, ERR_FORMAT, "the width is %u, no multiple of the number of heads (%u)", m->d_model, m->n_heads);
    m->head_size = m->d_model / m->n_heads;
    m->positions = POSITIONS_LEARNED;
    m->norm = NORM_LAYER;
    m->ffn = FFN_GELU;
    m->linear_bias = true;
    m->rope_theta = 10000;
    return OK;
}

status gguf_config(const struct checkpoint *c, enum family *family, struct model_config *m)
{
    double epsilon;
    *m = (struct model_config){0};
    TRY(find_family(c, family));
    bool gpt2 = *family == FAMILY_GPT2;
    const struct foreign_tensor *embedding = checkpoint_find(c, "token_embd.weight");
    FAIL_IF(!embedding, ERR_FORMAT, "tensor 'token_embd.weight' is missing");
    FAIL_IF(embedding->rows > MODEL_MAX_VOCAB, ERR_LIMIT, "the vocabulary has %zu entries, more than %d", embedding->rows, MODEL_MAX_VOCAB);
    m->vocab_size = (uint32_t)embedding->rows;
    TRY(read_count(c, *family, "context_length", NAN, &m->max_positions));
    TRY(read_count(c, *family, "embedding_length", NAN, &m->d_model));
    TRY(read_count(c, *family, "block_count", NAN, &m->n_layers));
    TRY(read_count(c, *family, "feed_forward_length", NAN, &m->d_ff));
    TRY(read_count(c, *family, "attention.head_count", NAN, &m->n_heads));
    TRY(read_count(c, *family, "attention.head_count_kv", m->n_heads, &m->n_kv_heads));
    TRY(read_number(c, *family, gpt2 ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", NAN, &epsilon));
    m->norm_epsilon = (float)epsilon;
    m->tied = !checkpoint_find(c, "output.weight");
    TRY(gpt2 ? read_learned(c, m) : read_rotary(c, *family, m));
    return model_config_check(m);
}

/* ---- tokenizer ---- */

static status find_splitter(const struct checkpoint *c, struct tokenizer_tables *t)
{
    static const struct { const char *name; enum splitter splitter; } known[] = {
        {"gpt-2", SPLITTER_GPT2}, {"gpt2", SPLITTER_GPT2}, {"llama-bpe", SPLITTER_LLAMA3}, {"llama3", SPLITTER_LLAMA3}, {"qwen2", SPLITTER_QWEN2}};
    const char *model = "", *name = "";
    size_t n_model = 0, n = 0;
    gguf_string(c, "tokenizer.ggml.model", &model, &n_model);
    FAIL_IF(n_model != 4 || memcmp(model, "gpt2", 4) != 0, ERR_FORMAT, "tokenizer.ggml.model is '%.*s', but only byte-level BPE ('gpt2') can be read",
            (int)(n_model < 40 ? n_model : 40), model);
    gguf_string(c, "tokenizer.ggml.pre", &name, &n);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == n && memcmp(known[i].name, name, n) == 0) t->splitter = known[i].splitter;
    FAIL_IF(t->splitter == SPLITTER_OWN, ERR_FORMAT, "tokenizer.ggml.pre is '%.*s'; gpt-2, llama-bpe and qwen2 can be read", (int)(n < 40 ? n : 40), name);
    t->nfc = t->splitter == SPLITTER_QWEN2;
    t->ignore_merges = t->splitter == SPLITTER_LLAMA3;
    return OK;
}

static int32_t token_id(const struct checkpoint *c, const char *key)
{
    double id = -1;
    gguf_number(c, key, &id);
    return id >= 0 && id < INT32_MAX ? (int32_t)id : -1;
}

static enum token_kind kind_of(const struct gguf_value *types, size_t i)
{
    static const enum token_kind kinds[] = {TOKEN_KIND_PLAIN, TOKEN_KIND_PLAIN, TOKEN_KIND_SPECIAL, TOKEN_KIND_SPECIAL, TOKEN_KIND_ADDED, TOKEN_KIND_NONE, TOKEN_KIND_PLAIN};
    uint8_t kind = types ? types->at[4 * i] : 1;   /* normal, unknown, control, user-defined, unused, byte: 1 to 6 */
    return kind < sizeof kinds / sizeof *kinds ? kinds[kind] : TOKEN_KIND_PLAIN;
}

static status read_tables(const struct gguf_value *tokens, const struct gguf_value *types, const struct gguf_value *merges, struct token_text *texts,
                          struct merge_text *pairs)
{
    const uint8_t *at = tokens->at;
    for (size_t i = 0; i < tokens->n; i++) {
        texts[i].s = gguf_next_string(&at, &texts[i].n);
        texts[i].kind = kind_of(types, i);
    }
    at = merges->at;
    for (size_t i = 0; i < merges->n; i++) {
        size_t n;
        const char *s = gguf_next_string(&at, &n), *space = n ? memchr(s + 1, ' ', n - 1) : NULL;
        FAIL_IF(!space || space + 1 == s + n, ERR_FORMAT, "merge %zu is not a pair of tokens", i);
        pairs[i] = (struct merge_text){s, (size_t)(space - s), space + 1, n - (size_t)(space + 1 - s)};
    }
    return OK;
}

status gguf_tokenizer(const struct checkpoint *c, struct tokenizer **out)
{
    struct tokenizer_tables t = {.begin = -1, .end = token_id(c, "tokenizer.ggml.eos_token_id")};
    const struct gguf_value *tokens = gguf_array(c, "tokenizer.ggml.tokens", GGUF_STRING), *merges = gguf_array(c, "tokenizer.ggml.merges", GGUF_STRING);
    const struct gguf_value *types = gguf_array(c, "tokenizer.ggml.token_type", GGUF_I32);
    double add_begin = 0;
    TRY(find_splitter(c, &t));
    FAIL_IF(!tokens || !merges || (types && types->n != tokens->n), ERR_FORMAT, "tokenizer.ggml.tokens, token_type and merges are missing or of different length");
    FAIL_IF(tokens->n > MODEL_MAX_VOCAB, ERR_LIMIT, "its vocabulary has more than %d entries", MODEL_MAX_VOCAB);
    gguf_number(c, "tokenizer.ggml.add_bos_token", &add_begin);
    if (add_begin != 0) t.begin = token_id(c, "tokenizer.ggml.bos_token_id");
    struct token_text *texts = mem_zalloc((size_t)tokens->n, sizeof *texts);
    struct merge_text *pairs = mem_zalloc((size_t)merges->n, sizeof *pairs);
    status s = texts && pairs ? read_tables(tokens, types, merges, texts, pairs) : fail_nomem("reading a tokenizer");
    t.tokens = texts, t.merges = pairs, t.n_tokens = (size_t)tokens->n, t.n_merges = (size_t)merges->n;
    if (s == OK) s = tokenizer_from_tables(&t, out);
    mem_free(texts);
    mem_free(pairs);
    return s;
}

/* config.json of transformers -> our configuration. What is not asked for here must not change what is computed. */
#include "exchange_int.h"

#include <math.h>
#include <string.h>

struct wish {
    const char *key;
    double fallback;       /* NAN: must be there */
    uint32_t *out;
};

static status read_number(const json_t *root, const char *key, double fallback, double *out)
{
    const json_t *value = json_object_get(root, key);
    *out = fallback;
    if (value && !json_is_null(value)) {
        FAIL_IF(!json_is_number(value), ERR_FORMAT, "config.json: %s is no number", key);
        *out = json_number_value(value);
    }
    FAIL_IF(isnan(*out), ERR_FORMAT, "config.json: %s is missing", key);
    return OK;
}

static status read_count(const json_t *root, const char *key, double fallback, uint32_t *out)
{
    double x;
    TRY(read_number(root, key, fallback, &x));
    FAIL_IF(!(x >= 1 && x <= INT32_MAX && x == floor(x)), ERR_FORMAT, "config.json: %s is %g; it must be a whole number above 0", key, x);
    *out = (uint32_t)x;
    return OK;
}

static status read_counts(const json_t *root, const struct wish *wishes, size_t n)
{
    for (size_t i = 0; i < n; i++) TRY(read_count(root, wishes[i].key, wishes[i].fallback, wishes[i].out));
    return OK;
}

static bool is_true(const json_t *root, const char *key, bool fallback)
{
    const json_t *value = json_object_get(root, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

static status must_not(const json_t *root, const char *key)
{
    FAIL_IF(is_true(root, key, false), ERR_FORMAT, "config.json: %s is true, which cannot be computed here; use another model", key);
    return OK;
}

static status check_activation(const json_t *root, const char *key, const char *a, const char *b)
{
    const char *name = json_string_value(json_object_get(root, key));
    FAIL_IF(name && strcmp(name, a) != 0 && strcmp(name, b) != 0, ERR_FORMAT, "config.json: %s is '%.40s', but only '%s' can be computed here", key, name, a);
    return OK;
}

static status read_floats(const json_t *root, const char *epsilon_key, double epsilon, struct model_config *c)
{
    double x;
    TRY(read_number(root, epsilon_key, epsilon, &x));
    c->norm_epsilon = (float)x;
    return OK;
}

/* ---- GPT-2 ---- */

static status read_gpt2(const json_t *root, struct model_config *c)
{
    const struct wish wishes[] = {{"vocab_size", NAN, &c->vocab_size}, {"n_positions", 1024, &c->max_positions}, {"n_embd", NAN, &c->d_model},
                                  {"n_layer", NAN, &c->n_layers}, {"n_head", NAN, &c->n_heads}};
    TRY(read_counts(root, wishes, sizeof wishes / sizeof *wishes));
    TRY(read_count(root, "n_inner", 4.0 * c->d_model, &c->d_ff));
    FAIL_IF(c->d_model % c->n_heads != 0, ERR_FORMAT, "config.json: n_embd is %u, no multiple of n_head (%u)", c->d_model, c->n_heads);
    TRY(check_activation(root, "activation_function", "gelu_new", "gelu_pytorch_tanh"));
    TRY(must_not(root, "scale_attn_by_inverse_layer_idx"));
    FAIL_IF(!is_true(root, "scale_attn_weights", true), ERR_FORMAT, "config.json: scale_attn_weights is false, which cannot be computed here");
    c->n_kv_heads = c->n_heads;
    c->head_size = c->d_model / c->n_heads;
    c->positions = POSITIONS_LEARNED;
    c->norm = NORM_LAYER;
    c->ffn = FFN_GELU;
    c->linear_bias = true;
    c->tied = is_true(root, "tie_word_embeddings", true);
    c->rope_theta = 10000;
    return read_floats(root, "layer_norm_epsilon", 1e-5, c);
}

/* ---- Llama, Qwen2, Qwen3 ---- */

static status check_whole_heads(const json_t *object)
{
    double factor;
    TRY(read_number(object, "partial_rotary_factor", 1, &factor));
    FAIL_IF(factor != 1, ERR_FORMAT, "config.json: partial_rotary_factor is %g; only whole heads can be rotated here", factor);
    return OK;
}

static status check_rope(const json_t *rope)
{
    const char *key, *type = json_string_value(json_object_get(rope, "rope_type"));
    json_t *value;
    if (!type) type = json_string_value(json_object_get(rope, "type"));
    FAIL_IF(type && strcmp(type, "default") != 0, ERR_FORMAT, "config.json: rope scaling '%.40s' cannot be computed here; use a model without it", type);
    json_object_foreach((json_t *)rope, key, value)
        FAIL_IF(json_is_object(value), ERR_FORMAT, "config.json: rope parameters of their own for '%.40s' cannot be computed here", key);
    return check_whole_heads(rope);
}

/* The angle: in "rope_parameters" of newer files, or in "rope_scaling", which counts more, or beside them. */
static status read_rope(const json_t *root, struct model_config *c)
{
    double theta;
    static const char *const places[] = {"rope_parameters", "rope_scaling"};
    TRY(check_whole_heads(root));
    TRY(read_number(root, "rope_theta", 10000, &theta));
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const json_t *rope = json_object_get(root, places[i]);
        TRY(check_rope(rope));
        TRY(read_number(rope, "rope_theta", theta, &theta));
    }
    c->rope_theta = (float)theta;
    return OK;
}

static status check_layer_types(const json_t *root)
{
    size_t i;
    const json_t *types = json_object_get(root, "layer_types"), *type;
    json_array_foreach(types, i, type) {
        const char *name = json_string_value(type);
        FAIL_IF(!name || strcmp(name, "full_attention") != 0, ERR_FORMAT, "config.json: layer %zu is '%.40s'; only full_attention can be computed here", i, name ? name : "?");
    }
    return OK;
}

static status read_llama(const json_t *root, enum family family, struct model_config *c)
{
    const struct wish wishes[] = {{"vocab_size", NAN, &c->vocab_size}, {"max_position_embeddings", NAN, &c->max_positions}, {"hidden_size", NAN, &c->d_model},
                                  {"num_hidden_layers", NAN, &c->n_layers}, {"num_attention_heads", NAN, &c->n_heads}, {"intermediate_size", NAN, &c->d_ff}};
    TRY(read_counts(root, wishes, sizeof wishes / sizeof *wishes));
    TRY(read_count(root, "num_key_value_heads", c->n_heads, &c->n_kv_heads));
    bool sized = json_is_integer(json_object_get(root, "head_dim"));
    FAIL_IF(!sized && c->d_model % c->n_heads != 0, ERR_FORMAT, "config.json: hidden_size is %u, no multiple of num_attention_heads (%u)", c->d_model, c->n_heads);
    TRY(read_count(root, "head_dim", family == FAMILY_QWEN3 ? 128 : c->d_model / c->n_heads, &c->head_size));
    TRY(check_activation(root, "hidden_act", "silu", "swish"));
    if (family != FAMILY_QWEN2) TRY(must_not(root, "attention_bias"));
    TRY(must_not(root, "mlp_bias"));
    TRY(must_not(root, "use_sliding_window"));
    TRY(check_layer_types(root));
    c->positions = POSITIONS_ROTARY;
    c->norm = NORM_RMS;
    c->ffn = FFN_SWIGLU;
    c->qkv_bias = family == FAMILY_QWEN2;
    c->qk_norm = family == FAMILY_QWEN3;
    c->tied = is_true(root, "tie_word_embeddings", false);
    TRY(read_rope(root, c));
    return read_floats(root, "rms_norm_eps", 1e-6, c);
}

status hf_config(const struct checkpoint *c, enum family *family, struct model_config *config)
{
    const char *type = json_string_value(json_object_get(c->config, "model_type"));
    int f = 0;
    while (f < FAMILIES && (!type || strcmp(type, family_names[f]) != 0)) f++;
    FAIL_IF(f == FAMILIES, ERR_FORMAT, "config.json: model_type is '%.40s'; gpt2, llama, qwen2 and qwen3 can be imported", type ? type : "missing");
    FAIL_IF(json_object_get(c->config, "quantization_config"), ERR_FORMAT, "config.json: the weights are quantised (quantization_config); import the original ones");
    *family = (enum family)f;
    *config = (struct model_config){0};
    TRY(f == FAMILY_GPT2 ? read_gpt2(c->config, config) : read_llama(c->config, *family, config));
    status s = model_config_check(config);
    return s == OK ? OK : fail_context(s, "config.json");
}

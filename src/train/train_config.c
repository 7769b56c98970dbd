#include "train_int.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* One row a key: where it goes, what it may be, which commands know it, and whether it may change when a run is resumed. */
enum value_kind { VALUE_STRING, VALUE_DOUBLE, VALUE_FLOAT, VALUE_U32, VALUE_U64, VALUE_BOOL, VALUE_CHOICE, VALUE_FILES, VALUE_WEIGHTS, VALUE_MODEL, VALUE_LORA, VALUE_TARGETS };
enum { BOTH = TRAIN_PRETRAIN | TRAIN_FINETUNE, LIVE = 4 };

struct key {
    const char *name;
    enum value_kind kind;
    unsigned flags;
    size_t offset;
    double min, max;
    const char *choices;  /* "auto f32 bf16": the value is the position in this list */
};
#define AT(member) offsetof(struct train_config, member)

static const struct key keys[] = {
    {"output", VALUE_STRING, BOTH | LIVE, AT(output), 0, 0, NULL},
    {"tokenizer", VALUE_STRING, BOTH | LIVE, AT(tokenizer), 0, 0, NULL},
    {"init_from", VALUE_STRING, BOTH, AT(init_from), 0, 0, NULL},
    {"model", VALUE_MODEL, BOTH, 0, 0, 0, NULL},
    {"lora", VALUE_LORA, BOTH, 0, 0, 0, NULL},
    {"seed", VALUE_U64, BOTH, AT(seed), 0, 9e15, NULL},
    {"precision", VALUE_CHOICE, BOTH, AT(precision), 0, 0, "auto f32 bf16"},
    {"threads", VALUE_U32, BOTH | LIVE, AT(threads), 0, 1024, NULL},
    {"steps", VALUE_U32, BOTH, AT(steps), 1, 1e9, NULL},
    {"batch_tokens", VALUE_U32, BOTH, AT(batch_tokens), 16, TRAIN_MAX_BATCH_TOKENS, NULL},
    {"accumulate", VALUE_U32, BOTH, AT(accumulate), 1, 4096, NULL},
    {"learning_rate", VALUE_DOUBLE, BOTH, AT(learning_rate), 0, 10, NULL},
    {"min_lr", VALUE_DOUBLE, BOTH, AT(min_lr), 0, 1, NULL},
    {"warmup_steps", VALUE_U32, BOTH, AT(warmup_steps), 0, 1e9, NULL},
    {"weight_decay", VALUE_DOUBLE, BOTH, AT(weight_decay), 0, 10, NULL},
    {"beta1", VALUE_DOUBLE, BOTH, AT(beta1), 0, 0.99999, NULL},
    {"beta2", VALUE_DOUBLE, BOTH, AT(beta2), 0, 0.999999, NULL},
    {"epsilon", VALUE_DOUBLE, BOTH, AT(epsilon), 1e-15, 1, NULL},
    {"clip", VALUE_DOUBLE, BOTH, AT(clip), 0, 1e9, NULL},
    {"loss_weights", VALUE_WEIGHTS, BOTH, AT(loss_weights), 0, 1000, NULL},
    {"validation_fraction", VALUE_DOUBLE, BOTH, AT(validation_fraction), 0, 0.9, NULL},
    {"validation_files", VALUE_FILES, BOTH, AT(validation_files), 0, 0, NULL},
    {"eval_every", VALUE_U32, BOTH | LIVE, AT(eval_every), 0, 1e9, NULL},
    {"eval_batches", VALUE_U32, BOTH | LIVE, AT(eval_batches), 1, 1e6, NULL},
    {"log_every", VALUE_U32, BOTH | LIVE, AT(log_every), 1, 1e9, NULL},
    {"checkpoint_every", VALUE_U32, BOTH | LIVE, AT(checkpoint_every), 0, 1e9, NULL},
    {"checkpoint_seconds", VALUE_U32, BOTH | LIVE, AT(checkpoint_seconds), 0, 1e9, NULL},
    {"keep", VALUE_CHOICE, BOTH | LIVE, AT(keep_best), 0, 0, "last best"},
    {"save_dtype", VALUE_CHOICE, BOTH | LIVE, AT(save_dtype), 0, 0, "f32 bf16 q8"},

    {"corpora", VALUE_FILES, TRAIN_PRETRAIN, AT(data), 0, 0, NULL},
    {"cache", VALUE_STRING, TRAIN_PRETRAIN | LIVE, AT(cache), 0, 0, NULL},
    {"lm_share", VALUE_DOUBLE, TRAIN_PRETRAIN, AT(lm_share), 0, 1, NULL},
    {"prefix_share", VALUE_DOUBLE, TRAIN_PRETRAIN, AT(prefix_share), 0, 1, NULL},
    {"mask_share", VALUE_DOUBLE, TRAIN_PRETRAIN, AT(mask_share), 0.001, 0.9, NULL},
    {"mlm_sequence", VALUE_U32, TRAIN_PRETRAIN, AT(mlm_sequence), 12, MODEL_MAX_POSITIONS, NULL},
    {"lm_sequence", VALUE_U32, TRAIN_PRETRAIN, AT(lm_sequence), 12, MODEL_MAX_POSITIONS, NULL},

    {"data", VALUE_FILES, TRAIN_FINETUNE, AT(data), 0, 0, NULL},
    {"labels", VALUE_STRING, TRAIN_FINETUNE, AT(labels), 0, 0, NULL},
    {"match_share", VALUE_DOUBLE, TRAIN_FINETUNE, AT(match_share), 0, 1, NULL},
    {"contrastive_share", VALUE_DOUBLE, TRAIN_FINETUNE, AT(contrastive_share), 0, 1, NULL},
    {"generate_share", VALUE_DOUBLE, TRAIN_FINETUNE, AT(generate_share), 0, 1, NULL},
    {"classify_share", VALUE_DOUBLE, TRAIN_FINETUNE, AT(classify_share), 0, 1, NULL},
    {"label_noise", VALUE_DOUBLE, TRAIN_FINETUNE, AT(label_noise), 0, 0.9, NULL},
    {"token_dropout", VALUE_DOUBLE, TRAIN_FINETUNE, AT(token_dropout), 0, 0.9, NULL},
    {"max_pair_tokens", VALUE_U32, TRAIN_FINETUNE, AT(max_pair_tokens), 8, MODEL_MAX_POSITIONS, NULL},
    {"max_embed_tokens", VALUE_U32, TRAIN_FINETUNE, AT(max_embed_tokens), 4, MODEL_MAX_POSITIONS, NULL},
    {"max_prefix_tokens", VALUE_U32, TRAIN_FINETUNE, AT(max_prefix_tokens), 8, MODEL_MAX_POSITIONS, NULL},
    {"max_text_tokens", VALUE_U32, TRAIN_FINETUNE, AT(max_text_tokens), 2, MODEL_MAX_POSITIONS, NULL},
    {"max_group", VALUE_U32, TRAIN_FINETUNE, AT(max_group), 1, 256, NULL},
    {"random_negatives", VALUE_U32, TRAIN_FINETUNE, AT(random_negatives), 0, 255, NULL},
    {"contrastive_pairs", VALUE_U32, TRAIN_FINETUNE, AT(contrastive_pairs), 2, 1024, NULL},
    {"contrastive_min_gain", VALUE_DOUBLE, TRAIN_FINETUNE, AT(contrastive_min_gain), 0, 1, NULL},
    {"need_dropout", VALUE_DOUBLE, TRAIN_FINETUNE, AT(need_dropout), 0, 1, NULL},
};
/* The "model" object. vocab_size is the tokenizer's. */
static const struct key model_keys[] = {
    {"max_positions", VALUE_U32, BOTH, AT(model.max_positions), 8, MODEL_MAX_POSITIONS, NULL},
    {"d_model", VALUE_U32, BOTH, AT(model.d_model), 1, MODEL_MAX_D, NULL},
    {"n_layers", VALUE_U32, BOTH, AT(model.n_layers), 1, MODEL_MAX_LAYERS, NULL},
    {"n_heads", VALUE_U32, BOTH, AT(model.n_heads), 1, MODEL_MAX_D, NULL},
    {"n_kv_heads", VALUE_U32, BOTH, AT(model.n_kv_heads), 1, MODEL_MAX_D, NULL},
    {"head_size", VALUE_U32, BOTH, AT(model.head_size), 1, MODEL_MAX_D, NULL},
    {"d_ff", VALUE_U32, BOTH, AT(model.d_ff), 1, 1 << 20, NULL},
    {"positions", VALUE_CHOICE, BOTH, AT(model.positions), 0, 0, "learned rotary"},
    {"norm", VALUE_CHOICE, BOTH, AT(model.norm), 0, 0, "layer rms"},
    {"ffn", VALUE_CHOICE, BOTH, AT(model.ffn), 0, 0, "gelu swiglu"},
    {"linear_bias", VALUE_BOOL, BOTH, AT(model.linear_bias), 0, 0, NULL},
    {"qkv_bias", VALUE_BOOL, BOTH, AT(model.qkv_bias), 0, 0, NULL},
    {"qk_norm", VALUE_BOOL, BOTH, AT(model.qk_norm), 0, 0, NULL},
    {"overlap", VALUE_BOOL, BOTH, AT(model.overlap), 0, 0, NULL},
    {"tied", VALUE_BOOL, BOTH, AT(model.tied), 0, 0, NULL},
    {"dropout", VALUE_DOUBLE, BOTH, AT(dropout), 0, 0.9, NULL},
    {"norm_epsilon", VALUE_FLOAT, BOTH, AT(model.norm_epsilon), 1e-12, 0.1, NULL},
    {"rope_theta", VALUE_FLOAT, BOTH, AT(model.rope_theta), 1, 1e9, NULL},
};
/* The "lora" object. */
static const struct key lora_keys[] = {
    {"rank", VALUE_U32, BOTH, AT(lora.rank), 1, LORA_MAX_RANK, NULL},
    {"alpha", VALUE_FLOAT, BOTH, AT(lora.alpha), 1e-3, 1e6, NULL},
    {"unpack", VALUE_BOOL, BOTH, AT(lora.unpack), 0, 0, NULL},
    {"targets", VALUE_TARGETS, BOTH, AT(lora.targets), 0, 0, NULL},
};
enum { N_KEYS = sizeof keys / sizeof *keys, N_MODEL_KEYS = sizeof model_keys / sizeof *model_keys, N_LORA_KEYS = sizeof lora_keys / sizeof *lora_keys };

static const char *const loss_names[LOSS_KINDS] = {"mlm", "nsp", "lm", "match", "binary", "contrastive", "generate", "classify"};

const char *loss_name(enum loss_kind k)
{
    return loss_names[k];
}

void train_config_default(struct train_config *c, enum train_kind kind)
{
    *c = (struct train_config){
        .kind = kind, .dropout = -1, .seed = 1, .precision = PRECISION_AUTO,
        .steps = 1000, .batch_tokens = 8192, .accumulate = 1, .warmup_steps = 100,
        .learning_rate = 3e-4, .min_lr = 0.1, .weight_decay = 0.1, .beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-8, .clip = 1,
        .loss_weights = {1, 1, 1, 1, 0.5, 1, 1, 1},
        .validation_fraction = 0.01, .eval_every = 250, .eval_batches = 8, .log_every = 10,
        .checkpoint_every = 250, .checkpoint_seconds = 300, .save_dtype = DTYPE_F32,
        .lm_share = 0.5, .prefix_share = 0.3, .mask_share = 0.15, .mlm_sequence = 128, .lm_sequence = 256,
        .match_share = 0.4, .contrastive_share = 0.2, .generate_share = 0.4, .classify_share = 0.4,
        .max_pair_tokens = 96, .max_embed_tokens = 64, .max_prefix_tokens = 128, .max_text_tokens = 192,
        .max_group = 8, .random_negatives = 2, .contrastive_pairs = 64, .contrastive_min_gain = 0.5, .need_dropout = 0.3,
    };
    model_config_default(&c->model);
    arena_init(&c->strings, 0);
}

void train_config_release(struct train_config *c)
{
    arena_release(&c->strings);
}

/* ---- reading ---- */

static status read_string(struct train_config *c, json_t *v, const char *name, const char **out)
{
    FAIL_IF(!json_is_string(v) || !json_string_length(v), ERR_USAGE, "\"%s\" must be a path in quotes", name);
    FAIL_IF(strlen(json_string_value(v)) != json_string_length(v), ERR_USAGE, "\"%s\" has a NUL in its path; remove it", name);
    *out = arena_strdup(&c->strings, json_string_value(v));
    return *out ? OK : fail_nomem("reading the configuration");
}

static status read_number(json_t *v, const char *name, double min, double max, double *out)
{
    FAIL_IF(!json_is_number(v), ERR_USAGE, "\"%s\" must be a number", name);
    *out = json_number_value(v);
    FAIL_IF(!(*out >= min && *out <= max), ERR_USAGE, "\"%s\" is %g; it must be from %g to %g", name, *out, min, max);
    return OK;
}

static status read_choice(json_t *v, const struct key *k, unsigned *out)
{
    const char *given = json_is_string(v) ? json_string_value(v) : "";
    size_t n = strlen(given);
    unsigned i = 0;
    for (const char *p = k->choices; n && *p; i++) {
        size_t w = strcspn(p, " ");
        if (w == n && memcmp(p, given, n) == 0) {
            *out = i;
            return OK;
        }
        p += w + (p[w] == ' ');
    }
    return fail(ERR_USAGE, "\"%s\" must be one of: %s", k->name, k->choices);
}

static status read_file_entry(struct train_config *c, json_t *v, const char *name, struct train_file *f)
{
    f->weight = 1;
    if (json_is_string(v)) return read_string(c, v, name, &f->path);
    FAIL_IF(!json_is_object(v), ERR_USAGE, "\"%s\" must list paths, or {\"path\",\"weight\"} objects", name);
    const char *field;
    json_t *value;
    json_object_foreach(v, field, value) {
        if (strcmp(field, "path") == 0) TRY(read_string(c, value, "path", &f->path));
        else if (strcmp(field, "weight") == 0) TRY(read_number(value, "weight", 1e-6, 1e6, &f->weight));
        else return fail(ERR_USAGE, "unknown key \"%s\" in \"%s\"; known are path, weight", field, name);
    }
    FAIL_IF(!f->path, ERR_USAGE, "an entry of \"%s\" has no \"path\"", name);
    return OK;
}

static status read_files(struct train_config *c, json_t *v, const char *name, struct train_files *out)
{
    FAIL_IF(!json_is_array(v), ERR_USAGE, "\"%s\" must be a list", name);
    FAIL_IF(json_array_size(v) > TRAIN_MAX_FILES, ERR_LIMIT, "\"%s\" lists %zu files; the limit is %d", name,
            json_array_size(v), TRAIN_MAX_FILES);
    *out = (struct train_files){.n = json_array_size(v)};
    for (size_t i = 0; i < out->n; i++) TRY(read_file_entry(c, json_array_get(v, i), name, &out->list[i]));
    return OK;
}

static status read_weights(json_t *v, const struct key *k, double *out)
{
    FAIL_IF(!json_is_object(v), ERR_USAGE, "\"%s\" must be an object of numbers", k->name);
    const char *field;
    json_t *value;
    json_object_foreach(v, field, value) {
        size_t i = 0;
        while (i < LOSS_KINDS && strcmp(field, loss_names[i]) != 0) i++;
        FAIL_IF(i == LOSS_KINDS, ERR_USAGE,
                "unknown key \"%s\" in \"%s\"; known are mlm, nsp, lm, match, binary, contrastive, generate, classify", field, k->name);
        TRY(read_number(value, field, k->min, k->max, &out[i]));
    }
    return OK;
}

static status read_targets(json_t *v, const struct key *k, bool *out)
{
    size_t i;
    json_t *value;
    FAIL_IF(!json_is_array(v) || !json_array_size(v), ERR_USAGE, "\"%s\" must be a list of matrices", k->name);
    for (int t = 0; t < LORA_TARGETS; t++) out[t] = false;
    json_array_foreach(v, i, value) {
        const char *given = json_is_string(value) ? json_string_value(value) : "";
        int t = 0;
        while (t < LORA_TARGETS && strcmp(given, lora_target_names[t]) != 0) t++;
        FAIL_IF(t == LORA_TARGETS, ERR_USAGE, "unknown entry \"%.80s\" of \"%s\"; known are attention.qkv, attention.out, ffn.in, ffn.out", given, k->name);
        FAIL_IF(out[t], ERR_USAGE, "\"%s\" names %s twice", k->name, given);
        out[t] = true;
    }
    return OK;
}

static status read_object(struct train_config *c, json_t *object, const char *where, const struct key *table, size_t n);

static status read_lora(struct train_config *c, json_t *v)
{
    FAIL_IF(!json_is_object(v), ERR_USAGE, "\"lora\" must be an object");
    c->lora = (struct lora){.rank = 8, .alpha = 16, .targets = {true, true, true, true}};
    return read_object(c, v, "\"lora\"", lora_keys, N_LORA_KEYS);
}

static status read_value(struct train_config *c, json_t *v, const struct key *k)
{
    void *at = (char *)c + k->offset;
    double number = 0;
    unsigned choice = 0;
    switch (k->kind) {
    case VALUE_STRING: return read_string(c, v, k->name, at);
    case VALUE_FILES: return read_files(c, v, k->name, at);
    case VALUE_WEIGHTS: return read_weights(v, k, at);
    case VALUE_TARGETS: return read_targets(v, k, at);
    case VALUE_LORA: return read_lora(c, v);
    case VALUE_MODEL:
        FAIL_IF(!json_is_object(v), ERR_USAGE, "\"model\" must be an object");
        c->model_given = true;
        c->overlap = json_is_true(json_object_get(v, "overlap"));
        c->shape_given = json_object_size(v) > (json_object_get(v, "dropout") != NULL) + (size_t)c->overlap;
        return read_object(c, v, "\"model\"", model_keys, N_MODEL_KEYS);
    case VALUE_BOOL:
        FAIL_IF(!json_is_boolean(v), ERR_USAGE, "\"%s\" must be true or false", k->name);
        *(bool *)at = json_is_true(v);
        return OK;
    case VALUE_CHOICE:
        TRY(read_choice(v, k, &choice));
        if (k->offset == AT(keep_best)) *(bool *)at = choice != 0;
        else *(unsigned *)at = choice; /* enums of non-negative constants are unsigned in gcc and clang */
        return OK;
    default: break;
    }
    TRY(read_number(v, k->name, k->min, k->max, &number));
    FAIL_IF(k->kind != VALUE_DOUBLE && k->kind != VALUE_FLOAT && number != floor(number), ERR_USAGE,
            "\"%s\" is %g; it must be a whole number", k->name, number);
    if (k->kind == VALUE_DOUBLE) *(double *)at = number;
    else if (k->kind == VALUE_FLOAT) *(float *)at = (float)number;
    else if (k->kind == VALUE_U32) *(uint32_t *)at = (uint32_t)number;
    else *(uint64_t *)at = (uint64_t)number;
    return OK;
}

static status unknown_key(const struct train_config *c, const char *name, const char *where, const struct key *table, size_t n)
{
    struct strbuf known = {0};
    for (size_t i = 0; i < n; i++)
        if (table[i].flags & c->kind) strbuf_printf(&known, "%s%s", known.len ? ", " : "", table[i].name);
    status s = fail(ERR_USAGE, "unknown key \"%.80s\" in %s of a %s configuration; known are %s", name, where,
                    c->kind == TRAIN_PRETRAIN ? "pretrain" : "finetune", strbuf_str(&known));
    strbuf_release(&known);
    return s;
}

static status read_object(struct train_config *c, json_t *object, const char *where, const struct key *table, size_t n)
{
    const char *name;
    json_t *v;
    json_object_foreach(object, name, v) {
        size_t i = 0;
        while (i < n && !(strcmp(table[i].name, name) == 0 && (table[i].flags & c->kind))) i++;
        if (i == n) return unknown_key(c, name, where, table, n);
        TRY(read_value(c, v, &table[i]));
    }
    return OK;
}

/* The longest sequence that the configuration can produce. */
uint32_t longest_sequence(const struct train_config *c, const char **key)
{
    if (c->kind == TRAIN_PRETRAIN) {
        *key = c->mlm_sequence > c->lm_sequence ? "mlm_sequence" : "lm_sequence";
        return c->mlm_sequence > c->lm_sequence ? c->mlm_sequence : c->lm_sequence;
    }
    uint32_t n = c->max_prefix_tokens + c->max_text_tokens;
    *key = "max_prefix_tokens + max_text_tokens";
    if (c->max_pair_tokens > n) {
        n = c->max_pair_tokens;
        *key = "max_pair_tokens";
    }
    if (c->max_embed_tokens > n) {
        n = c->max_embed_tokens;
        *key = "max_embed_tokens";
    }
    return n;
}

static status check_config(struct train_config *c)
{
    bool pretrain = c->kind == TRAIN_PRETRAIN;
    FAIL_IF(!c->output, ERR_USAGE, "\"output\" is missing; name the directory to write");
    FAIL_IF(!c->data.n, ERR_USAGE, "\"%s\" is missing or empty; list the files to train on", pretrain ? "corpora" : "data");
    FAIL_IF(!c->tokenizer && !c->init_from, ERR_USAGE, "\"tokenizer\" is missing; name a tokenizer.json (see: daogou tokenizer train)");
    FAIL_IF(!pretrain && !c->init_from && !c->model_given, ERR_USAGE,
            "\"init_from\" is missing; name the pretrained model's directory, or give \"model\" to start from nothing");
    if (!c->tokenizer) {
        c->tokenizer = arena_printf(&c->strings, "%s/tokenizer.json", c->init_from);
        if (!c->tokenizer) return fail_nomem("reading the configuration");
    }
    if (!c->cache) {
        c->cache = arena_printf(&c->strings, "%s/cache", c->output);
        if (!c->cache) return fail_nomem("reading the configuration");
    }
    FAIL_IF(c->init_from && c->shape_given, ERR_USAGE, "\"model\" may only set dropout, or overlap to true, together with \"init_from\"; remove one of them");
    FAIL_IF(c->lora.rank && !c->init_from, ERR_USAGE, "\"lora\" needs \"init_from\", the model whose weights stay as they are; name its directory");
    FAIL_IF(c->lora.rank && c->overlap, ERR_USAGE, "\"lora\" cannot give a model \"overlap\"; remove one of them");
    const char *key;
    uint32_t longest = longest_sequence(c, &key);
    FAIL_IF(longest > c->batch_tokens, ERR_USAGE, "\"batch_tokens\" is %u, less than one sequence (%s = %u); raise it", c->batch_tokens,
            key, longest);
    FAIL_IF(!pretrain && c->max_group * c->max_pair_tokens > c->batch_tokens, ERR_USAGE,
            "\"batch_tokens\" is %u, less than one group (max_group %u * max_pair_tokens %u); raise it", c->batch_tokens, c->max_group,
            c->max_pair_tokens);
    FAIL_IF(!pretrain && c->match_share + c->contrastive_share + c->generate_share + c->classify_share <= 0, ERR_USAGE,
            "\"match_share\", \"contrastive_share\", \"generate_share\" and \"classify_share\" are all 0; raise one");
    FAIL_IF(!pretrain && c->random_negatives >= c->max_group && c->random_negatives, ERR_USAGE,
            "\"random_negatives\" is %u; it must be less than \"max_group\" (%u)", c->random_negatives, c->max_group);
    return OK;
}

status train_config_read(struct train_config *c, enum train_kind kind, const char *path)
{
    train_config_default(c, kind);
    char *text = NULL;
    size_t n = 0;
    TRY(file_read(path, 1 << 20, &text, &n));
    json_error_t e;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    c->source = arena_strndup(&c->strings, text, n);
    mem_free(text);
    if (!c->source) {
        json_decref(root);
        return fail_nomem("reading the configuration");
    }
    FAIL_IF(!root, ERR_USAGE, "%s:%d: %s; the configuration must be one JSON object", path, e.line, e.text);
    status s = json_is_object(root) ? read_object(c, root, "the top level", keys, N_KEYS)
                                    : fail(ERR_USAGE, "the configuration must be one JSON object");
    json_decref(root);
    if (s == OK) s = check_config(c);
    return s == OK ? OK : fail_context(s, "%s", path);
}

/* ---- writing ---- */

static void put_value(const struct train_config *c, const struct key *k, struct strbuf *out)
{
    const void *at = (const char *)c + k->offset;
    const struct train_files *files = at;
    switch (k->kind) {
    case VALUE_STRING: strbuf_puts(out, *(const char *const *)at ? *(const char *const *)at : ""); break;
    case VALUE_DOUBLE: strbuf_printf(out, "%.17g", *(const double *)at); break;
    case VALUE_FLOAT: strbuf_printf(out, "%.9g", (double)*(const float *)at); break;
    case VALUE_U32: strbuf_printf(out, "%u", *(const uint32_t *)at); break;
    case VALUE_U64: strbuf_printf(out, "%llu", (unsigned long long)*(const uint64_t *)at); break;
    case VALUE_BOOL: strbuf_puts(out, *(const bool *)at ? "true" : "false"); break;
    case VALUE_CHOICE: strbuf_printf(out, "%u", *(const unsigned *)at); break;
    case VALUE_FILES:
        for (size_t i = 0; i < files->n; i++) strbuf_printf(out, "%s*%g,", files->list[i].path, files->list[i].weight);
        break;
    case VALUE_WEIGHTS:
        for (size_t i = 0; i < LOSS_KINDS; i++) strbuf_printf(out, "%g,", c->loss_weights[i]);
        break;
    case VALUE_TARGETS:
        for (int t = 0; t < LORA_TARGETS; t++)
            if (c->lora.targets[t]) strbuf_printf(out, "%s,", lora_target_names[t]);
        break;
    case VALUE_MODEL:
    case VALUE_LORA: break;
    }
}

static void put_keys(const struct train_config *c, const struct key *table, size_t n, const char *prefix, struct strbuf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct key *k = &table[i];
        if (!(k->flags & c->kind) || (k->flags & LIVE) || k->kind == VALUE_MODEL || k->kind == VALUE_LORA) continue;
        strbuf_printf(out, "%s%s=", prefix, k->name);
        put_value(c, k, out);
        strbuf_putc(out, '\n');
    }
}

status config_canonical(const struct train_config *c, struct strbuf *out)
{
    put_keys(c, keys, N_KEYS, "", out);
    put_keys(c, model_keys, N_MODEL_KEYS, "", out);
    if (c->lora.rank) put_keys(c, lora_keys, N_LORA_KEYS, "lora.", out);
    return strbuf_status(out);
}

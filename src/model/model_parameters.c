#include "model_int.h"

#include <math.h>
#include <string.h>

/* One walk over the shape of the network, in the order of memory, serves counting, naming, initialising and finding: each is
 * a visitor. */

enum init { INIT_NORMAL, INIT_RESIDUAL, INIT_ONE, INIT_ZERO, INIT_LORA_A, INIT_LORA_B };

struct walk {
    const struct model_config *config;
    const struct lora *lora;  /* NULL: no adapters */
    const char *only;         /* what visit_initialise is for: names that begin so; NULL: all */
    struct network *net;      /* where roles are kept; slots of it are given to the visitor */
    void (*visit)(struct walk *w, const char *name, uint32_t rows, uint32_t cols, enum init init, const struct parameter **slot);
    size_t n;                 /* parameters so far */
    size_t n_floats;          /* with padding */
    uint64_t n_values;        /* without */
    struct parameter *parameters;
    struct rng rng;
};

enum { ALIGN_FLOATS = 16 };   /* every parameter starts on a cache line */

static void visit(struct walk *w, const struct parameter **slot, enum init init, size_t rows, size_t cols, const char *prefix, const char *suffix)
{
    char name[sizeof w->parameters->name];
    snprintf(name, sizeof name, "%s.%s", prefix, suffix);
    w->visit(w, name, (uint32_t)rows, (uint32_t)cols, init, slot);
    w->n++;
    w->n_values += (uint64_t)rows * cols;
    w->n_floats += (rows * cols + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

static void visit_linear(struct walk *w, struct linear *slot, enum init init, bool bias, size_t rows, size_t cols, const char *prefix)
{
    visit(w, &slot->weight, init, rows, cols, prefix, "weight");
    if (bias) visit(w, &slot->bias, INIT_ZERO, 1, rows, prefix, "bias");
}

static void visit_norm(struct walk *w, struct norm *slot, bool bias, size_t cols, const char *prefix)
{
    visit(w, &slot->gain, INIT_ONE, 1, cols, prefix, "weight");
    if (bias) visit(w, &slot->bias, INIT_ZERO, 1, cols, prefix, "bias");
}

static void visit_layer(struct walk *w, struct layer *l, uint32_t index)
{
    const struct model_config *c = w->config;
    bool norm_bias = c->norm == NORM_LAYER;
    char prefix[64];
#define NAMED(what) (snprintf(prefix, sizeof prefix, "layers.%u.%s", index, what), prefix)
    visit_norm(w, &l->attention_norm, norm_bias, c->d_model, NAMED("attention.norm"));
    visit_linear(w, &l->qkv, INIT_NORMAL, c->linear_bias || c->qkv_bias, qkv_width(c), c->d_model, NAMED("attention.qkv"));
    if (c->qk_norm) {
        visit_norm(w, &l->q_norm, false, c->head_size, NAMED("attention.q_norm"));
        visit_norm(w, &l->k_norm, false, c->head_size, NAMED("attention.k_norm"));
    }
    visit_linear(w, &l->out, INIT_RESIDUAL, c->linear_bias, c->d_model, q_width(c), NAMED("attention.out"));
    visit_norm(w, &l->ffn_norm, norm_bias, c->d_model, NAMED("ffn.norm"));
    visit_linear(w, &l->ffn_in, INIT_NORMAL, c->linear_bias, ffn_in_width(c), c->d_model, NAMED("ffn.in"));
    visit_linear(w, &l->ffn_out, INIT_RESIDUAL, c->linear_bias, c->d_model, c->d_ff, NAMED("ffn.out"));
#undef NAMED
}

static void visit_adapter(struct walk *w, struct linear *slot, enum lora_target target, uint32_t index, size_t rows, size_t cols)
{
    char prefix[64];
    if (!w->lora->targets[target]) return;
    snprintf(prefix, sizeof prefix, "layers.%u.%s", index, lora_target_names[target]);
    visit(w, &slot->lora_a, INIT_LORA_A, w->lora->rank, cols, prefix, "lora_a");
    visit(w, &slot->lora_b, INIT_LORA_B, rows, w->lora->rank, prefix, "lora_b");
}

static void visit_adapters(struct walk *w)
{
    const struct model_config *c = w->config;
    struct layer unused = {0};
    for (uint32_t i = 0; i < c->n_layers; i++) {
        struct layer *l = w->net->layers ? &w->net->layers[i] : &unused;
        visit_adapter(w, &l->qkv, LORA_QKV, i, qkv_width(c), c->d_model);
        visit_adapter(w, &l->out, LORA_OUT, i, c->d_model, q_width(c));
        visit_adapter(w, &l->ffn_in, LORA_FFN_IN, i, ffn_in_width(c), c->d_model);
        visit_adapter(w, &l->ffn_out, LORA_FFN_OUT, i, c->d_model, c->d_ff);
    }
}

static void visit_heads(struct walk *w)
{
    const struct model_config *c = w->config;
    struct network *net = w->net;
    if (!c->heads) return;
    visit_linear(w, &net->pooler, INIT_NORMAL, true, c->d_model, c->d_model, "heads.pooler");
    visit_linear(w, &net->nsp, INIT_NORMAL, true, 2, c->d_model, "heads.nsp");
    visit_linear(w, &net->match, INIT_NORMAL, true, 1, c->d_model, "heads.match");
    visit_linear(w, &net->embed, INIT_NORMAL, false, c->d_model, c->d_model, "heads.embed");
    if (c->classes) visit_linear(w, &net->classify, INIT_NORMAL, true, c->classes, c->d_model, "heads.classify");
}

/* Heads and adapters come last: with adapters, all before them is frozen. */
static void visit_network(struct walk *w)
{
    const struct model_config *c = w->config;
    struct network *net = w->net;
    visit(w, &net->embedding, INIT_NORMAL, c->vocab_size, c->d_model, "embedding", "weight");
    if (c->positions == POSITIONS_LEARNED) visit(w, &net->positions, INIT_NORMAL, c->max_positions, c->d_model, "positions", "weight");
    if (c->overlap) visit(w, &net->overlap, INIT_NORMAL, OVERLAP_KINDS, c->d_model, "overlap", "weight");
    struct layer unused = {0};
    for (uint32_t i = 0; i < c->n_layers; i++) visit_layer(w, net->layers ? &net->layers[i] : &unused, i);
    visit_norm(w, &net->norm, c->norm == NORM_LAYER, c->d_model, "norm");
    if (!c->tied) visit(w, &net->output, INIT_NORMAL, c->vocab_size, c->d_model, "output", "weight");
    visit_heads(w);
    if (w->lora) visit_adapters(w);
}

/* ---- visitors ---- */

static void visit_count(struct walk *w, const char *name, uint32_t rows, uint32_t cols, enum init init, const struct parameter **slot)
{
    (void)w, (void)name, (void)rows, (void)cols, (void)init, (void)slot;
}

static void visit_describe(struct walk *w, const char *name, uint32_t rows, uint32_t cols, enum init init, const struct parameter **slot)
{
    (void)slot;
    struct parameter *p = &w->parameters[w->n];
    *p = (struct parameter){.rows = rows, .cols = cols, .offset = w->n_floats, .decay = init != INIT_ONE && init != INIT_ZERO};
    memcpy(p->name, name, strlen(name) + 1);
}

static void visit_find(struct walk *w, const char *name, uint32_t rows, uint32_t cols, enum init init, const struct parameter **slot)
{
    (void)name, (void)rows, (void)cols, (void)init;
    *slot = &w->parameters[w->n];
}

static void visit_initialise(struct walk *w, const char *name, uint32_t rows, uint32_t cols, enum init init, const struct parameter **slot)
{
    (void)slot;
    float *x = (float *)(uintptr_t)w->parameters[w->n].weight.data;
    if (!x || (w->only && strncmp(name, w->only, strlen(w->only)) != 0)) return;
    size_t n = (size_t)rows * cols;
    double deviation = init == INIT_NORMAL ? 0.02 : init == INIT_RESIDUAL ? 0.02 / sqrt(2.0 * w->config->n_layers) : init == INIT_LORA_A ? 1 / sqrt(cols) : 0;
    for (size_t i = 0; i < n; i++)
        x[i] = deviation > 0 ? (float)(deviation * rng_normal(&w->rng)) : init == INIT_ONE ? 1.0f : 0.0f;
}

/* ---- what the visitors are for ---- */

uint64_t model_config_parameters(const struct model_config *c)
{
    struct network net = {0};
    struct walk w = {.config = c, .net = &net, .visit = visit_count};
    visit_network(&w);
    return w.n_values;
}

static status parameters_new(const struct model_config *c, const struct lora *lora, struct parameter **out, size_t *n, size_t *n_floats)
{
    struct network net = {0};
    struct walk count = {.config = c, .lora = lora, .net = &net, .visit = visit_count};
    visit_network(&count);
    struct parameter *parameters = mem_zalloc(count.n, sizeof *parameters);
    if (!parameters) return fail_nomem("building a model");
    struct walk describe = {.config = c, .lora = lora, .net = &net, .visit = visit_describe, .parameters = parameters};
    visit_network(&describe);
    *out = parameters;
    *n = count.n;
    *n_floats = count.n_floats;
    return OK;
}

status network_init(struct network *net, const struct model *m)
{
    *net = (struct network){.layers = mem_zalloc(m->config.n_layers, sizeof *net->layers)};
    if (!net->layers) return fail_nomem("preparing a model");
    struct walk w = {.config = &m->config, .lora = m->lora.rank ? &m->lora : NULL, .net = net, .visit = visit_find, .parameters = m->parameters};
    visit_network(&w);
    if (m->config.tied) net->output = net->embedding;
    return OK;
}

void network_release(struct network *net)
{
    mem_free(net->layers);
    *net = (struct network){0};
}

const struct parameter *model_parameter(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->n_parameters; i++)
        if (strcmp(m->parameters[i].name, name) == 0) return &m->parameters[i];
    return NULL;
}

/* ---- models in memory ---- */

static status allocate_params(struct model *m)
{
    m->params = mem_aligned(m->n_floats * sizeof(float));
    m->grads = mem_aligned(m->n_floats * sizeof(float));
    m->unwritten = mem_zalloc(m->n_parameters, sizeof *m->unwritten);
    if (!m->params || !m->grads || !m->unwritten) return fail_nomem("allocating the weights of a model");
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) {
        struct parameter *p = &m->parameters[i];
        p->weight = (struct weight){DTYPE_F32, p->rows, p->cols, m->params + p->offset, NULL};
    }
    return OK;
}

status model_allocate(const struct model_config *config, bool trainable, struct model **out)
{
    TRY(model_config_check(config));
    struct model *m = mem_zalloc(1, sizeof *m);
    if (!m) return fail_nomem("building a model");
    m->config = *config;
    status s = parameters_new(config, NULL, &m->parameters, &m->n_parameters, &m->n_floats);
    if (s == OK && trainable) s = allocate_params(m);
    if (s != OK) {
        model_free(m);
        return s;
    }
    *out = m;
    return OK;
}

/* How many parameters, and floats of them, come before the heads. */
static void count_frozen(struct model *m, size_t *n_floats)
{
    struct model_config bare = m->config;
    struct network net = {0};
    bare.heads = false;
    struct walk w = {.config = &bare, .net = &net, .visit = visit_count};
    visit_network(&w);
    m->n_frozen = w.n;
    *n_floats = w.n_floats;
}

static size_t widest_vector(const struct model *m)
{
    size_t widest = 0;
    for (size_t i = 0; i < m->n_frozen; i++)
        if (m->parameters[i].rows == 1 && m->parameters[i].cols > widest) widest = m->parameters[i].cols;
    return widest;
}

static status lay_out_lora(struct model *m, uint64_t seed)
{
    size_t frozen_floats;
    TRY(parameters_new(&m->config, &m->lora, &m->parameters, &m->n_parameters, &m->n_floats));
    count_frozen(m, &frozen_floats);
    m->n_floats -= frozen_floats;
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) m->parameters[i].offset -= frozen_floats;
    m->unread = mem_zalloc(widest_vector(m), sizeof *m->unread);
    if (!m->unread) return fail_nomem("building a model");
    TRY(allocate_params(m));
    struct network net = {0};
    struct walk w = {.config = &m->config, .lora = &m->lora, .net = &net, .visit = visit_initialise, .parameters = m->parameters};
    rng_seed(&w.rng, seed);
    visit_network(&w);
    return OK;
}

status model_allocate_lora(const struct model_config *config, const struct lora *lora, uint64_t seed, struct model **out)
{
    TRY(lora_check(lora));
    TRY(model_config_check(config));
    struct model *m = mem_zalloc(1, sizeof *m);
    if (!m) return fail_nomem("building a model");
    m->config = *config;
    m->lora = *lora;
    status s = lay_out_lora(m, seed);
    if (s != OK) {
        model_free(m);
        return s;
    }
    *out = m;
    return OK;
}

status model_describe(const struct model_config *config, struct model **out)
{
    return model_allocate(config, false, out);
}

status model_new(const struct model_config *config, uint64_t seed, struct model **out)
{
    TRY(model_allocate(config, true, out));
    struct network net = {0};
    struct walk w = {.config = config, .net = &net, .visit = visit_initialise, .parameters = (*out)->parameters};
    rng_seed(&w.rng, seed);
    visit_network(&w);
    return OK;
}

/* Every parameter is in the model's own memory: it was loaded as trainable, and has no adapters. */
static bool is_whole(const struct model *m)
{
    return m->params && !m->lora.rank;
}

/* A model of the larger shape with the parameters of m; what is new is 0, or where names begin with `only` as model_new makes it. */
static status grow(struct model **m, const struct model_config *config, const char *only, uint64_t seed)
{
    struct model *old = *m, *grown;
    TRY(model_allocate(config, true, &grown));
    memset(grown->params, 0, grown->n_floats * sizeof *grown->params);
    for (size_t i = 0; i < old->n_parameters; i++) {
        const struct parameter *from = &old->parameters[i], *to = model_parameter(grown, from->name);
        memcpy(grown->params + to->offset, old->params + from->offset, (size_t)from->rows * from->cols * sizeof(float));
    }
    model_free(old);
    *m = grown;
    if (!only) return OK;
    struct network net = {0};
    struct walk w = {.config = config, .only = only, .net = &net, .visit = visit_initialise, .parameters = grown->parameters};
    rng_seed(&w.rng, seed);
    visit_network(&w);
    return OK;
}

status model_add_overlap(struct model **m)
{
    struct model_config config = (*m)->config;
    FAIL_IF(!is_whole(*m) || config.overlap, ERR_USAGE, "only a trainable model without \"overlap\" can be given it");
    config.overlap = true;
    return grow(m, &config, NULL, 0);
}

status model_add_heads(struct model **m, uint64_t seed)
{
    struct model_config config = (*m)->config;
    FAIL_IF(!is_whole(*m) || config.heads, ERR_USAGE, "only a trainable model without heads can be given them");
    config.heads = true;
    return grow(m, &config, "heads.", seed);
}

status model_add_classes(struct model **m, uint32_t classes, uint64_t seed)
{
    struct model_config config = (*m)->config;
    if (config.classes == classes) return OK;
    FAIL_IF(!is_whole(*m) || config.classes || !config.heads, ERR_USAGE,
            "a classifier head of %u outputs can be given to a trainable model with heads and without a classifier only; this one has %u", classes,
            config.classes);
    config.classes = classes;
    return grow(m, &config, "heads.classify", seed);
}

status model_blend(struct model *m, const struct model *other, float share)
{
    uint64_t a, b;
    FAIL_IF(!is_whole(m) || !is_whole(other), ERR_USAGE, "only trainable models can be averaged");
    TRY(model_config_hash(&m->config, &a));
    TRY(model_config_hash(&other->config, &b));
    FAIL_IF(a != b, ERR_USAGE, "the models have different shapes; only models of one training can be averaged");
    for (size_t i = 0; i < m->n_floats; i++) m->params[i] += share * (other->params[i] - m->params[i]);
    return OK;
}

/* ---- models on a device ---- */

static size_t padded(const struct parameter *p)
{
    return ((size_t)p->rows * p->cols + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

/* Frozen weights are bound to the file; on the device they are float32, one after the other. */
static status frozen_to_device(struct model *m, struct compute *c)
{
    size_t n = 0, largest = 0;
    for (size_t i = 0; i < m->n_frozen; i++) {
        size_t size = padded(&m->parameters[i]);
        n += size;
        if (size > largest) largest = size;
    }
    float *values = mem_alloc(largest * sizeof *values), *at = compute_alloc(c, n * sizeof *at);
    float *unread = compute_alloc(c, widest_vector(m) * sizeof *unread);
    if (!values || !unread || !at) {
        mem_free(values);
        compute_dealloc(c, unread);
        compute_dealloc(c, at);
        return fail_nomem("moving a model to the GPU; a smaller one needs less");
    }
    mem_free(m->unread);
    m->unread = unread;
    m->frozen = at;
    for (size_t i = 0; i < m->n_frozen; i++) {
        struct parameter *p = &m->parameters[i];
        weight_unpack(values, &p->weight);
        compute_upload(c, at, values, (size_t)p->rows * p->cols * sizeof *at);
        p->weight = (struct weight){DTYPE_F32, p->rows, p->cols, at, NULL};
        at += padded(p);
    }
    mem_free(values);
    return OK;
}

status model_unpack_frozen(struct model *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_frozen; i++) n += padded(&m->parameters[i]);
    float *at = m->frozen = mem_aligned(n * sizeof *at);
    if (!at) return fail_nomem("unpacking the weights of a model");
    for (size_t i = 0; i < m->n_frozen; i++) {
        struct parameter *p = &m->parameters[i];
        weight_unpack(at, &p->weight);
        p->weight = (struct weight){DTYPE_F32, p->rows, p->cols, at, NULL};
        at += padded(p);
    }
    return OK;
}

static status trained_to_device(struct model *m, struct compute *c)
{
    size_t bytes = m->n_floats * sizeof(float);
    float *params = compute_alloc(c, bytes), *grads = compute_alloc(c, bytes);
    if (!params || !grads) {
        compute_dealloc(c, params);
        compute_dealloc(c, grads);
        return fail_nomem("moving a model to the GPU; a smaller one needs less");
    }
    mem_free(m->grads);
    m->host_params = m->params;
    m->compute = c;
    m->params = params;
    m->grads = grads;
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) m->parameters[i].weight.data = params + m->parameters[i].offset;
    model_push(m);
    return OK;
}

status model_to_device(struct model *m, struct compute *c)
{
    if (m->compute == c || strcmp(c->device, "cpu") == 0) return OK;
    FAIL_IF(m->compute, ERR_USAGE, "a model can be on one device only");
    TRY(trained_to_device(m, c));
    if (!m->lora.rank) return OK;
    float *host = m->frozen;   /* unpacked before: it goes over from there */
    m->frozen = NULL;
    status s = frozen_to_device(m, c);
    mem_free(host);
    return s;
}

float *model_host_params(const struct model *m)
{
    return m->compute ? m->host_params : m->params;
}

void model_pull(const struct model *m)
{
    if (m->compute) compute_download(m->compute, m->host_params, m->params, m->n_floats * sizeof(float));
}

void model_push(const struct model *m)
{
    if (m->compute) compute_upload(m->compute, m->params, m->host_params, m->n_floats * sizeof(float));
}

void model_free(struct model *m)
{
    if (!m) return;
    mem_free(m->parameters);
    mem_free(m->unwritten);
    if (m->compute) {
        compute_dealloc(m->compute, m->frozen);
        if (m->frozen) compute_dealloc(m->compute, m->unread);
        else mem_free(m->unread);
        compute_dealloc(m->compute, m->params);
        compute_dealloc(m->compute, m->grads);
        mem_free(m->host_params);
    } else {
        mem_free(m->params);
        mem_free(m->grads);
        mem_free(m->unread);
        mem_free(m->frozen);
    }
    mapped_file_close(&m->file);
    mem_free(m);
}

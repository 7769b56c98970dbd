#include "model_int.h"

#include <math.h>
#include <string.h>

/* One walk over the shape of the network, in the order of memory, serves counting, naming, initialising and finding: each is
 * a visitor. */

enum init { INIT_NORMAL, INIT_RESIDUAL, INIT_ONE, INIT_ZERO };

struct walk {
    const struct model_config *config;
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
    if (!c->heads) return;
    visit_linear(w, &net->pooler, INIT_NORMAL, true, c->d_model, c->d_model, "heads.pooler");
    visit_linear(w, &net->nsp, INIT_NORMAL, true, 2, c->d_model, "heads.nsp");
    visit_linear(w, &net->match, INIT_NORMAL, true, 1, c->d_model, "heads.match");
    visit_linear(w, &net->embed, INIT_NORMAL, false, c->d_model, c->d_model, "heads.embed");
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
    *p = (struct parameter){.rows = rows, .cols = cols, .offset = w->n_floats, .decay = init == INIT_NORMAL || init == INIT_RESIDUAL};
    memcpy(p->name, name, strlen(name) + 1);
}

static void visit_find(struct walk *w, const char *name, uint32_t rows, uint32_t cols, enum init init, const struct parameter **slot)
{
    (void)name, (void)rows, (void)cols, (void)init;
    *slot = &w->parameters[w->n];
}

static void visit_initialise(struct walk *w, const char *name, uint32_t rows, uint32_t cols, enum init init, const struct parameter **slot)
{
    (void)name, (void)slot;
    float *x = (float *)(uintptr_t)w->parameters[w->n].weight.data;
    size_t n = (size_t)rows * cols;
    double deviation = init == INIT_NORMAL ? 0.02 : init == INIT_RESIDUAL ? 0.02 / sqrt(2.0 * w->config->n_layers) : 0;
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

static status parameters_new(const struct model_config *c, struct parameter **out, size_t *n, size_t *n_floats)
{
    struct network net = {0};
    struct walk count = {.config = c, .net = &net, .visit = visit_count};
    visit_network(&count);
    struct parameter *parameters = mem_zalloc(count.n, sizeof *parameters);
    if (!parameters) return fail_nomem("building a model");
    struct walk describe = {.config = c, .net = &net, .visit = visit_describe, .parameters = parameters};
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
    struct walk w = {.config = &m->config, .net = net, .visit = visit_find, .parameters = m->parameters};
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

status model_allocate(const struct model_config *config, bool trainable, struct model **out)
{
    TRY(model_config_check(config));
    struct model *m = mem_zalloc(1, sizeof *m);
    if (!m) return fail_nomem("building a model");
    m->config = *config;
    status s = parameters_new(config, &m->parameters, &m->n_parameters, &m->n_floats);
    if (s == OK && trainable) {
        m->params = mem_aligned(m->n_floats * sizeof(float));
        m->grads = mem_aligned(m->n_floats * sizeof(float));
        if (!m->params || !m->grads) s = fail_nomem("allocating the weights of a model");
    }
    if (s != OK) {
        model_free(m);
        return s;
    }
    for (size_t i = 0; trainable && i < m->n_parameters; i++) {
        struct parameter *p = &m->parameters[i];
        p->weight = (struct weight){DTYPE_F32, p->rows, p->cols, m->params + p->offset, NULL};
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

status model_add_overlap(struct model **m)
{
    struct model *old = *m, *grown;
    FAIL_IF(!old->params || old->config.overlap, ERR_USAGE, "only a trainable model without \"overlap\" can be given it");
    struct model_config config = old->config;
    config.overlap = true;
    TRY(model_allocate(&config, true, &grown));
    memset(grown->params, 0, grown->n_floats * sizeof *grown->params);
    for (size_t i = 0; i < old->n_parameters; i++) {
        const struct parameter *from = &old->parameters[i], *to = model_parameter(grown, from->name);
        memcpy(grown->params + to->offset, old->params + from->offset, (size_t)from->rows * from->cols * sizeof(float));
    }
    model_free(old);
    *m = grown;
    return OK;
}

status model_blend(struct model *m, const struct model *other, float share)
{
    uint64_t a, b;
    FAIL_IF(!m->params || !other->params, ERR_USAGE, "only trainable models can be averaged");
    TRY(model_config_hash(&m->config, &a));
    TRY(model_config_hash(&other->config, &b));
    FAIL_IF(a != b, ERR_USAGE, "the models have different shapes; only models of one training can be averaged");
    for (size_t i = 0; i < m->n_floats; i++) m->params[i] += share * (other->params[i] - m->params[i]);
    return OK;
}

/* ---- models on a device ---- */

status model_to_device(struct model *m, struct compute *c)
{
    size_t bytes = m->n_floats * sizeof(float);
    if (m->compute == c || strcmp(c->device, "cpu") == 0) return OK;
    FAIL_IF(m->compute, ERR_USAGE, "a model can be on one device only");
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
    for (size_t i = 0; i < m->n_parameters; i++) m->parameters[i].weight.data = params + m->parameters[i].offset;
    model_push(m);
    return OK;
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
    if (m->compute) {
        compute_dealloc(m->compute, m->params);
        compute_dealloc(m->compute, m->grads);
        mem_free(m->host_params);
    } else {
        mem_free(m->params);
        mem_free(m->grads);
    }
    mapped_file_close(&m->file);
    mem_free(m);
}

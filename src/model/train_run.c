#include "model_int.h"

/* p: float32, for what is added up over layers or read by the host; q: activations. */
static void plan_layer(struct plan *p, struct plan *q, struct layer_run *l, const struct train_run *r, size_t N)
{
    const struct model *m = r->model;
    const struct model_config *c = &m->config;
    size_t C = c->d_model, means = c->norm == NORM_LAYER;
    *l = (struct layer_run){.in = plan_take(p, N, C), .normed1 = plan_take_activations(q, r->bf16, N, C), .rstd1 = plan_take(p, N, 1)};
    if (means) l->mean1 = plan_take(p, N, 1);
    l->qkv = plan_take_activations(q, r->bf16, N, qkv_width(c));
    if (c->qk_norm) {
        l->qk_raw = plan_take(p, N, q_width(c) + kv_width(c));
        l->qk_rstd = plan_take(p, N, c->n_heads + c->n_kv_heads);
    }
    l->attended = plan_take_activations(q, r->bf16, N, q_width(c));
    l->lse = plan_take(p, N, c->n_heads);
    l->mid = plan_take(p, N, C);
    l->normed2 = plan_take_activations(q, r->bf16, N, C);
    l->rstd2 = plan_take(p, N, 1);
    if (means) l->mean2 = plan_take(p, N, 1);
    l->ff = plan_take_activations(q, r->bf16, N, ffn_in_width(c));
    l->activated = plan_take_activations(q, r->bf16, N, c->d_ff);
    for (int t = 0; t < LORA_TARGETS && m->lora.rank; t++)
        if (m->lora.targets[t]) l->low[t] = plan_take(p, N, m->lora.rank);
}

static void plan_stream(struct plan *p, struct plan *q, struct train_run *r, size_t N)
{
    const struct model_config *c = &r->model->config;
    size_t C = c->d_model;
    for (uint32_t i = 0; i < c->n_layers; i++) plan_layer(p, q, &r->layers[i], r, N);
    r->last = plan_take(p, N, C);
    r->hidden = plan_take(p, N, C);
    r->rstd = plan_take(p, N, 1);
    r->mean = c->norm == NORM_LAYER ? plan_take(p, N, 1) : NULL;
    r->dhidden = plan_take(p, N, C);
    r->dx = plan_take(p, N, C);
    r->dbranch = plan_take(p, N, C);
    r->dnormed = plan_take_activations(q, r->bf16, N, C);
    r->dqkv = plan_take_activations(q, r->bf16, N, qkv_width(c));
    r->dattended = plan_take_activations(q, r->bf16, N, q_width(c));
    r->dff = plan_take_activations(q, r->bf16, N, ffn_in_width(c));
    r->dactivated = plan_take_activations(q, r->bf16, N, c->d_ff);
    if (r->model->lora.rank) r->dlow = plan_take(p, N, r->model->lora.rank);
}

static void plan_losses(struct plan *p, struct plan *q, struct train_run *r)
{
    const struct model_config *c = &r->model->config;
    size_t C = c->d_model;
    r->chunk_x = plan_take_activations(q, r->bf16, r->chunk_rows, C);
    r->chunk_dx = plan_take(p, r->chunk_rows, C);
    r->chunk_logits = plan_take_activations(q, r->bf16, r->chunk_rows, c->vocab_size);
}

/* What the host has a share in. */
static void plan_shared(struct plan *p, struct train_run *r)
{
    const struct model_config *c = &r->model->config;
    size_t C = c->d_model, S = r->max_seqs;
    r->losses = plan_take(p, r->chunk_rows > S ? r->chunk_rows : S, 1);
    if (!c->heads) return;
    r->head_in = plan_take(p, 2 * S, C);
    r->head_out = plan_take(p, 2 * S, C);
    r->dhead_in = plan_take(p, 2 * S, C);
    r->dhead_out = plan_take(p, 2 * S, C);
    r->unit = plan_take(p, 2 * S, C);
    r->dunit = plan_take(p, 2 * S, C);
    r->head_logits = plan_take(p, S, widest_head(c));
    r->dhead_logits = plan_take(p, S, widest_head(c));
    r->sims = plan_take(p, r->max_pairs, r->max_pairs);
    r->dsims = plan_take(p, r->max_pairs, r->max_pairs);
}

/* Enough rows to keep a matrix product busy, which reads and writes the whole output matrix for each chunk: 1024, unless their
 * logits took more than 256 MB; on a GPU 16384 and 2 GB. */
enum { CHUNK_FLOATS = 1 << 26, CHUNK_MAX_ROWS = 1024, CHUNK_MIN_ROWS = 64, GPU_CHUNK_FLOATS = 1 << 29, GPU_CHUNK_MAX_ROWS = 16384 };

static size_t choose_chunk(const struct train_run *r, size_t vocab, size_t max_tokens)
{
    bool gpu = r->compute->gpu;
    size_t rows = (gpu ? (size_t)GPU_CHUNK_FLOATS << !!r->bf16 : CHUNK_FLOATS) / vocab, most = gpu ? GPU_CHUNK_MAX_ROWS : CHUNK_MAX_ROWS;
    if (rows > most) rows = most;
    if (rows < CHUNK_MIN_ROWS) rows = CHUNK_MIN_ROWS;
    return rows < max_tokens ? rows : max_tokens;
}

static void plan_ints(struct train_run *r)
{
    int32_t *at = r->ints;
    r->tokens = at, at += r->max_tokens;
    r->positions = at, at += r->max_tokens;
    r->overlap = at, at += r->max_tokens;
    r->offsets = at, at += r->max_seqs + 1;
    r->prefix = at, at += r->max_seqs;
    r->rows = at, at += r->max_seqs;
    r->labels = at, at += r->max_seqs;
    r->chunk_at = at, at += r->chunk_rows;
    r->chunk_targets = at, at += r->chunk_rows;
    r->ranges = at;
}

static size_t int_bytes(const struct train_run *r)
{
    return (3 * r->max_tokens + 4 * r->max_seqs + 1 + 2 * r->chunk_rows + 4 * r->max_pairs) * sizeof(int32_t);
}

/* Activations are kept in bf16 where every op that meets them can: a GPU wants rows without padding between heads or halves, and heads of 64; a CPU
 * heads of a multiple of 32, and multiplies frozen weights by floats. */
static bool keeps_bf16(const struct train_run *r)
{
    const struct model_config *c = &r->model->config;
    if (!compute_can_keep_bf16(r->compute)) return false;
    return r->compute->gpu ? c->head_size == 64 && c->d_model % 8 == 0 && c->d_ff % 8 == 0 : c->head_size % 32 == 0 && !r->model->n_frozen;
}

static status allocate(struct train_run *r)
{
    struct plan p = {0}, q = {0}, shared = {0};
    r->layers = mem_zalloc(r->model->config.n_layers, sizeof *r->layers);
    r->ints = compute_alloc(r->compute, int_bytes(r));
    r->ints_host = compute_mirror(r->compute, r->ints, int_bytes(r));
    if (!r->layers || !r->ints || !r->ints_host) return fail_nomem("preparing a training run");
    plan_stream(&p, &q, r, r->max_tokens);
    plan_losses(&p, &q, r);
    plan_shared(&shared, r);
    r->block = compute_alloc(r->compute, p.used * sizeof(float));
    r->activations = compute_alloc(r->compute, q.used * sizeof(float));
    r->shared = compute_alloc(r->compute, shared.used * sizeof(float));
    r->shared_host = compute_mirror(r->compute, r->shared, shared.used * sizeof(float));
    if (!r->block || !r->activations || !r->shared || !r->shared_host) return fail_nomem("allocating the activations of a training run; a smaller batch needs less");
    if (r->bf16) compute_keep_bf16(r->compute, r->activations, q.used * sizeof(float));
    p = (struct plan){.base = r->block};
    q = (struct plan){.base = r->activations};
    plan_stream(&p, &q, r, r->max_tokens);
    plan_losses(&p, &q, r);
    shared = (struct plan){.base = r->shared};
    plan_shared(&shared, r);
    plan_ints(r);
    return OK;
}

/* Weights in less than float32 are unpacked some columns at a time for the way back; the output matrix is the tallest. */
static size_t frozen_scratch(const struct model *m)
{
    enum { COLUMNS = 64 };
    size_t tallest = 0;
    for (size_t i = 0; i < m->n_frozen; i++)
        if (m->parameters[i].weight.dtype != DTYPE_F32 && m->parameters[i].rows > tallest) tallest = m->parameters[i].rows;
    return tallest * COLUMNS;
}

enum { RUN_MAX_TOKENS = 1 << 20 };

status train_run_new(struct model *m, struct compute *c, size_t max_tokens, size_t max_seqs, struct train_run **out)
{
    FAIL_IF(!m->params, ERR_USAGE, "a model that was loaded for inference cannot be trained; load it as trainable");
    FAIL_IF(!max_tokens || !max_seqs || max_tokens > RUN_MAX_TOKENS || max_seqs > RUN_MAX_TOKENS, ERR_USAGE,
            "a training run of %zu tokens in %zu sequences; both must be from 1 to %d", max_tokens, max_seqs, RUN_MAX_TOKENS);
    struct train_run *r = mem_zalloc(1, sizeof *r);
    if (!r) return fail_nomem("preparing a training run");
    *r = (struct train_run){.model = m, .compute = c, .max_tokens = max_tokens, .max_seqs = max_seqs};
    r->bf16 = keeps_bf16(r) ? c : NULL;
    r->chunk_rows = choose_chunk(r, m->config.vocab_size, max_tokens);
    r->max_pairs = max_seqs < CONTRASTIVE_MAX_PAIRS ? max_seqs : CONTRASTIVE_MAX_PAIRS;
    status s = model_to_device(m, c);
    if (s == OK) s = network_init(&r->net, m);
    if (s == OK) s = allocate(r);
    if (s == OK) {
        struct attention_shape shape = batch_attention(&m->config, &(struct batch){.n_tokens = max_tokens, .n_seqs = max_seqs});
        size_t longest = max_tokens < m->config.max_positions ? max_tokens : m->config.max_positions;
        size_t attention = attention_scratch(c, &shape, longest), frozen = frozen_scratch(m);
        s = compute_reserve(c, attention > frozen ? attention : frozen);
    }
    if (s != OK) {
        train_run_free(r);
        return s;
    }
    *out = r;
    return OK;
}

void train_run_free(struct train_run *r)
{
    if (!r) return;
    compute_mirror_free(r->compute, r->shared_host, r->shared);
    compute_mirror_free(r->compute, r->ints_host, r->ints);
    compute_dealloc(r->compute, r->block);
    compute_dealloc(r->compute, r->activations);
    compute_dealloc(r->compute, r->shared);
    compute_dealloc(r->compute, r->ints);
    network_release(&r->net);
    mem_free(r->layers);
    mem_free(r);
}

const float *train_hidden(const struct train_run *r)
{
    return r->hidden;
}

float *train_dhidden(struct train_run *r)
{
    if (!r->has_gradient) compute_zero(r->compute, r->dhidden, r->n_tokens * r->model->config.d_model * sizeof *r->dhidden);
    r->has_gradient = true;
    return r->dhidden;
}

bool train_valid_seqs(const struct train_run *r, const int32_t *seqs, size_t n)
{
    if (n > r->max_seqs) return false;
    for (size_t i = 0; i < n; i++)
        if (seqs[i] < 0 || (size_t)seqs[i] >= r->n_seqs) return false;
    return true;
}

/* OpenAI's API, for programs that speak it: POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models
 * (platform.openai.com/docs/api-reference, as the official clients use it).
 *
 * The "model" daogou-guide is the guide. A conversation has no state here: the shopper's messages are replayed, which gives the same state
 * again; states of conversations that are likely to go on are remembered, so that mostly the last message alone is new. System messages and sampling parameters change nothing: what the guide says is decided by the catalogue. What would change the
 * shape of an answer and is not done here (tools, several choices, log probabilities) is refused.
 */
#include "openai_int.h"

#include <math.h>
#include <string.h>

enum { OPENAI_BODY_MAX = 1 << 20, STATES_MAX = 256 };

/* The desk, or an answer. */
static bool no_shop(struct call *c, status *s)
{
    if (!c->server->desk->empty) return false;
    call_header(c, "Retry-After", "30");
    *s = openai_refuse(c, 503, NULL, "not_ready", "%s", c->server->desk->why);
    return true;
}

static size_t count_tokens(struct call *c, const char *text, size_t n)
{
    int32_t *ids = mem_alloc(TOKENS_COUNTED_MAX * sizeof *ids);
    size_t count = ids ? tokenizer_encode(session_tokenizer(c->server->desk->shop.session), text, n, ids, TOKENS_COUNTED_MAX) : 0;
    mem_free(ids);
    return count;
}

/* ---- states, by what was said (model lane) ---- */

struct openai_states { struct { uint64_t key, used; json_t *state; } items[STATES_MAX]; uint64_t clock; };

void openai_states_free(struct openai_states *s)
{
    for (size_t i = 0; s && i < STATES_MAX; i++) json_decref(s->items[i].state);
    mem_free(s);
}

/* The first n messages, of one caller, over the shop as it stands. Two conversations of one hash: once in 10^14 for a full memory. */
static uint64_t state_key(struct call *c, const struct openai_chat *all, size_t n)
{
    uint64_t key = hash_bytes(c->caller.owner, strlen(c->caller.owner), atomic_load(&c->server->reloads));
    for (size_t i = 0; i < n; i++) key = hash_bytes(all->said[i], strlen(all->said[i]) + 1, key);
    return key;
}

/* The longest beginning of the conversation whose state is remembered; *turns 0: none. */
static status recall(struct call *c, const struct openai_chat *all, struct dialogue *d, size_t *turns)
{
    struct openai_states *s = c->server->openai;
    for (*turns = all->n - 1; s && *turns > 0; --*turns) {
        uint64_t key = state_key(c, all, *turns);
        for (size_t i = 0; i < STATES_MAX; i++) {
            if (!s->items[i].state || s->items[i].key != key) continue;
            s->items[i].used = ++s->clock;
            return dialogue_from_json(s->items[i].state, d);
        }
    }
    *turns = 0;
    dialogue_init(d, "openai");
    return OK;
}

/* For want of memory nothing is remembered, and the next request replays. */
static void remember(struct call *c, const struct openai_chat *all, const struct dialogue *d)
{
    struct openai_states *s = c->server->openai;
    size_t oldest = 0;
    if (!s) s = c->server->openai = mem_zalloc(1, sizeof *s);
    json_t *state = s ? dialogue_json(d) : NULL;
    if (!state) return;
    for (size_t i = 0; i < STATES_MAX; i++)
        if (s->items[i].used < s->items[oldest].used) oldest = i;
    json_decref(s->items[oldest].state);
    s->items[oldest].key = state_key(c, all, all->n);
    s->items[oldest].used = ++s->clock;
    s->items[oldest].state = state;
}

/* The shopper's earlier messages give the state back; the last one is the turn. */
static status converse(struct call *c, const struct openai_chat *all, struct completion *k, struct openai_stream *live)
{
    struct dialogue *d = mem_zalloc(1, sizeof *d);
    size_t i;
    if (!d) return fail_nomem("answering a request");
    status s = recall(c, all, d, &i);
    if (s != OK) return mem_free(d), s;
    for (; s == OK && i < all->n; i++) {
        bool last = i + 1 == all->n;
        struct reply r = {0};
        s = protocol_turn(c, d, all->said[i], &r, last ? live : NULL);
        if (s == OK && last) s = live ? openai_stream_rest(live, &r, d->language) : reply_text(&r, d->language, &k->text);
        if (s == OK) reply_release(&r);
    }
    if (s == OK) remember(c, all, d);
    dialogue_release(d);
    mem_free(d);
    return s;
}

static status count_usage(struct call *c, const struct openai_chat *all, struct completion *k)
{
    size_t written = count_tokens(c, strbuf_str(&k->text), k->text.len), prompt = 0;
    for (size_t i = 0; i < all->n_read; i++) prompt += count_tokens(c, all->read[i], strlen(all->read[i]));
    k->usage = json_pack("{s:I, s:I, s:I}", "prompt_tokens", (json_int_t)prompt, "completion_tokens", (json_int_t)written, "total_tokens", (json_int_t)(prompt + written));
    return k->usage ? OK : fail_nomem("answering a request");
}

static status whole(struct call *c, const struct openai_chat *all, struct completion *k)
{
    TRY(converse(c, all, k, NULL));
    openai_cut(c, k);
    TRY(count_usage(c, all, k));
    return call_json(c, 200, json_pack("{s:s, s:s, s:I, s:s, s:[{s:i, s:{s:s, s:s#, s:n}, s:n, s:s}], s:O}", "id", k->id, "object", "chat.completion", "created", (json_int_t)k->created, "model", OPENAI_GUIDE,
                                       "choices", "index", 0, "message", "role", "assistant", "content", strbuf_str(&k->text), (int)k->text.len, "refusal", "logprobs", "finish_reason", k->finish,
                                       "usage", k->usage));
}

/* Once chunks have left, what goes wrong is told as the last of them. */
static status as_events(struct call *c, const struct openai_chat *all, struct completion *k)
{
    struct openai_stream live = {.call = c, .k = k};
    status s = converse(c, all, k, &live);
    if (s == OK) s = count_usage(c, all, k);
    return openai_stream_end(&live, s, all->with_usage);
}

static status answer_chat(struct call *c, const struct openai_chat *all)
{
    struct completion k = {.created = clock_unix_ms() / 1000, .finish = "stop", .tokens_max = all->tokens_max};
    status s = OK;
    if (no_shop(c, &s)) return s;
    snprintf(k.id, sizeof k.id, "chatcmpl-");
    random_hex(k.id + 9, 16);
    s = all->stream ? as_events(c, all, &k) : whole(c, all, &k);
    json_decref(k.usage);
    strbuf_release(&k.text);
    return s;
}

static status chat_completions(struct call *c)
{
    struct openai_chat all;
    status s = openai_read_chat(c, &all);
    if (s == OK && !c->code) s = answer_chat(c, &all);
    json_decref(all.root);
    return s;
}

/* ---- embeddings ---- */

/* RFC 4648 */
static void base64(const uint8_t *p, size_t n, struct strbuf *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        strbuf_putc(out, letters[v >> 18]);
        strbuf_putc(out, letters[v >> 12 & 63]);
        strbuf_putc(out, i + 1 < n ? letters[v >> 6 & 63] : '=');
        strbuf_putc(out, i + 2 < n ? letters[v & 63] : '=');
    }
}

/* The first numbers of a vector, at length 1 again. */
static void shorten(float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)v[i] * (double)v[i];
    float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
    for (size_t i = 0; i < n; i++) v[i] *= scale;
}

static json_t *vector_json(const float *v, size_t n, bool text)
{
    if (text) {
        struct strbuf b = {0};
        base64((const uint8_t *)v, n * sizeof *v, &b);   /* little endian, as every machine that this runs on */
        json_t *o = json_string(strbuf_str(&b));
        strbuf_release(&b);
        return o;
    }
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(a, json_real((double)v[i]));
    return a;
}

static status embed(struct call *c, const struct openai_inputs *in, size_t tokens)
{
    struct session *session = c->server->desk->shop.session;
    size_t width = session_config(session)->d_model;
    float *vectors = mem_alloc(in->n * width * sizeof *vectors);
    json_t *data = json_array();
    status s = vectors && data ? session_embed(session, strcmp(in->model, OPENAI_ITEMS) == 0 ? TOKEN_ITEM : TOKEN_NEED, in->texts, in->n, vectors) : fail_nomem("embedding");
    for (size_t i = 0; s == OK && i < in->n; i++) {
        shorten(vectors + i * width, in->dimensions);
        json_array_append_new(data, json_pack("{s:s, s:I, s:o}", "object", "embedding", "index", (json_int_t)i, "embedding", vector_json(vectors + i * width, in->dimensions, in->base64)));
    }
    mem_free(vectors);
    if (s == OK) return call_json(c, 200, json_pack("{s:s, s:o, s:s, s:{s:I, s:I}}", "object", "list", "data", data, "model", in->model, "usage", "prompt_tokens", (json_int_t)tokens, "total_tokens", (json_int_t)tokens));
    json_decref(data);
    return s;
}

static status answer_embeddings(struct call *c, const struct openai_inputs *in)
{
    size_t tokens = 0;
    for (size_t i = 0; i < in->n; i++) {
        size_t n = count_tokens(c, in->texts[i].s, in->texts[i].n);
        if (n > EMBED_TOKENS_MAX) return openai_refuse(c, 400, "input", "string_above_max_length", "'input[%zu]' has %zu tokens; this model reads at most %d.", i, n, (int)EMBED_TOKENS_MAX);
        tokens += n;
    }
    return embed(c, in, tokens);
}

static status embeddings(struct call *c)
{
    struct openai_inputs in;
    status s = OK;
    if (no_shop(c, &s)) return s;
    s = openai_read_embeddings(c, session_config(c->server->desk->shop.session)->d_model, &in);
    if (s == OK && !c->code) s = answer_embeddings(c, &in);
    json_decref(in.root);
    return s;
}

/* ---- models ---- */

static json_t *model_json(struct call *c, const char *name)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "id", name, "object", "model", "created", (json_int_t)((clock_unix_ms() - (int64_t)((clock_ns() - c->server->started_ns) / 1000000)) / 1000), "owned_by", "daogou");
}

static status models(struct call *c)
{
    return call_json(c, 200, json_pack("{s:s, s:[o, o, o]}", "object", "list", "data", model_json(c, OPENAI_GUIDE), model_json(c, OPENAI_NEEDS), model_json(c, OPENAI_ITEMS)));
}

static status model(struct call *c)
{
    const char *const names[] = {OPENAI_GUIDE, OPENAI_NEEDS, OPENAI_ITEMS};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(names[i], c->arguments[0]) == 0) return call_json(c, 200, model_json(c, names[i]));
    return openai_refuse(c, 404, "model", "model_not_found", "The model '%.100s' does not exist", c->arguments[0]);
}

const struct route routes_openai[] = {
    {"POST", "/v1/chat/completions", SCOPE_SHOPPER, LANE_MODEL, chat_completions, ROUTE_NO_COOKIE, OPENAI_BODY_MAX},
    {"POST", "/v1/embeddings", SCOPE_SHOPPER, LANE_MODEL, embeddings, ROUTE_NO_COOKIE, OPENAI_BODY_MAX},
    {"GET", "/v1/models", SCOPE_SHOPPER, LANE_READ, models, ROUTE_NO_COOKIE, 0},
    {"GET", "/v1/models/{id}", SCOPE_SHOPPER, LANE_READ, model, ROUTE_NO_COOKIE, 0},
    {0},
};

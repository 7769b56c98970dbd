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

enum { OPENAI_BODY_MAX = 1 << 20, MESSAGES_MAX = 400, TURNS_MAX = 50, STATES_MAX = 256, INPUTS_MAX = 256 };
static const char NEEDS[] = "daogou-embedding", ITEMS[] = "daogou-embedding-item";

/* ---- errors ---- */

static status refuse(struct call *c, int code, const char *param, const char *word, const char *format, ...) __attribute__((format(printf, 5, 6)));
static status refuse(struct call *c, int code, const char *param, const char *word, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return call_json(c, code, json_pack("{s:{s:o, s:s, s:s?, s:s?}}", "error", "message", safe_text(message), "type", code >= 500 ? "server_error" : "invalid_request_error", "param", param, "code", word));
}

static status body_of(struct call *c, json_t **root)
{
    json_error_t e;
    *root = json_loadb(c->request.body, c->request.n_body, JSON_REJECT_DUPLICATES, &e);
    if (!*root) return refuse(c, 400, NULL, NULL, "We could not parse the JSON body of your request: %s (line %d)", e.text, e.line);
    if (json_is_object(*root)) return OK;
    json_decref(*root);
    *root = NULL;
    return refuse(c, 400, NULL, NULL, "The body must be a JSON object.");
}

enum kind { ANY, IGNORED, REFUSED, NUMBER, INTEGER, BOOLEAN, TEXT, ONE /* refused unless 1 */ };
struct request_parameter { const char *name; enum kind kind; };

static bool has_kind(const json_t *v, enum kind k)
{
    if (json_is_null(v)) return true;
    switch (k) {
    case NUMBER: return json_is_number(v);
    case INTEGER: case ONE: return json_is_integer(v);
    case BOOLEAN: return json_is_boolean(v);
    case TEXT: return json_is_string(v);
    default: return true;
    }
}

/* True: an answer was given. */
static bool bad_parameters(struct call *c, const json_t *root, const struct request_parameter *known, size_t n, status *s)
{
    static const char *const kinds[] = {"", "", "", "a number", "an integer", "a boolean", "a string", "an integer"};
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)root, name, v) {
        const struct request_parameter *p = NULL;
        for (size_t i = 0; i < n; i++)
            if (strcmp(known[i].name, name) == 0) p = &known[i];
        if (!p) *s = refuse(c, 400, NULL, "unknown_parameter", "Unrecognized request argument supplied: %.100s", name);
        else if (!has_kind(v, p->kind)) *s = refuse(c, 400, name, "invalid_type", "Invalid type for '%s': expected %s.", name, kinds[p->kind]);
        else if (p->kind == REFUSED && !json_is_null(v) && !json_is_false(v) && !(json_is_array(v) && !json_array_size(v)))
            *s = refuse(c, 400, name, "unsupported_parameter", "Unsupported parameter: '%s' is not supported with this model.", name);
        else if (p->kind == ONE && !json_is_null(v) && json_integer_value(v) != 1) *s = refuse(c, 400, name, "unsupported_value", "Unsupported value: '%s' must be 1 with this model.", name);
        else continue;
        return true;
    }
    return false;
}

static bool other_model(struct call *c, const json_t *root, const char *const *names, size_t n, const char **model, status *s)
{
    *model = json_string_value(json_object_get(root, "model"));
    for (size_t i = 0; *model && i < n; i++)
        if (strcmp(*model, names[i]) == 0) return false;
    if (!*model) *s = refuse(c, 400, "model", NULL, "you must provide a model parameter");
    else *s = refuse(c, 404, "model", "model_not_found", "The model `%.100s` does not exist or you do not have access to it.", *model);
    return true;
}

/* The desk, or an answer. */
static bool no_shop(struct call *c, status *s)
{
    if (!c->server->desk->empty) return false;
    call_header(c, "Retry-After", "30");
    *s = refuse(c, 503, NULL, "not_ready", "%s", c->server->desk->why);
    return true;
}

static size_t count_tokens(struct call *c, const char *text, size_t n)
{
    int32_t *ids = mem_alloc(TOKENS_COUNTED_MAX * sizeof *ids);
    size_t count = ids ? tokenizer_encode(session_tokenizer(c->server->desk->shop.session), text, n, ids, TOKENS_COUNTED_MAX) : 0;
    mem_free(ids);
    return count;
}

/* ---- messages ---- */

struct conversation {
    const char **said;       /* by the shopper, in order */
    size_t n, prompt_tokens;
};

/* A text, or parts of which each is one. */
static status message_text(struct call *c, const json_t *content, size_t number, const char **out)
{
    struct strbuf b = {0};
    const json_t *part;
    size_t i;
    *out = json_string_value(content);
    if (*out) return OK;
    if (!json_is_array(content)) return refuse(c, 400, "messages", NULL, "Invalid type for 'messages[%zu].content': expected one of a string or array of objects.", number);
    json_array_foreach(content, i, part) {
        const char *type = json_string_value(json_object_get(part, "type")), *text = json_string_value(json_object_get(part, "text"));
        if (!type || strcmp(type, "text") != 0 || !text) {
            strbuf_release(&b);
            return refuse(c, 400, "messages", "unsupported_value", "messages[%zu].content[%zu]: this model reads parts of type 'text' only.", number, i);
        }
        if (i) strbuf_putc(&b, '\n');
        strbuf_puts(&b, text);
    }
    *out = arena_strdup(c->request.arena, strbuf_str(&b));
    bool failed = b.failed || !*out;
    strbuf_release(&b);
    return failed ? fail_nomem("reading a request") : OK;
}

static status one_message(struct call *c, const json_t *m, size_t number, struct conversation *all)
{
    static const char *const roles[] = {"user", "system", "developer", "assistant", "tool", "function"};
    const char *role = json_string_value(json_object_get(m, "role")), *text = NULL;
    const json_t *content = json_object_get(m, "content");
    size_t known = 0;
    while (known < 6 && (!role || strcmp(role, roles[known]) != 0)) known++;
    if (known == 6) return refuse(c, 400, "messages", "invalid_value", "Invalid value for 'messages[%zu].role': expected one of system, developer, user, assistant, tool and function.", number);
    if (known == 3 && (!content || json_is_null(content))) return OK;   /* an assistant's call of tools */
    TRY(message_text(c, content, number, &text));
    if (c->code) return OK;
    all->prompt_tokens += count_tokens(c, text, strlen(text));
    if (known == 0) all->said[all->n++] = text;
    return OK;
}

/* An answer was given where c->code is set. */
static status read_messages(struct call *c, const json_t *root, struct conversation *all)
{
    const json_t *messages = json_object_get(root, "messages"), *m;
    size_t i, n = json_array_size(messages);
    if (!messages) return refuse(c, 400, "messages", "missing_required_parameter", "Missing required parameter: 'messages'.");
    if (!json_is_array(messages) || n == 0) return refuse(c, 400, "messages", "empty_array", "Invalid 'messages': expected a non-empty array of objects.");
    if (n > MESSAGES_MAX) return refuse(c, 400, "messages", "array_above_max_length", "Invalid 'messages': array too long; at most %d.", (int)MESSAGES_MAX);
    all->said = arena_alloc(c->request.arena, n * sizeof *all->said);
    if (!all->said) return fail_nomem("reading a request");
    json_array_foreach(messages, i, m) {
        TRY(one_message(c, m, i, all));
        if (c->code) return OK;
    }
    if (all->n == 0) return refuse(c, 400, "messages", "invalid_value", "Invalid 'messages': there is no message of role 'user'.");
    if (all->n > TURNS_MAX) return refuse(c, 400, "messages", "context_length_exceeded", "This model's maximum context length is %d messages of role 'user'; your messages have %zu.", (int)TURNS_MAX, all->n);
    return OK;
}

/* ---- states, by what was said (model lane) ---- */

struct openai_states { struct { uint64_t key, used; json_t *state; } items[STATES_MAX]; uint64_t clock; };

void openai_states_free(struct openai_states *s)
{
    for (size_t i = 0; s && i < STATES_MAX; i++) json_decref(s->items[i].state);
    mem_free(s);
}

/* The first n messages, of one caller, over the shop as it stands. Two conversations of one hash: once in 10^14 for a full memory. */
static uint64_t state_key(struct call *c, const struct conversation *all, size_t n)
{
    uint64_t key = hash_bytes(c->caller.owner, strlen(c->caller.owner), atomic_load(&c->server->reloads));
    for (size_t i = 0; i < n; i++) key = hash_bytes(all->said[i], strlen(all->said[i]) + 1, key);
    return key;
}

/* The longest beginning of the conversation whose state is remembered; *turns 0: none. */
static status recall(struct call *c, const struct conversation *all, struct dialogue *d, size_t *turns)
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
static void remember(struct call *c, const struct conversation *all, const struct dialogue *d)
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
static status converse(struct call *c, const struct conversation *all, struct completion *k, struct openai_stream *live)
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

static status count_usage(struct call *c, const struct conversation *all, struct completion *k)
{
    size_t written = count_tokens(c, strbuf_str(&k->text), k->text.len);
    k->usage = json_pack("{s:I, s:I, s:I}", "prompt_tokens", (json_int_t)all->prompt_tokens, "completion_tokens", (json_int_t)written, "total_tokens", (json_int_t)(all->prompt_tokens + written));
    return k->usage ? OK : fail_nomem("answering a request");
}

static status whole(struct call *c, const struct conversation *all, struct completion *k)
{
    TRY(converse(c, all, k, NULL));
    openai_cut(c, k);
    TRY(count_usage(c, all, k));
    return call_json(c, 200, json_pack("{s:s, s:s, s:I, s:s, s:[{s:i, s:{s:s, s:s#, s:n}, s:n, s:s}], s:O}", "id", k->id, "object", "chat.completion", "created", (json_int_t)k->created, "model", OPENAI_GUIDE,
                                       "choices", "index", 0, "message", "role", "assistant", "content", strbuf_str(&k->text), (int)k->text.len, "refusal", "logprobs", "finish_reason", k->finish,
                                       "usage", k->usage));
}

/* Once chunks have left, what goes wrong is told as the last of them. */
static status as_events(struct call *c, const struct conversation *all, struct completion *k, bool with_usage)
{
    struct openai_stream live = {.call = c, .k = k};
    status s = converse(c, all, k, &live);
    if (s == OK) s = count_usage(c, all, k);
    return openai_stream_end(&live, s, with_usage);
}

static const struct request_parameter chat_parameters[] = {
    {"model", TEXT}, {"messages", ANY}, {"stream", BOOLEAN}, {"stream_options", ANY}, {"max_tokens", INTEGER}, {"max_completion_tokens", INTEGER}, {"temperature", NUMBER},
    {"top_p", NUMBER}, {"seed", INTEGER}, {"presence_penalty", NUMBER}, {"frequency_penalty", NUMBER}, {"user", TEXT}, {"metadata", ANY}, {"store", BOOLEAN},
    {"service_tier", TEXT}, {"reasoning_effort", TEXT}, {"verbosity", TEXT}, {"prompt_cache_key", TEXT}, {"safety_identifier", TEXT}, {"parallel_tool_calls", BOOLEAN},
    {"n", ONE}, {"tools", REFUSED}, {"tool_choice", IGNORED}, {"functions", REFUSED}, {"function_call", IGNORED}, {"logprobs", REFUSED}, {"top_logprobs", REFUSED}, {"logit_bias", IGNORED},
    {"stop", REFUSED}, {"audio", REFUSED}, {"modalities", IGNORED}, {"prediction", IGNORED}, {"web_search_options", REFUSED}, {"response_format", ANY},
};

static bool wants_json(const json_t *root)
{
    const char *type = json_string_value(json_object_get(json_object_get(root, "response_format"), "type"));
    return type && strcmp(type, "text") != 0;
}

static status answer_chat(struct call *c, const json_t *root)
{
    static const char *const names[] = {OPENAI_GUIDE};
    struct conversation all = {0};
    const char *model;
    status s = OK;
    if (bad_parameters(c, root, chat_parameters, sizeof chat_parameters / sizeof chat_parameters[0], &s) || other_model(c, root, names, 1, &model, &s) || no_shop(c, &s)) return s;
    if (wants_json(root)) return refuse(c, 400, "response_format", "unsupported_value", "Unsupported value: 'response_format' must be of type 'text' with this model.");
    const json_t *most = json_object_get(root, "max_completion_tokens");
    if (!json_is_integer(most)) most = json_object_get(root, "max_tokens");
    if (json_is_integer(most) && json_integer_value(most) < 1) return refuse(c, 400, "max_tokens", "integer_below_min_value", "Invalid 'max_tokens': integer below minimum value; expected 1 or more.");
    TRY(read_messages(c, root, &all));
    if (c->code) return OK;
    struct completion k = {.created = clock_unix_ms() / 1000, .finish = "stop"};
    snprintf(k.id, sizeof k.id, "chatcmpl-");
    random_hex(k.id + 9, 16);
    k.tokens_max = json_integer_value(most);
    if (json_is_true(json_object_get(root, "stream"))) s = as_events(c, &all, &k, json_is_true(json_object_get(json_object_get(root, "stream_options"), "include_usage")));
    else s = whole(c, &all, &k);
    json_decref(k.usage);
    strbuf_release(&k.text);
    return s;
}

static status chat_completions(struct call *c)
{
    json_t *root;
    status s = body_of(c, &root);
    if (s == OK && root) s = answer_chat(c, root);
    json_decref(root);
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

struct inputs { struct text_span *texts; size_t n, tokens; };

static status read_inputs(struct call *c, const json_t *input, struct inputs *in)
{
    size_t n = json_is_array(input) ? json_array_size(input) : 1;
    if (!input) return refuse(c, 400, "input", "missing_required_parameter", "Missing required parameter: 'input'.");
    if (n == 0 || n > INPUTS_MAX) return refuse(c, 400, "input", "invalid_value", "Invalid 'input': expected 1 to %d texts.", (int)INPUTS_MAX);
    in->texts = arena_alloc(c->request.arena, n * sizeof *in->texts);
    if (!in->texts) return fail_nomem("reading a request");
    for (in->n = 0; in->n < n; in->n++) {
        const json_t *v = json_is_array(input) ? json_array_get(input, in->n) : input;
        if (!json_is_string(v) || !json_string_length(v)) return refuse(c, 400, "input", "invalid_value", "Invalid 'input[%zu]': this model reads texts that are not empty, no tokens.", in->n);
        in->texts[in->n] = (struct text_span){json_string_value(v), json_string_length(v)};
        size_t tokens = count_tokens(c, in->texts[in->n].s, in->texts[in->n].n);
        if (tokens > EMBED_TOKENS_MAX) return refuse(c, 400, "input", "string_above_max_length", "'input[%zu]' has %zu tokens; this model reads at most %d.", in->n, tokens, (int)EMBED_TOKENS_MAX);
        in->tokens += tokens;
    }
    return OK;
}

static status embed(struct call *c, const struct inputs *in, const char *model, size_t dimensions, bool text)
{
    struct session *session = c->server->desk->shop.session;
    size_t width = session_config(session)->d_model;
    float *vectors = mem_alloc(in->n * width * sizeof *vectors);
    json_t *data = json_array();
    status s = vectors && data ? session_embed(session, strcmp(model, ITEMS) == 0 ? TOKEN_ITEM : TOKEN_NEED, in->texts, in->n, vectors) : fail_nomem("embedding");
    for (size_t i = 0; s == OK && i < in->n; i++) {
        shorten(vectors + i * width, dimensions);
        json_array_append_new(data, json_pack("{s:s, s:I, s:o}", "object", "embedding", "index", (json_int_t)i, "embedding", vector_json(vectors + i * width, dimensions, text)));
    }
    mem_free(vectors);
    if (s == OK) return call_json(c, 200, json_pack("{s:s, s:o, s:s, s:{s:I, s:I}}", "object", "list", "data", data, "model", model, "usage", "prompt_tokens", (json_int_t)in->tokens, "total_tokens", (json_int_t)in->tokens));
    json_decref(data);
    return s;
}

static status answer_embeddings(struct call *c, const json_t *root)
{
    static const struct request_parameter known[] = {{"model", TEXT}, {"input", ANY}, {"encoding_format", TEXT}, {"dimensions", INTEGER}, {"user", TEXT}};
    static const char *const names[] = {NEEDS, ITEMS};
    const char *model, *format = json_string_value(json_object_get(root, "encoding_format"));
    struct inputs in = {0};
    status s = OK;
    if (bad_parameters(c, root, known, sizeof known / sizeof known[0], &s) || other_model(c, root, names, 2, &model, &s) || no_shop(c, &s)) return s;
    json_int_t width = session_config(c->server->desk->shop.session)->d_model, n = width;
    const json_t *dimensions = json_object_get(root, "dimensions");
    if (json_is_integer(dimensions)) n = json_integer_value(dimensions);
    if ((n != 64 && n != 128 && n != 256 && n != width) || n > width) return refuse(c, 400, "dimensions", "invalid_value", "Invalid value for 'dimensions': expected 64, 128, 256 or %lld, and not more than that.", (long long)width);
    if (format && strcmp(format, "float") != 0 && strcmp(format, "base64") != 0) return refuse(c, 400, "encoding_format", "invalid_value", "Invalid value for 'encoding_format': expected 'float' or 'base64'.");
    TRY(read_inputs(c, json_object_get(root, "input"), &in));
    return c->code ? OK : embed(c, &in, model, (size_t)n, format && strcmp(format, "base64") == 0);
}

static status embeddings(struct call *c)
{
    json_t *root;
    status s = body_of(c, &root);
    if (s == OK && root) s = answer_embeddings(c, root);
    json_decref(root);
    return s;
}

/* ---- models ---- */

static json_t *model_json(struct call *c, const char *name)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "id", name, "object", "model", "created", (json_int_t)((clock_unix_ms() - (int64_t)((clock_ns() - c->server->started_ns) / 1000000)) / 1000), "owned_by", "daogou");
}

static status models(struct call *c)
{
    return call_json(c, 200, json_pack("{s:s, s:[o, o, o]}", "object", "list", "data", model_json(c, OPENAI_GUIDE), model_json(c, NEEDS), model_json(c, ITEMS)));
}

static status model(struct call *c)
{
    const char *const names[] = {OPENAI_GUIDE, NEEDS, ITEMS};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(names[i], c->arguments[0]) == 0) return call_json(c, 200, model_json(c, names[i]));
    return refuse(c, 404, "model", "model_not_found", "The model '%.100s' does not exist", c->arguments[0]);
}

const struct route routes_openai[] = {
    {"POST", "/v1/chat/completions", SCOPE_SHOPPER, LANE_MODEL, chat_completions, ROUTE_NO_COOKIE, OPENAI_BODY_MAX},
    {"POST", "/v1/embeddings", SCOPE_SHOPPER, LANE_MODEL, embeddings, ROUTE_NO_COOKIE, OPENAI_BODY_MAX},
    {"GET", "/v1/models", SCOPE_SHOPPER, LANE_READ, models, ROUTE_NO_COOKIE, 0},
    {"GET", "/v1/models/{id}", SCOPE_SHOPPER, LANE_READ, model, ROUTE_NO_COOKIE, 0},
    {0},
};

/* Bodies of OpenAI's API, read: what is asked for, or the refusal as that API words it. Needs no shop, so it is fuzzed alone. */
#include "openai_int.h"

#include <string.h>

enum { MESSAGES_MAX = 400, INPUTS_MAX = 256 };

status openai_refuse(struct call *c, int code, const char *param, const char *word, const char *format, ...)
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
    if (!*root) return openai_refuse(c, 400, NULL, NULL, "We could not parse the JSON body of your request: %s (line %d)", e.text, e.line);
    if (json_is_object(*root)) return OK;
    json_decref(*root);
    *root = NULL;
    return openai_refuse(c, 400, NULL, NULL, "The body must be a JSON object.");
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
        if (!p) *s = openai_refuse(c, 400, NULL, "unknown_parameter", "Unrecognized request argument supplied: %.100s", name);
        else if (!has_kind(v, p->kind)) *s = openai_refuse(c, 400, name, "invalid_type", "Invalid type for '%s': expected %s.", name, kinds[p->kind]);
        else if (p->kind == REFUSED && !json_is_null(v) && !json_is_false(v) && !(json_is_array(v) && !json_array_size(v)))
            *s = openai_refuse(c, 400, name, "unsupported_parameter", "Unsupported parameter: '%s' is not supported with this model.", name);
        else if (p->kind == ONE && !json_is_null(v) && json_integer_value(v) != 1) *s = openai_refuse(c, 400, name, "unsupported_value", "Unsupported value: '%s' must be 1 with this model.", name);
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
    if (!*model) *s = openai_refuse(c, 400, "model", NULL, "you must provide a model parameter");
    else *s = openai_refuse(c, 404, "model", "model_not_found", "The model `%.100s` does not exist or you do not have access to it.", *model);
    return true;
}

/* ---- chat ---- */

/* A text, or parts of which each is one. */
static status message_text(struct call *c, const json_t *content, size_t number, const char **out)
{
    struct strbuf b = {0};
    const json_t *part;
    size_t i;
    *out = json_string_value(content);
    if (*out) return OK;
    if (!json_is_array(content)) return openai_refuse(c, 400, "messages", NULL, "Invalid type for 'messages[%zu].content': expected one of a string or array of objects.", number);
    json_array_foreach(content, i, part) {
        const char *type = json_string_value(json_object_get(part, "type")), *text = json_string_value(json_object_get(part, "text"));
        if (!type || strcmp(type, "text") != 0 || !text) {
            strbuf_release(&b);
            return openai_refuse(c, 400, "messages", "unsupported_value", "messages[%zu].content[%zu]: this model reads parts of type 'text' only.", number, i);
        }
        if (i) strbuf_putc(&b, '\n');
        strbuf_puts(&b, text);
    }
    *out = arena_strdup(c->request.arena, strbuf_str(&b));
    bool failed = b.failed || !*out;
    strbuf_release(&b);
    return failed ? fail_nomem("reading a request") : OK;
}

static status one_message(struct call *c, const json_t *m, size_t number, struct openai_chat *all)
{
    static const char *const roles[] = {"user", "system", "developer", "assistant", "tool", "function"};
    const char *role = json_string_value(json_object_get(m, "role")), *text = NULL;
    const json_t *content = json_object_get(m, "content");
    size_t known = 0;
    while (known < 6 && (!role || strcmp(role, roles[known]) != 0)) known++;
    if (known == 6) return openai_refuse(c, 400, "messages", "invalid_value", "Invalid value for 'messages[%zu].role': expected one of system, developer, user, assistant, tool and function.", number);
    if (known == 3 && (!content || json_is_null(content))) return OK;   /* an assistant's call of tools */
    TRY(message_text(c, content, number, &text));
    if (c->code) return OK;
    all->read[all->n_read++] = text;
    if (known == 0) all->said[all->n++] = text;
    return OK;
}

/* An answer was given where c->code is set. */
static status read_messages(struct call *c, const json_t *root, struct openai_chat *all)
{
    const json_t *messages = json_object_get(root, "messages"), *m;
    size_t i, n = json_array_size(messages);
    if (!messages) return openai_refuse(c, 400, "messages", "missing_required_parameter", "Missing required parameter: 'messages'.");
    if (!json_is_array(messages) || n == 0) return openai_refuse(c, 400, "messages", "empty_array", "Invalid 'messages': expected a non-empty array of objects.");
    if (n > MESSAGES_MAX) return openai_refuse(c, 400, "messages", "array_above_max_length", "Invalid 'messages': array too long; at most %d.", (int)MESSAGES_MAX);
    all->said = arena_alloc(c->request.arena, n * sizeof *all->said);
    all->read = arena_alloc(c->request.arena, n * sizeof *all->read);
    if (!all->said || !all->read) return fail_nomem("reading a request");
    json_array_foreach(messages, i, m) {
        TRY(one_message(c, m, i, all));
        if (c->code) return OK;
    }
    if (all->n == 0) return openai_refuse(c, 400, "messages", "invalid_value", "Invalid 'messages': there is no message of role 'user'.");
    if (all->n > OPENAI_TURNS_MAX) return openai_refuse(c, 400, "messages", "context_length_exceeded", "This model's maximum context length is %d messages of role 'user'; your messages have %zu.", (int)OPENAI_TURNS_MAX, all->n);
    return OK;
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

/* An answer was given where c->code is set. */
static status read_chat(struct call *c, struct openai_chat *out)
{
    static const char *const names[] = {OPENAI_GUIDE};
    const json_t *root = out->root, *most = json_object_get(root, "max_completion_tokens");
    const char *model;
    status s = OK;
    if (bad_parameters(c, root, chat_parameters, sizeof chat_parameters / sizeof chat_parameters[0], &s) || other_model(c, root, names, 1, &model, &s)) return s;
    if (wants_json(root)) return openai_refuse(c, 400, "response_format", "unsupported_value", "Unsupported value: 'response_format' must be of type 'text' with this model.");
    if (!json_is_integer(most)) most = json_object_get(root, "max_tokens");
    if (json_is_integer(most) && json_integer_value(most) < 1) return openai_refuse(c, 400, "max_tokens", "integer_below_min_value", "Invalid 'max_tokens': integer below minimum value; expected 1 or more.");
    out->tokens_max = json_integer_value(most);
    out->stream = json_is_true(json_object_get(root, "stream"));
    out->with_usage = json_is_true(json_object_get(json_object_get(root, "stream_options"), "include_usage"));
    return read_messages(c, root, out);
}

status openai_read_chat(struct call *c, struct openai_chat *out)
{
    *out = (struct openai_chat){0};
    TRY(body_of(c, &out->root));
    return out->root ? read_chat(c, out) : OK;
}

/* ---- embeddings ---- */

static status read_inputs(struct call *c, const json_t *input, struct openai_inputs *in)
{
    size_t n = json_is_array(input) ? json_array_size(input) : 1;
    if (!input) return openai_refuse(c, 400, "input", "missing_required_parameter", "Missing required parameter: 'input'.");
    if (n == 0 || n > INPUTS_MAX) return openai_refuse(c, 400, "input", "invalid_value", "Invalid 'input': expected 1 to %d texts.", (int)INPUTS_MAX);
    in->texts = arena_alloc(c->request.arena, n * sizeof *in->texts);
    if (!in->texts) return fail_nomem("reading a request");
    for (in->n = 0; in->n < n; in->n++) {
        const json_t *v = json_is_array(input) ? json_array_get(input, in->n) : input;
        if (!json_is_string(v) || !json_string_length(v)) return openai_refuse(c, 400, "input", "invalid_value", "Invalid 'input[%zu]': this model reads texts that are not empty, no tokens.", in->n);
        in->texts[in->n] = (struct text_span){json_string_value(v), json_string_length(v)};
    }
    return OK;
}

static status read_embeddings(struct call *c, int64_t width, struct openai_inputs *out)
{
    static const struct request_parameter known[] = {{"model", TEXT}, {"input", ANY}, {"encoding_format", TEXT}, {"dimensions", INTEGER}, {"user", TEXT}};
    static const char *const names[] = {OPENAI_NEEDS, OPENAI_ITEMS};
    const json_t *root = out->root, *dimensions = json_object_get(root, "dimensions");
    const char *format = json_string_value(json_object_get(root, "encoding_format"));
    status s = OK;
    if (bad_parameters(c, root, known, sizeof known / sizeof known[0], &s) || other_model(c, root, names, 2, &out->model, &s)) return s;
    int64_t n = json_is_integer(dimensions) ? json_integer_value(dimensions) : width;
    if ((n != 64 && n != 128 && n != 256 && n != width) || n > width) return openai_refuse(c, 400, "dimensions", "invalid_value", "Invalid value for 'dimensions': expected 64, 128, 256 or %lld, and not more than that.", (long long)width);
    if (format && strcmp(format, "float") != 0 && strcmp(format, "base64") != 0) return openai_refuse(c, 400, "encoding_format", "invalid_value", "Invalid value for 'encoding_format': expected 'float' or 'base64'.");
    out->dimensions = (size_t)n;
    out->base64 = format && strcmp(format, "base64") == 0;
    return read_inputs(c, json_object_get(root, "input"), out);
}

status openai_read_embeddings(struct call *c, int64_t width, struct openai_inputs *out)
{
    *out = (struct openai_inputs){0};
    TRY(body_of(c, &out->root));
    return out->root ? read_embeddings(c, width, out) : OK;
}

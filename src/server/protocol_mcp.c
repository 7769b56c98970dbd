/* The Model Context Protocol over streamable HTTP, at /mcp, in its two forms:
 *
 *   2025-11-25 (also 2025-06-18, 2025-03-26): initialize opens a session, whose id every later request carries (Mcp-Session-Id); DELETE ends it
 *   2026-07-28: no sessions; every request says version and capabilities in params._meta, and headers repeat what proxies route by
 *
 * modelcontextprotocol.io/specification/VERSION/basic/transports. A request is answered with one JSON object; there are no messages of the
 * server's own, so GET is refused (405) and subscriptions/listen ends at once. Nothing here changes the shop.
 *
 * A dialogue of the tool `guide` belongs to the key that made it; without a key to whoever knows its id, which cannot be guessed.
 */
#include "protocol_int.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MCP_BODY_MAX = 256 << 10, SESSIONS_MAX = 1024, SESSION_HEX = 32, PARSE_ERROR = -32700, INVALID_REQUEST = -32600, NO_METHOD = -32601, INVALID_PARAMS = -32602,
       INTERNAL = -32603, HEADER_MISMATCH = -32020, UNSUPPORTED_VERSION = -32022, NO_SESSION = -32001 /* as the official SDKs say it */ };
static const char MODERN[] = "2026-07-28";
static const char *const legacy[] = {"2025-11-25", "2025-06-18", "2025-03-26"};
static const char META_VERSION[] = "io.modelcontextprotocol/protocolVersion", META_CAPABILITIES[] = "io.modelcontextprotocol/clientCapabilities",
                  META_SERVER[] = "io.modelcontextprotocol/serverInfo", META_SUBSCRIPTION[] = "io.modelcontextprotocol/subscriptionId";

/* ---- sessions ---- */

struct mcp_sessions { struct { char id[SESSION_HEX + 1]; uint64_t used; } items[SESSIONS_MAX]; uint64_t clock; };

void mcp_sessions_free(struct mcp_sessions *s)
{
    mem_free(s);
}

static bool session_known(struct call *c, const char *id)
{
    struct mcp_sessions *s = c->server->mcp;
    for (size_t i = 0; s && id && *id && i < SESSIONS_MAX; i++)
        if (strcmp(s->items[i].id, id) == 0) return s->items[i].used = ++s->clock, true;
    return false;
}

/* The one unused longest makes room: its client begins anew when it is told 404. */
static status session_new_id(struct call *c, char out[SESSION_HEX + 1])
{
    struct mcp_sessions *s = c->server->mcp;
    size_t oldest = 0;
    if (!s) s = c->server->mcp = mem_zalloc(1, sizeof *s);
    if (!s) return fail_nomem("opening a session");
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (s->items[i].used < s->items[oldest].used) oldest = i;
    random_hex(out, SESSION_HEX / 2);
    memcpy(s->items[oldest].id, out, SESSION_HEX + 1);
    s->items[oldest].used = ++s->clock;
    return OK;
}

static void session_end(struct call *c, const char *id)
{
    struct mcp_sessions *s = c->server->mcp;
    for (size_t i = 0; s && i < SESSIONS_MAX; i++)
        if (strcmp(s->items[i].id, id) == 0) s->items[i].id[0] = 0, s->items[i].used = 0;
}

/* ---- messages ---- */

struct rpc {
    json_t *root;
    const json_t *id;            /* NULL: a notification, or it cannot be read */
    const char *method, *version, *body_version;
    const json_t *params;
    bool modern;
};

static status rpc_error(struct call *c, const struct rpc *r, int http, int code, json_t *data, const char *format, ...) __attribute__((format(printf, 6, 7)));
static status rpc_error(struct call *c, const struct rpc *r, int http, int code, json_t *data, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const json_t *id = r ? r->id : NULL;
    json_t *error = json_pack("{s:i, s:o, s:o*}", "code", code, "message", safe_text(message), "data", data);
    json_t *o = json_pack("{s:s, s:o}", "jsonrpc", "2.0", "error", error);
    if (o) json_object_set_new(o, "id", id ? json_deep_copy(id) : json_null());
    return call_json(c, http, o);
}

static json_t *server_info(struct call *c)
{
    const struct server_options *o = &c->server->options;
    return json_pack("{s:s, s:s, s:s}", "name", "daogou", "title", o->title ? o->title : "daogou", "version", o->version ? o->version : "0");
}

static status rpc_result(struct call *c, const struct rpc *r, json_t *result)
{
    if (!result) return fail_nomem("answering a request");
    if (r->modern) {
        json_object_set_new(result, "resultType", json_string("complete"));
        json_object_set_new(result, "_meta", json_pack("{s:o}", META_SERVER, server_info(c)));
    }
    return call_json(c, 200, json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", r->id, "result", result));
}

/* A page of another site could reach a server on this machine by a name that it makes point here (DNS rebinding); a browser tells its origin. */
static bool good_origin(struct call *c)
{
    const char *origin = http_header(&c->request, "Origin"), *host = c->request.host;
    const char *name = origin ? strstr(origin, "://") : NULL;
    if (!origin) return true;
    if (!name || !host) return false;
    name += 3;
    size_t n = strcspn(name, ":");
    bool here = (n == 9 && strncmp(name, "localhost", 9) == 0) || (n == 9 && strncmp(name, "127.0.0.1", 9) == 0) || strncmp(name, "[::1]", 5) == 0;
    size_t m = strcspn(host, ":");
    bool host_here = (m == 9 && (strncmp(host, "localhost", 9) == 0 || strncmp(host, "127.0.0.1", 9) == 0)) || strncmp(host, "[::1]", 5) == 0;
    return here ? host_here : strcasecmp(name, host) == 0 && c->server->options.secure_cookies;   /* a name proves nothing, unless a proxy with https vouches for it */
}

static bool supported(const char *version)
{
    for (size_t i = 0; i < sizeof legacy / sizeof legacy[0]; i++)
        if (strcmp(legacy[i], version) == 0) return true;
    return false;
}

static json_t *versions(const char *requested)
{
    return json_pack("{s:[s, s, s, s], s:s}", "supported", MODERN, legacy[0], legacy[1], legacy[2], "requested", requested);
}

/* ---- reading ---- */

/* An answer was given where c->code is set. */
static status read_rpc(struct call *c, struct rpc *r)
{
    json_error_t e;
    r->root = json_loadb(c->request.body, c->request.n_body, JSON_REJECT_DUPLICATES, &e);
    if (!r->root) return rpc_error(c, NULL, 400, PARSE_ERROR, NULL, "Parse error: %s (line %d, column %d)", e.text, e.line, e.column);
    if (json_is_array(r->root)) return rpc_error(c, NULL, 400, INVALID_REQUEST, NULL, "Invalid Request: one message at a time, batches are not taken");
    const json_t *id = json_object_get(r->root, "id"), *method = json_object_get(r->root, "method"), *params = json_object_get(r->root, "params");
    const char *version = json_string_value(json_object_get(r->root, "jsonrpc"));
    if (!json_is_object(r->root) || !version || strcmp(version, "2.0") != 0) return rpc_error(c, NULL, 400, INVALID_REQUEST, NULL, "Invalid Request: a message must be an object with \"jsonrpc\": \"2.0\"");
    if (id && !json_is_string(id) && !json_is_integer(id)) return rpc_error(c, NULL, 400, INVALID_REQUEST, NULL, "Invalid Request: 'id' must be a text or a whole number");
    r->id = id;
    if (!method && (json_object_get(r->root, "result") || json_object_get(r->root, "error"))) return OK;   /* a response: there was no request of ours */
    if (!json_is_string(method)) return rpc_error(c, r, 400, INVALID_REQUEST, NULL, "Invalid Request: 'method' must be a text");
    r->method = json_string_value(method);
    r->params = params;
    if (params && !json_is_object(params)) return rpc_error(c, r, 400, INVALID_PARAMS, NULL, "Invalid params: 'params' must be an object");
    r->version = http_header(&c->request, "MCP-Protocol-Version");
    r->body_version = json_string_value(json_object_get(json_object_get(params, "_meta"), META_VERSION));
    r->modern = json_object_get(json_object_get(params, "_meta"), META_VERSION) || (r->version && strcmp(r->version, MODERN) >= 0);
    return OK;
}

/* "=?base64?...?=" of a value that is no plain ASCII. */
static const char *decoded(struct call *c, const char *value)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = strlen(value);
    if (n < 11 || strncmp(value, "=?base64?", 9) != 0 || strcmp(value + n - 2, "?=") != 0) return value;
    char *out = arena_alloc(c->request.arena, n), *q = out;
    uint32_t bits = 0;
    int held = 0;
    for (const char *p = value + 9; out && p < value + n - 2 && *p != '='; p++) {
        const char *at = strchr(letters, *p);
        if (!at || !*at) return "";
        bits = bits << 6 | (uint32_t)(at - letters);
        if ((held += 6) >= 8) *q++ = (char)(bits >> (held -= 8) & 0xFF);
    }
    if (out) *q = 0;
    return out ? out : "";
}

static status mismatch(struct call *c, const struct rpc *r, const char *header, const char *said, const char *body)
{
    if (!said) return rpc_error(c, r, 400, HEADER_MISMATCH, NULL, "Header mismatch: the header %s is missing", header);
    return rpc_error(c, r, 400, HEADER_MISMATCH, NULL, "Header mismatch: %s header value '%.80s' does not match body value '%.80s'", header, said, body ? body : "");
}

/* What a request of 2026-07-28 must say. An answer was given where c->code is set. */
static status check_modern(struct call *c, const struct rpc *r)
{
    const json_t *meta = json_object_get(r->params, "_meta");
    const char *method = http_header(&c->request, "Mcp-Method"), *name = http_header(&c->request, "Mcp-Name");
    const char *tool = json_string_value(json_object_get(r->params, "name"));
    if (!r->body_version && r->id) return rpc_error(c, r, 400, INVALID_PARAMS, NULL, "Invalid params: _meta must have %s", META_VERSION);
    if (!r->version) return mismatch(c, r, "MCP-Protocol-Version", NULL, NULL);
    if (r->body_version && strcmp(r->version, r->body_version) != 0) return mismatch(c, r, "MCP-Protocol-Version", r->version, r->body_version);
    if (strcmp(r->version, MODERN) != 0) return rpc_error(c, r, 400, UNSUPPORTED_VERSION, versions(r->version), "Unsupported protocol version");
    if (!r->id) return OK;   /* headers of notifications are not defined */
    if (!json_is_object(json_object_get(meta, META_CAPABILITIES))) return rpc_error(c, r, 400, INVALID_PARAMS, NULL, "Invalid params: _meta must have %s", META_CAPABILITIES);
    if (!method || strcmp(method, r->method) != 0) return mismatch(c, r, "Mcp-Method", method, r->method);
    if (strcmp(r->method, "tools/call") != 0) return OK;
    if (!name || !tool || strcmp(decoded(c, name), tool) != 0) return mismatch(c, r, "Mcp-Name", name, tool);
    return OK;
}

static status check_legacy(struct call *c, const struct rpc *r)
{
    const char *session = http_header(&c->request, "Mcp-Session-Id");
    if (r->version && !supported(r->version)) return rpc_error(c, r, 400, UNSUPPORTED_VERSION, versions(r->version), "Unsupported protocol version");
    if (r->method && strcmp(r->method, "initialize") == 0 && r->id) return OK;
    if (!session) return rpc_error(c, r, 400, INVALID_REQUEST, NULL, "Invalid Request: the header Mcp-Session-Id is missing; begin with initialize");
    if (!session_known(c, session)) return rpc_error(c, r, 404, NO_SESSION, NULL, "Session not found; begin with initialize");
    return OK;
}

/* ---- methods ---- */

static const char INSTRUCTIONS[] = "One shop's catalogue. search_catalog finds products for a need in words; get_product and compare look closer; guide holds a dialogue. "
                                   "Tell shoppers only what these tools return: prices, stock and properties are the shop's.";

static status initialize(struct call *c, const struct rpc *r)
{
    const char *asked = json_string_value(json_object_get(r->params, "protocolVersion"));
    char session[SESSION_HEX + 1];
    if (!asked) return rpc_error(c, r, 200, INVALID_PARAMS, NULL, "Invalid params: 'protocolVersion' must be a text");
    TRY(session_new_id(c, session));
    call_header(c, "Mcp-Session-Id", "%s", session);
    return rpc_result(c, r, json_pack("{s:s, s:{s:{s:b}}, s:o, s:s}", "protocolVersion", supported(asked) ? asked : legacy[0], "capabilities", "tools", "listChanged", 0, "serverInfo", server_info(c),
                                      "instructions", INSTRUCTIONS));
}

static void cacheable(json_t *o)
{
    json_object_set_new(o, "ttlMs", json_integer(3600000));
    json_object_set_new(o, "cacheScope", json_string("public"));
}

static status discover(struct call *c, const struct rpc *r)
{
    json_t *o = json_pack("{s:[s, s, s, s], s:{s:{}}, s:s}", "supportedVersions", MODERN, legacy[0], legacy[1], legacy[2], "capabilities", "tools", "instructions", INSTRUCTIONS);
    if (o) cacheable(o);
    return rpc_result(c, r, o);
}

static status list_tools(struct call *c, const struct rpc *r)
{
    json_t *o = json_pack("{s:o}", "tools", mcp_tools());
    if (json_object_get(r->params, "cursor")) {
        json_decref(o);
        return rpc_error(c, r, 200, INVALID_PARAMS, NULL, "Invalid params: there is one page of tools, and no cursor");
    }
    if (o && r->modern) cacheable(o);
    return rpc_result(c, r, o);
}

/* Nothing that could be listened for changes while the server runs: acknowledged with nothing, and over. */
static status listen_for_changes(struct call *c, const struct rpc *r)
{
    struct strbuf out = {0};
    json_t *first = json_pack("{s:s, s:s, s:{s:{s:O}, s:{}}}", "jsonrpc", "2.0", "method", "notifications/subscriptions/acknowledged", "params", "_meta", META_SUBSCRIPTION, r->id, "notifications");
    json_t *last = json_pack("{s:s, s:O, s:{s:s, s:{s:o}}}", "jsonrpc", "2.0", "id", r->id, "result", "resultType", "complete", "_meta", META_SERVER, server_info(c));
    char *a = first ? json_dumps(first, JSON_COMPACT) : NULL, *b = last ? json_dumps(last, JSON_COMPACT) : NULL;
    if (a && b) strbuf_printf(&out, "data: %s\n\ndata: %s\n\n", a, b);
    call_header(c, "X-Accel-Buffering", "no");
    status s = a && b ? call_text(c, 200, "text/event-stream; charset=utf-8", strbuf_str(&out), out.len) : fail_nomem("answering a request");
    free(a);
    free(b);
    json_decref(first);
    json_decref(last);
    strbuf_release(&out);
    return s;
}

/* On the model lane. */
static status call_tool(struct call *c)
{
    struct rpc r = {0};
    json_t *result = NULL;
    bool known = true;
    status s = read_rpc(c, &r);   /* it was read before and is in order */
    const char *name = json_string_value(json_object_get(r.params, "name"));
    const json_t *arguments = json_object_get(r.params, "arguments");
    json_t *none = json_object();
    if (!*c->caller.owner) snprintf(c->caller.owner, sizeof c->caller.owner, "protocol");
    if (s == OK && (!name || (arguments && !json_is_object(arguments)))) {
        s = rpc_error(c, &r, 200, INVALID_PARAMS, NULL, "Invalid params: 'name' must be a text and 'arguments' an object");
    } else if (s == OK) {
        s = mcp_call_tool(c, name, arguments ? arguments : none, &result, &known);
        if (s == OK && !known) s = rpc_error(c, &r, 200, INVALID_PARAMS, NULL, "Unknown tool: %.100s", name);
        else if (s == OK) s = rpc_result(c, &r, result);
        else if (s != ERR_INTERRUPTED) {
            server_note(c->server, "request %s: %s", c->request_id, status_message());
            s = rpc_error(c, &r, 500, INTERNAL, NULL, "Internal error; the server's log has the reason under request %s", c->request_id);
        }
    }
    json_decref(none);
    json_decref(r.root);
    return s;
}

static status dispatch(struct call *c, const struct rpc *r)
{
    static const struct { const char *name; bool modern, old; status (*run)(struct call *c, const struct rpc *r); } methods[] = {
        {"initialize", false, true, initialize}, {"tools/list", true, true, list_tools}, {"server/discover", true, false, discover},
        {"subscriptions/listen", true, false, listen_for_changes},
    };
    if (!r->method || !r->id) return r->modern && !r->method ? rpc_error(c, r, 400, INVALID_REQUEST, NULL, "Invalid Request: clients send no responses") : call_text(c, 202, NULL, "", 0);
    if (strcmp(r->method, "tools/call") == 0) return call_then(c, LANE_MODEL, call_tool);
    if (strcmp(r->method, "ping") == 0 && !r->modern) return rpc_result(c, r, json_object());
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, r->method) == 0 && (r->modern ? methods[i].modern : methods[i].old)) return methods[i].run(c, r);
    return rpc_error(c, r, r->modern ? 404 : 200, NO_METHOD, NULL, "Method not found: %.100s", r->method);
}

static status post(struct call *c)
{
    struct rpc r = {0};
    if (!good_origin(c)) return rpc_error(c, NULL, 403, INVALID_REQUEST, NULL, "Forbidden: this Origin may not speak to this server");
    status s = read_rpc(c, &r);
    if (s == OK && !c->code) s = r.modern ? check_modern(c, &r) : check_legacy(c, &r);
    if (s == OK && !c->code) s = dispatch(c, &r);
    json_decref(r.root);
    return s;
}

static status end_session(struct call *c)
{
    const char *session = http_header(&c->request, "Mcp-Session-Id");
    if (!good_origin(c)) return rpc_error(c, NULL, 403, INVALID_REQUEST, NULL, "Forbidden: this Origin may not speak to this server");
    if (!session) return rpc_error(c, NULL, 400, INVALID_REQUEST, NULL, "Invalid Request: the header Mcp-Session-Id is missing");
    if (!session_known(c, session)) return rpc_error(c, NULL, 404, NO_SESSION, NULL, "Session not found");
    session_end(c, session);
    return call_text(c, 204, NULL, "", 0);
}

/* GET has no route, so that it is answered 405 with Allow: POST, DELETE. */
const struct route routes_mcp[] = {
    {"POST", "/mcp", SCOPE_SHOPPER, LANE_READ, post, ROUTE_NO_COOKIE, MCP_BODY_MAX},
    {"DELETE", "/mcp", SCOPE_SHOPPER, LANE_READ, end_session, ROUTE_NO_COOKIE, 0},
    {0},
};

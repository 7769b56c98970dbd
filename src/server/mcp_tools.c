/* The tools that MCP offers, each a schema and a function. All only read, but `guide`, which keeps its dialogue. */
#include "protocol_int.h"

#include <string.h>

enum { SEARCH_MAX = 20 };

struct tool {
    const char *name, *title, *description, *input, *output;
    status (*run)(struct call *c, const json_t *arguments, json_t **structured, struct strbuf *text);
};

/* What is wrong with the arguments is told to the model that made them, which may try again. */
static status bad(const char *what)
{
    return fail(ERR_USAGE, "%s", what);
}

static const char *text_argument(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s && *s && strlen(s) == json_string_length(json_object_get(o, name)) ? s : NULL;
}

/* ---- search_catalog ---- */

static json_t *found_json(const struct matches *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->n; i++) {
        json_t *card = product_card(&m->results[i].product, m->need.language), *reasons = json_array();
        for (size_t k = 0; k < m->results[i].n_reasons; k++) json_array_append_new(reasons, json_string(m->results[i].reasons[k]));
        if (card) json_object_set_new(card, "reasons", reasons), json_object_set_new(card, "score", json_real((double)m->results[i].score));
        else json_decref(reasons);
        json_array_append_new(list, card);
    }
    return json_pack("{s:o, s:s?}", "products", list, "nothing", m->nothing);
}

static status search(struct call *c, const json_t *arguments, json_t **structured, struct strbuf *text)
{
    const char *query = text_argument(arguments, "query");
    const json_t *limit = json_object_get(arguments, "limit");
    struct match_options o;
    struct matches m;
    if (!query || strlen(query) > NEED_BYTES_MAX) return bad("'query' must be a text that says what is needed");
    if (limit && (!json_is_integer(limit) || json_integer_value(limit) < 1 || json_integer_value(limit) > SEARCH_MAX)) return bad("'limit' must be a whole number of 1 to 20");
    match_options_default(&o);
    if (limit) o.top_k = (size_t)json_integer_value(limit);
    TRY(matcher_match(c->server->desk->shop.matcher, query, strlen(query), &o, &m));
    for (size_t i = 0; i < m.n; i++) product_line(&m.results[i].product, (uint32_t)i + 1, m.need.language, m.results[i].reasons, m.results[i].n_reasons, text);
    if (m.nothing) strbuf_puts(text, m.nothing);
    *structured = found_json(&m);
    matches_release(&m);
    return *structured ? OK : fail_nomem("searching");
}

/* ---- get_product ---- */

static status get_product(struct call *c, const json_t *arguments, json_t **structured, struct strbuf *text)
{
    const char *id = text_argument(arguments, "id"), *language = json_string_value(json_object_get(arguments, "language"));
    struct product p;
    if (!id) return bad("'id' must be the id of a product, as search_catalog gives it");
    TRY(catalogue_get(c->server->desk->shop.catalogue, id, c->request.arena, &p));
    enum language l = language ? (strcmp(language, "en") == 0 ? LANGUAGE_EN : LANGUAGE_ZH) : text_language(p.title, strlen(p.title));
    product_line(&p, 0, l, NULL, 0, text);
    for (size_t i = 0; i < p.n_attributes; i++) {
        const struct attribute *a = &p.attributes[i];
        if (!a->language[0] || strcmp(a->language, language_code(l)) == 0) strbuf_printf(text, "%s: %s\n", a->name, a->value);
    }
    if (p.stock >= 0) strbuf_printf(text, "%s: %lld\n", l == LANGUAGE_ZH ? "库存" : "in stock", (long long)p.stock);
    strbuf_puts(text, product_text(&p, "description", l));
    *structured = product_record(&p, l);
    return *structured ? OK : fail_nomem("reading a product");
}

/* ---- compare ---- */

static status compare(struct call *c, const json_t *arguments, json_t **structured, struct strbuf *text)
{
    const json_t *list = json_object_get(arguments, "ids"), *row, *value;
    const char *ids[4], *language = json_string_value(json_object_get(arguments, "language"));
    size_t n = json_array_size(list), i, k;
    struct guide *g;
    if (n < 2 || n > 4) return bad("'ids' must be a list of two to four ids of products");
    for (i = 0; i < n; i++)
        if (!(ids[i] = json_string_value(json_array_get(list, i)))) return bad("'ids' must be a list of texts");
    TRY(guide_new(&c->server->desk->guide, &g));
    status s = guide_compare(g, ids, n, language && strcmp(language, "en") == 0 ? LANGUAGE_EN : LANGUAGE_ZH, structured);
    guide_free(g);
    TRY(s);
    json_array_foreach(json_object_get(*structured, "rows"), i, row) {
        const char *name = json_string_value(json_object_get(row, "name"));
        strbuf_printf(text, "%s", name ? name : "");
        json_array_foreach(json_object_get(row, "values"), k, value) strbuf_printf(text, " | %s", json_is_string(value) ? json_string_value(value) : "-");
        strbuf_putc(text, '\n');
    }
    return OK;
}

/* ---- guide ---- */

static status guide(struct call *c, const json_t *arguments, json_t **structured, struct strbuf *text)
{
    const char *said = text_argument(arguments, "text"), *id = text_argument(arguments, "dialogue");
    struct talk *t;
    struct reply r = {0};
    if (!said) return bad("'text' must be what the shopper says");
    if (json_object_get(arguments, "dialogue") && !id) return bad("'dialogue' must be what an earlier answer gave as 'dialogue'");
    TRY(talk_open(c, id, &t));
    TRY(protocol_turn(c, &t->dialogue, said, &r, NULL));
    status s = reply_text(&r, t->dialogue.language, text);
    int64_t fitting = r.n_fitting;
    json_t *kept = s == OK ? reply_json(&r, t->dialogue.language, false) : NULL;
    reply_release(&r);
    if (!kept) return s == OK ? fail_nomem("answering") : s;
    json_object_set_new(kept, "dialogue", json_string(t->dialogue.id));
    json_object_set_new(kept, "turn", json_integer(t->dialogue.turn));
    *structured = json_deep_copy(kept);
    talk_keep(c, t, said, kept, fitting);
    return *structured ? OK : fail_nomem("answering");
}

/* ---- the table ---- */

#define LANGUAGE_SCHEMA "\"language\":{\"type\":\"string\",\"enum\":[\"zh\",\"en\"],\"description\":\"of the texts that come back\"}"
static const struct tool tools[] = {
    {"search_catalog", "Search the shop",
     "Finds the products of this shop that fit a need said in Chinese or English, with the reasons. Conditions in the need (price, colour, size, material, brand, \"not ...\") always hold. "
     "Only products that exist come back; when nothing fits, 'nothing' says why.",
     "{\"type\":\"object\",\"properties\":{\"query\":{\"type\":\"string\",\"description\":\"what is needed, e.g. 'a tent for two under 500 yuan'\"},"
     "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":20,\"default\":5}},\"required\":[\"query\"],\"additionalProperties\":false}",
     "{\"type\":\"object\",\"properties\":{\"products\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"}},"
     "\"required\":[\"id\",\"title\"]}},\"nothing\":{\"type\":[\"string\",\"null\"]}},\"required\":[\"products\"]}",
     search},
    {"get_product", "Look a product up", "The whole record of one product: price, stock, attributes, description.",
     "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}," LANGUAGE_SCHEMA "},\"required\":[\"id\"],\"additionalProperties\":false}",
     "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"}},\"required\":[\"id\",\"title\"]}", get_product},
    {"compare", "Compare products", "What differs between two to four products, row by row.",
     "{\"type\":\"object\",\"properties\":{\"ids\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":2,\"maxItems\":4}," LANGUAGE_SCHEMA "},\"required\":[\"ids\"],\"additionalProperties\":false}",
     "{\"type\":\"object\",\"properties\":{\"products\":{\"type\":\"array\"},\"rows\":{\"type\":\"array\"}},\"required\":[\"rows\"]}", compare},
    {"guide", "Talk with the shopping guide",
     "One turn of a dialogue with the shop's guide, who asks, recommends, compares, keeps a cart and answers from the shop's documents. Give 'dialogue' of the last answer to go on.",
     "{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\",\"description\":\"what the shopper says, in their own words\"},\"dialogue\":{\"type\":\"string\"}},\"required\":[\"text\"],\"additionalProperties\":false}",
     "{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"},\"dialogue\":{\"type\":\"string\"}},\"required\":[\"text\",\"dialogue\"]}", guide},
};
enum { TOOLS = sizeof tools / sizeof tools[0] };

json_t *mcp_tools(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < TOOLS; i++) {
        const struct tool *t = &tools[i];
        json_t *annotations = json_pack("{s:b, s:b, s:b}", "readOnlyHint", t->run != guide, "destructiveHint", 0, "openWorldHint", 0);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", t->name, "title", t->title, "description", t->description, "inputSchema", json_loads(t->input, 0, NULL),
                                              "outputSchema", json_loads(t->output, 0, NULL), "annotations", annotations));
    }
    return list;
}

static const struct tool *find(const char *name)
{
    for (size_t i = 0; i < TOOLS; i++)
        if (strcmp(tools[i].name, name) == 0) return &tools[i];
    return NULL;
}

/* additionalProperties is false in every schema. */
static status check_names(const struct tool *t, const json_t *arguments)
{
    json_t *schema = json_loads(t->input, 0, NULL), *v;
    const char *name, *unknown = NULL;
    json_object_foreach((json_t *)(uintptr_t)arguments, name, v)
        if (!json_object_get(json_object_get(schema, "properties"), name)) unknown = name;
    json_t *language = json_object_get(arguments, "language");
    json_decref(schema);
    FAIL_IF(unknown, ERR_USAGE, "'%.60s' is no argument of %s", unknown, t->name);
    const char *l = json_string_value(language);
    FAIL_IF(language && (!l || (strcmp(l, "zh") != 0 && strcmp(l, "en") != 0)), ERR_USAGE, "'language' must be zh or en");
    return OK;
}

status mcp_call_tool(struct call *c, const char *name, const json_t *arguments, json_t **result, bool *known)
{
    const struct tool *t = find(name);
    json_t *structured = NULL;
    struct strbuf text = {0};
    *known = t != NULL;
    *result = NULL;
    if (!t) return OK;
    status s = c->server->desk->empty ? fail(ERR_NOT_FOUND, "%s", c->server->desk->why) : check_names(t, arguments);
    if (s == OK) s = t->run(c, arguments, &structured, &text);
    if (s == OK) s = strbuf_status(&text);
    bool told = s == ERR_USAGE || s == ERR_NOT_FOUND || s == ERR_LIMIT;
    if (s == OK) *result = json_pack("{s:[{s:s, s:s#}], s:o, s:b}", "content", "type", "text", "text", strbuf_str(&text), (int)text.len, "structuredContent", structured, "isError", 0);
    else if (told) *result = json_pack("{s:[{s:s, s:o}], s:b}", "content", "type", "text", "text", safe_text(status_message()), "isError", 1);
    if (s != OK) json_decref(structured);
    strbuf_release(&text);
    if (s != OK && !told) return s;
    return *result ? OK : fail_nomem("answering a request");
}

/* Google Merchant feeds in XML: RSS 2.0 and Atom 1.0 with the namespace http://base.google.com/ns/1.0
 * (support.google.com/merchants/answer/14987622 and /7052112, the product data specification).
 *
 * Expat reads in pieces, so a feed of any length costs the same memory. Entities that a feed declares are refused (they can grow without
 * end), external ones are never loaded, and everything that could be long has a limit.
 */
#include <expat.h>
#include <string.h>
#include <strings.h>

#include "feed_family_int.h"

enum { XML_DEPTH_MAX = 64, XML_TOKEN_MAX = 4 << 20, XML_CHUNK = 1 << 16, XML_RAW_MAX = 4096 };
static const char google[] = "http://base.google.com/ns/1.0|";

struct xml_feed {
    struct feed *feed;
    struct columns *columns;
    XML_Parser parser;
    status failed;               /* of a handler */
    int depth, item;             /* item: depth of the open item, 0 none */
    uint64_t fed, n_items;
    bool finished, whole;        /* whole: an item is ready */
    /* the open item */
    struct arena *arena;
    struct cells cells;
    struct feed_row row;
    struct strbuf text, raw;
    size_t bytes;
    char name[COLUMN_NAME_MAX + 1], inner[COLUMN_NAME_MAX + 1];
    bool own_namespace, nested;
    struct span detail[3];       /* section_name, attribute_name, attribute_value */
};

static void stop(struct xml_feed *x, status s)
{
    if (x->failed == OK) x->failed = s;
    XML_StopParser(x->parser, XML_FALSE);
}

static unsigned long long line_of(struct xml_feed *x)
{
    return (unsigned long long)XML_GetCurrentLineNumber(x->parser);
}

/* ---- cells ---- */

static struct span copy(struct xml_feed *x, struct span s)
{
    char *own = arena_strndup(x->arena, s.s, s.n);
    if (!own) stop(x, fail_nomem("reading a feed"));
    return (struct span){own, own ? s.n : 0};
}

static struct cell *cell_of(struct xml_feed *x, size_t column)
{
    for (size_t i = 0; i < x->cells.n; i++)
        if (x->cells.items[i].column == column) return &x->cells.items[i];
    return NULL;
}

/* What Google's namespace says is before what RSS or Atom say: an Atom <id> is an address, the <g:id> the shop's. Of a field given twice
 * the first counts; of attributes each. */
static void put(struct xml_feed *x, struct span name, char group, struct span value, bool ours)
{
    size_t column;
    if (!value.n || !name.n || x->row.reason[0]) return;
    if (name.n > COLUMN_NAME_MAX) return (void)reject(&x->row, "a field name of more than %d bytes", (int)COLUMN_NAME_MAX);
    status s = columns_find(x->columns, name, group, &column);
    if (s != OK) return stop(x, s);
    struct cell *there = x->columns->items[column].field == FIELD_ATTRIBUTE ? NULL : cell_of(x, column);
    if (there && ours) there->value = value;
    if (there) return;
    if (x->cells.n == FEED_FIELDS_MAX) return (void)reject(&x->row, "more than %d fields", (int)FEED_FIELDS_MAX);
    s = cells_add(&x->cells, (struct cell){.column = column, .value = value});
    if (s != OK) stop(x, s);
}

static struct span named(const char *s)
{
    return (struct span){s, strlen(s)};
}

static struct span trimmed(const struct strbuf *text)
{
    struct span s = {strbuf_str(text), text->len};
    while (s.n && strchr(" \t\r\n", s.s[0])) s.s++, s.n--;
    while (s.n && strchr(" \t\r\n", s.s[s.n - 1])) s.n--;
    return s;
}

static void put_raw(struct xml_feed *x, const char *name, struct span value)
{
    if (x->raw.len + value.n + 2 * strlen(name) + 5 < XML_RAW_MAX) strbuf_printf(&x->raw, "<%s>%.*s</%s>", name, (int)value.n, value.s, name);
}

static void end_field(struct xml_feed *x)
{
    static const char *const others[][2] = {{"summary", "description"}, {"content", "description"}, {"guid", "id"}};
    struct span value = trimmed(&x->text), text = value;
    const char *name = x->name;
    put_raw(x, name, value);
    for (size_t i = 0; i < 3 && !x->own_namespace; i++)
        if (strcmp(name, others[i][0]) == 0) name = others[i][1];
    if (strcmp(name, "description") == 0) {
        status s = html_text(value, x->arena, &text);
        if (s != OK) return stop(x, s);
    }
    put(x, named(name), 0, copy(x, text), x->own_namespace);
}

/* <g:product_detail><g:section_name/><g:attribute_name/><g:attribute_value/></g:product_detail>: an attribute. */
static void end_detail(struct xml_feed *x)
{
    put(x, x->detail[1], detail_group(x->detail[0]), x->detail[2], true);
    memset(x->detail, 0, sizeof x->detail);
}

static void end_inner(struct xml_feed *x)
{
    static const char *const parts[] = {"section_name", "attribute_name", "attribute_value"};
    struct span value = trimmed(&x->text);
    put_raw(x, x->inner, value);
    for (size_t i = 0; i < 3; i++)
        if (strcmp(x->name, "product_detail") == 0 && strcmp(x->inner, parts[i]) == 0) x->detail[i] = copy(x, value);
}

/* ---- what expat calls ---- */

static const char *local(const char *name)
{
    const char *bar = strrchr(name, '|');
    return bar ? bar + 1 : name;
}

/* Atom has <link rel="alternate" href="..."/>; RSS has the address as text. */
static void take_link(struct xml_feed *x, const char **attributes)
{
    const char *href = NULL, *rel = "alternate";
    for (; attributes[0]; attributes += 2) {
        if (strcmp(attributes[0], "href") == 0) href = attributes[1];
        if (strcmp(attributes[0], "rel") == 0) rel = attributes[1];
    }
    if (href && strcmp(rel, "alternate") == 0) put(x, named("link"), 0, copy(x, named(href)), x->own_namespace);
}

static void start_item(struct xml_feed *x)
{
    x->item = x->depth;
    x->cells.n = x->bytes = 0;
    x->row = (struct feed_row){.line = line_of(x)};
    strbuf_clear(&x->raw);
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct xml_feed *x = context;
    const char *own = local(name);
    if (++x->depth > XML_DEPTH_MAX) return stop(x, fail(ERR_FORMAT, "%s:%llu: XML nested deeper than %d", x->feed->name, line_of(x), (int)XML_DEPTH_MAX));
    strbuf_clear(&x->text);
    if (!x->item) {
        if (strcmp(own, "item") == 0 || strcmp(own, "entry") == 0) start_item(x);
        return;
    }
    int level = x->depth - x->item;
    if (strlen(own) > COLUMN_NAME_MAX) reject(&x->row, "a field name of more than %d bytes", (int)COLUMN_NAME_MAX);
    else if (level <= 2) snprintf(level == 1 ? x->name : x->inner, sizeof x->name, "%s", own);
    if (level == 1) x->own_namespace = strncmp(name, google, sizeof google - 1) == 0;
    x->nested = level > 1;
    if (level == 1 && strcmp(own, "link") == 0) take_link(x, attributes);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct xml_feed *x = context;
    int level = x->item ? x->depth - x->item : -1;
    (void)name;
    x->depth--;
    if (level == 0) {
        x->item = 0;
        x->whole = true;
        x->n_items++;
        XML_StopParser(x->parser, XML_TRUE);
    } else if (level == 1 && x->nested) {
        x->nested = false;
        if (strcmp(x->name, "product_detail") == 0) end_detail(x);
    } else if (level == 1) {
        end_field(x);
    } else if (level == 2) {
        end_inner(x);
    }
    strbuf_clear(&x->text);
}

static void XMLCALL on_text(void *context, const XML_Char *text, int n)
{
    struct xml_feed *x = context;
    if (!x->item) return;
    x->bytes += (size_t)n;
    if (x->bytes > FEED_RECORD_MAX) reject(&x->row, "a record of more than %d bytes", (int)FEED_RECORD_MAX);
    if (x->row.reason[0]) return;
    strbuf_add(&x->text, text, (size_t)n);
    if (x->text.failed) stop(x, fail_nomem("reading a feed"));
}

/* A few declared entities can stand for gigabytes; no feed needs them. */
static void XMLCALL on_entity(void *context, const XML_Char *name, int parameter, const XML_Char *value, int n, const XML_Char *base,
                              const XML_Char *system, const XML_Char *public_id, const XML_Char *notation)
{
    struct xml_feed *x = context;
    (void)name, (void)parameter, (void)value, (void)n, (void)base, (void)system, (void)public_id, (void)notation;
    stop(x, fail(ERR_FORMAT, "%s:%llu: the feed declares entities, which are not read; take the <!DOCTYPE> out", x->feed->name, line_of(x)));
}

/* ---- reading ---- */

status xml_new(struct feed *f, struct columns *columns, struct xml_feed **out)
{
    struct xml_feed *x = *out = mem_zalloc(1, sizeof *x);
    static const XML_Memory_Handling_Suite memory = {mem_alloc, mem_realloc, mem_free};
    if (!x) return fail_nomem("reading a feed");
    x->feed = f;
    x->columns = columns;
    x->parser = XML_ParserCreate_MM(NULL, &memory, "|");
    if (!x->parser) return fail_nomem("reading a feed");
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetEntityDeclHandler(x->parser, on_entity);
    return OK;
}

void xml_free(struct xml_feed *x)
{
    if (!x) return;
    if (x->parser) XML_ParserFree(x->parser);
    mem_free(x->cells.items);
    strbuf_release(&x->text);
    strbuf_release(&x->raw);
    mem_free(x);
}

static status say(struct xml_feed *x)
{
    enum XML_Error e = XML_GetErrorCode(x->parser);
    if (x->failed != OK) return x->failed;
    if (e == XML_ERROR_NO_MEMORY) return fail_nomem("reading a feed");
    if (e == XML_ERROR_UNKNOWN_ENCODING || e == XML_ERROR_INCORRECT_ENCODING)
        return fail(ERR_FORMAT, "%s:%llu: an encoding that is not read; save the feed as UTF-8 (iconv -f GB18030 -t UTF-8) and say so in its first line",
                    x->feed->name, line_of(x));
    return fail(ERR_FORMAT, "%s:%llu: not well-formed XML: %s; nothing of this file was imported", x->feed->name, line_of(x), XML_ErrorString(e));
}

static status feed_parser(struct xml_feed *x, enum XML_Status *result)
{
    struct feed *f = x->feed;
    if (f->begin == f->end && !f->ended) TRY(feed_more(f));
    size_t held = f->end - f->begin, n = held < XML_CHUNK ? held : XML_CHUNK;
    void *buffer = XML_GetBuffer(x->parser, XML_CHUNK);
    if (!buffer) return fail_nomem("reading a feed");
    memcpy(buffer, f->buffer + f->begin, n);
    feed_consume(f, n, 0);
    x->fed += n;
    x->finished = f->ended && f->begin == f->end;
    *result = XML_ParseBuffer(x->parser, (int)n, x->finished);
    XML_Index at = XML_GetCurrentByteIndex(x->parser);
    if (*result == XML_STATUS_OK && !x->finished && at >= 0 && x->fed - (uint64_t)at > XML_TOKEN_MAX)
        return fail(ERR_LIMIT, "%s:%llu: a tag, comment or attribute of more than %d MiB", f->name, line_of(x), (int)(XML_TOKEN_MAX >> 20));
    return OK;
}

static void give(struct xml_feed *x, struct feed_row *row, struct cells *out)
{
    *row = x->row;
    row->raw = (struct span){strbuf_str(&x->raw), x->raw.len};
    struct cells own = *out;
    *out = x->cells;
    x->cells = own;
    x->cells.n = 0;
    if (row->reason[0]) out->n = 0;
}

status xml_next(struct xml_feed *x, struct arena *a, struct feed_row *row, struct cells *out, bool *any)
{
    XML_ParsingStatus state;
    *any = x->whole = false;
    row->reason[0] = 0;
    x->arena = a;
    while (!x->whole) {
        enum XML_Status result = XML_STATUS_OK;
        XML_GetParsingStatus(x->parser, &state);
        if (state.parsing == XML_FINISHED) break;
        if (state.parsing == XML_SUSPENDED) result = XML_ResumeParser(x->parser);
        else if (x->finished) break;
        else TRY(feed_parser(x, &result));
        if (result == XML_STATUS_ERROR) return say(x);
    }
    *any = x->whole;
    if (x->whole) give(x, row, out);
    else if (!x->n_items) return fail(ERR_FORMAT, "'%s' holds no <item> or <entry>; an XML feed is RSS 2.0 or Atom with Google's namespace", x->feed->name);
    return OK;
}

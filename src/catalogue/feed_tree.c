/* A JSON text as a tree, for formats whose products nest: schema.org JSON-LD, ACP, arrays of products. */
#include <string.h>

#include "feed_json_int.h"

static struct node *new_node(struct scan *s, enum node_type type)
{
    struct node *n = arena_zalloc(s->arena, 1, sizeof *n);
    if (!n) s->memory = fail(ERR_LIMIT, "a JSON document with more values than fit into memory; split it, or write one product a line");
    else n->type = type;
    return n;
}

static struct node *value(struct scan *s, int depth);

/* p is behind the opening bracket. */
static bool members(struct scan *s, struct node *parent, int depth)
{
    char close = parent->type == NODE_OBJECT ? '}' : ']';
    const struct node **tail = &parent->first;
    if (json_take(s, close)) return true;
    do {
        struct span name = {"", 0};
        if (parent->type == NODE_OBJECT && !json_scan_string(s, &name)) return false;
        if (parent->type == NODE_OBJECT && !json_take(s, ':')) return json_wrong(s, "a missing ':'");
        struct node *member = value(s, depth + 1);
        if (!member) return false;
        member->name = name;
        *tail = member;
        tail = &member->next;
    } while (json_take(s, ','));
    return json_take(s, close) || json_wrong(s, "a missing ',' or bracket");
}

/* NULL: s->row or s->memory says why. */
static struct node *value(struct scan *s, int depth)
{
    char c = json_peek(s);
    const char *start = s->p;
    struct node *n = new_node(s, c == '{' ? NODE_OBJECT : c == '[' ? NODE_ARRAY : NODE_SCALAR);
    if (!n) return NULL;
    if (n->type == NODE_SCALAR) {
        if (!json_scan_scalar(s)) return NULL;
        n->text = s->scalar;
        n->quoted = c == '"';
    } else {
        if (depth >= JSON_DEPTH_MAX) {
            json_wrong(s, "deeper nesting than 32");
            return NULL;
        }
        s->p++;
        if (!members(s, n, depth)) return NULL;
    }
    n->raw = (struct span){start, (size_t)(s->p - start)};
    return n;
}

const struct node *tree_parse(struct span text, struct arena *a, struct feed_row *row, status *memory)
{
    struct scan s = {.p = text.s, .end = text.s + text.n, .arena = a, .row = row};
    struct node *root = value(&s, 0);
    if (root && json_peek(&s) && s.p < s.end) {
        json_wrong(&s, "text after the end");
        root = NULL;
    }
    *memory = s.memory;
    return s.memory == OK ? root : NULL;
}

/* "schema:price", "https://schema.org/price" -> "price". */
static struct span bare(struct span name)
{
    static const char *const prefixes[] = {"schema:", "http://schema.org/", "https://schema.org/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t n = strlen(prefixes[i]);
        if (name.n > n && memcmp(name.s, prefixes[i], n) == 0) return (struct span){name.s + n, name.n - n};
    }
    return name;
}

const struct node *tree_get(const struct node *object, const char *name)
{
    size_t n = strlen(name);
    if (!object || object->type != NODE_OBJECT) return NULL;
    for (const struct node *m = object->first; m; m = m->next) {
        struct span own = bare(m->name);
        if (own.n == n && memcmp(own.s, name, n) == 0) return m;
    }
    return NULL;
}

struct span tree_text(const struct node *object, const char *name)
{
    const struct node *m = tree_get(object, name);
    return m && m->type == NODE_SCALAR ? m->text : (struct span){"", 0};
}

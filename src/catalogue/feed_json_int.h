/* JSON of feeds: tokens (json_scan.c), and trees of whole documents (feed_tree.c) for the formats that nest. */
#ifndef DAOGOU_FEED_JSON_INT_H
#define DAOGOU_FEED_JSON_INT_H

#include "catalogue_int.h"

enum { JSON_DEPTH_MAX = 32 };

struct scan {
    const char *p, *end;
    struct columns *columns;
    struct arena *arena;
    struct feed_row *row;    /* its reason says what is wrong */
    struct cells *out;
    status memory;
    struct span scalar;      /* the last scalar read by json_scan_scalar(), decoded */
};
bool json_wrong(struct scan *s, const char *what);   /* sets the reason; false */
char json_peek(struct scan *s);                      /* passes over blanks; 0 at the end */
bool json_take(struct scan *s, char c);
bool json_scan_string(struct scan *s, struct span *out);
bool json_scan_scalar(struct scan *s);                    /* null is an empty value */
bool json_skip_value(struct scan *s, int depth);     /* any value, checked */

/* ---- trees ---- */

enum node_type { NODE_SCALAR, NODE_ARRAY, NODE_OBJECT };
struct node {
    enum node_type type;
    bool quoted;             /* a scalar that is a string */
    struct span name;        /* of a member of an object */
    struct span text;        /* SCALAR: decoded; numbers as spelled; null: empty */
    struct span raw;         /* its bytes in the document */
    const struct node *first, *next;
};
/* A whole JSON text into the arena. NULL: row->reason says why not (JSON_DEPTH_MAX holds), or *memory is set. */
const struct node *tree_parse(struct span text, struct arena *a, struct feed_row *row, status *memory);
/* A member by name; NULL when it is absent or `object` is none. "schema:" and "http(s)://schema.org/" before names are ignored. */
const struct node *tree_get(const struct node *object, const char *name);
struct span tree_text(const struct node *object, const char *name);   /* a scalar member, or empty */

#endif

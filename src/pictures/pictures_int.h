#ifndef DAOGOU_PICTURES_INT_H
#define DAOGOU_PICTURES_INT_H

#include "pictures.h"

struct sockaddr;

struct pictures {
    struct store *store;
    struct catalogue *catalogue;
    char *folder;
};

/* ---- sources (picture_decode.c, picture_svg.c) ---- */

enum picture_kind { PICTURE_UNKNOWN, PICTURE_JPEG, PICTURE_PNG, PICTURE_WEBP, PICTURE_SVG };
enum picture_kind picture_kind(const uint8_t *data, size_t n);
struct pixels {
    uint8_t *rgba;           /* (height, width, 4), from mem_alloc */
    int width, height;
};
/* Dimensions are checked by the header, before the pixels have any memory. ERR_FORMAT: a damaged picture; ERR_LIMIT: a giant one. */
status picture_decode(enum picture_kind kind, const uint8_t *data, size_t n, struct pixels *out);
status picture_encode(const struct pixels *p, int size, uint8_t **webp, size_t *n);   /* fitted into size x size; mem_free */
/* Well-formed, an <svg>, without scripts, handlers, entities, and anything from elsewhere. */
status svg_check(const char *text, size_t n);

/* ---- kept pictures (pictures.c) ---- */

/* Checks, makes the sizes, writes the files. key: "p" + id or "c" + category; source: where it came from. local: SVG may come in. */
status pictures_keep(struct pictures *p, const char *key, const char *source, const uint8_t *data, size_t n, bool local, bool *added);
status pictures_source(struct pictures *p, const char *key, struct strbuf *source);   /* empty: there is none */
void report_refused(struct pictures_report *r, const char *what);

/* Whether an address is of the public internet (picture_address.c). */
bool address_is_public(const struct sockaddr *a);

#endif

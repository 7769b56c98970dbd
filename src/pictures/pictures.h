/* pictures: what a shopper sees of a product. Source files are checked before anything is decoded, made small (160 and 480 pixels, WebP)
 * and kept in a folder beside the database, by the hash of their content. Owns its table and nothing else's.
 *
 * Nothing is fetched from the network unless the merchant asks for it (pictures_fetch), and then only from public addresses.
 */
#ifndef DAOGOU_PICTURES_H
#define DAOGOU_PICTURES_H

#include "catalogue/catalogue.h"
#include "store/store.h"

enum { PICTURE_SMALL = 160, PICTURE_LARGE = 480 };
/* Of a source file. A picture is refused by its header when it names more pixels: 65,000 x 65,000 would be 17 GB. */
enum { PICTURE_BYTES_MAX = 10 << 20, PICTURE_SIDE_MAX = 16384, PICTURE_PIXELS_MAX = 40 << 20, PICTURE_SVG_MAX = 1 << 20 };

struct pictures;
/* Uses (does not own) store and catalogue. folder: made when the first picture comes; usually the database's path + ".pictures". */
status pictures_open(struct store *s, struct catalogue *c, const char *folder, struct pictures **out);
void pictures_close(struct pictures *p);

struct picture {
    char *bytes;             /* freed by picture_release */
    size_t n;
    const char *type;        /* "image/webp", or "image/svg+xml": serve that one with PICTURE_SVG_POLICY */
    char etag[64];           /* without quotes; changes with the content */
};
/* An SVG can hold scripts and links; those of a shop were checked, and a browser is told all the same. */
#define PICTURE_SVG_POLICY "default-src 'none'; style-src 'unsafe-inline'; sandbox"
/* size: PICTURE_SMALL or PICTURE_LARGE. A product without a picture of its own has its category's, the nearest first. ERR_NOT_FOUND: none. */
status pictures_find(struct pictures *p, const char *id, int size, struct picture *out);
void picture_release(struct picture *picture);
status pictures_count(struct pictures *p, int64_t *n);

struct pictures_report {
    uint64_t seen, added, unchanged, refused;   /* seen: files, or addresses */
    char first_reason[256];  /* "file: reason" of the first refused, or "" */
};
/* Files of a folder (not of folders in it) named by a product's id ("EL-1001.svg") or by a category ("electronics-headphones.png",
 * "headphones.png", in any of the catalogue's languages), and the files that products name as their image, relative to the folder and
 * inside it. JPEG, PNG, WebP, SVG, told by content. One bad file costs itself. */
status pictures_import(struct pictures *p, const char *folder, struct pictures_report *r, const struct progress *progress);

struct pictures_fetch_options {
    bool allow_private;      /* also loopback and private networks: for tests and shops whose pictures are inside */
    long timeout_ms;         /* of one picture; 0: 20,000 */
    size_t bytes_max;        /* 0: PICTURE_BYTES_MAX */
};
/* The http(s) addresses that products name as their image, one after the other; those fetched before are passed over. Three redirects at most. */
status pictures_fetch(struct pictures *p, const struct pictures_fetch_options *o, struct pictures_report *r, const struct progress *progress);

#endif

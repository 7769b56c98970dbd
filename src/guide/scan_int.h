/* Private to the three halves of reading references: the clause that is scanned, and what each of them finds in it. */
#ifndef DAOGOU_SCAN_INT_H
#define DAOGOU_SCAN_INT_H

#include "read_int.h"

#define MEASURES "个|款|件|只|双|台|条|本|把|瓶|张|套|支|顶|部|块|盏|辆|副|口|床|罐|盒|根|枚|串"

struct scan {
    struct reading *r;
    struct pool *p;
    struct span clause;
    struct pointed *out;
    size_t first, n;             /* the group that numbers count in */
    bool loose, inverted, earlier;         /* earlier: a group before the last was named */
    bool pending_all, pending_pair; /* "all", "both": unless something narrower is named */
    uint64_t pending_number;        /* how many "all four" says, or 0 */
    size_t count;                   /* "便宜的两个": how many a superlative takes */
};

/* ---- references.c ---- */
void scan_mark(struct scan *s, const char *begin, const char *end);
void scan_take(struct scan *s, size_t item);
void scan_take_number(struct scan *s, int64_t k);
void scan_take_range(struct scan *s, size_t from, size_t to);
bool starts_with_any(const char *p, const char *end, const char *const *words);
int64_t number_inside(const char *s, const char *end);
bool pool_position(const struct pool *p, const char *id, size_t *at);
bool scan_focused(const struct scan *s, size_t *item);
bool names_earlier_group(struct span words);   /* "the previous list", "上一批" */
bool means_no_product(const char *behind, const char *end);

/* ---- places.c: bytes of the words that point at `at`, or 0 ---- */
size_t scan_place(struct scan *s, const char *at);
void scan_take_all(struct scan *s);
void scan_take_pair(struct scan *s);

/* ---- described.c: the same ---- */
size_t scan_han_description(struct scan *s, const char *at);
size_t scan_latin_description(struct scan *s, const char *at);
size_t scan_bare_description(struct scan *s, const char *at);
void scan_bare_descriptions(struct scan *s);
size_t scan_name(struct scan *s, const char *at);

#endif

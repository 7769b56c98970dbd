/* Between the reader of the file and the tables. */
#ifndef DAOGOU_PROMOTION_FILE_INT_H
#define DAOGOU_PROMOTION_FILE_INT_H

#include "promotion_int.h"

enum { PROMOTION_FILE_MAX = 16 << 20 };
/* As promotions_read; bodies[i]: the i-th promotion as JSON text that stands by itself (the file's currency and time zone in it). */
status promotions_read_bodies(const char *path, const struct promotion_names_check *check, struct arena *a, struct promotion_list *out,
                              const char *const **bodies);
status promotion_parse_body(const char *body, size_t n, const char *where, size_t index, struct arena *a, struct promotion *out);

#endif

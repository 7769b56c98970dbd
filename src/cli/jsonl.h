/* JSON Lines in: one object a line, errors with file and line. */
#ifndef DAOGOU_JSONL_H
#define DAOGOU_JSONL_H

#include "base/base.h"

#include <jansson.h>

enum { JSONL_LINE_MAX = 16 << 20 };
/* How many lines jsonl_each would visit, for progress; 0: not known (stdin, unreadable). */
uint64_t jsonl_count(const char *path);
/* Calls visit for every non-empty line until it fails; limit 0: all. "-" is stdin. */
status jsonl_each(const char *path, size_t limit, status (*visit)(void *context, const json_t *line), void *context);

#endif

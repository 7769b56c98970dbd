/* Decoding options, the same wherever text is written. */
#ifndef DAOGOU_WRITING_OPTIONS_H
#define DAOGOU_WRITING_OPTIONS_H

#include "cli.h"
#include "copywriting/copywriting.h"

enum { WRITING_OPTIONS = 13 };
struct writing_options {
    struct write_options write;
    const char *decode;      /* "greedy", "beam", "sample" or NULL */
};
void writing_options_init(struct writing_options *o);
/* Fills table[0..WRITING_OPTIONS) with options that point into o. */
void writing_options_table(struct writing_options *o, struct cli_option *table);
/* After parsing. attributes: the texts are about bare attribute lists, not products. ERR_USAGE names the bad option. */
status writing_options_finish(struct writing_options *o, bool attributes);

#endif

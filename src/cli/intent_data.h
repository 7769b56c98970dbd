/* Labelled sentences, {"text","set","label"} a line, sorted by set. */
#ifndef DAOGOU_INTENT_DATA_H
#define DAOGOU_INTENT_DATA_H

#include "intent/intent.h"

struct intent_data {
    const struct labels *labels;
    struct intent_examples sets[LABELS_MAX_SETS];
    struct arena strings;
};
void intent_data_init(struct intent_data *d, const struct labels *labels);
void intent_data_release(struct intent_data *d);
status intent_data_read(struct intent_data *d, const char *path); /* adds; ERR_FORMAT names file and line */

#endif

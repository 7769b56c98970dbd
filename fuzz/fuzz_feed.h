/* What the targets of feeds share. */
#ifndef DAOGOU_FUZZ_FEED_H
#define DAOGOU_FUZZ_FEED_H

#include "fuzz.h"
#include "catalogue/catalogue.h"

/* Imports the bytes as a file of this name. What was stored can be read again, and exported as every format and imported once more: JSON
 * Lines give the same catalogue, the others as many products. */
void import_and_export(const char *name, enum feed_format format, const uint8_t *data, size_t n);

#endif

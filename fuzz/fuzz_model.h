/* What targets with weights share. Files that ask for much memory by right (a vocabulary of a million) are refused before they are run. */
#ifndef DAOGOU_FUZZ_MODEL_H
#define DAOGOU_FUZZ_MODEL_H

#include "base/base.h"

void open_safetensors(const char *path, const uint8_t *data, size_t n);
void import_and_run(const char *from);
void load_and_run(const char *directory);
void load_adapter(const char *directory);   /* base and adapter in one directory */

#endif

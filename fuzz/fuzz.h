/* fuzz: hostile files, thrown at everything that reads one. A target is a file target_NAME.c with LLVMFuzzerTestOneInput: no crash, no
 * leak, no endless loop whatever the bytes are, and what it asserts about files that were accepted. scripts/fuzz runs them under
 * libFuzzer; replay.c feeds them the kept corpus as plain tests (ctest -R fuzz).
 *
 * Formats of several files (model directories, Hugging Face directories, tokenizers) come as a bundle: "===FILE name\n", its bytes, the
 * next one. Mutators (mutate_*.c, linked by libFuzzer's programs alone) know the formats and set lengths and checksums right again most
 * of the time, or nothing would come past the door.
 */
#ifndef DAOGOU_FUZZ_H
#define DAOGOU_FUZZ_H

#include "base/base.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise ends the program, as a sanitizer would. */
#define PROMISE(condition)                                                            \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: promise broken: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                  \
        }                                                                             \
    } while (0)
/* What a refusal must be: one sentence. */
void promise_sentence(status s);

/* ---- bundles and files (scratch.c) ---- */

enum { BUNDLE_FILES_MAX = 8, BUNDLE_NAME_MAX = 64 };
struct bundle_file { char name[BUNDLE_NAME_MAX + 1]; const uint8_t *data; size_t n; };
struct bundle { struct bundle_file files[BUNDLE_FILES_MAX]; size_t n; };
/* Files with odd names ("../x") and those past the limits are left out. */
void bundle_read(struct bundle *b, const uint8_t *data, size_t size);
const struct bundle_file *bundle_find(const struct bundle *b, const char *name);   /* NULL: absent */
/* Inside of a directory of this process, in memory where the machine has /dev/shm; removed at exit. Valid until the next call but two. */
const char *scratch_path(const char *name);
void scratch_write(const char *path, const uint8_t *data, size_t n);
void scratch_empty(const char *directory);   /* made if need be */
const char *scratch_bundle(const struct bundle *b, const char *name);   /* its files in a directory of that name */

/* ---- mutators ---- */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
/* Edits of the tree of a JSON text in place; returns the new size, 0: it is no JSON or the result has no room. */
size_t mutate_json(uint8_t *data, size_t size, size_t max_size, struct rng *r);
/* One safetensors file: header, data, and checksums of ours as they must be. config_hash may be NULL. */
size_t mutate_safetensors(uint8_t *data, size_t size, size_t max_size, struct rng *r, const uint64_t *config_hash);
uint64_t interesting_number(struct rng *r);

#endif

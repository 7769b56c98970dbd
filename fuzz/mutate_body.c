/* A JSON text: mostly edits of its tree, else bytes. */
#include "fuzz.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct rng r;
    rng_seed(&r, seed);
    size_t n = rng_below(&r, 4) ? mutate_json(data, size, max_size, &r) : 0;
    return n ? n : LLVMFuzzerMutate(data, size, max_size);
}

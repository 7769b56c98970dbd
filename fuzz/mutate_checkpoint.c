/* A checkpoint whose checksum is right: what lies behind that door. */
#include "fuzz.h"

#include <string.h>

enum { WORDS = 8, SUM_AT = 7 * 8, HEADER_BYTES = WORDS * 8, STATE_AT = 16, CONFIG_AT = 24, FLOATS_AT = 32 };

static uint64_t word(const uint8_t *data, size_t at)
{
    uint64_t x;
    memcpy(&x, data + at, sizeof x);
    return x;
}

/* As checkpoint.c sums it: the header with a sum of 0, then the parts in turn. */
static void mend(uint8_t *data, size_t size)
{
    uint8_t header[HEADER_BYTES];
    uint64_t floats = word(data, FLOATS_AT) * 4, parts[] = {word(data, CONFIG_AT), word(data, STATE_AT), floats, floats, floats};
    const uint8_t *at = data + HEADER_BYTES, *end = data + size;
    memcpy(header, data, sizeof header);
    memset(header + SUM_AT, 0, 8);
    uint64_t hash = hash_bytes(header, sizeof header, 1);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; at += parts[i++]) {
        if (parts[i] > (size_t)(end - at)) return;
        hash = hash_bytes(at, (size_t)parts[i], hash);
    }
    memcpy(data + SUM_AT, &hash, sizeof hash);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct rng r;
    rng_seed(&r, seed);
    if (size < HEADER_BYTES) return LLVMFuzzerMutate(data, size, max_size);
    uint64_t x = interesting_number(&r);
    switch (rng_below(&r, 4)) {
    case 0: memcpy(data + 8 * rng_below(&r, WORDS), &x, sizeof x); break;
    case 1: LLVMFuzzerMutate(data + HEADER_BYTES, size - HEADER_BYTES, size - HEADER_BYTES); break;
    case 2: {   /* a configuration text of another length, the rest moved */
        uint64_t n = word(data, CONFIG_AT);
        size_t room = max_size - size < 64 ? max_size - size : 64;
        uint8_t text[256];
        if (n > size - HEADER_BYTES || n > 128) break;
        memcpy(text, data + HEADER_BYTES, n);
        size_t made = LLVMFuzzerMutate(text, n, n + room);
        memmove(data + HEADER_BYTES + made, data + HEADER_BYTES + n, size - HEADER_BYTES - n);
        memcpy(data + HEADER_BYTES, text, made);
        size = size - n + made;
        memcpy(data + CONFIG_AT, &(uint64_t){made}, 8);
        break;
    }
    default: size = LLVMFuzzerMutate(data, size, max_size); break;
    }
    if (size >= HEADER_BYTES && rng_below(&r, 8)) mend(data, size);
    return size;
}

/* Which elements dropout keeps: the same on every device, so that a run can be repeated on another. Compiled for the GPU too. */
#ifndef DAOGOU_DROPOUT_HASH_H
#define DAOGOU_DROPOUT_HASH_H

#include <stdint.h>

#ifdef __CUDACC__
#define ON_BOTH_SIDES static inline __host__ __device__
#else
#define ON_BOTH_SIDES static inline
#endif

/* Is element i of a dropout call with this seed kept? limit: p * 2^24. Two rounds of the murmur3 finaliser. */
ON_BOTH_SIDES uint32_t dropout_hash(uint32_t i, uint64_t seed)
{
    uint32_t x = i ^ (uint32_t)seed;
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    x ^= (x >> 16) ^ (uint32_t)(seed >> 32);
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return (x ^ x >> 16) >> 8;
}
ON_BOTH_SIDES uint32_t dropout_limit(float p)
{
    return (uint32_t)(p * 16777216.0f);
}

#endif

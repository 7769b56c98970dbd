#include "train_int.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t words[2] = {a, b};
    return hash_bytes(words, sizeof words, 0x5A11);
}

void sampler_init(struct sampler *s, uint64_t seed, enum split split)
{
    *s = (struct sampler){.seed = mix(seed, split), .split = split};
    rng_seed(&s->rng, s->seed);
}

/* A four-round Feistel network on the smallest even number of bits that holds n; values past n walk on along their cycle,
 * which stays a permutation and takes under four steps on average. */
uint64_t permute(uint64_t i, uint64_t n, uint64_t key)
{
    unsigned half = 1;
    while (half < 32 && (1ull << (2 * half)) < n) half++;
    uint64_t mask = (1ull << half) - 1;
    do {
        uint64_t left = i >> half, right = i & mask;
        for (uint64_t round = 0; round < 4; round++) {
            uint64_t next = left ^ (mix(right + (round << 56), key) & mask);
            left = right;
            right = next;
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}

uint64_t sampler_next(struct sampler *s, size_t cursor, uint64_t n)
{
    uint64_t drawn = s->cursors[cursor]++;
    return permute(drawn % n, n, mix(s->seed + cursor, drawn / n));
}

size_t sampler_choose(struct sampler *s, const double *weights, size_t n)
{
    double total = 0;
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        total += weights[i];
        if (weights[i] > 0) last = i;
    }
    double x = rng_unit(&s->rng) * total;
    for (size_t i = 0; i < last; i++) {
        if (x < weights[i]) return i;
        x -= weights[i];
    }
    return last;
}

bool held_out(uint64_t hash, double fraction)
{
    return (double)(mix(hash, 0x4E1D) >> 11) * 0x1.0p-53 < fraction;
}

/* Checksums of header and sections are set right, so that what is checked inside is reached. */
#include "fuzz.h"
#include "index/index_int.h"

#include <string.h>

static void mend(uint8_t *data, size_t size)
{
    struct snapshot_header h;
    struct section_place place[SECTION_COUNT];
    memcpy(&h, data, sizeof h);
    h.file_size = size;
    if (layout_of(&h, place) == size)
        for (size_t i = 0; i < SECTION_COUNT; i++) h.section_hash[i] = hash_bytes(data + place[i].offset, (size_t)place[i].length, i);
    h.header_hash = header_hash(&h);
    memcpy(data, &h, sizeof h);
}

/* One number of one section, in place. */
static void edit_section(uint8_t *data, size_t size, struct rng *r)
{
    struct snapshot_header h;
    struct section_place place[SECTION_COUNT];
    memcpy(&h, data, sizeof h);
    if (layout_of(&h, place) != size) return;
    struct section_place p = place[rng_below(r, SECTION_COUNT)];
    uint64_t x = interesting_number(r);
    if (p.length < 8) return;
    if (rng_below(r, 2)) memcpy(data + p.offset + rng_below(r, p.length / 4) * 4, &x, 4);
    else LLVMFuzzerMutate(data + p.offset, p.length, p.length);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct rng r;
    rng_seed(&r, seed);
    if (size < sizeof(struct snapshot_header)) return LLVMFuzzerMutate(data, size, max_size);
    switch (rng_below(&r, 4)) {
    case 0: LLVMFuzzerMutate(data, sizeof(struct snapshot_header), sizeof(struct snapshot_header)); break;
    case 1: size = LLVMFuzzerMutate(data, size, max_size); break;
    default: edit_section(data, size, &r); break;
    }
    if (size >= sizeof(struct snapshot_header) && rng_below(&r, 8)) mend(data, size);
    return size;
}

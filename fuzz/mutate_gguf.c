/* GGUF is counts and lengths before what they count: an edit must set them right or the rest of the file is read askew. */
#include "fuzz.h"

#include <string.h>

enum { SPOTS_MAX = 4096, FILE_MAX = 1 << 20, HEADER_BYTES = 24, ALIGNMENT = 32, KEY_COUNT_AT = 16, TENSOR_COUNT_AT = 8 };
enum spot_kind { SPOT_NUMBER, SPOT_STRING, SPOT_PAIR, SPOT_TENSOR };
struct spot { enum spot_kind kind; size_t at, n; };   /* STRING: at its length; PAIR, TENSOR: the whole entry */
struct walk {
    const uint8_t *data;
    size_t size, at, end_of_header;
    struct spot spots[SPOTS_MAX];
    size_t n;
    bool bad;
};

static void mark(struct walk *w, enum spot_kind kind, size_t at, size_t n)
{
    if (w->n < SPOTS_MAX) w->spots[w->n++] = (struct spot){kind, at, n};
}

static uint64_t number(struct walk *w, size_t n)
{
    uint64_t x = 0;
    if (n > w->size - w->at) {
        w->bad = true;
        return 0;
    }
    for (size_t i = n; i-- > 0;) x = x << 8 | w->data[w->at + i];
    mark(w, SPOT_NUMBER, w->at, n);
    w->at += n;
    return x;
}

static void string(struct walk *w)
{
    size_t at = w->at;
    uint64_t n = number(w, 8);
    if (w->bad || n > w->size - w->at) {
        w->bad = true;
        return;
    }
    w->at += (size_t)n;
    mark(w, SPOT_STRING, at, (size_t)n);
}

static void value(struct walk *w, uint64_t type)
{
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    if (type == 8) string(w);
    else if (type < sizeof sizes && sizes[type]) number(w, sizes[type]);
    else w->bad = true;
}

static void pair(struct walk *w)
{
    size_t begin = w->at;
    string(w);
    uint64_t type = number(w, 4);
    if (type == 9) {
        type = number(w, 4);
        uint64_t n = number(w, 8);
        if (type == 9) w->bad = true;
        for (uint64_t i = 0; i < n && !w->bad; i++) value(w, type);
    } else {
        value(w, type);
    }
    mark(w, SPOT_PAIR, begin, w->at - begin);
}

static void tensor(struct walk *w)
{
    size_t begin = w->at;
    string(w);
    uint64_t n = number(w, 4);
    for (uint64_t i = 0; i < n && !w->bad && i < 8; i++) number(w, 8);
    number(w, 4);
    number(w, 8);
    mark(w, SPOT_TENSOR, begin, w->at - begin);
}

static bool walk(struct walk *w, const uint8_t *data, size_t size)
{
    *w = (struct walk){.data = data, .size = size};
    number(w, 4), number(w, 4);
    uint64_t tensors = number(w, 8), pairs = number(w, 8);
    for (uint64_t i = 0; i < pairs && !w->bad; i++) pair(w);
    for (uint64_t i = 0; i < tensors && !w->bad; i++) tensor(w);
    w->end_of_header = w->at;
    return !w->bad && w->n > 0;
}

static void add_to(uint8_t *header, size_t at, int64_t change)
{
    uint64_t x;
    memcpy(&x, header + at, sizeof x);
    x += (uint64_t)change;
    memcpy(header + at, &x, sizeof x);
}

/* Replaces n bytes at `at` of the header by others. */
static size_t splice(uint8_t *header, size_t size, size_t at, size_t n, const uint8_t *by, size_t n_by)
{
    memmove(header + at + n_by, header + at + n, size - at - n);
    memcpy(header + at, by, n_by);
    return size - n + n_by;
}

static size_t edit(uint8_t *header, size_t size, const struct walk *w, struct rng *r)
{
    static uint8_t piece[FILE_MAX];
    struct spot s = w->spots[rng_below(r, w->n)];
    if (rng_below(r, 3) == 0)   /* entries are few among the tokens of a vocabulary */
        for (int i = 0; i < 20 && s.kind < SPOT_PAIR; i++) s = w->spots[rng_below(r, w->n)];
    uint64_t x = interesting_number(r);
    size_t count_at = s.kind == SPOT_PAIR ? KEY_COUNT_AT : TENSOR_COUNT_AT;
    switch (s.kind) {
    case SPOT_NUMBER:
        if (rng_below(r, 2)) LLVMFuzzerMutate(header + s.at, s.n, s.n);
        else memcpy(header + s.at, &x, s.n);
        return size;
    case SPOT_STRING: {
        size_t n = s.n < 256 ? s.n : 256, made;
        memcpy(piece, header + s.at + 8, n);
        made = LLVMFuzzerMutate(piece, n, n + 8);
        add_to(header, s.at, (int64_t)made - (int64_t)n);
        return splice(header, size, s.at + 8, n, piece, made);
    }
    default:
        memcpy(piece, header + s.at, s.n);
        if (rng_below(r, 2)) {
            add_to(header, count_at, -1);
            return splice(header, size, s.at, s.n, piece, 0);
        }
        add_to(header, count_at, 1);
        return splice(header, size, s.at, 0, piece, s.n);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static uint8_t header[2 * FILE_MAX], tail[FILE_MAX];
    static struct walk w;
    struct rng r;
    rng_seed(&r, seed);
    if (size > FILE_MAX || rng_below(&r, 8) == 0 || !walk(&w, data, size)) return LLVMFuzzerMutate(data, size, max_size);
    size_t begin = (w.end_of_header + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, n = w.end_of_header;
    size_t n_tail = begin < size ? size - begin : 0;
    memcpy(header, data, n);
    memcpy(tail, data + (n_tail ? begin : 0), n_tail);
    for (uint64_t i = 0, edits = 1 + rng_below(&r, 2); i < edits; i++) {
        if (i && !walk(&w, header, n)) break;
        n = edit(header, n, &w, &r);
    }
    if (rng_below(&r, 16) == 0) n_tail = rng_below(&r, n_tail + 1);
    size_t padded = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (padded + n_tail > max_size || n > sizeof header - FILE_MAX / 2) return LLVMFuzzerMutate(data, size, max_size);
    memset(header + n, 0, padded - n);
    memcpy(data, header, padded);
    memcpy(data + padded, tail, n_tail);
    return padded + n_tail;
}

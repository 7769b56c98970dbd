/* One file of a bundle is changed by what its name says it is. */
#include "fuzz.h"
#include "model/model_int.h"

#include <jansson.h>
#include <string.h>

enum { LENGTH_BYTES = 8, PIECE_MAX = 1 << 20 };

/* ---- safetensors ---- */

static uint64_t load_length(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--) x = x << 8 | p[i];
    return x;
}

static size_t assemble(uint8_t *out, size_t max_size, const uint8_t *header, size_t n_header, const uint8_t *data, size_t n_data)
{
    size_t padded = (n_header + 7) / 8 * 8;
    if (LENGTH_BYTES + padded + n_data > max_size) return 0;
    memmove(out + LENGTH_BYTES + padded, data, n_data);
    memcpy(out + LENGTH_BYTES, header, n_header);
    memset(out + LENGTH_BYTES + n_header, ' ', padded - n_header);
    for (size_t i = 0; i < LENGTH_BYTES; i++) out[i] = (uint8_t)((uint64_t)padded >> 8 * i);
    return LENGTH_BYTES + padded + n_data;
}

static void put_hash(json_t *metadata, const char *key, uint64_t hash)
{
    char text[20];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    json_object_set_new(metadata, key, json_string(text));
}

/* The checksum that the reader will find; false: the file is not accepted without one either. */
static bool true_checksum(const uint8_t *file, size_t n, uint64_t *hash)
{
    struct safetensors s;
    const char *path = scratch_path("mutated.safetensors");
    scratch_write(path, file, n);
    if (safetensors_open(&s, path) != OK) return false;
    *hash = 0;
    for (size_t i = 0; i < s.n; i++) *hash = safetensor_hash(&s.tensors[i], *hash);
    safetensors_close(&s);
    return true;
}

static size_t with_header(uint8_t *file, size_t max_size, const json_t *root, const uint8_t *data, size_t n_data)
{
    char *text = json_dumps(root, JSON_COMPACT);
    size_t n = text ? assemble(file, max_size, (const uint8_t *)text, strlen(text), data, n_data) : 0;
    free(text);
    return n;
}

/* Sets the two hashes of our own files right again. */
static size_t mend(uint8_t *file, size_t n, size_t max_size, const uint64_t *config_hash)
{
    static uint8_t data[PIECE_MAX];
    uint64_t length = n > LENGTH_BYTES ? load_length(file) : 0, hash;
    if (!length || length > n - LENGTH_BYTES) return n;
    json_t *root = json_loadb((const char *)file + LENGTH_BYTES, (size_t)length, 0, NULL), *metadata = json_object_get(root, "__metadata__");
    const char *format = json_string_value(json_object_get(metadata, "format"));
    size_t n_data = n - LENGTH_BYTES - (size_t)length, made = 0;
    if (format && strcmp(format, "daogou") == 0 && n_data <= sizeof data) {
        memcpy(data, file + LENGTH_BYTES + length, n_data);
        json_object_del(metadata, "format");
        json_object_del(metadata, "checksum");
        made = with_header(file, max_size, root, data, n_data);
        json_object_set_new(metadata, "format", json_string("daogou"));
        put_hash(metadata, "checksum", made && true_checksum(file, made, &hash) ? hash : 0);
        if (config_hash) put_hash(metadata, "config", *config_hash);
        made = with_header(file, max_size, root, data, n_data);
    }
    json_decref(root);
    return made ? made : n;
}

size_t mutate_safetensors(uint8_t *file, size_t n, size_t max_size, struct rng *r, const uint64_t *config_hash)
{
    static uint8_t header[PIECE_MAX], data[PIECE_MAX];
    uint64_t length = n > LENGTH_BYTES ? load_length(file) : 0;
    bool whole = length && length <= n - LENGTH_BYTES && n <= PIECE_MAX;
    size_t made = 0, n_data = whole ? n - LENGTH_BYTES - (size_t)length : 0;
    uint64_t choice = rng_below(r, 10);
    if (!whole || choice == 0) return LLVMFuzzerMutate(file, n, max_size);
    memcpy(header, file + LENGTH_BYTES, (size_t)length);
    memcpy(data, file + LENGTH_BYTES + length, n_data);
    size_t n_header = (size_t)length;
    if (choice < 6) n_header = mutate_json(header, n_header, sizeof header, r);
    else if (choice == 6) n_header = LLVMFuzzerMutate(header, n_header, n_header + 64 < sizeof header ? n_header + 64 : n_header);
    else if (choice < 9) n_data = LLVMFuzzerMutate(data, n_data, n_data + 64 < sizeof data ? n_data + 64 : n_data);
    if (n_header) made = assemble(file, max_size, header, n_header, data, n_data);
    if (!made) return LLVMFuzzerMutate(file, n, max_size);
    return rng_below(r, 8) ? mend(file, made, max_size, config_hash) : made;
}

/* ---- bundles ---- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static size_t mutate_file(const char *name, uint8_t *data, size_t n, size_t max_size, struct rng *r, const uint64_t *config_hash)
{
    size_t made = 0;
    if (ends_with(name, ".safetensors")) return mutate_safetensors(data, n, max_size, r, config_hash);
    if (ends_with(name, ".json") && rng_below(r, 5)) made = mutate_json(data, n, max_size, r);
    return made ? made : LLVMFuzzerMutate(data, n, max_size);
}

/* The hash that weights of ours carry of the config.json beside them. */
static bool config_hash_of(const struct bundle *b, uint64_t *hash)
{
    const struct bundle_file *f = bundle_find(b, "config.json");
    struct model_config c;
    const char *path = scratch_path("mutated.json");
    if (!f) return false;
    scratch_write(path, f->data, f->n);
    return model_config_read(&c, path) == OK && model_config_hash(&c, hash) == OK;
}

static size_t put_bundle(uint8_t *out, size_t max_size, const struct bundle *b)
{
    size_t at = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct bundle_file *f = &b->files[i];
        if (at + 16 + strlen(f->name) + f->n > max_size) return 0;
        at += (size_t)sprintf((char *)out + at, "===FILE %s\n", f->name);
        memcpy(out + at, f->data, f->n);
        at += f->n;
    }
    return at;
}

static void shuffle_files(struct bundle *b, struct rng *r)
{
    size_t i = (size_t)rng_below(r, b->n), k = (size_t)rng_below(r, b->n);
    const uint8_t *data = b->files[i].data;
    size_t n = b->files[i].n;
    if (rng_below(r, 2)) {
        b->files[i] = b->files[--b->n];
        return;
    }
    b->files[i].data = b->files[k].data, b->files[i].n = b->files[k].n;
    b->files[k].data = data, b->files[k].n = n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static uint8_t copy[PIECE_MAX], piece[PIECE_MAX];
    struct bundle b;
    struct rng r;
    uint64_t hash;
    rng_seed(&r, seed);
    if (size > sizeof copy || rng_below(&r, 50) == 0) return LLVMFuzzerMutate(data, size, max_size);
    memcpy(copy, data, size);
    bundle_read(&b, copy, size);
    if (!b.n) return LLVMFuzzerMutate(data, size, max_size);
    struct bundle_file *f = &b.files[rng_below(&r, b.n)];
    memcpy(piece, f->data, f->n);
    size_t room = max_size > size ? f->n + (max_size - size) : f->n;
    bool known = config_hash_of(&b, &hash);
    f->n = mutate_file(f->name, piece, f->n, room < sizeof piece ? room : sizeof piece, &r, known ? &hash : NULL);
    f->data = piece;
    if (strcmp(f->name, "config.json") == 0 && rng_below(&r, 4)) {   /* the weights follow a changed configuration */
        static uint8_t weights[PIECE_MAX];
        struct bundle_file *w = (struct bundle_file *)bundle_find(&b, "model.safetensors");
        if (w && w->n < sizeof weights - 64 && config_hash_of(&b, &hash)) {
            memcpy(weights, w->data, w->n);
            w->n = mend(weights, w->n, sizeof weights, &hash);
            w->data = weights;
        }
    }
    if (rng_below(&r, 40) == 0) shuffle_files(&b, &r);
    size_t made = put_bundle(data, max_size, &b);
    return made ? made : LLVMFuzzerMutate(data, size, max_size);
}

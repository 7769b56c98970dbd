/* The file of a step that is to be run again: header, micro-batches, weights, checksum. Written as it lies, like a checkpoint: same
 * machine type only. */
#include "train_int.h"

#include <string.h>

enum { REPLAY_VERSION = 1, ARRAYS = 18 };
enum { CLASS_INTS = sizeof(struct class_target) / sizeof(int32_t) };
static const char replay_magic[8] = "DGREPLAY";

struct part_counts { uint32_t part, text, n_tokens, n_seqs, n_mlm, n_lm, n_match, n_groups, n_pairs, n_classified; float noise; };

/* All of a batch but what is scratch of its making; elements of four bytes each. */
struct array { void *data; size_t n; };
static void list_arrays(const struct micro_batch *b, const struct part_counts *c, struct array out[ARRAYS])
{
    const struct array all[ARRAYS] = {
        {b->tokens, c->n_tokens}, {b->positions, c->n_tokens}, {b->overlap, c->n_tokens}, {b->offsets, c->n_seqs + 1}, {b->prefix, c->n_seqs},
        {b->nsp, c->n_seqs}, {b->mlm.rows, c->n_mlm}, {b->mlm.targets, c->n_mlm}, {b->lm.rows, c->n_lm}, {b->lm.targets, c->n_lm},
        {b->match_seqs, c->n_match}, {b->gains, c->n_match}, {b->groups, c->n_groups ? c->n_groups + 1 : 0}, {b->needs, c->n_pairs},
        {b->items, c->n_pairs}, {b->same, c->n_pairs}, {b->classified, c->n_classified}, {b->classes, c->n_classified * CLASS_INTS}};
    memcpy(out, all, sizeof all);
}

/* ---- writing ---- */

static void put(struct replay_writer *w, const void *data, size_t n)
{
    w->checksum = hash_bytes(data, n, w->checksum);
    atomic_file_write(&w->file, data, n);
}

status replay_write_begin(struct replay_writer *w, struct replay_header *h, const char *path)
{
    memcpy(h->magic, replay_magic, sizeof h->magic);
    h->version = REPLAY_VERSION;
    h->bytes = sizeof *h;
    w->checksum = 1;
    TRY(atomic_file_open(&w->file, path));
    put(w, h, sizeof *h);
    return OK;
}

void replay_write_part(struct replay_writer *w, const struct micro_batch *b, uint32_t part)
{
    struct part_counts c = {.part = part, .text = (uint32_t)b->text, .n_tokens = (uint32_t)b->batch.n_tokens, .n_seqs = (uint32_t)b->batch.n_seqs,
                            .n_mlm = (uint32_t)b->mlm.n, .n_lm = (uint32_t)b->lm.n, .n_match = (uint32_t)b->n_match,
                            .n_groups = (uint32_t)b->n_groups, .n_pairs = (uint32_t)b->n_pairs, .n_classified = (uint32_t)b->n_classified, .noise = b->noise};
    struct array arrays[ARRAYS];
    put(w, &c, sizeof c);
    list_arrays(b, &c, arrays);
    for (int i = 0; i < ARRAYS; i++) put(w, arrays[i].data, arrays[i].n * sizeof(int32_t));
}

status replay_write_end(struct replay_writer *w, const float *params, uint64_t n_floats)
{
    put(w, params, n_floats * sizeof *params);
    atomic_file_write(&w->file, &w->checksum, sizeof w->checksum);
    return atomic_file_commit(&w->file);
}

/* ---- reading ---- */

/* In the pieces in which it was written: hash_bytes of two pieces is not that of both as one. */
static bool check(const struct replay *r, const char **why)
{
    const uint8_t *at = r->at, *end = r->file.data + r->file.size;
    uint64_t hash = hash_bytes(&r->header, sizeof r->header, 1), stored;
    *why = "it is cut short or damaged";
    for (uint64_t p = 0; p < r->header.n_parts; p++) {
        struct part_counts c;
        if ((size_t)(end - at) < sizeof c) return false;
        memcpy(&c, at, sizeof c);
        hash = hash_bytes(at, sizeof c, hash);
        at += sizeof c;
        struct array arrays[ARRAYS];
        list_arrays(&(struct micro_batch){0}, &c, arrays);
        for (int i = 0; i < ARRAYS; i++) {
            size_t n = arrays[i].n * sizeof(int32_t);
            if ((size_t)(end - at) < n) return false;
            hash = hash_bytes(at, n, hash);
            at += n;
        }
    }
    if (r->header.n_floats > (size_t)(end - at) / sizeof(float)) return false;
    size_t floats = r->header.n_floats * sizeof(float);
    if ((size_t)(end - at) != floats + sizeof stored) return false;
    hash = hash_bytes(at, floats, hash);
    memcpy(&stored, at + floats, sizeof stored);
    return hash == stored;
}

status replay_open(struct replay *r, const char *path)
{
    const char *why = "this is no file for a replay";
    *r = (struct replay){.path = path};
    TRY(mapped_file_open(&r->file, path));
    const uint8_t *data = r->file.data;
    bool good = r->file.size >= sizeof r->header && memcmp(data, replay_magic, sizeof replay_magic) == 0;
    if (good) {
        memcpy(&r->header, data, sizeof r->header);
        r->at = data + sizeof r->header;
        why = "it is of another version of this program";
        good = r->header.version == REPLAY_VERSION && r->header.bytes == sizeof r->header && check(r, &why);
    }
    struct replay_header *h = &r->header;
    if (good) {   /* all strings end, whoever wrote the file */
        h->what[sizeof h->what - 1] = h->device[sizeof h->device - 1] = h->description[sizeof h->description - 1] = 0;
        h->init_from[sizeof h->init_from - 1] = 0;
        why = "its counts make no sense";
        good = h->n_parts && h->max_tokens && h->max_tokens <= TRAIN_MAX_BATCH_TOKENS && (h->kind == TRAIN_PRETRAIN || h->kind == TRAIN_FINETUNE);
    }
    if (good) return OK;
    replay_close(r);
    return fail(ERR_FORMAT, "%s: %s; name a not-finite-step-N.replay that a run of this program left", path, why);
}

void replay_close(struct replay *r)
{
    mapped_file_close(&r->file);
}

/* The losses and the forward pass check what they are given themselves; here only what they take on trust. */
static bool plausible(const struct micro_batch *b)
{
    for (size_t g = 0; g < b->n_groups; g++)
        if (b->groups[g] < 0 || b->groups[g + 1] < b->groups[g] || (size_t)b->groups[g + 1] > b->n_match) return false;
    return b->text == LOSS_LM || b->text == LOSS_GENERATE;
}

status replay_next(struct replay *r, struct micro_batch *b, uint32_t *part)
{
    struct part_counts c;
    struct array arrays[ARRAYS];
    memcpy(&c, r->at, sizeof c);
    size_t S = b->max_seqs;
    FAIL_IF(c.n_tokens > b->max_tokens || c.n_mlm > b->max_tokens || c.n_lm > b->max_tokens || c.n_seqs > S || c.n_match > S || c.n_groups > S || c.n_pairs > S || c.n_classified > S,
            ERR_FORMAT, "%s: a batch is larger than the run's batch_tokens allow; the file was not written by a run", r->path);
    r->at += sizeof c;
    list_arrays(b, &c, arrays);
    for (int i = 0; i < ARRAYS; r->at += arrays[i++].n * sizeof(int32_t))
        if (arrays[i].n) memcpy(arrays[i].data, r->at, arrays[i].n * sizeof(int32_t));
    b->text = (enum loss_kind)c.text;
    b->batch.n_tokens = c.n_tokens;
    b->batch.n_seqs = c.n_seqs;
    b->mlm.n = c.n_mlm;
    b->lm.n = c.n_lm;
    b->n_match = c.n_match;
    b->n_groups = c.n_groups;
    b->n_pairs = c.n_pairs;
    b->n_classified = c.n_classified;
    b->noise = c.noise;
    *part = c.part;
    FAIL_IF(!plausible(b), ERR_FORMAT, "%s: a batch's groups make no sense; the file was not written by a run", r->path);
    return OK;
}

/* One file: header, configuration text, state, weights, moments, checksum. Same machine type only (written as it lies). */
#include "train_int.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

enum { CHECKPOINT_VERSION = 1 };
static const char checkpoint_magic[8] = "DGCHECKP";

struct checkpoint_header {
    char magic[8];
    uint64_t version, state_bytes, config_bytes, n_floats, data, tokenizer;
    uint64_t checksum;      /* of all above and all behind */
};

static uint64_t header_hash(struct checkpoint_header h)
{
    h.checksum = 0;
    return hash_bytes(&h, sizeof h, 1);
}

status checkpoint_save(const struct checkpoint *c, const char *path)
{
    size_t config_bytes = strlen(c->config), floats = c->n_floats * sizeof(float);
    struct checkpoint_header h = {.version = CHECKPOINT_VERSION, .state_bytes = sizeof *c->state, .config_bytes = config_bytes,
                                  .n_floats = c->n_floats, .data = c->data, .tokenizer = c->tokenizer};
    memcpy(h.magic, checkpoint_magic, sizeof h.magic);
    const struct { const void *data; size_t n; } parts[] = {
        {c->config, config_bytes}, {c->state, sizeof *c->state}, {c->params, floats}, {c->m, floats}, {c->v, floats}};
    uint64_t hash = header_hash(h);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) hash = hash_bytes(parts[i].data, parts[i].n, hash);
    h.checksum = hash;
    struct atomic_file f;
    TRY(atomic_file_open(&f, path));
    atomic_file_write(&f, &h, sizeof h);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) atomic_file_write(&f, parts[i].data, parts[i].n);
    return atomic_file_commit(&f);
}

/* ---- loading ---- */

/* Which line of the two texts differs first: "learning_rate=0.001". */
static status config_differs(const char *path, const char *saved, size_t n, const char *now)
{
    size_t i = 0, line = 0;
    for (; i < n && now[i] && saved[i] == now[i]; i++)
        if (now[i] == '\n') line = i + 1;
    int key = (int)strcspn(now + line, "=\n");
    int was = (int)(n - line), is = (int)strcspn(now + line, "\n");
    const char *end = memchr(saved + line, '\n', n - line);
    if (end) was = (int)(end - (saved + line));
    return fail(ERR_USAGE, "%s: \"%.*s\" has changed since the checkpoint (was %.*s, now %.*s); restore it or start in another output directory",
                path, key, now + line, was < 200 ? was : 200, saved + line, is < 200 ? is : 200, now + line);
}

static status check_same_run(const struct checkpoint *c, const struct checkpoint_header *h, const char *config, const char *path)
{
    if (h->config_bytes != strlen(c->config) || memcmp(config, c->config, h->config_bytes) != 0)
        return config_differs(path, config, h->config_bytes, c->config);
    FAIL_IF(h->tokenizer != c->tokenizer, ERR_USAGE,
            "%s: the tokenizer has changed since the checkpoint; restore it or start in another output directory", path);
    FAIL_IF(h->data != c->data, ERR_USAGE,
            "%s: the data files have changed since the checkpoint; restore them or start in another output directory", path);
    FAIL_IF(h->n_floats != c->n_floats, ERR_USAGE, "%s: the model's shape has changed since the checkpoint; start in another output directory", path);
    return OK;
}

static status read_checkpoint(struct checkpoint *c, const struct mapped_file *f, const char *path)
{
    struct checkpoint_header h;
    FAIL_IF(f->size < sizeof h || memcmp(f->data, checkpoint_magic, 8) != 0, ERR_FORMAT, "%s: this is no checkpoint; remove it and start anew", path);
    memcpy(&h, f->data, sizeof h);
    FAIL_IF(h.version != CHECKPOINT_VERSION || h.state_bytes != sizeof *c->state, ERR_FORMAT,
            "%s: the checkpoint is of another version of this program; start anew", path);
    size_t rest = f->size - sizeof h;
    bool fits = h.config_bytes <= rest && h.n_floats <= rest / 12 && h.config_bytes + h.state_bytes + h.n_floats * 12 == rest;
    uint64_t hash = header_hash(h);
    const uint8_t *at = f->data + sizeof h;
    uint64_t floats = h.n_floats * sizeof(float);
    uint64_t sizes[] = {h.config_bytes, h.state_bytes, floats, floats, floats};
    for (size_t i = 0; fits && i < sizeof sizes / sizeof *sizes; at += sizes[i++]) hash = hash_bytes(at, sizes[i], hash);
    FAIL_IF(!fits || hash != h.checksum, ERR_FORMAT, "%s: the checkpoint is damaged; remove it and start anew, or restore a copy", path);

    at = f->data + sizeof h;
    TRY(check_same_run(c, &h, (const char *)at, path));
    at += h.config_bytes;
    void *to[] = {c->state, c->params, c->m, c->v};
    for (size_t i = 0; i < 4; i++) {
        memcpy(to[i], at, sizes[i + 1]);
        at += sizes[i + 1];
    }
    return OK;
}

status checkpoint_load(struct checkpoint *c, const char *path)
{
    struct mapped_file f;
    TRY(mapped_file_open(&f, path));
    status s = read_checkpoint(c, &f, path);
    mapped_file_close(&f);
    return s;
}

void checkpoint_sweep(const char *directory)
{
    DIR *d = opendir(directory);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strncmp(e->d_name, "checkpoint.bin.tmp.", 19) == 0) unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
}

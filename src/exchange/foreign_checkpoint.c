#include "exchange_int.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const family_names[FAMILIES] = {[FAMILY_GPT2] = "gpt2", [FAMILY_LLAMA] = "llama", [FAMILY_QWEN2] = "qwen2", [FAMILY_QWEN3] = "qwen3"};

void checkpoint_init(struct checkpoint *c, enum exchange_format format)
{
    *c = (struct checkpoint){.format = format};
    strmap_init(&c->index);
    strmap_init(&c->keys);
    arena_init(&c->names, 0);
}

void checkpoint_release(struct checkpoint *c)
{
    for (size_t i = 0; i < c->n_files; i++) mapped_file_close(&c->files[i]);
    mem_free(c->files);
    mem_free(c->tensors);
    mem_free(c->values);
    strmap_release(&c->index);
    strmap_release(&c->keys);
    arena_release(&c->names);
    json_decref(c->config);
}

status checkpoint_add(struct checkpoint *c, const struct foreign_tensor *t, size_t name_length)
{
    FAIL_IF(c->n_tensors == CHECKPOINT_MAX_TENSORS, ERR_LIMIT, "there are more than %d tensors", CHECKPOINT_MAX_TENSORS);
    FAIL_IF(strmap_get(&c->index, t->name, name_length, NULL), ERR_FORMAT, "tensor '%.*s' is there twice", (int)(name_length < 80 ? name_length : 80), t->name);
    TRY(mem_grow(&c->tensors, &c->cap_tensors, c->n_tensors + 1, sizeof *c->tensors));
    struct foreign_tensor *kept = &c->tensors[c->n_tensors];
    *kept = *t;
    kept->name = arena_strndup(&c->names, t->name, name_length);
    if (!kept->name) return fail_nomem("reading a checkpoint");
    return strmap_put(&c->index, t->name, name_length, c->n_tensors++);
}

static int by_data(const void *a, const void *b)
{
    const struct foreign_tensor *x = *(const struct foreign_tensor *const *)a, *y = *(const struct foreign_tensor *const *)b;
    return x->data < y->data ? -1 : x->data > y->data;
}

status checkpoint_check_overlap(const struct checkpoint *c)
{
    const struct foreign_tensor **sorted = mem_alloc((c->n_tensors + 1) * sizeof *sorted);
    size_t n = 0;
    status s = OK;
    if (!sorted) return fail_nomem("reading a checkpoint");
    for (size_t i = 0; i < c->n_tensors; i++)
        if (c->tensors[i].bytes) sorted[n++] = &c->tensors[i];
    qsort(sorted, n, sizeof *sorted, by_data);
    for (size_t i = 1; s == OK && i < n; i++)
        if (sorted[i]->data < sorted[i - 1]->data + sorted[i - 1]->bytes)
            s = fail(ERR_FORMAT, "tensors '%.80s' and '%.80s' overlap; the file is damaged", sorted[i - 1]->name, sorted[i]->name);
    mem_free(sorted);
    return s;
}

const struct foreign_tensor *checkpoint_find(const struct checkpoint *c, const char *name)
{
    uint64_t i;
    return strmap_get(&c->index, name, strlen(name), &i) ? &c->tensors[i] : NULL;
}

/* ---- paths and the directory that appears at once ---- */

status path_join(struct strbuf *out, const char *directory, const char *name)
{
    strbuf_clear(out);
    strbuf_printf(out, "%s/%s", directory, name);
    return strbuf_status(out);
}

static bool empty_directory(const char *path)
{
    DIR *d = opendir(path);
    if (!d) return false;
    size_t n = 0;
    while (readdir(d)) n++;
    closedir(d);
    return n <= 2;
}

status staging_open(struct staging *s, const char *target)
{
    size_t n = strlen(target);
    *s = (struct staging){0};
    while (n > 1 && target[n - 1] == '/') n--;
    FAIL_IF(file_exists(target) && !empty_directory(target), ERR_USAGE, "'%s' is there already; name a directory that is new or empty", target);
    s->target = mem_strndup(target, n);
    s->path = mem_alloc(n + 32);
    if (!s->target || !s->path) {
        mem_free(s->path);   /* it names nothing yet that staging_abort could remove */
        s->path = NULL;
        return fail_nomem("preparing a directory");
    }
    snprintf(s->path, n + 32, "%s.tmp.%ld", s->target, (long)getpid());
    return file_make_directory(s->path);
}

static void remove_files(const char *directory)
{
    DIR *d = opendir(directory);
    struct strbuf path = {0};
    for (const struct dirent *e; d && (e = readdir(d));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && path_join(&path, directory, e->d_name) == OK) unlink(path.data);
    if (d) closedir(d);
    strbuf_release(&path);
    rmdir(directory);
}

void staging_abort(struct staging *s)
{
    if (s->path) remove_files(s->path);
    mem_free(s->path);
    mem_free(s->target);
    *s = (struct staging){0};
}

status staging_commit(struct staging *s)
{
    if (rename(s->path, s->target) != 0) return fail_errno("write", s->target);
    mem_free(s->path);
    s->path = NULL;
    staging_abort(s);
    return OK;
}

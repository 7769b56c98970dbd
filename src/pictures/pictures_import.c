/* Pictures of a folder: named by a product, by a category, or by the feed. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "pictures_int.h"

enum { NAME_KEY_MAX = 256 };

struct folder {
    struct pictures *pictures;
    const char *path;
    char real[PATH_MAX];
    struct pictures_report *report;
    struct strmap names;     /* file stem as name_key leaves it -> index of a key */
    struct arena arena;
    const char **keys;       /* "p" + id, "c" + category */
    size_t n_keys, cap_keys;
    struct named { const char *key, *image; struct named *next; } *images;
};

/* Letters and digits in lower case (of ASCII), anything else one '-': "Electronics > Headphones" is "electronics-headphones". */
static size_t name_key(const char *s, size_t n, char out[NAME_KEY_MAX])
{
    size_t k = 0;
    for (size_t i = 0; i < n && k + 1 < NAME_KEY_MAX; i++) {
        char c = s[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
        if (plain) out[k++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        else if (k && out[k - 1] != '-') out[k++] = '-';
    }
    while (k && out[k - 1] == '-') k--;
    out[k] = 0;
    return k;
}

/* The first who has a name keeps it. */
static status put_name(struct folder *f, char kind, const char *name, size_t n, size_t index)
{
    char key[NAME_KEY_MAX + 1];
    key[0] = kind;
    size_t k = name_key(name, n, key + 1);
    if (!k || strmap_get(&f->names, key, k + 1, NULL)) return OK;
    return strmap_put(&f->names, key, k + 1, index);
}

static status put_key(struct folder *f, char kind, const char *text, size_t n, size_t *index)
{
    TRY(mem_grow(&f->keys, &f->cap_keys, f->n_keys + 1, sizeof *f->keys));
    *index = f->n_keys;
    f->keys[f->n_keys] = arena_printf(&f->arena, "%c%.*s", kind, (int)n, text);
    return f->keys[f->n_keys++] ? OK : fail_nomem("importing pictures");
}

static const char *next_level(const char *from)
{
    const char *mark = strstr(from, " > ");
    return mark ? mark : from + strlen(from);
}

/* The levels of a category, and what each is called in the other languages: "数码 > 耳机" is also "electronics-headphones", "headphones". */
static status put_category(struct folder *f, const struct product *p)
{
    const char *names[3] = {p->category, p->category_en, p->category_zh}, *ends[3] = {p->category, p->category_en, p->category_zh};
    while (*ends[0]) {
        size_t index;
        const char *starts[3];
        for (int i = 0; i < 3; i++) {
            starts[i] = strncmp(ends[i], " > ", 3) == 0 ? ends[i] + 3 : ends[i];
            ends[i] = next_level(starts[i]);
        }
        TRY(put_key(f, 'c', names[0], (size_t)(ends[0] - names[0]), &index));
        for (int i = 0; i < 3; i++) {
            if (ends[i] == starts[i]) continue;
            TRY(put_name(f, 'c', names[i], (size_t)(ends[i] - names[i]), index));
            TRY(put_name(f, 'c', starts[i], (size_t)(ends[i] - starts[i]), index));
        }
    }
    return OK;
}

static status note_product(void *context, const struct product *p)
{
    struct folder *f = context;
    size_t index;
    TRY(put_key(f, 'p', p->id, strlen(p->id), &index));
    TRY(put_name(f, 'p', p->id, strlen(p->id), index));
    TRY(put_category(f, p));
    if (!p->image[0] || strstr(p->image, "://")) return OK;
    struct named *n = arena_zalloc(&f->arena, 1, sizeof *n);
    if (!n || !(n->image = arena_strdup(&f->arena, p->image))) return fail_nomem("importing pictures");
    n->key = f->keys[index];
    n->next = f->images;
    f->images = n;
    return OK;
}

/* ---- files ---- */

/* What a feed names must lie in the folder, links followed: "../../etc" is no picture. */
static bool is_inside(const struct folder *f, const char *path)
{
    char real[PATH_MAX];
    size_t n = strlen(f->real);
    return realpath(path, real) && strncmp(real, f->real, n) == 0 && (real[n] == '/' || n == 1);
}

static status take_file(struct folder *f, const char *key, const char *name)
{
    struct strbuf path = {0};
    char *data = NULL;
    size_t n;
    bool added = false;
    strbuf_printf(&path, "%s/%s", f->path, name);
    f->report->seen++;
    status s = strbuf_status(&path);
    if (s == OK && !is_inside(f, path.data)) s = fail(ERR_USAGE, "it is not in the folder, or not there");
    if (s == OK) s = file_read(path.data, PICTURE_BYTES_MAX, &data, &n);
    if (s == OK) s = pictures_keep(f->pictures, key, name, (const uint8_t *)data, n, true, &added);
    mem_free(data);
    strbuf_release(&path);
    if (s == ERR_NOMEM) return s;
    if (s != OK) report_refused(f->report, name);
    else if (added) f->report->added++;
    else f->report->unchanged++;
    return OK;
}

/* The key of a file by its name: a product before a category. NULL: it is named by neither. */
static const char *key_of_file(const struct folder *f, const char *name)
{
    static const char kinds[] = "pc";
    const char *dot = strrchr(name, '.');
    size_t n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    for (int i = 0; i < 2; i++) {
        char key[NAME_KEY_MAX + 1];
        uint64_t index;
        key[0] = kinds[i];
        size_t k = name_key(name, n, key + 1);
        if (strmap_get(&f->names, key, k + 1, &index)) return f->keys[index];
    }
    return NULL;
}

static bool looks_like_picture(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".webp", ".svg"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0) return true;
    return false;
}

static status take_entry(struct folder *f, const char *name)
{
    const char *key = key_of_file(f, name);
    if (key) return take_file(f, key, name);
    for (const struct named *n = f->images; n; n = n->next)
        if (strcmp(n->image, name) == 0) return OK;   /* comes with its product */
    if (!looks_like_picture(name)) return OK;
    f->report->seen++;
    fail(ERR_NOT_FOUND, "named by no product and no category of the catalogue");
    report_refused(f->report, name);
    return OK;
}

static status read_folder(struct folder *f, const struct progress *progress)
{
    DIR *d = opendir(f->path);
    if (!d) return fail_errno("read", f->path);
    status s = OK;
    for (const struct dirent *e; s == OK && (e = readdir(d));) {
        if (e->d_name[0] == '.' || e->d_type == DT_DIR) continue;
        if (!progress_report(progress, "pictures", f->report->seen, 0, e->d_name)) s = fail_interrupted("importing pictures");
        else s = take_entry(f, e->d_name);
    }
    closedir(d);
    for (const struct named *n = f->images; s == OK && n; n = n->next) s = take_file(f, n->key, n->image);
    return s;
}

status pictures_import(struct pictures *p, const char *path, struct pictures_report *r, const struct progress *progress)
{
    struct folder f = {.pictures = p, .path = path, .report = r};
    *r = (struct pictures_report){0};
    if (!realpath(path, f.real)) return fail_errno("read", path);
    strmap_init(&f.names);
    arena_init(&f.arena, 0);
    status s = catalogue_each(p->catalogue, note_product, &f);
    if (s == OK) s = read_folder(&f, progress);
    strmap_release(&f.names);
    arena_release(&f.arena);
    mem_free(f.keys);
    return s;
}

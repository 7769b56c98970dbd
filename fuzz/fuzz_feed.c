#include "fuzz_feed.h"

#include <string.h>

#include "store/store.h"

struct shop {
    struct store *store;
    struct catalogue *catalogue;
};

static struct shop shop_new(void)
{
    struct shop s;
    PROMISE(store_open(":memory:", STORE_READ_WRITE, &s.store) == OK && catalogue_open(s.store, &s.catalogue) == OK);
    return s;
}

static void shop_free(struct shop *s)
{
    catalogue_close(s->catalogue);
    store_close(s->store);
}

static status append(void *context, const void *data, size_t n)
{
    strbuf_add(context, data, n);
    return OK;
}

static void again(struct shop *s, enum export_format format, const char *name)
{
    struct strbuf out = {0};
    struct import_result r;
    int64_t n, version, back;
    PROMISE(catalogue_count(s->catalogue, &n) == OK && catalogue_version(s->catalogue, &version) == OK);
    PROMISE(catalogue_export(s->catalogue, &(struct export_options){.format = format}, append, &out, NULL) == OK);
    const char *path = scratch_path(name);
    scratch_write(path, (const uint8_t *)strbuf_str(&out), out.len);
    struct shop other = shop_new();
    status done = catalogue_import(other.catalogue, path, &(struct import_options){0}, &r, NULL);
    if (done != OK) fprintf(stderr, "%s\n", status_message());
    PROMISE(done == OK && r.rejected == 0 && r.added == (uint64_t)n);
    PROMISE(catalogue_version(other.catalogue, &back) == OK);
    PROMISE(format != EXPORT_JSONL || back == version);
    shop_free(&other);
    strbuf_release(&out);
}

static status count(void *context, const struct product *p)
{
    size_t *n = context;
    (void)p;
    ++*n;
    return OK;
}

void import_and_export(const char *name, enum feed_format format, const uint8_t *data, size_t n)
{
    struct shop s = shop_new();
    struct import_result r;
    size_t seen = 0;
    const char *path = scratch_path(name);
    scratch_write(path, data, n);
    status done = catalogue_import(s.catalogue, path, &(struct import_options){.format = format}, &r, NULL);
    if (done != OK) promise_sentence(done);
    PROMISE(catalogue_each(s.catalogue, count, &seen) == OK);
    PROMISE(done == OK ? seen == r.added : seen == 0);
    if (seen) {
        again(&s, EXPORT_JSONL, "out.jsonl");
        again(&s, EXPORT_GOOGLE_XML, "out.xml");
        again(&s, EXPORT_GOOGLE_TSV, "out.tsv");
    }
    shop_free(&s);
}

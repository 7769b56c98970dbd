/* A feed into the catalogue. The first byte chooses the format; every row is taken or rejected with a reason. */
#include "fuzz.h"
#include "catalogue/catalogue.h"
#include "store/store.h"

#include <string.h>
#include <unistd.h>

static status count(void *context, const struct product *p)
{
    size_t *n = context;
    (void)p;
    ++*n;
    return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"feed.csv", "feed.tsv", "feed.jsonl"};
    struct store *store;
    struct catalogue *c;
    struct import_result result;
    size_t n = 0;
    const struct import_options options = {.default_currency = "CNY"};
    if (size < 1) return 0;
    const char *path = scratch_path(names[data[0] % 3]);
    scratch_write(path, data + 1, size - 1);
    PROMISE(store_open(":memory:", STORE_READ_WRITE, &store) == OK && catalogue_open(store, &c) == OK);
    status s = catalogue_import(c, path, &options, &result, NULL);
    if (s != OK) promise_sentence(s);
    PROMISE(catalogue_each(c, count, &n) == OK);   /* what was stored can be read again */
    PROMISE(s == OK ? n == result.added : n == 0);
    catalogue_close(c);
    store_close(store);
    return 0;
}

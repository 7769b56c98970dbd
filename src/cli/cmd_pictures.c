/* daogou pictures: what shoppers see of the products. */
#include "pictures/pictures.h"
#include "cli_shop.h"

#include <string.h>

const char help_pictures[] =
    "usage: daogou pictures import DIR\n"
    "       daogou pictures fetch [--allow-private] [--timeout MS] [--max-bytes N]\n\n"
    "import  takes JPEG, PNG, WebP and SVG files of a folder in: named by a product's id (EL-1001.svg) or a category\n"
    "        (electronics-headphones.png, headphones.png), or named by products as their image, relative to the folder\n"
    "fetch   gets the http(s) addresses that products name as their image, from the public internet only; nothing else of daogou\n"
    "        ever goes there. Those fetched before are passed over.\n"
    "Each is checked before it is decoded, made small (160 and 480 pixels, WebP) and kept beside the database, in DB.pictures.\n\n"
    "options:\n"
    "  --allow-private  fetch from loopback and private networks too\n"
    "  --timeout MS     for one picture; default 20000\n"
    "  --max-bytes N    of one picture; default 10 MiB\n\n"
    "example:\n"
    "  daogou pictures import examples/shop/pictures\n";

static status print(const struct pictures_report *r, struct pictures *p, const struct cli_globals *g)
{
    int64_t n;
    TRY(pictures_count(p, &n));
    if (g->json)
        printf("{\"seen\":%llu,\"added\":%llu,\"unchanged\":%llu,\"refused\":%llu,\"pictures\":%lld}\n", (unsigned long long)r->seen,
               (unsigned long long)r->added, (unsigned long long)r->unchanged, (unsigned long long)r->refused, (long long)n);
    else
        printf("%llu seen, %llu added, %llu unchanged, %llu refused; the shop has %lld pictures\n", (unsigned long long)r->seen,
               (unsigned long long)r->added, (unsigned long long)r->unchanged, (unsigned long long)r->refused, (long long)n);
    if (r->refused) cli_note(g, "first refused: %s", r->first_reason);
    return OK;
}

static status work(struct shop *s, char **words, size_t n, const struct pictures_fetch_options *o)
{
    struct pictures *p = NULL;
    struct pictures_report r;
    struct strbuf folder = {0};
    bool import = n == 2 && strcmp(words[0], "import") == 0;
    FAIL_IF(!import && !(n == 1 && strcmp(words[0], "fetch") == 0), ERR_USAGE, "say 'pictures import DIR' or 'pictures fetch'");
    FAIL_IF(!file_exists(s->options.db), ERR_NOT_FOUND, "there is no shop at '%s'; make one with 'daogou import FILE' or name another with --db", s->options.db);
    TRY(shop_open_catalogue(s, STORE_READ_WRITE));
    strbuf_printf(&folder, "%s.pictures", s->options.db);
    status done = strbuf_status(&folder);
    if (done == OK) done = pictures_open(s->store, s->catalogue, folder.data, &p);
    if (done == OK) done = import ? pictures_import(p, words[1], &r, cli_progress(s->options.context)) : pictures_fetch(p, o, &r, cli_progress(s->options.context));
    cli_progress_done();
    if (done == OK) done = print(&r, p, s->options.context);
    pictures_close(p);
    strbuf_release(&folder);
    return done;
}

static status run(int argc, char **argv, const struct cli_globals *g, char **words)
{
    struct pictures_fetch_options o = {0};
    size_t n, timeout = 0;
    const struct cli_option options[] = {
        {"--allow-private", OPTION_FLAG, &o.allow_private}, {"--timeout", OPTION_SIZE, &timeout}, {"--max-bytes", OPTION_SIZE, &o.bytes_max},
    };
    struct shop s;
    TRY(cli_parse(argc, argv, options, sizeof options / sizeof options[0], words, &n));
    FAIL_IF(timeout > 600000, ERR_USAGE, "option --timeout needs up to 600000 milliseconds, not %zu", timeout);
    o.timeout_ms = (long)timeout;
    cli_shop_init(&s, g);
    status done = work(&s, words, n, &o);
    shop_release(&s);
    return done;
}

int cmd_pictures(int argc, char **argv, const struct cli_globals *g)
{
    char **words = mem_zalloc((size_t)argc + 1, sizeof *words);
    status s = words ? run(argc, argv, g, words) : fail_nomem("importing pictures");
    mem_free(words);
    return s == OK ? EXIT_DONE : cli_fail(g, argv[0], s);
}

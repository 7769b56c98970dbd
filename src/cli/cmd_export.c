/* daogou export: the catalogue as a feed for other programs. */
#include "cli_shop.h"

#include <string.h>

const char help_export[] =
    "usage: daogou export --format F [--out FILE] [--title T] [--link URL]\n\n"
    "Writes every product of the shop as a feed, to standard output or, whole or not at all, to a file. Importing it gives the same\n"
    "products; docs/feeds.md says which field goes where, and what ACP has no place for.\n\n"
    "options:\n"
    "  --format F     google-tsv, google-xml (RSS 2.0), acp (products.jsonl of the Agentic Commerce Protocol), jsonl, csv\n"
    "  --out FILE     instead of standard output\n"
    "  --title T      of the channel in google-xml; default: the database's name\n"
    "  --link URL     of the shop in google-xml\n\n"
    "examples:\n"
    "  daogou export --format google-xml --out feed.xml --title \"My shop\" --link https://shop.example\n"
    "  daogou export --format jsonl | gzip > catalogue.jsonl.gz\n";

static const char *const formats[] = {[EXPORT_GOOGLE_TSV] = "google-tsv", [EXPORT_GOOGLE_XML] = "google-xml", [EXPORT_ACP] = "acp",
                                      [EXPORT_JSONL] = "jsonl", [EXPORT_CSV] = "csv"};

static status parse_format(const char *name, enum export_format *out)
{
    for (int i = 0; i <= EXPORT_CSV; i++)
        if (strcmp(formats[i], name) == 0) return *out = (enum export_format)i, OK;
    return fail(ERR_USAGE, "option --format needs google-tsv, google-xml, acp, jsonl or csv, not '%s'", name);
}

static status to_stdout(void *context, const void *data, size_t n)
{
    (void)context;
    return fwrite(data, 1, n, stdout) == n ? OK : fail(ERR_IO, "cannot write the feed to stdout; check the disk or the pipe");
}

static status to_file(void *context, const void *data, size_t n)
{
    atomic_file_write(context, data, n);
    return OK;
}

static status write_file(struct shop *s, const struct export_options *o, const char *path)
{
    struct atomic_file f = {0};
    TRY(atomic_file_open(&f, path));
    status written = catalogue_export(s->catalogue, o, to_file, &f, cli_progress(s->options.context));
    cli_progress_done();
    if (written == OK) return atomic_file_commit(&f);
    atomic_file_abort(&f);
    return written;
}

static status run(int argc, char **argv, const struct cli_globals *g, char **operands)
{
    const char *format = "", *out = NULL, *title = NULL, *link = NULL;
    const struct cli_option options[] = {
        {"--format", OPTION_STRING, &format}, {"--out", OPTION_STRING, &out}, {"--title", OPTION_STRING, &title}, {"--link", OPTION_STRING, &link},
    };
    struct export_options o = {0};
    struct shop s;
    size_t n;
    TRY(cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n));
    FAIL_IF(n != 0, ERR_USAGE, "export takes no '%s'; name the file with --out", operands[0]);
    FAIL_IF(!format[0], ERR_USAGE, "name the format with --format: google-tsv, google-xml, acp, jsonl or csv");
    TRY(parse_format(format, &o.format));
    const char *slash = strrchr(g->db, '/');
    o.title = title ? title : slash ? slash + 1 : g->db;
    o.link = link;
    cli_shop_init(&s, g);
    status done = shop_open_catalogue(&s, STORE_READ_ONLY);
    if (done == OK) done = out ? write_file(&s, &o, out) : catalogue_export(s.catalogue, &o, to_stdout, NULL, NULL);
    shop_release(&s);
    return done;
}

int cmd_export(int argc, char **argv, const struct cli_globals *g)
{
    char **operands = mem_zalloc((size_t)argc + 1, sizeof *operands);
    status s = operands ? run(argc, argv, g, operands) : fail_nomem("exporting");
    mem_free(operands);
    return s == OK ? EXIT_DONE : cli_fail(g, argv[0], s);
}

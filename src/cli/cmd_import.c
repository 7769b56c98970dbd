/* daogou import: feeds into the catalogue, one transaction a file, then the index. */
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "catalogue/catalogue.h"
#include "cli_shop.h"

const char help_import[] =
    "usage: daogou import FILE... [options]\n\n"
    "Takes products in from files ('-' is stdin): CSV and TSV with columns of any names, Google Merchant's feeds (TSV, RSS, Atom), the\n"
    "product exports of Shopify and WooCommerce, JSON Lines, ACP's products.jsonl, and schema.org JSON-LD, alone or in a web page. What a\n"
    "file is shows by its content (docs/feeds.md). A product whose id is there already is updated; one that is the same stays untouched. A file is imported as a whole or, when it fails, not at all; rows that cannot be used are\n"
    "rejected with file, line and reason. Columns are found by their names, in Chinese and English; other columns become\n"
    "attributes. Then the index is brought up to date.\n\n"
    "options:\n"
    "  --format F           auto (default), csv, tsv, jsonl, json, html, xml; where the file must be one of these: google-tsv, google-xml,\n"
    "                       shopify, woocommerce, acp, schema.org\n"
    "  --map FIELD=COLUMN   this column is that field; may be repeated. Fields: id, title, brand, category, description, url,\n"
    "                       image, price, list_price, currency, stock, rating, rating_count, title_en, title_zh, category_en,\n"
    "                       category_zh, description_en, description_zh; any other name is an attribute\n"
    "  --currency CODE      of prices that name none, e.g. CNY\n"
    "  --errors FILE        write the rejected rows there, as JSON Lines {\"file\",\"line\",\"reason\",\"row\"}\n"
    "  --strict             a rejected row fails its file\n"
    "  --no-index           leave the index to the next command\n\n"
    "examples:\n"
    "  daogou import examples/shop/products/*.jsonl\n"
    "  daogou import google.xml shopify_products.csv page.html --currency USD\n"
    "  daogou import products.csv --map title=商品全称 --map 材质=mat --currency CNY --errors rejected.jsonl\n"
    "  zcat feed.csv.gz | daogou import - --format csv --json\n";

/* ---- options ---- */

struct import_command {
    struct cli_strings maps;
    const char *format, *errors, *currency;
    bool strict, no_index;
    char **files;
    size_t n_files;
};

static status parse(struct import_command *command, int argc, char **argv, struct import_options *o)
{
    const struct cli_option options[] = {
        {"--format", OPTION_STRING, &command->format}, {"--map", OPTION_STRINGS, &command->maps},
        {"--errors", OPTION_STRING, &command->errors}, {"--currency", OPTION_STRING, &command->currency},
        {"--strict", OPTION_FLAG, &command->strict},   {"--no-index", OPTION_FLAG, &command->no_index},
    };
    TRY(cli_parse(argc, argv, options, sizeof options / sizeof options[0], command->files, &command->n_files));
    FAIL_IF(command->n_files == 0, ERR_USAGE, "name at least one file to import");
    FAIL_IF(strlen(command->currency) != 0 && strlen(command->currency) != 3, ERR_USAGE,
            "option --currency needs three letters such as CNY, not '%s'", command->currency);
    *o = (struct import_options){.maps = command->maps.items, .n_maps = command->maps.n, .strict = command->strict,
                                 .default_currency = command->currency};
    return feed_from_name(command->format, &o->format, &o->layout);
}

/* ---- rejected rows of several files in one ---- */

/* The catalogue writes one file of errors a feed; they are gathered here, and the parts go away. */
struct error_parts {
    struct atomic_file whole;
    struct strbuf part;
};

static status append_part(struct error_parts *e)
{
    FILE *f = fopen(e->part.data, "rb");
    if (!f) return OK;   /* the feed failed before it had any */
    char chunk[65536];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) atomic_file_write(&e->whole, chunk, n);
    status s = ferror(f) ? fail_errno("read", e->part.data) : OK;
    fclose(f);
    unlink(e->part.data);
    return s;
}

static status start_errors(const struct import_command *command, struct import_options *o, struct error_parts *e)
{
    *e = (struct error_parts){0};
    o->errors_path = command->errors;
    if (!command->errors || command->n_files == 1) return OK;
    strbuf_printf(&e->part, "%s.part.%ld", command->errors, (long)getpid());
    TRY(strbuf_status(&e->part));
    TRY(atomic_file_open(&e->whole, command->errors));
    o->errors_path = e->part.data;
    return OK;
}

/* Also after a failure: the rows rejected so far say what to mend. The first failure's message stays. */
static status finish_errors(struct error_parts *e, status s)
{
    char message[STATUS_MESSAGE_MAX];
    snprintf(message, sizeof message, "%s", status_message());
    status gathered = OK;
    if (e->whole.stream && s == ERR_INTERRUPTED) {
        atomic_file_abort(&e->whole);
    } else if (e->whole.stream) {
        gathered = append_part(e);
        status written = atomic_file_commit(&e->whole);
        if (gathered == OK) gathered = written;
    }
    strbuf_release(&e->part);
    return s != OK ? fail(s, "%s", message) : gathered;
}

/* ---- importing ---- */

static void add(struct import_result *sum, const struct import_result *r)
{
    sum->read += r->read;
    sum->added += r->added;
    sum->updated += r->updated;
    sum->unchanged += r->unchanged;
    sum->rejected += r->rejected;
}

static status import_files(const struct import_command *command, struct catalogue *c, struct import_options *o,
                           struct import_result *results, const struct cli_globals *g)
{
    struct error_parts errors;
    status s = start_errors(command, o, &errors);
    for (size_t i = 0; s == OK && i < command->n_files; i++) {
        s = catalogue_import(c, command->files[i], o, &results[i], cli_progress(g));
        if (s == OK && errors.whole.stream) s = append_part(&errors);
        if (s != OK && i > 0) cli_note(g, "imported before '%s' failed: %zu of %zu files", command->files[i], i, command->n_files);
    }
    cli_progress_done();
    return finish_errors(&errors, s);
}

static status import_into(const struct import_command *command, struct import_options *o, struct import_result *results,
                          const struct cli_globals *g, int64_t *count)
{
    struct store *store = NULL;
    struct catalogue *c = NULL;
    status s = store_open(g->db, STORE_READ_WRITE, &store);
    if (s == OK) s = catalogue_open(store, &c);
    if (s == OK) s = import_files(command, c, o, results, g);
    if (s == OK) s = catalogue_count(c, count);
    catalogue_close(c);
    store_close(store);
    return s;
}

/* ---- the summary ---- */

static void print_counts(const char *name, const struct import_result *r)
{
    printf("%s: %llu read, %llu added, %llu updated, %llu unchanged, %llu rejected\n", name, (unsigned long long)r->read,
           (unsigned long long)r->added, (unsigned long long)r->updated, (unsigned long long)r->unchanged, (unsigned long long)r->rejected);
}

static void print_summary(const struct import_command *command, const struct import_result *results, const struct cli_globals *g, int64_t count)
{
    struct import_result sum = {0};
    for (size_t i = 0; i < command->n_files; i++) {
        print_counts(command->files[i], &results[i]);
        add(&sum, &results[i]);
        if (results[i].rejected)
            cli_note(g, "first rejected row: %s%s", results[i].first_reason, command->errors ? "" : " (--errors FILE lists all)");
    }
    if (command->n_files > 1) print_counts("together", &sum);
    printf("%s has %lld products now\n", g->db, (long long)count);
}

static json_t *counts_json(const struct import_result *r)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I}", "read", (json_int_t)r->read, "added", (json_int_t)r->added, "updated", (json_int_t)r->updated,
                     "unchanged", (json_int_t)r->unchanged, "rejected", (json_int_t)r->rejected);
}

static status print_json(const struct import_command *command, const struct import_result *results)
{
    struct import_result sum = {0};
    json_t *files = json_array();
    for (size_t i = 0; i < command->n_files; i++) {
        add(&sum, &results[i]);
        json_t *file = counts_json(&results[i]), *name = json_string(command->files[i]);
        /* A file name need not be UTF-8; then its number in the list has to do. */
        json_object_set_new(file, "file", name ? name : json_null());
        if (results[i].rejected) json_object_set_new(file, "first_reason", json_string(results[i].first_reason));
        json_array_append_new(files, file);
    }
    json_t *whole = counts_json(&sum);
    bool good = whole && json_object_set_new(whole, "files", files) == 0 && json_dumpf(whole, stdout, JSON_COMPACT) == 0;
    if (!whole) json_decref(files);
    json_decref(whole);
    putchar('\n');
    return good ? OK : fail(ERR_IO, "cannot write the result to stdout; check the disk or the pipe");
}

/* ---- the command ---- */

static status run(struct import_command *command, int argc, char **argv, const struct cli_globals *g)
{
    struct import_options o;
    int64_t count;
    TRY(parse(command, argc, argv, &o));
    struct import_result *results = mem_zalloc(command->n_files, sizeof *results);
    if (!results) return fail_nomem("importing");
    status s = import_into(command, &o, results, g, &count);
    if (s == OK && !command->no_index) s = cli_refresh_index(g);
    if (s == OK && g->json) s = print_json(command, results);
    else if (s == OK) print_summary(command, results, g, count);
    mem_free(results);
    return s;
}

int cmd_import(int argc, char **argv, const struct cli_globals *g)
{
    struct import_command command = {.format = "auto", .currency = ""};
    command.files = mem_zalloc((size_t)argc + 1, sizeof *command.files);
    status s = command.files ? run(&command, argc, argv, g) : fail_nomem("importing");
    mem_free(command.files);
    mem_free(command.maps.items);
    return s == OK ? EXIT_DONE : cli_fail(g, argv[0], s);
}

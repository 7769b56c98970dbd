/* daogou documents: import, list, remove. */
#include "cli_shop.h"

#include <jansson.h>
#include <string.h>

const char help_documents[] =
    "usage: daogou documents import FILE...\n"
    "       daogou documents list\n"
    "       daogou documents remove NAME...\n"
    "\n"
    "The shop's own documents, from which 'daogou answer' quotes.\n"
    "  .md            a passage a heading; also lines \"Q: ...\" and \"A: ...\" (问：... 答：...)\n"
    "  .csv, .jsonl   pairs of question and answer (问题, 答案)\n"
    "A document is known by its file's name; its language is told by NAME.zh.md, NAME.en.md, or by the text. Importing it again replaces it.\n"
    "All files of one command are taken in, or none.\n"
    "\n"
    "example:\n"
    "  daogou documents import examples/shop/documents/*.md\n"
    "  daogou documents list\n"
    "  daogou documents remove warranty.en.md\n";

static status import(char **paths, size_t n, struct documents *d, const struct cli_globals *g)
{
    struct documents_report r;
    status s = documents_import(d, (const char *const *)paths, n, &r, cli_progress(g));
    cli_progress_done();
    TRY(s);
    if (g->json)
        printf("{\"read\":%zu,\"added\":%zu,\"updated\":%zu,\"unchanged\":%zu,\"passages\":%zu}\n", r.read, r.added, r.updated, r.unchanged, r.passages);
    else printf("%zu documents with %zu passages: %zu new, %zu updated, %zu unchanged\n", r.read, r.passages, r.added, r.updated, r.unchanged);
    return OK;
}

static status print_row(void *context, const struct document_row *row)
{
    json_t *list = context;
    if (list)
        return json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:I}", "name", row->name, "title", row->title, "language", row->language, "passages",
                                                     (json_int_t)row->passages, "imported_ms", (json_int_t)row->imported_ms)) == 0
                   ? OK
                   : fail_nomem("listing documents");
    printf("%-28s %s %3lld passages  %s\n", row->name, row->language, (long long)row->passages, row->title);
    return OK;
}

static status list(struct documents *d, const struct cli_globals *g)
{
    json_t *rows = g->json ? json_array() : NULL;
    status s = documents_each(d, print_row, rows);
    if (s == OK && rows) {
        json_dumpf(rows, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    json_decref(rows);
    return s;
}

static status run(const char *what, char **names, size_t n, struct documents *d, const struct cli_globals *g)
{
    status s = OK;
    if (strcmp(what, "import") == 0) s = import(names, n, d, g);
    else if (strcmp(what, "list") == 0) s = list(d, g);
    else
        for (size_t i = 0; s == OK && i < n; i++) s = documents_remove(d, names[i]);
    return s;
}

int cmd_documents(int argc, char **argv, const struct cli_globals *g)
{
    const char *what = argc > 1 ? argv[1] : "";
    bool known = strcmp(what, "import") == 0 || strcmp(what, "list") == 0 || strcmp(what, "remove") == 0;
    if (!known) return cli_usage("documents", "say what to do: import FILE..., list, or remove NAME...");
    char *operands[argc + 1];
    size_t n;
    if (cli_parse(argc - 1, argv + 1, NULL, 0, operands, &n) != OK) return cli_usage("documents", "%s", status_message());
    if ((n == 0) != (strcmp(what, "list") == 0)) return cli_usage("documents", n ? "documents list takes no names" : "name the files or documents");
    struct shop shop;
    struct documents *d = NULL;
    cli_shop_init(&shop, g);
    status s = shop_open_catalogue(&shop, STORE_READ_WRITE);
    if (s == OK) s = documents_open(shop.store, &d);
    if (s == OK) s = run(what, operands, n, d, g);
    documents_close(d);
    shop_release(&shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "documents", s);
}

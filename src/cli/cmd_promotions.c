/* daogou promotions: the shop's promotions in and out. */
#include "cart_shop.h"

#include <string.h>
#include <time.h>

const char help_promotions[] =
    "usage: daogou promotions import FILE\n"
    "       daogou promotions list [--at TIME] [--language zh|en]\n\n"
    "import makes the promotions of a JSON file the shop's promotions, all of them or, when one is wrong, none; the message names file,\n"
    "promotion, field and reason. What shoppers have used stays counted by the promotion's id. Products, categories and brands that a\n"
    "promotion names must be in the catalogue, so import that first. list shows them and which are running. The format and the rules:\n"
    "docs/promotions.md.\n\n"
    "examples:\n"
    "  daogou promotions import examples/shop/promotions.json\n"
    "  daogou promotions list --at 2026-12-12\n"
    "  daogou promotions list --json\n";

static status import_command(struct shop *shop, const char *path, const struct cli_globals *g)
{
    size_t n = 0;
    /* Read-write would make a shop where there is none; promotions need one. */
    FAIL_IF(!file_exists(g->db), ERR_NOT_FOUND, "there is no shop at '%s'; make one with 'daogou import FILE' or name another with --db", g->db);
    TRY(shop_open_catalogue(shop, STORE_READ_WRITE));
    TRY(shop_promotions_import(shop, path, &n));
    if (g->json) printf("{\"promotions\": %zu}\n", n);
    else printf("%s has %zu promotions now\n", g->db, n);
    return OK;
}

/* ---- the list ---- */

/* As the promotion's shop shows the time. */
static void put_moment(int64_t unix_s, int offset_minutes, char out[32])
{
    time_t t = (time_t)(unix_s + (int64_t)offset_minutes * 60);
    struct tm parts;
    gmtime_r(&t, &parts);
    strftime(out, 32, "%Y-%m-%d %H:%M", &parts);
}

static const char *state(const struct promotion *p, int64_t now)
{
    return p->starts && now < p->starts ? "coming" : p->ends && now >= p->ends ? "over" : "running";
}

static const char *state_zh(const char *name) { return strcmp(name, "coming") == 0 ? "未开始" : strcmp(name, "over") == 0 ? "已结束" : "进行中"; }

static void list_text(const struct promotion_list *list, int64_t now, enum language l)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct promotion *p = &list->items[i];
        char from[32] = "…", to[32] = "…";
        bool zh = l == LANGUAGE_ZH;
        if (p->starts) put_moment(p->starts, p->utc_offset_minutes, from);
        if (p->ends) put_moment(p->ends, p->utc_offset_minutes, to);
        printf("%s  %s  %s  %s – %s  %s%s%s\n", p->id, zh ? state_zh(state(p, now)) : state(p, now), promotion_kind_name(p->kind), from, to,
               zh ? p->name_zh : p->name_en, *p->code ? "  " : "", p->code);
    }
}

static status list_json(const struct promotion_list *list, int64_t now)
{
    json_t *all = json_array();
    for (size_t i = 0; i < list->n; i++) {
        const struct promotion *p = &list->items[i];
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "id", p->id, "name", p->name_zh, "name_en", p->name_en, "kind",
                                             promotion_kind_name(p->kind), "state", state(p, now), "starts", (json_int_t)p->starts, "ends",
                                             (json_int_t)p->ends, "code", p->code));
    }
    json_t *whole = json_pack("{s:o}", "promotions", all);
    bool good = whole && json_dumpf(whole, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF;
    json_decref(whole);
    return good ? OK : fail(ERR_IO, "cannot write the result to stdout; check the disk or the pipe");
}

static status list_command(struct shop *shop, const char *at, const char *language, struct arena *a, const struct cli_globals *g)
{
    struct promotion_list list;
    enum language l;
    int64_t now;
    TRY(cli_language(language, &l));
    TRY(cli_moment(at, &now));
    TRY(shop_open_catalogue(shop, STORE_READ_ONLY));
    TRY(promotions_load(shop->store, a, &list));
    if (g->json) return list_json(&list, now);
    list_text(&list, now, l);
    if (list.n == 0) cli_note(g, "the shop has no promotions; take some in with 'daogou promotions import FILE'");
    return OK;
}

/* ---- the command ---- */

static status run(int argc, char **argv, struct shop *shop, struct arena *a, const struct cli_globals *g)
{
    const char *at = NULL, *language = NULL;
    const struct cli_option options[] = {{"--at", OPTION_STRING, &at}, {"--language", OPTION_STRING, &language}};
    size_t n = 0;
    TRY(cli_parse(argc, argv, options, sizeof options / sizeof options[0], argv + 1, &n));
    const char *what = n ? argv[1] : "";
    if (strcmp(what, "import") == 0) {
        FAIL_IF(n != 2, ERR_USAGE, "name one file of promotions: daogou promotions import FILE");
        return import_command(shop, argv[2], g);
    }
    FAIL_IF(strcmp(what, "list") != 0 || n != 1, ERR_USAGE, "what to do is missing or not known; use import FILE or list");
    return list_command(shop, at, language, a, g);
}

int cmd_promotions(int argc, char **argv, const struct cli_globals *g)
{
    struct shop shop;
    struct arena a;
    cli_shop_init(&shop, g);
    arena_init(&a, 0);
    status s = run(argc, argv, &shop, &a, g);
    arena_release(&a);
    shop_release(&shop);
    return s == OK ? EXIT_DONE : cli_fail(g, argv[0], s);
}

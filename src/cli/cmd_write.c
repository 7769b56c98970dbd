/* write: checked copy about a product, about bare attributes, or for a file of them. */
#include "jsonl.h"
#include "render.h"
#include "cli_shop.h"
#include "writing_options.h"

#include <string.h>

const char help_write[] =
    "usage: daogou write --product ID [--need TEXT] [--lang zh|en] [--style plain] [-n N]\n"
    "       daogou write --attributes TEXT [-n N]\n"
    "       daogou write --batch FILE.jsonl\n\n"
    "Writes copy about a product. Every claim is traced to a field of the record; a draft with an unsupported claim is written\n"
    "again without it, and at last a plain sentence from the record stands in.\n\n"
    "  --product ID       a product of the shop at --db\n"
    "  --need TEXT        what the shopper asked for; its language is the text's, unless --lang says otherwise\n"
    "  --attributes TEXT  \"类型#裤*版型#宽松\" or \"类型: 裤; 版型: 宽松\"\n"
    "  --batch FILE       JSON Lines {\"id\",\"content\"} -> {\"id\",\"text\"}\n"
    "  --style plain      the sentence from the record alone\n"
    "  -n N               N different texts\n\n"
    "decoding:\n"
    "  --decode M               greedy, beam (default) or sample\n"
    "  --beams N                beam size (4)\n"
    "  --length-penalty A       beam: higher favours longer texts (1.0)\n"
    "  --temperature T --top-k K --top-p P --min-p P --seed N       sampling\n"
    "  --repetition-penalty R   of words already written (1; attributes without --decode: 1.15)\n"
    "  --no-repeat-ngram N --min-tokens N --max-tokens N\n"
    "  --consensus N            write N drafts and keep the one that the others agree with most (0; attributes without --decode: 16)\n\n"
    "examples:\n"
    "  daogou write --product KT-1011 --need \"送爸爸的保温杯\" -n 3\n"
    "  daogou write --product KT-1011 --lang en --json\n"
    "  daogou write --attributes \"类型#裙*颜色#红色*材质#棉\" --decode sample --seed 7\n";

struct request {
    const struct cli_globals *g;
    struct writing_options options;
    const char *product, *need, *attributes, *batch, *language;
};

static status print_texts(const struct cli_globals *g, const struct writing *w, enum language l)
{
    if (!g->json) {
        for (size_t i = 0; i < w->n; i++) render_written_text(&w->items[i], l);
        return OK;
    }
    json_t *texts = json_array();
    for (size_t i = 0; i < w->n; i++) json_array_append_new(texts, shop_written_json(&w->items[i]));
    json_t *root = json_pack("{s:o}", "texts", texts);
    if (!root) return fail_nomem("printing texts");
    json_dumpf(root, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(root);
    return OK;
}

static status write_record(struct shop *s, const struct request *q, const struct record *record, enum language l)
{
    struct writing w;
    TRY(copywriter_write(s->copywriter, q->need, record, l, &q->options.write, &w));
    status r = print_texts(q->g, &w, l);
    writing_release(&w);
    return r;
}

/* ---- one product ---- */

static status language_of(const struct request *q, const char *otherwise, enum language *l)
{
    const char *text = *q->need ? q->need : otherwise;
    *l = text_language(text, strlen(text));
    if (!q->language) return OK;
    FAIL_IF(strcmp(q->language, "zh") && strcmp(q->language, "en"), ERR_USAGE, "option --lang needs zh or en, not '%s'", q->language);
    *l = strcmp(q->language, "zh") == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    return OK;
}

static status write_product(struct shop *s, const struct request *q)
{
    struct arena a;
    struct product p;
    struct record record;
    enum language l;
    TRY(shop_open_catalogue(s, STORE_READ_ONLY));
    arena_init(&a, 0);
    status r = catalogue_get(s->catalogue, q->product, &a, &p);
    if (r == OK) r = language_of(q, p.title, &l);
    if (r == OK) r = shop_open_copywriter(s, true);
    if (r == OK) r = record_from_product(&p, l, &record);
    if (r == OK) {
        r = write_record(s, q, &record, l);
        record_release(&record);
    }
    arena_release(&a);
    return r;
}

static status write_attributes(struct shop *s, const struct request *q)
{
    struct record record;
    enum language l;
    TRY(language_of(q, q->attributes, &l));
    TRY(record_from_attributes(q->attributes, strlen(q->attributes), &record));
    status r = shop_open_copywriter(s, false);
    if (r == OK) r = write_record(s, q, &record, l);
    record_release(&record);
    return r;
}

/* ---- a file ---- */

struct attributes_file { struct shop *shop; const struct request *request; struct progress *progress; uint64_t done, total; };

static status write_line(void *context, const json_t *line)
{
    struct attributes_file *f = context;
    const char *id = json_string_value(json_object_get(line, "id")), *content = json_string_value(json_object_get(line, "content"));
    FAIL_IF(!id || !content, ERR_FORMAT, "attributes to write about have the strings 'id' and 'content'");
    struct record record;
    struct writing w;
    TRY(record_from_attributes(content, strlen(content), &record));
    status r = copywriter_write(f->shop->copywriter, "", &record, text_language(content, strlen(content)), &f->request->options.write, &w);
    record_release(&record);
    TRY(r);
    json_t *root = json_pack("{s:s, s:s}", "id", id, "text", w.items[0].text);
    if (root) json_dumpf(root, stdout, JSON_COMPACT), putchar('\n');
    r = root ? OK : fail_nomem("printing a text");
    json_decref(root);
    writing_release(&w);
    if (r == OK && !progress_report(f->progress, "write", ++f->done, f->total, NULL)) r = fail_interrupted("writing");
    return r;
}

static status write_batch(struct shop *s, const struct request *q)
{
    struct attributes_file f = {s, q, cli_progress(q->g), 0, jsonl_count(q->batch)};
    TRY(shop_open_copywriter(s, false));
    return jsonl_each(q->batch, 0, write_line, &f);
}

int cmd_write(int argc, char **argv, const struct cli_globals *g)
{
    struct request q = {.g = g, .need = ""};
    writing_options_init(&q.options);
    struct cli_option options[WRITING_OPTIONS + 7] = {
        {"--product", OPTION_STRING, &q.product}, {"--need", OPTION_STRING, &q.need},   {"--attributes", OPTION_STRING, &q.attributes},
        {"--batch", OPTION_STRING, &q.batch},     {"--lang", OPTION_STRING, &q.language}, {"--style", OPTION_STRING, &q.options.write.style},
        {"-n", OPTION_SIZE, &q.options.write.n_texts}};
    writing_options_table(&q.options, options + 7);
    char *operands[argc + 1];
    size_t n;
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK || writing_options_finish(&q.options, q.product == NULL) != OK)
        return cli_usage("write", "%s", status_message());
    if (n || (q.product != NULL) + (q.attributes != NULL) + (q.batch != NULL) != 1) return cli_usage("write", "name one of --product, --attributes or --batch");
    struct shop s;
    cli_shop_init(&s, g);
    status r = q.product ? write_product(&s, &q) : q.attributes ? write_attributes(&s, &q) : write_batch(&s, &q);
    shop_release(&s);
    return r == OK ? EXIT_DONE : cli_fail(g, "write", r);
}

/* eval copy: texts from attributes against references: near, varied, honest? */
#include "eval.h"
#include "jsonl.h"
#include "cli_shop.h"
#include "writing_options.h"

#include <stdlib.h>
#include <string.h>

struct run {
    struct shop shop;
    struct writing_options options;
    struct copy_meter *meter;
    struct progress *progress;
    uint64_t done, from_record, tries, write_ns;
    FILE *texts;                     /* --texts: what was written */
};

static status save_text(struct run *r, const char *id, const char *content, const char *text)
{
    json_t *root = json_pack("{s:s, s:s, s:s}", "id", id, "content", content, "text", text);
    if (!root) return fail_nomem("saving a text");
    int failed = json_dumpf(root, r->texts, JSON_COMPACT) != 0 || fputc('\n', r->texts) == EOF;
    json_decref(root);
    return failed ? fail_errno("write", "the file of texts") : OK;
}

static status one_text(void *context, const json_t *line)
{
    struct run *r = context;
    const char *id = json_string_value(json_object_get(line, "id")), *content = json_string_value(json_object_get(line, "content"));
    const char *summary = json_string_value(json_object_get(line, "summary"));
    struct record record;
    struct writing w;
    struct facts facts = {0};
    FAIL_IF(!content || !summary, ERR_FORMAT, "a text to measure has the strings 'content' and 'summary'");
    TRY(record_from_attributes(content, strlen(content), &record));
    uint64_t start = clock_ns();
    status s = copywriter_write(r->shop.copywriter, "", &record, text_language(content, strlen(content)), &r->options.write, &w);
    r->write_ns += clock_ns() - start;
    if (s == OK) {
        const struct written *text = &w.items[0];
        size_t n = strlen(text->text);
        r->from_record += strcmp(text->source, "record") == 0;
        r->tries += text->tries;
        s = facts_check(r->shop.lexicon, &record, text->text, n, &facts);   /* asked again, not taken over from the writer */
        if (s == OK) s = copy_meter_add(r->meter, text->text, n, summary, strlen(summary), &facts);
        if (s == OK && r->texts) s = save_text(r, id ? id : "", content, text->text);
        facts_release(&facts);
        writing_release(&w);
    }
    record_release(&record);
    if (s == OK && !progress_report(r->progress, "eval", ++r->done, 0, NULL)) s = fail_interrupted("measuring");
    return s;
}

static void print(const struct run *r, const struct cli_globals *g)
{
    struct copy_metrics m;
    copy_meter_result(r->meter, &m);
    double n = r->done ? (double)r->done : 1;
    const struct { const char *key, *name; double value; } rows[] = {
        {"bleu4", "BLEU-4 x 100 (characters)", 100 * m.bleu4}, {"rouge1", "ROUGE-1 x 100 (words)", 100 * m.rouge1}, {"rouge2", "ROUGE-2 x 100", 100 * m.rouge2},
        {"rougeL", "ROUGE-L x 100", 100 * m.rougeL}, {"distinct2", "distinct-2", m.distinct2}, {"repeated4", "repeated 4-grams", m.repeated4},
        {"unsupported", "texts with an unsupported claim", m.unsupported}, {"unsupported_claims", "unsupported of all claims", m.unsupported_claims},
        {"claims", "claims a text", m.claims}, {"length", "characters a text", m.length}, {"reference_length", "characters a reference", m.reference_length},
        {"from_record", "plain sentences instead", (double)r->from_record / n}, {"tries", "drafts a text", (double)r->tries / n},
        {"ms_per_text", "ms a text", (double)r->write_ns * 1e-6 / n},
    };
    json_t *root = json_pack("{s:i}", "texts", (int)m.n);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (g->json) json_object_set_new(root, rows[i].key, json_real(rows[i].value));
        else printf("%-34s %9.4f\n", rows[i].name, rows[i].value);
    }
    if (g->json) json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(5)), putchar('\n');
    else printf("%-34s %9zu\n", "texts", m.n);
    json_decref(root);
}

static status run_all(struct run *r, const char *data, size_t limit, const char *texts)
{
    TRY(shop_open_copywriter(&r->shop, false));
    TRY(copy_meter_new(r->shop.normalizer, &r->meter));
    if (texts && !(r->texts = fopen(texts, "we"))) return fail_errno("write", texts);
    status s = jsonl_each(data, limit, one_text, r);
    if (r->texts && fclose(r->texts) != 0 && s == OK) s = fail_errno("write", texts);
    return s;
}

int eval_copy(int argc, char **argv, const struct cli_globals *g)
{
    struct run r = {.progress = cli_progress(g)};
    const char *data = NULL, *texts = NULL;
    size_t limit = 0, n;
    writing_options_init(&r.options);
    struct cli_option options[WRITING_OPTIONS + 3] = {{"--data", OPTION_STRING, &data}, {"--limit", OPTION_SIZE, &limit}, {"--texts", OPTION_STRING, &texts}};
    writing_options_table(&r.options, options + 3);
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK || writing_options_finish(&r.options, true) != OK)
        return cli_usage("eval", "%s", status_message());
    if (n || !data) return cli_usage("eval", "eval copy needs --data FILE");
    cli_shop_init(&r.shop, g);
    status s = run_all(&r, data, limit, texts);
    cli_progress_done();
    if (s == OK) print(&r, g);
    copy_meter_free(r.meter);
    shop_release(&r.shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "eval", s);
}

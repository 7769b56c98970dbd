/* doctor: is everything here that the program needs, and is it sound? */
#include "cli_shop.h"

#include <jansson.h>

const char help_doctor[] =
    "usage: daogou doctor\n\n"
    "Checks this machine (processor, threads), the model (loads it and lets it read a sentence), the shop (integrity of the\n"
    "database) and its index. Each line says ok or what to do; exit code 1 when something is wrong.\n";

struct check { const char *name; status (*run)(struct shop *s, struct strbuf *detail); };

static status check_machine(struct shop *s, struct strbuf *detail)
{
    const struct cpu_features *cpu = cpu_features();
    static const char *const levels[] = {"scalar", "AVX2", "AVX-512", "AMX"};
    struct compute *c;
    TRY(compute_new(&(struct compute_options){.device = s->options.device, .threads = s->options.threads}, &c));
    strbuf_printf(detail, "%d cores, %s%s; computing on %s", cpu->cores, levels[cpu->level], cpu->bf16 && cpu->level < CPU_AMX ? " + bf16" : "", c->description);
    compute_free(c);
    return OK;
}

static status check_model(struct shop *s, struct strbuf *detail)
{
    TRY(shop_open_session(s));
    const struct model_config *c = session_config(s->session);
    float probability;
    const char item[] = "保温杯 thermos bottle";
    struct text_span need = {item, sizeof item - 1};
    TRY(session_match(s->session, need, &need, 1, &probability, NULL));
    strbuf_printf(detail, "%s: %.1f million parameters, vocabulary %u", s->options.model, (double)model_config_parameters(c) / 1e6, c->vocab_size);
    return OK;
}

static status check_shop(struct shop *s, struct strbuf *detail)
{
    int64_t products;
    TRY(shop_open_catalogue(s, STORE_READ_ONLY));
    TRY(store_check(s->store));
    TRY(catalogue_count(s->catalogue, &products));
    strbuf_printf(detail, "%s: %lld products", s->options.db, (long long)products);
    return OK;
}

static status check_index(struct shop *s, struct strbuf *detail)
{
    struct index *x;
    int64_t version;
    TRY(shop_open_catalogue(s, STORE_READ_ONLY));
    FAIL_IF(!file_exists(s->index_path), ERR_NOT_FOUND, "there is no index beside the shop yet; the next 'daogou match' builds it");
    TRY(index_open(s->index_path, &x));
    TRY(catalogue_version(s->catalogue, &version));
    strbuf_printf(detail, "%u products, vectors of %zu%s", index_count(x), index_dim(x), index_source_version(x) == version ? "" : "; older than the shop: the next match builds it again");
    index_close(x);
    return OK;
}

int cmd_doctor(int argc, char **argv, const struct cli_globals *g)
{
    static const struct check checks[] = {{"machine", check_machine}, {"model", check_model}, {"shop", check_shop}, {"index", check_index}};
    char *operands[argc + 1];
    size_t n;
    if (cli_parse(argc, argv, NULL, 0, operands, &n) != OK) return cli_usage("doctor", "%s", status_message());
    if (n) return cli_usage("doctor", "it takes no operands");
    struct shop s;
    cli_shop_init(&s, g);
    json_t *root = json_array();
    bool good = true;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        struct strbuf detail = {0};
        bool ok = checks[i].run(&s, &detail) == OK;
        const char *text = ok ? strbuf_str(&detail) : status_message();
        good = good && ok;
        if (g->json) json_array_append_new(root, json_pack("{s:s, s:b, s:s}", "check", checks[i].name, "ok", ok, "detail", text));
        else printf("%-8s %-5s %s\n", checks[i].name, ok ? "ok" : "WRONG", text);
        strbuf_release(&detail);
    }
    if (g->json) json_dumpf(root, stdout, JSON_INDENT(1)), putchar('\n');
    json_decref(root);
    shop_release(&s);
    return good ? EXIT_DONE : EXIT_FAILED;
}

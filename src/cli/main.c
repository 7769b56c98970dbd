#include "cli.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command commands[] = {
    {"import", cmd_import, "take a catalogue in: CSV, JSON, XML, web pages", help_import},
    {"export", cmd_export, "write the catalogue as a feed", help_export},
    {"pictures", cmd_pictures, "take pictures of the products in", help_pictures},
    {"match", cmd_match, "find the products that fit a need", help_match},
    {"write", cmd_write, "write a checked text about a product", help_write},
    {"ask", cmd_ask, "match and write in one", help_ask},
    {"chat", cmd_chat, "talk until the choice is made", help_chat},
    {"serve", cmd_serve, "the shop over HTTP: chat page, widget, API", help_serve},
    {"keys", cmd_keys, "keys for the HTTP API", help_keys},
    {"promotions", cmd_promotions, "take the shop's promotions in, list them", help_promotions},
    {"cart", cmd_cart, "what a cart costs, with the best combination of promotions", help_cart},
    {"tokenizer", cmd_tokenizer, "train a tokenizer", help_tokenizer},
    {"pretrain", cmd_pretrain, "train a model on plain text (MLM + NSP + LM)", help_pretrain},
    {"finetune", cmd_finetune, "train a model to match and to write", help_finetune},
    {"replay", cmd_replay, "run a step again that ended in NaN, tensor by tensor", help_replay},
    {"eval", cmd_eval, "measure matching and copy on judged data", help_eval},
    {"model", cmd_model, "look into a model directory", help_model},
    {"documents", cmd_documents, "take in, list and remove the shop's documents", help_documents},
    {"answer", cmd_answer, "answer a service question from the shop's documents", help_answer},
    {"intent", cmd_intent, "say what a shopper's sentence is about; train that", help_intent},
    {"bench", cmd_bench, "time training steps beside this machine's peak", help_bench},
    {"doctor", cmd_doctor, "check this machine, the shop and the model", help_doctor},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    fputs("daogou " DAOGOU_VERSION " - a shopping guide that invents nothing\n\n"
          "usage: daogou [global options] COMMAND [options]\n\ncommands:\n", out);
    for (int i = 0; i < COMMANDS; i++) fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\nglobal options (before or after the command):\n"
          "  --db PATH        the shop's database (default: $XDG_DATA_HOME/daogou/shop.db)\n"
          "  --model DIR      the model (default: the shipped one)\n"
          "  --device D       auto, cpu or cuda\n"
          "  --threads N      0: all cores\n"
          "  --json           results as JSON on stdout\n"
          "  --quiet          no progress, no notes\n"
          "  --help, --version\n\n"
          "try:\n"
          "  daogou import examples/shop/products/*.jsonl\n"
          "  daogou ask \"三百以内、两个人用的轻便帐篷\"\n"
          "  daogou match --top 3 \"a quiet humidifier for the bedroom under 200 yuan\"\n"
          "  daogou COMMAND --help\n", out);
}

/* ---- where things are ---- */

static char *default_db(void)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    struct strbuf b = {0};
    if (data && *data) strbuf_puts(&b, data);
    else strbuf_printf(&b, "%s/.local/share", home && *home ? home : ".");
    strbuf_puts(&b, "/daogou/shop.db");
    return b.data;
}

/* What is shipped, models/NAME: named by the environment, beside an installed program, or in the source tree it was built from. */
static char *shipped(const char *name, const char *variable)
{
    const char *environment = getenv(variable);
    if (environment && *environment) return mem_strndup(environment, strlen(environment));
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    static const char *const places[] = {"../share/daogou/models/", "../models/"};
    for (size_t i = 0; n > 0 && i < sizeof places / sizeof places[0]; i++) {
        program[n] = 0;
        char *slash = strrchr(program, '/');
        struct strbuf b = {0};
        if (slash) strbuf_add(&b, program, (size_t)(slash - program) + 1);
        strbuf_printf(&b, "%s%s", places[i], name);
        if (b.data && file_exists(b.data)) return b.data;
        strbuf_release(&b);
    }
    struct strbuf b = {0};
    strbuf_printf(&b, DAOGOU_SOURCE_DIR "/models/%s", name);
    return b.data;
}

/* ---- globals ---- */

struct global_values {
    bool help, version;
    size_t threads;
};

/* Global options may stand anywhere; what is not global stays, in order, for the command. */
static status take_globals(int *argc, char **argv, struct cli_globals *g, struct global_values *v)
{
    const struct cli_option options[] = {
        {"--db", OPTION_STRING, &g->db},         {"--model", OPTION_STRING, &g->model}, {"--device", OPTION_STRING, &g->device},
        {"--threads", OPTION_SIZE, &v->threads}, {"--json", OPTION_FLAG, &g->json},     {"--quiet", OPTION_FLAG, &g->quiet},
        {"--help", OPTION_FLAG, &v->help},       {"-h", OPTION_FLAG, &v->help},         {"--version", OPTION_FLAG, &v->version},
    };
    int kept = 1;
    bool ended = false;
    for (int i = 1; i < *argc; i++) {
        size_t length = strcspn(argv[i], "=");
        const struct cli_option *o = NULL;
        ended = ended || strcmp(argv[i], "--") == 0;
        for (size_t k = 0; !ended && k < sizeof options / sizeof options[0]; k++)
            if (strlen(options[k].name) == length && strncmp(options[k].name, argv[i], length) == 0) o = &options[k];
        if (!o) {
            argv[kept++] = argv[i];
            continue;
        }
        int words = o->kind == OPTION_FLAG || argv[i][length] == '=' ? 1 : 2;
        char *few[3] = {argv[0], argv[i], i + 1 < *argc ? argv[i + 1] : NULL}, *ignored[2];
        size_t n_ignored;
        FAIL_IF(words == 2 && i + 1 >= *argc, ERR_USAGE, "option %s needs a value", o->name);
        TRY(cli_parse(1 + words, few, o, 1, ignored, &n_ignored));
        i += words - 1;
    }
    argv[kept] = NULL;
    *argc = kept;
    FAIL_IF(v->threads > 1024, ERR_USAGE, "option --threads needs a number up to 1024, not %zu", v->threads);
    g->threads = (int)v->threads;
    if (strcmp(g->device, "auto") && strcmp(g->device, "cpu") && strcmp(g->device, "cuda") && strcmp(g->device, "emulated"))   /* the last for tests */
        return fail(ERR_USAGE, "option --device needs auto, cpu or cuda, not '%s'", g->device);
    return OK;
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static int run_command(int argc, char **argv, struct cli_globals *g)
{
    const struct command *c = find_command(argv[1]);
    if (!c) return cli_usage(NULL, "unknown command '%s'", argv[1]);
    char *db = g->db ? NULL : default_db(), *model = g->model ? NULL : shipped("default", "DAOGOU_MODEL");
    char *intents = shipped("intents", "DAOGOU_INTENTS");
    if (!g->db) g->db = db;
    if (!g->model) g->model = model;
    g->intents = intents;
    int code = g->db && g->model && g->intents ? c->run(argc - 1, argv + 1, g) : cli_fail(g, c->name, fail_nomem("starting"));
    mem_free(db);
    mem_free(model);
    mem_free(intents);
    return code;
}

/* OpenMP's threads spin for each other for a long while by default: where other work shares the cores, a thread then waits for
 * one that is not running, and everything takes ten times as long. A short spin costs nothing when the machine is idle. The
 * library reads its settings before main, so the program starts itself once more with them. */
static void spin_briefly(char **argv)
{
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
    if (setenv("GOMP_SPINCOUNT", "10000", 1) == 0) execv("/proc/self/exe", argv);   /* on failure: go on as we are */
}

int main(int argc, char **argv)
{
    spin_briefly(argv);
    signal(SIGPIPE, SIG_IGN);   /* a closed pipe is a write error, reported like any other */
    struct cli_globals g = {.device = "auto"};
    struct global_values v = {0};
    status s = take_globals(&argc, argv, &g, &v);
    if (s != OK) return cli_usage(NULL, "%s", status_message());
    if (v.version) return puts("daogou " DAOGOU_VERSION) < 0 ? EXIT_FAILED : EXIT_DONE;
    const struct command *c = argc > 1 ? find_command(argv[1]) : NULL;
    if (v.help && c) return fputs(c->help, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
    if (v.help || argc < 2) {
        print_help(v.help ? stdout : stderr);
        return v.help ? EXIT_DONE : EXIT_USAGE;
    }
    int code = run_command(argc, argv, &g);
    cli_progress_done();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("daogou: cannot write the result to stdout; check the disk or the pipe\n", stderr);
        return EXIT_FAILED;
    }
    return code;
}

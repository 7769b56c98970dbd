/* cli: the subcommands, progress bars and `main`. The only room that prints or exits.
 *
 * Results go to stdout, progress and notes to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
 */
#ifndef DAOGOU_CLI_H
#define DAOGOU_CLI_H

#include "base/base.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

struct cli_globals {
    const char *db;       /* resolved: --db or $XDG_DATA_HOME/daogou/shop.db */
    const char *model;    /* resolved model directory: --model or the shipped one */
    const char *intents;  /* resolved: $DAOGOU_INTENTS or the shipped ones */
    const char *device;   /* "auto", "cpu", "cuda" */
    int threads;          /* 0: all cores */
    bool json, quiet;
};

struct command {
    const char *name;
    int (*run)(int argc, char **argv, const struct cli_globals *g); /* argv[0] is the command's name */
    const char *summary;  /* one line of `daogou --help` */
    const char *help;     /* `daogou COMMAND --help`: usage, options, examples */
};

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* A table beats a chain of ifs: one entry an option. Values are parsed strictly ("12x" is refused). */
enum option_kind { OPTION_FLAG, OPTION_STRING, OPTION_SIZE, OPTION_U64, OPTION_FLOAT, OPTION_STRINGS };
struct cli_strings { const char **items; size_t n, cap; };
struct cli_option {
    const char *name;     /* "--top", or "-n" */
    enum option_kind kind;
    void *value;          /* bool*, const char**, size_t*, uint64_t*, float*, struct cli_strings* */
};
/* Options may stand anywhere, "--name value" or "--name=value"; "--" ends them, "-" is an operand. The operands end up in
 * operands[0..*n). ERR_USAGE names the unknown option or the bad value. */
status cli_parse(int argc, char **argv, const struct cli_option *options, size_t n_options, char **operands, size_t *n_operands);

/* ---- errors and output ------------------------------------------------------------------------------------------- */

/* Prints "daogou COMMAND: <status_message()>" on stderr (and {"error":...} on stdout with --json) and gives the exit code. */
int cli_fail(const struct cli_globals *g, const char *command, status s);
/* "usage" failures with a hint to --help; exit code 2. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_note(const struct cli_globals *g, const char *format, ...) __attribute__((format(printf, 2, 3))); /* stderr unless --quiet */
bool cli_color(void);     /* stdout is a terminal and NO_COLOR is unset */

/* A progress bar on stderr when that is a terminal and not --quiet; notes its last line otherwise. Its `cancelled` is true
 * after SIGINT or SIGTERM. Never NULL; belongs to the program. */
struct progress *cli_progress(const struct cli_globals *g);
void cli_progress_done(void); /* ends the bar's line */

/* ---- the commands, one file each --------------------------------------------------------------------------------- */

int cmd_import(int argc, char **argv, const struct cli_globals *g);
int cmd_export(int argc, char **argv, const struct cli_globals *g);
int cmd_pictures(int argc, char **argv, const struct cli_globals *g);
int cmd_match(int argc, char **argv, const struct cli_globals *g);
int cmd_write(int argc, char **argv, const struct cli_globals *g);
int cmd_ask(int argc, char **argv, const struct cli_globals *g);
int cmd_chat(int argc, char **argv, const struct cli_globals *g);
int cmd_tokenizer(int argc, char **argv, const struct cli_globals *g);
int cmd_pretrain(int argc, char **argv, const struct cli_globals *g);
int cmd_finetune(int argc, char **argv, const struct cli_globals *g);
int cmd_eval(int argc, char **argv, const struct cli_globals *g);
int cmd_model(int argc, char **argv, const struct cli_globals *g);
int cmd_doctor(int argc, char **argv, const struct cli_globals *g);
int cmd_serve(int argc, char **argv, const struct cli_globals *g);
int cmd_keys(int argc, char **argv, const struct cli_globals *g);
int cmd_documents(int argc, char **argv, const struct cli_globals *g);
int cmd_answer(int argc, char **argv, const struct cli_globals *g);
int cmd_intent(int argc, char **argv, const struct cli_globals *g);
int cmd_cart(int argc, char **argv, const struct cli_globals *g);
int cmd_promotions(int argc, char **argv, const struct cli_globals *g);
int cmd_replay(int argc, char **argv, const struct cli_globals *g);
int cmd_bench(int argc, char **argv, const struct cli_globals *g);

extern const char help_import[], help_export[], help_pictures[], help_match[], help_write[], help_ask[], help_chat[], help_tokenizer[], help_pretrain[], help_finetune[],
    help_eval[], help_model[], help_doctor[], help_bench[], help_cart[], help_promotions[], help_replay[], help_intent[], help_documents[],
    help_answer[], help_serve[], help_keys[]; /* each in its cmd_*.c */


#endif

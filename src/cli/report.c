/* How the program speaks: errors, notes, colour. */
#include "cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

int cli_fail(const struct cli_globals *g, const char *command, status s)
{
    cli_progress_done();
    fprintf(stderr, "daogou %s: %s\n", command, status_message());
    if (g->json) {
        json_t *error = json_pack("{s:{s:s}}", "error", "message", status_message());
        if (error) json_dumpf(error, stdout, JSON_COMPACT), putchar('\n');
        json_decref(error);
    }
    return s == ERR_USAGE ? EXIT_USAGE : s == ERR_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_FAILED;
}

int cli_usage(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "daogou%s%s: ", command ? " " : "", command ? command : "");
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; see 'daogou %s%s--help'\n", command ? command : "", command ? " " : "");
    return EXIT_USAGE;
}

void cli_note(const struct cli_globals *g, const char *format, ...)
{
    if (g->quiet) return;
    cli_progress_done();
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

bool cli_color(void)
{
    return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

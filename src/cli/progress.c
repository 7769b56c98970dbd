#include "cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one place with state of the process: a signal arrives at the process, and a terminal has one cursor. */
static volatile sig_atomic_t interrupted;
static struct {
    bool terminal, quiet, open;
    char stage[64];
    uint64_t stage_start_ns, stage_start_done, last_draw_ns; /* work that was resumed does not start at 0 */
} bar;

enum { BAR_WIDTH = 28, REDRAW_MS = 100 };

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static bool cancelled(void *context)
{
    (void)context;
    return interrupted != 0;
}

static void draw(const struct progress_event *e, uint64_t now)
{
    double seconds = (double)(now - bar.stage_start_ns) * 1e-9;
    fprintf(stderr, "\r\033[K%-9s ", e->stage);
    if (e->total) {
        double share = (double)e->done / (double)e->total;
        int filled = (int)(share * BAR_WIDTH);
        for (int i = 0; i < BAR_WIDTH; i++) fputs(i < filled ? "█" : "░", stderr);
        fprintf(stderr, " %3d%%", (int)(share * 100));
        if (e->done > bar.stage_start_done && share < 1 && seconds > 1) {
            long left = (long)(seconds * (double)(e->total - e->done) / (double)(e->done - bar.stage_start_done));
            fprintf(stderr, "  %ld:%02ld left", left / 60, left % 60);
        }
    } else {
        fprintf(stderr, "%llu", (unsigned long long)e->done);
    }
    if (e->note) fprintf(stderr, "  %s", e->note);
    fflush(stderr);
    bar.open = true;
}

static void update(void *context, const struct progress_event *e)
{
    (void)context;
    if (bar.quiet || !bar.terminal) return;
    uint64_t now = clock_ns();
    if (strncmp(bar.stage, e->stage, sizeof bar.stage - 1) != 0) {
        cli_progress_done();
        snprintf(bar.stage, sizeof bar.stage, "%s", e->stage);
        bar.stage_start_ns = now;
        bar.stage_start_done = e->done;
        bar.last_draw_ns = 0;
    }
    bool last = e->total && e->done >= e->total;
    if (!last && now - bar.last_draw_ns < (uint64_t)REDRAW_MS * 1000000u) return;
    bar.last_draw_ns = now;
    draw(e, now);
}

struct progress *cli_progress(const struct cli_globals *g)
{
    static struct progress progress = {NULL, update, cancelled};
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | (int)SA_RESETHAND;   /* a second Ctrl-C ends the program at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const char *term = getenv("TERM");
    bar.terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
    bar.quiet = g->quiet;
    return &progress;
}

void cli_progress_done(void)
{
    if (bar.open) fputc('\n', stderr);
    bar.open = false;
    bar.stage[0] = 0;
}

#include "cli_shop.h"

static void note(void *context, const char *sentence)
{
    cli_note(context, "%s", sentence);
}

static struct progress *progress(void *context)
{
    return cli_progress(context);
}

static void progress_done(void *context)
{
    (void)context;
    cli_progress_done();
}

struct shop_options cli_shop_options(const struct cli_globals *g)
{
    return (struct shop_options){.db = g->db, .model = g->model, .intents = g->intents, .device = g->device, .threads = g->threads,
                                 .context = (void *)(uintptr_t)g, .note = note, .progress = progress, .progress_done = progress_done};
}

void cli_shop_init(struct shop *s, const struct cli_globals *g)
{
    struct shop_options o = cli_shop_options(g);
    shop_init(s, &o);
}

status cli_refresh_index(const struct cli_globals *g)
{
    struct shop s;
    cli_shop_init(&s, g);
    status result = shop_refresh_index(&s);
    shop_release(&s);
    return result;
}

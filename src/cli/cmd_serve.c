/* serve: the shop over HTTP. */
#include "cli_shop.h"
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

const char help_serve[] =
    "usage: daogou serve [--listen ADDRESS:PORT] [--admin-listen ADDRESS:PORT | --no-admin] [--title NAME]\n\n"
    "The chat page, the widget and the HTTP API of the shop; merchants and administrators have a listener of their own.\n"
    "SIGTERM ends it when what is under way is finished; SIGHUP opens shop, model and log anew. docs/server.md; GET /openapi.json.\n\n"
    "  --listen A:P         shoppers (127.0.0.1:8080); port 0 takes any that is free and says which\n"
    "  --admin-listen A:P   console, merchant's API, metrics (127.0.0.1:8081); --no-admin: none\n"
    "  --title NAME         the shop's name on the page\n"
    "  --access-log FILE    one JSON object a request (stderr); --no-access-log\n"
    "  --secret-file FILE   at least 32 random characters, for cookies (DB.secret, made when missing)\n"
    "  --require-key        no anonymous shoppers: every call needs a key of 'daogou keys add'\n"
    "  --allow-origin O,O   other sites whose pages may use the API (the widget): https://shop.example\n"
    "  --public-feeds       the feeds of the catalogue may be fetched without a key\n"
    "  --trust-proxy        behind a proxy: the last address of X-Forwarded-For is the shopper's\n"
    "  --secure-cookies     cookies for https alone (behind a proxy that speaks it)\n"
    "  --order-hook PROGRAM looks orders up (default: $DAOGOU_ORDER_HOOK; docs/service.md)\n\n"
    "limits:\n"
    "  --rate N --burst N   requests a second of one key, cookie or address (20, 60); --rate 0: no limit\n"
    "  --queue N            requests that wait for the model (64); more are answered 503\n"
    "  --connections N      (1024)\n"
    "  --deadline MS        of a request (30000)\n"
    "  --drain MS           after SIGTERM (15000)\n"
    "  --head-timeout MS, --body-timeout MS, --idle-timeout MS, --write-timeout MS   (10000, 60000, 60000, 30000)\n"
    "  --stream-unsent BYTES  of an event stream that is not read (1048576)\n\n"
    "examples:\n"
    "  daogou serve\n"
    "  daogou serve --listen 0.0.0.0:8080 --title 河鱼百货 --access-log /var/log/daogou/access.jsonl\n";

struct serve_options {
    struct server_options server;
    const struct cli_globals *g;
    float rate;
    size_t deadline, drain, head, body, idle, write;
    bool no_admin, no_log;
};

/* The address as a browser takes it: the host as it was asked for, the port as it was found. */
static void print_address(const char *who, const char *listen, uint16_t port, const char *page)
{
    const char *colon = strrchr(listen, ':');
    int n = colon ? (int)(colon - listen) : (int)strlen(listen);
    bool any = strncmp(listen, "0.0.0.0", (size_t)n) == 0 || strncmp(listen, "[::]", (size_t)n) == 0;
    printf("%s http://%.*s:%u%s\n", who, any ? 9 : n, any ? "127.0.0.1" : listen, port, page);
}

static void ready(void *context, uint16_t port, uint16_t admin_port)
{
    const struct serve_options *o = context;
    if (o->g->json) printf("{\"port\":%u,\"admin_port\":%u}\n", port, admin_port);
    else print_address("shoppers: ", o->server.listen, port, "/");
    if (!o->g->json && admin_port) print_address("merchants:", o->server.admin_listen, admin_port, "/console");
    fflush(stdout);
}

static void take(struct serve_options *o, const struct cli_globals *g)
{
    struct server_options *s = &o->server;
    s->shop = cli_shop_options(g);
    s->shop.progress = NULL;   /* a server draws no bars, and has its own signals */
    s->shop.progress_done = NULL;
    s->rate_per_s = (double)o->rate;
    s->deadline_ms = (uint32_t)o->deadline;
    s->drain_ms = (uint32_t)o->drain;
    s->head_ms = (uint32_t)o->head;
    s->body_ms = (uint32_t)o->body;
    s->idle_ms = (uint32_t)o->idle;
    s->write_ms = (uint32_t)o->write;
    if (o->no_admin) s->admin_listen = NULL;
    if (o->no_log) s->access_log = "";
    s->ready = ready;
    s->context = o;
    o->g = g;
}

static status parse(struct serve_options *o, int argc, char **argv)
{
    struct server_options *s = &o->server;
    const struct cli_option options[] = {
        {"--listen", OPTION_STRING, &s->listen}, {"--admin-listen", OPTION_STRING, &s->admin_listen}, {"--no-admin", OPTION_FLAG, &o->no_admin}, {"--title", OPTION_STRING, &s->title},
        {"--access-log", OPTION_STRING, &s->access_log}, {"--no-access-log", OPTION_FLAG, &o->no_log}, {"--secret-file", OPTION_STRING, &s->secret_file},
        {"--allow-origin", OPTION_STRING, &s->allow_origins}, {"--require-key", OPTION_FLAG, &s->require_key}, {"--public-feeds", OPTION_FLAG, &s->public_feeds}, {"--trust-proxy", OPTION_FLAG, &s->trust_proxy},
        {"--secure-cookies", OPTION_FLAG, &s->secure_cookies}, {"--order-hook", OPTION_STRING, &s->order_hook}, {"--rate", OPTION_FLOAT, &o->rate}, {"--burst", OPTION_SIZE, &s->rate_burst},
        {"--queue", OPTION_SIZE, &s->queue_max}, {"--connections", OPTION_SIZE, &s->connections_max}, {"--deadline", OPTION_SIZE, &o->deadline}, {"--drain", OPTION_SIZE, &o->drain},
        {"--head-timeout", OPTION_SIZE, &o->head}, {"--body-timeout", OPTION_SIZE, &o->body}, {"--idle-timeout", OPTION_SIZE, &o->idle}, {"--write-timeout", OPTION_SIZE, &o->write},
        {"--stream-unsent", OPTION_SIZE, &s->stream_unsent_max},
    };
    char *operands[argc + 1];
    size_t n;
    TRY(cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n));
    FAIL_IF(n > 0, ERR_USAGE, "'%s' stands alone; serve takes options only", operands[0]);
    FAIL_IF(o->rate < 0, ERR_USAGE, "option --rate needs a number of at least 0");
    const size_t times[] = {o->deadline, o->drain, o->head, o->body, o->idle, o->write};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) FAIL_IF(times[i] < 1 || times[i] > 86400000, ERR_USAGE, "times are 1 to 86400000 milliseconds");
    FAIL_IF(s->queue_max < 1 || s->connections_max < 1, ERR_USAGE, "options --queue and --connections need a number of at least 1");
    return OK;
}

int cmd_serve(int argc, char **argv, const struct cli_globals *g)
{
    struct serve_options o = {0};
    server_options_default(&o.server);
    o.rate = (float)o.server.rate_per_s;
    o.deadline = o.server.deadline_ms;
    o.drain = o.server.drain_ms;
    o.head = o.server.head_ms;
    o.body = o.server.body_ms;
    o.idle = o.server.idle_ms;
    o.write = o.server.write_ms;
    o.server.order_hook = getenv("DAOGOU_ORDER_HOOK");
    if (parse(&o, argc, argv) != OK) return cli_usage("serve", "%s", status_message());
    take(&o, g);
    status s = server_run(&o.server);
    return s == OK ? EXIT_DONE : cli_fail(g, "serve", s);
}

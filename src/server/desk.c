/* The shop as the model lane has it: everything that matching, writing and talking needs, opened together, so that a newer one can take its place
 * between two requests. */
#include "server_int.h"

#include <string.h>

static status open_shop(struct server *s, struct shop *shop)
{
    TRY(shop_open_catalogue(shop, STORE_READ_ONLY));
    TRY(shop_open_matcher(shop));
    TRY(shop_open_copywriter(shop, true));
    return shop_open_service(shop, s->options.order_hook);
}

static status first_currency(void *context, const struct product *p)
{
    struct desk *d = context;
    if (!*p->currency) return OK;
    memcpy(d->currency, p->currency, sizeof d->currency);
    return ERR_INTERRUPTED;   /* one is enough */
}

static status fill_guide(struct desk *d)
{
    struct promotion_list list;
    struct shop *s = &d->shop;
    guide_options_default(&d->guide);
    TRY(shop_promotions(s, &d->promotions, &list));
    TRY(promotions_usage(s->store, "", &d->promotions, &d->guide.usage, &d->guide.n_usage));
    d->guide.catalogue = s->catalogue;
    d->guide.matcher = s->matcher;
    d->guide.session = s->session;
    d->guide.copywriter = s->copywriter;
    d->guide.lexicon = s->lexicon;
    d->guide.moderator = s->moderator;
    d->guide.normalizer = s->normalizer;
    d->guide.service = s->service;
    d->guide.intents = s->intents;
    d->guide.promotions = list.items;
    d->guide.n_promotions = list.n;
    status r = catalogue_each(s->catalogue, first_currency, d);
    return r == ERR_INTERRUPTED ? OK : r;
}

status desk_open(struct server *s, struct desk **out)
{
    struct desk *d = mem_zalloc(1, sizeof *d);
    int64_t products = 0;
    if (!d) return fail_nomem("opening the shop");
    arena_init(&d->promotions, 0);
    shop_init(&d->shop, &s->options.shop);
    status r = shop_open_catalogue(&d->shop, STORE_READ_ONLY);
    if (r == OK) r = catalogue_count(d->shop.catalogue, &products);
    d->empty = r == OK && products == 0;
    if (d->empty) snprintf(d->why, sizeof d->why, "the shop has no products yet; import a catalogue");
    if (r == OK && !d->empty) r = open_shop(s, &d->shop);
    if (r == OK && !d->empty) r = fill_guide(d);
    if (r != OK) {
        desk_free(d);
        return r;
    }
    *out = d;
    return OK;
}

void desk_free(struct desk *d)
{
    if (!d) return;
    arena_release(&d->promotions);
    shop_release(&d->shop);
    mem_free(d);
}

status call_desk(struct call *c, struct desk **out)
{
    struct desk *d = c->server->desk;
    *out = NULL;
    if (!d->empty) {
        *out = d;
        return OK;
    }
    call_header(c, "Retry-After", "30");
    return call_error(c, 503, "not_ready", NULL, "%s", d->why);
}

/* ---- a newer one ------------------------------------------------------------------------------------------------------------------ */

struct swap { struct task task; struct desk *desk; };

static void swap_in(struct lane *l, void *context)
{
    struct swap *w = context;
    struct server *s = l->server;
    struct desk *old = s->desk;
    s->desk = w->desk;
    atomic_store(&s->ready, !w->desk->empty);
    atomic_fetch_add(&s->reloads, 1);
    systemd_reloaded(s);
    desk_free(old);
    mem_free(w);
}

status reload_now(struct server *s)
{
    struct swap *w = mem_zalloc(1, sizeof *w);
    status r = w ? desk_open(s, &w->desk) : fail_nomem("opening the shop");
    if (r != OK) {
        mem_free(w);
        return r;
    }
    w->task = (struct task){.run = swap_in, .context = w};
    lane_push(&s->lanes[LANE_MODEL], &w->task, true);
    return OK;
}

static void reload(struct lane *l, void *context)
{
    struct server *s = l->server;
    mem_free(context);
    atomic_store(&s->reload_waiting, false);
    if (atomic_load(&s->stopping)) return;
    if (reload_now(s) == OK) return;   /* over when the model lane has it */
    server_note(s, "%s; the shop stays as it was", status_message());
    systemd_reloaded(s);
}

void reload_request(struct server *s)
{
    if (atomic_exchange(&s->reload_waiting, true)) return;
    struct task *t = mem_zalloc(1, sizeof *t);
    if (!t) {
        atomic_store(&s->reload_waiting, false);
        systemd_reloaded(s);
        return;
    }
    *t = (struct task){.run = reload, .context = t};
    lane_push(&s->lanes[LANE_WRITE], t, true);
}

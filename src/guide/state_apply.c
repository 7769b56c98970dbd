/* The changes of an utterance, applied to the topics and their wishes. */
#include "guide_int.h"
#include "read_int.h"

#include <math.h>
#include <string.h>

struct applying { struct dialogue *d; struct topic *t; bool nomem; };

static const char *own(struct applying *x, const char *s)
{
    const char *copy = s ? arena_strdup(&x->d->arena, s) : NULL;
    if (s && !copy) x->nomem = true;
    return copy ? copy : "";
}

/* A copy whose strings the dialogue owns. */
static struct wish own_wish(struct applying *x, const struct wish *w)
{
    struct wish out = *w;
    out.field = own(x, w->field);
    out.said = own(x, w->said);
    if (w->unit) out.unit = own(x, w->unit);
    for (size_t i = 0; i < w->n_values; i++) out.values[i] = own(x, w->values[i]);
    out.turn = x->d->turn;
    return out;
}

static void drop_wish(struct topic *t, size_t i)
{
    memmove(&t->wishes[i], &t->wishes[i + 1], (t->n_wishes - i - 1) * sizeof t->wishes[0]);
    t->n_wishes--;
}

static struct wish *find(struct topic *t, const char *field, bool negated)
{
    for (size_t i = 0; i < t->n_wishes; i++)
        if (t->wishes[i].negated == negated && strcmp(t->wishes[i].field, field) == 0) return &t->wishes[i];
    return NULL;
}

/* Takes the values of w out of the field's wish with that sign; a wish that loses its last value goes. */
static void drop_values(struct topic *t, const struct wish *w, bool negated)
{
    struct wish *old = find(t, w->field, negated);
    if (!old || !w->n_values) return;
    size_t kept = 0;
    for (size_t i = 0; i < old->n_values; i++) {
        bool dropped = false;
        for (size_t k = 0; k < w->n_values; k++) dropped |= strcmp(old->values[i], w->values[k]) == 0;
        if (!dropped) old->values[kept++] = old->values[i];
    }
    bool emptied = old->n_values && !kept;
    old->n_values = kept;
    if (emptied) drop_wish(t, (size_t)(old - t->wishes));
}

static void drop_field(struct topic *t, const char *field, bool both, bool negated)
{
    for (size_t i = 0; i < t->n_wishes;)
        if (strcmp(t->wishes[i].field, field) == 0 && (both || t->wishes[i].negated == negated)) drop_wish(t, i);
        else i++;
}

/* The oldest wish goes when there are too many: what was said last counts. */
static void push(struct applying *x, const struct wish *w)
{
    if (x->t->n_wishes == WISHES_MAX) drop_wish(x->t, 0);
    x->t->wishes[x->t->n_wishes++] = own_wish(x, w);
}

static void merge(struct applying *x, struct wish *old, const struct wish *w)
{
    if (strcmp(w->field, "price") == 0) {
        if (w->low > old->low) old->low = w->low;
        if (w->high < old->high) old->high = w->high;
    }
    if (w->unit) {
        old->least = fmax(old->least, w->least);
        old->most = fmin(old->most, w->most);
    }
    if (old->low > old->high) old->low = w->low, old->high = w->high;   /* contradictory: the newer one is meant */
    if (old->least > old->most) old->least = w->least, old->most = w->most;
    for (size_t i = 0; i < w->n_values; i++) {
        bool known = false;
        for (size_t k = 0; k < old->n_values; k++) known |= strcmp(old->values[k], w->values[i]) == 0;
        if (known) continue;
        if (old->n_values == VALUES_MAX) memmove(old->values, old->values + 1, --old->n_values * sizeof old->values[0]);
        old->values[old->n_values++] = own(x, w->values[i]);
    }
    old->hard |= w->hard;
    old->said = own(x, w->said);
    old->provenance = w->provenance;
    old->turn = x->d->turn;
}

static void apply_change(struct applying *x, const struct change *c)
{
    const struct wish *w = &c->wish;
    struct wish *old;
    switch (c->what) {
    case CHANGE_ADD:
        drop_values(x->t, w, !w->negated);
        old = find(x->t, w->field, w->negated);
        if (old) merge(x, old, w);
        else push(x, w);
        break;
    case CHANGE_RELAX:
    case CHANGE_REPLACE:
        drop_field(x->t, w->field, false, w->negated);
        drop_values(x->t, w, !w->negated);
        push(x, w);
        break;
    case CHANGE_REMOVE:
        if (!w->n_values) drop_field(x->t, w->field, true, false);
        drop_values(x->t, w, true);
        drop_values(x->t, w, false);
        break;
    }
}

/* ---- topics ---- */

static void shift_topics(struct dialogue *d, size_t gone)
{
    memmove(&d->topics[gone], &d->topics[gone + 1], (d->n_topics - gone - 1) * sizeof d->topics[0]);
    d->n_topics--;
    if (d->current > gone || d->current == d->n_topics) d->current -= d->current > 0;
    for (size_t i = 0; i < d->n_shown; i++)
        if (d->shown[i].topic > gone) d->shown[i].topic--;
    for (struct question *q = &d->open;; q = &d->also) {
        if (*q->field && q->topic == gone) *q = (struct question){.field = ""};
        else if (q->topic > gone) q->topic--;
        if (q == &d->also) break;
    }
}

static void open_topic(struct applying *x, const char *text)
{
    struct dialogue *d = x->d;
    if (d->n_topics == TOPICS_MAX) shift_topics(d, d->current == 0 ? 1 : 0);   /* the oldest but the current one */
    d->current = d->n_topics++;
    d->topics[d->current] = (struct topic){.text = own(x, text)};
}

static bool has_text(const char *text, const char *words)
{
    return *words == 0 || strstr(text, words) != NULL;
}

static void set_text(struct applying *x, const struct utterance_part *p)
{
    struct topic *t = x->t;
    if (!*p->text || p->new_topic || p->back_to_topic) return;
    if (p->replaces_text || !*t->text) {
        t->text = own(x, p->text);
    } else if (!has_text(t->text, p->text)) {
        const char *longer = arena_printf(&x->d->arena, "%s %s", t->text, p->text);
        if (!longer) x->nomem = true;
        else if (strlen(longer) <= TOPIC_TEXT_MAX) t->text = longer;
        else t->text = own(x, p->text);   /* so much was said that the latest words must do */
    }
}

/* "太贵了", then "最便宜的呢": of all that there are, not of those below what was too dear. */
static void drop_relative_price(struct applying *x, const struct utterance_part *part)
{
    for (size_t i = 0; i < part->n_changes; i++)
        if (strcmp(part->changes[i].wish.field, "price") == 0) return;
    for (size_t i = 0; i < x->t->n_wishes;) {
        const char *said = x->t->wishes[i].said;
        bool relative = strcmp(x->t->wishes[i].field, "price") == 0 && said && cue_is(CUE_CHEAPER, (struct span){said, said + strlen(said)});
        if (relative) drop_wish(x->t, i);
        else i++;
    }
}

status state_apply(struct guide *g, struct dialogue *d, const struct utterance *u, const struct utterance_part *part)
{
    struct applying x = {.d = d};
    (void)g;
    if (u->normalised[0]) d->language = u->language;
    if (part->intention != WANTS_PRODUCTS) return OK;
    if (part->new_topic || !d->n_topics) open_topic(&x, part->text);
    else if (part->back_to_topic && part->topic < d->n_topics) d->current = part->topic;
    x.t = &d->topics[d->current];
    set_text(&x, part);
    for (size_t i = 0; i < part->n_changes; i++) apply_change(&x, &part->changes[i]);
    if (part->order != ORDER_FIT) x.t->order = part->order;
    if (part->order == ORDER_CHEAPEST) drop_relative_price(&x, part);
    if (part->no_questions) x.t->no_questions = true;
    if (x.nomem) return fail_nomem("changing a dialogue's state");
    return d->arena.used > DIALOGUE_BYTES_MAX ? dialogue_compact(d) : OK;
}

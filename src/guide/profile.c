/* What is known of a shopper beforehand. It gives way to whatever the shopper says, and is never asked about again. */
#include "turn_int.h"

#include <string.h>

static bool own_strings(struct dialogue *d, struct wish *w)
{
    bool ok = (w->field = arena_strdup(&d->arena, w->field)) != NULL;
    ok = ok && (w->said = arena_strdup(&d->arena, w->said ? w->said : "")) != NULL;
    if (ok && w->unit) ok = (w->unit = arena_strdup(&d->arena, w->unit)) != NULL;
    for (size_t i = 0; ok && i < w->n_values; i++) ok = (w->values[i] = arena_strdup(&d->arena, w->values[i])) != NULL;
    return ok;
}

status dialogue_set_profile(struct guide *g, struct dialogue *d, const char *text)
{
    struct need need;
    d->n_profile = 0;
    TRY(matcher_understand(g->options.matcher, text, strlen(text), &need));
    status s = OK;
    for (size_t i = 0; s == OK && i < need.n_constraints && d->n_profile < PROFILE_MAX; i++) {
        struct wish *w = &d->profile[d->n_profile];
        s = wish_from_constraint(g->options.matcher, &need.constraints[i], &d->arena, w);
        if (s != OK) break;
        w->provenance = FROM_PROFILE;
        w->hard = w->negated;
        if (own_strings(d, w)) d->n_profile++;
        else s = fail_nomem("reading a profile");
    }
    need_release(&need);
    return s;
}

status dialogue_set_member(struct dialogue *d, const char *level)
{
    d->member = arena_strdup(&d->arena, level);
    return d->member ? OK : fail_nomem("reading a member's level");
}

static bool speaks_of(const struct topic *t, const char *field)
{
    for (size_t i = 0; i < t->n_wishes; i++)
        if (strcmp(t->wishes[i].field, field) == 0) return true;
    for (size_t i = 0; i < t->n_asked; i++)
        if (strcmp(t->asked[i], field) == 0) return true;
    return false;
}

void profile_apply(const struct dialogue *d, struct topic *t)
{
    for (size_t i = 0; i < d->n_profile && t->n_wishes < WISHES_MAX; i++)
        if (!speaks_of(t, d->profile[i].field)) t->wishes[t->n_wishes++] = d->profile[i];
}

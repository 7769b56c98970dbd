/* The guide's own life, and the names of what it speaks of. */
#include "turn_int.h"

#include <math.h>

const char *provenance_name(enum provenance p)
{
    static const char *const names[] = {[FROM_SHOPPER] = "said", [FROM_ANSWER] = "answered", [FROM_PROFILE] = "profile", [INFERRED] = "inferred"};
    return p <= INFERRED ? names[p] : "?";
}

const char *guide_act_name(enum guide_act a)
{
    static const char *const names[GUIDE_ACTS] = {"ask", "recommend", "compare", "answer", "confirm", "cart", "hand over", "close", "chat"};
    return a < GUIDE_ACTS ? names[a] : "?";
}

void guide_options_default(struct guide_options *o)
{
    *o = (struct guide_options){.questions = QUESTIONS_BY_GAIN, .wording = WORDING_MODEL, .n_cards = 5, .n_cards_more = CARDS_MAX, .questions_max = 8, .questions_at_once = 2, .gain_min = 0.05f};
}

status guide_new(const struct guide_options *o, struct guide **out)
{
    FAIL_IF(!o->catalogue || !o->matcher || !o->normalizer, ERR_USAGE, "a guide needs a catalogue, a matcher and a normaliser");
    FAIL_IF(o->n_cards < 1 || o->n_cards > CARDS_MAX, ERR_USAGE, "a guide shows 1 to %d products a turn, not %zu", CARDS_MAX, o->n_cards);
    FAIL_IF(!isfinite(o->gain_min) || o->gain_min < 0, ERR_USAGE, "the least gain of a question must not be negative");
    struct guide *g = mem_zalloc(1, sizeof *g);
    if (!g) return fail_nomem("opening the guide");
    g->options = *o;
    rng_seed(&g->rng, o->seed);
    *out = g;
    return OK;
}

void guide_free(struct guide *g)
{
    mem_free(g);
}

void reply_release(struct reply *r)
{
    json_decref(r->comparison);
    json_decref(r->cart);
    json_decref(r->answer);
    json_decref(r->why);
    arena_release(&r->arena);
    *r = (struct reply){0};
}

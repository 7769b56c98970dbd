/* A dialogue's beginning and end, and the names of what it is made of. */
#include "guide_int.h"

#include <string.h>

void dialogue_init(struct dialogue *d, const char *id)
{
    *d = (struct dialogue){.open.field = "", .also.field = ""};
    arena_init(&d->arena, 0);
    size_t n = strnlen(id, DIALOGUE_ID_MAX - 1);
    while (n && n == DIALOGUE_ID_MAX - 1 && ((unsigned char)id[n] & 0xC0) == 0x80) n--;   /* no half character at the end */
    memcpy(d->id, id, n);
}

void dialogue_release(struct dialogue *d)
{
    arena_release(&d->arena);
    *d = (struct dialogue){.open.field = "", .also.field = ""};
}

status dialogue_copy(const struct dialogue *d, struct dialogue *out)
{
    json_t *state = dialogue_json(d);
    status s = state ? dialogue_from_json(state, out) : fail_nomem("copying a dialogue");
    json_decref(state);
    return s;
}

status dialogue_compact(struct dialogue *d)
{
    struct dialogue fresh;
    TRY(dialogue_copy(d, &fresh));
    dialogue_release(d);
    *d = fresh;
    return OK;
}

const char *intention_name(enum intention i)
{
    static const char *const names[] = {
        [WANTS_PRODUCTS] = "products", [WANTS_MORE] = "more", [WANTS_OTHERS] = "others", [WANTS_COMPARISON] = "comparison", [WANTS_FACT] = "fact", [WANTS_TO_ADD] = "add",
        [WANTS_TO_REMOVE] = "remove", [WANTS_CART] = "cart", [WANTS_TO_BUY] = "buy", [SKIPS_QUESTION] = "skip", [WANTS_SERVICE] = "service", [WANTS_A_PERSON] = "person",
        [GREETS] = "greeting", [THANKS] = "thanks", [TAKES_LEAVE] = "leave", [STARTS_OVER] = "restart", [IS_ABUSIVE] = "abuse", [IS_OUT_OF_SCOPE] = "scope", [IS_EMPTY] = "empty"};
    return (size_t)i < sizeof names / sizeof names[0] ? names[i] : "?";
}

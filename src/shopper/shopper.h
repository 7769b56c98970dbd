/* A simulated shopper: wants one hidden product of the shop and knows of it what its record says. Sees of the guide only the reply: its text,
 * cards and choices (the question's field stands for having read its sentence). Shares no code with the guide's understanding: what it
 * takes for true of a card is read from the card's record by its own small tables.
 *
 * What it does and when is a function of seed, shopper and the field asked about, never of the order in which things are asked: every policy
 * meets the same shoppers with the same quirks.
 */
#ifndef DAOGOU_SHOPPER_H
#define DAOGOU_SHOPPER_H

#include "guide/guide.h"

enum { SHOPPER_WISHES_MAX = 16 };
struct shopper_wish { const char *field, *said; };   /* said normalised; fields as in questions */
struct shopper {
    const struct normalizer *normalizer;
    enum language language;
    uint64_t seed;
    struct arena arena;
    struct product target;
    const char *kind, *colour, *audience, *usage, *name;   /* as the record says; "" unknown. name: the brand, else the words that the title begins with */
    struct shopper_wish wishes[SHOPPER_WISHES_MAX];        /* what it said or answered clearly: law */
    size_t n_wishes;
    const char *correction;      /* what it will say next: it changed its mind */
    const char *corrected_field, *corrected_value;
    uint32_t turn, restated;
    double answers_both;         /* of two questions put at once the share in which both are answered, not the first alone: SHOPPER_ANSWERS_BOTH */
    bool vague;                  /* opens with its department alone */
};
/* The shares of quirks; the brief's numbers. */
extern const double SHOPPER_SKIPS, SHOPPER_VAGUE, SHOPPER_CHANGES, SHOPPER_ANSWERS_BOTH;

/* vague: the first need names no more than the widest category.
 * target's strings must outlive the shopper. ERR_NOT_FOUND: the record names no kind of product to ask for. */
status shopper_init(struct shopper *s, const struct product *target, enum language l, const struct normalizer *z, uint64_t seed, bool vague);
void shopper_release(struct shopper *s);
/* What it says first, and then after each reply. NULL: out of memory. Strings in its arena. */
const char *shopper_opens(struct shopper *s);
const char *shopper_says(struct shopper *s, const struct reply *r);
bool shopper_sees_target(const struct shopper *s, const struct reply *r);
/* Cards that break a wish, by their own record; the first one's sentence goes to why. */
size_t shopper_violations(struct shopper *s, const struct reply *r, char *why, size_t why_size);

#endif

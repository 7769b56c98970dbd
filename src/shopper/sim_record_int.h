/* What a record says, read without the index: for the simulated shopper, who must not share the guide's mistakes. */
#ifndef DAOGOU_SIM_RECORD_INT_H
#define DAOGOU_SIM_RECORD_INT_H

#include "catalogue/catalogue.h"

/* Normalised copy in the arena; "" when memory is short. */
const char *sim_normal(const struct normalizer *z, struct arena *a, const char *s);
/* Does normalised text have the normalised words? Latin ones as whole words. */
bool sim_has(const char *text, const char *words);
/* The value of the first attribute that has one of the names (normalised, '|' between), in language l if there is one; "" when there is none. */
const char *sim_attribute(const struct normalizer *z, struct arena *a, const struct product *p, const char *names, enum language l);
/* Last part of the category path in language l. */
const char *sim_kind(struct arena *a, const struct product *p, enum language l);
/* The brand, else the words that the title begins with, up to one for people. */
const char *sim_name(const struct normalizer *z, struct arena *a, const struct product *p);
extern const char SIM_COLOUR_NAMES[], SIM_AUDIENCE_NAMES[], SIM_USAGE_NAMES[], SIM_MATERIAL_NAMES[], SIM_SIZE_NAMES[];

/* Is what was said of a field true of the record? UNKNOWN: the record does not say. */
enum sim_truth { SIM_FALSE, SIM_TRUE, SIM_UNKNOWN };
/* Does the field ask for words of the title? */
bool sim_is_word_field(const char *field);
enum sim_truth sim_is_true(const struct normalizer *z, struct arena *a, const struct product *p, const char *field, const char *said, enum language l);
/* Is a colour (normalised) a dark one, a light one: 1, -1, 0. */
int sim_darkness(const char *colour);
/* Is it a colour's name by our tables? */
bool sim_knows_colour(const char *colour);
/* Another colour than this one, by the number given, in language l. */
const char *sim_other_colour(const char *colour, uint64_t number, enum language l);
/* A wider word for it ("navy blue" -> "blue"), or NULL. */
const char *sim_wider_colour(const char *colour, enum language l);
/* "250元以内", "250-400", "over $400": bounds in minor units. */
void sim_price_range(const char *said, int64_t *low, int64_t *high);

#endif

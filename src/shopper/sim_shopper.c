#include "shopper.h"

#include "sim_record_int.h"

#include <stdlib.h>
#include <string.h>

const double SHOPPER_SKIPS = 0.10, SHOPPER_VAGUE = 0.10, SHOPPER_CHANGES = 0.05, SHOPPER_ANSWERS_BOTH = 0.70;

/* ---- chance, by what it is about ---- */

static uint64_t draw(const struct shopper *s, const char *what)
{
    return hash_bytes(what, strlen(what), s->seed);
}

static double chance(const struct shopper *s, const char *what, const char *field)
{
    return (double)(hash_bytes(field, strlen(field), draw(s, what)) >> 11) * 0x1p-53;
}

static bool zh(const struct shopper *s)
{
    return s->language == LANGUAGE_ZH;
}

static const char *pick(const struct shopper *s, const char *what, const char *const *from, size_t n)
{
    return from[hash_bytes(&s->turn, sizeof s->turn, draw(s, what)) % n];
}
#define PICK(s, what, ...) pick(s, what, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* ---- what it wants ---- */

static const char *normal(struct shopper *s, const char *text)
{
    return sim_normal(s->normalizer, &s->arena, text);
}

static void wish_add(struct shopper *s, const char *field, const char *said)
{
    size_t i = 0;
    while (i < s->n_wishes && strcmp(s->wishes[i].field, field) != 0) i++;
    if (i == SHOPPER_WISHES_MAX) return;
    const char *copy = arena_strdup(&s->arena, field);
    s->wishes[i] = (struct shopper_wish){copy ? copy : "", normal(s, said)};
    if (i == s->n_wishes) s->n_wishes++;
}

static void wish_drop(struct shopper *s, const char *field)
{
    for (size_t i = 0; i < s->n_wishes; i++)
        if (strcmp(s->wishes[i].field, field) == 0) s->wishes[i--] = s->wishes[--s->n_wishes];
}

/* The first colour of a list: what one calls the thing. */
static const char *first_part(struct shopper *s, const char *value)
{
    const char *cursor = value, *item;
    size_t n;
    if (!attribute_list_next(&cursor, &item, &n)) return "";
    const char *copy = arena_strndup(&s->arena, item, n);
    return copy ? copy : "";
}

status shopper_init(struct shopper *s, const struct product *target, enum language l, const struct normalizer *z, uint64_t seed, bool vague)
{
    *s = (struct shopper){.normalizer = z, .language = l, .seed = seed, .target = *target, .vague = vague, .answers_both = SHOPPER_ANSWERS_BOTH};
    arena_init(&s->arena, 0);
    s->kind = sim_kind(&s->arena, target, l);
    s->colour = first_part(s, sim_attribute(z, &s->arena, target, SIM_COLOUR_NAMES, l));
    s->audience = sim_attribute(z, &s->arena, target, SIM_AUDIENCE_NAMES, l);
    s->usage = sim_attribute(z, &s->arena, target, SIM_USAGE_NAMES, l);
    s->name = sim_name(z, &s->arena, target);
    if (*s->kind) return OK;
    shopper_release(s);
    return fail(ERR_NOT_FOUND, "product '%s' names no kind", target->id);
}

void shopper_release(struct shopper *s)
{
    arena_release(&s->arena);
}

/* ---- the first need ---- */

static bool is_for_one_kind_of_people(struct shopper *s)
{
    const char *who = normal(s, s->audience);
    return *who && !sim_has(who, "unisex") && !strstr(who, "男女") && !strstr(who, "通用") && !sim_has(who, "all") && strlen(who) <= 24;
}

/* "for men", "男士": people as one says them. */
static const char *people_words(struct shopper *s)
{
    if (!zh(s)) return arena_printf(&s->arena, "for %s", normal(s, s->audience));
    const char *who = s->audience;
    if (strcmp(who, "男") == 0 || strcmp(who, "女") == 0) return arena_printf(&s->arena, "%s士", who);
    return who;
}

static const char *budget_words(struct shopper *s)
{
    int64_t bound = s->target.price + s->target.price * (int64_t)(draw(s, "slack") % 50) / 100, unit = bound > 100000 ? 10000 : 5000;
    bound = (bound + unit - 1) / unit * unit / 100;
    const char *said = zh(s) ? arena_printf(&s->arena, "%lld元以内", (long long)bound) : arena_printf(&s->arena, "under %lld", (long long)bound);
    if (said) wish_add(s, "price", said);
    return said ? said : "";
}

/* Says another colour first: what it will correct is kept. */
static const char *colour_said(struct shopper *s, const char *when)
{
    if (chance(s, "changes its mind", when) >= SHOPPER_CHANGES) {
        wish_add(s, "colour", s->colour);
        return s->colour;
    }
    const char *other = sim_other_colour(normal(s, s->colour), draw(s, "other colour"), s->language);
    wish_add(s, "colour", other);
    const char *own = normal(s, s->colour);
    if (!zh(s) && !sim_knows_colour(own)) own = arena_printf(&s->arena, "%s colour", own);   /* "steel" alone is a metal */
    s->correction = arena_printf(&s->arena, zh(s) ? PICK(s, "correction", "不对，要%s的", "等等，还是%s的吧", "说错了，我要%s") : PICK(s, "correction", "no wait, I want %s", "actually, make it %s", "sorry, I meant %s"), zh(s) ? s->colour : own ? own : "");
    s->corrected_field = "colour";
    s->corrected_value = s->colour;
    return other;
}

enum { ABOUT_COLOUR, ABOUT_PEOPLE, ABOUT_USAGE, ABOUT_PRICE, ABOUTS };

static size_t choose_abouts(struct shopper *s, bool *about)
{
    bool possible[ABOUTS] = {*s->colour != 0, is_for_one_kind_of_people(s), *s->usage && strlen(s->usage) <= 24 && strcmp(normal(s, s->usage), "na") != 0, s->target.price > 0};
    size_t n = 0, wanted = 1 + draw(s, "how many") % 2;
    for (size_t tries = 0; tries < 24 && n < wanted; tries++) {
        size_t k = hash_bytes(&tries, sizeof tries, draw(s, "about")) % ABOUTS;
        if (!possible[k] || about[k]) continue;
        about[k] = true;
        n++;
    }
    return n;
}

static const char *opening_zh(struct shopper *s, const char *colour, const char *who, const char *usage, const char *price)
{
    const char *of = *colour ? "的" : "", *kind = s->kind;
    switch (draw(s, "opening") % 5) {
    case 0: return arena_printf(&s->arena, "想买%s%s%s%s%s%s", colour, of, who, usage, kind, *price ? arena_printf(&s->arena, "，%s", price) : "");
    case 1: return arena_printf(&s->arena, "有没有%s%s%s%s%s？", *price ? arena_printf(&s->arena, "%s的", price) : "", colour, of, who, *usage ? arena_printf(&s->arena, "%s%s", usage, kind) : kind);
    case 2: return arena_printf(&s->arena, "%s%s%s%s%s", who, usage, kind, *colour ? arena_printf(&s->arena, "，要%s的", colour) : "", *price ? arena_printf(&s->arena, "，预算%s", price) : "");
    case 3: return arena_printf(&s->arena, "帮我找%s%s%s%s%s", *price ? arena_printf(&s->arena, "%s的", price) : "", colour, of, who, *usage ? arena_printf(&s->arena, "%s%s", usage, kind) : kind);
    default: return arena_printf(&s->arena, "%s%s%s%s%s", colour, of, who, usage, *price ? arena_printf(&s->arena, "%s %s", kind, price) : kind);
    }
}

static const char *opening_en(struct shopper *s, const char *colour, const char *who, const char *usage, const char *price)
{
    const char *kind = normal(s, s->kind), *things = arena_printf(&s->arena, "%s%s%s%s%s%s%s", colour, *colour ? " " : "", usage, *usage ? " " : "", kind, *who ? " " : "", who);
    if (!things) return NULL;
    switch (draw(s, "opening") % 5) {
    case 0: return arena_printf(&s->arena, "I am looking for %s%s%s", things, *price ? ", " : "", price);
    case 1: return arena_printf(&s->arena, "do you have %s%s%s?", things, *price ? " " : "", price);
    case 2: return arena_printf(&s->arena, "%s%s%s", things, *price ? " " : "", price);
    case 3: return arena_printf(&s->arena, "I need %s%s%s", things, *price ? " " : "", price);
    default: return arena_printf(&s->arena, "show me %s%s%s please", things, *price ? " " : "", price);
    }
}

static const char *opens_vaguely(struct shopper *s)
{
    const char *path = product_text(&s->target, "category", s->language);
    size_t n = strcspn(path, ">");
    while (n && path[n - 1] == ' ') n--;
    char *department = arena_strndup(&s->arena, path, n);
    if (!department) return NULL;
    return arena_printf(&s->arena, zh(s) ? PICK(s, "opening", "想看看%s", "%s有什么", "我想买%s") : PICK(s, "opening", "I am looking for %s", "what do you have in %s?", "%s please"), zh(s) ? department : normal(s, department));
}

const char *shopper_opens(struct shopper *s)
{
    bool about[ABOUTS] = {false};
    if (s->vague) {
        s->turn = 1;
        return opens_vaguely(s);
    }
    choose_abouts(s, about);
    const char *colour = about[ABOUT_COLOUR] ? colour_said(s, "opening") : "", *who = about[ABOUT_PEOPLE] ? people_words(s) : "";
    const char *usage = about[ABOUT_USAGE] ? s->usage : "", *price = about[ABOUT_PRICE] ? budget_words(s) : "";
    if (!who) return NULL;
    if (*who) wish_add(s, "audience", s->audience);
    s->turn = 1;
    if (*colour && !zh(s) && !sim_knows_colour(normal(s, colour))) colour = arena_printf(&s->arena, "%s colour", colour);
    if (!colour) return NULL;
    return zh(s) ? opening_zh(s, colour, who, usage, price) : opening_en(s, normal(s, colour), who, normal(s, usage), price);
}

/* ---- answers ---- */

/* Of the choices that are true of the target the narrowest; -1: none is. */
static int true_choice(struct shopper *s, const struct question *q)
{
    int best = -1;
    for (size_t i = 0; i < q->n_choices; i++) {
        if (sim_is_true(s->normalizer, &s->arena, &s->target, q->field, normal(s, q->choices[i].label), s->language) != SIM_TRUE) continue;
        if (best < 0 || q->choices[i].count < q->choices[best].count) best = (int)i;
    }
    return best;
}

/* Fields that a shopper hardly has in mind; the others are known. */
static double known(const char *field)
{
    static const struct { const char *word; double share; } table[] = {{"year", 0.1}, {"年份", 0.1}, {"上市", 0.1}, {"season", 0.5}, {"季节", 0.5}, {"weight", 0.3}, {"重量", 0.3}, {"克重", 0.1}, {"净重", 0.3}, {"尺寸", 0.3}, {"dimensions", 0.3}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strstr(field, table[i].word)) return table[i].share;
    return 1;
}

static const char *does_not_mind(struct shopper *s)
{
    return zh(s) ? PICK(s, "any", "都可以", "都行", "无所谓", "不限") : PICK(s, "any", "I don't mind", "any is fine", "doesn't matter", "no preference");
}

static const char *vague_answer(struct shopper *s, const struct question *q)
{
    if (strcmp(q->field, "colour") != 0 || !*s->colour) return NULL;
    const char *wider = sim_wider_colour(normal(s, s->colour), s->language);
    int dark = sim_darkness(normal(s, s->colour));
    if (wider) {
        wish_add(s, "colour", wider);
        return wider;
    }
    if (!dark) return NULL;
    return zh(s) ? (dark > 0 ? "深色的" : "浅色的") : dark > 0 ? "something dark" : "something light";
}

/* The record's own value of the field, where none of the choices is it. */
static const char *typed_answer(struct shopper *s, const char *field)
{
    if (strcmp(field, "colour") == 0) return s->colour;
    if (strcmp(field, "audience") == 0) return is_for_one_kind_of_people(s) ? s->audience : "";
    if (strcmp(field, "brand") == 0 || strcmp(field, "attribute:title") == 0) return s->name;
    if (strcmp(field, "category") == 0) return s->kind;
    if (strcmp(field, "material") == 0) return first_part(s, sim_attribute(s->normalizer, &s->arena, &s->target, SIM_MATERIAL_NAMES, s->language));
    if (strncmp(field, "attribute:", 10) == 0) return first_part(s, sim_attribute(s->normalizer, &s->arena, &s->target, field + 10, s->language));
    return "";
}

static const char *answers(struct shopper *s, const struct question *q)
{
    if (chance(s, "skips", q->field) < SHOPPER_SKIPS || chance(s, "knows", q->field) >= known(q->field)) return does_not_mind(s);
    bool colour = strcmp(q->field, "colour") == 0 && *s->colour;
    if (chance(s, "vague", q->field) < SHOPPER_VAGUE) {
        const char *vague = vague_answer(s, q);
        if (vague) return vague;
    }
    if (colour && chance(s, "changes its mind", q->field) < SHOPPER_CHANGES) return colour_said(s, q->field);
    int choice = true_choice(s, q);
    if (choice >= 0) {
        wish_add(s, q->field, q->choices[choice].label);
        return arena_strdup(&s->arena, q->choices[choice].label);
    }
    if (sim_is_word_field(q->field)) return zh(s) ? "都不是" : "none of these";
    const char *own = typed_answer(s, q->field);
    if (!*own || strcmp(normal(s, own), "na") == 0) return does_not_mind(s);
    wish_add(s, q->field, own);
    return own;
}

/* Who was asked two things answers the second in the same breath, or passes it over; nobody says of each that it does not matter. */
static const char *answers_both(struct shopper *s, const struct question *q, const struct question *also)
{
    const char *first = answers(s, q);
    if (!also->field || !*also->field || s->correction || !first) return first;
    bool minds = strcmp(first, does_not_mind(s)) != 0;   /* "any is fine" alone would be said of both */
    if (minds && chance(s, "answers both", also->field) >= s->answers_both) return first;
    const char *second = answers(s, also);
    if (!second || strcmp(second, does_not_mind(s)) == 0) return first;
    return arena_printf(&s->arena, zh(s) ? "%s，%s" : "%s, %s", first, second);
}

static const char *asks_for_more(struct shopper *s)
{
    return zh(s) ? PICK(s, "more", "还有别的吗", "换一批看看", "再看看其他的") : PICK(s, "more", "show me others", "any others?", "show me more");
}

const char *shopper_says(struct shopper *s, const struct reply *r)
{
    s->turn++;
    if (s->correction) {
        const char *said = s->correction;
        s->correction = NULL;
        wish_drop(s, s->corrected_field);
        wish_add(s, s->corrected_field, s->corrected_value);
        return said;
    }
    if (r->question.field && *r->question.field) return answers_both(s, &r->question, &r->also);
    if (r->n_cards || s->restated++) return asks_for_more(s);
    s->n_wishes = 0;   /* begins again with less */
    return zh(s) ? arena_printf(&s->arena, "那就看看%s", s->kind) : arena_printf(&s->arena, "just show me %s then", normal(s, s->kind));
}

bool shopper_sees_target(const struct shopper *s, const struct reply *r)
{
    for (size_t i = 0; i < r->n_cards; i++)
        if (strcmp(r->cards[i].product.id, s->target.id) == 0) return true;
    return false;
}

size_t shopper_violations(struct shopper *s, const struct reply *r, char *why, size_t why_size)
{
    size_t broken = 0;
    struct arena a;
    arena_init(&a, 0);
    for (size_t i = 0; i < r->n_cards; i++)
        for (size_t k = 0; k < s->n_wishes; k++) {
            const struct product *p = &r->cards[i].product;
            if (sim_is_true(s->normalizer, &a, p, s->wishes[k].field, s->wishes[k].said, s->language) != SIM_FALSE) continue;
            if (!broken++) snprintf(why, why_size, "%s '%s' is broken by %s (%s)", s->wishes[k].field, s->wishes[k].said, p->id, p->title);
        }
    arena_release(&a);
    return broken;
}

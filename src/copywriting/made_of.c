/* What a thing is said to be made of. The lists of materials cannot know every word: "made of tea" is a claim all the same. */
#include "copywriting_int.h"

static bool is_any(const struct units *u, size_t at, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (unit_is(u, at, words[i])) return true;
    return false;
}
#define IS_ANY(u, at, words) is_any(u, at, words, sizeof(words) / sizeof(words)[0])

/* Does this field say what the goods, or a part of them, are made of? Its name does, or a known material stands in it. */
static bool holds_materials(const struct support *s, const struct support_field *f)
{
    static const char *const names[] = {"material", "fabric", "composition", "upper", "sole", "lining", "fill", "filling", "shell", "ingredient", "材", "料", "成", "质"};
    if (!f->named) return false;
    for (size_t i = 0; i < f->n_name; i++)
        if (IS_ANY(&f->units, i, names)) return true;
    for (size_t at = f->n_name; at < f->units.n; at++) {
        size_t length;
        uint32_t phrase = lexicon_longest(s->lexicon, &f->units, at, true, &length);
        if (phrase != NO_PHRASE && phrase_concept(s->lexicon, phrase)->kind == CLAIM_MATERIAL) return true;
    }
    return false;
}

static bool material_holds(const struct support *s, uint64_t symbol)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct support_field *f = &s->fields[i];
        if (!holds_materials(s, f)) continue;
        for (size_t at = f->n_name; at < f->units.n; at++)
            if (f->units.items[at].symbol == symbol) return true;
    }
    return false;
}

/* Known materials and colours are claims of their own: whether the record has them is asked elsewhere. */
static size_t known_at(const struct support *s, const struct units *u, size_t at)
{
    size_t length;
    uint32_t phrase = lexicon_longest(s->lexicon, u, at, true, &length);
    if (phrase == NO_PHRASE) return 0;
    int kind = phrase_concept(s->lexicon, phrase)->kind;
    return kind == CLAIM_MATERIAL || kind == CLAIM_COLOUR ? length : 0;
}

/* Where "nylon shell and polyester padding and weighs 2 kg" stops to be about materials. */
static bool ends_material(const struct units *u, size_t at)
{
    static const char *const ends[] = {"with", "which", "that", "for", "in", "so", "it", "to", "by", "from", "making"};
    static const char *const verbs[] = {"is", "has", "weighs", "comes", "measures", "holds", "runs", "suits", "keeps", "fits", "draws", "works", "connects", "gives",
                                        "serves", "carries", "covers", "can", "lasts", "offers", "features", "was", "contains", "cleans"};
    if (u->items[at].kind == UNIT_MARK || IS_ANY(u, at, ends)) return true;
    return unit_is(u, at, "and") && at + 1 < u->n && IS_ANY(u, at + 1, verbs);
}

static bool unheld_latin(const struct support *s, const struct units *u, size_t at, size_t *from, size_t *to)
{
    static const char *const plain[] = {"and", "or", "of", "a", "an", "the", "soft", "fine", "durable", "premium", "high", "quality", "pure", "real", "natural", "sturdy",
                                        "light", "lightweight", "thick", "thin", "material", "fabric"};
    for (size_t length; at < u->n && !ends_material(u, at); at += length) {
        length = known_at(s, u, at);
        if (length) continue;
        length = 1;
        if (u->items[at].kind != UNIT_WORD || u->items[at - 1].kind == UNIT_NUMBER || IS_ANY(u, at, plain)) continue;   /* "cm" */
        if (material_holds(s, u->items[at].symbol)) continue;
        *from = at;
        *to = at + 1;
        return true;
    }
    return false;
}

/* Chinese copy says much between a material's name and the verb: only what holds no known material at all must stand in the record. */
static bool unheld_han(const struct support *s, const struct units *u, size_t at, size_t *from, size_t *to)
{
    size_t end = at;
    for (; end < u->n && u->items[end].kind != UNIT_MARK; end++)
        if (known_at(s, u, end)) return false;
    *from = at;
    *to = end;
    return end > at && support_verbatim(s, u, at, end, false) == NO_FIELD;
}

bool made_of_unheld(const struct support *s, const struct units *u, size_t at, size_t *from, size_t *to)
{
    static const char *const subjects[][2] = {{"材", "质"}, {"面", "料"}, {"材", "料"}};
    if (unit_is(u, at, "made") && (unit_is(u, at + 1, "of") || unit_is(u, at + 1, "from"))) return unheld_latin(s, u, at + 2, from, to);
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (unit_is(u, at, subjects[i][0]) && unit_is(u, at + 1, subjects[i][1]) && (unit_is(u, at + 2, "为") || unit_is(u, at + 2, "是")))
            return unheld_han(s, u, at + 3, from, to);
    return false;
}

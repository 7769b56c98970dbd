/* The claims of a text, each asked for in the record. */
#include "copywriting_int.h"

#include <string.h>

void facts_release(struct facts *f)
{
    for (size_t i = 0; i < f->n; i++) {
        mem_free(f->items[i].claim);
        mem_free(f->items[i].field);
    }
    mem_free(f->items);
    *f = (struct facts){0};
}

size_t facts_unsupported(const struct facts *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) n += f->items[i].field == NULL;
    return n;
}

/* ---- one text being checked ---- */

struct checking {
    const struct support *support;
    const char *text;          /* the original */
    struct strbuf normalised;
    uint32_t *origins;
    struct units units;
    struct measure *measures;  /* of the text, in order */
    size_t n_measures, measures_cap;
    struct facts *facts;
};

static status add_fact(struct checking *c, uint32_t begin, uint32_t end, enum claim_kind kind, uint32_t field)
{
    struct facts *f = c->facts;
    TRY(mem_grow(&f->items, &f->cap, f->n + 1, sizeof *f->items));
    struct fact fact = {.kind = kind, .begin = c->origins[begin], .end = c->origins[end]};
    fact.claim = mem_strndup(c->text + fact.begin, fact.end - fact.begin);
    if (!fact.claim) return fail_nomem("checking facts");
    if (field != NO_FIELD) {
        const char *name = c->support->record->fields[field].name;
        fact.field = mem_strndup(name, strlen(name));
        if (!fact.field) {
            mem_free(fact.claim);
            return fail_nomem("checking facts");
        }
    }
    f->items[f->n++] = fact;
    return OK;
}

static status check_phrase(struct checking *c, size_t from, size_t to, uint32_t phrase)
{
    const struct concept *concept = phrase_concept(c->support->lexicon, phrase);
    const struct units *u = &c->units;
    if (concept->kind == CLAIM_NONE) return OK;
    uint32_t field = support_phrase(c->support, u, from, to, phrase, units_negated(u, from, to));
    if (field == NO_FIELD && support_is_free(c->support, concept)) return OK;
    return add_fact(c, u->items[from].begin, u->items[to - 1].end, (enum claim_kind)concept->kind, field);
}

/* "IP67", "CR2032": letters and digits in one word must stand in the record as they are, and so must the letters of sizes ("XXL"). */
static bool is_code(const struct units *u, size_t at)
{
    const struct unit *word = &u->items[at];
    if (word->kind != UNIT_WORD) return false;
    if (word->end - word->begin >= 2 && strspn(u->text + word->begin, "smlx") >= word->end - word->begin) return true;
    for (uint32_t i = word->begin; i < word->end; i++)
        if (u->text[i] >= '0' && u->text[i] <= '9') return true;
    return false;
}

/* Does a single character stand as a value ("鞋面是棉，", "304竹。")? Inside other words it says nothing. */
static bool is_value(const struct units *u, size_t at)
{
    static const char *const links[] = {"是", "为", "用", "选", "有", "合", "向", "、", "：", ":"};
    if (u->items[at].kind != UNIT_HAN || at == 0 || (at + 1 < u->n && u->items[at + 1].kind != UNIT_MARK)) return false;
    if (u->items[at - 1].kind == UNIT_NUMBER) return true;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (unit_is(u, at - 1, links[i])) return true;
    return false;
}

/* Phrases first: the longest from the left; what no phrase covers may be a number. */
static size_t phrase_at(const struct checking *c, size_t at, uint32_t *phrase)
{
    size_t length = 0;
    *phrase = lexicon_longest(c->support->lexicon, &c->units, at, is_value(&c->units, at), &length);
    return *phrase == NO_PHRASE ? 0 : length;
}

/* All numbers before any is asked for: "45×30×15 cm" shares its unit backwards. */
static status find_measures(struct checking *c)
{
    for (size_t at = 0; at < c->units.n;) {
        uint32_t phrase;
        struct measure m;
        size_t length = phrase_at(c, at, &phrase);
        if (!length && measure_read(&c->units, c->normalised.len, at, &m)) {
            TRY(mem_grow(&c->measures, &c->measures_cap, c->n_measures + 1, sizeof *c->measures));
            c->measures[c->n_measures++] = m;
            length = m.last - at;
        }
        at += length ? length : 1;
    }
    measures_share_units(&c->units, c->measures, c->n_measures);
    return OK;
}

static status check_units(struct checking *c)
{
    size_t next_measure = 0, from, to;
    for (size_t at = 0; at < c->units.n;) {
        uint32_t phrase;
        if (made_of_unheld(c->support, &c->units, at, &from, &to))
            TRY(add_fact(c, c->units.items[from].begin, c->units.items[to - 1].end, CLAIM_MATERIAL, NO_FIELD));
        if (frame_unmeasured(&c->units, at, &from, &to))
            TRY(add_fact(c, c->units.items[from].begin, c->units.items[to - 1].end, CLAIM_NUMBER, NO_FIELD));
        size_t length = phrase_at(c, at, &phrase);
        if (length) {
            TRY(check_phrase(c, at, at + length, phrase));
        } else if (next_measure < c->n_measures && c->measures[next_measure].first == at) {
            const struct measure *m = &c->measures[next_measure++];
            length = m->last - at;
            TRY(add_fact(c, m->begin, m->end, CLAIM_NUMBER, frame_support(c->support, &c->units, m)));
        } else if (is_code(&c->units, at)) {
            TRY(add_fact(c, c->units.items[at].begin, c->units.items[at].end, CLAIM_NUMBER,
                         support_verbatim(c->support, &c->units, at, at + 1, false)));
        }
        at += length ? length : 1;
    }
    return OK;
}

static status check_text(struct checking *c, size_t n)
{
    TRY(normalize_mapped(c->support->lexicon->z, c->text, n, &c->normalised, &c->origins));
    TRY(units_cut(&c->units, strbuf_str(&c->normalised), c->normalised.len));
    TRY(find_measures(c));
    return check_units(c);
}

status facts_check_support(const struct support *s, const char *text, size_t n, struct facts *out)
{
    struct checking c = {.support = s, .text = text, .facts = out};
    *out = (struct facts){0};
    status result = check_text(&c, n);
    if (result != OK) facts_release(out);
    units_release(&c.units);
    strbuf_release(&c.normalised);
    mem_free(c.origins);
    mem_free(c.measures);
    return result;
}

status facts_check(const struct claim_lexicon *l, const struct record *r, const char *text, size_t n, struct facts *out)
{
    struct support *s;
    *out = (struct facts){0};
    TRY(support_new(l, r, &s));
    status result = facts_check_support(s, text, n, out);
    support_free(s);
    return result;
}

/* What a record says, ready to be asked. */
#include "copywriting_int.h"

#include <string.h>

/* ---- denial ---- */

enum { DENIAL_REACH_HAN = 4, DENIAL_REACH_WORDS = 3 };

/* Characters that deny what follows at once; 仿 and 假 say that it is something else. */
static bool denies_next(const struct units *u, size_t i)
{
    static const char *const cues[] = {"不", "无", "没", "非", "未", "仿", "假", "零", "免", "non", "no", "without", "faux", "fake", "imitation", "not", "zero"};
    for (size_t k = 0; k < sizeof cues / sizeof cues[0]; k++)
        if (unit_is(u, i, cues[k])) return true;
    return false;
}

/* Two-character words that deny what follows soon. */
static bool denies_soon_han(const struct units *u, size_t i)
{
    static const char *const cues[][2] = {{"没", "有"}, {"不", "含"}, {"不", "带"}, {"不", "是"}, {"不", "能"}, {"不", "支"}, {"不", "具"}, {"无", "需"},
                                          {"不", "用"}, {"并", "非"}, {"而", "非"}, {"拒", "绝"}, {"告", "别"}, {"摆", "脱"}, {"远", "离"},
                                          {"避", "免"}, {"不", "可"}, {"人", "造"}, {"不", "适"}, {"不", "建"}, {"不", "再"}};
    for (size_t k = 0; k < sizeof cues / sizeof cues[0]; k++)
        if (unit_is(u, i, cues[k][0]) && unit_is(u, i + 1, cues[k][1])) return true;
    return false;
}

static bool denies_soon_word(const struct units *u, size_t i)
{
    static const char *const cues[] = {"not", "isn't", "aren't", "doesn't", "don't", "never", "cannot", "can't", "without", "instead", "rather", "lacks", "nor"};
    for (size_t k = 0; k < sizeof cues / sizeof cues[0]; k++)
        if (unit_is(u, i, cues[k])) return true;
    return false;
}

bool units_negated(const struct units *u, size_t from, size_t to)
{
    if (unit_is(u, to, "free") && u->items[to - 1].kind == UNIT_WORD) return true;
    if (from > 1 && unit_is(u, from - 1, "of") && unit_is(u, from - 2, "free")) return true;
    if (from > 0 && denies_next(u, from - 1)) return true;
    for (size_t back = 1; back <= DENIAL_REACH_HAN && back <= from; back++) {
        size_t i = from - back;
        if (u->items[i].kind == UNIT_MARK) return false;
        if (denies_soon_han(u, i)) return true;
        if (back <= DENIAL_REACH_WORDS && u->items[i].kind == UNIT_WORD && denies_soon_word(u, i)) return true;
    }
    return false;
}

/* A value that says the attribute is absent: "否", "无", "不可折叠", "none", "not safe". */
static bool is_denial(const struct units *u, size_t i)
{
    static const char *const words[] = {"否", "无", "不", "没", "非", "未", "no", "none", "not", "without", "false", "n"};
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
        if (unit_is(u, i, words[k])) return true;
    return false;
}

/* ---- marking ---- */

/* How a field means what stands at units [from, to) of it. */
enum stand { STANDS, STANDS_DENIED, STANDS_SILENT };

static enum stand stand_in(const struct support_field *f, size_t from, size_t to)
{
    if (f->named && to <= f->n_name) return f->name_role == NAME_SAYS ? STANDS : f->name_role == NAME_DENIES ? STANDS_DENIED : STANDS_SILENT;
    return units_negated(&f->units, from, to) ? STANDS_DENIED : STANDS;
}

static void mark_up(struct support *s, uint32_t concept, uint32_t field)
{
    const struct concept *c = &s->lexicon->concepts[concept];
    if (s->positive[concept]) return;
    s->positive[concept] = field + 1;
    s->tables |= (uint64_t)1 << c->table;
    for (uint32_t i = 0; i < c->n_relatives; i++) mark_up(s, s->lexicon->relatives[c->first_relative + i], field);
}

static void mark_phrase(struct support *s, uint32_t phrase, uint32_t field, bool negated)
{
    const struct claim_lexicon *l = s->lexicon;
    for (uint32_t k = l->phrases[phrase].first_link; k; k = l->links[k].next) {
        uint32_t concept = l->links[k].concept;
        if (l->concepts[concept].kind == CLAIM_NONE) continue;
        if (!negated) mark_up(s, concept, field);
        else if (!s->negative[concept]) s->negative[concept] = field + 1;
    }
}

/* Every phrase that begins anywhere: the record is searched generously, its own words are true. */
static void mark_field(struct support *s, uint32_t field)
{
    const struct support_field *f = &s->fields[field];
    for (size_t at = 0; at < f->units.n; at++) {
        size_t length;
        uint32_t phrase = lexicon_longest(s->lexicon, &f->units, at, false, &length);
        if (phrase == NO_PHRASE) continue;
        enum stand stand = stand_in(f, at, at + length);
        if (stand != STANDS_SILENT) mark_phrase(s, phrase, field, stand == STANDS_DENIED);
    }
}

/* Values by themselves: "棉、涤纶" says 棉, though a single character says nothing inside a sentence. */
static void mark_listed(struct support *s, uint32_t field)
{
    const struct support_field *f = &s->fields[field];
    for (size_t from = f->n_name, at = from; f->named && at <= f->units.n; at++) {
        if (at < f->units.n && f->units.items[at].kind != UNIT_MARK) continue;
        uint32_t phrase = lexicon_exact(s->lexicon, &f->units, from, at);
        if (phrase != NO_PHRASE) mark_phrase(s, phrase, field, false);
        from = at + 1;
    }
}

static status add_measures(struct support *s, uint32_t field)
{
    const struct support_field *f = &s->fields[field];
    size_t first = s->n_measures;
    for (size_t at = 0; at < f->units.n; at++) {
        struct measure m;
        if (!measure_read(&f->units, f->text.len, at, &m)) continue;
        TRY(mem_grow(&s->measures, &s->measures_cap, s->n_measures + 1, sizeof *s->measures));
        s->measures[s->n_measures++] = (struct support_measure){m, field};
        at = m.last - 1;
    }
    /* neighbours are contiguous here, which sharing needs as an array of measures */
    for (size_t i = s->n_measures; i-- > first + 1;) {
        struct measure pair[2] = {s->measures[i - 1].m, s->measures[i].m};
        measures_share_units(&f->units, pair, 2);
        s->measures[i - 1].m = pair[0];
    }
    enum dimension d;
    double factor;
    if (!f->named || !dimension_of_name(f->text.data, f->name_bytes, &d, &factor)) return OK;
    for (size_t i = first; i < s->n_measures; i++) {
        struct measure *m = &s->measures[i].m;
        if (m->dimension != DIM_NONE) continue;
        m->dimension = d;
        m->value = m->raw * factor;
    }
    return OK;
}

/* ---- reading the record ---- */

static const char *attribute_name(const char *field)
{
    static const char prefix[] = "attributes.";
    return strncmp(field, prefix, sizeof prefix - 1) == 0 ? field + sizeof prefix - 1 : NULL;
}

static const struct concept *feature_at(const struct support *s, const struct support_field *f, size_t at, uint32_t *phrase)
{
    size_t length;
    *phrase = lexicon_longest(s->lexicon, &f->units, at, false, &length);
    const struct concept *c = *phrase == NO_PHRASE ? NULL : phrase_concept(s->lexicon, *phrase);
    return c && c->kind == CLAIM_FEATURE ? c : NULL;
}

/* A value that names features, none of them the one of the name, says what the goods have instead. */
static enum name_role name_role_of(const struct support *s, const struct support_field *f)
{
    uint32_t phrase;
    bool others = false, same = false;
    if (is_denial(&f->units, f->n_name)) return NAME_DENIES;
    const struct concept *named = feature_at(s, f, 0, &phrase);
    for (size_t at = f->n_name; named && at < f->units.n; at++) {
        const struct concept *c = feature_at(s, f, at, &phrase);
        others = others || (c && c != named);
        same = same || c == named;
    }
    return others && !same ? NAME_SILENT : NAME_SAYS;
}

/* What a denied attribute is then called: "酒精: 无" is 无酒精, "alcohol: none" is no alcohol and alcohol-free. */
static status add_denied_names(struct support *s, struct support_field *f, const char *name)
{
    const struct normalizer *z = s->lexicon->z;
    size_t n = strlen(name);
    bool han = text_language(name, n) == LANGUAGE_ZH;
    strbuf_puts(&f->text, han ? "; 无" : "; no ");
    TRY(normalize(z, name, n, &f->text));
    if (!han) {
        strbuf_puts(&f->text, "; ");
        TRY(normalize(z, name, n, &f->text));
        strbuf_puts(&f->text, " free");
    }
    TRY(strbuf_status(&f->text));
    return units_cut(&f->units, strbuf_str(&f->text), f->text.len);
}

/* An attribute reads "name value", so that "dishwasher: safe" is found as "dishwasher safe". */
static status read_field(struct support *s, uint32_t field)
{
    struct support_field *f = &s->fields[field];
    const struct record_field *r = &s->record->fields[field];
    const struct normalizer *z = s->lexicon->z;
    const char *name = attribute_name(r->name);
    f->named = name != NULL;
    if (name) {
        TRY(normalize(z, name, strlen(name), &f->text));
        TRY(units_cut(&f->units, strbuf_str(&f->text), f->text.len));
        f->n_name = f->units.n;
        f->name_bytes = f->text.len;
        strbuf_putc(&f->text, ' ');
    }
    TRY(normalize(z, r->value, strlen(r->value), &f->text));
    TRY(strbuf_status(&f->text));
    TRY(units_cut(&f->units, strbuf_str(&f->text), f->text.len));
    if (!name) return OK;
    f->name_role = name_role_of(s, f);
    return f->name_role == NAME_DENIES ? add_denied_names(s, f, name) : OK;
}

/* ---- a quick no ---- */

static uint64_t seen_bit(uint64_t symbol, size_t *word)
{
    uint64_t h = symbol * 0x9E3779B97F4A7C15u >> 52;
    *word = (size_t)(h / 64) % SUPPORT_SEEN_WORDS;
    return (uint64_t)1 << h % 64;
}

static void mark_seen(struct support *s, const struct units *u)
{
    size_t word;
    for (size_t i = 0; i < u->n; i++) {
        uint64_t bit = seen_bit(u->items[i].symbol, &word);
        s->seen[word] |= bit;
    }
}

static status read_record(struct support *s)
{
    const struct record *r = s->record;
    s->fields = mem_zalloc(r->n + 1, sizeof *s->fields);
    s->positive = mem_zalloc(s->lexicon->n_concepts + 1, sizeof *s->positive);
    s->negative = mem_zalloc(s->lexicon->n_concepts + 1, sizeof *s->negative);
    if (!s->fields || !s->positive || !s->negative) return fail_nomem("reading a record");
    s->n_fields = r->n;
    for (uint32_t i = 0; i < r->n; i++) TRY(read_field(s, i));
    /* attributes before running text: they make the better reference */
    for (int named = 1; named >= 0; named--) {
        for (uint32_t i = 0; i < r->n; i++) {
            if (s->fields[i].named != (named == 1)) continue;
            mark_seen(s, &s->fields[i].units);
            mark_listed(s, i);
            mark_field(s, i);
            TRY(add_measures(s, i));
        }
    }
    return OK;
}

status support_new(const struct claim_lexicon *l, const struct record *r, struct support **out)
{
    *out = NULL;
    struct support *s = mem_zalloc(1, sizeof *s);
    if (!s) return fail_nomem("reading a record");
    s->lexicon = l;
    s->record = r;
    status result = read_record(s);
    if (result == OK) *out = s;
    else support_free(s);
    return result;
}

void support_free(struct support *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->n_fields; i++) {
        strbuf_release(&s->fields[i].text);
        units_release(&s->fields[i].units);
    }
    mem_free(s->fields);
    mem_free(s->positive);
    mem_free(s->negative);
    mem_free(s->measures);
    mem_free(s);
}

/* ---- asking ---- */

/* "Nothing but the base": no other meaning of the base's table that is not akin to it, no share below 100%. */
static bool is_pure(const struct support *s, uint32_t base)
{
    const struct claim_lexicon *l = s->lexicon;
    for (uint32_t i = 0; i < l->n_concepts; i++) {
        const struct concept *c = &l->concepts[i];
        if (!s->positive[i] || i == base || c->table != l->concepts[base].table) continue;
        bool akin = false;
        for (uint32_t k = 0; k < c->n_relatives; k++) akin = akin || (l->relatives[c->first_relative + k] == base && c->relation != RELATION_PARTS);
        for (uint32_t k = 0; k < l->concepts[base].n_relatives; k++) akin = akin || l->relatives[l->concepts[base].first_relative + k] == i;
        if (!akin) return false;
    }
    for (size_t i = 0; i < s->n_measures; i++)
        if (s->measures[i].m.dimension == DIM_PERCENT && s->measures[i].m.raw != 100) return false;
    return true;
}

uint32_t support_concept(const struct support *s, uint32_t concept)
{
    const struct concept *c = &s->lexicon->concepts[concept];
    if (s->positive[concept]) return s->positive[concept] - 1;
    const uint32_t *relatives = s->lexicon->relatives + c->first_relative;
    if (c->relation == RELATION_BASE && s->positive[relatives[0]] && is_pure(s, relatives[0])) return s->positive[relatives[0]] - 1;
    if (c->relation != RELATION_PARTS) return NO_FIELD;
    uint32_t field = NO_FIELD;
    for (uint32_t i = c->n_relatives; i-- > 0;) {
        field = support_concept(s, relatives[i]);
        if (field == NO_FIELD) return NO_FIELD;
    }
    return field;
}

static bool same_units(const struct units *a, size_t from, size_t to, const struct units *b, size_t at)
{
    if (b->n - at < to - from) return false;
    for (size_t i = from; i < to; i++)
        if (a->items[i].symbol != b->items[at + i - from].symbol) return false;
    return true;
}

static bool may_stand(const struct support *s, const struct units *u, size_t from, size_t to)
{
    size_t word;
    for (size_t i = from; i < to; i++) {
        uint64_t bit = seen_bit(u->items[i].symbol, &word);
        if (!(s->seen[word] & bit)) return false;
    }
    return true;
}

uint32_t support_verbatim(const struct support *s, const struct units *u, size_t from, size_t to, bool negated)
{
    if (!may_stand(s, u, from, to)) return NO_FIELD;
    for (uint32_t field = 0; field < s->n_fields; field++) {
        const struct support_field *f = &s->fields[field];
        for (size_t at = 0; at < f->units.n; at++)
            if (same_units(u, from, to, &f->units, at) && stand_in(f, at, at + (to - from)) == (negated ? STANDS_DENIED : STANDS)) return field;
    }
    return NO_FIELD;
}

uint32_t support_phrase(const struct support *s, const struct units *u, size_t from, size_t to, uint32_t phrase, bool negated)
{
    const struct claim_lexicon *l = s->lexicon;
    for (uint32_t k = l->phrases[phrase].first_link; k; k = l->links[k].next) {
        uint32_t concept = l->links[k].concept;
        if (l->concepts[concept].flags & CLAIM_VERBATIM) continue;
        uint32_t field = negated ? s->negative[concept] - 1 : support_concept(s, concept);
        if (field != NO_FIELD) return field;
    }
    return support_verbatim(s, u, from, to, negated);
}

bool support_is_free(const struct support *s, const struct concept *c)
{
    if (c->flags & CLAIM_SOFT) return true;
    return (c->flags & CLAIM_RIVAL) && !(s->tables >> c->table & 1);
}

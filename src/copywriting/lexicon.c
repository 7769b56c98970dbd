/* The lexicon: phrases in a trie over units, and what they mean. */
#include "copywriting_int.h"

#include <string.h>

enum { ROOT, LISTED_ROOT, FIRST_FREE_NODE };

const char *claim_kind_name(enum claim_kind k)
{
    static const char *const names[] = {"number", "material", "colour", "brand", "origin", "pattern", "style", "feature",
                                        "part", "season", "audience", "superlative", "promise", "value"};
    return (size_t)k < sizeof names / sizeof names[0] ? names[k] : "value";
}

/* ---- walking ---- */

struct edge { uint32_t node, pad; uint64_t symbol; };

static bool step(const struct claim_lexicon *l, uint32_t node, uint64_t symbol, uint32_t *to)
{
    struct edge key = {node, 0, symbol};
    uint64_t value;
    if (!strmap_get(&l->edges, (const char *)&key, sizeof key, &value)) return false;
    *to = (uint32_t)value;
    return true;
}

static uint32_t phrase_of(const struct claim_lexicon *l, uint32_t node)
{
    uint64_t value;
    return strmap_get(&l->phrase_at, (const char *)&node, sizeof node, &value) ? (uint32_t)value : NO_PHRASE;
}

static uint32_t longest_from(const struct claim_lexicon *l, const struct units *u, size_t at, uint32_t node, size_t *length)
{
    uint32_t best = NO_PHRASE;
    for (size_t i = at; i < u->n && i - at < PHRASE_UNITS_MAX && step(l, node, u->items[i].symbol, &node); i++) {
        uint32_t phrase = phrase_of(l, node);
        if (phrase == NO_PHRASE) continue;
        best = phrase;
        *length = i - at + 1;
    }
    return best;
}

uint32_t lexicon_longest(const struct claim_lexicon *l, const struct units *u, size_t at, bool listed, size_t *length)
{
    size_t n = 0, n_listed = 0;
    uint32_t phrase = longest_from(l, u, at, ROOT, &n);
    uint32_t alone = listed ? longest_from(l, u, at, LISTED_ROOT, &n_listed) : NO_PHRASE;
    bool take_listed = alone != NO_PHRASE && (phrase == NO_PHRASE || n_listed > n);
    *length = take_listed ? n_listed : n;
    return take_listed ? alone : phrase;
}

static uint32_t exact_from(const struct claim_lexicon *l, const struct units *u, size_t from, size_t to, uint32_t node)
{
    for (size_t i = from; i < to; i++)
        if (!step(l, node, u->items[i].symbol, &node)) return NO_PHRASE;
    return from < to ? phrase_of(l, node) : NO_PHRASE;
}

uint32_t lexicon_exact(const struct claim_lexicon *l, const struct units *u, size_t from, size_t to)
{
    uint32_t phrase = exact_from(l, u, from, to, ROOT);
    return phrase != NO_PHRASE ? phrase : exact_from(l, u, from, to, LISTED_ROOT);
}

struct units phrase_units(const struct claim_lexicon *l, uint32_t phrase)
{
    const struct phrase *p = &l->phrases[phrase];
    return (struct units){.text = p->text, .items = l->units + p->first_unit, .n = p->n_units};
}

const struct concept *phrase_concept(const struct claim_lexicon *l, uint32_t phrase)
{
    return &l->concepts[l->links[l->phrases[phrase].first_link].concept];
}

/* ---- adding ---- */

static status go(struct claim_lexicon *l, uint32_t node, uint64_t symbol, uint32_t *to)
{
    if (step(l, node, symbol, to)) return OK;
    struct edge key = {node, 0, symbol};
    *to = l->n_nodes;
    TRY(strmap_put(&l->edges, (const char *)&key, sizeof key, l->n_nodes));
    l->n_nodes++;
    return OK;
}

/* Links are kept in order: the kind of a phrase is that of the concept it was first listed under. */
static status link_concept(struct claim_lexicon *l, uint32_t phrase, uint32_t concept)
{
    uint32_t last = 0;
    for (uint32_t k = l->phrases[phrase].first_link; k; k = l->links[k].next) {
        if (l->links[k].concept == concept) return OK;
        last = k;
    }
    TRY(mem_grow(&l->links, &l->links_cap, l->n_links + 1, sizeof *l->links));
    uint32_t made = (uint32_t)l->n_links++;
    l->links[made] = (struct phrase_link){concept, 0};
    if (last) l->links[last].next = made;
    else l->phrases[phrase].first_link = made;
    return OK;
}

static status phrase_new(struct claim_lexicon *l, uint32_t node, const struct strbuf *text, const struct units *u, bool listed_only, uint32_t *phrase)
{
    TRY(mem_grow(&l->units, &l->units_cap, l->n_units + u->n, sizeof *l->units));
    TRY(mem_grow(&l->phrases, &l->phrases_cap, l->n_phrases + 1, sizeof *l->phrases));
    char *copy = arena_strndup(&l->arena, text->data, text->len);
    if (!copy) return fail_nomem("reading claim words");
    *phrase = (uint32_t)l->n_phrases;
    TRY(strmap_put(&l->phrase_at, (const char *)&node, sizeof node, *phrase));
    l->phrases[l->n_phrases++] = (struct phrase){.text = copy, .n_bytes = (uint32_t)text->len, .first_unit = (uint32_t)l->n_units,
                                                 .n_units = (uint8_t)u->n, .listed_only = listed_only};
    memcpy(l->units + l->n_units, u->items, u->n * sizeof *u->items);
    l->n_units += u->n;
    return OK;
}

/* A mark before the phrase says where it counts; without one, a single character counts only by itself. */
static bool counts_only_listed(const struct units *u, char mark)
{
    if (mark == '.') return true;
    if (mark == '+' || u->n != 1) return false;
    return u->items[0].kind == UNIT_HAN || u->items[0].end - u->items[0].begin == 1;
}

static status add_units(struct claim_lexicon *l, uint32_t concept, const struct strbuf *text, const struct units *u, char mark)
{
    if (u->n == 0 || u->n > PHRASE_UNITS_MAX) return OK;
    bool listed_only = counts_only_listed(u, mark);
    uint32_t node = listed_only ? LISTED_ROOT : ROOT;
    for (size_t i = 0; i < u->n; i++) TRY(go(l, node, u->items[i].symbol, &node));
    uint32_t phrase = phrase_of(l, node);
    if (phrase == NO_PHRASE) TRY(phrase_new(l, node, text, u, listed_only, &phrase));
    return link_concept(l, phrase, concept);
}

status lexicon_add_phrase(struct claim_lexicon *l, uint32_t concept, const char *text, size_t n)
{
    char mark = n > 1 && (*text == '.' || *text == '+') ? *text : 0;
    struct strbuf normalised = {0};
    struct units u = {0};
    status s = normalize(l->z, text + (mark != 0), n - (mark != 0), &normalised);
    if (s == OK) s = units_cut(&u, strbuf_str(&normalised), normalised.len);
    if (s == OK) s = add_units(l, concept, &normalised, &u, mark);
    units_release(&u);
    strbuf_release(&normalised);
    return s;
}

status lexicon_add_concept(struct claim_lexicon *l, int kind, unsigned flags, uint16_t table, uint32_t *concept)
{
    TRY(mem_grow(&l->concepts, &l->concepts_cap, l->n_concepts + 1, sizeof *l->concepts));
    *concept = (uint32_t)l->n_concepts;
    l->concepts[l->n_concepts++] = (struct concept){.kind = (int16_t)kind, .flags = (uint8_t)flags, .table = table};
    return OK;
}

status lexicon_relate(struct claim_lexicon *l, uint32_t concept, enum relation relation, const uint32_t *relatives, size_t n)
{
    TRY(mem_grow(&l->relatives, &l->relatives_cap, l->n_relatives + n, sizeof *l->relatives));
    struct concept *c = &l->concepts[concept];
    c->relation = (uint8_t)relation;
    c->first_relative = (uint32_t)l->n_relatives;
    c->n_relatives = (uint32_t)n;
    for (size_t i = 0; i < n; i++) l->relatives[l->n_relatives++] = relatives[i];
    return OK;
}

status lexicon_find(const struct claim_lexicon *l, const char *text, size_t n, uint32_t *phrase)
{
    struct strbuf normalised = {0};
    struct units u = {0};
    *phrase = NO_PHRASE;
    status s = normalize(l->z, text, n, &normalised);
    if (s == OK) s = units_cut(&u, strbuf_str(&normalised), normalised.len);
    if (s == OK) *phrase = lexicon_exact(l, &u, 0, u.n);
    units_release(&u);
    strbuf_release(&normalised);
    return s;
}

/* ---- the public door ---- */

/* Speech first: a word that is everyday speech or a superlative is that before it is anything else. */
static status add_own_tables(struct claim_lexicon *l)
{
    static const struct { const struct claim_table *tables; const size_t *n; } rooms[] = {
        {claim_tables_speech, &n_claim_tables_speech},     {claim_tables_colour, &n_claim_tables_colour},
        {claim_tables_material, &n_claim_tables_material}, {claim_tables_garment, &n_claim_tables_garment},
        {claim_tables_quality, &n_claim_tables_quality},   {claim_tables_world, &n_claim_tables_world},
    };
    const struct claim_table *tables[CLAIM_TABLES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++)
        for (size_t k = 0; k < *rooms[i].n && n < CLAIM_TABLES_MAX; k++) tables[n++] = &rooms[i].tables[k];
    return claim_rows_add(l, tables, n);
}

status claim_lexicon_new(const struct normalizer *z, struct claim_lexicon **out)
{
    *out = NULL;
    struct claim_lexicon *l = mem_zalloc(1, sizeof *l);
    if (!l) return fail_nomem("reading claim words");
    l->z = z;
    l->n_nodes = FIRST_FREE_NODE;
    l->n_links = 1;   /* 0 ends a chain */
    arena_init(&l->arena, 0);
    strmap_init(&l->edges);
    strmap_init(&l->phrase_at);
    status s = mem_grow(&l->links, &l->links_cap, 1, sizeof *l->links);
    if (s == OK) s = add_own_tables(l);
    if (s != OK) {
        claim_lexicon_free(l);
        return s;
    }
    l->n_own_phrases = l->n_phrases;
    *out = l;
    return OK;
}

void claim_lexicon_free(struct claim_lexicon *l)
{
    if (!l) return;
    arena_release(&l->arena);
    strmap_release(&l->edges);
    strmap_release(&l->phrase_at);
    mem_free(l->concepts);
    mem_free(l->phrases);
    mem_free(l->units);
    mem_free(l->links);
    mem_free(l->relatives);
    mem_free(l);
}

status claim_lexicon_add(struct claim_lexicon *l, enum claim_kind kind, const char *value, size_t n)
{
    uint32_t phrase, concept;
    TRY(lexicon_find(l, value, n, &phrase));
    if (phrase != NO_PHRASE) return OK;   /* known, with all its relations */
    TRY(lexicon_add_concept(l, (int)kind, 0, 0, &concept));
    return lexicon_add_phrase(l, concept, value, n);
}

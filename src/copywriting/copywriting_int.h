/* Private to copywriting.
 *
 *   units      a normalised text cut into what phrases are made of
 *   lexicon    phrases and their meanings; finding them
 *   numbers    numbers with units, comparable after conversion
 *   frames     words that say what the number after them measures
 *   made_of    what a thing is said to be made of, be it a known material or not
 *   support    what a record says, ready to be asked
 *   facts      the claims of a text, each asked for
 *   bans       what a draft about a record may not contain
 *   draft      is this text fit to be read; what can be saved of it
 */
#ifndef DAOGOU_COPYWRITING_INT_H
#define DAOGOU_COPYWRITING_INT_H

#include "copywriting/claim_tables.h"
#include "copywriting/copywriting.h"

/* ---- units ------------------------------------------------------------------------------------------------------- */

/* A Han character, a Latin word, a number, or a mark. Blanks and hyphens only part units. Words are compared without plural
 * and in one spelling ("women's" "woman", "grey" "gray"): equal symbols mean the same unit. */
enum unit_kind { UNIT_HAN, UNIT_WORD, UNIT_NUMBER, UNIT_MARK };
struct unit {
    uint32_t begin, end;      /* bytes of the normalised text */
    uint64_t symbol;
    enum unit_kind kind;
};
struct units {
    const char *text;         /* the normalised text; not owned */
    struct unit *items;
    size_t n, cap;
};
void units_release(struct units *u);
status units_cut(struct units *u, const char *normalised, size_t n); /* replaces what was there */
bool unit_is(const struct units *u, size_t i, const char *text);     /* the very text; false past the end */

/* ---- lexicon ----------------------------------------------------------------------------------------------------- */

enum relation { RELATION_NONE, RELATION_PARENTS, RELATION_PARTS, RELATION_BASE };
struct concept {
    int16_t kind;             /* enum claim_kind or CLAIM_NONE */
    uint8_t flags;            /* enum claim_flag */
    uint8_t relation;
    uint16_t table;
    uint32_t first_relative, n_relatives; /* into claim_lexicon.relatives */
};
/* One spelling. Several concepts: it is supported when any of them is. */
struct phrase {
    const char *text;         /* normalised, in the lexicon's arena */
    uint32_t n_bytes;
    uint32_t first_link;      /* chain in claim_lexicon.links, 0 ends */
    uint32_t first_unit;      /* into claim_lexicon.units */
    uint8_t n_units;
    bool listed_only;
};
struct phrase_link { uint32_t concept, next; };
struct claim_lexicon {
    const struct normalizer *z;
    struct arena arena;
    struct strmap edges;      /* (node, symbol) -> node */
    struct strmap phrase_at;  /* node -> phrase */
    uint32_t n_nodes;
    struct concept *concepts;
    size_t n_concepts, concepts_cap;
    struct phrase *phrases;
    size_t n_phrases, phrases_cap, n_own_phrases; /* own: of our tables, before a catalogue's */
    struct unit *units;       /* of all phrases */
    size_t n_units, units_cap;
    struct phrase_link *links;
    size_t n_links, links_cap;
    uint32_t *relatives;
    size_t n_relatives, relatives_cap;
};
enum { PHRASE_UNITS_MAX = 12, NO_PHRASE = UINT32_MAX };

/* The longest phrase that begins at unit `at`; *length in units. With `listed`, phrases that count only by themselves too. */
uint32_t lexicon_longest(const struct claim_lexicon *l, const struct units *u, size_t at, bool listed, size_t *length);
/* The phrase that is exactly units [from, to). */
uint32_t lexicon_exact(const struct claim_lexicon *l, const struct units *u, size_t from, size_t to);
/* The units of a phrase; nothing to release. */
struct units phrase_units(const struct claim_lexicon *l, uint32_t phrase);
/* The kind and flags of a phrase are those of its first concept. */
const struct concept *phrase_concept(const struct claim_lexicon *l, uint32_t phrase);
/* Adds a concept of this kind spelled `text` (normalised inside); *concept its number. A single Han character or letter counts only
 * by itself. */
status lexicon_add_concept(struct claim_lexicon *l, int kind, unsigned flags, uint16_t table, uint32_t *concept);
status lexicon_add_phrase(struct claim_lexicon *l, uint32_t concept, const char *text, size_t n);
status lexicon_relate(struct claim_lexicon *l, uint32_t concept, enum relation relation, const uint32_t *relatives, size_t n);
status lexicon_find(const struct claim_lexicon *l, const char *text, size_t n, uint32_t *phrase); /* NO_PHRASE: not there */
/* Concepts of tables[i] get table number i + 1; 0 is what a catalogue adds. */
enum { CLAIM_TABLES_MAX = 63 };
status claim_rows_add(struct claim_lexicon *l, const struct claim_table *const *tables, size_t n); /* claim_rows.c */

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

enum dimension { DIM_NONE, DIM_COUNT, DIM_MASS, DIM_VOLUME, DIM_LENGTH, DIM_AREA, DIM_TIME, DIM_POWER, DIM_CHARGE, DIM_ENERGY, DIM_VOLTAGE,
                 DIM_CURRENT, DIM_FREQUENCY, DIM_DATA, DIM_DEGREE, DIM_PERCENT, DIM_SOUND, DIM_MONEY, DIM_DENSITY, DIM_FLOW,
                 DIM_TURNS, DIM_DOTS, DIM_LIGHT, DIM_KELVIN, DIM_SIZE, DIM_SPEED, DIM_PRESSURE, DIM_DISCOUNT, DIM_TIMES };
#define D(name) (1u << DIM_##name)   /* a set of dimensions */
#define CONTENTS (D(VOLUME) | D(MASS) | D(COUNT) | D(CHARGE) | D(ENERGY) | D(DATA))   /* what a capacity is given in */
struct measure {
    double value;             /* in the dimension's base unit */
    double raw;               /* as written */
    enum dimension dimension;
    bool rough;               /* the unit is of another system (inch, pound): a conversion may have been rounded */
    uint32_t begin, end;      /* bytes of the normalised text, unit included */
    size_t first, last;       /* units [first, last) */
};
/* Reads the number that begins at unit `at`; false: none does, or one that counts nothing ("一" of 一条). Chinese numerals count
 * only before a unit. */
bool measure_read(const struct units *u, size_t n_bytes, size_t at, struct measure *m);
/* "45×30×15 cm", "39-45码": gives the unit of each to the plain ones right before it. */
void measures_share_units(const struct units *u, struct measure *m, size_t n);
bool measure_supports(const struct measure *record, const struct measure *claim);
bool dimension_of_name(const char *name, size_t n, enum dimension *d, double *factor); /* "重量(kg)" */

/* May the number stand after the words before it (frames.c)? "capacity of" wants litres, not centimetres. */
bool frame_admits(const struct units *u, const struct measure *m);
/* Do words that end before unit `at` want a number ("runs for", "weighs") and get none: "runs for mains powered"? Units [from, to) say so. */
bool frame_unmeasured(const struct units *u, size_t at, size_t *from, size_t *to);
/* Is a value as it stands in a record a number with a unit of one of the dimensions ("about 8 hours", "10-12 h on high")? COUNT: plain numbers, too. */
bool value_measures(const char *value, uint32_t dimensions);

/* ---- support ----------------------------------------------------------------------------------------------------- */

/* What the mere name of an attribute says: "防水: IP67" says waterproof, "防水: 否" says not, and "防水: 防泼水" leaves it to its value. */
enum name_role { NAME_SAYS, NAME_DENIES, NAME_SILENT };
struct support_field {
    struct strbuf text;       /* normalised */
    struct units units;
    bool named;               /* the text begins with the attribute's name: units [0, n_name) */
    size_t n_name, name_bytes;
    enum name_role name_role;
};
enum { SUPPORT_SEEN_WORDS = 64 };
struct support_measure { struct measure m; uint32_t field; };
struct support {
    const struct claim_lexicon *lexicon;
    const struct record *record;
    struct support_field *fields; /* as record->fields */
    size_t n_fields;
    uint32_t *positive, *negative; /* (n_concepts): 1 + the field that says so, or says not; 0: none */
    struct support_measure *measures;
    size_t n_measures, measures_cap;
    uint64_t tables;          /* bit a table: the record names a meaning of it */
    uint64_t seen[SUPPORT_SEEN_WORDS]; /* bit hash of a unit: it may stand in the record (a quick no for most) */
};
status support_new(const struct claim_lexicon *l, const struct record *r, struct support **out);
void support_free(struct support *s);
enum { NO_FIELD = UINT32_MAX };
/* The field that supports the phrase standing at units [from, to) of u, which says so or, `negated`, says not; or NO_FIELD. */
uint32_t support_phrase(const struct support *s, const struct units *u, size_t from, size_t to, uint32_t phrase, bool negated);
uint32_t support_concept(const struct support *s, uint32_t concept);
uint32_t support_verbatim(const struct support *s, const struct units *u, size_t from, size_t to, bool negated);
/* The field with this number, where the words before it do not name another attribute or quality ("续航18 m³/h"); or NO_FIELD. */
uint32_t frame_support(const struct support *s, const struct units *u, const struct measure *m);
/* "made of tea": the first word after "made of" (at unit `at`) that is no known material and that no material of the record holds, as
 * units [*from, *to). False: there is none, or no such words begin at `at`. */
bool made_of_unheld(const struct support *s, const struct units *u, size_t at, size_t *from, size_t *to);
/* No claim against this record: an opinion, or a meaning that the record has no rival of. */
bool support_is_free(const struct support *s, const struct concept *c);
/* Is what stands at units [from, to) denied there ("不防水", "not waterproof", "silicone-free")? */
bool units_negated(const struct units *u, size_t from, size_t to);

/* ---- facts ------------------------------------------------------------------------------------------------------- */

status facts_check_support(const struct support *s, const char *text, size_t n, struct facts *out);

/* ---- bans -------------------------------------------------------------------------------------------------------- */

/* Texts for decode_options.forbidden; strings live in the arena. */
struct bans {
    struct arena arena;
    struct text_span *items;
    size_t n, cap, bytes;
    struct strbuf kept;       /* what the record says, and all spellings of it that we know, each after a blank */
};
void bans_release(struct bans *b);
/* What no draft about this record may say, as far as it can be said in advance. */
status bans_for_record(struct bans *b, const struct support *s, enum language l);
status bans_add_text(struct bans *b, struct text_span text);
/* And what a draft said without support. */
status bans_add_facts(struct bans *b, const struct facts *f, enum language l);

/* ---- drafts ------------------------------------------------------------------------------------------------------ */

/* Cuts a text that stopped in the middle after its last whole sentence. */
size_t draft_whole_length(const char *text, size_t n);
/* False: nobody should read this (wrong language, too short, repeats itself, marks in a row). */
bool draft_reads_well(const char *text, size_t n, enum language l);
/* Do two clauses of a Chinese text begin with the same and differ in nothing but linking words and length ("杯盖是旋盖，杯盖：旋盖")? */
bool draft_repeats_clause(const char *text, size_t n);
/* Does a Chinese text use a Latin word that the record does not have? Most likely it is a brand's name out of the training texts. */
bool draft_drops_name(const char *text, size_t n, const char *record);
/* Does an English text fall into Chinese ("is not产品 for the dishwasher")? Characters of the record, of its brand mostly, may stand. */
bool draft_strays_han(const char *text, size_t n, const char *record);
/* Is each "name: value" (and name是value) of the text an attribute of the record with (a part of) its value (named_values.c)? */
status named_values_hold(const struct record *r, const char *text, size_t n, bool *hold);
/* Drops the sentences that hold unsupported facts; out is empty when too little is left. */
status draft_drop_unsupported(const char *text, size_t n, const struct facts *f, struct strbuf *out);

/* A title in the language wanted, or any; NULL: there is none. */
const char *record_title(const struct record *r, enum language l);
/* The plain sentence, checked: clauses that make an unsupported claim are left out. */
status record_sentence_checked(const struct support *s, enum language l, struct strbuf *out, struct facts *facts);

/* ---- consensus (consensus.c) ---- */

status writing_sort_by_consensus(struct writing *w);

#endif

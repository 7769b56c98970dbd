/* What a draft about a record may not contain. Said to the decoder in advance, most first drafts pass the check of facts. */
#include "copywriting_int.h"

#include <string.h>

enum {
    BANS_BYTES_MAX = DECODE_CONSTRAINT_BYTES_MAX - 4096, /* room is left for what the drafts bring up */
    BANS_WORD_SAFE = 4   /* a Latin word this long begins few other words that anyone would miss */
};

void bans_release(struct bans *b)
{
    arena_release(&b->arena);
    mem_free(b->items);
    strbuf_release(&b->kept);
    *b = (struct bans){0};
}

static status add(struct bans *b, const char *text, size_t n, size_t bytes_max)
{
    if (n == 0 || b->bytes + n > bytes_max) return OK;
    for (size_t i = b->n; i-- > 0 && i + 64 > b->n;)   /* the last few: variants of one phrase may coincide */
        if (b->items[i].n == n && memcmp(b->items[i].s, text, n) == 0) return OK;
    char *copy = arena_strndup(&b->arena, text, n);
    if (!copy) return fail_nomem("banning words from a draft");
    TRY(mem_grow(&b->items, &b->cap, b->n + 1, sizeof *b->items));
    b->items[b->n++] = (struct text_span){copy, n};
    b->bytes += n;
    return OK;
}

/* ---- spellings ---- */

static bool is_latin_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* " gree" also begins " green", which the record may say. */
static bool stands_in_kept(const struct bans *b, const char *text, size_t n)
{
    const char *p = strbuf_str(&b->kept), *end = p + b->kept.len;
    while (p < end && (p = memmem(p, (size_t)(end - p), text, n)) && p[-1] != ' ') p++;
    return p && p < end;
}

/* A Latin phrase as a word of a sentence. A ban is on bytes: a short word is banned with what may follow it, " red " and " red,"
 * but not " reduced". A longer one is banned as a beginning, or a model dodges the ban by a wrong letter at the end. */
static status add_words(struct bans *b, const char *text, size_t n, size_t bytes_max)
{
    bool whole = n >= BANS_WORD_SAFE && !stands_in_kept(b, text, n);
    static const char *const follow[] = {" ", ",", ".", "-", ";", "s "};
    char buffer[160];
    if (n + 3 > sizeof buffer) return OK;
    for (int capital = 0; capital < 2; capital++) {
        size_t at = 0;
        if (!capital) buffer[at++] = ' ';
        memcpy(buffer + at, text, n);
        if (capital) buffer[0] = upper(buffer[0]);
        at += n;
        if (whole) {
            TRY(add(b, buffer, at, bytes_max));
            continue;
        }
        for (size_t i = 0; i < sizeof follow / sizeof follow[0]; i++) {
            size_t length = strlen(follow[i]);
            memcpy(buffer + at, follow[i], length);
            TRY(add(b, buffer, at + length, bytes_max));
        }
    }
    return OK;
}

/* Capitals apart, one spelling: "v领" and "V领". */
static status add_spelled(struct bans *b, const char *text, size_t n, size_t bytes_max)
{
    char buffer[160];
    bool latin = false;
    if (n > sizeof buffer) return OK;
    for (size_t i = 0; i < n; i++) {
        latin = latin || is_latin_letter(text[i]);
        buffer[i] = upper(text[i]);
    }
    TRY(add(b, text, n, bytes_max));
    return latin ? add(b, buffer, n, bytes_max) : OK;
}

static bool has_han(const char *text, size_t n)
{
    for (const char *p = text, *end = text + n; p < end;)
        if (utf8_is_han(utf8_next(&p, end))) return true;
    return false;
}

/* ---- which phrases ---- */

enum phrase_state { PHRASE_OPEN, PHRASE_BANNED, PHRASE_KEPT };

struct choosing {
    const struct support *support;
    const struct claim_lexicon *lexicon;
    uint8_t *states;           /* (n_phrases) enum phrase_state */
    bool han;                  /* phrases with Han characters, or those without */
};

/* Does a phrase in this state stand inside u, which is one itself? */
static bool any_inside(const struct choosing *c, const struct units *u, enum phrase_state state)
{
    for (size_t from = 0; from < u->n; from++) {
        for (size_t to = from + 1; to <= u->n; to++) {
            if (to - from == u->n) continue;
            uint32_t inner = lexicon_exact(c->lexicon, u, from, to);
            if (inner != NO_PHRASE && c->states[inner] == state) return true;
        }
    }
    return false;
}

static void keep_inside(struct choosing *c, const struct units *u)
{
    for (size_t from = 0; from < u->n; from++) {
        for (size_t to = from + 1; to <= u->n; to++) {
            uint32_t inner = lexicon_exact(c->lexicon, u, from, to);
            if (inner != NO_PHRASE) c->states[inner] = PHRASE_KEPT;
        }
    }
}

static bool is_bannable(const struct choosing *c, uint32_t phrase)
{
    const struct phrase *p = &c->lexicon->phrases[phrase];
    const struct concept *concept = phrase_concept(c->lexicon, phrase);
    if (p->listed_only || concept->kind == CLAIM_NONE || has_han(p->text, p->n_bytes) != c->han) return false;
    return (concept->flags & CLAIM_AVOID) || !support_is_free(c->support, concept);
}

/* First what is supported: neither it nor a part of it can be banned, since a ban is on bytes wherever they stand. */
static void keep_supported(struct choosing *c, struct strbuf *kept)
{
    for (uint32_t phrase = 0; phrase < c->lexicon->n_phrases; phrase++) {
        if (c->lexicon->phrases[phrase].listed_only || phrase_concept(c->lexicon, phrase)->kind == CLAIM_NONE) continue;
        struct units u = phrase_units(c->lexicon, phrase);
        if (support_phrase(c->support, &u, 0, u.n, phrase, false) != NO_FIELD) {
            keep_inside(c, &u);
            strbuf_printf(kept, " %s", c->lexicon->phrases[phrase].text);
        }
    }
}

/* Then the short ones, which cover the longer ones that hold them. */
static status ban_of_length(struct choosing *c, struct bans *b, size_t length, bool own)
{
    uint32_t end = (uint32_t)(own ? c->lexicon->n_own_phrases : c->lexicon->n_phrases);
    for (uint32_t phrase = own ? 0 : (uint32_t)c->lexicon->n_own_phrases; phrase < end; phrase++) {
        const struct phrase *p = &c->lexicon->phrases[phrase];
        if (p->n_units != length || c->states[phrase] == PHRASE_KEPT || !is_bannable(c, phrase)) continue;
        struct units u = phrase_units(c->lexicon, phrase);
        if (any_inside(c, &u, PHRASE_BANNED)) continue;
        c->states[phrase] = PHRASE_BANNED;
        TRY(c->han ? add_spelled(b, p->text, p->n_bytes, BANS_BYTES_MAX) : add_words(b, p->text, p->n_bytes, BANS_BYTES_MAX));
    }
    return OK;
}

static status ban_phrases(struct bans *b, const struct support *s, enum language l)
{
    struct choosing c = {.support = s, .lexicon = s->lexicon, .han = l == LANGUAGE_ZH};
    c.states = mem_zalloc(s->lexicon->n_phrases + 1, 1);
    if (!c.states) return fail_nomem("banning words from a draft");
    for (size_t i = 0; i < s->n_fields; i++) strbuf_printf(&b->kept, " %s", strbuf_str(&s->fields[i].text));
    keep_supported(&c, &b->kept);
    status result = strbuf_status(&b->kept);
    for (int own = 1; own >= 0; own--)
        for (size_t length = 1; result == OK && length <= PHRASE_UNITS_MAX; length++) result = ban_of_length(&c, b, length, own == 1);
    mem_free(c.states);
    return result;
}

/* ---- numbers ---- */

static bool record_holds(const struct support *s, const char *text)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (strstr(strbuf_str(&s->fields[i].text), text)) return true;
    return false;
}

static status ban_numbers(struct bans *b, const struct support *s)
{
    static const char *const numerals[] = {"两", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "千", "万"};
    static const char *const counters[] = {"个", "件", "条", "层", "种", "款", "色", "片", "颗", "粒", "排", "米", "厘米", "年", "天", "岁", "倍",
                                           "折", "寸", "斤", "元", "块", "只", "双", "根", "道", "面", "小时"};
    char text[32];
    for (char digit = '0'; digit <= '9'; digit++) {
        char ascii[2] = {digit, 0}, wide[4] = {'\xEF', '\xBC', (char)(0x90 + digit - '0'), 0};
        if (record_holds(s, ascii)) continue;
        TRY(add(b, ascii, 1, BANS_BYTES_MAX));
        TRY(add(b, wide, 3, BANS_BYTES_MAX));
    }
    for (size_t i = 0; i < sizeof numerals / sizeof numerals[0]; i++) {
        for (size_t k = 0; k < sizeof counters / sizeof counters[0]; k++) {
            int n = snprintf(text, sizeof text, "%s%s", numerals[i], counters[k]);
            if (!record_holds(s, text)) TRY(add(b, text, (size_t)n, BANS_BYTES_MAX));
        }
    }
    return OK;
}

/* ---- the list ---- */

status bans_for_record(struct bans *b, const struct support *s, enum language l)
{
    arena_init(&b->arena, 0);
    /* "<UNK>" and other traces of how training texts were made */
    static const char *const traces[] = {"<", ">", "|", "\n", "\t", "http", "www."};
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) TRY(add(b, traces[i], strlen(traces[i]), BANS_BYTES_MAX));
    TRY(ban_numbers(b, s));
    return ban_phrases(b, s, l);
}

status bans_add_text(struct bans *b, struct text_span text)
{
    return add(b, text.s, text.n, DECODE_CONSTRAINT_BYTES_MAX);
}

status bans_add_facts(struct bans *b, const struct facts *f, enum language l)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct fact *fact = &f->items[i];
        size_t n = strlen(fact->claim);
        if (fact->field || n > 120) continue;
        if (l == LANGUAGE_ZH || has_han(fact->claim, n)) TRY(add(b, fact->claim, n, DECODE_CONSTRAINT_BYTES_MAX));
        else TRY(add_words(b, fact->claim, is_latin_letter(*fact->claim) && fact->kind == CLAIM_NUMBER ? strcspn(fact->claim, " -") : n,
                           DECODE_CONSTRAINT_BYTES_MAX));
    }
    return OK;
}

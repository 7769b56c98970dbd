/* The need, understood: normalised text, constraints with the catalogue's own values, negations, what is left is free text. */
#include "match_int.h"

#include <string.h>

void need_release(struct need *n)
{
    arena_release(&n->arena);
}

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'';
}

/* ---- negation ---- */

static const struct { const char *words; bool facets_only; } negations[] = {
    {"不想要", false}, {"不要", false}, {"没有", false}, {"不喜欢", false}, {"别要", false}, {"除了", false}, {"不含", false}, {"不带", false}, {"不是", true}, {"拒绝", false}, {"排除", false},
    {"don't want", false}, {"do not want", false}, {"anything but", false}, {"other than", false}, {"without", false}, {"except", false}, {"excluding", false},
    {"nothing", true}, {"not", true}, {"no", true}, {"non-", true},
};

size_t negation_at(const char *begin, const char *s, const char *end, bool *facets_only)
{
    if (s > begin && word_byte(s[-1])) return 0;
    if (s - begin >= 3 && end - s >= 6 && memcmp(s - 3, "有没有", 9) == 0) return 0;   /* "is there", a question */
    for (size_t i = 0; i < sizeof negations / sizeof negations[0]; i++) {
        size_t n = strlen(negations[i].words);
        if ((size_t)(end - s) < n || memcmp(s, negations[i].words, n) != 0) continue;
        if (word_byte(s[n - 1]) && s + n < end && word_byte(s[n])) continue;
        *facets_only = negations[i].facets_only;
        return n;
    }
    return 0;
}

/* Where what a negation denies ends: punctuation, "but", or a handful of words. */
static const char *negation_end(const char *s, const char *end)
{
    static const char *const stops[] = {"，", "。", "、", "；", "！", "？", ",", ".", ";", "!", "?", "但", "的话", "以外", "之外", "都行", "都可以", " but ", " and ", " with ", " under ", " for "};
    for (const char *p = s; p < end;) {
        if (p > s && end - p > 3 && memcmp(p, "的", 3) == 0) return p + 3;   /* "不带弹力的牛仔裤": jeans are wanted */
        for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++)
            if ((size_t)(end - p) >= strlen(stops[i]) && memcmp(p, stops[i], strlen(stops[i])) == 0) return p;
        utf8_next(&p, end);
    }
    return end;
}

static void blank(const struct need *n, char *rest, const char *s, const char *end)
{
    memset(rest + (s - n->normalised), ' ', (size_t)(end - s));
}

/* ---- labels ---- */

struct mention { enum facet facet; const char *canonical; size_t n; uint32_t label; bool catalogue; };

/* The catalogue's longest own label at s ("雾粉色", a brand). Words shorter than two Han or three Latin letters are no names. */
static bool catalogue_mention(const struct matcher *m, const char *s, const char *end, struct mention *out)
{
    size_t longest = (size_t)(end - s) < m->phrase_bytes_max ? (size_t)(end - s) : m->phrase_bytes_max;
    for (size_t n = longest; n >= 3; n--) {
        uint64_t value;
        if (n < (size_t)(end - s) && ((s[n] & 0xC0) == 0x80 || (word_byte(s[n - 1]) && word_byte(s[n])))) continue;
        if (!strmap_get(&m->phrases, s, n, &value)) continue;
        *out = (struct mention){.facet = (enum facet)(value >> 32), .n = n, .label = (uint32_t)value, .catalogue = true};
        return true;
    }
    return false;
}

static bool one_of(const char *s, const char *end, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((size_t)(end - s) >= strlen(words[i]) && memcmp(s, words[i], strlen(words[i])) == 0) return true;
    return false;
}

/* "42码", "size 42", "xl号": sizes are named only with their word. */
static bool size_mention(const struct matcher *m, const char *s, const char *end, struct mention *out)
{
    const char *value = s, *stop;
    bool leading = (size_t)(end - s) > 5 && memcmp(s, "size ", 5) == 0;
    if (leading) value = s + 5;
    for (stop = value; stop < end && word_byte(*stop); stop++) continue;
    if (stop == value || stop - value > 4) return false;
    size_t after = leading ? 0 : (size_t)(end - stop) >= 3 && (memcmp(stop, "码", 3) == 0 || memcmp(stop, "号", 3) == 0) ? 3 : 0;
    uint32_t label;
    static const char *const letters[] = {"xs", "xl", "xxl", "xxxl", "2xl", "3xl", "4xl"};   /* mean nothing else */
    bool letter = one_of(value, stop, letters, sizeof letters / sizeof letters[0]) && stop - value >= 2;
    if ((!leading && !after && !letter) || !index_find_label(m->index, FACET_SIZE, value, (size_t)(stop - value), &label)) return false;
    *out = (struct mention){.facet = FACET_SIZE, .n = (size_t)(stop - s) + after, .label = label, .catalogue = true};
    return true;
}

/* The longest value of another attribute at s: "casual", "冬季". */
static bool attribute_mention(const struct matcher *m, const char *begin, const char *s, const char *end, uint32_t *label, size_t *length)
{
    if (s > begin && word_byte(s[-1]) && word_byte(*s)) return false;
    size_t longest = (size_t)(end - s) < m->attribute_phrase_bytes_max ? (size_t)(end - s) : m->attribute_phrase_bytes_max;
    for (size_t n = longest; n >= 3; n--) {
        uint64_t value;
        if (n < (size_t)(end - s) && ((s[n] & 0xC0) == 0x80 || (word_byte(s[n - 1]) && word_byte(s[n])))) continue;
        if (!strmap_get(&m->attribute_phrases, s, n, &value)) continue;
        *label = (uint32_t)value;
        *length = n;
        return true;
    }
    return false;
}

/* 男 and 女 speak of people nearly everywhere ("羽绒服女短款"), but not in 女儿 or 子女. */
static bool lone_person(const char *begin, const char *s, size_t n, const char *end)
{
    static const char *const no_before[] = {"子", "妇", "美", "仙", "处", "少", "孙", "侄", "儿"}, *const no_after[] = {"儿", "神", "王", "巫", "主", "生"};
    if (n != 3 || (memcmp(s, "男", 3) != 0 && memcmp(s, "女", 3) != 0)) return false;
    if (s - begin >= 3 && one_of(s - 3, s, no_before, sizeof no_before / sizeof no_before[0])) return false;
    return s + n >= end || !one_of(s + n, end, no_after, sizeof no_after / sizeof no_after[0]);
}

/* 红 alone speaks of a colour in "要红的", at the end, but not in 红茶; 木 not in 积木. */
static bool lone_han_is_word(const char *begin, const char *s, size_t n, const char *end)
{
    static const char *const after[] = {"的", "款", "，", "。", ",", " ", "色", "鞋", "包"}, *const before[] = {"的", "要", "是", "有", "和", "或", "者", "跟", "、", "纯", "全"};
    if (n > 3 || (unsigned char)*s < 0x80 || lone_person(begin, s, n, end)) return true;
    bool open_before = s == begin || (unsigned char)s[-1] < 0x80 || (s - begin >= 3 && one_of(s - 3, s, before, sizeof before / sizeof before[0]));
    return open_before && (s + n >= end || one_of(s + n, end, after, sizeof after / sizeof after[0]));
}

/* "fleece-lined", "glass-like": of the word's kind, but not that; "leather-free" is a denial and read elsewhere. */
static bool goes_on(const char *s, const char *end)
{
    return end - s > 1 && *s == '-' && s[1] >= 'a' && s[1] <= 'z' && !one_of(s, end, (const char *const[]){"-free"}, 1);
}

/* A cutting board is not of the material "board" that a picture book names: the word is a kind's. */
static bool names_kind(const struct matcher *m, const char *s, size_t n)
{
    for (uint32_t i = 0; i < index_label_count(m->index, FACET_CATEGORY); i++) {
        size_t length;
        const char *text = index_label_text(m->index, FACET_CATEGORY, i, &length, NULL), *found = text && length >= n ? memmem(text, length, s, n) : NULL;
        if (found && (found == text || !word_byte(found[-1]) || !word_byte(*found))) return true;
    }
    return false;
}

/* "olive" in a shop of clothes: hardly any product has the word that has not the colour. */
static bool shop_is_sure(const struct matcher *m, const char *s, const struct mention *x)
{
    enum { LEAST = 5 };
    uint32_t documents = 0;
    char stem[64];
    if (!x->catalogue || x->n >= sizeof stem) return false;
    memcpy(stem, s, x->n);
    index_label_text(m->index, x->facet, x->label, NULL, &documents);
    return documents >= LEAST && 2 * index_document_frequency(m->index, stem, porter_stem(stem, x->n)) <= 3 * documents;
}

/* "steel colour": a word that the shop has as a colour, and says that it means one. */
static bool colour_mention(const struct matcher *m, const char *s, const char *end, struct mention *out)
{
    size_t n = 0, after = 0;
    uint32_t label;
    while (s + n < end && word_byte(s[n])) n++;
    if (one_of(s + n, end, (const char *const[]){" colour"}, 1)) after = 7;
    else if (one_of(s + n, end, (const char *const[]){" color"}, 1)) after = 6;
    enum facet f;
    const char *canonical;
    if (facet_match(s, end, &f, &canonical) && f == FACET_COLOUR) return false;   /* our own word for one */
    if (!n || !after || (s + n + after < end && word_byte(s[n + after])) || !index_find_label(m->index, FACET_COLOUR, s, n, &label)) return false;
    *out = (struct mention){.facet = FACET_COLOUR, .n = n + after, .label = label, .catalogue = true};
    return true;
}

/* "rose bra": of that kind more products have the colour than have the word in their title and another colour, as "rose tea" would. */
static bool kind_has_colour(const struct matcher *m, const char *s, size_t n, uint32_t label, const char *end)
{
    struct mention kind;
    char stem[64];
    if (n >= sizeof stem || s + n >= end || s[n] != ' ' || !catalogue_mention(m, s + n + 1, end, &kind) || kind.facet != FACET_CATEGORY) return false;
    struct index_condition c[2] = {{.kind = CONDITION_ANY_LABEL, .column = FACET_CATEGORY, .labels = &kind.label, .n_labels = 1}, {.kind = CONDITION_ANY_LABEL, .column = FACET_COLOUR, .labels = &label, .n_labels = 1}};
    size_t coloured = index_filter_documents(m->index, &(struct index_filter){c, 2}, m->postings), others = 0;
    memcpy(stem, s, n);
    size_t count = index_term_documents(m->index, stem, porter_stem(stem, n), 1u << FIELD_TITLE, m->postings);
    for (size_t i = 0; i < count; i++) others += index_passes(m->index, &(struct index_filter){&c[0], 1}, m->postings[i]) && !index_passes(m->index, &(struct index_filter){&c[1], 1}, m->postings[i]);
    return coloured > others;
}

static bool mention_at(const struct matcher *m, const char *begin, const char *s, const char *end, struct mention *out)
{
    if (s > begin && word_byte(s[-1]) && word_byte(*s)) return false;
    if (colour_mention(m, s, end, out)) return true;
    if (size_mention(m, s, end, out)) return true;
    enum facet f;
    const char *canonical = NULL;
    size_t n = facet_match(s, end, &f, &canonical);
    if (n && (!lone_han_is_word(begin, s, n, end) || facet_word_is_ambiguous(s, n, end) || goes_on(s + n, end))) n = 0;
    bool own = catalogue_mention(m, s, end, out) && !goes_on(s + out->n, end);
    if (own && (out->facet == FACET_COLOUR || out->facet == FACET_MATERIAL) && facet_word_is_ambiguous(s, out->n, end) && !shop_is_sure(m, s, out) && !(out->facet == FACET_COLOUR && kind_has_colour(m, s, out->n, out->label, end))) own = false;
    if (own && !n && out->facet == FACET_MATERIAL && names_kind(m, s, out->n)) own = false;
    if (n && (!own || out->n <= n)) {
        uint32_t label;
        if (index_find_label(m->index, f, canonical, strlen(canonical), &label)) {
            *out = (struct mention){.facet = f, .canonical = canonical, .n = n, .label = label};
            return true;
        }
        *out = (struct mention){.facet = f, .canonical = canonical, .n = n, .label = UINT32_MAX};   /* nothing in the shop has it */
        return true;
    }
    return own;
}

/* A brand is a hard wish only where the word hardly occurs outside that brand ("Orange" the brand, orange the colour). */
static bool brand_is_certain(const struct matcher *m, const char *s, size_t n, uint32_t label)
{
    uint32_t documents = 0;
    index_label_text(m->index, FACET_BRAND, label, NULL, &documents);
    uint32_t frequency = index_document_frequency(m->index, s, n);
    return frequency <= 2 * documents + 2;
}

static bool known_well(const struct matcher *m, enum facet f)
{
    return f == FACET_AUDIENCE ? m->known[f] >= 0.2f : m->known[f] >= 0.3f;
}

static const char *label_name(const struct matcher *m, struct need *n, const struct mention *x)
{
    if (x->canonical) return x->canonical;
    size_t length = 0;
    const char *text = index_label_text(m->index, x->facet, x->label, &length, NULL);
    const char *copy = arena_strndup(&n->arena, text, length);
    return copy ? copy : "";
}

static struct constraint *same_facet(struct need *n, enum facet f, bool negated)
{
    for (size_t i = 0; i < n->n_constraints; i++) {
        struct constraint *c = &n->constraints[i];
        if (c->kind == CONSTRAINT_FACET && c->facet == f && c->negated == negated) return c;
    }
    return NULL;
}

static void add_label(struct constraint *c, uint32_t label)
{
    for (size_t i = 0; i < c->n_labels; i++)
        if (c->labels[i] == label) return;   /* "turquoise blue" is blue */
    if (label != UINT32_MAX && c->n_labels < sizeof c->labels / sizeof c->labels[0]) c->labels[c->n_labels++] = label;
}

static const char *span_copy(struct need *n, struct text_span s)
{
    const char *copy = arena_strndup(&n->arena, s.s, s.n);
    return copy ? copy : "";
}

/* Soft: its words stay in the text, too. Two values of one attribute are alternatives. */
static void add_attribute(const struct matcher *m, struct need *n, const char *s, size_t length, uint32_t label)
{
    size_t bytes;
    struct text_span name, value;
    const char *text = index_label_text(m->index, ATTRIBUTES, label, &bytes, NULL);
    attribute_split(text, bytes, &name, &value);
    for (size_t i = 0; i < n->n_constraints; i++) {
        struct constraint *c = &n->constraints[i];
        if (c->kind != CONSTRAINT_ATTRIBUTE || strlen(c->name) != name.n || memcmp(c->name, name.s, name.n) != 0) continue;
        for (size_t k = 0; k < c->n_labels; k++)
            if (c->labels[k] == label) return;
        add_label(c, label);
        return;
    }
    if (n->n_constraints == NEED_CONSTRAINTS_MAX) return;
    struct constraint *c = &n->constraints[n->n_constraints++];
    *c = (struct constraint){.kind = CONSTRAINT_ATTRIBUTE, .name = span_copy(n, name), .value = span_copy(n, value), .said = span_copy(n, (struct text_span){s, length})};
    add_label(c, label);
}

/* Two colours in one need are alternatives; so are two brands. True: the filter sees to it, so that its words need not be
 * found again in the text (a brand's words still help). */
static bool add_mention(struct matcher *m, struct need *n, const char *s, const struct mention *x, bool negated)
{
    struct constraint *c = same_facet(n, x->facet, negated), *denied = negated ? NULL : same_facet(n, x->facet, true);
    for (size_t i = 0; denied && i < denied->n_labels; i++)
        if (denied->labels[i] == x->label) return true;   /* "no wool, wool itches": said again, not wanted after all */
    if (!c) {
        if (n->n_constraints == NEED_CONSTRAINTS_MAX) return false;
        c = &n->constraints[n->n_constraints++];
        *c = (struct constraint){.kind = CONSTRAINT_FACET, .facet = x->facet, .negated = negated, .value = label_name(m, n, x)};
        const char *said = arena_strndup(&n->arena, s, x->n);
        c->said = said ? said : "";
        c->hard = negated || (x->facet != FACET_CATEGORY && known_well(m, x->facet));
        if (x->facet == FACET_BRAND && !negated) c->hard = c->hard && brand_is_certain(m, s, x->n, x->label);
    }
    add_label(c, x->label);
    constraint_complete(m, &n->arena, c);
    return c->hard && x->facet != FACET_BRAND;
}

static void add_words(struct matcher *m, struct need *n, const char *s, const char *end)
{
    while (s < end && *s == ' ') s++;
    while (end > s && end[-1] == ' ') end--;
    size_t length = (size_t)(end - s);
    if (length >= 3 && memcmp(end - 3, "的", 3) == 0) length -= 3;
    if (length < 3 || length > 60 || n->n_constraints == NEED_CONSTRAINTS_MAX) return;
    const char *words = arena_strndup(&n->arena, s, length);
    if (!words) return;
    struct constraint *c = &n->constraints[n->n_constraints++];
    *c = (struct constraint){.kind = CONSTRAINT_WORDS, .negated = true, .hard = true, .value = words, .said = words};
    constraint_complete(m, &n->arena, c);
}

/* A kind of the shop is asked for: what is of it and meets the constraints is an answer. */
static void note_kind(const struct matcher *m, struct need *n, const struct mention *x, const char *s, const char *end)
{
    if (x->facet == FACET_CATEGORY && is_kind(m, x->label) && kind_is_asked_for(m, s + x->n, end)) n->names_kind = true;
}

/* "裙子": every kind of skirts and dresses. Bytes of the word, or 0. */
static size_t add_kinds(struct matcher *m, struct need *n, const char *begin, const char *s, const char *end, bool named_before)
{
    uint32_t labels[KINDS_NAMED_MAX];
    size_t bytes = 0, count = kinds_named(m, begin, s, end, named_before, labels, KINDS_NAMED_MAX, &bytes);
    for (size_t i = 0; i < count; i++) {
        struct mention x = {.facet = FACET_CATEGORY, .n = bytes, .label = labels[i]};
        add_mention(m, n, s, &x, false);
        note_kind(m, n, &x, s, end);
    }
    return count ? bytes : 0;
}

/* Moves over a word that joins alternatives: "黑色和白色", "black or grey". */
static bool joins(const char **p, const char *end)
{
    static const char *const words[] = {"和", "或者", "或", "跟", "与", " or ", " nor ", "/", " "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - *p) < n || memcmp(*p, words[i], n) != 0) continue;
        *p += n;
        return true;
    }
    return false;
}

/* "not tea bags" names what is not wanted, and so does "no acrylic"; "not too sure what I want for her" does not. */
static bool few_words_after_not(const char *s, const char *body, const char *stop)
{
    size_t spaces = 0;
    while (body < stop && *body == ' ') body++;
    for (const char *p = body; p < stop; p++) spaces += *p == ' ';
    static const char *const idioms[] = {"problem", "thanks", "thank", "idea", "preference", "matter", "more", "wait", "limit", "need", "question", "rush", "budget", "worries", "one", "way", "clue", "longer", "object", "specific", "particular", "hurry", "doubt"};
    static const char *const vague[] = {"else", "special", "fancy", "specific", "particular", "much", "more", "less", "here", "now", "yet", "wrong", "new", "really"};
    if (*s != 'n' || s[1] != 'o' || stop <= body) return false;
    if (s[2] == 't' && stop - s > 7 && memcmp(s, "nothing", 7) == 0) return spaces == 0 && !one_of(body, stop, vague, sizeof vague / sizeof vague[0]);   /* "nothing wired" */
    if (s[2] == 't') return spaces <= 1;
    return s[2] == ' ' && spaces == 0 && !one_of(body, stop, idioms, sizeof idioms / sizeof idioms[0]);   /* "no acrylic" */
}

/* What stands behind a negation: its facets, else its words. Returns where reading goes on. */
static const char *read_negation(struct matcher *m, struct need *n, char *rest, const char *s, size_t length, bool facets_only, const char *end)
{
    const char *begin = n->normalised, *body = s + length, *stop = negation_end(body, end), *last = body;
    struct mention x;
    bool found = false;
    for (const char *p = body; p < stop;) {
        if (mention_at(m, begin, p, stop, &x) && (!found || x.facet != FACET_CATEGORY)) {
            add_mention(m, n, p, &x, true);
            p += x.n;
            last = p;
            found = true;
        } else if (found && !joins(&p, stop)) {
            break;   /* "不要黑色的双肩包", "not black shoes": bags and shoes are wanted */
        } else if (!found) {
            utf8_next(&p, stop);
            if (facets_only && p > body + 12) return body;
        }
    }
    if (!found && facets_only && !few_words_after_not(s, body, stop)) return body;
    if (!found) add_words(m, n, body, stop), last = stop;
    blank(n, rest, s, last);
    return last;
}

/* "黑色的不要", "黑的白的都不要": the clause at s denies what stands before its last word. Where the clause's words end, or NULL. */
static const char *denied_behind(const char *begin, const char *s, const char *end)
{
    static const char *const marks[] = {"，", "。", "；", "！", ",", ";", ".", "!"}, *const denials[] = {"不要", "不要了", "不想要", "不考虑", "除外", "免谈"}, *const all[] = {"都", "就", "全", "也", "一律", " ", "的"};
    const char *stop = s;
    bool starts = s == begin, ends = false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t n = strlen(marks[i]);
        starts |= (size_t)(s - begin) >= n && memcmp(s - n, marks[i], n) == 0;
    }
    if (!starts) return NULL;
    for (; stop < end && !ends; stop += !ends)
        for (size_t i = 0; i < sizeof marks / sizeof marks[0] && !ends; i++) ends = (size_t)(end - stop) >= strlen(marks[i]) && memcmp(stop, marks[i], strlen(marks[i])) == 0;
    const char *words = NULL;
    for (size_t i = 0; i < sizeof denials / sizeof denials[0] && !words; i++) {
        size_t n = strlen(denials[i]);
        if ((size_t)(stop - s) > n + 3 && memcmp(stop - n, denials[i], n) == 0) words = stop - n;
    }
    for (bool moved = words != NULL; moved;) {
        moved = false;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
            size_t n = strlen(all[i]);
            if ((size_t)(words - s) > n && memcmp(words - n, all[i], n) == 0) words -= n, moved = true;
        }
    }
    return words;
}

/* The clause's facets are denied; false: it names none, or a kind of products. */
static bool read_denial_behind(struct matcher *m, struct need *n, char *rest, const char *s, const char *words)
{
    struct mention x;
    bool found = false;
    const char *stop = words;
    for (const char *p = s; p < words;) {
        if (!mention_at(m, n->normalised, p, words, &x)) {
            utf8_next(&p, words);
            continue;
        }
        if (x.facet == FACET_CATEGORY) return found;
        add_mention(m, n, p, &x, true);
        p += x.n;
        found = true;
    }
    while (*stop && !strchr(",;.!", *stop)) stop++;
    if (found) blank(n, rest, s, stop);
    return found;
}

/* "sugar free gum", "leather-free"; but "gold free gifts" where the shop has a kind "free gifts". */
static bool denied_by_free(const struct matcher *m, const char *s, const char *end)
{
    struct mention x;
    if (one_of(s, end, (const char *const[]){"-free"}, 1)) return true;
    return one_of(s, end, (const char *const[]){" free "}, 1) && !catalogue_mention(m, s + 1, end, &x);
}

status understand_constraints(struct matcher *m, struct need *n, char *rest)
{
    const char *begin = n->normalised, *end = begin + strlen(begin);
    const char *named = NULL;   /* where the last facet's word ended */
    for (const char *s = begin; s < end;) {
        bool facets_only;
        struct mention x;
        uint32_t label;
        size_t length;
        if (rest[s - begin] == ' ' && *s != ' ') {   /* taken by a price already */
            s++;
            continue;
        }
        const char *denied = denied_behind(begin, s, end);
        size_t negation = negation_at(begin, s, end, &facets_only);
        if (!negation && denied && read_denial_behind(m, n, rest, s, denied)) {
            s = denied;
            while (s < end && rest[s - begin] == ' ') s++;
        } else if (negation) {
            s = read_negation(m, n, rest, s, negation, facets_only, end);
        } else if (mention_at(m, begin, s, end, &x)) {
            bool free_of = denied_by_free(m, s + x.n, end);
            if (free_of) x.n += 5;
            if (add_mention(m, n, s, &x, free_of)) blank(n, rest, s, s + x.n);
            if (!free_of) note_kind(m, n, &x, s, end);
            s += x.n;
            named = s;
        } else if ((length = add_kinds(m, n, begin, s, end, named == s))) {
            s += length;
        } else if (attribute_mention(m, begin, s, end, &label, &length)) {
            add_attribute(m, n, s, length, label);
            s += length;
        } else {
            utf8_next(&s, end);
        }
    }
    return OK;
}

status understand_categories(struct matcher *m, struct need *n)
{
    const char *begin = n->free_text, *end = begin + strlen(begin);
    const struct constraint *decided = same_facet(n, FACET_CATEGORY, false);
    n->names_kind = decided && decided->hard;
    for (const char *s = begin; s < end;) {
        struct mention x;
        size_t length = 0;
        bool found = mention_at(m, begin, s, end, &x);
        if (found && x.facet == FACET_CATEGORY) {
            if (!decided) add_mention(m, n, s, &x, false);
            note_kind(m, n, &x, s, end);
        }
        if (found) s += x.n;
        else if (!decided && (length = add_kinds(m, n, begin, s, end, false))) s += length;
        else utf8_next(&s, end);
    }
    return OK;
}

/* ---- the whole ---- */

status matcher_understand(struct matcher *m, const char *text, size_t length, struct need *out)
{
    *out = (struct need){0};
    arena_init(&out->arena, 0);
    if (length > NEED_BYTES_MAX) {   /* a pasted page: its beginning says what is needed */
        length = NEED_BYTES_MAX;
        while (length && (text[length] & 0xC0) == 0x80) length--;
    }
    struct strbuf b = {0};
    status s = normalize(m->options.normalizer, text, length, &b);
    out->text = arena_strndup(&out->arena, text, length);
    out->normalised = arena_strndup(&out->arena, strbuf_str(&b), b.len);
    char *rest = arena_strndup(&out->arena, strbuf_str(&b), b.len);
    strbuf_release(&b);
    if (s == OK && (!out->text || !out->normalised || !rest)) s = fail_nomem("reading a need");
    if (s == OK) {
        out->language = text_language(out->text, length);
        understand_prices(out, rest);
        understand_quantities(out, rest);
        s = understand_constraints(m, out, rest);
    }
    out->free_text = rest;
    if (s == OK) s = understand_terms(m, out);
    if (s == OK && out->n_terms == 0) {   /* "红色的": all that was said is a constraint; its words rank, too */
        out->free_text = out->normalised;
        out->only_constraints = out->n_constraints > 0;
        s = understand_terms(m, out);
    }
    if (s != OK) need_release(out);
    return s;
}

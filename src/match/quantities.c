/* Bounds on what is measured: "60升以上", "at least 300 lumens", "20 to 30 l", and the quantities of records as labels of the index. */
#include "match_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS_MAX = 32, QUANTITY_BYTES_MAX = 64 };

/* ---- records ---- */

void quantity_label(struct label_set *set, double value, const char *unit)
{
    struct unit_measure m;
    char text[QUANTITY_BYTES_MAX];
    if (!text_unit_measure(unit, &m)) return;
    int n = snprintf(text, sizeof text, "%s %.9g", m.dimension, value * m.factor);
    label_add(set, QUANTITIES, text, (size_t)n);
}

void quantity_labels(struct label_set *set, const char *text, size_t n)
{
    struct number numbers[NUMBERS_MAX];
    size_t count = text_numbers(text, n, numbers, NUMBERS_MAX);
    for (size_t i = 0; i < count && i < NUMBERS_MAX; i++)
        if (numbers[i].kind == NUMBER_UNIT) quantity_label(set, numbers[i].value, numbers[i].unit);
}

/* Values that are bounds themselves come out of conversions: a thousandth decides nothing. */
static bool within(const struct constraint *c, double value)
{
    double slack = fabs(value) * 1e-3;
    return value >= c->least - slack && value <= c->most + slack;
}

bool passes_quantity(const struct matcher *m, const struct constraint *c, uint32_t doc)
{
    uint32_t labels[LABELS_PER_DOCUMENT_MAX];
    size_t n = index_document_labels(m->index, doc, QUANTITIES, labels, LABELS_PER_DOCUMENT_MAX), dimension = strlen(c->value);
    bool known = false;
    for (size_t i = 0; i < n && i < LABELS_PER_DOCUMENT_MAX; i++) {
        size_t length;
        char copy[QUANTITY_BYTES_MAX];
        const char *text = index_label_text(m->index, QUANTITIES, labels[i], &length, NULL);
        if (length <= dimension || length >= sizeof copy || memcmp(text, c->value, dimension) != 0 || text[dimension] != ' ') continue;
        memcpy(copy, text, length);   /* strtod wants an end */
        copy[length] = 0;
        known = true;
        if (within(c, strtod(copy + dimension, NULL))) return true;
    }
    return !known;
}

bool quantity_meets(const struct constraint *c, const char *text, size_t n)
{
    struct number numbers[NUMBERS_MAX];
    struct unit_measure m;
    size_t count = text_numbers(text, n, numbers, NUMBERS_MAX);
    for (size_t i = 0; i < count && i < NUMBERS_MAX; i++)
        if (numbers[i].kind == NUMBER_UNIT && text_unit_measure(numbers[i].unit, &m) && strcmp(m.dimension, c->value) == 0 && within(c, numbers[i].value * m.factor))
            return true;
    return false;
}

/* ---- needs ---- */

static void add(struct need *n, char *rest, const char *begin, const char *end, const struct unit_measure *m, double least, double most)
{
    if (n->n_constraints == NEED_CONSTRAINTS_MAX) return;
    while (begin < end && *begin == ' ') begin++;
    const char *said = arena_strndup(&n->arena, begin, (size_t)(end - begin));
    n->constraints[n->n_constraints++] = (struct constraint){
        .kind = CONSTRAINT_QUANTITY, .hard = true, .least = least, .most = most, .value = m->dimension, .unit = m->base, .said = said ? said : ""};
    memset(rest + (begin - n->normalised), ' ', (size_t)(end - begin));
}

/* "20-30升", "2 and 3 kg": both ends in the base unit; the first may leave its unit to the second. */
static bool read_range(const char *text, const struct number *x, const struct number *y, struct unit_measure *m, double *least, double *most)
{
    struct unit_measure own;
    if (x->end > y->begin || y->kind != NUMBER_UNIT || x->kind == NUMBER_MONEY || !text_unit_measure(y->unit, m)) return false;
    if (!bound_joined(text + x->end, text + y->begin)) return false;
    if (x->kind == NUMBER_PLAIN) own = *m;
    else if (!text_unit_measure(x->unit, &own) || strcmp(own.dimension, m->dimension) != 0) return false;
    *least = x->value * own.factor;
    *most = y->value * m->factor;
    return *least < *most;
}

void understand_quantities(struct need *n, char *rest)
{
    struct number numbers[NUMBERS_MAX];
    struct unit_measure m;
    const char *text = n->normalised, *end = text + strlen(text);
    size_t count = text_numbers(text, (size_t)(end - text), numbers, NUMBERS_MAX);
    if (count > NUMBERS_MAX) count = NUMBERS_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct number *x = &numbers[i];
        if (rest[x->begin] == ' ') continue;   /* a price */
        double least, most;
        struct bound_span s = bound_read(text, end, x);
        if (i + 1 < count && read_range(text, x, &numbers[i + 1], &m, &least, &most)) {
            struct bound_span t = bound_read(text, end, &numbers[++i]);
            add(n, rest, s.begin - bound_word_before(text, s.begin, "between"), t.end, &m, least, most);
        } else if (x->kind == NUMBER_UNIT && text_unit_measure(x->unit, &m)) {
            least = s.bound == BOUND_LOWER ? x->value * m.factor : -INFINITY;
            most = s.bound == BOUND_UPPER ? x->value * m.factor : INFINITY;
            if (isfinite(least) || isfinite(most)) add(n, rest, s.begin, s.end, &m, least, most);
        }
    }
}

/* Price bounds in a need: "500以内", "300到500", "under $50", "between 20 and 40", "around 200 yuan". */
#include "match_int.h"

#include <math.h>
#include <string.h>

static int64_t to_minor(double value)
{
    return value > 1e13 ? INT64_MAX : (int64_t)llround(value * 100);
}

static void add(struct need *n, char *rest, const char *begin, const char *end, int64_t low, int64_t high)
{
    if (n->n_constraints == NEED_CONSTRAINTS_MAX) return;
    while (begin < end && *begin == ' ') begin++;
    const char *said = arena_strndup(&n->arena, begin, (size_t)(end - begin));
    n->constraints[n->n_constraints++] = (struct constraint){
        .kind = CONSTRAINT_PRICE, .hard = true, .low = low, .high = high, .said = said ? said : ""};
    memset(rest + (begin - n->normalised), ' ', (size_t)(end - begin));
}

void understand_prices(struct need *n, char *rest)
{
    enum { NUMBERS_MAX = 32 };
    struct number numbers[NUMBERS_MAX];
    const char *text = n->normalised, *end = text + strlen(text);
    size_t count = text_numbers(text, (size_t)(end - text), numbers, NUMBERS_MAX);
    if (count > NUMBERS_MAX) count = NUMBERS_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct number *x = &numbers[i];
        if (x->kind == NUMBER_UNIT) continue;
        struct bound_span s = bound_read(text, end, x);
        if (i + 1 < count && numbers[i + 1].kind != NUMBER_UNIT && bound_joined(s.end, text + numbers[i + 1].begin)) {
            struct bound_span t = bound_read(text, end, &numbers[i + 1]);
            bool said_as_price = s.money || t.money || bound_word_before(text, s.begin, "between") || t.bound || s.bound || bound_word_before(text, s.begin, "价格") || x->value >= 20;
            if (said_as_price && x->value < numbers[i + 1].value) {
                size_t between = bound_word_before(text, s.begin, "between");
                add(n, rest, s.begin - between, t.end, to_minor(x->value), to_minor(numbers[i + 1].value));
                i++;
                continue;
            }
        }
        if (!s.bound && !s.money) continue;
        if (!s.money && x->value < 5) continue;   /* "over 2 layers" */
        int64_t value = to_minor(x->value);
        switch (s.bound) {
        case BOUND_UPPER: add(n, rest, s.begin, s.end, INT64_MIN + 1, value); break;
        case BOUND_LOWER: add(n, rest, s.begin, s.end, value, INT64_MAX); break;
        default: add(n, rest, s.begin, s.end, value - value / 4, value + value / 4); break;   /* "200块的", "around 200" */
        }
    }
}

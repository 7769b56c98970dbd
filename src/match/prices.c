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

/* "三百多" ends before four hundred, "一千多" before two thousand. */
static double next_round(double value)
{
    double step = 1;
    while (step * 10 <= value && fmod(value, step * 10) == 0) step *= 10;
    return value + step;
}

static int han_digit(const char *s, const char *end)
{
    static const char *const digits[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九"};
    if (end - s >= 3 && memcmp(s, "两", 3) == 0) return 2;
    for (int i = 0; i < 9; i++)
        if (end - s >= 3 && memcmp(s, digits[i], 3) == 0) return i + 1;
    return 0;
}

static double han_scale(const char *s, const char *end)
{
    static const struct { const char *word; double scale; } scales[] = {{"十", 10}, {"百", 100}, {"千", 1000}, {"万", 10000}};
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++)
        if (end - s >= 3 && memcmp(s, scales[i].word, 3) == 0) return scales[i].scale;
    return 0;
}

/* "两三百", "四五百块", "三五千": both ends in one word. Tens only as money ("七八十块"): else they count people or days. */
static void understand_spans(struct need *n, char *rest)
{
    const char *text = n->normalised, *end = text + strlen(text);
    for (const char *s = text; s + 9 <= end; s++) {
        int low = han_digit(s, end), high = low ? han_digit(s + 3, end) : 0;
        double scale = high ? han_scale(s + 6, end) : 0;
        if (!low || high <= low || scale <= 0 || (s - text >= 3 && han_digit(s - 3, end))) continue;
        struct number x = {.value = high * scale, .begin = (uint32_t)(s - text), .end = (uint32_t)(s + 9 - text), .kind = NUMBER_PLAIN};
        struct bound_span span = bound_read(text, end, &x);
        static const char *const counted[] = {"个", "件", "人", "天", "只", "双", "米", "克", "升", "页", "张", "年", "次", "流", "毫", "公", "瓦", "斤", "度", "本", "片", "块拼"};
        bool counts = false;
        for (size_t i = 0; i < sizeof counted / sizeof counted[0] && !span.money; i++) counts |= memcmp(s + 9, counted[i], end - s >= 12 ? 3 : 0) == 0 && end - s >= 12;
        if (counts || (!span.money && scale < 100)) continue;
        add(n, rest, span.begin, span.end, to_minor(low * scale), to_minor(high * scale));
    }
}

void understand_prices(struct need *n, char *rest)
{
    enum { NUMBERS_MAX = 32 };
    struct number numbers[NUMBERS_MAX];
    const char *text = n->normalised, *end = text + strlen(text);
    size_t count = text_numbers(text, (size_t)(end - text), numbers, NUMBERS_MAX);
    if (count > NUMBERS_MAX) count = NUMBERS_MAX;
    understand_spans(n, rest);
    for (size_t i = 0; i < count; i++) {
        const struct number *x = &numbers[i];
        if (x->kind == NUMBER_UNIT || rest[x->begin] == ' ' || rest[x->end - 1] == ' ') continue;
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
        if (!s.money && x->value < (s.bound == BOUND_SOME_OVER ? 50 : 5)) continue;   /* "over 2 layers", "十多个" */
        int64_t value = to_minor(x->value);
        switch (s.bound) {
        case BOUND_UPPER: add(n, rest, s.begin, s.end, INT64_MIN + 1, value); break;
        case BOUND_LOWER: add(n, rest, s.begin, s.end, value, INT64_MAX); break;
        case BOUND_JUST_OVER: add(n, rest, s.begin, s.end, value, value + value / 4); break;
        case BOUND_SOME_OVER: add(n, rest, s.begin, s.end, value, to_minor(next_round(x->value))); break;
        default: add(n, rest, s.begin, s.end, value - value / 4, value + value / 4); break;   /* "200块的", "around 200" */
        }
    }
}

/* Answers to the question that is open: a choice by its label, value, number or place; several of them; none in particular. */
#include "question_int.h"
#include "read_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS_BYTES_MAX = 100 /* two short answers; more is no list of answers */ };

static const char *const yes[] = {"^(要|需要|是|是的|对|对的|嗯|有|好|可以|想|要的|需要的|当然|必须|yes|yeah|yep|yup|sure|of course|definitely|please|yes please|i do|it should|ok)$", NULL};
static const char *const no[] = {"^(不要|不需要|不是|不|不用|没有|不想|不必|no|nope|nah|not needed|no need|no thanks|i don't)$", NULL};
static const char *const yes_values[] = {"是", "有", "支持", "可用", "yes", "true", NULL}, *const no_values[] = {"否", "无", "不支持", "不可用", "no", "false", "none", NULL};

/* So many are taken: of products, not of answers. */
static const char *const counts[] = {"(来|要|买|拿|加|订)(一|两|二|三|四|五|六|几|#)%", "x#", "# of", NULL};

static bool same_word(const char *const *list, const char *value)
{
    for (; *list; list++)
        if (strcmp(*list, value) == 0) return true;
    return false;
}

static const char *normal(struct reading *r, const char *s)
{
    struct strbuf b = {0};
    const char *out = normalize(r->g->options.normalizer, s, strlen(s), &b) == OK ? arena_strndup(r->a, strbuf_str(&b), b.len) : NULL;
    strbuf_release(&b);
    if (!out) r->nomem = true;
    return out ? out : "";
}

/* Does the text say the words (a label, a value)? "黑" for "黑色" counts, and "hooded" for "hooded style" does not. */
static bool says(struct span text, const char *words)
{
    size_t n = strlen(words);
    if (!n) return false;
    for (const char *s = text.begin; s + n <= text.end; s++) {
        if (memcmp(s, words, n) != 0) continue;
        if (latin_byte(*words) && ((s > text.begin && latin_byte(s[-1])) || (s + n < text.end && latin_byte(s[n])))) continue;
        return true;
    }
    static const char colour[] = "色";
    if (n >= 6 && memcmp(words + n - 3, colour, 3) == 0) {
        char bare[64];
        if (n - 3 >= sizeof bare) return false;
        memcpy(bare, words, n - 3);
        bare[n - 3] = 0;
        return says(text, bare);
    }
    return false;
}

static bool chosen(struct reading *r, const struct question *q, struct span text, bool *picked)
{
    bool any = false;
    for (size_t i = 0; i < q->n_choices; i++) {
        picked[i] = says(text, normal(r, q->choices[i].label)) || says(text, normal(r, q->choices[i].value));
        any |= picked[i];
    }
    for (size_t i = 0; i < q->n_choices; i++)   /* "不锈钢" says "钢", too: the longer one is meant */
        for (size_t j = 0; j < q->n_choices && picked[i]; j++)
            if (i != j && picked[j] && strlen(q->choices[j].label) > strlen(q->choices[i].label) && strstr(q->choices[j].label, q->choices[i].label)) picked[i] = false;
    return any;
}

/* Nothing is said but the place, and that it is chosen: "选第二个", "前两个都行", "i'll take the second". */
static bool only_places(struct reading *r, struct span text, const struct pointed *p)
{
    size_t n = (size_t)(text.end - text.begin);
    char *copy = arena_strndup(r->a, text.begin, n);
    struct span chooses;
    if (!copy) {
        r->nomem = true;
        return false;
    }
    for (size_t i = 0; i < p->n_spans; i++)
        if (p->spans[i].begin >= text.begin && p->spans[i].end <= text.end) memset(copy + (p->spans[i].begin - text.begin), ' ', (size_t)(p->spans[i].end - p->spans[i].begin));
    struct span rest = {copy, copy + n};
    if (phrase_any(counts, rest, NULL)) return false;
    if (cue_find(CUE_BUY, rest, &chooses)) memset(copy + (chooses.begin - copy), ' ', (size_t)(chooses.end - chooses.begin));
    return span_empty(cue_strip(rest)) || phrase_any((const char *const[]){"^(are|is|would be)? *(both|all)? *(fine|ok|okay|good|great|nice)$", NULL}, span_trim(rest), NULL);
}

/* "第二个防水吗", "第一个来两件": something is asked about a product that was shown, or done with it. */
static bool speaks_of_product(struct reading *r, struct span text)
{
    static const char *const asks[] = {"?", "吗", "哪", "多少", "什么", "怎么", "^(is|are|does|do|can|has|have|how|what|which|why|where)", NULL};
    static const char *const wants[] = {"的有(吗|么|没)", "^有", "(有没有|还有)", "^(any|is there|are there|got|have you|do you)", NULL};
    struct pointed p;
    bool acts = phrase_any(counts, text, NULL) || cue_is(CUE_ADD, text) || cue_is(CUE_COMPARE, text) || cue_is(CUE_FACT, text) || phrase_any(asks, text, NULL);
    if (!acts || !r->d->n_shown || phrase_any(wants, text, NULL)) return false;
    references_find(r, r->shown, text, false, &p);
    return p.any;
}

/* "第二个", "2", "前两个都行", "both". */
static bool chosen_by_place(struct reading *r, const struct question *q, struct span text, bool *picked)
{
    struct pool *choices = arena_zalloc(r->a, 1, sizeof *choices);
    struct dialogue *d = arena_zalloc(r->a, 1, sizeof *d);
    struct pointed p;
    char (*ids)[8] = arena_alloc(r->a, CHOICES_MAX * sizeof *ids);
    if (!choices || !d || !ids) {
        r->nomem = true;
        return false;
    }
    for (size_t i = 0; i < q->n_choices; i++) {   /* stand-ins: only their places are asked for */
        snprintf(ids[i], sizeof ids[i], "%u", (unsigned)i % 100);
        choices->items[choices->n++] = (struct loaded){.id = ids[i], .tried = true};
    }
    struct reading places = {.g = r->g, .d = d, .a = r->a, .shown = choices, .cart = choices};
    references_find_places(&places, choices, text, &p);
    for (size_t i = 0; i < p.set.n; i++) picked[p.set.items[i]] = true;
    return p.any && !p.failed && p.set.n && only_places(r, text, &p);
}

/* "0-20000", "20000-", "-5000": a range of minor units or base units, as the questions write it. */
static bool range_of(const char *value, double *low, double *high)
{
    char *end;
    const char *dash = strchr(value, '-');
    if (!dash || strspn(value, "0123456789.-") != strlen(value)) return false;
    *low = dash == value ? -INFINITY : strtod(value, &end);
    *high = dash[1] ? strtod(dash + 1, &end) : INFINITY;
    return dash != value || dash[1];
}

static bool wish_of_choices(struct reading *r, const struct question *q, const bool *picked, const char *said, struct wish *w)
{
    double low = INFINITY, high = -INFINITY, from, to;
    bool price = strcmp(q->field, "price") == 0, quantity = strncmp(q->field, "quantity:", 9) == 0;
    *w = (struct wish){.field = q->field, .low = INT64_MIN + 1, .high = INT64_MAX, .least = -INFINITY, .most = INFINITY, .hard = true, .provenance = FROM_ANSWER, .turn = r->d->turn, .said = said};
    for (size_t i = 0; i < q->n_choices; i++) {
        if (!picked[i]) continue;
        if (price || quantity) {
            if (!range_of(q->choices[i].value, &from, &to)) return false;
            if (from < low) low = from;
            if (to > high) high = to;
        } else if (w->n_values < VALUES_MAX) {
            w->values[w->n_values++] = q->choices[i].value;
        }
    }
    if (price) {
        if (isfinite(low)) w->low = (int64_t)low;
        if (isfinite(high)) w->high = (int64_t)high;
    } else if (quantity) {
        w->least = low;
        w->most = high;
    }
    return true;
}

/* A bare number answers a question for the budget: so much at the most. */
static bool budget_of(struct reading *r, struct span text, struct wish *w)
{
    struct number x[2];
    struct span t = cue_strip(text);
    if (text_numbers(t.begin, (size_t)(t.end - t.begin), x, 2) != 1 || x[0].kind != NUMBER_PLAIN || x[0].value < 1 || x[0].value > 1e9) return false;
    if (!span_empty((struct span){t.begin, t.begin + x[0].begin}) || !span_empty((struct span){t.begin + x[0].end, t.end})) return false;
    *w = (struct wish){.field = "price", .low = INT64_MIN + 1, .high = (int64_t)(x[0].value * 100 + 0.5), .least = -INFINITY, .most = INFINITY, .hard = true, .provenance = FROM_ANSWER, .turn = r->d->turn};
    w->said = span_copy(r->a, text);
    if (!w->said) r->nomem = true;
    return w->said != NULL;
}

/* Does the general reading find a value of the question's field? Its canonical label is better than the word as it stands. */
static bool understood(struct reading *r, const struct question *q, struct span text)
{
    struct need n;
    bool found = false;
    if (matcher_understand(r->g->options.matcher, text.begin, (size_t)(text.end - text.begin), &n) != OK) {
        r->nomem = true;
        return false;
    }
    for (size_t i = 0; i < n.n_constraints; i++) found |= n.constraints[i].kind == CONSTRAINT_FACET && strcmp(facet_name(n.constraints[i].facet), q->field) == 0;
    need_release(&n);
    return found;
}

static void answer(struct utterance_part *out, const char *text, struct wish w)
{
    out->intention = WANTS_PRODUCTS;
    out->text = text;
    out->n_changes = 1;
    out->changes[0] = (struct change){.what = CHANGE_REPLACE, .wish = w};
}

/* Words beside the choice's own that make a wish of their own ("黑色，500以内") are left to the general reading. */
static bool says_more(struct reading *r, const struct question *q, struct span text)
{
    struct need n;
    if (matcher_understand(r->g->options.matcher, text.begin, (size_t)(text.end - text.begin), &n) != OK) {
        r->nomem = true;
        return false;
    }
    bool more = false;
    for (size_t i = 0; i < n.n_constraints; i++) {
        const struct constraint *c = &n.constraints[i];
        const char *field = c->kind == CONSTRAINT_FACET ? facet_name(c->facet) : c->kind == CONSTRAINT_PRICE ? "price" : "";
        more |= c->negated || (*field && strcmp(field, q->field) != 0);
    }
    need_release(&n);
    return more;
}

/* "turquoise blue", "sandals" where a name was asked for: a colour and a kind, though some title may begin so. */
static bool is_other_value(struct reading *r, const struct question *q, struct span text)
{
    struct need n;
    if (matcher_understand(r->g->options.matcher, text.begin, (size_t)(text.end - text.begin), &n) != OK) {
        r->nomem = true;
        return false;
    }
    const struct constraint *c = &n.constraints[0];
    bool whole = n.n_constraints == 1 && c->kind == CONSTRAINT_FACET && strcmp(facet_name(c->facet), q->field) != 0 && (n.only_constraints || strlen(c->said) == (size_t)(text.end - text.begin));
    need_release(&n);
    return whole;
}

static bool is_choice(struct reading *r, const struct question *q, const char *said)
{
    for (size_t i = 0; i < q->n_choices; i++)
        if (strcmp(said, q->choices[i].value) == 0 || strcmp(said, normal(r, q->choices[i].label)) == 0) return true;
    return false;
}

/* "doesn't matter, but under 50" says more than that. */
static bool only_skips(struct reading *r, struct span text)
{
    struct span found;
    struct need n;
    if (!cue_find(CUE_SKIP, text, &found)) return false;
    const char *comma = memchr(found.end, ',', (size_t)(text.end - found.end));
    if (!comma) return true;
    if (matcher_understand(r->g->options.matcher, comma, (size_t)(text.end - comma), &n) != OK) {
        r->nomem = true;
        return true;
    }
    bool only = n.n_constraints == 0;
    need_release(&n);
    return only;
}

static status answer_one(struct reading *r, const struct question *q, struct span text, struct utterance_part *out, bool *answered)
{
    bool picked[CHOICES_MAX] = {false};
    struct span t = span_trim(text);
    struct wish w;
    *answered = false;
    if (!*q->field || span_empty(t)) return OK;
    const char *said = span_copy(r->a, t);
    if (!said) return fail_nomem("reading an answer");
    if (only_skips(r, t)) {
        out->intention = SKIPS_QUESTION;
        out->text = said;
        *answered = true;
        return OK;
    }
    bool other = strcmp(q->field, TITLE_FIELD) == 0 && !is_choice(r, q, said) && is_other_value(r, q, t);
    /* A button was pressed, or its words were typed, and nothing else: "sandals" is no new need, nor "polo shirts" one of the "shirts" offered. */
    if (!other) TRY(field_is_words(q->field) ? wish_from_exact(r->g, q, said, r->a, &w, answered) : wish_from_answer(r->g, q, said, r->a, &w, answered));
    if (*answered) {
        w.turn = r->d->turn;
        answer(out, "", w);
        return OK;
    }
    if (speaks_of_product(r, t)) return r->nomem ? fail_nomem("reading an answer") : OK;
    bool short_enough = t.end - t.begin <= 60;
    if (short_enough && phrase_any(yes, t, NULL))
        for (size_t i = 0; i < q->n_choices; i++) picked[i] = same_word(yes_values, normal(r, q->choices[i].value));
    else if (short_enough && phrase_any(no, t, NULL))
        for (size_t i = 0; i < q->n_choices; i++) picked[i] = same_word(no_values, normal(r, q->choices[i].value));
    bool any = false;
    for (size_t i = 0; i < q->n_choices; i++) any |= picked[i];
    if (!any && strcmp(q->field, "price") == 0 && budget_of(r, t, &w)) {
        answer(out, "", w);
        *answered = true;
        return OK;
    }
    bool denies = phrase_any((const char *const[]){"不(要|是|喜欢)", "除了", "not", "no", "except", "without", "别", NULL}, t, NULL);
    if (!any && !denies) any = short_enough && chosen(r, q, t, picked);
    if (!any && !denies && short_enough) any = chosen_by_place(r, q, t, picked);
    if (any && !says_more(r, q, t) && wish_of_choices(r, q, picked, said, &w)) {
        answer(out, "", w);
        *answered = true;
    }
    if (!*answered && !any && !denies && short_enough && !other && !understood(r, q, t)) {   /* a value beyond the offered ones: "Puma" */
        TRY(wish_from_answer(r->g, q, said, r->a, &w, answered));
        w.turn = r->d->turn;
        if (*answered) answer(out, "", w);
    }
    return r->nomem ? fail_nomem("reading an answer") : OK;
}

/* ---- two questions at once ---- */

enum answered_how { NO_ANSWER, IS_VALUE, DOES_NOT_MIND };

/* Is the text, as a whole and nothing else, an answer to q? */
static status exact_answer(struct reading *r, const struct question *q, struct span text, struct wish *w, enum answered_how *how)
{
    struct span t = span_trim(text), named;
    const char *said = span_copy(r->a, t), *field = field_named(t, &named);
    bool found = false;
    *how = NO_ANSWER;
    if (!said) return fail_nomem("reading an answer");
    if (span_empty(t)) return OK;
    bool parts = memchr(t.begin, ',', (size_t)(t.end - t.begin)) != NULL;
    if ((!parts && cue_is(CUE_SKIP, t)) || (field && strcmp(field, q->field) == 0 && names_field_alone(t))) {
        *how = DOES_NOT_MIND;
        return OK;
    }
    TRY(field_is_words(q->field) ? wish_from_exact(r->g, q, said, r->a, w, &found) : wish_from_answer(r->g, q, said, r->a, w, &found));
    if (!found && strcmp(q->field, "price") == 0) found = budget_of(r, t, w);
    if (found && strcmp(q->field, TITLE_FIELD) == 0 && !is_choice(r, q, said) && is_other_value(r, q, t)) found = false;
    w->turn = r->d->turn;
    if (found) *how = IS_VALUE;
    return OK;
}

static void take_answer(struct utterance_part *out, enum answered_how how, const struct wish *w)
{
    if (how == IS_VALUE) out->changes[out->n_changes++] = (struct change){.what = CHANGE_REPLACE, .wish = *w};
}

/* Bytes of what may stand between two answers. */
static size_t parts_answers(struct span text, const char *s)
{
    static const char *const between[] = {", and ", " and ", ", ", " from ", " by ", ",", " ", "和", "、", "的", NULL};
    for (size_t i = 0; between[i]; i++)
        if ((size_t)(text.end - s) > strlen(between[i]) && memcmp(s, between[i], strlen(between[i])) == 0) return strlen(between[i]);
    return 0;
}

/* "blue, Puma", "蓝色的耐克", "any is fine, Puma": an answer to each, in either order. */
static status both_answers(struct reading *r, struct span text, struct utterance_part *out, bool *answered)
{
    const struct question *q[] = {&r->d->open, &r->d->also};
    for (const char *s = text.begin + 1; s < text.end && !*answered; s++) {
        size_t n = (*s & 0xC0) == 0x80 ? 0 : parts_answers(text, s);
        for (size_t first = 0; n && first < 2 && !*answered; first++) {
            struct wish w[2];
            enum answered_how how[2] = {NO_ANSWER, NO_ANSWER};
            TRY(exact_answer(r, q[first], (struct span){text.begin, s}, &w[0], &how[0]));
            if (how[0]) TRY(exact_answer(r, q[1 - first], (struct span){s + n, text.end}, &w[1], &how[1]));
            if (!how[0] || !how[1] || (how[0] == DOES_NOT_MIND && how[1] == DOES_NOT_MIND)) continue;
            answer(out, "", w[0]);
            out->n_changes = 0;
            take_answer(out, how[0], &w[0]);
            take_answer(out, how[1], &w[1]);
            r->u->answered = (struct answered){true, true};
            *answered = true;
        }
    }
    return OK;
}

/* As a whole to one of them. */
static status whole_answer(struct reading *r, struct span text, struct utterance_part *out, bool *answered)
{
    const struct question *q[] = {&r->d->open, &r->d->also};
    for (size_t i = 0; i < 2 && !*answered; i++) {
        struct wish w;
        enum answered_how how;
        TRY(exact_answer(r, q[i], text, &w, &how));
        if (how != IS_VALUE) continue;
        answer(out, "", w);
        r->u->answered = (struct answered){i == 0, i == 1};
        *answered = true;
    }
    return OK;
}

status answer_read(struct reading *r, struct span text, struct utterance_part *out, bool *answered)
{
    const struct question *open = &r->d->open, *also = &r->d->also;
    struct span t = span_trim(text);
    bool two = *open->field && *also->field && !span_empty(t) && t.end - t.begin <= ANSWERS_BYTES_MAX;
    *answered = false;
    bool any = cue_is(CUE_SKIP, t) && !memchr(t.begin, ',', (size_t)(t.end - t.begin));
    if (two && !any) {
        TRY(whole_answer(r, t, out, answered));
        if (!*answered) TRY(both_answers(r, t, out, answered));
        if (*answered) return OK;
    }
    TRY(answer_one(r, open, text, out, answered));
    if (*answered) r->u->answered = (struct answered){true, out->intention == SKIPS_QUESTION};   /* "any" is said of both */
    if (*answered || !two) return OK;
    TRY(answer_one(r, also, text, out, answered));
    if (*answered) r->u->answered = (struct answered){false, true};
    return OK;
}

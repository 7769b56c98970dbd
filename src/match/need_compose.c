/* A need made of its parts, as a dialogue keeps them: what matcher_understand reads out of one sentence, gathered over many turns. */
#include "match_int.h"

#include <string.h>

static const char *copy_text(struct need *n, const char *s)
{
    const char *copy = arena_strdup(&n->arena, s ? s : "");
    return copy ? copy : "";
}

static void copy_constraint(struct matcher *m, struct need *n, const struct constraint *from)
{
    struct constraint *c = &n->constraints[n->n_constraints++];
    *c = *from;
    if (from->name) c->name = copy_text(n, from->name);
    if (from->value) c->value = copy_text(n, from->value);
    if (from->unit) c->unit = copy_text(n, from->unit);
    c->said = copy_text(n, from->said);
    constraint_complete(m, &n->arena, c);
}

/* The sentence that a shopper would have said at once, for the model to read: "black shoes under 200 not leather". */
static status write_sentence(struct need *n, const char *text, struct strbuf *b)
{
    bool zh = n->language == LANGUAGE_ZH;
    for (int behind = 0; behind < 2; behind++) {
        for (size_t i = 0; i < n->n_constraints; i++) {
            const struct constraint *c = &n->constraints[i];
            bool tail = c->negated || c->kind == CONSTRAINT_PRICE || c->kind == CONSTRAINT_QUANTITY;
            if (tail != behind || !*c->said || strstr(text, c->said)) continue;
            strbuf_printf(b, "%s%s%s", b->len ? " " : "", c->negated ? (zh ? "不要" : "not ") : "", c->said);
        }
        if (!behind && *text) strbuf_printf(b, "%s%s", b->len ? " " : "", text);
    }
    return strbuf_status(b);
}

status matcher_compose(struct matcher *m, enum language l, const char *text, const struct constraint *constraints, size_t n, struct need *out)
{
    *out = (struct need){.language = l};
    FAIL_IF(n > NEED_CONSTRAINTS_MAX, ERR_LIMIT, "a need of %zu constraints, more than %d", n, NEED_CONSTRAINTS_MAX);
    arena_init(&out->arena, 0);
    for (size_t i = 0; i < n; i++) copy_constraint(m, out, &constraints[i]);
    struct strbuf b = {0}, normalised = {0};
    status s = write_sentence(out, text, &b);
    if (s == OK) s = normalize(m->options.normalizer, strbuf_str(&b), b.len, &normalised);
    out->text = copy_text(out, strbuf_str(&b));
    out->normalised = copy_text(out, strbuf_str(&normalised));
    out->free_text = copy_text(out, text);
    strbuf_release(&b);
    strbuf_release(&normalised);
    if (s == OK) s = understand_categories(m, out);
    if (s == OK) s = understand_terms(m, out);
    if (s == OK && out->n_terms == 0) {   /* as in matcher_understand */
        out->free_text = out->normalised;
        out->only_constraints = true;
        s = understand_terms(m, out);
    }
    if (s != OK) need_release(out);
    return s;
}

/* What is known about a product, from the catalogue or from a list of attributes. */
#include "copywriting_int.h"

#include <string.h>

enum { RECORD_FIELDS_MAX = 1024, RECORD_TEXT_MAX = 1200 };

void record_release(struct record *r)
{
    arena_release(&r->arena);
    mem_free(r->fields);
    *r = (struct record){0};
}

status record_add(struct record *r, const char *name, const char *value)
{
    if (!*value) return OK;
    FAIL_IF(r->n >= RECORD_FIELDS_MAX, ERR_LIMIT, "the record has more than %d fields; leave some out", RECORD_FIELDS_MAX);
    TRY(mem_grow(&r->fields, &r->cap, r->n + 1, sizeof *r->fields));
    r->fields[r->n] = (struct record_field){arena_strdup(&r->arena, name), arena_strdup(&r->arena, value)};
    if (!r->fields[r->n].name || !r->fields[r->n].value) return fail_nomem("reading a record");
    r->n++;
    return OK;
}

/* ---- from a product ---- */

static status add_attribute(struct record *r, const struct attribute *a)
{
    const char *name = arena_printf(&r->arena, "attributes.%s", a->name);
    if (!name) return fail_nomem("reading a record");
    return record_add(r, name, a->value);
}

/* Attributes of the language wanted and those of no language; then, as support only, those of the other one. */
static status add_attributes(struct record *r, const struct product *p, enum language l, bool wanted)
{
    for (size_t i = 0; i < p->n_attributes; i++) {
        const struct attribute *a = &p->attributes[i];
        bool ours = !*a->language || strcmp(a->language, language_code(l)) == 0;
        if (ours == wanted) TRY(add_attribute(r, a));
    }
    return OK;
}

static status add_product(struct record *r, const struct product *p, enum language l)
{
    enum language other = l == LANGUAGE_ZH ? LANGUAGE_EN : LANGUAGE_ZH;
    const char *title = product_text(p, "title", l), *category = product_text(p, "category", l);
    TRY(record_add(r, "title", title));
    TRY(record_add(r, "brand", p->brand));
    TRY(record_add(r, "category", category));
    TRY(add_attributes(r, p, l, true));
    TRY(record_add(r, "description", product_text(p, "description", l)));
    if (strcmp(product_text(p, "title", other), title) != 0) TRY(record_add(r, "title", product_text(p, "title", other)));
    if (strcmp(product_text(p, "category", other), category) != 0) TRY(record_add(r, "category", product_text(p, "category", other)));
    TRY(add_attributes(r, p, l, false));
    if (strcmp(product_text(p, "description", other), product_text(p, "description", l)) != 0)
        TRY(record_add(r, "description", product_text(p, "description", other)));
    struct strbuf text = {0};
    status s = product_record_text(p, l, RECORD_TEXT_MAX, &text);
    if (s == OK && !(r->text = arena_strdup(&r->arena, strbuf_str(&text)))) s = fail_nomem("reading a record");
    strbuf_release(&text);
    return s;
}

static status finish(struct record *r, status s)
{
    if (s != OK) record_release(r);
    return s;
}

status record_from_product(const struct product *p, enum language l, struct record *out)
{
    *out = (struct record){0};
    arena_init(&out->arena, 0);
    return finish(out, add_product(out, p, l));
}

/* ---- from a list of attributes ---- */

/* "类型#裤*版型#宽松" or "类型: 裤; 版型: 宽松", full-width marks too. */
struct list_form {
    const char *pair_marks[3], *name_marks[2];
    size_t n_pair_marks, n_name_marks;
};
static const struct list_form hash_form = {{"*"}, {"#"}, 1, 1}, colon_form = {{";", "；", "\n"}, {":", "："}, 3, 2};

static size_t starts_with_any(const char *p, const char *end, const char *const *marks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(marks[i]);
        if ((size_t)(end - p) >= length && memcmp(p, marks[i], length) == 0) return length;
    }
    return 0;
}

/* The next mark from p; *length its bytes. end and 0 when there is none. */
static const char *find_mark(const char *p, const char *end, const char *const *marks, size_t n, size_t *length)
{
    for (*length = 0; p < end; p++)
        if ((*length = starts_with_any(p, end, marks, n)) > 0) return p;
    return end;
}

static void trim(const char **begin, const char **end)
{
    while (*begin < *end && strchr(" \t\r\n", **begin)) ++*begin;
    while (*begin < *end && strchr(" \t\r\n", (*end)[-1])) --*end;
}

/* Values of one name are joined in the order they come. */
static status add_pair(struct record *r, const char *name, size_t name_n, const char *value, size_t value_n)
{
    char *full = arena_printf(&r->arena, "attributes.%.*s", (int)name_n, name), *copy = arena_strndup(&r->arena, value, value_n);
    if (!full || !copy) return fail_nomem("reading attributes");
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->fields[i].name, full) != 0) continue;
        r->fields[i].value = arena_printf(&r->arena, "%s、%s", r->fields[i].value, copy);
        return r->fields[i].value ? OK : fail_nomem("reading attributes");
    }
    return record_add(r, full, copy);
}

static status read_pair(struct record *r, const char *begin, const char *end, size_t number, const struct list_form *form)
{
    trim(&begin, &end);
    if (begin == end) return OK;
    size_t length;
    const char *mark = find_mark(begin, end, form->name_marks, form->n_name_marks, &length);
    FAIL_IF(!length, ERR_FORMAT, "attribute %zu, '%.*s', has no value; write name#value*name#value or name: value; name: value", number,
            (int)(end - begin < 40 ? end - begin : 40), begin);
    const char *name = begin, *name_end = mark, *value = mark + length, *value_end = end;
    trim(&name, &name_end);
    trim(&value, &value_end);
    FAIL_IF(name == name_end, ERR_FORMAT, "attribute %zu has no name before its value '%.*s'", number, (int)(end - begin < 40 ? end - begin : 40), begin);
    FAIL_IF(value == value_end, ERR_FORMAT, "attribute %zu, '%.*s', has an empty value", number, (int)(name_end - name < 40 ? name_end - name : 40), name);
    return add_pair(r, name, (size_t)(name_end - name), value, (size_t)(value_end - value));
}

static status read_pairs(struct record *r, const char *content, size_t n)
{
    const char *end = content + n;
    const char *hash = memchr(content, '#', n), *colon = memchr(content, ':', n);
    const struct list_form *form = hash && (!colon || hash < colon) ? &hash_form : &colon_form;
    size_t number = 1, length;
    for (const char *p = content; p < end; number++) {
        const char *stop = find_mark(p, end, form->pair_marks, form->n_pair_marks, &length);
        TRY(read_pair(r, p, stop, number, form));
        p = stop + length;
    }
    FAIL_IF(r->n == 0, ERR_FORMAT, "there are no attributes; write name#value*name#value or name: value; name: value");
    return OK;
}

/* The form the model was trained on: "类型: 裤; 版型: 宽松; 图案: 条纹、线条". */
static status join_text(struct record *r)
{
    struct strbuf b = {0};
    for (size_t i = 0; i < r->n; i++)
        strbuf_printf(&b, "%s%s: %s", i ? "; " : "", r->fields[i].name + strlen("attributes."), r->fields[i].value);
    status s = strbuf_status(&b);
    if (s == OK && !(r->text = arena_strdup(&r->arena, strbuf_str(&b)))) s = fail_nomem("reading attributes");
    strbuf_release(&b);
    return s;
}

status record_from_attributes(const char *content, size_t n, struct record *out)
{
    *out = (struct record){0};
    size_t bad;
    FAIL_IF(!utf8_valid(content, n, &bad), ERR_FORMAT, "the attributes are not valid UTF-8 at byte %zu; convert them to UTF-8", bad);
    FAIL_IF(memchr(content, 0, n), ERR_FORMAT, "the attributes hold a NUL byte; remove it");
    arena_init(&out->arena, 0);
    status s = read_pairs(out, content, n);
    if (s == OK) s = join_text(out);
    return finish(out, s);
}

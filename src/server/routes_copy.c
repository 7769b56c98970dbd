/* Marketing copy: written on demand, kept as drafts, approved by people. No text is kept whose claims the record does not support. */
#include "server_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing (model lane) ------------------------------------------------------------------------------------------------------------------ */

struct order { const char *product, *need, *style, *language; int64_t n; };

static enum language language_of(const struct order *q, const struct product *p)
{
    if (q->language) return strcmp(q->language, "zh") == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    const char *text = *q->need ? q->need : p->title;
    return text_language(text, strlen(text));
}

static status write_texts(struct call *c, struct desk *d, const struct order *q, json_t **out)
{
    struct product p;
    struct record record;
    struct writing w;
    struct write_options o;
    const struct progress progress = {.context = c, .cancelled = call_cancelled};
    status found = catalogue_get(d->shop.catalogue, q->product, c->request.arena, &p);
    if (found == ERR_NOT_FOUND) snprintf(c->error_field, sizeof c->error_field, "product");
    TRY(found);
    write_options_default(&o);
    o.n_texts = (size_t)q->n;
    o.style = q->style;
    o.decode.progress = &progress;
    TRY(record_from_product(&p, language_of(q, &p), &record));
    status s = copywriter_write(d->shop.copywriter, q->need, &record, language_of(q, &p), &o, &w);
    record_release(&record);
    TRY(s);
    *out = json_array();
    for (size_t i = 0; i < w.n; i++) json_array_append_new(*out, shop_written_json(&w.items[i]));
    writing_release(&w);
    return OK;
}

static status write(struct call *c)
{
    struct order q = {.need = "", .n = 1};
    json_t *root = NULL, *texts = NULL;
    struct desk *d;
    const struct field fields[] = {{"product", FIELD_TEXT, true, &q.product, 1, 200}, {"need", FIELD_TEXT, false, &q.need, 0, NEED_BYTES_MAX}, {"style", FIELD_WORD, false, &q.style, .words = "plain"},
                                   {"language", FIELD_WORD, false, &q.language, .words = "zh|en"}, {"n", FIELD_INTEGER, false, &q.n, 1, 8}};
    status s = call_fields(c, fields, 5, &root);
    if (s == OK) s = call_desk(c, &d);
    if (s == OK && d) {
        s = write_texts(c, d, &q, &texts);
        if (s == OK) s = call_json(c, 200, json_pack("{s:o}", "texts", texts));
    }
    json_decref(root);
    return s;
}

/* ---- a draft, checked (model lane) and kept (write lane) -------------------------------------------------------------------------------------- */

struct draft { char id[17]; char *product, *text, *state, *facts; const char *language; bool fresh; };

static void draft_free(struct draft *f)
{
    if (!f) return;
    mem_free(f->product);
    mem_free(f->text);
    mem_free(f->state);
    free(f->facts);
    mem_free(f);
}

static status check(struct call *c, struct desk *d, struct draft *f)
{
    struct product p;
    struct record record;
    struct facts facts = {0};
    enum moderation_verdict verdict;
    size_t hits, n = strlen(f->text);
    status found = catalogue_get(d->shop.catalogue, f->product, c->request.arena, &p);
    if (found == ERR_NOT_FOUND) snprintf(c->error_field, sizeof c->error_field, "product");
    TRY(found);
    enum language l = text_language(f->text, n);
    f->language = language_code(l);
    TRY(record_from_product(&p, l, &record));
    status s = facts_check(d->shop.lexicon, &record, f->text, n, &facts);
    record_release(&record);
    if (s == OK) s = moderator_check(d->shop.moderator, f->text, n, &verdict, NULL, 0, &hits);
    json_t *o = s == OK ? shop_facts_json(&facts) : NULL;
    f->facts = o ? json_dumps(o, JSON_COMPACT) : NULL;
    size_t unsupported = facts_unsupported(&facts);
    const char *claim = "";
    for (size_t i = 0; i < facts.n && !*claim; i++)
        if (!facts.items[i].field) claim = arena_strdup(c->request.arena, facts.items[i].claim);
    facts_release(&facts);
    json_decref(o);
    TRY(s);
    if (!f->facts) return fail_nomem("checking a text");
    snprintf(c->error_field, sizeof c->error_field, "text");
    FAIL_IF(unsupported, ERR_LIMIT, "the record does not support “%s”; change the text or the record", claim ? claim : "");
    FAIL_IF(verdict == MODERATION_BLOCK, ERR_LIMIT, "moderation blocks this text");
    c->error_field[0] = 0;
    return OK;
}

static status store_draft(struct call *c, const struct draft *f)
{
    struct statement *t;
    bool row;
    const char *const texts[] = {f->id, f->product, f->text, f->state, f->facts, f->language};
    TRY(store_prepare(call_store(c), "INSERT INTO server_copy(id, product, text, state, facts, language, changed_ms) VALUES(?1,?2,?3,?4,?5,?6,?7)"
                                     " ON CONFLICT(id) DO UPDATE SET text=excluded.text, state=excluded.state, facts=excluded.facts, language=excluded.language, changed_ms=excluded.changed_ms", &t));
    for (int i = 0; i < 6; i++) TRY(statement_bind_text(t, i + 1, texts[i], strlen(texts[i])));
    TRY(statement_bind_int(t, 7, clock_unix_ms()));
    TRY(statement_step(t, &row));
    return audit(c, strcmp(f->state, "approved") == 0 ? "copy approved" : "copy draft", f->id);
}

static json_t *draft_json(const char *id, const char *product, const char *text, const char *state, const char *facts, const char *language)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "id", id, "product", product, "text", text, "state", state, "facts", json_loads(facts, 0, NULL), "language", language);
}

static status keep(struct call *c)
{
    struct draft *f = c->carried;
    c->carried = NULL;
    status s = store_draft(c, f);
    if (s == OK) s = call_json(c, f->fresh ? 201 : 200, draft_json(f->id, f->product, f->text, f->state, f->facts, f->language));
    draft_free(f);
    return s;
}

static char *copied(const char *s)
{
    return mem_strndup(s, strlen(s));
}

static status check_and_keep(struct call *c, struct draft *f)
{
    struct desk *d;
    status s = f->product && f->text && f->state ? call_desk(c, &d) : fail_nomem("keeping a text");
    if (s == OK && d) s = check(c, d, f);
    if (s != OK || !d) {
        draft_free(f);
        return s;
    }
    c->carried = f;
    return call_then(c, LANE_WRITE, keep);
}

static status create(struct call *c)
{
    const char *product = NULL, *text = NULL, *state = "draft";
    json_t *root = NULL;
    const struct field fields[] = {{"product", FIELD_TEXT, true, &product, 1, 200}, {"text", FIELD_TEXT, true, &text, 1, FIELD_TEXT_MAX}, {"state", FIELD_WORD, false, &state, .words = "draft|approved"}};
    status s = call_fields(c, fields, 3, &root);
    struct draft *f = s == OK ? mem_zalloc(1, sizeof *f) : NULL;
    if (f) {
        *f = (struct draft){.product = copied(product), .text = copied(text), .state = copied(state), .fresh = true};
        random_hex(f->id, 8);
    }
    json_decref(root);
    TRY(s);
    return f ? check_and_keep(c, f) : fail_nomem("keeping a text");
}

static status load(struct call *c, const char *id, struct draft *f)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(call_store(c), "SELECT product, text, state FROM server_copy WHERE id=?1", &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    TRY(statement_step(t, &row));
    FAIL_IF(!row, ERR_NOT_FOUND, "there is no such text");
    f->product = copied(statement_text(t, 0, NULL));
    f->text = copied(statement_text(t, 1, NULL));
    f->state = copied(statement_text(t, 2, NULL));
    statement_reset(t);
    snprintf(f->id, sizeof f->id, "%s", id);
    return f->product && f->text && f->state ? OK : fail_nomem("reading a text");
}

static status set(char **at, const char *value)
{
    char *copy = value ? copied(value) : *at;
    if (!copy) return fail_nomem("keeping a text");
    if (value) mem_free(*at);
    *at = copy;
    return OK;
}

static status change(struct call *c)
{
    const char *text = NULL, *state = NULL;
    json_t *root = NULL;
    const struct field fields[] = {{"text", FIELD_TEXT, false, &text, 1, FIELD_TEXT_MAX}, {"state", FIELD_WORD, false, &state, .words = "draft|approved"}};
    struct draft *f = mem_zalloc(1, sizeof *f);
    status s = f ? call_fields(c, fields, 2, &root) : fail_nomem("keeping a text");
    if (s == OK) s = load(c, c->arguments[0], f);
    if (s == OK) s = set(&f->text, text);
    if (s == OK) s = set(&f->state, state);
    json_decref(root);
    if (s == OK) return check_and_keep(c, f);
    draft_free(f);
    return s;
}

/* ---- lists (read lane) ------------------------------------------------------------------------------------------------------------------------ */

static json_t *row_json(const struct statement *t)
{
    return draft_json(statement_text(t, 0, NULL), statement_text(t, 1, NULL), statement_text(t, 2, NULL), statement_text(t, 3, NULL), statement_text(t, 4, NULL), statement_text(t, 5, NULL));
}

static status each_row(struct call *c, const char *after, const char *state, size_t limit, json_t *items)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(call_store(c), "SELECT id, product, text, state, facts, language FROM server_copy WHERE id>?1 AND (?2 IS NULL OR state=?2) ORDER BY id LIMIT ?3", &t));
    TRY(statement_bind_text(t, 1, after, strlen(after)));
    TRY(statement_bind_text(t, 2, state, state ? strlen(state) : 0));
    TRY(statement_bind_int(t, 3, (int64_t)limit));
    for (;;) {
        TRY(statement_step(t, &row));
        if (!row) return OK;
        json_array_append_new(items, row_json(t));
    }
}

static status list(struct call *c)
{
    size_t limit;
    const char *after, *state = http_query(&c->request, "state");
    TRY(call_page(c, &limit, &after));
    json_t *items = json_array(), *next = NULL;
    status s = each_row(c, after ? after : "", state, limit + 1, items);
    if (s != OK) {
        json_decref(items);
        return s;
    }
    if (json_array_size(items) > limit) {
        json_array_remove(items, limit);
        next = json_incref(json_object_get(json_array_get(items, limit - 1), "id"));
    }
    return call_json(c, 200, json_pack("{s:o, s:o}", "items", items, "next", next ? next : json_null()));
}

enum { EXPORT_MAX = 100000 };

static status export(struct call *c)
{
    json_t *items = json_array(), *o;
    struct strbuf lines = {0};
    size_t i;
    status s = each_row(c, "", "approved", EXPORT_MAX, items);
    json_array_foreach(items, i, o) {
        char *text = json_dumps(o, JSON_COMPACT);
        strbuf_printf(&lines, "%s\n", text ? text : "");
        free(text);
    }
    json_decref(items);
    if (s == OK) s = strbuf_status(&lines);
    if (s == OK) s = call_text(c, 200, "application/jsonl; charset=utf-8", strbuf_str(&lines), lines.len);
    strbuf_release(&lines);
    return s;
}

const struct route routes_copy[] = {
    {"POST", "/v1/write", SCOPE_MERCHANT, LANE_MODEL, write, ROUTE_ADMIN_LISTENER, BODY_MAX},
    {"GET", "/v1/copy", SCOPE_MERCHANT, LANE_READ, list, ROUTE_ADMIN_LISTENER, 0},
    {"GET", "/v1/copy/export", SCOPE_MERCHANT, LANE_READ, export, ROUTE_ADMIN_LISTENER, 0},
    {"POST", "/v1/copy", SCOPE_MERCHANT, LANE_MODEL, create, ROUTE_ADMIN_LISTENER, BODY_MAX},
    {"PUT", "/v1/copy/{id}", SCOPE_MERCHANT, LANE_MODEL, change, ROUTE_ADMIN_LISTENER, BODY_MAX},
    {0},
};

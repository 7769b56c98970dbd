/* The shop's own documents. */
#include "server_int.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static json_t *row_json(const struct document_row *r)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I}", "id", r->name, "title", r->title, "language", r->language, "passages", (json_int_t)r->passages, "imported_ms", (json_int_t)r->imported_ms);
}

static status list_one(void *context, const struct document_row *r)
{
    return json_array_append_new(context, row_json(r)) == 0 ? OK : fail_nomem("listing documents");
}

static status list(struct call *c)
{
    json_t *items = json_array();
    struct documents *d;
    status s = documents_open(call_store(c), &d);
    if (s == OK) s = documents_each(d, list_one, items);
    if (s == OK) documents_close(d);
    if (s == OK) return call_json(c, 200, json_pack("{s:o, s:n}", "items", items, "next"));
    json_decref(items);
    return s;
}

struct wanted { const char *name; json_t *found; };

static status find_one(void *context, const struct document_row *r)
{
    struct wanted *w = context;
    if (!w->found && strcmp(r->name, w->name) == 0) w->found = row_json(r);
    return OK;
}

static status show_of(struct call *c, struct documents *d)
{
    struct strbuf text = {0};
    struct wanted w = {c->arguments[0], NULL};
    status s = documents_text(d, w.name, &text);
    if (s == OK) s = documents_each(d, find_one, &w);
    if (s == OK && w.found) json_object_set_new(w.found, "text", json_string(strbuf_str(&text)));
    strbuf_release(&text);
    if (s != OK) {
        json_decref(w.found);
        return s;
    }
    return call_json(c, 200, w.found);
}

static status show(struct call *c)
{
    struct documents *d;
    TRY(documents_open(call_store(c), &d));
    status s = show_of(c, d);
    documents_close(d);
    return s;
}

/* ---- changing (write lane) ------------------------------------------------------------------------------------------------------------ */

static status good_name(struct call *c, const char *name)
{
    size_t n = strlen(name);
    bool good = n > 3 && n <= 100 && name[0] != '.' && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n && strcmp(name + n - 3, ".md") == 0;
    if (good) return OK;
    snprintf(c->error_field, sizeof c->error_field, "id");
    return fail(ERR_USAGE, "a document's id is letters, digits, dots and dashes and ends in .md, like returns.en.md");
}

/* The title is the first heading; a text that has one already keeps it. */
static status import_text(struct call *c, const char *title, const char *text, struct documents_report *r)
{
    struct strbuf whole = {0}, path = {0};
    char folder_random[17];
    struct server *s = c->server;
    random_hex(folder_random, 8);
    strbuf_printf(&path, "%s.upload-%s/%s", s->options.shop.db, folder_random, c->arguments[0]);
    if (*title && strncmp(text, "# ", 2) != 0) strbuf_printf(&whole, "# %s\n\n", title);
    strbuf_puts(&whole, text);
    status r_ = path.failed ? fail_nomem("taking a document in") : strbuf_status(&whole);
    char *slash = path.data ? strrchr(path.data, '/') : NULL;
    if (r_ == OK) {
        *slash = 0;
        r_ = mkdir(path.data, 0700) == 0 ? OK : fail_errno("make", path.data);
        *slash = '/';
    }
    if (r_ == OK) r_ = file_write_atomic(path.data, whole.data, whole.len);
    if (r_ == OK) r_ = documents_import(s->documents, (const char *const[]){path.data}, 1, r, NULL);
    if (slash) {
        unlink(path.data);
        *slash = 0;
        rmdir(path.data);
    }
    strbuf_release(&path);
    strbuf_release(&whole);
    return r_;
}

static status put(struct call *c)
{
    const char *title = "", *text = NULL, *kind = "markdown";
    json_t *root = NULL;
    struct documents_report r = {0};
    const struct field fields[] = {{"title", FIELD_TEXT, false, &title, 0, 200}, {"text", FIELD_TEXT, true, &text, 1, DOCUMENT_MAX_BYTES}, {"kind", FIELD_WORD, false, &kind, .words = "markdown|faq"}};
    status s = good_name(c, c->arguments[0]);
    if (s == OK) s = call_fields(c, fields, 3, &root);
    if (s == OK) s = import_text(c, title, text, &r);
    json_decref(root);
    TRY(s);
    TRY(audit(c, "document", c->arguments[0]));
    if (!r.unchanged) reload_request(c->server);
    return call_json(c, r.added ? 201 : 200, json_pack("{s:s, s:I, s:b}", "id", c->arguments[0], "passages", (json_int_t)r.passages, "changed", r.unchanged == 0));
}

static status erase(struct call *c)
{
    TRY(documents_remove(c->server->documents, c->arguments[0]));
    TRY(audit(c, "document removed", c->arguments[0]));
    reload_request(c->server);
    return call_text(c, 204, NULL, "", 0);
}

const struct route routes_documents[] = {
    {"GET", "/v1/documents", SCOPE_MERCHANT, LANE_READ, list, ROUTE_ADMIN_LISTENER, 0},
    {"GET", "/v1/documents/{id}", SCOPE_MERCHANT, LANE_READ, show, ROUTE_ADMIN_LISTENER, 0},
    {"PUT", "/v1/documents/{id}", SCOPE_MERCHANT, LANE_WRITE, put, ROUTE_ADMIN_LISTENER, DOCUMENT_BODY_MAX},
    {"DELETE", "/v1/documents/{id}", SCOPE_MERCHANT, LANE_WRITE, erase, ROUTE_ADMIN_LISTENER, 0},
    {0},
};

/* The tables of documents and every statement on them. */
#include "service_int.h"

#include <string.h>

static const char *const MIGRATIONS[] = {
    "CREATE TABLE documents("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL, language TEXT NOT NULL, hash BIGINT NOT NULL,"
    " imported_ms BIGINT NOT NULL);"
    "CREATE TABLE passages("
    " id INTEGER PRIMARY KEY, document BIGINT NOT NULL, ordinal BIGINT NOT NULL, heading TEXT NOT NULL, anchor TEXT NOT NULL, text TEXT NOT NULL,"
    " UNIQUE(document, ordinal), UNIQUE(document, anchor));"
    "CREATE TABLE documents_meta(name TEXT PRIMARY KEY, value BIGINT NOT NULL);"
    "INSERT INTO documents_meta(name, value) VALUES('version', 0), ('next_document', 1), ('next_passage', 1)",
};

status documents_open(struct store *s, struct documents **out)
{
    *out = NULL;
    TRY(store_migrate(s, "service", MIGRATIONS, sizeof MIGRATIONS / sizeof MIGRATIONS[0]));
    struct documents *d = mem_zalloc(1, sizeof *d);
    if (!d) return fail_nomem("opening the documents");
    d->store = s;
    *out = d;
    return OK;
}

void documents_close(struct documents *d)
{
    mem_free(d);
}

/* ---- small statements ---- */

struct bound { const char *text; size_t n; int64_t number; bool is_text; };
#define TEXT(s) {s, strlen(s), 0, true}
#define NUMBER(v) {NULL, 0, v, false}

static status run(struct documents *d, const char *sql, const struct bound *values, size_t n, struct statement **out, bool *row)
{
    TRY(store_prepare(d->store, sql, out));
    statement_reset(*out);
    for (size_t i = 0; i < n; i++)
        TRY(values[i].is_text ? statement_bind_text(*out, (int)i + 1, values[i].text, values[i].n) : statement_bind_int(*out, (int)i + 1, values[i].number));
    return statement_step(*out, row);
}

static status execute(struct documents *d, const char *sql, const struct bound *values, size_t n)
{
    struct statement *t;
    bool row;
    TRY(run(d, sql, values, n, &t, &row));
    statement_reset(t);
    return OK;
}

static status meta(struct documents *d, const char *name, int64_t *value)
{
    struct statement *t;
    bool row;
    TRY(run(d, "SELECT value FROM documents_meta WHERE name = ?", (struct bound[]){TEXT(name)}, 1, &t, &row));
    FAIL_IF(!row, ERR_FORMAT, "'%s' has no '%s' among its documents; restore it from a copy", store_location(d->store), name);
    *value = statement_int(t, 0);
    statement_reset(t);
    return OK;
}

static status set_meta(struct documents *d, const char *name, int64_t value)
{
    return execute(d, "UPDATE documents_meta SET value = ? WHERE name = ?", (struct bound[]){NUMBER(value), TEXT(name)}, 2);
}

/* Ids are never used again: an index that is a little old must not take one passage for another. */
static status next_id(struct documents *d, const char *name, int64_t *id)
{
    TRY(meta(d, name, id));
    return set_meta(d, name, *id + 1);
}

static status changed(struct documents *d)
{
    int64_t version;
    TRY(documents_version(d, &version));
    return set_meta(d, "version", version + 1);
}

status documents_version(struct documents *d, int64_t *version)
{
    return meta(d, "version", version);
}

/* ---- importing ---- */

static status find(struct documents *d, const char *name, int64_t *id, uint64_t *hash, bool *found)
{
    struct statement *t;
    TRY(run(d, "SELECT id, hash FROM documents WHERE name = ?", (struct bound[]){TEXT(name)}, 1, &t, found));
    if (*found) {
        *id = statement_int(t, 0);
        *hash = (uint64_t)statement_int(t, 1);
    }
    statement_reset(t);
    return OK;
}

static status delete_document(struct documents *d, int64_t id)
{
    TRY(execute(d, "DELETE FROM passages WHERE document = ?", (struct bound[]){NUMBER(id)}, 1));
    return execute(d, "DELETE FROM documents WHERE id = ?", (struct bound[]){NUMBER(id)}, 1);
}

static status insert_document(struct documents *d, const struct parsed *p)
{
    int64_t id;
    TRY(next_id(d, "next_document", &id));
    const struct bound row[] = {NUMBER(id), TEXT(p->name), TEXT(p->title), TEXT(language_code(p->language)), NUMBER((int64_t)p->hash), NUMBER(clock_unix_ms())};
    TRY(execute(d, "INSERT INTO documents(id, name, title, language, hash, imported_ms) VALUES(?, ?, ?, ?, ?, ?)", row, 6));
    for (size_t i = 0; i < p->n; i++) {
        int64_t passage;
        TRY(next_id(d, "next_passage", &passage));
        const struct bound values[] = {NUMBER(passage), NUMBER(id), NUMBER((int64_t)i), TEXT(p->passages[i].heading), TEXT(p->passages[i].anchor), TEXT(p->passages[i].text)};
        TRY(execute(d, "INSERT INTO passages(id, document, ordinal, heading, anchor, text) VALUES(?, ?, ?, ?, ?, ?)", values, 6));
    }
    return OK;
}

static status import_parsed(struct documents *d, const struct parsed *p, struct documents_report *out)
{
    int64_t id;
    uint64_t hash;
    bool found;
    TRY(find(d, p->name, &id, &hash, &found));
    out->read++;
    out->passages += p->n;
    if (found && hash == p->hash) {
        out->unchanged++;
        return OK;
    }
    if (found) TRY(delete_document(d, id));
    TRY(insert_document(d, p));
    *(found ? &out->updated : &out->added) += 1;
    return OK;
}

static status import_all(struct documents *d, const char *const *paths, size_t n, struct documents_report *out, const struct progress *progress)
{
    for (size_t i = 0; i < n; i++) {
        struct parsed p;
        if (!progress_report(progress, "read", i, n, paths[i])) return fail_interrupted("importing documents");
        status s = document_parse(&p, paths[i]);
        if (s == OK) s = import_parsed(d, &p, out);
        parsed_release(&p);
        TRY(s);
    }
    return out->added || out->updated ? changed(d) : OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static status check_names(const char *const *paths, size_t n)
{
    FAIL_IF(n > DOCUMENTS_MAX_FILES, ERR_LIMIT, "%zu files at once; the limit is %d", n, DOCUMENTS_MAX_FILES);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            FAIL_IF(strcmp(base_name(paths[i]), base_name(paths[k])) == 0, ERR_USAGE, "'%s' and '%s' have one name, by which a document is known; rename one",
                    paths[k], paths[i]);
    return OK;
}

status documents_import(struct documents *d, const char *const *paths, size_t n, struct documents_report *out, const struct progress *progress)
{
    *out = (struct documents_report){0};
    TRY(check_names(paths, n));
    TRY(store_begin(d->store));
    status s = import_all(d, paths, n, out, progress);
    if (s == OK) return store_commit(d->store);
    store_rollback(d->store);
    *out = (struct documents_report){0};
    return s;
}

static status add_passages(struct documents *d, int64_t id, const char *title, struct strbuf *out)
{
    struct statement *t;
    bool row;
    TRY(run(d, "SELECT heading, text FROM passages WHERE document = ? ORDER BY ordinal", (struct bound[]){NUMBER(id)}, 1, &t, &row));
    while (row) {
        const char *heading = statement_text(t, 0, NULL), *text = statement_text(t, 1, NULL);
        if (heading && strcmp(heading, title) != 0) strbuf_printf(out, "## %s\n\n", heading);
        strbuf_printf(out, "%s\n\n", text ? text : "");
        TRY(statement_step(t, &row));
    }
    return strbuf_status(out);
}

status documents_text(struct documents *d, const char *name, struct strbuf *out)
{
    struct statement *t;
    bool row;
    TRY(run(d, "SELECT id, title FROM documents WHERE name = ?", (struct bound[]){TEXT(name)}, 1, &t, &row));
    FAIL_IF(!row, ERR_NOT_FOUND, "there is no document '%.200s'; 'daogou documents list' names those that are", name);
    int64_t id = statement_int(t, 0);
    const char *stored = statement_text(t, 1, NULL);
    char *title = mem_strndup(stored ? stored : "", stored ? strlen(stored) : 0);
    statement_reset(t);
    if (!title) return fail_nomem("reading a document");
    strbuf_printf(out, "# %s\n\n", title);
    status s = add_passages(d, id, title, out);
    mem_free(title);
    return s;
}

status documents_remove(struct documents *d, const char *name)
{
    int64_t id;
    uint64_t hash;
    bool found;
    TRY(store_begin(d->store));
    status s = find(d, name, &id, &hash, &found);
    if (s == OK && !found) s = fail(ERR_NOT_FOUND, "there is no document '%s'; 'daogou documents list' names them", name);
    if (s == OK) s = delete_document(d, id);
    if (s == OK) s = changed(d);
    if (s == OK) return store_commit(d->store);
    store_rollback(d->store);
    return s;
}

/* ---- reading ---- */

status documents_each(struct documents *d, status (*visit)(void *context, const struct document_row *row), void *context)
{
    struct statement *t;
    bool row;
    TRY(run(d, "SELECT name, title, language, (SELECT count(*) FROM passages p WHERE p.document = d.id), imported_ms FROM documents d ORDER BY name", NULL, 0, &t, &row));
    status s = OK;
    while (s == OK && row) {
        const struct document_row r = {statement_text(t, 0, NULL), statement_text(t, 1, NULL), statement_text(t, 2, NULL), statement_int(t, 3), statement_int(t, 4)};
        s = visit(context, &r);
        if (s == OK) s = statement_step(t, &row);
    }
    statement_reset(t);
    return s;
}

#define PASSAGE "SELECT p.id, d.name, d.title, d.language, p.heading, p.anchor, p.text FROM passages p JOIN documents d ON d.id = p.document"

static struct stored_passage to_passage(const struct statement *t)
{
    return (struct stored_passage){statement_int(t, 0),        statement_text(t, 1, NULL), statement_text(t, 2, NULL), statement_text(t, 3, NULL),
                                   statement_text(t, 4, NULL), statement_text(t, 5, NULL), statement_text(t, 6, NULL)};
}

status passages_each(struct documents *d, status (*visit)(void *context, const struct stored_passage *p), void *context)
{
    struct statement *t;
    bool row;
    TRY(run(d, PASSAGE " ORDER BY p.id", NULL, 0, &t, &row));
    status s = OK;
    while (s == OK && row) {
        struct stored_passage p = to_passage(t);
        s = visit(context, &p);
        if (s == OK) s = statement_step(t, &row);
    }
    statement_reset(t);
    return s;
}

status passage_get(struct documents *d, int64_t id, struct arena *a, struct stored_passage *out, bool *found)
{
    struct statement *t;
    TRY(run(d, PASSAGE " WHERE p.id = ?", (struct bound[]){NUMBER(id)}, 1, &t, found));
    if (!*found) return OK;
    *out = to_passage(t);
    const char **strings[] = {&out->document, &out->title, &out->language, &out->heading, &out->anchor, &out->text};
    bool good = true;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) good = (*strings[i] = arena_strdup(a, *strings[i])) && good;
    statement_reset(t);
    return good ? OK : fail_nomem("reading a passage");
}

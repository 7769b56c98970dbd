/* Who of the shop's staff did what, and when. */
#include "server_int.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

status audit_add(struct store *s, const char *who, const char *action, const char *subject, const char *request)
{
    struct statement *t;
    bool row;
    const char *const texts[] = {who, action, subject, request};
    TRY(store_prepare(s, "INSERT INTO server_audit(at_ms, who, action, subject, request) VALUES(?1,?2,?3,?4,?5)", &t));
    TRY(statement_bind_int(t, 1, clock_unix_ms()));
    for (int i = 0; i < 4; i++) TRY(statement_bind_text(t, i + 2, texts[i], strlen(texts[i])));
    return statement_step(t, &row);
}

status audit(struct call *c, const char *action, const char *subject)
{
    return audit_add(c->server->writer.store, c->caller.owner, action, subject, c->request_id);
}

/* "DB.upload-XXXXXXXX", or "DB.upload-XXXXXXXX-name": beside the database, where there is room for it. */
status upload_write(struct server *s, const char *name, const void *data, size_t n, char **path)
{
    char random[17];
    struct strbuf b = {0};
    random_hex(random, 8);
    strbuf_printf(&b, "%s.upload-%s%s%s", s->options.shop.db, random, *name ? "-" : "", name);
    status r = strbuf_status(&b);
    if (r == OK) r = file_write_atomic(b.data, data, n);
    *path = b.data;
    if (r == OK) return OK;
    strbuf_release(&b);
    *path = NULL;
    return r;
}

/* "Power supply: mains." and 品种是长粒香米 say that the record has this attribute with this value. Words such as "mains" are no claims anywhere
 * else, so the fact check does not see them. */
#include "copywriting_int.h"

#include <string.h>

/* Only what tells values apart: letters, digits and Han characters, in lower case. "M, L" and "M、L" are the same. */
static void add_plain(struct strbuf *out, const char *p, const char *end)
{
    while (p < end) {
        const char *from = p;
        uint32_t c = utf8_next(&p, end);
        bool mark = c < 0x80 ? !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) : c == 0x3001 || c == 0xFF0C || c == 0x3000;
        if (mark) continue;
        if (c < 0x80) strbuf_putc(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c);
        else strbuf_add(out, from, (size_t)(p - from));
    }
}

static status has_value(const struct record *r, const char *name, const char *colon, const char *value, const char *end, bool *has)
{
    struct strbuf wanted_name = {0}, wanted = {0}, found_name = {0}, found = {0};
    add_plain(&wanted_name, name, colon);
    add_plain(&wanted, value, end);
    *has = false;
    for (size_t i = 0; i < r->n && !*has; i++) {
        static const char prefix[] = "attributes.";
        const char *n = r->fields[i].name, *v = r->fields[i].value;
        if (strncmp(n, prefix, sizeof prefix - 1) != 0) continue;
        strbuf_clear(&found_name);
        strbuf_clear(&found);
        n += sizeof prefix - 1;
        add_plain(&found_name, n, n + strlen(n));
        add_plain(&found, v, v + strlen(v));
        *has = wanted.len && strcmp(strbuf_str(&wanted_name), strbuf_str(&found_name)) == 0 && strstr(strbuf_str(&found), strbuf_str(&wanted));
    }
    status s = strbuf_status(&wanted);
    struct strbuf *all[] = {&wanted_name, &found_name, &found, &wanted};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (s == OK) s = strbuf_status(all[i]);
        strbuf_release(all[i]);
    }
    return s;
}

static bool ends_clause(uint32_t c, const char *next, const char *end)
{
    if (c == '.') return next == end || *next == ' ';
    return c == ';' || c == '!' || c == 0x3002 || c == 0xFF1B || c == 0xFF0C || c == 0xFF01;
}

static bool has_name(const struct record *r, const char *name, size_t n)
{
    static const char prefix[] = "attributes.";
    for (size_t i = 0; i < r->n; i++) {
        const char *own = r->fields[i].name;
        if (strncmp(own, prefix, sizeof prefix - 1) != 0) continue;
        own += sizeof prefix - 1;
        if (strlen(own) == n && memcmp(own, name, n) == 0) return true;
    }
    return false;
}

/* Where 是 or 为 stands behind the very name of an attribute that begins the clause; NULL: nowhere. */
static const char *is_after_name(const struct record *r, const char *clause, const char *end, const char **value)
{
    for (const char *p = clause; p < end;) {
        const char *at = p;
        uint32_t c = utf8_next(&p, end);
        if (c != 0x662F && c != 0x4E3A) continue;
        *value = p;
        return has_name(r, clause, (size_t)(at - clause)) ? at : NULL;
    }
    return NULL;
}

status named_values_hold(const struct record *r, const char *text, size_t n, bool *hold)
{
    const char *end = text + n, *name = text, *colon = NULL, *value = NULL;
    *hold = true;
    for (const char *p = text; p < end && *hold;) {
        const char *at = p;
        uint32_t c = utf8_next(&p, end);
        bool last = p == end;
        if (!colon && (c == 0xFF1A || (c == ':' && (last || *p == ' ')))) colon = at, value = p;
        if (!ends_clause(c, p, end) && !last) continue;
        const char *stop = last && !ends_clause(c, p, end) ? end : at;
        if (!colon) colon = is_after_name(r, name, stop, &value);
        if (colon) TRY(has_value(r, name, colon, value, stop, hold));
        name = p;
        colon = NULL;
    }
    return OK;
}

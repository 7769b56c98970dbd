/* A file as a document: its kind, language, title and passages. */
#include "service_int.h"

#include <string.h>
#include <strings.h>

void parsed_release(struct parsed *d)
{
    mem_free(d->passages);
    arena_release(&d->arena);
    *d = (struct parsed){0};
}

/* ---- anchors ---- */

static bool letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c >= 0xC0 && c < 0x2000) || utf8_is_han(c) || (c >= 0x3041 && c <= 0x30FF);
}

/* As GitHub makes them: lower case, blanks to dashes, punctuation out. */
static const char *slug(struct arena *a, const char *heading)
{
    struct strbuf b = {0};
    for (const char *p = heading, *end = p + strlen(p); p < end && b.len < 200;) {
        uint32_t c = utf8_next(&p, end);
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
        if (letter(c)) strbuf_put_utf8(&b, c);
        else if ((c == ' ' || c == '-') && b.len && b.data[b.len - 1] != '-') strbuf_putc(&b, '-');
    }
    while (b.len && b.data[b.len - 1] == '-') b.data[--b.len] = 0;
    const char *s = b.failed ? NULL : arena_strdup(a, b.len ? b.data : "section");
    strbuf_release(&b);
    return s;
}

static bool taken(const struct parsed *d, const char *anchor)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->passages[i].anchor, anchor) == 0) return true;
    return false;
}

static const char *free_anchor(struct parsed *d, const char *heading)
{
    const char *base = slug(&d->arena, heading), *anchor = base;
    for (int i = 1; anchor && taken(d, anchor); i++) anchor = arena_printf(&d->arena, "%s-%d", base, i);
    return anchor;
}

/* ---- passages ---- */

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What JSON's \u001b stands for would reach a terminal. */
static bool has_control(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)s[i] < ' ' && !blank(s[i])) || s[i] == 0x7F) return true;
    return false;
}

status parsed_add(struct parsed *d, const char *heading, const char *text, size_t n)
{
    while (n && blank(*text)) text++, n--;
    while (n && blank(text[n - 1])) n--;
    if (!n) return OK;
    FAIL_IF(d->n == DOCUMENT_PASSAGES_MAX, ERR_LIMIT, "it has more than %d passages; split the document", DOCUMENT_PASSAGES_MAX);
    FAIL_IF(n > PASSAGE_MAX_BYTES, ERR_LIMIT, "the passage under \"%.80s\" has %zu bytes, more than %d; give it more headings", heading, n, PASSAGE_MAX_BYTES);
    FAIL_IF(has_control(text, n) || has_control(heading, strlen(heading)), ERR_FORMAT, "the passage under \"%.80s\" holds a control character; remove it", heading);
    TRY(mem_grow(&d->passages, &d->cap, d->n + 1, sizeof *d->passages));
    struct passage *p = &d->passages[d->n];
    *p = (struct passage){arena_strdup(&d->arena, heading), free_anchor(d, heading), arena_strndup(&d->arena, text, n)};
    if (!p->heading || !p->anchor || !p->text) return fail_nomem("reading a document");
    d->n++;
    return OK;
}

/* ---- the file ---- */

static enum language language_of(const char *name, const char *text, size_t n)
{
    if (strstr(name, ".zh.") || strstr(name, "_zh.")) return LANGUAGE_ZH;
    if (strstr(name, ".en.") || strstr(name, "_en.")) return LANGUAGE_EN;
    size_t han = 0, others = 0;
    for (const char *p = text, *end = text + n; p < end;) {
        uint32_t c = utf8_next(&p, end);
        if (utf8_is_han(c)) han++;
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) others++;
    }
    return han * 5 >= others ? LANGUAGE_ZH : LANGUAGE_EN;
}

static status check_text(const char *text, size_t n)
{
    size_t bad;
    FAIL_IF(!utf8_valid(text, n, &bad), ERR_FORMAT, "byte %zu is not UTF-8; save the file as UTF-8", bad);
    for (size_t i = 0, line = 1; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        line += c == '\n';
        FAIL_IF((c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7F, ERR_FORMAT, "line %zu has the control character %d; remove it", line, c);
    }
    return OK;
}

static bool ends_with(const char *name, const char *end)
{
    size_t a = strlen(name), b = strlen(end);
    return a >= b && strcasecmp(name + a - b, end) == 0;
}

static status parse(struct parsed *d, char *text, size_t n)
{
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3, n -= 3;
    TRY(check_text(text, n));
    d->hash = hash_bytes(text, n, hash_bytes(d->name, strlen(d->name), 2));
    d->language = language_of(d->name, text, n);
    if (ends_with(d->name, ".md") || ends_with(d->name, ".markdown") || ends_with(d->name, ".txt")) TRY(markdown_parse(d, text, n));
    else if (ends_with(d->name, ".csv")) TRY(faq_csv_parse(d, text, n));
    else if (ends_with(d->name, ".jsonl")) TRY(faq_jsonl_parse(d, text, n));
    else return fail(ERR_USAGE, "its kind is unknown; documents are .md, .csv or .jsonl");
    FAIL_IF(!d->n, ERR_FORMAT, "there is no text in it");
    return OK;
}

status document_parse(struct parsed *d, const char *path)
{
    char *text = NULL;
    size_t n = 0;
    *d = (struct parsed){0};
    arena_init(&d->arena, 0);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strchr(name, '.');
    d->name = arena_strdup(&d->arena, name);
    d->title = arena_strndup(&d->arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));   /* until a heading says better */
    if (!d->name || !d->title) return fail_nomem("reading a document");
    TRY(file_read(path, DOCUMENT_MAX_BYTES, &text, &n));
    status s = parse(d, text, n);
    mem_free(text);
    return s == OK ? OK : fail_context(s, "%s", path);
}

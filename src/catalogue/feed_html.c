/* What feeds hold of HTML: descriptions with tags, and pages with JSON-LD. No parser of pages: only tags are known, never rendered. */
#include <string.h>
#include <strings.h>

#include "feed_family_int.h"

static bool is_one_of(struct span name, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == name.n && strncasecmp(*words, name.s, name.n) == 0) return true;
    return false;
}

/* The tag at p ("<p", "</div", "<!--"): its name; false when the '<' is only a sign ("a <b and c"). */
static bool tag_at(const char *p, const char *end, struct span *name)
{
    static const char *const elements[] = {
        "a", "abbr", "address", "article", "aside", "b", "big", "blockquote", "body", "br", "button", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del",
        "details", "div", "dl", "dt", "em", "embed", "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html",
        "i", "iframe", "img", "input", "ins", "label", "li", "link", "main", "mark", "meta", "nav", "noscript", "object", "ol", "p", "picture", "pre", "q", "s", "script",
        "section", "small", "source", "span", "strike", "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody", "td", "tfoot", "th", "thead", "time", "title",
        "tr", "tt", "u", "ul", "video", "wbr", NULL,
    };
    if (*p != '<' || end - p < 3) return false;
    if (p[1] == '!') {
        *name = (struct span){"!", 1};
        return end - p >= 4 && (memcmp(p, "<!--", 4) == 0 || strncasecmp(p, "<!do", 4) == 0);
    }
    const char *start = p + 1 + (p[1] == '/'), *q = start;
    while (q < end && ((*q | 32) >= 'a' && (*q | 32) <= 'z' ? true : *q >= '0' && *q <= '9')) q++;
    *name = (struct span){start, (size_t)(q - start)};
    if (q == end || !strchr(" \t\r\n/>", *q) || !*q || !is_one_of(*name, elements)) return false;
    while (q < end && *q != '>' && *q != '<') q++;
    return q < end && *q == '>';
}

bool html_looks_like_tag(const char *text)
{
    struct span name;
    return tag_at(text, text + strlen(text), &name);
}

static const char *after(const char *p, const char *end, const char *what)
{
    const char *found = memmem(p, (size_t)(end - p), what, strlen(what));
    return found ? found + strlen(what) : end;
}

/* Behind the element whose tag is at p: of scripts and styles the content too. */
static const char *skip_tag(const char *p, const char *end, struct span name)
{
    static const char *const hidden[] = {"script", "style", NULL};
    if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) return after(p, end, "-->");
    bool opens = p[1] != '/';
    p = after(p, end, ">");
    while (opens && is_one_of(name, hidden) && p < end) {
        p = after(p, end, "</");
        if ((size_t)(end - p) >= name.n && strncasecmp(p, name.s, name.n) == 0) return after(p, end, ">");
    }
    return p;
}

status html_text(struct span html, struct arena *a, struct span *out)
{
    static const char *const blocks[] = {"p", "br", "li", "ul", "ol", "div", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", NULL};
    *out = html;
    if (!html.n || !memchr(html.s, '<', html.n)) return OK;
    char *text = arena_alloc(a, html.n), *q = text;
    if (!text) return fail_nomem("reading a feed");
    for (const char *p = html.s, *end = p + html.n; p < end;) {
        struct span name;
        if (!tag_at(p, end, &name)) {
            *q++ = *p++;
            continue;
        }
        p = skip_tag(p, end, name);
        if (is_one_of(name, blocks) && q > text && q[-1] != '\n') *q++ = '\n';
    }
    *out = (struct span){text, (size_t)(q - text)};
    return OK;
}

/* ---- pages ---- */

static bool is_jsonld(struct span attributes)
{
    for (size_t i = 0; i + 19 <= attributes.n; i++)
        if (strncasecmp(attributes.s + i, "application/ld+json", 19) == 0) return true;
    return false;
}

/* Some shops wrap the text in a CDATA section or a comment. */
static struct span unwrap(struct span s)
{
    static const char *const wraps[][2] = {{"//<![CDATA[", "//]]>"}, {"<![CDATA[", "]]>"}, {"<!--", "-->"}};
    while (s.n && strchr(" \t\r\n", s.s[0])) s.s++, s.n--;
    while (s.n && strchr(" \t\r\n", s.s[s.n - 1])) s.n--;
    for (size_t i = 0; i < 3; i++) {
        size_t before = strlen(wraps[i][0]), behind = strlen(wraps[i][1]);
        if (s.n >= before + behind && memcmp(s.s, wraps[i][0], before) == 0 && memcmp(s.s + s.n - behind, wraps[i][1], behind) == 0)
            return (struct span){s.s + before, s.n - before - behind};
    }
    return s;
}

bool html_next_jsonld(struct span page, size_t *at, struct span *out)
{
    const char *p = page.s + *at, *end = page.s + page.n;
    while (p < end && (p = memchr(p, '<', (size_t)(end - p)))) {
        struct span name;
        bool script = tag_at(p, end, &name) && p[1] != '/' && name.n == 6 && strncasecmp(name.s, "script", 6) == 0;
        if (!script) {
            p = end - p >= 4 && memcmp(p, "<!--", 4) == 0 ? after(p, end, "-->") : p + 1;
            continue;
        }
        const char *text = after(p, end, ">"), *close = text;
        while (close < end && (close = after(close, end, "</")) < end)
            if (end - close >= 6 && strncasecmp(close, "script", 6) == 0) break;
        const char *stop = close < end ? close - 2 : end;
        *at = (size_t)(close - page.s);
        *out = unwrap((struct span){text, (size_t)(stop > text ? stop - text : 0)});
        if (is_jsonld((struct span){p, (size_t)(text - p)})) return true;
        p = close;
    }
    *at = page.n;
    return false;
}

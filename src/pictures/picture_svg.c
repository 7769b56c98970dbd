/* Which SVGs are taken in: drawings, and nothing that runs or reaches out. */
#include <expat.h>
#include <string.h>
#include <strings.h>

#include "pictures_int.h"

enum { SVG_DEPTH_MAX = 64 };

struct checker {
    XML_Parser parser;
    int depth;
    const char *why;
};

static void refuse(struct checker *c, const char *why)
{
    if (!c->why) c->why = why;
    XML_StopParser(c->parser, XML_FALSE);
}

static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static bool within(const char *text, const char *word)
{
    for (; *text; text++)
        if (strncasecmp(text, word, strlen(word)) == 0) return true;
    return false;
}

/* url(#id) is of the drawing itself. */
static bool reaches_out(const char *value)
{
    for (const char *p = value; *p; p++)
        if (strncasecmp(p, "url(", 4) == 0 && p[4 + strspn(p + 4, " '\"")] != '#') return true;
    return within(value, "javascript:") || within(value, "@import");
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    static const char *const bad[] = {"script", "foreignObject", "iframe", "object", "embed", "audio", "video", "image", "handler", "animate", "set"};
    struct checker *c = context;
    if (c->depth++ == 0 && strcmp(local(name), "svg") != 0) refuse(c, "its outer element is no <svg>");
    if (c->depth > SVG_DEPTH_MAX) refuse(c, "nested deeper than 64");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (strcasecmp(local(name), bad[i]) == 0) refuse(c, "it holds scripts, animations or other pictures");
    for (; attributes[0]; attributes += 2) {
        const char *own = local(attributes[0]);
        if (strncasecmp(own, "on", 2) == 0) refuse(c, "it holds handlers of events");
        else if (strcasecmp(own, "href") == 0 && attributes[1][0] != '#') refuse(c, "it refers to something outside");
        else if (strncmp(attributes[0], "xmlns", 5) != 0 && reaches_out(attributes[1])) refuse(c, "it refers to something outside");
    }
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct checker *c = context;
    (void)name;
    c->depth--;
}

static void XMLCALL on_text(void *context, const XML_Char *text, int n)   /* of <style> */
{
    struct checker *c = context;
    for (int i = 0; i + 4 <= n; i++)
        if (strncasecmp(text + i, "url(", 4) == 0 || (n - i >= 7 && strncasecmp(text + i, "@import", 7) == 0)) refuse(c, "its style refers to something outside");
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public_id, int internal)
{
    (void)name, (void)system, (void)public_id;
    if (internal) refuse(context, "it declares entities");
}

status svg_check(const char *text, size_t n)
{
    static const XML_Memory_Handling_Suite memory = {mem_alloc, mem_realloc, mem_free};
    struct checker c = {.parser = NULL};
    FAIL_IF(n > PICTURE_SVG_MAX, ERR_LIMIT, "an SVG of more than %d MiB", (int)(PICTURE_SVG_MAX >> 20));
    c.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!c.parser) return fail_nomem("reading a picture");
    XML_SetUserData(c.parser, &c);
    XML_SetElementHandler(c.parser, on_start, on_end);
    XML_SetCharacterDataHandler(c.parser, on_text);
    XML_SetStartDoctypeDeclHandler(c.parser, on_doctype);
    bool good = XML_Parse(c.parser, text, (int)n, 1) == XML_STATUS_OK;
    enum XML_Error e = XML_GetErrorCode(c.parser);
    XML_ParserFree(c.parser);
    if (!good && e == XML_ERROR_NO_MEMORY) return fail_nomem("reading a picture");
    return good ? OK : fail(ERR_FORMAT, "an SVG that is not taken: %s", c.why ? c.why : XML_ErrorString(e));
}

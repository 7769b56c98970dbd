/* JSON bodies against tables of fields: taken, or refused with a sentence and the field's name, and the refusal can be sent as JSON itself. */
#include "fuzz.h"
#include "server/server_int.h"

#include <string.h>

struct taken { const char *text, *word, *inner; int64_t number; bool yes; struct field_texts list; const json_t *object; };

static status read(struct call *c, struct taken *t, json_t **root)
{
    const struct field fields[] = {
        {"need", FIELD_TEXT, true, &t->text, 1, 64}, {"top", FIELD_INTEGER, false, &t->number, 1, 100}, {"why", FIELD_BOOLEAN, false, &t->yes}, {"language", FIELD_WORD, false, &t->word, .words = "zh|en"},
        {"products", FIELD_TEXTS, false, &t->list, 1, 20}, {"choice", FIELD_OBJECT, false, &t->object},
    };
    const struct field inner[] = {{"field", FIELD_TEXT, true, &t->inner, 1, 300}};
    TRY(call_fields(c, fields, sizeof fields / sizeof fields[0], root));
    return t->object ? object_fields(c, t->object, "choice", inner, 1) : OK;
}

static void promise_taken(const struct taken *t)
{
    PROMISE(t->text && strlen(t->text) >= 1 && strlen(t->text) <= 64 && utf8_valid(t->text, strlen(t->text), NULL));
    PROMISE(t->number >= 1 && t->number <= 100);
    PROMISE(!t->word || strcmp(t->word, "zh") == 0 || strcmp(t->word, "en") == 0);
    PROMISE(t->list.n <= FIELD_TEXTS_MAX && (!t->object || t->inner));
    for (size_t i = 0; i < t->list.n; i++) PROMISE(strlen(t->list.items[i]) <= 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct call c = {0};
    struct taken t = {.number = 10};
    json_t *root = NULL, *sent;
    arena_init(&arena, 0);
    c.request = (struct http_request){.body = (const char *)data, .n_body = size, .arena = &arena};
    status s = read(&c, &t, &root);
    if (s == OK) promise_taken(&t);
    else {
        promise_sentence(s);
        PROMISE(call_error(&c, 400, "invalid", c.error_field, "%s", status_message()) == OK);
        PROMISE((sent = json_loadb(strbuf_str(&c.body), c.body.len, 0, NULL)) != NULL);
        json_decref(sent);
    }
    strbuf_release(&c.body);
    json_decref(root);
    arena_release(&arena);
    return 0;
}

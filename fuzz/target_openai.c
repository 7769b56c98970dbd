/* Bodies of OpenAI's API: what is asked for is within its bounds, or the refusal is JSON as that API words it. */
#include "fuzz.h"
#include "server/openai_int.h"

#include <string.h>

static void promise_text(const char *s)
{
    PROMISE(s && utf8_valid(s, strlen(s), NULL));
}

static void promise_refusal(const struct call *c)
{
    json_t *root = json_loadb(strbuf_str(&c->body), c->body.len, 0, NULL), *error = json_object_get(root, "error");
    PROMISE(c->code >= 400 && c->code < 500 && json_string_length(json_object_get(error, "message")) > 0);
    PROMISE(json_object_get(error, "param") && json_object_get(error, "code"));
    json_decref(root);
}

static bool refused(const struct call *c, status s)
{
    PROMISE(s == OK);
    if (c->code) promise_refusal(c);
    return c->code != 0;
}

static void chat(struct call *c)
{
    struct openai_chat asked;
    if (!refused(c, openai_read_chat(c, &asked))) {
        PROMISE(asked.n >= 1 && asked.n <= OPENAI_TURNS_MAX && asked.n <= asked.n_read && asked.tokens_max >= 0);
        for (size_t i = 0; i < asked.n_read; i++) promise_text(asked.read[i]);
        for (size_t i = 0; i < asked.n; i++) promise_text(asked.said[i]);
    }
    json_decref(asked.root);
}

static void embeddings(struct call *c)
{
    enum { WIDTH = 512 };
    struct openai_inputs asked;
    if (!refused(c, openai_read_embeddings(c, WIDTH, &asked))) {
        PROMISE(asked.n >= 1 && asked.dimensions >= 64 && asked.dimensions <= WIDTH);
        PROMISE(strcmp(asked.model, OPENAI_NEEDS) == 0 || strcmp(asked.model, OPENAI_ITEMS) == 0);
        for (size_t i = 0; i < asked.n; i++) PROMISE(asked.texts[i].n > 0 && utf8_valid(asked.texts[i].s, asked.texts[i].n, NULL));
    }
    json_decref(asked.root);
}

static void with_body(const uint8_t *data, size_t size, void (*use)(struct call *c))
{
    struct arena arena;
    struct call c = {0};
    arena_init(&arena, 0);
    c.request = (struct http_request){.body = (const char *)data, .n_body = size, .arena = &arena};
    use(&c);
    strbuf_release(&c.body);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    with_body(data, size, chat);
    with_body(data, size, embeddings);
    return 0;
}

/* Chunks of a chat completion. The guide hands out a sentence when it has been checked against the record and moderated; here each leaves at once. */
#include "openai_int.h"

#include <stdlib.h>
#include <string.h>

void openai_cut(struct call *c, struct completion *k)
{
    const struct tokenizer *t = session_tokenizer(c->server->desk->shop.session);
    int32_t *ids = k->tokens_max ? mem_alloc(TOKENS_COUNTED_MAX * sizeof *ids) : NULL;
    size_t n = ids ? tokenizer_encode(t, strbuf_str(&k->text), k->text.len, ids, TOKENS_COUNTED_MAX) : 0, bytes = 0, one;
    if (n > (size_t)k->tokens_max) {
        for (json_int_t i = 0; i < k->tokens_max; i++) tokenizer_bytes(t, ids[i], &one), bytes += one;
        if (bytes > k->text.len) bytes = k->text.len;
        while (bytes > 0 && ((unsigned char)k->text.data[bytes] & 0xC0) == 0x80) bytes--;
        k->text.len = bytes;
        k->text.data[bytes] = 0;
        k->finish = "length";
    }
    mem_free(ids);
}

static void send_event(struct openai_stream *l, json_t *o)
{
    char *json = o ? json_dumps(o, JSON_COMPACT) : NULL;
    struct strbuf b = {0};
    json_decref(o);
    if (json) strbuf_printf(&b, "data: %s\n\n", json);
    free(json);
    stream_text(l->stream, strbuf_str(&b), b.len);
    strbuf_release(&b);
}

static void send_chunk(struct openai_stream *l, json_t *choices, json_t *usage)
{
    const struct completion *k = l->k;
    send_event(l, json_pack("{s:s, s:s, s:I, s:s, s:o, s:o*}", "id", k->id, "object", "chat.completion.chunk", "created", (json_int_t)k->created, "model", OPENAI_GUIDE, "choices", choices, "usage", usage));
}

static void send_delta(struct openai_stream *l, json_t *content, const char *finish)
{
    send_chunk(l, json_pack("[{s:i, s:o, s:n, s:s?}]", "index", 0, "delta", content, "logprobs", "finish_reason", finish), NULL);
}

/* Up to byte `end` of the text. */
static void send_text(struct openai_stream *l, size_t end)
{
    if (end <= l->sent) return;
    send_delta(l, json_pack("{s:s#}", "content", l->k->text.data + l->sent, (int)(end - l->sent)), NULL);
    l->sent = end;
}

static status begin(struct openai_stream *l)
{
    if (l->stream) return OK;
    l->stream = stream_new(l->call->server, NULL, l->call->caller.owner, l->call);
    if (!l->stream) return fail_nomem("answering a request");
    send_delta(l, json_pack("{s:s, s:s}", "role", "assistant", "content", ""), NULL);
    return OK;
}

/* What has left cannot be taken back, also where more text makes other tokens of it. */
static void cut(struct openai_stream *l)
{
    struct completion *k = l->k;
    openai_cut(l->call, k);
    if (k->text.len < l->sent) k->text.len = l->sent;
}

/* Space at the end waits for what comes after it: at the end of a reply there is none. */
bool openai_stream_token(void *context, const char *bytes, size_t n)
{
    struct openai_stream *l = context;
    struct completion *k = l->k;
    strbuf_add(&k->text, bytes, n);
    if (strbuf_status(&k->text) != OK || begin(l) != OK) return false;   /* openai_stream_rest finds the memory, or fails */
    cut(l);
    bool more = strcmp(k->finish, "length") != 0;
    size_t end = k->text.len;
    while (more && end > l->sent && strchr(" \n", k->text.data[end - 1])) end--;
    send_text(l, end);
    return more;
}

static void send_lines(struct openai_stream *l)
{
    const char *text = strbuf_str(&l->k->text);
    while (l->sent < l->k->text.len) {
        const char *line = strchr(text + l->sent + strspn(text + l->sent, "\n"), '\n');
        send_text(l, line ? (size_t)(line - text) : l->k->text.len);
    }
}

status openai_stream_rest(struct openai_stream *l, const struct reply *r, enum language language)
{
    struct completion *k = l->k;
    struct strbuf all = {0};
    if (strcmp(k->finish, "length") == 0) return OK;
    status s = reply_text(r, language, &all);
    bool goes_on = s == OK && all.len >= l->sent && (!l->sent || memcmp(all.data, k->text.data, l->sent) == 0);
    strbuf_release(&k->text);
    k->text = all;
    if (s != OK) return s;
    FAIL_IF(!goes_on, ERR_INTERNAL, "a reply does not begin with what was said of it");
    TRY(begin(l));
    cut(l);
    send_lines(l);
    return OK;
}

static const char *failure(status s)
{
    return s == ERR_INTERRUPTED ? "this took too long and was stopped; try again" : "the server failed; its log has the reason";
}

status openai_stream_end(struct openai_stream *l, status s, bool with_usage)
{
    if (!l->stream) return s;
    if (s == OK) {
        send_delta(l, json_object(), l->k->finish);
        if (with_usage) send_chunk(l, json_array(), json_incref(l->k->usage));
        stream_text(l->stream, "data: [DONE]\n\n", 14);
    } else {
        if (s != ERR_INTERRUPTED) server_note(l->call->server, "request %s: %s", l->call->request_id, status_message());
        send_event(l, json_pack("{s:{s:s, s:s, s:n, s:s}}", "error", "message", failure(s), "type", "server_error", "param", "code", s == ERR_INTERRUPTED ? "deadline" : "failed"));
    }
    stream_close(l->stream);
    return OK;
}

/* The client of an OpenAI-compatible endpoint: one request, one answer, bounded in time and size. */
#include "turn_int.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

struct endpoint {
    CURL *curl;
    struct curl_slist *headers;
    char *url, *model;
    long timeout_ms;
};

static bool is_http(const char *url)
{
    return url && (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
}

static status set_up(struct endpoint *e, const struct endpoint_options *o)
{
    struct strbuf url = {0}, key = {0};
    strbuf_printf(&url, "%s/chat/completions", o->url);
    e->url = url.data;
    e->model = mem_strndup(o->model, strlen(o->model));
    e->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : 10000;
    e->curl = curl_easy_init();
    e->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (o->key && *o->key) {
        strbuf_printf(&key, "Authorization: Bearer %s", o->key);
        struct curl_slist *longer = curl_slist_append(e->headers, strbuf_str(&key));
        if (longer) e->headers = longer;
        strbuf_release(&key);
    }
    return url.failed || !e->model || !e->curl || !e->headers ? fail_nomem("opening an endpoint") : OK;
}

status endpoint_new(const struct endpoint_options *o, struct endpoint **out)
{
    FAIL_IF(!is_http(o->url), ERR_USAGE, "the endpoint must be an http or https address such as http://127.0.0.1:8000/v1, not '%s'", o->url ? o->url : "");
    FAIL_IF(!o->model || !*o->model, ERR_USAGE, "the endpoint needs the name of a model");
    struct endpoint *e = mem_zalloc(1, sizeof *e);
    if (!e) return fail_nomem("opening an endpoint");
    status s = set_up(e, o);
    if (s != OK) {
        endpoint_free(e);
        return s;
    }
    *out = e;
    return OK;
}

void endpoint_free(struct endpoint *e)
{
    if (!e) return;
    curl_easy_cleanup(e->curl);
    curl_slist_free_all(e->headers);
    mem_free(e->url);
    mem_free(e->model);
    mem_free(e);
}

static size_t take(char *data, size_t size, size_t n, void *context)
{
    struct strbuf *b = context;
    if (b->len + size * n > ENDPOINT_REPLY_MAX) return 0;   /* curl stops with an error */
    strbuf_add(b, data, size * n);
    return b->failed ? 0 : size * n;
}

static char *request_body(const struct endpoint *e, const char *system, const char *user)
{
    json_t *o = json_pack("{s:s, s:f, s:i, s:[{s:s, s:s}, {s:s, s:s}]}", "model", e->model, "temperature", 0.3, "max_tokens", 600, "messages",
                          "role", "system", "content", system, "role", "user", "content", user);
    char *body = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return body;
}

static status request(struct endpoint *e, const char *body, struct strbuf *answer)
{
    char reason[CURL_ERROR_SIZE] = "";
    long code = 0;
    curl_easy_reset(e->curl);
    curl_easy_setopt(e->curl, CURLOPT_URL, e->url);
    curl_easy_setopt(e->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e->curl, CURLOPT_HTTPHEADER, e->headers);
    curl_easy_setopt(e->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(e->curl, CURLOPT_TIMEOUT_MS, e->timeout_ms);
    curl_easy_setopt(e->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e->curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(e->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(e->curl, CURLOPT_WRITEDATA, answer);
    CURLcode done = curl_easy_perform(e->curl);
    FAIL_IF(done != CURLE_OK, ERR_IO, "the endpoint at %s gave no usable answer: %s", e->url, *reason ? reason : curl_easy_strerror(done));
    curl_easy_getinfo(e->curl, CURLINFO_RESPONSE_CODE, &code);
    FAIL_IF(code != 200, ERR_IO, "the endpoint at %s answered with status %ld", e->url, code);
    return OK;
}

static status read_answer(const struct endpoint *e, const struct strbuf *answer, char **text)
{
    json_t *o = json_loadb(strbuf_str(answer), answer->len, 0, NULL);
    const json_t *message = json_object_get(json_array_get(json_object_get(o, "choices"), 0), "message");
    const char *content = json_string_value(json_object_get(message, "content"));
    *text = content ? mem_strndup(content, strlen(content)) : NULL;
    bool found = content != NULL;
    json_decref(o);
    FAIL_IF(!found, ERR_IO, "the endpoint at %s answered without choices[0].message.content", e->url);
    return *text ? OK : fail_nomem("reading an endpoint's answer");
}

status endpoint_complete(struct endpoint *e, const char *system, const char *user, char **text)
{
    struct strbuf answer = {0};
    char *body = request_body(e, system, user);
    status s = body ? request(e, body, &answer) : fail_nomem("asking an endpoint");
    if (s == OK) s = read_answer(e, &answer, text);
    free(body);
    strbuf_release(&answer);
    return s;
}

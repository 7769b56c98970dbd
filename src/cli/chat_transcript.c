#include "chat_transcript.h"

#include <stdlib.h>
#include <string.h>

static json_t *acts(const struct reply *r)
{
    json_t *a = json_array();
    for (size_t i = 0; i < r->n_acts; i++) json_array_append_new(a, json_string(guide_act_name(r->acts[i])));
    return a;
}

static json_t *cards(const struct reply *r)
{
    json_t *a = json_array();
    for (size_t i = 0; i < r->n_cards; i++) json_array_append_new(a, json_string(r->cards[i].product.id));
    return a;
}

static json_t *cart(const struct reply *r)
{
    json_t *a = json_array();
    const json_t *line;
    size_t i;
    json_array_foreach(json_object_get(r->cart, "lines"), i, line)
        json_array_append_new(a, json_pack("[O, O]", json_object_get(line, "id"), json_object_get(line, "quantity")));
    return a;
}

json_t *transcript_line(const char *said, const struct reply *r)
{
    json_t *expect = json_pack("{s:o, s:o, s:s, s:s}", "acts", acts(r), "cards", cards(r), "question", r->question.field ? r->question.field : "", "text", r->text);
    if (expect && r->cart) json_object_set_new(expect, "cart", cart(r));
    return json_pack("{s:s, s:o}", "say", said, "expect", expect);
}

static char *difference(const char *key, json_t *wanted, json_t *got)
{
    char *a = json_dumps(wanted, JSON_COMPACT | JSON_ENCODE_ANY), *b = json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY), *text = NULL;
    if (a && b && asprintf(&text, "\"%s\" is %s, expected %s", key, b, a) < 0) text = NULL;
    free(a);
    free(b);
    return text;
}

static char *missing_piece(const json_t *pieces, const struct reply *r)
{
    size_t i;
    json_t *piece;
    char *text = NULL;
    json_array_foreach(pieces, i, piece)
        if (!strstr(r->text, json_string_value(piece) ? json_string_value(piece) : ""))
            return asprintf(&text, "the text lacks \"%s\": %s", json_string_value(piece), r->text) < 0 ? NULL : text;
    return NULL;
}

char *transcript_difference(const json_t *expect, const struct reply *r)
{
    json_t *line = transcript_line("", r), *got = json_object_get(line, "expect"), *wanted;
    char *text = NULL;
    const char *key;
    json_object_foreach((json_t *)(uintptr_t)expect, key, wanted) {
        if (text) break;
        if (strcmp(key, "contains") == 0) {
            text = missing_piece(wanted, r);
        } else if (!json_equal(wanted, json_object_get(got, key))) {
            json_t *own = json_object_get(got, key);
            text = difference(key, wanted, own ? own : json_null());
        }
    }
    json_decref(line);
    return text;
}

/* Orders, through the shop's own program. What it says is quoted; what it does not say is not said. */
#include "service_int.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- order numbers ---- */

static bool is_part(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

const char *order_number(const char *text, size_t n, struct arena *a)
{
    enum { SHORTEST = 6, LONGEST = 32, DIGITS = 6 };
    for (size_t i = 0; i < n;) {
        size_t length = 0, digits = 0;
        while (i + length < n && is_part(text[i + length])) digits += text[i + length] >= '0' && text[i + length] <= '9', length++;
        size_t k = length;
        while (k && text[i + k - 1] == '-') k--;
        if (k >= SHORTEST && k <= LONGEST && digits >= DIGITS) return arena_strndup(a, text + i, k);
        i += length ? length : 1;
    }
    return NULL;
}

/* ---- what the program says ---- */

/* One line of text: control characters become blanks. */
static status take_string(const json_t *v, const char *name, size_t max, struct arena *a, const char **out)
{
    *out = "";
    if (!v || json_is_null(v)) return OK;
    FAIL_IF(!json_is_string(v), ERR_FORMAT, "\"%s\" is no string", name);
    FAIL_IF(json_string_length(v) > max, ERR_LIMIT, "\"%s\" is longer than %zu bytes", name, max);
    char *copy = arena_strndup(a, json_string_value(v), json_string_length(v));
    if (!copy) return fail_nomem("reading an order");
    for (char *p = copy; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7F) *p = ' ';
    *out = copy;
    return OK;
}

static status take_details(const json_t *list, struct arena *a, struct order_reply *out)
{
    const json_t *v;
    size_t i;
    if (!list) return OK;
    FAIL_IF(!json_is_array(list) || json_array_size(list) > HOOK_DETAILS_MAX, ERR_FORMAT, "\"details\" must be a list of at most %d", HOOK_DETAILS_MAX);
    json_array_foreach(list, i, v) {
        struct order_detail *d = &out->details[out->n_details++];
        TRY(take_string(json_object_get(v, "name"), "name", 100, a, &d->name));
        TRY(take_string(json_object_get(v, "value"), "value", 500, a, &d->value));
        FAIL_IF(!*d->name || !*d->value, ERR_FORMAT, "a detail needs \"name\" and \"value\"");
    }
    return OK;
}

static status read_reply(const json_t *root, struct arena *a, struct order_reply *out)
{
    const json_t *found = json_object_get(root, "found");
    FAIL_IF(!json_is_boolean(found), ERR_FORMAT, "\"found\" must be true or false");
    out->found = json_is_true(found);
    TRY(take_string(json_object_get(root, "text"), "text", HOOK_TEXT_MAX, a, &out->text));
    TRY(take_string(json_object_get(root, "status"), "status", 200, a, &out->status));
    TRY(take_details(json_object_get(root, "details"), a, out));
    FAIL_IF(out->found && !*out->text && !*out->status && !out->n_details, ERR_FORMAT, "it found the order and says nothing of it");
    return OK;
}

status order_lookup(const struct order_hook *hook, const char *order_id, const char *user, struct arena *a, struct order_reply *out)
{
    char *said = NULL;
    size_t n = 0;
    json_error_t e;
    *out = (struct order_reply){.text = "", .status = ""};
    json_t *request = json_pack("{s:s, s:s?}", "order_id", order_id, "user", user);
    char *input = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    if (!input) return fail(ERR_USAGE, "the order number is no text");
    status s = program_run(hook->program, input, strlen(input), hook->time_limit_ms ? hook->time_limit_ms : HOOK_TIME_MS, HOOK_OUTPUT_MAX, a, &said, &n);
    free(input);
    TRY(s);
    json_t *root = json_loadb(said, n, JSON_REJECT_DUPLICATES, &e);
    s = root ? read_reply(root, a, out) : fail(ERR_FORMAT, "it did not print JSON: %s", e.text);
    json_decref(root);
    return s == OK ? OK : fail_context(s, "%s", hook->program);
}

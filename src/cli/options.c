#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option *find(const struct cli_option *options, size_t n, const char *name, size_t length)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0) return &options[i];
    return NULL;
}

static bool parse_whole(const char *text, uint64_t *out)
{
    if (*text < '0' || *text > '9') return false;   /* strtoull would take "-1" */
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == 0;
}

static status set_value(const struct cli_option *o, const char *text)
{
    uint64_t whole = 0;
    char *end;
    switch (o->kind) {
    case OPTION_FLAG:
        return fail(ERR_USAGE, "option %s takes no value; write it alone", o->name);
    case OPTION_STRING:
        *(const char **)o->value = text;
        return OK;
    case OPTION_STRINGS: {
        struct cli_strings *list = o->value;
        TRY(mem_grow(&list->items, &list->cap, list->n + 1, sizeof *list->items));
        list->items[list->n++] = text;
        return OK;
    }
    case OPTION_SIZE:
    case OPTION_U64:
        FAIL_IF(!parse_whole(text, &whole), ERR_USAGE, "option %s needs a whole number, not '%s'", o->name, text);
        if (o->kind == OPTION_SIZE) *(size_t *)o->value = (size_t)whole;
        else *(uint64_t *)o->value = whole;
        return OK;
    case OPTION_FLOAT: {
        float number = strtof(text, &end);
        FAIL_IF(end == text || *end || !isfinite(number), ERR_USAGE, "option %s needs a number, not '%s'", o->name, text);
        *(float *)o->value = number;
        return OK;
    }
    }
    return fail(ERR_INTERNAL, "option %s has no kind", o->name);
}

status cli_parse(int argc, char **argv, const struct cli_option *options, size_t n_options, char **operands, size_t *n_operands)
{
    *n_operands = 0;
    bool only_operands = false;
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (only_operands || word[0] != '-' || word[1] == 0) {
            operands[(*n_operands)++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_operands = true;
            continue;
        }
        char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
        size_t length = equals ? (size_t)(equals - word) : strlen(word);
        const struct cli_option *o = find(options, n_options, word, length);
        FAIL_IF(!o, ERR_USAGE, "unknown option '%.*s'", (int)length, word);
        if (equals) {
            TRY(set_value(o, equals + 1));
        } else if (o->kind == OPTION_FLAG) {
            *(bool *)o->value = true;
        } else {
            FAIL_IF(i + 1 >= argc, ERR_USAGE, "option %s needs a value", o->name);
            TRY(set_value(o, argv[++i]));
        }
    }
    return OK;
}

#include "cart_shop.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

status cli_language(const char *option, enum language *out)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    if (option) {
        FAIL_IF(strcmp(option, "zh") != 0 && strcmp(option, "en") != 0, ERR_USAGE, "option --language needs zh or en, not '%s'", option);
        *out = strcmp(option, "zh") == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
        return OK;
    }
    *out = LANGUAGE_EN;
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(variables[i]);
        if (!value || !*value) continue;
        if (strncmp(value, "zh", 2) == 0) *out = LANGUAGE_ZH;
        break;
    }
    return OK;
}

/* ---- times ---- */

static bool two_digits(const char *s, int most, int *out)
{
    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9') return false;
    *out = (s[0] - '0') * 10 + (s[1] - '0');
    return *out <= most;
}

/* "" local, "Z", "+08:00" */
static bool parse_zone(const char *s, bool *local, int64_t *offset_s)
{
    int h, m;
    *local = *s == 0;
    *offset_s = 0;
    if (*local || strcmp(s, "Z") == 0) return true;
    if ((*s != '+' && *s != '-') || strlen(s) != 6 || s[3] != ':' || !two_digits(s + 1, 14, &h) || !two_digits(s + 4, 59, &m)) return false;
    *offset_s = (*s == '-' ? -1 : 1) * (h * 3600 + m * 60);
    return true;
}

static bool parse_moment(const char *s, int64_t *out)
{
    struct tm t = {.tm_isdst = -1};
    bool local;
    int64_t offset;
    int century, year;
    if (strlen(s) < 10 || !two_digits(s, 99, &century) || !two_digits(s + 2, 99, &year) || s[4] != '-' || s[7] != '-' ||
        !two_digits(s + 5, 12, &t.tm_mon) || !two_digits(s + 8, 31, &t.tm_mday) || t.tm_mon-- < 1 || t.tm_mday < 1)
        return false;
    t.tm_year = century * 100 + year - 1900;
    s += 10;
    if (*s == 'T' || *s == ' ') {
        if (strlen(s) < 6 || s[3] != ':' || !two_digits(s + 1, 23, &t.tm_hour) || !two_digits(s + 4, 59, &t.tm_min)) return false;
        s += 6;
    }
    if (!parse_zone(s, &local, &offset)) return false;
    int day = t.tm_mday;
    *out = local ? (int64_t)mktime(&t) : (int64_t)timegm(&t) - offset;
    return t.tm_mday == day;   /* 31 February would have moved */
}

status cli_moment(const char *text, int64_t *unix_s)
{
    char *end;
    if (!text) {
        *unix_s = clock_unix_ms() / 1000;
        return OK;
    }
    long long seconds = strtoll(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == 0 && end - text <= 12) {
        *unix_s = seconds;
        return OK;
    }
    if (parse_moment(text, unix_s)) return OK;
    return fail(ERR_USAGE, "option --at needs a time such as 2026-11-26T20:00, 2026-11-26T20:00+08:00 or Unix seconds, not '%s'", text);
}

json_t *json_money(int64_t minor)
{
    struct strbuf b = {0};
    text_format_price(minor, &b);
    json_t *j = json_string(strbuf_str(&b));
    strbuf_release(&b);
    return j;
}

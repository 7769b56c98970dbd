/* What a turn says: sentence by sentence, each moderated before it leaves, and the small words that sentences are made of. */
#include "turn_int.h"

#include <string.h>

bool in_chinese(const struct turn *t)
{
    return t->d->language == LANGUAGE_ZH;
}

static void hand_out(struct turn *t, const char *s, size_t n)
{
    strbuf_add(&t->text, s, n);
    if (t->sink && t->sink->token && !t->sink_stopped && !t->g->options.endpoint) t->sink_stopped = !t->sink->token(t->sink->context, s, n);
}

status say(struct turn *t, const char *sentence)
{
    if (!*sentence) return OK;
    enum moderation_verdict verdict = MODERATION_PASS;
    size_t n = strlen(sentence), hits;
    if (t->g->options.moderator) TRY(moderator_check(t->g->options.moderator, sentence, n, &verdict, NULL, 0, &hits));
    if (verdict > t->r->moderation) t->r->moderation = verdict;
    if (verdict == MODERATION_BLOCK) {
        json_t *blocked = json_object_get(t->r->why, "blocked");
        if (!blocked) json_object_set_new(t->r->why, "blocked", blocked = json_array());
        json_array_append_new(blocked, json_string(sentence));
        return OK;
    }
    char last = t->text.len ? t->text.data[t->text.len - 1] : '\n';
    if (!in_chinese(t) && last != '\n') hand_out(t, " ", 1);
    hand_out(t, sentence, n);
    return strbuf_status(&t->text);
}

status say_break(struct turn *t)
{
    if (t->text.len && t->text.data[t->text.len - 1] != '\n') hand_out(t, "\n", 1);
    return strbuf_status(&t->text);
}

void claim(struct turn *t, const char *sentence, const char *words, const char *product, const char *field)
{
    if (t->n_claims < CLAIMS_MAX && *words) t->claims[t->n_claims++] = (struct claim_source){sentence, words, product, field};
}

void act(struct turn *t, enum guide_act a)
{
    for (size_t i = 0; i < t->r->n_acts; i++)
        if (t->r->acts[i] == a) return;
    if (t->r->n_acts < sizeof t->r->acts / sizeof t->r->acts[0]) t->r->acts[t->r->n_acts++] = a;
}

/* ---- words ---- */

static const struct { const char *code, *sign; } signs[] = {{"USD", "$"}, {"EUR", "€"}, {"GBP", "£"}, {"INR", "₹"}, {"CNY", "¥"}, {"JPY", "JP¥"}, {"HKD", "HK$"}};

/* Whole amounts without decimals, as people say them. */
static void amount(struct strbuf *b, int64_t minor)
{
    if (minor % 100 == 0) strbuf_printf(b, "%lld", (long long)(minor / 100));
    else text_format_price(minor, b);
}

const char *money_text(struct turn *t, int64_t minor, const char *currency)
{
    struct strbuf b = {0};
    const char *sign = NULL;
    if (minor < 0) return "";
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcmp(signs[i].code, currency) == 0) sign = signs[i].sign;
    if (in_chinese(t) && strcmp(currency, "CNY") == 0) {
        amount(&b, minor);
        strbuf_puts(&b, "元");
    } else if (sign) {
        strbuf_puts(&b, sign);
        amount(&b, minor);
    } else {
        text_format_price(minor, &b);
        if (*currency) strbuf_printf(&b, " %s", currency);
    }
    const char *text = arena_strndup(&t->r->arena, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return text ? text : "";
}

const char *title_of(const struct turn *t, const struct product *p)
{
    return product_text(p, "title", t->d->language);
}

bool attribute_spoken(const struct turn *t, const struct attribute *a)
{
    return !*a->language || strcmp(a->language, language_code(t->d->language)) == 0;
}

bool name_in_list(const char *names, const char *name)
{
    for (size_t n = strlen(name); *names;) {
        size_t length = strcspn(names, "|");
        if (length == n && strncasecmp(names, name, n) == 0) return true;
        names += length + (names[length] == '|');
    }
    return false;
}

static void add_wish(struct strbuf *b, const struct wish *w, bool zh)
{
    if (!w->said || !*w->said) return;
    if (b->len) strbuf_puts(b, zh ? "，" : ", ");
    bool denies = w->negated && strncmp(w->said, "不", 3) != 0 && strncmp(w->said, "no", 2) != 0;
    if (denies) strbuf_puts(b, zh ? "不要" : "not ");
    strbuf_puts(b, w->said);
}

const char *topic_words(struct turn *t, const struct topic *topic)
{
    struct strbuf b = {0};
    bool zh = in_chinese(t);
    for (const char *s = topic->text; *s; s++)   /* what became a constraint was blanked: one space is enough */
        if (*s != ' ' || (b.len && b.data[b.len - 1] != ' ')) strbuf_putc(&b, *s);
    while (b.len && b.data[b.len - 1] == ' ') b.data[--b.len] = 0;
    for (size_t i = 0; i < topic->n_wishes; i++)
        if (!strstr(strbuf_str(&b), topic->wishes[i].said ? topic->wishes[i].said : "")) add_wish(&b, &topic->wishes[i], zh);
    const char *text = arena_strndup(&t->r->arena, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return text ? text : "";
}

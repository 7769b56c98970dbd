/* The plain sentence: from the record alone, when no model is at hand or none of its drafts passed. The wording varies from
 * record to record, by a hash of its text, and never for the same record. */
#include "copywriting_int.h"

#include <string.h>

enum { PLAIN_CLAUSES_MAX = 7, PLAIN_VALUE_MAX = 120, PLAIN_VARIANTS = 3 };

/* How an attribute is said; %s is the value. The first row whose names hold the attribute's name is it. */
struct saying {
    const char *names;                     /* parted by blanks; '_' is a blank in a name */
    const char *forms[PLAIN_VARIANTS];     /* NULL: the first */
    uint32_t measures;                     /* dimensions: only where the value is a number with such a unit. 0: any value */
};

static const struct saying sayings_zh[] = {
    {"颜色 花色 色系", {"颜色为%s", "颜色是%s", "%s配色"}},
    {"质地", {"质地为%s", "%s质地"}},
    {"材质 面料 成分 材料", {"材质为%s", "采用%s材质", "选用%s"}},
    {"版型 廓形", {"版型%s", "%s版型"}},
    {"风格", {"风格%s", "%s风格", "走%s路线"}},
    {"图案", {"图案为%s", "饰以%s", "带有%s"}},
    {"领型 衣领型 裙领型", {"领口为%s", "%s设计"}},
    {"袖型 衣袖型 裙袖型 袖长 衣袖长 裙袖长", {"袖子为%s", "%s设计"}},
    {"衣门襟 裙衣门襟 门襟", {"门襟为%s", "%s设计"}},
    {"衣款式 裙款式 裤款式 款式", {"细节有%s", "带有%s", "%s设计"}},
    {"裙下摆 裤口", {"下摆为%s", "边缘为%s"}},
    {"裤腰型 裙腰型 腰型", {"腰部为%s", "%s设计"}},
    {"季节 适用季节", {"适合%s", "适合%s使用"}},
    {"适用人群 适用对象 适用肤质 适用发质 适用年龄 适用场景", {"适合%s", "适用于%s"}},
    {"适用人数", {"适用人数为%s"}},
    {"重量 单重", {"重%s", "重量为%s"}, D(MASS)},
    {"容量", {"容量为%s", "有%s的容量"}, CONTENTS},
    {"净含量", {"净含量为%s"}, D(MASS) | D(VOLUME) | D(COUNT)},
    {"长度", {"长%s", "长度为%s"}, D(LENGTH)},
    {"厚度", {"厚%s", "厚度为%s"}, D(LENGTH)},
    {"尺寸 口径", {"尺寸为%s"}},
    {"保温时长", {"保温%s", "可保温%s"}, D(TIME)},
    {"尺码", {"尺码有%s", "提供%s"}},
    {"产地", {"产自%s", "产地为%s"}},
    {"口味 风味 香味", {"味道为%s", "%s"}},
};

static const struct saying sayings_en[] = {
    {"color colour", {"comes in %s", "is %s in colour"}},
    {"material fabric composition upper_material", {"is made of %s", "is %s"}},
    {"weight", {"weighs %s"}, D(MASS)},
    {"capacity", {"has a capacity of %s"}, CONTENTS},
    {"volume", {"holds %s"}, D(VOLUME)},
    {"net_weight", {"has a net weight of %s"}, D(MASS) | D(VOLUME) | D(COUNT)},
    {"season", {"is for %s", "suits %s"}},
    {"for audience age", {"is for %s", "is meant for %s"}},
    {"skin_type", {"is for %s skin"}},
    {"hair_type", {"is for %s hair"}},
    {"waterproof", {"is waterproof to %s"}, D(LENGTH) | D(PRESSURE)},
    {"noise", {"runs at %s"}, D(SOUND)},
    {"thickness", {"is %s thick"}, D(LENGTH)},
    {"sole_material", {"has a sole of %s"}},
    {"heel_height", {"has a heel of %s"}, D(LENGTH)},
    {"shelf_life", {"keeps for %s"}, D(TIME)},
    {"keeps_warm", {"keeps warm for %s"}, D(TIME)},
    {"max_load", {"carries up to %s"}, D(MASS)},
    {"connection", {"connects by %s"}},
    {"room_size", {"suits rooms of %s"}, D(AREA)},
    {"serves", {"serves %s"}, D(COUNT)},
    {"stove", {"works on %s"}},
    {"screen", {"has a %s screen"}, D(LENGTH)},
    {"size sizes", {"comes in size %s", "is sized %s"}},
    {"style", {"has a %s style", "is %s in style"}},
    {"fit", {"has a %s fit"}},
    {"origin", {"comes from %s"}},
    {"battery_life run_time", {"runs for %s"}, D(TIME) | D(LENGTH)},
    {"power", {"draws %s"}, D(POWER)},
    {"length", {"is %s long"}, D(LENGTH)},
};

static const char *attribute_name(const struct record_field *f)
{
    static const char prefix[] = "attributes.";
    return strncmp(f->name, prefix, sizeof prefix - 1) == 0 ? f->name + sizeof prefix - 1 : NULL;
}

static bool name_is(const char *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, " "), i = 0;
        while (i < n && i < length && (p[i] == '_' ? name[i] == ' ' : p[i] == name[i])) i++;
        if (n == length && i == n) return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), k = strlen(tail);
    return n >= k && strcmp(s + n - k, tail) == 0;
}

static bool is_counted(const char *value)
{
    return value[0] >= '0' && value[0] <= '9';
}

static const struct saying *sayings(enum language l, size_t *n)
{
    *n = l == LANGUAGE_ZH ? sizeof sayings_zh / sizeof sayings_zh[0] : sizeof sayings_en / sizeof sayings_en[0];
    return l == LANGUAGE_ZH ? sayings_zh : sayings_en;
}

static bool has_saying(const struct record_field *f, enum language l)
{
    size_t n;
    const struct saying *table = sayings(l, &n);
    for (size_t i = 0; i < n; i++)
        if (name_is(table[i].names, attribute_name(f))) return true;
    return false;
}

static const char *form_of(const struct record_field *f, enum language l, uint64_t hash)
{
    size_t n;
    const char *name = attribute_name(f);
    const struct saying *table = sayings(l, &n);
    for (size_t i = 0; i < n; i++) {
        if (!name_is(table[i].names, name) || (table[i].measures && !value_measures(f->value, table[i].measures))) continue;
        size_t variants = 1;
        while (variants < PLAIN_VARIANTS && table[i].forms[variants]) variants++;
        const char *form = table[i].forms[(hash >> i) % variants];
        bool shape = strncmp(form, "带有", 6) == 0 && ends_with(f->value, "式");   /* 信封式 is no part that a thing has */
        return shape ? table[i].forms[variants - 1] : form;
    }
    return NULL;
}

/* ---- values ---- */

static bool is_denied(const char *value)
{
    static const char *const words[] = {"否", "无", "不", "没", "非", "no", "none", "not", "No", "None", "without", "false", "n/a"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        bool ends = (unsigned char)words[i][0] >= 0x80 || value[n] == 0 || value[n] == ' ';
        if (strncmp(value, words[i], n) == 0 && ends) return true;
    }
    return false;
}

static bool is_single_han(const char *s)
{
    const char *p = s, *end = s + strlen(s);
    return p < end && utf8_is_han(utf8_next(&p, end)) && p == end;
}

/* "黑" is said 黑色, 夏 夏季, 男 男士; lists get the language's mark. */
static void put_value(struct strbuf *out, const char *name, const char *value, enum language l)
{
    for (const char *p = value; *p;) {
        bool comma = strncmp(p, ", ", 2) == 0;
        if (comma && l == LANGUAGE_ZH) strbuf_puts(out, "、");
        else if (comma) strbuf_puts(out, ", ");
        else if (strncmp(p, "、", 3) == 0 && l == LANGUAGE_EN) strbuf_puts(out, ", ");
        else if (strncmp(p, "、", 3) == 0) strbuf_puts(out, "、");
        else strbuf_putc(out, *p);
        p += comma ? 2 : strncmp(p, "、", 3) == 0 ? 3 : 1;
    }
    if (l != LANGUAGE_ZH || !is_single_han(value)) return;
    if (strstr(name, "颜色")) strbuf_puts(out, "色");
    else if (strstr(name, "类型")) strbuf_puts(out, "子");
    else if (strstr(name, "季节")) strbuf_puts(out, "季");
    else if (strstr(name, "人群")) strbuf_puts(out, "士");
}

static void put_form(struct strbuf *out, const char *form, const char *name, const char *value, enum language l)
{
    const char *at = strstr(form, "%s");
    bool article = at - form >= 2 && memcmp(at - 2, "a ", 2) == 0 && strchr("aeiouAEIO", *value);
    strbuf_add(out, form, (size_t)(at - form) - article);
    if (article) strbuf_puts(out, "n ");
    put_value(out, name, value, l);
    strbuf_puts(out, at + 2);
}

/* ---- what the sentence is about ---- */

static const char *field_value(const struct record *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->fields[i].name, name) == 0) return r->fields[i].value;
    return NULL;
}

const char *record_title(const struct record *r, enum language l)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->fields[i].name, "title") == 0 && text_language(r->fields[i].value, strlen(r->fields[i].value)) == l) return r->fields[i].value;
    return field_value(r, "title");
}

/* Without a title, the attribute that names the kind of thing most closely. */
static const char *find_kind(const struct record *r)
{
    static const char *const names[] = {"attributes.裤型", "attributes.裙长", "attributes.衣样式", "attributes.品类", "attributes.类目", "attributes.类型", "attributes.type"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = field_value(r, names[i]);
        if (value && !strstr(value, "、")) return value;
    }
    return NULL;
}

static void put_subject(struct strbuf *out, const struct record *r, enum language l, uint64_t hash)
{
    static const char *const opening_zh[] = {"这款%s", "%s", "这件商品是%s"};
    const char *title = record_title(r, l), *kind = title ? NULL : find_kind(r);
    if (title) strbuf_puts(out, title);
    else if (!kind) strbuf_puts(out, l == LANGUAGE_ZH ? "这款商品" : "This product");
    else if (l == LANGUAGE_ZH) put_form(out, opening_zh[hash % 2], kind == field_value(r, "attributes.类型") ? "类型" : "", kind, l);
    else strbuf_printf(out, "This %s", kind);
}

/* ---- clauses ---- */

static bool is_sayable(const struct record *r, const struct record_field *f, enum language l)
{
    const char *name = attribute_name(f);
    size_t n = strlen(f->value);
    if (!name || n > PLAIN_VALUE_MAX || is_denied(f->value) || f->value == find_kind(r)) return false;
    if (strcmp(name, "类型") == 0 || strcmp(name, "type") == 0) return false;   /* the subject says it, more closely */
    return l == LANGUAGE_ZH || text_language(f->value, n) == LANGUAGE_EN;
}

static bool is_other_language(const struct record_field *f, enum language l)
{
    const char *name = attribute_name(f);
    return name && text_language(name, strlen(name)) != l;
}

/* "waterproof: waterproof" says yes. */
static bool is_yes(const struct record_field *f)
{
    return strcmp(f->value, "yes") == 0 || strcmp(f->value, attribute_name(f)) == 0;
}

/* "Pieces: 4 boards" has no singular, "Size: 18 cm blade" is no size that one comes in, "For: adults, unisex" names no people. */
static bool suits_no_verb(const struct record_field *f, enum language l)
{
    const char *name = attribute_name(f), *value = f->value;
    bool several = !has_saying(f, l) && ends_with(name, "s") && !ends_with(name, "ss");
    size_t letters = 0, most = 0;
    for (const char *p = value; *p; p++) {
        letters = *p >= 'a' && *p <= 'z' ? letters + 1 : 0;
        if (letters > most) most = letters;
    }
    if (name_is("size sizes", name)) return most > 2;
    bool bare = !has_saying(f, l) && value_measures(value, D(COUNT)) && most == 0;   /* "Year: 2011" */
    return bare || (several && is_counted(value)) || strstr(value, "unisex");
}

/* An English attribute without a verb of its own is given by its name, in a sentence after the others: "Shape: envelope." So is one whose value is not what
 * the verb is about: "Battery life: mains powered." */
static bool is_by_name(const struct record_field *f, enum language l)
{
    if (l != LANGUAGE_EN || is_yes(f)) return false;
    return suits_no_verb(f, l) || (!form_of(f, l, 0) && (has_saying(f, l) || !is_counted(f->value)));
}

/* "可折叠" of 折叠 and 男女通用 say it all; 支持, 有, 可用 need the name; NULL: "<name>为<value>", or how such an attribute is said. */
static const char *said_of_name(const char *value)
{
    static const struct { const char *value, *form; } answers[] = {{"支持", "支持%s"}, {"有", "有%s"}, {"含", "含%s"}, {"可用", "%s可用"}, {"可以", "可以%s"}, {"是", "%s"}};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strcmp(value, answers[i].value) == 0) return answers[i].form;
    return NULL;
}

static bool says_all(const char *name, const char *value)
{
    return (strlen(name) > 3 && ends_with(value, name)) || ends_with(value, "通用");
}

static void put_clause(struct strbuf *out, const struct record_field *f, enum language l, uint64_t hash)
{
    const char *name = attribute_name(f), *form = form_of(f, l, hash);
    const char *answer = l == LANGUAGE_ZH ? said_of_name(f->value) : NULL;
    if (answer) {
        strbuf_printf(out, answer, name);
    } else if (l == LANGUAGE_ZH && says_all(name, f->value)) {
        put_value(out, name, f->value, l);
    } else if (l == LANGUAGE_EN && is_yes(f)) {
        strbuf_printf(out, ends_with(name, "able") || ends_with(name, "proof") ? "is %s" : "has %s", name);
    } else if (form) {
        put_form(out, form, name, f->value, l);
    } else if (l == LANGUAGE_ZH) {
        strbuf_printf(out, "%s为", name);
        put_value(out, name, f->value, l);
    } else {
        strbuf_printf(out, strchr("aeiou", *name) ? "has an %s of " : "has a %s of ", name);
        put_value(out, name, f->value, l);
    }
}

static void put_by_name(struct strbuf *out, const struct record_field *f, enum language l)
{
    const char *name = attribute_name(f);
    bool small = name[0] >= 'a' && name[0] <= 'z';
    strbuf_putc(out, ' ');
    strbuf_putc(out, small ? (char)(name[0] - 32) : name[0]);
    strbuf_printf(out, "%s: ", name + 1);
    put_value(out, name, f->value, l);
    strbuf_putc(out, '.');
}

/* Between clauses: two or three to a sentence. */
static void put_joint(struct strbuf *out, size_t clause, size_t clauses, enum language l)
{
    bool new_sentence = clause > 0 && clause % 3 == 0, last = clause % 3 == 2 || (clause % 3 == 1 && clause + 1 == clauses);
    if (l == LANGUAGE_ZH) strbuf_puts(out, new_sentence ? "。" : "，");
    else if (clause == 0) strbuf_puts(out, " ");
    else strbuf_puts(out, new_sentence ? ". It " : last ? " and " : ", ");
}

static bool is_said(const struct record *r, size_t i, enum language l, const bool *skip, bool by_name)
{
    const struct record_field *f = &r->fields[i];
    return !skip[i] && is_sayable(r, f, l) && !is_other_language(f, l) && is_by_name(f, l) == by_name;
}

/* Clauses whose field is marked in skip are left out. */
static status say(const struct record *r, enum language l, const bool *skip, struct strbuf *out)
{
    uint64_t hash = hash_bytes(r->text ? r->text : "", r->text ? strlen(r->text) : 0, 11);
    size_t clause = 0, clauses = 0;
    put_subject(out, r, l, hash);
    for (size_t i = 0; i < r->n && clauses < PLAIN_CLAUSES_MAX; i++) clauses += is_said(r, i, l, skip, false);
    for (size_t i = 0; i < r->n && clause < clauses; i++) {
        if (!is_said(r, i, l, skip, false)) continue;
        put_joint(out, clause++, clauses, l);
        put_clause(out, &r->fields[i], l, hash);
    }
    strbuf_puts(out, l == LANGUAGE_ZH ? "。" : ".");
    for (size_t i = 0; i < r->n && clause < PLAIN_CLAUSES_MAX; i++) {
        if (!is_said(r, i, l, skip, true)) continue;
        put_by_name(out, &r->fields[i], l);
        clause++;
    }
    return strbuf_status(out);
}

status record_sentence(const struct record *r, enum language l, struct strbuf *out)
{
    bool *skip = mem_zalloc(r->n + 1, sizeof *skip);
    if (!skip) return fail_nomem("writing the plain sentence");
    status s = say(r, l, skip, out);
    mem_free(skip);
    return s;
}

static status say_checked(const struct support *s, enum language l, const bool *skip, struct strbuf *out, struct facts *facts)
{
    strbuf_clear(out);
    facts_release(facts);
    TRY(say(s->record, l, skip, out));
    return facts_check_support(s, strbuf_str(out), out->len, facts);
}

/* The sentence with every field left out whose clause makes an unsupported claim (a word of the sentence and one of the value may
 * read as a third together): all at once, and only if that fails one after the other. */
status record_sentence_checked(const struct support *s, enum language l, struct strbuf *out, struct facts *facts)
{
    size_t n = s->record->n;
    bool *skip = mem_zalloc(n + 1, sizeof *skip);
    if (!skip) return fail_nomem("writing the plain sentence");
    *facts = (struct facts){0};
    status result = say_checked(s, l, skip, out, facts);
    if (result == OK && facts_unsupported(facts) > 0) {
        for (size_t i = 0; i < n; i++) skip[i] = true;
        for (size_t i = 0; result == OK && i < n; i++) {
            skip[i] = false;
            result = say_checked(s, l, skip, out, facts);
            skip[i] = result == OK && facts_unsupported(facts) > 0;
        }
        if (result == OK) result = say_checked(s, l, skip, out, facts);
    }
    mem_free(skip);
    return result;
}

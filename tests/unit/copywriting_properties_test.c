/* copywriting: what must hold for any record. A text of the record's own words is supported whole; a foreign value of a hard kind is
 * caught; a ban never stands in the way of what is supported, and covers what is not; the plain sentence passes its own check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "copywriting/copywriting_int.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>

static struct normalizer *z;
static struct claim_lexicon *lexicon;

static int setup(void **state)
{
    (void)state;
    return normalizer_new(&z) == OK && claim_lexicon_new(z, &lexicon) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    claim_lexicon_free(lexicon);
    normalizer_free(z);
    return 0;
}

#define ok(expression)                                                             \
    do {                                                                           \
        if ((expression) != OK) fail_msg("%s: %s", #expression, status_message()); \
    } while (0)

/* Values of one attribute, none of which supports another. */
struct pool { const char *name, *values[8]; };

static const struct pool pools_zh[] = {
    {"颜色", {"黑色", "白色", "酒红色", "墨绿色", "紫色", "姜黄色", "卡其色"}},
    {"材质", {"纯棉", "真丝", "羊毛", "亚麻", "涤纶", "雪纺", "牛皮"}},
    {"图案", {"竖条纹", "格纹", "碎花", "波点", "豹纹", "字母", "迷彩"}},
    {"领型", {"圆领", "V领", "立领", "娃娃领", "西装领", "方领", "荷叶领"}},
    {"袖型", {"灯笼袖", "泡泡袖", "插肩袖", "蝙蝠袖", "喇叭袖", "落肩袖", "公主袖"}},
    {"门襟", {"双排扣", "隐形拉链", "系带", "牛角扣", "盘扣", "暗扣", "套头"}},
    {"风格", {"英伦风", "中国风", "朋克", "学院风", "复古", "嘻哈", "田园"}},
    {"季节", {"春季", "夏季", "秋季", "冬季"}},
    {"产地", {"浙江", "福建", "意大利", "新疆", "日本", "云南", "法国"}},
    {"功能", {"透气", "速干", "防风", "耐磨", "抗静电", "免烫", "阻燃"}},
    {"重量", {"200克", "1.5公斤", "3公斤", "800克", "2斤", "12千克", "45克"}},
    {"长度", {"96厘米", "1.2米", "50毫米", "30厘米", "8寸", "2米", "70厘米"}},
    {"承诺", {"终身保修", "全国包邮", "七天无理由", "假一赔十", "国家专利"}},
    {"荣誉", {"销量第一", "全网最低价", "顶级", "独一无二", "国家级"}},
};
static const struct pool pools_en[] = {
    {"color", {"black", "white", "navy blue", "burgundy", "yellow", "purple", "olive green"}},
    {"material", {"cotton", "silk", "merino wool", "polyester", "genuine leather", "bamboo", "stainless steel"}},
    {"pattern", {"striped", "plaid", "polka dot", "leopard print", "floral", "paisley"}},
    {"collar", {"crew neck", "V-neck", "turtleneck", "boat neck", "square neck"}},
    {"season", {"spring", "summer", "autumn", "winter"}},
    {"features", {"waterproof", "breathable", "quick-dry", "anti-slip", "dishwasher safe", "noise cancelling"}},
    {"weight", {"200 g", "1.5 kg", "3 kg", "800 g", "16 oz"}},
    {"origin", {"Italy", "Japan", "Scotland", "Peru", "Vietnam"}},
    {"promise", {"lifetime warranty", "free shipping", "money back", "clinically proven"}},
    {"praise", {"world-class", "unbeatable", "the only", "best"}},
};

struct choice { const struct pool *pool; const char *value; };

static size_t pool_size(const struct pool *p)
{
    size_t n = 0;
    while (n < 8 && p->values[n]) n++;
    return n;
}

/* Some pools, one value of each; the rest of each pool is foreign. */
static size_t choose(struct rng *g, const struct pool *pools, size_t n_pools, struct choice *out)
{
    size_t n = 0;
    for (size_t i = 0; i < n_pools; i++)
        if (rng_below(g, 2)) out[n++] = (struct choice){&pools[i], pools[i].values[rng_below(g, pool_size(&pools[i]))]};
    return n;
}

static void make_record(const struct choice *choices, size_t n, struct record *r)
{
    struct strbuf b = {0};
    for (size_t i = 0; i < n; i++) strbuf_printf(&b, "%s: %s; ", choices[i].pool->name, choices[i].value);
    ok(record_from_attributes(strbuf_str(&b), b.len, r));
    strbuf_release(&b);
}

static void random_texts(const struct pool *pools, size_t n_pools, bool zh)
{
    struct rng g;
    rng_seed(&g, zh ? 21 : 22);
    for (int round = 0; round < 400; round++) {
        struct choice choices[16];
        struct record r;
        struct facts f;
        struct strbuf text = {0};
        size_t n = choose(&g, pools, n_pools, choices);
        if (n == 0) continue;
        make_record(choices, n, &r);
        for (size_t i = 0; i < n; i++) strbuf_printf(&text, zh ? "这里有%s的特点，" : "It has the quality: %s. ", choices[rng_below(&g, n)].value);
        ok(facts_check(lexicon, &r, strbuf_str(&text), text.len, &f));
        for (size_t i = 0; i < f.n; i++)
            if (!f.items[i].field) fail_msg("'%s' of '%s' is not supported by '%s'", f.items[i].claim, text.data, r.text);
        assert_true(f.n > 0);
        facts_release(&f);

        const struct pool *p = choices[rng_below(&g, n)].pool;
        const char *foreign = p->values[rng_below(&g, pool_size(p))];
        bool is_own = false;
        for (size_t i = 0; i < n; i++) is_own = is_own || choices[i].value == foreign;
        strbuf_printf(&text, zh ? "还有%s的特点。" : "It has the quality: %s.", foreign);
        ok(facts_check(lexicon, &r, strbuf_str(&text), text.len, &f));
        if (!is_own && facts_unsupported(&f) == 0) fail_msg("foreign '%s' passed in '%s' of '%s'", foreign, text.data, r.text);
        if (is_own && facts_unsupported(&f) != 0) fail_msg("own '%s' did not pass in '%s' of '%s'", foreign, text.data, r.text);
        facts_release(&f);
        strbuf_release(&text);
        record_release(&r);
    }
}

static void own_words_pass_and_foreign_ones_do_not(void **state)
{
    (void)state;
    random_texts(pools_zh, sizeof pools_zh / sizeof pools_zh[0], true);
    random_texts(pools_en, sizeof pools_en / sizeof pools_en[0], false);
}

/* ---- bans ---- */

static bool banned(const struct bans *b, const char *text)
{
    for (size_t i = 0; i < b->n; i++)
        if (memmem(text, strlen(text), b->items[i].s, b->items[i].n)) return true;
    return false;
}

static void bans_of(const struct pool *pools, size_t n_pools, enum language l, uint64_t seed)
{
    struct rng g;
    rng_seed(&g, seed);
    for (int round = 0; round < 15; round++) {
        struct choice choices[16];
        struct record r;
        struct support *s;
        struct bans b = {0};
        size_t n = choose(&g, pools, n_pools, choices);
        if (n == 0) continue;
        make_record(choices, n, &r);
        ok(support_new(lexicon, &r, &s));
        ok(bans_for_record(&b, s, l));
        assert_true(b.bytes <= DECODE_CONSTRAINT_BYTES_MAX);
        for (size_t i = 0; i < n; i++) {
            struct strbuf sentence = {0};
            strbuf_printf(&sentence, l == LANGUAGE_ZH ? "有%s。" : "a %s.", choices[i].value);
            if (banned(&b, strbuf_str(&sentence))) fail_msg("'%s' of '%s' is banned", choices[i].value, r.text);
            strbuf_release(&sentence);
        }
        for (size_t i = 0; i < n_pools; i++) {
            for (size_t k = 0; k < pool_size(&pools[i]); k++) {
                struct facts f;
                struct strbuf sentence = {0};
                strbuf_printf(&sentence, l == LANGUAGE_ZH ? "有%s。" : "a %s.", pools[i].values[k]);
                ok(facts_check_support(s, strbuf_str(&sentence), sentence.len, &f));
                bool number = strpbrk(sentence.data, "0123456789") != NULL;   /* digits of the record may be written */
                if (facts_unsupported(&f) && !number && l == LANGUAGE_ZH && !banned(&b, sentence.data)) fail_msg("'%s' is not banned for '%s'", sentence.data, r.text);
                facts_release(&f);
                strbuf_release(&sentence);
            }
        }
        bans_release(&b);
        support_free(s);
        record_release(&r);
    }
}

static void bans_cover_what_is_foreign_only(void **state)
{
    (void)state;
    bans_of(pools_zh, sizeof pools_zh / sizeof pools_zh[0], LANGUAGE_ZH, 31);
    bans_of(pools_en, sizeof pools_en / sizeof pools_en[0], LANGUAGE_EN, 32);
}

static void bans_leave_other_words_alone(void **state)
{
    (void)state;
    struct record r;
    struct support *s;
    struct bans b = {0};
    ok(record_from_attributes("color: black", 12, &r));
    ok(support_new(lexicon, &r, &s));
    ok(bans_for_record(&b, s, LANGUAGE_EN));
    assert_true(banned(&b, "it is red."));
    assert_true(banned(&b, "a red shirt"));
    assert_true(banned(&b, "Red shirt"));
    assert_true(banned(&b, "waterproof by nature, with waterproof seams"));
    assert_true(banned(&b, "only 5 left"));
    assert_true(banned(&b, "<UNK>"));
    assert_false(banned(&b, "a black thing that reduces glare, redesigned and covered in the blink of an eye"));
    bans_release(&b);
    support_free(s);
    record_release(&r);
    /* a part of a supported word is not banned */
    ok(record_from_attributes("裙款式#不对称", strlen("裙款式#不对称"), &r));
    ok(support_new(lexicon, &r, &s));
    ok(bans_for_record(&b, s, LANGUAGE_ZH));
    assert_false(banned(&b, "不对称的裙摆"));
    assert_true(banned(&b, "红色的裙摆"));
    bans_release(&b);
    support_free(s);
    record_release(&r);
}

/* ---- the sample shop ---- */

struct goods { struct arena arena; struct product *items; size_t n, cap; };

static const char *text_of(struct goods *g, json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return arena_strdup(&g->arena, s ? s : "");
}

static void add_attributes(struct goods *g, struct attribute *out, size_t *n, json_t *o, const char *language)
{
    const char *key;
    json_t *value;
    json_object_foreach(o, key, value)
        out[(*n)++] = (struct attribute){.name = arena_strdup(&g->arena, key), .value = arena_strdup(&g->arena, json_string_value(value)), .language = language};
}

static void add_product(struct goods *g, json_t *o)
{
    ok(mem_grow(&g->items, &g->cap, g->n + 1, sizeof *g->items));
    json_t *zh = json_object_get(o, "attributes"), *en = json_object_get(o, "attributes_en");
    struct attribute *attributes = arena_zalloc(&g->arena, json_object_size(zh) + json_object_size(en) + 1, sizeof *attributes);
    struct product p = {.price = PRODUCT_PRICE_NONE, .url = "", .image = "", .attributes = attributes};
    add_attributes(g, attributes, &p.n_attributes, zh, "zh");
    add_attributes(g, attributes, &p.n_attributes, en, "en");
    p.id = text_of(g, o, "id");
    p.brand = text_of(g, o, "brand");
    p.title = p.title_zh = text_of(g, o, "title");
    p.title_en = text_of(g, o, "title_en");
    p.category = p.category_zh = text_of(g, o, "category");
    p.category_en = text_of(g, o, "category_en");
    p.description = p.description_zh = text_of(g, o, "description");
    p.description_en = text_of(g, o, "description_en");
    g->items[g->n++] = p;
}

static void load_shop(struct goods *g)
{
    static const char folder[] = SOURCE_DIR "/examples/shop/products";
    struct dirent **files;
    *g = (struct goods){0};
    arena_init(&g->arena, 0);
    int n = scandir(folder, &files, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[512], *data;
        size_t size;
        snprintf(path, sizeof path, "%s/%.200s", folder, files[i]->d_name);
        if (strstr(files[i]->d_name, ".jsonl") && file_read(path, 1 << 26, &data, &size) == OK) {
            for (char *line = strtok(data, "\n"); line; line = strtok(NULL, "\n")) {
                json_t *o = json_loads(line, 0, NULL);
                if (o) add_product(g, o);
                json_decref(o);
            }
            mem_free(data);
        }
        free(files[i]);
    }
    if (n >= 0) free(files);
    assert_true(g->n >= 300);
}

static void release_shop(struct goods *g)
{
    arena_release(&g->arena);
    mem_free(g->items);
}

static void shop_texts_support_themselves(void **state)
{
    (void)state;
    struct goods g;
    load_shop(&g);
    for (size_t i = 0; i < g.n; i++) {
        for (int l = LANGUAGE_ZH; l <= LANGUAGE_EN; l++) {
            struct record r;
            struct support *s;
            struct facts f;
            struct strbuf plain = {0}, again = {0};
            const char *description = product_text(&g.items[i], "description", (enum language)l);
            ok(record_from_product(&g.items[i], (enum language)l, &r));
            ok(support_new(lexicon, &r, &s));
            ok(facts_check_support(s, description, strlen(description), &f));
            for (size_t k = 0; k < f.n; k++)
                if (!f.items[k].field) fail_msg("%s does not support '%s' of its own '%s'", g.items[i].id, f.items[k].claim, description);
            facts_release(&f);
            ok(record_sentence_checked(s, (enum language)l, &plain, &f));
            if (facts_unsupported(&f) || f.n == 0) fail_msg("%s: '%s' says nothing or too much", g.items[i].id, plain.data);
            assert_int_equal(text_language(plain.data, plain.len), l);
            ok(record_sentence(&r, (enum language)l, &again));
            assert_true(plain.len > 20);
            facts_release(&f);
            strbuf_release(&plain);
            strbuf_release(&again);
            support_free(s);
            record_release(&r);
        }
    }
    release_shop(&g);
}

/* A description under another product of the shop is nearly always caught. */
static void shop_texts_do_not_support_each_other(void **state)
{
    (void)state;
    struct goods g;
    size_t caught = 0, tried = 0;
    load_shop(&g);
    for (size_t i = 0; i < g.n; i++) {
        const struct product *other = &g.items[(i + g.n / 2) % g.n];
        for (int l = LANGUAGE_ZH; l <= LANGUAGE_EN; l++) {
            struct record r;
            struct facts f;
            const char *description = product_text(other, "description", (enum language)l);
            ok(record_from_product(&g.items[i], (enum language)l, &r));
            ok(facts_check(lexicon, &r, description, strlen(description), &f));
            caught += facts_unsupported(&f) > 0;
            tried++;
            facts_release(&f);
            record_release(&r);
        }
    }
    if (caught * 100 < tried * 97) fail_msg("only %zu of %zu foreign descriptions were caught", caught, tried);
    release_shop(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_words_pass_and_foreign_ones_do_not), cmocka_unit_test(bans_cover_what_is_foreign_only),
        cmocka_unit_test(bans_leave_other_words_alone),           cmocka_unit_test(shop_texts_support_themselves),
        cmocka_unit_test(shop_texts_do_not_support_each_other),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

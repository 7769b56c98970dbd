/* The tokenizer: exact round trips, training, the file, hostile files, failing memory. */
#include "text/text_int.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const SPECIALS[] = {"<pad>", "<cls>", "<sep>", "<mask>"};
static const char SAMPLE[] =
    "红色羊毛连衣裙 红色羊毛大衣 红色羊毛围巾 running shoes for running, red wool running shoes 2.6kg\n"
    "测试工具箱 工具箱 工具箱套装 家用工具箱 the cordless drill and the cordless saw — $59.99 / ￥300 🎁🎁🎁 naïve café\n"
    "紅色連衣裙 無線電鑽 running running running 工具 工具 工具 <pad> <pad> <pad> <pad> <pad>\n";

static struct tokenizer *train(size_t vocab)
{
    struct tokenizer_trainer *trainer;
    struct tokenizer *t;
    assert_int_equal(tokenizer_trainer_new(&trainer), OK);
    for (int i = 0; i < 5; i++) assert_int_equal(tokenizer_trainer_feed(trainer, SAMPLE, sizeof SAMPLE - 1), OK);
    assert_int_equal(tokenizer_trainer_run(trainer, vocab, SPECIALS, 4, NULL, &t), OK);
    tokenizer_trainer_free(trainer);
    return t;
}

static size_t check_round_trip(const struct tokenizer *t, const char *s, size_t n)
{
    int32_t *ids = malloc((n + 1) * sizeof *ids);
    size_t k = tokenizer_encode(t, s, n, ids, n);
    assert_true(k <= n);
    for (size_t i = 0; i < k; i++) assert_in_range(ids[i], 16, tokenizer_size(t) - 1);
    struct strbuf back = {0};
    assert_int_equal(tokenizer_decode(t, ids, k, &back), OK);
    assert_int_equal(back.len, n);
    if (n) assert_memory_equal(back.data, s, n);
    strbuf_release(&back);
    free(ids);
    return k;
}

static void any_bytes_come_back(void **state)
{
    (void)state;
    struct tokenizer *t = train(500);
    struct rng r;
    char text[700];
    rng_seed(&r, 7);
    for (int round = 0; round < 3000; round++) {
        size_t n = rng_below(&r, sizeof text);
        unsigned range = rng_below(&r, 2) ? 256 : 4;
        for (size_t i = 0; i < n; i++) text[i] = (char)((range == 4 ? 0xE6 : 0) + rng_below(&r, range));
        check_round_trip(t, text, n);
    }
    tokenizer_free(t);
}

static void mixed_text_comes_back(void **state)
{
    (void)state;
    static const char *const parts[] = {"红色", "羊毛连衣裙", " ", "  ", "\n", "running", " shoes", "🎁", "👨‍👩‍👧", "é", "2.6", "kg", "，", "!!", "　", "ｋｇ",
                                        "ﬁ", "\xE7", "\xBA\xA2", "\xF0\x9F", "한국", "日本の", "𠮷", "<pad>", "\t", "'s", "$59.99"};
    struct tokenizer *t = train(600);
    struct rng r;
    rng_seed(&r, 11);
    for (int round = 0; round < 3000; round++) {
        struct strbuf b = {0};
        for (uint64_t k = rng_below(&r, 60); k > 0; k--) strbuf_puts(&b, parts[rng_below(&r, sizeof parts / sizeof *parts)]);
        check_round_trip(t, strbuf_str(&b), b.len);
        strbuf_release(&b);
    }
    tokenizer_free(t);
}

/* Every prefix of a text too: pieces are cut at a limit, and the limit must not fall into a character unnoticed. */
static void long_runs_come_back(void **state)
{
    (void)state;
    struct tokenizer *t = train(500);
    struct strbuf b = {0};
    for (int i = 0; i < 70; i++) strbuf_puts(&b, "羊毛");
    for (int i = 0; i < 40; i++) strbuf_puts(&b, "running");
    for (int i = 0; i < 200; i++) strbuf_putc(&b, ' ');
    for (size_t n = 0; n <= b.len; n++) check_round_trip(t, b.data, n);
    strbuf_release(&b);
    tokenizer_free(t);
}

static void pieces_are_bounded(void **state)
{
    (void)state;
    static const char *const units[] = {"é", "𠮷", "毛", "a", "!", "\n", "\xFF"};
    enum piece_class class;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct strbuf b = {0};
        strbuf_putc(&b, ' ');
        for (int k = 0; k < 200; k++) strbuf_puts(&b, units[i]);
        for (size_t at = 0, n; at < b.len; at += n) {
            n = piece_next(b.data + at, b.len - at, &class);
            assert_in_range(n, 1, PIECE_BYTES_MAX);
            assert_true(at + n == b.len || ((unsigned char)b.data[at + n] & 0xC0) != 0x80);
        }
        strbuf_release(&b);
    }
}

static void frequent_words_become_tokens(void **state)
{
    (void)state;
    struct tokenizer *t = train(600);
    assert_int_equal(check_round_trip(t, "工具箱", 9), 1);
    assert_int_equal(check_round_trip(t, " running", 8), 1);
    assert_int_equal(check_round_trip(t, "12", 2), 2);        /* digits stay single */
    assert_int_equal(check_round_trip(t, " running工具箱", 17), 2);
    assert_int_equal(check_round_trip(t, "  running", 9), 2);  /* the last space belongs to the word */
    tokenizer_free(t);
}

/* A token is whole characters, or a part of one: never half a character beside something else. */
static void tokens_keep_characters_whole(void **state)
{
    (void)state;
    struct tokenizer *t = train(700);
    for (int32_t id = 16; (size_t)id < tokenizer_size(t); id++) {
        size_t n;
        const char *s = tokenizer_bytes(t, id, &n), *p = s;
        if (utf8_valid(s, n, NULL)) continue;
        assert_true(n <= 3);
        for (p = s + 1; p < s + n; p++) assert_int_equal((unsigned char)*p & 0xC0, 0x80);
    }
    tokenizer_free(t);
}

static void special_tokens_are_apart(void **state)
{
    (void)state;
    struct tokenizer *t = train(700);
    int32_t ids[16];
    size_t n;
    assert_int_equal(tokenizer_special(t, "<cls>"), 1);
    assert_int_equal(tokenizer_special(t, "<unused9>"), 9);
    assert_int_equal(tokenizer_special(t, "cls"), -1);
    assert_true(tokenizer_encode(t, "<pad>", 5, ids, 16) > 1);   /* frequent in the sample, and still not one token */
    for (size_t i = 0; i < 2; i++) assert_true(ids[i] >= 16);
    assert_string_equal(tokenizer_bytes(t, 1, &n), "");
    assert_int_equal(n, 0);
    assert_string_equal(tokenizer_bytes(t, -1, &n), "");
    assert_string_equal(tokenizer_bytes(t, (int32_t)tokenizer_size(t), &n), "");
    struct strbuf out = {0};
    assert_int_equal(tokenizer_decode(t, (int32_t[]){0, 16 + 'a', 3, 999999, -5}, 5, &out), OK);
    assert_string_equal(out.data, "a");
    strbuf_release(&out);
    tokenizer_free(t);
}

static void encoding_says_what_it_needs(void **state)
{
    (void)state;
    struct tokenizer *t = train(500);
    int32_t all[400], few[5] = {-1, -1, -1, -1, -1};
    size_t n = tokenizer_encode(t, SAMPLE, 200, all, 400);
    assert_int_equal(tokenizer_encode(t, SAMPLE, 200, few, 4), n);
    assert_memory_equal(all, few, 4 * sizeof *few);
    assert_int_equal(few[4], -1);
    assert_int_equal(tokenizer_encode(t, SAMPLE, 200, NULL, 0), n);
    assert_int_equal(tokenizer_encode(t, "", 0, NULL, 0), 0);
    tokenizer_free(t);
}

static void training_does_not_depend_on_order(void **state)
{
    (void)state;
    static const char *const lines[] = {"红色羊毛 running", "工具箱工具", "running shoes", "羊毛连衣裙 red red", "测试"};
    struct tokenizer *made[2];
    for (int side = 0; side < 2; side++) {
        struct tokenizer_trainer *trainer;
        assert_int_equal(tokenizer_trainer_new(&trainer), OK);
        for (int k = 0; k < 15; k++) {
            const char *line = lines[side ? (k * 2) % 5 : 4 - k % 5];
            assert_int_equal(tokenizer_trainer_feed(trainer, line, strlen(line)), OK);
        }
        assert_int_equal(tokenizer_trainer_run(trainer, 330, SPECIALS, 4, NULL, &made[side]), OK);
        tokenizer_trainer_free(trainer);
    }
    assert_int_equal(tokenizer_size(made[0]), tokenizer_size(made[1]));
    for (int32_t id = 0; (size_t)id < tokenizer_size(made[0]); id++) {
        size_t n, m;
        const char *a = tokenizer_bytes(made[0], id, &n), *b = tokenizer_bytes(made[1], id, &m);
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n);
    }
    tokenizer_free(made[0]);
    tokenizer_free(made[1]);
}

/* Trains on the text as far as it goes; the merged tokens, in order. */
static void check_merges_of(const char *text, const char *special, const char *expected)
{
    struct tokenizer_trainer *trainer;
    struct tokenizer *t;
    struct strbuf out = {0};
    assert_int_equal(tokenizer_trainer_new(&trainer), OK);
    assert_int_equal(tokenizer_trainer_feed(trainer, text, strlen(text)), OK);
    assert_int_equal(tokenizer_trainer_run(trainer, 400, &special, 1, NULL, &t), OK);
    for (int32_t id = TOKENIZER_FIRST_MERGE; (size_t)id < tokenizer_size(t); id++) {
        size_t n;
        const char *bytes = tokenizer_bytes(t, id, &n);
        strbuf_add(&out, bytes, n);
        strbuf_putc(&out, '|');
    }
    assert_string_equal(strbuf_str(&out), expected);
    strbuf_release(&out);
    tokenizer_free(t);
    tokenizer_trainer_free(trainer);
}

/* Counted by hand. When a and b have become ab, b no longer stands beside c, nor a beside z. */
static void merges_follow_the_counts(void **state)
{
    (void)state;
    check_merges_of("aab,aab,ab,ab,ab,", "<pad>", "ab|aab|");
    check_merges_of("abc,abc,abc,abc,abc,ab,de,de,de", "<pad>", "ab|abc|de|");
    check_merges_of("zab,zab,zab,zab,zab,ab,de,de,de", "<pad>", "ab|zab|de|");
    check_merges_of("abab,abab,ab", "<pad>", "ab|abab|");
    check_merges_of("aaaa1aaaa1aaaa", "<pad>", "aa|aaaa|");
    check_merges_of("毛毛,毛毛,毛", "<pad>", "\xE6\xAF|毛|毛毛|");
    check_merges_of("<-> <-> <->", "<pad>", "->|<->|");
    check_merges_of("<-> <-> <->", "<->", "->|");   /* the text of a special token never becomes a plain one */
}

/* The last check before the tables; a loaded file has passed others by then. */
static void repeated_merges_are_refused(void **state)
{
    (void)state;
    const char *names[TOKENIZER_SPECIALS];
    char unused[TOKENIZER_SPECIALS][8];
    struct tokenizer *t;
    for (int i = 0; i < TOKENIZER_SPECIALS; i++) {
        snprintf(unused[i], sizeof unused[i], "<%d>", i);
        names[i] = unused[i];
    }
    assert_int_equal(tokenizer_build((struct merge[]){{20, 21}, {20, 22}}, 2, names, &t), OK);
    tokenizer_free(t);
    assert_int_equal(tokenizer_build((struct merge[]){{20, 21}, {20, 21}}, 2, names, &t), ERR_FORMAT);
    assert_int_equal(tokenizer_build((struct merge[]){{20, 272}}, 1, names, &t), ERR_FORMAT);
    assert_int_equal(tokenizer_build((struct merge[]){{3, 20}}, 1, names, &t), ERR_FORMAT);
}

static void vocabulary_is_filled_exactly(void **state)
{
    (void)state;
    for (size_t size = 272; size < 400; size += 7) {
        struct tokenizer *t = train(size);
        assert_int_equal(tokenizer_size(t), size);
        check_round_trip(t, SAMPLE, sizeof SAMPLE - 1);
        tokenizer_free(t);
    }
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static void training_refuses(void **state)
{
    (void)state;
    struct tokenizer_trainer *trainer;
    struct tokenizer *t = (void *)1;
    assert_int_equal(tokenizer_trainer_new(&trainer), OK);
    assert_int_equal(tokenizer_trainer_feed(trainer, SAMPLE, sizeof SAMPLE - 1), OK);
    assert_int_equal(tokenizer_trainer_run(trainer, 100, SPECIALS, 4, NULL, &t), ERR_USAGE);
    assert_null(t);
    assert_int_equal(tokenizer_trainer_run(trainer, (size_t)1 << 40, SPECIALS, 4, NULL, &t), ERR_USAGE);
    assert_int_equal(tokenizer_trainer_run(trainer, 400, SPECIALS, 17, NULL, &t), ERR_USAGE);
    assert_int_equal(tokenizer_trainer_run(trainer, 400, (const char *[]){"<a>", "<a>"}, 2, NULL, &t), ERR_USAGE);
    assert_int_equal(tokenizer_trainer_run(trainer, 400, (const char *[]){"a"}, 1, NULL, &t), ERR_USAGE);
    assert_int_equal(tokenizer_trainer_run(trainer, 400, (const char *[]){"<\xE7>"}, 1, NULL, &t), ERR_USAGE);
    struct progress stop = {.cancelled = always};
    assert_int_equal(tokenizer_trainer_run(trainer, 400, SPECIALS, 4, &stop, &t), ERR_INTERRUPTED);
    assert_int_equal(tokenizer_trainer_run(trainer, 400, SPECIALS, 4, NULL, &t), OK);
    tokenizer_free(t);
    tokenizer_trainer_free(trainer);
}

/* ---- the file ---- */

static char path[64];

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/daogou_tokenizer_%ld.json", (long)getpid());
    return 0;
}

static int remove_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void file_gives_the_same_tokenizer(void **state)
{
    (void)state;
    struct tokenizer *t = train(500), *loaded;
    int32_t a[400], b[400];
    assert_int_equal(tokenizer_save(t, path), OK);
    assert_int_equal(tokenizer_load(path, &loaded), OK);
    assert_int_equal(tokenizer_size(loaded), tokenizer_size(t));
    size_t n = tokenizer_encode(t, SAMPLE, sizeof SAMPLE - 1, a, 400), m = tokenizer_encode(loaded, SAMPLE, sizeof SAMPLE - 1, b, 400);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n * sizeof *a);
    assert_int_equal(tokenizer_special(loaded, "<mask>"), 3);
    tokenizer_free(t);
    tokenizer_free(loaded);
}

static void full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    struct tokenizer *t = train(400), *loaded;
    assert_int_equal(tokenizer_save(t, path), OK);
    file_fail_write_at(1);
    assert_int_equal(tokenizer_save(t, path), ERR_IO);
    file_fail_write_at(0);
    assert_int_equal(tokenizer_load(path, &loaded), OK);
    tokenizer_free(loaded);
    tokenizer_free(t);
}

/* Without the fsync of an atomic file: there are many. */
static void put_file(const char *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void refuse(const char *data, size_t n)
{
    struct tokenizer *t = (void *)1;
    put_file(data, n);
    status s = tokenizer_load(path, &t);
    if (s == OK) fail_msg("a broken file was loaded: %.200s", data);
    assert_null(t);
    assert_int_equal(s, ERR_FORMAT);
    assert_non_null(strstr(status_message(), path));
    assert_null(strchr(status_message(), '\n'));
}

/* A good file, for breaking; also at path. */
static char *saved_file(size_t *n)
{
    static char *kept;
    static size_t kept_n;
    if (!kept) {
        struct tokenizer *t = train(330);
        assert_int_equal(tokenizer_save(t, path), OK);
        tokenizer_free(t);
        assert_int_equal(file_read(path, 1 << 24, &kept, &kept_n), OK);
    }
    put_file(kept, kept_n);
    *n = kept_n;
    return mem_strndup(kept, kept_n);
}

static void truncated_files_are_refused(void **state)
{
    (void)state;
    size_t n;
    char *data = saved_file(&n);
    for (size_t cut = 0; cut + 2 < n; cut += 1 + n / 400) refuse(data, cut);
    free(data);
    assert_int_equal(tokenizer_load("/nonexistent/tokenizer.json", &(struct tokenizer *){0}), ERR_IO);
    assert_int_equal(tokenizer_load("/tmp", &(struct tokenizer *){0}), ERR_IO);
}

/* Parses the good file, lets the case break it, and expects a refusal. */
static void check_broken(void (*change)(json_t *root, json_t *vocab, json_t *merges))
{
    size_t n;
    char *data = saved_file(&n);
    json_t *root = json_loadb(data, n, 0, NULL), *model = json_object_get(root, "model");
    assert_non_null(root);
    change(root, json_object_get(model, "vocab"), json_object_get(model, "merges"));
    char *text = json_dumps(root, 0);
    refuse(text, strlen(text));
    free(text);
    json_decref(root);
    free(data);
}

#define BREAK(name, code)                                           \
    static void name(json_t *root, json_t *vocab, json_t *merges)   \
    {                                                               \
        (void)root, (void)vocab, (void)merges;                      \
        code;                                                       \
    }
BREAK(no_model, json_object_del(root, "model"))
BREAK(other_type, json_object_set_new(json_object_get(root, "model"), "type", json_string("WordPiece")))
BREAK(no_splitter, json_object_del(root, "daogou"))
BREAK(other_splitter, json_object_set_new(json_object_get(root, "daogou"), "splitter", json_string("gpt2")))
BREAK(vocab_is_text, json_object_set_new(json_object_get(root, "model"), "vocab", json_string("a")))
BREAK(huge_id, json_object_set_new(vocab, "a", json_integer(INT64_MAX)))
BREAK(negative_id, json_object_set_new(vocab, "a", json_integer(-1)))
BREAK(id_is_text, json_object_set_new(vocab, "a", json_string("1")))
BREAK(byte_moved, (json_object_set_new(vocab, "a", json_integer(16 + 'b')), json_object_set_new(vocab, "b", json_integer(16 + 'a'))))
BREAK(id_twice, json_object_set_new(vocab, "a", json_integer(16 + 'b')))
BREAK(no_letter, (json_object_del(vocab, "a"), json_object_set_new(vocab, "\xE7\xBA\xA2", json_integer(16 + 'a'))))
BREAK(long_token, (json_object_del(vocab, "a"), json_object_set_new(vocab, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", json_integer(16 + 'a'))))
BREAK(fewer_merges, json_array_remove(merges, 3))
BREAK(merges_swapped, (json_array_insert(merges, 0, json_array_get(merges, 5)), json_array_remove(merges, 6)))
BREAK(more_specials, json_array_append(json_object_get(root, "added_tokens"), json_array_get(json_object_get(root, "added_tokens"), 0)))
BREAK(byte_missing, (json_object_del(vocab, "\xC4\x80"), json_object_set_new(vocab, "<second>", json_integer(0))))
BREAK(merge_repeated, json_array_set(merges, 5, json_array_get(merges, 4)))
BREAK(merge_no_space, json_array_set_new(merges, 5, json_string("ab")))
BREAK(merge_empty, json_array_set_new(merges, 5, json_string(" ")))
BREAK(merge_unknown, json_array_set_new(merges, 5, json_string("zqzqzq zqzq")))
BREAK(merge_number, json_array_set_new(merges, 5, json_integer(5)))
BREAK(merge_short, json_array_set_new(merges, 5, json_pack("[s]", "a")))
BREAK(no_specials, json_object_del(root, "added_tokens"))
BREAK(fewer_specials, json_array_remove(json_object_get(root, "added_tokens"), 15))
BREAK(special_moved, json_object_set_new(json_array_get(json_object_get(root, "added_tokens"), 2), "id", json_integer(5)))
BREAK(special_renamed, json_object_set_new(json_array_get(json_object_get(root, "added_tokens"), 2), "content", json_string("a")))
BREAK(special_bad_name, (json_object_del(vocab, "<pad>"), json_object_set_new(vocab, "pad", json_integer(0)),
                         json_object_set_new(json_array_get(json_object_get(root, "added_tokens"), 0), "content", json_string("pad"))))

/* Two neighbours that do not need each other: only their ids tell that they changed places. */
static void neighbours_swapped(json_t *root, json_t *vocab, json_t *merges)
{
    (void)root;
    for (size_t i = 0; i + 1 < json_array_size(merges); i++) {
        const char *next = json_string_value(json_array_get(merges, i + 1)), *space = strchr(next, ' ');
        char side[2][64];
        snprintf(side[0], sizeof side[0], "%.*s", (int)(space - next), next);
        snprintf(side[1], sizeof side[1], "%s", space + 1);
        json_int_t made = TOKENIZER_FIRST_MERGE + (json_int_t)i;
        if (json_integer_value(json_object_get(vocab, side[0])) == made || json_integer_value(json_object_get(vocab, side[1])) == made) continue;
        json_array_insert(merges, i, json_array_get(merges, i + 1));
        json_array_remove(merges, i + 2);
        return;
    }
    fail_msg("no such neighbours");
}

static void altered_files_are_refused(void **state)
{
    (void)state;
    void (*const changes[])(json_t *, json_t *, json_t *) = {
        no_model, other_type, no_splitter, other_splitter, vocab_is_text, huge_id, negative_id, id_is_text, byte_moved, id_twice, no_letter,
        long_token, fewer_merges, merges_swapped, neighbours_swapped, byte_missing, more_specials,
         merge_repeated, merge_no_space, merge_empty, merge_unknown, merge_number, merge_short,
        no_specials, fewer_specials, special_moved, special_renamed, special_bad_name};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) check_broken(changes[i]);
    static const char *const texts[] = {"", "null", "[]", "{}", "{\"model\":[]}", "{\"model\":{\"type\":\"BPE\"}}", "\xFF\xFE", "{\"a\":1,\"a\":2}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) refuse(texts[i], strlen(texts[i]));
    struct strbuf deep = {0};
    for (int i = 0; i < 100000; i++) strbuf_putc(&deep, '[');
    refuse(deep.data, deep.len);
    strbuf_release(&deep);
}

/* A random byte of a good file changed: refused, or a tokenizer that still round-trips. Never a crash. */
static void flipped_bytes_never_crash(void **state)
{
    (void)state;
    size_t n;
    char *data = saved_file(&n);
    struct rng r;
    rng_seed(&r, 3);
    for (int round = 0; round < 400; round++) {
        size_t at = rng_below(&r, n);
        char old = data[at];
        struct tokenizer *t;
        data[at] = (char)rng_below(&r, 256);
        put_file(data, n);
        if (tokenizer_load(path, &t) == OK) {
            check_round_trip(t, SAMPLE, sizeof SAMPLE - 1);
            tokenizer_free(t);
        }
        data[at] = old;
    }
    free(data);
}

/* New Hugging Face files write merges as pairs. */
static void merges_as_pairs_are_read(void **state)
{
    (void)state;
    size_t n;
    char *data = saved_file(&n);
    json_t *root = json_loadb(data, n, 0, NULL), *merges = json_object_get(json_object_get(root, "model"), "merges");
    for (size_t i = 0; i < json_array_size(merges); i++) {
        const char *s = json_string_value(json_array_get(merges, i)), *space = strchr(s, ' ');
        json_array_set_new(merges, i, json_pack("[s#s]", s, (int)(space - s), space + 1));
    }
    assert_int_equal(json_dump_file(root, path, 0), 0);
    struct tokenizer *t;
    assert_int_equal(tokenizer_load(path, &t), OK);
    check_round_trip(t, SAMPLE, sizeof SAMPLE - 1);
    tokenizer_free(t);
    json_decref(root);
    free(data);
}

/* ---- failing memory ---- */

/* Runs the load with each allocation failing once. jansson calls some of its own failures syntax errors: any sentence will do there. */
static uint64_t load_with_failures(bool only_ours)
{
    for (uint64_t at = 1;; at += at < 200 ? 1 : 7) {
        struct tokenizer *t;
        mem_fail_at(at);
        status s = tokenizer_load(path, &t);
        bool reached = mem_fail_at(0) >= at;
        if (!reached) {
            assert_int_equal(s, OK);
            tokenizer_free(t);
            return at;
        }
        if (only_ours) assert_int_equal(s, ERR_NOMEM);
        assert_int_not_equal(s, OK);
        assert_null(t);
    }
}

static void load_survives_failing_memory(void **state)
{
    (void)state;
    size_t n;
    free(saved_file(&n));
    load_with_failures(true);
    json_set_alloc_funcs(mem_alloc, mem_free);
    uint64_t seen = load_with_failures(false);
    json_set_alloc_funcs(malloc, free);
    assert_true(seen > 1000);
}

static void training_survives_failing_memory(void **state)
{
    (void)state;
    for (uint64_t at = 1;; at += at < 30 ? 1 : 13) {
        struct tokenizer_trainer *trainer = NULL;
        struct tokenizer *t = NULL;
        mem_fail_at(at);
        status s = tokenizer_trainer_new(&trainer);
        if (s == OK) s = tokenizer_trainer_feed(trainer, SAMPLE, sizeof SAMPLE - 1);
        if (s == OK) s = tokenizer_trainer_run(trainer, 340, SPECIALS, 4, NULL, &t);
        bool reached = mem_fail_at(0) >= at;
        assert_int_equal(s, reached ? ERR_NOMEM : OK);
        tokenizer_free(t);
        tokenizer_trainer_free(trainer);
        if (!reached) break;
    }
}

static void saving_survives_failing_memory(void **state)
{
    (void)state;
    struct tokenizer *t = train(300);
    for (uint64_t at = 1;; at++) {
        mem_fail_at(at);
        status s = tokenizer_save(t, path);
        bool reached = mem_fail_at(0) >= at;
        if (!reached) {
            assert_int_equal(s, OK);
            break;
        }
        struct tokenizer *loaded;   /* the last one only guards the directory's fsync and may be missed */
        if (s == OK) {
            assert_int_equal(tokenizer_load(path, &loaded), OK);
            tokenizer_free(loaded);
        } else assert_int_equal(s, ERR_NOMEM);
    }
    tokenizer_free(t);
}

/* ---- overlap of a pair ---- */

static size_t put(const struct tokenizer *t, const char *s, int32_t *ids, size_t n)
{
    return n + tokenizer_encode(t, s, strlen(s), ids + n, 64);
}

/* What the tokens of one kind spell, in order; marks of special tokens must be 0. */
static void assert_overlap(const struct tokenizer *t, const char *a, const char *b, const char *absent, const char *present)
{
    enum { CLS = 1, SEP = 2 };
    int32_t ids[160] = {CLS}, kinds[160];
    size_t n = put(t, a, ids, 1);
    ids[n++] = SEP;
    n = put(t, b, ids, n);
    ids[n++] = SEP;
    char found[3][400] = {"", "", ""};
    tokenizer_overlap(t, ids, n, SEP, kinds);
    for (size_t i = 0; i < n; i++) {
        size_t k;
        const char *s = tokenizer_bytes(t, ids[i], &k);
        assert_in_range(kinds[i], 0, 2);
        assert_true((kinds[i] == 0) == (k == 0));
        strncat(found[kinds[i]], s, k);
    }
    assert_string_equal(found[1], absent);
    assert_string_equal(found[2], present);
}

static void overlap_finds_words_of_the_other_text(void **state)
{
    (void)state;
    struct tokenizer *t = train(600);
    assert_overlap(t, "red running shoes", "wool running", "red shoeswool", " running running");
    assert_overlap(t, "running", "wool running", "rwool", "unning running");     /* without its space it is cut into r and unning */
    assert_overlap(t, "工具", "工具箱套装", "工具箱套装", "工具");                       /* inside of a longer word, not the other way */
    assert_overlap(t, "2", "2.6", ".6", "22");                                          /* short ones only as tokens of their own */
    assert_overlap(t, "e", "the running", "ethe running", "");
    assert_overlap(t, "", "running", "running", "");
    tokenizer_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(mixed_text_comes_back),
        cmocka_unit_test(long_runs_come_back),
        cmocka_unit_test(pieces_are_bounded),
        cmocka_unit_test(frequent_words_become_tokens),
        cmocka_unit_test(tokens_keep_characters_whole),
        cmocka_unit_test(special_tokens_are_apart),
        cmocka_unit_test(encoding_says_what_it_needs),
        cmocka_unit_test(training_does_not_depend_on_order),
        cmocka_unit_test(merges_follow_the_counts),
        cmocka_unit_test(repeated_merges_are_refused),
        cmocka_unit_test(vocabulary_is_filled_exactly),
        cmocka_unit_test(training_refuses),
        cmocka_unit_test(file_gives_the_same_tokenizer),
        cmocka_unit_test(full_disk_keeps_the_old_file),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(altered_files_are_refused),
        cmocka_unit_test(flipped_bytes_never_crash),
        cmocka_unit_test(merges_as_pairs_are_read),
        cmocka_unit_test(overlap_finds_words_of_the_other_text),
        cmocka_unit_test(load_survives_failing_memory),
        cmocka_unit_test(training_survives_failing_memory),
        cmocka_unit_test(saving_survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}

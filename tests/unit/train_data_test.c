/* What the sources put into a batch, and what they refuse to read. */
#include "train_fixture.h"

#include <math.h>

static struct tokenizer *tokenizer;
static struct train_config config;
static struct source source;
static struct micro_batch batch;

static void open_source(enum train_kind kind, const char *extra)
{
    write_config("data.json", kind, "out", extra);
    assert_int_equal(train_config_read(&config, kind, in_dir("data.json")), OK);
    assert_int_equal(tokenizer_load(config.tokenizer, &tokenizer), OK);
    status s = kind == TRAIN_PRETRAIN ? pretrain_source_open(&source, &config, tokenizer, 1, NULL) : finetune_source_open(&source, &config, tokenizer, NULL);
    if (s != OK) fail_msg("%s", status_message());
    assert_int_equal(micro_batch_init(&batch, config.batch_tokens), OK);
}

static void close_source(void)
{
    source.close(source.context);
    micro_batch_release(&batch);
    tokenizer_free(tokenizer);
    train_config_release(&config);
    remove_tree(in_dir("out"));
}

static int32_t label_at(const struct row_targets *r, size_t row)
{
    for (size_t i = 0; i < r->n; i++)
        if ((size_t)r->rows[i] == row) return r->targets[i];
    return -1;
}

/* ---- pretraining ---- */

static void masking_is_15_80_10_10(void **state)
{
    (void)state;
    enum { N = 200000, VOCAB = 1000 };
    int32_t *ids = mem_zalloc(N, sizeof *ids);
    struct row_targets out = {mem_zalloc(N, sizeof(int32_t)), mem_zalloc(N, sizeof(int32_t)), 0};
    struct rng r;
    rng_seed(&r, 3);
    for (int i = 0; i < N; i++) ids[i] = i % 10 == 0 ? TOKEN_SEP : 500;
    mask_tokens(&r, ids, N, 7, 0.15, VOCAB, &out);
    double masked = 0, random = 0, kept = 0;
    for (size_t i = 0; i < out.n; i++) {
        int32_t at = out.rows[i] - 7;
        assert_true(at % 10 != 0);                /* never a special token */
        assert_int_equal(out.targets[i], 500);
        masked += ids[at] == TOKEN_MASK;
        kept += ids[at] == 500;
        random += ids[at] != TOKEN_MASK && ids[at] != 500;
        assert_true(ids[at] == TOKEN_MASK || (ids[at] >= SPECIAL_TOKENS && ids[at] < VOCAB));
    }
    double n = (double)out.n, text = N * 0.9;
    assert_true(fabs(n / text - 0.15) < 0.004);
    assert_true(fabs(masked / n - 0.8) < 0.01 && fabs(random / n - 0.1) < 0.01 && fabs(kept / n - 0.1) < 0.01);
    size_t changed = 0;
    for (int i = 0; i < N; i++) changed += ids[i] != (i % 10 == 0 ? TOKEN_SEP : 500);
    assert_true(changed == (size_t)(masked + random)); /* nothing outside the chosen rows is touched */

    int32_t few[3] = {TOKEN_CLS, 300, TOKEN_SEP};
    out.n = 0;
    mask_tokens(&r, few, 3, 0, 1e-9, VOCAB, &out);  /* a pair without a target would teach nothing */
    assert_true(out.n == 1 && out.rows[0] == 1 && out.targets[0] == 300);
    mem_free(ids), mem_free(out.rows), mem_free(out.targets);
}

/* Sentences begin and end with "house 17", the number of their document: b follows a iff the document numbers agree. */
static void pairs_are_balanced_and_labelled_right(void **state)
{
    (void)state;
    open_source(TRAIN_PRETRAIN, ",\"lm_share\":0,\"mask_share\":0.001");
    struct sampler s;
    sampler_init(&s, 4, SPLIT_TRAIN);
    double follows = 0, pairs = 0, right = 0, told = 0;
    for (int i = 0; i < 150; i++) {
        source.fill(source.context, &s, &batch);
        for (size_t q = 0; q < batch.batch.n_seqs; q++) {
            assert_int_equal(batch.prefix[q], batch.offsets[q + 1] - batch.offsets[q]);
            struct strbuf text[2] = {{0}, {0}};
            int side = 0;
            for (int32_t at = batch.offsets[q]; at < batch.offsets[q + 1]; at++) {
                int32_t target = label_at(&batch.mlm, (size_t)at), id = target >= 0 ? target : batch.tokens[at];
                if (id == TOKEN_SEP) side = 1;
                else if (id != TOKEN_CLS) tokenizer_decode(tokenizer, &id, 1, &text[side]);
            }
            const char *a = strbuf_str(&text[0]), *b = strstr(strbuf_str(&text[1]), "house ");
            for (const char *next; *a && (next = strstr(a + 1, "house ")) != NULL;) a = next; /* its last; its end is never cut */
            pairs++, follows += batch.nsp[q];
            int x = -1, y = -2;
            if (b && strchr(b + 6, ' ') && sscanf(a, "house %d", &x) == 1 && sscanf(b, "house %d", &y) == 1) told++, right += (x == y) == batch.nsp[q];
            strbuf_release(&text[0]), strbuf_release(&text[1]);
        }
    }
    assert_true(pairs > 500 && told > 100);
    assert_true(fabs(follows / pairs - 0.5) < 0.06);
    assert_true(right == told);
    close_source();
}

static void windows_predict_what_follows(void **state)
{
    (void)state;
    open_source(TRAIN_PRETRAIN, ",\"lm_share\":1,\"prefix_share\":0.5");
    struct sampler s;
    sampler_init(&s, 4, SPLIT_TRAIN);
    size_t plain = 0, grounded = 0, ends = 0;
    for (int i = 0; i < 100; i++) {
        source.fill(source.context, &s, &batch);
        assert_int_equal(batch.text, LOSS_LM);
        assert_int_equal(batch.mlm.n, 0);
        for (size_t q = 0; q < batch.batch.n_seqs; q++) {
            int32_t begin = batch.offsets[q], end = batch.offsets[q + 1], p = batch.prefix[q];
            p ? grounded++ : plain++;
            assert_int_equal(batch.nsp[q], -1);
            assert_int_equal(batch.tokens[p ? begin + p - 1 : begin], TOKEN_WRITE);
            for (int32_t at = begin; at < end; at++) {
                int32_t target = label_at(&batch.lm, (size_t)at);
                if (p && at < begin + p - 1) assert_int_equal(target, -1);
                else if (at + 1 < end) assert_int_equal(target, batch.tokens[at + 1]);
                else if (target >= 0) assert_int_equal(target, TOKEN_END), ends++;
            }
        }
    }
    assert_true(ends > 20 && ends < plain + grounded);
    assert_true(grounded > plain / 2 && plain > grounded / 2);
    close_source();
}

/* Documents end with "finis"; END is learned behind it and nowhere else. */
static void only_documents_end(void **state)
{
    (void)state;
    struct strbuf b = {0};
    for (int d = 0; d < 40; d++) {
        for (int i = 0; i < 9; i++) strbuf_printf(&b, "house %d red cat sees blue dog %d\n", d, i);
        strbuf_puts(&b, "finis\n\n");
    }
    char *keep = read_all("corpus.txt", NULL);
    write_file("corpus.txt", b.data);
    strbuf_release(&b);
    open_source(TRAIN_PRETRAIN, ",\"lm_share\":1");
    struct sampler s;
    sampler_init(&s, 4, SPLIT_TRAIN);
    size_t ends = 0, others = 0;
    for (int i = 0; i < 50; i++) {
        source.fill(source.context, &s, &batch);
        for (size_t q = 0; q < batch.batch.n_seqs; q++) {
            int32_t last = batch.offsets[q + 1] - 1;
            struct strbuf text = {0};
            tokenizer_decode(tokenizer, batch.tokens + batch.offsets[q], (size_t)(last + 1 - batch.offsets[q]), &text);
            bool finished = text.len > 5 && strcmp(text.data + text.len - 5, "finis") == 0;
            assert_int_equal(label_at(&batch.lm, (size_t)last), finished ? TOKEN_END : -1);
            finished ? ends++ : others++;
            strbuf_release(&text);
        }
    }
    assert_true(ends > 20 && others > 20);
    close_source();
    write_file("corpus.txt", keep);
    mem_free(keep);
}

static void tokens_are_shared_as_configured(void **state)
{
    (void)state;
    open_source(TRAIN_PRETRAIN, ",\"lm_share\":0.3");
    struct sampler s;
    sampler_init(&s, 4, SPLIT_TRAIN);
    double lm = 0, all = 0;
    for (int i = 0; i < 100; i++) {
        source.fill(source.context, &s, &batch);
        assert_true(batch.batch.n_tokens <= config.batch_tokens && batch.batch.n_tokens > config.batch_tokens - 40);
        for (size_t q = 0; q < batch.batch.n_seqs; q++) {
            double n = batch.offsets[q + 1] - batch.offsets[q];
            all += n;
            if (batch.nsp[q] < 0) lm += n;
        }
    }
    assert_true(fabs(lm / all - 0.3) < 0.06);
    close_source();
}

/* Every example once before any comes twice, and a saved sampler goes on the same way. */
static void sampling_is_an_even_shuffle(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 200; n += 13) {
        unsigned char *seen = mem_zalloc(n, 1);
        struct sampler s, copy;
        sampler_init(&s, n, SPLIT_TRAIN);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t at = sampler_next(&s, 3, n);
            assert_true(at < n && !seen[at]);
            seen[at] = 1;
        }
        copy = s;
        for (int i = 0; i < 50; i++) assert_int_equal(sampler_next(&s, 3, n), sampler_next(&copy, 3, n));
        mem_free(seen);
    }
    struct sampler a, b;
    sampler_init(&a, 1, SPLIT_TRAIN), sampler_init(&b, 2, SPLIT_TRAIN);
    size_t same = 0;
    for (int i = 0; i < 1000; i++) same += sampler_next(&a, 0, 1000) == sampler_next(&b, 0, 1000);
    assert_true(same < 20);
}

/* Three texts about each item: an item is either trained on or held out. */
static void splits_do_not_meet(void **state)
{
    (void)state;
    struct strbuf b = {0};
    for (int i = 0; i < 120; i++) strbuf_printf(&b, "{\"kind\":\"generate\",\"need\":\"\",\"item\":\"item %d\",\"text\":\"text %d\"}\n", i % 40, i);
    char *keep = read_all("examples.jsonl", NULL);
    write_file("examples.jsonl", b.data);
    strbuf_release(&b);
    open_source(TRAIN_FINETUNE, "");
    struct strmap seen;
    strmap_init(&seen);
    size_t meets = 0, held = 0;
    for (int split = 0; split < SPLITS; split++) {
        struct sampler s;
        sampler_init(&s, 4, (enum split)split);
        for (int i = 0; i < 40; i++) {
            source.fill(source.context, &s, &batch);
            for (size_t q = 0; q < batch.batch.n_seqs; q++) {
                const char *key = (const char *)(batch.tokens + batch.offsets[q]);
                size_t n = (size_t)batch.prefix[q] * 4;
                if (split == SPLIT_TRAIN) assert_int_equal(strmap_put(&seen, key, n, 1), OK);
                else meets += strmap_get(&seen, key, n, NULL), held++;
            }
        }
    }
    assert_true(held > 50 && seen.count > 25 && seen.count < 40);
    assert_int_equal(meets, 0);
    strmap_release(&seen);
    close_source();
    write_file("examples.jsonl", keep);
    mem_free(keep);
}

/* ---- fine-tuning ---- */

static void generate_learns_the_text_only(void **state)
{
    (void)state;
    open_source(TRAIN_FINETUNE, ",\"match_share\":0,\"contrastive_share\":0,\"need_dropout\":0.5");
    struct sampler s;
    sampler_init(&s, 4, SPLIT_TRAIN);
    size_t with_need = 0, without = 0;
    for (int i = 0; i < 50; i++) {
        source.fill(source.context, &s, &batch);
        assert_int_equal(batch.text, LOSS_GENERATE);
        size_t expected = 0;
        for (size_t q = 0; q < batch.batch.n_seqs; q++) {
            int32_t begin = batch.offsets[q], end = batch.offsets[q + 1], p = batch.prefix[q];
            batch.tokens[begin + 1] == TOKEN_SEP ? without++ : with_need++;
            assert_int_equal(batch.tokens[begin + p - 1], TOKEN_WRITE);
            for (int32_t at = begin; at < end; at++) {
                int32_t want = at < begin + p - 1 ? -1 : at + 1 < end ? batch.tokens[at + 1] : TOKEN_END;
                assert_int_equal(label_at(&batch.lm, (size_t)at), want);
                expected += want >= 0;
            }
        }
        assert_int_equal(batch.lm.n, expected);
    }
    assert_true(without > with_need / 2 && with_need > without / 2);
    close_source();
}

static bool same_sequence(int32_t a, int32_t b)
{
    int32_t n = batch.offsets[a + 1] - batch.offsets[a];
    return n == batch.offsets[b + 1] - batch.offsets[b] && memcmp(batch.tokens + batch.offsets[a], batch.tokens + batch.offsets[b], (size_t)n * 4) == 0;
}

static void groups_hold_the_best_and_negatives(void **state)
{
    (void)state;
    open_source(TRAIN_FINETUNE, ",\"contrastive_share\":0,\"generate_share\":0,\"random_negatives\":2");
    struct sampler s;
    sampler_init(&s, 4, SPLIT_TRAIN);
    for (int i = 0; i < 200; i++) {
        source.fill(source.context, &s, &batch);
        assert_true(batch.n_groups > 0);
        assert_int_equal(batch.groups[batch.n_groups], batch.n_match);
        for (size_t g = 0; g < batch.n_groups; g++) {
            int32_t from = batch.groups[g], to = batch.groups[g + 1], best = 0, zero = 0;
            assert_int_equal(to - from, 5);       /* three of its own and two of others */
            for (int32_t k = from; k < to; k++) best += batch.gains[k] == 1, zero += batch.gains[k] == 0;
            assert_int_equal(best, 1);
            assert_int_equal(zero, 3);
            for (int32_t own = from; own < from + 3; own++)
                for (int32_t other = from + 3; other < to; other++) assert_false(same_sequence(own, other));
        }
    }
    close_source();
}

static void a_big_group_keeps_its_best(void **state)
{
    (void)state;
    struct strbuf b = {0};
    for (int line = 0; line < 30; line++) {
        strbuf_printf(&b, "{\"kind\":\"match\",\"need\":\"need %d\",\"items\":[", line);
        for (int i = 0; i < 40; i++) strbuf_printf(&b, "%s\"item %d of %d\"", i ? "," : "", i, line);
        strbuf_puts(&b, "],\"gains\":[");
        for (int i = 0; i < 40; i++) strbuf_printf(&b, "%s%g", i ? "," : "", i == line ? 0.9 : 0.1);
        strbuf_puts(&b, "]}\n");
    }
    write_file("big.jsonl", b.data);
    strbuf_release(&b);
    char *keep = read_all("examples.jsonl", NULL);
    char *big = read_all("big.jsonl", NULL);
    write_file("examples.jsonl", big);
    open_source(TRAIN_FINETUNE, ",\"contrastive_share\":0,\"generate_share\":0");
    struct sampler s;
    sampler_init(&s, 4, SPLIT_TRAIN);
    for (int i = 0; i < 40; i++) {
        source.fill(source.context, &s, &batch);
        for (size_t g = 0; g < batch.n_groups; g++) {
            int best = 0;
            for (int32_t k = batch.groups[g]; k < batch.groups[g + 1]; k++) best += batch.gains[k] > 0.8f;
            assert_int_equal(best, 1);
            assert_int_equal(batch.groups[g + 1] - batch.groups[g], 5);
        }
    }
    close_source();
    write_file("examples.jsonl", keep);
    mem_free(keep), mem_free(big);
}

static void pairs_of_the_same_item_are_marked(void **state)
{
    (void)state;
    open_source(TRAIN_FINETUNE, ",\"match_share\":0,\"generate_share\":0,\"contrastive_share\":1,\"contrastive_pairs\":20");
    struct sampler s;
    sampler_init(&s, 4, SPLIT_TRAIN);
    for (int i = 0; i < 30; i++) {
        source.fill(source.context, &s, &batch);
        assert_true(batch.n_pairs > 4 && batch.n_pairs <= 20);
        for (size_t a = 0; a < batch.n_pairs; a++) {
            assert_int_equal(batch.tokens[batch.offsets[batch.needs[a]]], TOKEN_NEED);
            assert_int_equal(batch.tokens[batch.offsets[batch.items[a]]], TOKEN_ITEM);
            for (size_t b = 0; b < a; b++)
                if (batch.need_hash[a] == batch.need_hash[b]) assert_int_equal(batch.same[a], batch.same[b]);
        }
    }
    close_source();
}

/* ---- refusals ---- */

static void refuse_example(const char *line, const char *says)
{
    struct strbuf text = {0};
    char *keep = read_all("examples.jsonl", NULL);
    strbuf_printf(&text, "%s%s\n", "{\"kind\":\"generate\",\"need\":\"\",\"item\":\"a\",\"text\":\"b\"}\n\n", line);
    write_file("examples.jsonl", text.data);
    write_config("data.json", TRAIN_FINETUNE, "out", "");
    assert_int_equal(train_config_read(&config, TRAIN_FINETUNE, in_dir("data.json")), OK);
    assert_int_equal(tokenizer_load(config.tokenizer, &tokenizer), OK);
    assert_int_equal(finetune_source_open(&source, &config, tokenizer, NULL), ERR_FORMAT);
    assert_message_has("examples.jsonl:3: ");
    assert_message_has(says);
    tokenizer_free(tokenizer);
    train_config_release(&config);
    write_file("examples.jsonl", keep);
    strbuf_release(&text);
    mem_free(keep);
}

static void bad_examples_are_refused_by_line(void **state)
{
    (void)state;
    refuse_example("{\"kind\":\"match\",\"need\":\"a\"", "one JSON object");
    refuse_example("[1,2]", "\"kind\" must be");
    refuse_example("null", "one JSON object");
    refuse_example("{\"kind\":\"other\"}", "\"kind\" must be");
    refuse_example("{\"kind\":\"match\",\"need\":\"\",\"items\":[\"a\"],\"gains\":[1]}", "\"need\" is empty");
    refuse_example("{\"kind\":\"match\",\"need\":\"x\",\"items\":[],\"gains\":[]}", "\"items\" must be");
    refuse_example("{\"kind\":\"match\",\"need\":\"x\",\"items\":[\"a\",\"b\"],\"gains\":[1]}", "as long as");
    refuse_example("{\"kind\":\"match\",\"need\":\"x\",\"items\":[\"a\",7],\"gains\":[1,0]}", "\"items\"[1]");
    refuse_example("{\"kind\":\"match\",\"need\":\"x\",\"items\":[\"a\"],\"gains\":[1.5]}", "\"gains\"[0]");
    refuse_example("{\"kind\":\"match\",\"need\":\"x\",\"items\":[\"a\"],\"gains\":[-1]}", "\"gains\"[0]");
    refuse_example("{\"kind\":\"generate\",\"need\":\"x\",\"item\":\"a\"}", "\"text\" is missing");
    refuse_example("{\"kind\":\"generate\",\"need\":\"x\",\"item\":\"\",\"text\":\"t\"}", "\"item\" is empty");
    refuse_example("\xff\xfe garbage", "not UTF-8");
}

static void refuse_corpus(const char *name, const char *bytes, size_t n, status want, const char *says)
{
    struct corpus c;
    assert_int_equal(file_write_atomic(in_dir(name), bytes, n), OK);
    assert_int_equal(tokenizer_load(in_dir("tokenizer.json"), &tokenizer), OK);
    assert_int_equal(corpus_open(&c, in_dir(name), in_dir("cache"), tokenizer, 1, NULL), want);
    assert_message_has(says);
    tokenizer_free(tokenizer);
}

static void bad_corpora_are_refused_by_line(void **state)
{
    (void)state;
    refuse_corpus("bad.txt", "good\n\nbad \xe4\xb8\n", 13, ERR_FORMAT, "bad.txt:3: byte 5");
    refuse_corpus("bad.txt", "good\na\0b\n", 9, ERR_FORMAT, "bad.txt:2: there is a NUL");
    refuse_corpus("bad.txt", "", 0, ERR_FORMAT, "no text");
    refuse_corpus("bad.txt", "\n\n\r\n", 4, ERR_FORMAT, "no text");
    refuse_corpus("bad.jsonl", "{\"text\":\"a\"}\n{\"txt\":1}\n", 23, ERR_FORMAT, "bad.jsonl:2: there is no \"text\"");
    refuse_corpus("bad.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b", 23, ERR_FORMAT, "bad.jsonl:2");
    char *line = mem_zalloc(TRAIN_MAX_LINE + 100, 1);
    memset(line, 'a', TRAIN_MAX_LINE + 99);
    refuse_corpus("bad.txt", line, TRAIN_MAX_LINE + 99, ERR_LIMIT, "bad.txt:1: the line has");
    mem_free(line);
    struct corpus c;
    assert_int_equal(corpus_open(&c, in_dir("absent.txt"), in_dir("cache"), NULL, 1, NULL), ERR_IO);
    assert_message_has("absent.txt");
}

static struct corpus open_text(const char *name, const char *text)
{
    struct corpus c;
    write_file(name, text);
    status s = corpus_open(&c, in_dir(name), in_dir("cache"), tokenizer, 1, NULL);
    if (s != OK) fail_msg("%s", status_message());
    return c;
}

static void corpora_keep_documents_and_passages(void **state)
{
    (void)state;
    assert_int_equal(tokenizer_load(in_dir("tokenizer.json"), &tokenizer), OK);
    struct corpus a = open_text("a.txt", "\xEF\xBB\xBFone cat\r\ntwo dogs\r\n\r\n\r\n\xE4\xB8\x89\xE5\x8F\xAA\n\n"), b = open_text("a.jsonl", "{\"text\":\"one cat\\ntwo dogs\"}\n\n{\"text\":\"\xE4\xB8\x89\xE5\x8F\xAA\"}");
    assert_int_equal(a.n_documents, 2);
    assert_int_equal(a.n_passages, 3);
    assert_int_equal(a.content_hash, b.content_hash);
    struct strbuf text = {0};
    tokenizer_decode(tokenizer, a.tokens, a.n_tokens, &text);
    assert_string_equal(text.data, "one cat two dogs\xE4\xB8\x89\xE5\x8F\xAA"); /* Latin passages join with a space */
    strbuf_release(&text);
    corpus_close(&a), corpus_close(&b);

    struct corpus c = open_text("long.txt", "This is a sentence of some length that goes on for a while. And this is the second one, no shorter at all than that. "
                                            "The third one is here as well, so that the passage is long. And here is the fourth and last one of them, full stop.\n");
    assert_int_equal(c.n_documents, 1);
    assert_int_equal(c.n_passages, 1);            /* 231 bytes: as it is */
    corpus_close(&c);
    tokenizer_free(tokenizer);
}

static void sentences_are_cut_after_their_ends(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof text);
    memcpy(text + 100, ". ", 2);
    assert_int_equal(sentence_piece(text, sizeof text), 101);
    memcpy(text + 60, "\xE3\x80\x82", 3);
    assert_int_equal(sentence_piece(text, sizeof text), 63);
    assert_int_equal(sentence_piece(text, 30), 30);
    memset(text, 'x', sizeof text);
    assert_int_equal(sentence_piece(text, sizeof text), sizeof text);
}

/* A cache that was altered is not trusted: it is built again. */
static void damaged_cache_is_rebuilt(void **state)
{
    (void)state;
    assert_int_equal(tokenizer_load(in_dir("tokenizer.json"), &tokenizer), OK);
    remove_tree(in_dir("cache"));
    struct corpus c = open_text("c.txt", "one two three\nfour five six\n\nseven eight nine ten\n");
    uint64_t hash = c.content_hash;
    corpus_close(&c);
    char command[700], path[600] = "";
    snprintf(command, sizeof command, "ls '%s'/*.tokens", in_dir("cache"));
    FILE *ls = popen(command, "r");
    assert_non_null(fgets(path, sizeof path, ls));
    pclose(ls);
    path[strcspn(path, "\n")] = 0;
    char *good;
    size_t n;
    assert_int_equal(file_read(path, 1 << 20, &good, &n), OK);
    for (size_t at = 0; at < n; at += 3) {
        if (at >= 56 && at < 64) continue;        /* the header's reserved word says nothing */
        char *bad = mem_strndup(good, n);
        memcpy(bad, good, n);
        bad[at] = (char)(bad[at] ^ 0x21);
        assert_int_equal(file_write_atomic(path, bad, at % 2 ? n : n - 1 - at % n), OK);
        mem_free(bad);
        assert_int_equal(corpus_open(&c, in_dir("c.txt"), in_dir("cache"), tokenizer, 1, NULL), OK);
        assert_int_equal(c.content_hash, hash);
        assert_int_equal(c.n_documents, 2);
        corpus_close(&c);
    }
    mem_free(good);
    tokenizer_free(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masking_is_15_80_10_10),
        cmocka_unit_test(pairs_are_balanced_and_labelled_right),
        cmocka_unit_test(windows_predict_what_follows),
        cmocka_unit_test(only_documents_end),
        cmocka_unit_test(tokens_are_shared_as_configured),
        cmocka_unit_test(sampling_is_an_even_shuffle),
        cmocka_unit_test(splits_do_not_meet),
        cmocka_unit_test(generate_learns_the_text_only),
        cmocka_unit_test(groups_hold_the_best_and_negatives),
        cmocka_unit_test(a_big_group_keeps_its_best),
        cmocka_unit_test(pairs_of_the_same_item_are_marked),
        cmocka_unit_test(bad_examples_are_refused_by_line),
        cmocka_unit_test(bad_corpora_are_refused_by_line),
        cmocka_unit_test(corpora_keep_documents_and_passages),
        cmocka_unit_test(sentences_are_cut_after_their_ends),
        cmocka_unit_test(damaged_cache_is_rebuilt),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}

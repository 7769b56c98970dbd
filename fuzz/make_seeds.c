/* Seeds that our own exporters write: small whole files of every kind. usage: make_seeds TESTS/golden/exchange CORPUS */
#include "exchange/exchange.h"
#include "fuzz.h"
#include "index/index.h"
#include "model/model.h"
#include "text/text.h"
#include "train/train_int.h"

#include <string.h>

static const char *corpus;

static void must(status s)
{
    if (s == OK) return;
    fprintf(stderr, "make_seeds: %s\n", status_message());
    exit(1);
}

/* ---- bundles ---- */

static bool add_file(struct strbuf *b, const char *directory, const char *from, const char *name)
{
    char path[600], *text;
    size_t n;
    snprintf(path, sizeof path, "%s/%s", directory, from);
    if (!file_exists(path)) return false;
    must(file_read(path, 1 << 22, &text, &n));
    strbuf_printf(b, "===FILE %s\n", name);
    strbuf_add(b, text, n);
    mem_free(text);
    return true;
}

static void put_seed(const char *target, const char *name, struct strbuf *b)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", corpus, target);
    must(file_make_directory(path));
    snprintf(path, sizeof path, "%s/%s/%s", corpus, target, name);
    must(strbuf_status(b));
    must(file_write_atomic(path, b->data, b->len));
    strbuf_release(b);
}

static void put_directory(const char *target, const char *name, const char *directory)
{
    static const char *const files[] = {"config.json", "tokenizer.json", "adapter.json", "adapter.safetensors", "model.safetensors.index.json", "model.safetensors",
                                        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"};
    struct strbuf b = {0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) add_file(&b, directory, files[i], files[i]);
    put_seed(target, name, &b);
}

static void put_file(const char *target, const char *name, const char *path)
{
    char *text;
    size_t n;
    struct strbuf b = {0};
    must(file_read(path, 1 << 22, &text, &n));
    strbuf_add(&b, text, n);
    mem_free(text);
    put_seed(target, name, &b);
}

/* ---- models of ours, and of the four families ---- */

static struct tokenizer *own_tokenizer(void)
{
    static const char *const names[] = {"<pad>", "<mask>", "<cls>", "<sep>", "<need>", "<item>", "<write>", "<end>"};
    static const char text[] = "red shoes red shoes 红色的鞋 红色的鞋 size 42 size 42";
    struct tokenizer_trainer *trainer;
    struct tokenizer *t;
    must(tokenizer_trainer_new(&trainer));
    must(tokenizer_trainer_feed(trainer, text, sizeof text - 1));
    must(tokenizer_trainer_run(trainer, 276, names, sizeof names / sizeof *names, NULL, &t));
    tokenizer_trainer_free(trainer);
    return t;
}

static struct model_config tiny(int family)
{
    struct model_config c = {.vocab_size = 276, .max_positions = 12, .d_model = 4, .n_layers = 1, .n_heads = 2, .n_kv_heads = 2, .head_size = 2, .d_ff = 4,
                             .norm_epsilon = 1e-5f, .rope_theta = 10000, .tied = true};
    if (family == 0) {
        c.norm = NORM_LAYER, c.ffn = FFN_GELU, c.positions = POSITIONS_LEARNED, c.linear_bias = true;
    } else {
        c.norm = NORM_RMS, c.ffn = FFN_SWIGLU, c.positions = POSITIONS_ROTARY, c.n_kv_heads = 1;
        c.qkv_bias = family == 2, c.qk_norm = family == 3, c.tied = family != 1;
    }
    return c;
}

static void make_model(const struct model_config *c, const char *directory, enum dtype type)
{
    struct model *m;
    struct tokenizer *t = own_tokenizer();
    char path[600];
    must(model_new(c, 5, &m));
    scratch_empty(directory);
    must(model_save(m, directory, type));
    snprintf(path, sizeof path, "%s/tokenizer.json", directory);
    must(tokenizer_save(t, path));
    tokenizer_free(t);
    model_free(m);
}

static void models(void)
{
    static const struct { const char *name; enum dtype type; } types[] = {{"f32", DTYPE_F32}, {"bf16", DTYPE_BF16}, {"q8", DTYPE_Q8}};
    for (size_t i = 0; i < 3; i++) {
        struct model_config c = tiny(3);
        c.heads = c.overlap = true;
        const char *directory = scratch_path("ours");
        make_model(&c, directory, types[i].type);
        if (i == 0) {
            const struct lora lora = {.rank = 1, .alpha = 2, .targets = {true, true, true, true}};
            struct model *m;
            must(model_load_lora(directory, &lora, 3, &m));
            must(model_save_adapter(m, directory));
            model_free(m);
        }
        put_directory("model", types[i].name, directory);
    }
}

static void exports(void)
{
    static const struct { const char *name; enum exchange_dtype type; uint32_t width; } types[] = {{"f32", EXCHANGE_F32, 4}, {"f16", EXCHANGE_F16, 4}, {"bf16", EXCHANGE_BF16, 4}, {"q8", EXCHANGE_Q8, 32}};
    static const char *const families[] = {"gpt2", "llama", "qwen2", "qwen3"};
    for (int f = 0; f < 4; f++)
        for (size_t i = 0; i < 4; i++) {
            struct model_config c = tiny(f);
            struct strbuf note = {0};
            char name[64], from[600], to[600];
            c.d_model = types[i].width, c.d_ff = types[i].width, c.head_size = types[i].width / 2;
            snprintf(name, sizeof name, "%s-%s", families[f], types[i].name);
            snprintf(from, sizeof from, "%s", scratch_path("from"));
            make_model(&c, from, DTYPE_F32);
            snprintf(to, sizeof to, "%s.gguf", scratch_path(name));
            must(exchange_export(from, to, FORMAT_GGUF, types[i].type, &note));
            put_file("gguf", name, to);
            snprintf(to, sizeof to, "%s", scratch_path(name));
            if (types[i].type != EXCHANGE_Q8) {
                must(exchange_export(from, to, FORMAT_HF, types[i].type, &note));
                put_directory("safetensors", name, to);
            }
            strbuf_release(&note);
        }
}

/* ---- those of others that the tests keep ---- */

static void golden(const char *tests)
{
    static const char *const families[] = {"gpt2", "llama", "qwen2", "qwen3"};
    for (int f = 0; f < 4; f++) {
        char directory[600];
        struct strbuf b = {0};
        snprintf(directory, sizeof directory, "%s/%s", tests, families[f]);
        put_directory("safetensors", families[f], directory);
        add_file(&b, directory, "tokenizer.json", "tokenizer.json");
        strbuf_puts(&b, "===FILE text\nHello  world's 12345 \xe4\xbd\xa0\xe5\xa5\xbd\r\n\n  !? ");
        put_seed("tokenizer", families[f], &b);
        b = (struct strbuf){0};
        add_file(&b, directory, "tokenizer.json", "tokenizer.json");
        strbuf_puts(&b, "===FILE text\n");
        for (int i = 0; i < 300; i++) strbuf_puts(&b, "theworld");   /* one endless word: the merges of long pre-tokens */
        char name[32];
        snprintf(name, sizeof name, "%s-long", families[f]);
        put_seed("tokenizer", name, &b);
    }
    char path[600];
    snprintf(path, sizeof path, "%s/llama.gguf", tests);
    put_file("gguf", "golden-q4-q8", path);
}

static void tokenizers(void)
{
    struct tokenizer *t = own_tokenizer();
    struct strbuf b = {0}, merges = {0}, word = {0};
    const char *comma = "";
    must(tokenizer_save(t, scratch_path("tokenizer.json")));
    char directory[600];
    snprintf(directory, sizeof directory, "%.*s", (int)(strlen(scratch_path("")) - 1), scratch_path(""));
    add_file(&b, directory, "tokenizer.json", "tokenizer.json");
    strbuf_puts(&b, "===FILE text\nred shoes \xe7\xba\xa2\xe8\x89\xb2 42\n");
    put_seed("tokenizer", "own", &b);
    b = (struct strbuf){0};
    strbuf_puts(&b, "===FILE vocab.json\n{");
    for (int32_t id = 16; id < (int32_t)tokenizer_size(t); id++, comma = ",") {
        strbuf_clear(&word);
        tokenizer_spelling(t, id, &word);
        const char *s = strbuf_str(&word);
        strbuf_printf(&b, "%s\"%s%s\":%d", comma, *s == '"' || *s == '\\' ? "\\" : "", s, id - 16);
    }
    strbuf_printf(&b, ",\"<|endoftext|>\":%d}", (int)tokenizer_size(t) - 16);
    strbuf_puts(&merges, "===FILE merges.txt\n#version: 0.2\n");
    for (size_t i = 0; i < tokenizer_merges(t); i++) {
        tokenizer_merge_spelling(t, i, &merges);
        strbuf_putc(&merges, '\n');
    }
    strbuf_add(&b, merges.data, merges.len);
    strbuf_puts(&b, "===FILE text\nred shoes<|endoftext|>");
    put_seed("tokenizer", "vocab-merges", &b);
    strbuf_release(&merges);
    strbuf_release(&word);
    tokenizer_free(t);
}

/* ---- checkpoint, index, feeds ---- */

static void checkpoint(void)
{
    enum { FLOATS = 24 };
    static struct train_state state;
    float params[FLOATS], m[FLOATS], v[FLOATS];
    for (int i = 0; i < FLOATS; i++) params[i] = (float)i, m[i] = 0.5f, v[i] = 0.25f;
    state.step = 7;
    struct checkpoint c = {.state = &state, .config = "learning_rate=0.001\nsteps=10\n", .data = 11, .tokenizer = 12, .params = params, .m = m, .v = v, .n_floats = FLOATS};
    const char *path = scratch_path("checkpoint.bin");
    must(checkpoint_save(&c, path));
    put_file("checkpoint", "saved", path);
}

static void index_of(const char *name, size_t dim)
{
    const struct index_schema schema = {.fields = {"title", "brand"}, .n_fields = 2, .numbers = {"price"}, .n_numbers = 1, .labels = {"colour"}, .n_labels = 1, .dim = dim};
    static const char *const words[] = {"red", "shoes", "\xe7\xba\xa2", "size", "rod"};
    struct index_builder *b;
    float vector[32] = {1};
    must(index_builder_new(&schema, &b));
    for (int64_t d = 0; d < 5; d++) {
        struct term terms[3];
        for (size_t i = 0; i < 3; i++) {
            const char *w = words[(i + (size_t)d) % 5];
            terms[i] = (struct term){.text = w, .length = (uint16_t)strlen(w), .position = (uint32_t)i};
        }
        const struct term_list lists[] = {{terms, 3, 3}, {terms, (size_t)d % 2, 1}};
        const struct index_label label = {0, d % 2 ? "red" : "blue", d % 2 ? 3 : 4};
        const int64_t price = 100 * d;
        must(index_builder_add(b, &(struct index_document){.key = 10 - d, .fields = lists, .numbers = &price, .labels = &label, .n_labels = 1, .vector = dim ? vector : NULL}));
    }
    const char *path = scratch_path("index");
    must(index_builder_write(b, path, 3, "a note", NULL));
    index_builder_free(b);
    put_file("index", name, path);
}

static void feed(const char *name, const char *text)
{
    struct strbuf b = {0};
    strbuf_puts(&b, text);
    put_seed("feed", name, &b);
}

static void text_seed(const char *target, const char *name, const char *text)
{
    struct strbuf b = {0};
    strbuf_puts(&b, text);
    put_seed(target, name, &b);
}

static void requests(void)
{
    text_seed("http", "get", "GET /v1/products?limit=2 HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    text_seed("http", "length", "POST /v1/match HTTP/1.1\r\nHost: x:1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    text_seed("http", "chunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: u\r\n\r\nGET http://h/p HTTP/1.1\r\nHost: x\r\n\r\n");
    text_seed("body", "match", "{\"need\":\"red cup\",\"top\":3,\"why\":true,\"language\":\"zh\",\"products\":[\"A\",\"B\"],\"choice\":{\"field\":\"colour\"}}");
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    corpus = argv[2];
    golden(argv[1]);
    models();
    exports();
    tokenizers();
    checkpoint();
    index_of("plain", 0);
    index_of("vectors", 32);
    requests();
    feed("csv", "0id,title,price,colour\nA1,red cup,3.50,red\nA2,\"blue, big \"\"cup\"\"\",4,\n");
    feed("csv-zh", "0\xe7\xbc\x96\xe5\x8f\xb7,\xe6\xa0\x87\xe9\xa2\x98,\xe5\x94\xae\xe4\xbb\xb7\r\n1,\xe7\xba\xa2\xe9\x9e\x8b,\xef\xbf\xa5" "99.5\r\n");
    feed("tsv", "1id\ttitle\tlist price\tsale price\tWeight (kg)\nA\tcup\t9\t$5\t0.3\n");
    feed("jsonl", "2{\"id\":\"A\",\"title\":\"cup\",\"price\":\"4.5 USD\",\"attributes\":{\"sizes\":[\"S\",\"M\"]},\"en\":{\"title\":\"cup\"}}\n{\"id\":7,\"name\":\"x\",\"price\":null}\n");
    return 0;
}

/* daogou tokenizer train, daogou pretrain, daogou finetune */
#include "cli.h"
#include "train/train.h"

#include <math.h>
#include <string.h>

const char help_tokenizer[] =
    "usage: daogou tokenizer train --out DIR [--vocab-size N] FILE...\n"
    "\n"
    "Learns a byte-level BPE vocabulary from UTF-8 text files (of .jsonl files: every string in them) and writes\n"
    "DIR/tokenizer.json.\n"
    "\n"
    "  --out DIR         directory to write, made if absent\n"
    "  --vocab-size N    entries, special tokens and the 256 bytes included (default 16384)\n"
    "\n"
    "example:\n"
    "  daogou tokenizer train --out models/mine --vocab-size 16384 corpus.txt titles.jsonl\n";

const char help_pretrain[] =
    "usage: daogou pretrain --config FILE [--resume]\n"
    "\n"
    "Trains a transformer on plain text: masked tokens (MLM), next sentence (NSP) and running text (LM) in one. Writes a\n"
    "model directory with weights, tokenizer, training.json, train.jsonl and loss.svg. Killed at any moment it loses what\n"
    "came after the last checkpoint; --resume goes on from there, bit for bit.\n"
    "\n"
    "  --config FILE     JSON, see below\n"
    "  --resume          continue the run in the configuration's output directory\n"
    "\n"
    "keys of FILE, with defaults; * may change on --resume:\n"
    "  output, tokenizer, init_from, model {}           what to write, where to start; model: shape of a new one\n"
    "  seed 1, precision auto, threads* 0               f32, bf16 or auto; 0: all cores\n"
    "  steps 1000, batch_tokens 8192, accumulate 1\n"
    "  learning_rate 3e-4, min_lr 0.1, warmup_steps 100, weight_decay 0.1, beta1 0.9, beta2 0.98, epsilon 1e-8, clip 1\n"
    "  loss_weights {}, validation_fraction 0.01, validation_files []\n"
    "  eval_every* 250, eval_batches* 8, log_every* 10, checkpoint_every* 250, checkpoint_seconds* 300\n"
    "  keep* last, save_dtype* f32                      or best (lowest validation sum); f32, bf16, q8\n"
    "  corpora, cache* OUTPUT/cache                     files, or {\"path\", \"weight\"}; passage a line, empty line between documents\n"
    "  lm_share 0.5, prefix_share 0.3, mask_share 0.15, mlm_sequence 128, lm_sequence 256\n"
    "\n"
    "example of FILE:\n"
    "  {\"output\": \"run/pre\", \"tokenizer\": \"models/mine/tokenizer.json\", \"steps\": 2000, \"batch_tokens\": 8192,\n"
    "   \"corpora\": [{\"path\": \"wiki.txt\", \"weight\": 1}, {\"path\": \"titles.jsonl\", \"weight\": 2}]}\n";

const char help_finetune[] =
    "usage: daogou finetune --config FILE [--resume]\n"
    "\n"
    "Teaches a pretrained model to match, to write and to classify. Data are JSON Lines of three kinds, mixed freely:\n"
    "  {\"kind\":\"match\",\"need\":\"...\",\"items\":[\"...\",\"...\"],\"gains\":[1,0]}\n"
    "  {\"kind\":\"generate\",\"need\":\"...\",\"item\":\"...\",\"text\":\"...\"}\n"
    "  {\"kind\":\"classify\",\"text\":\"...\",\"set\":\"...\",\"label\":\"...\"}                      a label of \"labels\"\n"
    "\n"
    "  --config FILE     JSON, see below\n"
    "  --resume          continue the run in the configuration's output directory\n"
    "\n"
    "keys of FILE, with defaults; * may change on --resume:\n"
    "  output, tokenizer, init_from, model {}           what to write, where to start; model: shape of a new one\n"
    "  seed 1, precision auto, threads* 0               f32, bf16 or auto; 0: all cores\n"
    "  steps 1000, batch_tokens 8192, accumulate 1\n"
    "  learning_rate 3e-4, min_lr 0.1, warmup_steps 100, weight_decay 0.1, beta1 0.9, beta2 0.98, epsilon 1e-8, clip 1\n"
    "  loss_weights {}, validation_fraction 0.01, validation_files []\n"
    "  eval_every* 250, eval_batches* 8, log_every* 10, checkpoint_every* 250, checkpoint_seconds* 300\n"
    "  keep* last, save_dtype* f32                      or best (lowest validation sum); f32, bf16, q8\n"
    "  labels                                           labels.json, for a classifier head; label_noise 0, token_dropout 0\n"
    "  data                                             files, or {\"path\", \"weight\"}\n"
    "  match_share 0.4, contrastive_share 0.2, generate_share 0.4, classify_share 0.4   of tokens\n"
    "  max_pair_tokens 96, max_embed_tokens 64, max_prefix_tokens 128, max_text_tokens 192\n"
    "  max_group 8, random_negatives 2, contrastive_pairs 64, contrastive_min_gain 0.5, need_dropout 0.3\n"
    "\n"
    "example of FILE:\n"
    "  {\"output\": \"run/tuned\", \"init_from\": \"run/pre\", \"steps\": 1000, \"learning_rate\": 2e-4, \"keep\": \"best\",\n"
    "   \"data\": [\"match.jsonl\", {\"path\": \"copy.jsonl\", \"weight\": 2}]}\n";

static void print_number(const char *name, double x)
{
    if (isfinite(x)) printf(",\"%s\":%.6g", name, x);
    else printf(",\"%s\":null", name);
}

static void print_result(const struct cli_globals *g, const struct train_config *c, const struct train_result *r)
{
    if (!g->json) {
        printf("%s: %llu steps, %llu tokens in %.0f s (%.0f tokens/s), %.1f M parameters, loss %.3f", c->output, (unsigned long long)r->steps,
               (unsigned long long)r->tokens, r->seconds, r->tokens_per_s, (double)r->parameters * 1e-6, r->train_loss);
        if (isfinite(r->validation_loss)) printf(", validation %.3f (best %.3f)", r->validation_loss, r->best_validation_loss);
        putchar('\n');
        return;
    }
    printf("{\"steps\":%llu,\"tokens\":%llu,\"parameters\":%llu,\"device\":\"%s\"", (unsigned long long)r->steps, (unsigned long long)r->tokens,
           (unsigned long long)r->parameters, r->device);
    print_number("seconds", r->seconds);
    print_number("tokens_per_s", r->tokens_per_s);
    print_number("train_loss", r->train_loss);
    print_number("validation_loss", r->validation_loss);
    print_number("best_validation_loss", r->best_validation_loss);
    puts("}");
}

static int run(int argc, char **argv, const struct cli_globals *g, enum train_kind kind)
{
    const char *config_path = NULL, *name = argv[0];
    struct train_options how = {.device = g->device, .threads = g->threads};
    const struct cli_option options[] = {{"--config", OPTION_STRING, &config_path}, {"--resume", OPTION_FLAG, &how.resume}};
    size_t n = 0;
    status s = cli_parse(argc, argv, options, 2, argv + 1, &n);
    if (s != OK) return cli_fail(g, name, s);
    if (n) return cli_usage(name, "unexpected argument '%s'", argv[1]);
    if (!config_path) return cli_usage(name, "--config FILE is missing");

    struct train_config config;
    struct train_result result = {0};
    s = train_config_read(&config, kind, config_path);
    if (s == OK) s = train_start(&config, &how, cli_progress(g), &result);
    cli_progress_done();
    if (s == OK && result.rank == 0) print_result(g, &config, &result);
    train_config_release(&config);
    return s == OK ? EXIT_DONE : cli_fail(g, name, s);
}

int cmd_pretrain(int argc, char **argv, const struct cli_globals *g)
{
    return run(argc, argv, g, TRAIN_PRETRAIN);
}

int cmd_finetune(int argc, char **argv, const struct cli_globals *g)
{
    return run(argc, argv, g, TRAIN_FINETUNE);
}

int cmd_tokenizer(int argc, char **argv, const struct cli_globals *g)
{
    struct tokenizer_options o = {.vocab_size = 16384};
    const struct cli_option options[] = {{"--out", OPTION_STRING, &o.directory}, {"--vocab-size", OPTION_SIZE, &o.vocab_size}};
    size_t n = 0;
    if (argc < 2 || strcmp(argv[1], "train") != 0) return cli_usage("tokenizer", "say what to do: tokenizer train");
    status s = cli_parse(argc - 1, argv + 1, options, 2, argv + 2, &n);
    if (s != OK) return cli_fail(g, "tokenizer", s);
    if (!o.directory) return cli_usage("tokenizer", "--out DIR is missing");
    o.files = (const char *const *)(argv + 2);
    o.n_files = n;
    struct tokenizer_result r;
    s = train_tokenizer(&o, cli_progress(g), &r);
    cli_progress_done();
    if (s != OK) return cli_fail(g, "tokenizer", s);
    if (g->json)
        printf("{\"entries\":%zu,\"bytes\":%llu,\"lines\":%llu,\"seconds\":%.2f}\n", r.entries, (unsigned long long)r.bytes, (unsigned long long)r.lines, r.seconds);
    else
        printf("%s/tokenizer.json: %zu entries from %.1f MB in %.1f s\n", o.directory, r.entries, (double)r.bytes * 1e-6, r.seconds);
    return EXIT_DONE;
}

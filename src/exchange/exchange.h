/* exchange: checkpoints of other programs to model directories and back.
 *
 * Read: Hugging Face directories (config.json, model.safetensors or shards with their index, tokenizer.json or vocab.json + merges.txt of GPT-2) of
 * GPT-2, Llama, Qwen2 and Qwen3, and GGUF files of the same (F32, F16, BF16, Q8_0, Q4_0). Written: both.
 *
 * Files are mapped and converted row by row; memory is that of the largest tensor. What would compute something else here is refused
 * with a sentence: rope scaling, sliding windows, biases that we have no place for, other activations, other tokenizers.
 * Output appears whole or not at all: a directory is written beside its place and renamed.
 */
#ifndef DAOGOU_EXCHANGE_H
#define DAOGOU_EXCHANGE_H

#include "base/base.h"

enum exchange_format { FORMAT_HF, FORMAT_GGUF };
/* How matrices are stored; vectors are always F32. KEEP: bf16 where the source is, else f32. Q8 is ours (int8 rows) in a model
 * directory and Q8_0 in GGUF, nothing in HF. F16 is only written. */
enum exchange_dtype { EXCHANGE_KEEP, EXCHANGE_F32, EXCHANGE_F16, EXCHANGE_BF16, EXCHANGE_Q8 };

/* from: a directory or a .gguf file; to: a directory that does not exist yet or is empty. */
status exchange_import(const char *from, const char *to, enum exchange_dtype type);
/* from: a model directory; to: a new directory (HF) or a file (GGUF). `note` says what of the model is left out, if anything is: heads,
 * overlap, what the prefix is for. ERR_USAGE: the model's shape is none of the four architectures. */
status exchange_export(const char *from, const char *to, enum exchange_format format, enum exchange_dtype type, struct strbuf *note);

#endif

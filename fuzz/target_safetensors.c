/* Weights of another program: a directory with config.json, tokenizer and model.safetensors or shards with their index. Imported, and what
 * was imported must load and run. */
#include "fuzz.h"
#include "fuzz_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle b;
    bundle_read(&b, data, size);
    const struct bundle_file *one = bundle_find(&b, "model.safetensors");
    if (one) open_safetensors(scratch_path("one.safetensors"), one->data, one->n);
    import_and_run(scratch_bundle(&b, "hf"));
    return 0;
}

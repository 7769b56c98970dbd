/* A model directory of ours: both ways of loading it, its adapter, a few tokens through it. */
#include "fuzz.h"
#include "fuzz_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle b;
    bundle_read(&b, data, size);
    const char *directory = scratch_bundle(&b, "model");
    load_and_run(directory);
    if (bundle_find(&b, "adapter.json")) load_adapter(directory);
    return 0;
}

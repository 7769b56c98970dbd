/* A GGUF file: imported, and what was imported must load and run. */
#include "fuzz.h"
#include "fuzz_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = scratch_path("model.gguf");
    scratch_write(path, data, size);
    import_and_run(path);
    return 0;
}

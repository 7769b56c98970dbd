/* checkpoint.bin of a training run, read by the run that wrote the seed: what fits is taken whole, what does not changes nothing. */
#include "fuzz.h"
#include "train/train_int.h"

#include <string.h>

enum { FLOATS = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct train_state state;
    float params[FLOATS], m[FLOATS], v[FLOATS];
    struct checkpoint c = {.state = &state, .config = "learning_rate=0.001\nsteps=10\n", .data = 11, .tokenizer = 12, .params = params, .m = m, .v = v, .n_floats = FLOATS};
    const char *path = scratch_path("checkpoint.bin");
    memset(&state, 7, sizeof state);
    memset(params, 7, sizeof params);
    scratch_write(path, data, size);
    status s = checkpoint_load(&c, path);
    if (s != OK) {
        promise_sentence(s);
        for (size_t i = 0; i < sizeof params; i++) PROMISE(((const uint8_t *)params)[i] == 7);
        for (size_t i = 0; i < sizeof state; i++) PROMISE(((const uint8_t *)&state)[i] == 7);
    }
    return 0;
}

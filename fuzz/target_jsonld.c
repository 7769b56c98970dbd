/* JSON documents of schema.org and ACP, alone and in a page. The last byte chooses: the text before it stays JSON for the mutator. */
#include "fuzz_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum feed_format formats[] = {FEED_JSON, FEED_HTML, FEED_JSONL, FEED_AUTO};
    if (size < 1) return 0;
    import_and_export("feed.json", formats[data[size - 1] % 4], data, size - 1);
    return 0;
}

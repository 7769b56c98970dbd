/* Google Merchant feeds in XML. */
#include "fuzz_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import_and_export("feed.xml", FEED_XML, data, size);
    return 0;
}

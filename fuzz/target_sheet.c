/* The product exports of Shopify and WooCommerce: rows that are variants of others. */
#include "fuzz_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import_and_export("sheet.csv", FEED_CSV, data, size);
    return 0;
}

/* A snapshot of the index, and every way of asking it. */
#include "fuzz.h"
#include "index/index.h"

#include <string.h>

enum { TOP = 4, ASK_DOCS = 8, ASK_COLUMNS = 4, TERM_MAX = 64 };

static void ask_documents(const struct index *x)
{
    uint32_t out[TOP];
    for (uint32_t d = 0; d < index_count(x) && d < ASK_DOCS; d++) {
        uint32_t found;
        index_find_key(x, index_key(x, d), &found);
        for (size_t c = 0; c < ASK_COLUMNS; c++) {
            index_field_length(x, d, c);
            index_number(x, c, d);
            size_t n = index_document_labels(x, d, c, out, TOP), length;
            for (size_t i = 0; i < n && i < TOP; i++) index_label_text(x, c, out[i], &length, &found);
        }
    }
}

static void ask_words(const struct index *x, const char *term, size_t n)
{
    struct index_suggestion close[TOP];
    uint32_t frequency;
    index_document_frequency(x, term, n);
    size_t found = index_suggest(x, term, n, 2, close, TOP);
    for (size_t i = 0; i < found; i++) index_document_frequency(x, close[i].term, close[i].length);
    for (uint32_t d = 0; d < index_count(x) && d < ASK_DOCS; d++) index_term_fields(x, d, term, n, &frequency);
}

static void search(const struct index *x, struct index_scratch *scratch, const struct index_query_term *terms, size_t n)
{
    struct index_hit hits[TOP];
    struct bm25f p;
    size_t n_hits;
    bm25f_default(&p, INDEX_FIELDS_MAX);
    status s = index_search_terms(x, scratch, terms, n, &p, NULL, hits, TOP, &n_hits);
    if (s != OK) {
        promise_sentence(s);
        return;
    }
    PROMISE(n_hits <= TOP);
    for (size_t i = 0; i < n_hits; i++) {
        float parts[16];
        PROMISE(hits[i].doc < index_count(x));
        if (n <= sizeof parts / sizeof *parts) index_explain_terms(x, terms, n, &p, hits[i].doc, parts);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct index_scratch *scratch;
    struct index *x;
    const char *path = scratch_path("shop.index");
    static const struct index_query_term terms[] = {{"red", 3, 1}, {"shoes", 5, 0.5f}, {"\xe7\xba\xa2", 3, 2}, {"size", 4, 0.1f}};
    if (!scratch) PROMISE(index_scratch_new(&scratch) == OK);
    scratch_write(path, data, size);
    status s = index_open(path, &x);
    if (s != OK) {
        promise_sentence(s);
        return 0;
    }
    ask_documents(x);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) ask_words(x, terms[i].text, terms[i].length);
    search(x, scratch, terms, sizeof terms / sizeof *terms);
    index_close(x);
    return 0;
}

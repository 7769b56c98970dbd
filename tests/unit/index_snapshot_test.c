/* The snapshot under damage: altered, cut, forged, interrupted, on a full disk and without memory. */
#include "index_fixture.h"

#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <sys/wait.h>

#include "index/index_int.h"

enum { SMALL_DOCS = 7, SMALL_DIM = 32 };

struct bytes {
    char *data;
    size_t n;
};

static void small_shop(struct plain_shop *s)
{
    plain_shop_fill(s, SMALL_DOCS, SMALL_DIM, 12, 17);
}

static struct bytes small_snapshot(void)
{
    struct plain_shop s;
    struct bytes b = {0};
    const char *path = temporary_path("small");
    small_shop(&s);
    ok(plain_write(&s, path, 77, NULL));
    ok(file_read(path, 1 << 20, &b.data, &b.n));
    unlink(path);
    plain_shop_release(&s);
    return b;
}

static void put_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static status open_bytes(const char *data, size_t n, struct index **x)
{
    const char *path = temporary_path("damaged");
    put_file(path, data, n);
    status s = index_open(path, x);
    unlink(path);
    return s;
}

/* Everything a caller may do; the sanitizers watch. */
static void use_all(struct index *x, struct compute *compute)
{
    struct index_scratch *scratch;
    struct bm25f p;
    struct index_hit hits[5];
    struct index_suggestion near[5];
    float query[INDEX_DIM_MAX] = {1, 0.5f, -1};
    uint32_t ids[LABELS_MAX], wanted[] = {0, 1, 70}, position, doc;
    char names[12][16];
    struct index_query_term terms[12];
    struct index_condition conditions[] = {{.kind = CONDITION_NUMBER, .column = 0, .low = -1000, .high = 1000},
                                           {.kind = CONDITION_NO_LABEL, .column = 1, .labels = wanted, .n_labels = 3}};
    size_t n;
    ok(index_scratch_new(&scratch));
    bm25f_default(&p, FIELDS);
    for (uint32_t i = 0; i < 12; i++) terms[i] = (struct index_query_term){names[i], (uint16_t)term_name(names[i], i), 1};
    for (uint32_t d = 0; d < index_count(x) && d < 20; d++) {
        (void)index_find_key(x, index_key(x, d), &doc);
        for (size_t c = 0; c < COLUMNS; c++) index_document_labels(x, d, c, ids, LABELS_MAX);
        for (size_t i = 0; i < 12; i++) {
            index_term_fields(x, d, terms[i].text, terms[i].length, NULL);
            (void)index_term_position(x, d, terms[i].text, terms[i].length, 1, &position);
        }
    }
    for (uint32_t i = 0; i < 200; i++) index_label_text(x, 0, i, &n, NULL);
    for (size_t i = 0; i < 12; i++) index_suggest(x, terms[i].text, terms[i].length, 2, near, 5);
    ok(index_search_terms(x, scratch, terms, 12, &p, NULL, hits, 5, &n));
    ok(index_search_terms(x, scratch, terms, 12, &p, &(struct index_filter){conditions, 2}, hits, 5, &n));
    if (index_dim(x)) ok(index_search_vector(x, compute, scratch, query, NULL, hits, 5, &n));
    index_scratch_free(scratch);
}

static void every_altered_byte_is_refused(void **state)
{
    (void)state;
    struct bytes b = small_snapshot();
    const uint8_t changes[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < b.n; i++) {
        for (size_t c = 0; c < sizeof changes; c++) {
            struct index *x;
            b.data[i] = (char)(b.data[i] ^ changes[c]);
            assert_int_equal(open_bytes(b.data, b.n, &x), ERR_FORMAT);
            assert_null(x);
            b.data[i] = (char)(b.data[i] ^ changes[c]);
        }
    }
    assert_non_null(strstr(status_message(), "build the index again with 'daogou import'"));
    mem_free(b.data);
}

static void every_length_is_refused(void **state)
{
    (void)state;
    struct bytes b = small_snapshot();
    struct index *x;
    for (size_t n = 0; n < b.n; n++) {
        assert_int_equal(open_bytes(b.data, n, &x), ERR_FORMAT);
        if (n >= 8) assert_non_null(strstr(status_message(), "cut off"));
    }
    char *longer = calloc(1, b.n + 64);
    memcpy(longer, b.data, b.n);
    assert_int_equal(open_bytes(longer, b.n + 1, &x), ERR_FORMAT);
    assert_int_equal(open_bytes(longer, b.n + 64, &x), ERR_FORMAT);
    ok(open_bytes(longer, b.n, &x));
    index_close(x);
    free(longer);
    mem_free(b.data);
}

/* Makes all hashes agree with what the bytes say: what someone would do who wants us to follow a bad number. */
static bool forge(char *data, size_t n)
{
    struct snapshot_header h;
    struct section_place place[SECTION_COUNT];
    memcpy(&h, data, sizeof h);
    if (layout_of(&h, place) != n) return false;
    for (size_t i = 0; i < SECTION_COUNT; i++) h.section_hash[i] = hash_bytes(data + place[i].offset, place[i].length, i);
    h.file_size = n;
    h.header_hash = header_hash(&h);
    memcpy(data, &h, sizeof h);
    return true;
}

static void forged_numbers_are_refused_or_harmless(void **state)
{
    (void)state;
    struct bytes b = small_snapshot();
    struct compute *compute;
    char *copy = malloc(b.n);
    size_t opened = 0, refused = 0;
    ok(compute_new(&(struct compute_options){.threads = 1}, &compute));
    for (size_t i = 8; i < b.n; i++) {
        const int values[] = {(uint8_t)b.data[i] ^ 1, (uint8_t)b.data[i] ^ 0x80, 0xff, 0, (uint8_t)(b.data[i] + 4)};
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            struct index *x;
            memcpy(copy, b.data, b.n);
            copy[i] = (char)values[v];
            if (!forge(copy, b.n)) continue;
            status s = open_bytes(copy, b.n, &x);
            assert_true(s == OK || s == ERR_FORMAT);
            if (s == OK) use_all(x, compute);
            opened += s == OK;
            refused += s != OK;
            index_close(x);
        }
    }
    assert_true(opened > 1000);
    assert_true(refused > 1000);
    compute_free(compute);
    free(copy);
    mem_free(b.data);
}

/* Numbers of which a random flip is too rare, or which lead to bytes that are ours as well: each must be refused at open. */
struct forgery {
    const char *what;
    enum section section;
    size_t back;             /* bytes from the section's end, 0: from its beginning */
    uint32_t value;
};

static void forged_pointers_are_refused(void **state)
{
    (void)state;
    static const struct forgery forgeries[] = {
        {"the last cell is not the last of its run", SECTION_CELLS, 4, 1u << 30 | 1u << 17},
        {"a cell has the mark of a run", SECTION_CELLS, 4, 1u << 31 | 1u << 17},
        {"a cell has the frequency 0", SECTION_CELLS, 4, 5},
        {"a posting is of field 7", SECTION_POSTING_INFO, 4, 7u << 27 | 1u << 17},
        {"a posting has the frequency 0", SECTION_POSTING_INFO, 4, 5},
        {"the terms do not begin at 0", SECTION_TERM_OFFSETS, 0, 1},
        {"the terms end too soon", SECTION_TERM_OFFSETS, 4, 0},
        {"the offsets of terms descend", SECTION_TERM_OFFSETS, 8, 0},
        {"the postings end too late", SECTION_TERM_POSTINGS, 4, 1u << 20},
        {"a document is past the last", SECTION_POSTING_DOCS, 4, SMALL_DOCS},
        {"a key is of a document past the last", SECTION_KEY_ORDER, 4, SMALL_DOCS},
        {"a label is past the last", SECTION_LABEL_IDS, 4, 1000},
        {"a name has no end", SECTION_NAMES, 4, 0x61616161},
        {"the note has no end", SECTION_NOTE, 4, 0x61616161},
        {"a scale is not a number", SECTION_SCALES, 4, 0x7fc00000},
        {"a scale is negative", SECTION_SCALES, 4, 0xbf800000},
    };
    struct bytes b = small_snapshot();
    char *copy = malloc(b.n);
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        const struct forgery *f = &forgeries[i];
        struct section_place place[SECTION_COUNT];
        struct index *x;
        layout_of((const void *)b.data, place);
        assert_true(place[f->section].length >= 4);
        memcpy(copy, b.data, b.n);
        memcpy(copy + place[f->section].offset + (f->back ? place[f->section].length - f->back : 0), &f->value, 4);
        assert_true(forge(copy, b.n));
        if (open_bytes(copy, b.n, &x) != ERR_FORMAT) fail_msg("opened although %s", f->what);
    }
    free(copy);
    mem_free(b.data);
}

/* An index without documents that has these counts, whole and sealed. */
static status open_empty(struct snapshot_header h, struct index **x)
{
    struct section_place place[SECTION_COUNT];
    h.names_bytes = 2 * (h.n_fields + h.n_numbers + h.n_columns);
    h.note_bytes = 1;
    memcpy(h.magic, snapshot_magic, sizeof h.magic);
    h.version = SNAPSHOT_VERSION;
    h.byte_order = SNAPSHOT_BYTE_ORDER;
    size_t n = layout_of(&h, place);
    char *data = calloc(1, n);
    memcpy(data, &h, sizeof h);
    for (size_t i = 0; i < h.names_bytes; i += 2) data[place[SECTION_NAMES].offset + i] = 'a';
    assert_true(forge(data, n));
    status s = open_bytes(data, n, x);
    free(data);
    return s;
}

static void too_many_columns_are_refused(void **state)
{
    (void)state;
    struct index *x;
    ok(open_empty((struct snapshot_header){.n_fields = INDEX_FIELDS_MAX, .n_numbers = INDEX_COLUMNS_MAX, .n_columns = INDEX_COLUMNS_MAX, .dim = 32}, &x));
    index_close(x);
    assert_int_equal(open_empty((struct snapshot_header){.n_fields = INDEX_FIELDS_MAX + 1}, &x), ERR_FORMAT);
    assert_int_equal(open_empty((struct snapshot_header){.n_numbers = INDEX_COLUMNS_MAX + 1}, &x), ERR_FORMAT);
    assert_int_equal(open_empty((struct snapshot_header){.n_columns = INDEX_COLUMNS_MAX + 1}, &x), ERR_FORMAT);
    assert_int_equal(open_empty((struct snapshot_header){.dim = 33}, &x), ERR_FORMAT);
    assert_int_equal(open_empty((struct snapshot_header){.dim = INDEX_DIM_MAX + 32}, &x), ERR_FORMAT);
}

/* Two terms of 200 bytes; the bound between them moved, so that one would overrun the array that spelling unpacks to. */
static void too_long_a_term_is_refused(void **state)
{
    (void)state;
    struct index_schema schema = {.fields = {"title"}, .n_fields = 1};
    struct index_builder *builder;
    struct section_place place[SECTION_COUNT];
    struct bytes b;
    struct index *x;
    char text[400];
    const char *path = temporary_path("long");
    memset(text, 'a', 200);
    memset(text + 200, 'b', 200);
    struct term terms[] = {{.text = text, .length = 200}, {.text = text + 200, .length = 200}};
    ok(index_builder_new(&schema, &builder));
    ok(index_builder_add(builder, &(struct index_document){.fields = &(struct term_list){terms, 2, 2}}));
    ok(index_builder_write(builder, path, 1, NULL, NULL));
    index_builder_free(builder);
    ok(file_read(path, 1 << 20, &b.data, &b.n));
    unlink(path);
    layout_of((const void *)b.data, place);
    for (uint32_t bound = 0; bound <= 400; bound += 40) {
        memcpy(b.data + place[SECTION_TERM_OFFSETS].offset + 4, &bound, 4);
        assert_true(forge(b.data, b.n));
        status s = open_bytes(b.data, b.n, &x);
        assert_int_equal(s, bound <= INDEX_TERM_BYTES_MAX && 400 - bound <= INDEX_TERM_BYTES_MAX ? OK : ERR_FORMAT);
        index_close(x);
    }
    mem_free(b.data);
}

static void forged_counts_do_not_wrap(void **state)
{
    (void)state;
    struct bytes b = small_snapshot();
    struct snapshot_header h, forged;
    struct index *x;
    memcpy(&h, b.data, sizeof h);
    uint32_t *counts[] = {&forged.n_docs, &forged.n_fields, &forged.n_numbers, &forged.n_columns, &forged.dim, &forged.n_terms, &forged.n_postings,
                          &forged.n_cells, &forged.n_labels, &forged.n_label_ids, &forged.names_bytes, &forged.note_bytes, &forged.term_text_bytes, &forged.label_text_bytes};
    const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0xffffffe0, 32};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            forged = h;
            if (*counts[i] == values[v]) continue;
            *counts[i] = values[v];
            forged.header_hash = header_hash(&forged);
            memcpy(b.data, &forged, sizeof forged);
            assert_int_equal(open_bytes(b.data, b.n, &x), ERR_FORMAT);
        }
    }
    forged = h;
    forged.dim = 0xffffffe0;
    forged.n_docs = 0xfffffffe;
    forged.header_hash = header_hash(&forged);
    memcpy(b.data, &forged, sizeof forged);
    assert_int_equal(open_bytes(b.data, b.n, &x), ERR_FORMAT);
    mem_free(b.data);
}

static void wrong_files_get_a_sentence(void **state)
{
    (void)state;
    struct index *x;
    assert_int_equal(index_open("/nonexistent/x.idx", &x), ERR_IO);
    assert_int_equal(index_open("/tmp", &x), ERR_IO);
    assert_int_equal(open_bytes("", 0, &x), ERR_FORMAT);
    assert_int_equal(open_bytes("a text file of some other kind\n", 31, &x), ERR_FORMAT);
    assert_null(x);
    index_close(NULL);
}

/* ---- interruption ---- */

static int64_t version_at(const char *path)
{
    struct index *x;
    ok(index_open(path, &x));
    int64_t version = index_source_version(x);
    index_close(x);
    return version;
}

static void remove_leftovers(const char *path)
{
    char pattern[300];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s*", path);
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) unlink(found.gl_pathv[i]);
        globfree(&found);
    }
}

static size_t count_leftovers(const char *path)
{
    char pattern[300];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s.*", path);
    size_t n = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    if (n) globfree(&found);
    return n;
}

/* Tells the parent when it is in the middle of writing, and waits there to be killed. */
static void stop_while_writing(void *context, const struct progress_event *e)
{
    int *pipe_end = context;
    if (strcmp(e->stage, "write index") != 0 || e->done < e->total / 2) return;
    if (write(*pipe_end, "x", 1) == 1) pause();
}

static void killed_in_the_middle_leaves_the_old_one(void **state)
{
    (void)state;
    struct plain_shop s;
    const char *path = temporary_path("killed");
    int ends[2];
    char byte;
    plain_shop_fill(&s, 3000, 32, 100, 1);
    ok(plain_write(&s, path, 1, NULL));
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct progress p = {.context = &ends[1], .update = stop_while_writing};
        _exit(plain_write(&s, path, 2, &p) == OK ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    size_t leftovers = count_leftovers(path);   /* none where a file system knows files without a name (atomic_file_open) */
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(leftovers <= 1);
    assert_int_equal(version_at(path), 1);
    ok(plain_write(&s, path, 3, NULL));
    assert_int_equal(version_at(path), 3);
    close(ends[0]);
    close(ends[1]);
    remove_leftovers(path);
    plain_shop_release(&s);
}

static void killed_at_any_moment_leaves_a_whole_one(void **state)
{
    (void)state;
    struct plain_shop s;
    struct rng r;
    const char *path = temporary_path("any");
    rng_seed(&r, 3);
    small_shop(&s);
    ok(plain_write(&s, path, 0, NULL));
    int64_t last = 0;
    for (int round = 0; round < 40; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (!child)
            for (int64_t version = last + 1;; version++)
                if (plain_write(&s, path, version, NULL) != OK) _exit(1);
        usleep((useconds_t)rng_below(&r, 40000));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        int64_t version = version_at(path);
        assert_true(version >= last);
        last = version;
    }
    assert_true(last > 5);
    remove_leftovers(path);
    plain_shop_release(&s);
}

/* Stops at the call that *context counts down to. */
static bool at_last(void *context)
{
    int *left = context;
    return --*left <= 0;
}

static void interrupted_build_leaves_the_old_one(void **state)
{
    (void)state;
    struct plain_shop s;
    const char *path = temporary_path("interrupted");
    small_shop(&s);
    ok(plain_write(&s, path, 1, NULL));
    for (int calls = 1; calls <= 10; calls++) {   /* the first is while sorting, the others are while writing */
        int left = calls;
        struct progress p = {.context = &left, .cancelled = at_last};
        assert_int_equal(plain_write(&s, path, 2, &p), ERR_INTERRUPTED);
        assert_int_equal(version_at(path), 1);
        assert_int_equal(count_leftovers(path), 0);
    }
    remove_leftovers(path);
    plain_shop_release(&s);
}

static void full_disk_leaves_the_old_one(void **state)
{
    (void)state;
    struct plain_shop s;
    const char *path = temporary_path("full");
    uint64_t n = 1;
    small_shop(&s);
    ok(plain_write(&s, path, 1, NULL));
    for (;; n++) {
        file_fail_write_at(n);
        status result = plain_write(&s, path, 2, NULL);
        file_fail_write_at(0);
        if (result == OK) break;
        assert_int_equal(result, ERR_IO);
        assert_int_equal(version_at(path), 1);
        assert_int_equal(count_leftovers(path), 0);
    }
    assert_true(n > SECTION_COUNT);
    assert_int_equal(version_at(path), 2);
    remove_leftovers(path);
    plain_shop_release(&s);
}

static void unwritable_place_is_an_error(void **state)
{
    (void)state;
    struct plain_shop s;
    small_shop(&s);
    assert_int_equal(plain_write(&s, "/nonexistent/shop.idx", 1, NULL), ERR_IO);
    plain_shop_release(&s);
}

/* ---- no memory ---- */

static void no_memory_while_building_leaves_the_old_one(void **state)
{
    (void)state;
    struct plain_shop s;
    const char *path = temporary_path("memory");
    uint64_t n = 1;
    small_shop(&s);
    ok(plain_write(&s, path, 1, NULL));
    for (;; n++) {
        mem_fail_at(n);
        status result = plain_write(&s, path, 2, NULL);
        mem_fail_at(0);
        if (result == OK && version_at(path) == 2) break;
        assert_int_equal(result, ERR_NOMEM);
        assert_int_equal(version_at(path), 1);
        assert_int_equal(count_leftovers(path), 0);
    }
    assert_true(n > 50);
    remove_leftovers(path);
    plain_shop_release(&s);
}

static status open_and_search(const char *path, struct compute *compute)
{
    struct index *x = NULL;
    struct index_scratch *scratch = NULL;
    struct bm25f p;
    struct index_hit hits[3];
    float query[SMALL_DIM] = {1}, score;
    uint32_t label = 0, doc = 1;
    size_t n;
    struct index_condition c = {.kind = CONDITION_NO_LABEL, .column = 0, .labels = &label, .n_labels = 1};
    struct index_filter f = {&c, 1};
    struct index_query_term term = {"a0", 2, 1};
    bm25f_default(&p, FIELDS);
    status s = index_open(path, &x);
    if (s == OK) s = index_scratch_new(&scratch);
    if (s == OK) s = index_search_terms(x, scratch, &term, 1, &p, &f, hits, 3, &n);
    if (s == OK) s = index_search_vector(x, compute, scratch, query, &f, hits, 3, &n);
    if (s == OK) s = index_score_terms(x, &term, 1, &p, &doc, 1, &score);
    index_scratch_free(scratch);
    index_close(x);
    return s;
}

static void no_memory_while_searching_is_an_error(void **state)
{
    (void)state;
    struct plain_shop s;
    struct compute *compute;
    const char *path = temporary_path("searching");
    uint64_t n = 1;
    small_shop(&s);
    ok(plain_write(&s, path, 1, NULL));
    ok(compute_new(&(struct compute_options){.threads = 1}, &compute));
    for (;; n++) {
        mem_fail_at(n);
        status result = open_and_search(path, compute);
        mem_fail_at(0);
        if (result == OK) break;
        assert_int_equal(result, ERR_NOMEM);
    }
    assert_true(n > 8);
    compute_free(compute);
    remove_leftovers(path);
    plain_shop_release(&s);
}

/* The same documents give the same bytes. */
static void building_is_deterministic(void **state)
{
    (void)state;
    struct bytes a = small_snapshot(), b = small_snapshot();
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.data, b.data, a.n);
    mem_free(a.data);
    mem_free(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_altered_byte_is_refused),
        cmocka_unit_test(every_length_is_refused),
        cmocka_unit_test(forged_numbers_are_refused_or_harmless),
        cmocka_unit_test(forged_pointers_are_refused),
        cmocka_unit_test(too_many_columns_are_refused),
        cmocka_unit_test(too_long_a_term_is_refused),
        cmocka_unit_test(forged_counts_do_not_wrap),
        cmocka_unit_test(wrong_files_get_a_sentence),
        cmocka_unit_test(killed_in_the_middle_leaves_the_old_one),
        cmocka_unit_test(killed_at_any_moment_leaves_a_whole_one),
        cmocka_unit_test(interrupted_build_leaves_the_old_one),
        cmocka_unit_test(full_disk_leaves_the_old_one),
        cmocka_unit_test(unwritable_place_is_an_error),
        cmocka_unit_test(no_memory_while_building_leaves_the_old_one),
        cmocka_unit_test(no_memory_while_searching_is_an_error),
        cmocka_unit_test(building_is_deterministic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* base: what every other room stands on.
 *
 * Status and its one-sentence message, memory that can be made to fail in a test, arenas, byte buffers, a string map,
 * random numbers with a state that can be saved, clock, files that are replaced atomically, mapped files, UTF-8,
 * progress callbacks, CPU features. Nothing here prints or exits.
 *
 * Conventions of the whole library
 *   - a function that can fail returns `status`; OK is 0. The sentence that explains the failure is kept for the calling
 *     thread and read with status_message(): what went wrong, where (file:line or field), and what to do.
 *   - init/release: the caller owns the struct's storage. new/free: the library owns it. clear: keeps storage.
 *   - sizes are size_t, counts in data files uint32_t/uint64_t little endian, money is int64_t minor units.
 *   - upward calls (progress, tokens as they come) are callbacks and come last in the parameter list; NULL means "none".
 */
#ifndef DAOGOU_BASE_H
#define DAOGOU_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- status ------------------------------------------------------------------------------------------------------ */

typedef enum status {
    OK = 0,
    ERR_USAGE,       /* the caller asked for something that makes no sense; exit code 2 in the cli */
    ERR_IO,          /* the operating system refused: the sentence has its reason */
    ERR_FORMAT,      /* bytes that are not what they should be: the sentence has file and place */
    ERR_LIMIT,       /* one of our named limits was passed */
    ERR_NOMEM,
    ERR_NOT_FOUND,
    ERR_INTERRUPTED, /* the progress callback asked to stop; exit code 130 in the cli */
    ERR_INTERNAL     /* a broken invariant of ours */
} status;

enum { STATUS_MESSAGE_MAX = 1024 };

/* Sets the thread's message (printf form, one sentence, no newline) and returns `code`, so that one can `return fail(...)`. */
status fail(status code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts "what: " before the message already there and returns `code`: for adding a file or line on the way up. */
status fail_context(status code, const char *format, ...) __attribute__((format(printf, 2, 3)));
status fail_nomem(const char *what);               /* "out of memory while <what>" */
status fail_errno(const char *what, const char *path); /* "cannot <what> <path>: <strerror>" as ERR_IO */
const char *status_message(void);                  /* never NULL; valid until this thread's next fail() */

#define TRY(expression)                                  \
    do {                                                 \
        status try_status_ = (expression);               \
        if (try_status_ != OK) return try_status_;       \
    } while (0)
#define FAIL_IF(condition, ...)                          \
    do {                                                 \
        if (condition) return fail(__VA_ARGS__);         \
    } while (0)

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* malloc and friends, through one door so that tests can make the n-th allocation fail. Return NULL on failure. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t count, size_t size);       /* zeroed; NULL if count*size overflows */
void *mem_realloc(void *p, size_t size);
char *mem_strndup(const char *s, size_t n);        /* NUL-terminated copy */
void mem_free(void *p);                            /* NULL is fine */
void *mem_aligned(size_t size);                    /* 64-byte aligned, zeroed, large ones in huge pages; free with mem_free */
/* Test only: the n-th allocation from now (1 = next) fails once; 0 switches it off. Returns allocations seen since the last call. */
uint64_t mem_fail_at(uint64_t n);
uint64_t mem_seen(void);                           /* allocations since mem_fail_at() was last called, else since the start */

/* Grows *data so that it holds `want` items of `item_size`; *cap is in items. Doubles. On failure *data is untouched. */
status mem_grow(void *data_pointer, size_t *cap, size_t want, size_t item_size);

/* An arena gives out memory that is freed all at once. Blocks grow by doubling; `limit` bytes at the most (0: no limit). */
struct arena_block;
struct arena {
    struct arena_block *head;
    size_t used, limit;
};
void arena_init(struct arena *a, size_t limit);
void arena_release(struct arena *a);
void arena_clear(struct arena *a);                 /* keeps the largest block */
void *arena_alloc(struct arena *a, size_t size);   /* 16-byte aligned, not zeroed; NULL on failure */
void *arena_zalloc(struct arena *a, size_t count, size_t size);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- byte buffer ------------------------------------------------------------------------------------------------- */

/* Always NUL-terminated once something was added. The first failed growth sets `failed`; later calls do nothing, so a
 * chain of appends is checked once, at the end, with strbuf_status(). Zero-initialise to start: struct strbuf b = {0}. */
struct strbuf {
    char *data;
    size_t len, cap;
    bool failed;
};
void strbuf_release(struct strbuf *b);
void strbuf_clear(struct strbuf *b);
void strbuf_add(struct strbuf *b, const void *data, size_t n);
void strbuf_puts(struct strbuf *b, const char *s);
void strbuf_putc(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_put_utf8(struct strbuf *b, uint32_t code_point);
status strbuf_status(const struct strbuf *b);      /* ERR_NOMEM if any append failed */
const char *strbuf_str(const struct strbuf *b);    /* "" when empty; never NULL */

/* ---- string map -------------------------------------------------------------------------------------------------- */

/* Bytes -> uint64_t, open addressing, insertion only (plus clear). Keys are copied. */
struct strmap {
    struct strmap_slot *slots;
    size_t count, cap;
    struct arena keys;
};
void strmap_init(struct strmap *m);
void strmap_release(struct strmap *m);
status strmap_put(struct strmap *m, const char *key, size_t n, uint64_t value); /* replaces */
bool strmap_get(const struct strmap *m, const char *key, size_t n, uint64_t *value); /* value may be NULL */
/* Walks in no particular order: start with *cursor = 0; false at the end. */
bool strmap_next(const struct strmap *m, size_t *cursor, const char **key, size_t *n, uint64_t *value);
uint64_t hash_bytes(const void *data, size_t n, uint64_t seed); /* wyhash-style mixing; stable across runs and machines */

/* ---- random numbers ---------------------------------------------------------------------------------------------- */

/* xoshiro256** (Blackman, Vigna 2018), seeded by splitmix64. The four words are the whole state: save and restore them. */
struct rng {
    uint64_t s[4];
};
void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n);     /* uniform in [0, n), n > 0, unbiased */
double rng_unit(struct rng *r);                    /* [0, 1) */
double rng_normal(struct rng *r);                  /* mean 0, deviation 1 (Box-Muller; no hidden state) */

/* ---- clock ------------------------------------------------------------------------------------------------------- */

uint64_t clock_ns(void);                           /* monotonic */
int64_t clock_unix_ms(void);

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* Whole file into a fresh NUL-terminated buffer (*size without the NUL); caller frees. Directories, missing and unreadable
 * files and files over max_size are refused with a sentence. */
status file_read(const char *path, size_t max_size, char **data, size_t *size);

/* A file that appears whole or not at all: written without a name (where the file system can; else beside the target),
 * fsynced, renamed over the target, directory fsynced. abort (or a crash) leaves the old file as it was. Write errors stick and are reported by commit. */
struct atomic_file {
    FILE *stream;      /* write here with fwrite/fprintf, or atomic_file_write */
    char *path, *temporary;
    bool unnamed;      /* `temporary` does not exist before commit */
    bool failed;
    int error_number;
};
status atomic_file_open(struct atomic_file *f, const char *path);
void atomic_file_write(struct atomic_file *f, const void *data, size_t n);
status atomic_file_commit(struct atomic_file *f);  /* closes and releases f in every case */
void atomic_file_abort(struct atomic_file *f);     /* also after a failed open; idempotent */
status file_write_atomic(const char *path, const void *data, size_t n);
/* Test only: the n-th atomic_file_write from now fails as if the disk were full; 0 switches it off. */
void file_fail_write_at(uint64_t n);
status file_make_directory(const char *path);      /* with parents, fine if it exists */
bool file_exists(const char *path);

/* Read-only mapping. An empty file maps to data "" and size 0. */
struct mapped_file {
    const uint8_t *data;
    size_t size;
};
status mapped_file_open(struct mapped_file *m, const char *path);
void mapped_file_close(struct mapped_file *m);

/* ---- UTF-8 ------------------------------------------------------------------------------------------------------- */

/* Decodes one code point from [*p, end) and moves *p on. A bad byte gives U+FFFD and moves one byte on. *p < end required. */
uint32_t utf8_next(const char **p, const char *end);
size_t utf8_put(char out[4], uint32_t code_point); /* bytes written, 1..4 */
bool utf8_valid(const char *s, size_t n, size_t *bad_offset); /* bad_offset may be NULL; rejects surrogates and overlongs */
size_t utf8_length(const char *s, size_t n);       /* code points */
bool utf8_is_han(uint32_t code_point);             /* CJK unified ideographs incl. extensions */

/* ---- progress ---------------------------------------------------------------------------------------------------- */

struct progress_event {
    const char *stage;     /* "read", "index", "train", ... */
    uint64_t done, total;  /* total 0: unknown */
    const char *note;      /* may be NULL: e.g. "loss 3.21, 4810 tokens/s" */
};
/* update may be NULL; cancelled may be NULL. Long work calls progress_report every so often and stops with
 * ERR_INTERRUPTED when it returns false. */
struct progress {
    void *context;
    void (*update)(void *context, const struct progress_event *event);
    bool (*cancelled)(void *context);
};
bool progress_report(const struct progress *p, const char *stage, uint64_t done, uint64_t total, const char *note);
status fail_interrupted(const char *what);         /* "interrupted while <what>; nothing was changed" style sentence */

/* ---- CPU --------------------------------------------------------------------------------------------------------- */

/* AVX2 implies FMA and F16C; AVX512 implies F, BW, VL, DQ; AMX implies AVX512 and bf16 in both, and that the system lets us use the tiles */
enum cpu_level { CPU_SCALAR = 0, CPU_AVX2 = 1, CPU_AVX512 = 2, CPU_AMX = 3 };
struct cpu_features {
    enum cpu_level level;  /* lowered by the environment: DAOGOU_CPU=scalar|avx2|avx512|amx */
    bool vnni, bf16;       /* with AVX512 */
    int cores;             /* online */
};
const struct cpu_features *cpu_features(void);     /* probed once, thread safe */

#endif

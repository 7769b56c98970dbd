/* Private to room exchange. */
#ifndef DAOGOU_EXCHANGE_INT_H
#define DAOGOU_EXCHANGE_INT_H

#include "exchange/exchange.h"
#include "model/model.h"
#include "text/text.h"

#include <jansson.h>

/* ---- numbers as others store them (element.c) -------------------------------------------------------------------- */

enum element { ELEMENT_F32, ELEMENT_F16, ELEMENT_BF16, ELEMENT_Q8_0, ELEMENT_Q4_0, ELEMENT_OTHER };
enum { BLOCK = 32 };   /* elements that share a scale in Q8_0 and Q4_0: f16 scale, then 32 int8 or 16 bytes of nibbles */
size_t element_row_bytes(enum element e, size_t cols);   /* 0: OTHER, or blocks do not fit */
void element_read(float *out, enum element e, const uint8_t *row, size_t cols);
float element_at(enum element e, const uint8_t *data, size_t i);   /* F32, F16, BF16 */
void element_write(uint8_t *row, enum element e, const float *x, size_t cols);   /* all but Q4_0 */
float f16_to_f32(uint16_t h);
uint16_t f16_from_f32(float x);   /* to nearest, ties to even */

/* ---- a checkpoint of another program ----------------------------------------------------------------------------- */

enum family { FAMILY_GPT2, FAMILY_LLAMA, FAMILY_QWEN2, FAMILY_QWEN3, FAMILIES };
extern const char *const family_names[FAMILIES];   /* "gpt2" ...: model_type and general.architecture alike */

struct foreign_tensor {
    const char *name;
    enum element element;
    size_t rows, cols;         /* vectors: rows 1 */
    const uint8_t *data;
    size_t bytes;              /* 0: not known (a type of GGUF that cannot be read) */
};
enum { CHECKPOINT_MAX_TENSORS = 1 << 16, CHECKPOINT_MAX_SHARDS = 512, CHECKPOINT_MAX_HEADER = 1 << 26 };

struct gguf_value {
    uint32_t type;             /* of it, or of the elements when `array` */
    bool array;
    uint64_t n;                /* elements; bytes of a string; 1 */
    const uint8_t *at, *end;   /* end: of the file, for walking arrays of strings (their lengths were checked) */
};
struct checkpoint {
    enum exchange_format format;
    struct mapped_file *files;
    size_t n_files, cap_files;
    struct foreign_tensor *tensors;
    size_t n_tensors, cap_tensors;
    struct strmap index;       /* name -> tensor */
    struct arena names;
    json_t *config;            /* HF */
    struct strmap keys;        /* GGUF: key -> value */
    struct gguf_value *values;
    size_t n_values, cap_values;
};
void checkpoint_init(struct checkpoint *c, enum exchange_format format);
void checkpoint_release(struct checkpoint *c);
/* Copies the name. ERR_FORMAT: twice. */
status checkpoint_add(struct checkpoint *c, const struct foreign_tensor *t, size_t name_length);
/* ERR_FORMAT: two tensors share bytes. A small file of many such would become a model of any size. */
status checkpoint_check_overlap(const struct checkpoint *c);
const struct foreign_tensor *checkpoint_find(const struct checkpoint *c, const char *name);

/* Map and check all of it: no length, offset or count of the file is believed. */
status hf_open(struct checkpoint *c, const char *directory);
status gguf_open(struct checkpoint *c, const char *path);
/* The shape of the model, refusing what cannot be computed here. */
status hf_config(const struct checkpoint *c, enum family *family, struct model_config *config);
status gguf_config(const struct checkpoint *c, enum family *family, struct model_config *config);
status hf_tokenizer(const struct checkpoint *c, const char *directory, struct tokenizer **out);
status gguf_tokenizer(const struct checkpoint *c, struct tokenizer **out);

/* GGUF metadata: false when the key is absent or of another kind. */
bool gguf_number(const struct checkpoint *c, const char *key, double *out);
bool gguf_string(const struct checkpoint *c, const char *key, const char **s, size_t *n);
const struct gguf_value *gguf_array(const struct checkpoint *c, const char *key, uint32_t type);
enum { GGUF_U8, GGUF_I8, GGUF_U16, GGUF_I16, GGUF_U32, GGUF_I32, GGUF_F32, GGUF_BOOL, GGUF_STRING, GGUF_ARRAY, GGUF_U64, GGUF_I64, GGUF_F64 };
/* The next string of an array; *at moves on. */
const char *gguf_next_string(const uint8_t **at, size_t *n);

/* ---- whose tensor is whose (links.c) ----------------------------------------------------------------------------- */

enum part { PART_ALL, PART_Q, PART_K, PART_V, PART_GATE, PART_UP };   /* rows of our parameter (elements of a vector) */
struct link {
    const char *ours, *theirs; /* %u: the layer */
    enum part part;
    bool transposed;           /* theirs is (inputs, outputs): GPT-2 in Hugging Face's files */
    bool paired;               /* rows of a head are in pairs (i, i + D/2): Llama in GGUF */
};
const struct link *links_of(enum exchange_format format, enum family family, size_t *n);
/* Formats one side for the layer of our parameter; false: the link is not for this parameter. */
bool link_matches(const struct link *l, const struct parameter *p, char theirs[96]);
void part_range(const struct model_config *c, const struct parameter *p, enum part part, size_t *first, size_t *n);
/* Where row r of one of their q or k matrices is in ours (paired). */
size_t paired_row(const struct model_config *c, size_t r);

/* A directory that appears at once: write into staging.path, then commit or abort. */
struct staging { char *path, *target; };
status staging_open(struct staging *s, const char *target);
status staging_commit(struct staging *s);
void staging_abort(struct staging *s);
status path_join(struct strbuf *out, const char *directory, const char *name);   /* clears out first */

/* ---- writing ----------------------------------------------------------------------------------------------------- */

struct export_tensor {
    char name[96];
    const struct parameter *parameter;
    const struct link *link;
    size_t first, rows, cols;  /* of theirs */
    bool vector;
    const float *added;        /* (cols) to each row, or NULL */
    enum element element;
    uint64_t offset, bytes;
};
struct export_job {
    const struct model *model;
    const struct tokenizer *tokenizer;
    enum family family;
    struct export_tensor *tensors;
    size_t n;
    float *plain;              /* (d_model) what our overlap embedding adds to every token of a plain text; NULL: nothing */
    bool tied;                 /* as it is written: what is added to the input embedding must not be in the output */
};
status export_tensors_write(const struct export_job *job, struct atomic_file *f, size_t alignment);
status hf_write(const struct export_job *job, const char *directory);
status gguf_write(const struct export_job *job, const char *path);

#endif

/* The snapshot of passages: words of heading, title and text; an embedding where there is a model. */
#include "service_int.h"

#include <string.h>

struct build {
    struct service *service;
    struct index_builder *builder;
    struct arena arena;
    struct term_list fields[PASSAGE_FIELDS];
    size_t dim;
    float *vector;
};
enum { VECTOR_TEXT_MAX = 400 };

static status add_terms(struct build *b, const char *text, struct term_list *out)
{
    struct strbuf *n = &b->service->text;
    strbuf_clear(n);
    TRY(normalize(b->service->o.normalizer, text, strlen(text), n));
    return text_terms(b->service->segmenter, strbuf_str(n), n->len, &b->arena, out);
}

static status embed(struct build *b, const struct stored_passage *p)
{
    struct strbuf raw = {0}, *n = &b->service->text;
    strbuf_printf(&raw, "%s %s %.*s", p->title, p->heading, VECTOR_TEXT_MAX, p->text);
    strbuf_clear(n);
    status s = strbuf_status(&raw);
    if (s == OK) s = normalize(b->service->o.normalizer, raw.data, raw.len, n);
    strbuf_release(&raw);
    TRY(s);
    const struct text_span span = {strbuf_str(n), n->len};
    return session_embed(b->service->o.session, TOKEN_ITEM, &span, 1, b->vector);
}

static status add_passage(void *context, const struct stored_passage *p)
{
    struct build *b = context;
    const struct index_label language = {0, p->language, strlen(p->language)};
    for (size_t f = 0; f < PASSAGE_FIELDS; f++) b->fields[f].n = 0;
    arena_clear(&b->arena);
    TRY(add_terms(b, p->heading, &b->fields[FIELD_HEADING]));
    if (strcmp(p->heading, p->title) != 0) TRY(add_terms(b, p->title, &b->fields[FIELD_TITLE]));
    TRY(add_terms(b, p->text, &b->fields[FIELD_TEXT]));
    if (b->dim) TRY(embed(b, p));
    const struct index_document d = {.key = p->id, .fields = b->fields, .labels = &language, .n_labels = 1, .vector = b->dim ? b->vector : NULL};
    return index_builder_add(b->builder, &d);
}

static status build(struct service *s, int64_t version, const char *note)
{
    size_t dim = s->o.session ? session_config(s->o.session)->d_model : 0;
    struct build b = {.service = s, .dim = dim % 32 ? 0 : dim};
    const struct index_schema schema = {.fields = {"heading", "title", "text"}, .n_fields = PASSAGE_FIELDS, .labels = {"language"}, .n_labels = 1, .dim = b.dim};
    arena_init(&b.arena, 0);
    b.vector = mem_zalloc(b.dim + 1, sizeof *b.vector);
    status result = b.vector ? index_builder_new(&schema, &b.builder) : fail_nomem("building the index of passages");
    if (result == OK) result = passages_each(s->documents, add_passage, &b);
    if (result == OK) result = index_builder_write(b.builder, s->o.index_path, version, note, NULL);
    index_builder_free(b.builder);
    for (size_t f = 0; f < PASSAGE_FIELDS; f++) mem_free(b.fields[f].items);
    mem_free(b.vector);
    arena_release(&b.arena);
    return result;
}

/* A damaged snapshot is made again: it holds nothing that the documents do not. */
static bool present(struct service *s, int64_t version, const char *note)
{
    if (!file_exists(s->o.index_path) || index_open(s->o.index_path, &s->index) != OK) return false;
    if (index_source_version(s->index) == version && strcmp(index_note(s->index), note) == 0) return true;
    index_close(s->index);
    s->index = NULL;
    return false;
}

status passage_index_open(struct service *s)
{
    char note[64];
    int64_t version;
    snprintf(note, sizeof note, "passages 1 %016llx", s->o.session ? (unsigned long long)session_fingerprint(s->o.session) : 0);
    TRY(documents_version(s->documents, &version));
    if (s->index && index_source_version(s->index) == version) return OK;
    index_close(s->index);
    s->index = NULL;
    if (present(s, version, note)) return OK;
    TRY(build(s, version, note));
    return index_open(s->o.index_path, &s->index);
}

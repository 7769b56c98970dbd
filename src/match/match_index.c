/* From the catalogue to the index: which words, labels and numbers of a product are searched. */
#include "match_int.h"

#include <jansson.h>
#include <string.h>

struct build {
    struct index_builder *builder;
    struct session *session;
    const struct normalizer *normalizer;
    struct segmenter *segmenter;
    struct arena arena;              /* one product */
    struct strbuf text;
    struct term_list fields[FIELDS];
    size_t dim;
    uint64_t n, total, known[FACETS];
    char currency[4];
    const struct progress *progress;
    struct index *before;            /* whose vectors are still right where the text is the same; NULL: none */
    /* vectors are computed a chunk of products at a time */
    struct pending *pending;
    size_t n_pending;
};
enum { CHUNK = 256, VECTOR_TEXT_MAX = 400 };
static const char VECTOR_TEXT[] = "vector_text";
struct pending {
    struct arena arena;
    struct index_document document;
    struct term_list fields[FIELDS];
    struct index_label labels[LABELS_PER_DOCUMENT_MAX];
    int64_t numbers[NUMBER_COLUMNS];
    struct strbuf vector_text[2];    /* zh or main, en */
};

static status add_terms(struct build *b, struct arena *a, const char *s, struct term_list *list)
{
    if (!*s) return OK;
    strbuf_clear(&b->text);
    TRY(normalize(b->normalizer, s, strlen(s), &b->text));
    return text_terms(b->segmenter, strbuf_str(&b->text), b->text.len, a, list);
}

static const char *normalised(struct build *b, struct arena *a, const char *s)
{
    strbuf_clear(&b->text);
    if (normalize(b->normalizer, s, strlen(s), &b->text) != OK) return "";
    const char *copy = arena_strndup(a, strbuf_str(&b->text), b->text.len);
    return copy ? copy : "";
}

/* ---- fields and labels ---- */

enum { DENIED_MAX = 8 };
struct denied { const char *names[DENIED_MAX]; size_t n; };   /* of attributes, normalised */

static status add_description(struct build *b, struct arena *a, const char *s, const struct denied *d, struct term_list *list)
{
    if (!*s) return OK;
    strbuf_clear(&b->text);
    TRY(normalize(b->normalizer, s, strlen(s), &b->text));
    for (size_t i = 0; i < d->n; i++) denied_blank(&b->text, d->names[i]);
    return text_terms(b->segmenter, strbuf_str(&b->text), b->text.len, a, list);
}

static status add_attributes(struct build *b, const struct product *p, struct arena *a, struct term_list *list, struct denied *d)
{
    for (size_t i = 0; i < p->n_attributes; i++) {
        const char *name = normalised(b, a, p->attributes[i].name), *value = normalised(b, a, p->attributes[i].value);
        if (!record_denies(name, strlen(name), value, strlen(value))) TRY(add_terms(b, a, p->attributes[i].value, list));
        else if (*name && d->n < DENIED_MAX) d->names[d->n++] = name;
    }
    return OK;
}

static status add_fields(struct build *b, const struct product *p, struct arena *a, struct term_list *fields)
{
    const char *const texts[][3] = {
        [FIELD_TITLE] = {p->title, p->title_en, p->title_zh},
        [FIELD_BRAND] = {p->brand, "", ""},
        [FIELD_CATEGORY] = {p->category, p->category_en, p->category_zh},
        [FIELD_ATTRIBUTES] = {"", "", ""},
        [FIELD_DESCRIPTION] = {p->description, p->description_en, p->description_zh},
    };
    struct denied denied = {.n = 0};
    TRY(add_attributes(b, p, a, &fields[FIELD_ATTRIBUTES], &denied));
    for (size_t f = 0; f < FIELDS; f++)
        for (size_t i = 0; i < 3; i++) {
            if (i > 0 && strcmp(texts[f][i], texts[f][0]) == 0) continue;
            if (f == FIELD_DESCRIPTION) TRY(add_description(b, a, texts[f][i], &denied, &fields[f]));
            else TRY(add_terms(b, a, texts[f][i], &fields[f]));
        }
    return OK;
}

/* "柯朗 KELANG" is known as the whole and by each of its names. */
static void brand_labels(struct label_set *set, const char *brand)
{
    size_t n = strlen(brand);
    label_add(set, FACET_BRAND, brand, n);
    size_t first = 0;
    while (first < n && (unsigned char)brand[first] >= 0x80) first++;
    if (first > 0 && first < n && (brand[first] == ' ' || brand[first] == '/')) {
        label_add(set, FACET_BRAND, brand, first);
        label_add(set, FACET_BRAND, brand + first + 1, n - first - 1);
    }
}

static void category_labels(struct label_set *set, const char *category)
{
    for (const char *s = category; *s;) {
        const char *stop = strchr(s, '>');
        size_t n = stop ? (size_t)(stop - s) : strlen(s);
        label_add(set, FACET_CATEGORY, s, n);
        s += n + (stop != NULL);
    }
}

static status add_labels(struct build *b, const struct product *p, struct label_set *set)
{
    bool seen[FACETS] = {false};
    for (size_t i = 0; i < p->n_attributes; i++) {
        enum facet f;
        const char *name = normalised(b, set->arena, p->attributes[i].name);
        bool facet = facet_of_attribute(name, &f);
        const char *value = normalised(b, set->arena, p->attributes[i].value);
        if (!facet) {
            attribute_labels(set, name, value, p->attributes[i].type == ATTRIBUTE_LIST);
            continue;
        }
        facet_labels(set, f, value, strlen(value));
        seen[f] = true;
    }
    const char *titles[2] = {normalised(b, set->arena, p->title), normalised(b, set->arena, p->title_en)};
    for (size_t i = 0; i < 2; i++)
        for (enum facet f = 0; f < FACETS; f++)
            if (!seen[f] && (f == FACET_COLOUR || f == FACET_MATERIAL || f == FACET_AUDIENCE)) facet_words(set, f, titles[i], strlen(titles[i]));
    const char *category = normalised(b, set->arena, p->category), *category_en = normalised(b, set->arena, p->category_en), *brand = normalised(b, set->arena, p->brand);
    if (!facet_names_people(set)) facet_of_department(set, category);
    if (!facet_names_people(set)) facet_of_department(set, category_en);
    if (!facet_names_people(set)) label_add(set, FACET_AUDIENCE, "any", 3);
    size_t name = *p->brand ? 0 : title_labels(set, titles[0]);
    if (*p->brand) brand_labels(set, normalised(b, set->arena, p->brand));
    category_labels(set, category);
    category_labels(set, category_en);
    TRY(title_words(b->segmenter, set, titles[0], name, brand, category));
    if (strcmp(titles[1], titles[0]) != 0) TRY(title_words(b->segmenter, set, titles[1], 0, brand, category_en));
    seen[FACET_BRAND] = *p->brand != 0;
    seen[FACET_CATEGORY] = *p->category != 0;
    for (enum facet f = 0; f < FACETS; f++) b->known[f] += seen[f];
    return OK;
}

/* A column's unit ("容量(L)") is in the attribute's own number. */
static void add_quantities(struct build *b, const struct product *p, struct label_set *set)
{
    for (size_t i = 0; i < p->n_attributes; i++) {
        const struct attribute *a = &p->attributes[i];
        if (a->type == ATTRIBUTE_NUMBER) {
            quantity_label(set, a->number, a->unit);
            continue;
        }
        const char *value = normalised(b, set->arena, a->value);
        quantity_labels(set, value, strlen(value));
    }
    const char *titles[2] = {normalised(b, set->arena, p->title), normalised(b, set->arena, p->title_en)};
    for (size_t i = 0; i < 2; i++) quantity_labels(set, titles[i], strlen(titles[i]));
}

/* One product changed of a large shop: its vector alone is computed. */
static bool take_over(struct build *b, struct pending *p)
{
    uint32_t doc;
    const struct strbuf *text = p->vector_text;
    int64_t hash = (int64_t)(hash_bytes(strbuf_str(&text[1]), text[1].len, hash_bytes(strbuf_str(&text[0]), text[0].len, b->dim)) >> 1);
    p->numbers[COLUMN_VECTOR_TEXT] = hash;
    if (b->before && index_find_key(b->before, p->document.key, &doc) && index_number(b->before, COLUMN_VECTOR_TEXT, doc) == hash) p->document.stored = index_vector(b->before, doc);
    return p->document.stored.row != NULL;
}

static status flush(struct build *b)
{
    struct text_span spans[2 * CHUNK];
    size_t n = 0;
    float *vectors = NULL;
    status s = OK;
    if (b->dim) {
        for (size_t i = 0; i < b->n_pending; i++)
            for (int k = 0; k < 2 && (k || !take_over(b, &b->pending[i])); k++)
                if (k == 0 || b->pending[i].vector_text[1].len) spans[n++] = (struct text_span){strbuf_str(&b->pending[i].vector_text[k]), b->pending[i].vector_text[k].len};
        vectors = mem_alloc((n ? n : 1) * b->dim * sizeof *vectors);
        s = !n ? OK : vectors ? session_embed(b->session, TOKEN_ITEM, spans, n, vectors) : fail_nomem("embedding products");
    }
    for (size_t i = 0, v = 0; s == OK && i < b->n_pending; i++) {
        struct pending *p = &b->pending[i];
        if (b->dim && !p->document.stored.row) {
            float *own = vectors + v++ * b->dim, sum = 0;
            if (p->vector_text[1].len) {   /* two languages: the mean direction serves needs in both */
                const float *other = vectors + v++ * b->dim;
                for (size_t d = 0; d < b->dim; d++) own[d] += other[d], sum += own[d] * own[d];
                float scale = sum > 0 ? 1 / __builtin_sqrtf(sum) : 0;
                for (size_t d = 0; d < b->dim; d++) own[d] *= scale;
            }
            p->document.vector = own;
        }
        s = index_builder_add(b->builder, &p->document);
    }
    mem_free(vectors);
    for (size_t i = 0; i < b->n_pending; i++) arena_clear(&b->pending[i].arena);
    b->n_pending = 0;
    return s;
}

static status vector_texts(struct build *b, const struct product *p, struct pending *slot)
{
    for (int k = 0; k < 2; k++) {
        strbuf_clear(&slot->vector_text[k]);
        if (!b->dim || (k == 1 && !*p->title_en)) continue;
        struct strbuf raw = {0};
        status s = product_record_text(p, k ? LANGUAGE_EN : text_language(p->title, strlen(p->title)), VECTOR_TEXT_MAX, &raw);
        if (s == OK) s = normalize(b->normalizer, strbuf_str(&raw), raw.len, &slot->vector_text[k]);
        strbuf_release(&raw);
        TRY(s);
    }
    return OK;
}

static status visit(void *context, const struct product *p)
{
    struct build *b = context;
    struct pending *slot = &b->pending[b->n_pending];
    for (size_t f = 0; f < FIELDS; f++) slot->fields[f].n = 0;
    TRY(add_fields(b, p, &slot->arena, slot->fields));
    struct label_set set = {.arena = &slot->arena};
    TRY(add_labels(b, p, &set));
    add_quantities(b, p, &set);
    memcpy(slot->labels, set.items, set.n * sizeof *set.items);
    slot->numbers[COLUMN_PRICE] = p->price == PRODUCT_PRICE_NONE ? INT64_MIN : p->price;
    slot->numbers[COLUMN_STOCK] = p->stock == STOCK_UNKNOWN ? INT64_MAX : p->stock;
    slot->numbers[COLUMN_RATING] = p->rating > 0 ? (int64_t)(p->rating * 100 + 0.5) : INT64_MIN;
    slot->numbers[COLUMN_RATING_COUNT] = p->rating_count > 0 ? p->rating_count : INT64_MIN;
    slot->numbers[COLUMN_TITLE_TERMS] = (int64_t)slot->fields[FIELD_TITLE].n;
    slot->numbers[COLUMN_VECTOR_TEXT] = INT64_MIN;
    slot->document = (struct index_document){.key = p->key, .fields = slot->fields, .numbers = slot->numbers, .labels = slot->labels, .n_labels = set.n};
    TRY(vector_texts(b, p, slot));
    if (!b->currency[0]) memcpy(b->currency, p->currency, sizeof b->currency);
    b->n++;
    if (++b->n_pending == CHUNK) TRY(flush(b));
    if (b->n % 512 == 0 && !progress_report(b->progress, b->dim ? "index+vec" : "index", b->n, b->total, NULL)) return fail_interrupted("building the index");
    return OK;
}

enum { LAYOUT = 10 };   /* goes up with each change of fields, columns or labels: a snapshot of another is built again */

static void model_name(char out[17], const struct session *s)
{
    snprintf(out, 17, "%016llx", s ? (unsigned long long)session_fingerprint(s) : 0);
}

bool match_index_is_current(const struct index *x, int64_t version, const struct session *s)
{
    char wanted[17];
    json_t *note = json_loads(index_note(x), 0, NULL);
    const char *model = json_string_value(json_object_get(note, "model"));
    model_name(wanted, s);
    bool current = index_source_version(x) == version && json_integer_value(json_object_get(note, "layout")) == LAYOUT && model && strcmp(model, wanted) == 0;
    json_decref(note);
    return current;
}

/* Vectors of another model are of no use; what else is in that snapshot does not matter here. */
static void open_before(struct build *b, const char *path)
{
    char wanted[17];
    struct index *x;
    if (!b->dim || !file_exists(path) || index_open(path, &x) != OK) return;
    json_t *note = json_loads(index_note(x), 0, NULL);
    const char *model = json_string_value(json_object_get(note, "model")), *column = index_number_name(x, COLUMN_VECTOR_TEXT);
    model_name(wanted, b->session);
    if (model && strcmp(model, wanted) == 0 && index_dim(x) == b->dim && column && strcmp(column, VECTOR_TEXT) == 0) b->before = x;
    else index_close(x);
    json_decref(note);
}

static char *build_note(const struct build *b)
{
    json_t *known = json_object();
    for (enum facet f = 0; f < FACETS; f++)
        json_object_set_new(known, facet_name(f), json_real(b->n ? (double)b->known[f] / (double)b->n : 0));
    char model[17];
    model_name(model, b->session);
    json_t *note = json_pack("{s:o, s:s, s:s, s:i}", "known", known, "currency", b->currency, "model", model, "layout", LAYOUT);
    char *text = note ? json_dumps(note, JSON_COMPACT) : NULL;
    json_decref(note);
    return text;
}

static void release(struct build *b)
{
    for (size_t i = 0; b->pending && i < CHUNK; i++) {
        arena_release(&b->pending[i].arena);
        for (size_t f = 0; f < FIELDS; f++) mem_free(b->pending[i].fields[f].items);
        strbuf_release(&b->pending[i].vector_text[0]);
        strbuf_release(&b->pending[i].vector_text[1]);
    }
    mem_free(b->pending);
    strbuf_release(&b->text);
    segmenter_free(b->segmenter);
    if (b->before) index_close(b->before);
    index_builder_free(b->builder);
}

static status build(struct build *b, struct catalogue *c, const char *path)
{
    struct index_schema schema = {
        .fields = {"title", "brand", "category", "attributes", "description"}, .n_fields = FIELDS,
        .numbers = {"price", "stock", "title_terms", "rating", "rating_count", VECTOR_TEXT}, .n_numbers = NUMBER_COLUMNS, .n_labels = LABEL_COLUMNS, .dim = b->dim,
    };
    for (enum facet f = 0; f < FACETS; f++) schema.labels[f] = facet_name(f);
    schema.labels[QUANTITIES] = "quantity";
    schema.labels[ATTRIBUTES] = "attribute";
    int64_t total, version;
    TRY(catalogue_count(c, &total));
    TRY(catalogue_version(c, &version));
    b->total = (uint64_t)total;
    b->pending = mem_zalloc(CHUNK, sizeof *b->pending);
    if (!b->pending) return fail_nomem("building the index");
    open_before(b, path);
    TRY(segmenter_new(&b->segmenter));
    TRY(index_builder_new(&schema, &b->builder));
    TRY(catalogue_each(c, visit, b));
    TRY(flush(b));
    progress_report(b->progress, b->dim ? "index+vec" : "index", b->n, b->total, NULL);
    char *note = build_note(b);
    status s = note ? index_builder_write(b->builder, path, version, note, b->progress) : fail_nomem("building the index");
    free(note);
    return s;
}

status match_build_index(struct catalogue *c, struct session *s, const struct normalizer *z, const char *path, const struct progress *progress)
{
    struct build b = {.session = s, .normalizer = z, .progress = progress, .dim = s ? session_config(s)->d_model : 0};
    status result = build(&b, c, path);
    release(&b);
    return result;
}

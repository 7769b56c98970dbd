/* Fine-tuning examples: groups of candidates for a need, pairs of a need and its best item, texts about an item, texts with a label. */
#include "train_int.h"

#include <jansson.h>
#include <string.h>

enum { CURSOR_GROUP = 0, CURSOR_PAIR = TRAIN_MAX_FILES, CURSOR_TEXT = 2 * TRAIN_MAX_FILES, CURSOR_CLASS = 3 * TRAIN_MAX_FILES, MAX_ITEMS = 4096, MAX_CHOSEN = 256 };

struct text_ref {
    uint64_t begin;       /* in the pool */
    uint32_t n;
};
struct item {
    struct text_ref text;
    float gain;
};
struct match_example {
    struct text_ref need;
    uint64_t first_item;
    uint32_t n_items;
    float best;
};
struct generate_example {
    struct text_ref need, item, text;
};
struct classify_example {
    struct text_ref text;
    struct class_target target;
};
struct list {             /* of indices of examples */
    uint32_t *ids;
    size_t n, cap;
};
enum kind { KIND_GROUP, KIND_PAIR, KIND_TEXT, KIND_CLASS, KINDS };
struct finetune_file {
    struct list lists[SPLITS][KINDS];
};
struct seen {             /* a text that was tokenised before, for as many tokens at most */
    struct text_ref ref;
    size_t most;
};
struct finetune_data {
    const struct train_config *config;
    const struct tokenizer *tokenizer;
    struct marks marks;
    int32_t *pool;
    struct item *items;
    struct match_example *matches;
    struct generate_example *generates;
    struct classify_example *classifies;
    struct labels labels;
    struct strmap known;  /* text to its number in seen; while reading only */
    struct seen *seen;
    size_t n_seen, cap_seen, n_pool, n_items, n_matches, n_generates, n_classifies, cap_pool, cap_items, cap_matches, cap_generates, cap_classifies;
    size_t n_files;
    struct finetune_file files[2 * TRAIN_MAX_FILES];
    double weights[SPLITS][KINDS][2 * TRAIN_MAX_FILES];
    bool has[SPLITS][KINDS];
};

/* ---- reading ---- */

static status remember(struct finetune_data *d, const char *s, size_t n, size_t most, struct text_ref ref)
{
    TRY(mem_grow(&d->seen, &d->cap_seen, d->n_seen + 1, sizeof *d->seen));
    d->seen[d->n_seen] = (struct seen){ref, most};
    return strmap_put(&d->known, s, n, d->n_seen++);
}

/* At most `most` tokens are kept; no layout uses more. Titles and records stand in many groups: each is tokenised and kept once. */
static status add_string(struct finetune_data *d, json_t *v, size_t most, struct text_ref *out)
{
    const char *s = json_string_value(v);
    size_t n = json_string_length(v), want = n < most ? n : most;
    uint64_t number;
    if (d->known.count && strmap_get(&d->known, s, n, &number) && d->seen[number].most == most) {
        *out = d->seen[number].ref;
        return OK;
    }
    TRY(mem_grow(&d->pool, &d->cap_pool, d->n_pool + want + 1, sizeof *d->pool));
    size_t made = tokenizer_encode(d->tokenizer, s, n, d->pool + d->n_pool, want);
    *out = (struct text_ref){d->n_pool, (uint32_t)(made < want ? made : want)};
    d->n_pool += out->n;
    return remember(d, s, n, most, *out);
}

static status string_field(json_t *root, const char *name, bool may_be_empty, json_t **out)
{
    *out = json_object_get(root, name);
    FAIL_IF(!json_is_string(*out), ERR_FORMAT, "\"%s\" is missing or no string", name);
    FAIL_IF(!may_be_empty && !json_string_length(*out), ERR_FORMAT, "\"%s\" is empty", name);
    return OK;
}

static status list_add(struct list *l, size_t id)
{
    TRY(mem_grow(&l->ids, &l->cap, l->n + 1, sizeof *l->ids));
    l->ids[l->n++] = (uint32_t)id;
    return OK;
}

static enum split split_of(const struct finetune_data *d, json_t *text, bool all_held_out)
{
    uint64_t hash = hash_bytes(json_string_value(text), json_string_length(text), 7);
    return all_held_out || held_out(hash, d->config->validation_fraction) ? SPLIT_VALIDATION : SPLIT_TRAIN;
}

static size_t most_item_tokens(const struct train_config *c)
{
    return c->max_pair_tokens > c->max_embed_tokens ? c->max_pair_tokens : c->max_embed_tokens;
}

static status read_items(struct finetune_data *d, json_t *items, json_t *gains, struct match_example *m)
{
    FAIL_IF(!json_is_array(items) || !json_array_size(items), ERR_FORMAT, "\"items\" must be a list of strings");
    FAIL_IF(json_array_size(items) > MAX_ITEMS, ERR_LIMIT, "\"items\" has %zu entries; the limit is %d", json_array_size(items), MAX_ITEMS);
    FAIL_IF(!json_is_array(gains) || json_array_size(gains) != json_array_size(items), ERR_FORMAT,
            "\"gains\" must be a list as long as \"items\" (%zu)", json_array_size(items));
    m->first_item = d->n_items;
    m->n_items = (uint32_t)json_array_size(items);
    TRY(mem_grow(&d->items, &d->cap_items, d->n_items + m->n_items, sizeof *d->items));
    for (size_t i = 0; i < m->n_items; i++) {
        json_t *item = json_array_get(items, i), *gain = json_array_get(gains, i);
        FAIL_IF(!json_is_string(item) || !json_string_length(item), ERR_FORMAT, "\"items\"[%zu] is empty or no string", i);
        double g = json_is_number(gain) ? json_number_value(gain) : -1;
        FAIL_IF(!(g >= 0 && g <= 1), ERR_FORMAT, "\"gains\"[%zu] must be a number from 0 to 1", i);
        struct item *to = &d->items[d->n_items];
        to->gain = (float)g;
        TRY(add_string(d, item, most_item_tokens(d->config), &to->text));
        d->n_items++;
        if (to->gain > m->best) m->best = to->gain;
    }
    return OK;
}

static status read_match(struct finetune_data *d, json_t *root, struct finetune_file *f, bool all_held_out)
{
    json_t *need;
    TRY(string_field(root, "need", false, &need));
    TRY(mem_grow(&d->matches, &d->cap_matches, d->n_matches + 1, sizeof *d->matches));
    struct match_example *m = &d->matches[d->n_matches];
    *m = (struct match_example){0};
    TRY(add_string(d, need, most_item_tokens(d->config), &m->need));
    TRY(read_items(d, json_object_get(root, "items"), json_object_get(root, "gains"), m));
    enum split split = split_of(d, need, all_held_out);
    TRY(list_add(&f->lists[split][KIND_GROUP], d->n_matches));
    if (m->best > 0 && m->best >= (float)d->config->contrastive_min_gain) TRY(list_add(&f->lists[split][KIND_PAIR], d->n_matches));
    d->n_matches++;
    return OK;
}

static status read_generate(struct finetune_data *d, json_t *root, struct finetune_file *f, bool all_held_out)
{
    json_t *need, *item, *text;
    TRY(string_field(root, "need", true, &need));
    TRY(string_field(root, "item", false, &item));
    TRY(string_field(root, "text", false, &text));
    TRY(mem_grow(&d->generates, &d->cap_generates, d->n_generates + 1, sizeof *d->generates));
    struct generate_example *g = &d->generates[d->n_generates];
    TRY(add_string(d, need, d->config->max_prefix_tokens, &g->need));
    TRY(add_string(d, item, d->config->max_prefix_tokens, &g->item));
    TRY(add_string(d, text, d->config->max_text_tokens, &g->text));
    TRY(list_add(&f->lists[split_of(d, item, all_held_out)][KIND_TEXT], d->n_generates));
    d->n_generates++;
    return OK;
}

static status read_classify(struct finetune_data *d, json_t *root, struct finetune_file *f, bool all_held_out)
{
    json_t *text, *set, *label;
    TRY(string_field(root, "text", false, &text));
    TRY(string_field(root, "set", false, &set));
    TRY(string_field(root, "label", false, &label));
    FAIL_IF(!d->labels.n, ERR_FORMAT, "a classify example needs \"labels\" in the configuration; name the labels.json");
    const struct class_set *known = labels_set(&d->labels, json_string_value(set));
    FAIL_IF(!known, ERR_FORMAT, "\"set\" is \"%.60s\", which %s does not have", json_string_value(set), d->config->labels);
    int32_t number = labels_find(known, json_string_value(label));
    FAIL_IF(number < 0, ERR_FORMAT, "\"label\" is \"%.60s\", which set %s of %s does not have", json_string_value(label), known->name, d->config->labels);
    TRY(mem_grow(&d->classifies, &d->cap_classifies, d->n_classifies + 1, sizeof *d->classifies));
    struct classify_example *e = &d->classifies[d->n_classifies];
    e->target = (struct class_target){number, (int32_t)known->first, (int32_t)known->n};
    TRY(add_string(d, text, d->config->max_embed_tokens, &e->text));
    TRY(list_add(&f->lists[split_of(d, text, all_held_out)][KIND_CLASS], d->n_classifies));
    d->n_classifies++;
    return OK;
}

static status read_example(struct finetune_data *d, const struct lines *l, struct finetune_file *f, bool all_held_out)
{
    json_error_t e;
    json_t *root = json_loadb(l->text, l->n, 0, &e);
    status s;
    if (!root) s = fail(ERR_FORMAT, "%s; each line must be one JSON object", e.text);
    else {
        json_t *kind = json_object_get(root, "kind");
        const char *name = json_is_string(kind) ? json_string_value(kind) : "";
        s = strcmp(name, "match") == 0      ? read_match(d, root, f, all_held_out)
            : strcmp(name, "generate") == 0 ? read_generate(d, root, f, all_held_out)
            : strcmp(name, "classify") == 0 ? read_classify(d, root, f, all_held_out)
                                            : fail(ERR_FORMAT, "\"kind\" must be \"match\", \"generate\" or \"classify\"");
    }
    json_decref(root);
    return s == OK ? OK : fail_context(s, "%s:%llu", l->path, (unsigned long long)l->line);
}

static status read_data_file(struct finetune_data *d, const struct train_file *file, bool all_held_out, const struct progress *p)
{
    size_t at = d->n_files++;
    struct finetune_file *f = &d->files[at];
    struct lines l;
    TRY(lines_open(&l, file->path));
    bool more = true;
    status s = OK;
    while (s == OK && (s = lines_next(&l, &more)) == OK && more) {
        if (l.n) s = read_example(d, &l, f, all_held_out);
        if (s == OK && l.line % 1024 == 0 && !progress_report(p, "read", l.at, l.file.size, file->path)) s = fail_interrupted("reading data");
    }
    lines_close(&l);
    for (int split = 0; split < SPLITS; split++)
        for (int k = 0; k < KINDS; k++) {
            d->weights[split][k][at] = f->lists[split][k].n ? file->weight : 0;
            d->has[split][k] |= f->lists[split][k].n > 0;
        }
    return s;
}

static void forget(struct finetune_data *d)
{
    strmap_release(&d->known);
    mem_free(d->seen);
    d->seen = NULL;
}

static void finetune_close(void *context)
{
    struct finetune_data *d = context;
    forget(d);
    for (size_t i = 0; i < d->n_files; i++)
        for (int s = 0; s < SPLITS; s++)
            for (int k = 0; k < KINDS; k++) mem_free(d->files[i].lists[s][k].ids);
    mem_free(d->pool);
    mem_free(d->items);
    mem_free(d->matches);
    mem_free(d->generates);
    mem_free(d->classifies);
    labels_release(&d->labels);
    mem_free(d);
}

/* ---- drawing ---- */

static struct tokens text(const struct finetune_data *d, struct text_ref r)
{
    return (struct tokens){d->pool + r.begin, r.n};
}

static uint64_t text_hash(const struct finetune_data *d, struct text_ref r)
{
    return hash_bytes(d->pool + r.begin, r.n * sizeof *d->pool, 3);
}

static bool same_text(const struct finetune_data *d, struct text_ref a, struct text_ref b)
{
    return a.n == b.n && memcmp(d->pool + a.begin, d->pool + b.begin, a.n * sizeof *d->pool) == 0;
}

static uint32_t draw(const struct finetune_data *d, struct sampler *s, enum kind k, size_t first_cursor, size_t *file)
{
    *file = sampler_choose(s, d->weights[s->split][k], d->n_files);
    const struct list *l = &d->files[*file].lists[s->split][k];
    return l->ids[sampler_next(s, first_cursor + *file % TRAIN_MAX_FILES, l->n)];
}

/* Up to `most` items of m in random order; the best one is always among them. */
static size_t choose_items(const struct finetune_data *d, struct sampler *s, const struct match_example *m, size_t most, uint32_t *out)
{
    const struct item *items = d->items + m->first_item;
    size_t n = 0;
    uint32_t best = 0;
    for (uint32_t i = 0; i < m->n_items; i++) {     /* reservoir sampling: every item is as likely */
        if (items[i].gain > items[best].gain) best = i;
        if (n < most) out[n++] = i;
        else {
            uint64_t j = rng_below(&s->rng, i + 1);
            if (j < most) out[j] = i;
        }
    }
    bool there = false;
    for (size_t i = 0; i < n; i++) there |= out[i] == best;
    if (!there) out[rng_below(&s->rng, n)] = best;
    return n;
}

static bool item_of(const struct finetune_data *d, const struct match_example *m, struct text_ref r)
{
    for (uint32_t i = 0; i < m->n_items; i++)
        if (same_text(d, d->items[m->first_item + i].text, r)) return true;
    return false;
}

static void add_candidate(const struct finetune_data *d, struct micro_batch *b, struct text_ref need, struct text_ref item, float gain)
{
    size_t at = b->batch.n_tokens, n = layout_pair(&d->marks, micro_batch_tail(b), d->config->max_pair_tokens, text(d, need), text(d, item));
    b->gains[b->n_match] = gain;
    b->match_seqs[b->n_match++] = micro_batch_close(b, n, n);
    tokenizer_overlap(d->tokenizer, b->tokens + at, n, d->marks.ids[TOKEN_SEP], b->overlap + at);
}

/* Items of other needs of the same file and split. */
static void add_negatives(const struct finetune_data *d, struct sampler *s, struct micro_batch *b, const struct match_example *m, const struct list *others)
{
    for (uint32_t i = 0; i < d->config->random_negatives; i++)
        for (int tries = 0; tries < 8; tries++) {
            const struct match_example *o = &d->matches[others->ids[rng_below(&s->rng, others->n)]];
            struct text_ref item = d->items[o->first_item + rng_below(&s->rng, o->n_items)].text;
            if (same_text(d, o->need, m->need) || item_of(d, m, item)) continue;
            add_candidate(d, b, m->need, item, 0);
            break;
        }
}

static void add_group(struct finetune_data *d, struct sampler *s, struct micro_batch *b)
{
    size_t file;
    const struct match_example *m = &d->matches[draw(d, s, KIND_GROUP, CURSOR_GROUP, &file)];
    uint32_t chosen[MAX_CHOSEN];
    size_t n = choose_items(d, s, m, d->config->max_group - d->config->random_negatives, chosen);
    b->groups[b->n_groups] = (int32_t)b->n_match;
    for (size_t i = 0; i < n; i++) {
        const struct item *item = &d->items[m->first_item + chosen[i]];
        add_candidate(d, b, m->need, item->text, item->gain);
    }
    add_negatives(d, s, b, m, &d->files[file].lists[s->split][KIND_GROUP]);
    b->groups[++b->n_groups] = (int32_t)b->n_match;
}

/* One of the best items, any of them where several are equal. */
static struct text_ref best_item(const struct finetune_data *d, struct sampler *s, const struct match_example *m)
{
    const struct item *items = d->items + m->first_item;
    uint64_t ties = 0, pick = 0;
    for (uint32_t i = 0; i < m->n_items; i++)
        if (items[i].gain >= m->best && rng_below(&s->rng, ++ties) == 0) pick = i;
    return items[pick].text;
}

static int32_t add_embed(const struct finetune_data *d, struct micro_batch *b, enum special_token kind, struct text_ref r)
{
    size_t n = layout_embed(&d->marks, micro_batch_tail(b), d->config->max_embed_tokens, kind, text(d, r));
    return micro_batch_close(b, n, n);
}

/* Pairs that share a need or an item are no negatives of each other: they get the same number. */
static void add_pair(struct finetune_data *d, struct sampler *s, struct micro_batch *b)
{
    size_t file, i = b->n_pairs;
    const struct match_example *m = &d->matches[draw(d, s, KIND_PAIR, CURSOR_PAIR, &file)];
    struct text_ref item = best_item(d, s, m);
    b->need_hash[i] = text_hash(d, m->need);
    b->item_hash[i] = text_hash(d, item);
    b->same[i] = (int32_t)i;
    for (size_t j = 0; j < i; j++)
        if (b->need_hash[j] == b->need_hash[i] || b->item_hash[j] == b->item_hash[i]) {
            b->same[i] = b->same[j];
            break;
        }
    b->needs[i] = add_embed(d, b, TOKEN_NEED, m->need);
    b->items[i] = add_embed(d, b, TOKEN_ITEM, item);
    b->n_pairs++;
}

/* CLS need SEP item SEP WRITE | text END: the loss is on what is behind the bar only. */
static void add_text(struct finetune_data *d, struct sampler *s, struct micro_batch *b)
{
    size_t file;
    const struct generate_example *g = &d->generates[draw(d, s, KIND_TEXT, CURSOR_TEXT, &file)];
    struct tokens need = text(d, g->need), words = text(d, g->text);
    if (rng_unit(&s->rng) < d->config->need_dropout) need.n = 0;
    int32_t *tail = micro_batch_tail(b);
    size_t prefix = layout_write(&d->marks, tail, d->config->max_prefix_tokens, need, text(d, g->item)), n = prefix;
    size_t row = b->batch.n_tokens + n - 1;
    for (size_t i = 0; i < words.n; i++) {
        row_targets_add(&b->lm, row++, words.ids[i]);
        tail[n++] = words.ids[i];
    }
    if (words.n < d->config->max_text_tokens) row_targets_add(&b->lm, row, d->marks.ids[TOKEN_END]); /* a cut text has no end to learn */
    micro_batch_close(b, n, prefix);
}

/* NEED text, some of its tokens hidden in training. */
static void add_classify(struct finetune_data *d, struct sampler *s, struct micro_batch *b)
{
    size_t file, i = b->n_classified++;
    const struct classify_example *e = &d->classifies[draw(d, s, KIND_CLASS, CURSOR_CLASS, &file)];
    int32_t *tail = micro_batch_tail(b);
    size_t n = layout_embed(&d->marks, tail, d->config->max_embed_tokens, TOKEN_NEED, text(d, e->text));
    for (size_t k = 1; s->split == SPLIT_TRAIN && d->config->token_dropout > 0 && k < n; k++)
        if (rng_unit(&s->rng) < d->config->token_dropout) tail[k] = d->marks.ids[TOKEN_MASK];
    b->classes[i] = e->target;
    b->classified[i] = micro_batch_close(b, n, n);
}

/* ---- the source ---- */

static void finetune_fill(void *context, struct sampler *s, struct micro_batch *b)
{
    struct finetune_data *d = context;
    const struct train_config *c = d->config;
    const bool *has = d->has[s->split];
    double shares[KINDS] = {has[KIND_GROUP] ? c->match_share : 0, has[KIND_PAIR] ? c->contrastive_share : 0,
                            has[KIND_TEXT] ? c->generate_share : 0, has[KIND_CLASS] ? c->classify_share : 0};
    double total = shares[KIND_GROUP] + shares[KIND_PAIR] + shares[KIND_TEXT] + shares[KIND_CLASS];
    size_t group = (size_t)c->max_group * c->max_pair_tokens, pair = 2 * (size_t)c->max_embed_tokens;
    size_t written = c->max_prefix_tokens + c->max_text_tokens;
    size_t all = b->max_tokens, pairs_end = (size_t)((double)all * shares[KIND_PAIR] / total);
    size_t groups_end = pairs_end + (size_t)((double)all * shares[KIND_GROUP] / total);
    size_t classes_end = groups_end + (size_t)((double)all * shares[KIND_CLASS] / total);
    if (shares[KIND_TEXT] <= 0) classes_end = all;
    if (shares[KIND_TEXT] <= 0 && shares[KIND_CLASS] <= 0) groups_end = all;

    micro_batch_clear(b);
    b->text = LOSS_GENERATE;
    b->noise = (float)c->label_noise;
    while (shares[KIND_PAIR] > 0 && b->batch.n_tokens < pairs_end && b->n_pairs < c->contrastive_pairs && micro_batch_room(b) >= pair &&
           b->max_seqs - b->batch.n_seqs >= 2)
        add_pair(d, s, b);
    while (shares[KIND_GROUP] > 0 && b->batch.n_tokens < groups_end && micro_batch_room(b) >= group && b->max_seqs - b->batch.n_seqs >= c->max_group)
        add_group(d, s, b);
    while (shares[KIND_CLASS] > 0 && b->batch.n_tokens < classes_end && micro_batch_room(b) >= c->max_embed_tokens) add_classify(d, s, b);
    while (shares[KIND_TEXT] > 0 && micro_batch_room(b) >= written) add_text(d, s, b);
}

static bool usable(const struct finetune_data *d, int split)
{
    const struct train_config *c = d->config;
    return (d->has[split][KIND_GROUP] && c->match_share > 0) || (d->has[split][KIND_PAIR] && c->contrastive_share > 0) ||
           (d->has[split][KIND_TEXT] && c->generate_share > 0) || (d->has[split][KIND_CLASS] && c->classify_share > 0);
}

static uint64_t hash_ref(struct text_ref r, uint64_t h)
{
    uint64_t where[2] = {r.begin, r.n};
    return hash_bytes(where, sizeof where, h);
}

static uint64_t fingerprint(const struct finetune_data *d)
{
    uint64_t h = hash_bytes(d->pool, d->n_pool * sizeof *d->pool, 1);
    for (size_t i = 0; i < d->n_items; i++) h = hash_bytes(&d->items[i].gain, sizeof(float), hash_ref(d->items[i].text, h));
    for (size_t i = 0; i < d->n_matches; i++) h = hash_ref(d->matches[i].need, h);
    for (size_t i = 0; i < d->n_generates; i++) h = hash_ref(d->generates[i].text, hash_ref(d->generates[i].item, hash_ref(d->generates[i].need, h)));
    for (size_t i = 0; i < d->n_classifies; i++) h = hash_bytes(&d->classifies[i].target, sizeof(struct class_target), hash_ref(d->classifies[i].text, h));
    uint64_t counts[4] = {d->n_files, d->n_items, d->n_matches, d->n_generates};
    return hash_bytes(counts, sizeof counts, h);
}

status finetune_source_open(struct source *s, const struct train_config *c, const struct tokenizer *t, const struct progress *p)
{
    struct finetune_data *d = mem_zalloc(1, sizeof *d);
    if (!d) return fail_nomem("reading the examples");
    d->config = c;
    d->tokenizer = t;
    strmap_init(&d->known);
    if (tokenizer_is_own(t)) marks_own(&d->marks);
    else marks_foreign(&d->marks, tokenizer_byte_ids(t), tokenizer_begin(t), tokenizer_end(t));
    *s = (struct source){.context = d, .fill = finetune_fill, .close = finetune_close};
    status st = c->labels ? labels_read(&d->labels, c->labels) : OK;
    for (size_t i = 0; st == OK && i < c->data.n; i++) st = read_data_file(d, &c->data.list[i], false, p);
    for (size_t i = 0; st == OK && i < c->validation_files.n; i++) st = read_data_file(d, &c->validation_files.list[i], true, p);
    if (st == OK && !usable(d, SPLIT_TRAIN)) st = fail(ERR_FORMAT, "the data files hold no example to train on; give match, generate or classify examples");
    if (st != OK) {
        finetune_close(d);
        *s = (struct source){0};
        return st;
    }
    forget(d);
    s->fingerprint = fingerprint(d);
    for (int k = 0; k < SPLITS; k++) {
        s->has[k] = usable(d, k);
        for (size_t f = 0; f < d->n_files; f++) s->n_examples[k] += d->files[f].lists[k][KIND_GROUP].n + d->files[f].lists[k][KIND_TEXT].n + d->files[f].lists[k][KIND_CLASS].n;
    }
    return OK;
}

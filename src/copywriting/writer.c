/* Drafts, checks, tries: how a text about a record comes to be. */
#include "copywriting_int.h"

#include <math.h>
#include <string.h>

enum { WRITE_TEXTS_MAX = 32 };

/* A draft that the model itself finds nearly as unlikely as any (mean log p below this share of log 1/V) is noise. */
static const double NOISE_SHARE = 0.75;

struct copywriter {
    struct session *session;
    const struct claim_lexicon *lexicon;
    struct moderator *moderator;
};

status copywriter_new(struct session *s, const struct claim_lexicon *l, struct moderator *m, struct copywriter **out)
{
    *out = mem_zalloc(1, sizeof **out);
    if (!*out) return fail_nomem("opening the copywriter");
    **out = (struct copywriter){s, l, m};
    return OK;
}

void copywriter_free(struct copywriter *w)
{
    mem_free(w);
}

void write_options_default(struct write_options *o)
{
    *o = (struct write_options){.n_texts = 1};
    decode_options_default(&o->decode);
    o->decode.method = DECODE_BEAM;
    o->decode.n_beams = 4;
    o->decode.no_repeat_ngram = 4;
    o->decode.min_tokens = 20;
    o->decode.max_tokens = 160;
}

static void written_release(struct written *w)
{
    mem_free(w->text);
    facts_release(&w->facts);
    *w = (struct written){0};
}

void writing_release(struct writing *w)
{
    for (size_t i = 0; i < w->n; i++) written_release(&w->items[i]);
    mem_free(w->items);
    *w = (struct writing){0};
}

/* ---- one piece of work ---- */

struct job {
    struct copywriter *writer;
    const struct record *record;
    const struct write_options *options;
    enum language language;
    struct text_span need;
    struct support *support;
    struct bans bans;
    struct strbuf opening;         /* the first sentence of a product's drafts: a title is not left to the model */
    struct strbuf rescue;          /* the best rejected draft without its unsupported sentences */
    struct written second;         /* a text that moderation wants looked at, for want of a better one */
    size_t tries;
    struct writing *out;
};

static bool is_known(const struct writing *w, const char *text)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->items[i].text, text) == 0) return true;
    return false;
}

/* Takes over what w owns. */
static void keep(struct job *j, struct written *w, const char *source)
{
    w->source = source;
    w->tries = j->tries;
    j->out->items[j->out->n++] = *w;
    *w = (struct written){0};
}

static status moderate(struct job *j, struct written *w)
{
    return moderator_check(j->writer->moderator, w->text, strlen(w->text), &w->moderation, NULL, 0, NULL);
}

/* The end of the product's title in the text; NULL: it is not there. The text itself for bare attributes, which have none. */
static const char *after_title(const struct record *r, const char *text, bool *product)
{
    const char *end = NULL;
    *product = false;
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->fields[i].name, "title") != 0) continue;
        const char *at = strstr(text, r->fields[i].value);
        *product = true;
        if (at && (!end || at + strlen(r->fields[i].value) > end)) end = at + strlen(r->fields[i].value);
    }
    return *product ? end : text;
}

/* A product's text must tell of it: its title as it stands (a name nearly right is another product's), several different fields,
 * and after the title none of them twice; or it is idle talk however true. Bare attributes ask for one field. */
static bool says_enough(const struct record *r, const char *text, const struct facts *f)
{
    enum { FIELDS_OF_A_PRODUCT = 4, TOLD_OF_A_PRODUCT = 2 };
    size_t different = 0, told_facts = 0;
    bool product;
    const char *told = after_title(r, text, &product);
    if (!told || (product && draft_repeats_clause(told, strlen(told)))) return false;
    for (size_t i = 0; i < f->n; i++) {
        size_t same = 0;
        for (size_t k = 0; k < i; k++) {
            const struct fact *a = &f->items[i], *b = &f->items[k];
            if (strcmp(a->field, b->field) != 0) continue;
            same++;
            if (product && b->begin >= (size_t)(told - text) && strcmp(a->claim, b->claim) == 0) return false;
        }
        different += same == 0;
        told_facts += f->items[i].begin >= (size_t)(told - text);
    }
    size_t wanted = product ? FIELDS_OF_A_PRODUCT : 1;
    if (product && told_facts < TOLD_OF_A_PRODUCT) return false;
    return different >= (wanted < r->n ? wanted : r->n);
}

/* A text whose claims all hold and which says enough of the record. */
static status take_checked(struct job *j, struct written *w)
{
    bool product, named = true;
    const char *told = after_title(j->record, w->text, &product);
    if (!says_enough(j->record, w->text, &w->facts)) return OK;
    if (product) TRY(named_values_hold(j->record, told, strlen(told), &named));
    if (!named) return OK;
    TRY(moderate(j, w));
    if (w->moderation == MODERATION_PASS) keep(j, w, "model");
    else if (w->moderation == MODERATION_REVIEW && !j->second.text) {
        j->second = *w;
        *w = (struct written){0};
    }
    return OK;
}

/* ---- drafts ---- */

static bool is_noise(const struct job *j, const struct generated *g)
{
    double tokens = (double)(g->n_tokens + g->ended), worst = NOISE_SHARE * log((double)session_config(j->writer->session)->vocab_size);
    return tokens == 0 || g->log_probability / tokens < -worst;
}

/* The draft as it would be printed: whole sentences, no blanks around. Empty when nobody should read it. */
static status trim_draft(const struct job *j, const struct generated *g, struct written *w)
{
    size_t n = g->ended ? g->n_bytes : draft_whole_length(g->text, g->n_bytes), from = 0;
    while (n > 0 && g->text[n - 1] == ' ') n--;
    while (from < n && g->text[from] == ' ') from++;
    bool strays = j->language == LANGUAGE_ZH ? draft_drops_name(g->text + from, n - from, j->record->text) : draft_strays_han(g->text + from, n - from, j->record->text);
    if (is_noise(j, g) || !draft_reads_well(g->text + from, n - from, j->language) || strays) n = from;
    w->text = mem_strndup(g->text + from, n - from);
    return w->text ? OK : fail_nomem("reading a draft");
}

static status check_draft(struct job *j, const struct generated *g, struct written *w)
{
    TRY(trim_draft(j, g, w));
    size_t n = strlen(w->text);
    if (n == 0 || is_known(j->out, w->text)) return OK;
    TRY(facts_check_support(j->support, w->text, n, &w->facts));
    if (facts_unsupported(&w->facts) == 0) return take_checked(j, w);
    TRY(bans_add_facts(&j->bans, &w->facts, j->language));
    return j->rescue.len ? OK : draft_drop_unsupported(w->text, n, &w->facts, &j->rescue);
}

static status check_drafts(struct job *j, const struct generation *g)
{
    for (size_t i = 0; i < g->n && j->out->n < j->options->n_texts; i++) {
        struct written w = {0};
        status s = check_draft(j, &g->items[i], &w);
        written_release(&w);
        TRY(s);
    }
    return OK;
}

/* The first tries are as asked for. A try that brings no new ban would only write the same again: then it is sampled. */
static void options_of_try(const struct job *j, bool same_again, struct decode_options *o)
{
    *o = j->options->decode;
    o->forbidden = j->bans.items;
    o->n_forbidden = j->bans.n;
    o->opening = (struct text_span){strbuf_str(&j->opening), j->opening.len};
    if (o->method == DECODE_BEAM && o->n_beams < j->options->n_texts) o->n_beams = j->options->n_texts;
    if (same_again) {
        bool sampled = o->method == DECODE_SAMPLE;
        o->method = DECODE_SAMPLE;
        o->seed += j->tries;
        if (!sampled) o->temperature = j->opening.len ? 0.4f : 0.8f, o->top_p = j->opening.len ? 0.7f : 0.9f;   /* of goods only what is sure */
    }
    o->n_candidates = o->method == DECODE_BEAM ? o->n_beams : o->method == DECODE_GREEDY ? 1 : j->options->n_texts;
}

/* What the caller forbids, and the word that public ad copy has in place of brand names. */
static status ban_wishes(struct job *j)
{
    static const char masked_brand[] = "BRAND";
    const struct decode_options *o = &j->options->decode;
    TRY(bans_add_text(&j->bans, (struct text_span){masked_brand, sizeof masked_brand - 1}));
    for (size_t i = 0; i < o->n_forbidden; i++) TRY(bans_add_text(&j->bans, o->forbidden[i]));
    return OK;
}

/* A name nearly right is another product's, so the drafts are given it. Without a title (bare attributes) they begin as they like. */
static status name_product(struct job *j)
{
    enum { LONGEST_TITLE = 240 };
    const char *title = record_title(j->record, j->language);
    if (title && strlen(title) <= LONGEST_TITLE) strbuf_printf(&j->opening, j->language == LANGUAGE_ZH ? "%s。" : "%s.", title);
    return strbuf_status(&j->opening);
}

static status write_drafts(struct job *j)
{
    struct text_span item = {j->record->text, strlen(j->record->text)};
    TRY(bans_for_record(&j->bans, j->support, j->language));
    TRY(ban_wishes(j));
    TRY(name_product(j));
    size_t known_bans = SIZE_MAX;
    while (j->tries < WRITE_TRIES_MAX && j->out->n < j->options->n_texts) {
        struct decode_options o;
        struct generation g = {0};
        options_of_try(j, known_bans == j->bans.n, &o);
        known_bans = j->bans.n;
        j->tries++;
        TRY(session_write(j->writer->session, j->need, item, &o, &g, NULL));
        status s = check_drafts(j, &g);
        generation_release(&g);
        TRY(s);
    }
    return OK;
}

/* ---- when no draft passed ---- */

static status take_rescued(struct job *j)
{
    struct written w = {0};
    if (!j->rescue.len || !draft_reads_well(j->rescue.data, j->rescue.len, j->language)) return OK;
    w.text = mem_strndup(j->rescue.data, j->rescue.len);
    status s = w.text ? facts_check_support(j->support, w.text, j->rescue.len, &w.facts) : fail_nomem("saving a draft");
    if (s == OK && facts_unsupported(&w.facts) == 0) s = take_checked(j, &w);
    written_release(&w);
    return s;
}

/* A record that moderation blocks gives an empty text, with the verdict. */
static status take_plain(struct job *j)
{
    struct strbuf b = {0};
    struct written w = {0};
    status s = record_sentence_checked(j->support, j->language, &b, &w.facts);
    w.text = s == OK ? mem_strndup(strbuf_str(&b), b.len) : NULL;
    strbuf_release(&b);
    if (s == OK && !w.text) s = fail_nomem("writing the plain sentence");
    if (s == OK) s = moderate(j, &w);
    if (s == OK && w.moderation == MODERATION_BLOCK) {
        *w.text = 0;
        facts_release(&w.facts);
    }
    if (s == OK) keep(j, &w, "record");
    written_release(&w);
    return s;
}

static status run_job(struct job *j)
{
    bool plain = j->options->style && strcmp(j->options->style, "plain") == 0;
    TRY(support_new(j->writer->lexicon, j->record, &j->support));
    j->out->items = mem_zalloc(j->options->n_texts, sizeof *j->out->items);
    if (!j->out->items) return fail_nomem("writing");
    if (j->writer->session && !plain) TRY(write_drafts(j));
    if (j->out->n == 0) TRY(take_rescued(j));
    if (j->out->n == 0 && j->second.text) keep(j, &j->second, "model");
    return j->out->n == 0 ? take_plain(j) : OK;
}

static status check_options(const struct write_options *o)
{
    FAIL_IF(o->n_texts < 1 || o->n_texts > WRITE_TEXTS_MAX, ERR_USAGE, "the number of texts must be 1 to %d, not %zu", WRITE_TEXTS_MAX, o->n_texts);
    FAIL_IF(o->consensus > WRITE_TEXTS_MAX, ERR_USAGE, "the consensus is of %d drafts at the most, not %zu", WRITE_TEXTS_MAX, o->consensus);
    FAIL_IF(o->style && strcmp(o->style, "plain") != 0, ERR_USAGE, "unknown style '%s'; the styles are: plain", o->style);
    return OK;
}

status copywriter_write(struct copywriter *w, const char *need, const struct record *r, enum language l, const struct write_options *o,
                        struct writing *out)
{
    *out = (struct writing){0};
    TRY(check_options(o));
    struct write_options pool = *o;
    if (o->consensus > o->n_texts) pool.n_texts = o->consensus;
    struct job j = {.writer = w, .record = r, .options = &pool, .language = l, .need = {need, strlen(need)}, .out = out};
    status s = run_job(&j);
    if (s == OK && pool.n_texts > o->n_texts) s = writing_sort_by_consensus(out);
    while (s == OK && out->n > o->n_texts) written_release(&out->items[--out->n]);
    if (s != OK) writing_release(out);
    written_release(&j.second);
    support_free(j.support);
    bans_release(&j.bans);
    strbuf_release(&j.rescue);
    strbuf_release(&j.opening);
    return s;
}

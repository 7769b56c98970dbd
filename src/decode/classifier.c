/* A classifier head and its adapters beside the model of a session. */
#include "decode_int.h"

#include <string.h>

enum { CLASSIFY_TOKENS_MAX = EMBED_TOKENS_MAX };

struct classifier {
    struct session *session;   /* its tokenizer, marks and compute */
    struct model *model;
    struct infer_run *run;
    int32_t ids[CLASSIFY_TOKENS_MAX], text[CLASSIFY_TOKENS_MAX], positions[CLASSIFY_TOKENS_MAX];
};

status classifier_new(struct session *s, const char *adapter, struct classifier **out)
{
    *out = NULL;
    struct classifier *c = mem_zalloc(1, sizeof *c);
    if (!c) return fail_nomem("opening a classifier");
    c->session = s;
    for (int32_t i = 0; i < CLASSIFY_TOKENS_MAX; i++) c->positions[i] = i;
    status result = model_load_adapter(s->directory, adapter, &c->model);
    if (result == OK && !c->model->config.classes) result = fail(ERR_USAGE, "the adapter in '%s' has no classifier head; train it with \"labels\"", adapter);
    if (result == OK) result = infer_run_new(c->model, s->compute, CLASSIFY_TOKENS_MAX, 1, &c->run);
    if (result != OK) {
        classifier_free(c);
        return result;
    }
    *out = c;
    return OK;
}

void classifier_free(struct classifier *c)
{
    if (!c) return;
    infer_run_free(c->run);
    model_free(c->model);
    mem_free(c);
}

size_t classifier_classes(const struct classifier *c)
{
    return c->model->config.classes;
}

status classifier_logits(struct classifier *c, struct text_span text, float *logits)
{
    size_t most = c->model->config.max_positions < CLASSIFY_TOKENS_MAX ? c->model->config.max_positions : CLASSIFY_TOKENS_MAX;
    struct tokens t = session_encode(c->session, text, c->text, most);
    int32_t n = (int32_t)layout_embed(&c->session->marks, c->ids, most, TOKEN_NEED, t), offsets[2] = {0, n};
    struct batch b = {.n_tokens = (size_t)n, .n_seqs = 1, .tokens = c->ids, .positions = c->positions, .offsets = offsets, .prefix = &n};
    return infer_classify(c->run, &b, logits);
}

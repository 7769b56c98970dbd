#include "model_int.h"

#include <string.h>

const char *const special_token_names[SPECIAL_TOKENS] = {
    [TOKEN_PAD] = "<|pad|>", [TOKEN_END] = "<|end|>", [TOKEN_MASK] = "<|mask|>", [TOKEN_CLS] = "<|cls|>",
    [TOKEN_SEP] = "<|sep|>", [TOKEN_NEED] = "<|need|>", [TOKEN_ITEM] = "<|item|>", [TOKEN_WRITE] = "<|write|>",
    "<|reserved8|>", "<|reserved9|>", "<|reserved10|>", "<|reserved11|>",
    "<|reserved12|>", "<|reserved13|>", "<|reserved14|>", "<|reserved15|>",
};

void marks_own(struct marks *m)
{
    for (int32_t i = 0; i <= TOKEN_WRITE; i++) m->ids[i] = i;
}

void marks_foreign(struct marks *m, const int32_t byte_ids[256], int32_t begin, int32_t end)
{
    *m = (struct marks){{[TOKEN_PAD] = end, [TOKEN_END] = end, [TOKEN_MASK] = end, [TOKEN_CLS] = begin >= 0 ? begin : end, [TOKEN_SEP] = byte_ids['\n'],
                         [TOKEN_NEED] = byte_ids['?'], [TOKEN_ITEM] = byte_ids['#'], [TOKEN_WRITE] = byte_ids[':']}};
}

static size_t put_token(const struct marks *m, int32_t *out, size_t at, enum special_token t)
{
    out[at] = m ? m->ids[t] : (int32_t)t;
    return at + 1;
}

static size_t put_tokens(int32_t *out, size_t at, struct tokens t)
{
    if (t.n) memcpy(out + at, t.ids, t.n * sizeof *out);
    return at + t.n;
}

/* Cuts both to fit `room` together: a may keep half of it, and what b leaves free. */
static void share_room(struct tokens *a, struct tokens *b, size_t room)
{
    size_t left_by_b = b->n < room ? room - b->n : 0;
    size_t most = left_by_b > room / 2 ? left_by_b : room / 2;
    if (a->n > most) a->n = most;
    if (b->n > room - a->n) b->n = room - a->n;
}

size_t layout_pair(const struct marks *m, int32_t *out, size_t max, struct tokens a, struct tokens b)
{
    if (max < 3) return 0;
    share_room(&a, &b, max - 3);
    size_t n = put_token(m, out, 0, TOKEN_CLS);
    n = put_tokens(out, n, a);
    n = put_token(m, out, n, TOKEN_SEP);
    n = put_tokens(out, n, b);
    return put_token(m, out, n, TOKEN_SEP);
}

size_t layout_embed(const struct marks *m, int32_t *out, size_t max, enum special_token kind, struct tokens t)
{
    if (max < 1) return 0;
    if (t.n > max - 1) t.n = max - 1;
    return put_tokens(out, put_token(m, out, 0, kind), t);
}

size_t layout_write(const struct marks *m, int32_t *out, size_t max, struct tokens need, struct tokens item)
{
    if (max < 4) return 0;
    size_t n = layout_pair(m, out, max - 1, need, item);
    return put_token(m, out, n, TOKEN_WRITE);
}

#include "index_int.h"

#include <stdlib.h>

/* Does a rank behind b? */
static bool worse(struct index_hit a, struct index_hit b)
{
    return a.score < b.score || (a.score == b.score && a.doc > b.doc);
}

void top_k_init(struct top_k *t, struct index_hit *hits, size_t k, float floor)
{
    *t = (struct top_k){.hits = hits, .k = k, .floor = floor};
}

static void sift_up(struct index_hit *h, size_t i)
{
    struct index_hit moving = h[i];
    for (; i && worse(moving, h[(i - 1) / 2]); i = (i - 1) / 2) h[i] = h[(i - 1) / 2];
    h[i] = moving;
}

static void sift_down(struct index_hit *h, size_t n)
{
    struct index_hit moving = h[0];
    size_t i = 0;
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && worse(h[child + 1], h[child])) child++;
        if (!worse(h[child], moving)) break;
        h[i] = h[child];
        i = child;
    }
    h[i] = moving;
}

void top_k_push(struct top_k *t, uint32_t doc, float score)
{
    struct index_hit hit = {doc, score};
    if (t->n < t->k) {
        t->hits[t->n] = hit;
        sift_up(t->hits, t->n++);
    } else {
        t->hits[0] = hit;
        sift_down(t->hits, t->n);
    }
    if (t->n == t->k) t->floor = t->hits[0].score;
}

static int compare_hits(const void *a, const void *b)
{
    return worse(*(const struct index_hit *)a, *(const struct index_hit *)b) ? 1 : -1;
}

void top_k_sort(struct top_k *t)
{
    if (t->n > 1) qsort(t->hits, t->n, sizeof *t->hits, compare_hits);
}

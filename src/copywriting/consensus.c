/* Of several texts, the one that the others agree with most: minimum Bayes risk (Kumar, Byrne 2004) with BLEU as the gain. */
#include "copywriting_int.h"

#include <stdlib.h>
#include <string.h>

struct scored { struct written text; double agreement; };

static int by_agreement(const void *a, const void *b)
{
    double x = ((const struct scored *)a)->agreement, y = ((const struct scored *)b)->agreement;
    return x < y ? 1 : x > y ? -1 : 0;
}

status writing_sort_by_consensus(struct writing *w)
{
    if (w->n < 3) return OK;   /* two texts agree with each other alike */
    struct scored *list = mem_zalloc(w->n, sizeof *list);
    if (!list) return fail_nomem("comparing texts");
    for (size_t i = 0; i < w->n; i++) {
        list[i].text = w->items[i];
        for (size_t k = 0; k < w->n; k++)
            if (k != i) list[i].agreement += copy_bleu4(w->items[i].text, strlen(w->items[i].text), w->items[k].text, strlen(w->items[k].text));
    }
    qsort(list, w->n, sizeof *list, by_agreement);
    for (size_t i = 0; i < w->n; i++) w->items[i] = list[i].text;
    mem_free(list);
    return OK;
}

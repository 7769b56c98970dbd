/* Telling of the tensors of a pass as they come; see struct train_watch. */
#include "model_int.h"

#include <string.h>

void train_run_watch(struct train_run *r, const struct train_watch *w)
{
    r->watch = w ? *w : (struct train_watch){0};
}

void watch_tell(struct train_run *r, int layer, const char *name, const float *x, size_t rows, size_t cols)
{
    static const char of[] = "gradient of ";
    char full[128];
    bool gradient = strncmp(name, of, sizeof of - 1) == 0;
    if (layer == NO_LAYER) snprintf(full, sizeof full, "%s", name);
    else snprintf(full, sizeof full, "%slayers.%d.%s", gradient ? of : "", layer, gradient ? name + sizeof of - 1 : name);
    r->watch.tensor(r->watch.context, full, x, rows, cols);
}

void watch_tell_gradient(struct train_run *r, const struct parameter *p)
{
    char name[128];
    if (!p || is_frozen(r->model, p)) return;
    snprintf(name, sizeof name, "gradient of %s", p->name);
    r->watch.tensor(r->watch.context, name, gradient_of(r, p), p->rows, p->cols);
}

/* train.jsonl as a picture: one line a loss, training light, validation dark. */
#include "train_int.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 860, HEIGHT = 480, LEFT = 64, RIGHT = 170, TOP = 24, BOTTOM = 48, MAX_POINTS = 600 };

struct point {
    double step, loss;
};
struct series {
    struct point *points;
    size_t n, cap;
};
struct curves {
    struct series of[SPLITS][LOSS_KINDS];
    double last_step, highest;
};
static const char *const colours[LOSS_KINDS][SPLITS] = {
    {"#9ecae1", "#08519c"}, {"#fdbe85", "#d94801"}, {"#a1d99b", "#006d2c"}, {"#bcbddc", "#54278f"},
    {"#fcaeb5", "#a50f3c"}, {"#9fdcd3", "#00665e"}, {"#d9c59b", "#7a5200"}, {"#c7c7c7", "#404040"}};

static status add_losses(struct curves *c, enum split split, double step, json_t *losses)
{
    for (int k = 0; k < LOSS_KINDS; k++) {
        json_t *v = json_object_get(losses, loss_name((enum loss_kind)k));
        if (!json_is_number(v) || !isfinite(json_number_value(v))) continue;
        struct series *s = &c->of[split][k];
        TRY(mem_grow(&s->points, &s->cap, s->n + 1, sizeof *s->points));
        s->points[s->n++] = (struct point){step, json_number_value(v)};
        if (step > c->last_step) c->last_step = step;
        if (json_number_value(v) > c->highest) c->highest = json_number_value(v);
    }
    return OK;
}

static status add_record(struct curves *c, const struct lines *l)
{
    json_t *root = json_loadb(l->text, l->n, 0, NULL);
    json_t *split = json_object_get(root, "split");
    bool validation = json_is_string(split) && strcmp(json_string_value(split), "validation") == 0;
    status s = add_losses(c, validation ? SPLIT_VALIDATION : SPLIT_TRAIN, json_number_value(json_object_get(root, "step")), json_object_get(root, "losses"));
    json_decref(root);
    return s;
}

static status read_curves(struct curves *c, const char *path)
{
    struct lines l;
    TRY(lines_open(&l, path));
    bool more = true;
    status s = OK;
    while (s == OK && (s = lines_next(&l, &more)) == OK && more) s = add_record(c, &l);
    lines_close(&l);
    return s;
}

/* ---- drawing ---- */

static double x_of(const struct curves *c, double step)
{
    return LEFT + step / c->last_step * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct curves *c, double loss)
{
    return HEIGHT - BOTTOM - loss / c->highest * (HEIGHT - TOP - BOTTOM);
}

/* 1, 2 or 5 times a power of ten, so that about `parts` steps reach `end`. */
static double tick_step(double end, double parts)
{
    double raw = end / parts, power = pow(10, floor(log10(raw))), lead = raw / power;
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

static void draw_axes(const struct curves *c, struct strbuf *out)
{
    double dx = tick_step(c->last_step, 6), dy = tick_step(c->highest, 6);
    for (double y = 0; y <= c->highest * 1.0001; y += dy) {
        strbuf_printf(out, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>", LEFT, y_of(c, y), WIDTH - RIGHT);
        strbuf_printf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", LEFT - 6, y_of(c, y) + 4, y);
    }
    for (double x = 0; x <= c->last_step * 1.0001; x += dx) {
        strbuf_printf(out, "<path d=\"M%.1f %dv5\" stroke=\"#333\"/>", x_of(c, x), HEIGHT - BOTTOM);
        strbuf_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n", x_of(c, x), HEIGHT - BOTTOM + 18, x);
    }
    strbuf_printf(out, "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#333\"/>\n", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
    strbuf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">step</text>\n", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10);
    strbuf_printf(out, "<text x=\"16\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 16 %d)\">loss</text>\n", HEIGHT / 2, HEIGHT / 2);
}

/* Long runs are averaged down to MAX_POINTS, so that the picture stays small. */
static void draw_series(const struct curves *c, const struct series *s, const char *colour, struct strbuf *out)
{
    size_t stride = s->n / MAX_POINTS + 1;
    strbuf_printf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" points=\"", colour);
    for (size_t i = 0; i < s->n; i += stride) {
        size_t n = s->n - i < stride ? s->n - i : stride;
        double loss = 0;
        for (size_t j = 0; j < n; j++) loss += s->points[i + j].loss / (double)n;
        strbuf_printf(out, "%.1f,%.1f ", x_of(c, s->points[i + n - 1].step), y_of(c, loss));
    }
    strbuf_puts(out, "\"/>\n");
}

static void draw(const struct curves *c, struct strbuf *out)
{
    strbuf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n", WIDTH, HEIGHT);
    strbuf_printf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT);
    draw_axes(c, out);
    int row = 0;
    for (int k = 0; k < LOSS_KINDS; k++)
        for (int split = 0; split < SPLITS; split++) {
            const struct series *s = &c->of[split][k];
            if (!s->n) continue;
            draw_series(c, s, colours[k][split], out);
            int y = TOP + 12 + 18 * row++;
            strbuf_printf(out, "<path d=\"M%d %dh22\" stroke=\"%s\" stroke-width=\"3\"/>", WIDTH - RIGHT + 12, y - 4, colours[k][split]);
            strbuf_printf(out, "<text x=\"%d\" y=\"%d\">%s %s %.3g</text>\n", WIDTH - RIGHT + 40, y, loss_name((enum loss_kind)k),
                          split == SPLIT_TRAIN ? "train" : "valid.", s->points[s->n - 1].loss);
        }
    strbuf_puts(out, "</svg>\n");
}

status curves_draw(const char *jsonl, const char *svg)
{
    struct curves c = {.last_step = 1, .highest = 1e-3};
    struct strbuf out = {0};
    status s = read_curves(&c, jsonl);
    if (s == OK) {
        draw(&c, &out);
        s = strbuf_status(&out);
    }
    if (s == OK) s = file_write_atomic(svg, out.data, out.len);
    for (int split = 0; split < SPLITS; split++)
        for (int k = 0; k < LOSS_KINDS; k++) mem_free(c.of[split][k].points);
    strbuf_release(&out);
    return s;
}

/* A lane: a thread, and a bounded queue before it. */
#include "server_int.h"

#include <string.h>

const char *lane_name(enum lane_id id)
{
    static const char *const names[LANES] = {"loop", "model", "read", "write"};
    return names[id];
}

static struct task *next_task(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    while (!l->first && !l->stopping) pthread_cond_wait(&l->changed, &l->lock);
    struct task *t = l->first;
    if (t) {
        l->first = t->next;
        if (!l->first) l->end = &l->first;
        l->depth--;
    }
    pthread_mutex_unlock(&l->lock);
    return t;
}

static void *run(void *context)
{
    struct lane *l = context;
    for (struct task *t; (t = next_task(l)) != NULL;) {
        atomic_store(&l->begun_ns, clock_ns());
        t->run(l, t->context);
        atomic_store(&l->begun_ns, 0);
    }
    return NULL;
}

status lane_start(struct lane *l, struct server *s, enum lane_id id, size_t depth_max)
{
    *l = (struct lane){.server = s, .id = id, .depth_max = depth_max};
    l->end = &l->first;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    int e = pthread_create(&l->thread, NULL, run, l);
    FAIL_IF(e != 0, ERR_IO, "cannot start a thread: %s", strerror(e));
    l->started = true;
    return OK;
}

bool lane_push(struct lane *l, struct task *t, bool always)
{
    pthread_mutex_lock(&l->lock);
    bool room = always || l->depth < l->depth_max;
    if (room) {
        t->next = NULL;
        *l->end = t;
        l->end = &t->next;
        l->depth++;
        pthread_cond_signal(&l->changed);
    }
    pthread_mutex_unlock(&l->lock);
    return room;
}

size_t lane_depth(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    size_t n = l->depth;
    pthread_mutex_unlock(&l->lock);
    return n;
}

void lane_stop(struct lane *l)
{
    if (!l->started) return;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    l->started = false;
}

bool lane_run_rest(struct lane *l)
{
    bool any = false;
    for (struct task *t; l->stopping && (t = next_task(l)) != NULL; any = true) t->run(l, t->context);
    return any;
}

void lane_release(struct lane *l)
{
    if (!l->stopping) return;
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
}

/* Rate limits: a token bucket for each key, cookie and address, in a table of fixed size. */
#include "server_int.h"

#include <string.h>

enum { BUCKETS = 16384, PROBES = 8 };
struct bucket { uint64_t who, last_ns; double tokens; };
struct limits { double rate, burst; uint64_t seed; struct bucket buckets[BUCKETS]; };

status limits_new(double rate_per_s, size_t burst, struct limits **out)
{
    struct limits *l = mem_zalloc(1, sizeof *l);
    if (!l) return fail_nomem("starting the server");
    l->rate = rate_per_s;
    l->burst = (double)(burst ? burst : 1);
    char hex[17];
    random_hex(hex, 8);
    l->seed = hash_bytes(hex, 16, 0);   /* so that nobody can choose addresses that share a place */
    *out = l;
    return OK;
}

void limits_free(struct limits *l)
{
    mem_free(l);
}

/* The bucket of `who`; of a full neighbourhood the one unused longest is taken over: it is the fullest, so that forgets least. */
static struct bucket *find(struct limits *l, uint64_t who, uint64_t now_ns)
{
    struct bucket *oldest = NULL;
    for (size_t i = 0; i < PROBES; i++) {
        struct bucket *b = &l->buckets[(who + i) % BUCKETS];
        if (b->who == who) return b;
        if (!oldest || b->last_ns < oldest->last_ns) oldest = b;
    }
    *oldest = (struct bucket){who, now_ns, l->burst};
    return oldest;
}

bool limits_take(struct limits *l, const char *who, uint64_t now_ns, unsigned *retry_s)
{
    struct bucket *b = find(l, hash_bytes(who, strlen(who), l->seed) | 1, now_ns);
    b->tokens += (double)(now_ns - b->last_ns) * 1e-9 * l->rate;
    if (b->tokens > l->burst) b->tokens = l->burst;
    b->last_ns = now_ns;
    if (b->tokens >= 1) {
        b->tokens -= 1;
        return true;
    }
    *retry_s = (unsigned)((1 - b->tokens) / l->rate) + 1;
    return false;
}

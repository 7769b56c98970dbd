#include "decode_int.h"

#include <string.h>

/* ---- the automaton ---- */

static size_t total_bytes(const struct text_span *texts, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++) total += texts[i].n;
    return total;
}

static void classify(struct automaton *a, const struct text_span *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < texts[i].n; k++) {
            uint8_t byte = (uint8_t)texts[i].s[k];
            if (!a->class_of[byte]) a->class_of[byte] = (uint16_t)a->n_classes++;
        }
    }
}

static status allocate(struct automaton *a, size_t nodes)
{
    a->next = mem_zalloc(nodes * a->n_classes, sizeof *a->next);
    a->flags = mem_zalloc(nodes, sizeof *a->flags);
    a->required = mem_zalloc(nodes, sizeof *a->required);
    a->stop_length = mem_zalloc(nodes, sizeof *a->stop_length);
    a->stop_prefix = mem_zalloc(nodes, sizeof *a->stop_prefix);
    bool complete = a->next && a->flags && a->required && a->stop_length && a->stop_prefix;
    return complete ? OK : fail_nomem("preparing forbidden, required and stop texts");
}

/* The node where the text ends; nodes on the way are made. Node 0 is the root, so 0 in the table means "none yet". */
static int32_t insert(struct automaton *a, struct text_span text, bool stop)
{
    size_t node = 0;
    for (size_t k = 0; k < text.n; k++) {
        int32_t *slot = &a->next[node * a->n_classes + a->class_of[(uint8_t)text.s[k]]];
        if (!*slot) *slot = (int32_t)a->n_nodes++;
        node = (size_t)*slot;
        if (stop && k + 1 < text.n) a->stop_prefix[node] = (uint32_t)(k + 1);
    }
    return (int32_t)node;
}

static void insert_all(struct automaton *a, const struct decode_options *o)
{
    for (size_t i = 0; i < o->n_forbidden; i++) a->flags[insert(a, o->forbidden[i], false)] |= CONSTRAINT_FORBIDDEN;
    for (size_t i = 0; i < o->n_required; i++) a->required[insert(a, o->required[i], false)] |= (uint64_t)1 << i;
    for (size_t i = 0; i < o->n_stop; i++) {
        int32_t node = insert(a, o->stop[i], true);
        a->flags[node] |= CONSTRAINT_STOP;
        a->stop_length[node] = (uint32_t)o->stop[i].n;
    }
}

/* A node inherits what ends at the longest proper end of its text that is a node too: that one was finished before it. */
static void inherit(struct automaton *a, int32_t node, int32_t from)
{
    a->flags[node] |= a->flags[from];
    a->required[node] |= a->required[from];
    if (!a->stop_length[node]) a->stop_length[node] = a->stop_length[from];
    if (!a->stop_prefix[node]) a->stop_prefix[node] = a->stop_prefix[from];
}

/* Breadth first; the row of a node's failure link is complete when the node's turn comes. */
static status complete(struct automaton *a)
{
    int32_t *queue = mem_zalloc(a->n_nodes * 2, sizeof *queue);
    if (!queue) return fail_nomem("preparing forbidden, required and stop texts");
    int32_t *failure = queue + a->n_nodes;
    size_t head = 0, tail = 0;
    queue[tail++] = 0;
    while (head < tail) {
        int32_t node = queue[head++];
        for (size_t k = 0; k < a->n_classes; k++) {
            int32_t *slot = &a->next[(size_t)node * a->n_classes + k];
            int32_t fallback = node ? a->next[(size_t)failure[node] * a->n_classes + k] : 0;
            if (*slot) {
                failure[*slot] = fallback;
                inherit(a, *slot, fallback);
                queue[tail++] = *slot;
            } else {
                *slot = fallback;
            }
        }
    }
    mem_free(queue);
    return OK;
}

static status automaton_init(struct automaton *a, const struct decode_options *o)
{
    *a = (struct automaton){.n_nodes = 1, .n_classes = 1};
    classify(a, o->forbidden, o->n_forbidden);
    classify(a, o->required, o->n_required);
    classify(a, o->stop, o->n_stop);
    TRY(allocate(a, 1 + total_bytes(o->forbidden, o->n_forbidden) + total_bytes(o->required, o->n_required) +
                        total_bytes(o->stop, o->n_stop)));
    insert_all(a, o);
    return complete(a);
}

static void automaton_release(struct automaton *a)
{
    mem_free(a->next);
    mem_free(a->flags);
    mem_free(a->required);
    mem_free(a->stop_length);
    mem_free(a->stop_prefix);
}

/* ---- masks ---- */

/* Walks the vocabulary from `node`, and from the root beside it: where both stand on the same node nothing that follows
 * can differ, and what the root hits is in the root's mask. So all but a few of the 256 first bytes end at once. */
static void walk_vocabulary(const struct constraint *c, int32_t node, bool beside_root, uint8_t flags, uint64_t *mask)
{
    const struct token_trie *t = c->trie;
    const struct automaton *a = &c->automaton;
    c->walk[0] = node;
    c->root_walk[0] = 0;
    for (size_t i = 1; i < t->n_nodes;) {
        const struct trie_node *n = &t->nodes[i];
        int32_t here = automaton_step(a, c->walk[n->depth - 1], n->byte);
        int32_t root = automaton_step(a, c->root_walk[n->depth - 1], n->byte);
        c->walk[n->depth] = here;
        c->root_walk[n->depth] = root;
        if (a->flags[here] & flags) token_trie_ban_subtree(t, n, mask);
        i = (a->flags[here] & flags) || (beside_root && here == root) ? n->end : i + 1;
    }
}

void constraint_ban(const struct constraint *c, int32_t node, uint8_t flags, uint64_t *mask)
{
    const uint64_t *root = c->root_masks[flags];
    if (!root) return;   /* no text of these kinds */
    for (size_t w = 0; w < c->trie->mask_words; w++) mask[w] |= root[w];
    if (node) walk_vocabulary(c, node, true, flags, mask);
}

/* Which kinds exist decides which masks are ever asked for; kinds that do not exist share the mask of those that do. */
static status root_mask(struct constraint *c, uint8_t flags)
{
    c->root_masks[flags] = mem_zalloc(c->trie->mask_words, sizeof(uint64_t));
    if (!c->root_masks[flags]) return fail_nomem("preparing forbidden and stop texts");
    walk_vocabulary(c, 0, false, flags, c->root_masks[flags]);
    return OK;
}

static status constraint_build(struct constraint *c, const struct decode_options *o)
{
    TRY(automaton_init(&c->automaton, o));
    c->walk = mem_zalloc(2 * (c->trie->bytes_max + 1), sizeof *c->walk);
    if (!c->walk) return fail_nomem("preparing forbidden and stop texts");
    c->root_walk = c->walk + c->trie->bytes_max + 1;
    if (o->n_required) c->all_required = UINT64_MAX >> (64 - o->n_required);
    if (o->n_forbidden) TRY(root_mask(c, CONSTRAINT_FORBIDDEN));
    if (o->n_forbidden || o->n_stop) TRY(root_mask(c, CONSTRAINT_FORBIDDEN | CONSTRAINT_STOP));
    return OK;
}

status constraint_init(struct constraint *c, const struct token_trie *trie, const struct decode_options *o)
{
    *c = (struct constraint){.trie = trie};
    status result = constraint_build(c, o);
    if (result != OK) constraint_release(c);
    return result;
}

void constraint_release(struct constraint *c)
{
    automaton_release(&c->automaton);
    for (size_t i = 0; i < CONSTRAINT_KINDS; i++) mem_free(c->root_masks[i]);
    mem_free(c->walk);
    *c = (struct constraint){0};
}

/* ---- a text moving on ---- */

bool constraint_hits(const struct constraint *c, int32_t node, const char *bytes, size_t n, uint8_t flags)
{
    for (size_t i = 0; i < n; i++) {
        node = automaton_step(&c->automaton, node, (uint8_t)bytes[i]);
        if (c->automaton.flags[node] & flags) return true;
    }
    return false;
}

bool constraint_advance(const struct constraint *c, struct text_state *t, const char *bytes, size_t n, size_t *surplus)
{
    const struct automaton *a = &c->automaton;
    for (size_t i = 0; i < n; i++) {
        t->node = automaton_step(a, t->node, (uint8_t)bytes[i]);
        t->utf8 = utf8_step(t->utf8, (uint8_t)bytes[i]);
        t->seen |= a->required[t->node];
        if (a->flags[t->node] & CONSTRAINT_STOP) {
            *surplus = n - (i + 1) + a->stop_length[t->node];
            return true;
        }
    }
    *surplus = 0;
    return false;
}

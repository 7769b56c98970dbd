/* Which tensor of another program is which of ours. Import and export read the same tables. */
#include "exchange_int.h"

#include <stdlib.h>
#include <string.h>

#define L "layers.%u."
static const struct link hf_gpt2[] = {
    {"embedding.weight", "wte.weight", PART_ALL, false, false},
    {"positions.weight", "wpe.weight", PART_ALL, false, false},
    {L "attention.norm.weight", "h.%u.ln_1.weight", PART_ALL, false, false},
    {L "attention.norm.bias", "h.%u.ln_1.bias", PART_ALL, false, false},
    {L "attention.qkv.weight", "h.%u.attn.c_attn.weight", PART_ALL, true, false},
    {L "attention.qkv.bias", "h.%u.attn.c_attn.bias", PART_ALL, false, false},
    {L "attention.out.weight", "h.%u.attn.c_proj.weight", PART_ALL, true, false},
    {L "attention.out.bias", "h.%u.attn.c_proj.bias", PART_ALL, false, false},
    {L "ffn.norm.weight", "h.%u.ln_2.weight", PART_ALL, false, false},
    {L "ffn.norm.bias", "h.%u.ln_2.bias", PART_ALL, false, false},
    {L "ffn.in.weight", "h.%u.mlp.c_fc.weight", PART_ALL, true, false},
    {L "ffn.in.bias", "h.%u.mlp.c_fc.bias", PART_ALL, false, false},
    {L "ffn.out.weight", "h.%u.mlp.c_proj.weight", PART_ALL, true, false},
    {L "ffn.out.bias", "h.%u.mlp.c_proj.bias", PART_ALL, false, false},
    {"norm.weight", "ln_f.weight", PART_ALL, false, false},
    {"norm.bias", "ln_f.bias", PART_ALL, false, false},
    {"output.weight", "lm_head.weight", PART_ALL, false, false},
};
#define M "model.layers.%u."
static const struct link hf_llama[] = {
    {"embedding.weight", "model.embed_tokens.weight", PART_ALL, false, false},
    {L "attention.norm.weight", M "input_layernorm.weight", PART_ALL, false, false},
    {L "attention.qkv.weight", M "self_attn.q_proj.weight", PART_Q, false, false},
    {L "attention.qkv.weight", M "self_attn.k_proj.weight", PART_K, false, false},
    {L "attention.qkv.weight", M "self_attn.v_proj.weight", PART_V, false, false},
    {L "attention.qkv.bias", M "self_attn.q_proj.bias", PART_Q, false, false},
    {L "attention.qkv.bias", M "self_attn.k_proj.bias", PART_K, false, false},
    {L "attention.qkv.bias", M "self_attn.v_proj.bias", PART_V, false, false},
    {L "attention.q_norm.weight", M "self_attn.q_norm.weight", PART_ALL, false, false},
    {L "attention.k_norm.weight", M "self_attn.k_norm.weight", PART_ALL, false, false},
    {L "attention.out.weight", M "self_attn.o_proj.weight", PART_ALL, false, false},
    {L "ffn.norm.weight", M "post_attention_layernorm.weight", PART_ALL, false, false},
    {L "ffn.in.weight", M "mlp.gate_proj.weight", PART_GATE, false, false},
    {L "ffn.in.weight", M "mlp.up_proj.weight", PART_UP, false, false},
    {L "ffn.out.weight", M "mlp.down_proj.weight", PART_ALL, false, false},
    {"norm.weight", "model.norm.weight", PART_ALL, false, false},
    {"output.weight", "lm_head.weight", PART_ALL, false, false},
};
#undef M
static const struct link gguf_gpt2[] = {
    {"embedding.weight", "token_embd.weight", PART_ALL, false, false},
    {"positions.weight", "position_embd.weight", PART_ALL, false, false},
    {L "attention.norm.weight", "blk.%u.attn_norm.weight", PART_ALL, false, false},
    {L "attention.norm.bias", "blk.%u.attn_norm.bias", PART_ALL, false, false},
    {L "attention.qkv.weight", "blk.%u.attn_qkv.weight", PART_ALL, false, false},
    {L "attention.qkv.bias", "blk.%u.attn_qkv.bias", PART_ALL, false, false},
    {L "attention.out.weight", "blk.%u.attn_output.weight", PART_ALL, false, false},
    {L "attention.out.bias", "blk.%u.attn_output.bias", PART_ALL, false, false},
    {L "ffn.norm.weight", "blk.%u.ffn_norm.weight", PART_ALL, false, false},
    {L "ffn.norm.bias", "blk.%u.ffn_norm.bias", PART_ALL, false, false},
    {L "ffn.in.weight", "blk.%u.ffn_up.weight", PART_ALL, false, false},
    {L "ffn.in.bias", "blk.%u.ffn_up.bias", PART_ALL, false, false},
    {L "ffn.out.weight", "blk.%u.ffn_down.weight", PART_ALL, false, false},
    {L "ffn.out.bias", "blk.%u.ffn_down.bias", PART_ALL, false, false},
    {"norm.weight", "output_norm.weight", PART_ALL, false, false},
    {"norm.bias", "output_norm.bias", PART_ALL, false, false},
    {"output.weight", "output.weight", PART_ALL, false, false},
};
/* Llama's q and k are in pairs there, those of the others are not. */
#define GGUF_LLAMA(paired)                                                           \
    {                                                                                \
        {"embedding.weight", "token_embd.weight", PART_ALL, false, false},           \
        {L "attention.norm.weight", "blk.%u.attn_norm.weight", PART_ALL, false, false}, \
        {L "attention.qkv.weight", "blk.%u.attn_q.weight", PART_Q, false, paired},   \
        {L "attention.qkv.weight", "blk.%u.attn_k.weight", PART_K, false, paired},   \
        {L "attention.qkv.weight", "blk.%u.attn_v.weight", PART_V, false, false},    \
        {L "attention.qkv.bias", "blk.%u.attn_q.bias", PART_Q, false, false},        \
        {L "attention.qkv.bias", "blk.%u.attn_k.bias", PART_K, false, false},        \
        {L "attention.qkv.bias", "blk.%u.attn_v.bias", PART_V, false, false},        \
        {L "attention.q_norm.weight", "blk.%u.attn_q_norm.weight", PART_ALL, false, false}, \
        {L "attention.k_norm.weight", "blk.%u.attn_k_norm.weight", PART_ALL, false, false}, \
        {L "attention.out.weight", "blk.%u.attn_output.weight", PART_ALL, false, false}, \
        {L "ffn.norm.weight", "blk.%u.ffn_norm.weight", PART_ALL, false, false},     \
        {L "ffn.in.weight", "blk.%u.ffn_gate.weight", PART_GATE, false, false},      \
        {L "ffn.in.weight", "blk.%u.ffn_up.weight", PART_UP, false, false},          \
        {L "ffn.out.weight", "blk.%u.ffn_down.weight", PART_ALL, false, false},      \
        {"norm.weight", "output_norm.weight", PART_ALL, false, false},               \
        {"output.weight", "output.weight", PART_ALL, false, false},                  \
    }
static const struct link gguf_llama[] = GGUF_LLAMA(true), gguf_qwen[] = GGUF_LLAMA(false);
#undef L

const struct link *links_of(enum exchange_format format, enum family family, size_t *n)
{
    *n = sizeof hf_gpt2 / sizeof *hf_gpt2;   /* all tables are of one length */
    _Static_assert(sizeof hf_gpt2 == sizeof hf_llama && sizeof hf_gpt2 == sizeof gguf_gpt2 && sizeof hf_gpt2 == sizeof gguf_llama, "links_of");
    if (format == FORMAT_HF) return family == FAMILY_GPT2 ? hf_gpt2 : hf_llama;
    return family == FAMILY_GPT2 ? gguf_gpt2 : family == FAMILY_LLAMA ? gguf_llama : gguf_qwen;
}

bool link_matches(const struct link *l, const struct parameter *p, char theirs[96])
{
    char ours[96];
    unsigned layer = strncmp(p->name, "layers.", 7) == 0 ? (unsigned)strtoul(p->name + 7, NULL, 10) : 0;
    snprintf(ours, sizeof ours, l->ours, layer);
    if (strcmp(ours, p->name) != 0) return false;
    snprintf(theirs, 96, l->theirs, layer);
    return true;
}

void part_range(const struct model_config *c, const struct parameter *p, enum part part, size_t *first, size_t *n)
{
    size_t q = (size_t)c->n_heads * c->head_size, kv = (size_t)c->n_kv_heads * c->head_size, all = p->rows > 1 ? p->rows : p->cols;
    const size_t ranges[][2] = {[PART_ALL] = {0, all}, [PART_Q] = {0, q}, [PART_K] = {q, kv}, [PART_V] = {q + kv, kv}, [PART_GATE] = {0, c->d_ff}, [PART_UP] = {c->d_ff, c->d_ff}};
    *first = ranges[part][0];
    *n = ranges[part][1];
}

size_t paired_row(const struct model_config *c, size_t r)
{
    size_t D = c->head_size, head = r / D, in_head = r % D;
    return head * D + (in_head % 2) * (D / 2) + in_head / 2;
}

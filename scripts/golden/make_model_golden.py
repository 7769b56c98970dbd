#!/usr/bin/python3
"""Writes tests/golden/model_*/: tiny models with their logits, losses and gradients, computed by PyTorch.

This is an independent implementation of docs/model-format.md: it shares no code with src/model, and gradients come from
autograd. Run it (Debian: python3-torch) from the repository's root only when the format or the architecture changes:

    scripts/golden/make_model_golden.py
"""
import json
import math
import os
import struct

import torch
import torch.nn.functional as F

BASE = dict(model_type="daogou", vocab_size=33, max_positions=12, d_model=16, n_layers=2, n_heads=4, n_kv_heads=4, head_size=4,
            d_ff=20, positions="rotary", norm="rms", ffn="swiglu", linear_bias=False, qkv_bias=False, qk_norm=False, tied=True,
            heads=True, norm_epsilon=1e-5, rope_theta=10000.0, dropout=0.1)
CONFIGS = {
    "ours": BASE,
    "gpt2": dict(BASE, positions="learned", norm="layer", ffn="gelu", linear_bias=True),
    "qwen": dict(BASE, n_kv_heads=2, head_size=6, qkv_bias=True, qk_norm=True, tied=False, norm_epsilon=1e-6, rope_theta=1e6),
    # wide enough that the contrastive loss also cuts its embeddings (to 64 of 65)
    "overlap": dict(BASE, overlap=True, n_layers=1, d_ff=8),
    "wide": dict(BASE, vocab_size=14, d_model=65, n_layers=1, n_heads=1, n_kv_heads=1, head_size=4, d_ff=4),
}

# sequences: length and prefix
LENGTHS = [7, 5, 9, 1, 6, 8]
PREFIXES = [7, 0, 4, 1, 6, 2]
NSP_LABELS = [1, -1, 0, 1, -1, 0]
MATCH_SEQS = [0, 2, 4, 5]
MATCH_GAINS = [0.0, 3.0, 1.0, 0.5]
BINARY_SEQS = [1, 3, 5]
BINARY_LABELS = [1.0, 0.0, 0.25]
NEEDS = [0, 1, 2]
ITEMS = [3, 4, 5]
GROUPS = [7, 8, 7]
WEIGHTS = dict(vocabulary=1.0, nsp=0.7, match=0.5, zero=0.6, binary=0.3, contrastive=0.4)


def parameter_shapes(c):
    """Name -> shape, as docs/model-format.md lists them."""
    d, q, kv = c["d_model"], c["n_heads"] * c["head_size"], c["n_kv_heads"] * c["head_size"]
    shapes = {"embedding.weight": (c["vocab_size"], d)}

    def linear(name, rows, cols, bias):
        shapes[name + ".weight"] = (rows, cols)
        if bias:
            shapes[name + ".bias"] = (rows,)

    def norm(name):
        shapes[name + ".weight"] = (d,)
        if c["norm"] == "layer":
            shapes[name + ".bias"] = (d,)

    if c["positions"] == "learned":
        shapes["positions.weight"] = (c["max_positions"], d)
    if c.get("overlap"):
        shapes["overlap.weight"] = (3, d)
    for i in range(c["n_layers"]):
        at = f"layers.{i}."
        norm(at + "attention.norm")
        linear(at + "attention.qkv", q + 2 * kv, d, c["linear_bias"] or c["qkv_bias"])
        if c["qk_norm"]:
            shapes[at + "attention.q_norm.weight"] = shapes[at + "attention.k_norm.weight"] = (c["head_size"],)
        linear(at + "attention.out", d, q, c["linear_bias"])
        norm(at + "ffn.norm")
        linear(at + "ffn.in", c["d_ff"] * (2 if c["ffn"] == "swiglu" else 1), d, c["linear_bias"])
        linear(at + "ffn.out", d, c["d_ff"], c["linear_bias"])
    norm("norm")
    if not c["tied"]:
        shapes["output.weight"] = (c["vocab_size"], d)
    linear("heads.pooler", d, d, True)
    linear("heads.nsp", 2, d, True)
    linear("heads.match", 1, d, True)
    shapes["heads.embed.weight"] = (d, d)
    return shapes


def make_parameters(c, generator):
    params = {}
    for name, shape in parameter_shapes(c).items():
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        if "norm" in name and name.endswith("weight"):
            x = 1 + 0.2 * x
        elif name.endswith("bias"):
            x = 0.1 * x
        else:
            x = x * (0.5 if name == "embedding.weight" else 1.2 / math.sqrt(shape[-1]))
        params[name] = x.float().double().requires_grad_(True)   # the very values that the file will hold
    return params


class Net:
    """One sequence at a time, float64, whole matrices: slow and plain on purpose."""

    def __init__(self, c, p):
        self.c, self.p = c, p

    def norm(self, x, name):
        gain, eps = self.p[name + ".weight"], self.c["norm_epsilon"]
        if self.c["norm"] == "layer" and name + ".bias" in self.p:
            return F.layer_norm(x, (x.shape[-1],), gain, self.p[name + ".bias"], eps)
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * gain

    def linear(self, x, name):
        return F.linear(x, self.p[name + ".weight"], self.p.get(name + ".bias"))

    def rotate(self, x):
        """x (T, heads, D) as complex numbers (first half real, second half imaginary), turned by position * theta^(-2i/D)."""
        T, _, D = x.shape
        frequencies = self.c["rope_theta"] ** (-torch.arange(0, D, 2, dtype=torch.float64) / D)
        angles = torch.arange(T, dtype=torch.float64)[:, None] * frequencies[None, :]
        z = torch.complex(x[..., : D // 2], x[..., D // 2:]) * torch.polar(torch.ones_like(angles), angles)[:, None, :]
        return torch.cat([z.real, z.imag], -1)

    def attention(self, x, at, prefix):
        c, T, D = self.c, x.shape[0], self.c["head_size"]
        H, K = c["n_heads"], c["n_kv_heads"]
        q, k, v = self.linear(x, at + "qkv").split([H * D, K * D, K * D], -1)
        q, k, v = q.reshape(T, H, D), k.reshape(T, K, D), v.reshape(T, K, D)
        if c["qk_norm"]:
            q, k = self.norm(q, at + "q_norm"), self.norm(k, at + "k_norm")
        if c["positions"] == "rotary":
            q, k = self.rotate(q), self.rotate(k)
        k, v = k.repeat_interleave(H // K, 1), v.repeat_interleave(H // K, 1)
        scores = torch.einsum("ihd,jhd->hij", q, k) / math.sqrt(D)
        i, j = torch.arange(T)[:, None], torch.arange(T)[None, :]
        visible = (j < prefix) | (j <= i)
        weights = scores.masked_fill(~visible, -math.inf).softmax(-1)
        return self.linear(torch.einsum("hij,jhd->ihd", weights, v).reshape(T, H * D), at + "out")

    def feed_forward(self, x, at):
        y = self.linear(x, at + "in")
        if self.c["ffn"] == "swiglu":
            gate, up = y.chunk(2, -1)
            return self.linear(F.silu(gate) * up, at + "out")
        return self.linear(0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y ** 3))), at + "out")

    def hidden(self, tokens, prefix, overlap):
        x = self.p["embedding.weight"][tokens]
        if self.c.get("overlap"):
            x = x + self.p["overlap.weight"][overlap]
        if self.c["positions"] == "learned":
            x = x + self.p["positions.weight"][: len(tokens)]
        for i in range(self.c["n_layers"]):
            x = x + self.attention(self.norm(x, f"layers.{i}.attention.norm"), f"layers.{i}.attention.", prefix)
            x = x + self.feed_forward(self.norm(x, f"layers.{i}.ffn.norm"), f"layers.{i}.ffn.")
        return self.norm(x, "norm")

    def logits(self, hidden):
        return hidden @ self.p["embedding.weight" if self.c["tied"] else "output.weight"].T

    def pooled(self, hidden):
        return torch.tanh(self.linear(hidden[0], "heads.pooler"))

    def match(self, hidden):
        return self.linear(self.pooled(hidden), "heads.match")[0]

    def embedding(self, hidden):
        return self.linear(hidden.mean(0), "heads.embed")


def contrastive(needs, items, groups, temperature=0.05):
    d, total = needs.shape[1], 0
    cuts = [d] + [k for k in (128, 64) if k < d]
    g = torch.tensor(groups)
    excluded = (g[:, None] == g[None, :]) & ~torch.eye(len(g), dtype=torch.bool)
    for cut in cuts:
        a, b = F.normalize(needs[:, :cut], dim=-1), F.normalize(items[:, :cut], dim=-1)
        sims = (a @ b.T / temperature).masked_fill(excluded, -math.inf)
        own = torch.arange(len(g))
        total = total + (F.cross_entropy(sims, own) + F.cross_entropy(sims.T, own)) / 2
    return total / len(cuts)


def compute(c, p, generator):
    net = Net(c, p)
    tokens = [torch.randint(0, c["vocab_size"], (n,), generator=generator) for n in LENGTHS]
    overlap = [torch.arange(n) * (n + 1) % 3 for n in LENGTHS]
    hidden = [net.hidden(t, prefix, o) for t, prefix, o in zip(tokens, PREFIXES, overlap)]
    n_tokens = sum(LENGTHS)
    rows = torch.arange(0, n_tokens, 2)
    targets = torch.randint(0, c["vocab_size"], (len(rows),), generator=generator)
    targets[3] = -1
    logits = net.logits(torch.cat(hidden))
    scores = torch.stack([net.match(hidden[s]) for s in MATCH_SEQS])
    gains = torch.tensor(MATCH_GAINS, dtype=torch.float64)
    binary = torch.stack([net.match(hidden[s]) for s in BINARY_SEQS])
    nsp = torch.stack([net.linear(net.pooled(h), "heads.nsp") for h in hidden])
    labels = torch.tensor(NSP_LABELS)
    embeddings = torch.stack([net.embedding(h) for h in hidden])
    losses = {
        "vocabulary": F.cross_entropy(logits[rows], targets, ignore_index=-1),
        "nsp": F.cross_entropy(nsp, labels, ignore_index=-1),
        "match": -(gains / gains.sum() * scores.log_softmax(0)).sum(),
        "zero": F.binary_cross_entropy_with_logits(scores, torch.zeros_like(scores)),   # a group with nothing good in it
        "binary": F.binary_cross_entropy_with_logits(binary, torch.tensor(BINARY_LABELS, dtype=torch.float64)),
        "contrastive": contrastive(embeddings[NEEDS], embeddings[ITEMS], GROUPS),
    }
    sum(WEIGHTS[k] * v for k, v in losses.items()).backward()
    out = {"tokens": torch.cat(tokens), **({"overlap": torch.cat(overlap)} if c.get("overlap") else {}), "rows": rows, "targets": targets, "logits": logits, "hidden": torch.cat(hidden), "nsp": nsp,
           "scores": scores, "embeddings": F.normalize(embeddings, dim=-1)}
    for name, value in [("lengths", LENGTHS), ("prefixes", PREFIXES), ("nsp_labels", NSP_LABELS), ("match_seqs", MATCH_SEQS),
                        ("match_gains", MATCH_GAINS), ("binary_seqs", BINARY_SEQS), ("binary_labels", BINARY_LABELS),
                        ("needs", NEEDS), ("items", ITEMS), ("groups", GROUPS)]:
        out[name] = torch.tensor(value)
    out["losses"] = torch.stack(list(losses.values()))
    out["weights"] = torch.tensor([WEIGHTS[k] for k in losses])
    out.update({"grad." + name: x.grad for name, x in p.items()})
    return out


def save(path, tensors):
    """safetensors, all F32, without metadata: as another program would write it."""
    header, data = {}, b""
    for name, x in tensors.items():
        flat = x.detach().double().reshape(-1).tolist()
        blob = struct.pack(f"<{len(flat)}f", *flat)
        header[name] = {"dtype": "F32", "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def main():
    for name, c in CONFIGS.items():
        generator = torch.Generator().manual_seed({"ours": 1234, "gpt2": 1235, "qwen": 1236, "wide": 1237}.get(name, 1238))
        directory = f"tests/golden/model_{name}"
        os.makedirs(directory, exist_ok=True)
        p = make_parameters(c, generator)
        with open(directory + "/config.json", "w") as f:
            f.write(json.dumps(c, indent=2) + "\n")
        save(directory + "/model.safetensors", p)
        save(directory + "/expected.safetensors", compute(c, p, generator))


main()

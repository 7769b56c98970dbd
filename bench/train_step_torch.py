#!/usr/bin/env python3
"""The same steps as `daogou bench train` in PyTorch. On cuda torch.compile, bf16 autocast, SDPA, fused AdamW; on the CPU what the
installed version has of these (PyTorch 1.13 neither compiles nor has SDPA), all cores, in bf16 autocast or in f32. Prints one line of JSON.

usage: train_step_torch.py cpu|cuda [SEQUENCES [LENGTH [STEPS [bf16|f32]]]]"""
import json
import os
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

POSITIONS, VOCAB, D, LAYERS, HEADS = 1024, 50257, 768, 12, 12


def attention(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    T = q.shape[2]
    hidden = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    return (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).masked_fill(hidden, float("-inf")).softmax(3) @ v


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x):
        B, T, _ = x.shape
        q, k, v = (t.view(B, T, HEADS, D // HEADS).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(D, dim=2))
        y = attention(q, k, v)
        x = x + self.out(y.transpose(1, 2).reshape(B, T, D))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT2(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCAB, D), nn.Embedding(POSITIONS, D)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(D)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions.weight[:ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, VOCAB), targets.view(-1))


def main():
    device = sys.argv[1]
    sequences, length, steps = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((2, 4), (3, 256), (4, 10)))
    cuda, bf16 = device == "cuda", len(sys.argv) <= 5 or sys.argv[5] == "bf16"
    warm_up = 5 if cuda else 1
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")
    if not cuda:
        torch.set_num_threads(len(os.sched_getaffinity(0)))
    model = GPT2().to(device)
    compiled = torch.compile(model) if hasattr(torch, "compile") else model
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1, **({"fused": True} if cuda else {}))
    ids = torch.randint(VOCAB, (sequences, length), device=device)
    targets = torch.randint(VOCAB, (sequences, length), device=device)
    wait = torch.cuda.synchronize if cuda else lambda: None
    seconds = []
    for t in range(warm_up + steps):
        wait()
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            loss = compiled(ids, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        wait()
        if t >= warm_up:
            seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(json.dumps({"program": f"torch {torch.__version__}", "device": torch.cuda.get_device_name() if cuda else f"cpu, {torch.get_num_threads()} threads",
                      "precision": "bf16" if bf16 else "f32",
                      "parameters": sum(p.numel() for p in model.parameters()), "sequences": sequences, "length": length, "steps": steps,
                      "median_ms": round(1e3 * median, 3), "best_ms": round(1e3 * min(seconds), 3),
                      "tokens_per_s": round(sequences * length / median), "loss": round(loss.item(), 5)}))


if __name__ == "__main__":
    main()

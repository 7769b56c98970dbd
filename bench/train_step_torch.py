#!/usr/bin/env python3
"""The same steps as bench/train_step.c in PyTorch: torch.compile, bf16 autocast, SDPA, fused AdamW. Prints one line of JSON.

usage: train_step_torch.py [SEQUENCES [STEPS]]"""
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

LENGTH, WARM_UP, VOCAB, D, LAYERS, HEADS = 1024, 5, 50257, 768, 12, 12


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x):
        B, T, _ = x.shape
        q, k, v = (t.view(B, T, HEADS, D // HEADS).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(D, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(B, T, D))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT2(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCAB, D), nn.Embedding(LENGTH, D)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(D)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions.weight
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, VOCAB), targets.view(-1))


def main():
    sequences = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")
    model = GPT2().cuda()
    compiled = torch.compile(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    ids = torch.randint(VOCAB, (sequences, LENGTH), device="cuda")
    targets = torch.randint(VOCAB, (sequences, LENGTH), device="cuda")
    seconds = []
    for t in range(WARM_UP + steps):
        torch.cuda.synchronize()
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cuda", dtype=torch.bfloat16):
            loss = compiled(ids, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        torch.cuda.synchronize()
        if t >= WARM_UP:
            seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(json.dumps({"program": f"torch {torch.__version__}", "device": torch.cuda.get_device_name(), "parameters": sum(p.numel() for p in model.parameters()),
                      "sequences": sequences, "length": LENGTH, "steps": steps, "median_ms": round(1e3 * median, 3), "best_ms": round(1e3 * min(seconds), 3),
                      "tokens_per_s": round(sequences * LENGTH / median), "loss": round(loss.item(), 5)}))


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Writes tests/golden/exchange/: tiny random checkpoints as transformers and llama.cpp lay them out, with logits and token ids.

An independent implementation in numpy and Python's re of what those programs compute, from their own tensors: it shares no code
and no layout with src/. Run it from the repository's root only when a fixture changes:

    scripts/golden/make_exchange_golden.py
"""
import json
import os
import re
import struct
import sys
import unicodedata

import numpy as np

OUT = "tests/golden/exchange"
IDS = [7, 260, 33, 100, 5, 270, 41, 200, 12]
rng = np.random.default_rng(5)

# ---- tokenizer: the slow way ----


def char_class(letter):
    """A regular expression's class of all characters of a Unicode category, as ranges."""
    out, start = [], None
    for c in range(sys.maxunicode + 2):
        inside = c <= sys.maxunicode and not 0xD800 <= c <= 0xDFFF and unicodedata.category(chr(c))[0] == letter
        if inside and start is None:
            start = c
        elif not inside and start is not None:
            out.append(re.escape(chr(start)) + "-" + re.escape(chr(c - 1)))
            start = None
    return "".join(out)


L, N = char_class("L"), char_class("N")
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
GPT2 = rf"'s|'t|'re|'ve|'m|'ll|'d| ?[{L}]+| ?[{N}]+| ?[^{WHITE}{L}{N}]+|[{WHITE}]+(?![^{WHITE}])|[{WHITE}]+"
LLAMA3 = rf"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n{L}{N}]?[{L}]+|[{N}]{{1,3}}| ?[^{WHITE}{L}{N}]+[\r\n]*|[{WHITE}]*[\r\n]+|[{WHITE}]+(?![^{WHITE}])|[{WHITE}]+"
QWEN2 = LLAMA3.replace(f"[{N}]{{1,3}}", f"[{N}]")
PATTERN = {"gpt2": re.compile(GPT2), "llama": re.compile(LLAMA3), "qwen2": re.compile(QWEN2), "qwen3": re.compile(QWEN2)}
CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
HF_LLAMA3 = f"(?i:{CONTRACTIONS})|[^\\r\\n\\p{{L}}\\p{{N}}]?\\p{{L}}+|\\p{{N}}{{1,3}}| ?[^\\s\\p{{L}}\\p{{N}}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
HF_QWEN2 = HF_LLAMA3.replace("\\p{N}{1,3}", "\\p{N}")

ALPHABET = {}
extra = 256
for b in range(256):
    if 0x21 <= b <= 0x7E or 0xA1 <= b <= 0xAC or b >= 0xAE:
        ALPHABET[b] = chr(b)
    else:
        ALPHABET[b] = chr(extra)
        extra += 1


def letters(b):
    return "".join(ALPHABET[x] for x in b)


CORPUS = ("The red tent's for two people, it's 2.6 kg and  they'll love it in 2024 the tent the red 红色帐篷 帐篷红色 红色的帐篷，轻便的帐篷\n\n" * 3).encode()


def learn_merges(n):
    words = [[bytes([b]) for b in w] for w in re.findall(rb" ?[^ ]+|\s+", CORPUS)]
    merges = []
    for _ in range(n):
        counts = {}
        for w in words:
            for a, b in zip(w, w[1:]):
                counts[a, b] = counts.get((a, b), 0) + 1
        best = max(sorted(counts), key=lambda p: counts[p])
        merges.append(best)
        words = [merge(w, best) for w in words]
    return merges


def merge(w, pair):
    out, i = [], 0
    while i < len(w):
        if i + 1 < len(w) and (w[i], w[i + 1]) == pair:
            out.append(w[i] + w[i + 1])
            i += 2
        else:
            out.append(w[i])
            i += 1
    return out


# and some that would reach over the border of two pre-tokens, so that a wrong border changes the ids
MERGES = learn_merges(20) + [(b"1", b"2"), (b"12", b"3"), (b"123", b"4"), (b"S", b"x"), (b"!", b"\n"), (b"\n", b" "), (b"x", b"x"), (b"xx", b"xx"), (b"z", b"xx")]


def make_vocab(family):
    """bytes -> id. Llama's and Qwen's are shuffled: ids need not follow the merges."""
    tokens = [bytes([b]) for b in sorted(range(256), key=lambda b: ALPHABET[b])] + [a + b for a, b in MERGES]
    if family != "gpt2":
        np.random.default_rng(9).shuffle(tokens)
    if family == "llama":
        tokens.append(b" tentless")   # reached by no merge, only by ignore_merges
    return {t: i for i, t in enumerate(tokens)}


ADDED = {"gpt2": ["<|endoftext|>"], "llama": ["<|begin_of_text|>", "<|end_of_text|>"], "qwen2": ["<|endoftext|>", "<|im_start|>", "<tool>", "<tool>s"],
         "qwen3": ["<|endoftext|>", "<|im_start|>", "<tool>", "<tool>s"]}


def encode(family, vocab, text):
    out = []
    first = len(vocab)
    names = {name: first + i for i, name in enumerate(ADDED[family])}
    for part in re.split("(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + ")", text):
        if part in names:
            out.append(names[part])
            continue
        if family.startswith("qwen"):
            part = unicodedata.normalize("NFC", part)
        for m in PATTERN[family].finditer(part):
            w = m.group().encode()
            if family == "llama" and w in vocab:
                out.append(vocab[w])
                continue
            symbols = [bytes([b]) for b in w]
            while True:
                ranks = [MERGES.index(p) for p in zip(symbols, symbols[1:]) if p in MERGES]
                if not ranks:
                    break
                pair, i = MERGES[min(ranks)], 0
                while (symbols[i], symbols[i + 1]) != pair:
                    i += 1
                symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
            out += [vocab[s] for s in symbols]
    return out


TEXTS = ["The red tent's for two people.", "THEY'LL'S 'S 're I'M it'ſ", "红色帐篷，2024年 12345 ½ ⅷ", "  two  spaces\t\ttabs \n\n lines\r\n\r\n end  ", "e\u0301 A\u030a naïve",
         "a<|endoftext|>b <|im_start|>user<tool> <|begin_of_text|>", " tentless tentless", "👍🏽 no\u00a0break\u3000wide \u200b zero", "x" * 1030, "zxx" * 350, "it'Sx 1234512", "!!\n!\n\n", "a\n  b", "<tool>s<tool>", " \n x", "\n", "!!!\n\n??? #1", "١٢٣٤ हिन्दी ไทย"]


def tokenizer_json(family, vocab, path):
    split = {"type": "Split", "pattern": {"Regex": HF_LLAMA3 if family == "llama" else HF_QWEN2}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": family == "gpt2"}
    pairs = [[letters(a), letters(b)] for a, b in MERGES]
    post = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|begin_of_text|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]}
    whole = {"version": "1.0", "added_tokens": [
        {"id": len(vocab) + i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": not t.startswith("<tool>")}
        for i, t in enumerate(ADDED[family])],
        "normalizer": {"type": "NFC"} if family.startswith("qwen") else None,
        "pre_tokenizer": level if family == "gpt2" else {"type": "Sequence", "pretokenizers": [split, level]},
        "post_processor": post if family == "llama" else None, "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "ignore_merges": family == "llama", "vocab": {letters(t): i for t, i in vocab.items()},
                  "merges": pairs if family == "llama" else [" ".join(p) for p in pairs]}}
    with open(path, "w") as f:
        json.dump(whole, f, ensure_ascii=False, separators=(",", ":"))


# ---- numbers ----


def to_bf16(x):
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def from_bf16(h):
    return (h.astype(np.uint32) << 16).view(np.float32)


def save_safetensors(path, tensors, dtype):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, x in tensors.items():
        blob = {"F32": lambda: x.astype("<f4"), "F16": lambda: x.astype("<f2"), "BF16": lambda: to_bf16(x)}[dtype]().tobytes()
        header[name] = {"dtype": dtype, "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header, separators=(",", ":")).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def round_to(x, dtype):
    return x.astype(np.float32) if dtype == "F32" else x.astype(np.float16).astype(np.float32) if dtype == "F16" else from_bf16(to_bf16(x))


# ---- the networks, from their own tensors ----


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attend(q, k, v):
    """(T, H, D), (T, K, D): causal."""
    T, H, D = q.shape
    k, v = np.repeat(k, H // k.shape[1], 1), np.repeat(v, H // v.shape[1], 1)
    scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(D)
    scores = np.where(np.tri(T, dtype=bool), scores, -np.inf)
    return np.einsum("hij,jhd->ihd", softmax(scores), v).reshape(T, H * D)


def gpt2_forward(c, w, ids):
    def norm(x, at):
        m = x - x.mean(-1, keepdims=True)
        return m / np.sqrt((m * m).mean(-1, keepdims=True) + c["layer_norm_epsilon"]) * w[at + ".weight"] + w[at + ".bias"]

    def conv(x, at):
        return x @ w[at + ".weight"] + w[at + ".bias"]   # Conv1D: (inputs, outputs)

    T, H = len(ids), c["n_head"]
    x = w["wte.weight"][ids] + w["wpe.weight"][:T]
    for i in range(c["n_layer"]):
        q, k, v = [a.reshape(T, H, -1) for a in np.split(conv(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn"), 3, -1)]
        x = x + conv(attend(q, k, v), f"h.{i}.attn.c_proj")
        y = conv(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc")
        x = x + conv(0.5 * y * (1 + np.tanh(np.sqrt(2 / np.pi) * (y + 0.044715 * y ** 3))), f"h.{i}.mlp.c_proj")
    return norm(x, "ln_f") @ w["wte.weight"].T


def llama_forward(c, w, ids):
    def norm(x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + c["rms_norm_eps"]) * w[name]

    def linear(x, at):
        return x @ w[at + ".weight"].T + w.get(at + ".bias", 0)

    T, H, K = len(ids), c["num_attention_heads"], c["num_key_value_heads"]
    D = c.get("head_dim", c["hidden_size"] // H)
    angle = np.arange(T)[:, None] / c["rope_theta"] ** (np.arange(0, D, 2) / D)[None, :]
    cos, sin = [np.concatenate([f(angle)] * 2, -1)[:, None, :] for f in (np.cos, np.sin)]

    def rotate(x):
        return x * cos + np.concatenate([-x[..., D // 2:], x[..., : D // 2]], -1) * sin

    x = w["model.embed_tokens.weight"][ids]
    for i in range(c["num_hidden_layers"]):
        at = f"model.layers.{i}."
        y = norm(x, at + "input_layernorm.weight")
        q, k, v = [linear(y, at + f"self_attn.{n}_proj").reshape(T, -1, D) for n in "qkv"]
        if at + "self_attn.q_norm.weight" in w:
            q, k = norm(q, at + "self_attn.q_norm.weight"), norm(k, at + "self_attn.k_norm.weight")
        x = x + linear(attend(rotate(q), rotate(k), v), at + "self_attn.o_proj")
        y = norm(x, at + "post_attention_layernorm.weight")
        gate = linear(y, at + "mlp.gate_proj")
        x = x + linear(gate / (1 + np.exp(-gate)) * linear(y, at + "mlp.up_proj"), at + "mlp.down_proj")
    x = norm(x, "model.norm.weight")
    return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


def gpt2_model(V):
    c = dict(model_type="gpt2", architectures=["GPT2LMHeadModel"], vocab_size=V, n_positions=12, n_embd=16, n_layer=2, n_head=4, n_inner=None,
             activation_function="gelu_new", layer_norm_epsilon=1e-5, eos_token_id=V - 1)
    shapes = {"wte.weight": (V, 16), "wpe.weight": (12, 16), "ln_f.weight": (16,), "ln_f.bias": (16,)}
    for i in range(2):
        shapes.update({f"h.{i}.{n}": s for n, s in {
            "ln_1.weight": (16,), "ln_1.bias": (16,), "attn.c_attn.weight": (16, 48), "attn.c_attn.bias": (48,), "attn.c_proj.weight": (16, 16),
            "attn.c_proj.bias": (16,), "ln_2.weight": (16,), "ln_2.bias": (16,), "mlp.c_fc.weight": (16, 64), "mlp.c_fc.bias": (64,),
            "mlp.c_proj.weight": (64, 16), "mlp.c_proj.bias": (16,)}.items()})
    return c, shapes


def llama_model(family, V, C=16, H=4, K=2, D=None, F=24, tied=False):
    c = dict(model_type=family, vocab_size=V, max_position_embeddings=64, hidden_size=C, num_hidden_layers=2, num_attention_heads=H, num_key_value_heads=K,
             intermediate_size=F, hidden_act="silu", rms_norm_eps=1e-6, rope_theta=50000.0, tie_word_embeddings=tied, eos_token_id=V - 1, rope_scaling=None)
    if D:
        c["head_dim"] = D
    D = D or C // H
    shapes = {"model.embed_tokens.weight": (V, C), "model.norm.weight": (C,)}
    if not tied:
        shapes["lm_head.weight"] = (V, C)
    for i in range(2):
        at = f"model.layers.{i}."
        shapes.update({at + n: s for n, s in {
            "input_layernorm.weight": (C,), "self_attn.q_proj.weight": (H * D, C), "self_attn.k_proj.weight": (K * D, C), "self_attn.v_proj.weight": (K * D, C),
            "self_attn.o_proj.weight": (C, H * D), "post_attention_layernorm.weight": (C,), "mlp.gate_proj.weight": (F, C), "mlp.up_proj.weight": (F, C),
            "mlp.down_proj.weight": (C, F)}.items()})
        if family == "qwen2":
            shapes.update({at + f"self_attn.{n}_proj.bias": ((H if n == "q" else K) * D,) for n in "qkv"})
        if family == "qwen3":
            shapes.update({at + f"self_attn.{n}_norm.weight": (D,) for n in "qk"})
    return c, shapes


def weights(shapes, dtype):
    out = {}
    for name, shape in shapes.items():
        x = rng.standard_normal(shape)
        gain = len(shape) == 1 and not name.endswith("bias")
        x = 1 + 0.2 * x if gain else 0.1 * x if len(shape) == 1 else x * (0.5 if shape[0] > 200 else 1.2 / np.sqrt(shape[-1]))
        out[name] = round_to(x, dtype)
    return out


def save_expected(path, logits):
    with open(path, "wb") as f:
        f.write(logits[[4, len(IDS) - 1]].astype("<f4").tobytes())


def save_hf(family, c, w, vocab, dtype, shards):
    d = f"{OUT}/{family}"
    os.makedirs(d, exist_ok=True)
    with open(d + "/config.json", "w") as f:
        json.dump(c, f, indent=1)
    tokenizer_json(family, vocab, d + "/tokenizer.json")
    if shards:
        names = list(w)
        parts = {f"model-0000{i + 1}-of-00002.safetensors": names[i::2] for i in range(2)}
        for file, members in parts.items():
            save_safetensors(f"{d}/{file}", {n: w[n] for n in members}, dtype)
        with open(d + "/model.safetensors.index.json", "w") as f:
            json.dump({"metadata": {}, "weight_map": {n: file for file, members in parts.items() for n in members}}, f, separators=(",", ":"))
    else:
        masks = {f"h.{i}.attn.bias": np.zeros((1, 1, 2, 2)) for i in range(2)} if family == "gpt2" else {}   # buffers that old files have
        save_safetensors(d + "/model.safetensors", {**w, **masks}, dtype)
    with open(d + "/texts.json", "w") as f:
        json.dump([{"text": t, "ids": encode(family, vocab, t)} for t in TEXTS], f, ensure_ascii=False, separators=(",", ":"))


# ---- GGUF ----


def quantize(x, kind):
    """rows of blocks of 32 -> (bytes, values)."""
    blocks = x.reshape(-1, 32)
    if kind == "Q8_0":
        d = (np.abs(blocks).max(1) / 127).astype(np.float16)
        q = np.clip(np.round(blocks / d.astype(np.float32)[:, None]), -127, 127).astype(np.int8)
        raw = b"".join(s.tobytes() + r.tobytes() for s, r in zip(d, q))
    else:
        d = (np.abs(blocks).max(1) / -8).astype(np.float16)
        q = np.clip(np.round(blocks / d.astype(np.float32)[:, None]) + 8, 0, 15).astype(np.uint8)
        raw = b"".join(s.tobytes() + (r[:16] | r[16:] << 4).tobytes() for s, r in zip(d, q))
        q = q.astype(np.int32) - 8
    return raw, (q * d.astype(np.float32)[:, None]).reshape(x.shape).astype(np.float32)


def pair_rows(x, heads):
    """llama.cpp's order of q and k: (half, i) -> (i, half)."""
    return x.reshape(heads, 2, -1, x.shape[-1]).swapaxes(1, 2).reshape(x.shape)


def gguf_string(s):
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def save_gguf(path, c, w, vocab):
    """Matrices Q8_0, the down projection Q4_0, vectors F32. Returns the weights as the file holds them."""
    names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    parts = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
             "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    names.update({f"model.layers.{i}.{a}": f"blk.{i}.{b}" for i in range(2) for a, b in parts.items()})
    held, infos, data = {}, b"", b""
    for name, x in w.items():
        kind = 0 if x.ndim == 1 else 2 if "down" in name else 8
        if kind == 0:
            raw, held[name] = x.astype("<f4").tobytes(), x
        else:
            raw, held[name] = quantize(x, "Q4_0" if kind == 2 else "Q8_0")
            for part, heads in (("q_proj", c["num_attention_heads"]), ("k_proj", c["num_key_value_heads"])):
                if part in name:   # a permutation of rows: blocks stay whole
                    raw, _ = quantize(pair_rows(x, heads), "Q8_0")
        infos += gguf_string(names[name[:-7]] + ".weight") + struct.pack("<I", x.ndim) + b"".join(struct.pack("<Q", n) for n in x.shape[::-1]) + struct.pack("<IQ", kind, len(data))
        data += raw + b"\0" * (-len(raw) % 32)
    tokens = [letters(t) for t in vocab] + ADDED["llama"]
    types = [1] * len(vocab) + [3] * 2
    pairs = [letters(a) + " " + letters(b) for a, b in MERGES]

    def u32(x):
        return struct.pack("<II", 4, x)

    def f32(x):
        return struct.pack("<If", 6, x)

    def text(x):
        return struct.pack("<I", 8) + gguf_string(x)

    keys = {"general.architecture": text("llama"), "llama.context_length": u32(64), "llama.embedding_length": u32(c["hidden_size"]), "llama.block_count": u32(2),
            "llama.feed_forward_length": u32(c["intermediate_size"]), "llama.attention.head_count": u32(c["num_attention_heads"]),
            "llama.attention.head_count_kv": u32(c["num_key_value_heads"]), "llama.attention.layer_norm_rms_epsilon": f32(c["rms_norm_eps"]),
            "llama.rope.freq_base": f32(c["rope_theta"]), "llama.rope.dimension_count": u32(c["hidden_size"] // c["num_attention_heads"]),
            "tokenizer.ggml.model": text("gpt2"), "tokenizer.ggml.pre": text("llama-bpe"),
            "tokenizer.ggml.tokens": struct.pack("<IIQ", 9, 8, len(tokens)) + b"".join(map(gguf_string, tokens)),
            "tokenizer.ggml.token_type": struct.pack("<IIQ", 9, 5, len(types)) + struct.pack(f"<{len(types)}i", *types),
            "tokenizer.ggml.merges": struct.pack("<IIQ", 9, 8, len(pairs)) + b"".join(map(gguf_string, pairs)),
            "tokenizer.ggml.bos_token_id": u32(len(tokens) - 2), "tokenizer.ggml.eos_token_id": u32(len(tokens) - 1), "tokenizer.ggml.add_bos_token": struct.pack("<I?", 7, True)}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(w), len(keys)) + b"".join(gguf_string(k) + v for k, v in keys.items()) + infos
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % 32) + data)
    return held


def main():
    os.makedirs(OUT, exist_ok=True)
    kinds = {"gpt2": ("F16", False), "llama": ("BF16", False), "qwen2": ("F32", True), "qwen3": ("BF16", True)}
    for family, (dtype, shards) in kinds.items():
        vocab = make_vocab(family)
        V = len(vocab) + len(ADDED[family]) + (3 if family == "qwen2" else 0)   # some models have more rows than tokens
        if family == "gpt2":
            c, shapes = gpt2_model(V)
        else:
            c, shapes = llama_model(family, V, D=6 if family == "qwen3" else None, tied=family != "llama")
        w = weights(shapes, dtype)
        if family == "qwen2":
            c["eos_token_id"] = V - 4
        save_hf(family, c, w, vocab, dtype, shards)
        forward = gpt2_forward if family == "gpt2" else llama_forward
        save_expected(f"{OUT}/{family}.f32", forward(c, {n: x.astype(np.float64) for n, x in w.items()}, IDS))
    vocab = make_vocab("llama")
    c, shapes = llama_model("llama", len(vocab) + 2, C=32, F=32, tied=True)
    held = save_gguf(f"{OUT}/llama.gguf", c, weights(shapes, "F32"), vocab)
    save_expected(f"{OUT}/gguf.f32", llama_forward(c, {n: x.astype(np.float64) for n, x in held.items()}, IDS))


main()

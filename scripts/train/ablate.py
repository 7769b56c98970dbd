#!/usr/bin/env python3
"""What pretraining and each of its losses bring to the same short fine-tuning, on a small shape.

usage: ablate.py PROGRAM DIR     DIR holds data/ (prepare_data.py) and tokenizer/tokenizer.json; runs go to DIR/ablate

Five starts (all three losses, each of them left out, no pretraining), one fine-tuning; the same data, steps, seeds and shares of
tokens in each: a loss that is left out has the weight 0. Prints a table. Interrupted, it goes on where it stopped.
"""
import json, os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPE = {"d_model": 128, "n_layers": 4, "n_heads": 2, "n_kv_heads": 2, "head_size": 64, "d_ff": 352}
STARTS = {"all losses": None, "without L_MLM": "mlm", "without L_NSP": "nsp", "without L_LM": "lm", "without pretraining": ""}
PRETRAIN = {"steps": 500, "batch_tokens": 3072, "learning_rate": 2e-3, "warmup_steps": 50, "min_lr": 0.1, "eval_every": 0, "seed": 7, "log_every": 20}
FINETUNE = {"steps": 300, "batch_tokens": 3072, "learning_rate": 1.5e-3, "warmup_steps": 30, "eval_every": 0, "seed": 7, "log_every": 20}
COLUMNS = ("match", "binary", "contrastive", "generate")
PAIRS = ("zh_title_attribute", "zh_item_align")


def config(name):
    with open(f"{HERE}/{name}.json") as f:
        return json.load(f)


def run(program, command, c):
    out = c["output"]
    if os.path.exists(out + ".done"):
        return
    resume = os.path.exists(f"{out}/checkpoint.bin")
    if resume:
        with open(out + ".json") as f:
            c = json.load(f)
    else:
        with open(out + ".json", "w") as f:
            json.dump(c, f, indent=1)
    subprocess.run([program, command, "--config", out + ".json"] + (["--resume"] if resume else []), check=True)
    open(out + ".done", "w").close()


def train(program, name, off):
    slug = name.replace(" ", "_")
    fine = config("finetune") | FINETUNE | {"output": f"ablate/tuned_{slug}"}
    if off == "":
        del fine["init_from"]
        fine["model"] = SHAPE | fine["model"]
        fine["tokenizer"] = "tokenizer/tokenizer.json"
    else:
        pre = config("pretrain") | PRETRAIN | {"output": f"ablate/pre_{slug}", "cache": "ablate/cache", "model": SHAPE | {"dropout": 0.0}}
        if off:
            pre["loss_weights"] = {off: 0}
        run(program, "pretrain", pre)
        fine["init_from"] = pre["output"]
        fine.pop("tokenizer", None)
    run(program, "finetune", fine)
    return fine["output"]


def losses(directory):
    with open(f"{directory}/train.jsonl") as f:
        return [r for r in map(json.loads, f) if r["split"] == "validation"][-1]["losses"]


def accuracy(program, model, pairs):
    out = subprocess.run([program, "--json", "--quiet", "--model", model, "eval", "pairs", "--data", f"data/val/{pairs}.jsonl"], check=True, capture_output=True, text=True)
    r = json.loads(out.stdout)
    return f"{r['accuracy']:.3f} ({r['accuracy_best_threshold']:.3f})"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    os.chdir(sys.argv[2])
    os.makedirs("ablate", exist_ok=True)
    print("| |", " | ".join(COLUMNS + PAIRS), "|", flush=True)
    print("|---" * (1 + len(COLUMNS) + len(PAIRS)) + "|", flush=True)
    for name, off in STARTS.items():
        model = train(program, name, off)
        cells = [f"{losses(model)[c]:.2f}" for c in COLUMNS] + [accuracy(program, model, p) for p in PAIRS]
        print("|", name, "|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()

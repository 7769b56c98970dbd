#!/usr/bin/env python3
"""Sentences with their intents, as 'daogou finetune' and 'daogou intent train' read them.

usage: intent_data.py DATA OUT     DATA: cic_train.jsonl, cic_dev.jsonl (DataCLUE), bitext_train.csv, bitext_dev.csv (Bitext)

Writes labels.json and, for each of zh and en, SET_train.jsonl, SET_validation.jsonl, SET_dev.jsonl. Validation is the tenth of the training
sentences whose hash says so, whatever their label; sentences that are also in dev are left out of both. Bitext's sentences are made of
templates and their order numbers differ: long numbers become "#" before sentences are compared, and in what is learned from.
"""
import csv
import hashlib
import json
import os
import re
import sys
import unicodedata


def clean(text):
    """What the program's normaliser does, as near as the standard library gets."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return re.sub(r"\d{4,}", "#", folded)


def held_out(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 10 == 0


def read_cic(data, split):
    with open(f"{data}/cic_{split}.jsonl", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(clean(r["sentence"]), r["label_des"]) for r in rows]


def read_bitext(data, split):
    with open(f"{data}/bitext_{split}.csv", encoding="utf-8", newline="") as lines:
        return [(clean(r["utterance"]), r["intent"]) for r in csv.DictReader(lines)]


def write(path, name, rows):
    with open(path, "w", encoding="utf-8") as out:
        for text, label in rows:
            out.write(json.dumps({"kind": "classify", "text": text, "set": name, "label": label}, ensure_ascii=False) + "\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    sets = []
    for name, read in (("zh", read_cic), ("en", read_bitext)):
        train, dev = read(data, "train"), read(data, "dev")
        known = {text for text, _ in dev}
        fresh = [(t, label) for t, label in train if t and t not in known]
        parts = {"train": [r for r in fresh if not held_out(r[0])], "validation": [r for r in fresh if held_out(r[0])], "dev": dev}
        for part, rows in parts.items():
            write(f"{out}/{name}_{part}.jsonl", name, rows)
        sets.append({"name": name, "labels": sorted({label for _, label in train})})
        print(name, {part: len(rows) for part, rows in parts.items()}, "also in dev, left out:", len(train) - len(fresh))
    with open(f"{out}/labels.json", "w", encoding="utf-8") as labels:
        json.dump({"sets": sets}, labels, ensure_ascii=False, indent=1)
        labels.write("\n")


main()

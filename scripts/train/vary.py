#!/usr/bin/env python3
"""Writes a training configuration that differs from another one in few things.

usage: vary.py FROM.json TO.json [KEY=VALUE...]

  steps=0.1x          a tenth of the steps; warm-up and the steps between validations shrink with them
  weight.NAME=W       weight of data/finetune/NAME.jsonl; 0 leaves it out, a new name is added
  model.KEY, KEY      anything else, as JSON or as it stands
"""
import json, sys


def value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def set_weight(config, name, weight):
    path = f"data/finetune/{name}.jsonl"
    others = [f for f in config["data"] if f["path"] != path]
    config["data"] = others + ([{"path": path, "weight": weight}] if weight else [])


def set_steps(config, steps):
    share = steps / config["steps"]
    for key, least in (("warmup_steps", 2), ("eval_every", 1)):
        config[key] = max(least, int(config[key] * share))
    config["steps"] = steps


def change(config, key, text):
    if key == "steps":
        set_steps(config, max(1, round(config["steps"] * float(text[:-1])) if text.endswith("x") else int(text)))
    elif key.startswith("weight."):
        set_weight(config, key[len("weight."):], value(text))
    elif key.startswith("model."):
        config["model"][key[len("model."):]] = value(text)
    else:
        config[key] = value(text)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as f:
        config = json.load(f)
    for setting in sys.argv[3:]:
        change(config, *setting.split("=", 1))
    with open(sys.argv[2], "w") as f:
        json.dump(config, f, indent=1)


main()

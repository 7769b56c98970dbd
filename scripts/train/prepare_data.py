#!/usr/bin/env python3
"""Turns the public data sets and the sample shop into the files that `daogou pretrain` and `daogou finetune` read.

usage: prepare_data.py --data DIR --shop DIR --out DIR [--wiki CHARACTERS]

Everything is deterministic. Whatever belongs to a validation split (by a hash of its query or title) goes to OUT/val and to
no training file. Nothing written here is part of the project; only weights trained from it are.
"""
import argparse, collections, csv, functools, glob, hashlib, html, json, os, random, re, sqlite3, sys, unicodedata

csv.field_size_limit(1 << 24)
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import catalogue_data as catalogue  # noqa: E402  records of further catalogues, of one form
import copy_grammar as grammar  # noqa: E402  our own sentences about records


def held_out(text, share=10):
    """True for one in `share` texts, the same ones for ever."""
    return int(hashlib.sha1(text.encode()).hexdigest()[:8], 16) % share == 0


def fold(text):
    """What the program's normaliser does to text that the match head reads, as near as the standard library gets."""
    return " ".join(unicodedata.normalize("NFKC", html.unescape(text)).casefold().split())


def clean(text):
    return " ".join(text.replace("\u3000", " ").split())


def rows(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip():
                yield json.loads(line)


def write_jsonl(path, items):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    n = 0
    with open(path, "w", encoding="utf-8") as f:
        for item in items:
            f.write(json.dumps(item, ensure_ascii=False) + "\n")
            n += 1
    print(f"{n:8d}  {path}", file=sys.stderr)


# ---- pretraining text: one passage a line, an empty line between documents ------------------------------------------

SENTENCE_ZH = re.compile(r"[^。！？；!?]+[。！？；!?]*")


def passages(text, target=60):
    """Sentences joined until they are about `target` characters long."""
    out, held = [], ""
    for s in SENTENCE_ZH.findall(text):
        held += s
        if len(held) >= target:
            out.append(held.strip())
            held = ""
    if held.strip():
        out.append(held.strip())
    return out


def write_corpus(path, documents, limit_chars):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    used = 0
    with open(path, "w", encoding="utf-8") as f:
        for document in documents:
            lines = [clean(p) for p in document if p.strip()]
            if not lines:
                continue
            f.write("\n".join(lines) + "\n\n")
            used += sum(map(len, lines))
            if used >= limit_chars:
                break
    print(f"{used:8d} characters  {path}", file=sys.stderr)


def shuffled(items, seed=7):
    items = list(items)
    random.Random(seed).shuffle(items)
    return items


def zhwiki_documents(path):
    """Titles stand alone between empty lines; documents are what lies between two of them. Traditional text is left out."""
    traditional = set("這個說對時為國們來會還沒與體學實點區業機關電開發經應長門車頭動東號後")
    block = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if line:
                block.append(line)
                continue
            text = "".join(block)
            block = []
            if len(text) > 150 and sum(c in traditional for c in text) * 200 < len(text):
                yield passages(text)


def corpus_zh_shop(data):
    reviews = collections.defaultdict(list)
    for r in rows(f"{data}/reviews/online_shopping.jsonl"):
        if r["cat"] not in ("书籍", "酒店"):
            reviews[r["cat"]].append(clean(r["review"].replace("\ufeff", "")))
    documents = [passages(t) for group in reviews.values() for t in group if 20 < len(t) < 600]
    with open(f"{data}/dialogue/jddc_train.enc", encoding="utf-8") as q, open(f"{data}/dialogue/jddc_train.dec", encoding="utf-8") as a:
        for context, reply in zip(q, a):
            turns = [t for t in context.strip().split(",") if t] + [reply.strip().strip(",")]
            documents.append(passages("。".join(turns), 40))
    documents += catalogue.litemall_texts(data)
    asked = [r["sentence"] for r in rows(f"{data}/intent/cic_train.jsonl")]
    with open(f"{data}/queries/zh_queries.tsv", encoding="utf-8") as f:
        queries = [line.rstrip("\n").partition("\t")[2] for line in f]
    titles = [t for t, _ in titles_zh(data)]
    for lines, n in ((asked, 4), (queries, 8), (titles, 3)):
        documents += [lines[i:i + n] for i in range(0, len(lines), n)]
    return shuffled(documents)


def corpus_en_shop(data):
    documents = []
    for r in rows(f"{data}/catalogue/amazon_items.jsonl"):
        documents.append([r.get("title", "")] + passages_en(r.get("description", "")))
    for r in rows(f"{data}/catalogue/web_offers.jsonl"):
        if len(r.get("description", "")) > 100:
            documents.append([r.get("title", "")] + passages_en(r["description"]))
    with open(f"{data}/catalogue/myntra.csv", encoding="utf-8", newline="") as f:
        for r in csv.DictReader(f):
            documents.append([r["ProductName"]] + passages_en(re.sub(r"(?<=[a-z)])(?=[A-Z][a-z])", ". ", r["Description"])))
    documents = [d for d in documents if sum(map(len, d)) > 60]
    titles = [r["title"] for r in rows(f"{data}/match/homedepot_products.jsonl")]
    random.Random(3).shuffle(titles)
    documents += [titles[i:i + 4] for i in range(0, len(titles), 4)]
    names = [t for t, _ in catalogue.amazon_names(data)] + sorted({s["title"] for s in catalogue.fashion(data)})
    with open(f"{data}/intent/bitext_train.csv", encoding="utf-8", newline="") as f:
        asked = [r.get("utterance") or r.get("instruction") or "" for r in csv.DictReader(f)]
    for lines, n in ((shuffled(names), 4), (shuffled(filter(None, asked)), 3)):
        documents += [lines[i:i + n] for i in range(0, len(lines), n)]
    return shuffled(documents)


def passages_en(text, target=120):
    out, held = [], ""
    for s in re.split(r"(?<=[.!?;])\s+", clean(re.sub(r"<[^>]+>", " ", text))[:1500]):
        held = (held + " " + s).strip()
        if len(held) >= target:
            out.append(held)
            held = ""
    return out + ([held] if held else [])


# ---- matching --------------------------------------------------------------------------------------------------------

def homedepot(data, out):
    titles = {r["id"]: fold(r["title"]) for r in rows(f"{data}/match/homedepot_products.jsonl")}
    judged = collections.defaultdict(list)
    for r in rows(f"{data}/match/homedepot_judged.jsonl"):
        judged[r["query"]].append((r["product_id"], r["relevance"]))
    validation = {q for q in judged if held_out(fold(q))}
    write_jsonl(f"{out}/val/homedepot.jsonl",
                ({"id": f"q{i}", "query": q, "judged": {p: rel for p, rel in judged[q]}} for i, q in enumerate(sorted(validation))))
    # for weights of the search: not fine-tuned on either, or the vectors of these needs would look better than they are
    fusion = shuffled(sorted(set(judged) - validation), 9)[:600]
    write_jsonl(f"{out}/fusion/homedepot.jsonl", ({"id": f"t{i}", "query": q, "judged": {p: rel for p, rel in judged[q]}} for i, q in enumerate(fusion)))
    kept = validation | set(fusion)
    return titles, {q: js for q, js in judged.items() if q not in kept}, {q: judged[q] for q in validation}


def lexical_neighbours(titles):
    """SQLite's own full-text search proposes hard negatives: near in words, and nobody judged them a fit."""
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table t using fts5(id unindexed, title, tokenize='porter')")
    db.executemany("insert into t values (?,?)", titles.items())

    @functools.lru_cache(maxsize=None)
    def near(query, limit):
        words = re.findall(r"[a-z0-9]+", query)
        if not words:
            return []
        expression = " OR ".join(f'"{w}"' for w in words)
        return [r[0] for r in db.execute("select id from t where t match ? order by rank limit ?", (expression, limit))]
    return near


def homedepot_groups(titles, near, judged, negatives, seed):
    r = random.Random(seed)
    for query, pairs in shuffled(judged.items(), seed):
        r.shuffle(pairs)
        known = {p for p, _ in pairs}
        hard = [p for p in near(fold(query), 40) if p not in known]
        chosen = [(titles[p], max(0.0, (rel - 1) / 2)) for p, rel in pairs[:8] if p in titles]
        chosen += [(titles[p], 0.0) for p in r.sample(hard, min(negatives, len(hard)))]
        if chosen:
            r.shuffle(chosen)
            yield group(slip(fold(query), r) if r.random() < 0.15 else fold(query), chosen)


def homedepot_pairs(titles, near, judged, seed):
    """Every product that fits a need, not the best alone, beside what fits it less and what is near in words: for the embedding."""
    r = random.Random(seed)
    for query, pairs in shuffled(judged.items(), seed):
        gains = {p: max(0.0, (rel - 1) / 2) for p, rel in pairs if p in titles}
        hard = [p for p in near(fold(query), 40) if p not in gains]
        for p, gain in gains.items():
            if gain < 0.665:
                continue
            less = [q for q, g in gains.items() if g <= gain - 0.33]
            chosen = [(titles[p], gain)] + [(titles[q], gains[q]) for q in r.sample(less, min(2, len(less)))]
            chosen += [(titles[q], 0.0) for q in r.sample(hard, min(3, len(hard)))]
            r.shuffle(chosen)
            yield group(reworded(fold(query), r), chosen)


UNITS = {"in.": ["in", "inch", "in."], "ft.": ["ft", "foot", "feet"], "gal.": ["gal", "gallon"], "lb.": ["lb", "pound"], "sq. ft.": ["sqft", "sq ft"],
         "oz.": ["oz", "ounce"], "watt": ["w", "watts"], "amp": ["amps", "a"], "volt": ["v", "volts"]}


def reworded(query, r):
    """Now and then a word mistyped, joined to the next, cut off its plural, or left out: the need stays the same."""
    words = query.split()
    what, i = r.random(), r.randrange(len(words))
    if what < 0.15:
        return slip(query, r)
    if what < 0.20 and i + 1 < len(words):
        words[i:i + 2] = [words[i] + words[i + 1]]
    elif what < 0.25 and len(words[i]) > 3:
        words[i] = words[i][:-1] if words[i].endswith("s") else words[i] + "s"
    elif what < 0.30 and len(words) > 3:
        del words[r.randrange(len(words) - 1)]   # the last word mostly names the thing
    return " ".join(words)


def kind_of_title(title):
    """The words that most likely name the thing: the last two or three before " in ", " with ", "for", a comma or a bracket."""
    head = re.split(r" in (?!\.)| with | for |,|\(|-- | - ", title)[0]
    return [w for w in head.split() if re.fullmatch(r"[a-z][a-z'-]+", w)][-3:]


def titles_as_needs(titles, n, seed):
    """Needs made as shoppers make them, of the kind and a few particulars. Words of the need are missing from every third title, so
    that the embedding must know what goes with them."""
    r = random.Random(seed)
    for title in r.sample(titles, min(n, len(titles))):
        kind = kind_of_title(title)
        if not kind:
            continue
        kind = kind[-r.choice([1, 2, 2, 3]):]
        others = [w for w in re.findall(r"[\w.\-/%]+", title) if w not in kind and len(w) > 1]
        kept = r.sample(others, min(len(others), r.choice([0, 1, 1, 2, 2, 3])))
        kept = [r.choice(UNITS[w]) if w in UNITS else w for w in kept]
        need = " ".join(kept + kind if r.random() < 0.8 else kind + kept)
        item = title
        if r.random() < 0.33:
            gone = set(r.sample(kept + kind, max(1, len(kept + kind) // 2)))
            item = " ".join(w for w in title.split() if w not in gone) or title
        yield group(reworded(need, r), [(item, 1.0)])


def titles_graded(titles, near, n, seed):
    """A need made from a title, beside titles near in words: what has the kind and every particular fits, what lacks one fits less,
    another thing does not, however many words they share."""
    r = random.Random(seed)
    for i in r.sample(sorted(titles), min(n, len(titles))):
        title, kind = titles[i], kind_of_title(titles[i])[-r.choice([1, 2, 2]):]
        others = [w for w in re.findall(r"[\w.\-/%]+", title) if w not in kind and len(w) > 1]
        kept = r.sample(others, min(len(others), r.choice([1, 2, 2, 3])))
        if not kind or not kept:
            continue
        chosen = [(title, 1.0)]
        candidates = [c for c in near(" ".join(w for w in kind + kept if len(w) > 3 and w.isalpha()), 30) if c != i]   # short words are everywhere, and slow
        for c in r.sample(candidates, min(5, len(candidates))):
            words = set(re.findall(r"[\w.\-/%]+", titles[c]))
            has = sum(w in words for w in kept) / len(kept)
            of_kind = sum(w in words for w in kind) / len(kind)
            chosen.append((titles[c], 0.0 if kind[-1] not in words else round(0.9 if has == 1 and of_kind == 1 else 0.55 * has * of_kind, 2)))
        r.shuffle(chosen)
        yield group(reworded(" ".join(kept + kind), r), chosen)


def record_groups(records, n, seed):
    """Needs of kind and values over records of a catalogue, beside others of the kind that have all, some or none of them, and another kind."""
    r = random.Random(seed)
    by_kind = collections.defaultdict(list)
    for rec in records:
        by_kind[rec["kind"]].append(rec)
    for rec in r.sample(records, min(n, len(records))):
        need, asked = grammar.record_need(rec, r)
        if not asked:
            continue
        chosen = [(rec, 1.0)]
        same = by_kind[rec["kind"]]
        for other in r.sample(same, min(4, len(same))):
            if other is not rec:
                has = sum(dict(other["pairs"]).get(k) == v for k, v in asked) / len(asked)
                chosen.append((other, 0.9 if has == 1 else round(0.5 * has, 2)))
        other = r.choice(records)
        if other["kind"] != rec["kind"]:
            chosen.append((other, 0.0))
        r.shuffle(chosen)
        yield group(fold(need), [(fold(record_text(c["title"], c["brand"], c["category"], c["pairs"])), gain) for c, gain in chosen])


def record_copy(records, n, seed):
    """Our own sentences over such records, some numbers changed."""
    r = random.Random(seed)
    for rec in r.sample(records, min(n, len(records))):
        pairs = [(k, grammar.jitter(v, rec["title"], r, 0.3)) for k, v in rec["pairs"] if len(v) < (25 if rec["zh"] else 40)]
        pairs = r.sample(pairs, min(len(pairs), r.randint(2, 7)))
        if not pairs:
            continue
        used = r.sample(pairs, min(len(pairs), r.randint(0, 2)))
        need = grammar.record_need(rec | {"pairs": used}, r)[0] if used and rec["kind"] and r.random() < 0.6 else ""
        yield {"kind": "generate", "need": need, "item": record_text(rec["title"], rec["brand"], rec["category"], pairs),
               "text": grammar.compose(rec["title"], pairs, [k for k, _ in used], rec["zh"], r)}


def described_copy(described, seed):
    """Sentences of shops' own descriptions whose every part is an attribute of the record."""
    r = random.Random(seed)
    for rec, sentence in described:
        if sentence:
            pairs = shuffled(rec["pairs"], r.random())
            yield {"kind": "generate", "need": grammar.record_need(rec, r)[0] if r.random() < 0.4 else "",
                   "item": record_text(rec["title"], rec["brand"], "", pairs), "text": f"{rec['title']}. {sentence}"}


def slip(query, r):
    """One word of it mistyped, as shoppers do."""
    words = query.split()
    i = r.randrange(len(words))
    words[i] = mistype(words[i], r)
    return " ".join(words)


def group(need, chosen):
    return {"kind": "match", "need": need, "items": [c[0] for c in chosen], "gains": [round(c[1], 3) for c in chosen]}


def self_supervised(titles, n, seed):
    """A title's own words, fewer, shuffled, sometimes mistyped, are a need that it fits."""
    r = random.Random(seed)
    for title in r.sample(titles, min(n, len(titles))):
        words = [w for w in re.findall(r"[\w.\-/%]+", title) if len(w) > 1]
        if len(words) < 4:
            continue
        kept = r.sample(words, r.randint(2, min(4, len(words))))
        if r.random() < 0.25:
            i = r.randrange(len(kept))
            kept[i] = mistype(kept[i], r)
        yield group(" ".join(kept), [(title, 1.0)])


def mistype(word, r):
    if len(word) < 4 or not word.isalpha():
        return word
    i = r.randrange(len(word) - 1)
    return r.choice([word[:i] + word[i + 1:], word[:i] + word[i + 1] + word[i] + word[i + 2:], word[:i] + word[i] + word[i:]])


def titles_zh(data):
    """Chinese product titles with the spans that name a product, brand, model or specification."""
    for path in sorted(glob.glob(f"{data}/titles_zh/ner_*.txt")):
        title, spans = "", []
        with open(path, encoding="utf-8") as f:
            for line in [*f, "\n"]:
                character, _, tag = line.strip().rpartition(" ")
                if not line.strip():
                    if len(spans) > 1:
                        yield clean(title), [s for s in spans if s.strip()]
                    title, spans = "", []
                    continue
                title += character or " "
                if tag.startswith("B-"):
                    spans.append(character)
                elif tag.startswith("I-") and spans:
                    spans[-1] += character


def self_supervised_zh(titles, copies, seed):
    """Some of a title's own spans, in any order, are a need that it fits and that titles of other things do not."""
    r = random.Random(seed)
    for _ in range(copies):
        for title, spans in titles:
            kept = r.sample(spans, min(len(spans), r.randint(1, 3)))
            others = [o for o in r.sample(titles, 3) if not any(k in o[0] for k in kept)]
            yield group(fold(r.choice(["", " "]).join(kept)), [(fold(title), 1.0)] + [(fold(o[0]), 0.0) for o in others])


def queries_zh(data, n, seed):
    """A search query, some of it left out or moved: short Chinese of every kind of goods, for the embedding."""
    r = random.Random(seed)
    with open(f"{data}/queries/zh_queries.tsv", encoding="utf-8") as f:
        queries = [fold(line.partition("\t")[2]) for line in f]
    queries = [q for q in queries if 5 <= len(q) <= 30]
    for q in r.sample(queries, min(n, len(queries))):
        i = r.randrange(1, len(q) - 1)
        part = q[i:] + q[:i] if r.random() < 0.4 else q[:i] + q[i + r.randint(1, 2):]
        near = [o for o in r.sample(queries, 3) if not set(o) & set(q)]
        yield group(part, [(q, 1.0)] + [(o, 0.0) for o in near])


def openbg_attributes(text):
    """'a#:#b#;#c#:#d' -> [(a, b), (c, d)]; repeated names are joined."""
    merged = collections.OrderedDict()
    for part in text.split("#;#"):
        if "#:#" in part:
            k, v = part.split("#:#", 1)
            merged.setdefault(clean(k), []).append(clean(v))
    return [(k, "、".join(dict.fromkeys(v))) for k, v in merged.items()]


def attributes_text(pairs):
    return "; ".join(f"{k}: {v}" for k, v in pairs)


def record_text(title="", brand="", category="", pairs=()):
    return " | ".join(p for p in (title, brand, category, attributes_text(pairs)) if p)


def load_tasks(path):
    return list(rows(path))


def openbg(data, out):
    """Title-attribute match and item alignment: own validation, split by title, so that no title stands on both sides."""
    base = f"{data}/tasks_zh/ZH-OpenBG_Align-"
    items = {}
    for name in ("CLS-item_coarse_classify", "CLS-item_fine_classify"):
        for r in load_tasks(f"{base}{name}.json"):
            title, _, attributes = r["sentences"].partition("\t")
            items[clean(title)] = openbg_attributes(attributes)
    for r in load_tasks(f"{base}Generate-title_generate.json"):
        items[clean(r["spans"][0]["term"])] = openbg_attributes(r["sentences"])
    pairs, align = [], []
    for r in load_tasks(f"{base}CLS-title_attribute_matching.json"):
        m = re.match(r"Title: (.*?), Attritute: (.*)", r["sentences"], re.S)
        pairs.append((clean(m[1]), openbg_attributes(m[2]), r["labels"]["en"][0] == "match"))
    for r in load_tasks(f"{base}CLS-item_align.json"):
        m = re.match(r"Item 1: (.*?), ?((?:[^,]*?#:#.*)?),?\s*\nItem 2: (.*?), ?((?:[^,]*?#:#.*)?)$", r["sentences"], re.S)
        if m:
            align.append((clean(m[1]), openbg_attributes(m[2]), clean(m[3]), openbg_attributes(m[4]), r["labels"]["en"][0] == "same"))
    validation = {t for t, _, _ in pairs if held_out("v" + t, 2)} | {t for a in align if held_out("v" + a[0], 2) for t in (a[0], a[2])}
    write_jsonl(f"{out}/val/zh_title_attribute.jsonl",
                ({"need": t, "item": attributes_text(a), "label": int(y)} for t, a, y in pairs if t in validation))
    write_jsonl(f"{out}/val/zh_item_align.jsonl",
                ({"need": record_text(t1, pairs=a1), "item": record_text(t2, pairs=a2), "label": int(y)}
                 for t1, a1, t2, a2, y in align if t1 in validation))
    for t, a, y in pairs:
        if y:
            items.setdefault(t, a)
    for t1, a1, t2, a2, y in align:
        items.setdefault(t1, a1)
        items.setdefault(t2, a2)
    items = {t: a for t, a in items.items() if t not in validation and a}
    train_pairs = [p for p in pairs if p[0] not in validation]
    train_align = [a for a in align if a[0] not in validation and a[2] not in validation]
    return items, train_pairs, train_align


def openbg_judged(train_pairs, train_align):
    """What people judged: a file of its own, that it may weigh more than what is made up below."""
    for t, a, y in train_pairs:
        yield group(fold(t), [(fold(attributes_text(a)), float(y))])
    for t1, a1, t2, a2, y in train_align:
        for x, y2 in (((t1, a1), (t2, a2)), ((t2, a2), (t1, a1))):
            yield group(fold(record_text(x[0], pairs=x[1])), [(fold(record_text(y2[0], pairs=y2[1])), float(y))])


def near_records(items, most=12):
    """Of each record the nearest others, by the pairs of characters of their titles: another brand's thing of the same kind, mostly."""
    grams = {t: {t[i:i + 2] for i in range(len(t) - 1)} for t in items}
    holders = collections.defaultdict(list)
    for t, own in grams.items():
        for g in own:
            holders[g].append(t)
    near = {}
    for t, own in grams.items():
        score = collections.Counter()
        for g in own:
            if len(holders[g]) < 400:
                score.update({o: 1 / len(holders[g]) for o in holders[g]})
        ranked = [o for o, _ in score.most_common(most + 1) if o != t and len(own & grams[o]) < 0.5 * min(len(own), len(grams[o]))]
        near[t] = ranked[:most]
    return near


SHOP_KEYS = re.compile(r"货号|条形码|省份|城市|地市|产地|日期|批准文号|编号|套餐")   # differ between two offers of one thing


def same_thing(title, pairs, r):
    """Another offer of the same thing: other words of the title, other attributes named, the seller's own numbers left out."""
    kept = [p for p in pairs if not (SHOP_KEYS.search(p[0]) and r.random() < 0.7)] or pairs
    kept = r.sample(kept, r.randint(max(1, len(kept) // 2), len(kept)))
    return record_text(shuffle_title(title, r), pairs=kept)


def openbg_aligned(items, copies, seed):
    """Same thing or only the same kind of thing: the question that people answered for few pairs."""
    r = random.Random(seed)
    near = near_records(items)
    titles = list(items)
    for _ in range(copies):
        for t in titles:
            wrong = r.sample(near[t], min(2, len(near[t])))
            if not wrong:
                continue
            chosen = [(fold(same_thing(t, items[t], r)), 1.0)] + [(fold(record_text(w, pairs=items[w])), 0.0) for w in wrong]
            yield group(fold(record_text(t, pairs=items[t])), chosen)
            a = r.sample(items[t], r.randint(max(1, len(items[t]) // 2), len(items[t])))
            yield group(fold(t), [(fold(attributes_text(a)), 1.0)] + [(fold(attributes_text(items[w])), 0.0) for w in wrong])


NUMBERED = re.compile(r"型号|货号|尺寸|容量|净含量|规格|长度|宽度|高度|重量|功率|版本|抽数|颜色")


def openbg_edited(items, copies, seed):
    """The same offer in other words, beside the same with another model number or size, which is another thing, and near records."""
    r = random.Random(seed)
    near = near_records(items)
    values = collections.defaultdict(list)
    for pairs in items.values():
        for k, v in pairs:
            values[k].append(v)
    for _ in range(copies):
        for t, pairs in items.items():
            named = [(k, v) for k, v in pairs if NUMBERED.search(k)]
            if not named:
                continue
            k, v = r.choice(named)
            other = grammar.jitter(v, "", r, 0.8) if re.search(r"\d", v) else r.choice(values[k])
            edited, title = [(a, other if a == k else b) for a, b in pairs], t.replace(v, other)
            chosen = [(fold(same_thing(t, pairs, r)), 1.0)]
            if other != v:
                chosen.append((fold(same_thing(title, [(k, other)] + [p for p in edited if p[0] != k], r) + f"; {k}: {other}"), 0.0))
            chosen += [(fold(record_text(w, pairs=items[w])), 0.0) for w in r.sample(near[t], min(1, len(near[t])))]
            r.shuffle(chosen)
            yield group(fold(record_text(t, pairs=pairs)), chosen)


def openbg_groups(items, seed):
    r = random.Random(seed)
    titles = list(items)
    for _ in range(4):
        for t in titles:
            a = r.sample(items[t], r.randint(max(1, len(items[t]) // 2), len(items[t])))
            wrong = [items[r.choice(titles)] for _ in range(3)]
            yield group(fold(t), [(fold(attributes_text(a)), 1.0)] + [(fold(attributes_text(w)), 0.0) for w in wrong])
            words = grammar.need_from_pairs(items[t], t, r)
            if words:
                yield group(fold(words), [(fold(record_text(t, pairs=items[t])), 1.0)] +
                            [(fold(record_text(x, pairs=items[x])), 0.0) for x in r.sample(titles, 2)])
            other = r.choice(titles)
            half = r.sample(items[t], max(1, len(items[t]) * 2 // 3))
            yield group(fold(record_text(t, pairs=items[t])),
                        [(fold(record_text(shuffle_title(t, r), pairs=half)), 1.0), (fold(record_text(other, pairs=items[other])), 0.0)])


def shuffle_title(title, r):
    pieces = [title[i:i + 4] for i in range(0, len(title), 4)]
    r.shuffle(pieces)
    return "".join(pieces[:max(2, len(pieces) * 3 // 4)])


# ---- the sample shop -------------------------------------------------------------------------------------------------

def shop_products(shop):
    return [p for path in sorted(glob.glob(f"{shop}/products/*.jsonl")) for p in rows(path)]


def shop_record(p, zh):
    if zh:
        return record_text(p["title"], p["brand"], p["category"], p["attributes"].items())
    return record_text(p["title_en"], p["brand"], p["category_en"], p["attributes_en"].items())


def shop_groups(products, copies, seed):
    r = random.Random(seed)
    by_leaf = collections.defaultdict(list)
    for p in products:
        by_leaf[p["category"]].append(p)
        by_leaf[p["category"].split(" > ")[0]].append(p)
    for _ in range(copies):
        for p in products:
            for zh in (True, False):
                need, used = grammar.shop_need(p, zh, r)
                chosen = [(fold(shop_record(p, zh)), 1.0)]
                near = [q for q in by_leaf[p["category"]] + r.sample(by_leaf[p["category"].split(" > ")[0]], 3) if q is not p]
                for q in r.sample(near, min(3, len(near))):
                    gain = grammar.fits(q, p, used, zh)
                    chosen.append((fold(shop_record(q, zh)), gain))
                far = r.choice(products)
                if far["category"].split(" > ")[0] != p["category"].split(" > ")[0]:
                    chosen.append((fold(shop_record(far, zh)), 0.0))
                r.shuffle(chosen)
                yield group(fold(need), chosen)


def shop_judged(products, seed):
    """Judged needs over the sample shop, for the fusion of scores: relevance 1..3, and needs for what is not sold at all."""
    r = random.Random(seed)
    for i, p in enumerate(products):
        for zh in (True, False):
            need, used = grammar.shop_need(p, zh, r)
            judged = {q["id"]: round(1 + 2 * grammar.fits(q, p, used, zh), 2) for q in products if q is not p and q["category"] == p["category"]}
            judged[p["id"]] = 3.0
            yield {"id": f"s{i}{'z' if zh else 'e'}", "query": need, "judged": judged}
    for zh, names in ((True, grammar.ABSENT_ZH), (False, grammar.ABSENT_EN)):
        for i, name in enumerate(names * 3):
            yield {"id": f"n{i}{'z' if zh else 'e'}", "query": grammar.absent_need(name, zh, r), "judged": {}}


# ---- writing ---------------------------------------------------------------------------------------------------------

def adgen_pairs(content):
    merged = collections.OrderedDict()
    for part in content.split("*"):
        k, _, v = part.partition("#")
        merged.setdefault(k, []).append(v)
    return [(k, "、".join(dict.fromkeys(v))) for k, v in merged.items()]


def adgen(data, out):
    train, validation = [], []
    for i, r in enumerate(rows(f"{data}/copy/adgen_train.jsonl")):
        (validation if held_out(r["content"]) else train).append({"id": f"a{i}", "content": r["content"], "summary": clean(r["summary"].replace("<BRAND>", "").replace("BRAND", ""))})
    write_jsonl(f"{out}/val/adgen.jsonl", validation)
    return train, validation


def adgen_examples(items, seed, augment):
    """Augmented copies drop and reorder attributes that the text does not name: the text stays true to what is left."""
    r = random.Random(seed)
    for a in items:
        pairs = adgen_pairs(a["content"])
        if augment:
            pairs = [(k, v) for k, v in pairs if v in a["summary"] or r.random() < 0.7] or pairs
            if r.random() < 0.5:
                r.shuffle(pairs)
        yield {"kind": "generate", "need": "", "item": attributes_text(pairs), "text": a["summary"]}


def adgen_match(items, seed):
    r = random.Random(seed)
    for a in items:
        pairs = adgen_pairs(a["content"])
        need = grammar.need_from_pairs(pairs, "", r)
        if not need:
            continue
        wrong = [adgen_pairs(r.choice(items)["content"]) for _ in range(3)]
        yield group(fold(need), [(fold(attributes_text(pairs)), 1.0)] +
                    [(fold(attributes_text(w)), grammar.overlap(need, w)) for w in wrong])


def shop_copy(products, copies, seed):
    """Some values are another product's of the same kind, so that the writer reads the record instead of knowing the goods by heart."""
    r = random.Random(seed)
    values, anywhere = collections.defaultdict(list), collections.defaultdict(list)
    for p in products:
        for fields in ("attributes", "attributes_en"):
            for k, v in p[fields].items():
                values[p["category"], k].append(v)
                anywhere[k].append(v)
    for _ in range(copies):
        for p in products:
            for zh in (True, False):
                title, fields = ("title", "attributes") if zh else ("title_en", "attributes_en")
                mixed = {k: v if v in p[title] or r.random() < 0.7 else r.choice(values[p["category"], k] if r.random() < 0.7 else anywhere[k])
                         for k, v in p[fields].items()}
                mixed = {k: grammar.jitter(v, p[title], r, 0.3) for k, v in mixed.items()}
                q = p | {fields: mixed}
                need, used = grammar.shop_need(q, zh, r)
                text = grammar.compose(p[title], list(mixed.items()), used, zh, r)
                yield {"kind": "generate", "need": need if r.random() < 0.8 else "", "item": shop_record(q, zh), "text": text}


def openbg_copy(items, copies, seed):
    r = random.Random(seed)
    for _ in range(copies):
        for title, all_pairs in items.items():
            told = [(k, v) for k, v in all_pairs if len(v) < 25 and not re.search(r"\d{6}|^其他|other|见描述", v)]
            told = [p for p in told if not SHOP_KEYS.search(p[0]) or r.random() < 0.2]
            pairs = [(k, grammar.jitter(v, title, r, 0.3)) for k, v in told]
            pairs = r.sample(pairs, min(len(pairs), r.randint(3, 8)))
            if pairs:
                used = r.sample(pairs, min(2, len(pairs)))
                yield {"kind": "generate", "need": grammar.need_from_pairs(used, title, r) or "" if r.random() < 0.6 else "",
                       "item": record_text(title, pairs=pairs), "text": grammar.compose(title, pairs, [k for k, _ in used], True, r)}


def corpus_records(out):
    """Needs and records as the match head reads them, and the texts: the tokenizer and the language model see them too."""
    documents, seen = [], set()
    for path in sorted(glob.glob(f"{out}/finetune/[mg]*.jsonl")):
        taken = 0
        for r in shuffled(rows(path)):
            lines = [r["need"]] + (r["items"][:2] if r["kind"] == "match" else [r["item"], r["text"]])
            lines = [x for x in lines if x and x not in seen]
            seen.update(lines)
            if len(lines) > 1:
                documents.append(lines)
                taken += sum(map(len, lines))
            if taken > 900_000:
                break
    return shuffled(documents)


def main():
    a = argparse.ArgumentParser()
    for name in ("--data", "--shop", "--out"):
        a.add_argument(name, required=True)
    a.add_argument("--wiki", type=int, default=8_000_000, help="characters of Wikipedia")
    a = a.parse_args()
    data, out = a.data, a.out

    write_corpus(f"{out}/corpus/zh_wiki.txt", zhwiki_documents(f"{data}/text/zhwiki.txt"), a.wiki)
    write_corpus(f"{out}/corpus/zh_shop.txt", corpus_zh_shop(data), 20_000_000)
    write_corpus(f"{out}/corpus/en_shop.txt", corpus_en_shop(data), 20_000_000)

    def finetune(name, examples):
        write_jsonl(f"{out}/finetune/{name}.jsonl", examples)

    titles, judged, judged_validation = homedepot(data, out)
    near = lexical_neighbours(titles)
    finetune("match_homedepot", (g for seed in (1, 2, 3, 4, 5) for g in homedepot_groups(titles, near, judged, 3, seed)))
    finetune("val_match_homedepot", list(homedepot_groups(titles, near, judged_validation, 2, 3))[:300])
    finetune("match_homedepot_pairs", (g for seed in (21, 24) for g in homedepot_pairs(titles, near, judged, seed)))
    finetune("match_titles_en", titles_as_needs(sorted(titles.values()), 54000, 22))
    finetune("match_titles_graded", titles_graded(titles, near, 12000, 25))
    finetune("match_self", self_supervised(sorted(titles.values()), 40000, 4))

    finetune("match_titles_zh", self_supervised_zh(shuffled(titles_zh(data)), 4, 14))
    finetune("match_queries_zh", queries_zh(data, 30000, 26))

    items, pairs, align = openbg(data, out)
    finetune("match_openbg", shuffled(openbg_groups(items, 5)))
    finetune("match_openbg_aligned", shuffled(openbg_aligned(items, 4, 23)))
    finetune("match_openbg_edited", shuffled(openbg_edited(items, 3, 27)))
    finetune("match_openbg_judged", shuffled(openbg_judged(pairs, align)))
    train, validation = adgen(data, out)
    finetune("match_adgen", adgen_match(train, 6))
    finetune("generate_adgen", (e for seed in range(7) for e in adgen_examples(shuffled(train, seed), seed, augment=seed > 0)))
    finetune("val_generate_adgen", list(adgen_examples(validation, 0, False))[:300])

    products = shop_products(a.shop)
    if products:
        finetune("match_shop", shuffled(shop_groups(products, 20, 8)))
        write_jsonl(f"{out}/fusion/shop.jsonl", shop_judged(products, 12))
        finetune("generate_shop", shuffled(shop_copy(products, 24, 9)))
    fashion, described, small = list(catalogue.fashion(data)), list(catalogue.myntra(data)), list(catalogue.litemall(data))
    small = [s for s in small if len(s["pairs"]) > 1]
    hardware = list(catalogue.hardware(titles_as_written(data)))
    finetune("match_fashion", record_groups(fashion + [m for m, _ in described], 24000, 28))
    finetune("match_litemall", (g for seed in range(8) for g in record_groups(small, len(small), seed)))
    finetune("generate_catalogue", record_copy(fashion, 12000, 10))
    finetune("generate_described", described_copy(described, 31))
    finetune("generate_hardware", record_copy(hardware, 16000, 32))
    finetune("generate_litemall", (e for seed in range(12) for e in record_copy(small, len(small), 40 + seed)))
    finetune("generate_openbg", shuffled(openbg_copy(items, 6, 11)))
    write_corpus(f"{out}/corpus/records.txt", corpus_records(out), 16_000_000)


def titles_as_written(data):
    return sorted({r["title"] for r in rows(f"{data}/match/homedepot_products.jsonl")})


if __name__ == "__main__":
    main()

"""Records of further catalogues, all of one form, for matching and for sentences about them.

A record is {"title", "brand", "category", "pairs": [(attribute, value)], "kind", "zh"}; kind is the word that names the thing.
Each value is taken from the source itself, from a field of its own or by a pattern from its title or description.
"""
import csv, html, json, os, re

csv.field_size_limit(1 << 24)


def record(title, brand, category, pairs, kind, zh=False):
    pairs = [(k, " ".join(str(v).split())) for k, v in pairs if v]
    return {"title": " ".join(title.split()), "brand": brand, "category": category, "pairs": pairs, "kind": kind, "zh": zh}


def table(path):
    with open(path, encoding="utf-8", newline="") as f:
        yield from csv.DictReader(f)


# ---- fashion ---------------------------------------------------------------------------------------------------------

def fashion(data):
    for s in table(f"{data}/catalogue/fashion_styles.csv"):
        if s["productDisplayName"] and s["articleType"]:
            pairs = [(k, s[k]) for k in ("gender", "baseColour", "season", "usage") if s[k] and s[k] != "NA"]
            yield record(s["productDisplayName"], "", f"{s['masterCategory']} > {s['subCategory']} > {s['articleType']}", pairs, s["articleType"].lower())


# "has a spread collar, long sleeves, curved hem, one patch pocket": the parts that such lists name.
PARTS = r"collar|neck|sleeves|hem|closure|pockets?|placket|waistband|lining|straps?|upper|outsole|toe|heel|hood|lenses|dial|case|warranty"
PART = re.compile(rf"(?:has |with |and )*(?:an? )?([a-z0-9][a-z0-9 \-]{{1,30}}?) ({PARTS})$", re.I)
FIELD = re.compile(r"^(Material|Pattern|Finish|Warranty|Fabric|Shape|Sleeve Length|Fit|Closure|Features): ?([A-Za-z0-9 ,\-&]{3,40})$")


def split_description(text):
    """Sentences run into each other there: 'button closureComes with an inner'."""
    return [s.strip(" .,") for s in re.split(r"(?<=[a-z)0-9])(?=[A-Z][a-z])|\. ", text) if s.strip(" .,")]


def listed_parts(sentence):
    """[(attribute, value, the words themselves)] of what such a list names; what no pattern knows is left out."""
    found = []
    for segment in re.split(r", | and ", sentence):
        m = PART.match(segment.strip())
        if m and not re.search(r"closure|neck|^(has|with|a)( an?)?$", m[1].lower()):
            words = re.sub(r"^(?:has |with |and )+", "", segment.strip())
            found.append((m[2].lower(), m[1].lower(), words))
    return found


def and_list(words):
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else words[0]


def of_it(head, parts):
    """'Black solid t-shirt', 'a round neck and short sleeves': a sentence."""
    head = " ".join(head.split())
    if head.lower().startswith("a pair of"):
        return f"It is {head[0].lower()}{head[1:]} with {parts}."
    if re.search(r"(?<!s)s$", head):
        return f"These are {head[0].lower()}{head[1:]} with {parts}."
    return f"It is {'an' if head[0] in 'AEIOaeio' else 'a'} {head[0].lower()}{head[1:]} with {parts}."


def myntra(data):
    """(record, sentence or None): a sentence of the description, whose parts became attributes, is true to the record."""
    for m in table(f"{data}/catalogue/myntra.csv"):
        sentences = split_description(m["Description"])
        first = sentences[0] if sentences else ""
        parts = listed_parts(first)
        pairs = [("gender", m["Gender"]), ("color", m["PrimaryColor"])] + [(k, v) for k, v, _ in parts]
        for s in sentences:
            f = FIELD.match(s)
            if f:
                pairs.append((f[1].lower(), f[2].strip(" ,")))
        kind = m["ProductName"].split(" for ")[0].split(" With ")[0].split()[-1].lower() if m["ProductName"] else ""
        head = first.split(", ")[0]
        told = len(parts) >= 2 and all(w in m["ProductName"].lower() for w in re.findall(r"[a-z]{4,}", head.lower()) if w not in ("solid", "with", "pair"))
        pairs += [("pattern", "solid")] if told and "solid" in head.lower() and "solid" not in m["ProductName"].lower() else []
        yield record(m["ProductName"], m["ProductBrand"], "", pairs, kind), (of_it(head, and_list([words for *_, words in parts])) if told else None)


# ---- hardware: what a title says ------------------------------------------------------------------------------------

COLOURS = ("white black gray grey brown bronze nickel chrome brass copper silver gold beige tan red blue green yellow orange purple pink ivory almond bisque cherry "
           "walnut oak espresso mahogany maple cedar pine mocha charcoal sand slate stainless clear").split()
COLOUR = re.compile(rf"\b((?:(?:Oil[- ]Rubbed|Brushed|Satin|Polished|Antique|Matte|Dark|Light|Natural|Weathered|Venetian) )*(?:{'|'.join(COLOURS)})(?: Steel)?)\b", re.I)
MATERIAL = re.compile(r"\b(Stainless Steel|Galvanized Steel|Cast Iron|Wrought Iron|Solid Wood|Aluminum|Polyester|Cotton|Porcelain|Ceramic|Vinyl|PVC|Bamboo|Wicker|Plastic|Brass|Copper|"
                      r"Steel|Wood|Glass|Rubber|Leather|Nylon|Fiberglass|Concrete|Granite|Marble|Acrylic|Polycarbonate|Cedar|Pine)\b")
SIZES = [("power", re.compile(r"\b(\d[\d.,]*)[- ](?:Watt|watt)s?\b"), "{} W"), ("voltage", re.compile(r"\b(\d[\d.,]*)[- ][Vv]olts?\b"), "{} V"),
         ("capacity", re.compile(r"\b(\d[\d.,/]*)[- ][Gg]al\.?"), "{} gal"), ("weight", re.compile(r"\b(\d[\d.,]*)[- ]lbs?\.?"), "{} lb"),
         ("volume", re.compile(r"\b(\d[\d.,]*)[- ](?:fl\. )?oz\.?"), "{} oz"), ("current", re.compile(r"\b(\d[\d.,]*)[- ][Aa]mps?\b"), "{} A"),
         ("coverage", re.compile(r"\b(\d[\d.,]*)[- ]sq\. ft\.?"), "{} sq ft"), ("pieces", re.compile(r"\b(\d+)-(?:Pack|Piece|Case|Set)\b"), "{}"),
         ("lights", re.compile(r"\b(\d+)-Lights?\b"), "{}"), ("brightness", re.compile(r"\b(\d[\d,]*)-?[ ]?[Ll]umens?\b"), "{} lm")]
DIMENSIONS = re.compile(r"\b\d[\d.\-/]* (?:in|ft)\.(?: [WxHDL]{1,2}\.?)?(?: x \d[\d.\-/]* (?:in|ft)\.(?: [WHDL]\b)?)+|\b\d[\d.\-/]* (?:in|ft)\.")


def hardware(titles):
    for title in map(html.unescape, titles):
        pairs = []
        d = DIMENSIONS.search(title)
        if d:
            pairs.append(("dimensions", d[0].rstrip(".")))
        m = MATERIAL.search(title)
        c = [x[0] for x in COLOUR.finditer(title) if not m or x[0].lower() not in m[0].lower()]
        if c:
            pairs.append(("color", c[-1]))
        if m:
            pairs.append(("material", m[0]))
        for name, pattern, form in SIZES:
            x = pattern.search(title)
            if x and not (name == "pieces" and x[1] == "1"):
                pairs.append((name, form.format(x[1].rstrip(".,"))))
        if len(pairs) >= 2:
            yield record(title, "", "", pairs, "")


# ---- a small Chinese shop: litemall's database dump -------------------------------------------------------------------

VALUE = re.compile(r"'((?:[^'\\]|\\.|'')*)'|([^,()']+)|(\()|(\))")


def sql_rows(path, name):
    """Rows of INSERT statements of one table, as lists of strings."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            if not line.startswith(f"INSERT INTO `{name}` VALUES"):
                continue
            row, depth = [], 0
            for m in VALUE.finditer(line[line.index("VALUES") + 6:]):
                if m[3]:
                    depth += 1
                    row = [] if depth == 1 else row
                elif m[4]:
                    depth -= 1
                    if depth == 0:
                        yield row
                else:
                    row.append(m[1].replace("\\n", " ").replace('\\"', '"').replace("\\'", "'") if m[1] is not None else m[2].strip())


def litemall(data):
    path = f"{data}/catalogue/litemall_data.sql"
    if not os.path.exists(path):
        return
    categories = {r[0]: r[1] for r in sql_rows(path, "litemall_category")}
    attributes = {}
    for r in sql_rows(path, "litemall_goods_attribute"):
        if len(r[3]) < 30 and r[2] not in ("温馨提示", "执行标准"):
            attributes.setdefault(r[1], []).append((r[2], r[3]))
    for r in sql_rows(path, "litemall_goods"):
        kind = categories.get(r[3], "")
        yield record(r[2], "", kind, attributes.get(r[0], []), kind, zh=True) | {"brief": r[7]}


def litemall_texts(data):
    """Comments, and briefs of goods and of kinds: short Chinese of a shop."""
    path = f"{data}/catalogue/litemall_data.sql"
    if os.path.exists(path):
        for r in litemall(data):
            yield [r["title"] + "，" + r["brief"]] + [f"{k}：{v}" for k, v in r["pairs"]]
        comments = [r[3] for r in sql_rows(path, "litemall_comment") if len(r[3]) > 8]
        for i in range(0, len(comments), 3):
            yield comments[i:i + 3]


# ---- titles alone -----------------------------------------------------------------------------------------------------

def amazon_names(data):
    seen = set()
    for name in ("amazon-products.gracious7.csv", "all_electronics.csv", "air_conditioners.csv"):
        path = f"{data}/catalogue/{name}"
        for r in table(path) if os.path.exists(path) else ():
            title = r.get("name", "").removesuffix("...")
            if title and title not in seen:
                seen.add(title)
                yield title, r.get("sub_category", "")


def json_rows(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip():
                yield json.loads(line)

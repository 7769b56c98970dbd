"""Sentences about a record, in Chinese and English, each saying only what an attribute says.

They teach the writer what no public data set does: to state a record's values, in an order that answers the need, and to add
nothing. Needs are made from the same attributes, so that text and need agree.
"""
import re

ZH = {
    "颜色": ["颜色是{v}", "{v}的配色", "整体是{v}", "这一款为{v}"],
    "材质": ["用的是{v}", "材质为{v}", "采用{v}", "以{v}制成"],
    "面料": ["面料是{v}", "采用{v}面料", "用{v}面料裁制"],
    "重量": ["重{v}", "重量{v}", "称重{v}"],
    "容量": ["容量{v}", "有{v}的容量", "能装{v}"],
    "净含量": ["净含量{v}", "每份{v}"],
    "功率": ["功率{v}", "额定功率为{v}"],
    "尺寸": ["尺寸为{v}", "尺寸{v}", "大小是{v}"],
    "尺码": ["尺码有{v}", "可选尺码：{v}"],
    "季节": ["适合{v}用", "{v}都合适", "适用季节为{v}"],
    "适用季节": ["适合{v}", "适用季节为{v}"],
    "适用人群": ["适合{v}", "给{v}用", "面向{v}"],
    "适用对象": ["适合{v}", "适用对象为{v}"],
    "适用人数": ["可供{v}人使用", "适用人数{v}"],
    "风格": ["{v}的风格", "风格偏{v}", "走{v}路线"],
    "版型": ["{v}的版型", "版型是{v}", "剪裁为{v}"],
    "领型": ["{v}的领口", "领型为{v}"],
    "图案": ["图案是{v}", "带{v}图案"],
    "产地": ["产地{v}", "产自{v}"],
    "功效": ["功效为{v}", "主打{v}"],
    "续航": ["续航{v}", "充满一次可用{v}"],
    "接口": ["接口为{v}", "配{v}接口"],
    "噪音": ["噪音{v}", "运行噪音在{v}"],
    "防水": ["防水{v}", "防水等级{v}"],
    "口味": ["口味是{v}", "{v}口味"],
    "保质期": ["保质期{v}", "可存放{v}"],
}
ZH_ANY = ["{k}为{v}", "{k}是{v}", "{k}：{v}", "{k}{v}"]
ZH_OPEN = ["{t}。", "这款{c}：{t}。", "为您选的是{t}。", "可以看看{t}，", "{t}，", "推荐{t}。", "先看{t}：", ""]
ZH_END = ["", "", "", "", "可以按需要再比一比。", "合不合适，看这几项就清楚。"]

EN = {
    "color": ["It comes in {v}", "The colour is {v}", "This one is {v}", "In {v}"],
    "material": ["It is made of {v}", "The material is {v}", "Made from {v}"],
    "weight": ["It weighs {v}", "The weight is {v}"],
    "capacity": ["It holds {v}", "The capacity is {v}"],
    "net weight": ["The pack holds {v}", "Net weight is {v}"],
    "power": ["It draws {v}", "Rated power is {v}"],
    "size": ["The size is {v}", "Size: {v}", "It measures {v}"],
    "season": ["It suits {v}", "Made for {v}", "The season is {v}"],
    "for": ["It is meant for {v}", "Made for {v}", "It suits {v}"],
    "style": ["The style is {v}", "A {v} style"],
    "fit": ["The fit is {v}", "It has a {v} fit"],
    "gender": ["It is made for {v}", "Cut for {v}"],
    "usage": ["It is meant for {v} wear", "The intended use is {v}"],
}
EN_SAME = {"basecolour": "color", "primarycolor": "color", "colour": "color", "sizes": "size", "dimensions": "size"}
EN_ANY = ["The {k} is {v}", "{K}: {v}", "Its {k} is {v}"]
EN_OPEN = ["{t}.", "Have a look at the {t}.", "A match from the shop: {t}.", "Our pick is the {t}.", "This {c} is the {t}.", "Consider the {t}.", ""]
EN_END = ["", "", "", "", "Check these points against what you need.", "Compare it with the others if you like."]


def words_of(key):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).lower()


def sentence(k, v, zh, r):
    if zh:
        return r.choice(ZH.get(k, ZH_ANY)).format(k=k, v=v)
    key = words_of(k)
    lines = EN.get(EN_SAME.get(key.replace(" ", ""), key), EN_ANY)
    return r.choice(lines).format(k=key, K=key.capitalize(), v=v)


def compose(title, brand, leaf, pairs, used, zh, r):
    """A paragraph: opening, what the need asked for first, then some of the rest."""
    first = [p for p in pairs if p[0] in used]
    rest = [p for p in pairs if p[0] not in used]
    r.shuffle(rest)
    chosen = (first + rest)[:max(len(first), r.randint(4, 6))]
    opening = r.choice(ZH_OPEN if zh else EN_OPEN).format(t=title, c=leaf or ("商品" if zh else "product"))
    said = [sentence(k, v, zh, r) for k, v in chosen]
    end = r.choice(ZH_END if zh else EN_END)
    return (join_zh if zh else join_en)(opening, said, end, r)


def join_zh(opening, said, end, r):
    body = ""
    while said:
        n = min(len(said), r.randint(1, 3))
        body += "，".join(said[:n]) + "。"
        said = said[n:]
    return opening + body + end


def join_en(opening, said, end, r):
    body = []
    while said:
        if len(said) > 1 and r.random() < 0.4 and said[1].startswith(("It ", "Its ", "The ")):
            body.append(f"{said[0]}, and {said[1][0].lower() + said[1][1:]}.")
            said = said[2:]
        else:
            body.append(said.pop(0) + ".")
    return " ".join(x for x in [opening, *body, end] if x)


# ---- needs -----------------------------------------------------------------------------------------------------------

NEED_ZH = ["想买{a}{c}", "{a}{c}", "找一款{a}{c}", "有没有{a}{c}", "{c}，要{a}", "推荐{a}{c}", "给我找{a}{c}，{p}", "{p}的{a}{c}"]
NEED_EN = ["{a} {c}", "looking for a {a} {c}", "I need a {a} {c}", "{c}, {a}", "any {a} {c} {p}", "{a} {c} {p}", "show me {c} in {a}"]
SHORT = 14


def short_value(v, r):
    return r.choice(re.split(r"[,，、/]\s*", v)).strip()


def need_from_pairs(pairs, title, r):
    good = [(k, v) for k, v in pairs if len(v) <= SHORT and not re.search(r"货号|型号|日期|渠道|来源", k)]
    if not good:
        return ""
    chosen = r.sample(good, min(len(good), r.randint(1, 3)))
    values = [short_value(v, r) for _, v in chosen]
    tail = title[-r.randint(2, 4):] if title and r.random() < 0.5 else ""
    return r.choice(["{v}{t}", "想要{v}{t}", "{v}的{t}", "找{v} {t}"]).format(v=" ".join(values), t=tail or "款").strip()


def need_en(leaf, pairs, r):
    return r.choice(NEED_EN[:4]).format(a=" ".join(v.lower() for _, v in pairs), c=leaf.lower(), p="").strip()


def shop_need(p, zh, r):
    """A need that product p fits, and the names of the attributes it speaks of."""
    pairs = [(k, v) for k, v in (p["attributes"] if zh else p["attributes_en"]).items() if len(v) <= (SHORT if zh else 30)]
    chosen = r.sample(pairs, min(len(pairs), r.choice([0, 1, 1, 2, 2, 3])))
    values = [short_value(v, r) for _, v in chosen]
    leaf = (p["category"] if zh else p["category_en"]).split(" > ")[-1]
    if not zh:
        leaf = leaf.lower()
    bound = (int(float(p["price"]) * r.uniform(1.05, 1.6)) // 10 + 1) * 10
    price = r.choice([f"{bound}以内", f"预算{bound}", f"不超过{bound}元"] if zh else [f"under {bound} yuan", f"below {bound}", f"for less than {bound} yuan"])
    templates = NEED_ZH if zh else NEED_EN
    need = r.choice(templates).format(a=("" if zh else " ").join(values) + ("的" if zh and values else ""), c=leaf, p=price)
    if r.random() < 0.15 and zh:
        need = leaf + r.choice(["", " " + " ".join(values)])
    return " ".join(need.split()), [k for k, _ in chosen]


def fits(q, p, used, zh):
    """How well another product q fits the need made from p: the share of the spoken attributes it has, within its kind."""
    if q["category"] != p["category"]:
        return 0.0
    mine, theirs = (p["attributes"], q["attributes"]) if zh else (p["attributes_en"], q["attributes_en"])
    if not used:
        return 0.8
    same = sum(theirs.get(k) == mine[k] for k in used) / len(used)
    return 0.9 if same == 1 else 0.5 * same


def overlap(need, pairs):
    values = [v for _, joined in pairs for v in joined.split("、")]
    asked = need.split()
    return 0.3 if asked and sum(v in need for v in values) * 2 >= len(asked) else 0.0


# What the sample shop does not sell: needs that must come back empty teach where the cut-off lies.
ABSENT_ZH = ["自行车", "钢琴", "汽车轮胎", "猫粮", "鱼缸", "吉他", "电动车", "打印机", "显示器", "投影仪", "电视机", "冰箱", "洗衣机", "空调", "沙发",
             "床垫", "窗帘", "油漆", "电钻", "扳手", "轮椅", "血压计", "邮票", "望远镜", "天文望远镜", "鱼竿", "滑雪板", "高尔夫球杆", "羽毛球拍", "篮球",
             "跑步机", "单反相机", "无人机", "路由器", "硬盘", "手机", "笔记本电脑", "平板电脑", "游戏机", "口琴", "婚纱", "泳衣", "西瓜", "牛排", "白酒", "啤酒"]
ABSENT_EN = ["bicycle", "piano", "car tires", "cat food", "aquarium", "electric guitar", "scooter", "laser printer", "computer monitor", "projector", "television",
             "refrigerator", "washing machine", "air conditioner", "sofa", "mattress", "curtains", "wall paint", "cordless drill", "wrench set", "wheelchair", "telescope",
             "fishing rod", "snowboard", "golf clubs", "badminton racket", "basketball", "treadmill", "dslr camera", "drone", "wifi router", "hard drive", "smartphone",
             "laptop computer", "game console", "harmonica", "wedding dress", "swimsuit", "steak", "whisky", "beer", "lawn mower", "garden hose", "dog leash"]


def absent_need(name, zh, r):
    bound = r.randint(5, 90) * 10
    templates = ["{c}", "想买{c}", "{p}以内的{c}", "推荐一款{c}", "有没有便宜点的{c}", "红色的{c}"] if zh else [
        "{c}", "a {c}", "{c} under {p} yuan", "looking for a {c}", "best value {c}", "black {c}"]
    return r.choice(templates).format(c=name, p=bound)

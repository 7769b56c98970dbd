"""Sentences about a record, in Chinese and English, each saying only what an attribute says.

They teach the writer what no public data set does: to state a record's values, in an order that answers the need, and to add
nothing. Needs are made from the same attributes, so that text and need agree.
"""
import re

# Clauses without a subject, joined by commas.
ZH = {
    "颜色": ["颜色是{v}", "{v}的配色", "整体是{v}"],
    "材质": ["用的是{v}", "材质为{v}", "采用{v}"],
    "面料": ["面料是{v}", "采用{v}面料"],
    "重量": ["重{v}", "重量{v}"],
    "容量": ["容量{v}", "有{v}的容量"],
    "净含量": ["净含量{v}"],
    "净重": ["净重{v}"],
    "功率": ["功率{v}", "额定功率为{v}"],
    "尺寸": ["尺寸为{v}", "尺寸{v}"],
    "长度": ["长{v}", "长度为{v}"],
    "厚度": ["厚{v}", "厚度为{v}"],
    "克重": ["面料克重{v}", "克重为{v}"],
    "尺码": ["尺码有{v}", "可选尺码是{v}"],
    "季节": ["适合{v}季", "{v}季都合适"],
    "适用季节": ["适合{v}季"],
    "适用人群": ["适合{v}", "面向{v}"],
    "适用对象": ["适合{v}"],
    "适用年龄": ["适合{v}", "适用年龄是{v}"],
    "适用肤质": ["适合{v}皮肤", "适用肤质为{v}"],
    "适用发质": ["适合{v}发质"],
    "适用人数": ["适用人数是{v}"],
    "适用面积": ["适用面积{v}", "适合{v}的房间"],
    "适用身高": ["适用身高{v}"],
    "风格": ["{v}的风格", "风格偏{v}"],
    "版型": ["{v}的版型", "版型是{v}"],
    "领型": ["{v}的领口", "领型为{v}"],
    "袖长": ["袖长为{v}"],
    "图案": ["图案是{v}", "带{v}图案"],
    "产地": ["产地{v}", "产自{v}"],
    "功效": ["功效为{v}"],
    "续航": ["续航{v}"],
    "保温时长": ["保温{v}", "可保温{v}"],
    "净化量": ["净化量{v}"],
    "充绒量": ["充绒量{v}"],
    "承重": ["承重{v}"],
    "接口": ["接口为{v}", "配{v}接口"],
    "连接": ["用{v}连接", "连接方式是{v}"],
    "供电": ["{v}供电"],
    "噪音": ["噪音{v}", "运行噪音在{v}"],
    "防水": ["防水：{v}", "防水等级是{v}"],
    "口味": ["口味是{v}", "{v}口味"],
    "风味": ["风味是{v}"],
    "香味": ["香味是{v}"],
    "质地": ["质地是{v}"],
    "配料": ["配料是{v}"],
    "包装": ["{v}包装", "包装是{v}"],
    "保质期": ["保质期{v}"],
    "鞋跟高度": ["鞋跟高{v}"],
    "鞋面材质": ["鞋面是{v}"],
    "鞋底材质": ["鞋底是{v}"],
    "洗涤": ["洗涤方式：{v}"],
    "炉灶": ["适用炉灶：{v}", "可用于{v}"],
    "洗碗机": ["洗碗机{v}"],
    "微波炉": ["微波炉{v}"],
    "屏幕": ["屏幕是{v}"],
    "类型": ["类型是{v}"],
    "件数": ["一共{v}"],
    "性别": ["适合{v}"],
}
ZH_ANY = ["{k}是{v}", "{k}为{v}", "{k}：{v}"]

# Predicates of "it", joined by commas and "and"; what no predicate says well stands by its name.
EN = {
    "color": ["comes in {v}", "is {v}"],
    "material": ["is made of {v}"],
    "weight": ["weighs {v}"],
    "capacity": ["has a capacity of {v}", "holds {v}"],
    "volume": ["holds {v}"],
    "net weight": ["has a net weight of {v}"],
    "power": ["draws {v}", "is rated at {v}"],
    "size": ["comes in size {v}", "is available in {v}"],
    "dimensions": ["measures {v}"],
    "length": ["is {v} long"],
    "thickness": ["is {v} thick"],
    "fabric weight": ["has a fabric weight of {v}"],
    "season": ["suits {v}", "is made for {v}"],
    "for": ["is meant for {v}"],
    "age": ["is for ages {v}"],
    "skin type": ["suits {v} skin"],
    "hair type": ["suits {v} hair"],
    "gender": ["is made for {v}", "is cut for {v}"],
    "usage": ["is meant for {v} wear"],
    "style": ["has a {v} style"],
    "fit": ["has a {v} fit"],
    "collar": ["has a {v} collar"],
    "battery life": ["runs for {v} on a charge", "has a battery life of {v}"],
    "run time": ["runs for {v}"],
    "keeps warm": ["keeps drinks warm for {v}"],
    "noise": ["runs at {v}"],
    "CADR": ["cleans {v} of air"],
    "connection": ["connects by {v}"],
    "ports": ["has {v}"],
    "room size": ["suits rooms of {v}"],
    "serves": ["serves {v}"],
    "stove": ["works on {v}"],
    "shelf life": ["keeps for {v}"],
    "origin": ["comes from {v}"],
    "ingredients": ["contains {v}"],
    "heel height": ["has a heel of {v}"],
    "upper material": ["has an upper of {v}"],
    "sole material": ["has a sole of {v}"],
    "max load": ["carries up to {v}"],
    "down fill": ["has {v} of down"],
    "brightness": ["gives {v}"],
    "cocoa": ["has {v} cocoa"],
    "screen": ["has a {v} screen"],
    "strap": ["has a {v} strap"],
    "lid": ["has a {v}"],
    "roast": ["is a {v} roast"],
    "acidity": ["has {v} acidity"],
    "dishwasher": ["is {v} for the dishwasher"],
    "microwave": ["is {v} for the microwave"],
    "neck": ["has a {v} neck"],
    "sleeves": ["has {v} sleeves"],
    "hem": ["has a {v} hem"],
    "pattern": ["has a {v} pattern"],
    "voltage": ["runs on {v}"],
    "coverage": ["covers {v}"],
    "current": ["is rated at {v}"],
    "pieces": ["comes as a set of {v}"],
    "lights": ["has {v} lights"],
    "lining": ["has a {v} lining"],
}
EN_SAME = {"basecolour": "color", "primarycolor": "color", "colour": "color", "sizes": "size"}
EN_DENIED = {"yes", "no", "none", "not waterproof", "false", "n/a"}
EN_LISTS = {"season", "ingredients", "for", "origin", "material", "stove"}
EN_LOWER = {"gender", "usage", "season", "color", "style", "fit", "pattern"}
BY_NAME = 0.12   # any attribute may stand by its name: what a shop invents can only be told so
ZH_PLAIN = {"有", "无", "是", "否", "不支持", "支持"}
ZH_PEOPLE = {"男": "男士", "女": "女士"}


def words_of(key):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).lower()


def clause_zh(k, v, r):
    if k in v and len(v) > len(k):   # 折叠: 可折叠
        return v
    if v in ZH_PLAIN or r.random() < BY_NAME:
        return f"{k}：{v}"
    if k in ("季节", "适用季节"):
        v = v.rstrip("季")
    if k in ("适用人群", "适用对象", "性别"):
        if "通用" in v:
            return v
        v = ZH_PEOPLE.get(v, v)
    return r.choice(ZH.get(k, ZH_ANY)).format(k=k, v=v.replace(", ", "、"))


def and_last(v):
    head, comma, tail = v.rpartition(", ")
    return f"{head} and {tail}" if comma and " and " not in v else v


def predicate_en(k, v, r):
    """What follows "it", or None when the attribute is better named than told."""
    key = k if k in EN else words_of(k)
    lines = EN.get(EN_SAME.get(key.replace(" ", ""), key))
    if not lines or v.lower() in EN_DENIED or r.random() < BY_NAME or (key == "size" and not re.search(r"[A-Z]|\d-\d|^\d+$", v)):
        return None
    if EN_SAME.get(key.replace(" ", ""), key) in EN_LOWER:
        v = v.lower()
    if v == "unisex" or (key == "collar" and v == "hooded"):
        return "is " + v
    if key == "collar" and v.endswith("collar"):
        return "has a " + v
    line = r.choice(lines).format(v=and_last(v) if key in EN_LISTS else v)
    return re.sub(r"\ba (?=[aeiou])", "an ", line)


def compose(title, pairs, used, zh, r):
    """A paragraph: the title, what the need asked for, then some of the rest."""
    first = [p for p in pairs if p[0] in used]
    rest = [p for p in pairs if p[0] not in used]
    r.shuffle(rest)
    chosen = (first + rest)[:max(len(first), r.randint(4, 6))]
    return title + ("。" + join_zh(chosen, r) if zh else ". " + join_en(chosen, r))


def join_zh(chosen, r):
    said, body = [clause_zh(k, v, r) for k, v in chosen], ""
    while said:
        n = min(len(said), r.choice([2, 2, 3, 3, 4]))
        body += "，".join(said[:n]) + "。"
        said = said[n:]
    return body


def join_en(chosen, r):
    told, named = [], []
    for k, v in chosen:
        predicate = predicate_en(k, v, r)
        if predicate:
            told.append(predicate)
        else:
            key = words_of(k) if k != k.upper() else k
            named.append(f"{key[0].upper() + key[1:]}: {v}.")
    body = []
    while told:
        n = min(len(told), r.choice([1, 2, 2, 3]))
        if len(told) - n == 1 and n < 3:
            n += 1
        body.append("It " + (told[0] if n == 1 else ", ".join(told[:n - 1]) + " and " + told[n - 1]) + ".")
        told = told[n:]
    return " ".join(body + named)


# ---- other records of the same form ----------------------------------------------------------------------------------

def jitter(v, title, r, share=0.5):
    """Other numbers of the same size, so that the writer copies what it reads; what the title says stays."""
    def other(m):
        if m[0] in title or r.random() > share:
            return m[0]
        return "".join(r.choice("123456789") if i == 0 and len(m[0]) > 1 else r.choice("0123456789") for i in range(len(m[0]))) if m[0] != "0" else m[0]
    return re.sub(r"\d+", other, v)


# ---- needs -----------------------------------------------------------------------------------------------------------

NEED_ZH = ["想买{a}{c}", "{a}{c}", "找一款{a}{c}", "有没有{a}{c}", "{c}，要{a}", "推荐{a}{c}", "给我找{a}{c}，{p}", "{p}的{a}{c}"]
NEED_EN = ["{a} {c}", "looking for a {a} {c}", "I need a {a} {c}", "{c}, {a}", "any {a} {c} {p}", "{a} {c} {p}", "show me {c} in {a}"]
SHORT = 14
# What shoppers call the kinds of the sample shop, beside the shop's own names.
CALLED_ZH = {
    "帐篷": ["露营帐", "野营帐篷", "户外帐篷"], "双肩包": ["背包", "书包", "双肩背包"], "徒步鞋": ["登山鞋", "爬山穿的鞋", "户外鞋"], "冲锋衣": ["防雨外套", "户外外套"],
    "头灯": ["夜爬用的灯", "戴头上的灯"], "登山杖": ["手杖", "爬山拐杖", "徒步杖"], "瑜伽": ["瑜伽垫", "练瑜伽用的"], "跑步": ["跑步装备", "夜跑用的"],
    "绿茶": ["龙井一类的茶", "新茶", "茶叶"], "红茶": ["茶叶", "暖胃的茶"], "咖啡豆": ["手冲用的豆子", "意式豆", "咖啡"], "坚果": ["果仁", "干果"], "蜂蜜": ["蜜", "冲水喝的蜜"],
    "米面粮油": ["大米", "面", "食用油"], "零食": ["小吃", "办公室吃的", "解馋的"], "连衣裙": ["裙子", "长裙", "小裙子"], "半身裙": ["裙子", "短裙"], "衬衫": ["衬衣", "上班穿的衬衫"],
    "针织衫": ["毛衣", "开衫", "打底衫"], "风衣": ["外套", "长外套"], "羽绒服": ["羽绒外套", "冬天穿的厚外套"], "牛仔裤": ["裤子", "牛仔长裤"], "卫衣": ["帽衫", "套头衫"],
    "空气净化器": ["净化器", "除甲醛的机器", "吸二手烟的"], "加湿器": ["喷雾的", "增加湿度的机器"], "吸尘器": ["除尘的", "打扫用的机器"], "电饭煲": ["电饭锅", "煮饭的锅"],
    "吹风机": ["电吹风", "吹头发的"], "风扇": ["电风扇", "落地扇", "小风扇"], "空气炸锅": ["炸锅", "不用油的炸锅"], "台灯": ["护眼灯", "书桌灯", "看书的灯"],
    "面霜": ["擦脸的霜", "保湿霜"], "精华": ["精华液"], "防晒": ["防晒霜", "防晒乳"], "洁面": ["洗面奶", "洗脸的"], "口红": ["唇膏", "唇釉"], "洗发护发": ["洗发水", "护发素"],
    "口腔护理": ["牙膏", "牙刷"], "剃须": ["刮胡刀", "剃须刀"], "香氛": ["香水", "香薰"], "刀具": ["菜刀", "切菜刀"], "锅具": ["炒锅", "炒菜锅", "煎锅", "汤锅"],
    "保温杯": ["水杯", "杯子", "保温水壶"], "饭盒": ["便当盒", "带饭的盒子"], "水壶": ["烧水壶", "热水壶"], "茶具": ["泡茶的", "茶壶"], "砧板": ["菜板", "案板"],
    "奶瓶": ["喂奶的瓶子"], "婴儿推车": ["宝宝推车", "婴儿车"], "安全座椅": ["儿童座椅", "车上用的宝宝座椅"], "童装": ["小孩衣服", "宝宝衣服"], "积木玩具": ["积木", "玩具"],
    "绘本": ["图画书", "睡前故事书"], "浴盆": ["洗澡盆", "宝宝浴盆"], "婴儿背带": ["背娃的带子", "腰凳"], "T恤": ["短袖", "体恤"], "Polo衫": ["polo", "翻领短袖"],
    "毛衣": ["羊毛衫", "针织衫"], "夹克": ["外套", "短外套"], "休闲裤": ["裤子", "长裤"], "西装": ["西服", "正装"], "耳机": ["蓝牙耳机", "降噪耳机", "耳麦"],
    "蓝牙音箱": ["音响", "小音箱"], "充电宝": ["移动电源"], "键盘": ["机械键盘", "打字用的键盘"], "电子书阅读器": ["电纸书", "看书的平板"], "手表": ["腕表", "表"],
    "充电器": ["充电头", "快充头"], "运动鞋": ["跑鞋", "球鞋"], "休闲鞋": ["小白鞋", "一脚蹬"], "皮鞋": ["正装鞋"], "高跟鞋": ["跟鞋"], "短靴": ["靴子"],
    "单肩包": ["斜挎包", "包包"], "行李箱": ["拉杆箱", "旅行箱"], "钱包": ["皮夹", "卡包"]}
CALLED_EN = {
    "tents": ["tent", "camping tent"], "sleeping bags": ["sleeping bag"], "backpacks": ["backpack", "rucksack", "daypack"], "hiking shoes": ["hiking boots", "trail shoes"],
    "shell jackets": ["rain jacket", "hardshell"], "headlamps": ["headlamp", "head torch"], "trekking poles": ["hiking poles", "walking sticks"], "yoga": ["yoga mat"],
    "nuts": ["mixed nuts", "snack nuts"], "coffee beans": ["coffee", "beans for espresso"], "dresses": ["dress", "summer dress"], "skirts": ["skirt"], "shirts": ["shirt", "button-up"],
    "knitwear": ["sweater", "cardigan", "jumper"], "trench coats": ["coat", "trench"], "down jackets": ["puffer jacket", "winter coat"], "jeans": ["denim trousers", "pair of jeans"],
    "sweatshirts": ["hoodie", "sweatshirt"], "air purifiers": ["air cleaner", "purifier"], "humidifiers": ["humidifier"], "vacuums": ["vacuum cleaner", "hoover"],
    "rice cookers": ["rice cooker"], "hair dryers": ["hair dryer", "blow dryer"], "fans": ["fan", "desk fan"], "air fryers": ["air fryer"], "desk lamps": ["desk lamp", "reading light"],
    "face creams": ["moisturiser", "face cream"], "serums": ["serum"], "sunscreen": ["sun cream", "spf lotion"], "cleansers": ["face wash", "cleanser"], "lipsticks": ["lipstick"],
    "hair care": ["shampoo", "conditioner"], "oral care": ["toothpaste", "toothbrush"], "shaving": ["razor", "shaver"], "fragrance": ["perfume", "scent"],
    "knives": ["kitchen knife", "chef's knife"], "pans": ["frying pan", "wok", "skillet", "pot"], "thermos": ["insulated bottle", "travel mug", "flask"],
    "lunch boxes": ["lunch box", "bento box"], "kettles": ["kettle"], "tea sets": ["teapot", "tea set"], "cutting boards": ["chopping board"], "bottles": ["baby bottle"],
    "strollers": ["stroller", "buggy", "pram"], "car seats": ["child seat", "car seat"], "kids' clothing": ["kids' clothes"], "blocks & toys": ["toy", "building blocks"],
    "picture books": ["picture book", "bedtime book"], "baths": ["baby bath", "bathtub for a baby"], "carriers": ["baby carrier", "sling"], "t-shirts": ["t-shirt", "tee"],
    "polo shirts": ["polo"], "sweaters": ["sweater", "jumper", "pullover"], "jackets": ["jacket"], "casual trousers": ["trousers", "pants", "chinos"], "suits": ["suit"],
    "headphones": ["earbuds", "headset", "earphones"], "bluetooth speakers": ["speaker", "portable speaker"], "power banks": ["power bank", "battery pack"],
    "keyboards": ["keyboard"], "mice": ["mouse"], "e-readers": ["e-reader", "ebook reader"], "watches": ["watch"], "webcams": ["webcam"], "chargers": ["charger", "charging brick"],
    "sneakers": ["running shoes", "trainers"], "casual shoes": ["loafers", "slip-ons"], "dress shoes": ["oxfords", "formal shoes"], "high heels": ["heels", "pumps"],
    "sandals": ["sandals"], "ankle boots": ["boots"], "shoulder bags": ["shoulder bag", "handbag"], "suitcases": ["suitcase", "luggage", "carry-on"], "wallets": ["wallet", "card holder"]}
FOR_ZH = ["送爸爸", "送妈妈", "送女朋友", "送人", "自己用", "上班用", "学生用", "出差用", "周末用", "家里用", "旅行用", "办公室用", "给孩子"]
FOR_EN = ["for my dad", "for my mother", "as a gift", "for work", "for travelling", "for a student", "for the office", "for home", "for the weekend", "for a friend"]


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


def article(need):
    return re.sub(r"\b([Aa]) (?=[aeio])", r"\1n ", need)


def called(leaf, zh, r):
    names = CALLED_ZH.get(leaf, []) if zh else CALLED_EN.get(leaf, [])
    return r.choice(names) if names and r.random() < 0.45 else leaf


def price_words(price, zh, r):
    bound = (int(float(price) * r.uniform(1.05, 1.6)) // 10 + 1) * 10
    return r.choice([f"{bound}以内", f"预算{bound}", f"不超过{bound}元", f"{bound}块以下"] if zh else
                    [f"under {bound} yuan", f"below {bound}", f"for less than {bound} yuan", f"max {bound}", f"no more than {bound} yuan"])


def shop_need(p, zh, r):
    """A need that product p fits, and the names of the attributes it speaks of."""
    pairs = [(k, v) for k, v in (p["attributes"] if zh else p["attributes_en"]).items() if len(v) <= (SHORT if zh else 30)]
    chosen = r.sample(pairs, min(len(pairs), r.choice([0, 1, 1, 2, 2, 3])))
    values = [short_value(v, r) for _, v in chosen]
    leaf = (p["category"] if zh else p["category_en"]).split(" > ")[-1]
    leaf = called(leaf if zh else leaf.lower(), zh, r)
    price = price_words(p["price"], zh, r)
    templates = NEED_ZH if zh else NEED_EN
    need = r.choice(templates).format(a=("" if zh else " ").join(values) + ("的" if zh and values else ""), c=leaf, p=price)
    if r.random() < 0.15 and zh:
        need = leaf + r.choice(["", " " + " ".join(values)])
    if r.random() < 0.2:
        need = (r.choice(FOR_ZH) + "，" + need if r.random() < 0.5 else need + "，" + r.choice(FOR_ZH)) if zh else need + " " + r.choice(FOR_EN)
    if r.random() < 0.2 and price not in need:
        need += ("，" if zh else ", ") + price
    return " ".join((need if zh else article(need)).split()), [k for k, _ in chosen]


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


def record_need(rec, r):
    """A need for a record of any catalogue, and the attributes it speaks of."""
    zh = rec["zh"]
    pairs = [(k, v) for k, v in rec["pairs"] if len(v) <= (SHORT if zh else 24) and not re.search(r"货号|型号|日期|渠道|来源|产地", k)]
    chosen = r.sample(pairs, min(len(pairs), r.choice([1, 1, 2, 2, 3])))
    values = [short_value(v, r) for _, v in chosen]
    values = [v if zh else v.lower() for v in values]
    price = price_words(r.choice([30, 80, 150, 300, 700]), zh, r)
    need = r.choice(NEED_ZH if zh else NEED_EN).format(a=("" if zh else " ").join(values) + ("的" if zh and values else ""), c=rec["kind"], p=price)
    return " ".join((need if zh else article(need)).split()), chosen


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

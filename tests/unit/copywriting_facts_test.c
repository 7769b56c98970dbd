/* copywriting: what is a claim, and what supports it, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "copywriting/copywriting_int.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static struct normalizer *z;
static struct claim_lexicon *lexicon;

static int setup(void **state)
{
    (void)state;
    return normalizer_new(&z) == OK && claim_lexicon_new(z, &lexicon) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    claim_lexicon_free(lexicon);
    normalizer_free(z);
    return 0;
}

/* Claims in order, parted by '|': + supported, - not. */
struct example { const char *record, *text, *claims; };

static const struct example examples[] = {
    /* zh: colours */
    {"颜色: 黑色", "黑色的裙摆", "+黑色"},
    {"颜色: 黑", "黑色的裙摆", "+黑色"},
    {"颜色: 黑", "纯黑色很耐看", "+纯黑色"},
    {"颜色: 黑、白", "黑白配色", "+黑白配"},
    {"颜色: 黑", "黑白配色", "-黑白配"},
    {"颜色: 藏青色", "蓝色的底色", "+蓝色"},
    {"颜色: 蓝色", "藏青色的底色", "-藏青色"},
    {"颜色: 藏蓝色", "藏青色的底色", "+藏青色"},
    {"颜色: 深蓝色", "蓝色的外观", "+蓝色"},
    {"颜色: 蓝色", "深蓝色的外观", "-深蓝色"},
    {"颜色: 粉色", "粉红色的少女感", "+粉红色"},
    {"颜色: 酒红色", "红色很显白", "+红色"},
    {"颜色: 白色", "一眼明白的设计，白皙的皮肤", ""},
    {"品类: 红茶", "红茶汤色红亮", "+红茶"},
    {"颜色: 白色", "红唇与白天都好看", ""},
    {"颜色: 绿色", "绿意盎然，出色的气色", ""},
    {"颜色: 灰色", "雾霾蓝的清冷", "-雾霾蓝"},
    {"颜色: 军绿色", "橄榄绿的色调", "+橄榄绿"},
    {"颜色: 米白色", "米色与白色之间", "+米色|+白色"},
    {"颜色: 黑色", "不要白色", "-白色"},
    {"颜色: 纯色", "纯色更耐看", "+纯色"},
    {"颜色: navy", "藏青色的西装", "+藏青色|-西装"},
    /* a number after words that ask for another kind */
    {"容量: 2 L; 净化量: 260 m³/h", "容量260 m³/h", "-260 m³/h"},
    {"容量: 2 L; 净化量: 260 m³/h", "净化量为260 m³/h，容量约2 L", "+260 m³/h|+2 L"},
    {"重量: 2 kg; 长度: 72 cm", "重72 cm，长度2 kg", "-72 cm|-2 kg"},
    {"重量: 2 kg; 长度: 72 cm", "重量为2 kg，长度是72 cm", "+2 kg|+72 cm"},
    {"height: 150-162 cm; weight: 280 g", "made of 150-162 cm, weighs about 280 g", "-150|+162 cm|+280 g"},
    {"material: 80% cotton, 20% nylon", "made of 80% cotton", "+80%|+cotton"},
    {"capacity: 4 L; weight: 2 kg", "weighs 4", "-4"},
    {"serves: 4; weight: 2 kg", "capacity is 4, weighing 2 kg", "+4|+2 kg"},
    {"ports: 2×USB-C", "made of 2×USB-C", "-2"},
    {"ports: 2×USB-C", "has 2×USB-C", "+2"},
    {"material: 316 stainless steel", "made of 316 stainless steel", "+316 stainless steel"},
    /* a number under another attribute's name */
    {"净化量: 18 m³/h; 重量: 0.4 kg", "续航18 m³/h，重量0.4 kg", "-18 m³/h|+0.4 kg"},
    {"temperature step: 1 °C; material: 304 stainless steel", "meant for ages 1 °C", "-1 °C"},
    {"age: 3-6 months", "for ages 3-6 months", "+3|+6 months"},
    {"续航: 30天; 保质期: 12个月", "续航12个月", "-12个月"},
    {"续航: 30天; 保质期: 12个月", "续航长达30天，保质期12个月", "+30天|+12个月"},
    {"battery life: 30 days; charging time: 3 hours", "has a battery life of 3 hours", "-3 hours"},
    {"battery life: 30 days; charging time: 3 hours", "charging time is 3 hours, it runs for 30 days", "+3 hours|+30 days"},
    {"keeps warm: 12 hours; weight: 280 g", "keeps drinks warm for 12 hours", "+12 hours"},
    {"weight: 280 g; max load: 5 kg", "weighs 5 kg", "-5 kg"},
    {"net weight: 250 g", "weighs 250 g, holds 250 g", "+250 g|+250 g"},
    {"电池容量: 5000 mAh", "容量5000 mAh", "+5000 mAh"},
    {"title: 旅行牙刷 续航30天; 充电时间: 3小时", "续航30天", "+30天"},
    {"规格: 1.2 kg", "重1.2 kg", "+1.2 kg"},
    /* one end of a range is not the range */
    {"title: board books, 0-2 Years", "for ages 2 years", "-2 years"},
    {"title: board books, 0-2 Years", "for ages 0-2 years", "+0|+2 years"},
    {"age: 3-6 months", "for 3 to 6 months", "+3|+6 months"},
    {"适用年龄: 3-6个月", "适合3到6个月，刚好", "+3|+6个月"},
    {"适用年龄: 3-6个月", "适合6个月，刚好", "-6个月"},
    {"重量: 2-3 kg", "重3 kg", "-3 kg"},
    /* what it is made of, be it a known material or not */
    {"material: PP; teat: silicone, size M", "It is made of tea.", "-tea"},
    {"material: PP; teat: silicone, size M", "It is made of PP and weighs nothing", ""},
    {"material: PP; size: M, L", "It is made of L.", "-L"},
    {"title: tea set; capacity: 4 L", "It is made of tea", "-tea"},
    {"material: nylon shell, polyester padding", "made of nylon shell and polyester padding and weighs little", "+nylon|+polyester|+padding"},
    {"material: Zyxlon", "made of Zyxlon with a lid", ""},
    {"材质: 高密洗脸布", "材质为高密洗脸布，很软", ""},
    {"材质: PP; 配件: 洗碗架", "材质为洗碗控，很软", "-洗碗控"},
    {"材质: 棉", "材质是柔软的棉质，很软", "+棉质"},
    /* single characters as values */
    {"鞋面材质: 涤纶", "鞋面是棉，鞋底是橡胶", "-棉|-橡胶"},
    {"鞋面材质: 棉", "鞋面是棉。", "+棉"},
    {"材质: 304不锈钢", "采用304竹，很轻", "+304|-竹"},
    {"颜色: 白", "颜色为黑、白", "-黑|+白"},
    {"颜色: 白", "真是白忙一场，用心是黑夜里的灯", ""},
    /* sizes in letters */
    {"size: S-L", "size S-L", ""},
    {"size: S-L", "size SS-L", "-SS"},
    {"尺码: M, XL, XXL", "尺码有M、XL、XXXL", "+XL|-XXXL"},
    /* zh: materials */
    {"材质: 棉", "纯棉面料", "+纯棉"},
    {"材质: 棉、涤纶", "纯棉面料", "-纯棉"},
    {"材质: 60%棉, 40%涤纶", "纯棉面料", "-纯棉"},
    {"材质: 60%棉", "纯棉面料", "-纯棉"},
    {"材质: 100%棉", "纯棉面料，100%棉", "+纯棉|+100%棉"},
    {"材质: 棉麻", "棉麻面料", "+棉麻面料"},
    {"材质: 棉、亚麻", "棉麻面料", "+棉麻面料"},
    {"材质: 棉", "棉麻面料", "-棉麻面料"},
    {"材质: 牛皮", "真皮的手感，皮质细腻", "+真皮|+皮质"},
    {"材质: PU", "真皮的手感", "-真皮"},
    {"材质: 仿皮", "皮革的光泽", "-皮革"},
    {"材质: 皮革", "牛皮的手感", "-牛皮"},
    {"材质: 蚕丝", "真丝的光泽，丝绸般的顺滑", "+真丝|+丝绸"},
    {"材质: 丝绸", "真丝的光泽", "-真丝"},
    {"材质: 牛仔布", "牛仔外套", "-牛仔外套"},
    {"材质: 牛仔布; 类型: 裤", "经典的牛仔裤", "+牛仔裤"},
    {"材质: 304不锈钢", "不锈钢内胆", "+不锈钢"},
    {"材质: 不锈钢", "304不锈钢内胆", "-304不锈钢"},
    {"材质: 不锈钢", "316不锈钢内胆", "-316不锈钢"},
    {"材质: 聚酯纤维", "涤纶面料", "+涤纶"},
    {"材质: 羊毛混纺", "羊毛的温暖", "+羊毛"},
    {"材质: 羊毛", "羊绒大衣", "-羊绒大衣"},
    {"材质: 仿羊羔毛", "羊羔毛内里", "-羊羔毛|-内里"},
    {"材质: 橡胶木", "实木家具，橡木质感", "+实木|-橡木"},
    {"材质: 橡木", "实木家具", "+实木"},
    {"材质: 硅胶", "食品级硅胶", "-食品级|+硅胶"},
    {"材质: 棉", "丝滑的手感，皮肤也喜欢", ""},
    {"材质: 钛合金", "钛合金镜框，合金材质", "+钛合金|+合金"},
    /* zh: parts, patterns, cuts */
    {"裙领型: 圆领", "圆形领口修饰脖颈", "+圆形领口"},
    {"裙领型: v领", "V字领显脸小", "+V字领"},
    {"裙领型: 圆领", "Ｖ领显脸小", "-Ｖ领"},
    {"裙领型: 圆领", "v字型领口设计", "-v字型领口"},
    {"类型: 裙", "这款小衫", "-小衫"},
    {"尺码: S-XL", "可选尺码：S, XL, XXL", "+XL|-XXL"},
    {"裤长: 七分裤", "九分的裤长露出脚踝", "-九分的裤长"},
    {"衣领型: 小立领", "立领干练", "+立领"},
    {"衣领型: 立领", "小立领干练", "-小立领"},
    {"版型: 宽松", "宽松不挑身材", "+宽松"},
    {"版型: 宽松", "修身不挑身材", "-修身"},
    {"版型: 显瘦", "修身又显瘦", "+修身|+显瘦"},
    {"版型: 宽松", "穿上显瘦", ""},
    {"裙款式: 不规则", "不对称的裙摆", "+不对称"},
    {"裙款式: 不对称", "对称的剪裁", "-对称"},
    {"裙款式: 对称", "不对称的剪裁", "-不对称"},
    {"图案: 条纹", "竖条纹拉长身形", "-竖条纹"},
    {"图案: 竖条纹", "条纹拉长身形", "+条纹"},
    {"图案: 格子", "格纹复古", "+格纹|-复古"},
    {"风格: 复古", "复古的味道", "+复古"},
    {"图案: 碎花", "清新的碎花", "-清新|+碎花"},
    {"图案: 刺绣", "绣花工艺", "+绣花"},
    {"裙腰型: 高腰", "高腰线设计", "+高腰线"},
    {"裙腰型: 松紧腰", "提高腰线", ""},
    {"裙领型: 方领", "大方领口", ""},
    {"裤型: 阔腿裤", "阔腿设计", "+阔腿"},
    {"裤型: 直筒裤; 类型: 裤", "裤子利落", "+裤子"},
    {"类型: 裙", "裙子利落", "+裙子"},
    {"类型: 裙", "裤子利落", "-裤子"},
    {"裙长: 连衣裙", "裙子利落", "+裙子"},
    {"类型: 裙", "连衣裙利落", "-连衣裙"},
    {"裙型: 百褶", "百褶裙摆", "+百褶裙摆"},
    {"衣袖型: 喇叭袖", "喇叭袖口", "+喇叭袖口"},
    {"衣袖型: 落肩袖", "落肩的设计", "+落肩"},
    {"衣门襟: 系带", "绑带的细节", "+绑带"},
    {"衣门襟: 拉链", "双排扣的细节", "-双排扣"},
    {"衣款式: 口袋", "大口袋实用", "+大口袋"},
    {"衣样式: 衬衫; 颜色: 白色", "一件白衬衫", "+白衬衫"},
    {"衣样式: 衬衫", "一件白衬衫", "-白衬衫"},
    {"衣样式: 毛衣", "毛衣链也好看", "+毛衣"},
    {"类型: 上衣; 材质: 雪纺", "雪纺衫轻盈", "+雪纺衫"},
    {"衣样式: 卫衣", "连帽卫衣，卫衣", "-连帽卫衣|+卫衣"},
    {"衣样式: 卫衣; 衣款式: 连帽", "连帽卫衣", "+连帽卫衣"},
    {"衣样式: 外套", "大衣和夹克", "-大衣|-夹克"},
    {"衣样式: 风衣", "外套", "+外套"},
    {"款式: 两件套", "三件套", "-三件套"},
    {"图案: 字母", "字母印花", "-字母印花"},
    {"图案: 字母、印花", "字母印花", "+字母印花"},
    {"材质: 牛皮", "头层牛皮", "-头层牛皮"},
    {"弹力: 微弹", "弹力够用，高弹", "+弹力|-高弹"},
    {"佩戴方式: 骨传导", "入耳式", "-入耳式"},
    {"标语: 最美", "最好的，最美的", "-最好|+最美"},
    {"保修: 一年保修", "终身保修", "-终身保修"},
    /* zh: numbers */
    {"重量: 2.6kg", "只有2.6公斤", "+2.6公斤"},
    {"重量: 2.6kg", "只有2600克", "+2600克"},
    {"重量: 2.6kg", "只有2.5公斤", "-2.5公斤"},
    {"重量: 500g", "重一斤", "+一斤"},
    {"容量: 1.7 L", "1700毫升的容量", "+1700毫升"},
    {"容量: 1.7 L", "1.5升的容量", "-1.5升"},
    {"尺寸: 45×30×15 cm", "宽30厘米", "+30厘米"},
    {"尺寸: 45×30×15 cm", "宽300毫米，高0.15米", "+300毫米|+0.15米"},
    {"尺寸: 45×30×15 cm", "宽35厘米", "-35厘米"},
    {"屏幕: 15.6英寸", "15.6寸的屏幕", "+15.6寸"},
    {"功率: 2.2 kW", "2200W大功率", "+2200W"},
    {"续航: 8小时", "480分钟续航", "+480分钟"},
    {"续航: 8小时", "续航10小时", "-10小时"},
    {"适用人数: 2", "两人帐篷", "+两人|-帐篷"},
    {"适用人数: 2", "三人帐篷", "-三人|-帐篷"},
    {"尺码: 39-45", "39到45码", "+39|+45码"},
    {"电池: 5000mAh", "5000毫安电池", "+5000毫安"},
    {"适用面积: 30㎡", "30平米的房间", "+30平米"},
    {"噪音: 28 dB（睡眠档）", "28分贝", "+28分贝"},
    {"材质: 92%聚酯纤维, 8%氨纶", "含8%氨纶", "+8%|+氨纶"},
    {"材质: 92%聚酯纤维, 8%氨纶", "含10%氨纶", "-10%|+氨纶"},
    {"防水: IP67", "IP67防水", "+IP67|+防水"},
    {"防水: IP67", "IP68防水", "-IP68|+防水"},
    {"口袋: 两个", "两个口袋", "+两个|+口袋"},
    {"口袋: 两个", "三个口袋", "-三个|+口袋"},
    {"版型: 宽松", "穿出腿长2米的效果", "-2米"},
    {"版型: 宽松", "一件百搭的单品，十分好看，一年四季都能穿，十足的气质", ""},
    {"重量(kg): 3", "重3公斤", "+3公斤"},
    {"保质期: 18个月", "保质18个月", "+18个月"},
    {"适用年龄: 0-3个月", "0到3个月的宝宝", "+0|+3个月|-宝宝"},
    {"价格: 299元", "只要299元", "+299元"},
    {"类型: 裙", "只要299元", "-299元"},
    {"颜色: 黑色", "第一眼就心动", ""},
    {"件数: 4", "四件装", "+四件"},
    {"颜色: 黑色", "二话不说的一颗心，七上八下，一倍的喜欢", ""},
    /* zh: features, negation */
    {"防水: 2000 mm", "防水2000毫米", "+防水|+2000毫米"},
    {"防水: 否", "防水面料", "-防水"},
    {"防水: 否", "这件不防水", "+防水"},
    {"防水: 防泼水", "防水", "-防水"},
    {"降噪: 无", "主动降噪", "-主动降噪"},
    {"香精: 无", "无香精", "+无香精"},
    {"酒精: 无", "不含酒精", "+不含酒精"},
    {"说明: 布料不防水", "防水面料", "-防水"},
    {"说明: 布料不防水", "布料不防水", "+防水"},
    {"洗碗机: 可用", "洗碗机可用", "+洗碗机可用"},
    {"功能: 透气、速干", "透气又速干", "+透气|+速干"},
    {"功能: 透气", "速干", "-速干"},
    {"弹力: 无弹", "弹力面料", "-弹力面料"},
    {"适用人群: 男", "男士款", "+男士"},
    {"适用人群: 男", "女士款", "-女士"},
    {"类型: 裙", "女士的优雅", ""},
    {"季节: 春秋", "适合秋天", "+秋天"},
    {"季节: 春秋", "春秋两季", "+春秋两季"},
    {"季节: 夏季", "适合秋天", "-秋天"},
    {"季节: 四季", "冬天也能用", "+冬天"},
    {"季节: 春季、秋季", "春秋两季", "+春秋两季"},
    /* zh: origin, brand, superlatives, promises */
    {"产地: 浙江", "产自浙江", "+浙江"},
    {"产地: 浙江", "产自福建", "-福建"},
    {"产地: 意大利", "意大利进口", "+意大利进口"},
    {"产地: 中国", "进口面料", "-进口面料"},
    {"品牌: 耐克", "耐克的鞋", "+耐克"},
    {"品牌: 李宁", "耐克的鞋", "-耐克"},
    {"类型: 裙", "最好的选择", "-最好"},
    {"类型: 裙", "最近很火的一款", ""},
    {"类型: 裙", "销量第一，全网最低价", "-销量第一|-全网最低"},
    {"标语: 最美的夏天", "最美的夏天", "+最美|+夏天"},
    {"类型: 裙", "顶级做工，独一无二", "-顶级|-独一无二"},
    {"类型: 裙", "终身保修，全国包邮", "-终身保修|-全国包邮"},
    {"保修: 两年保修", "两年保修", "+两年|+保修"},
    {"类型: 裙", "七天无理由退货", "-七天无理由"},
    {"类型: 裙", "国家专利", "-国家专利"},
    {"风格: 优雅", "优雅舒适，时尚百搭", "+优雅"},
    {"类型: 裙", "优雅舒适，时尚百搭", ""},
    {"類型: 裙; 顏色: 黑色", "黑色純棉", "+黑色|-純棉"},
    /* en */
    {"color: navy blue", "A blue shirt", "+blue|-shirt"},
    {"color: blue", "A navy blue shirt", "-navy blue|-shirt"},
    {"color: navy", "in Navy Blue", "+Navy Blue"},
    {"color: black, white", "black and white stripes", "+black and white|-stripes"},
    {"color: grey", "gray body", "+gray"},
    {"color: red", "It reduces glare and is covered", ""},
    {"color: white", "a white noise machine", ""},
    {"material: 100% cotton", "pure cotton", "+pure cotton"},
    {"material: 100% cotton", "soft cotton fabric", "+cotton"},
    {"material: cotton", "100% cotton", "+100% cotton"},
    {"material: cotton-polyester blend", "100% cotton", "-100% cotton"},
    {"material: cotton, linen", "a cotton-linen mix", "+cotton-linen"},
    {"material: leather", "genuine leather upper", "-genuine leather"},
    {"material: genuine leather", "leather upper", "+leather"},
    {"material: faux leather", "leather upper", "-leather"},
    {"material: stainless steel", "a steel body", "+steel"},
    {"material: steel", "a stainless steel body", "-stainless steel"},
    {"material: merino wool", "wool that breathes", "+wool"},
    {"material: 18/10 stainless steel", "stainless steel", "+stainless steel"},
    {"filling: down", "A down jacket", "-down jacket"},
    {"filling: polyester", "The price went down", ""},
    {"pattern: striped", "stripes and checks", "+stripes"},
    {"collar: crew neck", "crew-neck tee", "+crew-neck|-tee"},
    {"collar: crew neck", "V-neck tee", "-V-neck|-tee"},
    {"dishwasher: safe", "dishwasher safe", "+dishwasher safe"},
    {"dishwasher: not safe", "dishwasher safe", "-dishwasher safe"},
    {"waterproof: no", "It is waterproof", "-waterproof"},
    {"waterproof: no", "It is not waterproof", "+waterproof"},
    {"waterproof: 2000 mm", "waterproof to 2000 mm", "+waterproof|+2000 mm"},
    {"waterproof: water-repellent", "waterproof", "-waterproof"},
    {"noise cancelling: none", "noise cancelling headphones", "-noise cancelling|-headphones"},
    {"silicone: none", "silicone-free", "+silicone-free"},
    {"alcohol: none", "alcohol free", "+alcohol free"},
    {"weight: 2.1 kg", "weighs 2100 g", "+2100 g"},
    {"weight: 2.1 kg", "weighs 2.2 kg", "-2.2 kg"},
    {"weight: 1 lb", "weighs 454 g", "+454 g"},
    {"size: 10 in", "25.4 cm wide", "+25.4 cm"},
    {"capacity: 2 people", "a two-person tent", "+two-person|-tent"},
    {"capacity: 2 people", "a three-person tent", "-three-person|-tent"},
    {"battery life: 8 hours", "8 h of play", "+8 h"},
    {"battery life: 8 hours", "480 minutes of play", "+480 minutes"},
    {"power: 1.8 kW", "1800 W", "+1800 W"},
    {"price: $50", "only $50", "+50"},
    {"color: red", "only $50", "-50"},
    {"season: spring, summer", "for summer walks", "+summer"},
    {"season: spring, summer", "for winter walks", "-winter"},
    {"season: spring", "a spring-loaded hinge", ""},
    {"origin: Italy", "Italian leather", "+Italian|-leather"},
    {"origin: Italy", "made in France", "-made in France"},
    {"for: men", "a man's watch", "+man's"},
    {"for: men", "for women", "-women"},
    {"for: women's", "for women", "+women"},
    {"color: red", "the best shirt in the world", "-best|-shirt|-in the world"},
    {"color: red", "lifetime warranty and free shipping", "-lifetime warranty|-free shipping"},
    {"color: red", "#1 choice, world-class", "-#1|-world-class"},
    {"warranty: 2 years", "2 year warranty", "+2 year|+warranty"},
    {"color: red", "certified organic", "-certified|-organic"},
    {"color: red", "a comfortable, stylish shirt", "-shirt"},
    {"switch: blue switch", "blue switches", "+blue switches"},
    {"battery life: mains powered", "It runs for mains powered on a charge", "-runs for mains"},
    {"battery life: mains powered", "It has a battery life of mains powered", "-battery life of mains"},
    {"battery life: mains powered", "Battery life: mains powered", ""},
    {"battery life: 8 hours", "It runs for up to 8 hours", "+8 hours"},
    {"weight: light", "It weighs light", "-weighs light"},
    {"weight: 2 kg", "It weighs only 2 kg", "+2 kg"},
    {"shelf life: long", "It keeps for long", "-keeps for long"},
    {"color: red", "dress it up or down", ""},
    {"size: S, M, L", "pocket-sized", ""},
    {"pockets: two", "two pockets", "+two pockets"},
    {"pockets: two", "2 pockets", "+2 pockets"},
    {"pockets: two", "four pockets", "-four pockets"},
};

static void describe(const struct facts *f, struct strbuf *out)
{
    for (size_t i = 0; i < f->n; i++) strbuf_printf(out, "%s%c%s", i ? "|" : "", f->items[i].field ? '+' : '-', f->items[i].claim);
}

static void case_by_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const struct example *e = &examples[i];
        struct record r;
        struct facts f;
        struct strbuf got = {0};
        if (record_from_attributes(e->record, strlen(e->record), &r) != OK) fail_msg("'%s': %s", e->record, status_message());
        assert_int_equal(facts_check(lexicon, &r, e->text, strlen(e->text), &f), OK);
        describe(&f, &got);
        if (strcmp(strbuf_str(&got), e->claims) != 0) fail_msg("'%s' of '%s': '%s', not '%s'", e->text, e->record, strbuf_str(&got), e->claims);
        strbuf_release(&got);
        facts_release(&f);
        record_release(&r);
    }
}

static void check(const char *record, const char *text, struct facts *f)
{
    struct record r;
    assert_int_equal(record_from_attributes(record, strlen(record), &r), OK);
    assert_int_equal(facts_check(lexicon, &r, text, strlen(text), f), OK);
    record_release(&r);
}

static void facts_name_kind_field_and_place(void **state)
{
    (void)state;
    const char *text = "這件 Ｖ領 純棉T恤，重 200 g，最好。";
    struct facts f;
    check("领型: V领; 材质: 棉; 重量: 0.2kg", text, &f);
    static const struct { const char *claim, *field; enum claim_kind kind; } expected[] = {
        {"Ｖ領", "attributes.领型", CLAIM_PART}, {"純棉", "attributes.材质", CLAIM_MATERIAL}, {"T恤", NULL, CLAIM_VALUE},
        {"200 g", "attributes.重量", CLAIM_NUMBER}, {"最好", NULL, CLAIM_SUPERLATIVE}};
    assert_int_equal(f.n, 5);
    for (size_t i = 0; i < f.n; i++) {
        assert_string_equal(f.items[i].claim, expected[i].claim);
        assert_int_equal(f.items[i].kind, expected[i].kind);
        assert_memory_equal(text + f.items[i].begin, f.items[i].claim, f.items[i].end - f.items[i].begin);
        assert_int_equal(f.items[i].end - f.items[i].begin, strlen(f.items[i].claim));
        if (expected[i].field) assert_string_equal(f.items[i].field, expected[i].field);
        else assert_null(f.items[i].field);
    }
    assert_int_equal(facts_unsupported(&f), 2);
    facts_release(&f);
}

/* Fields of a product: an attribute is the better reference than running text, and every language supports. */
static void product_fields(void **state)
{
    (void)state;
    const struct attribute attributes[] = {
        {.name = "颜色", .value = "黑色", .language = "zh"}, {.name = "color", .value = "black", .language = "en"},
        {.name = "重量", .value = "0.9 kg", .language = ""}};
    const struct product p = {.id = "x", .title = "途见 双肩包 黑色", .title_zh = "途见 双肩包 黑色", .title_en = "Tujian Backpack", .brand = "途见",
                              .category = "箱包 > 双肩包", .category_zh = "箱包 > 双肩包", .category_en = "Bags", .description = "面料防泼水，拉链处不防水。",
                              .description_zh = "面料防泼水，拉链处不防水。", .description_en = "", .url = "", .image = "", .price = 23900, .attributes = attributes,
                              .n_attributes = 3};
    struct record r;
    struct facts f;
    const char *text = "黑色双肩包，重900克，防泼水，防水，239元。A black backpack.";
    static const struct { const char *claim, *field; } expected[] = {
        {"黑色", "attributes.颜色"}, {"双肩包", "title"}, {"900克", "attributes.重量"}, {"防泼水", "description"}, {"防水", NULL},
        {"239元", NULL}, {"black", "attributes.颜色"}, {"backpack", "title"}};
    if (record_from_product(&p, LANGUAGE_ZH, &r) != OK) fail_msg("%s", status_message());
    assert_int_equal(facts_check(lexicon, &r, text, strlen(text), &f), OK);
    assert_int_equal(f.n, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < f.n; i++) {
        assert_string_equal(f.items[i].claim, expected[i].claim);
        if (!expected[i].field) assert_null(f.items[i].field);
        else if (!f.items[i].field) fail_msg("'%s' is not supported", f.items[i].claim);
        else assert_string_equal(f.items[i].field, expected[i].field);
    }
    facts_release(&f);
    record_release(&r);
}

/* Our tables: all rows read, rich, and each phrase is found as itself. */
static void tables_are_whole(void **state)
{
    (void)state;
    size_t kinds[CLAIM_VALUE + 1] = {0};
    assert_true(lexicon->n_phrases > 5000);
    for (uint32_t i = 0; i < lexicon->n_phrases; i++) {
        struct units u = phrase_units(lexicon, i);
        const struct concept *c = phrase_concept(lexicon, i);
        uint32_t found = lexicon_exact(lexicon, &u, 0, u.n);
        /* "x" and ".x" are two phrases of one spelling: the one that counts in sentences is found first */
        assert_true(found == i || (lexicon->phrases[i].listed_only && !lexicon->phrases[found].listed_only));
        if (c->kind != CLAIM_NONE) kinds[c->kind]++;
        bool single = u.n == 1 && u.items[0].kind == UNIT_HAN && !lexicon->phrases[i].listed_only;
        assert_true(!single || strcmp(lexicon->phrases[i].text, "最") == 0);
    }
    for (int k = CLAIM_MATERIAL; k <= CLAIM_VALUE; k++)
        if (kinds[k] < 40) fail_msg("only %zu phrases of kind %s", kinds[k], claim_kind_name((enum claim_kind)k));
}

static void own_words(void **state)
{
    (void)state;
    struct claim_lexicon *own;
    struct record r;
    struct facts f;
    assert_int_equal(claim_lexicon_new(z, &own), OK);
    size_t before = own->n_phrases;
    assert_int_equal(claim_lexicon_add(own, CLAIM_BRAND, "禾屿", strlen("禾屿")), OK);
    assert_int_equal(claim_lexicon_add(own, CLAIM_BRAND, "Taohe", 5), OK);
    assert_int_equal(claim_lexicon_add(own, CLAIM_COLOUR, "黑色", strlen("黑色")), OK);   /* known already */
    assert_int_equal(claim_lexicon_add(own, CLAIM_VALUE, "", 0), OK);
    assert_int_equal(own->n_phrases, before + 2);
    assert_int_equal(record_from_attributes("brand: taohe", 12, &r), OK);
    const char *text = "TAOHE 出品，不是禾屿的";
    assert_int_equal(facts_check(own, &r, text, strlen(text), &f), OK);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.items[0].kind, CLAIM_BRAND);
    assert_string_equal(f.items[0].field, "attributes.brand");
    assert_null(f.items[1].field);
    facts_release(&f);
    record_release(&r);
    claim_lexicon_free(own);
}

static void any_bytes(void **state)
{
    (void)state;
    struct record r;
    struct rng g;
    static const char alphabet[] = "黑白色纯棉最0123.-%x kg防水不无\xff\xe4 cotton'\"two\0";
    assert_int_equal(record_from_attributes("材质: 棉; 重量: 2 kg", strlen("材质: 棉; 重量: 2 kg"), &r), OK);
    rng_seed(&g, 5);
    for (int round = 0; round < 5000; round++) {
        char text[48];
        size_t n = rng_below(&g, sizeof text);
        struct facts f;
        for (size_t i = 0; i < n; i++) text[i] = alphabet[rng_below(&g, sizeof alphabet)];
        assert_int_equal(facts_check(lexicon, &r, text, n, &f), OK);
        for (size_t i = 0; i < f.n; i++) assert_true(f.items[i].begin <= f.items[i].end && f.items[i].end <= n);
        facts_release(&f);
    }
    record_release(&r);
}

static void failed_allocations(void **state)
{
    (void)state;
    const char *record = "材质: 棉; 重量: 2 kg; 香精: 无", *text = "纯棉，重2公斤，红色";
    bool done = false;
    for (uint64_t k = 1; !done && k < 1000; k++) {
        struct record r;
        struct facts f = {0};
        mem_fail_at(k);
        status s = record_from_attributes(record, strlen(record), &r);
        if (s == OK) s = facts_check(lexicon, &r, text, strlen(text), &f);
        done = mem_fail_at(0) < k;
        assert_int_equal(s, done ? OK : ERR_NOMEM);
        facts_release(&f);
        record_release(&r);
    }
    assert_true(done);
    done = false;
    for (uint64_t k = 1; !done && k < 100000; k += 1 + k / 8) {
        struct claim_lexicon *own = NULL;
        mem_fail_at(k);
        status s = claim_lexicon_new(z, &own);
        done = mem_fail_at(0) < k;
        assert_int_equal(s, done ? OK : ERR_NOMEM);
        claim_lexicon_free(own);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_by_case), cmocka_unit_test(facts_name_kind_field_and_place), cmocka_unit_test(product_fields),
        cmocka_unit_test(tables_are_whole), cmocka_unit_test(own_words), cmocka_unit_test(any_bytes), cmocka_unit_test(failed_allocations),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* What shoppers say to a guide, by what it does: tables of phrases in Chinese and English (their form: read_int.h). Rows are rules, not
 * examples: a row stands here because its words mean the act in any shop. */
#include "read_int.h"

#include <string.h>

static const char *const injection[] = {
    "ignore (all|any|your|the|my|previous|prior|above) * (instruction|instructions|rules|prompt|prompts|guidelines)", "ignore (instructions|everything above|all instructions)", "disregard * (instruction|instructions|rules|prompt)",
    "system prompt", "developer mode", "jailbreak", "you are now", "pretend (to be|you are|that you)", "act as (a|an|if)", "reveal your", "print your (instructions|prompt|rules)", "repeat your (instructions|prompt)",
    "your (instructions|hidden prompt)", "(drop|delete from|insert into|select * from|truncate) table", "<script", "</", "忽略*(指令|提示|规则|要求|设定)", "无视*(指令|提示|规则|设定)", "忘(记|掉)*(指令|提示|规则|设定)", "系统提示词", "系统指令", "提示词",
    "你现在是", "你现在扮演", "(扮演|假装你是|假装自己是)", "开发者模式", "输出你的(指令|提示|规则|设定)", "告诉我你的(指令|提示|规则|设定)", "越狱",
    "(set|change|make) * price* to (0|zero|1)", "everything is free", "(改|变|设|调)(成|为)?(0|零|一|1)(元|块)", "免费送给我", "give me * (for free|100% off)", "全部免费", NULL};
static const char *const abuse[] = {
    "傻逼", "你(怎么)?(真|太|好|这么|那么|是|就是)?(的)?(笨|蠢|傻|没用|烂|垃圾|弱智)", "(真|太)(笨|蠢)了?$", "傻b", "煞笔", "沙比", "傻x", "sb", "妈的", "他妈", "tmd", "操你", "草泥马", "去死", "滚蛋", "滚(开|吧)", "^滚$", "废物", "垃圾(客服|机器人|导购|东西|玩意|软件|系统|店)", "智障", "脑残", "白痴", "蠢货", "笨蛋", "弱智", "王八蛋", "混蛋", "有病吧", "神经病", "骗子", "黑店",
    "fuck", "fucking", "fuck you", "fucker", "shit", "bullshit", "asshole", "bitch", "bastard", "you idiot", "idiot", "stupid (bot|machine|robot|thing|guide|assistant)", "you are (stupid|useless|dumb|an idiot)", "you're (stupid|useless|dumb|an idiot)", "so stupid", "dumb (bot|robot|machine)", "useless (bot|robot|machine|piece)",
    "piece of (crap|garbage)", "shut up", "screw you", "go to hell", "moron", "scam", "scammer", "scammers", NULL};
static const char *const scope[] = {
    "天气", "讲*笑话", "说*笑话", "(写|作)(一)?(首|篇)*(诗|作文|文章|论文|代码|小说)", "写代码", "股票", "彩票", "总统", "政治", "习近平", "特朗普", "选举", "新闻", "世界杯", "谁赢了", "翻译*(成|一下)", "(帮我)?翻译", "算(一)?(道|下)*题", "解方程", "人生的意义", "你(是谁|多大|几岁|叫什么|是男|是女|是人|是机器人|是真人|有女朋友|有男朋友|喜欢我|爱我)", "你是*(机器人|ai|人工智能|chatgpt|gpt)",
    "(唱|放)(一)?首*歌", "你吃(饭)?了", "几点了", "今天(星期|周)几", "今天几号", "明星", "八卦", "算命", "星座", "感冒*(吃|怎么)", "(头疼|发烧|生病)*(药|怎么办)", "聊聊天", "陪我聊", "做我女朋友",
    "weather", "tell * joke", "a joke", "write * (poem|essay|code|song|story|python|script|program)", "(poem|essay) about", "stock market", "lottery", "president", "politics", "election", "who won", "world cup", "translate", "solve * equation", "meaning of life", "who are you", "what are you", "are you (a|an) (robot|bot|human|ai|machine|person|real)", "are you (human|real)", "are you chatgpt", "how old are you",
    "do you (love|like) me", "sing * song", "what time is it", "what day is it", "horoscope", "headline", "the news", "capital of", "your favorite", "your favourite", "do you have (a|any) (girlfriend|boyfriend|feelings)", "medical advice", "what's 2", "math problem", "my homework", "recipe for", NULL};
static const char *const person[] = {
    "人工客服", "转人工", "人工服务", "(找|要|接|换|来)(个|一个|位)?(人工|真人|活人|客服|店员)", "真人客服", "真人", "客服电话", "^人工$", "^客服$", "(跟|和)(人|真人|客服)(说话|聊|谈)", "联系客服", "投诉", "找你们(老板|经理|领导)",
    "(real|human|live) (person|agent|being|human|someone)", "talk to (a|an|some) (person|human|agent|someone|representative|rep)", "speak (to|with) (a|an|the|your|some) (person|human|agent|someone|manager|representative)", "speak to (someone|somebody)", "talk to (someone|somebody|a real person)", "customer (service|support)",
    "human (please|agent)", "^human$", "^agent$", "(an|live) agent", "representative", "complaint", "complain", "your manager", "a manager", "call me back", NULL};
static const char *const service[] = {
    "(礼物|礼品|送礼|生日)(的)?包装(服务)?(吗)?$", "(免费)?包装成礼物", "贺卡", "gift( |-)?(wrap|wrapping|wrapped|wraps)", "greeting card", "订单", "快递", "物流", "发货", "什么时候(能)?(到|送|发)", "(几|多少)天(能|可以|内)?(到|送达|发货)", "多久(能|可以|才)?(到|送|发)", "到货时间", "派送", "配送", "送货", "送到", "包邮", "邮费", "运费", "退货", "退款", "退换", "退掉", "怎么退", "(how|can|could|may|where|when) (do|can|could|may|should|to|i|we|you)* return", "(能|可以|怎么|如何|想|要|给|申请)退", "无理由", "换货", "换(个|一个)?(尺码|码|大一号|小一号|大一码|小一码)(怎么|可以|行|能|要)", "(怎么|如何|可以|能)换货", "发票", "开票", "保修", "质保", "三包", "售后", "维修", "(坏|破|碎|漏)了(怎么|咋|能|可以|找谁)", "收到*(坏|破|碎|瑕疵|发错|少)", "发错", "漏发", "少发",
    "(怎么|如何|可以|能)(付款|支付|付)", "支付方式", "付款方式", "花呗", "分期", "货到付款", "会员(怎么|有什么|等级|权益|积分)", "积分", "实体店", "门店", "营业时间", "自提", "改地址", "修改地址", "地址填错", "改收货", "(取消|撤销)订单", "上门安装", "价保", "保价", "降价*(补|差价)",
    "(my|an|the|this) order", "order (status|number|history)", "track (my|the|it|this|an|your)", "tracking", "where is my (order|package|parcel|stuff)", "ship", "shipping", "shipped", "ships", "deliver", "delivery", "delivered", "delivers", "arrive", "postage", "return (policy|it|this|them|these|something|an|a|the)", "returns", "refund", "refunds", "money back", "send it back", "exchange (it|this|them|the|for|policy|a)", "exchanges", "exchange", "invoice", "receipt", "vat", "warranty", "guarantee", "guaranteed for", "repair",
    "(broken|damaged|defective|faulty) (on|when|item|product|goods|one|parcel)", "arrived (broken|damaged)", "is (broken|damaged|defective)", "wrong (item|size arrived|product)", "payment (method|methods|options)", "pay (with|by|in)", "paypal", "credit card", "alipay", "wechat pay", "instalment", "installments", "cash on delivery", "loyalty", "membership", "loyalty points", "my points", "opening hours", "your (store|shop) (address|location)", "cancel (my|the|an) order", "change (my|the) address", "price match", "price protection", NULL};
static const char *const coupon[] = {"优惠券", "优惠码", "折扣码", "券码", "优惠卷", "代金券", "满减", "有(什么|啥|没有)?(优惠|活动|折扣)", "(打|能)折", "便宜*块钱吗", "能(再)?便宜(点|一点|些)?吗$", "红包", "coupon", "coupons", "promo", "promo code", "discount code", "voucher", "discount", "discounts", "promotion", "promotions", "any deals", NULL};
static const char *const cart[] = {
    "购物车(里)?(都)?(有|是|放)(了)?(什么|啥|哪些|几|多少)", "(看|查|打开|显示)(看|一下|下)?(我的)?购物车", "^(我的)?购物车$", "购物车(现在|一共|总共|合计)", "(一共|总共|合计|加起来|算下来|全部)(是)?(要)?(多少|几)", "(一共|总共)(要)?(花)?多少", "总价", "结(账|算|帐)", "算(一)?下(总)?(价|钱|账)", "去付款", "买单",
    "(my|the|view|show|see|check) (shopping )?(cart|basket)$", "(what is|what's|whats|show me what's|anything) (in|inside) (my|the) (shopping )?(cart|basket|bag)", "^(shopping )?(cart|basket)$", "view (my|the)? (cart|basket)", "show (me )?(my|the) (shopping )?(cart|basket)", "(cart|basket|order) total", "total (cost|price|so far|amount)", "what's the total", "what is the total", "how much (is it|is that|is everything|does it all|does everything|do i owe|in total|all together|altogether|is all)", "check-out", "checkout", "check out", NULL};
static const char *const empty_cart[] = {"清空*购物车", "购物车*清空", "购物车*(全部|都)(删|去|移)", "empty (my|the) (cart|basket|bag)", "clear (my|the) (cart|basket|bag)", "remove everything", "take everything out", NULL};
static const char *const remove_[] = {
    "(删掉|删除|删了|去掉|去除|移除|移出|拿掉|拿出|取出|剔除|扔掉)", "(从)?购物车(里|中)?*(删|去掉|移|拿)", "不(要|买)(了)?$", "(先)?不(买|要)(了)?", "remove", "delete", "take * out", "take out", "drop (the|it|that|this|number|#)", "get rid of", "don't (want|need) * anymore", "no longer (want|need)", "put * back", NULL};
static const char *const add[] = {
    "(加|加入|加到|加进|放|放到|放进|放入|丢进|扔进|添加到|收进)(我的)?(购物车|车)", "加购", "加车", "加(进|到|入)去", "加(一|两|三|四|五|#)(个|件|双|条|台|顶|本|把|瓶|套|支|只|份|盒)$", "(帮我)?(加|放)(上|个|一个|一件)?(到|进|入)?(购物车)", "放(我的)?购物车", "加入(购物车)?",
    "add (it|this|that|them|these|those|both|all|the|number|no|option|item|one|two|three|#)", "add * (to|in) (my|the)? (shopping )?(cart|basket|bag)", "add to (my|the)? (shopping )?(cart|basket|bag)", "add to cart", "put * (in|into) (my|the) (shopping )?(cart|basket|bag)", "(throw|stick|pop|drop) * (in|into) (my|the) (shopping )?(cart|basket|bag)", "(in|into|to) (the|my) (shopping )?(cart|basket|bag)", NULL};
static const char *const buy[] = {
    "就(要|买|选|拿|定|来|它|这|那|第)", "(我|那我|那|那就|就)?(要|买|选|拿|来|下单|订|决定|入手|收)(了)?", "下单", "^买", "买(它|了)", "拿下", "成交", "定了", "订(这|那|第)", "来(一|两|三|#)%", "要(一|两|三|#)%",
    "i'll (take|get|have|buy|go with|go for|order|pick|choose)", "i will (take|get|have|buy|go with|go for|order|pick|choose)", "i'd (like|take)", "let's (go with|take|get|do)", "(going|go) (with|for)", "i want", "i'll", "we'll take", "i choose", "i pick", "give me", "(buy|order|get|take|purchase|pick|choose)", "(decided|settle|settled) (on|for)", "sold", "ill (take|get|have|buy|go with)", NULL};
/* Of these, a mere description is enough ("黑色短靴来一双"); "要红色的" is a wish. */
static const char *const buy_surely[] = {"还是*吧$", "就(要|买|选|拿|定|来|它|这|那|第)", "下单", "^买", "买(它|了|下)", "拿下", "成交", "定了", "来(一|两|三|#)%", "(来|拿)(个|款|件|双|条|台|顶|瓶|套|支|只)", "(我|那我|那)(买|选|拿)", "给我(来|拿)", "i'll (take|get|have|buy|go with|go for|order|pick|choose)", "i will (take|get|have|buy|order)", "let's (go with|take|get)", "(going|go) (with|for)", "i'd take", "(buy|order|purchase|pick|choose)", "(decided|settle|settled) (on|for)", "ill (take|get|have|buy|go with)", NULL};
static const char *const compare[] = {
    "(跟|和|与)*(比|相比)(起来)?(呢|怎么样|如何)?$", "比较(一下|下)", "对比", "比一(比|下)", "^比较", "比较(第|这|前|那|它|这些|一下)", "(做|来)(个|一下)?(比较|对比)", "比比", "哪(个|款|件|双|台|一个|一款|种)(更|比较|会|相对)?(好|值|合适|适合|推荐|划算|值得|实用|耐用|好用|性价比)", "(区别|差别|不同|差异|差在|不一样)", "选哪(个|款|件)", "买哪(个|款|件)", "怎么选", "优缺点", "(各|都)有什么(特点|优点|优势)",
    "compare", "comparison", "difference", "differences", "different between", "differ", "versus", "vs", "which (one |of them |of these |of the two |of the three |model )?(is |would be |do you think is )?(better|best|worth|more worth)", "which (one )?(should|would|do) (i|you)", "pros and cons", "side by side", "how do * compare", "how does * compare", "stack up", NULL};
static const char *const others[] = {
    "(都)?不(太|怎么|大)?(喜欢|满意|合适|行|好看|理想|中意)", "(都)?没(有)?(看上|看中|相中|喜欢的|满意的|合适的)", "换(一)?(批|组|些|几款|几个|别的|其他)", "(换|来)(一)?(个|款)(别的|其他的|不一样的)", "^换(一)?(个|款|件|双)(看看)?$", "(这些|这几%|都)(不要|不行|一般|太丑|难看)", "不要(这|第|那|它|这些)", "不(要|买|想要|考虑)(了)?$", "太丑", "难看", "不好看", "没感觉",
    "none of (these|them|those)", "(don't|do not|didn't|not) (really )?(like|fancy|love|want) (any|it|this|that|these|those|them|the|number|either)", "not (this|that|these|those|the) (one|ones|first|second|third)?", "something (else|different)", "(not|isn't|aren't) (really )?(my (style|thing|taste)|for me|what i|quite what|right)", "not (interested|keen|into)", "not a fan", "not it", "(hate|dislike)", "ugly", "(show|give) (me )?(something|anything) else", "other than (these|those|this|that)", "neither", "try again", NULL};
static const char *const more[] = {
    "还有(别的|其他|其它|更多|没有|没|吗|哪些|什么|啥|几款|另外)", "更多", "下一(页|批|组)", "^下一(个|款|件|双|条)", "再(来|看|给|推荐|找)(我)?(看)?(一些|几|点|一批|#|别的|其他|些)", "再(看看|来|给我看)(别的|其他|其它|更多|几款|几个|#)", "(别的|其他的|其它的)(呢|有吗|还有吗|看看)?$", "多(看|来|推荐|找)(看)?几", "继续(看|推荐|找)?$", "类似(的)?", "(差不多|相似|同类|同类型)(的)?", "(像|跟|和)*(一样|类似|差不多|似的|这样|那样|那种)", "除了(这|那)(些|几%|%)?(以外|之外|还|外)?",
    "(any|some|see|show|show me|got|have|give me|a few|few|what) (me )?(any )?(more|others)", "more (options|like|of|choices|results|please|models|products)", "^more$", "next (page|ones|one|batch|few)", "^next$", "(what|anything|something|who|any) (else|others)", "other (options|choices|ones|models|products)", "similar", "(more|something|anything|one|ones|others|looks|just) like (this|that|the|these|it)", "^like (this|that|the|these|it)", "^others$", "what about others", "keep going", "the rest", NULL};
static const char *const fact[] = {
    "多少(钱|米|克|斤|升|寸|厘米|w|度|人|天|小时)?", "多(重|大|长|宽|高|厚|久|贵|少|深)", "什么(材质|材料|面料|颜色|尺寸|尺码|牌子|品牌|价|做的|味|口味|香味|接口|成分|功能|特点|时候|季节|产地|样|型号|质地|区别)", "(哪里|哪儿|哪国)(产|生产|做|的)", "(材质|材料|面料|尺寸|尺码|重量|价格|价钱|容量|功率|续航|颜色|品牌|产地|成分|参数|配置|详情|评价|口碑|库存|噪音|保质期|现货)(是|有|如何|怎么样|怎样|呢|多少|吗|咋样|几|$)", "(防水|透气|保暖|耐用|好用|结实|舒服|软|硬|厚|薄|重|轻|贵|大|小|静音|吵|沉|掉色|起球|缩水|弹|暖和|耐脏|好洗)(不|吗|么)", "吗$", "么$", "(能|可|会|是|有|带|支持|适合|需要|用|要|含|耐|防|好|值)(不)(能|可|会|是|有|带|支持|适合|需要|用|要|含|耐|防|好|值)", "有没有(货|现货)", "有没有", "是不是", "能不能", "可不可以", "会不会", "怎么样", "怎样", "咋样", "如何$", "几(个|种|人|升|斤|寸|度|瓦|厘米|小时|岁|档|米|件|颗)", "还有(货|库存)", "^(介绍|说说|讲讲|详细)", "(介绍|详细说|说说|讲讲|详情|细说|了解)", "贵不贵", "重不重", "为什么",
    "how (much|heavy|big|large|long|wide|tall|thick|many|loud|deep|warm|old|fast|small|light|noisy|good|often|is|are|does|about)", "what (is|are|colour|colours|color|colors|size|sizes|material|brand|kind|does|do|fabric|about|weight|was)", "what's", "whats", "(is|are|does|do|can|has|have|will|would|was|could|should) (it|this|that|they|these|those|the|number|#|both|either|one|all|i)", "tell me (more|about)", "(more|any) (info|information|details)", "details", "describe", "^about", "in stock", "who makes", "where (is|are|was) (it|this|that|they|the) made", "which (one|ones|of)? (is|are|has|have|comes|come|was)", "^(is|are|does|can|has)", "why", "talk about", "more about", NULL};
static const char *const skip[] = {
    "^(都|都可以|都行|都好|都能|都成|哪个都|怎么都|什么都)(行|可以|好|成|ok)?(的)?(呀)?$", "^随(便|意)", "^(我)?无所谓", "^没(有)?(要求|所谓|关系|讲究|偏好|特别要求|什么要求|特殊要求|特别的|想好|想法|概念)", "^不(限|清楚|确定|知道|在乎|在意|重要|挑|介意|讲究)", "^(你|您)(来)?(定|看着办|决定|推荐|选)", "^看着(办|来)", "^跳过", "^下一(个|题|个问题)", "^不(想)?(回答|说)", "^(我)?(也)?不(知道|懂|太清楚|太懂|晓得)", "^都(可|ok|无所谓|没问题)", "^any$", "^any(thing| one| of them| of those| is fine| works| will do| 's fine)?$", "^anything (is|goes|works|will)", "^whatever", "^(it )?(doesn't|does not|don't|dont|doesnt) (really )?(matter|care|mind)", "^i (don't|do not|dont) (really )?(care|mind|know|have)", "^no (preference|preferences|idea|particular|matter|specific)", "^(either|both|all)( is| are| one)? (fine|ok|okay|good|works|work|great)", "^(skip|pass|next question|next)$", "^(not sure|no clue|unsure|dunno|idk|not really|not important)", "^(up to you|you (choose|decide|pick)|your (choice|call)|surprise me)", "^(i'm|im|i am) (not sure|flexible|open|easy)", "^none$", "^no$", "不差钱", "(money|price|cost) (is |isn't |is not )?(no|an|not an) (object|issue|problem)", "(价格|预算|钱)(不是问题|不重要|无所谓|不限)", NULL};
static const char *const show[] = {
    "(别|不要|不用|别再)(再)?(问|啰嗦|废话)", "直接(推荐|给|看|出|上|列)", "问(题)?(太|这么|那么)多", "(快|赶紧|赶快)(推荐|给我看)", "少问", "just (show|give|recommend|tell|list)", "stop asking", "no more questions", "(enough|too many) questions", "don't ask", "skip the questions", "without questions", NULL};
static const char *const greet[] = {"^(我)?(就|先|只是)?(随便|随意)(看看|逛逛|看一看|瞧瞧|看|逛)(再说)?$", "^(i'm |im |i am )?(just )?(looking around|browsing|having a look|looking)( for now| around)?$", "^(你好|您好|你好啊|您好啊|哈喽|哈啰|嗨|嘿|hi|hello|hey|hallo|hiya|早|早上好|早安|上午好|中午好|下午好|晚上好|晚安|在吗|在么|在不在|有人吗|有人么|亲|亲亲|good morning|good afternoon|good evening|greetings|howdy|yo|hi there|hello there|hey there|what's up|sup|how are you|how's it going)$", NULL};
static const char *const thank[] = {"^*(谢谢|多谢|谢了|感谢|谢谢你|谢谢您|辛苦了|麻烦你了)", "^(ok|好的|好|嗯|行|great|perfect|nice|cool|awesome|wow|lovely)? *(thanks|thank you|thx|ty|cheers|much appreciated)", "^(好的|好|嗯|行|ok|okay|明白了|知道了|收到|懂了|不错|挺好|太好了|可以|got it|great|nice|perfect|cool|awesome|alright|i see|sounds good|good|fine|understood)$", NULL};
static const char *const leave[] = {"^(谢谢|多谢|好的|好|嗯|行|可以)? *(那)?(我)?(就)?(先)?(这些|这么多|这几件)(了|吧|就行|就好|就可以|就够了|够了)?(谢谢)?$", "^(thanks|thank you|great|ok|okay|no)? *(that's|that is|thats|this is|it's) (all|everything|it)( thanks| thank you| for now| for today)?$", "^(再见|拜拜|拜|88|886|下次再(来|说|聊)|先这样|就这样(吧)?|我(先)?走了|我先(撤|下)了|回头(见|再说|再聊)|不(聊|看)了|(那)?(我)?(先)?(再)?(想想|考虑考虑|考虑一下|考虑下|看看再说)|没(别的|其他|什么)(了|事了)?|没事了|晚点再看)", "^(bye|goodbye|good bye|bye bye|see you|see ya|cya|that's all|that is all|thats all|that's it|i'm done|im done|nothing else|take care|good night|talk later|later|have a (good|nice) (day|one)|i'll think about it|let me think|maybe later)", NULL};
static const char *const restart[] = {"重新(开始|来|找|选|搜|说)", "从头(开始|来)", "^重来", "推倒重来", "清空(条件|对话|记录|筛选|所有条件)", "(清除|取消|去掉)(所有|全部)(的)?(条件|要求|筛选)", "换个话题", "(忘|忽略)(掉|了)(前面|之前|刚才)(说)?的", "前面(说)?的(都)?不算", "start (over|again|afresh|from scratch|new)", "^reset", "new search", "forget (everything|all (of )?that|what i said|all i said|about everything)", "clear (everything|all|the filters|filters|all filters)", "let's start (over|again)", "begin again", "from the top", NULL};
static const char *const fresh[] = {   /* words that open another need */
    "再(看看|看|看一下|找|找个|来个|来|帮我看看|帮我找|给我看看|买|推荐|给我找|搜)", "另外(再|还|我)?", "(顺便|顺带|对了|还有就是|还有|此外)", "还(想|要|需要|得|打算)(再)?(看看|看|买|找|一|个|来)", "也(想|要|需要|帮我)(看看|看|买|找|一|个|来)", "(换|改)(个|一个)?(看|买|找)", "我(还)?(想|要|需要)(再)?(看看|看|买|找|一)", "回(到|去看|头看)", "接着看", "(不(买|看|要|找)*了)", "(also|too)? (i )?(also )?(need|want|looking for|look for|am looking for)", "now (show|find|let's|i need|i want|i'm|for|look)", "next (i|up|show)", "what about", "how about", "and (a|an|some|also|maybe)", "another thing", "as well as", "back to", "show me (some|a|an)", "i (also )?(need|want)", "i'm (also )?(looking|after)", "do you (have|sell|carry)", "in addition", "let's (look|see|find)", "switch to", "looking for", "plus", NULL};
static const char *const also[] = {"也(行|可以|好|ok|成|能接受|没问题|不错|喜欢|要)", "还(要|得|需要|必须|想要|可以|希望)", "也(要|得|需要|必须|是|考虑|想要)", "或者", "或", "再加", "加(上|个|一个)?(条件|要求)?", "另外", "并且", "而且", "同时", "最好(也|还|再)?", "不止", "以及", "also", "too", "as well", "or", "and", "plus", "additionally", "in addition", "is (also )?(ok|okay|fine|good|alright)", "works too", "either", "besides", NULL};
static const char *const instead[] = {"换(成|个|为|一个|一下|做)?", "改(成|为|要|看|买|用)", "(还是)?(要|来|看|买)*吧$", "还是", "不是*(是|而是)", "我(是)?(说的是|指的是|想说|的意思是|要的是)", "应该是", "说错了", "打错了", "搞错了", "不对", "其实", "其实是", "算了", "actually", "instead", "rather", "i (meant|mean)", "change (it|that|the|to|this)", "make (it|that)", "switch", "no wait", "wait", "scratch that", "correction", "sorry", "on second thought", "let's (say|make|do|go)", "oops", "not * but", "i said", NULL};
static const char *const cheaper[] = {
    "(更|再|稍微|稍|有没有|有没|有)?(更)?便宜(一)?(点|些)", "更便宜", "(再|稍微|能)?(低|降|少)(一)?(点|些)(价|的价)?", "太贵", "(有点|有些|偏|好|都|都太|真|挺)贵", "贵了", "(价格|价钱|预算)(有点|太|偏)?(高|贵)", "价(格)?(再)?(低|降)(一)?(点|些)", "(买|承受|负担)不起", "超(出)?预算", "(便宜|实惠|平价|性价比高)(一)?(点|些)?的(有|呢|吗|有吗|有没有|没有)", "有(没有|没)?(更)?(便宜|实惠|平价)", "(换|来)(个|款|些)?便宜", "便宜的$", "不要(这么|那么|太)贵",
    "cheaper", "less expensive", "lower (price|priced|cost)", "too (expensive|pricey|much|costly|dear)", "(out of|over|above|beyond) (my|our|the) (budget|price range)", "more affordable", "more budget", "less pricey", "(bit|little|rather|quite) (expensive|pricey|steep)", "can't afford", "knock the price", "inexpensive", NULL};
static const char *const dearer[] = {   /* dearer ones are wanted, or allowed: changes.c tells them apart */
    "(更|再|稍微|稍)?贵(一)?(点|些)", "(价格|价钱|预算|价位)(可以|能|还能)?(再)?(高|加|多|上浮|宽|放宽|提高|涨)(一)?(点|些)?", "(多|加)(花)?(一)?(点|些)(钱)", "高档(一)?(点|些)", "(更|再)?(高端|好|高级)(一)?(点|些)", "(贵|超|高|多)*(也|都)(行|可以|没关系|没事|能接受|无所谓|ok|成|好)", "(稍微|略|微)(超|高|贵)(出)?", "(可以|能|允许)(稍微|略微)?(超|贵|高)(一)?(点|些)?", "放宽(点|一点|些)?预算", "预算(放宽|放松|加|提|上调|可以)",
    "more expensive", "pricier", "(bit|little|slightly|somewhat) (over|above|more|higher)", "(go|stretch|push|spend) * (higher|more|over|further)", "(higher|bigger|raise|increase|stretch|extend|up) * (budget|price)", "budget * (flexible|higher|up|stretch)", "(more|higher) (premium|end|quality)", "premium", "over budget is (fine|ok|okay|alright)", "can stretch", "spend (a (bit|little) )?more", "higher price", "nicer", "a bit more is", "over (is|would be) (ok|okay|fine)", NULL};
static const char *const cheapest[] = {"最(便宜|实惠|低价|省钱)", "价格最低", "最低价", "(从)?(便宜|低)(到|往)(贵|高)", "价格(从低|由低|升序)", "(按)?价格排", "cheapest", "least expensive", "lowest (price|priced|cost)", "most affordable", "(sort|order) by price", "low to high", "price low", NULL};
static const char *const dearest[] = {"最贵", "价格最高", "最(高端|高档)", "(从)?(贵|高)(到|往)(便宜|低)", "价格(从高|由高|降序)", "most expensive", "priciest", "dearest", "highest (price|priced)", "high to low", "top of the (line|range)", "costliest", NULL};
static const char *const rated[] = {"评(分|价|论)(最)?(高|好)", "(口碑|好评)(最|比较)?(好|高|多|率)", "评分(从高|排序|高)", "(按|以)评分", "(highest|best|top|better|well)( -|-| )?(rated|reviewed|rating)", "best (review|reviews|ratings)", "highest (rating|ratings|score)", "good reviews", "most stars", "(sort|order) by rating", NULL};
static const char *const popular[] = {"最(热门|火|热销|受欢迎|畅销|流行)", "(销量|人气)(最)?(高|好|多)?", "(热门|热销|畅销|爆款|网红)(的|款)?", "买的(人)?最多", "卖(得|的)最(好|多|火)", "most popular", "best( -|-| )?sell(ing|er|ers)", "bestseller", "bestsellers", "bestselling", "best selling", "popular (one|ones|choice)", "top selling", "hot selling", NULL};
/* What carries no meaning of its own in a need: taken from the beginning and the end of what becomes a topic's text. */
static const char *const head[] = {
    "^(我|我们|咱|咱们|俺)?(还|也|就|都|再|其实|现在|最近|今天|主要|就是|那|那就|那我)?(是)?(想要|想买|想看看|想看|想找|想|要买|要|需要|打算买|打算|准备买|准备|得买|求购|求|在找|正在找|找一下|找找|找|来|买|看看|看一下|看一看|选|挑|入手)(一下|下)?",
    "^(要不|要不然|不如|那要不)", "^(请|麻烦|拜托)?(你|您)?(帮|给|跟|替)(我|我们|忙|咱|俺)(推荐|找|看|看看|选|挑|介绍|搜|查|列|来|换|买)?(一)?(下|看)?", "^(推荐|介绍|搜一下|搜|查一下|搜索)(一)?(下)?", "^(有没有|有没)(什么|啥|哪些|卖)?", "^有(什么|啥|哪些|卖)", "^(请问|麻烦|你们|你们家|这边|店里|嗯|呃|哦|额|哎|对了|然后|接下来|接着|那么|那|就|好的|行吧|ok|咱们|亲)", "^(一|两|二|三|四|五|几|#)(个|款|件|只|双|台|条|本|把|瓶|张|套|种|样|支|顶|部|块|辆|罐|盒|副|床|盏|根|点|些|身)", "^(些)",
    "^(颜色|款式|牌子|品牌|价格|价位|价钱|预算|尺码|材质|材料|面料|性别|大小|鞋码)(要|得|最好|最好是|换成|改成|是|换|改|就|选|希望|在|:)?", "^(换|改)(成|为|个|一个|一下|做|看|买|要)?", "^(还是|不是|而是|算了|其实|说错了|打错了|搞错了|不对|应该是|我说的是|我指的是|我的意思是|我要的是|我是说)(要|看|来)?", "^(也|都|还|又|再)(要|得|需要|必须|可以|行|ok|是|想要|能接受|没问题|希望|看看|看|来|帮我看看|找|想|有|能)?", "^(最好|必须|一定|务必|尽量|希望|记得|只|只要|只看|可以|要)(是|要|有|能|可以)?", "^(还要|还得|还需要|另外|顺便|顺带|再|以及|并且|而且|同时|和|跟|或者|或|再加|加上|但是|但|不过|如果|因为|所以)", "^(的|吗|呢|吧|了|是)",
    "^(i|we) (am |'m |would |'d |do |also |really |just |actually |now |still |then |think )?(also |really |just |actually |now |still )?(looking|look|searching|search|hunting|shopping|after|need|needs|want|wants|like|prefer|love|have|got)( to buy| to get| to see| to find| to have| to| for| at| is)?", "^(i'm|im|we're|i'd|id|we'd|i've|i'll) (also |really |just |actually |still )?(looking|look|searching|hunting|shopping|after|like|prefer|love|in the market|got|take)( to buy| to get| to see| to find| to have| for| at| to)?", "^(looking|searching|look|search) for", "^(can|could|would|will) you (please )?(show|find|recommend|suggest|give|get|help)( me)?( with)?( find)?", "^(please )?(show|find|recommend|suggest|give|get|help)( me| us)?", "^do you (have|sell|carry|stock|got)", "^(have |got )(you )?(got )?(any|some|a|an)", "^(哪|那)(一)?(个|款|件|双|条|台|顶|种|些|把|本)(的)?", "^(is|are) there", "^(any|some|a|an|the|other|another|more)", "^(what|how) about", "^(never mind|nevermind|forget it|forget that|on second thoughts|let me see|let's see)", "^(my|her|his|their|our|'s|s) ", "^((she|he|they) (really |just )?(likes|loves|enjoys|like|love|enjoy|is into|are into))", "^(birthday|anniversary|christmas|valentine's day|mother's day|father's day|graduation)( present| presents| gift| gifts)?$", "^(a )?(gift|gifts|present|presents|gift idea|gift ideas)( for)?$", "^what (could|can|should|do|would) (i|we) (give|get|buy)( her| him| them)?( for)?$", "^(actually|instead|rather|also|too|as well|please|pls|thanks|thank you|ok|okay|so|well|hmm|um|uh|now|then|just|only|maybe|perhaps|wait|sorry|no wait|no|and|but|or|plus|besides|oh|hi|hello|hey|yes|yeah|sure|ideally|preferably|definitely)",
    "^(给|送|替|帮|为)(我|我家|家里)?(的)?(女儿|儿子|孩子|宝宝|小孩|老婆|老公|媳妇|妻子|丈夫|男友|女友|男朋友|女朋友|朋友|闺蜜|同事|同学|老师|领导|长辈|家人|自己|爷爷|奶奶|外公|外婆|姥姥|姥爷|妹妹|弟弟|姐姐|哥哥)(买|挑|选|找|看|来|用|穿)?(的)?", "^(给|送|替|帮|为) (买|挑|选|找|来|送|看|的|用)", "^(比|像|跟|和) ", "^(她|他|我|我妈|我爸)?(很|比较|最|特别|挺|平时)?(喜欢|爱)(用|吃|喝|看|玩)?", "^(我|她|他)?(过)?(的)?(生日|纪念日|结婚纪念日|情人节|圣诞|圣诞节|母亲节|父亲节|教师节|新年)(的)?(礼物)?$", "^(我|她|他) ", "^送(点|个|件|一个|她|他)?(什么|啥)(好|合适|比较好)?(呢|啊)?$", "^(礼物|礼品)$", "^(than|like|similar to|something like)", "^(别的|其他的|其它的|其他|其它|任何|任意)", "^(keep|keeping|stay|staying) (it|this)?", "^(i meant|i mean|i said|change it to|change to|change that to|change the (color|colour|size|brand|budget|material) to|make it|make that|switch to|let's say|let's make it|let's go with|scratch that|correction|on second thought|that|which)", "^(it|they|it's|its|they're|that|this|he|she) (should|must|has to|have to|needs to|need to|also|can|to|is|are)( be| have| also be)?", "^(should|must|has to|have to|needs to|need to|be|being|is|are|has|to be)( be| have| also be)?", "^(want|need|prefer|get|buy|have|like|add)", "^(in|with|of|to|for|by|from|it|me|my|on|at|that's|that is|thats)", "^(colour|color|size|brand|budget|price|material)( should be| is| to)?", NULL};
static const char *const tail[] = {
    "^(fine|okay|good|great|alright)$", "(是)?哪(一)?(个|款|件|双|条|台|顶|种|些|把|本)$", "(的话|的吗|的呢|的吧|的|吗|呢|吧|呀|啊|了|嘛|哈|啦|么|谢谢|多谢|可以|都可以|行|都行|好的|ok|有吗|有没有|有么|怎么样|如何|就行|就好|就可以|是|要|给我|看看|一下|比较好|为主|优先|最好|和|或|跟|及|还有|以及|也|还|都|再|一|一个|两个)$", "(可以|行|好)(吗|么)$", "(行不行|好不好|可不可以|可以不|行不|好吗|怎样|咋样)$", "(比|像|跟)$", "(than|like|please|pls|thanks|thank you|instead|too|as well|also|actually|then|now|though|maybe|perhaps|is|are|was|be|in|with|for|of|to|my|me|it|if possible|at least|and|or|but|ones|one|something|anything|only|would be (nice|good|great|fine|better)|will do|is (fine|ok|okay|good)|a|an|the|that|which|that's|from|on|by|at)$", NULL};

static const char *const *const tables[CUES] = {
    [CUE_INJECTION] = injection, [CUE_ABUSE] = abuse, [CUE_SCOPE] = scope, [CUE_PERSON] = person, [CUE_SERVICE] = service, [CUE_COUPON] = coupon, [CUE_CART] = cart, [CUE_EMPTY_CART] = empty_cart,
    [CUE_REMOVE] = remove_, [CUE_ADD] = add, [CUE_BUY] = buy, [CUE_BUY_SURELY] = buy_surely, [CUE_COMPARE] = compare, [CUE_OTHERS] = others, [CUE_MORE] = more, [CUE_FACT] = fact, [CUE_SKIP] = skip, [CUE_SHOW] = show,
    [CUE_GREET] = greet, [CUE_THANK] = thank, [CUE_LEAVE] = leave, [CUE_RESTART] = restart, [CUE_NEW] = fresh, [CUE_ALSO] = also, [CUE_INSTEAD] = instead, [CUE_CHEAPER] = cheaper, [CUE_DEARER] = dearer,
    [CUE_CHEAPEST] = cheapest, [CUE_DEAREST] = dearest, [CUE_RATED] = rated, [CUE_POPULAR] = popular, [CUE_HEAD] = head, [CUE_TAIL] = tail,
};

bool cue_find(enum cue c, struct span text, struct span *found)
{
    return phrase_any(tables[c], text, found);
}

/* "有适合油皮的防晒": something is asked for; 有线 and 有机 are words. */
static size_t lone_have(struct span s)
{
    static const char *const words[] = {"有线", "有机", "有氧", "有声", "有色", "有光", "有盖", "有机械"};
    if (s.end - s.begin < 6 || memcmp(s.begin, "有", 3) != 0) return 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (memcmp(s.begin, words[i], 6) == 0) return 0;
    return 3;
}

/* "买双皮鞋": the measure word goes; "买双肩包": it is the thing's own. */
static size_t lone_measure(struct span s)
{
    static const char *const measures[] = {"个", "款", "件", "双", "条", "台", "顶", "瓶", "支", "套", "把", "盒", "部", "辆", "盏", "副", "身", "本", "张"};
    static const char *const things[] = {"双肩", "双人", "双层", "双面", "双拼", "台灯", "台式", "把手", "条纹", "套装", "套头", "盒装", "瓶装", "支架", "本子", "张力", "部件", "件套", "双向", "条形", "顶级", "身体", "副食", "台历", "盒子", "瓶子", "套件", "把玩", "双肩包"};
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++)
        if ((size_t)(s.end - s.begin) >= strlen(things[i]) && memcmp(s.begin, things[i], strlen(things[i])) == 0) return 0;
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++)
        if (s.end - s.begin >= 3 && memcmp(s.begin, measures[i], 3) == 0) return 3;
    return 0;
}

struct span cue_strip(struct span s)
{
    struct span found;
    for (bool moved = true; moved;) {
        moved = false;
        s = span_trim(s);
        if (phrase_at("(#|几|两|三)(个)?(人|口)", s.begin, s.begin, s.end)) break;   /* "两个人用的" */
        if (cue_find(CUE_HEAD, s, &found) && found.end > s.begin) {
            s.begin = found.end;
            s.begin += lone_measure(s);
            moved = true;
        }
        size_t have = lone_have(s);
        if (have) s.begin += have, moved = true;
        if (cue_find(CUE_TAIL, s, &found) && found.begin < s.end) s.end = found.begin, moved = true;
    }
    return s.begin < s.end ? s : (struct span){s.end, s.end};
}

/* The lists that come with the program: this project's own. A shop's go on top (moderation_add_rules). Patterns are parted by
 * '|'; '#' is a digit. Verdict pass is an exception: what lies within it is no hit of that rule. */
#include "moderation_int.h"

const struct moderation_list moderation_lists[] = {
    {"absolute", MODERATION_REVIEW,
     "in the world|best in class|world's best|world best|the best|best ever|best quality|best price|lowest price|"
     "lowest prices|no. 1|no.1|number one|number 1|world's first|world's finest|world leading|"
     "world's leading|world class|industry leading|market leading|finest|unbeatable|unrivalled|unrivaled|unmatched|"
     "unparalleled|unsurpassed|second to none|one and only|one of a kind|ultimate|perfect in every way|flawless|"
     "100% effective|100% safe|guaranteed results|the only|top rated|the greatest|the most advanced|the cheapest|"
     "the safest|the fastest|the strongest|the purest|revolutionary|miracle|miraculous|once in a lifetime|"
     "unprecedented"},
    {"absolute", MODERATION_PASS,
     "best before|best by|best used|best served|best if|best kept|best suited|best for|works best|fits best|"
     "best results when|best washed|best worn|best stored|at best"},
    /* What advertising law calls absolute: the shop must be able to prove it, so a person looks at it. */
    {"absolute", MODERATION_REVIEW,
     "最|第一品牌|全国第一|全网第一|世界第一|行业第一|销量第一|排名第一|口碑第一|质量第一名|第一名|中国第一|亚洲第一|"
     "全球第一|top1|top 1|唯一|独一无二|绝无仅有|前无古人|史无前例|前所未有|空前绝后|举世无双|无与伦比|无可比拟|"
     "无可匹敌|天下无双|盖世无双|国家级|世界级|宇宙级|全国级|特级|顶级|顶尖|顶流|极品|极致|至尊|至臻|终极|巅峰|顶峰|"
     "尖端|首屈一指|数一数二|首选|首家|首款|首个|首发|独家|全网首发|全国首家|全国首款|填补国内空白|填补空白|独创|王牌|"
     "冠军|销冠|销量冠军|霸主|领袖品牌|领导品牌|领先|遥遥领先|万能|百分之百|百分百|绝对|完美无瑕|十全十美|零缺陷|"
     "零风险|永久|永不|永远不会|史上|全网|全网底价|全年底价|底价|最低价|抄底价|击穿底价|跳楼价|国家领导人|国宴|特供|"
     "专供|国家免检|质量免检|免检产品|驰名商标|中国名牌|老字号|领导人推荐|人民大会堂|钓鱼台|点击领奖|恭喜获奖|全民免单|"
     "秒杀全网|售罄即止不再有|再不抢就没了|错过再等一年|错过就没机会了|万人疯抢|疯抢|国际一流|世界一流|一流品质|"
     "一流品牌"},
    /* Everyday words with such a word inside. */
    {"absolute", MODERATION_PASS,
     "最近|最后|最终|最初|最起码|最爱|最多可|最大承重|最大功率|最高水温|最低水温|最小起订|第一次|第一眼|第一时间|"
     "第一步|绝对值|终极版|特级初榨"},
    {"contact", MODERATION_BLOCK,
     "http://|https://|www.|.com|.cn|.net|.org|.shop|.top|.xyz|t.me|bit.ly|@gmail|@qq|@163|@126|@outlook|@hotmail|"
     "@yahoo|email us|e mail us|call us at|text us|whatsapp|telegram|wechat id|add me on|add us on|dm us|dm me|"
     "message me on|line id|pay outside|wire transfer|bank transfer to|+86 ###########|+1 ##########"},
    /* Ways out of the shop. A number as such is one only where it has the length of a telephone number. */
    {"contact", MODERATION_BLOCK,
     "微信号|加微信|加我微信|加微|加v信|加薇|加薇信|加威信|加vx|加wx|微信同号|微信联系|威信号|薇信|徽信|v信|vx号|wx号|"
     "扣扣|加扣扣|加qq|qq号|qq群|企鹅号|扫码加|扫码添加|扫描二维码|扫二维码|加群|拉群|粉丝群|群号|联系电话|客服电话|"
     "咨询电话|热线电话|来电咨询|私信我|私聊|加好友|加我好友|公众号|关注公众号|抖音号|小红书号|快手号|银行卡号|转账到|"
     "线下交易|私下交易|绕过平台|1##########|400#######|800#######|0##-########|0###-#######|手机号码是|拨打电话"},
    {"insult", MODERATION_BLOCK,
     "idiot|moron|imbecile|stupid people|dumbass|dumb ass|retard|retarded|asshole|arsehole|bitch|bullshit|motherfucker|"
     "fuck|fucking|fucked|fucker|shit|shitty|piece of crap|dickhead|douchebag|scumbag|loser like you|fat pig|ugly cow|"
     "white trash|nigger|nigga|chink|gook|faggot|tranny|cripple|go to hell|shut up|screw you|son of a bitch|whore|slut"},
    {"insult", MODERATION_BLOCK,
     "傻逼|傻比|煞笔|沙比|傻叉|傻缺|傻子|傻瓜蛋|蠢货|蠢猪|蠢蛋|笨蛋|白痴|弱智|智障|脑残|脑瘫|神经病|变态狂|混蛋|王八蛋|"
     "王八羔子|龟儿子|狗东西|狗杂种|杂种|畜生|禽兽不如|贱人|贱货|婊子|绿茶婊|妓女养的|滚蛋|死全家|草泥马|艹你|他妈的|"
     "你妈的|你妈逼|尼玛|放屁|狗屁|废物|垃圾人|败类|人渣|死胖子|肥猪|丑八怪|土包子|乡巴佬|穷鬼|屌丝|死娘炮|娘炮|残废|"
     "瘸子|瞎子|矮冬瓜|黑鬼|洋鬼子|小日本鬼子|棒子国|蛮子|操你妈|去死吧"},
    {"sexual", MODERATION_BLOCK,
     "porn|porno|pornography|pornographic|xxx|sex toy|sex toys|vibrator|dildo|masturbator|masturbation|blowjob|"
     "blow job|handjob|anal sex|oral sex|orgasm|nude photo|nude pics|naked girl|naked girls|escort service|prostitute|"
     "prostitution|erotic|erotica|bdsm|cumshot|penis|vagina|clitoris|incest|gang bang|gangbang|child porn|underage|"
     "jailbait|aphrodisiac|penis enlargement|upskirt|raped|gang rape"},
    {"sexual", MODERATION_PASS,
     "rape seed|rape honey|rape oil|rape flower"},
    {"sexual", MODERATION_REVIEW,
     "性感撩人|撩人身姿|诱惑至极|惹火|喷血|血脉喷张|勾引|挑逗|酥胸|巨乳|爆乳|翘臀诱人|胸器|seductive|sexy lingerie|"
     "naughty|x rated|hot girls|busty"},
    {"sexual", MODERATION_BLOCK,
     "色情|黄片|黄色视频|黄色小说|成人视频|成人电影|成人影片|成人用品|情趣用品|情趣内衣|情趣玩具|性用品|性玩具|飞机杯|"
     "充气娃娃|震动棒|振动棒|跳蛋|催情|春药|迷药|壮阳|延时喷剂|增大增粗|阴茎|阴道|阴蒂|生殖器|性交|性爱|做爱|口交|肛交|"
     "群交|自慰|手淫|高潮迭起|潮吹|裸体|裸照|裸聊|露三点|一夜情|约炮|约啪|援交|包养|嫖娼|卖淫|招嫖|楼凤|小姐上门|"
     "上门服务特殊|特殊服务|全套服务|鸭店|制服诱惑|偷拍|走光照|乱伦|强奸|轮奸|迷奸|幼女|萝莉控|恋童|娈童|未成年裸|"
     "av女优|女优|三级片"},
    {"sexual", MODERATION_PASS,
     "做爱心|做爱吃"},
    {"violence", MODERATION_BLOCK,
     "handgun|pistol|rifle|assault rifle|machine gun|shotgun|firearm|ammunition|ammo|silencer for gun|hand grenade|"
     "grenade|explosive device|pipe bomb|bomb making|make a bomb|landmine|switchblade|brass knuckles|stun gun|taser|"
     "crossbow|kill yourself|kill you|kill them all|murder|behead|massacre|terrorist attack|suicide method|how to die|"
     "self harm|animal cruelty|torture"},
    {"violence", MODERATION_PASS,
     "pistol grip|rifle scope bag|glue gun|massage gun"},
    {"violence", MODERATION_BLOCK,
     "枪支|手枪|步枪|冲锋枪|机关枪|狙击枪|猎枪|仿真枪|枪械|弹药|子弹|炸弹|炸药|雷管|手榴弹|手雷|地雷|火药配方|制造炸弹|"
     "土制炸弹|爆炸物|自制枪|管制刀具|匕首|弹簧刀|甩棍|电击器|电棍|指虎|弩箭|军用弩|十字弩|砍人|杀人|杀死|捅死|砍死|"
     "打死|弄死你|灭门|分尸|碎尸|虐杀|虐待动物|虐猫|虐狗|斩首|血腥屠杀|屠杀|恐怖袭击|恐怖主义|自杀方法|自杀教程|割腕|"
     "跳楼自杀|烧炭自杀|安乐死药|自残"},
    {"violence", MODERATION_PASS,
     "子弹头|子弹杯|子弹裤|枪灰色|手枪钻|充电手枪钻|水弹枪|炸弹面包"},
    {"illegal", MODERATION_BLOCK,
     "cocaine|heroin|meth|methamphetamine|crystal meth|ecstasy pills|mdma|lsd|ketamine|fentanyl|opium|marijuana|"
     "cannabis|weed for sale|magic mushrooms|date rape drug|fake id|fake passport|counterfeit|counterfeit money|"
     "replica watch|replica rolex|replica handbag|first copy|stolen goods|stolen credit card|credit card numbers|"
     "money laundering|online casino|casino bonus|sports betting|gambling site|slot machine wins|pirated|"
     "cracked software|license key generator|keygen|spy camera hidden|hidden camera for bathroom|wiretap|"
     "lock pick set for|ivory tusk|elephant ivory|rhino horn|tiger bone|bear bile|pangolin|human organ|kidney for sale|"
     "prescription without|no prescription needed|ponzi|pyramid scheme|get rich quick|buy followers|fake reviews|"
     "paid reviews|exam answers|essay writing service"},
    {"illegal", MODERATION_BLOCK,
     "毒品|冰毒|海洛因|大麻|可卡因|摇头丸|氯胺酮|k粉|麻古|罂粟|鸦片|吗啡|笑气|迷奸水|听话水|蒙汗药|电子烟油上头|"
     "上头电子烟|代购处方药|走私|走私烟|假烟|假酒|假币|假钞|假证|办证|代办证件|假发票|代开发票|开发票代办|洗钱|"
     "银行卡四件套|四件套银行卡|对公账户出售|身份证出售|买卖身份证|个人信息出售|手机卡黑卡|猫池|刷单|刷信誉|刷好评|"
     "好评返现|赌博|赌场|网上赌场|赌球|博彩|六合彩|时时彩|私彩|百家乐|老虎机|澳门葡京|赢钱技巧|出千|作弊器|盗版软件|"
     "破解版软件|翻墙软件|vpn翻墙|窃听器|偷拍设备|针孔摄像头|针孔摄像|定位跟踪器偷|开锁工具技术|万能开锁|象牙|犀牛角|"
     "虎骨|穿山甲|熊胆|野生动物制品|活体野生|玳瑁|人体器官|卖肾|代孕|高仿|a货|精仿|超a|原单尾单|1比1复刻|复刻版名牌|"
     "山寨名牌|传销|资金盘|非法集资|校园贷|裸贷|高利贷|套现|信用卡套现|考试答案|代考|替考|枪手代写|论文代写|游戏外挂|"
     "外挂软件"},
    {"illegal", MODERATION_PASS,
     "大麻布|大麻籽|大麻纤维|工业大麻布|象牙白|象牙色|象牙质|象牙黄|玳瑁色|玳瑁纹|玳瑁框|玳瑁猫"},
    {"medical", MODERATION_REVIEW,
     "treatment for|therapeutic|clinically proven|clinically tested|doctor recommended|recommended by doctors|"
     "dermatologist approved|dermatologist recommended|fda approved|medical grade|hospital grade|prescription|heals|"
     "healing properties|pain relief|relieves pain|boosts immunity|boost your immune system|immune booster|detox|"
     "detoxifies|fat burning|fat burner|weight loss|slimming|anti aging|anti ageing|removes wrinkles|regrows hair|"
     "hair regrowth|prevents hair loss|improves sleep|sleep aid|reduces anxiety|relieves stress|antibacterial|"
     "antiviral|kills germs|kills 99%|kills 99.9%"},
    {"medical", MODERATION_BLOCK,
     "cure|cures|cured|cure cancer|cures cancer|prevents cancer|treats cancer|treats diabetes|cures diabetes|"
     "cures arthritis|lowers blood pressure|lowers blood sugar|no side effects|without side effects|"
     "replaces medication|stop taking your medication|miracle cure|guaranteed weight loss|lose weight fast|"
     "burn fat fast|lose 10 pounds|breast enlargement|grow taller|reverses aging|reverses ageing|heals depression|"
     "covid cure|kills covid|anti cancer"},
    {"medical", MODERATION_PASS,
     "cured leather|cured ham|cured meat|cured in|cure time|uv cured|dry cured|air cured|cured bacon"},
    {"medical", MODERATION_REVIEW,
     "治疗|疗效|医用|药用|处方|医疗|医疗级|医生推荐|专家推荐|临床验证|临床证明|消炎|杀菌率|抗病毒|抗菌率|排毒|清宿便|"
     "燃脂|减肥|瘦身|瘦脸|提高免疫力|增强免疫力|改善睡眠|助眠|缓解疼痛|止痛|活血化瘀|祛湿|补肾|养肝|清肺|延缓衰老|"
     "抗衰老|逆转衰老|祛斑|祛皱|除皱|再生头发|生发|防脱|防脱发|安神|养胃|护眼治近视|干细胞|激活细胞|细胞再生|"
     "cures cancer|prevents cancer|treats diabetes|lowers blood pressure"},
    {"medical", MODERATION_BLOCK,
     "根治|治愈|包治|包治百病|药到病除|神药|特效药|灵丹妙药|祖传秘方|宫廷秘方|抗癌|防癌|治癌|抗肿瘤|消除肿瘤|治疗癌症|"
     "治疗糖尿病|治疗高血压|降血糖|降血压|降血脂|降三高|治疗失眠|治疗脱发|治疗近视|恢复视力|治疗颈椎病|治疗关节炎|"
     "治疗痛风|治疗鼻炎|替代药物|不用吃药|停药|无副作用|无任何副作用|零副作用|无毒副作用|百分百有效|疗效显著|疗效确切|"
     "有效率100%|治愈率|7天见效|三天见效|一次见效|立竿见影|永不复发|不反弹|彻底祛斑|彻底祛痘|彻底脱毛|快速减肥|躺着瘦|"
     "月瘦|丰胸|丰乳|长高神器|断奶神器|治不孕|保胎|生男|转胎"},
};
const size_t n_moderation_lists = sizeof moderation_lists / sizeof moderation_lists[0];

/* Places of origin and well-known brands. A shop's own brands come from its catalogue. How a row is written: claim_tables.h. */
#include "claim_tables.h"

static const char origins[] =
    "国产 中国制造 中国产 made_in_china chinese_made\n"
    "进口 原装进口 进口面料 海外进口 imported import\n"
    "[日本,韩国,法国,意大利,英国,美国,德国,瑞士,瑞典,挪威,丹麦,芬兰,荷兰,比利时,奥地利,西班牙,葡萄牙,希腊,土耳其,俄罗斯,加拿大,墨西哥,巴西,阿根廷,智利,秘鲁,澳洲,新西兰,印度,巴基斯坦,斯里兰卡,孟加拉,泰国,越南,印尼,马来西亚,新加坡,菲律宾,柬埔寨,缅甸,尼泊尔,伊朗,以色列,埃及,摩洛哥,肯尼亚,埃塞俄比亚,南非,哥伦比亚,牙买加,波兰,捷克,匈牙利,爱尔兰,冰岛,乌克兰,蒙古] "
    "[日本,韩国,法国,意大利,英国,美国,德国,瑞士,瑞典,挪威,丹麦,芬兰,荷兰,比利时,奥地利,西班牙,葡萄牙,希腊,土耳其,俄罗斯,加拿大,墨西哥,巴西,阿根廷,智利,秘鲁,澳洲,新西兰,印度,巴基斯坦,斯里兰卡,孟加拉,泰国,越南,印尼,马来西亚,新加坡,菲律宾,柬埔寨,缅甸,尼泊尔,伊朗,以色列,埃及,摩洛哥,肯尼亚,埃塞俄比亚,南非,哥伦比亚,牙买加,波兰,捷克,匈牙利,爱尔兰,冰岛,乌克兰,蒙古]{产,制造,进口,原装} "
    "[japan,korea,france,italy,{england,britain,uk,united_kingdom},{usa,america,united_states},germany,switzerland,sweden,norway,denmark,finland,{holland,netherlands},belgium,austria,spain,portugal,greece,turkiye,russia,canada,mexico,brazil,argentina,.chile,peru,australia,new_zealand,india,pakistan,{sri_lanka,ceylon},bangladesh,thailand,vietnam,indonesia,malaysia,singapore,philippines,cambodia,myanmar,nepal,iran,israel,egypt,morocco,kenya,ethiopia,south_africa,colombia,jamaica,poland,czech,hungary,ireland,iceland,ukraine,mongolia] "
    "made_in_[japan,korea,france,italy,{england,britain},{usa,america},germany,switzerland,sweden,norway,denmark,finland,holland,belgium,austria,spain,portugal,greece,turkey,russia,canada,mexico,brazil,argentina,chile,peru,australia,new_zealand,india,pakistan,sri_lanka,bangladesh,thailand,vietnam,indonesia,malaysia,singapore,philippines,cambodia,myanmar,nepal,iran,israel,egypt,morocco,kenya,ethiopia,south_africa,colombia,jamaica,poland,czech,hungary,ireland,iceland,ukraine,mongolia]\n"
    "[japanese,korean,french,italian,british,american,german,swiss,swedish,norwegian,danish,finnish,dutch,belgian,austrian,spanish,portuguese,greek,turkish,russian,canadian,mexican,brazilian,argentinian,chilean,peruvian,australian,indian,ceylonese,thai,vietnamese,indonesian,malaysian,singaporean,nepalese,persian,israeli,egyptian,moroccan,kenyan,ethiopian,south_african,colombian,jamaican,polish_made,czech_made,hungarian,irish,icelandic,mongolian] "
    "& [日本,韩国,法国,意大利,英国,美国,德国,瑞士,瑞典,挪威,丹麦,芬兰,荷兰,比利时,奥地利,西班牙,葡萄牙,希腊,土耳其,俄罗斯,加拿大,墨西哥,巴西,阿根廷,智利,秘鲁,澳洲,印度,斯里兰卡,泰国,越南,印尼,马来西亚,新加坡,尼泊尔,伊朗,以色列,埃及,摩洛哥,肯尼亚,埃塞俄比亚,南非,哥伦比亚,牙买加,波兰,捷克,匈牙利,爱尔兰,冰岛,蒙古]\n"
    "[北京,上海,天津,重庆,河北,山西,辽宁,吉林,黑龙江,江苏,浙江,安徽,福建,江西,山东,河南,湖北,湖南,广东,海南,四川,贵州,云南,陕西,甘肃,青海,台湾,内蒙古,广西,西藏,宁夏,新疆,香港,澳门] "
    "[beijing,shanghai,tianjin,chongqing,hebei,shanxi,liaoning,jilin,heilongjiang,jiangsu,zhejiang,anhui,fujian,jiangxi,shandong,henan,hubei,hunan,guangdong,hainan,sichuan,guizhou,yunnan,shaanxi,gansu,qinghai,taiwan,inner_mongolia,guangxi,tibet,ningxia,xinjiang,hong_kong,macau]\n"
    "[杭州,西湖,龙井,苏州,无锡,宜兴,景德镇,义乌,温州,广州,深圳,佛山,东莞,潮州,泉州,德化,安溪,武夷山,福鼎,政和,正山,桐木,祁门,黄山,六安,太平,信阳,洞庭,普洱,勐海,西双版纳,临沧,凤庆,安吉,蒙顶山,长白山,五常,阳澄湖,赣南,烟台,阿克苏,吐鲁番,和田,阿拉善,五台山,龙泉,醴陵,南京,成都,西安,武汉,青岛,大连,哈尔滨,宁波,绍兴,金华,东北,江南,西北,云贵] "
    "[hangzhou,west_lake,longjing,suzhou,wuxi,yixing,jingdezhen,yiwu,wenzhou,guangzhou,shenzhen,foshan,dongguan,chaozhou,quanzhou,dehua,anxi,wuyi,fuding,zhenghe,zhengshan,tongmu,keemun,huangshan,lu_an,taiping,xinyang,dongting,pu_er,menghai,xishuangbanna,lincang,fengqing,anji,mengding,changbai,wuchang,yangcheng_lake,gannan,yantai,aksu,turpan,hotan,alxa,wutai,longquan,liling,nanjing,chengdu,xian,wuhan,qingdao,dalian,harbin,ningbo,shaoxing,jinhua,northeast_china,jiangnan,northwest_china,yungui]\n"
    "[巴黎,米兰,伦敦,纽约,东京,首尔,普罗旺斯,托斯卡纳,波尔多,勃艮第,苏格兰,北海道,京都,大马士革,喜马拉雅,亚马逊雨林,夏威夷,佛罗伦萨,瑞士阿尔卑斯,阿尔卑斯] "
    "[{paris,from_paris},{milan,milanese},london,new_york,tokyo,seoul,provence,{tuscany,tuscan},bordeaux_region,{burgundy_region,bourgogne},{scotland,scottish},hokkaido,kyoto,{damascus,damask},{himalaya,himalayan},amazon_rainforest,{hawaii,hawaiian},florence,swiss_alps,{alps,alpine}]\n"
    "[欧洲,欧盟,亚洲,非洲,北美,南美,东南亚,北欧产,中东] [{europe,european},eu_made,{asia,asian},{africa,african},north_american,south_american,southeast_asian,nordic_made,middle_eastern]\n";

static const char brands[] =
    "[耐克,阿迪达斯,彪马,新百伦,匡威,范斯,斐乐,安德玛,亚瑟士,斯凯奇,锐步,美津浓,乐斯菲斯,始祖鸟,哥伦比亚户外,迪卡侬,李宁,安踏,特步,鸿星尔克,回力] "
    "[nike,adidas,puma,new_balance,converse,vans,fila,under_armour,asics,skechers,reebok,mizuno,north_face,arcteryx,columbia_sportswear,decathlon,li_ning,anta,xtep,erke,warrior_shoes]\n"
    "[优衣库,无印良品,海澜之家,波司登,太平鸟,森马,美特斯邦威,杰克琼斯,李维斯,拉夫劳伦,汤米希尔费格,卡尔文克莱恩,巴宝莉,香奈儿,路易威登,古驰,爱马仕,迪奥,普拉达,范思哲,阿玛尼,圣罗兰,巴黎世家,芬迪,蔻驰,博柏利] "
    "[uniqlo,muji,heilan_home,bosideng,peacebird,semir,meters_bonwe,jack_jones,{levi,levis},ralph_lauren,tommy_hilfiger,calvin_klein,burberry,chanel,{louis_vuitton,lv},gucci,hermes,dior,prada,versace,armani,{saint_laurent,ysl},balenciaga,fendi,michael_kors,moncler]\n"
    "[苹果手机,华为,小米,荣耀手机,三星,索尼,飞利浦,松下电器,戴森,博世,西门子,美的电器,海尔,格力,苏泊尔,九阳,小熊电器,联想电脑,惠普,戴尔,华硕,罗技,雷蛇,博士音响,森海塞尔,佳能,尼康,富士胶片,大疆,任天堂,微软,谷歌,亚马逊,特斯拉,倍思,安克,漫步者,飞科,双立人,膳魔师,象印,虎牌保温] "
    "[iphone,huawei,xiaomi,honor_phone,samsung,sony,philips,panasonic,dyson,bosch,siemens,midea,haier,gree,supor,joyoung,bear_appliance,lenovo,hewlett,dell,asus,logitech,razer,bose,sennheiser,canon,nikon,fujifilm,dji,nintendo,microsoft,google,kindle,tesla,baseus,anker,edifier,flyco,zwilling,thermos,zojirushi,tiger_corporation]\n"
    "[ipad,airpods,macbook]\n"
    "[欧莱雅,雅诗兰黛,兰蔻,资生堂,科颜氏,倩碧,海蓝之谜,娇兰,玉兰油,妮维雅,大宝润肤,百雀羚,珀莱雅,薇诺娜,完美日记,花西子,自然堂,理肤泉,雅漾,薇姿,海飞丝,潘婷,清扬,舒肤佳,高露洁,佳洁士,帮宝适,好奇纸尿裤,花王,飞鹤,爱他美,雀巢,星巴克,立顿,好时,德芙,费列罗,可口可乐,百事,茅台,蒙牛,伊利,三只松鼠,良品铺子] "
    "[{loreal,l_oreal},estee_lauder,lancome,shiseido,kiehl,clinique,la_mer,guerlain,olay,nivea,dabao,pechoin,proya,winona,perfect_diary,florasis,chando,la_roche_posay,avene,vichy,head_and_shoulders,pantene,clear_shampoo,safeguard,colgate,.crest,pampers,huggies,kao,feihe,aptamil,nestle,starbucks,lipton,hershey,.dove,ferrero,coca_cola,pepsi,moutai,mengniu,yili,three_squirrels,bestore]\n"
    "[宜家,乐高,迪士尼,漫威,三丽鸥,宝可梦,哈利波特,可优比,费雪,芭比娃娃] [ikea,lego,disney,marvel,{sanrio,hello_kitty},pokemon,harry_potter,qborn,fisher_price,barbie]\n";

const struct claim_table claim_tables_world[] = {
    {CLAIM_ORIGIN, 0, origins},
    {CLAIM_BRAND, 0, brands},
};
const size_t n_claim_tables_world = sizeof claim_tables_world / sizeof claim_tables_world[0];

/* Superlatives, promises, kinds of goods, and the everyday words that only look like claims. How a row is written: claim_tables.h. */
#include "claim_tables.h"

static const char superlatives[] =
    "+最 最佳 最好 最美 最大 最小 最高 最低 最强 最新 最优 最爱 最火 最潮 最in 最热 最受欢迎 最时尚 最适合 最舒适 最柔软 最先进 最流行 最具 最为 最能 最便宜 最值得\n"
    "第一 第1 #1 no.1 no_1 number_one number_1 top_1 top1 头号 第一品牌 全网第一 销量第一 排名第一\n"
    "唯一 独一无二 绝无仅有 独家 only_one one_and_only the_only\n"
    "顶级 顶尖 顶配 顶奢 殿堂级 top_notch top_tier top_quality\n"
    "特级 极品 至尊 至臻 王者 王牌 premium_grade supreme\n"
    "一流 首屈一指 数一数二 first_class world_class first_rate\n"
    "世界级 国际级 国家级 国际一流 世界一流 宇宙级\n"
    "史无前例 前所未有 空前 绝后 前无古人 unprecedented\n"
    "无与伦比 无可比拟 无可匹敌 举世无双 天下无双 独步 unmatched unrivalled unrivaled unbeatable unparalleled unsurpassed second_to_none incomparable\n"
    "首选 首款 首创 首发 首家 首个 全网首发 world_first industry_first first_ever\n"
    "冠军 销冠 销量冠军 霸主 领袖 best_seller best_selling bestselling bestseller top_selling top_rated\n"
    "领先 遥遥领先 领导品牌 行业领先 国际领先 leading market_leading industry_leading world_leading\n"
    "全网 全球 全世界 全宇宙 史上 有史以来 worldwide in_the_world of_all_time\n"
    "万能 全能 百分百 百分之百 百分之一百 绝对 绝佳 永久 永恒 永不 forever absolutely 100_percent guaranteed\n"
    "极致 终极 巅峰 顶峰 天花板 ultimate utmost extreme pinnacle\n"
    "驰名 著名品牌 知名品牌 国际大牌 大牌同款 名牌 明星同款 网红同款 爆款 热销 畅销 爆品 famous_brand celebrity_favourite\n"
    "老字号 百年老店 免检 特供 专供\n"
    "最低价 底价 全网最低 lowest_price\n"
    "best finest greatest perfectest best_in_class best_ever\n"
    "[lightest,softest,strongest,fastest,thinnest,warmest,coolest,smallest,largest,biggest,cheapest,safest,purest,lowest,highest,quietest,brightest,smartest,toughest,newest,latest,hottest,longest,shortest,easiest,richest,freshest,sharpest,widest,deepest,sturdiest,comfiest,loveliest,prettiest,nicest,simplest,cleanest,clearest,finest_quality]\n"
    "[most_comfortable,most_popular,most_advanced,most_powerful,most_beautiful,most_durable,most_efficient,most_versatile,most_affordable,most_reliable,most_trusted,most_loved,most_stylish,most_elegant,most_effective]\n"
    "revolutionary miracle miraculous flawless matchless\n";

static const char promises[] =
    "保修 质保 联保 全国联保 保修期 终身保修 售后无忧 warranty guarantee lifetime_warranty lifetime_guarantee\n"
    "包邮 免邮 免运费 全国包邮 顺丰包邮 free_shipping free_delivery ships_free shipped_free free_postage\n"
    "无理由退换 无理由退货 七天无理由 7天无理由 包退 包换 包退换 退换无忧 免费退换 只换不修 free_returns free_return money_back refund full_refund hassle_free_returns\n"
    "运费险 退货险 shipping_insurance\n"
    "假一赔十 假一赔三 假一罚十 正品保证 正品 保真 专柜正品 官方正品 原装正品 authentic guaranteed_authentic 100%_authentic genuine_product\n"
    "官方授权 官方旗舰 授权经销 官方直营 officially_licensed official_store authorised_dealer authorized_dealer\n"
    "认证 质检 检测报告 权威认证 权威检测 已通过检测 通过检测 certified certification certificate accredited\n"
    "[iso认证,ce认证,3c认证,fda认证,sgs认证,欧盟认证,有机认证,oeko_tex,gots,rohs,fda,ul认证,能效认证] "
    "[iso_certified,ce_certified,3c_certified,fda_approved,sgs_tested,eu_certified,organic_certified,oekotex,gots_certified,rohs_certified,fda_registered,ul_listed,energy_star]\n"
    "专利 专利技术 国家专利 patented patent patent_pending\n"
    "获奖 红点 红点奖 if设计奖 大奖 award award_winning red_dot\n"
    "现货 当天发货 当日发货 24小时发货 48小时发货 次日达 隔日达 闪电发货 极速发货 in_stock same_day_delivery next_day_delivery ships_today fast_shipping same_day_shipping\n"
    "赠品 赠送 附赠 买一送一 送礼 免费赠送 加赠 free_gift buy_one_get_one complimentary_gift bonus_gift\n"
    "打折 折扣 优惠 特价 满减 优惠券 降价 促销 立减 半价 清仓 限时 限时特惠 秒杀 抢购 特惠 低价 discount on_sale clearance coupon half_price special_offer limited_time deal_price price_drop\n"
    "限量 限量版 限定 限定款 联名 联名款 limited_edition special_edition collaboration\n"
    "性价比 物超所值 超值 物美价廉 实惠 value_for_money great_value\n"
    "医生推荐 专家推荐 明星推荐 达人推荐 临床验证 临床测试 皮肤科测试 dermatologist_tested dermatologically_tested doctor_recommended clinically_proven clinically_tested lab_tested\n"
    "终身 终身维护 终身保养 lifetime life_long lifelong\n"
    "免费安装 上门安装 包安装 free_installation\n"
    "分期 免息 免息分期 interest_free instalments installments\n"
    "放心购买 无忧退换 无效退款 satisfaction_guaranteed risk_free\n"
    "疗效 治疗 治愈 根治 药用 医用 医疗级 处方 medical_grade therapeutic cures heals treats_acne\n";

/* Kinds of goods specific enough that a text about something else has no business naming them. */
static const char goods[] =
    "[耳机,音箱,键盘,鼠标,显示器,充电宝,充电器,数据线,智能手表,手环,平板电脑,笔记本电脑,摄像头,路由器,投影仪,相机,无人机,电子书阅读器,行车记录仪,移动硬盘,u盘,手机壳,手机支架,麦克风,扫地机器人,吸尘器,空气净化器,加湿器,除湿机,电风扇,取暖器,吹风机,电熨斗,挂烫机,剃须刀,电动牙刷,电饭煲,电压力锅,空气炸锅,微波炉,烤箱,面包机,咖啡机,榨汁机,破壁机,料理机,豆浆机,电热水壶,电磁炉,洗碗机,洗衣机,电冰箱,空调,热水器,油烟机,净水器,台灯,落地灯,小夜灯] "
    "[{headphones,earphones,earbuds,headset},{speaker,loudspeaker},keyboard,computer_mouse,monitor,power_bank,charger,charging_cable,{smartwatch,smart_watch},fitness_band,{tablet_computer,tablet_pc},laptop,webcam,router,projector,camera,drone,{e_reader,ereader},dash_cam,external_drive,{usb_stick,flash_drive},phone_case,{phone_stand,phone_holder},microphone,robot_vacuum,{vacuum_cleaner,hoover},air_purifier,humidifier,dehumidifier,electric_fan,heater,{hair_dryer,hairdryer},steam_iron,garment_steamer,{shaver,razor},electric_toothbrush,rice_cooker,pressure_cooker,air_fryer,microwave_oven,toaster_oven,bread_maker,{coffee_maker,coffee_machine},juicer,blender,food_processor,soymilk_maker,{electric_kettle,kettle},induction_cooker,dishwasher_machine,washing_machine,{refrigerator,fridge},air_conditioner,water_heater,range_hood,water_purifier,desk_lamp,floor_lamp,night_light]\n"
    "[炒锅,平底锅,汤锅,砂锅,蒸锅,奶锅,菜刀,水果刀,砧板,保温杯,马克杯,玻璃杯,茶壶,茶具,餐具,饭盒,便当盒,保鲜盒,调料罐,削皮刀,开瓶器,打蛋器,电子秤] "
    "[wok,{frying_pan,skillet},stockpot,clay_pot,steamer_pot,milk_pan,{kitchen_knife,chef_knife},paring_knife,{cutting_board,chopping_board},{vacuum_flask,insulated_bottle,thermos_flask},mug,drinking_glass,teapot,tea_set,tableware,food_container,{lunch_box,bento_box},storage_container,spice_jar,peeler,bottle_opener,whisk,kitchen_scale]\n"
    "[帐篷,睡袋,登山杖,登山包,徒步鞋,冲锋裤,头灯,露营灯,露营椅,天幕,防潮垫,炉头,水袋,瑜伽垫,哑铃,跳绳,筋膜枪,滑板,自行车,头盔,泳镜,钓鱼竿,羽毛球拍,网球拍,篮球,足球,乒乓球拍] "
    "[tent,sleeping_bag,trekking_pole,hiking_pack,{hiking_shoes,hiking_boots},shell_pants,{headlamp,head_torch},camping_lantern,camping_chair,tarp,sleeping_pad,camp_stove,hydration_bladder,yoga_mat,dumbbell,skipping_rope,massage_gun,skateboard,bicycle,helmet,swimming_goggles,fishing_rod,badminton_racket,tennis_racket,basketball,football,table_tennis_bat]\n"
    "[面霜,晚霜,眼霜,精华液,爽肤水,化妆水,乳液,面膜,洗面奶,卸妆水,卸妆油,防晒霜,隔离霜,粉底液,气垫,散粉,口红,唇膏,唇釉,眼影,眉笔,眼线笔,睫毛膏,腮红,香水,洗发水,护发素,发膜,沐浴露,身体乳,护手霜,牙膏,漱口水,指甲油] "
    "[{face_cream,moisturiser,moisturizer},night_cream,eye_cream,serum,toner,skin_lotion,body_milk,{face_mask,sheet_mask},{facial_cleanser,face_wash},makeup_remover,cleansing_oil,{sunscreen,sun_cream},primer,foundation,cushion_compact,loose_powder,lipstick,lip_balm,lip_gloss,eyeshadow,eyebrow_pencil,eyeliner,mascara,blusher,perfume,shampoo,hair_conditioner,hair_mask,{body_wash,shower_gel},body_lotion,hand_cream,toothpaste,mouthwash,nail_polish]\n"
    "[绿茶,红茶,白茶,乌龙茶,普洱茶,黑茶,黄茶,花茶,茉莉花茶,咖啡豆,挂耳咖啡,速溶咖啡,蜂蜜制品,坚果礼盒,饼干,月饼,粽子,果酱,麦片,方便面,火腿,腊肠,牛肉干,肉松] "
    "[green_tea,black_tea,white_tea,{oolong,oolong_tea},{pu_erh,puerh},dark_tea,yellow_tea,flower_tea,jasmine_tea,{coffee_beans,whole_beans},{drip_bag_coffee,drip_coffee},instant_coffee,honey_product,nut_gift_box,{biscuit,cookie},mooncake,rice_dumpling,{jam,marmalade},{cereal,muesli},instant_noodles,ham,sausage,beef_jerky,meat_floss]\n"
    "[奶瓶,奶嘴,婴儿车,安全座椅,纸尿裤,婴儿床,绘本,积木,毛绒玩具,爬行垫,围嘴,餐椅,拼图,益智玩具] "
    "[{baby_bottle,feeding_bottle},{teat,pacifier},{stroller,pushchair},car_seat,{diaper,nappy},{crib,cot},picture_book,building_blocks,plush_toy,crawling_mat,bib,high_chair,{jigsaw,puzzle},educational_toy]\n"
    "[床单,被套,枕套,枕头,羽绒被,蚕丝被,床垫,毛巾,浴巾,窗帘,地毯,沙发,茶几,书桌,电脑椅,书架,鞋柜,收纳箱] "
    "[bed_sheet,duvet_cover,pillowcase,pillow,down_duvet,silk_quilt,mattress,hand_towel,bath_towel,curtain,{rug,carpet},sofa,coffee_table,writing_desk,office_chair,bookshelf,shoe_cabinet,storage_box]\n";

static const char harmless[] =
    /* 最, 第一, 全 inside everyday words */
    "最近 最后 最终 最初 最起码 第一眼 第一次 第一时间 第一步 第一印象 第一天 第一颗 第一层 第一感觉   best_before best_wishes best_used best_served all_the_best at_best best_by "
    "latest_update leading_to leading_edge at_least at_most mostly the_most_of make_the_most only_for\n"
    /* words that hold a colour, a collar, a length, a cloth */
    "明白 空白 白天 坦白 白皙 白嫩 显白 白净 黑夜 黑发 黑眼圈 黑科技 红人 网红 走红 爆红 红唇 脸红 红润 红毯 粉丝 粉底 粉嫩 蓝天 蓝天白云 绿植 绿意 绿色环保 绿色食品 绿色出行 灰尘 紫外线 橙子 "
    "银行 金黄时节 黄金比例 黄金分割 黄金周 黄金时期 黄金期 黄昏 金色年华 本色 出色 特色 角色 国色 春色 景色 气色 肤色 夜色 月色 "
    "提高 拉高 拔高 抬高 增高感 升高 降低 大方 地方 对方 四方 官方 远方 八方 东方 西方 独立 直立 站立 建立 成立 树立 修长 加长 延长 拉长 细长 纤长 生长 成长 缩短 敞开 打开 张开 解开 展开 分开 撑开 避开 拉开 "
    "认真 当真 果真 逼真 千真万确 玉米 大米 米饭 皮肤 调皮 俏皮感 顽皮 头皮 表皮 毛孔 毛病 丝毫 一丝 一丝不苟 丝丝 丝滑 丝般 如丝 丝丝入扣 木讷 麻烦 麻木 密密麻麻 铁杆 铁粉 银幕 银装素裹 "
    "小脚丫 小脚趾 手脚 心灵手巧 面对 衬托 衬得 领略 领会 带领 引领 领域 领悟 本领 领衔 首领 衣领 领口 领子 领部 领型 袖口 袖子 袖型 衣袖 裙摆 裙身 裙型 裤腿 裤型 裤身 裤脚 裤管 裤腰 裤口 腰部 腰身 腰线 腰间 下摆 衣身 衣摆 肩部 肩线 胸前 后背 "
    "立体 立体感 立体效果 层次 层次感 设计感 时尚感 高级感 质感 手感 触感 美感 动感 骨感 曲线 曲线美 身材 身形 身段 韵味 魅力 风情 "
    "天鹅颈 蝴蝶骨 门襟 春心 春意 春意盎然 春暖花开 青春活力 青春洋溢 青春靓丽 青春年华 秋千 秋波 秋毫 冬瓜 冬笋 冬菇 夏威夷 夏令营 四季豆 春卷 春联 "
    " 运动员 休闲时光 休闲时刻 女神 女王 女王范 女人味 女友 男友 男友风 男友力 男神 女主角 "
    "弹性就业 无缝衔接 清凉油 天然呆 有机会 有机体 手工业 自动化 防不胜防 保证 确保 保障 保证书 "
    "中国人 韩剧 日本人 美国人 法国人 英国人 英国绅士 海外 国外 国内 全国 国际 北京时间 东北方 西北方 太平洋 太平盛世 南京东路    "
    " 波浪线 海浪 大波浪 波浪卷发 图案 字母表 数字化 "
    "水晶鞋 水晶球 珍珠奶茶 玻璃心 玻璃窗 纸巾 纸上 海绵宝宝 \n"
    /* English: the colour is not the goods', the word is not the claim */
    "white_noise white_space white_paper black_friday black_box blackout green_light green_thumb green_energy green_space red_bull red_tape red_carpet red_wine white_wine rose_wine blue_light blue_tooth orange_juice brown_sugar_water brown_bread "
    "gold_standard golden_rule golden_ratio golden_hour golden_age silver_lining crystal_clear diamond_cut mother_of_pearl olive_branch mint_condition ivory_tower copper_wire "
    "man_made one_man hand_in_hand men_at_work dress_up dress_down dressing dress_it dress_code button_mash zip_code zip_file pocket_sized pocket_size pocket_knife pocket_spring back_pocket_money ribbon_cable "
    "spring_mattress spring_loaded spring_onion spring_water hot_spring spring_back coil_spring spring_roll spring_clean summer_camp summer_school summer_house winter_olympics "
    "glass_of_water rubber_stamp steel_yourself cotton_candy cotton_on cotton_bud silk_road silk_screen lace_your wool_over paper_trail wood_fired stone_age bamboo_shoot walnut_sized nuts_and_bolts honey_coloured camel_ride "
    "casual_glance formal_education classic_car outdoor_air french_press french_fries french_window swiss_roll turkey_breast india_ink chinese_cabbage german_shepherd danish_pastry brussels_sprout "
    "solar_system remote_area silent_night quiet_time cooling_down elastic_demand vacuum_pack wireless_age leading_zero award_ceremony patent_office certificate_of_deposit deal_with cure_time camera_angle laptop_bag laptop_sleeve phone_pocket charger_slot "
    "baby_steps child_s_play adult_size pet_hair coat_of_paint coat_rack jacket_potato print_out print_size letter_box button_cell star_rating heart_rate heart_beat flower_pot animal_cruelty cartoon_network camera_pocket tent_pole helmet_holder in_the_world_of\n"
    /* numbers that count nothing */
    "一年四季 一应俱全 一体 一身 一样 一定 一直 一起 一切 一般 一旦 一边 一面 一旁 一贯 一一 一下 一种 一款 一件 一条 一双 一个 一份 一抹 一点 一些 一番 一分 一丝丝 一场 一步 一眼 一时 一度 统一 唯一性 第一位 之一 万一 "
    "十分 十足 十全十美 百搭 百变 百看不厌 百分 百般 千变万化 千姿百态 千娇百媚 千篇一律 万千 万种风情 万分 万物 万般 万众 三分 三三两两 三五好友 三两 四射 四溢 四周 四肢 五官 五彩缤纷 五颜六色 六神 七彩 八字 两侧 两旁 两边 两端 两者 两用 两全其美 "
    "双重 双手 双脚 双腿 双肩 双臂 双眼 半身 半点 半分 二次元 二者 二八 两不误 一举两得 一石二鸟 三维 四面八方 五指 百年 千年 万年 一年 一天 一日 一夜 一生 一世 一路 一家 一人 一口 一手 一脚 一头 一心 一把 一层 一片 一套 一对 一排 一处 一秒 一刻 "
    " 几种 几款 两全 多种 数种\n";

const struct claim_table claim_tables_speech[] = {
    {CLAIM_SUPERLATIVE, CLAIM_VERBATIM, superlatives},
    {CLAIM_PROMISE, CLAIM_VERBATIM, promises},
    {CLAIM_VALUE, 0, goods},
    {CLAIM_NONE, 0, harmless},
};
const size_t n_claim_tables_speech = sizeof claim_tables_speech / sizeof claim_tables_speech[0];

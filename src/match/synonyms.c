/* Other words for the same thing, where a shop calls it differently than its shoppers: tried where the other word is not much rarer in it. */
#include "match_int.h"

#include <string.h>

/* One group a row, words parted by '|', normalised. Only words that shops use for one thing alone stand here: a wrong reading is
 * worse than none. */
static const char *const groups[] = {
    "背包|双肩包|书包", "行李箱|拉杆箱|旅行箱|登机箱", "跑鞋|跑步鞋", "球鞋|运动鞋", "保温杯|保温瓶|保温壶", "平底锅|煎锅", "电饭锅|电饭煲",
    "电水壶|电热水壶|烧水壶|热水壶", "充电宝|移动电源", "耳麦|耳机", "优盘|u盘", "小孩|儿童|小朋友|孩子", "宝宝|婴儿|婴幼儿", "洗面奶|洁面乳|洁面",
    "防晒霜|防晒乳", "香波|洗发水|洗发露", "沐浴露|沐浴乳", "羽绒衣|羽绒服", "毛衣|针织衫", "帽衫|卫衣", "瑜珈|瑜伽", "木头|木质|实木|原木|榉木",
    "台灯|桌灯", "手电|手电筒", "吹风机|电吹风", "剃须刀|刮胡刀", "加湿器|增湿器", "电扇|风扇|电风扇", "吸尘机|吸尘器", "挎包|单肩包|斜挎包", "钱夹|钱包",
    "砧板|菜板|切菜板", "饭盒|便当盒", "马桶|坐便器", "毛巾|面巾", "凳子|椅子", "冬天|冬季|冬", "夏天|夏季|夏", "春天|春季|春", "秋天|秋季|秋", "上班|通勤", "老公|男士", "老婆|女士",
    "backpack|rucksack|knapsack", "suitcase|luggage", "sneakers|trainers", "flashlight|torch", "headphones|headset", "earbuds|earphones",
    "sofa|couch", "fridge|refrigerator", "faucet|tap", "trash|garbage|rubbish", "cellphone|smartphone", "pants|trousers", "sweater|jumper|pullover",
    "hoodie|sweatshirt", "diaper|nappy", "stroller|pram|pushchair", "lawnmower|mower", "commode|toilet", "drapes|curtains", "carpet|rug", "bathtub|tub",
    "webcam|camera", "moisturizer|moisturiser|moisturising", "color|colour", "gray|grey", "aluminum|aluminium", "unscented|fragrance-free",
    "molding|moulding", "vac|vacuum", "phone|telephone", "bucket|pail", "drywall|sheetrock|plasterboard", "grill|barbecue|bbq", "tv|television",
    "jewelry|jewellery", "tire|tyre", "fiber|fibre",
};

bool synonyms_of(const char *said, size_t n, synonym_visitor visit, void *context)
{
    bool any = false;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        bool member = false;
        for (const char *w = groups[i]; *w && !member; w += strcspn(w, "|"), w += *w == '|') member = strcspn(w, "|") == n && memcmp(w, said, n) == 0;
        for (const char *w = groups[i]; *w && member; w += strcspn(w, "|"), w += *w == '|') {
            size_t length = strcspn(w, "|");
            if (length == n && memcmp(w, said, n) == 0) continue;
            visit(context, w, length);
            any = true;
        }
    }
    return any;
}

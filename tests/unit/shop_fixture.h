/* A small shop in memory, without a model, for the tests of the dialogue. */
#ifndef DAOGOU_SHOP_FIXTURE_H
#define DAOGOU_SHOP_FIXTURE_H

#include "small_shop.h"

static const char shop_feed[] =
    "{\"id\":\"T1\",\"title\":\"双人轻便帐篷 军绿色\",\"title_en\":\"Light Two-Person Tent, Army Green\",\"brand\":\"岭岸 LINGAN\",\"category\":\"户外 > 帐篷\",\"category_en\":\"Outdoor > Tents\",\"price\":\"268\",\"currency\":\"CNY\",\"stock\":5,\"rating\":4.5,\"rating_count\":12,\"attributes\":{\"颜色\":\"军绿色\",\"材质\":\"涤纶\",\"功能\":\"防水, 防风\"}}\n"
    "{\"id\":\"T2\",\"title\":\"四人家庭帐篷 橙色\",\"title_en\":\"Family Tent for Four, Orange\",\"brand\":\"岭岸 LINGAN\",\"category\":\"户外 > 帐篷\",\"category_en\":\"Outdoor > Tents\",\"price\":\"599\",\"currency\":\"CNY\",\"stock\":5,\"rating\":4.1,\"rating_count\":3,\"attributes\":{\"颜色\":\"橙色\",\"材质\":\"涤纶\",\"功能\":\"防水\"}}\n"
    "{\"id\":\"B1\",\"title\":\"通勤双肩包 黑色\",\"title_en\":\"Commuter Backpack, Black\",\"brand\":\"途见\",\"category\":\"箱包 > 双肩包\",\"category_en\":\"Bags > Backpacks\",\"price\":\"199\",\"currency\":\"CNY\",\"stock\":5,\"rating\":4.2,\"rating_count\":300,\"attributes\":{\"颜色\":\"黑色\",\"材质\":\"尼龙\",\"场合\":\"通勤\"}}\n"
    "{\"id\":\"B2\",\"title\":\"学生双肩包 卡其色\",\"title_en\":\"School Backpack, Khaki\",\"brand\":\"途见\",\"category\":\"箱包 > 双肩包\",\"category_en\":\"Bags > Backpacks\",\"price\":\"129\",\"currency\":\"CNY\",\"stock\":5,\"rating\":4.8,\"rating_count\":40,\"attributes\":{\"颜色\":\"卡其色\",\"材质\":\"帆布\",\"场合\":\"上学\"}}\n"
    "{\"id\":\"B3\",\"title\":\"旅行双肩包 藏青色\",\"title_en\":\"Travel Backpack, Navy\",\"brand\":\"行远\",\"category\":\"箱包 > 双肩包\",\"category_en\":\"Bags > Backpacks\",\"price\":\"329\",\"currency\":\"CNY\",\"stock\":0,\"rating\":5.0,\"rating_count\":900,\"attributes\":{\"颜色\":\"藏青色\",\"材质\":\"尼龙\",\"场合\":\"旅行\"}}\n"
    "{\"id\":\"B4\",\"title\":\"登山双肩包 橙色\",\"title_en\":\"Mountain Backpack, Orange\",\"brand\":\"行远\",\"category\":\"箱包 > 双肩包\",\"category_en\":\"Bags > Backpacks\",\"price\":\"459\",\"currency\":\"CNY\",\"stock\":2,\"attributes\":{\"颜色\":\"橙色\",\"材质\":\"尼龙\",\"场合\":\"旅行\",\"功能\":\"防水\"}}\n"
    "{\"id\":\"B5\",\"title\":\"复古双肩包 棕色\",\"title_en\":\"Vintage Backpack, Brown\",\"brand\":\"柯朗\",\"category\":\"箱包 > 双肩包\",\"category_en\":\"Bags > Backpacks\",\"price\":\"89\",\"currency\":\"CNY\",\"stock\":2,\"rating\":3.9,\"rating_count\":7,\"attributes\":{\"颜色\":\"棕色\",\"材质\":\"帆布\",\"场合\":\"通勤\"}}\n"
    "{\"id\":\"S1\",\"title\":\"网面跑步鞋 白色\",\"title_en\":\"Mesh Running Shoes, White\",\"brand\":\"迈凡\",\"category\":\"鞋 > 跑鞋\",\"category_en\":\"Shoes > Running shoes\",\"price\":\"269\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"白色\",\"材质\":\"网布\",\"尺码\":\"36-45\",\"适用人群\":\"男女通用\"}}\n"
    "{\"id\":\"W1\",\"title\":\"头层牛皮钱包 棕色\",\"title_en\":\"Full-Grain Leather Wallet, Brown\",\"brand\":\"柯朗\",\"category\":\"箱包 > 钱包\",\"category_en\":\"Bags > Wallets\",\"price\":\"169\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"棕色\",\"材质\":\"头层牛皮\",\"适用人群\":\"男\"}}\n"
    "{\"id\":\"H1\",\"title\":\"静音加湿器 4L\",\"title_en\":\"Quiet Humidifier 4 L\",\"brand\":\"小穗\",\"category\":\"家电 > 加湿器\",\"category_en\":\"Appliances > Humidifiers\",\"price\":\"189\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"白色, coffee\",\"容量\":\"4 L\"}}\n"
    "{\"id\":\"C1\",\"title\":\"短款羽绒外套 黑色\",\"title_en\":\"Short Down Jacket, Black\",\"brand\":\"青榆\",\"category\":\"女装 > 外套\",\"category_en\":\"Womenswear > Jackets\",\"price\":\"499\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"黑色\",\"材质\":\"鹅绒\",\"季节\":\"冬季\",\"适用人群\":\"女\"}}\n"
    "{\"id\":\"C2\",\"title\":\"薄款防晒外套 白色\",\"title_en\":\"Thin Sun Jacket, White\",\"brand\":\"青榆\",\"category\":\"女装 > 外套\",\"category_en\":\"Womenswear > Jackets\",\"price\":\"159\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"白色\",\"材质\":\"涤纶\",\"季节\":\"夏季\",\"适用人群\":\"女\"}}\n"
    "{\"id\":\"C3\",\"title\":\"Peter England Men Casual Jacket\",\"category\":\"Menswear > Jackets\",\"price\":\"259\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"color\":\"black\",\"usage\":\"casual\",\"gender\":\"men\"}}\n"
    "{\"id\":\"C4\",\"title\":\"Puma Men Sports Jacket\",\"category\":\"Menswear > Jackets\",\"price\":\"279\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"color\":\"red\",\"usage\":\"sports\",\"gender\":\"men\"}}\n"
    "{\"id\":\"C5\",\"title\":\"速干外套 灰色\",\"title_en\":\"Quick-Dry Jacket, Grey\",\"brand\":\"青榆\",\"category\":\"户外 > 外套\",\"category_en\":\"Outdoor > Jackets\",\"price\":\"199\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"灰色\"}}\n"
    "{\"id\":\"G1\",\"title\":\"龙井绿茶 散装\",\"title_en\":\"Longjing Green Tea, Loose\",\"brand\":\"春野\",\"category\":\"食品 > 茶\",\"category_en\":\"Food > Tea\",\"price\":\"89\",\"currency\":\"CNY\",\"stock\":5}\n";

static int shop_set_up(void **state)
{
    return small_shop_open(state, shop_feed);
}

#endif

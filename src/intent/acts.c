/* Which act each label of the shipped sets is. The labels are those of the data sets, in their words: CIC (DataCLUE) and Bitext. */
#include "intent_int.h"

#include <string.h>

static const char *const names[ACTS] = {"order", "delivery", "return", "refund", "invoice", "payment", "promotion", "account", "product", "stock", "complaint",
                                        "chat", "human", "other"};
static const char *const phrases[ACTS][2] = {
    [ACT_ORDER] = {"订单", "an order"}, [ACT_DELIVERY] = {"配送", "delivery"}, [ACT_RETURN] = {"退换货", "a return or exchange"},
    [ACT_REFUND] = {"退款", "a refund"}, [ACT_INVOICE] = {"发票", "an invoice"}, [ACT_PAYMENT] = {"付款", "payment"},
    [ACT_PROMOTION] = {"优惠与价格", "promotions and prices"}, [ACT_ACCOUNT] = {"账户与会员", "an account"}, [ACT_PRODUCT] = {"商品咨询", "a product"},
    [ACT_STOCK] = {"库存", "stock"}, [ACT_COMPLAINT] = {"投诉", "a complaint"}, [ACT_CHAT] = {"闲聊", "small talk"},
    [ACT_HUMAN] = {"人工客服", "talking to a person"}, [ACT_OTHER] = {"其他", "something else"},
};

const char *act_name(enum act a)
{
    return names[a];
}

const char *act_phrase(enum act a, enum language l)
{
    return phrases[a][l == LANGUAGE_EN];
}

struct entry { enum act act; const char *label; };

static const struct entry cic[] = {
    {ACT_ORDER, "买家表示要重拍"}, {ACT_ORDER, "买家表示拍错了"}, {ACT_ORDER, "买家要求改商品信息"}, {ACT_ORDER, "买家要求核对订单信息"},
    {ACT_ORDER, "买家表示无法下单"}, {ACT_ORDER, "买家咨询如何下单"}, {ACT_ORDER, "买家表示已下单付款"}, {ACT_ORDER, "买家表示马上下单付款"},
    {ACT_ORDER, "买家表示不想要了"}, {ACT_ORDER, "买家咨询商品是否可以单买/单卖"},

    {ACT_DELIVERY, "买家咨询是否可以指定快递"}, {ACT_DELIVERY, "买家要求修改收件信息"}, {ACT_DELIVERY, "买家催促发货"}, {ACT_DELIVERY, "买家咨询发货时间"},
    {ACT_DELIVERY, "买家咨询物流信息"}, {ACT_DELIVERY, "买家咨询商家发货地"}, {ACT_DELIVERY, "买家咨询发什么快递"}, {ACT_DELIVERY, "买家要求延迟发货"},
    {ACT_DELIVERY, "买家咨询能否分开/一起发货"}, {ACT_DELIVERY, "买家咨询到货时间"}, {ACT_DELIVERY, "买家表示物流太慢了"},
    {ACT_DELIVERY, "买家咨询是否可以发顺丰"}, {ACT_DELIVERY, "买家表示地址正确"}, {ACT_DELIVERY, "买家咨询快递单号"}, {ACT_DELIVERY, "买家确认地址是否修改成功"},
    {ACT_DELIVERY, "买家咨询偏远地区是否发货"}, {ACT_DELIVERY, "买家咨询运费金额"}, {ACT_DELIVERY, "买家表示收件信息不需要修改了"}, {ACT_DELIVERY, "买家咨询能否到付"},
    {ACT_DELIVERY, "买家要求改运费"}, {ACT_DELIVERY, "买家要求发货检查"}, {ACT_DELIVERY, "买家要求延长收货时间"}, {ACT_DELIVERY, "买家咨询赠品何时发货"},
    {ACT_DELIVERY, "买家表示已经收到货了"}, {ACT_DELIVERY, "买家咨询商品包装"}, {ACT_DELIVERY, "买家表示商家发错地址"},

    {ACT_RETURN, "买家咨询退换货运费由谁承担"}, {ACT_RETURN, "买家咨询退换货规则"}, {ACT_RETURN, "买家咨询退换货支持快递"}, {ACT_RETURN, "买家咨询退换货地址"},
    {ACT_RETURN, "买家咨询商家是否收到寄回的商品"}, {ACT_RETURN, "买家咨询换货发货时间"}, {ACT_RETURN, "买家表示商品已经寄回去了"},
    {ACT_RETURN, "买家表示具体时间寄回去"}, {ACT_RETURN, "买家咨询运费险赔付规则"}, {ACT_RETURN, "买家要求退运费"}, {ACT_RETURN, "买家咨询是否可以拒收"},
    {ACT_RETURN, "买家表示需要退货退款"}, {ACT_RETURN, "买家要求取消退换货退款"}, {ACT_RETURN, "买家咨询退货退款原因选什么"},

    {ACT_REFUND, "买家咨询退款时间"}, {ACT_REFUND, "买家咨询退款去向"}, {ACT_REFUND, "买家咨询退款金额"}, {ACT_REFUND, "买家表示无法申请退款"},

    {ACT_INVOICE, "买家咨询能否开发票及发票类型和寄送时间"}, {ACT_INVOICE, "买家发送开票信息"},

    {ACT_PAYMENT, "买家咨询是否可以微信支付"}, {ACT_PAYMENT, "买家发送支付宝账号"},

    {ACT_PROMOTION, "买家咨询活动规则"}, {ACT_PROMOTION, "买家咨询是否有活动"}, {ACT_PROMOTION, "买家咨询如何领取优惠券"}, {ACT_PROMOTION, "买家讨价还价"},
    {ACT_PROMOTION, "买家咨询商品是否有赠品"}, {ACT_PROMOTION, "买家咨询是否可以打折"}, {ACT_PROMOTION, "买家咨询是否可以改价"},
    {ACT_PROMOTION, "买家咨询买多件能否优惠"}, {ACT_PROMOTION, "买家咨询商品价格"}, {ACT_PROMOTION, "买家咨询返现时间"}, {ACT_PROMOTION, "买家咨询返现金额"},
    {ACT_PROMOTION, "买家咨询返现方式"}, {ACT_PROMOTION, "买家咨询是否有好评返现"}, {ACT_PROMOTION, "买家咨询优惠券使用规则"},
    {ACT_PROMOTION, "买家表示优惠券无法使用"}, {ACT_PROMOTION, "买家咨询能否提前享受优惠"}, {ACT_PROMOTION, "买家表示是老顾客"},
    {ACT_PROMOTION, "买家咨询赠品是否可以自选"}, {ACT_PROMOTION, "买家抱怨商品涨价了"},

    {ACT_ACCOUNT, "买家咨询如何加入会员"}, {ACT_ACCOUNT, "买家咨询自己的旺旺昵称"},

    {ACT_PRODUCT, "买家咨询商品区别"}, {ACT_PRODUCT, "买家咨询商品重量"}, {ACT_PRODUCT, "买家咨询能否定制"}, {ACT_PRODUCT, "买家咨询商品规格数量"},
    {ACT_PRODUCT, "买家咨询商品的材质/面料"}, {ACT_PRODUCT, "买家咨询商品的色差问题"}, {ACT_PRODUCT, "买家咨询是否有味道"},
    {ACT_PRODUCT, "买家咨询商品质量是否有保障"}, {ACT_PRODUCT, "买家咨询商品是什么颜色"}, {ACT_PRODUCT, "买家需要商品推荐"},
    {ACT_PRODUCT, "买家咨询商品具体尺码尺寸"}, {ACT_PRODUCT, "买家对特定款式/颜色表达喜好"}, {ACT_PRODUCT, "买家咨询商品产地"}, {ACT_PRODUCT, "买家咨询什么颜色好看"},
    {ACT_PRODUCT, "买家咨询商品是否有质保，质保多久"}, {ACT_PRODUCT, "买家咨询是否有买家秀"}, {ACT_PRODUCT, "买家咨询哪款更好"}, {ACT_PRODUCT, "买家表示送人的"},

    {ACT_STOCK, "买家咨询补货/上货时间"}, {ACT_STOCK, "买家咨询商品上新时间"}, {ACT_STOCK, "买家咨询商品是不是预售款"},

    {ACT_COMPLAINT, "买家表达不满/生气"}, {ACT_COMPLAINT, "买家反馈收到的商品有问题"}, {ACT_COMPLAINT, "买家表示商家发错货了"}, {ACT_COMPLAINT, "买家要求补偿"},
    {ACT_COMPLAINT, "买家表示伤心难过"},

    {ACT_CHAT, "买家表示麻烦卖家，表达感谢"}, {ACT_CHAT, "买家打招呼"}, {ACT_CHAT, "买家表示好的"}, {ACT_CHAT, "买家表示再看看"}, {ACT_CHAT, "买家表示先买来试试"},
    {ACT_CHAT, "买家表示稍等"}, {ACT_CHAT, "买家表达赞美/满意"}, {ACT_CHAT, "买家发送结束语"}, {ACT_CHAT, "买家向商家表达不好意思"},
    {ACT_CHAT, "买家表示有疑问/不理解"},

    {ACT_HUMAN, "买家催促回复"}, {ACT_HUMAN, "买家要求添加商家微信"},
    {ACT_OTHER, "买家咨询是否有实体店"},
};

static const struct entry bitext[] = {
    {ACT_ORDER, "cancel_order"}, {ACT_ORDER, "change_order"}, {ACT_ORDER, "place_order"}, {ACT_ORDER, "track_order"}, {ACT_ORDER, "check_cancellation_fee"},
    {ACT_DELIVERY, "delivery_options"}, {ACT_DELIVERY, "delivery_period"}, {ACT_DELIVERY, "change_shipping_address"}, {ACT_DELIVERY, "set_up_shipping_address"},
    {ACT_REFUND, "check_refund_policy"}, {ACT_REFUND, "get_refund"}, {ACT_REFUND, "track_refund"},
    {ACT_INVOICE, "check_invoice"}, {ACT_INVOICE, "get_invoice"},
    {ACT_PAYMENT, "check_payment_methods"}, {ACT_PAYMENT, "payment_issue"},
    {ACT_ACCOUNT, "create_account"}, {ACT_ACCOUNT, "delete_account"}, {ACT_ACCOUNT, "edit_account"}, {ACT_ACCOUNT, "switch_account"},
    {ACT_ACCOUNT, "recover_password"}, {ACT_ACCOUNT, "registration_problems"}, {ACT_ACCOUNT, "newsletter_subscription"},
    {ACT_COMPLAINT, "complaint"}, {ACT_COMPLAINT, "review"},
    {ACT_HUMAN, "contact_customer_service"}, {ACT_HUMAN, "contact_human_agent"},
};

static const struct entry *find(const char *set, const char *label)
{
    bool zh = strcmp(set, "zh") == 0;
    const struct entry *table = zh ? cic : bitext;
    size_t n = zh ? sizeof cic / sizeof *cic : sizeof bitext / sizeof *bitext;
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].label, label) == 0) return &table[i];
    return NULL;
}

enum act act_of(const char *set, const char *label)
{
    const struct entry *e = find(set, label);
    return e ? e->act : ACT_OTHER;
}

bool act_known(const char *set, const char *label)
{
    return find(set, label) != NULL;
}

/* Other words for the same thing, as shoppers and shops' documents say them. Used here only: "保修" and "质保" are one in a policy. */
#include "service_int.h"

#include <string.h>

/* One group a row, as terms of the index are: normalised, English stemmed. */
static const char *const groups[] = {
    "退货|退|退掉|退回|寄回|退换|退换货", "换货|换|更换|调换|退换|退换货", "退款|退钱|返款|退回", "运费|邮费|快递费|邮资|运输费", "到账|到帐|收到|打回",
    "快递|物流|顺丰|承运|配送", "发货|寄出|出库|发出|寄|发出来|出货", "送货|送达|到货|派送|配送|送", "多久|几天|什么时候|何时|多长时间|时间|多快|几点",
    "地址|收货地址|收件", "修改|改|更改|变更", "取消|撤销|不要了", "发票|开票|专票|收据", "电子发票|电子", "抬头|公司名|税号", "付款|支付|付钱|付",
    "货到付款|到付", "分期|花呗", "保修|质保|维修|修理|修|坏|故障|三包", "人工|客服|真人", "电话|热线|号码", "邮箱|邮件", "投诉|不满|不满意|举报",
    "会员|等级|银卡|金卡", "积分|分数", "抵扣|抵|抵钱|使用", "生日|生日券", "注销|删除|销户", "优惠券|券|红包|优惠", "满减|凑单|门槛", "破损|损坏|摔坏|压坏|坏",
    "拆封|开封|打开|拆开|用过", "包邮|免邮|免运费", "偏远|新疆|西藏", "港澳台|香港|澳门|台湾|海外|国外|外国|美国|日本|韩国|英国|新加坡|马来西亚|加拿大|澳大利亚|法国|德国|欧洲", "西藏|拉萨|日喀则", "新疆|乌鲁木齐|喀什", "内蒙古|内蒙|呼和浩特|包头", "青海|西宁", "自提|门店|实体店", "加急|当天|当日|次日",
    "尺码|码|大一码|小一码|大一号|小一号|买大|买小", "信用卡|刷卡", "批发|团购|大量|采购|企业", "订单|下单|单子", "丢|丢失|少|漏|漏发|缺", "错|发错|错发|不对", "承担|谁出|谁付|出|付",
    "return|send back", "exchang|swap|replac|switch", "refund|money|reimburs", "ship|deliveri|deliv|dispatch|postag|post|courier", "cost|fee|charg|price|pay|much",
    "arriv|deliv|deliveri|reach|get", "invoic|receipt|fapiao", "warranti|guarante|repair|fix|fault|faulti|defect|broken|broke", "broken|damag|crack|smash|fault|faulti|broke",
    "member|membership|tier|level|silver|gold", "point|reward", "coupon|voucher|code|promo|discount", "birthday|birth", "cancel|call off", "chang|edit|modifi|updat|alter",
    "address|destin", "phone|telephon|call|hotlin|number", "email|mail", "human|agent|person|staff|advisor|repres", "complain|complaint|unhappi|dissatisfi",
    "close|delet|deactiv|remov", "account|profil", "long|when|time|day|fast|soon|quick", "instal|instalment|month", "open|unseal|unbox|us",
    "abroad|oversea|intern|hong|macao|taiwan|singapor|usa|america|uk|canada|australia|japan|korea|germani|franc|malaysia|thailand|europ|foreign", "bulk|busi|compani|corpor|wholesal", "track|where|locat|statu", "free|no charg|complimentari", "size|fit|colour|color", "hour|open", "support|servic|help", "sale|cheaper|drop|reduc|cut", "wrong|mistak|incorrect", "differ|gap",
    "pay|payment|alipay|wechat|card|cash",
};

static bool member_of(const char *group, const char *word, size_t n)
{
    for (const char *w = group; *w; w += strcspn(w, "|"), w += *w == '|')
        if (strcspn(w, "|") == n && memcmp(w, word, n) == 0) return true;
    return false;
}

void service_synonyms(const char *word, size_t n, service_synonym *visit, void *context)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (!member_of(groups[i], word, n)) continue;
        for (const char *w = groups[i]; *w; w += strcspn(w, "|"), w += *w == '|')
            if (strcspn(w, "|") != n || memcmp(w, word, n) != 0) visit(context, w, strcspn(w, "|"));
    }
}

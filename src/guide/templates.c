/* Wordings of our own, in Chinese and English. Several for what is said often, so that a dialogue does not repeat itself; which one is a
 * function of the dialogue and the turn alone, so that a replayed dialogue says the same. {holes} are filled with traced values. */
#include "turn_int.h"

#include <string.h>

enum { VARIANTS = 4 };
static const struct { const char *zh[VARIANTS], *en[VARIANTS]; } phrases[PHRASES] = {
    [PHRASE_UNMET] = {{"没有找到写着“{words}”的。", "“{words}”的暂时没有。"}, {"Nothing here says \"{words}\".", "None of these has \"{words}\"."}},
    [PHRASE_FOUND_MANY] = {{"“{need}”有 {n} 件合适的，先看最贴近的 {k} 件。", "按“{need}”找到 {n} 件，我挑了最合适的 {k} 件。", "店里符合“{need}”的有 {n} 件，先给您看 {k} 件。"},
                           {"{n} products fit \"{need}\"; here are the {k} closest.", "I found {n} for \"{need}\". These {k} come closest.", "For \"{need}\" the shop has {n}; let us start with these {k}."}},
    [PHRASE_FOUND_UNSEEN] = {{"“{need}”有 {n} 件合适的，先看您还没看过的 {k} 件。", "符合“{need}”的有 {n} 件，这 {k} 件您还没看过。"},
                             {"{n} products fit \"{need}\"; here are {k} you have not seen yet.", "I found {n} for \"{need}\", {k} of them here for the first time."}},
    [PHRASE_FOUND_FEW] = {{"“{need}”有 {n} 件合适的，都在这里了。", "符合“{need}”的一共 {n} 件。", "按“{need}”找，店里有这 {n} 件。"},
                          {"{n} products fit \"{need}\"; here they all are.", "For \"{need}\" the shop has these {n}.", "These {n} fit \"{need}\"."}},
    [PHRASE_FOUND_ONE] = {{"“{need}”合适的有一件。", "符合“{need}”的只有这一件。"}, {"One product fits \"{need}\".", "Just one fits \"{need}\"."}},
    [PHRASE_BEST] = {{"最合适的是「{title}」，{price}。", "我会先看「{title}」，{price}。", "首推「{title}」，{price}。"},
                     {"The best fit is {title} at {price}.", "I would look first at {title}, {price}.", "My first pick is {title}, {price}."}},
    [PHRASE_ONLY] = {{"它是「{title}」，{price}。"}, {"It is {title} at {price}."}},
    [PHRASE_UNPRICED] = {{"最合适的是「{title}」。", "我会先看「{title}」。"}, {"The best fit is {title}.", "I would look first at {title}."}},
    [PHRASE_SAVES] = {{"原价 {list}，现在省 {saved}。", "比原价 {list} 少 {saved}。"}, {"It was {list}, so you save {saved}.", "That is {saved} less than its list price of {list}."}},
    [PHRASE_CHEAPEST] = {{"“{need}”里价格最低的是「{title}」，{price}。"}, {"The lowest price for \"{need}\" is {price}: {title}."}},
    [PHRASE_DEAREST] = {{"“{need}”里价格最高的是「{title}」，{price}。"}, {"The highest price for \"{need}\" is {price}: {title}."}},
    [PHRASE_RATED] = {{"“{need}”里评分最高的是「{title}」，{rating} 分。"}, {"The highest rating for \"{need}\" is {rating}: {title}."}},
    [PHRASE_POPULAR] = {{"“{need}”里评价数最多的是「{title}」，{count} 条。"}, {"The most reviewed for \"{need}\" is {title}, with {count} ratings."}},
    [PHRASE_NO_RATING] = {{"这些商品的资料里没有评分，我没法按评分排，先按合适程度给您看。"}, {"These products carry no ratings in the catalogue, so I cannot order them by rating; here they are by fit."}},
    [PHRASE_NOTHING] = {{"没有同时满足“{need}”的商品。", "“{need}”，店里暂时没有完全符合的。"}, {"Nothing in the shop meets all of \"{need}\".", "The shop has nothing for \"{need}\" as it stands."}},
    [PHRASE_NOT_SOLD] = {{"店里没有“{need}”。可以换个说法，或者说说用途，我再找。", "“{need}”这家店没有卖。想找别的可以告诉我。"}, {"The shop does not sell \"{need}\". Tell me what it is for, and I will look for something else.", "There is no \"{need}\" in this shop. Is there something else you need?"}},
    [PHRASE_NOTHING_MORE] = {{"合适的都给您看过了。要不要放宽一个条件？", "没有更多符合的了，换个条件我再找。"}, {"You have seen everything that fits. Shall we loosen one condition?", "There is nothing further that fits; change a condition and I will look again."}},
    [PHRASE_MORE] = {{"再看这几件。", "接着看这几件。", "后面还有这些。"}, {"Here are the next ones.", "These come next.", "A few more:"}},
    [PHRASE_OTHERS] = {{"好的，刚才的先放一边。", "明白，换几件看看。"}, {"All right, those are set aside.", "Understood, let us look at others."}},
    [PHRASE_TOPIC_NEEDED] = {{"好的，记下了。您想找什么商品？", "明白。具体想看哪一类东西？"}, {"Noted. What are you looking for?", "All right. Which kind of product shall I look for?"}},
    [PHRASE_ASK_COLOUR] = {{"想要什么颜色？", "颜色上有偏好吗？"}, {"Which colour would you like?", "Do you have a colour in mind?"}},
    [PHRASE_ASK_MATERIAL] = {{"材质上想要哪种？", "材质有要求吗？"}, {"Which material do you prefer?", "Does the material matter to you?"}},
    [PHRASE_ASK_SIZE] = {{"要什么尺码？", "您穿多大的码？"}, {"Which size do you need?", "What size should it be?"}},
    [PHRASE_ASK_BRAND] = {{"有喜欢的品牌吗？", "品牌上想看哪家的？"}, {"Is there a brand you like?", "Which brand would you like to see?"}},
    [PHRASE_ASK_AUDIENCE] = {{"是给谁用的？", "谁来用呢？"}, {"Who is it for?", "Who will use it?"}},
    [PHRASE_ASK_CATEGORY] = {{"具体是哪一类？", "您指的是哪一种？"}, {"Which kind do you mean?", "What kind should it be?"}},
    [PHRASE_ASK_PRICE] = {{"大概想花多少？", "预算在什么范围？"}, {"Roughly how much would you like to spend?", "What price range suits you?"}},
    [PHRASE_ASK_NAME] = {{"名称里有没有这些字样？", "是下面哪一种？"}, {"Does one of these describe it?", "Is it one of these?"}},
    [PHRASE_ASK_TITLE] = {{"有想要的牌子或名字吗？", "牌子或名字上有偏好吗？"}, {"Is there a make or name you have in mind?", "Would you like a certain make or name?"}},
    [PHRASE_ASK_ATTRIBUTE] = {{"{name}想要哪种？", "{name}有要求吗？"}, {"What about {name}?", "Is there a {name} you prefer?"}},
    [PHRASE_CHOICES] = {{"有{list}；说“都行”也可以。", "店里有{list}，不挑就说“都行”。", "可选{list}，也可以跳过。"},
                        {"There is {list}; \"any\" is fine, too.", "The shop has {list}. If it does not matter, say so.", "Choose from {list}, or skip this."}},
    [PHRASE_ALSO] = {{"也可以一起说：{ask}有{list}。", "另外，{ask}有{list}。"}, {"You may add: {ask} The shop has {list}.", "And, if you like: {ask} For example {list}."}},
    [PHRASE_SKIPPED] = {{"好的，这一点不限。", "没问题，不限这个。"}, {"Fine, that does not matter, then.", "All right, I leave that open."}},
    [PHRASE_COMPARE] = {{"这 {n} 件的不同之处列在表里。", "把这 {n} 件放在一起看："}, {"Here is where these {n} differ.", "Side by side, these {n} differ as follows."}},
    [PHRASE_COMPARE_SAME] = {{"从商品资料看，这 {n} 件没有写明的差别。"}, {"Going by their records, these {n} do not differ."}},
    [PHRASE_COMPARE_TWO] = {{"要比较的话，请告诉我是哪两件，比如“第一个和第三个”。"}, {"To compare, tell me which two, such as \"the first and the third\"."}},
    [PHRASE_SUITS] = {{"{reason}可以选「{title}」（{value}）。", "{reason}就看「{title}」（{value}）。"}, {"If {reason}, take {title} ({value}).", "{title} ({value}) is the one if {reason}."}},
    [PHRASE_MOST] = {{"比{measure}，是「{title}」。", "按{measure}看，是「{title}」。"}, {"By {measure}, that is {title}.", "Going by {measure}: {title}."}},
    [PHRASE_WHY] = {{"推荐「{title}」，是因为：{reasons}。"}, {"Why {title}: {reasons}."}},
    [PHRASE_FACT] = {{"「{title}」的{name}：{value}。", "商品资料里写的是，「{title}」{name}为{value}。"}, {"{title} - {name}: {value}.", "According to its record, {title} has {name}: {value}."}},
    [PHRASE_FACT_QUOTE] = {{"「{title}」的商品描述里说：“{value}”"}, {"The description of {title} says: \"{value}\""}},
    [PHRASE_FACT_UNKNOWN] = {{"「{title}」的资料里没有写“{asked}”，我不想乱说。需要的话可以请人工客服确认。", "关于“{asked}”，「{title}」的资料没有提到，我不能替它保证；要不要转人工问问？"},
                             {"The record of {title} says nothing about \"{asked}\", and I will not guess. A person at the shop can check if you like.", "About \"{asked}\", the record of {title} is silent, so I cannot promise anything. Shall I pass it to a person?"}},
    [PHRASE_STOCK] = {{"「{title}」有货，库存 {n} 件。"}, {"{title} is in stock: {n} left."}},
    [PHRASE_SOLD_OUT] = {{"「{title}」目前没货。"}, {"{title} is sold out at the moment."}},
    [PHRASE_STOCK_UNKNOWN] = {{"「{title}」的库存资料里没有写。"}, {"The catalogue does not say how many of {title} are left."}},
    [PHRASE_SET] = {{"好的，「{title}」改成 {n} 件。", "已改：「{title}」×{n}。"}, {"Done, {title} × {n} now.", "Changed: {title} × {n}."}},
    [PHRASE_ADDED] = {{"已把「{title}」×{n} 放进购物车。", "好的，购物车里加了「{title}」×{n}。"}, {"Added to your cart: {title} x {n}.", "{title} x {n} is in your cart."}},
    [PHRASE_REMOVED] = {{"已把「{title}」从购物车拿掉。"}, {"{title} is out of your cart."}},
    [PHRASE_NOT_IN_CART] = {{"购物车里没有您说的这件。"}, {"That is not in your cart."}},
    [PHRASE_CART] = {{"购物车里有 {n} 件，合计 {total}。", "现在购物车 {n} 件，一共 {total}。"}, {"Your cart holds {n}, {total} in all.", "{n} in your cart, {total} altogether."}},
    [PHRASE_CART_SAVES] = {{"购物车里有 {n} 件，原价 {before}，用上优惠后 {total}，省 {saved}。", "{n} 件一共 {before}，按现有优惠算是 {total}，少花 {saved}。"}, {"Your cart holds {n}: {before}, or {total} with what is on offer, so you save {saved}.", "{n} in your cart for {before}; offers bring that to {total}, {saved} less."}},
    [PHRASE_CART_EMPTY] = {{"购物车还是空的。"}, {"Your cart is empty."}},
    [PHRASE_CART_FULL] = {{"购物车放不下更多品种了（最多 {n} 种），请先拿掉一些。"}, {"The cart cannot take more than {n} different products; take something out first."}},
    [PHRASE_CHOSEN] = {{"好的，就选它。", "好眼光，就它了。"}, {"Good, that one it is.", "All right, this is the one."}},
    [PHRASE_SOLD_OUT_ADD] = {{"「{title}」现在库存只有 {n} 件，没法放这么多。"}, {"Only {n} of {title} are in stock, so I cannot add that many."}},
    [PHRASE_REFERENCE_FAILED] = {{"我没找到您指的是哪一件，能说一下序号或名字吗？", "刚才给您看的里没有对得上的，说序号我就知道了。"}, {"I am not sure which one you mean; could you give its number or name?", "None of those I showed you matches that. Its number would help."}},
    [PHRASE_WHICH] = {{"您说的是哪一件？告诉我序号就行。"}, {"Which one do you mean? Its number is enough."}},
    [PHRASE_HAND_OVER] = {{"好的，我把这段对话的要点转给人工客服，他们会接着帮您：{summary}", "这件事请人工客服来处理更稳妥，我把要点记下了：{summary}"}, {"I am passing this to a person, with this summary: {summary}", "A person can settle this better. I have noted for them: {summary}"}},
    [PHRASE_SERVICE_UNKNOWN] = {{"这个问题店里的资料没有写清楚，我不乱答。"}, {"The shop's documents do not answer this clearly, and I will not guess."}},
    [PHRASE_GREET] = {{"您好！想找什么，告诉我用途、预算或者不要什么，我来挑。", "你好，我是导购。今天想看点什么？"}, {"Hello! Tell me what you need, what for, how much you would spend, or what you do not want.", "Hi, I am the shop's guide. What are you looking for today?"}},
    [PHRASE_THANKS] = {{"不客气。还想看看别的吗？", "应该的，有需要再叫我。"}, {"You are welcome. Anything else?", "My pleasure. Call on me whenever you like."}},
    [PHRASE_LEAVE] = {{"再见，欢迎再来。", "好的，随时回来找我。"}, {"Goodbye, and come again.", "See you; I am here whenever you need me."}},
    [PHRASE_LEAVE_CART] = {{"再见！购物车里的 {n} 件我先替您留着记录。"}, {"Goodbye! Your cart ({n}) is kept for you."}},
    [PHRASE_ABUSE] = {{"我们好好说。告诉我想找什么，我尽力帮您。", "这样说话我帮不上忙；说说您要找的商品吧。"}, {"Let us keep it friendly. Tell me what you are looking for and I will do my best.", "I cannot help with that tone, but I gladly will with what you need."}},
    [PHRASE_WHO] = {{"我是这家店的导购程序，不是真人。商品和服务的事都可以问我；要找真人，说“转人工”就行。"}, {"I am the shop's guide, a program and no person. Ask me about its products and services; to reach a person, say \"talk to a person\"."}},
    [PHRASE_SCOPE] = {{"这个我帮不上，我只管这家店的商品和服务。想找点什么？", "这超出我的本行了。商品、订单、售后可以问我。"}, {"That is beyond me: I know this shop's products and services. What can I find for you?", "I am only good for this shop's goods and services. Is there something you need?"}},
    [PHRASE_EMPTY] = {{"我没看到内容，请用一句话说说想找什么。"}, {"I could not read anything there. Please say in a sentence what you need."}},
    [PHRASE_OVER] = {{"好的，重新开始。想找什么？"}, {"Let us start afresh. What are you looking for?"}},
    [PHRASE_CUT] = {{"您的话很长，我只读了前面一部分。"}, {"That was long; I have read only its beginning."}},
    [PHRASE_BLOCKED] = {{"这部分内容没有通过审核，不便展示。"}, {"Part of this did not pass moderation and is not shown."}},
};

static const char *hole_value(const struct hole *holes, size_t n, const char *name, size_t length)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(holes[i].name) == length && memcmp(holes[i].name, name, length) == 0) return holes[i].value;
    return "";
}

static const char *variant(const struct turn *t, enum phrase p)
{
    const char *const *all = in_chinese(t) ? phrases[p].zh : phrases[p].en;
    size_t n = 0;
    while (n < VARIANTS && all[n]) n++;
    return all[(hash_bytes(t->d->id, strlen(t->d->id), p) + t->d->turn) % n];
}

const char *phrase(struct turn *t, enum phrase p, const struct hole *holes, size_t n)
{
    struct strbuf b = {0};
    for (const char *s = variant(t, p); *s;) {
        const char *close = *s == '{' ? strchr(s, '}') : NULL;
        if (!close) {
            strbuf_putc(&b, *s++);
            continue;
        }
        strbuf_puts(&b, hole_value(holes, n, s + 1, (size_t)(close - s) - 1));
        s = close + 1;
    }
    const char *text = arena_strndup(&t->r->arena, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return text ? text : "";
}

status say_phrase(struct turn *t, enum phrase p, const struct hole *holes, size_t n)
{
    return say(t, phrase(t, p, holes, n));
}

/* Function words of needs: what says that something is wanted, not what. English ones also as the stemmer leaves them. */
#include "text/text.h"

#include <string.h>

/* Sorted by bytes: looked up by halving. */
static const char *const WORDS[] = {
    "a", "an", "and", "ani", "any", "ar", "are", "as", "at", "be", "becaus", "been", "being", "but", "buy", "by", "can",
    "could", "did", "do", "doe", "does", "find", "for", "from", "get", "give", "ha", "had", "has", "have", "he", "her", "here",
    "hers", "hi", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "like", "looking", "me", "might",
    "my", "need", "needs", "of", "on", "or", "our", "ours", "pleas", "please", "recommend", "she", "should", "show", "so",
    "some", "someth", "something", "such", "than", "that", "the", "thei", "their", "them", "then", "there", "these", "they",
    "thi", "this", "those", "to", "too", "us", "using", "veri", "very", "wa", "want", "wants", "was", "we", "were", "what",
    "when", "where", "wherea", "which", "while", "who", "whom", "why", "will", "with", "would", "you", "your", "yours", "一",
    "一下", "一个", "一些", "一件", "一双", "一款", "一点", "一种", "不知道", "与", "个", "之间", "也", "买", "买一", "买个", "了", "什么", "他", "以上", "以下",
    "以内", "以及", "们", "件", "但是", "你", "你们", "你好", "及", "可以", "吗", "吧", "呀", "呢", "和", "哦", "哪", "哪个", "哪些", "哪款", "哪种", "啊", "嘛",
    "因为", "在", "多少", "多少钱", "她", "如果", "它", "就", "就是", "左右", "帮我", "并且", "怎么", "您", "您好", "想", "想买", "想找", "想给", "想要", "我",
    "我们", "我想", "我要", "或", "或者", "所以", "找", "找一", "找个", "把", "推荐", "是", "有", "有没", "有没有", "有点", "款", "比较", "求", "求推", "求购",
    "没有", "现在", "用", "的", "的话", "着", "知道", "种", "给", "给我", "而且", "能不能", "被", "要", "要一", "要买", "让", "请", "请问", "谢谢", "过", "还",
    "还是", "这", "这个", "这款", "适合", "那", "那个", "那款", "都", "里的", "里面", "需要", "麻烦"};

bool text_is_stopword(const char *term, size_t n)
{
    size_t low = 0, high = sizeof WORDS / sizeof *WORDS;
    while (low < high) {
        size_t middle = (low + high) / 2, k = strlen(WORDS[middle]);
        int order = memcmp(term, WORDS[middle], n < k ? n : k);
        if (order == 0 && n == k) return true;
        if (order < 0 || (order == 0 && n < k)) high = middle;
        else low = middle + 1;
    }
    return false;
}

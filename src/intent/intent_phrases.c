/* What neither data set has a label for, and is said in few ways: a Chinese wish for a person, English greetings and thanks. Written by hand. */
#include "intent_int.h"

#include <string.h>

enum where { ANYWHERE, ALL_OF_IT };   /* of the normalised text; ALL_OF_IT: but for punctuation around it */
static const struct { enum act act; const char *label; enum where where; const char *words; } phrases[] = {
    {ACT_HUMAN, "人工客服", ANYWHERE, "转人工|人工客服|找人工|要人工|接人工|真人客服|人工服务|转接客服|找客服|叫客服|联系客服人员"},
    {ACT_HUMAN, "人工客服", ALL_OF_IT, "人工|客服|真人|找真人"},
    {ACT_CHAT, "greeting", ALL_OF_IT, "hello|hi|hey|hi there|hello there|good morning|good afternoon|good evening|hey there"},
    {ACT_CHAT, "thanks", ALL_OF_IT, "thanks|thank you|thanks a lot|thank you very much|thank you so much|many thanks|thx|great, thanks|ok thanks|okay thanks|ok, thanks|cheers"},
    {ACT_CHAT, "goodbye", ALL_OF_IT, "bye|goodbye|see you|bye bye|have a nice day|that is all|that's all"},
    {ACT_CHAT, "agreement", ALL_OF_IT, "ok|okay|great|perfect|got it|i see|alright|sounds good"},
};

static bool has_phrase(const char *words, const char *text, size_t n, bool all)
{
    for (const char *w = words; *w; w += strcspn(w, "|"), w += *w == '|') {
        size_t length = strcspn(w, "|");
        if (all && n == length && memcmp(text, w, n) == 0) return true;
        for (size_t i = 0; !all && i + length <= n; i++)
            if (memcmp(text + i, w, length) == 0) return true;
    }
    return false;
}

bool intent_phrase(const char *text, size_t n, struct intent *out)
{
    static const char marks[] = " .,!?~";
    while (n && strchr(marks, *text)) text++, n--;
    while (n && strchr(marks, text[n - 1])) n--;
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (!has_phrase(phrases[i].words, text, n, phrases[i].where == ALL_OF_IT)) continue;
        out->act = phrases[i].act;
        out->act_confidence = 1;
        out->sure = true;
        out->n_top = 1;
        out->top[0] = (struct intent_guess){phrases[i].label, phrases[i].act, 1};
        return true;
    }
    return false;
}

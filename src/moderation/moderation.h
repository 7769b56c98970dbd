/* moderation: no text leaves without passing here. Rules and word lists now; the classifier and the review queue come later
 * and keep this interface.
 *
 * The lists are this project's own (moderation_rules.c): absolute terms that advertising law
 * forbids ("最好", "国家级", "best in the world"), contact details and links in copy, insults, sexual, violent and illegal goods,
 * medical promises. A shop adds its own lines with moderation_add_rules().
 */
#ifndef DAOGOU_MODERATION_H
#define DAOGOU_MODERATION_H

#include "text/text.h"

enum moderation_verdict { MODERATION_PASS, MODERATION_REVIEW, MODERATION_BLOCK };
const char *moderation_verdict_name(enum moderation_verdict v); /* "pass", "review", "block" */
struct moderation_hit {
    const char *rule;       /* "absolute", "contact", "insult", "sexual", "violence", "illegal", "medical" */
    uint32_t begin, end;    /* bytes of the text given */
    enum moderation_verdict verdict;
};
struct moderator;
status moderator_new(const struct normalizer *z, struct moderator **out);
void moderator_free(struct moderator *m);
/* Lines "rule<TAB>verdict<TAB>pattern"; '#' comments. A bad line is ERR_FORMAT with its number; nothing of the file is taken then. */
status moderator_add_rules(struct moderator *m, const char *name, const char *text, size_t n);
/* The worst verdict; hits (may be NULL) up to max, *n_hits how many there were. */
status moderator_check(struct moderator *m, const char *text, size_t n, enum moderation_verdict *verdict, struct moderation_hit *hits, size_t max, size_t *n_hits);

#endif

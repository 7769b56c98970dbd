/* eval: which measure. */
#include "eval.h"

#include <string.h>

const char help_eval[] =
    "usage: daogou eval match --data FILE.jsonl [--limit N] [--features OUT.jsonl]\n"
    "       daogou eval needs --data FILE.jsonl [--list]\n"
    "       daogou eval pairs --data FILE.jsonl [--limit N]\n"
    "       daogou eval copy --data FILE.jsonl [--limit N]\n"
    "       daogou eval dialogue [--shoppers N] [--policy P] [--seed S] [--language L] [--vague] [--lexical]\n"
    "                            [--transcripts FILE] [--at-once N] [--baseline-at-once N] [--answers-both PERCENT]\n"
    "       daogou eval intent --data FILE.jsonl [--baseline TRAIN.jsonl] [--intents DIR]\n"
    "       daogou eval service --data FILE.jsonl [--list]\n\n"
    "match  judged needs {\"id\",\"query\",\"judged\":{product id: relevance 1..3}} over the shop at --db:\n"
    "       nDCG@10 (gain 2^(rel-1)-1, unjudged 0) and recall@100 (relevance >= 2.33) of the full search, and nDCG of the\n"
    "       judged candidates reordered (needs with 5 or more), beside SQLite FTS5's BM25 (porter) in the same run\n"
    "       --features writes what 'daogou model fuse' learns the fusion weights from\n"
    "needs  a shop's own needs {\"need\",\"best\":[ids],\"ok\":[ids]}, best empty where nothing fits: how often a best product comes\n"
    "       first, and how often nothing is shown where nothing fits; --list shows what went wrong\n"
    "pairs  {\"need\",\"item\",\"label\":0|1}: accuracy of the match head, beside a bag of characters\n"
    "copy   {\"id\",\"content\",\"summary\"} (ADGEN): BLEU-4, ROUGE, distinct-2, repetition, unsupported claims; takes the decoding\n"
    "       options of 'daogou write'; --texts FILE keeps what was written\n"
    "dialogue  simulated shoppers (200) talk with the guide, each after one hidden product of the shop at --db: answers by its record,\n"
    "       sometimes vaguely or not at all, and changes its mind. Found within 10 turns, turns, questions asked, cards that break a\n"
    "       wish, for the policies of asking: gain (the guide's own), random, fixed, none, or all of them with the same shoppers\n"
    "       --at-once: questions in one turn, of gain (2) and, --baseline-at-once, of the others (1); --answers-both: of two questions put\n"
    "       at once so many are both answered (70), else the first alone\n"
    "       --language zh, en or auto (by the product's title); --vague: the first need\n"
    "       names no more than the department; --lexical matches without the model; --transcripts keeps every turn\n"
    "intent {\"text\",\"set\",\"label\"}: accuracy, macro-F1, calibration, coverage above the threshold; --baseline trains a bag of words and\n"
    "       characters (logistic regression) on such a file in the same run\n"
    "service  {\"question\",\"passages\":[\"FILE#anchor\"]}, passages empty where no document answers: how often the right passage comes first,\n"
    "       and how often nothing is quoted where nothing answers\n\n"
    "example:\n"
    "  daogou eval needs --data examples/shop/needs/a.jsonl --list\n"
    "  daogou --db homedepot.db eval match --data validation.jsonl --json\n";

int cmd_eval(int argc, char **argv, const struct cli_globals *g)
{
    static const struct { const char *name; int (*run)(int, char **, const struct cli_globals *); } parts[] = {
        {"match", eval_match}, {"needs", eval_needs}, {"pairs", eval_pairs}, {"copy", eval_copy}, {"dialogue", eval_dialogue}, {"intent", eval_intent}, {"service", eval_service}};
    if (argc < 2) return cli_usage("eval", "name what to measure: match, needs, pairs, copy, dialogue, intent or service");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(parts[i].name, argv[1]) == 0) return parts[i].run(argc - 1, argv + 1, g);
    return cli_usage("eval", "'%s' cannot be measured; name match, needs, pairs, copy, dialogue, intent or service", argv[1]);
}

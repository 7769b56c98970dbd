/* daogou answer: a service question, answered from the shop's documents or handed to a person. */
#include "cli_shop.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char help_answer[] =
    "usage: daogou answer [--order-hook PROGRAM] [--user NAME] QUESTION\n"
    "\n"
    "Answers from the shop's documents: exact sentences, with document#heading. Where no document answers, or it is not sure what is asked,\n"
    "it says so and hands to a person with a summary. Nothing is made up.\n"
    "\n"
    "  --order-hook PROGRAM   the shop's program that knows orders (default: $DAOGOU_ORDER_HOOK): gets {\"order_id\",\"user\"} as JSON on stdin and\n"
    "                         prints {\"found\",\"status\",\"text\",\"details\"}; see docs/service.md\n"
    "  --user NAME            who asks, for that program\n"
    "\n"
    "example:\n"
    "  daogou documents import examples/shop/documents/*.md\n"
    "  daogou answer \"退货的运费谁出？\"\n"
    "  daogou answer --json \"how long does a refund take?\"\n"
    "  daogou answer --order-hook examples/shop/order-hook \"where is my order 2026070100001234?\"\n";

static json_t *intent_json(const struct intent *i)
{
    json_t *labels = json_array();
    for (size_t k = 0; k < i->n_top; k++)
        json_array_append_new(labels, json_pack("{s:s, s:f}", "label", i->top[k].label, "confidence", (double)i->top[k].confidence));
    return json_pack("{s:s, s:f, s:b, s:o}", "act", act_name(i->act), "confidence", (double)i->act_confidence, "sure", i->sure, "labels", labels);
}

static json_t *quotes_json(const struct service_answer *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->n_quotes; i++) {
        const struct service_quote *q = &r->quotes[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:f}", "document", q->document, "title", q->title, "heading", q->heading, "anchor", q->anchor, "text",
                                              q->text, "confidence", (double)q->confidence));
    }
    return list;
}

static void print_json(const struct service_answer *r)
{
    json_t *root = json_pack("{s:s, s:s, s:s, s:o, s:o}", "kind", service_kind_name(r->kind), "language", language_code(r->language), "text", r->text, "intent",
                             intent_json(&r->intent), "sources", quotes_json(r));
    if (r->kind == SERVICE_HANDOVER)
        json_object_set_new(root, "handover", json_pack("{s:s, s:s, s:s, s:s, s:s}", "reason", r->handover.reason, "summary", r->handover.summary, "question",
                                                        r->handover.question, "order_id", r->handover.order_id, "tried", r->handover.tried));
    json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(4));
    putchar('\n');
    json_decref(root);
}

static void print(const struct service_answer *r)
{
    printf("%s%s", r->text, r->text[0] && r->text[strlen(r->text) - 1] == '\n' ? "" : "\n");
    if (r->kind == SERVICE_HANDOVER) printf("\n%s\n", r->handover.summary);
}

int cmd_answer(int argc, char **argv, const struct cli_globals *g)
{
    struct service_turn turn = {0};
    const char *hook = getenv("DAOGOU_ORDER_HOOK");
    const struct cli_option options[] = {{"--order-hook", OPTION_STRING, &hook}, {"--user", OPTION_STRING, &turn.user}};
    char *operands[argc + 1];
    size_t n;
    if (cli_parse(argc, argv, options, 2, operands, &n) != OK) return cli_usage("answer", "%s", status_message());
    if (n != 1 || !operands[0][0]) return cli_usage("answer", "give one question, in quotes");
    struct shop shop;
    struct arena arena;
    struct service_answer reply;
    cli_shop_init(&shop, g);
    arena_init(&arena, 0);
    status s = shop_open_service(&shop, hook);
    if (s == OK) s = service_answer(shop.service, operands[0], strlen(operands[0]), &turn, &arena, &reply);
    if (s == OK && g->json) print_json(&reply);
    else if (s == OK) print(&reply);
    arena_release(&arena);
    shop_release(&shop);
    return s == OK ? EXIT_DONE : cli_fail(g, "answer", s);
}

/* chat: the dialogue, at a terminal, line by line from a pipe, or replayed. */
#include "chat_render.h"
#include "chat_transcript.h"
#include "cart_shop.h"
#include "jsonl.h"
#include "cli_shop.h"

#include <editline/readline.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char help_chat[] =
    "usage: daogou chat [--id ID] [--cards N] [--no-questions] [--plain] [--why]\n"
    "                   [--profile TEXT] [--member LEVEL] [--user ID] [--at TIME]\n"
    "                   [--writer DIR] [--endpoint URL --endpoint-model NAME] [--record FILE]\n"
    "       daogou chat --list | --erase ID | --replay FILE\n\n"
    "Talks with a shopper until the choice is made: asks what narrows the choice most, shows products that meet every\n"
    "condition, compares them, answers from their records, keeps a cart. One line is one turn; at a terminal lines can be\n"
    "edited. Each dialogue is kept in the shop's database under its ID and goes on where it was.\n\n"
    "  --id ID         the dialogue to begin or go on with (default: a new one)\n"
    "  --cards N       products shown in a turn (5)\n"
    "  --no-questions  never ask back\n"
    "  --plain         texts from templates only, without the model's writing\n"
    "  --profile TEXT  what is known of the shopper (\"women, size 38, no wool\"): soft wishes of every need, denials are hard\n"
    "  --member LEVEL  the shopper is a member (\"*\" where the shop has one level); --user ID: for limits per shopper\n"
    "  --at TIME       promotions as of 2026-11-26T20:00 instead of now\n"
    "  --order-hook PROGRAM  looks orders up (default: $DAOGOU_ORDER_HOOK; docs/service.md)\n"
    "  --writer DIR    write with another model (an imported one, tuned and merged); matching stays with --model\n"
    "  --endpoint URL  an OpenAI-compatible server that may reword replies, e.g. http://127.0.0.1:8000/v1: its words pass the\n"
    "                  same fact check or are not used. Sends reply and shown records there; key: $DAOGOU_ENDPOINT_KEY\n"
    "  --endpoint-model NAME\n"
    "  --why           with --json: what was understood, candidates, scores, question gains, times\n"
    "  --record FILE   write each turn as a line of a transcript, to be read and then replayed as a test\n"
    "  --replay FILE   say the lines of a transcript and hold the replies to what it expects; keeps nothing\n"
    "  --list          dialogues that are kept\n"
    "  --erase ID      forget a dialogue, what was said included\n\n"
    "With --json each turn is one JSON object on a line: text, acts, cards, question with choices, claims with sources.\n\n"
    "examples:\n"
    "  daogou chat\n"
    "  echo \"想买个双肩包，500以内\" | daogou chat --json\n"
    "  daogou chat --id mei --why --json < needs.txt\n";

struct chat {
    const struct cli_globals *g;
    struct shop shop;
    struct guide *guide;
    struct endpoint *endpoint;
    struct session *writer;          /* NULL: the shop's session writes, too */
    struct copywriter *copywriter;   /* of the writer */
    struct arena promotions;
    struct dialogue dialogue;
    bool keeps, why, failed;
    FILE *record;
    size_t turns, differences;
};

/* ---- output ---- */

static bool print_piece(void *context, const char *bytes, size_t n)
{
    (void)context;
    fwrite(bytes, 1, n, stdout);
    fflush(stdout);
    return true;
}

static status print_reply(struct chat *c, const struct reply *r)
{
    if (!c->g->json) {
        putchar('\n');
        chat_render(r, c->dialogue.language);
        putchar('\n');
    } else {
        json_t *o = reply_json(r, c->dialogue.language, c->why);
        if (!o) return fail_nomem("printing a reply");
        json_object_set_new(o, "dialogue", json_string(c->dialogue.id));
        if (c->why) json_object_set_new(o, "state", dialogue_json(&c->dialogue));
        json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(o);
    }
    fflush(stdout);
    return OK;
}

static status record_turn(struct chat *c, const char *said, const struct reply *r)
{
    if (!c->record) return OK;
    json_t *line = transcript_line(said, r);
    if (!line) return fail(ERR_FORMAT, "what was said is no valid text and cannot be recorded");
    json_dumpf(line, c->record, JSON_COMPACT);
    fputc('\n', c->record);
    json_decref(line);
    FAIL_IF(fflush(c->record) != 0, ERR_IO, "cannot write the transcript; check the disk");
    return OK;
}

/* ---- turns ---- */

static status take_turn(struct chat *c, const char *said, size_t n, struct reply *r)
{
    struct token_sink sink = {.token = print_piece};
    TRY(guide_turn(c->guide, &c->dialogue, said, n, r, c->g->json || !c->keeps ? NULL : &sink));
    c->turns++;
    return c->keeps ? dialogue_save(c->shop.store, &c->dialogue, said, r->text) : OK;
}

static status one_line(struct chat *c, const char *said, size_t n)
{
    struct reply r = {0};
    status s = take_turn(c, said, n, &r);
    if (s == OK) s = print_reply(c, &r);
    if (s == OK) s = record_turn(c, said, &r);
    reply_release(&r);
    return s;
}

static status from_terminal(struct chat *c)
{
    rl_initialize();
    for (char *line; !c->dialogue.closed && (line = readline("> ")) != NULL;) {
        status s = OK;
        if (*line) {
            add_history(line);
            s = one_line(c, line, strlen(line));
        }
        free(line);
        TRY(s);
    }
    return OK;
}

static status from_pipe(struct chat *c)
{
    char *line = NULL;
    size_t cap = 0;
    status s = OK;
    for (ssize_t n; s == OK && (n = getline(&line, &cap, stdin)) >= 0;) {
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r')) line[--n] = 0;
        s = one_line(c, line, (size_t)n);
    }
    free(line);
    return s;
}

static status replay_line(void *context, const json_t *line)
{
    struct chat *c = context;
    struct reply r = {0};
    const char *said = json_string_value(json_object_get(line, "say"));
    FAIL_IF(!said, ERR_FORMAT, "a line of a transcript needs \"say\"");
    status s = take_turn(c, said, strlen(said), &r);
    char *difference = s == OK ? transcript_difference(json_object_get(line, "expect"), &r) : NULL;
    if (difference) {
        c->differences++;
        printf("turn %u, \"%s\": %s\n", c->dialogue.turn, said, difference);
    }
    free(difference);
    reply_release(&r);
    return s;
}

/* ---- the shop ---- */

struct writer_options { const char *model, *endpoint_url, *endpoint_model; };
struct shopper_options { const char *user, *member, *profile, *at, *order_hook; };

static status open_promotions(struct chat *c, const struct shopper_options *x, struct guide_options *o)
{
    struct promotion_list list;
    const char *user = x->user ? x->user : "";
    TRY(shop_promotions(&c->shop, &c->promotions, &list));
    TRY(promotions_usage(c->shop.store, user, &c->promotions, &o->usage, &o->n_usage));
    o->promotions = list.items;
    o->n_promotions = list.n;
    return x->at ? cli_moment(x->at, &o->now) : OK;
}

static status open_writer(struct chat *c, const struct writer_options *w, struct guide_options *o)
{
    struct endpoint_options e = {.url = w->endpoint_url, .model = w->endpoint_model, .key = getenv("DAOGOU_ENDPOINT_KEY")};
    o->copywriter = c->shop.copywriter;
    if (w->model) {
        TRY(session_new(&(struct session_options){.model_directory = w->model, .device = c->g->device, .threads = c->g->threads}, &c->writer));
        TRY(copywriter_new(c->writer, c->shop.lexicon, c->shop.moderator, &c->copywriter));
        o->copywriter = c->copywriter;
    }
    if (!w->endpoint_url) return OK;
    TRY(endpoint_new(&e, &c->endpoint));
    o->endpoint = c->endpoint;
    return OK;
}

static status open_guide(struct chat *c, const struct guide_options *wishes, const struct writer_options *w, const struct shopper_options *x)
{
    struct guide_options o = *wishes;
    struct shop *s = &c->shop;
    FAIL_IF(!file_exists(c->g->db), ERR_NOT_FOUND, "there is no shop at '%s'; make one with 'daogou import FILE' or name another with --db", c->g->db);
    TRY(shop_open_catalogue(s, STORE_READ_WRITE));
    TRY(shop_open_matcher(s));
    TRY(shop_open_copywriter(s, true));
    TRY(shop_open_service(s, x->order_hook));
    if (c->keeps) TRY(dialogues_migrate(s->store));
    o.service = s->service;
    o.intents = s->intents;
    o.user = x->user;
    o.catalogue = s->catalogue;
    o.matcher = s->matcher;
    o.session = s->session;
    o.lexicon = s->lexicon;
    o.moderator = s->moderator;
    o.normalizer = s->normalizer;
    TRY(open_writer(c, w, &o));
    TRY(open_promotions(c, x, &o));
    return guide_new(&o, &c->guide);
}

static status begin_dialogue(struct chat *c, const char *id)
{
    char fresh[32];
    snprintf(fresh, sizeof fresh, "d%llx", (unsigned long long)clock_unix_ms());
    FAIL_IF(id && (!*id || strlen(id) >= DIALOGUE_ID_MAX), ERR_USAGE, "a dialogue's id has 1 to %d bytes", DIALOGUE_ID_MAX - 1);
    if (id && c->keeps) {
        status s = dialogue_load(c->shop.store, id, &c->dialogue);
        if (s != ERR_NOT_FOUND) return s;
    }
    dialogue_init(&c->dialogue, id ? id : c->keeps ? fresh : "replay");
    return OK;
}

static status print_kept(void *context, const char *id, int64_t turns, int64_t used_ms)
{
    (void)context;
    printf("%s\t%lld turns\t%lld\n", id, (long long)turns, (long long)used_ms);
    return OK;
}

/* --list and --erase need the database alone. */
static status on_kept(struct chat *c, const char *erase)
{
    FAIL_IF(!file_exists(c->g->db), ERR_NOT_FOUND, "there is no shop at '%s'", c->g->db);
    TRY(shop_open_catalogue(&c->shop, STORE_READ_WRITE));
    TRY(dialogues_migrate(c->shop.store));
    return erase ? dialogue_erase(c->shop.store, erase) : dialogues_each(c->shop.store, print_kept, NULL);
}

static status talk(struct chat *c, const struct guide_options *o, const struct writer_options *w, const struct shopper_options *x, const char *id, const char *replay)
{
    TRY(open_guide(c, o, w, x));
    TRY(begin_dialogue(c, id));
    if (x->member) TRY(dialogue_set_member(&c->dialogue, x->member));
    if (x->profile) TRY(dialogue_set_profile(c->guide, &c->dialogue, x->profile));
    if (replay) return jsonl_each(replay, 0, replay_line, c);
    if (isatty(STDIN_FILENO) && !c->g->json) {
        cli_note(c->g, "dialogue %s; end with Ctrl-D", c->dialogue.id);
        return from_terminal(c);
    }
    return from_pipe(c);
}

int cmd_chat(int argc, char **argv, const struct cli_globals *g)
{
    setlocale(LC_CTYPE, "C.UTF-8");   /* widths of characters in tables and on the line that is edited */
    struct guide_options o;
    guide_options_default(&o);
    const char *id = NULL, *erase = NULL, *replay = NULL, *record = NULL;
    bool list = false, no_questions = false, plain = false, why = false;
    size_t n;
    struct writer_options w = {0};
    struct shopper_options x = {.order_hook = getenv("DAOGOU_ORDER_HOOK")};
    const struct cli_option options[] = {
        {"--user", OPTION_STRING, &x.user}, {"--member", OPTION_STRING, &x.member}, {"--profile", OPTION_STRING, &x.profile}, {"--at", OPTION_STRING, &x.at}, {"--order-hook", OPTION_STRING, &x.order_hook},
        {"--writer", OPTION_STRING, &w.model}, {"--endpoint", OPTION_STRING, &w.endpoint_url}, {"--endpoint-model", OPTION_STRING, &w.endpoint_model},
        {"--id", OPTION_STRING, &id}, {"--cards", OPTION_SIZE, &o.n_cards}, {"--no-questions", OPTION_FLAG, &no_questions}, {"--plain", OPTION_FLAG, &plain},
        {"--why", OPTION_FLAG, &why}, {"--record", OPTION_STRING, &record}, {"--replay", OPTION_STRING, &replay}, {"--list", OPTION_FLAG, &list}, {"--erase", OPTION_STRING, &erase},
    };
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("chat", "%s", status_message());
    if (n) return cli_usage("chat", "what is said comes from the terminal or stdin, not from the command line");
    if (no_questions) o.questions = QUESTIONS_NONE;
    if (plain) o.wording = WORDING_TEMPLATES;
    struct chat c = {.g = g, .keeps = !replay, .why = why};
    arena_init(&c.promotions, 0);
    cli_shop_init(&c.shop, g);
    dialogue_init(&c.dialogue, "");
    if (record && !(c.record = fopen(record, "w"))) return cli_fail(g, "chat", fail_errno("write", record));
    status s = list || erase ? on_kept(&c, erase) : talk(&c, &o, &w, &x, id, replay);
    if (s == OK && replay) printf("%zu turns, %zu differences\n", c.turns, c.differences);
    if (c.record) fclose(c.record);
    dialogue_release(&c.dialogue);
    guide_free(c.guide);
    endpoint_free(c.endpoint);
    copywriter_free(c.copywriter);
    session_free(c.writer);
    arena_release(&c.promotions);
    shop_release(&c.shop);
    if (s != OK) return cli_fail(g, "chat", s);
    return c.differences ? EXIT_FAILED : EXIT_DONE;
}

#include "writing_options.h"

#include <float.h>
#include <string.h>

static const size_t NOT_SAID = SIZE_MAX;
static const float PENALTY_NOT_SAID = -FLT_MAX;
/* Copy from a bare attribute list is a paragraph of about a hundred characters; a product's text may be shorter. */
enum { MIN_TOKENS_OF_PRODUCT = 20, MIN_TOKENS_OF_ATTRIBUTES = 60, CONSENSUS_OF_ATTRIBUTES = 16 };
/* Without it the shipped model says things twice there (docs/training-log.md); products' texts do without. */
static const float PENALTY_OF_ATTRIBUTES = 1.15f;

void writing_options_init(struct writing_options *o)
{
    *o = (struct writing_options){0};
    write_options_default(&o->write);
    o->write.decode.min_tokens = o->write.consensus = NOT_SAID;
    o->write.decode.repetition_penalty = PENALTY_NOT_SAID;
}

void writing_options_table(struct writing_options *o, struct cli_option *table)
{
    struct decode_options *d = &o->write.decode;
    const struct cli_option options[WRITING_OPTIONS] = {
        {"--decode", OPTION_STRING, &o->decode},          {"--beams", OPTION_SIZE, &d->n_beams},
        {"--length-penalty", OPTION_FLOAT, &d->length_penalty}, {"--temperature", OPTION_FLOAT, &d->temperature},
        {"--top-k", OPTION_SIZE, &d->top_k},              {"--top-p", OPTION_FLOAT, &d->top_p},
        {"--min-p", OPTION_FLOAT, &d->min_p},             {"--seed", OPTION_U64, &d->seed},
        {"--repetition-penalty", OPTION_FLOAT, &d->repetition_penalty}, {"--no-repeat-ngram", OPTION_SIZE, &d->no_repeat_ngram},
        {"--max-tokens", OPTION_SIZE, &d->max_tokens},    {"--min-tokens", OPTION_SIZE, &d->min_tokens},
        {"--consensus", OPTION_SIZE, &o->write.consensus},
    };
    memcpy(table, options, sizeof options);
}

status writing_options_finish(struct writing_options *o, bool attributes)
{
    if (o->write.decode.min_tokens == NOT_SAID) o->write.decode.min_tokens = attributes ? MIN_TOKENS_OF_ATTRIBUTES : MIN_TOKENS_OF_PRODUCT;
    static const struct { const char *name; enum decode_method method; } methods[] = {{"greedy", DECODE_GREEDY}, {"beam", DECODE_BEAM}, {"sample", DECODE_SAMPLE}};
    if (o->write.consensus == NOT_SAID) o->write.consensus = attributes && !o->decode ? CONSENSUS_OF_ATTRIBUTES : 0;
    if (o->write.decode.repetition_penalty <= PENALTY_NOT_SAID) o->write.decode.repetition_penalty = attributes && !o->decode ? PENALTY_OF_ATTRIBUTES : 1;
    bool known = !o->decode;
    for (size_t i = 0; o->decode && i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, o->decode) == 0) o->write.decode.method = methods[i].method, known = true;
    FAIL_IF(!known, ERR_USAGE, "option --decode needs greedy, beam or sample, not '%s'", o->decode);
    if (o->write.decode.min_tokens > o->write.decode.max_tokens) o->write.decode.min_tokens = o->write.decode.max_tokens;
    return decode_options_check(&o->write.decode);
}

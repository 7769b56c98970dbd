/* The parts of `daogou eval`. Each prints a table, or JSON with --json, and returns an exit code. */
#ifndef DAOGOU_EVAL_H
#define DAOGOU_EVAL_H

#include "cli.h"

int eval_match(int argc, char **argv, const struct cli_globals *g);
int eval_needs(int argc, char **argv, const struct cli_globals *g);
int eval_pairs(int argc, char **argv, const struct cli_globals *g);
int eval_dialogue(int argc, char **argv, const struct cli_globals *g);
int eval_intent(int argc, char **argv, const struct cli_globals *g);
int eval_service(int argc, char **argv, const struct cli_globals *g);
int eval_copy(int argc, char **argv, const struct cli_globals *g);

#endif

/* Transcripts: what was said and what came of it, one JSON object a line, recorded once, read by a person, then replayed as a test.
 *   {"say": "...", "expect": {"acts": [...], "cards": [ids], "question": "colour", "text": "..."}}
 * Of "expect" only the keys that are there are held; "contains" holds pieces of the text. */
#ifndef DAOGOU_CHAT_TRANSCRIPT_H
#define DAOGOU_CHAT_TRANSCRIPT_H

#include "guide/guide.h"

/* The line of a turn, as it was. */
json_t *transcript_line(const char *said, const struct reply *r);
/* NULL when the reply is as expected, else a sentence that says what differs (free()). */
char *transcript_difference(const json_t *expect, const struct reply *r);

#endif

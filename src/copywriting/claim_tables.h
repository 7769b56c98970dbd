/* Private to copywriting: how the lists of claim words are written.
 *
 * A table is text, one row a meaning ("concept"), spelled in every way and language we know:
 *
 *   phrase phrase ... [< parent parent ...]      the meaning is a kind of each parent: 藏蓝色 < 蓝色. A record that says the child
 *                                                supports a text that says the parent, not the other way round
 *   phrase phrase ... & part part ...            it is all its parts together: 秋冬 & 秋季 冬季
 *   phrase phrase ... ! base                     it is the base and nothing else: 纯棉 ! 棉. Supported by a record that names the
 *                                                base and no other material
 *
 *   _      a blank in a phrase: navy_blue
 *   {a,b}  either spelling: 黑{色,} is 黑色 and 黑
 *   [a,b]  one concept for each: [深,浅]蓝 [dark,light]_blue < 蓝色 makes two. All brackets of a row have equally many entries;
 *          braces may stand inside them
 *   .x     x counts only where it is a value by itself ("down" of "filling: down"), not inside a sentence. So do single Han
 *          characters and single letters, marked or not
 *   +x     x counts in a sentence although it is a single character
 *
 * Parents, parts and bases are phrases of any table.
 */
#ifndef DAOGOU_CLAIM_TABLES_H
#define DAOGOU_CLAIM_TABLES_H

#include "copywriting/copywriting.h"

enum { CLAIM_NONE = 100 }; /* the kind of words that are no claim: everyday words with a claim word inside them (明白 认真 "white noise") */
enum claim_flag {
    CLAIM_SOFT = 1,        /* opinion: a fact where the record says it, no claim where it does not */
    CLAIM_AVOID = 2,       /* beside CLAIM_SOFT: drafts do without it where the record does not say it */
    CLAIM_VERBATIM = 8,    /* supported by the very words alone: 最美 says nothing of 最好 */
    CLAIM_RIVAL = 4        /* no claim against a record that names no meaning of this table at all */
};
struct claim_table {
    int kind;              /* enum claim_kind or CLAIM_NONE */
    unsigned flags;
    const char *rows;
};
extern const struct claim_table claim_tables_colour[], claim_tables_material[], claim_tables_garment[], claim_tables_quality[],
    claim_tables_world[], claim_tables_speech[];
extern const size_t n_claim_tables_colour, n_claim_tables_material, n_claim_tables_garment, n_claim_tables_quality, n_claim_tables_world,
    n_claim_tables_speech;

#endif

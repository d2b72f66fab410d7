#include "convert/gv_findings.h"

#include "base/gv_utf8.h"
#include "text/gv_space.h"
#include <math.h>
#include <string.h>

static const gv_findings_about kinds[GV_FINDINGS_KINDS] = {
    {"repeated-word", "repeats the word of an earlier row",
     "rows that repeat the word of an earlier row",
     "look-ups find the first of them; remove the others", true},
    {"not-finite", "has NaN or infinite numbers", "rows with NaN or infinite numbers",
     "nothing can be computed with them; remove them, or train again", true},
    {"zeros", "has zeros only", "rows with zeros only",
     "these words have no direction, hence no neighbours", false},
    {"constant", "has numbers that are all nearly the same",
     "rows whose numbers are all nearly the same", "such vectors say nothing about their words",
     false},
    {"white-space", "has a word with white space, at which other programs split",
     "words with white space, at which other programs split",
     "these then find too many columns; replace it, for example by _", false},
    {"not-utf8", "has a word that is not valid UTF-8", "words that are not valid UTF-8",
     "readers that want UTF-8 fail there; correct them where the file was made", false},
};

const gv_findings_about *gv_findings_describe(enum gv_findings_kind kind)
{
    return &kinds[kind];
}

/* Numbers that differ by less than this part of the largest: the seventh digit of a float32. */
static const float nearly = 1e-6F;

/* By the least and the greatest number; NaN is neither. */
static unsigned numbers_of(const gv_vectors_row *row)
{
    float least = INFINITY, greatest = -INFINITY;
    for (size_t i = 0; i < row->dim; i++) {
        least = row->values[i] < least ? row->values[i] : least;
        greatest = row->values[i] > greatest ? row->values[i] : greatest;
    }
    float largest = greatest > -least ? greatest : -least;
    if (least == 0.0F && greatest == 0.0F)
        return 1u << GV_FINDINGS_ZEROS;
    bool constant =
        row->dim > 2 && largest > 0 && isfinite(largest) && greatest - least <= nearly * largest;
    return constant ? 1u << GV_FINDINGS_CONSTANT : 0;
}

/* Blanks and tabs, which text can hold because the numbers are found from the end of a line, and
 * white space that looks like a blank. A CR inside a word, too. */
static bool holds_space(const gv_vectors_row *row)
{
    return memchr(row->word, ' ', row->length) || memchr(row->word, '\t', row->length) ||
           memchr(row->word, '\r', row->length) || gv_space_find(row->word, row->length, NULL);
}

unsigned gv_findings_of(const gv_vectors_row *row)
{
    unsigned found = numbers_of(row);
    found |= row->repeated ? 1u << GV_FINDINGS_REPEATED : 0;
    found |= row->finite ? 0 : 1u << GV_FINDINGS_NOT_FINITE;
    found |= holds_space(row) ? 1u << GV_FINDINGS_SPACE : 0;
    found |= gv_utf8_valid(row->word, row->length) ? 0 : 1u << GV_FINDINGS_NOT_UTF8;
    return found;
}

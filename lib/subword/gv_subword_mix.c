#include "subword/gv_subword_mix.h"

#include "base/gv_mem.h"
#include <math.h>

static const uint64_t frequent = 100; /* occurrences of a word that is judged by */
static const double prior = 0.3;      /* reliability of an n-gram of which nothing is known, */
static const double prior_words = 5;  /* and how many words that weighs as much as */
static const double usual = 0.4;      /* reliability at which subword.shrink is meant */
static const double settled = 8;      /* occurrences beyond which a vector hardly gets better */

/* Of each n-gram, into `of` ([ngrams]). */
static void judge_ngrams(float *of, const gv_subword_index *index, const uint64_t *count,
                         const float *cosine)
{
    for (size_t g = 0; g < index->ngrams; g++) {
        double sum = prior * prior_words, n = prior_words;
        for (size_t at = index->column_first[g]; at < index->column_first[g + 1]; at++) {
            uint32_t word = index->column[at];
            if (count[word] < frequent || !isfinite(cosine[word]))
                continue;
            sum += (double)cosine[word];
            n++;
        }
        of[g] = (float)(sum / n);
    }
}

int gv_subword_mix_reliability(float *reliability, const gv_subword_index *index,
                               const uint64_t *count, const float *cosine, gv_error *err)
{
    float *of = gv_mem_alloc(index->ngrams, sizeof *of, err);
    if (!of)
        return GV_E_MEMORY;
    judge_ngrams(of, index, count, cosine);
    for (size_t word = 0; word < index->words; word++) {
        double sum = 0, weights = 0;
        for (size_t at = index->row_first[word]; at < index->row_first[word + 1]; at++) {
            uint32_t g = index->row[at];
            size_t words = index->column_first[g + 1] - index->column_first[g];
            double weight = 1 / sqrt((double)words);
            sum += weight * (double)of[g];
            weights += weight;
        }
        reliability[word] = weights > 0 ? (float)fmin(1, fmax(0, sum / weights)) : 0;
    }
    gv_mem_free(of);
    return GV_OK;
}

double gv_subword_mix_share(double shrink, uint64_t count, double reliability)
{
    const double ratio = reliability / usual, rarity = 1 / (double)(count > 0 ? count : 1);
    const double odds = shrink * (rarity + 1 / settled) * ratio * ratio;
    return odds / (1 + odds);
}

void gv_subword_mix_into(float *vector, const float *predicted, size_t dim, double share,
                         double scale)
{
    const float keep = (float)(1 - share), take = (float)(share * scale);
    for (size_t k = 0; k < dim; k++)
        vector[k] = keep * vector[k] + take * predicted[k];
}

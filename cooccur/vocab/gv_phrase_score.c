#include "cooccur/vocab/gv_phrase_score.h"

#include "kernel/gv_glove.h"
#include "text/gv_phrases.h"
#include <math.h>

static const double MOST = 999999999999.0;

static double npmi(const gv_phrase_score_counts *counts)
{
    double tokens = (double)counts->tokens, pair = (double)counts->pair;
    double information = gv_glove_log(tokens) - gv_glove_log(pair); /* -ln p(ab) */
    if (information <= 0)
        return 1;
    return (gv_glove_log(pair) + gv_glove_log(tokens) - gv_glove_log((double)counts->first) -
            gv_glove_log((double)counts->second)) /
           information;
}

static double attraction(const gv_phrase_score_counts *counts, uint64_t discount)
{
    return ((double)counts->pair - (double)discount) / (double)counts->first /
           (double)counts->second * (double)counts->tokens;
}

int64_t gv_phrase_score(const gv_phrase_score_counts *counts, enum gv_config_phrase_score kind,
                        uint64_t discount)
{
    double score = kind == GV_PHRASE_NPMI ? npmi(counts) : attraction(counts, discount);
    if (score > MOST)
        score = MOST;
    if (score < -MOST)
        score = -MOST;
    return (int64_t)floor(score * GV_PHRASES_SCORE_UNIT + 0.5);
}

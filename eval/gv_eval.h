/*
 * gv_eval - how good the vectors are: analogies, word similarity, categories, outliers. And what
 * they hold: probes.
 *
 * Analogies (Mikolov et al. 2013): "a b c d" asks for d given a, b, c; answered over the whole
 * vocabulary without a, b, c and `<unk>`, by 3CosAdd and 3CosMul (vectors/gv_nearest.h). A question
 * with a word that has no vector is not answered, but counted. Similarity: Spearman's rank
 * correlation of cosines with people's scores, where ties have their mean rank. Pairs with a word
 * that has no vector are left out and counted. Categories: the purity of clusters
 * (gv_kmeans.h), as many as there are categories. Outliers (Camacho-Collados and Navigli
 * 2016): accuracy and outlier position percentage by the compactness score. Probes:
 * gv_eval_probe.h.
 *
 * Threads: every function is called by one thread at a time.
 */
#ifndef GV_EVAL_H
#define GV_EVAL_H

#include "base/gv_progress.h"
#include "base/gv_strings.h"
#include "base/gv_text.h"
#include "config/gv_json.h"
#include "eval/gv_eval_probe.h"
#include "vectors/gv_words_unseen.h"

/* Strings in gv_eval_section.wrong for one answer: a, b, c, the right answer, the given one. */
enum { GV_EVAL_WRONG_WORDS = 5 };

/* One `: section` of a question file. */
typedef struct gv_eval_section {
    char *name;
    uint64_t correct;     /* by 3CosAdd */
    uint64_t correct_mul; /* by 3CosMul */
    uint64_t answered;    /* questions all of whose words have a vector */
    uint64_t total;
    gv_strings wrong; /* the first wrong answers of 3CosAdd, GV_EVAL_WRONG_WORDS strings each */
} gv_eval_section;

typedef struct gv_eval_analogies {
    char *file; /* as in the config */
    char *note; /* how the file was read; NULL: it has the plain form */
    size_t sections;
    gv_eval_section *section;
    gv_eval_section all; /* sums; without name and wrong answers */
} gv_eval_analogies;

/* A pair whose ranks differ. Rank 1 is the most similar pair; equal values share a mean rank. */
typedef struct gv_eval_difference {
    char *word[2];
    double score, cosine;
    double score_rank, cosine_rank;
} gv_eval_difference;

typedef struct gv_eval_similarity {
    char *file;
    char *note;
    double spearman;        /* NAN if undefined: fewer than two pairs, or all scores equal */
    uint64_t pairs;         /* compared */
    uint64_t missing;       /* left out: a word has no vector */
    uint64_t from_subwords; /* of `pairs`: with a word whose vector is from subwords */
    double spearman_known;  /* over the other pairs */
    size_t differences;
    gv_eval_difference *difference; /* the pairs whose ranks differ the most */
} gv_eval_similarity;

/* A file of words with their categories. */
typedef struct gv_eval_categories {
    char *file;
    char *note;
    double purity;    /* 0 .. 1: the share of words that are of the most frequent category of their
                            cluster; NAN with fewer than two categories */
    uint64_t words;   /* clustered */
    uint64_t missing; /* left out: no vector */
    uint64_t from_subwords; /* of `words` */
    uint64_t categories;    /* that have a word which was clustered: as many clusters */
} gv_eval_categories;

/* A file of sets with outliers. A question is whether one outlier is found among its set. */
typedef struct gv_eval_outliers {
    char *file;
    char *note;
    double accuracy;   /* outliers found, in per cent of the answered questions; NAN: none */
    double opp;        /* mean position of the outlier, in per cent; NAN likewise */
    uint64_t sets;     /* in the file */
    uint64_t answered; /* the outlier has a vector, and so have two words of its set */
    uint64_t total;
    uint64_t missing;       /* words and outliers without a vector */
    uint64_t from_subwords; /* with one from subwords */
} gv_eval_outliers;

typedef struct gv_eval_result {
    size_t analogies;
    gv_eval_analogies *analogy;
    size_t similarities;
    gv_eval_similarity *similarity;
    size_t categorisations;
    gv_eval_categories *categories;
    size_t detections;
    gv_eval_outliers *outliers;
    size_t probes; /* of all files */
    gv_eval_probe *probe;
    bool oov;             /* unseen words were given vectors from subwords */
    bool lists;           /* wrong answers and differences were asked for */
    uint64_t vocab_limit; /* as in the job */
} gv_eval_result;

/* What to evaluate; all borrowed. */
typedef struct gv_eval_job {
    /* files: gv_eval_questions.h, gv_eval_pairs.h, gv_eval_labels.h, gv_eval_sets.h,
     * gv_eval_probes.h */
    gv_strings analogies, similarity, categories, outliers, probes;
    unsigned threads;        /* at least 1 */
    unsigned show_wrong;     /* list that many wrong answers of a section, differences of a file */
    uint64_t vocab_limit;    /* the words are the first so many of their file; 0: all. Only noted in
                              the result */
    gv_text *items;          /* rows for eval.tsv (analysis/gv_items.h) are appended; NULL: none */
    gv_words_unseen *unseen; /* vectors of words that are not there; NULL: they count as missing */
    gv_progress *progress;   /* may be NULL */
} gv_eval_job;

/*
 * Evaluate. All files are read and checked before anything is computed. A malformed line is
 * GV_E_CORRUPT "FILE:LINE: ...", an unreadable file GV_E_IO. Caller frees the result.
 */
GV_MUST_USE int gv_eval_run(gv_eval_result **result, const gv_words *words, const gv_eval_job *job,
                            gv_error *err);
/* Accepts NULL. */
void gv_eval_free(gv_eval_result *result);

/* The share of items that are of the most frequent category of their cluster; NAN if `n` is 0. Both
 * arrays are [n]. GV_E_MEMORY. */
GV_MUST_USE int gv_eval_purity(double *purity, const uint32_t *cluster, const uint32_t *category,
                               size_t n, gv_error *err);
/* Correct answers in per cent of the answered questions; NAN if none was answered. */
double gv_eval_accuracy(uint64_t correct, uint64_t answered);

/* The content of eval.json, as docs/formats.md describes it; undefined numbers are null. The caller
 * frees. */
GV_MUST_USE int gv_eval_json(gv_json **json, const gv_eval_result *result, gv_error *err);
/* The same without sections and lists, as fields of the "done" event. */
gv_json_writer gv_eval_scores(const gv_eval_result *result);

/* The text of eval.json, and the tables that glove-eval prints, from that content. The caller frees
 * the text. */
GV_MUST_USE int gv_eval_text(char **text, const gv_json *json, gv_error *err);
GV_MUST_USE int gv_eval_table(char **text, const gv_json *json, gv_error *err);

#endif

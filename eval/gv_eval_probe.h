/*
 * gv_eval_probe - what vectors hold about sets of words: the results of a file of probes.
 *
 * A WEAT (gv_eval_weat.h) compares the associations of two targets with two attributes. An axis
 * (gv_eval_axis.h) is made of pairs of words; other words are projected onto it. Words without a
 * vector are listed and left out. Where too few are left, there is no result, but a reason.
 *
 * Threads: functions touch only their arguments; a WEAT starts threads of its own.
 */
#ifndef GV_EVAL_PROBE_H
#define GV_EVAL_PROBE_H

#include "base/gv_strings.h"
#include "config/gv_json.h"
#include "eval/gv_eval_lookup.h"
#include "eval/gv_eval_probes.h"

/* A word that has a vector, or of the pairs of an axis two such words. */
typedef struct gv_eval_probe_word {
    char *word, *other; /* `other`: the lower end of a pair, else NULL */
    double value;       /* association of a target; agreement of a pair; projection of a word. Of
                     attributes: NAN */
    double score;       /* by people; NAN: none */
} gv_eval_probe_word;

typedef struct gv_eval_probe_set {
    char *name;
    uint64_t words;         /* in the file; of an axis pairs */
    uint64_t from_subwords; /* words used whose vector is from subwords */
    gv_strings missing;     /* words without a vector */
    size_t n;               /* words, or pairs, that are used */
    gv_eval_probe_word *word;
    double mean; /* of the values; NAN: none */
} gv_eval_probe_set;

typedef struct gv_eval_probe {
    enum gv_eval_probes_kind kind;
    char *file, *name;
    char *note;   /* from the file; NULL: none */
    char *reason; /* why there is no result; NULL: there is one */
    /* of a WEAT */
    double effect_size, p_value, statistic; /* NAN: no result */
    uint64_t partitions;
    bool exact;
    /* of an axis */
    double agreement; /* NAN: no result, or a single pair */
    bool scored;
    double spearman;                            /* of projections with scores; NAN if undefined */
    gv_eval_probe_set set[GV_EVAL_PROBES_SETS]; /* a set that is not there has no name */
} gv_eval_probe;

/* Fill in one probe of a file; `out` is zeroed. Also after a failure, the caller clears it. Errors:
 * those of gv_eval_lookup.h and gv_eval_weat.h. */
GV_MUST_USE int gv_eval_probe_run(gv_eval_probe *out, const gv_eval_lookup *lookup,
                                  const gv_eval_probes *file, const gv_eval_probes_probe *probe,
                                  unsigned threads, gv_error *err);
void gv_eval_probe_clear(gv_eval_probe *probe);

/* Write the member "probes" of eval.json; nothing if `n` is 0. `details`: words and notes, too. */
void gv_eval_probe_write(gv_json_writer *w, const gv_eval_probe *probe, size_t n, bool oov,
                         bool details);
/* Print the content of that member as tables. */
void gv_eval_probe_table(FILE *out, const gv_json *probes);

#endif

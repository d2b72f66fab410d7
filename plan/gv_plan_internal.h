/*
 * gv_plan_cost - bytes and seconds of each stage for the estimated matrix. Private to glove-plan.
 *
 * Memory is divided by the stages' own rules (lib/budget); what is here is the estimate of the
 * sizes that the rules need, and the rates of time.
 */
#ifndef GV_PLAN_INTERNAL_H
#define GV_PLAN_INTERNAL_H

#include "budget/gv_budget_cooccur.h"
#include "budget/gv_budget_shuffle.h"
#include "budget/gv_budget_train.h"
#include "budget/gv_budget_vocab.h"
#include "plan/gv_plan.h"
#include "plan/gv_plan_pairs.h"
#include "plan/gv_plan_rates.h"
#include "subword/gv_subword_fit.h"

/* Sizes of the tiled matrix. */
typedef struct gv_plan_tiles {
    double gap_bytes;    /* of a column's distance in counts.bin, per cell */
    double tiles, blobs; /* of the store */
    double blob_bytes;
    double runs;         /* rows of tiles */
    double stream_bytes; /* that the shuffle holds while sorting */
    double largest;      /* cells of the largest tile */
    uint32_t segments, groups;
    uint32_t widest; /* words of the widest segment */
} gv_plan_tiles;

/* Lay the matrix out in segments and tiles as the shuffle does. Fails with
 * GV_E_MEMORY only. */
GV_MUST_USE int gv_plan_cost_tiles(gv_plan_tiles *tiles, const gv_plan_pairs_matrix *matrix,
                                   const gv_plan_pairs *pairs, const gv_config *config,
                                   gv_error *err);

/* What the costs depend on. All borrowed. */
typedef struct gv_plan_basis {
    const gv_config *config;
    const gv_plan_sample *sample;
    const gv_plan_words *words;
    const gv_plan_pairs *pairs;
    gv_plan_pairs_matrix matrix;
    gv_plan_tiles tiles;
    gv_plan_rates rates;
    gv_subword_fit_sizes subwords; /* with output.subwords, else 0 */
} gv_plan_basis;

/* Fill in stage[], file[] and batches of the plan, and the first budget that is too small
 * (plan->misfit). With train.objective "word2vec" there is no matrix, and its stages stay empty. */
GV_MUST_USE int gv_plan_cost_stages(gv_plan *plan, const gv_plan_basis *basis, gv_error *err);

/* --- what the plan asks the rules of lib/budget (also for tests) ------------------------------ */

gv_budget_vocab gv_plan_cost_budget_vocab(const gv_plan *plan, const gv_plan_basis *basis);
gv_budget_cooccur gv_plan_cost_budget_cooccur(const gv_plan *plan, const gv_plan_basis *basis);
gv_budget_shuffle gv_plan_cost_budget_shuffle(const gv_plan *plan, const gv_plan_basis *basis);
/* `*store` receives what is estimated of the store; `*train` borrows it and basis->config. A model
 * that is too large to be addressed: GV_E_MEMORY. */
GV_MUST_USE int gv_plan_cost_budget_train(gv_budget_train *train, gv_store_info *store,
                                          const gv_plan_basis *basis, gv_error *err);

/* --- phrases: gv_plan_cost_phrases.c ---------------------------------------------------------- */

/* Seconds that one thread takes to join phrases while it reads the text; and that glove-vocab takes
 * for all its passes and that. 0 without phrases. */
double gv_plan_cost_join_seconds(const gv_plan_basis *basis);
double gv_plan_cost_phrases_seconds(const gv_plan_basis *basis);
/* Memory, temporary files and phrases.tsv of glove-vocab, when all else of it is known. */
void gv_plan_cost_phrases(gv_plan *plan, const gv_plan_basis *basis,
                          const gv_budget_vocab_limits *limits);

/* --- shared by the source files ----------------------------------------------------------- */

/* Seconds of processor time of a stage: `work` is shared by threads; `inflate` (decompressing) is
 * done by one at a time, while others work on what it has decompressed. */
typedef struct gv_plan_cost_work {
    double work, inflate;
    unsigned threads;
} gv_plan_cost_work;

/* A memory that is too small: what needs it, how much is needed and there, and what to do. */
typedef struct gv_plan_cost_shortage {
    double need, have; /* bytes */
    const char *what;  /* is too small: a config key, or "what is available" */
    const char *advice;
} gv_plan_cost_shortage;

void gv_plan_cost_put_file(gv_plan *plan, enum gv_plan_number stage, const char *name,
                           double bytes);
void gv_plan_cost_put_time(gv_plan *plan, enum gv_plan_number stage, gv_plan_cost_work work);
/* Record the shortage unless there is one already. */
void gv_plan_cost_put_shortage(gv_plan *plan, enum gv_plan_number stage,
                               gv_plan_cost_shortage shortage);

/* Record a shortage if the budget of `s.have` bytes, which is the config key `s.what` or what
 * gv_budget_of_key leaves of it, is too small. */
void gv_plan_cost_check_budget(gv_plan *plan, enum gv_plan_number stage, gv_plan_cost_shortage s);
/* Bytes of memory available as the stages see it: 0 if unknown. */
uint64_t gv_plan_cost_available(const gv_plan *plan);
/* How often `bytes` double beyond `near`: work whose memory is in no cache takes longer. */
double gv_plan_cost_doublings(double bytes, double near);

/* Resident bytes of a program that reads the corpus, before it begins, and while it reads, without
 * what its threads hold; of the vocabulary. */
double gv_plan_cost_program_bytes(const gv_config *config);
double gv_plan_cost_reading_bytes(const gv_config *config);
uint64_t gv_plan_cost_vocabulary_bytes(const gv_plan_words *words);

/* CPU seconds of reading the corpus at the speed of the sample; of one token of it (how fast the
 * machine is); of decompressing the corpus. */
double gv_plan_cost_read_seconds(const gv_plan_sample *sample);
double gv_plan_cost_token_seconds(const gv_plan_sample *sample);
double gv_plan_cost_inflate_seconds(const gv_plan_sample *sample);

/* The shuffle: gv_plan_cost_shuffle.c. */
void gv_plan_cost_shuffle(gv_plan *plan, const gv_plan_basis *basis);

/* The training stage: gv_plan_cost_train.c. */
GV_MUST_USE int gv_plan_cost_train(gv_plan *plan, const gv_plan_basis *basis, gv_error *err);
GV_MUST_USE int gv_plan_cost_word2vec(gv_plan *plan, const gv_plan_basis *basis, gv_error *err);

/* The part of output.subwords in it: gv_plan_cost_subwords.c. Estimate the n-grams, for
 * basis->subwords. Fails with GV_E_MEMORY only. */
GV_MUST_USE int gv_plan_cost_subword_sizes(gv_subword_fit_sizes *sizes, const gv_plan_basis *basis,
                                           gv_error *err);
/* CPU seconds, 0 without it. */
double gv_plan_cost_subword_seconds(const gv_plan_basis *basis);
/* Put memory and file into the plan; returns the bytes of memory that it needs at the least, beside
 * a model of `model` bytes; 0 without it. */
double gv_plan_cost_subwords(gv_plan *plan, const gv_plan_basis *basis, uint64_t model);

/* Share of the cells whose value has no code. */
double gv_plan_cost_escaped_share(const gv_config *config);

/* CPU seconds of reading the text as ids: glove-cooccur, and glove-train with word2vec. */
double gv_plan_cost_ids_seconds(const gv_plan_basis *basis);

#endif

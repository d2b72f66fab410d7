/*
 * gv_embed_documents - one vector for each line of a text; gv_document.h has the formulas.
 *
 * A line without a word that has a vector gets zeros. Sums are in double, in the order of the text,
 * and rounded once: the bytes do not depend on threads, CPU or how the text comes in.
 *
 * Threads: one call at a time; it starts threads of its own.
 */
#ifndef GV_EMBED_DOCUMENTS_H
#define GV_EMBED_DOCUMENTS_H

#include "base/gv_progress.h"
#include "document/gv_document.h"
#include "embed/gv_embed_input.h"
#include "embed/gv_embed_output.h"
#include "embed/gv_embed_words.h"
#include "text/gv_phrases.h"

/* All borrowed. */
typedef struct gv_embed_documents_job {
    const gv_config *config;
    const gv_phrases *phrases; /* joined in the text; NULL: none */
    gv_embed_words *words;     /* its vectors are scaled by their weights */
    enum gv_document_weights weights;
    const double *component; /* [dim] of length 1; NULL: nothing is taken away */
    gv_embed_input *input;
    gv_embed_output *output;
    enum gv_embed_output_format format;
    unsigned threads;
    gv_progress *progress;
} gv_embed_documents_job;

/* What the lines were made of. */
typedef struct gv_embed_documents_counts {
    uint64_t lines, zero;              /* lines; of them without any word that has a vector */
    uint64_t known, subwords, missing; /* words: with a vector of their own, from n-grams, none */
} gv_embed_documents_counts;

/* The common component: `component` [dim], of length 1; all zeros if the vectors cancel out.
 * `words` have counts, and their vectors are not scaled yet. */
void gv_embed_documents_component(double *component, const gv_embed_words *words);

GV_MUST_USE int gv_embed_documents_run(gv_embed_documents_counts *counts,
                                       const gv_embed_documents_job *job, gv_error *err);

#endif

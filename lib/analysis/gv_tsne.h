/*
 * gv_tsne - places rows in a plane so that neighbours by cosine stay neighbours: t-SNE.
 *
 * Probabilities p of the neighbours of each row, from squared distances and a bandwidth per row
 * that gives the wanted perplexity, are approached by those of the plane, q, in proportion to
 * 1 / (1 + distance^2). The gradient descent has two parts: first with p exaggerated by 12, then
 * with p. Forces of far groups of rows are those of their centres (Barnes and Hut 1986).
 *
 * The result depends on the rows and the start only, not on the number of threads. Only + - * / and
 * square roots in a fixed order are used, so it depends on the CPU only as gv_products does, by
 * which neighbours are found.
 *
 * How to read such a picture: who is next to whom means something. Distances between groups, their
 * sizes and their densities do not.
 *
 * Sources: van der Maaten and Hinton, "Visualizing data using t-SNE", 2008, equations 1 to 5; van
 * der Maaten, "Accelerating t-SNE using tree-based algorithms", 2014, sections 4.1 (neighbours) and
 * 4.2 (trees); learning rate: Belkina et al., "Automated optimized parameters for t-SNE", 2019;
 * start: Kobak and Berens, "The art of using t-SNE for single-cell transcriptomics", 2019.
 *
 * Cost: 3.5 s of processor time for 3000 rows on a CPU of 2.8 GHz, 6.5 s for 5000. Memory: about
 * 200 bytes times the perplexity for each row.
 *
 * Errors: GV_E_MEMORY; GV_E_STOPPED on a signal. Threads: called by one at a time, starts its own.
 */
#ifndef GV_TSNE_H
#define GV_TSNE_H

#include "base/gv_progress.h"
#include "vectors/gv_products.h"

typedef struct gv_tsne_job {
    gv_products_rows rows; /* of length 1 or zeros; finite; any number */
    double perplexity;     /* neighbours that count, usually 5 to 50; at most a third of the rows
                              are used */
    unsigned steps[2];     /* with exaggerated p, with p; 0, 0: 250 and 750 */
    unsigned threads;      /* at least 1 */
    gv_progress *progress; /* may be NULL */
} gv_tsne_job;

/* `place` ([n][2]) is where the rows begin, finite and of any scale (their first two principal
 * components), and becomes where they end, around (0, 0). All numbers are finite. */
GV_MUST_USE int gv_tsne_place(double *place, const gv_tsne_job *job, gv_error *err);

#endif

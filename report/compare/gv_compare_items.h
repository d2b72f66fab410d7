/*
 * gv_compare_items - what all runs found for the items of each test set (eval.tsv), side by side.
 *
 * Items are the same if kind, file, section, words and the score by people are. Their order depends
 * on these alone, not on the order of runs.
 *
 * Threads: main thread only.
 */
#ifndef GV_COMPARE_ITEMS_H
#define GV_COMPARE_ITEMS_H

#include "report/compare/gv_compare.h"

enum { GV_COMPARE_ITEMS_MEASURES = 2 };

typedef struct gv_compare_items_run {
    size_t n;                                /* of its values; 0: it has none of this set */
    float *value[GV_COMPARE_ITEMS_MEASURES]; /* [n] NAN: not answered; NULL: no such measure */
} gv_compare_items_run;

/* A test set. Its measures are named as those of gv_compare_metric; a value of an item times
 * `scale` is what it adds to the mean. */
typedef struct gv_compare_items_set {
    enum gv_compare_kind kind;
    char *file;
    const char *measure[GV_COMPARE_ITEMS_MEASURES]; /* static; NULL: none */
    double scale;
    size_t n, room;
    struct gv_compare_items_item *item; /* private */
    gv_strings sections;                /* names, once ordered: in the order of `ends` */
    size_t *ends;                       /* [sections.n] items are ordered by section */
    double *scores;                     /* [n] of pairs: by people; else NULL */
    gv_compare_items_run *run;          /* [runs] */
    uint32_t *slot;                     /* private: a hash table of items */
    size_t slots;
} gv_compare_items_set;

typedef struct gv_compare_items {
    size_t n, room, runs;
    gv_compare_items_set *set;
} gv_compare_items;

/* Read the eval.tsv of each run that was evaluated. A run without one, or with a damaged one, is
 * noted as lacking it. GV_E_IO, GV_E_MEMORY. The caller frees, also after a failure. */
GV_MUST_USE int gv_compare_items_read(gv_compare_items *items, gv_compare *compare, gv_error *err);
void gv_compare_items_free(gv_compare_items *items);

#endif

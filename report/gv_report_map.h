/*
 * gv_report_map - a map of the most frequent words: their places in two layouts, their groups, and
 * their nearest words.
 *
 * The layouts are the first two principal components (gv_pca.h) and t-SNE (gv_tsne.h); the groups
 * are those of spherical k-means (gv_kmeans.h). `<unk>` and words whose vectors have no direction
 * are left out.
 *
 * Private to gv_report*.c. Threads: main thread only; finding starts its own.
 */
#ifndef GV_REPORT_MAP_H
#define GV_REPORT_MAP_H

#include "analysis/gv_neighbours.h"
#include "vectors/gv_words.h"
#include <stdio.h>

enum {
    GV_REPORT_MAP_WORDS = 3000, /* if the user says nothing */
    GV_REPORT_MAP_MOST = 20000, /* places are numbered with two bytes; t-SNE takes half a minute */
    GV_REPORT_MAP_LEAST = 10,   /* fewer words make no map */
    GV_REPORT_MAP_GROUPS = 16,
    GV_REPORT_MAP_TYPICAL = 3,
    GV_REPORT_MAP_NEAR = 8
};

enum gv_report_map_layout { GV_REPORT_MAP_PCA, GV_REPORT_MAP_TSNE, GV_REPORT_MAP_LAYOUTS };

typedef struct gv_report_map {
    size_t n;                             /* words; 0: there is no map */
    size_t groups;                        /* at most GV_REPORT_MAP_GROUPS */
    uint32_t *row;                        /* [n] of the vectors, ascending */
    double *place[GV_REPORT_MAP_LAYOUTS]; /* [n][2] */
    double kept[GV_REPORT_MAP_LAYOUTS];   /* 0 to 1: nearest words that are nearest in the layout */
    double explained;                     /* 0 to 1: variance that the two components have */
    uint32_t *group;   /* [n] 0 .. groups - 1, in the order of their most frequent words */
    uint32_t *typical; /* [groups][GV_REPORT_MAP_TYPICAL] numbers of words near the middle of each,
                           nearest first; GV_NEIGHBOURS_NONE where it has fewer */
    gv_neighbours *near; /* of the words of the map, by their numbers */
} gv_report_map;

/* Make the map of the first `most` rows of `words`; no map if these are fewer than
 * GV_REPORT_MAP_LEAST. The caller frees with gv_report_map_free; after a failure there is nothing
 * to free. GV_E_MEMORY; GV_E_STOPPED on a signal. */
GV_MUST_USE int gv_report_map_find(gv_report_map *map, const gv_words *words, size_t most,
                                   gv_progress *progress, gv_error *err);
/* A zeroed map is allowed. */
void gv_report_map_free(gv_report_map *map);

/* The map, its table of groups, and its data for gv_report_map.js. `counts` ([rows of `words`]) may
 * be NULL. Write errors are those of `out`. */
void gv_report_map_write(FILE *out, const gv_report_map *map, const gv_words *words,
                         const uint64_t *counts);

#endif

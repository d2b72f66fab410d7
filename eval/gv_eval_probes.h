/*
 * gv_eval_probes - reads a file of probes: sets of words whose vectors are compared.
 *
 * A line `: ROLE NAME` begins a set, and its words follow. `target` and `attribute`, twice each,
 * make a WEAT (Caliskan et al. 2017); `: weat NAME` begins and names one. `: axis NAME` begins an
 * axis, by pairs of words, one a line; `: words NAME` are the words to be projected onto it, each
 * with a score or none. A set without words takes those of the last one with the same role and
 * name. docs/evaluation.md describes the form.
 *
 * A word that is twice in a set counts once, and is noted. What cannot be meant is GV_E_CORRUPT
 * "FILE:LINE: ...": a word in both targets or both attributes, a set too many or too few, an
 * unknown role, an axis line that is no pair, scores on some of the words.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_PROBES_H
#define GV_EVAL_PROBES_H

#include "base/gv_text.h"
#include "eval/gv_eval_rows.h"

enum gv_eval_probes_kind { GV_EVAL_PROBES_NONE, GV_EVAL_PROBES_WEAT, GV_EVAL_PROBES_AXIS };

/* Positions of the sets of a probe. */
enum {
    GV_EVAL_PROBES_TARGET = 0,    /* of a WEAT: 0 and 1 */
    GV_EVAL_PROBES_ATTRIBUTE = 2, /* 2 and 3 */
    GV_EVAL_PROBES_PAIRS = 0,     /* of an axis */
    GV_EVAL_PROBES_WORDS = 1,
    GV_EVAL_PROBES_SETS = 4
};

typedef struct gv_eval_probes_word {
    const char *text; /* borrowed from the rows; not empty */
    double score;     /* NAN: none */
    uint64_t line;
} gv_eval_probes_word;

typedef struct gv_eval_probes_set {
    const char *name; /* "": the file gives none */
    uint64_t line;    /* of its title; 0: the probe has no such set */
    size_t first, n;  /* its words in `word`; those of pairs are two by two */
    bool scored;      /* all its words have a score; else none has */
} gv_eval_probes_set;

typedef struct gv_eval_probes_probe {
    enum gv_eval_probes_kind kind;
    const char *name; /* no two probes of a file have the same; not empty */
    uint64_t line;
    gv_eval_probes_set set[GV_EVAL_PROBES_SETS];
    char *note; /* words left out; NULL: none */
} gv_eval_probes_probe;

typedef struct gv_eval_probes {
    gv_eval_rows rows;
    size_t words, word_room;
    gv_eval_probes_word *word;
    size_t n, room; /* at least 1 */
    gv_eval_probes_probe *probe;
    char *default_name; /* the first probe's, if the file does not name it */
} gv_eval_probes;

/* `path` is borrowed. The caller frees, also a zeroed struct; after a failure there is nothing to
 * free. */
GV_MUST_USE int gv_eval_probes_read(gv_eval_probes *probes, const char *path, gv_error *err);
void gv_eval_probes_free(gv_eval_probes *probes);

#endif

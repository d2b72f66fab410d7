/*
 * gv_compare - several runs beside each other: settings, scores, losses, time, differences.
 *
 * Runs whose settings differ only in seeds are of one *setting*. Each setting has the mean and the
 * standard deviation of each measure over its runs, and differences from a *base*, another setting,
 * with intervals (analysis/gv_differences.h). Runs that have not been trained to their end take no
 * part; they are listed with what is missing, and with the command that makes it.
 *
 * What is found is written by gv_compare_json, _csv, _markdown and _html from this one struct.
 *
 * Threads: main thread only.
 */
#ifndef GV_COMPARE_H
#define GV_COMPARE_H

#include "app/gv_sweep_file.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "report/gv_report.h"
#include <math.h>

/* --- what is measured ------------------------------------------------------------------------- */

enum gv_compare_kind {
    GV_COMPARE_LOSS,
    GV_COMPARE_ANALOGIES,
    GV_COMPARE_SIMILARITY,
    GV_COMPARE_CATEGORIES,
    GV_COMPARE_OUTLIERS,
    GV_COMPARE_PROBES,
    GV_COMPARE_TIME,
    GV_COMPARE_MEMORY
};

/* A measure. Its name is unique: "loss", "analogies:questions.txt:accuracy:family", "cpu_s:train":
 * kind, file, measure, section, as far as it has them. */
typedef struct gv_compare_metric {
    enum gv_compare_kind kind;
    char *name;
    char *file, *measure, *section; /* "": none. Of times the section is the stage; of probes the
                                       name of the probe */
    int better;                     /* 1: more is better; -1: less is; 0: neither */
    size_t order;                   /* in which it was found */
} gv_compare_metric;

/* --- runs ------------------------------------------------------------------------------------- */

typedef struct gv_compare_run {
    char *dir;     /* where it is, as it can be passed on to a program */
    bool of_sweep; /* it is listed in a sweep.json */
    enum gv_sweep_file_state state;
    char *error;        /* why the sweep says that it failed; NULL: nothing */
    gv_json *sweep_set; /* what the sweep sets; NULL: of no sweep */
    gv_config *config;  /* NULL: could not be read */
    gv_json *config_json;
    gv_report records;
    bool trained;            /* it takes part */
    char *missing, *command; /* what it lacks, and what makes it; NULL: nothing */
    char *seeds;             /* its seeds as text, by which runs are paired */
    size_t setting;          /* SIZE_MAX: none */
    double *value;           /* [metrics] NAN: not measured */
} gv_compare_run;

/* --- settings --------------------------------------------------------------------------------- */

typedef struct gv_compare_summary {
    double mean, deviation; /* NAN: of none; of fewer than two */
    size_t n;               /* runs that have the measure */
} gv_compare_summary;

typedef struct gv_compare_setting {
    gv_json *set; /* the keys that differ, with its values */
    char *label;  /* the same as text: "train.dim=100 train.objective=logistic"; "" if all runs are
                      of one setting */
    size_t n;
    size_t *run;                 /* [n] its runs, in the order of their seeds */
    gv_compare_summary *summary; /* [metrics] */
    size_t base;                 /* the setting that it is compared with; SIZE_MAX: none */
    char *against; /* what differs: "train.dim=300 against 100"; NULL without a base */
} gv_compare_setting;

/* --- differences ------------------------------------------------------------------------------ */

enum gv_compare_verdict {
    GV_COMPARE_UNKNOWN, /* no interval */
    GV_COMPARE_INSIDE,  /* the interval has 0 in it */
    GV_COMPARE_HIGHER,
    GV_COMPARE_LOWER
};

typedef struct gv_compare_difference {
    size_t setting, metric; /* the base is that of the setting */
    double difference;      /* setting - base; NAN: cannot be compared */
    double low, high;
    size_t items;          /* on which it is; 0: not a measure of items */
    size_t left_out;       /* items that some of the runs did not answer */
    bool paired, by_seeds; /* by equal seeds; seeds' noise is in the interval */
    size_t n;              /* pairs; unpaired: runs of the setting */
    double *by_pair;       /* [n] if paired */
    enum gv_compare_verdict verdict;
    const char *why; /* why there is no difference, or what its interval lacks; static; NULL: - */
} gv_compare_difference;

/* --- all -------------------------------------------------------------------------------------- */

typedef struct gv_compare {
    size_t n, runs_room;
    gv_compare_run *run;
    size_t metrics, metrics_room;
    gv_compare_metric *metric; /* in the order in which they are shown */
    gv_strings keys;           /* that differ between settings */
    gv_strings seed_keys;      /* that differ between runs and are seeds */
    size_t settings;
    gv_compare_setting *setting;
    size_t *shown; /* [shown_n] settings, in the order asked for */
    size_t shown_n;
    size_t sorted_by; /* a metric; SIZE_MAX: not sorted */
    size_t differences;
    gv_compare_difference *difference;
    gv_strings notes; /* what a reader must know */
} gv_compare;

/* What the user asked for; all borrowed, NULL: not given. */
typedef struct gv_compare_options {
    gv_strings dirs;
    const char *base, *sort, *best;
    unsigned threads;
    gv_progress *progress;
} gv_compare_options;

/*
 * Read the runs in `dirs`, each a run directory, a sweep, or a folder with such, and compare them.
 * GV_E_USAGE: one of them has no run; no run was trained; --base, --sort or --best name nothing
 * that is there. Runs that cannot be read are no error. The caller frees.
 */
GV_MUST_USE int gv_compare_make(gv_compare **compare, const gv_compare_options *options,
                                gv_error *err);
/* Accepts NULL. */
void gv_compare_free(gv_compare *compare);

/* The result in a format; the caller frees the text. GV_E_MEMORY. */
GV_MUST_USE int gv_compare_json(char **text, const gv_compare *compare, gv_error *err);
GV_MUST_USE int gv_compare_csv(char **text, const gv_compare *compare, gv_error *err);
GV_MUST_USE int gv_compare_markdown(char **text, const gv_compare *compare, gv_error *err);
GV_MUST_USE int gv_compare_html(char **text, const gv_compare *compare, gv_error *err);

#endif

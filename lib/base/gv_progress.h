/*
 * gv_progress - where a stage says how far it is.
 *
 * The library reports into a gv_progress that the program shell opened on stderr; a NULL one
 * swallows everything, which is what tests and embedding programs pass. Modes (`--progress`):
 * a bar with rate and ETA, plain lines every few seconds, JSON lines, or nothing.
 * Threads: gv_progress_add may be called from any thread at any rate (it is one relaxed atomic
 * add and, at most ten times a second, one redraw); the others from the main thread only.
 */
#ifndef GV_PROGRESS_H
#define GV_PROGRESS_H

#include "base/gv_error.h"
#include <stdint.h>
#include <stdio.h>

enum gv_progress_mode {
    GV_PROGRESS_AUTO, /* BAR on a terminal, else PLAIN */
    GV_PROGRESS_BAR,
    GV_PROGRESS_PLAIN,
    GV_PROGRESS_JSON,
    GV_PROGRESS_NONE
};

typedef struct gv_progress gv_progress;

/* `sink` is borrowed and must outlive the object; `stage` ("vocab", ...) is copied. */
int gv_progress_open(gv_progress **out, enum gv_progress_mode mode, FILE *sink, const char *stage,
                     gv_error *err);
/* A phase begins: "counting", of `total` things (0: unknown) called `unit` ("tokens", "bytes"). */
void gv_progress_begin(gv_progress *progress, const char *phase, uint64_t total, const char *unit);
void gv_progress_add(gv_progress *progress, uint64_t done);
/* The phase ends; prints its total, time and rate. */
void gv_progress_end(gv_progress *progress);
/* One line for the reader (a skip notice, a warning, a loss); in JSON mode an object with "note".
 */
void gv_progress_note(gv_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void gv_progress_close(gv_progress *progress);

#endif

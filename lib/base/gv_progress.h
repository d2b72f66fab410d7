/*
 * gv_progress - how far a stage is, shown to its user.
 *
 * The program shell opens a gv_progress on stderr and passes it to the library. Every function
 * accepts NULL and then does nothing; tests and embedding programs pass that. The modes are those
 * of `--progress`: a bar with rate and remaining time, plain lines every ten seconds, JSON lines
 * every second, or nothing. Write errors are ignored.
 *
 * Threads: gv_progress_add may be called from any thread, at any rate (it costs one relaxed atomic
 * addition and, at most ten times a second, one redraw); the others from the main thread only.
 */
#ifndef GV_PROGRESS_H
#define GV_PROGRESS_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum gv_progress_mode {
    GV_PROGRESS_AUTO, /* BAR on a terminal, else PLAIN */
    GV_PROGRESS_BAR,
    GV_PROGRESS_PLAIN,
    GV_PROGRESS_JSON,
    GV_PROGRESS_NONE
};

enum { GV_PROGRESS_NAME = 48 }; /* room for the name of a phase */

typedef struct gv_progress gv_progress;

/* `sink` is borrowed until gv_progress_close; `stage` ("vocab") is copied. Caller closes. */
GV_MUST_USE int gv_progress_open(gv_progress **out, enum gv_progress_mode mode, FILE *sink,
                                 const char *stage, gv_error *err);
/* Begin a phase ("counting") of `total` things (0: unknown) called `unit` ("tokens", "bytes"); a
 * phase that is still open ends. */
void gv_progress_begin(gv_progress *progress, const char *phase, uint64_t total, const char *unit);
/* `done` more things are done. */
void gv_progress_add(gv_progress *progress, uint64_t done);
/* End the phase, and show its total, time and rate. */
void gv_progress_end(gv_progress *progress);
/* Show one line of text (a warning, a loss); in JSON mode an object with "note". */
void gv_progress_note(gv_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Show one line for a person, such as a command to go on with; nothing in JSON mode. */
void gv_progress_hint(gv_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- work that is done elsewhere (other ranks of a job) --- */

/* Things that were done in a phase. */
typedef struct gv_progress_share {
    char phase[GV_PROGRESS_NAME];
    uint64_t done;
} gv_progress_share;

/* A progress that shows nothing but counts, for gv_progress_take. Caller closes. */
GV_MUST_USE int gv_progress_open_counter(gv_progress **out, gv_error *err);
/* What a counter has counted since the last call; false: nothing. One phase at a call. */
bool gv_progress_take(gv_progress *counter, gv_progress_share *share);
/* Add what was done elsewhere. A phase that has not begun here receives it when it begins; one that
 * has ended here, not at all. From the thread that calls gv_progress_begin, or any other. */
void gv_progress_add_share(gv_progress *progress, const gv_progress_share *share);

/* --- the progress of other programs (glove-run) --- */

/* The mode in use: what GV_PROGRESS_AUTO became. GV_PROGRESS_NONE for NULL. */
enum gv_progress_mode gv_progress_mode_of(const gv_progress *progress);
/* Show `text` as the state of the whole, behind a bar of `part` (0 to 1), or as a plain line, as
 * often as the mode has it. JSON: nothing. */
void gv_progress_show(gv_progress *progress, double part, const char *text);
/* Write a line of another program as it is; `line` has no newline. */
void gv_progress_pass(gv_progress *progress, const char *line);
/* Take a bar off the terminal, before something else is written there. */
void gv_progress_clear(gv_progress *progress);

/* Close it, and leave the cursor at the start of a line. */
void gv_progress_close(gv_progress *progress);

#endif

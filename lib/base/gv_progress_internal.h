/*
 * gv_progress_internal - how progress looks, for gv_progress.c.
 *
 * Threads: whoever calls holds the lock of the progress, except for what touches only its arguments
 * (gv_progress_amount, gv_progress_state_now).
 */
#ifndef GV_PROGRESS_INTERNAL_H
#define GV_PROGRESS_INTERNAL_H

#include "base/gv_progress.h"
#include <pthread.h>
#include <stdatomic.h>

enum { GV_PROGRESS_SHARES = 4 };

struct gv_progress {
    enum gv_progress_mode mode;
    FILE *sink;
    char stage[GV_PROGRESS_NAME], phase[GV_PROGRESS_NAME], unit[GV_PROGRESS_NAME];
    atomic_uint_fast64_t done;
    atomic_uint_fast64_t look_at; /* read the clock when `done` gets here */
    pthread_mutex_t lock;         /* of all below, and of the sink */
    int active;                   /* inside a phase */
    int bar_shown;                /* the cursor is behind a bar */
    uint64_t total;
    double start, last_drawn, interval;
    bool counter; /* shows nothing: gv_progress_take */
    gv_progress_share
        early[GV_PROGRESS_SHARES]; /* of phases that have not begun; a counter's ended phases */
};

typedef struct gv_progress_state {
    uint64_t done;
    double seconds, rate; /* per second; 0: unknown */
    double left;          /* seconds; < 0: unknown */
} gv_progress_state;

gv_progress_state gv_progress_state_now(const gv_progress *progress, double now);

/* "12.3 M tokens", "100 MB". */
void gv_progress_amount(char *text, size_t size, double amount, const char *unit);
/* Take the bar away, if there is one. */
void gv_progress_clear_bar(gv_progress *progress);
/* Show the state of the phase as the mode has it. */
void gv_progress_draw(gv_progress *progress, double now);
/* As a JSON line, whatever the mode. */
void gv_progress_draw_json(gv_progress *progress, const gv_progress_state *s);
/* "run: [####....] TEXT" as a bar. */
void gv_progress_draw_part(gv_progress *progress, double part, const char *text);
/* A JSON string with the characters of `text`; U+FFFD for what is not UTF-8. */
void gv_progress_json_string(FILE *sink, const char *text);

#endif

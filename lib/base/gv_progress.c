/*
 * Progress on stderr in four modes.
 *
 * gv_progress_add is called millions of times from many threads, so it only adds to an atomic
 * counter and compares it with `look_at`, the count at which the clock is to be read again. That
 * count follows from the measured rate, so that the clock is read about LOOKS_PER_DRAW times
 * between two lines. The thread that reaches it tries to take the lock; if another thread has it,
 * there is nothing to do. Everything that prints holds the lock.
 */
#include "base/gv_progress_internal.h"

#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOTE_SIZE = 2048, LOOKS_PER_DRAW = 4 };

/* Seconds between lines. */
static const double bar_interval = 0.1, json_interval = 1, plain_interval = 10;

static enum gv_progress_mode choose_mode(enum gv_progress_mode mode, FILE *sink)
{
    if (mode != GV_PROGRESS_AUTO)
        return mode;
    const char *term = getenv("TERM");
    int smart = term && strcmp(term, "dumb") != 0;
    return smart && isatty(fileno(sink)) ? GV_PROGRESS_BAR : GV_PROGRESS_PLAIN;
}

int gv_progress_open(gv_progress **out, enum gv_progress_mode mode, FILE *sink, const char *stage,
                     gv_error *err)
{
    *out = NULL;
    gv_progress *progress = gv_mem_alloc_zero(1, sizeof *progress, err);
    if (!progress)
        return GV_E_MEMORY;
    if (pthread_mutex_init(&progress->lock, NULL) != 0) {
        gv_mem_free(progress);
        return gv_error_set(err, GV_E_MEMORY, "cannot create a lock");
    }
    progress->mode = choose_mode(mode, sink);
    progress->sink = sink;
    progress->interval = progress->mode == GV_PROGRESS_BAR    ? bar_interval
                         : progress->mode == GV_PROGRESS_JSON ? json_interval
                                                              : plain_interval;
    snprintf(progress->stage, sizeof progress->stage, "%s", stage);
    *out = progress;
    return GV_OK;
}

/* --- shares of other ranks (lock held) -------------------------------------------------------- */

/* Add to the share of `phase` among `early`; more phases than have room are not shown. */
static void add_early(gv_progress *progress, const char *phase, uint64_t done)
{
    for (size_t i = 0; i < GV_PROGRESS_SHARES; i++) {
        gv_progress_share *share = &progress->early[i];
        if (share->done > 0 && strcmp(share->phase, phase) != 0)
            continue;
        snprintf(share->phase, sizeof share->phase, "%s", phase);
        share->done += done;
        return;
    }
}

/* What has been added for `phase`, which then is nothing. */
static uint64_t take_early(gv_progress *progress, const char *phase)
{
    uint64_t done = 0;
    for (size_t i = 0; i < GV_PROGRESS_SHARES && !progress->counter; i++)
        if (progress->early[i].done > 0 && strcmp(progress->early[i].phase, phase) == 0) {
            done = progress->early[i].done;
            progress->early[i].done = 0;
        }
    return done;
}

/* A counter's next phase begins: what it has counted of the last one stays to be taken. */
static void keep_share(gv_progress *progress)
{
    uint64_t done = progress->counter ? atomic_exchange(&progress->done, 0) : 0;
    if (done > 0)
        add_early(progress, progress->phase, done);
}

/* --- the interface ---------------------------------------------------------------------------- */

static int silent(const gv_progress *progress)
{
    return !progress || progress->mode == GV_PROGRESS_NONE;
}

void gv_progress_begin(gv_progress *progress, const char *phase, uint64_t total, const char *unit)
{
    if (silent(progress))
        return;
    gv_progress_end(progress);
    pthread_mutex_lock(&progress->lock);
    keep_share(progress);
    snprintf(progress->phase, sizeof progress->phase, "%s", phase);
    snprintf(progress->unit, sizeof progress->unit, "%s", unit);
    progress->total = total;
    progress->start = progress->last_drawn = gv_clock_wall_seconds();
    progress->active = 1;
    atomic_store(&progress->done, take_early(progress, progress->phase));
    atomic_store(&progress->look_at, 1);
    pthread_mutex_unlock(&progress->lock);
}

/* Read the clock, draw if it is time, and set when to read it again. */
static void look(gv_progress *progress, uint64_t done)
{
    if (pthread_mutex_trylock(&progress->lock) != 0)
        return;
    if (progress->active) {
        double now = gv_clock_wall_seconds();
        if (now - progress->last_drawn >= progress->interval)
            gv_progress_draw(progress, now);
        double seconds = now - progress->start;
        double step = progress->interval / LOOKS_PER_DRAW;
        /* no reliable rate yet: read the clock again when twice as much is done */
        double ahead = seconds > step ? (double)done / seconds * step : (double)done;
        atomic_store_explicit(&progress->look_at, done + (uint64_t)ahead + 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&progress->lock);
}

void gv_progress_add(gv_progress *progress, uint64_t done)
{
    if (silent(progress))
        return;
    uint64_t now = atomic_fetch_add_explicit(&progress->done, done, memory_order_relaxed) + done;
    if (progress->counter)
        return;
    if (now >= atomic_load_explicit(&progress->look_at, memory_order_relaxed))
        look(progress, now);
}

/* The last line of a phase: its total, time and rate. */
static void draw_end(gv_progress *progress)
{
    double now = gv_clock_wall_seconds();
    gv_progress_state s = gv_progress_state_now(progress, now);
    if (progress->mode == GV_PROGRESS_JSON) {
        s.left = 0;
        gv_progress_draw_json(progress, &s);
    } else {
        char done[64], time[GV_AMOUNT_TEXT], rate[64];
        gv_progress_amount(done, sizeof done, (double)s.done, progress->unit);
        gv_amount_time(time, s.seconds);
        gv_progress_amount(rate, sizeof rate, s.rate, progress->unit);
        gv_progress_clear_bar(progress);
        fprintf(progress->sink, "%s: %s: %s in %s (%s/s)\n", progress->stage, progress->phase, done,
                time, rate);
    }
    fflush(progress->sink);
}

void gv_progress_end(gv_progress *progress)
{
    if (silent(progress))
        return;
    pthread_mutex_lock(&progress->lock);
    if (progress->active && !progress->counter)
        draw_end(progress);
    progress->active = 0;
    pthread_mutex_unlock(&progress->lock);
}

static void show_note(gv_progress *progress, const char *format, va_list args)
{
    if (progress->counter)
        return;
    char text[NOTE_SIZE];
    vsnprintf(text, sizeof text, format, args);
    pthread_mutex_lock(&progress->lock);
    if (progress->mode == GV_PROGRESS_JSON) {
        fputs("{\"stage\":", progress->sink);
        gv_progress_json_string(progress->sink, progress->stage);
        fputs(",\"note\":", progress->sink);
        gv_progress_json_string(progress->sink, text);
        fputs("}\n", progress->sink);
    } else {
        char shown[NOTE_SIZE];
        gv_progress_clear_bar(progress);
        fprintf(progress->sink, "%s: %s\n", progress->stage,
                gv_show_line(shown, sizeof shown, text));
    }
    fflush(progress->sink);
    pthread_mutex_unlock(&progress->lock);
}

void gv_progress_note(gv_progress *progress, const char *format, ...)
{
    if (silent(progress))
        return;
    va_list args;
    va_start(args, format);
    show_note(progress, format, args);
    va_end(args);
}

void gv_progress_hint(gv_progress *progress, const char *format, ...)
{
    if (silent(progress) || progress->mode == GV_PROGRESS_JSON)
        return;
    va_list args;
    va_start(args, format);
    show_note(progress, format, args);
    va_end(args);
}

int gv_progress_open_counter(gv_progress **out, gv_error *err)
{
    int status = gv_progress_open(out, GV_PROGRESS_PLAIN, NULL, "", err);
    if (status == GV_OK)
        (*out)->counter = true;
    return status;
}

bool gv_progress_take(gv_progress *counter, gv_progress_share *share)
{
    *share = (gv_progress_share){0};
    pthread_mutex_lock(&counter->lock);
    for (size_t i = 0; i < GV_PROGRESS_SHARES && share->done == 0; i++) {
        *share = counter->early[i];
        counter->early[i].done = 0;
    }
    if (share->done == 0) {
        memcpy(share->phase, counter->phase, sizeof share->phase);
        share->done = atomic_exchange_explicit(&counter->done, 0, memory_order_relaxed);
    }
    pthread_mutex_unlock(&counter->lock);
    return share->done > 0;
}

void gv_progress_add_share(gv_progress *progress, const gv_progress_share *share)
{
    if (silent(progress))
        return;
    pthread_mutex_lock(&progress->lock);
    bool now = progress->active && strcmp(progress->phase, share->phase) == 0;
    if (!now)
        add_early(progress, share->phase, share->done);
    pthread_mutex_unlock(&progress->lock);
    if (now)
        gv_progress_add(progress, share->done);
}

/* --- the progress of other programs ----------------------------------------------------------- */

enum gv_progress_mode gv_progress_mode_of(const gv_progress *progress)
{
    return progress ? progress->mode : GV_PROGRESS_NONE;
}

void gv_progress_show(gv_progress *progress, double part, const char *text)
{
    if (silent(progress) || progress->mode == GV_PROGRESS_JSON)
        return;
    pthread_mutex_lock(&progress->lock);
    double now = gv_clock_wall_seconds();
    bool first = progress->last_drawn == 0;
    if (first) /* the first plain line comes after an interval */
        progress->last_drawn = now;
    if ((first && progress->mode == GV_PROGRESS_BAR) ||
        now - progress->last_drawn >= progress->interval) {
        if (progress->mode == GV_PROGRESS_BAR)
            gv_progress_draw_part(progress, part, text);
        else
            fprintf(progress->sink, "%s: %s\n", progress->stage, text);
        fflush(progress->sink);
        progress->last_drawn = now;
    }
    pthread_mutex_unlock(&progress->lock);
}

void gv_progress_pass(gv_progress *progress, const char *line)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    gv_progress_clear_bar(progress);
    fprintf(progress->sink, "%s\n", line);
    fflush(progress->sink);
    pthread_mutex_unlock(&progress->lock);
}

void gv_progress_clear(gv_progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    gv_progress_clear_bar(progress);
    fflush(progress->sink);
    pthread_mutex_unlock(&progress->lock);
}

void gv_progress_close(gv_progress *progress)
{
    if (!progress)
        return;
    /* a phase that an error ended has no last line, but the error needs an empty one */
    gv_progress_clear_bar(progress);
    if (progress->sink)
        fflush(progress->sink);
    pthread_mutex_destroy(&progress->lock);
    gv_mem_free(progress);
}

/*
 * Progress on stderr in four modes.
 *
 * gv_progress_add is called millions of times from many threads, so it only adds to an atomic
 * counter and compares it with `look_at`, the count at which the clock is to be read again. That
 * count follows from the measured rate, so that the clock is read about LOOKS_PER_DRAW times
 * between two lines. The thread that reaches it tries to take the lock; if another thread has it,
 * there is nothing to do. Everything that prints holds the lock.
 */
#include "base/gv_progress.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    NAME_SIZE = GV_PROGRESS_NAME,
    NOTE_SIZE = 2048,
    LOOKS_PER_DRAW = 4,
    BAR_CELLS = 30,
    SHARES = 4
};

/* Seconds between lines. */
static const double bar_interval = 0.1, json_interval = 1, plain_interval = 10;

struct gv_progress {
    enum gv_progress_mode mode;
    FILE *sink;
    char stage[NAME_SIZE], phase[NAME_SIZE], unit[NAME_SIZE];
    atomic_uint_fast64_t done;
    atomic_uint_fast64_t look_at; /* read the clock when `done` gets here */
    pthread_mutex_t lock;         /* of all below, and of the sink */
    int active;                   /* inside a phase */
    int bar_shown;                /* the cursor is behind a bar */
    uint64_t total;
    double start, last_drawn, interval;
    bool counter;                    /* shows nothing: gv_progress_take */
    gv_progress_share early[SHARES]; /* of phases that have not begun; a counter's ended phases */
};

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

/* --- numbers as text -------------------------------------------------------------------------- */

/* "12.3 M tokens", "100 MB". */
static void format_amount(char *text, size_t size, double amount, const char *unit)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    int bytes = strcmp(unit, "bytes") == 0;
    size_t step = 0;
    while (amount >= 999.5 && step + 1 < sizeof prefixes / sizeof prefixes[0]) {
        amount /= 1000;
        step++;
    }
    int decimals = step > 0 && amount < 99.95 ? 1 : 0;
    const char *prefix = prefixes[step];
    if (bytes)
        snprintf(text, size, "%.*f %sB", decimals, amount, prefix);
    else
        snprintf(text, size, "%.*f%s%s%s%s", decimals, amount, step ? " " : "", prefix,
                 unit[0] ? " " : "", unit);
}

void gv_progress_time(char *text, size_t size, double seconds)
{
    uint64_t whole = seconds < 1e15 ? (uint64_t)(seconds + 0.5) : 0;
    if (seconds < 9.95)
        snprintf(text, size, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(text, size, "%" PRIu64 " s", whole);
    else if (whole < 3600)
        snprintf(text, size, "%" PRIu64 ":%02" PRIu64 " min", whole / 60, whole % 60);
    else
        snprintf(text, size, "%" PRIu64 ":%02" PRIu64 " h", whole / 3600, whole / 60 % 60);
}

typedef struct state {
    uint64_t done;
    double seconds, rate; /* per second; 0: unknown */
    double left;          /* seconds; < 0: unknown */
} state;

static state state_now(const gv_progress *progress, double now)
{
    state s = {.done = atomic_load_explicit(&progress->done, memory_order_relaxed),
               .seconds = now - progress->start,
               .left = -1};
    if (s.seconds > 0)
        s.rate = (double)s.done / s.seconds;
    if (s.rate > 0 && progress->total > 0)
        s.left = s.done < progress->total ? (double)(progress->total - s.done) / s.rate : 0;
    return s;
}

/* --- lines (lock held) ------------------------------------------------------------------------ */

static void clear_bar(gv_progress *progress)
{
    if (progress->bar_shown)
        fputs("\r\033[K", progress->sink);
    progress->bar_shown = 0;
}

/* ", 7 s left", or nothing while that is unknown. */
static void format_left(char *text, size_t size, const state *s)
{
    char left[32];
    text[0] = '\0';
    if (s->left < 0)
        return;
    gv_progress_time(left, sizeof left, s->left);
    snprintf(text, size, ", %s left", left);
}

/* "45% (45.0 MB of 100 MB), 8.2 MB/s, 7 s left"; `brief`, for a bar: "45% of 100 MB, ..." */
static void format_state(char *text, size_t size, const gv_progress *progress, const state *s,
                         int brief)
{
    char done[64], total[64], rate[64], left[40];
    format_amount(done, sizeof done, (double)s->done, progress->unit);
    const char *unit = progress->unit;
    if (brief && progress->total > 0 && strcmp(unit, "bytes") != 0)
        unit = ""; /* "of 16.7 M tokens" has just said it */
    format_amount(rate, sizeof rate, s->rate, unit);
    if (progress->total == 0) {
        snprintf(text, size, "%s, %s/s", done, rate);
        return;
    }
    format_amount(total, sizeof total, (double)progress->total, progress->unit);
    format_left(left, sizeof left, s);
    double percent = 100.0 * (double)s->done / (double)progress->total;
    if (brief)
        snprintf(text, size, "%.0f%% of %s, %s/s%s", percent, total, rate, left);
    else
        snprintf(text, size, "%.0f%% (%s of %s), %s/s%s", percent, done, total, rate, left);
}

static void draw_plain(gv_progress *progress, const state *s)
{
    char text[256];
    format_state(text, sizeof text, progress, s, 0);
    fprintf(progress->sink, "%s: %s: %s\n", progress->stage, progress->phase, text);
}

static size_t terminal_width(FILE *sink)
{
    struct winsize window;
    if (ioctl(fileno(sink), TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
        return window.ws_col;
    return 80;
}

/* "[####......] " with up to BAR_CELLS cells in `room` columns; empty where that is too narrow. */
static void make_bar(char *bar, size_t size, double part, size_t room)
{
    enum { FEWEST = 5, FRAME = 3 };
    bar[0] = '\0';
    if (room < FEWEST + FRAME)
        return;
    int cells = room - FRAME < BAR_CELLS ? (int)(room - FRAME) : BAR_CELLS;
    int full = part < 1 ? (int)(part * cells) : cells;
    snprintf(bar, size, "[%.*s%.*s] ", full, "##############################", cells - full,
             "..............................");
}

/* The figures matter more than the bar, which takes what room they leave. */
static void draw_bar(gv_progress *progress, const state *s)
{
    char text[256], head[2 * NAME_SIZE + 8], bar[2 * BAR_CELLS + 8] = "", line[512];
    size_t width = terminal_width(progress->sink) - 1;
    format_state(text, sizeof text, progress, s, 1);
    snprintf(head, sizeof head, "%s: %s ", progress->stage, progress->phase);
    size_t taken = strlen(head) + strlen(text);
    if (progress->total > 0 && taken < width)
        make_bar(bar, sizeof bar, (double)s->done / (double)progress->total, width - taken);
    snprintf(line, sizeof line, "%s%s%s", head, bar, text);
    fprintf(progress->sink, "\r%.*s\033[K", (int)width, line);
    progress->bar_shown = 1;
}

/* A JSON string; phases and notes are UTF-8 text, of which only a few bytes need escaping. */
static void put_json_string(FILE *sink, const char *text)
{
    fputc('"', sink);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(sink, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(sink, "\\u%04x", *p);
        else
            fputc(*p, sink);
    }
    fputc('"', sink);
}

static void draw_json(gv_progress *progress, const state *s)
{
    FILE *sink = progress->sink;
    fputs("{\"stage\":", sink);
    put_json_string(sink, progress->stage);
    fputs(",\"phase\":", sink);
    put_json_string(sink, progress->phase);
    fprintf(sink, ",\"done\":%" PRIu64 ",\"total\":%" PRIu64 ",\"unit\":", s->done,
            progress->total);
    put_json_string(sink, progress->unit);
    fprintf(sink, ",\"rate\":%.6g,\"eta_s\":", s->rate);
    if (s->left >= 0)
        fprintf(sink, "%.3f}\n", s->left);
    else
        fputs("null}\n", sink);
}

static void draw(gv_progress *progress, double now)
{
    state s = state_now(progress, now);
    switch (progress->mode) {
    case GV_PROGRESS_BAR:
        draw_bar(progress, &s);
        break;
    case GV_PROGRESS_JSON:
        draw_json(progress, &s);
        break;
    case GV_PROGRESS_PLAIN:
        draw_plain(progress, &s);
        break;
    case GV_PROGRESS_AUTO:
    case GV_PROGRESS_NONE:
        break;
    }
    fflush(progress->sink);
    progress->last_drawn = now;
}

/* --- shares of other ranks (lock held) -------------------------------------------------------- */

/* Add to the share of `phase` among `early`; more phases than have room are not shown. */
static void add_early(gv_progress *progress, const char *phase, uint64_t done)
{
    for (size_t i = 0; i < SHARES; i++) {
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
    for (size_t i = 0; i < SHARES && !progress->counter; i++)
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
            draw(progress, now);
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
    state s = state_now(progress, now);
    if (progress->mode == GV_PROGRESS_JSON) {
        s.left = 0;
        draw_json(progress, &s);
    } else {
        char done[64], time[32], rate[64];
        format_amount(done, sizeof done, (double)s.done, progress->unit);
        gv_progress_time(time, sizeof time, s.seconds);
        format_amount(rate, sizeof rate, s.rate, progress->unit);
        clear_bar(progress);
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
        put_json_string(progress->sink, progress->stage);
        fputs(",\"note\":", progress->sink);
        put_json_string(progress->sink, text);
        fputs("}\n", progress->sink);
    } else {
        clear_bar(progress);
        fprintf(progress->sink, "%s: %s\n", progress->stage, text);
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
    for (size_t i = 0; i < SHARES && share->done == 0; i++) {
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

/* "run: [####....] TEXT" */
static void draw_part(gv_progress *progress, double part, const char *text)
{
    char bar[2 * BAR_CELLS + 8] = "", line[512];
    size_t width = terminal_width(progress->sink) - 1;
    size_t taken = strlen(progress->stage) + 2 + strlen(text);
    if (taken < width)
        make_bar(bar, sizeof bar, part, width - taken);
    snprintf(line, sizeof line, "%s: %s%s", progress->stage, bar, text);
    fprintf(progress->sink, "\r%.*s\033[K", (int)width, line);
    progress->bar_shown = 1;
}

void gv_progress_show(gv_progress *progress, double part, const char *text)
{
    if (silent(progress) || progress->mode == GV_PROGRESS_JSON)
        return;
    pthread_mutex_lock(&progress->lock);
    double now = gv_clock_wall_seconds();
    if (progress->last_drawn == 0) /* the first plain line comes after an interval */
        progress->last_drawn = progress->mode == GV_PROGRESS_BAR ? now - progress->interval : now;
    if (now - progress->last_drawn >= progress->interval) {
        if (progress->mode == GV_PROGRESS_BAR)
            draw_part(progress, part, text);
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
    clear_bar(progress);
    fprintf(progress->sink, "%s\n", line);
    fflush(progress->sink);
    pthread_mutex_unlock(&progress->lock);
}

void gv_progress_clear(gv_progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    clear_bar(progress);
    fflush(progress->sink);
    pthread_mutex_unlock(&progress->lock);
}

void gv_progress_close(gv_progress *progress)
{
    if (!progress)
        return;
    /* a phase that an error ended has no last line, but the error needs an empty one */
    clear_bar(progress);
    if (progress->sink)
        fflush(progress->sink);
    pthread_mutex_destroy(&progress->lock);
    gv_mem_free(progress);
}

/* The lines of progress: bars, plain text, JSON. */
#include "base/gv_progress_internal.h"

#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_utf8.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_CELLS = 30 };

/* --- numbers as text -------------------------------------------------------------------------- */

void gv_progress_amount(char *text, size_t size, double amount, const char *unit)
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

gv_progress_state gv_progress_state_now(const gv_progress *progress, double now)
{
    gv_progress_state s = {.done = atomic_load_explicit(&progress->done, memory_order_relaxed),
                           .seconds = now - progress->start,
                           .left = -1};
    if (s.seconds > 0)
        s.rate = (double)s.done / s.seconds;
    if (s.rate > 0 && progress->total > 0)
        s.left = s.done < progress->total ? (double)(progress->total - s.done) / s.rate : 0;
    return s;
}

/* --- lines (lock held) ------------------------------------------------------------------------ */

void gv_progress_clear_bar(gv_progress *progress)
{
    if (progress->bar_shown)
        fputs("\r\033[K", progress->sink);
    progress->bar_shown = 0;
}

/* ", 7 s left", or nothing while that is unknown. */
static void format_left(char *text, size_t size, const gv_progress_state *s)
{
    char left[GV_AMOUNT_TEXT];
    text[0] = '\0';
    if (s->left < 0)
        return;
    gv_amount_time(left, s->left);
    snprintf(text, size, ", %s left", left);
}

/* "45% (45.0 MB of 100 MB), 8.2 MB/s, 7 s left"; `brief`, for a bar: "45% of 100 MB, ..." */
static void format_state(char *text, size_t size, const gv_progress *progress,
                         const gv_progress_state *s, int brief)
{
    char done[64], total[64], rate[64], left[40];
    gv_progress_amount(done, sizeof done, (double)s->done, progress->unit);
    const char *unit = progress->unit;
    if (brief && progress->total > 0 && strcmp(unit, "bytes") != 0)
        unit = ""; /* "of 16.7 M tokens" has just said it */
    gv_progress_amount(rate, sizeof rate, s->rate, unit);
    if (progress->total == 0) {
        snprintf(text, size, "%s, %s/s", done, rate);
        return;
    }
    gv_progress_amount(total, sizeof total, (double)progress->total, progress->unit);
    format_left(left, sizeof left, s);
    double percent = 100.0 * (double)s->done / (double)progress->total;
    if (brief)
        snprintf(text, size, "%.0f%% of %s, %s/s%s", percent, total, rate, left);
    else
        snprintf(text, size, "%.0f%% (%s of %s), %s/s%s", percent, done, total, rate, left);
}

static void draw_plain(gv_progress *progress, const gv_progress_state *s)
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
static void draw_bar(gv_progress *progress, const gv_progress_state *s)
{
    char text[256], head[2 * GV_PROGRESS_NAME + 8], bar[2 * BAR_CELLS + 8] = "", line[512];
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

void gv_progress_json_string(FILE *sink, const char *text)
{
    fputc('"', sink);
    while (*text) {
        const char *start = text;
        uint32_t point = gv_utf8_next(&text);
        if (point == '"' || point == '\\')
            fprintf(sink, "\\%c", (int)point);
        else if (point < 0x20)
            fprintf(sink, "\\u%04x", point);
        else if (point == 0xfffd) /* what is not UTF-8 cannot be in JSON */
            fputs("\xef\xbf\xbd", sink);
        else
            fwrite(start, 1, (size_t)(text - start), sink);
    }
    fputc('"', sink);
}

void gv_progress_draw_json(gv_progress *progress, const gv_progress_state *s)
{
    FILE *sink = progress->sink;
    fputs("{\"stage\":", sink);
    gv_progress_json_string(sink, progress->stage);
    fputs(",\"phase\":", sink);
    gv_progress_json_string(sink, progress->phase);
    fprintf(sink, ",\"done\":%" PRIu64 ",\"total\":%" PRIu64 ",\"unit\":", s->done,
            progress->total);
    gv_progress_json_string(sink, progress->unit);
    fprintf(sink, ",\"rate\":%.6g,\"eta_s\":", s->rate);
    if (s->left >= 0)
        fprintf(sink, "%.3f}\n", s->left);
    else
        fputs("null}\n", sink);
}

void gv_progress_draw(gv_progress *progress, double now)
{
    gv_progress_state s = gv_progress_state_now(progress, now);
    switch (progress->mode) {
    case GV_PROGRESS_BAR:
        draw_bar(progress, &s);
        break;
    case GV_PROGRESS_JSON:
        gv_progress_draw_json(progress, &s);
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

void gv_progress_draw_part(gv_progress *progress, double part, const char *text)
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

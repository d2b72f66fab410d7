/* glove-report drift A B: options, notes, files. */
#include "app/gv_print.h"
#include "app/gv_run_guard.h"
#include "base/gv_file.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "report/gv_report_command.h"
#include "report/gv_report_drift_write.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_LIMIT = 20000, DEFAULT_LEAST = 20, DEFAULT_TOP = 20 };

static int parse_number(uint64_t *number, const char *name, const char *text, uint64_t least,
                        gv_error *err)
{
    char *end;
    if (!text)
        return GV_OK;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno || *text < '0' || *text > '9' || *end || *number < least || *number > UINT32_MAX)
        return gv_error_set(err, GV_E_USAGE, "%s %s: expected a number from %" PRIu64 " to %u",
                            name, text, least, UINT32_MAX);
    return GV_OK;
}

static int parse_by(enum gv_report_drift_by *by, const char *text, gv_error *err)
{
    for (int i = 0; text && i < GV_REPORT_DRIFT_MEASURES; i++)
        if (strcmp(text, gv_report_drift_measure((enum gv_report_drift_by)i)) == 0) {
            *by = (enum gv_report_drift_by)i;
            return GV_OK;
        }
    return text ? gv_error_set(err, GV_E_USAGE, "--by %s: expected neighbours or cosine", text)
                : GV_OK;
}

static int parse(gv_report_drift_options *to, const gv_program_call *call,
                 const gv_report_command_options *given, gv_error *err)
{
    uint64_t k = 0, limit = DEFAULT_LIMIT, least = DEFAULT_LEAST, top = DEFAULT_TOP;
    *to = (gv_report_drift_options){.a = call->operands.items[0],
                                    .b = call->operands.items[1],
                                    .noise = given->noise,
                                    .words = given->words};
    int status = parse_by(&to->by, given->by, err);
    if (status == GV_OK)
        status = parse_number(&k, "--neighbours", given->neighbours, 1, err);
    if (status == GV_OK)
        status = parse_number(&limit, "--limit", given->limit, 0, err);
    if (status == GV_OK)
        status = parse_number(&least, "--min-count", given->min_count, 0, err);
    if (status == GV_OK)
        status = parse_number(&top, "--top", given->top, 0, err);
    if (status == GV_OK && given->noise.n % 2)
        status = gv_error_set(err, GV_E_USAGE,
                              "--noise: expected two runs, or several pairs of runs, not %zu",
                              given->noise.n);
    to->k = k;
    to->limit = limit;
    to->min_count = least;
    to->top = top;
    return status;
}

/* --- files ------------------------------------------------------------------------------------ */

static int put_json(FILE *out, const gv_report_drift *drift, gv_error *err)
{
    return gv_report_drift_write_json(out, drift, err);
}

typedef struct format {
    const char *ending;
    void (*put)(FILE *out, const gv_report_drift *drift); /* NULL: put_json */
} format;

static const format formats[] = {{".html", gv_report_drift_write_html},
                                 {".md", gv_report_drift_write_markdown},
                                 {".csv", gv_report_drift_write_csv},
                                 {".json", NULL}};
enum { FORMATS = sizeof formats / sizeof *formats };

/* The text of a format; caller frees. */
static int render(char **text, void (*put)(FILE *, const gv_report_drift *),
                  const gv_report_drift *drift, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *text = NULL;
    if (status != GV_OK)
        return status;
    if (put)
        put(buffer.stream, drift);
    else
        status = put_json(buffer.stream, drift, err);
    const int closed = gv_print_close(text, &buffer, status == GV_OK ? err : NULL);
    return status == GV_OK ? closed : status;
}

/* Is `path` the file at `input`, which may be NULL? */
static int check_other_file(const char *path, const char *input, gv_error *err)
{
    gv_file_stat output, read;
    if (!input)
        return GV_OK;
    int status = gv_file_look(&output, path, err);
    if (status == GV_OK)
        status = gv_file_look(&read, input, err);
    if (status == GV_OK && output.exists && read.exists && read.device == output.device &&
        read.inode == output.inode)
        status =
            gv_error_set(err, GV_E_USAGE, "--output: %s is an input; choose another PREFIX", path);
    return status;
}

/* Is the file at `path` one of those that were read? */
static int check_not_input(const char *path, const gv_report_drift *drift, gv_error *err)
{
    const char *inputs[] = {drift->pair.a.given.vectors, drift->pair.b.given.vectors,
                            drift->pair.a.given.vocab, drift->pair.b.given.vocab};
    const gv_strings *noise = &drift->options->noise;
    int status = GV_OK;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs && status == GV_OK; i++)
        status = check_other_file(path, inputs[i], err);
    for (size_t i = 0; i < noise->n && status == GV_OK; i++)
        status = check_other_file(path, noise->items[i], err);
    return status;
}

/* Everything that can fail without the disk does so before the first file is replaced. */
static int write_files(const char *prefix, const gv_report_drift *drift, gv_progress *progress,
                       gv_error *err)
{
    char *text[FORMATS] = {NULL}, *path[FORMATS] = {NULL};
    int status = GV_OK;
    for (size_t i = 0; i < FORMATS && status == GV_OK; i++) {
        path[i] = gv_mem_format(err, "%s%s", prefix, formats[i].ending);
        status = path[i] ? check_not_input(path[i], drift, err) : GV_E_MEMORY;
        if (status == GV_OK)
            status = render(&text[i], formats[i].put, drift, err);
    }
    for (size_t i = 0; i < FORMATS && status == GV_OK; i++) {
        status = gv_file_writer_whole(path[i], text[i], strlen(text[i]), err);
        if (status == GV_OK)
            gv_progress_note(progress, "wrote %s", path[i]);
    }
    for (size_t i = 0; i < FORMATS; i++) {
        gv_mem_free(text[i]);
        gv_mem_free(path[i]);
    }
    return status;
}

/* Told before the work: no PREFIX, or one like "runs/a/config", which names a file of a run. */
static int check_prefix(const char *prefix, gv_error *err)
{
    int status = GV_OK;
    if (prefix && (!*prefix || prefix[strlen(prefix) - 1] == '/' || strcmp(prefix, "-") == 0))
        return gv_error_set(err, GV_E_USAGE,
                            "--output: expected the beginning of four files' names, such as "
                            "results/drift, not '%s'",
                            prefix);
    for (size_t i = 0; prefix && i < FORMATS && status == GV_OK; i++) {
        char *path = gv_mem_format(err, "%s%s", prefix, formats[i].ending);
        status = path ? gv_run_guard_check_output(path, err) : GV_E_MEMORY;
        gv_mem_free(path);
    }
    return status;
}

/* Noise of another kind of vectors is another noise. */
static void warn(const gv_report_drift *drift, gv_progress *progress)
{
    if (drift->noise_words && drift->noise_dim != drift->pair.a.vectors->dim)
        gv_progress_note(progress,
                         "warning: the vectors of --noise have %zu numbers, those of A and B %zu; "
                         "their noise is another",
                         drift->noise_dim, drift->pair.a.vectors->dim);
    if (drift->noise_words && 2 * drift->noise_least < drift->pair.shared.n)
        gv_progress_note(progress,
                         "warning: only %zu of the %zu words that are compared are in the corpora "
                         "of --noise; its band is rough",
                         drift->noise_least, drift->pair.shared.n);
}

int gv_report_command_drift(int *exit_code, const gv_program_call *call,
                            const gv_report_command_options *given, gv_error *err)
{
    gv_report_drift_options options;
    gv_report_drift drift = {0};
    char *text = NULL;
    (void)exit_code;
    int status = parse(&options, call, given, err);
    if (status == GV_OK)
        status = check_prefix(given->output, err);
    if (status == GV_OK)
        status = gv_report_drift_make(&drift, &options, call->progress, err);
    if (status == GV_OK)
        warn(&drift, call->progress);
    if (status == GV_OK && given->output)
        status = write_files(given->output, &drift, call->progress, err);
    if (status == GV_OK)
        status = render(&text, gv_report_drift_write_text, &drift, err);
    if (status == GV_OK)
        status = gv_print_send(text, err);
    gv_mem_free(text);
    gv_report_drift_free(&drift);
    return status;
}

/*
 * Converting: rows come from the reader one by one, are looked at, and go to the writer. Since the
 * output has another name until it is complete, input and output may be the same file.
 */
#include "convert/gv_convert.h"

#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "convert/gv_convert_format.h"
#include "convert/gv_convert_subwords.h"
#include "convert/gv_convert_word.h"
#include "convert/gv_findings.h"
#include "convert/gv_problem_list.h"
#include "vectors/gv_vectors_stream.h"
#include <inttypes.h>
#include <string.h>

enum { ROWS_PER_SHOW = 256 };

typedef struct conversion {
    const char *input, *output;
    const gv_convert_options *options;
    gv_progress *progress;
    enum gv_config_format to;
    gv_convert_word words_for; /* whose rules words must follow */
    gv_vectors_stream *stream; /* NULL before the first row */
    gv_file_writer *words;     /* NULL: not wanted */
    gv_problem_list *list;     /* NULL: not wanted */
    uint64_t rows_out, repeated;
    uint64_t damage; /* because of which the file is refused without skip_damaged */
} conversion;

/* --- rows ---------------------------------------------------------------------------------------
 */

/* Open the outputs. The file of words is one only if the input has words of its own. */
static int open_outputs(conversion *c, size_t dim, bool words_read, gv_error *err)
{
    const gv_vectors_stream_options options = {.path = c->output,
                                               .format = c->to,
                                               .header = c->options->header,
                                               .dim = dim,
                                               .threads = gv_threads_available()};
    int status = gv_vectors_stream_open(&c->stream, &options, err);
    if (status == GV_OK && c->options->words && !words_read)
        status = gv_file_writer_open(&c->words, gv_file_target_path(c->options->words), err);
    return status;
}

/* What is odd about the row, and what happens to it. */
static int list_row(const conversion *c, const gv_vectors_row *row, const char *word, gv_error *err)
{
    char *done = NULL;
    const bool changed = strcmp(word, row->word) != 0;
    unsigned kinds = gv_findings_of(row);
    int status = GV_OK;
    if (changed && !row->repeated && !(done = gv_mem_format(err, "written as %s", word)))
        return GV_E_MEMORY;
    for (unsigned kind = 0; kind < GV_FINDINGS_KINDS && status == GV_OK; kind++) {
        if (!(kinds & 1u << kind))
            continue;
        const gv_findings_about *about = gv_findings_describe((enum gv_findings_kind)kind);
        const bool of_word = kind == GV_FINDINGS_SPACE || kind == GV_FINDINGS_NOT_UTF8;
        const gv_problem_list_item item = {.line = row->line,
                                           .row = row->line ? 0 : row->number,
                                           .kind = about->name,
                                           .what = about->row,
                                           .word = row->word,
                                           .done = row->repeated     ? "left out"
                                                   : of_word && done ? done
                                                                     : "kept"};
        status = gv_problem_list_add(c->list, &item, err);
    }
    gv_mem_free(done);
    return status;
}

static int put_word(const conversion *c, const char *word, gv_error *err)
{
    int status = gv_file_writer_write(c->words, word, strlen(word), err);
    return status == GV_OK ? gv_file_writer_write(c->words, "\n", 1, err) : status;
}

/* A row of gv_vectors_sink. */
static int take_row(void *context, const gv_vectors_row *row, gv_error *err)
{
    conversion *c = context;
    const char *word = row->word;
    int status = row->repeated
                     ? GV_OK
                     : gv_convert_word_adapt(&c->words_for, &word, row->word, row->length, err);
    if (status == GV_OK && c->list)
        status = list_row(c, row, word, err);
    if (row->number % ROWS_PER_SHOW == 0)
        gv_progress_add(c->progress, ROWS_PER_SHOW);
    c->repeated += row->repeated;
    if (status != GV_OK || row->repeated)
        return status;
    gv_vectors_row adapted = *row;
    adapted.word = word;
    if (!c->stream)
        status = open_outputs(c, row->dim, row->words_read, err);
    if (status == GV_OK)
        status = gv_vectors_stream_add(c->stream, &adapted, err);
    if (status == GV_OK && c->words)
        status = put_word(c, word, err);
    c->rows_out++;
    return status;
}

/* A problem of gv_vectors_sink. */
static int take_problem(void *context, const gv_vectors_problem *problem, gv_error *err)
{
    conversion *c = context;
    const bool row = problem->fault == GV_VECTORS_DAMAGED || problem->fault == GV_VECTORS_UNNAMED;
    const bool refused = !c->options->skip_damaged && problem->fault != GV_VECTORS_UNNAMED;
    c->damage += refused;
    return c->list ? gv_problem_list_add_fault(c->list, problem,
                                               refused ? "the file is not converted"
                                               : row   ? "left out"
                                                       : "read as far as it goes",
                                               err)
                   : GV_OK;
}

/* --- a file -------------------------------------------------------------------------------------
 */

/* The format of the output. */
static int decide_target(enum gv_config_format *to, const char *output,
                         const gv_convert_options *options, gv_error *err)
{
    *to = options->to;
    int status = *to ? GV_OK : gv_convert_format_of_path(to, output, err);
    if (status == GV_OK && options->header && *to != GV_FORMAT_TEXT)
        status = gv_error_set(err, GV_E_USAGE, "--header is for the text format, not for %s",
                              gv_convert_format_name(*to));
    if (status == GV_OK && options->subwords && *to != GV_FORMAT_FASTTEXT)
        status = gv_error_set(err, GV_E_USAGE, "--subwords is for the fasttext format, not for %s",
                              gv_convert_format_name(*to));
    if (status == GV_OK && (*to == GV_FORMAT_SQLITE || *to == GV_FORMAT_PROJECTOR))
        status = gv_file_target_need_file(output, gv_convert_format_name(*to), err);
    return status;
}

static void note_what_changed(const conversion *c, const gv_vectors *vectors)
{
    gv_progress_note(c->progress, "%s: %s, %zu vectors of %zu numbers", c->input,
                     gv_convert_format_name(vectors->format), vectors->rows, vectors->dim);
    if (vectors->note)
        gv_progress_note(c->progress, "%s: %s", c->input, vectors->note);
    gv_convert_word_note(&c->words_for, c->progress);
    if (c->repeated)
        gv_progress_note(c->progress, "rows with the word of an earlier row, left out: %" PRIu64,
                         c->repeated);
    if (vectors->not_finite)
        gv_progress_note(c->progress, "rows with NaN or infinite numbers: %" PRIu64,
                         vectors->not_finite);
}

/* Finish the output, or leave the one before. `vectors`: what the reader tells, NULL if it
 * failed. */
static int finish(conversion *c, const gv_vectors *vectors, int status, gv_error *err)
{
    gv_subwords *subwords = NULL;
    if (status == GV_OK && c->damage)
        status = gv_error_set(err, GV_E_CORRUPT,
                              "%s: damage in %" PRIu64
                              " place%s (listed), %s is not written; --skip-damaged leaves it out",
                              c->input, c->damage, c->damage == 1 ? "" : "s", c->output);
    if (status == GV_OK && !c->stream)
        status = open_outputs(c, vectors->dim, vectors->words_read, err);
    if (status == GV_OK && c->to == GV_FORMAT_FASTTEXT) {
        const gv_convert_subwords_vectors made = {
            .stream = c->stream, .dim = vectors->dim, .input = c->input};
        status = gv_convert_subwords_find(&subwords, &made, c->options->subwords, c->progress, err);
    }
    status = gv_vectors_stream_end(&c->stream, status, vectors ? vectors->metadata : NULL, subwords,
                                   err);
    if (c->words)
        status = gv_file_writer_end(&c->words, status, err);
    gv_subwords_free(subwords);
    return status;
}

static int convert(conversion *c, gv_error *err)
{
    const gv_convert_options *options = c->options;
    const gv_vectors_sink sink = {.context = c, .row = take_row, .problem = take_problem};
    const gv_vectors_options reading = {.limit = options->limit,
                                        .format = options->from,
                                        .skip_damaged = options->skip_damaged || c->list,
                                        .short_note = true,
                                        .words_path = options->words,
                                        .sink = &sink};
    gv_vectors *vectors = NULL;
    gv_progress_begin(c->progress, "converting", 0, "rows");
    int status = gv_vectors_read_with(&vectors, c->input, &reading, err);
    if (status == GV_OK)
        gv_progress_add(c->progress, vectors->rows % ROWS_PER_SHOW);
    status = finish(c, vectors, status, err);
    if (status == GV_OK) {
        gv_progress_end(c->progress);
        note_what_changed(c, vectors);
        gv_progress_note(c->progress, "%s: %s, rows in: %" PRIu64 ", rows out: %" PRIu64, c->output,
                         gv_convert_format_name(c->to), (uint64_t)vectors->rows + vectors->skipped,
                         c->rows_out);
    }
    if (status == GV_OK && c->to == GV_FORMAT_NPY && !options->words)
        gv_progress_note(c->progress, "%s holds no words; --words FILE writes them to another file",
                         c->output);
    if (c->list)
        status = gv_problem_list_finish(c->list,
                                        &(gv_problem_list_end){.vectors = vectors,
                                                               .done = "not written",
                                                               .output = c->output,
                                                               .rows_out = c->rows_out},
                                        status, err);
    gv_vectors_free(vectors);
    return status;
}

int gv_convert_file(const char *input, const char *output, const gv_convert_options *options,
                    gv_progress *progress, gv_error *err)
{
    FILE *out = strcmp(output, "/dev/stdout") == 0 ? stderr : stdout;
    gv_problem_list list = {.out = out, .file = input, .json = options->json};
    conversion c = {.input = input,
                    .output = output,
                    .options = options,
                    .progress = progress,
                    .list = options->list || options->json ? &list : NULL};
    int status = decide_target(&c.to, output, options, err);
    c.words_for.format = options->header ? GV_FORMAT_WORD2VEC : c.to;
    if (status == GV_OK && c.list)
        status = gv_problem_list_begin(&list, err);
    if (status == GV_OK)
        status = convert(&c, err);
    gv_file_writer_abort(&c.words);
    gv_convert_word_clear(&c.words_for);
    return status;
}

#include "convert/gv_align.h"

#include "analysis/gv_procrustes.h"
#include "analysis/gv_shared_words.h"
#include "app/gv_print.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "config/gv_json.h"
#include "convert/gv_align_anchors.h"
#include "convert/gv_align_inputs.h"
#include "convert/gv_convert_format.h"
#include "convert/gv_convert_subwords.h"
#include "convert/gv_convert_word.h"
#include "vectors/gv_vectors_stream.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct alignment {
    const gv_align_options *options;
    gv_progress *progress;
    enum gv_config_format to;
    enum gv_procrustes_rows rows;
    gv_align_inputs in;
    gv_shared_words shared; /* the anchors */
    double *rotation;
    gv_procrustes_fit fit;
    uint64_t rows_out;
} alignment;

static const char *const fits[] = {"unit", "centred", "raw"}; /* enum gv_procrustes_rows */

/* --- before any work -------------------------------------------------------------------------- */

static int choose_fit(alignment *a, gv_error *err)
{
    const char *wanted = a->options->fit ? a->options->fit : fits[GV_PROCRUSTES_UNIT];
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++)
        if (strcmp(wanted, fits[i]) == 0) {
            a->rows = (enum gv_procrustes_rows)i;
            return GV_OK;
        }
    return gv_error_set(err, GV_E_USAGE, "--fit %s: expected unit, centred or raw", wanted);
}

static int choose_format(alignment *a, gv_error *err)
{
    const gv_align_options *o = a->options;
    a->to = o->to;
    int status = a->to ? GV_OK : gv_convert_format_of_path(&a->to, o->output, err);
    if (status == GV_OK && o->header && a->to != GV_FORMAT_TEXT)
        status = gv_error_set(err, GV_E_USAGE, "--header is for the text format, not for %s",
                              gv_convert_format_name(a->to));
    if (status == GV_OK && (a->to == GV_FORMAT_SQLITE || a->to == GV_FORMAT_PROJECTOR))
        status = gv_file_target_need_file(o->output, gv_convert_format_name(a->to), err);
    return status;
}

static int read_inputs(alignment *a, gv_error *err)
{
    const gv_align_options *o = a->options;
    a->in.anchors = o->anchors;
    int status = gv_align_inputs_find(&a->in, o->base, o->other, err);
    if (status == GV_OK)
        status = gv_align_inputs_guard(&a->in, o->output, a->to == GV_FORMAT_PROJECTOR, err);
    if (status == GV_OK && o->words)
        status = gv_align_inputs_guard(&a->in, gv_file_target_path(o->words), false, err);
    return status == GV_OK ? gv_align_inputs_read(&a->in, err) : status;
}

/* --- the rotation ----------------------------------------------------------------------------- */

static int find_anchors(alignment *a, gv_error *err)
{
    const gv_align_options *o = a->options;
    bool *chosen = NULL;
    int status = o->anchors ? gv_align_anchors_read(&chosen, o->anchors, a->in.base, a->in.other,
                                                    a->progress, err)
                            : GV_OK;
    if (status == GV_OK)
        status = gv_shared_words_find(&a->shared, a->in.base, a->in.other, chosen, err);
    if (status == GV_OK && a->shared.n == 0)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "no word%s has a vector in both %s and %s; they cannot be aligned",
                              o->anchors ? " of the anchors" : "", o->base, o->other);
    if (status == GV_OK && a->shared.no_direction)
        gv_progress_note(a->progress,
                         "words whose vector is zero or not finite, which are no anchors: %zu",
                         a->shared.no_direction);
    gv_mem_free(chosen);
    return status;
}

static void warn(const alignment *a)
{
    const gv_procrustes_fit *fit = &a->fit;
    if (fit->rank < a->in.base->dim)
        gv_progress_note(a->progress,
                         "warning: anchors (%zu) determine only %zu of %zu dimensions; the rest is "
                         "turned as little as possible. Give many times as many anchors as "
                         "dimensions",
                         fit->anchors, fit->rank, a->in.base->dim);
    else if (isnan(fit->held_out))
        gv_progress_note(
            a->progress,
            "warning: too few anchors (%zu) to check how well the rotation fits others",
            fit->anchors);
    else if (gv_procrustes_is_poor(fit))
        gv_progress_note(a->progress,
                         "warning: the fit is poor: words that the rotation was not fitted to have "
                         "a mean cosine of %.3f, and any two words %.3f; do not compare these "
                         "vectors with those of %s",
                         fit->held_out, fit->chance, a->options->base);
}

static int find_rotation(alignment *a, gv_error *err)
{
    const size_t dim = a->in.base->dim;
    const gv_procrustes_anchors anchors = {.base = a->in.base->data,
                                           .other = a->in.other->data,
                                           .base_row = a->shared.a,
                                           .other_row = a->shared.b,
                                           .n = a->shared.n,
                                           .dim = dim};
    if (dim > SIZE_MAX / sizeof(double) / dim ||
        !(a->rotation = gv_mem_alloc(dim * dim, sizeof *a->rotation, err)))
        return gv_error_set(err, GV_E_MEMORY, "out of memory for a rotation in %zu dimensions",
                            dim);
    gv_progress_begin(a->progress, "fitting", anchors.n, "words");
    int status =
        gv_procrustes(a->rotation, &a->fit, &anchors, a->rows, gv_threads_available(), err);
    if (status == GV_OK) {
        gv_progress_add(a->progress, anchors.n);
        gv_progress_end(a->progress);
        warn(a);
    }
    return status;
}

/* --- the output ------------------------------------------------------------------------------- */

/* What is known of OTHER, and what was done to it. Caller frees. */
static int make_metadata(char **text, const alignment *a, gv_error *err)
{
    enum { DIGITS = 15 };
    const char *was = a->in.other->metadata, *base = a->in.base->metadata;
    gv_json *known = NULL, *base_known = NULL;
    gv_json_writer w = gv_json_begin();
    int status = was ? gv_json_parse_if_valid(&known, was, strlen(was), err) : GV_OK;
    if (status == GV_OK && base)
        status = gv_json_parse_if_valid(&base_known, base, strlen(base), err);
    for (const char *key = NULL; (key = gv_json_next_key(known, key));)
        gv_json_set_value(&w, key, gv_json_get(known, key));
    gv_json_open_object(&w, "aligned");
    gv_json_set_uint(&w, "anchors", a->fit.anchors);
    gv_json_set_text(&w, "fit", fits[a->rows]);
    if (base_known)
        gv_json_set_value(&w, "base", base_known);
    gv_json_close(&w);
    gv_json_free(known);
    gv_json_free(base_known);
    if (status == GV_OK)
        return gv_json_write(text, &w, GV_JSON_COMPACT, DIGITS, err);
    gv_json_clear(&w);
    return status;
}

static int put_rows(alignment *a, gv_vectors_stream *stream, gv_file_writer *words, gv_error *err)
{
    const gv_vectors *other = a->in.other;
    gv_convert_word fitting = {.format = a->options->header ? GV_FORMAT_WORD2VEC : a->to};
    uint64_t repeated = 0;
    int status = GV_OK;
    for (size_t i = 0; i < other->rows && status == GV_OK; i++) {
        gv_vectors_row row = {.length = strlen(other->words[i]),
                              .values = other->data + i * other->dim,
                              .dim = other->dim,
                              .number = i + 1,
                              .count = other->counts ? other->counts[i] : 0};
        if (gv_vectors_find(other, other->words[i]) != i) {
            repeated++;
            continue;
        }
        status = gv_convert_word_adapt(&fitting, &row.word, other->words[i], row.length, err);
        if (status == GV_OK)
            status = gv_vectors_stream_add(stream, &row, err);
        if (status == GV_OK && words)
            status = gv_file_writer_write(words, row.word, strlen(row.word), err);
        if (status == GV_OK && words)
            status = gv_file_writer_write(words, "\n", 1, err);
        a->rows_out++;
    }
    if (status == GV_OK)
        gv_convert_word_note(&fitting, a->progress);
    if (status == GV_OK && repeated)
        gv_progress_note(a->progress, "rows with the word of an earlier row, left out: %" PRIu64,
                         repeated);
    gv_convert_word_clear(&fitting);
    return status;
}

static int write_output(alignment *a, const gv_subwords *subwords, gv_error *err)
{
    const gv_align_options *o = a->options;
    const gv_vectors_stream_options options = {.path = o->output,
                                               .format = a->to,
                                               .header = o->header,
                                               .dim = a->in.other->dim,
                                               .threads = gv_threads_available()};
    gv_vectors_stream *stream = NULL;
    gv_file_writer *words = NULL;
    char *metadata = NULL;
    int status = make_metadata(&metadata, a, err);
    if (status == GV_OK)
        status = gv_vectors_stream_open(&stream, &options, err);
    if (status == GV_OK && o->words)
        status = gv_file_writer_open(&words, gv_file_target_path(o->words), err);
    if (status == GV_OK)
        status = put_rows(a, stream, words, err);
    status = gv_vectors_stream_end(&stream, status, metadata, subwords, err);
    if (words)
        status = gv_file_writer_end(&words, status, err);
    gv_mem_free(metadata);
    return status;
}

/* The n-grams of OTHER, not rotated yet; NULL: there are none, or the format holds none. */
static int find_subwords(gv_subwords **subwords, alignment *a, gv_error *err)
{
    const gv_convert_subwords_vectors read = {
        .read = a->in.other, .dim = a->in.other->dim, .input = a->in.other_given.vectors};
    return a->to == GV_FORMAT_FASTTEXT
               ? gv_convert_subwords_find(subwords, &read, NULL, a->progress, err)
               : GV_OK;
}

static int rotate(alignment *a, gv_subwords *subwords, gv_error *err)
{
    const unsigned threads = gv_threads_available();
    const size_t dim = a->in.other->dim;
    int status =
        gv_procrustes_apply(a->in.other->data, a->in.other->rows, a->rotation, dim, threads, err);
    if (status == GV_OK && subwords)
        status = gv_procrustes_apply(gv_subwords_rows_to_change(subwords),
                                     gv_subwords_count(subwords), a->rotation, dim, threads, err);
    if (status == GV_OK && subwords)
        status = gv_procrustes_apply(gv_subwords_offset_to_change(subwords), 1, a->rotation, dim,
                                     threads, err);
    return status;
}

/* --- the report ------------------------------------------------------------------------------- */

static void put_cosine(FILE *out, const char *name, double value, const char *meaning)
{
    if (isnan(value))
        fprintf(out, "  %-9s      -  %s\n", name, meaning);
    else
        fprintf(out, "  %-9s %6.3f  %s\n", name, value, meaning);
}

static void put_text(FILE *out, const alignment *a)
{
    const gv_procrustes_fit *fit = &a->fit;
    gv_print_pad(out, a->options->output, 0);
    fprintf(out, ": %" PRIu64 " vectors of %zu numbers, fitted on %zu word%s\n", a->rows_out,
            a->in.other->dim, fit->anchors, fit->anchors == 1 ? "" : "s");
    fputs("mean cosine of\n", out);
    put_cosine(out, "before", fit->before, "a word's two vectors before the rotation");
    put_cosine(out, "after", fit->after, "after it");
    put_cosine(out, "held out", fit->held_out,
               isnan(fit->held_out) ? "too few anchors to leave some out of the fit"
                                    : "after a rotation that was fitted to other words");
    put_cosine(out, "chance", fit->chance, "the vectors of any two words");
}

static int put_json(FILE *out, const alignment *a, gv_error *err)
{
    enum { DIGITS = 6 };
    const gv_procrustes_fit *fit = &a->fit;
    gv_json_writer w = gv_json_begin();
    char *text = NULL;
    gv_json_set_text(&w, "output", a->options->output);
    gv_json_set_uint(&w, "rows", a->rows_out);
    gv_json_set_uint(&w, "dim", a->in.other->dim);
    gv_json_set_text(&w, "fit", fits[a->rows]);
    gv_json_set_uint(&w, "anchors", fit->anchors);
    gv_json_set_uint(&w, "rank", fit->rank);
    gv_json_set_real(&w, "before", fit->before);
    gv_json_set_real(&w, "after", fit->after);
    gv_json_set_real(&w, "held_out", fit->held_out);
    gv_json_set_real(&w, "chance", fit->chance);
    gv_json_set_bool(&w, "poor", gv_procrustes_is_poor(fit));
    int status = gv_json_write(&text, &w, GV_JSON_ONE_LINE, DIGITS, err);
    if (status == GV_OK)
        fprintf(out, "%s\n", text);
    gv_mem_free(text);
    return status;
}

static int report(const alignment *a, gv_error *err)
{
    FILE *out = strcmp(a->options->output, "/dev/stdout") == 0 ? stderr : stdout;
    int status = GV_OK;
    if (a->options->json)
        status = put_json(out, a, err);
    else
        put_text(out, a);
    if (status == GV_OK && (ferror(out) || fflush(out) != 0))
        status = gv_error_set_errno(err, "cannot write to standard output");
    return status;
}

int gv_align_file(const gv_align_options *options, gv_progress *progress, gv_error *err)
{
    alignment a = {.options = options, .progress = progress};
    gv_subwords *subwords = NULL;
    int status = choose_fit(&a, err);
    if (status == GV_OK)
        status = choose_format(&a, err);
    if (status == GV_OK)
        status = read_inputs(&a, err);
    if (status == GV_OK)
        status = find_anchors(&a, err);
    if (status == GV_OK)
        status = find_subwords(&subwords, &a, err);
    if (status == GV_OK)
        status = find_rotation(&a, err);
    if (status == GV_OK)
        status = rotate(&a, subwords, err);
    if (status == GV_OK)
        status = write_output(&a, subwords, err);
    if (status == GV_OK)
        status = report(&a, err);
    gv_subwords_free(subwords);
    gv_shared_words_clear(&a.shared);
    gv_mem_free(a.rotation);
    gv_align_inputs_clear(&a.in);
    return status;
}

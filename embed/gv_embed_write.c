#include "embed/gv_embed_write.h"

#include "base/gv_decimal.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "config/gv_json.h"
#include "vectors/gv_vectors.h"
#include <inttypes.h>
#include <string.h>

/* --- vector files ----------------------------------------------------------------------------- */

typedef struct view {
    const gv_embed_induce_list *list;
    size_t dim;
} view;

static const char *view_word(void *context, size_t row)
{
    const view *v = context;
    return v->list->items[row].word;
}

static void view_vector(void *context, size_t row, float *to)
{
    const view *v = context;
    memcpy(to, v->list->items[row].vector, v->dim * sizeof *to);
}

static int write_vectors(const char *path, enum gv_config_format format, view *v, gv_error *err)
{
    const gv_vectors_source source = {.rows = v->list->n,
                                      .dim = v->dim,
                                      .context = v,
                                      .word = view_word,
                                      .vector = view_vector,
                                      .metadata = "{}"};
    return gv_vectors_write_file(path, format, &source, 1, err);
}

static int write_words(const char *path, const gv_embed_induce_list *list, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    for (size_t i = 0; status == GV_OK && i < list->n; i++) {
        status = gv_file_writer_write(out, list->items[i].word, strlen(list->items[i].word), err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, "\n", 1, err);
    }
    return gv_file_writer_end(&out, status, err);
}

/* --- JSON lines ------------------------------------------------------------------------------- */

/* The word as a JSON string. */
static int quote(char **text, const char *word, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    gv_json_set_text(&w, "word", word);
    return gv_json_write(text, &w, GV_JSON_COMPACT, 6, err);
}

static int write_line(gv_file_writer *out, const gv_embed_induce_word *item, size_t dim,
                      gv_error *err)
{
    char *start = NULL;
    int status = quote(&start, item->word, err);
    if (status == GV_OK) /* without the closing brace */
        status =
            gv_file_writer_printf(out, err, "%.*s,\"vector\":[", (int)strlen(start) - 1, start);
    for (size_t k = 0; status == GV_OK && k < dim; k++) {
        char number[GV_DECIMAL_MAX + 1], *to = number;
        if (k > 0)
            *to++ = ',';
        to = gv_decimal_put6(to, item->vector[k]);
        status = gv_file_writer_write(out, number, (size_t)(to - number), err);
    }
    if (status == GV_OK)
        status = gv_file_writer_printf(out, err,
                                       "],\"lines\":%" PRIu64 ",\"occurrences\":%" PRIu64
                                       ",\"contexts\":%" PRIu64 ",\"subwords\":%s}\n",
                                       item->lines, item->occurrences, item->contexts,
                                       item->from_subwords ? "true" : "false");
    gv_mem_free(start);
    return status;
}

static int write_json(const char *path, const view *v, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    for (size_t i = 0; status == GV_OK && i < v->list->n; i++)
        status = write_line(out, &v->list->items[i], v->dim, err);
    return gv_file_writer_end(&out, status, err);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void report(const gv_embed_induce_list *list, gv_progress *progress)
{
    size_t zero = 0, letters = 0;
    for (size_t i = 0; i < list->n; i++) {
        zero += !list->items[i].from_contexts && !list->items[i].from_subwords;
        letters += !list->items[i].from_contexts && list->items[i].from_subwords;
    }
    if (letters > 0)
        gv_progress_note(progress,
                         "%zu of %zu words have no context with a vector; theirs come from their "
                         "n-grams alone",
                         letters, list->n);
    if (zero > 0)
        gv_progress_note(progress,
                         "%zu of %zu words have no context with a vector; theirs are all zeros",
                         zero, list->n);
}

int gv_embed_write_induced(const gv_embed_induce_list *list, size_t dim,
                           const gv_embed_write_job *job, gv_error *err)
{
    view v = {.list = list, .dim = dim};
    const char *path = gv_file_target_path(job->output ? job->output : "-");
    int status = GV_OK;
    switch (job->format) {
    case GV_EMBED_TEXT:
        status = write_vectors(path, GV_FORMAT_TEXT, &v, err);
        break;
    case GV_EMBED_JSONL:
        status = write_json(path, &v, err);
        break;
    case GV_EMBED_NPY:
        status = write_vectors(path, GV_FORMAT_NPY, &v, err);
        if (status == GV_OK && job->words)
            status = write_words(gv_file_target_path(job->words), list, err);
        else if (status == GV_OK)
            gv_progress_note(job->progress,
                             "npy holds no words; --words FILE writes them to another file");
        break;
    }
    if (status == GV_OK)
        report(list, job->progress);
    return status;
}

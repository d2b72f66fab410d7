#include "compat/gv_compat_params.h"

#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "compat/gv_compat_number.h"
#include "kernel/gv_kernel.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { RARE_WORDS = 100 /* of whose vectors <unk> has the mean */ };

/* Number `i` of a row: 0 .. dim-1 of the vector, dim the bias; `context`: of a context row. */
static float *number(const gv_model *model, enum gv_model_half half, bool context, size_t row,
                     size_t i)
{
    size_t lane = context && i == model->dim ? i + 1 : i;
    float *numbers = (context ? model->context : model->word) + row * model->stride;
    return numbers + (half == GV_MODEL_VALUES ? lane : gv_kernel_sum(model->width, lane));
}

/* --- binary ----------------------------------------------------------------------------------- */

static int check_size(const gv_model *model, const gv_file_reader *in, gv_error *err)
{
    uint64_t wanted = 2 * (uint64_t)model->vocab_size * ((uint64_t)model->dim + 1) * sizeof(double);
    uint64_t size = gv_file_reader_size(in);
    if (size == wanted)
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s has %" PRIu64 " bytes, but the parameters of %" PRIu32
                        " words with -vector-size %" PRIu32 " have %" PRIu64
                        ": it is of another vocabulary or vector size, text (save it with -binary "
                        "1 or 2), or truncated",
                        gv_file_reader_path(in), size, model->vocab_size, model->dim, wanted);
}

static int take(float *to, double value, enum gv_model_half half)
{
    *to = (float)value;
    return isfinite(*to) && (half == GV_MODEL_VALUES || *to > 0);
}

static int load_row(gv_model *model, enum gv_model_half half, size_t row, gv_file_reader *in,
                    uint8_t *bytes, gv_error *err)
{
    size_t numbers = (size_t)model->dim + 1, words = model->vocab_size;
    int status = gv_file_reader_read(in, bytes, numbers * sizeof(double), err);
    for (size_t i = 0; status == GV_OK && i < numbers; i++) {
        double value = gv_bytes_get_double(bytes + i * sizeof value);
        if (!take(number(model, half, row >= words, row % words, i), value, half))
            return gv_error_set(err, GV_E_CORRUPT, "%s: number %zu is %g, which cannot be %s",
                                gv_file_reader_path(in), row * numbers + i + 1, value,
                                half == GV_MODEL_VALUES ? "trained on"
                                                        : "a sum of squared gradients");
    }
    return status;
}

int gv_compat_params_load(gv_model *model, enum gv_model_half half, const char *path, gv_error *err)
{
    gv_file_reader *in = NULL;
    uint8_t *bytes = gv_mem_alloc((size_t)model->dim + 1, sizeof(double), err);
    int status = bytes ? gv_file_reader_open(&in, path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = check_size(model, in, err);
    for (size_t row = 0; status == GV_OK && row < 2 * (size_t)model->vocab_size; row++)
        status = load_row(model, half, row, in, bytes, err);
    gv_file_reader_close(in);
    gv_mem_free(bytes);
    return status;
}

int gv_compat_params_save(const gv_model *model, enum gv_model_half half, const char *path,
                          gv_error *err)
{
    gv_file_writer *out = NULL;
    size_t numbers = (size_t)model->dim + 1, words = model->vocab_size;
    uint8_t *bytes = gv_mem_alloc(numbers, sizeof(double), err);
    int status = bytes ? gv_file_writer_open(&out, path, err) : GV_E_MEMORY;
    for (size_t row = 0; status == GV_OK && row < 2 * words; row++) {
        for (size_t i = 0; i < numbers; i++)
            gv_bytes_put_double(bytes + i * sizeof(double),
                                (double)*number(model, half, row >= words, row % words, i));
        status = gv_file_writer_write(out, bytes, numbers * sizeof(double), err);
    }
    gv_mem_free(bytes);
    return gv_file_writer_end(&out, status, err);
}

/* --- text ------------------------------------------------------------------------------------- */

typedef struct text {
    const gv_model *model;
    enum gv_model_half half;
    enum gv_compat_params_lines lines;
    double *values; /* [2 (dim + 1)] of a row: word, context */
    char *line;     /* of numbers, at their longest */
    gv_file_writer *out;
} text;

static int text_open(text *t, const char *path, gv_error *err)
{
    size_t numbers = 2 * ((size_t)t->model->dim + 1);
    t->values = gv_mem_alloc(numbers, sizeof *t->values, err);
    t->line = gv_mem_alloc(numbers, GV_COMPAT_NUMBER_MAX + 1, err);
    return t->values && t->line ? gv_file_writer_open(&t->out, path, err) : GV_E_MEMORY;
}

static int text_end(text *t, int status, gv_error *err)
{
    gv_mem_free(t->values);
    gv_mem_free(t->line);
    return gv_file_writer_end(&t->out, status, err);
}

static char *put_numbers(char *to, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        *to++ = ' ';
        to = gv_compat_number_put6(to, values[i]);
    }
    return to;
}

/* The line of `word`, of the numbers in t->values. */
static int put_line(text *t, const char *word, size_t length, gv_error *err)
{
    size_t dim = t->model->dim;
    double *own = t->values, *context = own + dim + 1;
    char *end = t->line;
    bool biases = t->lines == GV_COMPAT_PARAMS_ALL;
    if (t->lines == GV_COMPAT_PARAMS_SUM)
        for (size_t i = 0; i < dim; i++)
            own[i] += context[i];
    end = put_numbers(end, own, dim + biases);
    if (biases || t->lines == GV_COMPAT_PARAMS_VECTORS)
        end = put_numbers(end, context, dim + biases);
    *end++ = '\n';
    int status = gv_file_writer_write(t->out, word, length, err);
    return status == GV_OK ? gv_file_writer_write(t->out, t->line, (size_t)(end - t->line), err)
                           : status;
}

static int put_words(text *t, const gv_vocab *vocab, gv_error *err)
{
    size_t numbers = (size_t)t->model->dim + 1;
    int status = GV_OK;
    for (uint32_t row = 0; status == GV_OK && row < t->model->vocab_size; row++) {
        for (size_t i = 0; i < numbers; i++) {
            t->values[i] = (double)*number(t->model, t->half, false, row, i);
            t->values[numbers + i] = (double)*number(t->model, t->half, true, row, i);
        }
        status = put_line(t, gv_vocab_word(vocab, row), gv_vocab_word_length(vocab, row), err);
    }
    return status;
}

static int put_unknown(text *t, gv_error *err)
{
    const gv_model *model = t->model;
    size_t numbers = (size_t)model->dim + 1, words = model->vocab_size;
    size_t rare = words < RARE_WORDS ? words : RARE_WORDS;
    memset(t->values, 0, 2 * numbers * sizeof *t->values);
    for (size_t row = words - rare; row < words; row++)
        for (size_t i = 0; i < numbers; i++) {
            t->values[i] += (double)*number(model, t->half, false, row, i) / (double)rare;
            t->values[numbers + i] += (double)*number(model, t->half, true, row, i) / (double)rare;
        }
    return put_line(t, "<unk>", 5, err);
}

int gv_compat_params_text(const gv_model *model, const gv_vocab *vocab,
                          enum gv_compat_params_lines lines, bool header, const char *path,
                          gv_error *err)
{
    text t = {.model = model, .half = GV_MODEL_VALUES, .lines = lines};
    int status = text_open(&t, path, err);
    if (status == GV_OK && header)
        status = gv_file_writer_printf(t.out, err, "%" PRIu32 " %" PRIu32 "\n", model->vocab_size,
                                       model->dim);
    if (status == GV_OK)
        status = put_words(&t, vocab, err);
    if (status == GV_OK)
        status = put_unknown(&t, err);
    return text_end(&t, status, err);
}

int gv_compat_params_text_sums(const gv_model *model, const gv_vocab *vocab, const char *path,
                               gv_error *err)
{
    text t = {.model = model, .half = GV_MODEL_SUMS, .lines = GV_COMPAT_PARAMS_ALL};
    int status = text_open(&t, path, err);
    if (status == GV_OK)
        status = put_words(&t, vocab, err);
    return text_end(&t, status, err);
}

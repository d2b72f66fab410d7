/*
 * bench_text - seconds to write word vectors as text: glovebox's writer against fprintf.
 *
 *   bench_text DIR [rows dim threads rounds]      default: 68000 300, all cores, 5
 *
 * Each round writes the same vectors to a file in DIR by fprintf(" %lf") number by number, as the
 * reference does, and then by gv_vectors_write_file(), and prints both wall times:
 * `fprintf SECONDS glovebox SECONDS`. glovebox's time includes the sync to disk and the renaming
 * that make the file whole or absent; fprintf's ends when the file is closed. The numbers are
 * uniform in +-1.5, the range of trained vectors: digits are what costs, so the distribution hardly
 * matters.
 */
#include "base/gv_clock.h"
#include "base/gv_error.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_threads.h"
#include "vectors/gv_vectors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct matrix {
    size_t rows, dim;
    float *numbers; /* [rows x dim] */
    char (*words)[16];
} matrix;

static int fill(matrix *m, gv_error *err)
{
    gv_rng rng;

    m->numbers = gv_mem_big_alloc(m->rows * m->dim * sizeof(float), err);
    m->words = gv_mem_alloc(m->rows, sizeof *m->words, err);
    if (!m->numbers || !m->words)
        return GV_E_MEMORY;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 0);
    for (size_t i = 0; i < m->rows * m->dim; i++)
        m->numbers[i] = (float)(3.0 * gv_rng_uniform(&rng) - 1.5);
    for (size_t i = 0; i < m->rows; i++)
        snprintf(m->words[i], sizeof m->words[i], "word%zu", i % 100000000);
    return GV_OK;
}

static const char *word_of(void *context, size_t row)
{
    return ((const matrix *)context)->words[row];
}

static void vector_of(void *context, size_t row, float *to)
{
    const matrix *m = context;

    memcpy(to, m->numbers + row * m->dim, m->dim * sizeof *to);
}

static int write_fprintf(const char *path, const matrix *m, gv_error *err)
{
    FILE *file = fopen(path, "wb");
    int good = file != NULL;

    for (size_t row = 0; good && row < m->rows; row++) {
        good = fprintf(file, "%s", m->words[row]) >= 0;
        for (size_t i = 0; good && i < m->dim; i++)
            good = fprintf(file, " %lf", (double)m->numbers[row * m->dim + i]) >= 0;
        good = good && fprintf(file, "\n") >= 0;
    }
    if (file && fclose(file) != 0)
        good = 0;
    return good ? GV_OK : gv_error_set_errno(err, "cannot write %s", path);
}

static int bench_round(const char *path, matrix *m, unsigned threads, gv_error *err)
{
    gv_vectors_source source = {.rows = m->rows,
                                .dim = m->dim,
                                .context = m,
                                .word = word_of,
                                .vector = vector_of,
                                .metadata = "{}"};
    double begin = gv_clock_wall_seconds();
    int status = write_fprintf(path, m, err);
    double half = gv_clock_wall_seconds();
    unlink(path);
    double resume = gv_clock_wall_seconds();
    if (status == GV_OK)
        status = gv_vectors_write_file(path, GV_FORMAT_TEXT, &source, threads, err);
    double end = gv_clock_wall_seconds();
    unlink(path);
    if (status == GV_OK && printf("fprintf %.4f glovebox %.4f\n", half - begin, end - resume) < 0)
        status = gv_error_set_errno(err, "cannot write to standard output");
    return status;
}

static size_t argument(int argc, char **argv, int at, size_t otherwise)
{
    return argc > at ? strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    matrix m = {.rows = argument(argc, argv, 2, 68000), .dim = argument(argc, argv, 3, 300)};
    size_t threads = argument(argc, argv, 4, gv_threads_available());
    size_t rounds = argument(argc, argv, 5, 5);
    gv_error err = {0};
    char path[4096];

    if (argc < 2 || m.rows < 1 || m.dim < 1 || m.rows > 100000000 || m.dim > 10000 || threads < 1 ||
        threads > 1024 || snprintf(path, sizeof path, "%s/bench_text.tmp", argv[1]) >= 4096) {
        fprintf(stderr, "usage: bench_text DIR [rows dim threads rounds]\n");
        return 2;
    }
    int status = fill(&m, &err);
    for (size_t i = 0; status == GV_OK && i < rounds; i++)
        status = bench_round(path, &m, (unsigned)threads, &err);
    gv_mem_big_free(m.numbers, m.rows * m.dim * sizeof(float));
    gv_mem_free(m.words);
    if (status != GV_OK)
        fprintf(stderr, "bench_text: error: %s\n", err.text);
    return status == GV_OK ? 0 : 1;
}

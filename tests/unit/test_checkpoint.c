#include "model/gv_checkpoint.h"

#include "base/gv_file.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SEGMENTS = 5 };

static uint32_t done[SEGMENTS] = {20, 0, 3, 19, 0};
static double losses[SEGMENTS] = {0.1, 0, 1.0 / 3, -0.0, 1e-300};
static char recipe[] = "{\"train.dim\":3,\"train.eta\":0.05}";

typedef struct pair {
    gv_checkpoint state;
    gv_checkpoint_matrix matrices[2];
    size_t floats;
} pair;

/* Two matrices of random numbers with padding lanes; bias lanes as in a model. */
static pair make_pair(uint32_t words, uint32_t dim, uint64_t seed)
{
    size_t width = (dim + 2 + 15) / 16 * 16;
    pair p = {.floats = 2 * width * words};
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 0);
    for (int side = 0; side < 2; side++) {
        float *rows = malloc(p.floats * sizeof *rows);
        cr_assert_not_null(rows);
        for (size_t i = 0; i < p.floats; i++)
            rows[i] = (float)(gv_rng_uniform(&rng) - 0.5);
        p.matrices[side] = (gv_checkpoint_matrix){rows, 2 * width, width, dim + (size_t)side, 0, 0};
        if (side == 1 && dim > 4) { /* the layout of rows with half a chunk of lanes at their end */
            p.matrices[side].tail = 4;
            p.matrices[side].sums = 2 * width - 4;
            p.matrices[side].tail_sums = width - 4;
        }
    }
    p.state = (gv_checkpoint){.numerics_version = 1,
                              .dim = dim,
                              .vocab_size = words,
                              .recipe = recipe,
                              .epoch = 7,
                              .tasks = 100,
                              .tasks_done = 42,
                              .records = 1234567890122 + seed,
                              .segments = SEGMENTS,
                              .done = done,
                              .losses = losses,
                              .first_loss = 0.3,
                              .lowest_loss = 1.0 / 3,
                              .last_loss = 0.25};
    strcpy(p.state.store_hash, "0123456789abcdef0123456789abcdef");
    return p;
}

static void drop_pair(pair *p)
{
    free(p->matrices[0].rows);
    free(p->matrices[1].rows);
}

static const char *write_pair(const char *name, const pair *p)
{
    const char *path = gv_test_path(name);
    gv_error err = GV_ERROR_INIT;
    gv_file_writer *out;
    gv_assert_ok(gv_checkpoint_begin(&out, path, &p->state, p->matrices, &err), err);
    gv_assert_ok(gv_file_writer_commit(&out, &err), err);
    return path;
}

/* Open and load into `to`; the status of the first that fails. */
static int read_pair(const char *path, pair *to, gv_error *err)
{
    gv_checkpoint_reader *reader;
    int status = gv_checkpoint_open(&reader, path, err);
    if (status != GV_OK)
        return status;
    if (gv_checkpoint_about(reader)->vocab_size == to->state.vocab_size &&
        gv_checkpoint_about(reader)->dim == to->state.dim)
        status = gv_checkpoint_load(reader, to->matrices, err);
    gv_checkpoint_close(reader);
    return status;
}

/* Is float `at` of a row a value or a sum that a checkpoint holds? */
static bool kept(size_t at, const pair *p, int side)
{
    const gv_checkpoint_matrix *m = &p->matrices[side];
    for (size_t i = 0; i <= p->state.dim; i++) {
        size_t lane = i < p->state.dim ? i : m->bias_lane;
        bool in_tail = m->tail > 0 && lane >= m->tail;
        if (at == lane || at == lane + (in_tail ? m->tail_sums : m->sums))
            return true;
    }
    return false;
}

static void check_round_trip(uint32_t words, uint32_t dim)
{
    pair p = make_pair(words, dim, 1), q = make_pair(words, dim, 2),
         other = make_pair(words, dim, 2);
    const char *path = write_pair("round.ckpt", &p);
    gv_error err = GV_ERROR_INIT;
    gv_checkpoint_reader *reader;
    gv_assert_ok(gv_checkpoint_open(&reader, path, &err), err);
    const gv_checkpoint *s = gv_checkpoint_about(reader);
    cr_assert(s->numerics_version == 1 && s->dim == dim && s->vocab_size == words);
    cr_assert(s->epoch == 7 && s->tasks == 100 && s->tasks_done == 42 &&
              s->records == 1234567890123);
    cr_assert(s->first_loss == 0.3 && s->lowest_loss == 1.0 / 3 && s->last_loss == 0.25);
    cr_assert(s->segments == SEGMENTS && memcmp(s->done, done, sizeof done) == 0 &&
              memcmp(s->losses, losses, sizeof losses) == 0);
    cr_assert_str_eq(s->store_hash, p.state.store_hash);
    cr_assert_str_eq(s->recipe, recipe);
    gv_assert_ok(gv_checkpoint_load(reader, q.matrices, &err), err);
    gv_checkpoint_close(reader);
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < p.floats; i++) {
            const pair *from = kept(i % p.matrices[side].stride, &p, side) ? &p : &other;
            cr_assert_eq(q.matrices[side].rows[i], from->matrices[side].rows[i],
                         "matrix %d, float %zu", side, i);
        }
    drop_pair(&p);
    drop_pair(&q);
    drop_pair(&other);
}

Test(checkpoint, round_trip)
{
    check_round_trip(1, 1);
    check_round_trip(2, 14);
    check_round_trip(3000, 100); /* several chunks and a shorter last one */
}

Test(checkpoint, bytes_depend_on_content_only)
{
    pair p = make_pair(50, 5, 1);
    size_t n, m;
    char *a = gv_test_read(write_pair("a.ckpt", &p), &n);
    p.matrices[0].rows[p.state.dim + 1] = 99; /* a lane that is no parameter */
    char *b = gv_test_read(write_pair("b.ckpt", &p), &m);
    cr_assert(n == m && memcmp(a, b, n) == 0);
    cr_assert_eq(n, 128 + 32 + SEGMENTS * 8 + 24 + 8 + 2 * (50u * 2 * 6 * 4 + 8));
    drop_pair(&p);
}

static void expect_corrupt(const char *path, pair *p, const char *what, long where)
{
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(read_pair(path, p, &err), GV_E_CORRUPT, "%s %ld is not noticed", what, where);
    cr_assert_not_null(strstr(err.text, path), "no file name: %s", err.text);
}

Test(checkpoint, every_flipped_byte_is_noticed)
{
    pair p = make_pair(40, 6, 1);
    const char *path = write_pair("flip.ckpt", &p);
    size_t bytes;
    gv_test_read(path, &bytes);
    for (long at = 0; at < (long)bytes; at += at < 500 ? 1 : 37) {
        gv_test_flip(path, at);
        expect_corrupt(path, &p, "byte", at);
        gv_test_flip(path, at);
    }
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(read_pair(path, &p, &err), err);
    drop_pair(&p);
}

Test(checkpoint, every_truncation_is_noticed)
{
    pair p = make_pair(40, 6, 1);
    const char *path = write_pair("cut.ckpt", &p);
    size_t bytes;
    gv_test_read(path, &bytes);
    for (long at = (long)bytes - 1; at >= 0; at -= at < 400 ? 1 : 41) {
        gv_test_truncate(path, at);
        expect_corrupt(path, &p, "length", at);
    }
    drop_pair(&p);
}

/* A header with a true checksum whose counts contradict each other. */
Test(checkpoint, impossible_counts)
{
    pair p = make_pair(4, 6, 1);
    p.state.tasks_done = 41; /* not the sum of done */
    expect_corrupt(write_pair("sum.ckpt", &p), &p, "position", 41);
    p.state.tasks_done = 42;
    p.state.tasks = 42; /* an epoch that is done is none that goes on */
    expect_corrupt(write_pair("tasks.ckpt", &p), &p, "tasks", 42);
    p.state.tasks = 100;
    size_t bytes;
    char *whole = gv_test_read(write_pair("segments.ckpt", &p), &bytes);
    memset(whole + 96, 0xff, 4);
    expect_corrupt(gv_test_write("segments.ckpt", whole, bytes), &p, "segments", 0);
    drop_pair(&p);
}

Test(checkpoint, foreign_and_too_long)
{
    pair p = make_pair(4, 6, 1);
    char text[4096];
    memset(text, 'x', sizeof text);
    expect_corrupt(gv_test_write("foreign", text, sizeof text), &p, "foreign", 0);
    memset(text, 0, sizeof text);
    expect_corrupt(gv_test_write("zeros", text, sizeof text), &p, "zeros", 0);
    size_t bytes;
    char *whole = gv_test_read(write_pair("long.ckpt", &p), &bytes);
    expect_corrupt(gv_test_write("long.ckpt", whole, bytes + 1), &p, "longer", 1);
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(read_pair(gv_test_path("absent"), &p, &err), GV_E_IO);
    drop_pair(&p);
}

Test(checkpoint, exchanged_chunks_are_noticed)
{
    /* 2 x 1 chunk; the chunks of the two matrices are of one size and have valid checksums */
    pair p = make_pair(40, 6, 1);
    size_t bytes, chunk = 40 * 2 * 7 * 4 + 8;
    char *whole = gv_test_read(write_pair("swap.ckpt", &p), &bytes);
    char *first = whole + bytes - 2 * chunk, *second = whole + bytes - chunk;
    char *kept_chunk = malloc(chunk);
    memcpy(kept_chunk, first, chunk);
    memcpy(first, second, chunk);
    memcpy(second, kept_chunk, chunk);
    expect_corrupt(gv_test_write("swap.ckpt", whole, bytes), &p, "exchange", 0);
    free(kept_chunk);

    /* the chunks of one checkpoint under the header of another */
    pair q = make_pair(40, 6, 2);
    char *other = gv_test_read(write_pair("other.ckpt", &q), &bytes);
    whole = gv_test_read(write_pair("swap.ckpt", &p), &bytes);
    memcpy(whole, other, bytes - 2 * chunk);
    expect_corrupt(gv_test_write("swap.ckpt", whole, bytes), &p, "header", 0);
    drop_pair(&p);
    drop_pair(&q);
}

Test(checkpoint, a_failed_write_leaves_the_earlier_file)
{
    pair p = make_pair(3000, 100, 1);
    const char *path = write_pair("full.ckpt", &p);
    struct stat before, after;
    cr_assert_eq(stat(path, &before), 0);
    for (uint64_t n = 1; n < 20; n += 6) {
        gv_error err = GV_ERROR_INIT;
        gv_file_writer *out = NULL;
        gv_file_fail_at(n);
        int status = gv_checkpoint_begin(&out, path, &p.state, p.matrices, &err);
        if (status == GV_OK)
            status = gv_file_writer_commit(&out, &err);
        gv_file_fail_at(0);
        cr_assert_eq(status, GV_E_IO);
        cr_assert_null(out);
        cr_assert_not_null(strstr(err.text, path));
        cr_assert_not(gv_test_exists(gv_test_path("full.ckpt.tmp")));
    }
    cr_assert_eq(stat(path, &after), 0);
    cr_assert(before.st_ino == after.st_ino && before.st_size == after.st_size);
    drop_pair(&p);
}

Test(checkpoint, failing_allocations)
{
    pair p = make_pair(10, 4, 1);
    const char *path = write_pair("memory.ckpt", &p);
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_error err = GV_ERROR_INIT;
        gv_file_writer *out = NULL;
        gv_mem_fail_at(n, 0);
        status = read_pair(path, &p, &err);
        if (status == GV_OK)
            status = gv_checkpoint_begin(&out, path, &p.state, p.matrices, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "%s", err.text);
        cr_assert_lt(n, 50);
        gv_file_writer_abort(&out);
    }
    drop_pair(&p);
}

/* Checksums are right, but no training makes these. */
Test(checkpoint, numbers_that_are_not_finite_are_refused)
{
    gv_error err = GV_ERROR_INIT;
    gv_checkpoint_reader *reader = NULL;
    pair p = make_pair(6, 3, 1), loaded = make_pair(6, 3, 2);
    p.matrices[1].rows[2 * p.matrices[1].stride + 1] = (float)NAN;
    gv_assert_ok(gv_checkpoint_open(&reader, write_pair("rows.ckpt", &p), &err), err);
    cr_assert_eq(gv_checkpoint_load(reader, loaded.matrices, &err), GV_E_CORRUPT);
    cr_assert(strstr(err.text, "not finite"), "%s", err.text);
    gv_checkpoint_close(reader);
    p.state.last_loss = NAN;
    cr_assert_eq(gv_checkpoint_open(&reader, write_pair("loss.ckpt", &p), NULL), GV_E_CORRUPT);
    drop_pair(&loaded);
    drop_pair(&p);
}

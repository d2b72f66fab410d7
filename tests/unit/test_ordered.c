/* gv_ordered: parts come back in order, with the first error, whoever works on them; and gv_bunzip,
 * which is built on it. */
#include "base/gv_mem.h"
#include "base/gv_ordered.h"
#include "support/gv_test.h"
#include "text/gv_bunzip.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 5 };

typedef struct row {
    int taken, until, fails_take, fails_work;
    int number[PLACES], worked[PLACES];
} row;

static int take(void *context, void *part, bool *more, gv_error *err)
{
    row *r = context;
    int *number = part, k = r->taken++;
    *more = k < r->until;
    *number = k;
    return k == r->fails_take ? gv_error_set(err, GV_E_IO, "take %d", k) : GV_OK;
}

static int work(void *context, void *part, gv_error *err)
{
    const row *r = context;
    int *number = part;
    for (int i = *number % 3; i > 0; i--)
        sched_yield();
    number[PLACES] = *number * 10; /* of `worked` */
    return *number == r->fails_work ? gv_error_set(err, GV_E_CORRUPT, "work %d", *number) : GV_OK;
}

/* How many parts came before the end or the error, in `err`. */
static int run(int until, int fails_take, int fails_work, unsigned threads, gv_error *err)
{
    row r = {.until = until, .fails_take = fails_take, .fails_work = fails_work};
    void *parts[PLACES], *part;
    for (int i = 0; i < PLACES; i++)
        parts[i] = &r.number[i];
    const gv_ordered_job job = {&r, take, work, parts, PLACES, threads};
    gv_ordered *ordered = NULL;
    gv_assert_ok(gv_ordered_open(&ordered, &job, err), *err);
    int n = 0, status;
    while ((status = gv_ordered_next(ordered, &part, err)) == GV_OK && part) {
        cr_assert_eq(*(int *)part, n, "%d of %d", n, until);
        cr_assert_eq(((int *)part)[PLACES], 10 * n);
        n++;
    }
    cr_assert_eq(status, err->code);
    gv_ordered_close(ordered);
    return n;
}

Test(ordered, in_order_for_any_number_of_threads, .timeout = 60)
{
    for (unsigned threads = 1; threads < 5; threads++)
        for (int until = 0; until < 200; until += 1 + until / 2) {
            gv_error err = GV_ERROR_INIT;
            cr_assert_eq(run(until, -1, -1, threads, &err), until);
            cr_assert_eq(err.code, GV_OK);
        }
}

Test(ordered, the_first_error_comes_behind_all_parts_before_it, .timeout = 60)
{
    for (unsigned threads = 1; threads < 5; threads++)
        for (int i = 0; i < 60; i++) {
            gv_error err = GV_ERROR_INIT;
            cr_assert_eq(run(100, 70, i, threads, &err), i);
            cr_assert_str_eq(err.text, gv_test_format("work %d", i));
            err = (gv_error)GV_ERROR_INIT;
            cr_assert_eq(run(100, i, 70, threads, &err), i);
            cr_assert_str_eq(err.text, gv_test_format("take %d", i));
        }
}

Test(ordered, closed_while_there_is_more, .timeout = 60)
{
    row r = {.until = 1000000, .fails_take = -1, .fails_work = -1};
    void *parts[PLACES], *part;
    gv_ordered *ordered = NULL;
    gv_error err = GV_ERROR_INIT;
    for (int i = 0; i < PLACES; i++)
        parts[i] = &r.number[i];
    const gv_ordered_job job = {&r, take, work, parts, PLACES, 3};
    gv_assert_ok(gv_ordered_open(&ordered, &job, &err), err);
    gv_assert_ok(gv_ordered_next(ordered, &part, &err), err);
    gv_ordered_close(ordered);
    cr_assert_leq(r.taken, PLACES + 1);
}

/* --- gv_bunzip -------------------------------------------------------------------------------- */

typedef struct file {
    const uint8_t *bytes;
    size_t n, at;
} file;

static ssize_t give(void *context, const uint8_t **bytes, gv_error *err)
{
    file *f = context;
    (void)err;
    size_t part = f->n - f->at < 60000 ? f->n - f->at : 60000;
    *bytes = f->bytes + f->at;
    f->at += part;
    return (ssize_t)part;
}

/* The text, or NULL and the error. */
static uint8_t *unpack(const uint8_t *bytes, size_t n, unsigned threads, size_t *length,
                       gv_error *err)
{
    file f = {bytes, n, 0};
    const gv_unpack_source source = {.name = "FILE", .context = &f, .read = give};
    gv_bunzip *bunzip = NULL;
    size_t got = 1, capacity = 0;
    uint8_t *text = NULL;
    *length = 0;
    int status = gv_bunzip_open(&bunzip, &source, threads, err);
    while (status == GV_OK && got > 0) {
        status = gv_mem_reserve(&text, &capacity, *length + 70000, 1, err);
        if (status == GV_OK)
            status = gv_bunzip_read(bunzip, text + *length, 70000, &got, err);
        *length += got;
    }
    gv_bunzip_close(bunzip);
    gv_test_keep(text);
    return status == GV_OK ? text : NULL;
}

Test(ordered, bzip2_of_many_streams_of_one_and_of_a_huge_one, .timeout = 120)
{
    /* 40 streams; one of more than a part; one that unpacks to more than a part may */
    gv_test_corpus("text", gv_test_seed(), 100000, 5000, 20);
    gv_test_run_ok("split -n 40 text s. && for f in s.*; do bzip2 -c $f; done > many.bz2 && "
                   "bzip2 -c text > one.bz2 && head -c 4400000 /dev/urandom > noise && bzip2 -c "
                   "noise > large.bz2 && cat one.bz2 large.bz2 many.bz2 > mixed.bz2 && cat text "
                   "noise text > mixed && head -c 20000000 /dev/zero | tee zeros | bzip2 > "
                   "zeros.bz2");
    static const char *const names[][2] = {
        {"many.bz2", "text"}, {"mixed.bz2", "mixed"}, {"zeros.bz2", "zeros"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (unsigned threads = 1; threads < 5; threads += 3) {
            gv_error err = GV_ERROR_INIT;
            size_t n, wanted, length;
            const uint8_t *packed = (const uint8_t *)gv_test_read(gv_test_path(names[i][0]), &n);
            const char *text = gv_test_read(gv_test_path(names[i][1]), &wanted);
            const uint8_t *found = unpack(packed, n, threads, &length, &err);
            cr_assert_not_null(found, "%s: %s", names[i][0], err.text);
            cr_assert(length == wanted && memcmp(found, text, wanted) == 0, "%s", names[i][0]);
        }
    size_t n, length;
    uint8_t *packed = (uint8_t *)gv_test_read(gv_test_path("many.bz2"), &n);
    for (unsigned threads = 1; threads < 5; threads += 3) {
        gv_error err = GV_ERROR_INIT;
        cr_assert_null(unpack(packed, n - 20, threads, &length, &err));
        cr_assert_eq(err.code, GV_E_CORRUPT, "%s", err.text);
        packed[n / 2] ^= 4;
        err = (gv_error)GV_ERROR_INIT;
        cr_assert_null(unpack(packed, n, threads, &length, &err));
        cr_assert_eq(err.code, GV_E_CORRUPT, "%s", err.text);
        packed[n / 2] ^= 4;
    }
}

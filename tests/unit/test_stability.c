/* gv_overlap by hand, gv_stability on small files of vectors. */
#include "analysis/gv_stability_write.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "base/gv_tsv.h"
#include "support/gv_test.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#define NONE UINT32_MAX

Test(overlap, by_hand)
{
    const uint32_t a[] = {1, 2, 3}, b[] = {2, 3, 4}, c[] = {3, 4, 5}, d[] = {7, 8, 9};
    const uint32_t *three[] = {a, b, c}, *same[] = {a, a}, *apart[] = {a, b, d};
    gv_overlap o = gv_overlap_of(three, 3, 3);
    cr_assert_float_eq(o.mean, 5.0 / 9.0, 1e-12); /* 2, 1 and 2 of 3 */
    cr_assert_float_eq(o.least, 1.0 / 3.0, 1e-12);
    cr_assert_float_eq(o.jaccard, (2.0 / 4 + 1.0 / 5 + 2.0 / 4) / 3, 1e-12);
    cr_assert_eq(o.shared, 1);
    o = gv_overlap_of(same, 2, 3);
    cr_assert(o.mean == 1.0 && o.least == 1.0 && o.jaccard == 1.0 && o.shared == 3);
    o = gv_overlap_of(apart, 3, 3);
    cr_assert_float_eq(o.mean, 2.0 / 9.0, 1e-12);
    cr_assert(o.least == 0.0 && o.shared == 0);
}

/* What stands for no neighbour is not a neighbour that lists have in common. */
Test(overlap, short_lists)
{
    const uint32_t a[] = {1, NONE, NONE}, b[] = {1, 2, NONE}, none[] = {NONE, NONE, NONE};
    const uint32_t *lists[] = {a, b}, *empty[] = {none, none};
    gv_overlap o = gv_overlap_of(lists, 2, 3);
    cr_assert_float_eq(o.mean, 1.0 / 3.0, 1e-12);
    cr_assert_eq(o.shared, 1);
    o = gv_overlap_of(empty, 2, 3);
    cr_assert(o.mean == 0.0 && o.shared == 0);
}

Test(stability, verdicts)
{
    cr_assert_eq(gv_stability_verdict_of(18.0 / 30.0), GV_STABILITY_IS_TRUSTED);
    cr_assert_eq(gv_stability_verdict_of(17.0 / 30.0), GV_STABILITY_IS_UNCLEAR);
    cr_assert_eq(gv_stability_verdict_of(12.0 / 30.0), GV_STABILITY_IS_UNCLEAR);
    cr_assert_eq(gv_stability_verdict_of(11.0 / 30.0), GV_STABILITY_IS_UNTRUSTED);
    cr_assert_str_eq(gv_stability_verdict_name(GV_STABILITY_IS_UNTRUSTED), "untrusted");
}

Test(stability, bands)
{
    size_t ends[GV_STABILITY_BANDS];
    cr_assert_eq(gv_stability_bands(ends, 1), 1);
    cr_assert_eq(ends[0], 1);
    cr_assert_eq(gv_stability_bands(ends, 100), 1);
    cr_assert_eq(gv_stability_bands(ends, 101), 2);
    cr_assert(ends[0] == 100 && ends[1] == 101);
    cr_assert_eq(gv_stability_bands(ends, 5000), 5);
    cr_assert(ends[1] == 300 && ends[2] == 1000 && ends[3] == 3000 && ends[4] == 5000);
    cr_assert_leq(gv_stability_bands(ends, SIZE_MAX), GV_STABILITY_BANDS);
}

/* --- measured --------------------------------------------------------------------------------- */

/* A text file of `words` random vectors: words "w<first>" and so on. */
static const char *random_file(const char *name, size_t first, size_t words, uint64_t stream)
{
    enum { DIM = 8 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, stream);
    gv_text text = GV_TEXT_INIT;
    for (size_t i = 0; i < words; i++) {
        gv_text_printf(&text, "w%zu", first + i);
        for (size_t k = 0; k < DIM; k++)
            gv_text_printf(&text, " %.5f", gv_rng_uniform(&rng) - 0.5);
        gv_text_add(&text, "\n");
    }
    gv_text_add(&text, "<unk> 1 1 1 1 1 1 1 1\n");
    const char *path = gv_test_write(name, text.bytes, text.used);
    gv_text_drop(&text);
    return path;
}

static gv_stability *measure(const gv_stability_job *job)
{
    gv_stability *s = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_stability_measure(&s, job, &err), err);
    return s;
}

Test(stability, the_same_vectors)
{
    const char *path = random_file("a.txt", 0, 200, 1);
    const gv_stability_run runs[] = {{path, "a", 0}, {path, "b", 0}};
    gv_stability *s = measure(
        &(gv_stability_job){.run = runs, .runs = 2, .groups = 1, .neighbours = 10, .threads = 3});
    cr_assert(s->words == 200 && s->common == 200 && s->own[0] == 200);
    for (size_t i = 0; i < s->words; i++) {
        cr_assert(s->group[0].overlap[i].mean == 1.0 && s->group[0].overlap[i].shared == 10);
        for (size_t k = 0; k < 10; k++)
            cr_assert(s->group[0].shared[i * 10 + k] < 200);
    }
    const gv_stability_band all = gv_stability_band_of(s, 0, 0, 200);
    cr_assert(all.verdicts[GV_STABILITY_IS_TRUSTED] == 200 && all.most == 0);
    cr_assert_float_eq(all.overlap, 1.0, 1e-9);
    gv_stability_free(s);
}

/* Random vectors have what chance gives them; two groups are measured on the same words. */
Test(stability, random_vectors)
{
    const char *path[4];
    for (size_t i = 0; i < 4; i++)
        path[i] = random_file(gv_test_format("r%zu.txt", i), 0, 400, 10 + i);
    const gv_stability_run runs[] = {{path[0], "a", 1},
                                     {path[1], "b", 0},
                                     {path[2], "c", 1},
                                     {path[1], "d", 0},
                                     {path[3], "e", 1}};
    gv_stability *s = measure(
        &(gv_stability_job){.run = runs, .runs = 5, .groups = 2, .neighbours = 10, .words = 350});
    cr_assert(s->words == 350 && s->common == 400);
    cr_assert(s->group[0].runs == 2 && s->group[1].runs == 3);
    cr_assert_float_eq(gv_stability_band_of(s, 0, 0, 350).overlap, 1.0, 1e-9);
    const gv_stability_band chance = gv_stability_band_of(s, 1, 0, 350);
    cr_assert_float_eq(gv_stability_chance(s), 10.0 / 399.0, 1e-12);
    /* 1050 pairs of lists, 0.25 common words in each */
    cr_assert_float_eq(chance.overlap, 10.0 / 399.0, 0.01, "%g (seed %lu)", chance.overlap,
                       (unsigned long)gv_test_seed());
    cr_assert_eq(chance.verdicts[GV_STABILITY_IS_UNTRUSTED], 350);
    gv_stability_free(s);
}

Test(stability, only_common_words_count)
{
    const char *a = random_file("a.txt", 0, 60, 1), *b = random_file("b.txt", 20, 60, 2);
    const char *vocab = gv_test_write_text("vocab.txt", "w20 7\nw59 3\nother 2\n");
    const gv_stability_run runs[] = {{a, "a", 0}, {b, "b", 0}};
    gv_stability_job job = {.run = runs, .runs = 2, .groups = 1, .neighbours = 5, .vocab = vocab};
    gv_stability *s = measure(&job);
    cr_assert(s->common == 40 && s->own[0] == 60 && s->own[1] == 60);
    cr_assert_str_eq(s->word[0], "w20");
    cr_assert_str_eq(s->word[39], "w59");
    cr_assert(s->count[0] == 7 && s->count[1] == 0 && s->count[39] == 3);
    gv_stability_free(s);
    job.vocab = gv_test_write_text("damaged.txt", "w20 seven\n");
    s = measure(&job);
    cr_assert(!s->count && strstr(s->count_error, "damaged.txt"));
    gv_stability_free(s);
    gv_error err = GV_ERROR_INIT;
    job.neighbours = 39;
    cr_assert_eq(gv_stability_measure(&s, &job, &err), GV_E_USAGE);
    cr_assert(strstr(err.text, "--neighbours 38"), "%s", err.text);
    cr_assert_null(s);
    const gv_stability_run apart[] = {{a, "a", 0}, {random_file("c.txt", 99, 9, 3), "c", 0}};
    job.run = apart;
    err = (gv_error)GV_ERROR_INIT;
    cr_assert_eq(gv_stability_measure(&s, &job, &err), GV_E_USAGE);
    cr_assert(strstr(err.text, "no words in common"), "%s", err.text);
}

/* All words would seem to agree on the first neighbours of a vector that is zero. */
Test(stability, vectors_without_direction)
{
    const char *a = gv_test_write_text("a.txt", "x 1 0\ny 0 1\nz 1 1\nn 0 0\nv 1 2\n");
    const char *b = gv_test_write_text("b.txt", "x 1 0\ny 0 1\nz 1 1\nn 0 1\nv nan 2\n");
    const gv_stability_run runs[] = {{a, "a", 0}, {b, "b", 0}};
    gv_stability *s =
        measure(&(gv_stability_job){.run = runs, .runs = 2, .groups = 1, .neighbours = 1});
    cr_assert(s->common == 3 && s->without == 2);
    cr_assert_str_eq(s->word[2], "z");
    gv_stability_free(s);
}

Test(stability, as_tsv_and_json)
{
    const char *a = gv_test_write_text("a.txt", "\" 1 0\nb\\ 9 1\nc 0 1\nd 1 9\n");
    const char *vocab = gv_test_write_text("vocab.txt", "\" 4\nb\\ 3\nc 2\nd 1\n");
    const gv_stability_run runs[] = {{a, "one", 0}, {a, "two", 0}};
    gv_stability *s = measure(
        &(gv_stability_job){.run = runs, .runs = 2, .groups = 1, .neighbours = 1, .vocab = vocab});
    const gv_json *const set[] = {NULL};
    const char *const label[] = {"x=1"}, *const names[] = {"one", "two"};
    const size_t groups[] = {0, 0};
    const gv_stability_write_names names_of = {set, label, names, groups};
    gv_error err = GV_ERROR_INIT;
    char *tsv = NULL;
    gv_json *json = NULL;
    gv_assert_ok(gv_stability_write_tsv(&tsv, s, &names_of, &err), err);
    cr_assert_str_eq(tsv,
                     "word\tcount\toverlap\toverlap_min\tjaccard\tshared\tverdict\tneighbours\t"
                     "set\n"
                     "\\\"\t4\t1.0000\t1.0000\t1.0000\t1\ttrusted\tb\\\\\tx=1\n"
                     "b\\\\\t3\t1.0000\t1.0000\t1.0000\t1\ttrusted\t\\\"\tx=1\n"
                     "c\t2\t1.0000\t1.0000\t1.0000\t1\ttrusted\td\tx=1\n"
                     "d\t1\t1.0000\t1.0000\t1.0000\t1\ttrusted\tc\tx=1\n");
    gv_assert_ok(gv_stability_write_json(&json, s, &names_of, &err), err);
    const gv_json *group = gv_json_item(gv_json_get(json, "groups"), 0);
    cr_assert_eq(gv_json_count(gv_json_get(group, "runs")), 2);
    cr_assert_eq(gv_json_get_number(group, "overlap"), 1.0);
    const gv_json *band = gv_json_item(gv_json_get(group, "bands"), 0);
    cr_assert(gv_json_get_number(band, "rank_max") == 4 && gv_json_get_number(band, "words") == 4);
    cr_assert(gv_json_get_number(band, "count_max") == 4 &&
              gv_json_get_number(band, "count_min") == 1);
    cr_assert_eq(gv_json_get_number(band, "trusted"), 4);
    const gv_json *first = gv_json_item(gv_json_get(group, "most_stable"), 0);
    cr_assert_str_eq(gv_json_get_text(first, "word"), "\"");
    gv_json_free(json);
    gv_mem_free(tsv);
    gv_stability_free(s);
}

Test(stability, fields_of_tables)
{
    gv_text text = GV_TEXT_INIT;
    gv_tsv_field(&text, "a\tb\nc\rd\"e\\f \xe2\x82\xac \xff \xe2\x82");
    cr_assert_str_eq(text.bytes, "a\\tb\\nc\\rd\\\"e\\\\f \xe2\x82\xac \\xFF \\xE2\\x82");
    gv_text_drop(&text);
}

Test(stability, a_signal_stops_it)
{
    const char *path = random_file("a.txt", 0, 200, 1);
    const gv_stability_run runs[] = {{path, "a", 0}, {path, "b", 0}};
    const gv_stability_job job = {.run = runs, .runs = 2, .groups = 1, .neighbours = 10};
    gv_stability *s = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_signal_pretend(SIGTERM);
    cr_assert_eq(gv_stability_measure(&s, &job, &err), GV_E_STOPPED);
    gv_signal_pretend(0);
    cr_assert_null(s);
}

Test(stability, failing_allocations)
{
    const char *path = random_file("a.txt", 0, 20, 1);
    const char *vocab = gv_test_write_text("vocab.txt", "w3 7\nw5 3\n");
    const gv_stability_run runs[] = {{path, "a", 0}, {path, "b", 0}};
    const gv_stability_job job = {
        .run = runs, .runs = 2, .groups = 1, .neighbours = 3, .vocab = vocab};
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_stability *s = NULL;
        gv_error err = GV_ERROR_INIT;
        cr_assert_lt(n, 2000);
        gv_mem_fail_at(n, 0);
        status = gv_stability_measure(&s, &job, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || (status == GV_E_MEMORY && err.text[0] && !s), "%lu: %s",
                  (unsigned long)n, err.text);
        gv_stability_free(s);
    }
}

/* Segments and groups: cover the vocabulary, respect their limits, balance. */
#include "base/gv_mem.h"
#include "store/gv_segments.h"
#include "support/gv_test.h"
#include <stdlib.h>

static gv_segments cut(const uint32_t *mass, uint32_t n)
{
    gv_segments segments;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_segments_cut(&segments, mass, n, &err), err);
    cr_assert_eq(segments.first[0], 0);
    cr_assert_eq(segments.first[segments.n], n);
    cr_assert_leq(segments.groups, GV_SEGMENTS_MAX_GROUPS);
    cr_assert_leq(segments.groups, segments.n);
    for (uint32_t i = 0; i < segments.n; i++) {
        cr_assert_lt(segments.first[i], segments.first[i + 1]);
        cr_assert_leq(segments.first[i + 1] - segments.first[i], GV_SEGMENTS_MAX_WORDS);
        cr_assert_lt(segments.group[i], segments.groups);
        cr_assert_eq(gv_segments_find(segments.first, segments.n, segments.first[i]), i);
        cr_assert_eq(gv_segments_find(segments.first, segments.n, segments.first[i + 1] - 1), i);
    }
    return segments;
}

/* Records of a word of natural text, about: `top` for the first, falling as 1/rank. */
static uint32_t *zipf(uint32_t n, uint32_t top)
{
    uint32_t *mass = malloc(n * sizeof *mass);
    for (uint32_t i = 0; i < n; i++)
        mass[i] = top / (i + 1) + 1;
    return mass;
}

Test(segments, one_word)
{
    const uint32_t mass[] = {7};
    gv_segments segments = cut(mass, 1);
    cr_assert_eq(segments.n, 1);
    cr_assert_eq(segments.groups, 1);
    gv_segments_free(&segments);
}

Test(segments, a_small_matrix_is_not_cut_to_crumbs)
{
    uint32_t *mass = zipf(200, 60);
    gv_segments segments = cut(mass, 200);
    cr_assert_leq(segments.n, 2);
    gv_segments_free(&segments);
    free(mass);
}

Test(segments, words_without_records)
{
    uint32_t *mass = calloc(2000, sizeof *mass);
    mass[0] = 1;
    gv_segments segments = cut(mass, 2000);
    cr_assert_eq(segments.n, 5); /* the first alone, then by 512 words */
    gv_segments_free(&segments);
    free(mass);
}

Test(segments, natural_text_is_balanced)
{
    enum { WORDS = 60000 };
    uint32_t *mass = zipf(WORDS, 3000000);
    uint64_t total = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        total += mass[i];
    gv_segments segments = cut(mass, WORDS);
    cr_assert_eq(segments.groups, 32);
    cr_assert_lt(segments.n, GV_SEGMENTS_MANY);
    uint64_t load[32] = {0};
    for (uint32_t s = 0; s < segments.n; s++) {
        uint64_t held = 0;
        for (uint32_t i = segments.first[s]; i < segments.first[s + 1]; i++)
            held += mass[i];
        load[segments.group[s]] += held;
        cr_assert_leq(segments.first[s + 1] - segments.first[s], GV_SEGMENTS_WORDS);
        cr_assert(held <= 2 * total / GV_SEGMENTS_PARTS ||
                  segments.first[s + 1] - segments.first[s] == 1);
    }
    for (uint32_t g = 0; g < 32; g++)
        cr_assert_lt(load[g], total / 32 * 3, "group %u", g); /* the first word alone is 1/11 */
    gv_segments_free(&segments);
    free(mass);
}

Test(segments, a_large_vocabulary_stays_near_a_thousand)
{
    enum { WORDS = 5000000 };
    uint32_t *mass = zipf(WORDS, 100000000);
    gv_segments segments = cut(mass, WORDS);
    cr_assert_leq(segments.n, GV_SEGMENTS_MANY);
    cr_assert_geq(segments.n, 500);
    gv_segments_free(&segments);
    free(mass);
}

static uint32_t cut_by(const gv_segments_rule *rule, const uint32_t *mass, uint32_t n)
{
    gv_segments segments;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_segments_cut_by(&segments, rule, mass, n, &err), err);
    uint32_t found = segments.n;
    gv_segments_free(&segments);
    return found;
}

Test(segments, very_many_records_are_cut_into_more_parts)
{
    enum { WORDS = 2000 };
    const gv_segments_rule never_more = {
        GV_SEGMENTS_PARTS, 1, GV_SEGMENTS_WORDS, GV_SEGMENTS_MANY, GV_SEGMENTS_GROUPS, 0, 0};
    uint32_t *mass = malloc(WORDS * sizeof *mass);
    for (uint32_t per_word = 1000; per_word <= 1000000; per_word *= 10) {
        for (uint32_t i = 0; i < WORDS; i++)
            mass[i] = per_word;
        uint64_t records = (uint64_t)WORDS * per_word, tiles = records / 1024;
        gv_segments segments = cut(mass, WORDS);
        cr_assert_leq(segments.n, GV_SEGMENTS_PARTS_MAX + 200);
        if (tiles <= GV_SEGMENTS_PARTS * GV_SEGMENTS_PARTS)
            cr_assert_eq(segments.n, cut_by(&never_more, mass, WORDS), "%u", per_word);
        else
            cr_assert_gt(segments.n, cut_by(&never_more, mass, WORDS), "%u", per_word);
        gv_segments_free(&segments);
    }
    free(mass);
}

Test(segments, a_huge_matrix_has_more_groups)
{
    /* by its size: 1.1, 2.1 and 6 thousand million records; 42 and 840 thousand million tokens */
    const struct {
        uint32_t words, per_word, least, most, groups;
    } layouts[] = {{400000, 2750, 500, 1000, 32},
                   {400000, 5320, 600, 1000, 32},
                   {400000, 15000, 1024, 2048, 64},
                   {1900000, 16300, 2048, 4096, 128},
                   {2200000, 155000, 4000, 5000, 256}};
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        uint32_t *mass = malloc(layouts[i].words * sizeof *mass);
        for (uint32_t id = 0; id < layouts[i].words; id++)
            mass[id] = layouts[i].per_word;
        gv_segments segments = cut(mass, layouts[i].words);
        cr_assert_geq(segments.n, layouts[i].least);
        cr_assert_leq(segments.n, layouts[i].most);
        cr_assert_eq(segments.groups, layouts[i].groups);
        gv_segments_free(&segments);
        free(mass);
    }
}

Test(segments, a_rule_of_ones_own)
{
    const gv_segments_rule wide = {8, 8, 5000, 1000, 32, 0, 0},
                           narrow = {8, 8, 100, 1000, 32, 0, 0};
    uint32_t *mass = zipf(9000, 400000);
    cr_assert_leq(cut_by(&wide, mass, 9000), 10);
    cr_assert_geq(cut_by(&narrow, mass, 9000), 90);
    free(mass);
}

Test(segments, same_input_same_cut)
{
    uint32_t *mass = zipf(9000, 400000);
    gv_segments a = cut(mass, 9000), b = cut(mass, 9000);
    cr_assert_eq(a.n, b.n);
    cr_assert_arr_eq(a.first, b.first, (a.n + 1) * sizeof *a.first);
    cr_assert_arr_eq(a.group, b.group, a.n * sizeof *a.group);
    gv_segments_free(&a);
    gv_segments_free(&b);
    free(mass);
}

Test(segments, every_failing_allocation_is_an_error)
{
    uint32_t *mass = zipf(9000, 400000);
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_segments segments;
        gv_mem_fail_at(n, 1);
        status = gv_segments_cut(&segments, mass, 9000, NULL);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY);
        cr_assert_eq(segments.first != NULL, status == GV_OK);
        gv_segments_free(&segments);
        cr_assert_lt(n, 100);
    }
    free(mass);
}

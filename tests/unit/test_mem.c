/* gv_mem: sizes that overflow, growing arrays, and failure at any allocation. */
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "support/gv_test.h"
#include <string.h>

/* The address sanitizer asks: a size that cannot be had gives NULL, as without it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

Test(mem, nothing_gives_a_valid_pointer)
{
    gv_error err = GV_ERROR_INIT;
    void *blocks[] = {gv_mem_alloc(0, 8, &err), gv_mem_alloc_zero(8, 0, &err),
                      gv_mem_big_alloc(0, &err)};
    for (size_t i = 0; i < 3; i++)
        cr_assert_not_null(blocks[i], "block %zu: %s", i, err.text);
    gv_mem_free(blocks[0]);
    gv_mem_free(blocks[1]);
    gv_mem_big_free(blocks[2], 0);
    gv_mem_free(NULL);
    gv_mem_big_free(NULL, 0);
}

Test(mem, zeroed_blocks_are_zero)
{
    enum { BYTES = 100000 };
    uint8_t *small = gv_mem_alloc_zero(BYTES, 1, NULL), *big = gv_mem_big_alloc(BYTES, NULL);
    cr_assert(all_zero(small, BYTES) && all_zero(big, BYTES));
    cr_assert_eq((uintptr_t)big % 64, 0u);
    memset(big, 1, BYTES);
    gv_mem_free(small);
    gv_mem_big_free(big, BYTES);
}

Test(mem, a_size_that_overflows_is_an_error)
{
    gv_error err[4] = {GV_ERROR_INIT, GV_ERROR_INIT, GV_ERROR_INIT, GV_ERROR_INIT};
    char *kept = gv_mem_strdup("kept", NULL), *before = kept;
    cr_assert_null(gv_mem_alloc(SIZE_MAX / 2, 3, &err[0]));
    cr_assert_null(gv_mem_alloc_zero(SIZE_MAX / 2, 3, &err[1]));
    cr_assert_null(gv_mem_big_alloc(SIZE_MAX / 2, &err[2]));
    cr_assert_eq(gv_mem_resize(&kept, SIZE_MAX / 2, 3, &err[3]), GV_E_MEMORY);
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(err[i].code, GV_E_MEMORY, "call %zu", i);
    cr_assert_eq(kept, before);
    cr_assert_str_eq(kept, "kept");
    gv_mem_free(kept);
}

Test(mem, resize_keeps_what_was_there)
{
    uint32_t *numbers = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_mem_resize(&numbers, 3, sizeof *numbers, &err), err);
    memcpy(numbers, (uint32_t[]){7, 8, 9}, 3 * sizeof *numbers);
    gv_assert_ok(gv_mem_resize(&numbers, 100000, sizeof *numbers, &err), err);
    cr_assert(numbers[0] == 7 && numbers[1] == 8 && numbers[2] == 9);
    gv_assert_ok(gv_mem_resize(&numbers, 1, sizeof *numbers, &err), err);
    cr_assert_eq(numbers[0], 7u);
    gv_mem_free(numbers);
}

Test(mem, reserve_grows_by_half_at_least)
{
    uint64_t *items = NULL;
    size_t capacity = 0, growths = 0;
    gv_error err = GV_ERROR_INIT;
    for (size_t n = 0; n < 100000; n++) {
        size_t before = capacity;
        gv_assert_ok(gv_mem_reserve(&items, &capacity, n + 1, sizeof *items, &err), err);
        cr_assert_geq(capacity, n + 1);
        if (capacity != before) {
            cr_assert_geq(capacity, before + before / 2);
            growths++;
        }
        items[n] = n;
    }
    cr_assert_leq(growths, 25u);
    for (size_t n = 0; n < 100000; n++)
        cr_assert_eq(items[n], n);
    size_t before = capacity;
    gv_assert_ok(gv_mem_reserve(&items, &capacity, 5, sizeof *items, &err), err);
    cr_assert_eq(capacity, before, "there was room");
    gv_assert_ok(gv_mem_reserve(&items, &capacity, 1000000, sizeof *items, &err), err);
    cr_assert_geq(capacity, 1000000u);
    gv_mem_free(items);
}

Test(mem, a_failed_reserve_changes_nothing)
{
    uint64_t *items = NULL;
    size_t capacity = 0;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_mem_reserve(&items, &capacity, 10, sizeof *items, &err), err);
    size_t room = capacity;
    uint64_t *before = items;
    gv_mem_fail_at(1, 0);
    cr_assert_eq(gv_mem_reserve(&items, &capacity, room + 1, sizeof *items, &err), GV_E_MEMORY);
    gv_mem_fail_at(0, 0);
    cr_assert(items == before && capacity == room);
    gv_mem_free(items);
}

Test(mem, copies_of_strings)
{
    char *whole = gv_mem_strdup("", NULL), *part = gv_mem_strndup("ab\0cd", 4, NULL);
    char *none = gv_mem_strndup("abc", 0, NULL);
    cr_assert_str_eq(whole, "");
    cr_assert_eq(memcmp(part, "ab\0c", 5), 0, "four bytes and a NUL");
    cr_assert_str_eq(none, "");
    char *text = gv_mem_format(NULL, "%d %s", 7, "rows"), *empty = gv_mem_format(NULL, "%s", "");
    cr_assert_str_eq(text, "7 rows");
    cr_assert_str_eq(empty, "");
    char *wide = gv_mem_format(NULL, "%5000d", 1);
    cr_assert_eq(strlen(wide), 5000u);
    void *all[] = {whole, part, none, text, empty, wide};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gv_mem_free(all[i]);
}

/* One allocation of each kind; returns how many failed. */
static int allocate_all_kinds(gv_error *err)
{
    enum { KINDS = 6 };
    void *blocks[KINDS] = {gv_mem_alloc(1, 1, err),     gv_mem_alloc_zero(1, 1, err),
                           gv_mem_strdup("x", err),     gv_mem_strndup("x", 1, err),
                           gv_mem_format(err, "%d", 1), NULL};
    void *big = gv_mem_big_alloc(1, err);
    int missing = !big;
    missing += gv_mem_resize(&blocks[KINDS - 1], 1, 1, err) != GV_OK;
    for (size_t i = 0; i < KINDS; i++) {
        missing += !blocks[i] && i < KINDS - 1;
        gv_mem_free(blocks[i]);
    }
    gv_mem_big_free(big, 1);
    return missing;
}

Test(mem, every_kind_of_allocation_can_be_made_to_fail)
{
    enum { KINDS = 7 };
    for (uint64_t n = 1; n <= KINDS; n++) {
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        cr_assert_eq(allocate_all_kinds(&err), 1, "allocation %d", (int)n);
        cr_assert_eq(err.code, GV_E_MEMORY);
        gv_mem_fail_at(0, 0);
    }
    gv_error err = GV_ERROR_INIT;
    gv_mem_fail_at(3, 1);
    cr_assert_eq(allocate_all_kinds(&err), KINDS - 2, "the third and all later ones");
    gv_mem_fail_at(0, 0);
    gv_mem_calls();
    cr_assert_eq(allocate_all_kinds(&err), 0);
    cr_assert_eq(gv_mem_calls(), (uint64_t)KINDS);
    cr_assert_eq(gv_mem_calls(), 0u, "asking begins anew");
}

static int allocate_often(void *context, unsigned thread, gv_error *err)
{
    (void)context, (void)thread;
    for (int i = 0; i < 1000; i++) {
        void *block = gv_mem_alloc(1, 1, err);
        if (!block)
            return GV_E_MEMORY;
        gv_mem_free(block);
    }
    return GV_OK;
}

Test(mem, the_failure_counts_over_all_threads)
{
    gv_error err = GV_ERROR_INIT;
    gv_mem_fail_at(2500, 0); /* one of them belongs to gv_threads_run */
    cr_assert_eq(gv_threads_run(3, allocate_often, NULL, &err), GV_E_MEMORY);
    gv_mem_fail_at(0, 0);
    gv_assert_ok(gv_threads_run(3, allocate_often, NULL, &err), (gv_error){0});
}

Test(mem, the_machine_has_memory)
{
    cr_assert_gt(gv_mem_available(), 1u << 20);
    unsigned long before = gv_mem_peak_rss_kb();
    cr_assert_gt(before, 100u);
    enum { BYTES = 32 << 20 };
    char *block = gv_mem_big_alloc(BYTES, NULL);
    memset(block, 1, BYTES);
    cr_assert_geq(gv_mem_peak_rss_kb(), before + BYTES / 1024 / 2);
    gv_mem_big_free(block, BYTES);
}

/* gv_library_mem: the reserve, and the count of failures. */
#include "base/gv_library_mem.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

Test(library_mem, a_failure_is_counted_and_the_library_gets_memory_all_the_same)
{
    const unsigned before = gv_library_mem_failures();
    char *usual = gv_library_mem_alloc(100);
    cr_assert_not_null(usual);
    cr_assert_eq(gv_library_mem_failures(), before);
    memset(usual, 'x', 100);
    gv_mem_fail_at(1, 1);
    char *spare = gv_library_mem_alloc(100);
    cr_assert_not_null(spare);
    cr_assert_eq(gv_library_mem_failures(), before + 1);
    memset(spare, 'y', 100);
    char *moved = gv_library_mem_resize(usual, 5000), *grown = gv_library_mem_resize(spare, 5000);
    gv_mem_fail_at(0, 0);
    cr_assert_eq(gv_library_mem_failures(), before + 3);
    cr_assert(moved && grown);
    for (int i = 0; i < 100; i++)
        cr_assert(moved[i] == 'x' && grown[i] == 'y');
    grown = gv_library_mem_resize(grown, 20000); /* there is memory again, the reserve stays */
    cr_assert(grown && grown[99] == 'y');
    gv_library_mem_free(moved);
    gv_library_mem_free(grown);
    gv_library_mem_free(NULL);
}

Test(library_mem, the_reserve_is_whole_again_when_all_of_it_was_freed)
{
    for (int round = 0; round < 3; round++) {
        void *blocks[3];
        gv_mem_fail_at(1, 1);
        for (size_t i = 0; i < 3; i++)
            cr_assert_not_null(blocks[i] = gv_library_mem_alloc(150000));
        cr_assert_null(gv_library_mem_alloc(150000));
        cr_assert_null(gv_library_mem_alloc(SIZE_MAX - 5));
        gv_mem_fail_at(0, 0);
        for (size_t i = 0; i < 3; i++)
            gv_library_mem_free(blocks[i]);
    }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* In a process whose address space is full. */
Test(library_mem, malloc_of_a_library_that_was_entered_comes_from_the_reserve)
{
    struct rlimit least = {0, 0};
    char *usual = malloc(1000), *spare, *zeros, *moved;
    cr_assert_not_null(usual);
    memset(usual, 'x', 1000);
    cr_assert_eq(setrlimit(RLIMIT_AS, &least), 0);
    setrlimit(RLIMIT_DATA, &least);
    while (malloc(64)) /* what the C library has left */
        continue;
    const unsigned before = gv_library_mem_enter();
    spare = malloc(2000);
    zeros = calloc(100, 3);
    moved = realloc(usual, 3000);
    const bool failed = gv_library_mem_leave(before);
    const bool outside = malloc(64) == NULL;
    cr_assert(spare && zeros && moved && failed && outside);
    cr_assert_eq(moved[999], 'x');
    cr_assert_eq(zeros[299], 0);
    free(spare);
    free(zeros);
    free(moved);
}
#endif

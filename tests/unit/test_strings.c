/* gv_strings: a list that owns copies, and is whole after every failure. */
#include "base/gv_mem.h"
#include "base/gv_strings.h"
#include "support/gv_test.h"
#include <stdio.h>

Test(strings, empty)
{
    gv_strings list = {0};
    gv_strings_free(&list);
    cr_assert(list.n == 0 && list.items == NULL);
}

Test(strings, owns_copies)
{
    gv_strings list = {0};
    gv_error err = GV_ERROR_INIT;
    char word[16];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(word, sizeof word, "w%u", i);
        gv_assert_ok(gv_strings_add(&list, i == 500 ? "" : word, &err), err);
    }
    cr_assert_eq(list.n, 1000u);
    cr_assert_str_eq(list.items[0], "w0");
    cr_assert_str_eq(list.items[500], "");
    cr_assert_str_eq(list.items[999], "w999");
    gv_strings_free(&list);
    cr_assert(list.n == 0 && list.items == NULL);
    gv_assert_ok(gv_strings_add(&list, "again", &err), err);
    cr_assert_str_eq(list.items[0], "again");
    gv_strings_free(&list);
}

Test(strings, a_failure_leaves_the_list_as_it_was)
{
    gv_strings list = {0};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_strings_add(&list, "one", &err), err);
    for (uint64_t n = 1; n <= 2; n++) { /* the copy, and the place for it */
        gv_error failure = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        cr_assert_eq(gv_strings_add(&list, "two", &failure), GV_E_MEMORY);
        gv_mem_fail_at(0, 0);
        cr_assert_eq(list.n, 1u);
        cr_assert_str_eq(list.items[0], "one");
    }
    gv_assert_ok(gv_strings_add(&list, "two", &err), err);
    cr_assert_str_eq(list.items[1], "two");
    gv_strings_free(&list);
}

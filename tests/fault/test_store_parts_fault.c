/* No memory while a store in parts is written or read: an error, nothing left behind, and the store
 * before is whole. */
#include "base/gv_mem.h"
#include "store/gv_store_copy.h"
#include "store/gv_store_part.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PARTS = 3 };

static const gv_store_copy_options options = {.parts = PARTS};

static gv_test_store_plan small_plan(void)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 60;
    plan.groups = 4;
    return plan;
}

static size_t count_temporary(const char *folder)
{
    DIR *list = opendir(folder);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(list));)
        n += strstr(entry->d_name, ".tmp") != NULL;
    closedir(list);
    return n;
}

/* The content hash, when all blobs were read. */
static int read_all(char hash[GV_HASH_HEX], const char *path, gv_error *err)
{
    gv_store *store = NULL;
    int status = gv_store_open(&store, path, 1, err);
    for (uint32_t id = 0; status == GV_OK && id < gv_store_about(store)->blobs; id++) {
        size_t n = 0;
        status = gv_store_blob_size(&n, store, id, err);
        void *data = aligned_alloc(64, (n + 63) / 64 * 64);
        if (status == GV_OK)
            status = gv_store_blob_read(data, n, store, id, err);
        free(data);
    }
    if (status == GV_OK)
        memcpy(hash, gv_store_about(store)->content_hash, GV_HASH_HEX);
    gv_store_close(store);
    return status;
}

Test(store_parts_fault, no_memory_while_writing, .timeout = 60)
{
    gv_test_store_plan plan = small_plan();
    const char *first = gv_test_path("first.db"), *second = gv_test_path("second.db");
    const char *folder = gv_test_path("run"), *path = gv_test_path("run/store.db");
    gv_error err = GV_ERROR_INIT;
    char before[GV_HASH_HEX], now[GV_HASH_HEX];
    gv_test_store_write(first, &plan);
    plan.seed++;
    gv_test_store_write(second, &plan);
    cr_assert_eq(mkdir(folder, 0700), 0);
    gv_assert_ok(gv_store_copy(first, path, &options, NULL, &err), err);
    gv_assert_ok(read_all(before, path, &err), err);
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n += 1 + n / 16) {
        gv_error own = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status = gv_store_copy(second, path, &options, NULL, &own);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "%lu: %s", n, own.text);
        cr_assert_eq(count_temporary(folder), 0, "%lu", n);
        gv_assert_ok(read_all(now, path, &err), err);
        if (strcmp(before, now) != 0)
            break; /* all that was left to do was to remove the old parts */
    }
}

Test(store_parts_fault, no_memory_while_reading, .timeout = 60)
{
    const gv_test_store_plan plan = small_plan();
    const char *first = gv_test_path("first.db"), *path = gv_test_path("run/store.db");
    gv_error err = GV_ERROR_INIT;
    char hash[GV_HASH_HEX];
    gv_test_store_write(first, &plan);
    cr_assert_eq(mkdir(gv_test_path("run"), 0700), 0);
    gv_assert_ok(gv_store_copy(first, path, &options, NULL, &err), err);
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_error own = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status = read_all(hash, path, &own);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "%lu: %d %s", n, status, own.text);
    }
}

/* A store in parts has the content of one file; parts that are missing, moved or damaged are named.
 */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "store/gv_store_compare.h"
#include "store/gv_store_copy.h"
#include "store/gv_store_part.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PARTS = 5 };

static void write_at(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(data, 1, bytes, file) == bytes, "%s", path);
    cr_assert_eq(fclose(file), 0);
}

static void copy_file(const char *from, const char *to)
{
    size_t bytes;
    char *data = gv_test_read(from, &bytes);
    write_at(to, data, bytes);
    free(data);
}

static void sql(const char *path, const char *statement)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, statement, NULL, NULL, &message), SQLITE_OK, "%s: %s", statement,
                 message);
    sqlite3_close(db);
}

static gv_test_store_plan plan_of(bool symmetric)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.groups = 6;
    plan.symmetric = symmetric;
    return plan;
}

static const char *make(const char *name, bool symmetric)
{
    const gv_test_store_plan plan = plan_of(symmetric);
    const char *path = gv_test_path(name);
    gv_test_store_write(path, &plan);
    return path;
}

/* An empty folder. */
static const char *folder(const char *name)
{
    const char *path = gv_test_path(name);
    cr_assert_eq(mkdir(path, 0700), 0);
    return path;
}

/* A copy of `from` in `parts` parts, in a folder of its own. */
static const char *split(const char *from, const char *name, uint32_t parts)
{
    gv_error err = GV_ERROR_INIT;
    const gv_store_copy_options options = {.parts = parts};
    const char *path = gv_test_format("%s/store.db", folder(name));
    gv_assert_ok(gv_store_copy(from, path, &options, NULL, &err), err);
    return path;
}

static gv_store *open_store(const char *path)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    return store;
}

/* Everything that training reads of `a` is that of `b`. */
static void expect_same_tiles(gv_store *a, gv_store *b)
{
    const gv_store_info *info = gv_store_about(a), *other = gv_store_about(b);
    gv_error err = GV_ERROR_INIT;
    cr_assert_str_eq(info->content_hash, other->content_hash);
    cr_assert_eq(info->tiles, other->tiles);
    cr_assert_eq(info->blobs, other->blobs);
    cr_assert_eq(info->largest_blob, other->largest_blob);
    for (uint32_t i = 0; i < info->tiles; i++) {
        const gv_store_tile *x = &gv_store_tiles(a)[i], *y = &gv_store_tiles(b)[i];
        cr_assert(x->row_segment == y->row_segment && x->column_segment == y->column_segment &&
                  x->blob == y->blob && x->offset == y->offset && x->records == y->records);
    }
    for (uint32_t id = 0; id < info->blobs; id++) {
        size_t n = 0, m = 0;
        gv_assert_ok(gv_store_blob_size(&n, a, id, &err), err);
        gv_assert_ok(gv_store_blob_size(&m, b, id, &err), err);
        cr_assert_eq(n, m);
        void *x = aligned_alloc(64, (n + 63) / 64 * 64), *y = aligned_alloc(64, (n + 63) / 64 * 64);
        gv_assert_ok(gv_store_blob_read(x, n, a, id, &err), err);
        gv_assert_ok(gv_store_blob_read(y, n, b, id, &err), err);
        cr_assert_eq(memcmp(x, y, n), 0);
        free(x);
        free(y);
    }
}

Test(store_parts, any_number_of_parts_has_the_same_content)
{
    for (int symmetric = 0; symmetric < 2; symmetric++) {
        const char *whole = make(gv_test_format("whole%d.db", symmetric), symmetric);
        size_t n, m;
        char *bytes = gv_test_read(whole, &n);
        for (uint32_t parts = 1; parts <= MOST_PARTS; parts++) {
            const char *path = split(whole, gv_test_format("s%dp%u", symmetric, parts), parts);
            gv_store *a = open_store(whole), *b = open_store(path);
            cr_assert_eq(gv_store_about(a)->parts, 0);
            cr_assert_eq(gv_store_about(b)->parts, parts);
            cr_assert_null(gv_store_part_list(a));
            expect_same_tiles(a, b);
            gv_store_close(a);
            gv_store_close(b);
            /* back again, and from parts to other parts */
            const char *other =
                split(path, gv_test_format("s%dq%u", symmetric, parts), MOST_PARTS + 1 - parts);
            const char *merged = split(other, gv_test_format("s%dm%u", symmetric, parts), 0);
            char *again = gv_test_read(merged, &m);
            cr_assert_eq(n, m);
            cr_assert_eq(memcmp(bytes, again, n), 0, "the merged store has other bytes");
            free(again);
        }
        free(bytes);
    }
}

/* --- parts that are not where they should be -------------------------------------------------- */

/* The path of part `part` (from 0) of the store at `path`, which is beside it. */
static const char *part_of(const char *path, uint32_t part)
{
    gv_error err = GV_ERROR_INIT;
    gv_strings names = {0};
    gv_assert_ok(gv_store_part_names(&names, path, &err), err);
    cr_assert_lt(part, names.n);
    const char *beside =
        gv_test_format("%.*s/%s", (int)(strrchr(path, '/') - path), path, names.items[part]);
    gv_strings_free(&names);
    return beside;
}

/* Opening with these folders fails, and the error has all of `texts` (ends with NULL). */
static void expect_refused(const char *path, const gv_strings *dirs, const char *const *texts)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    const gv_store_options options = {.directory = true, .part_dirs = dirs};
    cr_assert_eq(gv_store_open_with(&store, path, &options, &err), GV_E_CORRUPT, "%s", err.text);
    cr_assert_null(store);
    for (; *texts; texts++)
        cr_assert(strstr(err.text, *texts), "'%s' is not in: %s", *texts, err.text);
}

static void expect_opens(const char *path, const gv_strings *dirs)
{
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    const gv_store_options options = {.directory = true, .part_dirs = dirs};
    gv_assert_ok(gv_store_open_with(&store, path, &options, &err), err);
    gv_store *whole = open_store(gv_test_path("whole.db"));
    expect_same_tiles(whole, store);
    gv_store_close(whole);
    gv_store_close(store);
}

Test(store_parts, a_part_is_looked_for_in_folders_in_turn)
{
    const char *path = split(make("whole.db", true), "run", 3);
    const char *part = part_of(path, 1), *name = strrchr(part, '/') + 1;
    const char *near = folder("near"), *far = folder("far");
    const char *none = gv_test_path("none");
    char *dirs[] = {(char *)(uintptr_t)none, (char *)(uintptr_t)near, (char *)(uintptr_t)far};
    const gv_strings list = {3, dirs};
    const gv_strings nothing = {0};
    const char *moved = gv_test_format("%s/%s", far, name);
    cr_assert_eq(rename(part, moved), 0);
    expect_opens(path, &list);
    expect_refused(path, &nothing,
                   (const char *[]){"part 2 of 3", name, "missing", "store.part_dirs", NULL});
    /* without a list it is that of the run's config */
    const char *config = gv_test_format("{\"store\": {\"part_dirs\": [\"%s\"]}}", far);
    const char *beside = gv_test_format("%.*s/config.json", (int)(strrchr(path, '/') - path), path);
    FILE *file = fopen(beside, "w");
    fputs(config, file);
    fclose(file);
    gv_store_close(open_store(path));
    /* what is first in the list, of the right name but not the part, is passed over */
    const char *false_one = gv_test_format("%s/%s", near, name);
    copy_file(part_of(path, 0), false_one);
    expect_opens(path, &list);
    cr_assert_eq(unlink(moved), 0);
    expect_refused(path, &list, (const char *[]){"part 2 of 3", name, false_one, none, far, NULL});
}

/* Of a store with this seed. */
static const char *other_store(uint64_t seed)
{
    gv_test_store_plan plan = plan_of(true);
    const char *path = gv_test_path("other.db");
    plan.seed = seed;
    gv_test_store_write(path, &plan);
    return path;
}

Test(store_parts, a_part_of_another_store_is_refused)
{
    const char *path = split(make("whole.db", true), "run", 3);
    const char *other = split(other_store(99), "other", 3);
    const gv_strings nothing = {0};
    copy_file(part_of(other, 2), part_of(path, 2));
    expect_refused(path, &nothing, (const char *[]){"part 3 of 3", part_of(path, 2), NULL});
}

/* Reads everything of the store; the status, and the first error. */
static int read_everything(const char *path, gv_error *err)
{
    gv_store *store = NULL;
    const gv_strings nothing = {0};
    const gv_store_options options = {.directory = true, .part_dirs = &nothing};
    int status = gv_store_open_with(&store, path, &options, err);
    for (uint32_t id = 0; status == GV_OK && id < gv_store_about(store)->blobs; id++) {
        size_t n = 0;
        status = gv_store_blob_size(&n, store, id, err);
        void *data = aligned_alloc(64, (n + 63) / 64 * 64);
        if (status == GV_OK)
            status = gv_store_blob_read(data, n, store, id, err);
        free(data);
    }
    gv_store_close(store);
    return status;
}

Test(store_parts, damage_is_noticed_and_the_part_named)
{
    /* parts that have no blob twice, so that every blob of the part is read from it */
    const char *path = split(make("whole.db", false), "run", 3), *part = part_of(path, 1);
    size_t n;
    char *good = gv_test_read(part, &n);
    unsigned noticed = 0, flips = 0;
    for (size_t at = 0; at < n; at += 97 + n / 400) {
        gv_error err = GV_ERROR_INIT;
        good[at] ^= 0x10;
        write_at(part, good, n);
        int status = read_everything(path, &err);
        good[at] ^= 0x10;
        flips++;
        noticed += status != GV_OK;
        cr_assert(status == GV_OK || strstr(err.text, part), "byte %zu: %s", at, err.text);
    }
    /* what is not noticed is in bytes that nobody reads: the free space of pages */
    cr_assert_gt(noticed, flips / 10, "%u of %u", noticed, flips);
    for (size_t length = 0; length < n; length += n / 7 + 1) {
        gv_error err = GV_ERROR_INIT;
        write_at(part, good, length);
        cr_assert_neq(read_everything(path, &err), GV_OK);
        cr_assert(strstr(err.text, part), "%s", err.text);
    }
    free(good);
}

Test(store_parts, changed_parts_are_refused)
{
    static const char *const changes[] = {
        "UPDATE blob SET data = zeroblob(length(data)) WHERE id = 1",
        "UPDATE blob SET data = substr(data, 2) WHERE id = 1",
        "UPDATE blob SET data = data || x'00' WHERE id = 1",
        ("UPDATE blob SET id = -1 WHERE id = 1; UPDATE blob SET id = 1 WHERE id = 0;"
         " UPDATE blob SET id = 0 WHERE id = -1"),
        "DELETE FROM blob WHERE id = 0",
        "DROP TABLE blob",
        "CREATE TRIGGER t AFTER INSERT ON blob BEGIN DELETE FROM meta; END",
        "CREATE TABLE more(x)",
        "UPDATE meta SET value = value + 1 WHERE key = 'number'",
        "UPDATE meta SET value = '' WHERE key = 'hash'",
        "UPDATE meta SET value = x'00' WHERE key = 'hash'",
        "DELETE FROM meta WHERE key = 'format'",
        "INSERT INTO meta VALUES('z', 1)",
        "PRAGMA user_version = 2",
        "PRAGMA application_id = 1196839764"};
    const char *path = split(make("whole.db", false), "run", 3), *part = part_of(path, 1);
    const char *good = gv_test_path("good.db");
    copy_file(part, good);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        gv_error err = GV_ERROR_INIT;
        copy_file(good, part);
        sql(part, changes[i]);
        int status = read_everything(path, &err);
        cr_assert_eq(status, GV_E_CORRUPT, "%s: %d %s", changes[i], status, err.text);
        cr_assert(strstr(err.text, part), "the file is not named: %s", err.text);
    }
}

Test(store_parts, changed_manifests_are_refused)
{
    static const char *const changes[] = {
        "UPDATE part SET name = 'store-1of3-0123456789abcdef.db' WHERE id = 0",
        "UPDATE part SET name = '../' || name WHERE id = 0",
        "UPDATE part SET bytes = bytes + 1 WHERE id = 1",
        "UPDATE part SET blobs = 1000000 WHERE id = 1",
        "UPDATE part SET blobs = blobs - 1 WHERE id = 1",
        "UPDATE part SET blob_bytes = blob_bytes - 1 WHERE id = 1",
        "UPDATE part SET hash = 'x' WHERE id = 1",
        "UPDATE part SET hash = substr(hash, 2) || '0' WHERE id = 1",
        "DELETE FROM part WHERE id = 2",
        "INSERT INTO part SELECT 3, name, bytes, blobs, blob_bytes, hash FROM part WHERE id = 2",
        "UPDATE place SET row = row + 1 WHERE id = 0",
        "UPDATE place SET row = 4000000000 WHERE id = 0",
        "UPDATE place SET part_id = 3 WHERE id = 0",
        "UPDATE place SET blob = 1 WHERE id = 0",
        "UPDATE place SET blob = -1 WHERE id = 0",
        "DELETE FROM place WHERE id = (SELECT max(id) FROM place)",
        "DELETE FROM place",
        "UPDATE tile SET bytes = bytes + 8 WHERE id = 0",
        "UPDATE tile SET bytes = 'x' WHERE id = 0",
        "DELETE FROM meta WHERE key = 'parts_hash'",
        "UPDATE meta SET value = 0 WHERE key = 'parts'",
        "UPDATE meta SET value = 4 WHERE key = 'parts'",
        "UPDATE meta SET value = value + 1 WHERE key = 'places'",
        "DROP TABLE place",
        "PRAGMA user_version = 1"};
    const char *good = split(make("whole.db", true), "run", 3), *bad = gv_test_path("run/bad.db");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        gv_error err = GV_ERROR_INIT;
        copy_file(good, bad);
        sql(bad, changes[i]);
        cr_assert_eq(read_everything(bad, &err), GV_E_CORRUPT, "%s: %s", changes[i], err.text);
        cr_assert(strstr(err.text, bad), "the file is not named: %s", err.text);
    }
}

/* --- many readers ----------------------------------------------------------------------------- */

static size_t open_files(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 512; fd++) {
        struct stat look;
        n += fstat(fd, &look) == 0;
    }
    return n;
}

Test(store_parts, handles_share_the_open_files_they_may_have)
{
    enum { HANDLES = 20 };
    gv_store *whole = open_store(make("whole.db", true));
    gv_store *root = open_store(split(gv_test_path("whole.db"), "run", 5)), *handle[HANDLES];
    gv_error err = GV_ERROR_INIT;
    for (int i = 0; i < HANDLES; i++)
        gv_assert_ok(gv_store_open_again(&handle[i], root, &err), err);
    const size_t before = open_files();
    for (int i = 0; i < HANDLES; i++)
        expect_same_tiles(whole, handle[i]);
    cr_assert_leq(open_files() - before, 48);
    for (int i = 0; i < HANDLES; i++)
        gv_store_close(handle[i]);
    gv_store_close(root);
    gv_store_close(whole);
}

Test(store_parts, groups_of_a_process_need_their_parts_only)
{
    const char *path = split(make("whole.db", true), "run", 3);
    const bool groups[6] = {[2] = true, [3] = true};
    const gv_strings nothing = {0};
    const gv_store_options later = {.directory = true, .parts_later = true, .part_dirs = &nothing};
    gv_error err = GV_ERROR_INIT;
    gv_store *store = NULL;
    cr_assert_eq(unlink(part_of(path, 0)), 0);
    cr_assert_eq(unlink(part_of(path, 2)), 0);
    gv_assert_ok(gv_store_open_with(&store, path, &later, &err), err);
    gv_store_part_prefer(store, groups);
    const gv_store_info *info = gv_store_about(store);
    unsigned mine = 0, others = 0;
    for (uint32_t i = 0; i < info->tiles; i++) {
        const gv_store_tile *tile = &gv_store_tiles(store)[i];
        size_t n = 0;
        const bool needed = groups[info->segment_group[tile->row_segment]] ||
                            groups[info->segment_group[tile->column_segment]];
        gv_assert_ok(gv_store_blob_size(&n, store, tile->blob, &err), err);
        void *data = aligned_alloc(64, (n + 63) / 64 * 64);
        gv_error own = GV_ERROR_INIT;
        int status = gv_store_blob_read(data, n, store, tile->blob, &own);
        cr_assert_eq(status, needed ? GV_OK : GV_E_CORRUPT, "%s", own.text);
        mine += needed;
        others += !needed;
        free(data);
    }
    cr_assert(mine > 0 && others > 0);
    gv_store_close(store);
}

/* --- replacing -------------------------------------------------------------------------------- */

Test(store_parts, a_new_store_takes_the_parts_of_the_old_one_away)
{
    const char *path = split(make("whole.db", true), "run", 4);
    const char *old[4];
    gv_error err = GV_ERROR_INIT;
    for (uint32_t i = 0; i < 4; i++)
        old[i] = part_of(path, i);
    const gv_store_copy_options three = {.parts = 3}, one = {.parts = 0};
    gv_assert_ok(gv_store_copy(gv_test_path("whole.db"), path, &three, NULL, &err), err);
    for (int i = 0; i < 4; i++)
        cr_assert(!gv_test_exists(old[i]), "%s", old[i]);
    for (uint32_t i = 0; i < 3; i++)
        old[i] = part_of(path, i);
    /* the same again: they stay */
    gv_assert_ok(gv_store_copy(gv_test_path("whole.db"), path, &three, NULL, &err), err);
    gv_store_close(open_store(path));
    gv_assert_ok(gv_store_copy(gv_test_path("whole.db"), path, &one, NULL, &err), err);
    for (int i = 0; i < 3; i++)
        cr_assert(!gv_test_exists(old[i]), "%s", old[i]);
    gv_store_close(open_store(path));
}

Test(store_parts, more_parts_than_groups_are_refused)
{
    gv_error err = GV_ERROR_INIT;
    const gv_store_copy_options many = {.parts = 7};
    const char *to = gv_test_path("to.db");
    cr_assert_eq(gv_store_copy(make("whole.db", true), to, &many, NULL, &err), GV_E_USAGE);
    cr_assert(strstr(err.text, "6 groups"), "%s", err.text);
    cr_assert(!gv_test_exists(to));
}

Test(store_parts, comparing_looks_into_the_parts)
{
    const char *whole = make("whole.db", true), *path = split(whole, "run", 3);
    const char *other = split(other_store(99), "other", 3);
    gv_error err = GV_ERROR_INIT;
    char where[GV_STORE_COMPARE_WHERE];
    bool same = false;
    gv_assert_ok(gv_store_compare(&same, where, whole, path, &err), err);
    cr_assert(same, "%s", where);
    gv_assert_ok(gv_store_compare(&same, where, path, split(whole, "five", 5), &err), err);
    cr_assert(same, "%s", where);
    gv_assert_ok(gv_store_compare(&same, where, path, other, &err), err);
    cr_assert(!same && *where);
    cr_assert_eq(unlink(part_of(path, 0)), 0);
    cr_assert_eq(gv_store_compare(&same, where, whole, path, &err), GV_E_CORRUPT, "%s", err.text);
}

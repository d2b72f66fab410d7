/* Files that were damaged between two stages: flipped, truncated, empty, exchanged. Every case must
 * end with exit code 1 and one line that names the file; nothing may crash or pass unnoticed. */
#include "support/gv_test.h"

#include "base/gv_rng.h"
#include <stdio.h>
#include <string.h>

#define QUIET "--progress none"

static void make_run(const char *dir, uint64_t seed)
{
    const char *corpus = gv_test_format("%s.txt", dir);
    gv_test_corpus(corpus, seed, 20000, 200, 25);
    gv_test_write_text(
        gv_test_format("%s.json", dir),
        gv_test_format("{\"corpus\": {\"files\": [\"%s\"]}, \"vocab\": "
                       "{\"min_count\": 1}, \"train\": {\"dim\": 10, \"epochs\": 2}}",
                       corpus));
    static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train"};
    for (size_t i = 0; i < 4; i++)
        gv_test_run_ok("glove-%s --config %s.json --run-dir %s " QUIET, stages[i], dir, dir);
}

/* The command of the stage that reads the file next, told to do new work. */
typedef struct reader {
    const char *file;
    const char *command;
} reader;

static const reader readers[] = {
    {"counts.bin", "glove-shuffle --run-dir run --force " QUIET},
    {"store.db", "glove-train --run-dir run --force " QUIET},
    {"model.ckpt", "glove-train --run-dir run --set train.epochs=4 " QUIET},
};
enum { READERS = sizeof readers / sizeof *readers };

static size_t size_of(const char *path)
{
    size_t n;
    gv_test_read(path, &n);
    return n;
}

static void expect_named(const reader *r, const char *what)
{
    gv_test_result result = gv_test_run("%s", r->command);
    cr_assert_eq(result.exit_code, 1, "%s %s: exit code %d, stderr: %s", r->file, what,
                 result.exit_code, result.err);
    gv_test_expect_error(result, 1, r->file, NULL);
}

/* A place where a flipped byte must matter: SQLite leaves unused bytes in its pages, which nobody
 * reads, so for the store a byte of a tile's BLOB is changed through SQL. */
static void flip(const reader *r, gv_rng *rng)
{
    const char *path = gv_test_path(gv_test_format("run/%s", r->file));
    if (strcmp(r->file, "store.db") == 0)
        gv_test_run_ok("sqlite3 run/store.db \"UPDATE tile SET data = substr(data, 1, 40) || "
                       "CASE substr(data, 41, 1) WHEN x'07' THEN x'08' ELSE x'07' END || "
                       "substr(data, 42) WHERE id = (SELECT id FROM tile ORDER BY length(data) "
                       "DESC LIMIT 1)\"");
    else
        gv_test_flip(path, (long)gv_rng_below(rng, size_of(path)));
}

Test(damage, flipped_byte, .timeout = 60)
{
    make_run("run", gv_test_seed());
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (size_t i = 0; i < READERS; i++) {
        for (int round = 0; round < 5; round++) {
            gv_test_run_ok("cp run/%s kept", readers[i].file);
            flip(&readers[i], &rng);
            expect_named(&readers[i], gv_test_format("flipped, round %d", round));
            gv_test_run_ok("cp kept run/%s", readers[i].file);
        }
    }
}

Test(damage, truncated, .timeout = 60)
{
    make_run("run", gv_test_seed());
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    for (size_t i = 0; i < READERS; i++) {
        const char *path = gv_test_path(gv_test_format("run/%s", readers[i].file));
        for (int round = 0; round < 6; round++) {
            gv_test_run_ok("cp run/%s kept", readers[i].file);
            size_t size = size_of(path);
            long left = round == 0   ? 0
                        : round == 1 ? (long)size - 1
                                     : (long)gv_rng_below(&rng, size);
            gv_test_truncate(path, left);
            expect_named(&readers[i], gv_test_format("truncated to %ld", left));
            gv_test_run_ok("cp kept run/%s", readers[i].file);
        }
    }
}

Test(damage, exchanged_for_another_kind, .timeout = 60)
{
    make_run("run", gv_test_seed());
    for (size_t i = 0; i < READERS; i++) {
        gv_test_run_ok("cp run/%s kept && cp run/%s run/%s.new && mv run/%s.new run/%s",
                       readers[i].file, readers[(i + 1) % READERS].file, readers[i].file,
                       readers[i].file, readers[i].file);
        expect_named(&readers[i], "exchanged for another kind of file");
        gv_test_run_ok("cp kept run/%s", readers[i].file);
    }
}

Test(damage, exchanged_with_another_run, .timeout = 60)
{
    make_run("run", gv_test_seed());
    make_run("other", gv_test_seed() + 1);
    /* the store says which corpus it is of, but nothing before it could contradict it except the
     * vocabulary; the other two belong to a vocabulary and to a store */
    for (size_t i = 0; i < READERS; i++) {
        gv_test_run_ok("cp run/%s kept && cp other/%s run/%s", readers[i].file, readers[i].file,
                       readers[i].file);
        expect_named(&readers[i], "exchanged with another run's");
        gv_test_run_ok("cp kept run/%s", readers[i].file);
    }
}

Test(damage, odd_vocabulary)
{
    make_run("run", gv_test_seed());
    static const char *const bad[] = {"",          "word\n",    "a 1\na 2\n",  "a x\n",
                                      "<unk> 5\n", "a 1\n b\n", "\xff\xfe 3\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gv_test_write_text("run/vocab.txt", bad[i]);
        gv_test_result r = gv_test_run("glove-cooccur --run-dir run --force " QUIET);
        gv_test_expect_error(r, 1, "vocab.txt", NULL);
    }
}

Test(damage, file_size_limit_leaves_earlier_output, .timeout = 60)
{
    make_run("run", gv_test_seed());
    gv_test_run_ok("cp run/counts.bin counts.kept && cp run/vectors.txt vectors.kept && "
                   "cp run/store.db store.kept");
    /* ulimit -f counts 512-byte blocks in sh */
    gv_test_expect_error(gv_test_run("ulimit -f 16; glove-cooccur --run-dir run --force " QUIET), 1,
                         "counts.bin", "ulimit -f", NULL);
    gv_test_expect_error(gv_test_run("ulimit -f 16; glove-shuffle --run-dir run --force " QUIET), 1,
                         "store.db", "ulimit -f", NULL);
    gv_test_expect_error(gv_test_run("ulimit -f 16; glove-train --run-dir run --force " QUIET), 1,
                         "ulimit -f", NULL);
    gv_test_run_ok("cmp run/counts.bin counts.kept && cmp run/vectors.txt vectors.kept && "
                   "cmp run/store.db store.kept");
}

/* What is known not to fit is refused before it is begun. */
Test(damage, a_disk_that_is_too_small_is_known_before, .timeout = 60)
{
    static const char *const stages[] = {"shuffle", "train"};
    make_run("run", gv_test_seed());
    for (size_t i = 0; i < 2; i++) {
        gv_test_result r = gv_test_run("GLOVEBOX_TEST_DISK_FREE=900 GLOVEBOX_TEST_AT=write:3=KILL "
                                       "glove-%s --run-dir run --force " QUIET,
                                       stages[i]);
        gv_test_expect_error(r, 1, "needs at least", "of disk space, but 900 bytes are free", NULL);
    }
}

Test(damage, full_disk, .timeout = 60)
{
    make_run("run", gv_test_seed());
    gv_test_run_ok("mkdir disk");
    gv_test_result mounted = gv_test_run("mount -t tmpfs -o size=600k none disk");
    if (mounted.exit_code != 0)
        gv_test_skip("needs root to mount a small file system");
    /* what the stage reads, and so much else that 48 KB are left */
    gv_test_run_ok("cp -r run/config.json run/vocab.txt run/counts.bin disk/ && "
                   "dd if=/dev/zero of=disk/ballast bs=1k "
                   "count=$(($(df -k --output=avail disk | tail -n 1) - 48)) 2>/dev/null");
    gv_test_result r = gv_test_run("glove-shuffle --run-dir disk --force " QUIET);
    gv_test_run("umount disk");
    cr_assert_eq(r.exit_code, 1, "%s", r.err);
    cr_assert_not_null(strstr(r.err, "No space left on device; free some"), "%s", r.err);
}

/*
 * gv_test - what the tests share: scratch directories, files, running the programs.
 *
 * Each Criterion test is a process of its own, so nothing that these functions return needs to be
 * freed (what the library returns does: the leak checker watches); helpers assert
 * (cr_assert) instead of returning errors. GV_BIN and GV_SOURCE (Makefile) name the folder of the
 * programs under test and the source tree.
 */
#ifndef GV_TEST_H
#define GV_TEST_H

#include "base/gv_error.h"
#include "base/gv_rng.h"
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>

/* Remember a block until the process ends, so that the leak checker does not count what a test is
 * free not to free; returns it. A test may free it all the same: nothing is done with it. */
void *gv_test_keep(void *block);
/* A fresh directory under $TMPDIR or /tmp, removed when the test process ends normally. */
const char *gv_test_dir(void);
/* printf into a string that lives as long as the test. */
const char *gv_test_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Path of `name` inside gv_test_dir(). */
const char *gv_test_path(const char *name);
/* Write a file of gv_test_dir(); returns its path. */
const char *gv_test_write(const char *name, const void *data, size_t bytes);
const char *gv_test_write_text(const char *name, const char *text);
/* Whole file, NUL-terminated; asserts that it is there. `bytes` may be NULL. */
char *gv_test_read(const char *path, size_t *bytes);
int gv_test_exists(const char *path);
/* The directories `a` and `b` have the same bytes in the file `name`. */
void gv_test_same_file(const char *a, const char *b, const char *name);
/* Flip one bit pattern: byte at `offset` (from the end if negative) ^= 0x5a. */
void gv_test_flip(const char *path, long offset);
void gv_test_truncate(const char *path, long bytes);

/* What a program did. */
typedef struct gv_test_result {
    int exit_code; /* -signal if it was killed */
    char *out, *err;
} gv_test_result;

/* The source tree and $(BUILD) in a shell command line, whatever characters their paths have. */
#define GV_SH_SOURCE "\"$GV_TEST_SOURCE\""
#define GV_SH_BUILD  "\"$GV_TEST_BUILD\""
/* Run a shell command line in which words like glove-vocab are found in GV_BIN (PATH is set);
 * the working directory is gv_test_dir(). If it fails for lack of a program that only tests use
 * (sqlite3, xz, ...), the test is left out. */
gv_test_result gv_test_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same and assert exit code 0 (shows stderr otherwise). */
gv_test_result gv_test_run_ok(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Folders of hosts for RANKS_HOSTS=hosts (tests/ranks/threads.h), of the files `files` (as the
 * shell reads it) and the run directory "many". Hosts 1 and 5 have nothing; 2 has copies, 4 copies
 * with their times, and 3 files of the same sizes with other text. */
void gv_test_make_hosts(const char *files);
/* Run the program `stage` in the run directory "one", and `ranks_program` as `ranks` ranks in
 * "many": exit codes, the bytes of `file`, and what `pattern` (grep -o) finds in metrics.jsonl are
 * the same. Returns the exit code. */
typedef struct gv_test_ranks {
    const char *stage, *ranks_program, *file, *pattern;
} gv_test_ranks;
int gv_test_compare_ranks(const gv_test_ranks *what, int ranks, const char *options);
/* Assert exit code, and that stderr is exactly one line, which holds each of the texts (NULL ends
 * them). */
void gv_test_expect_error(gv_test_result result, int exit_code, ...) __attribute__((sentinel));

/* A random event for GLOVEBOX_TEST_AT (base/gv_test_hook.h): after one of the first `tasks` tasks,
 * or at one of the first writes, syncs, renames or checkpoints. */
const char *gv_test_random_event(gv_rng *rng, unsigned tasks);
/* Assert that a program was ended by SIGKILL. */
void gv_test_expect_killed(gv_test_result result);

/* Leave this test out. The reason is shown, and tests/run.sh counts it as skipped. */
void gv_test_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Seed of the property tests: $GV_TEST_SEED or a fixed default; printed when a test fails by the
 * assertion macros' messages, so include it in them. */
uint64_t gv_test_seed(void);

/* Write a random corpus to `name` in gv_test_dir(): `tokens` tokens of a Zipf-like vocabulary of
 * `words` words ("w0", "w1", ...), a newline after each token with probability 1/line_length
 * (0: never). Returns its path. */
const char *gv_test_corpus(const char *name, uint64_t seed, size_t tokens, size_t words,
                           unsigned line_length);

/* cr_assert that a status is GV_OK, showing the error's text. */
#define gv_assert_ok(status, err) cr_assert_eq((status), GV_OK, "unexpected error: %s", (err).text)

/* Write 1 to `most` files of a few of the `n` words each, or none, at random, some of them
 * compressed or in archives, to the working directory; returns the option that sets corpus.files to
 * them. */
const char *gv_test_small_files(gv_rng *rng, unsigned most, const char *const *words, size_t n);

#endif

/*
 * gv_file: outputs that are replaced whole or not at all, reads that notice every missing byte.
 * Linked with --wrap for the system calls below, so that each can be made to fail, to be
 * interrupted, or to do only a part.
 */
#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include "text/gv_corpus_files.h"
#include "text/gv_stream.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- system calls that fail ------------------------------------------------------------------- */

enum call { READ, WRITE, PREAD, PWRITE, FSYNC, CLOSE, RENAME, CALLS };

static struct {
    int failing;    /* errno of the next call; 0: it succeeds */
    int skip;       /* calls that come before it */
    size_t at_most; /* bytes that one call moves; 0: all */
    int zeros;      /* so many calls answer 0, as at the end of a file */
} plans[CALLS];

static bool fails(enum call call)
{
    if (plans[call].failing == 0 || plans[call].skip-- > 0)
        return false;
    errno = plans[call].failing;
    plans[call].failing = 0;
    return true;
}

static size_t part(enum call call, size_t bytes)
{
    if (plans[call].zeros > 0) {
        plans[call].zeros--;
        return 0;
    }
    size_t most = plans[call].at_most;
    return most && bytes > most ? most : bytes;
}

ssize_t __real_read(int fd, void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes)
{
    return fails(READ) ? -1 : __real_read(fd, data, part(READ, bytes));
}

ssize_t __real_write(int fd, const void *data, size_t bytes);
ssize_t __wrap_write(int fd, const void *data, size_t bytes);
ssize_t __wrap_write(int fd, const void *data, size_t bytes)
{
    return fails(WRITE) ? -1 : __real_write(fd, data, part(WRITE, bytes));
}

ssize_t __real_pread(int fd, void *data, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t bytes, off_t offset)
{
    return fails(PREAD) ? -1 : __real_pread(fd, data, part(PREAD, bytes), offset);
}

ssize_t __real_pwrite(int fd, const void *data, size_t bytes, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t bytes, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
    return fails(PWRITE) ? -1 : __real_pwrite(fd, data, part(PWRITE, bytes), offset);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return fails(FSYNC) ? -1 : __real_fsync(fd);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int status = __real_close(fd);
    return fails(CLOSE) ? -1 : status;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    return fails(RENAME) ? -1 : __real_rename(from, to);
}

/* --- helpers ---------------------------------------------------------------------------------- */

enum { LARGE = 700001 }; /* more than two buffers, and no multiple of one */

static const uint8_t *large_data(void)
{
    static uint8_t data[LARGE];
    for (size_t i = 0; i < LARGE; i++)
        data[i] = (uint8_t)(i * 31 + i / 1000);
    return data;
}

static void expect_content(const char *path, const void *data, size_t bytes)
{
    size_t n;
    char *content = gv_test_read(path, &n);
    cr_assert(n == bytes && memcmp(content, data, n) == 0, "%s has %zu bytes", path, n);
}

static void expect_no_temporary(const char *path)
{
    cr_assert_not(gv_test_exists(gv_test_format("%s.tmp", path)), "%s.tmp is left", path);
}

/* --- writing ---------------------------------------------------------------------------------- */

Test(file, writes_nothing_little_and_much)
{
    static const size_t sizes[] = {0, 1, 1 << 18, (1 << 18) + 1, LARGE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *path = gv_test_path("out");
        gv_error err = GV_ERROR_INIT;
        gv_assert_ok(gv_file_writer_whole(path, large_data(), sizes[i], &err), err);
        expect_content(path, large_data(), sizes[i]);
        expect_no_temporary(path);
    }
}

Test(file, the_old_file_stays_until_commit)
{
    const char *path = gv_test_write_text("out", "old");
    gv_file_writer *out;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_file_writer_open(&out, path, &err), err);
    gv_assert_ok(gv_file_writer_write(out, large_data(), LARGE, &err), err);
    cr_assert_eq(gv_file_writer_tell(out), (uint64_t)LARGE);
    cr_assert(gv_hash_equal(gv_file_writer_hash(out), gv_hash_of(large_data(), LARGE)));
    expect_content(path, "old", 3);
    gv_assert_ok(gv_file_writer_commit(&out, &err), err);
    cr_assert_null(out);
    expect_content(path, large_data(), LARGE);
}

Test(file, abort_leaves_no_trace)
{
    const char *path = gv_test_write_text("out", "old");
    gv_file_writer *out = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_file_writer_abort(NULL);
    gv_file_writer_abort(&out);
    gv_assert_ok(gv_file_writer_open(&out, path, &err), err);
    gv_assert_ok(gv_file_writer_write(out, "new", 3, &err), err);
    gv_file_writer_abort(&out);
    cr_assert_null(out);
    expect_content(path, "old", 3);
    expect_no_temporary(path);
}

Test(file, printf_of_any_length)
{
    const char *path = gv_test_path("out");
    gv_file_writer *out;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_file_writer_open(&out, path, &err), err);
    gv_assert_ok(gv_file_writer_printf(out, &err, "%s", ""), err);
    gv_assert_ok(gv_file_writer_printf(out, &err, "%d\n", 7), err);
    gv_assert_ok(gv_file_writer_printf(out, &err, "%600d\n", 8), err);
    gv_assert_ok(gv_file_writer_commit(&out, &err), err);
    const char *wanted = gv_test_format("7\n%600d\n", 8);
    expect_content(path, wanted, strlen(wanted));
}

/* Whatever fails on the way to the disk: an error that names the file, and the old file is there.
 * A directory that cannot be synced (the second sync) is an error, too, but then the new one is. */
Test(file, a_failing_system_call_leaves_the_old_file)
{
    static const struct {
        enum call call;
        int number, skip;
        const char *text;
        bool renamed;
    } cases[] = {{WRITE, ENOSPC, 0, "No space", false},    {WRITE, EIO, 1, "Input/output", false},
                 {FSYNC, EIO, 0, "Input/output", false},   {CLOSE, EDQUOT, 0, "quota", false},
                 {RENAME, EACCES, 0, "Permission", false}, {FSYNC, EIO, 1, "Input/output", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = gv_test_write_text("out", "old");
        gv_error err = GV_ERROR_INIT;
        plans[cases[i].call].failing = cases[i].number;
        plans[cases[i].call].skip = cases[i].skip;
        cr_assert_eq(gv_file_writer_whole(path, large_data(), LARGE, &err), GV_E_IO, "case %zu", i);
        cr_assert_not_null(strstr(err.text, path), "case %zu: %s", i, err.text);
        cr_assert_not_null(strstr(err.text, cases[i].text), "case %zu: %s", i, err.text);
        expect_content(path, cases[i].renamed ? (const void *)large_data() : "old",
                       cases[i].renamed ? LARGE : 3);
        expect_no_temporary(path);
    }
}

Test(file, a_directory_that_cannot_sync_is_no_error)
{
    const char *path = gv_test_path("out");
    gv_error err = GV_ERROR_INIT;
    plans[FSYNC].failing = EINVAL; /* as some file systems say */
    plans[FSYNC].skip = 1;
    gv_assert_ok(gv_file_writer_whole(path, "new", 3, &err), err);
    cr_assert_eq(plans[FSYNC].failing, 0, "the directory was synced");
}

Test(file, interrupted_and_partial_calls_go_on)
{
    const char *path = gv_test_path("out");
    gv_error err = GV_ERROR_INIT;
    plans[WRITE].failing = plans[READ].failing = EINTR;
    plans[WRITE].at_most = plans[READ].at_most = 10007;
    gv_assert_ok(gv_file_writer_whole(path, large_data(), LARGE, &err), err);
    char *text;
    size_t bytes;
    gv_assert_ok(gv_file_reader_whole(&text, &bytes, path, LARGE, &err), err);
    cr_assert(bytes == LARGE && memcmp(text, large_data(), LARGE) == 0);
    gv_mem_free(text);
}

Test(file, the_write_hook_fails_from_there_on)
{
    const char *path = gv_test_write_text("out", "old");
    enum { WRITES = 3 }; /* of LARGE bytes */
    for (uint64_t n = 1; n <= WRITES + 1; n++) {
        gv_error err = GV_ERROR_INIT;
        gv_file_fail_at(n);
        int status = gv_file_writer_whole(path, large_data(), LARGE, &err);
        cr_assert_eq(status, n <= WRITES ? GV_E_IO : GV_OK, "write %d: %s", (int)n, err.text);
        if (n <= WRITES)
            cr_assert_eq(gv_file_writer_whole(path, "x", 1, &err), GV_E_IO, "later ones fail, too");
        gv_file_fail_at(0);
    }
    expect_content(path, large_data(), LARGE);
}

Test(file, no_memory_for_a_writer)
{
    const char *path = gv_test_write_text("out", "old");
    uint64_t failures = 0;
    for (uint64_t n = 1;; n++, failures++) {
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        int status = gv_file_writer_whole(path, "new", 3, &err);
        gv_mem_fail_at(0, 0);
        if (status == GV_OK)
            break;
        cr_assert_eq(status, GV_E_MEMORY, "allocation %d: %s", (int)n, err.text);
        expect_content(path, "old", 3);
        expect_no_temporary(path);
    }
    cr_assert_geq(failures, 4u);
}

Test(file, a_place_that_cannot_be_written)
{
    gv_file_writer *out;
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_path("missing/out");
    cr_assert_eq(gv_file_writer_open(&out, path, &err), GV_E_IO);
    cr_assert_null(out);
    cr_assert_not_null(strstr(err.text, path), "%s", err.text);
    cr_assert_eq(gv_file_writer_whole(path, "", 0, NULL), GV_E_IO);
}

Test(file, replace_renames_what_others_wrote)
{
    const char *from = gv_test_write_text("from", "new"), *to = gv_test_write_text("to", "old");
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_file_replace(from, to, &err), err);
    expect_content(to, "new", 3);
    cr_assert_not(gv_test_exists(from));
    cr_assert_eq(gv_file_replace(from, to, &err), GV_E_IO, "it is gone");
    gv_error sync = GV_ERROR_INIT;
    from = gv_test_write_text("from", "newer");
    plans[FSYNC].failing = EIO;
    cr_assert_eq(gv_file_replace(from, to, &sync), GV_E_IO);
    expect_content(to, "new", 3);
}

/* --- reading ---------------------------------------------------------------------------------- */

static gv_file_reader *open_reader(const char *path)
{
    gv_file_reader *in;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_file_reader_open(&in, path, &err), err);
    return in;
}

Test(file, reads_exactly)
{
    const char *path = gv_test_write("in", large_data(), LARGE);
    static uint8_t data[LARGE];
    gv_file_reader *in = open_reader(path);
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_file_reader_size(in), (uint64_t)LARGE);
    cr_assert_str_eq(gv_file_reader_path(in), path);
    gv_assert_ok(gv_file_reader_read(in, data, 0, &err), err);
    gv_assert_ok(gv_file_reader_read(in, data, 1, &err), err);
    gv_assert_ok(gv_file_reader_read(in, data + 1, LARGE - 1, &err), err);
    cr_assert_eq(memcmp(data, large_data(), LARGE), 0);
    size_t got = 1;
    gv_assert_ok(gv_file_reader_read_some(in, data, 1, &got, &err), err);
    cr_assert_eq(got, 0u, "the end");
    gv_assert_ok(gv_file_reader_seek(in, LARGE - 3, &err), err);
    gv_assert_ok(gv_file_reader_read_some(in, data, 10, &got, &err), err);
    cr_assert(got == 3 && memcmp(data, large_data() + LARGE - 3, 3) == 0);
    gv_assert_ok(gv_file_reader_seek(in, LARGE - 3, &err), err);
    cr_assert_eq(gv_file_reader_read(in, data, 4, &err), GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, path), "%s", err.text);
    cr_assert_not_null(strstr(err.text, "truncated"), "%s", err.text);
    gv_file_reader_close(in);
    gv_file_reader_close(NULL);
}

Test(file, lines)
{
    char text[600000], *at = text; /* longer than a buffer */
    at += sprintf(at, "one\n\nth\001ee\n");
    memset(at, 'x', 500000);
    memcpy(at + 500000, "\nno newline", 12);
    const char *path = gv_test_write_text("in", text);
    static const size_t wanted[] = {3, 0, 5, 500000, 10};
    gv_file_reader *in = open_reader(path);
    gv_error err = GV_ERROR_INIT;
    char *line;
    size_t length;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        gv_assert_ok(gv_file_reader_line(in, &line, &length, &err), err);
        cr_assert_not_null(line);
        cr_assert(length == wanted[i] && line[length] == '\0', "line %zu: %zu bytes", i, length);
    }
    cr_assert_str_eq(line, "no newline");
    gv_assert_ok(gv_file_reader_line(in, &line, &length, &err), err);
    cr_assert(line == NULL && length == 0);
    gv_file_reader_close(in);
}

Test(file, lines_of_nothing_and_of_nul_bytes)
{
    gv_error err = GV_ERROR_INIT;
    char *line;
    size_t length;
    gv_file_reader *in = open_reader(gv_test_write_text("empty", ""));
    gv_assert_ok(gv_file_reader_line(in, &line, &length, &err), err);
    cr_assert_null(line);
    gv_file_reader_close(in);
    in = open_reader(gv_test_write("nul", "a\0b\n", 4));
    gv_assert_ok(gv_file_reader_line(in, &line, &length, &err), err);
    cr_assert_eq(length, 3u, "NUL bytes count");
    gv_file_reader_close(in);
}

Test(file, what_cannot_be_read)
{
    gv_file_reader *in;
    gv_error missing = GV_ERROR_INIT, directory = GV_ERROR_INIT, broken = GV_ERROR_INIT;
    cr_assert_eq(gv_file_reader_open(&in, gv_test_path("missing"), &missing), GV_E_IO);
    cr_assert_null(in);
    cr_assert_not_null(strstr(missing.text, "No such file"), "%s", missing.text);
    cr_assert_eq(gv_file_reader_open(&in, gv_test_dir(), &directory), GV_E_IO);
    cr_assert_not_null(strstr(directory.text, "directory"), "%s", directory.text);
    in = open_reader(gv_test_write_text("in", "text"));
    char byte;
    plans[READ].failing = EIO;
    cr_assert_eq(gv_file_reader_read(in, &byte, 1, &broken), GV_E_IO);
    cr_assert_not_null(strstr(broken.text, "/in"), "%s", broken.text);
    gv_file_reader_close(in);
}

Test(file, read_all_up_to_a_limit)
{
    gv_error err = GV_ERROR_INIT;
    char *text;
    size_t bytes;
    static const size_t sizes[] = {0, 1, 65536, 65537, LARGE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const char *path = gv_test_write("in", large_data(), sizes[i]);
        gv_assert_ok(gv_file_reader_whole(&text, &bytes, path, sizes[i], &err), err);
        cr_assert(bytes == sizes[i] && memcmp(text, large_data(), bytes) == 0);
        cr_assert_eq(text[bytes], '\0');
        gv_mem_free(text);
    }
    cr_assert_eq(gv_file_reader_whole(&text, &bytes, gv_test_path("in"), LARGE - 1, &err),
                 GV_E_CORRUPT);
    cr_assert_null(text);
}

Test(file, hash_is_that_of_the_bytes)
{
    gv_error err = GV_ERROR_INIT;
    gv_hash hash;
    static const size_t sizes[] = {0, 1, LARGE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        gv_assert_ok(gv_file_reader_hash(&hash, gv_test_write("in", large_data(), sizes[i]), &err),
                     err);
        cr_assert(gv_hash_equal(hash, gv_hash_of(large_data(), sizes[i])));
    }
    cr_assert_eq(gv_file_reader_hash(&hash, gv_test_path("missing"), &err), GV_E_IO);
}

/* --- names and descriptors -------------------------------------------------------------------- */

Test(file, look_tells_what_is_there)
{
    gv_file_stat stat;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_file_look(&stat, gv_test_path("missing"), &err), err);
    cr_assert_not(stat.exists);
    const char *path = gv_test_write_text("in", "four");
    gv_assert_ok(gv_file_look(&stat, gv_test_format("%s/below", path), &err), err);
    cr_assert_not(stat.exists, "below a file there is nothing");
    gv_assert_ok(gv_file_look(&stat, path, &err), err);
    cr_assert(stat.exists && stat.regular && stat.size == 4);
    cr_assert_gt(stat.mtime_ns, INT64_C(1000000000) * 1000000000, "in nanoseconds");
    gv_assert_ok(gv_file_look(&stat, gv_test_dir(), &err), err);
    cr_assert(stat.exists && !stat.regular);
}

Test(file, make_dirs)
{
    gv_error err = GV_ERROR_INIT;
    const char *deep = gv_test_path("a/b//c/");
    gv_assert_ok(gv_file_make_dirs(deep, &err), err);
    gv_assert_ok(gv_file_make_dirs(deep, &err), err);
    cr_assert(gv_test_exists(gv_test_path("a/b/c")));
    gv_test_write_text("a/file", "");
    cr_assert_eq(gv_file_make_dirs(gv_test_path("a/file/b"), &err), GV_E_IO);
    cr_assert_not_null(strstr(err.text, "a/file/b"), "%s", err.text);
}

Test(file, path_join)
{
    static const char *const cases[][3] = {
        {"", "x", "x"}, {".", "x", "./x"}, {"a", "x", "a/x"}, {"a/", "x", "a/x"}, {"/", "x", "/x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = gv_file_path_join(cases[i][0], cases[i][1], NULL);
        cr_assert_str_eq(path, cases[i][2]);
        gv_mem_free(path);
    }
}

Test(file, a_temporary_file_has_no_name)
{
    gv_error err = GV_ERROR_INIT;
    int fd;
    gv_assert_ok(gv_file_temp_open(&fd, gv_test_dir(), &err), err);
    struct stat info;
    cr_assert_eq(fstat(fd, &info), 0);
    cr_assert_eq(info.st_nlink, 0u);
    close(fd);
    cr_assert_eq(gv_file_temp_open(&fd, gv_test_path("missing"), &err), GV_E_IO);
    cr_assert_not_null(strstr(err.text, "missing"), "%s", err.text);
}

Test(file, positioned_reads_and_writes_are_exact)
{
    gv_error err = GV_ERROR_INIT;
    static uint8_t data[LARGE];
    int fd;
    gv_assert_ok(gv_file_temp_open(&fd, gv_test_dir(), &err), err);
    plans[PWRITE].failing = plans[PREAD].failing = EINTR;
    plans[PWRITE].at_most = plans[PREAD].at_most = 9973;
    gv_assert_ok(gv_file_pwrite(fd, large_data() + 1000, LARGE - 1000, 1000, "spool", &err), err);
    gv_assert_ok(gv_file_pwrite(fd, large_data(), 1000, 0, "spool", &err), err);
    gv_assert_ok(gv_file_pread(fd, data, LARGE, 0, "spool", &err), err);
    cr_assert_eq(memcmp(data, large_data(), LARGE), 0);
    cr_assert_eq(gv_file_pread(fd, data, 2, LARGE - 1, "spool", &err), GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "spool"), "%s", err.text);
    gv_error reading = GV_ERROR_INIT, writing = GV_ERROR_INIT;
    plans[PWRITE].failing = plans[PREAD].failing = EIO;
    cr_assert_eq(gv_file_pread(fd, data, 1, 0, "spool", &reading), GV_E_IO);
    cr_assert_eq(gv_file_pwrite(fd, data, 1, 0, "spool", &writing), GV_E_IO);
    cr_assert_not_null(strstr(writing.text, "spool"), "%s", writing.text);
    close(fd);
}

/* --- an end that comes too early -------------------------------------------------------------- */

Test(file, an_end_before_the_size_is_an_error)
{
    const char *path = gv_test_write_text("in", "one\ntwo\n");
    for (int zeros = 0; zeros < 2; zeros++) {
        gv_file_reader *in;
        gv_error err = GV_ERROR_INIT;
        char bytes[16];
        size_t got;
        gv_assert_ok(gv_file_reader_open(&in, path, &err), err);
        plans[READ].zeros = zeros;
        int status = gv_file_reader_read_some(in, bytes, sizeof bytes, &got, &err);
        cr_assert_eq(status, zeros ? GV_E_CORRUPT : GV_OK, "%s", err.text);
        cr_assert(!zeros || (strstr(err.text, path) && strstr(err.text, "truncated")), "%s",
                  err.text);
        gv_file_reader_close(in);
    }
}

/* A compressed corpus of which nothing can be read is neither empty nor plain text. */
Test(file, a_compressed_corpus_that_reads_as_nothing_is_an_error)
{
    const char *path = gv_test_write("c.gz", "\x1f\x8b\x08", 3);
    gv_stream *stream;
    gv_error err = GV_ERROR_INIT;
    plans[READ].zeros = 1;
    cr_assert_eq(gv_stream_open(&stream, path, &err), GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, "truncated"), "%s", err.text);
    gv_config *config;
    gv_corpus_files_found found;
    gv_error second = GV_ERROR_INIT, third = GV_ERROR_INIT;
    char *set = (char *)(uintptr_t)gv_test_format("corpus.files=%s", path);
    gv_assert_ok(gv_config_load(&config, NULL, &(gv_strings){1, &set}, "x", &second), second);
    plans[PREAD].zeros = 1;
    cr_assert_eq(gv_corpus_files_find(&found, config, &third), GV_E_CORRUPT);
    cr_assert_not_null(strstr(third.text, "truncated"), "%s", third.text);
    gv_config_free(config);
}

/* --- what is no plain file -------------------------------------------------------------------- */

Test(file, only_plain_files_are_opened_and_links_not_followed)
{
    const char *pipe = gv_test_path("pipe"), *folder = gv_test_path("folder");
    const char *victim = gv_test_write_text("victim", "old"), *link = gv_test_path("link");
    cr_assert(mkfifo(pipe, 0666) == 0 && mkdir(folder, 0777) == 0 && symlink(victim, link) == 0);
    const char *const odd[] = {pipe, folder};
    int fd;
    for (size_t i = 0; i < 2; i++) {
        gv_error plain = GV_ERROR_INIT, temp = GV_ERROR_INIT, lasting = GV_ERROR_INIT;
        cr_assert_eq(gv_file_open_plain(&fd, odd[i], O_RDONLY, &plain), GV_E_IO);
        cr_assert_not_null(strstr(plain.text, i ? "a directory" : "a named pipe"), "%s",
                           plain.text);
        cr_assert_eq(gv_file_open_temp(&fd, odd[i], &temp), GV_E_IO);
        cr_assert_eq(gv_file_open_lasting(&fd, odd[i], O_APPEND, &lasting), GV_E_IO);
        cr_assert_eq(fd, -1);
        cr_assert(gv_test_exists(odd[i]));
    }
    gv_error err = GV_ERROR_INIT, through = GV_ERROR_INIT;
    cr_assert_eq(gv_file_open_lasting(&fd, link, O_APPEND, &through), GV_E_IO);
    cr_assert_not_null(strstr(through.text, "a symbolic link"), "%s", through.text);
    gv_assert_ok(gv_file_open_temp(&fd, link, &err), err);
    gv_assert_ok(gv_file_write(fd, "new", 3, link, &err), err);
    close(fd);
    expect_content(victim, "old", 3);
    expect_content(link, "new", 3);
}

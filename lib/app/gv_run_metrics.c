/*
 * Appending to metrics.jsonl. Lines of stages that run at once may alternate, but never mix, and no
 * part of a line stays behind.
 */
#include "app/gv_run_internal.h"
#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_lock.h"
#include "base/gv_mem.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define METRICS_LIMIT ((size_t)1 << 30)

/* Where the last whole line ends. A process that died, or whose disk was full, may have left a part
 * of one behind it. */
static int find_end_of_lines(off_t *end, int fd, const char *path, gv_error *err)
{
    char tail[4096];
    *end = lseek(fd, 0, SEEK_END);
    while (*end > 0) {
        off_t begin = *end > (off_t)sizeof tail ? *end - (off_t)sizeof tail : 0;
        size_t bytes = (size_t)(*end - begin);
        int status = gv_file_pread(fd, tail, bytes, (uint64_t)begin, path, err);
        if (status != GV_OK)
            return status;
        const char *newline = memrchr(tail, '\n', bytes);
        if (newline) {
            *end = begin + (newline - tail) + 1;
            return GV_OK;
        }
        *end = begin;
    }
    return *end < 0 ? gv_error_set_errno(err, "cannot write %s", path) : GV_OK;
}

static int append_to(int fd, const char *line, const char *path, gv_error *err)
{
    off_t end = 0;
    /* Other stages append, too. Where locks do not work, a line that one of them is just writing
     * could be taken for a part. */
    (void)!gv_lock_take(fd, GV_LOCK_ALONE, true);
    int status = find_end_of_lines(&end, fd, path, err);
    if (status != GV_OK)
        return status;
    if (lseek(fd, 0, SEEK_END) > end && ftruncate(fd, end) != 0)
        return gv_error_set_errno(err, "cannot write %s", path);
    status = gv_file_write(fd, line, strlen(line), path, err);
    if (status != GV_OK)
        (void)!ftruncate(fd, end); /* if it fails, the next append tries again */
    return status;
}

/* Open metrics.jsonl for appending. A copy of the run directory that was made with hard links
 * shares the file with the original; then it first becomes a file of its own. */
static int open_metrics(int *fd, const char *path, gv_error *err)
{
    struct stat info;
    char *text = NULL;
    size_t bytes;
    int status = gv_file_open_lasting(fd, path, O_APPEND, err);
    if (status != GV_OK || fstat(*fd, &info) != 0 || info.st_nlink <= 1)
        return status;
    close(*fd);
    *fd = -1;
    status = gv_file_reader_whole(&text, &bytes, path, METRICS_LIMIT, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, bytes, err);
    if (status == GV_OK)
        status = gv_file_open_lasting(fd, path, O_APPEND, err);
    gv_mem_free(text);
    return status;
}

int gv_run_append_line(const char *path, const char *json, bool lasting, gv_error *err)
{
    int fd, status = open_metrics(&fd, path, err);
    if (status != GV_OK)
        return status;
    char *line = gv_mem_format(err, "%s\n", json);
    status = line ? append_to(fd, line, path, err) : GV_E_MEMORY;
    if (status == GV_OK && lasting && fsync(fd) != 0)
        status = gv_error_set_errno(err, "cannot sync %s", path);
    if (status == GV_OK && lasting)
        status = gv_file_sync_directory_of(path, err);
    if (close(fd) != 0 && status == GV_OK)
        status = gv_error_set_errno(err, "cannot close %s", path);
    gv_mem_free(line);
    return status;
}

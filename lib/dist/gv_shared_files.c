/*
 * The protocol: rank 0 sends the sizes and hashes of its files; each rank answers which of them it
 * wants; rank 0 sends these, file by file, to all ranks that want them.
 */
#include "dist/gv_shared_files.h"

#include "base/gv_amount.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Far from the tags of stages: theirs may come before these, from ranks that are ahead. */
enum { TAG_CONTENTS = 920, TAG_WANTED };

typedef struct contents {
    uint64_t size;
    gv_hash hash;
} contents;

/* --- rank 0 ----------------------------------------------------------------------------------- */

static int open_file(void *context, gv_error *err)
{
    gv_relay_bytes *bytes = context;
    off_t size = -1;
    bytes->fd = open(bytes->name, O_RDONLY | O_CLOEXEC);
    if (bytes->fd >= 0)
        size = lseek(bytes->fd, 0, SEEK_END);
    if (size < 0)
        return gv_error_set_errno(err, "cannot read %s", bytes->name);
    bytes->to = (uint64_t)size;
    return GV_OK;
}

int gv_shared_files_send(gv_comm *comm, const char *path, const int *ranks, int n,
                         gv_progress *progress, gv_error *err)
{
    gv_relay_bytes bytes = {.fd = -1, .name = path};
    char text[GV_AMOUNT_TEXT], label[GV_PROGRESS_NAME];
    const char *slash = strrchr(path, '/');
    snprintf(label, sizeof label, "sending %s", slash ? slash + 1 : path);
    int status = gv_comm_run_background(comm, open_file, &bytes, err);
    if (status == GV_OK) {
        gv_progress_note(progress,
                         "%d of %d ranks, beginning with rank %d on host %s, do not see this %s: "
                         "each gets a copy (%s)",
                         n, gv_comm_size(comm), ranks[0], gv_comm_host(comm, ranks[0]), path,
                         gv_amount_bytes(text, (double)bytes.to));
        gv_progress_begin(progress, label, bytes.to, "bytes");
        status = gv_relay_send(comm, &bytes, ranks, n, progress, err);
        gv_progress_end(progress);
    }
    if (bytes.fd >= 0)
        close(bytes.fd);
    return status;
}

typedef struct search {
    const gv_strings *paths;
    contents found[GV_SHARED_FILES_MAX];
} search;

static int look(contents *found, const char *path, gv_error *err)
{
    gv_file_stat at;
    int status = gv_file_look(&at, path, err);
    found->size = at.size;
    return status == GV_OK ? gv_file_reader_hash(&found->hash, path, err) : status;
}

/* Reads the files: a background task. */
static int look_at_all(void *context, gv_error *err)
{
    search *s = context;
    int status = GV_OK;
    for (size_t i = 0; i < s->paths->n && status == GV_OK; i++)
        if (s->paths->items[i])
            status = look(&s->found[i], s->paths->items[i], err);
    return status;
}

/* `wanted` is [size of comm][n of paths]. */
static int hear_all(bool *wanted, gv_comm *comm, size_t n, gv_error *err)
{
    int size = gv_comm_size(comm), status = GV_OK;
    bool *heard = gv_mem_alloc_zero((size_t)size, sizeof *heard, err);
    if (!heard)
        return GV_E_MEMORY;
    for (int i = 1; i < size && status == GV_OK; i++) {
        gv_comm_message message;
        status = gv_comm_await(comm, &message, TAG_WANTED, err);
        if (status == GV_OK && (message.bytes != n || heard[message.from]))
            status = gv_comm_unexpected(&message, err);
        for (size_t k = 0; status == GV_OK && k < n; k++)
            wanted[(size_t)message.from * n + k] = ((const uint8_t *)message.data)[k] != 0;
        if (status == GV_OK)
            heard[message.from] = true;
        gv_comm_message_free(&message);
    }
    gv_mem_free(heard);
    return status;
}

static int send_wanted(gv_comm *comm, const gv_strings *paths, const bool *wanted, int *ranks,
                       gv_progress *progress, gv_error *err)
{
    int status = GV_OK;
    for (size_t k = 0; k < paths->n && status == GV_OK; k++) {
        int n = 0;
        for (int rank = 1; rank < gv_comm_size(comm) && paths->items[k]; rank++)
            if (wanted[(size_t)rank * paths->n + k])
                ranks[n++] = rank;
        if (n > 0)
            status = gv_shared_files_send(comm, paths->items[k], ranks, n, progress, err);
    }
    return status;
}

int gv_shared_files_give(gv_comm *comm, const gv_strings *paths, gv_progress *progress,
                         gv_error *err)
{
    size_t size = (size_t)gv_comm_size(comm);
    search s = {.paths = paths};
    bool *wanted = gv_mem_alloc_zero(size * paths->n + 1, sizeof *wanted, err);
    int *ranks = gv_mem_alloc(size, sizeof *ranks, err);
    int status = wanted && ranks ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_comm_run_background(comm, look_at_all, &s, err);
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(comm); rank++)
        status = gv_comm_send(comm, rank, TAG_CONTENTS, s.found, paths->n * sizeof *s.found, err);
    if (status == GV_OK)
        status = hear_all(wanted, comm, paths->n, err);
    if (status == GV_OK)
        status = send_wanted(comm, paths, wanted, ranks, progress, err);
    gv_mem_free(wanted);
    gv_mem_free(ranks);
    return status;
}

/* --- other ranks ------------------------------------------------------------------------------ */

typedef struct comparison {
    const gv_strings *paths;
    contents theirs[GV_SHARED_FILES_MAX];
    uint8_t wanted[GV_SHARED_FILES_MAX];
} comparison;

/* Is the file there the same? What cannot be read is not. */
static bool is_same(const contents *theirs, const char *path)
{
    gv_error ignored = GV_ERROR_INIT;
    gv_file_stat at;
    gv_hash hash;
    return gv_file_look(&at, path, &ignored) == GV_OK && at.regular && at.size == theirs->size &&
           gv_file_reader_hash(&hash, path, &ignored) == GV_OK && gv_hash_equal(hash, theirs->hash);
}

static int compare_all(void *context, gv_error *err)
{
    comparison *c = context;
    (void)err;
    for (size_t i = 0; i < c->paths->n; i++)
        c->wanted[i] = c->paths->items[i] && !is_same(&c->theirs[i], c->paths->items[i]);
    return GV_OK;
}

static int receive(gv_shared_files *files, size_t i, gv_comm *comm, const char *path,
                   const char *temp_dir, gv_error *err)
{
    uint64_t bytes;
    int fd = -1;
    int status = gv_file_temp_open(&fd, temp_dir, err);
    if (status != GV_OK)
        return status;
    files->copy[i] = fd + 1;
    status = gv_relay_receive(&bytes, comm, fd, 0, path, err);
    if (status != GV_OK && status != GV_E_STOPPED)
        gv_error_prefix(err, "a copy in %s", temp_dir);
    if (status == GV_OK && !(files->path[i] = gv_mem_alloc(GV_RELAY_PATH, 1, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        gv_relay_path(files->path[i], fd);
    return status;
}

int gv_shared_files_get(gv_shared_files *files, gv_comm *comm, const gv_strings *paths,
                        const char *temp_dir, gv_error *err)
{
    comparison c = {.paths = paths};
    gv_comm_message message;
    int status = gv_comm_await(comm, &message, TAG_CONTENTS, err);
    if (status == GV_OK && (message.from != 0 || message.bytes != paths->n * sizeof *c.theirs))
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK && message.bytes > 0)
        memcpy(c.theirs, message.data, message.bytes);
    gv_comm_message_free(&message);
    if (status == GV_OK)
        status = gv_comm_run_background(comm, compare_all, &c, err);
    if (status == GV_OK)
        status = gv_comm_send(comm, 0, TAG_WANTED, c.wanted, paths->n, err);
    for (size_t i = 0; i < paths->n && status == GV_OK; i++) {
        if (c.wanted[i])
            status = receive(files, i, comm, paths->items[i], temp_dir, err);
        else if (paths->items[i] && !(files->path[i] = gv_mem_strdup(paths->items[i], err)))
            status = GV_E_MEMORY;
    }
    return status;
}

void gv_shared_files_clear(gv_shared_files *files)
{
    for (size_t i = 0; i < GV_SHARED_FILES_MAX; i++) {
        gv_mem_free(files->path[i]);
        if (files->copy[i] > 0)
            close(files->copy[i] - 1);
    }
    *files = (gv_shared_files){0};
}

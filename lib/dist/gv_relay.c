/*
 * The protocol: rank 0 sends each rank its head, with its neighbours in the chain. Then each rank
 * but the last sends the pieces to the next one, and each but rank 0 acknowledges every piece to
 * the one before it.
 */
#include "dist/gv_relay.h"

#include "base/gv_file.h"
#include "base/gv_signal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Far from the tags of stages: theirs may come before these, from ranks that are ahead. */
enum { TAG_HEAD = 910, TAG_PIECE, TAG_TAKEN };
enum { NOBODY = -1 };

typedef struct head {
    uint64_t bytes;
    int32_t before, after; /* neighbours in the chain */
} head;

/* What a rank sends on. */
typedef struct outgoing {
    gv_comm *comm;
    int to; /* NOBODY: this rank is the last */
    unsigned outstanding;
} outgoing;

/* Wait for acknowledgements until `most` pieces are outstanding. */
static int wait_for_room(outgoing *out, unsigned most, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && out->outstanding > most) {
        gv_comm_message message;
        status = gv_comm_await(out->comm, &message, TAG_TAKEN, err);
        if (status == GV_OK && (message.from != out->to || message.bytes != 0))
            status = gv_comm_unexpected(&message, err);
        out->outstanding--;
        gv_comm_message_free(&message);
    }
    return status;
}

/* Send a piece, which belongs to gv_comm from here on. */
static int pass_on(outgoing *out, void *piece, size_t bytes, gv_error *err)
{
    int status = wait_for_room(out, GV_RELAY_OUTSTANDING - 1, err);
    if (status != GV_OK) {
        gv_comm_buffer_free(piece);
        return status;
    }
    out->outstanding++;
    return gv_comm_post(out->comm, out->to, TAG_PIECE, piece, bytes, err);
}

/* A piece that is read or written in the background. */
typedef struct piece {
    int fd;
    uint64_t at;
    void *data;
    size_t bytes;
    const char *name;
} piece;

static int read_piece(void *context, gv_error *err)
{
    const piece *p = context;
    return gv_file_pread(p->fd, p->data, p->bytes, p->at, p->name, err);
}

static int write_piece(void *context, gv_error *err)
{
    const piece *p = context;
    return gv_file_pwrite(p->fd, p->data, p->bytes, p->at, p->name, err);
}

/* --- rank 0 ----------------------------------------------------------------------------------- */

static int send_heads(gv_comm *comm, uint64_t bytes, const int *ranks, int n, gv_error *err)
{
    int status = GV_OK;
    for (int i = 0; i < n && status == GV_OK; i++) {
        head h = {.bytes = bytes,
                  .before = i > 0 ? ranks[i - 1] : 0,
                  .after = i + 1 < n ? ranks[i + 1] : NOBODY};
        status = gv_comm_send(comm, ranks[i], TAG_HEAD, &h, sizeof h, err);
    }
    return status;
}

static int send_piece(outgoing *out, piece *p, gv_error *err)
{
    if (!(p->data = gv_comm_buffer(p->bytes, err)))
        return GV_E_MEMORY;
    int status = gv_comm_run_background(out->comm, read_piece, p, err);
    if (status == GV_OK)
        return pass_on(out, p->data, p->bytes, err);
    gv_comm_buffer_free(p->data);
    return status;
}

int gv_relay_send(gv_comm *comm, const gv_relay_bytes *bytes, const int *ranks, int n,
                  gv_progress *progress, gv_error *err)
{
    if (n == 0)
        return GV_OK;
    outgoing out = {.comm = comm, .to = ranks[0]};
    int status = send_heads(comm, bytes->to - bytes->from, ranks, n, err);
    for (uint64_t at = bytes->from; at < bytes->to && status == GV_OK;) {
        uint64_t left = bytes->to - at;
        piece p = {.fd = bytes->fd,
                   .at = at,
                   .bytes = left < GV_RELAY_PIECE ? (size_t)left : GV_RELAY_PIECE,
                   .name = bytes->name};
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = send_piece(&out, &p, err);
        gv_progress_add(progress, p.bytes);
        at += p.bytes;
    }
    return status == GV_OK ? wait_for_room(&out, 0, err) : status;
}

/* --- other ranks ------------------------------------------------------------------------------ */

static bool is_rank(const gv_comm *comm, int rank)
{
    return rank >= 0 && rank < gv_comm_size(comm) && rank != gv_comm_rank(comm);
}

static int await_head(head *h, gv_comm *comm, gv_error *err)
{
    gv_comm_message message;
    int status = gv_comm_await(comm, &message, TAG_HEAD, err);
    if (status == GV_OK && (message.from != 0 || message.bytes != sizeof *h))
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK)
        memcpy(h, message.data, sizeof *h);
    if (status == GV_OK && (!is_rank(comm, h->before) || h->bytes > INT64_MAX ||
                            (h->after != NOBODY && (h->after == 0 || !is_rank(comm, h->after)))))
        status = gv_comm_unexpected(&message, err);
    gv_comm_message_free(&message);
    return status;
}

/* A piece: into the file, to the next rank, and acknowledged; the last one when the next rank has
 * it, too, so that rank 0 knows when all have it. */
static int take_piece(outgoing *out, int before, piece *p, bool last, gv_error *err)
{
    int status = gv_comm_run_background(out->comm, write_piece, p, err);
    if (status == GV_OK && out->to != NOBODY) {
        void *data = gv_comm_buffer(p->bytes, err);
        if (!data)
            return GV_E_MEMORY;
        memcpy(data, p->data, p->bytes);
        status = pass_on(out, data, p->bytes, err);
    }
    if (status == GV_OK && last)
        status = wait_for_room(out, 0, err);
    return status == GV_OK ? gv_comm_send(out->comm, before, TAG_TAKEN, NULL, 0, err) : status;
}

int gv_relay_receive(uint64_t *bytes, gv_comm *comm, int fd, uint64_t at, const char *name,
                     gv_error *err)
{
    head h;
    *bytes = 0;
    int status = await_head(&h, comm, err);
    if (status != GV_OK)
        return status;
    outgoing out = {.comm = comm, .to = h.after};
    while (status == GV_OK && *bytes < h.bytes) {
        gv_comm_message message;
        status = gv_comm_await(comm, &message, TAG_PIECE, err);
        if (status == GV_OK && (message.from != h.before || message.bytes == 0 ||
                                message.bytes > GV_RELAY_PIECE || message.bytes > h.bytes - *bytes))
            status = gv_comm_unexpected(&message, err);
        piece p = {fd, at + *bytes, message.data, message.bytes, name};
        if (status == GV_OK)
            status = take_piece(&out, h.before, &p, *bytes + p.bytes == h.bytes, err);
        *bytes += message.bytes;
        gv_comm_message_free(&message);
    }
    return status;
}

/* --- places ----------------------------------------------------------------------------------- */

static bool is_usable(const char *dir)
{
    return dir && *dir && access(dir, W_OK | X_OK) == 0;
}

const char *gv_relay_temp_dir(const gv_comm *comm, const gv_config *config, const char *run_dir)
{
    const char *wanted = gv_config_temp_dir(config, run_dir), *elsewhere = getenv("TMPDIR");
    if (!comm || gv_comm_rank(comm) == 0 || is_usable(wanted))
        return wanted;
    if (is_usable(run_dir))
        return run_dir;
    return is_usable(elsewhere) ? elsewhere : "/tmp";
}

void gv_relay_path(char path[GV_RELAY_PATH], int fd)
{
    snprintf(path, GV_RELAY_PATH, "/proc/self/fd/%d", fd);
}

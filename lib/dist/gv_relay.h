/*
 * gv_relay - bytes of a file of rank 0 for ranks that do not see it.
 *
 * The ranks that get them form a chain: rank 0 reads the file once and sends to the first, and each
 * writes what comes and passes it on to the next. So rank 0 sends the bytes once, however many
 * ranks get them. A rank acknowledges what it has written; a few pieces at most are on their way
 * to it, so that its memory does not fill (GV_RELAY_PIECE, GV_RELAY_OUTSTANDING).
 *
 * Errors: GV_E_IO, GV_E_STOPPED on a signal; those of gv_comm.h.
 *
 * Threads: the main thread of each rank. Reading and writing are background tasks.
 */
#ifndef GV_RELAY_H
#define GV_RELAY_H

#include "config/gv_config.h"
#include "dist/gv_comm.h"

enum {
    GV_RELAY_PIECE = 4 << 20, /* bytes of a message, at most */
    GV_RELAY_OUTSTANDING = 4  /* messages sent to a rank and not acknowledged, at most */
};

typedef struct gv_relay_bytes {
    int fd; /* an open file, read with pread; borrowed */
    uint64_t from, to;
    const char *name; /* for errors */
} gv_relay_bytes;

/* Rank 0: send bytes `from` to `to` of a file to `ranks` ([n], each once, 0 not among them), which
 * all call gv_relay_receive now. Returns when all have them. `progress` (may be NULL) advances by
 * the bytes sent. */
GV_MUST_USE int gv_relay_send(gv_comm *comm, const gv_relay_bytes *bytes, const int *ranks, int n,
                              gv_progress *progress, gv_error *err);
/* Other ranks: write what rank 0 sends into the open file `fd` from the offset `at` on; `*bytes`
 * receives how many there were. `name` is for errors. */
GV_MUST_USE int gv_relay_receive(uint64_t *bytes, gv_comm *comm, int fd, uint64_t at,
                                 const char *name, gv_error *err);

/*
 * Where temporary files of a rank go. That is gv_config_temp_dir; but on another rank than rank 0,
 * whose host may have neither that folder nor the run directory `run_dir`, the first of these that
 * can be written: cooccur.temp_dir, the run directory, $TMPDIR, /tmp. Borrowed from the arguments
 * and the environment. `comm` may be NULL.
 */
const char *gv_relay_temp_dir(const gv_comm *comm, const gv_config *config, const char *run_dir);

/* "/proc/self/fd/N", by which an open file without a name can be opened again. */
enum { GV_RELAY_PATH = 32 };
void gv_relay_path(char path[GV_RELAY_PATH], int fd);

#endif

#include "cooccur/gv_rank_looks.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLE = 4096, SAMPLES = 3, PIECE = 1 << 20 };

/* Most copies of another version, and one that is under way, are noticed by that, without reading
 * the corpus twice. */
static uint64_t print_of(const char *path, uint64_t size)
{
    uint8_t bytes[SAMPLE];
    uint64_t print = size;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    for (unsigned i = 0; fd >= 0 && i < SAMPLES; i++) {
        uint64_t last = size > SAMPLE ? size - SAMPLE : 0;
        ssize_t got = pread(fd, bytes, sizeof bytes, (off_t)(last / (SAMPLES - 1) * i));
        print = gv_hash_64(bytes, got > 0 ? (size_t)got : 0, print);
    }
    if (fd >= 0)
        close(fd);
    return print;
}

static int take_look(gv_rank_looks_look *look, const char *path, gv_error *err)
{
    gv_file_stat at;
    int status = gv_file_look(&at, path, err);
    *look = (gv_rank_looks_look){at.regular, at.size, at.mtime_ns, 0};
    if (status == GV_OK && at.regular)
        look->print = print_of(path, at.size);
    return status;
}

int gv_rank_looks_take(gv_rank_looks_look *looks, const gv_strings *files, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < files->n && status == GV_OK; i++)
        status = take_look(&looks[i], files->items[i], err);
    return status;
}

static enum gv_rank_looks_answer compare(const gv_rank_looks_look *theirs, const char *path)
{
    gv_error ignored = GV_ERROR_INIT;
    gv_file_stat at;
    if (gv_file_look(&at, path, &ignored) != GV_OK || !at.exists ||
        at.regular != (theirs->regular != 0))
        return GV_RANK_LOOKS_NONE;
    if (!at.regular)
        return GV_RANK_LOOKS_SAME;
    if (at.size != theirs->size || access(path, R_OK) != 0 ||
        print_of(path, at.size) != theirs->print)
        return GV_RANK_LOOKS_NONE;
    return at.mtime_ns == theirs->mtime_ns ? GV_RANK_LOOKS_SAME : GV_RANK_LOOKS_PERHAPS;
}

void gv_rank_looks_compare(uint8_t *answers, const void *looks, const gv_strings *files)
{
    for (size_t i = 0; i < files->n; i++) {
        gv_rank_looks_look theirs;
        memcpy(&theirs, (const uint8_t *)looks + i * sizeof theirs, sizeof theirs);
        answers[i] = (uint8_t)compare(&theirs, files->items[i]);
    }
}

int gv_rank_looks_hash(gv_hash *hash, int fd, uint64_t from, uint64_t to, const char *name,
                       gv_error *err)
{
    gv_hash_state *state = gv_hash_state_new(err);
    uint8_t *bytes = gv_mem_alloc(PIECE, 1, err);
    int status = state && bytes ? GV_OK : GV_E_MEMORY;
    for (uint64_t at = from; at < to && status == GV_OK; at += PIECE) {
        size_t n = to - at < PIECE ? (size_t)(to - at) : PIECE;
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_file_pread(fd, bytes, n, at, name, err);
        if (status == GV_OK)
            gv_hash_state_update(state, bytes, n);
    }
    if (status == GV_OK)
        *hash = gv_hash_state_digest(state);
    gv_mem_free(bytes);
    gv_hash_state_free(state);
    return status;
}

/*
 * gv_rank_looks - does a host have a file of the corpus, with the text that rank 0 has?
 *
 * Threads: functions touch only their arguments and the files.
 */
#ifndef GV_RANK_LOOKS_H
#define GV_RANK_LOOKS_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include "base/gv_strings.h"
#include <stdint.h>

/* What rank 0 has seen of a file. */
typedef struct gv_rank_looks_look {
    uint64_t regular; /* 0: a pipe or the like, which is the same wherever there is one */
    uint64_t size;
    int64_t mtime_ns;
    uint64_t print; /* a hash of beginning, middle and end */
} gv_rank_looks_look;

/* Look at `files`; `looks` is [files->n]. GV_E_IO. What cannot be read now is told when the file is
 * read. */
GV_MUST_USE int gv_rank_looks_take(gv_rank_looks_look *looks, const gv_strings *files,
                                   gv_error *err);

enum gv_rank_looks_answer {
    GV_RANK_LOOKS_NONE,    /* there is no such file, or another one */
    GV_RANK_LOOKS_PERHAPS, /* there is one that differs by its time at most */
    GV_RANK_LOOKS_SAME,
    GV_RANK_LOOKS_ANSWERS
};
/* Are these files here? `answers` is [files->n], as `looks`, which need not be aligned. */
void gv_rank_looks_compare(uint8_t *answers, const void *looks, const gv_strings *files);

/* The hash of the bytes `from` to `to` of an open file. */
GV_MUST_USE int gv_rank_looks_hash(gv_hash *hash, int fd, uint64_t from, uint64_t to,
                                   const char *name, gv_error *err);

#endif

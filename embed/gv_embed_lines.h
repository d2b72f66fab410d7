/*
 * gv_embed_lines - many threads on the lines of a text, results in the order of the text.
 *
 * Each thread takes a block of lines, works on it, waits until all earlier blocks are done, and
 * then commits what it has. So results go out as the text comes in, in its order, and memory is
 * bounded by a block and its results for each thread. A line that is longer than a block is worked
 * on by one thread, while the others wait for what is behind it.
 *
 * An error counts at its place in the text: everything before it is committed, nothing behind it.
 *
 * Threads: the functions of a job are called by several threads at once, each for its own worker;
 * `commit` by one at a time.
 */
#ifndef GV_EMBED_LINES_H
#define GV_EMBED_LINES_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "embed/gv_embed_input.h"

typedef struct gv_embed_lines_job {
    gv_embed_input *input;
    unsigned threads;
    gv_progress *progress; /* may be NULL */
    void *context;
    /* What one thread works with; NULL if out of memory. `close` accepts NULL. */
    void *(*open)(void *context, gv_error *err);
    void (*close)(void *worker);
    /* Work on a piece of a block. `first`: the block begins with it. `*rest`: how many bytes at the
     * end of an open one are to be given again with the next piece. */
    int (*piece)(void *worker, const gv_embed_input_block *block, bool first, size_t *rest,
                 gv_error *err);
    /* The block was worked on, and so were and are committed all before it. */
    int (*commit)(void *worker, const gv_embed_input_block *block, gv_error *err);
} gv_embed_lines_job;

/* Work through the input. Errors of the input and of the job; GV_E_STOPPED on a signal. */
GV_MUST_USE int gv_embed_lines_run(const gv_embed_lines_job *job, gv_error *err);

#endif

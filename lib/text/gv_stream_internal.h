/*
 * gv_stream_internal - the layers of a stream, private to gv_stream.c and gv_stream_members.c (the
 * members of an archive).
 *
 * Threads: as gv_stream.h.
 */
#ifndef GV_STREAM_INTERNAL_H
#define GV_STREAM_INTERNAL_H

#include "text/gv_bunzip.h"
#include "text/gv_stream.h"
#include "text/gv_unpack.h"
#include <stdatomic.h>

enum { GV_STREAM_INPUT_BYTES = 1 << 16, GV_STREAM_LAYERS = 4 };

/* A layer is read from `unpack` or `bunzip`, the lowest from the descriptor. */
typedef struct gv_stream_layer {
    gv_stream *stream;
    gv_unpack *unpack;
    gv_bunzip *bunzip;
    uint8_t *input;    /* [GV_STREAM_INPUT_BYTES] */
    size_t begin, end; /* unread bytes of it */
    bool over;         /* nothing comes after them */
} gv_stream_layer;

struct gv_stream {
    int fd;
    bool owns_fd;
    char *path;
    char *name;         /* of what is read, for errors: of the file or a member */
    gv_strings pattern; /* view */
    bool binary, prompt;
    gv_stream_options options;
    gv_stream_layer layers[GV_STREAM_LAYERS];
    int top;     /* the layer that is the text */
    int archive; /* the layer of members, or 0 */
    gv_stream_members members;
    char *example;                   /* a member that was not read, */
    char *example_kind;              /* and what it is, or NULL if only its name does not match */
    uint64_t size, disk_total;       /* of the file; bytes reported so far */
    _Atomic uint64_t disk;           /* read since, perhaps by another thread */
    gv_records *records;             /* of the member on top; NULL: its bytes are the text */
    gv_records_counts records_ended; /* of members before */
    char *fields;
};

/* Read more into the buffer of `from`, behind what is there. Errors of reading. */
GV_MUST_USE int gv_stream_fill(gv_stream_layer *from, gv_error *err);
/* Have at least `wanted` bytes of the text in the buffer of `from`, unless there are fewer. Errors
 * of reading. */
GV_MUST_USE int gv_stream_peek(gv_stream_layer *from, size_t wanted, gv_error *err);
/* If the text on top is compressed, put a layer on top that decompresses it. Errors of reading;
 * GV_E_MEMORY. */
GV_MUST_USE int gv_stream_take_off_compression(gv_stream *stream, gv_error *err);
/* The member on top is text in records, if the options say so: begin with them. GV_E_MEMORY. */
GV_MUST_USE int gv_stream_begin_records(gv_stream *stream, gv_error *err);
/* End them; nothing is read from the layers any more. */
void gv_stream_end_records(gv_stream *stream);
/* Take off the layer on top. */
void gv_stream_pop(gv_stream *stream);

#endif

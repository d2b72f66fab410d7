/*
 * gv_embed_input - the text to embed as blocks of whole lines, from files and pipes as a corpus is.
 *
 * Files, folders, patterns, archives, compression and what is refused are those of corpus.files and
 * corpus.pattern. A block is some lines, or a part of one that is longer than GV_EMBED_INPUT_PIECE:
 * the block then stays open, and whoever has it reads on by gv_embed_input_go_on. So memory is
 * bounded for any text. LF, CR LF, or CR alone ends a line, as for gv_tokenizer; a last line
 * without an end counts. From a pipe a block comes as soon as a line is complete.
 *
 * Errors: those of gv_corpus_files.h and gv_stream.h, naming the file. Threads: one at a time.
 */
#ifndef GV_EMBED_INPUT_H
#define GV_EMBED_INPUT_H

#include "config/gv_config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_EMBED_INPUT_PIECE ((size_t)1 << 20) /* bytes of a block at most */
#define GV_EMBED_INPUT_LINES 1024              /* lines of a block at most */

typedef struct gv_embed_input_block {
    uint8_t *bytes;    /* [used] the piece at hand; in memory of the block's own */
    size_t used;       /* with the bytes at the start that were kept */
    size_t file;       /* its number in gv_embed_input_files */
    uint64_t sequence; /* of the block, from 0 */
    bool file_start;   /* a file, or a member of an archive, begins with this piece */
    bool open;         /* the line goes on behind it */
} gv_embed_input_block;

typedef struct gv_embed_input gv_embed_input;

/* Find the files. `config` and `files` (empty: standard input) are borrowed until close. */
GV_MUST_USE int gv_embed_input_open(gv_embed_input **input, const gv_config *config,
                                    const gv_strings *files, gv_error *err);
/* Accepts NULL. */
void gv_embed_input_close(gv_embed_input *input);
/* The files after expansion, in order. Borrowed. */
const gv_strings *gv_embed_input_files(const gv_embed_input *input);
/* Bytes of all files on disk if all of them are plain, else 0. */
uint64_t gv_embed_input_bytes(const gv_embed_input *input);

/* A block to read into; `clear` frees its memory. */
GV_MUST_USE int gv_embed_input_block_init(gv_embed_input_block *block, gv_error *err);
void gv_embed_input_block_clear(gv_embed_input_block *block);

/* The next block. `*more` is false at the end. */
GV_MUST_USE int gv_embed_input_next(gv_embed_input *input, gv_embed_input_block *block, bool *more,
                                    gv_error *err);
/* The next piece of an open block, behind the last `rest` bytes of the one before (at most
 * GV_TOKENIZER_REST), which are given again. It ends with the line, or stays open. */
GV_MUST_USE int gv_embed_input_go_on(gv_embed_input *input, gv_embed_input_block *block,
                                     size_t rest, gv_error *err);
/* The place behind the line that begins at byte `from`, at most block->used. */
size_t gv_embed_input_block_line(const gv_embed_input_block *block, size_t from);
/* Does a piece that is not open end in the middle of a line, because the text ends? */
bool gv_embed_input_block_lacks_end(const gv_embed_input_block *block);

#endif

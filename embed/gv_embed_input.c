#include "embed/gv_embed_input.h"

#include "base/gv_mem.h"
#include "text/gv_corpus_files.h"
#include "text/gv_space.h"
#include "text/gv_stream.h"
#include "text/gv_tokenizer.h"
#include <string.h>

struct gv_embed_input {
    gv_config config; /* a copy whose corpus_files are those to read; the rest is borrowed */
    char *standard_input[1];
    gv_corpus_files_found files;
    gv_stream_options reading;
    gv_stream *stream; /* open within a file */
    size_t file;
    uint64_t sequence;
    bool at_start; /* of a file or a member */
    uint8_t *carry;
    size_t carried; /* bytes that were read behind the last line of the block before */
};

int gv_embed_input_open(gv_embed_input **result, const gv_config *config, const gv_strings *files,
                        gv_error *err)
{
    static char standard_input[] = "-";
    *result = NULL;
    gv_embed_input *input = gv_mem_alloc_zero(1, sizeof *input, err);
    if (!input)
        return GV_E_MEMORY;
    input->config = *config;
    input->standard_input[0] = standard_input;
    input->config.corpus_files = files->n > 0 ? *files : (gv_strings){1, input->standard_input};
    input->reading = (gv_stream_options){.pattern = &config->corpus_pattern,
                                         .binary = config->corpus_binary == GV_BINARY_ACCEPT,
                                         .prompt = true};
    int status = gv_corpus_files_find(&input->files, &input->config, err);
    if (status == GV_OK && !(input->carry = gv_mem_alloc(GV_EMBED_INPUT_PIECE, 1, err)))
        status = GV_E_MEMORY;
    if (status != GV_OK) {
        gv_embed_input_close(input);
        return status;
    }
    *result = input;
    return GV_OK;
}

void gv_embed_input_close(gv_embed_input *input)
{
    if (!input)
        return;
    gv_stream_close(input->stream);
    gv_corpus_files_free(&input->files);
    gv_mem_free(input->carry);
    gv_mem_free(input);
}

const gv_strings *gv_embed_input_files(const gv_embed_input *input)
{
    return &input->files.paths;
}

uint64_t gv_embed_input_bytes(const gv_embed_input *input)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < input->files.paths.n; i++) {
        if (!input->files.entries[i].plain)
            return 0;
        bytes += input->files.entries[i].size;
    }
    return bytes;
}

int gv_embed_input_block_init(gv_embed_input_block *block, gv_error *err)
{
    *block = (gv_embed_input_block){0};
    block->bytes = gv_mem_alloc(GV_EMBED_INPUT_PIECE + GV_TOKENIZER_REST, 1, err);
    return block->bytes ? GV_OK : GV_E_MEMORY;
}

void gv_embed_input_block_clear(gv_embed_input_block *block)
{
    gv_mem_free(block->bytes);
    *block = (gv_embed_input_block){0};
}

/* --- ends of lines ---------------------------------------------------------------------------- */

/* Does a line end with byte `i`? What a CR is, the byte behind it decides. */
static bool ends_line(const uint8_t *bytes, size_t i, size_t n)
{
    return bytes[i] == '\n' || (bytes[i] == '\r' && i + 1 < n && bytes[i + 1] != '\n');
}

/* The place behind the first end of a line in bytes `from` .. `n`, or 0. */
static size_t behind_line(const uint8_t *bytes, size_t from, size_t n)
{
    const uint8_t *newline = memchr(bytes + from, '\n', n - from);
    const size_t limit = newline ? (size_t)(newline - bytes) : n;
    const uint8_t *at = bytes + from;
    while ((at = memchr(at, '\r', limit - (size_t)(at - bytes)))) {
        if (ends_line(bytes, (size_t)(at - bytes), n))
            return (size_t)(at - bytes) + 1;
        at++;
    }
    return newline ? limit + 1 : 0;
}

/* The place behind the last of the first GV_EMBED_INPUT_LINES ends of lines, or 0. */
static size_t behind_lines(const uint8_t *bytes, size_t from, size_t n)
{
    size_t cut = 0;
    for (size_t lines = 0; lines < GV_EMBED_INPUT_LINES; lines++) {
        size_t next = behind_line(bytes, cut > from ? cut : from, n);
        if (next == 0)
            break;
        cut = next;
    }
    return cut;
}

size_t gv_embed_input_block_line(const gv_embed_input_block *block, size_t from)
{
    const size_t behind = behind_line(block->bytes, from, block->used);
    return behind > 0 ? behind : block->used;
}

bool gv_embed_input_block_lacks_end(const gv_embed_input_block *block)
{
    const uint8_t last = block->used > 0 ? block->bytes[block->used - 1] : 0;
    return last != '\n' && last != '\r';
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* Read behind what is in the block until `find` finds an end of a line, it is full, or the text
 * ends (`*over`). `*cut` is the place behind that end, else all of it. */
static int fill(gv_embed_input *input, gv_embed_input_block *block,
                size_t (*find)(const uint8_t *bytes, size_t from, size_t n), size_t *cut,
                bool *over, gv_error *err)
{
    const size_t room = GV_EMBED_INPUT_PIECE;
    size_t seen = 0;
    *over = false;
    *cut = find(block->bytes, 0, block->used);
    while (*cut == 0 && block->used < room && !*over) {
        size_t got;
        seen = block->used > 0 ? block->used - 1 : 0; /* a CR there may turn out to end a line */
        int status = gv_stream_read_some(input->stream, block->bytes + block->used,
                                         room - block->used, &got, err);
        if (status != GV_OK)
            return status;
        block->used += got;
        *over = got == 0;
        *cut = find(block->bytes, seen, block->used);
    }
    block->open = *cut == 0 && !*over;
    if (*cut == 0 || *over)
        *cut = block->used;
    return GV_OK;
}

/* Leave what is behind `cut` to the next block. Where the corpus has blanks of Unicode as spaces,
 * they become spaces. */
static void give_out(gv_embed_input *input, gv_embed_input_block *block, size_t cut)
{
    input->carried = block->used - cut;
    memcpy(input->carry, block->bytes + cut, input->carried);
    block->used = cut;
    if (input->config.corpus_spaces == GV_SPACES_UNICODE)
        gv_space_blank(block->bytes, block->used);
}

/* The text of a file or of a member is over: go to what comes next. */
static int end_text(gv_embed_input *input, gv_error *err)
{
    bool more = false;
    int status = gv_stream_next_member(input->stream, &more, err);
    input->at_start = true;
    if (status != GV_OK || more)
        return status;
    gv_stream_close(input->stream);
    input->stream = NULL;
    input->file++;
    return GV_OK;
}

static int read_lines(gv_embed_input *input, gv_embed_input_block *block, gv_error *err)
{
    size_t cut;
    bool over;
    memcpy(block->bytes, input->carry, input->carried);
    block->used = input->carried;
    input->carried = 0;
    block->file = input->file;
    block->file_start = input->at_start;
    int status = fill(input, block, behind_lines, &cut, &over, err);
    if (status != GV_OK)
        return status;
    input->at_start = false;
    give_out(input, block, cut);
    return over ? end_text(input, err) : GV_OK;
}

int gv_embed_input_next(gv_embed_input *input, gv_embed_input_block *block, bool *more,
                        gv_error *err)
{
    int status = GV_OK;
    block->used = 0;
    block->open = false;
    block->sequence = input->sequence;
    while (status == GV_OK && block->used == 0 && input->file < input->files.paths.n) {
        if (!input->stream) {
            status = gv_stream_open_corpus(&input->stream, input->files.paths.items[input->file],
                                           &input->reading, err);
            input->at_start = true;
        }
        if (status == GV_OK)
            status = read_lines(input, block, err);
    }
    *more = status == GV_OK && block->used > 0;
    input->sequence++;
    return status;
}

int gv_embed_input_go_on(gv_embed_input *input, gv_embed_input_block *block, size_t rest,
                         gv_error *err)
{
    size_t cut;
    bool over;
    memmove(block->bytes, block->bytes + block->used - rest, rest);
    block->used = rest;
    block->file_start = false;
    int status = fill(input, block, behind_line, &cut, &over, err);
    if (status != GV_OK)
        return status;
    give_out(input, block, cut);
    return over ? end_text(input, err) : GV_OK;
}

#include "counts/gv_matrix_notes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 4))) static int note(gv_strings *notes, gv_error *err,
                                                      const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return gv_strings_add(notes, text, err);
}

/* How the lines of a text were understood. */
static int note_text(gv_strings *notes, const gv_matrix_reader *reader, gv_error *err)
{
    int status = GV_OK;
    if (reader->header)
        status = note(notes, err, "line 1 was taken for a header: %s", reader->header);
    if (status == GV_OK && reader->without_values)
        status = note(notes, err, "the lines have no values: each counts 1");
    if (status == GV_OK && reader->joined)
        status = note(notes, err, "words with blanks inside, which became \"_\": %" PRIu64,
                      reader->joined);
    if (status == GV_OK && reader->unknown)
        status = note(notes, err,
                      "lines with a word that is not in the vocabulary, left out: %" PRIu64
                      ", for example line %" PRIu64 ", \"%s\"",
                      reader->unknown, reader->unknown_line, reader->unknown_word);
    return status;
}

int gv_matrix_notes_add(gv_strings *notes, const gv_matrix_reader *reader,
                        const gv_matrix_notes_seen *seen, gv_error *err)
{
    int status = note_text(notes, reader, err);
    if (status == GV_OK && seen->zeros)
        status = note(notes, err, "entries with the value 0, left out: %" PRIu64, seen->zeros);
    if (status == GV_OK && seen->triangle)
        status = note(notes, err,
                      "all pairs are on one side of the diagonal; if this is half of a symmetric "
                      "matrix, add --mirror");
    if (status == GV_OK && seen->largest_error > 0)
        status =
            note(notes, err,
                 "rounding to units of 1/%" PRIu64 " changed values by at most %.3g (relative)%s",
                 seen->unit, seen->largest_error,
                 seen->largest_error > GV_MATRIX_NOTES_ERROR
                     ? "; --unit N gives a finer one (100: two decimals)"
                     : "");
    return status;
}

/*
 * gv_kind - what a file that is not UTF-8 text is, by its first bytes.
 *
 * A file is recognised by its magic number; what has none, by its share of NUL, control and invalid
 * bytes. Text with a few odd bytes is text: corpora have them. Compressed files are not looked
 * into: give the decompressed bytes.
 *
 * Source of the magic numbers: the formats' own specifications, as listed by file(1).
 * Threads: pure functions.
 */
#ifndef GV_KIND_H
#define GV_KIND_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First bytes that all of the functions below may want to see. With fewer they recognise less. */
#define GV_KIND_BYTES 4096

/* "a zip archive", "a PDF document", "a NumPy array (.npy)"...; NULL if none is recognised.
 * Compressed files are not among them. */
const char *gv_kind_binary(const uint8_t *start, size_t length);

/* Is it an archive whose members gv_stream reads: zip, tar, 7z? A package (see below) is one,
 * too. */
bool gv_kind_is_archive(const uint8_t *start, size_t length);

/* Is it something that holds no text to speak of: an image, a recording, a film, a program, a
 * font? */
bool gv_kind_is_textless(const uint8_t *start, size_t length);

/* What an archive is whose members are the parts of one document or program ("an EPUB book"), by
 * the name and the beginning of any of the members that tell; else NULL. */
const char *gv_kind_package(const char *member, const uint8_t *start, size_t length);

/* The name, for iconv, of the encoding of text in 2 or 4 bytes a character ("UTF-16LE"), seen by
 * its byte order mark or the places of its NUL bytes; NULL for other text. */
const char *gv_kind_wide(const uint8_t *start, size_t length);

/* What samples of a file's bytes hold; a zeroed struct is empty. */
typedef struct gv_kind_sample {
    uint64_t bytes, control, invalid; /* of them NUL and control characters, ill-formed UTF-8 */
} gv_kind_sample;
/* Count bytes from any place of a file; it may be inside a character. */
void gv_kind_count(gv_kind_sample *sample, const uint8_t *bytes, size_t length);
/* Were so many of them NUL, control characters or invalid UTF-8 that this is no UTF-8 text? */
bool gv_kind_is_noise(const gv_kind_sample *sample);

/* The error that says so: GV_E_CORRUPT. `start` are bytes of it, by which the encoding is guessed
 * if it is text in another one. */
GV_MUST_USE int gv_kind_refuse_noise(const uint8_t *start, size_t length, const char *path,
                                     gv_error *err);

/* GV_OK unless the archive that begins so is a package. */
GV_MUST_USE int gv_kind_check_package(const uint8_t *start, size_t length, const char *path,
                                      gv_error *err);
/* The error for a package. */
GV_MUST_USE int gv_kind_refuse_package(const char *what, const char *path, gv_error *err);
/* What is wrong with a file as text and the way out, as one error that begins with `path`:
 * GV_E_CORRUPT. GV_OK if `start` looks like UTF-8 text. */
GV_MUST_USE int gv_kind_check_text(const uint8_t *start, size_t length, const char *path,
                                   gv_error *err);

#endif

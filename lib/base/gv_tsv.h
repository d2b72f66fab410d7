/*
 * gv_tsv - fields of tables whose columns tabs separate.
 *
 * A field never holds a tab, an end of line, a double quote or a byte that is not UTF-8: so
 * programs that only split at tabs read it, and so do those that take double quotes for more.
 *
 * Threads: a text belongs to one thread.
 */
#ifndef GV_TSV_H
#define GV_TSV_H

#include "base/gv_text.h"

/* Append `field` with tab, LF, CR, backslash and double quote as \t \n \r \\ \", and a byte that is
 * not UTF-8 as \xNN. Failures are those of gv_text. */
void gv_tsv_field(gv_text *text, const char *field);

#endif

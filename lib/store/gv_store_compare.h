/*
 * gv_store_compare - where the contents of two stores differ first.
 *
 * Compared is what determines vectors, table by table, row by row: not how and when the stores were
 * made (`provenance`), nor how SQLite laid out the files, nor in how many parts.
 *
 * Errors: GV_E_USAGE when a file is missing; GV_E_CORRUPT, GV_E_IO, GV_E_MEMORY. Each names the
 * file. Threads: main thread only.
 */
#ifndef GV_STORE_COMPARE_H
#define GV_STORE_COMPARE_H

#include "base/gv_error.h"
#include <stdbool.h>

enum { GV_STORE_COMPARE_WHERE = 160 };

/* If they differ, `where` says where: "table tile, id 12, column data, byte 345". */
GV_MUST_USE int gv_store_compare(bool *same, char where[GV_STORE_COMPARE_WHERE], const char *a,
                                 const char *b, gv_error *err);

#endif

/*
 * gv_compare_read - what a run directory says about a run: config, measures, what is missing.
 *
 * Threads: main thread only.
 */
#ifndef GV_COMPARE_READ_H
#define GV_COMPARE_READ_H

#include "report/compare/gv_compare.h"

/* Read run number `i`: its config, records and measures, and whether it was trained. What cannot be
 * read is no error, but `missing`. GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_compare_read(gv_compare *compare, size_t i, gv_error *err);

/* Note what the run lacks, and the command that makes it; one that has a note keeps it. `command`
 * is a program with its options, to which the directory is added, or NULL. */
GV_MUST_USE int gv_compare_read_lacks(gv_compare_run *run, const char *missing, const char *command,
                                      gv_error *err);

/* The name of a test set in measures: its file without the folder, unless another file in the list
 * of eval.json that has it is called the same. */
const char *gv_compare_read_file_name(const gv_json *list, const char *path);

#endif

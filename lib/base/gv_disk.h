/*
 * gv_disk - how much room a disk has, and refusing work that cannot fit.
 *
 * Environment variable GLOVEBOX_TEST_DISK_FREE=BYTES (tests): what every disk has.
 *
 * Errors: GV_E_IO with the path, GV_E_MEMORY. Threads: any.
 */
#ifndef GV_DISK_H
#define GV_DISK_H

#include "base/gv_error.h"
#include <sys/types.h>

typedef struct gv_disk {
    dev_t device;
    double free; /* bytes; infinite where the file system does not tell */
} gv_disk;

/* `path` or, if there is nothing, the nearest directory above it that exists. The caller frees
 * `*at`, NULL on failure. */
GV_MUST_USE int gv_disk_nearest(char **at, const char *path, gv_error *err);

/* The disk of `path`, or of the nearest directory above it that exists. */
GV_MUST_USE int gv_disk_look(gv_disk *disk, const char *path, gv_error *err);

/* GV_E_IO if fewer than `need` bytes are free at `path`: says what needs them ("training needs"),
 * how many, and how many there are. `need` must be a lower bound: what fits must not be refused. */
GV_MUST_USE int gv_disk_check(const char *path, double need, const char *what, gv_error *err);

#endif

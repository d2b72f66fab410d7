/*
 * small_store - a store of some words with several segments, groups and blobs, for fuzz targets;
 * and the reading of any store.
 */
#ifndef SMALL_STORE_H
#define SMALL_STORE_H

enum { SMALL_STORE_WORDS = 12 };

/* Write it to `path`, for a default config; ends the process on failure. */
void small_store_write(const char *path);

/* Read all of the store at `path`, which may be anything. */
void small_store_read(const char *path);

#endif

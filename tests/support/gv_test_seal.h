/*
 * gv_test_seal - checksums made right again: what a stranger would do who changed a store.
 */
#ifndef GV_TEST_SEAL_H
#define GV_TEST_SEAL_H

/* Run `statements` on the store at `path`, then compute every checksum of it anew. Asserts that it
 * succeeds. */
void gv_test_seal_store(const char *path, const char *statements);

#endif

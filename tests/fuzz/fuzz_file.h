/* fuzz_file - hand a fuzzer's bytes to a reader that wants a path: a file in memory; first inputs.
 */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Returns the descriptor; `path` (64 bytes) receives a name that opens it. */
static inline int fuzz_file(char *path, const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

/* Where LLVMFuzzerInitialize may write a first input called `name`; false: none is wanted. */
static inline int fuzz_seed(char *path, size_t room, const char *name)
{
    const char *directory = getenv("FUZZ_SEEDS");
    return directory && snprintf(path, room, "%s/%s", directory, name) < (int)room;
}

#endif

/* fuzz_file - hand a fuzzer's bytes to a reader that wants a path; first inputs. */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A real file, as SQLite opens no nameless one; in memory where that is possible. */
static char fuzz_name[64];

static inline void fuzz_remove(void)
{
    unlink(fuzz_name);
}

/* Returns the descriptor, to be closed; `path` (64 bytes) receives the file's name. */
static inline int fuzz_file(char *path, const uint8_t *data, size_t size)
{
    if (fuzz_name[0] == '\0') {
        snprintf(fuzz_name, sizeof fuzz_name, "%s/glovebox-fuzz-%d",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
        atexit(fuzz_remove);
    }
    int fd = open(fuzz_name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, 64, "%s", fuzz_name);
    return fd;
}

/* Where LLVMFuzzerInitialize may write a first input called `name`; false: none is wanted. */
static inline int fuzz_seed(char *path, size_t room, const char *name)
{
    const char *directory = getenv("FUZZ_SEEDS");
    return directory && snprintf(path, room, "%s/%s", directory, name) < (int)room;
}

#endif

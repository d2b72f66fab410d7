/* fuzz_file - hand a fuzzer's bytes to a reader that wants a path; scratch files; first inputs. */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FUZZ_PATH = 256 };

static char fuzz_folder[64];

static inline int fuzz_remove_entry(const char *path, const struct stat *about, int kind,
                                    struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

static inline void fuzz_remove(void)
{
    nftw(fuzz_folder, fuzz_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* A folder for the files of this process, in memory where that is possible; removed at the end. */
static inline const char *fuzz_dir(void)
{
    if (fuzz_folder[0] == '\0') {
        snprintf(fuzz_folder, sizeof fuzz_folder, "%s/glovebox-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(fuzz_folder))
            abort();
        atexit(fuzz_remove);
    }
    return fuzz_folder;
}

/* The path of the file or folder `name` there. */
static inline void fuzz_path(char path[FUZZ_PATH], const char *name)
{
    snprintf(path, FUZZ_PATH, "%s/%s", fuzz_dir(), name);
}

static inline void fuzz_write(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0)
        abort();
}

/* A file with these bytes; `path` receives its name. (A real one: SQLite opens no nameless one.) */
static inline void fuzz_file(char path[FUZZ_PATH], const uint8_t *data, size_t size)
{
    fuzz_path(path, "input");
    fuzz_write(path, data, size);
}

/* Where LLVMFuzzerInitialize may write a first input called `name`; false: none is wanted. */
static inline int fuzz_seed(char path[FUZZ_PATH], const char *name)
{
    const char *directory = getenv("FUZZ_SEEDS");
    return directory && snprintf(path, FUZZ_PATH, "%s/%s", directory, name) < FUZZ_PATH;
}

/* The same with these bytes. */
static inline void fuzz_seed_bytes(const char *name, const void *data, size_t size)
{
    char path[FUZZ_PATH];
    if (fuzz_seed(path, name))
        fuzz_write(path, data, size);
}

/* The bytes of a small file; the caller frees. */
static inline uint8_t *fuzz_read(const char *path, size_t *size)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0)
        abort();
    uint8_t *data = malloc((size_t)about.st_size + 1);
    if (!data || read(fd, data, (size_t)about.st_size) != (ssize_t)about.st_size)
        abort();
    close(fd);
    *size = (size_t)about.st_size;
    return data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
/* libFuzzer's own mutation, for LLVMFuzzerCustomMutator. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

#endif

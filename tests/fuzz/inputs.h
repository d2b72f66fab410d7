/*
 * inputs - every input in tests/fuzz/corpus through its reader, in a normal build: what fuzzing
 * once found, and what covers the code that fuzzing reached.
 *
 * The Makefile defines TARGETS, a TARGET(name) for each fuzz target in this program, whose
 * functions it renames, since a program has only one LLVMFuzzerTestOneInput.
 */
#ifndef INPUTS_H
#define INPUTS_H

#include "support/gv_test.h"
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

typedef int input_fn(const uint8_t *data, size_t size);
typedef int start_fn(int *argc, char ***argv);

/* Mutators are not called here, but linked. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
    (void)data, (void)room;
    return size;
}

static void try_input(input_fn *input, const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file && fseek(file, 0, SEEK_END) == 0, "%s", path);
    size_t size = (size_t)ftell(file);
    uint8_t *data = malloc(size ? size : 1); /* exactly as large, for the sanitizer */
    rewind(file);
    cr_assert(data && fread(data, 1, size, file) == size, "%s", path);
    fclose(file);
    input(data, size);
    free(data);
}

/* An input that takes more than that of processor time is a hang. */
static void limit_time(void)
{
    enum { SECONDS = 120 };
    const struct rlimit limit = {SECONDS, SECONDS};
    setrlimit(RLIMIT_CPU, &limit);
}

static void try_inputs(const char *name, start_fn *start, input_fn *input)
{
    static char program[] = "fuzz";
    char *argv[] = {program, NULL}, **arguments = argv;
    int argc = 1;
    size_t tried = 0;
    const char *folder = gv_test_format("%s/tests/fuzz/corpus/%s", GV_SOURCE, name);
    DIR *entries = opendir(folder);
    cr_assert_not_null(entries, "%s", folder);
    limit_time();
    if (start)
        start(&argc, &arguments);
    for (const struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_name[0] == '.')
            continue;
        const char *path = gv_test_format("%s/%s", folder, entry->d_name);
        fprintf(stderr, "%s\n", path); /* the last one of a test that dies is the cause */
        try_input(input, path);
        tried++;
    }
    closedir(entries);
    cr_assert_gt(tried, 0u, "no inputs in %s", folder);
}

#define TARGET(name)                                                                               \
    input_fn fuzz_##name##_input;                                                                  \
    start_fn fuzz_##name##_start __attribute__((weak));                                            \
    Test(inputs, name)                                                                             \
    {                                                                                              \
        try_inputs(#name, fuzz_##name##_start, fuzz_##name##_input);                               \
    }

TARGETS

#endif

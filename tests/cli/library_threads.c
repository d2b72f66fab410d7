/*
 * library_threads RUN: several threads ask one handle of the C library at once, so that all that is
 * made when it is needed is needed by several. For `make tsan`, with which Criterion does not work.
 * Exit code 1 if a call fails.
 */
#include "bindings/c/glovebox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOP = 3, THREADS = 4, ROUNDS = 4, PAIRS = 500 };

static void *ask_vectors(void *context)
{
    const glovebox_vectors *v = context;
    glovebox_neighbour found[TOP];
    glovebox_list list = {found, TOP, 0};
    const char *word = glovebox_word(v, 1);
    float *to = malloc(glovebox_dim(v) * sizeof *to);
    uint64_t count;
    int failed = !to;
    for (int i = 0; i < ROUNDS && !failed; i++) {
        failed |= glovebox_nearest_word(v, word, &list, NULL);
        failed |= glovebox_vector(v, word, to, NULL, NULL);
        failed |= glovebox_count(v, 1, &count, NULL);
        failed |= glovebox_text(v, word, strlen(word), GLOVEBOX_WEIGHTS_SIF, to, NULL, NULL);
        failed |= glovebox_vector(v, "W\xc3\x9c-unseen", to, NULL, NULL) == GLOVEBOX_OK;
    }
    free(to);
    return failed ? context : NULL;
}

static void *ask_store(void *context)
{
    const glovebox_store *s = context;
    glovebox_context found[TOP];
    glovebox_contexts contexts = {found, TOP, 0, 0};
    glovebox_cursor *cursor = NULL;
    glovebox_pair pairs[PAIRS];
    size_t n = 0;
    int failed = glovebox_cursor_open(&cursor, s, NULL);
    for (size_t i = 0; i < ROUNDS && !failed; i++) {
        failed |= glovebox_store_contexts(s, i, &contexts, NULL);
        failed |= glovebox_cursor_next(cursor, pairs, PAIRS, &n, NULL);
    }
    glovebox_cursor_close(cursor);
    return failed ? context : NULL;
}

/* True if a call failed. */
static int run(void *(*ask)(void *context), void *handle)
{
    pthread_t thread[THREADS];
    void *failed = NULL, *any = NULL;
    for (int t = 0; t < THREADS; t++)
        if (pthread_create(&thread[t], NULL, ask, handle) != 0)
            abort();
    for (int t = 0; t < THREADS; t++) {
        pthread_join(thread[t], &failed);
        any = failed ? failed : any;
    }
    return any != NULL;
}

int main(int argc, char **argv)
{
    glovebox_options options = GLOVEBOX_OPTIONS_INIT;
    glovebox_vectors *vectors = NULL;
    glovebox_store *store = NULL;
    glovebox_error err = {0, "a thread failed"};
    options.threads = 2;
    int failed = argc != 2 || glovebox_open(&vectors, argv[1], &options, &err) ||
                 glovebox_store_open(&store, argv[1], &err) || run(ask_vectors, vectors) ||
                 run(ask_store, store);
    if (failed)
        fprintf(stderr, "library_threads: %s\n", err.message);
    glovebox_close(vectors);
    glovebox_store_close(store);
    return failed;
}

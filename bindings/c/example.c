/*
 * A first program: the words nearest to a word, and how similar two words are.
 *
 *     cc example.c -o example $(pkg-config --cflags --libs glovebox)
 *     ./example runs/text8 frog toad
 */
#include <glovebox.h>
#include <stdio.h>

enum { TOP = 5 };

static int ask(const glovebox_vectors *vectors, const char *a, const char *b, glovebox_error *err)
{
    glovebox_neighbour found[TOP];
    glovebox_list list = {found, TOP, 0};
    double score;
    size_t i;
    int status = glovebox_nearest_word(vectors, a, &list, err);
    if (status != GLOVEBOX_OK)
        return status;
    for (i = 0; i < list.n; i++)
        printf("%-20s %.4f\n", found[i].word, found[i].score);
    status = glovebox_similarity(vectors, a, b, &score, err);
    if (status == GLOVEBOX_OK)
        printf("similarity of %s and %s: %.4f\n", a, b, score);
    return status;
}

int main(int argc, char **argv)
{
    glovebox_vectors *vectors = NULL;
    glovebox_error err;
    int status;
    if (argc != 4) {
        fprintf(stderr, "usage: %s VECTORS WORD WORD\n", argv[0]);
        return 2;
    }
    status = glovebox_open(&vectors, argv[1], NULL, &err);
    if (status == GLOVEBOX_OK) {
        printf("%lu words, %lu numbers each\n", (unsigned long)glovebox_rows(vectors),
               (unsigned long)glovebox_dim(vectors));
        status = ask(vectors, argv[2], argv[3], &err);
    }
    if (status != GLOVEBOX_OK)
        fprintf(stderr, "%s: %s\n", argv[0], err.message);
    glovebox_close(vectors);
    return status != GLOVEBOX_OK;
}

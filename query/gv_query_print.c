/* gv_query_print - answers in aligned columns. */
#include "app/gv_print.h"
#include "query/gv_query_internal.h"

#include <string.h>

static size_t word_column(const gv_json *results, size_t least)
{
    size_t width = least;
    for (size_t i = 0; i < gv_json_count(results); i++) {
        size_t columns = gv_print_width(gv_json_get_text(gv_json_item(results, i), "word"));
        width = columns > width ? columns : width;
    }
    return width;
}

static void print_neighbours(FILE *out, const gv_json *answer)
{
    const gv_json *results = gv_json_get(answer, "results");
    const size_t width = word_column(results, 1);
    for (size_t i = 0; i < gv_json_count(results); i++) {
        const gv_json *item = gv_json_item(results, i);
        gv_print_pad(out, gv_json_get_text(item, "word"), width);
        fprintf(out, "  %7.4f\n", gv_json_get_number(item, "score"));
    }
    if (gv_json_count(results) == 0)
        fputs("no other word\n", out);
}

static void print_pairs(FILE *out, const gv_json *answer)
{
    const gv_json *results = gv_json_get(answer, "results");
    const size_t width = word_column(results, strlen("context"));
    gv_print_pad(out, gv_json_get_text(answer, "word"), 1);
    fprintf(out, ": %.0f occurrences, %.0f contexts, counts sum to %.6g\n",
            gv_json_get_number(answer, "occurrences"), gv_json_get_number(answer, "contexts"),
            gv_json_get_number(answer, "sum"));
    gv_print_pad(out, "context", width);
    fprintf(out, "  %14s  %8s\n", "count", "share");
    for (size_t i = 0; i < gv_json_count(results); i++) {
        const gv_json *item = gv_json_item(results, i);
        gv_print_pad(out, gv_json_get_text(item, "word"), width);
        fprintf(out, "  %14.4f  %6.2f %%\n", gv_json_get_number(item, "count"),
                100.0 * gv_json_get_number(item, "share"));
    }
}

static void print_line(FILE *out, const char *head, const char *text)
{
    fputs(head, out);
    gv_print_pad(out, text, 0);
    fputc('\n', out);
}

static void print_vectors(FILE *out, const gv_json *vectors)
{
    fputs("vectors  ", out);
    gv_print_pad(out, gv_json_get_text(vectors, "file"), 0);
    fprintf(out, ": %.0f words, %.0f dimensions%s\n", gv_json_get_number(vectors, "words"),
            gv_json_get_number(vectors, "dimensions"),
            gv_json_is_true(gv_json_get(vectors, "unk")) ? ", with <unk>" : "");
}

static void print_store(FILE *out, const gv_json *store)
{
    fputs("store    ", out);
    gv_print_pad(out, gv_json_get_text(store, "file"), 0);
    fprintf(out, ": %.0f words, %.0f ordered records, window %.0f%s\n",
            gv_json_get_number(store, "words"), gv_json_get_number(store, "records"),
            gv_json_get_number(store, "window"),
            gv_json_is_true(gv_json_get(store, "symmetric")) ? ", symmetric" : ", asymmetric");
}

static void print_info(FILE *out, const gv_json *answer)
{
    const gv_json *vectors = gv_json_get(answer, "vectors");
    const gv_json *store = gv_json_get(answer, "store");
    print_line(out, "run      ", gv_json_get_text(answer, "run_dir"));
    if (gv_json_kind(vectors) == GV_JSON_NULL)
        fputs("vectors  none: run glove-train, or give --vectors FILE\n", out);
    else
        print_vectors(out, vectors);
    if (*gv_json_get_text(vectors, "note"))
        print_line(out, "         ", gv_json_get_text(vectors, "note"));
    if (*gv_json_get_text(vectors, "unseen_words"))
        print_line(out, "         unseen words: ", gv_json_get_text(vectors, "unseen_words"));
    if (gv_json_kind(store) == GV_JSON_NULL)
        fputs("store    none: run glove-shuffle, or give --store FILE\n", out);
    else
        print_store(out, store);
}

/* The word and its numbers on one line, as in a text file of vectors. */
static void print_vector(FILE *out, const gv_json *answer)
{
    const gv_json *numbers = gv_json_get(answer, "vector");
    gv_print_pad(out, gv_json_get_text(answer, "word"), 0);
    for (size_t i = 0; i < gv_json_count(numbers); i++) {
        const gv_json *number = gv_json_item(numbers, i);
        if (gv_json_is_number(number))
            fprintf(out, " %.9g", gv_json_number(number));
        else
            fputs(" nan", out);
    }
    fputc('\n', out);
}

static void print_found(FILE *out, const gv_json *answer)
{
    const gv_json *results = gv_json_get(answer, "results");
    for (size_t i = 0; i < gv_json_count(results); i++) {
        gv_print_pad(out, gv_json_get_text(gv_json_item(results, i), "word"), 0);
        fputc('\n', out);
    }
    if (gv_json_count(results) == 0) {
        fputs("no word begins with ", out);
        gv_print_pad(out, gv_json_get_text(answer, "prefix"), 0);
        fputc('\n', out);
    }
}

static void print_help(FILE *out, const gv_json *answer)
{
    enum { COLUMN = 36 };
    const gv_json *commands = gv_json_get(answer, "commands");
    fprintf(out, "%-*s %s\n", COLUMN, "WORD, king - man + woman", "the same as nearest");
    for (size_t i = 0; i < gv_json_count(commands); i++) {
        const gv_json *command = gv_json_item(commands, i);
        fprintf(out, "%-*s %s\n", COLUMN, gv_json_get_text(command, "usage"),
                gv_json_get_text(command, "help"));
    }
    fprintf(out, "%-*s %s\n", COLUMN, "quit", "leave the prompt");
}

/* The words whose vectors come from n-grams, after what is on the line. */
static void print_unseen(FILE *out, const gv_json *answer, const char *before)
{
    const gv_json *words = gv_json_get(answer, "from_subwords");
    for (size_t i = 0; i < gv_json_count(words); i++) {
        fputs(i ? ", " : before, out);
        gv_print_pad(out, gv_json_text(gv_json_item(words, i)), 0);
    }
    if (gv_json_count(words) > 0)
        fputc('\n', out);
}

/* On one line, as queries from a pipe are often counted against their answers. */
static void print_similarity(FILE *out, const gv_json *answer)
{
    fprintf(out, "%.4f", gv_json_get_number(answer, "score"));
    if (gv_json_count(gv_json_get(answer, "from_subwords")) > 0)
        print_unseen(out, answer, "  from subwords: ");
    else
        fputc('\n', out);
}

void gv_query_print(FILE *out, const gv_json *answer)
{
    const char *command = gv_json_get_text(answer, "command");
    if (strcmp(command, "similarity") == 0) {
        print_similarity(out, answer);
        return;
    }
    if (strcmp(command, "pairs") == 0)
        print_pairs(out, answer);
    else if (strcmp(command, "info") == 0)
        print_info(out, answer);
    else if (strcmp(command, "vector") == 0)
        print_vector(out, answer);
    else if (strcmp(command, "search") == 0)
        print_found(out, answer);
    else if (strcmp(command, "help") == 0)
        print_help(out, answer);
    else
        print_neighbours(out, answer);
    print_unseen(out, answer, "from subwords: ");
}

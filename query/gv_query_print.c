/* gv_query_print - answers in aligned columns. */
#include "app/gv_print.h"
#include "query/gv_query_internal.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static size_t word_column(const json_t *results, size_t least)
{
    size_t width = least, i;
    const json_t *item;
    json_array_foreach(results, i, item)
    {
        size_t columns = gv_print_width(text_of(item, "word"));
        width = columns > width ? columns : width;
    }
    return width;
}

static void print_neighbours(FILE *out, const json_t *result)
{
    const json_t *results = json_object_get(result, "results"), *item;
    size_t width = word_column(results, 1), i;
    json_array_foreach(results, i, item)
    {
        gv_print_pad(out, text_of(item, "word"), width);
        fprintf(out, "  %7.4f\n", number_of(item, "score"));
    }
    if (json_array_size(results) == 0)
        fputs("no other word\n", out);
}

static void print_pairs(FILE *out, const json_t *result)
{
    const json_t *results = json_object_get(result, "results"), *item;
    size_t width = word_column(results, strlen("context")), i;
    gv_print_pad(out, text_of(result, "word"), 1);
    fprintf(out, ": %.0f occurrences, %.0f contexts, counts sum to %.6g\n",
            number_of(result, "occurrences"), number_of(result, "contexts"),
            number_of(result, "sum"));
    gv_print_pad(out, "context", width);
    fprintf(out, "  %14s  %8s\n", "count", "share");
    json_array_foreach(results, i, item)
    {
        gv_print_pad(out, text_of(item, "word"), width);
        fprintf(out, "  %14.4f  %6.2f %%\n", number_of(item, "count"),
                100.0 * number_of(item, "share"));
    }
}

static void print_info(FILE *out, const json_t *result)
{
    const json_t *vectors = json_object_get(result, "vectors");
    const json_t *store = json_object_get(result, "store");
    fprintf(out, "run      %s\n", text_of(result, "run_dir"));
    if (json_is_null(vectors))
        fputs("vectors  none: run glove-train, or give --vectors FILE\n", out);
    else
        fprintf(out, "vectors  %s: %.0f words, %.0f dimensions%s\n", text_of(vectors, "file"),
                number_of(vectors, "words"), number_of(vectors, "dimensions"),
                json_is_true(json_object_get(vectors, "unk")) ? ", with <unk>" : "");
    if (*text_of(vectors, "note"))
        fprintf(out, "         %s\n", text_of(vectors, "note"));
    if (json_is_null(store))
        fputs("store    none: run glove-shuffle, or give --store FILE\n", out);
    else
        fprintf(out, "store    %s: %.0f words, %.0f ordered records, window %.0f%s\n",
                text_of(store, "file"), number_of(store, "words"), number_of(store, "records"),
                number_of(store, "window"),
                json_is_true(json_object_get(store, "symmetric")) ? ", symmetric" : ", asymmetric");
}

void gv_query_print(FILE *out, const json_t *result)
{
    const char *command = text_of(result, "command");
    if (strcmp(command, "similarity") == 0)
        fprintf(out, "%.4f\n", number_of(result, "score"));
    else if (strcmp(command, "pairs") == 0)
        print_pairs(out, result);
    else if (strcmp(command, "info") == 0)
        print_info(out, result);
    else
        print_neighbours(out, result);
}

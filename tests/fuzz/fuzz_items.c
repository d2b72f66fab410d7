/* Any bytes as eval.tsv. What is read can be written and is then read as the same. */
#include "analysis/gv_items.h"
#include "base/gv_mem.h"
#include "fuzz_file.h"
#include <string.h>

static int append(void *context, const gv_items_row *row, gv_error *err)
{
    (void)err;
    gv_items_write_row(context, row);
    return GV_OK;
}

/* The rows of a file, written again; NULL if it is refused. */
static char *rewrite(const char *path)
{
    gv_text text = GV_TEXT_INIT;
    char *rows = NULL;
    gv_items_write_names(&text);
    if (gv_items_read(path, append, &text, NULL) != GV_OK)
        gv_text_drop(&text);
    else if (gv_text_take(&rows, &text, NULL) != GV_OK)
        rows = NULL;
    return rows;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char seed[] =
        "kind\tfile\tsection\tword1\tword2\tword3\tword4\tcorrect\tcorrect_mul\tanswer\t"
        "answer_mul\tscore\tcosine\tposition\twords\tcluster\n"
        "analogy\tq.txt\tfamily\tman\tking\twoman\tqueen\t1\t0\tqueen\tcar\\t\\xFF\t\t\t\t\t\n"
        "similarity\ts.tsv\t\tman\twoman\t\t\t\t\t\t\t1\t0.009900990099\t\t\t\n"
        "category\tc.tsv\tperson\tman\t\t\t\t1\t\t\t\t\t\t\t\t1\n"
        "outlier\to.txt\t1\tcar\t\t\t\t1\t\t\t\t\t\t2\t2\t\n";
    fuzz_seed_bytes("small", seed, sizeof seed - 1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    char *rows = rewrite(path);
    if (!rows)
        return 0;
    fuzz_write(path, rows, strlen(rows));
    char *again = rewrite(path);
    if (!again || strcmp(rows, again) != 0)
        abort();
    gv_mem_free(again);
    gv_mem_free(rows);
    return 0;
}

/* Any bytes as a file of questions and of word pairs. */
#include "eval/gv_eval_pairs.h"
#include "eval/gv_eval_questions.h"
#include "fuzz_file.h"
#include <math.h>

static void questions(const char *path)
{
    gv_eval_questions file;
    if (gv_eval_questions_read(&file, path, NULL) != GV_OK)
        return;
    for (size_t i = 0; i < file.n; i++) {
        if (file.question[i].section >= file.sections)
            abort();
        for (size_t k = 0; k < 4; k++)
            if (file.question[i].word[k][0] == '\0')
                abort();
    }
    gv_eval_questions_free(&file);
}

static void pairs(const char *path)
{
    gv_eval_pairs file;
    if (gv_eval_pairs_read(&file, path, NULL) != GV_OK)
        return;
    for (size_t i = 0; i < file.n; i++)
        if (!isfinite(file.pair[i].score) || file.pair[i].word[0][0] == '\0' ||
            file.pair[i].word[1][0] == '\0')
            abort();
    gv_eval_pairs_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    questions(path);
    pairs(path);
    return 0;
}

#include "app/gv_run_phrases.h"

#include "base/gv_mem.h"
#include "text/gv_phrases_file.h"

int gv_run_phrases_name(gv_run_phrases *phrases, const gv_config *config, const char *dir,
                        gv_error *err)
{
    *phrases = (gv_run_phrases){0};
    if (!gv_config_joins_phrases(config))
        return GV_OK;
    phrases->path = gv_file_path_join(dir, GV_FILE_PHRASES, err);
    return phrases->path ? GV_OK : GV_E_MEMORY;
}

int gv_run_phrases_find(gv_run_phrases *phrases, gv_run *run, gv_error *err)
{
    int status = gv_run_phrases_name(phrases, run->config, run->dir, err);
    if (status != GV_OK || !phrases->path)
        return status;
    return gv_run_check_upstream(run, GV_STAGE_VOCAB, GV_FILE_PHRASES, NULL, err);
}

int gv_run_phrases_join(gv_run_phrases *phrases, gv_corpus *corpus, gv_error *err)
{
    if (!phrases->path)
        return GV_OK;
    int status = gv_phrases_new(&phrases->list, err);
    if (status == GV_OK)
        status = gv_phrases_file_read(phrases->list, phrases->path, NULL, err);
    return status == GV_OK ? gv_corpus_join_phrases(corpus, phrases->list, err) : status;
}

void gv_run_phrases_clear(gv_run_phrases *phrases)
{
    gv_phrases_free(phrases->list);
    gv_mem_free(phrases->path);
    *phrases = (gv_run_phrases){0};
}

/* What the config says about stages and threads, for programs and messages. */
#include "config/gv_config.h"

#include "base/gv_threads.h"
#include <string.h>

enum { THREADS_MOST = 1024 };

const char *gv_config_stage_program(enum gv_config_stage stage)
{
    switch (stage) {
    case GV_STAGE_VOCAB:
        return "glove-vocab";
    case GV_STAGE_COOCCUR:
        return "glove-cooccur";
    case GV_STAGE_SHUFFLE:
        return "glove-shuffle";
    case GV_STAGE_TRAIN:
    case GV_STAGE_OUTPUT:
    case GV_STAGE_EPOCHS:
    case GV_STAGE_ENCODE:
        return "glove-train";
    case GV_STAGE_EVAL:
        return "glove-eval";
    }
    return "glovebox";
}

unsigned gv_config_train_stages(const gv_config *config)
{
    unsigned from = config->train_objective == GV_OBJECTIVE_WORD2VEC
                        ? GV_STAGE_ENCODE
                        : GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE;
    return GV_STAGE_VOCAB | from | GV_STAGE_TRAIN;
}

unsigned gv_config_checkpoint_stages(const gv_config *config)
{
    bool falls = config->train_objective == GV_OBJECTIVE_WORD2VEC ||
                 (config->train_objective == GV_OBJECTIVE_LOGISTIC &&
                  config->train_eta_schedule == GV_ETA_FALLING);
    return GV_STAGE_TRAIN | (falls ? GV_STAGE_EPOCHS : 0u);
}

bool gv_config_is_counted(const gv_config *config, size_t i)
{
    const gv_strings *files = &config->corpus_files, *counted = &config->corpus_counted;
    size_t before = 0, equal = 0;
    for (size_t j = 0; j < i; j++)
        before += strcmp(files->items[j], files->items[i]) == 0;
    for (size_t j = 0; j < counted->n; j++)
        equal += strcmp(counted->items[j], files->items[i]) == 0;
    return before < equal;
}

bool gv_config_joins_phrases(const gv_config *config)
{
    return config->vocab_phrases > 0 || config->vocab_phrase_file;
}

bool gv_config_schedule_by_steps(enum gv_config_schedule_kind schedule)
{
    return schedule == GV_SCHEDULE_ATOMIC || schedule == GV_SCHEDULE_LOCKED ||
           schedule == GV_SCHEDULE_ROUND_ROBIN;
}

const char *gv_config_stage_name(enum gv_config_stage stage)
{
    return gv_config_stage_program(stage) + strlen("glove-");
}

unsigned gv_config_threads(uint32_t threads)
{
    unsigned n = threads ? threads : gv_threads_available();
    return n < THREADS_MOST ? n : THREADS_MOST;
}

const char *gv_config_temp_dir(const gv_config *config, const char *run_dir)
{
    return config->cooccur_temp_dir ? config->cooccur_temp_dir : run_dir;
}

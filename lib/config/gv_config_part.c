#include "config/gv_config_part.h"

#include "base/gv_mem.h"
#include <inttypes.h>

void gv_config_part_measure(gv_config_part *machine, const gv_config *config)
{
    *machine = (gv_config_part){.train_threads = gv_config_threads(config->train_threads),
                                .count_threads = gv_config_threads(config->cooccur_threads),
                                .vocab_mb = config->vocab_memory_mb,
                                .cooccur_mb = config->cooccur_memory_mb,
                                .shuffle_mb = config->shuffle_memory_mb,
                                .train_mb = config->train_memory_mb ? config->train_memory_mb
                                                                    : gv_mem_available() >> 20};
}

static int add_set(gv_strings *sets, const char *key, double value, double part, gv_error *err)
{
    static const double rounding = 1e-9; /* a third of three is one */
    const double share = value * part + rounding;
    const uint64_t whole = share < 1 ? 1 : (uint64_t)share;
    if (value <= 0)
        return GV_OK;
    char *set = gv_mem_format(err, "%s=%" PRIu64, key, whole);
    int status = set ? gv_strings_add(sets, set, err) : GV_E_MEMORY;
    gv_mem_free(set);
    return status;
}

int gv_config_part_sets(gv_strings *sets, const gv_config_part *m, double part, gv_error *err)
{
    int status = add_set(sets, "train.threads", m->train_threads, part, err);
    if (status == GV_OK)
        status = add_set(sets, "cooccur.threads", m->count_threads, part, err);
    if (status == GV_OK)
        status = add_set(sets, "vocab.memory_mb", (double)m->vocab_mb, part, err);
    if (status == GV_OK)
        status = add_set(sets, "cooccur.memory_mb", (double)m->cooccur_mb, part, err);
    if (status == GV_OK)
        status = add_set(sets, "shuffle.memory_mb", (double)m->shuffle_mb, part, err);
    return status == GV_OK ? add_set(sets, "train.memory_mb", (double)m->train_mb, part, err)
                           : status;
}

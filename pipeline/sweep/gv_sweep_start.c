#include "pipeline/sweep/gv_sweep_start.h"

#include "app/gv_child_program.h"
#include "base/gv_mem.h"
#include <inttypes.h>

void gv_sweep_start_measure(gv_sweep_start_machine *machine, const gv_config *config)
{
    *machine = (gv_sweep_start_machine){
        .train_threads = gv_config_threads(config->train_threads),
        .count_threads = gv_config_threads(config->cooccur_threads),
        .vocab_mb = config->vocab_memory_mb,
        .cooccur_mb = config->cooccur_memory_mb,
        .shuffle_mb = config->shuffle_memory_mb,
        .train_mb = config->train_memory_mb ? config->train_memory_mb : gv_mem_available() >> 20};
}

/* --- a part of the machine -------------------------------------------------------------------- */

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

static int add_machine(gv_strings *sets, const gv_sweep_start_machine *m, double part,
                       gv_error *err)
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

/* --- the command line ------------------------------------------------------------------------- */

static int add_option(gv_strings *arguments, const char *name, const char *value, gv_error *err)
{
    int status = value ? gv_child_program_add(arguments, name, err) : GV_OK;
    return status == GV_OK && value ? gv_child_program_add(arguments, value, err) : status;
}

static int all_sets(gv_strings *sets, const gv_sweep_start *start, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < start->run->sets.n && status == GV_OK; i++)
        status = gv_strings_add(sets, start->run->sets.items[i], err);
    return status == GV_OK && start->machine ? add_machine(sets, start->machine, start->part, err)
                                             : status;
}

int gv_sweep_start_arguments(gv_strings *arguments, const gv_sweep_start *start, gv_error *err)
{
    gv_program_call call = *start->call;
    char *program = NULL;
    call.run_dir = start->run->path;
    call.run_dir_given = true;
    call.sets = (gv_strings){0};
    int status = gv_child_program_find(&program, "glove-run", err);
    if (status == GV_OK)
        status = all_sets(&call.sets, start, err);
    if (status == GV_OK)
        status =
            gv_child_program_arguments(arguments, program, &call, start->call->force, "json", err);
    if (status == GV_OK)
        status = add_option(arguments, "--from", start->from, err);
    if (status == GV_OK)
        status = add_option(arguments, "--to", start->to, err);
    for (size_t i = 0; start->keep && i < start->keep->n && status == GV_OK; i++)
        status = add_option(arguments, "--keep", start->keep->items[i], err);
    gv_strings_free(&call.sets);
    gv_mem_free(program);
    return status;
}

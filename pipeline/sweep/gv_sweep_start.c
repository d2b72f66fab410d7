#include "pipeline/sweep/gv_sweep_start.h"

#include "app/gv_child_program.h"
#include "base/gv_mem.h"

static int add_option(gv_strings *arguments, const char *name, const char *value, gv_error *err)
{
    int status = value ? gv_child_program_add(arguments, name, err) : GV_OK;
    return status == GV_OK && value ? gv_child_program_add(arguments, value, err) : status;
}

static int all_sets(gv_strings *sets, const gv_sweep_start *start, gv_error *err)
{
    int status = gv_strings_add_all(sets, &start->run->sets, err);
    return status == GV_OK && start->machine
               ? gv_config_part_sets(sets, start->machine, start->part, err)
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

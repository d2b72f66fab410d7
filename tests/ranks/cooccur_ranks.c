/* cooccur-ranks: glove-cooccur-mpi without MPI, see threads.h. */
#include "cooccur/gv_cooccur_stage.h"
#include "threads.h"

int main(int argc, char **argv)
{
    static const gv_program program = {.name = "cooccur-ranks",
                                       .stage = GV_STAGE_COOCCUR,
                                       .summary = "ranks as threads, for tests",
                                       .stage_main = threads_stage};
    static const gv_job job = {.program = &program,
                               .coordinate = gv_cooccur_stage_coordinate,
                               .work = gv_cooccur_stage_work};
    return threads_main(&job, argc, argv);
}

/* shuffle-ranks: glove-shuffle-mpi without MPI, see threads.h. */
#include "shuffle/gv_shuffle_stage.h"
#include "threads.h"

int main(int argc, char **argv)
{
    static const gv_program program = {.name = "shuffle-ranks",
                                       .stage = GV_STAGE_SHUFFLE,
                                       .summary = "ranks as threads, for tests",
                                       .stage_main = threads_stage};
    static const gv_job job = {.program = &program,
                               .coordinate = gv_shuffle_stage_coordinate,
                               .work = gv_shuffle_stage_work};
    return threads_main(&job, argc, argv);
}

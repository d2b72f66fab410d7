/* train-ranks: glove-train-mpi without MPI, see threads.h. */
#include "threads.h"
#include "train/gv_train.h"
#include "train/gv_train_worker.h"

int main(int argc, char **argv)
{
    static const gv_program program = {.name = "train-ranks",
                                       .stage = GV_STAGE_TRAIN,
                                       .summary = "ranks as threads, for tests",
                                       .stage_main = threads_stage};
    static const gv_job job = {
        .program = &program, .coordinate = gv_train_coordinate, .work = gv_train_worker};
    return threads_main(&job, argc, argv);
}

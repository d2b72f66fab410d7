/* glove-train-mpi: glove-train on many ranks. */
#include "app/gv_program.h"
#include "dist/gv_comm_mpi.h"
#include "train/gv_train.h"
#include "train/gv_train_worker.h"

int main(int argc, char **argv)
{
    static const gv_program program = {
        .name = "glove-train-mpi",
        .stage = GV_STAGE_TRAIN,
        .summary = "train word vectors on many ranks (mpirun, Slurm)",
        .details =
            "glove-train on the ranks of an MPI job: mpirun -np 4 glove-train-mpi --config FILE.\n"
            "With train.distributed = \"rotation\" the vectors have the same bytes as those of\n"
            "glove-train, for any number of ranks and threads. Ranks whose hosts do not see the\n"
            "store of rank 0 get a copy of it. A job that ended early resumes from model.ckpt "
            "when\n"
            "it is started again.",
        .stage_main = gv_job_stage,
    };
    static const gv_job job = {
        .program = &program, .coordinate = gv_train_coordinate, .work = gv_train_worker};
    gv_comm_mpi_main(&job, argc, argv);
}

/* glove-cooccur-mpi: glove-cooccur on many ranks. */
#include "app/gv_program.h"
#include "cooccur/gv_cooccur_stage.h"
#include "dist/gv_comm_mpi.h"

int main(int argc, char **argv)
{
    static const gv_program program = {
        .name = "glove-cooccur-mpi",
        .stage = GV_STAGE_COOCCUR,
        .summary = "count how often words occur near each other, on many ranks (mpirun, Slurm)",
        .details =
            "glove-cooccur on the ranks of an MPI job: mpirun -np 4 glove-cooccur-mpi --config "
            "FILE.\n"
            "Each rank reads a part of the corpus and makes a share of the rows. counts.bin has\n"
            "the same bytes as that of glove-cooccur, for any number of ranks and threads.\n"
            "Ranks whose hosts do not see the corpus or the run directory get from rank 0 what\n"
            "they read. cooccur.memory_mb is the budget of all ranks on a machine together.",
        .stage_main = gv_job_stage,
    };
    static const gv_job job = {.program = &program,
                               .coordinate = gv_cooccur_stage_coordinate,
                               .work = gv_cooccur_stage_work};
    gv_comm_mpi_main(&job, argc, argv);
}

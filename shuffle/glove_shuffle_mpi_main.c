/* glove-shuffle-mpi: glove-shuffle on many ranks, into a store in parts. */
#include "app/gv_program.h"
#include "dist/gv_comm_mpi.h"
#include "shuffle/gv_shuffle_stage.h"

int main(int argc, char **argv)
{
    static const gv_program program = {
        .name = "glove-shuffle-mpi",
        .stage = GV_STAGE_SHUFFLE,
        .summary = "shuffle the co-occurrence matrix into a store in parts, on many ranks "
                   "(mpirun, Slurm)",
        .details =
            "glove-shuffle on the ranks of an MPI job: mpirun -np 4 glove-shuffle-mpi --config "
            "FILE.\n"
            "Each rank sorts a share of counts.bin and writes one part of the store, to the first\n"
            "folder of store.part_dirs that there is on its machine, else to the run directory.\n"
            "store.db names the parts; its content is that of glove-shuffle, for any number of\n"
            "ranks and threads. A rank that does not see counts.bin gets its share from rank 0.\n"
            "shuffle.memory_mb is the budget of all ranks on a machine together.",
        .stage_main = gv_job_stage,
    };
    static const gv_job job = {.program = &program,
                               .coordinate = gv_shuffle_stage_coordinate,
                               .work = gv_shuffle_stage_work};
    gv_comm_mpi_main(&job, argc, argv);
}

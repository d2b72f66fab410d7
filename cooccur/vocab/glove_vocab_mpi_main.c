/* glove-vocab-mpi: glove-vocab on many ranks. */
#include "app/gv_program.h"
#include "cooccur/vocab/gv_vocab_stage.h"
#include "dist/gv_comm_mpi.h"

int main(int argc, char **argv)
{
    static const gv_program program = {
        .name = "glove-vocab-mpi",
        .stage = GV_STAGE_VOCAB,
        .summary = "count the words of the corpus on many ranks (mpirun, Slurm)",
        .details =
            "glove-vocab on the ranks of an MPI job: mpirun -np 4 glove-vocab-mpi --config FILE.\n"
            "Each rank counts the words of a part of the corpus. vocab.txt has the same bytes as\n"
            "that of glove-vocab, for any number of ranks and threads. Ranks whose hosts do not\n"
            "see the corpus get their part of it from rank 0. vocab.memory_mb is the budget of "
            "all\n"
            "ranks on a machine together. With vocab.file rank 0 works alone.",
        .stage_main = gv_job_stage,
    };
    static const gv_job job = {
        .program = &program, .coordinate = gv_vocab_stage_coordinate, .work = gv_vocab_stage_work};
    gv_comm_mpi_main(&job, argc, argv);
}

/* vocab-ranks: glove-vocab-mpi without MPI, see threads.h. */
#include "cooccur/vocab/gv_vocab_stage.h"
#include "threads.h"

int main(int argc, char **argv)
{
    static const gv_program program = {.name = "vocab-ranks",
                                       .stage = GV_STAGE_VOCAB,
                                       .summary = "ranks as threads, for tests",
                                       .stage_main = threads_stage};
    static const gv_job job = {
        .program = &program, .coordinate = gv_vocab_stage_coordinate, .work = gv_vocab_stage_work};
    return threads_main(&job, argc, argv);
}

#include "app/gv_program.h"
#include "train/gv_train.h"

int main(int argc, char **argv)
{
    const gv_program program = {
        .name = "glove-train",
        .stage = GV_STAGE_TRAIN,
        .summary = "train word vectors from the matrix in store.db",
        .details = "Reads store.db of the run directory and writes model.ckpt and the vectors in\n"
                   "the formats of output.formats. An interrupted training resumes from\n"
                   "model.ckpt; with train.schedule \"ordered\" it ends with the same bytes as an\n"
                   "uninterrupted one, for any number of threads. SIGINT, SIGTERM\n"
                   "and SIGHUP save first.\n"
                   "With train.objective \"word2vec\" it reads vocab.txt and the corpus instead.",
        .stage_main = gv_train_stage};
    return gv_program_main(&program, argc, argv);
}

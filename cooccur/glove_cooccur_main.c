/* glove-cooccur: vocab.txt and the corpus become counts.bin. */
#include "app/gv_program.h"
#include "cooccur/gv_cooccur_stage.h"

int main(int argc, char **argv)
{
    static const gv_program program = {
        .name = "glove-cooccur",
        .stage = GV_STAGE_COOCCUR,
        .summary = "count how often words occur near each other",
        .details =
            "Reads vocab.txt of the run directory and the corpus, and writes counts.bin, the "
            "matrix\n"
            "of co-occurrences: the same bytes for any number of threads, any memory budget and\n"
            "any way the corpus is cut into files. Text that does not fit into cooccur.memory_mb "
            "is\n"
            "counted in batches, with unnamed temporary files in cooccur.temp_dir.",
        .stage_main = gv_cooccur_stage,
    };
    return gv_program_main(&program, argc, argv);
}

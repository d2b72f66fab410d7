/* glove-vocab: corpus -> vocab.txt. */
#include "app/gv_program.h"
#include "cooccur/vocab/gv_vocab_stage.h"

int main(int argc, char **argv)
{
    static const gv_program program = {
        .name = "glove-vocab",
        .stage = GV_STAGE_VOCAB,
        .summary = "count the words of the corpus and write vocab.txt",
        .details =
            "Words that occur at least vocab.min_count times are written with their counts, most\n"
            "frequent first, ties in byte order; vocab.max_size limits their number. Memory "
            "is\n"
            "bounded by vocab.memory_mb: what does not fit goes to temporary files in\n"
            "cooccur.temp_dir (or the run directory), and the result is the same.\n"
            "With vocab.file that vocabulary is used as it is, in its order; vocab.min_count and\n"
            "vocab.max_size do not apply. If it has no counts (one word per line), its words are\n"
            "counted in the corpus.\n"
            "With vocab.phrases, collocations are found first, in several passes, and written to\n"
            "phrases.tsv; vocab.phrase_file names a list of them. Their words are joined by '_' "
            "and\n"
            "counted as one (new_york), here and in all later stages.",
        .stage_main = gv_vocab_stage,
    };
    return gv_program_main(&program, argc, argv);
}

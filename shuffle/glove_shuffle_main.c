/* glove-shuffle: counts.bin to store.db. */
#include "app/gv_program.h"
#include "shuffle/gv_shuffle_stage.h"

int main(int argc, char **argv)
{
    const gv_program program = {
        .name = "glove-shuffle",
        .stage = GV_STAGE_SHUFFLE,
        .summary = "shuffle the co-occurrence matrix into the SQLite store",
        .details =
            "Reads vocab.txt and counts.bin of the run directory and writes store.db: the matrix\n"
            "in tiles, each in random order, with the vocabulary and its provenance.\n"
            "sqlite3 can show what is inside; see docs/store.md.",
        .stage_main = gv_shuffle_stage};
    return gv_program_main(&program, argc, argv);
}

/* Any bytes as a sweep.json, and as a file of combinations: what is read is written and read
 * again as the same. The bytes up to the first NUL are also the text of a grid. */
#include "app/gv_sweep_file.h"
#include "base/gv_mem.h"
#include "config/gv_grid.h"
#include "fuzz_file.h"
#include <string.h>

static char dir[FUZZ_PATH], path[FUZZ_PATH];

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char seed[] =
        "{\"name\": \"a\", \"sets\": [\"train.epochs=5\"], \"grid\": {\"train.dim\": [50]},\n"
        " \"runs\": [{\"dir\": \"dim=50\", \"set\": {\"train.dim\": 50}, \"state\": \"done\"},\n"
        "  {\"dir\": \"eta=1\", \"set\": {\"train.eta\": 1.5}, \"state\": \"failed\",\n"
        "   \"error\": \"no room\"}]}\n";
    static const char grid[] = "train.dim=5, [6],\"7\" train.seed=1..3,9 corpus.files=[\"a,b\"],c";
    fuzz_seed_bytes("small", seed, sizeof seed - 1);
    fuzz_seed_bytes("grid", grid, sizeof grid - 1);
    fuzz_path(dir, "sweep");
    fuzz_path(path, "sweep/sweep.json");
    must(mkdir(dir, 0700) == 0);
    return 0;
}

static void read_sweep(void)
{
    gv_sweep_file file, again;
    if (gv_sweep_file_read(&file, dir, NULL) == GV_OK) {
        must(gv_sweep_file_write(&file, dir, NULL) == GV_OK);
        must(gv_sweep_file_read(&again, dir, NULL) == GV_OK && again.n == file.n);
        for (size_t i = 0; i < file.n; i++) {
            must(strcmp(again.runs[i].dir, file.runs[i].dir) == 0);
            must(!strchr(file.runs[i].dir, '/') && file.runs[i].dir[0] != '.');
            must(again.runs[i].state == file.runs[i].state);
        }
        gv_sweep_file_clear(&again);
    }
    gv_sweep_file_clear(&file);
}

static void combine(bool from_file, const char *text)
{
    gv_grid grid = {0};
    int status = from_file ? gv_grid_add_file(&grid, path, NULL) : gv_grid_add(&grid, text, NULL);
    if (status == GV_OK && gv_grid_combine(&grid, NULL) == GV_OK)
        must(grid.n > 0 && grid.n + grid.merged <= GV_GRID_MOST);
    gv_grid_clear(&grid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = gv_mem_strndup((const char *)data, size, NULL);
    must(text);
    fuzz_write(path, data, size);
    combine(true, NULL);
    combine(false, text);
    read_sweep();
    gv_mem_free(text);
    return 0;
}

/* Any bytes as the lines that a stage writes for glove-run, in each form of its progress. */
#include "fuzz_file.h"
#include "pipeline/gv_pipeline_show.h"
#include <string.h>

static FILE *sink;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char seed[] =
        "{\"stage\":\"vocab\",\"phase\":\"counting\",\"done\":5,\"total\":10,\"eta_s\":3.5}\n"
        "{\"stage\":\"vocab\",\"note\":\"vocab.txt: 3 words\"}\n"
        "{\"stage\":\"train\",\"phase\":\"training\",\"done\":5,\"total\":0,\"eta_s\":null}\n"
        "glove-vocab: error: no such file\n";
    fuzz_seed_bytes("small", seed, sizeof seed - 1);
    sink = fopen("/dev/null", "we");
    if (!sink)
        abort();
    return 0;
}

static void show_lines(char *text, enum gv_progress_mode mode)
{
    gv_pipeline_time times = {
        .n = 2, .stages = {GV_STAGE_VOCAB, GV_STAGE_TRAIN}, .expected = {5, 50}};
    gv_pipeline_show show = {.time = &times};
    char *save = NULL;
    if (gv_progress_open(&show.progress, mode, sink, "run", NULL) != GV_OK)
        abort();
    gv_pipeline_time_begin(&times, 0, 0);
    gv_pipeline_show_begin(&show);
    const gv_child_output output = gv_pipeline_show_output(&show);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        output.err_line(output.self, line);
    output.tick(output.self);
    gv_pipeline_show_clear(&show);
    gv_progress_close(show.progress);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum gv_progress_mode modes[] = {GV_PROGRESS_BAR, GV_PROGRESS_PLAIN,
                                                  GV_PROGRESS_JSON};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        char *text = malloc(size + 1);
        if (!text)
            abort();
        memcpy(text, data, size);
        text[size] = '\0';
        show_lines(text, modes[i]);
        free(text);
    }
    return 0;
}

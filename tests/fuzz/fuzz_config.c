/* Any bytes as a config file. */
#include "base/gv_mem.h"
#include "config/gv_config.h"
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = fuzz_file(path, data, size);
    gv_config *config = NULL;
    gv_error err = GV_ERROR_INIT;
    if (gv_config_load(&config, path, NULL, "fuzz", &err) == GV_OK) {
        char *json = NULL;
        if (gv_config_json(&json, config, NULL) != GV_OK)
            abort();
        gv_mem_free(json);
        gv_config_free(config);
    }
    close(fd);
    return 0;
}

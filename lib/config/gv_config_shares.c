#include "config/gv_config_shares.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_config_key.h"
#include <string.h>

const enum gv_config_stage gv_config_shares_stages[GV_CONFIG_SHARES_STAGES] = {
    GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE};

/* A number for the values of all keys that the stages in the mask read. */
static int hash_keys(uint64_t *hash, const gv_config *config, unsigned stages, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    char *keys = NULL;
    for (const gv_config_key *key = gv_config_key_table; key->name; key++)
        if ((key->reads & stages) && !key->machine && strcmp(key->name, "name") != 0) {
            gv_text_printf(&text, "%s=", key->name);
            gv_config_key_text(&text, config, key);
            gv_text_add(&text, "\n");
        }
    int status = gv_text_take(&keys, &text, err);
    if (status == GV_OK)
        *hash = gv_hash_64(keys, strlen(keys), stages) | 1;
    gv_mem_free(keys);
    return status;
}

int gv_config_shares_find(uint64_t share[GV_CONFIG_SHARES_STAGES], const gv_config *config,
                          gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < GV_CONFIG_SHARES_STAGES && status == GV_OK; i++) {
        const enum gv_config_stage stage = gv_config_shares_stages[i];
        share[i] = 0;
        if (i == 0 || config->train_objective != GV_OBJECTIVE_WORD2VEC)
            status = hash_keys(&share[i], config, ((unsigned)stage << 1) - 1, err);
    }
    return status;
}

int gv_config_shares_settings(uint64_t *settings, const gv_config *config, gv_error *err)
{
    return hash_keys(settings, config, ~0u, err);
}

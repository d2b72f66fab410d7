#include "shuffle/gv_shuffle_inputs.h"

#include <inttypes.h>

uint64_t gv_shuffle_inputs_budget(const gv_shuffle_options *options)
{
    unsigned sharers = options->sharers > 0 ? options->sharers : 1;
    return gv_budget_of_key(options->memory_mb, options->available) / sharers;
}

/* The budget is a share of what the ranks of this machine may use. */
static int too_small_for_ranks(const gv_budget_shuffle *basis, const gv_shuffle_options *options,
                               uint64_t need_mb, gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY,
                        "%u ranks on this machine share shuffle.memory_mb, so each has %" PRIu64
                        " MiB, and %u words need at least %" PRIu64 ": set it to at least %" PRIu64
                        ", or start fewer ranks",
                        options->sharers, basis->budget / GV_BUDGET_MIB, basis->words, need_mb,
                        need_mb * options->sharers);
}

int gv_shuffle_inputs_check_budget(const gv_budget_shuffle *basis,
                                   const gv_shuffle_options *options, gv_error *err)
{
    uint64_t need = gv_budget_shuffle_least(basis), need_mb = need / GV_BUDGET_MIB + 1;
    if (basis->budget >= need)
        return GV_OK;
    if (options->sharers > 1)
        return too_small_for_ranks(basis, options, need_mb, err);
    if (need_mb <= options->memory_mb)
        return gv_error_set(err, GV_E_MEMORY,
                            "only %" PRIu64 " MiB of memory are free for the shuffle, and %u words "
                            "need at least %" PRIu64 ": free some memory, or raise vocab.min_count",
                            basis->budget / GV_BUDGET_MIB, basis->words, need_mb);
    return gv_error_set(err, GV_E_MEMORY,
                        "shuffle.memory_mb = %" PRIu64
                        " is too small for %u words; set it to at least %" PRIu64,
                        options->memory_mb, basis->words, need_mb);
}

int gv_shuffle_inputs_open(gv_shuffle_inputs *inputs, const gv_shuffle_options *options,
                           gv_error *err)
{
    *inputs = (gv_shuffle_inputs){0};
    uint64_t budget = gv_shuffle_inputs_budget(options);
    int status = gv_vocab_read_within(&inputs->vocab, options->vocab_path, 1,
                                      gv_budget_of_reading(budget), "shuffle.memory_mb", err);
    if (status == GV_OK)
        status = gv_counts_open(&inputs->counts, options->counts_path, err);
    if (status != GV_OK)
        return status;
    const gv_counts_info *info = inputs->info = gv_counts_about(inputs->counts);
    if (info->vocab_size != gv_vocab_size(inputs->vocab) ||
        !gv_hash_equal(info->vocab_hash, gv_vocab_hash(inputs->vocab)))
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s was counted with another vocabulary than %s; run glove-cooccur again",
            options->counts_path, options->vocab_path);
    if (info->cells == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s has no records; run glove-cooccur again",
                            options->counts_path);
    inputs->basis = (gv_budget_shuffle){.budget = budget,
                                        .cells = info->cells,
                                        .vocabulary = gv_vocab_memory(inputs->vocab),
                                        .words = info->vocab_size};
    return gv_shuffle_inputs_check_budget(&inputs->basis, options, err);
}

void gv_shuffle_inputs_close(gv_shuffle_inputs *inputs)
{
    gv_vocab_free(inputs->vocab);
    gv_counts_close(inputs->counts);
    *inputs = (gv_shuffle_inputs){0};
}

int gv_shuffle_inputs_put_head(gv_store_writer *writer, const gv_shuffle_inputs *inputs,
                               const uint64_t *row_sums, const gv_shuffle_layout *layout,
                               const char *recipe, gv_error *err)
{
    const gv_counts_info *info = inputs->info;
    const gv_segments *segments = &layout->segments;
    const gv_store_info head = {.vocab_size = info->vocab_size,
                                .symmetric = info->symmetric,
                                .unit = info->unit,
                                .window = info->window,
                                .segments = segments->n,
                                .segment_first = segments->first,
                                .groups = segments->groups,
                                .segment_group = segments->group,
                                .values = layout->codes.n,
                                .value = layout->codes.value,
                                .recipe = recipe,
                                .vocab_hash = info->vocab_hash};
    int status = gv_store_put_words(writer, inputs->vocab, row_sums, err);
    return status == GV_OK ? gv_store_put_layout(writer, &head, err) : status;
}

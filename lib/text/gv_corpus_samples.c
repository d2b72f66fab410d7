/*
 * Samples of the text for gv_advice: the beginnings of the blocks 0, 1, 2, 4, 8 ... At these
 * distances a fixed number of samples covers a corpus whose size is not known before it was read,
 * and which blocks are sampled does not depend on the readers.
 */
#include "text/gv_corpus_internal.h"

#include "base/gv_mem.h"
#include <string.h>

enum { SAMPLE = 16 << 10 }; /* bytes of a sample, at most */

int gv_corpus_keep_samples(gv_corpus *corpus, gv_error *err)
{
    corpus->samples = gv_mem_alloc(GV_ADVICE_SAMPLES, SAMPLE, err);
    return corpus->samples ? GV_OK : GV_E_MEMORY;
}

/* The number of the sample that is taken from a block, GV_ADVICE_SAMPLES if none is. */
static size_t sample_of(uint64_t sequence)
{
    if ((sequence & (sequence - 1)) != 0)
        return GV_ADVICE_SAMPLES;
    size_t i = sequence == 0 ? 0 : 1 + (size_t)__builtin_ctzll(sequence);
    return i < GV_ADVICE_SAMPLES ? i : GV_ADVICE_SAMPLES;
}

/* Keep the beginning of some blocks. Each sample is written by the reader of its block alone. */
void gv_corpus_samples_take(gv_corpus_reader *reader)
{
    gv_corpus *corpus = reader->corpus;
    size_t i = sample_of(reader->sequence);
    reader->sample_due = false;
    if (i == GV_ADVICE_SAMPLES || !corpus->samples)
        return;
    size_t bytes = reader->filled < SAMPLE ? reader->filled : SAMPLE;
    memcpy(corpus->samples + i * SAMPLE, reader->buffer + reader->kept, bytes);
    corpus->sample_bytes[i] = bytes;
}

void gv_corpus_samples(gv_advice_corpus *about, const gv_corpus *corpus)
{
    for (size_t i = 0; i < GV_ADVICE_SAMPLES; i++)
        about->sample[i] =
            (gv_advice_sample){corpus->samples + i * SAMPLE, corpus->sample_bytes[i]};
}

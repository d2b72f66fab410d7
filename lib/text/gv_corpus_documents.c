/*
 * Counting documents, and with them the statistics of a corpus or a part of it.
 *
 * A document can reach over many blocks, and each of these may be another reader's. So each block
 * leaves a note: are there tokens before its first break, is there a break, are there tokens behind
 * its last one? Only documents between two breaks of one block are counted at once; the others are
 * counted when the notes are joined in the order of the blocks.
 */
#include "text/gv_corpus_internal.h"

/* What a block says about documents: bits of block_note. */
enum { TOKENS_FIRST = 1, HAS_BREAK = 2, TOKENS_LAST = 4 };

/* --- in a block ------------------------------------------------------------------------------- */

/* Whether the first document of a block has tokens depends on earlier blocks, so it is only noted;
 * the others are counted. */
void gv_corpus_documents_add_break(gv_corpus_reader *reader)
{
    if (!(reader->note & HAS_BREAK)) {
        if (reader->tokens_since_break)
            reader->note |= TOKENS_FIRST;
        reader->note |= HAS_BREAK;
    } else {
        reader->stats.documents += reader->tokens_since_break;
    }
    reader->tokens_since_break = false;
}

void gv_corpus_documents_add_tokens(gv_corpus_reader *reader, const gv_token *tokens, size_t n,
                                    size_t newlines)
{
    if (newlines == 0) {
        reader->tokens_since_break |= n > 0;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].length == 0)
            gv_corpus_documents_add_break(reader);
        else
            reader->tokens_since_break = true;
    }
}

uint8_t gv_corpus_documents_note(const gv_corpus_reader *reader)
{
    uint8_t note = reader->note;
    if (reader->tokens_since_break)
        note |= note & HAS_BREAK ? TOKENS_LAST : TOKENS_FIRST;
    return note;
}

/* --- of all blocks ---------------------------------------------------------------------------- */

/* Combine the `notes` of `n` neighbours; `*documents` grows by those between
 * two of their breaks. The operation is associative, so blocks, parts and ranks can be joined in
 * any grouping. */
static uint8_t join_notes(uint64_t *documents, const uint8_t *notes, uint64_t n)
{
    uint8_t first = 0;
    bool open = false; /* the current document has tokens */
    for (uint64_t i = 0; i < n; i++) {
        open |= (notes[i] & TOKENS_FIRST) != 0;
        if (!(notes[i] & HAS_BREAK))
            continue;
        if (first & HAS_BREAK)
            *documents += open;
        else
            first = HAS_BREAK | (open ? TOKENS_FIRST : 0);
        open = (notes[i] & TOKENS_LAST) != 0;
    }
    if (!(first & HAS_BREAK))
        return open ? TOKENS_FIRST : 0;
    return first | (open ? TOKENS_LAST : 0);
}

gv_corpus_part gv_corpus_part_statistics(const gv_corpus *corpus)
{
    gv_corpus_part part = {.stats = corpus->stats};
    part.note = join_notes(&part.stats.documents, corpus->block_note, corpus->sequence);
    return part;
}

gv_corpus_stats gv_corpus_join(const gv_corpus_part *parts, size_t n)
{
    gv_corpus_stats stats = {0};
    uint8_t note = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t two[] = {note, (uint8_t)parts[i].note};
        gv_corpus_stats_add(&stats, &parts[i].stats);
        note = join_notes(&stats.documents, two, 2);
    }
    /* a document may be open at both ends */
    stats.documents += (note & TOKENS_FIRST) != 0;
    stats.documents += (note & TOKENS_LAST) != 0;
    return stats;
}

gv_corpus_stats gv_corpus_statistics(const gv_corpus *corpus)
{
    gv_corpus_part part = gv_corpus_part_statistics(corpus);
    return gv_corpus_join(&part, 1);
}

#include "shuffle/gv_shuffle_join.h"

#include "base/gv_mem.h"
#include "dist/gv_rank_pieces.h"
#include "shuffle/gv_shuffle_rank.h"
#include <string.h>

/* A blob as its part describes it; its tiles follow. */
typedef struct entry {
    uint64_t bytes, checksum;
    uint32_t id, tiles;
} entry;

/* --- numbers ---------------------------------------------------------------------------------- */

int gv_shuffle_join_begin(gv_shuffle_join *join, gv_rank_inbox *inbox,
                          const gv_shuffle_blocks *blocks, gv_error *err)
{
    *join = (gv_shuffle_join){.inbox = inbox, .blocks = blocks};
    size_t ranks = (size_t)gv_comm_size(inbox->comm);
    if (!(join->first = gv_mem_alloc_zero((size_t)blocks->n + 1, sizeof *join->first, err)) ||
        !(join->row = gv_mem_alloc_zero(blocks->n, sizeof *join->row, err)) ||
        !(join->other_row = gv_mem_alloc_zero(blocks->n, sizeof *join->other_row, err)) ||
        !(join->blobs_of = gv_mem_alloc_zero(blocks->parts, sizeof *join->blobs_of, err)) ||
        !(join->reported = gv_mem_alloc_zero(ranks, sizeof *join->reported, err)))
        return GV_E_MEMORY;
    for (uint32_t part = 0; part < blocks->parts; part++)
        if (!(join->blobs_of[part] = gv_mem_alloc_zero(blocks->n, sizeof **join->blobs_of, err)))
            return GV_E_MEMORY;
    return GV_OK;
}

void gv_shuffle_join_clear(gv_shuffle_join *join)
{
    for (uint32_t part = 0; join->blobs_of && part < join->blocks->parts; part++)
        gv_mem_free(join->blobs_of[part]);
    gv_mem_free(join->blobs_of);
    gv_mem_free(join->first);
    gv_mem_free(join->row);
    gv_mem_free(join->other_row);
    gv_mem_free(join->checksum);
    gv_mem_free(join->reported);
    *join = (gv_shuffle_join){0};
}

static enum gv_rank_inbox_answer is_report(const void *context, const gv_comm_message *message)
{
    const gv_shuffle_join *join = context;
    size_t blobs = (uint32_t)message->from < join->blocks->parts
                       ? join->blocks->n * sizeof **join->blobs_of
                       : 0;
    bool report = message->tag == GV_SHUFFLE_RANK_PACKED && !join->reported[message->from] &&
                  message->bytes == sizeof(gv_shuffle_join_work) + blobs;
    return report ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
}

static void take_report(gv_shuffle_join *join, const gv_comm_message *message)
{
    gv_shuffle_join_work work;
    memcpy(&work, message->data, sizeof work);
    join->work.escapes += work.escapes;
    join->work.spilled += work.spilled;
    join->reported[message->from] = true;
    if ((uint32_t)message->from < join->blocks->parts)
        memcpy(join->blobs_of[message->from], (uint8_t *)message->data + sizeof work,
               join->blocks->n * sizeof **join->blobs_of);
}

static int take_reports(gv_shuffle_join *join, gv_error *err)
{
    int status = GV_OK;
    for (int i = 1; status == GV_OK && i < gv_comm_size(join->inbox->comm); i++) {
        gv_comm_message message;
        status = gv_rank_inbox_receive(join->inbox, &message, is_report, join, err);
        if (status == GV_OK)
            take_report(join, &message);
        gv_comm_message_free(&message);
    }
    return status;
}

static int differs(const gv_shuffle_blocks_one *block, gv_error *err)
{
    return gv_error_set(err, GV_E_RUNTIME, "ranks %u and %u have packed the same cells differently",
                        block->part, block->other);
}

/* Number the blobs in the order of blocks, and in the order of each part; `rows` [parts] is 0. */
static int number_blobs(gv_shuffle_join *join, uint32_t *rows, gv_error *err)
{
    uint64_t blobs = 0;
    for (uint32_t i = 0; i < join->blocks->n; i++) {
        const gv_shuffle_blocks_one *block = &join->blocks->block[i];
        uint32_t n = join->blobs_of[block->part][i];
        if (join->blobs_of[block->other][i] != n)
            return differs(block, err);
        join->row[i] = rows[block->part];
        join->other_row[i] = rows[block->other];
        rows[block->part] += n;
        if (block->other != block->part)
            rows[block->other] += n;
        join->first[i] = (uint32_t)blobs;
        blobs += n;
        if (blobs > UINT32_MAX)
            return gv_error_set(err, GV_E_RUNTIME, "the store has more than 2^32 blobs");
    }
    join->first[join->blocks->n] = (uint32_t)blobs;
    return GV_OK;
}

int gv_shuffle_join_number(gv_shuffle_join *join, const gv_shuffle_part *own,
                           const gv_shuffle_join_work *work, gv_error *err)
{
    const gv_shuffle_blocks *blocks = join->blocks;
    join->work = *work;
    join->reported[0] = true;
    memcpy(join->blobs_of[0], own->blobs_of, blocks->n * sizeof **join->blobs_of);
    int status = take_reports(join, err);
    uint32_t *rows = gv_mem_alloc_zero(blocks->parts, sizeof *rows, err);
    if (status == GV_OK)
        status = rows ? number_blobs(join, rows, err) : GV_E_MEMORY;
    gv_mem_free(rows);
    if (status == GV_OK &&
        !(join->checksum = gv_mem_alloc(join->first[blocks->n], sizeof *join->checksum, err)))
        status = GV_E_MEMORY;
    for (uint32_t part = 1; status == GV_OK && part < blocks->parts; part++)
        status = gv_comm_send(join->inbox->comm, (int)part, GV_SHUFFLE_RANK_NUMBERS, join->first,
                              blocks->n * sizeof *join->first, err);
    return status;
}

int gv_shuffle_join_report(gv_rank_inbox *inbox, const gv_shuffle_part *part,
                           const gv_shuffle_join_work *work, gv_error *err)
{
    size_t blobs = part ? part->blocks->n * sizeof *part->blobs_of : 0;
    uint8_t *data = gv_comm_buffer(sizeof *work + blobs, err);
    if (!data)
        return GV_E_MEMORY;
    memcpy(data, work, sizeof *work);
    if (blobs > 0)
        memcpy(data + sizeof *work, part->blobs_of, blobs);
    return gv_comm_post(inbox->comm, 0, GV_SHUFFLE_RANK_PACKED, data, sizeof *work + blobs, err);
}

int gv_shuffle_join_hear_numbers(uint32_t **first, gv_rank_inbox *inbox,
                                 const gv_shuffle_blocks *blocks, gv_error *err)
{
    gv_comm_message message;
    *first = NULL;
    int status = gv_rank_inbox_expect(inbox, &message, 0, GV_SHUFFLE_RANK_NUMBERS, err);
    if (status == GV_OK && message.bytes != blocks->n * sizeof **first)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK && !(*first = gv_mem_alloc(blocks->n, sizeof **first, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        memcpy(*first, message.data, message.bytes);
    gv_comm_message_free(&message);
    return status;
}

/* --- blobs ------------------------------------------------------------------------------------ */

/* The blob `e` of part `part`, which is in block `block`. */
static int put_entry(gv_shuffle_join *join, gv_store_writer *writer, uint32_t block, const entry *e,
                     const gv_store_tile *tiles, gv_error *err)
{
    const gv_shuffle_blocks_one *b = &join->blocks->block[block];
    uint32_t in_block = e->id - join->first[block];
    const gv_store_part_place places[] = {{b->part, join->row[block] + in_block},
                                          {b->other, join->other_row[block] + in_block}};
    const gv_store_manifest_blob blob = {.tiles = tiles,
                                         .tile_count = e->tiles,
                                         .bytes = e->bytes,
                                         .checksum = e->checksum,
                                         .places = places,
                                         .place_count = b->other == b->part ? 1 : 2};
    join->checksum[join->put++] = e->checksum;
    join->tiles += e->tiles;
    return gv_store_manifest_put_blob(writer, &blob, err);
}

/* What rank 0 takes from one part. */
typedef struct taking {
    gv_shuffle_join *join;
    gv_store_writer *writer;
    uint32_t part;
    uint32_t block, in_block; /* of the next entry */
    gv_store_tile *tiles;     /* aligned */
    size_t tile_capacity;
    size_t layout_segments;
} taking;

/* Find the block of the part's next blob: false if it has no more. */
static bool next_blob(taking *t)
{
    const gv_shuffle_join *join = t->join;
    while (t->block < join->blocks->n && (!gv_shuffle_blocks_has(join->blocks, t->block, t->part) ||
                                          t->in_block == join->blobs_of[t->part][t->block])) {
        t->block++;
        t->in_block = 0;
    }
    return t->block < join->blocks->n;
}

/* Take the next entry of the part; `*bad` if it is another than the one that must come. */
static int take_entry(taking *t, const entry *e, const gv_store_tile *tiles, bool *bad,
                      gv_error *err)
{
    gv_shuffle_join *join = t->join;
    *bad = !next_blob(t) || e->id != join->first[t->block] + t->in_block;
    if (*bad)
        return GV_OK;
    const gv_shuffle_blocks_one *block = &join->blocks->block[t->block];
    bool describes = block->part == t->part;
    *bad = describes ? e->tiles == 0 || e->id != join->put : e->tiles != 0 || e->id >= join->put;
    if (*bad)
        return GV_OK;
    t->in_block++;
    if (describes)
        return put_entry(join, t->writer, t->block, e, tiles, err);
    return join->checksum[e->id] == e->checksum ? GV_OK : differs(block, err);
}

/* Tiles that are no tiles of the store would be places in arrays. */
static bool are_tiles(const taking *t, const gv_store_tile *tiles, size_t n)
{
    bool good = true;
    for (size_t i = 0; good && i < n; i++)
        good = tiles[i].row_segment < t->layout_segments &&
               tiles[i].column_segment < t->layout_segments;
    return good;
}

/* A gv_rank_pieces_take: entries with their tiles. */
static int take_piece(void *context, const gv_comm_message *piece, gv_error *err)
{
    taking *t = context;
    const uint8_t *at = piece->data, *end = at + piece->bytes;
    int status = GV_OK;
    while (status == GV_OK && at < end) {
        entry e = {0};
        bool bad = (size_t)(end - at) < sizeof e;
        if (!bad) {
            memcpy(&e, at, sizeof e);
            at += sizeof e;
            bad = e.tiles > (size_t)(end - at) / sizeof *t->tiles;
        }
        if (!bad) {
            status = gv_mem_reserve(&t->tiles, &t->tile_capacity, e.tiles, sizeof *t->tiles, err);
            if (status != GV_OK)
                return status;
            if (e.tiles > 0)
                memcpy(t->tiles, at, e.tiles * sizeof *t->tiles);
            at += e.tiles * sizeof *t->tiles;
            bad = !are_tiles(t, t->tiles, e.tiles);
        }
        if (!bad)
            status = take_entry(t, &e, t->tiles, &bad, err);
        if (bad)
            return gv_comm_unexpected(piece, err);
    }
    return status;
}

static entry entry_of(const gv_shuffle_part *part, const gv_shuffle_part_blob *blob)
{
    return (entry){.bytes = blob->bytes,
                   .checksum = blob->checksum,
                   .id = blob->id,
                   .tiles = gv_shuffle_part_describes(part, blob->block) ? blob->tile_count : 0};
}

/* Rank 0's own part is the first. */
static int put_own(taking *t, const gv_shuffle_part *own, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t row = 0; status == GV_OK && row < own->n; row++) {
        const gv_shuffle_part_blob *blob = &own->blob[row];
        const entry e = entry_of(own, blob);
        bool bad = false;
        status = take_entry(t, &e, own->tiles + blob->first_tile, &bad, err);
        if (status == GV_OK && bad)
            status = gv_error_set(err, GV_E_RUNTIME, "the blobs of part 1 are out of order");
        if (status == GV_OK)
            status = gv_comm_keep_alive(t->join->inbox->comm, err);
    }
    return status;
}

int gv_shuffle_join_put(gv_shuffle_join *join, gv_store_writer *writer, const gv_shuffle_part *own,
                        gv_error *err)
{
    taking t = {.join = join, .writer = writer, .layout_segments = own->layout->segments.n};
    int status = put_own(&t, own, err);
    for (uint32_t part = 1; status == GV_OK && part < join->blocks->parts; part++) {
        t.part = part;
        t.block = t.in_block = 0;
        status = gv_rank_pieces_fetch(join->inbox, (int)part, take_piece, &t, err);
        if (status == GV_OK && next_blob(&t))
            status =
                gv_error_set(err, GV_E_RUNTIME, "rank %u has not described all of its blobs", part);
    }
    gv_mem_free(t.tiles);
    return status;
}

/* The entries that a worker rank sends. */
typedef struct entries {
    const gv_shuffle_part *part;
    uint32_t row; /* the next */
} entries;

static size_t entry_bytes(const entry *e)
{
    return sizeof *e + e->tiles * sizeof(gv_store_tile);
}

/* A gv_rank_pieces_next: as many entries as make a good piece. */
static int next_piece(void *context, void **data, size_t *bytes, gv_error *err)
{
    entries *s = context;
    const gv_shuffle_part *part = s->part;
    uint32_t end = s->row;
    *data = NULL;
    *bytes = 0;
    for (; end < part->n && *bytes < GV_RANK_PIECES_BYTES; end++) {
        const entry e = entry_of(part, &part->blob[end]);
        *bytes += entry_bytes(&e);
    }
    if (end == s->row)
        return GV_OK;
    uint8_t *at = gv_comm_buffer(*bytes, err);
    if (!(*data = at))
        return GV_E_MEMORY;
    for (; s->row < end; s->row++) {
        const entry e = entry_of(part, &part->blob[s->row]);
        memcpy(at, &e, sizeof e);
        if (e.tiles > 0)
            memcpy(at + sizeof e, part->tiles + part->blob[s->row].first_tile,
                   e.tiles * sizeof *part->tiles);
        at += entry_bytes(&e);
    }
    return GV_OK;
}

int gv_shuffle_join_send(gv_rank_inbox *inbox, const gv_shuffle_part *part, gv_error *err)
{
    entries s = {.part = part};
    return gv_rank_pieces_send(inbox, next_piece, &s, err);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* A message of text: `head`, then the strings, each with its 0. */
static int send_names(gv_comm *comm, int to, unsigned tag, const char *head,
                      const gv_strings *names, gv_error *err)
{
    size_t bytes = strlen(head) + 1;
    for (size_t i = 0; i < names->n; i++)
        bytes += strlen(names->items[i]) + 1;
    char *data = gv_comm_buffer(bytes, err);
    if (!data)
        return GV_E_MEMORY;
    char *at = stpcpy(data, head) + 1;
    for (size_t i = 0; i < names->n; i++)
        at = stpcpy(at, names->items[i]) + 1;
    return gv_comm_post(comm, to, tag, data, bytes, err);
}

/* The first string goes to `head` (`room` bytes), the others to `names`. */
static int read_names(char *head, size_t room, gv_strings *names, const gv_comm_message *message,
                      gv_error *err)
{
    const char *text = message->data, *end = text + message->bytes;
    if (message->bytes == 0 || end[-1] != '\0' || strlen(text) >= room)
        return gv_comm_unexpected(message, err);
    memcpy(head, text, strlen(text) + 1);
    int status = GV_OK;
    for (text += strlen(text) + 1; status == GV_OK && text < end; text += strlen(text) + 1) {
        /* names of files in a folder: nothing else is ever removed */
        if (strchr(text, '/') || strncmp(text, "store-", 6) != 0)
            return gv_comm_unexpected(message, err);
        status = gv_strings_add(names, text, err);
    }
    return status;
}

int gv_shuffle_join_tell_hash(gv_shuffle_join *join, const char *content_hash,
                              const gv_strings *old, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t part = 1; status == GV_OK && part < join->blocks->parts; part++)
        status =
            send_names(join->inbox->comm, (int)part, GV_SHUFFLE_RANK_HASH, content_hash, old, err);
    return status;
}

int gv_shuffle_join_tell_old(gv_shuffle_join *join, const gv_strings *old, gv_error *err)
{
    int status = GV_OK;
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(join->inbox->comm); rank++)
        status = send_names(join->inbox->comm, rank, GV_SHUFFLE_RANK_OLD, "", old, err);
    return status;
}

static int hear_names(char *head, size_t room, gv_strings *names, gv_rank_inbox *inbox,
                      unsigned tag, gv_error *err)
{
    gv_comm_message message;
    int status = gv_rank_inbox_expect(inbox, &message, 0, tag, err);
    if (status == GV_OK)
        status = read_names(head, room, names, &message, err);
    gv_comm_message_free(&message);
    return status;
}

int gv_shuffle_join_hear_hash(char content_hash[GV_HASH_HEX], gv_strings *old, gv_rank_inbox *inbox,
                              gv_error *err)
{
    return hear_names(content_hash, GV_HASH_HEX, old, inbox, GV_SHUFFLE_RANK_HASH, err);
}

int gv_shuffle_join_hear_old(gv_strings *old, gv_rank_inbox *inbox, gv_error *err)
{
    char head[1];
    return hear_names(head, sizeof head, old, inbox, GV_SHUFFLE_RANK_OLD, err);
}

int gv_shuffle_join_send_part(gv_rank_inbox *inbox, const gv_store_part *about, gv_error *err)
{
    return gv_comm_send(inbox->comm, 0, GV_SHUFFLE_RANK_PART, about, sizeof *about, err);
}

/* The parts that have come. */
typedef struct arrivals {
    uint32_t parts;
    bool *come;
} arrivals;

static enum gv_rank_inbox_answer is_part(const void *context, const gv_comm_message *message)
{
    const arrivals *a = context;
    bool part = message->tag == GV_SHUFFLE_RANK_PART && message->bytes == sizeof(gv_store_part) &&
                message->from > 0 && (uint32_t)message->from < a->parts && !a->come[message->from];
    return part ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
}

int gv_shuffle_join_take_parts(gv_shuffle_join *join, gv_store_part *abouts, gv_error *err)
{
    arrivals a = {join->blocks->parts, gv_mem_alloc_zero(join->blocks->parts, 1, err)};
    int status = a.come ? GV_OK : GV_E_MEMORY;
    for (uint32_t i = 1; status == GV_OK && i < a.parts; i++) {
        gv_comm_message message;
        status = gv_rank_inbox_receive(join->inbox, &message, is_part, &a, err);
        if (status == GV_OK) {
            gv_store_part *about = &abouts[message.from];
            memcpy(about, message.data, sizeof *about);
            a.come[message.from] = true;
            if (!memchr(about->name, 0, sizeof about->name))
                status = gv_comm_unexpected(&message, err);
        }
        gv_comm_message_free(&message);
    }
    gv_mem_free(a.come);
    return status;
}

/*
 * ranks_net - transports of messages between ranks (gv_comm) for the target fuzz_ranks: one
 * records what a rank receives in a real job, one replays such a record, however it was changed.
 *
 * A record is a list of messages: sender (1 byte), kind (2), how many messages the rank had sent
 * before (2), length (4), bytes; little-endian. A length beyond the end means the rest. The kind
 * RANKS_NET_SILENCE is no message: time passes, so that ranks of which nothing comes are lost.
 */
#ifndef RANKS_NET_H
#define RANKS_NET_H

#include "dist/gv_comm.h"
#include <stddef.h>
#include <stdint.h>

enum { RANKS_NET_RANKS = 3, RANKS_NET_HEAD = 9, RANKS_NET_SILENCE = 0xffff };

/* The record of what a rank has received; memory of malloc. */
typedef struct ranks_net_record {
    uint8_t *bytes;
    size_t n, room;
} ranks_net_record;

/* Threads of one process as ranks; each makes its own. `record` (borrowed) begins with what it
 * holds. Messages that are left at the end are dropped by ranks_net_clear. */
gv_comm *ranks_net_recorded(int rank, ranks_net_record *record);
void ranks_net_clear(void);
void ranks_net_append(ranks_net_record *record, const void *bytes, size_t n);

/* Rank `rank` alone: it receives what `data` says, and then GV_E_RUNTIME; what it sends is dropped.
 * Time stands still but for pauses and RANKS_NET_SILENCE. */
gv_comm *ranks_net_replayed(int rank, const uint8_t *data, size_t size);
/* Time runs again. */
void ranks_net_replay_end(void);

/* A custom mutator for records behind the first `skip` bytes. */
size_t ranks_net_mutate(uint8_t *data, size_t size, size_t room, unsigned seed, size_t skip);

#endif

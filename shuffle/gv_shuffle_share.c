/*
 * Rank 0 says what counts.bin is. Every rank looks for it, and reports the share it has found, or
 * that it does not see the file; rank 0 finds the shares of those. Then each learns what comes
 * before its share.
 */
#include "shuffle/gv_shuffle_share.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "dist/gv_relay.h"
#include "shuffle/gv_shuffle_rank.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Which file. */
typedef struct identity {
    uint64_t bytes;
    gv_hash content;
} identity;

typedef struct report {
    uint64_t seen; /* does the rank see the file? */
    gv_counts_share share;
} report;

/* What rank 0 answers. */
typedef struct answer {
    gv_counts_share share;
    uint64_t head_end, tail_begin,
        bytes; /* of the file: all before and behind its blocks; in all */
} answer;

enum { RANGES = 3 }; /* of the file that a copy has */

/* Finding a share, as a background task. */
typedef struct finding {
    gv_counts_share *share;
    const gv_counts *counts;
    unsigned part, parts;
} finding;

static int find_share(void *context, gv_error *err)
{
    finding *f = context;
    return gv_counts_share_find(f->share, f->counts, f->part, f->parts, err);
}

/* --- rank 0 ----------------------------------------------------------------------------------- */

typedef struct deal {
    gv_rank_inbox *inbox;
    const gv_counts *counts;
    const char *path;
    int size;
    gv_counts_share *shares;
    uint8_t *said;  /* [size] of a rank: NONE, SEEN, UNSEEN */
    uint64_t bytes; /* of the file */
} deal;

enum { NONE, SEEN, UNSEEN };

static int tell_identity(deal *d, gv_error *err)
{
    gv_file_stat look;
    int status = gv_file_look(&look, d->path, err);
    if (status != GV_OK)
        return status;
    d->bytes = look.size;
    const identity id = {look.size, gv_counts_about(d->counts)->content_hash};
    for (int rank = 1; status == GV_OK && rank < d->size; rank++)
        status = gv_comm_send(d->inbox->comm, rank, GV_SHUFFLE_RANK_COUNTS, &id, sizeof id, err);
    return status;
}

static enum gv_rank_inbox_answer is_report(const void *context, const gv_comm_message *message)
{
    const deal *d = context;
    bool good = message->tag == GV_SHUFFLE_RANK_SHARE && message->bytes == sizeof(report) &&
                d->said[message->from] == NONE;
    return good ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
}

static int take_reports(deal *d, gv_error *err)
{
    int status = GV_OK;
    for (int i = 1; status == GV_OK && i < d->size; i++) {
        gv_comm_message message;
        report r;
        status = gv_rank_inbox_receive(d->inbox, &message, is_report, d, err);
        if (status == GV_OK) {
            memcpy(&r, message.data, sizeof r);
            d->said[message.from] = r.seen ? SEEN : UNSEEN;
            d->shares[message.from] = r.share;
        }
        gv_comm_message_free(&message);
    }
    return status;
}

static int find(deal *d, int rank, gv_error *err)
{
    finding f = {&d->shares[rank], d->counts, (unsigned)rank, (unsigned)d->size};
    return gv_comm_run_background(d->inbox->comm, find_share, &f, err);
}

/* What a rank without the file needs of it. */
static void ranges_of(uint64_t ranges[RANGES][2], const answer *a)
{
    const uint64_t all[RANGES][2] = {
        {0, a->head_end}, {a->share.begin, a->share.end}, {a->tail_begin, a->bytes}};
    memcpy(ranges, all, sizeof all);
}

static answer answer_for(const deal *d, int rank)
{
    return (answer){.share = d->shares[rank],
                    .head_end = d->shares[0].begin,
                    .tail_begin = d->shares[d->size - 1].end,
                    .bytes = d->bytes};
}

static int send_copy(deal *d, int rank, gv_error *err)
{
    uint64_t ranges[RANGES][2];
    const answer a = answer_for(d, rank);
    int status = GV_OK, fd = open(d->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gv_error_set_errno(err, "cannot open %s", d->path);
    ranges_of(ranges, &a);
    for (int i = 0; status == GV_OK && i < RANGES; i++) {
        const gv_relay_bytes bytes = {fd, ranges[i][0], ranges[i][1], d->path};
        status = gv_relay_send(d->inbox->comm, &bytes, &rank, 1, NULL, err);
    }
    close(fd);
    return status;
}

static int send_answers(deal *d, gv_error *err)
{
    int status = GV_OK;
    for (int rank = 1; status == GV_OK && rank < d->size; rank++) {
        const answer a = answer_for(d, rank);
        status = gv_comm_send(d->inbox->comm, rank, GV_SHUFFLE_RANK_SHARE, &a, sizeof a, err);
    }
    for (int rank = 1; status == GV_OK && rank < d->size; rank++)
        if (d->said[rank] == UNSEEN)
            status = send_copy(d, rank, err);
    return status;
}

static int deal_shares(deal *d, gv_error *err)
{
    int status = tell_identity(d, err);
    if (status == GV_OK)
        status = find(d, 0, err);
    if (status == GV_OK)
        status = take_reports(d, err);
    for (int rank = 1; status == GV_OK && rank < d->size; rank++)
        if (d->said[rank] == UNSEEN)
            status = find(d, rank, err);
    if (status == GV_OK)
        status = gv_counts_share_join(d->shares, (unsigned)d->size, d->counts, err);
    return status == GV_OK ? send_answers(d, err) : status;
}

int gv_shuffle_share_deal(gv_counts_share **shares, gv_rank_inbox *inbox, const gv_counts *counts,
                          const char *path, gv_error *err)
{
    deal d = {inbox, counts, path, gv_comm_size(inbox->comm), NULL, NULL, 0};
    int status = GV_E_MEMORY;
    if ((d.shares = gv_mem_alloc_zero((size_t)d.size, sizeof *d.shares, err)) &&
        (d.said = gv_mem_alloc_zero((size_t)d.size, sizeof *d.said, err)))
        status = deal_shares(&d, err);
    gv_mem_free(d.said);
    *shares = d.shares;
    return status;
}

/* --- worker ranks ----------------------------------------------------------------------------- */

/* Opening the file, as a background task. */
typedef struct look {
    gv_counts **counts;
    const char *path;
    const identity *id;
    gv_counts_share *share;
    unsigned part, parts;
    bool seen;
} look;

static int open_counts(void *context, gv_error *err)
{
    look *l = context;
    gv_error unseen = GV_ERROR_INIT; /* why is of no matter: rank 0 sends what it sees */
    gv_file_stat stat;
    l->seen = gv_file_look(&stat, l->path, &unseen) == GV_OK && stat.exists &&
              stat.size == l->id->bytes && gv_counts_open(l->counts, l->path, &unseen) == GV_OK &&
              gv_hash_equal(gv_counts_about(*l->counts)->content_hash, l->id->content);
    return l->seen ? gv_counts_share_find(l->share, *l->counts, l->part, l->parts, err) : GV_OK;
}

/* The copy that rank 0 sends: its parts are at their places in a file with nothing between. */
static int receive_copy(gv_comm *comm, int fd, const answer *a, gv_error *err)
{
    uint64_t ranges[RANGES][2], bytes = 0;
    int status = GV_OK;
    ranges_of(ranges, a);
    for (int i = 0; status == GV_OK && i < RANGES; i++)
        status = gv_relay_receive(&bytes, comm, fd, ranges[i][0], "the copy of counts.bin", err);
    return status;
}

static int open_copy(gv_counts **counts, gv_comm *comm, const answer *a, const char *temp_dir,
                     gv_error *err)
{
    int fd = -1;
    char path[GV_RELAY_PATH];
    gv_counts_close(*counts); /* another file of that name */
    *counts = NULL;
    int status = gv_file_temp_open(&fd, temp_dir, err);
    if (status != GV_OK)
        return status;
    status = receive_copy(comm, fd, a, err);
    gv_relay_path(path, fd);
    if (status == GV_OK)
        status = gv_counts_open(counts, path, err);
    close(fd);
    return status;
}

int gv_shuffle_share_receive(gv_counts **counts, gv_counts_share *share, gv_rank_inbox *inbox,
                             const char *path, const char *temp_dir, gv_error *err)
{
    gv_comm_message message;
    identity id = {0};
    report r = {0};
    answer a = {0};
    *counts = NULL;
    int status = gv_rank_inbox_expect(inbox, &message, 0, GV_SHUFFLE_RANK_COUNTS, err);
    if (status == GV_OK && message.bytes != sizeof id)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK)
        memcpy(&id, message.data, sizeof id);
    gv_comm_message_free(&message);
    look l = {counts,
              path,
              &id,
              &r.share,
              (unsigned)gv_comm_rank(inbox->comm),
              (unsigned)gv_comm_size(inbox->comm),
              false};
    if (status == GV_OK)
        status = gv_comm_run_background(inbox->comm, open_counts, &l, err);
    r.seen = l.seen;
    if (status == GV_OK)
        status = gv_comm_send(inbox->comm, 0, GV_SHUFFLE_RANK_SHARE, &r, sizeof r, err);
    if (status != GV_OK)
        return status;
    status = gv_rank_inbox_expect(inbox, &message, 0, GV_SHUFFLE_RANK_SHARE, err);
    if (status == GV_OK && message.bytes != sizeof a)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK)
        memcpy(&a, message.data, sizeof a);
    gv_comm_message_free(&message);
    *share = a.share;
    return status == GV_OK && !l.seen ? open_copy(counts, inbox->comm, &a, temp_dir, err) : status;
}

/*
 * gv_relay: bytes of a file of rank 0 for other ranks, through a chain of these, and messages that
 * break the protocol. Each rank is a thread.
 */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "dist/gv_comm_local.h"
#include "dist/gv_relay.h"
#include "support/gv_test.h"
#include <string.h>
#include <unistd.h>

enum { RANKS = 5, BYTES = 6 * GV_RELAY_PIECE + 1234, FROM = 77, AT = 500 };

static gv_comm_local_net *net;
static uint8_t *text;
static int source, to[RANKS - 1], n_to;
static uint64_t sent[RANKS];

static bool is_receiver(int rank)
{
    bool found = false;
    for (int i = 0; i < n_to; i++)
        found |= to[i] == rank;
    return found;
}

static int receive(int rank, gv_comm *comm, gv_error *err)
{
    static uint8_t got[RANKS][BYTES + AT];
    uint64_t bytes;
    int fd;
    int status = gv_file_temp_open(&fd, ".", err);
    if (status == GV_OK)
        status = gv_relay_receive(&bytes, comm, fd, AT, "copy", err);
    if (status == GV_OK)
        status = gv_file_pread(fd, got[rank], bytes + AT, 0, "copy", err);
    if (status == GV_OK &&
        (bytes != BYTES - FROM || memcmp(got[rank] + AT, text + FROM, bytes) != 0))
        status = gv_error_set(err, GV_E_CORRUPT, "rank %d has other bytes", rank);
    close(fd);
    return status;
}

static int run_rank(void *context, unsigned number, gv_error *err)
{
    (void)context;
    int code, rank = (int)number;
    gv_comm *comm;
    int status = gv_comm_local_new(&comm, net, rank, err);
    if (status != GV_OK)
        return status;
    const gv_relay_bytes bytes = {source, FROM, BYTES, "source"};
    if (rank == 0)
        status = gv_relay_send(comm, &bytes, to, n_to, NULL, err);
    else if (is_receiver(rank))
        status = receive(rank, comm, err);
    sent[rank] = gv_comm_sent(comm).bytes;
    if (rank == 0)
        gv_comm_end(comm, 0);
    else if (status == GV_OK)
        status = gv_comm_wait_end(comm, &code, err);
    gv_comm_local_free(comm);
    return status;
}

static void make_source(void)
{
    gv_error err = GV_ERROR_INIT;
    text = gv_mem_alloc(BYTES, 1, &err);
    cr_assert_not_null(text);
    for (size_t i = 0; i < BYTES; i++)
        text[i] = (uint8_t)(i * 2654435761u >> 13);
    gv_assert_ok(gv_file_temp_open(&source, ".", &err), err);
    gv_assert_ok(gv_file_pwrite(source, text, BYTES, 0, "source", &err), err);
}

/* Whoever gets the file, rank 0 sends it once. */
Test(relay, every_rank_gets_the_bytes_and_rank_0_sends_them_once, .timeout = 60)
{
    static const int lists[][RANKS] = {{1, 0}, {4, 0}, {3, 1, 0}, {1, 2, 3, 4, 0}};
    make_source();
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        gv_error err = GV_ERROR_INIT;
        for (n_to = 0; lists[l][n_to] != 0; n_to++)
            to[n_to] = lists[l][n_to];
        gv_assert_ok(gv_comm_local_net_new(&net, RANKS, &err), err);
        gv_assert_ok(gv_threads_run(RANKS, run_rank, NULL, &err), err);
        gv_comm_local_net_free(net);
        cr_assert_geq(sent[0], (uint64_t)BYTES - FROM);
        cr_assert_lt(sent[0], (uint64_t)BYTES + 1000);
    }
    close(source);
    gv_mem_free(text);
}

/* --- messages that lie ------------------------------------------------------------------------ */

typedef struct lie_head {
    uint64_t bytes;
    int32_t before, after;
} lie_head;

/* What rank 1 of 3 makes of a head and a piece that rank `from` sends. */
static void expect_refusal(int from, const lie_head *head, size_t head_bytes, size_t piece_bytes)
{
    enum { HEAD = 910, PIECE };
    gv_comm *comms[3];
    gv_error err = GV_ERROR_INIT;
    uint64_t bytes;
    int fd;
    gv_assert_ok(gv_comm_local_net_new(&net, 3, &err), err);
    for (int i = 0; i < 3; i++)
        gv_assert_ok(gv_comm_local_new(&comms[i], net, i, &err), err);
    gv_assert_ok(gv_file_temp_open(&fd, ".", &err), err);
    uint8_t *piece = gv_mem_alloc_zero(piece_bytes + 1, 1, &err);
    gv_assert_ok(gv_comm_send(comms[from], 1, HEAD, head, head_bytes, &err), err);
    gv_assert_ok(gv_comm_send(comms[0], 1, PIECE, piece, piece_bytes, &err), err);
    cr_assert_eq(gv_relay_receive(&bytes, comms[1], fd, 0, "copy", &err), GV_E_RUNTIME);
    cr_assert_not_null(strstr(err.text, "unexpected message"), "%s", err.text);
    for (int i = 0; i < 3; i++)
        gv_comm_local_free(comms[i]);
    gv_comm_local_net_free(net);
    gv_mem_free(piece);
    close(fd);
}

Test(relay, lies_are_refused)
{
    const lie_head good = {100, 0, -1}, from_itself = {100, 1, -1}, to_rank_0 = {100, 0, 0},
                   beyond = {100, 0, 3}, endless = {UINT64_MAX, 0, -1}, large = {1u << 30, 0, -1};
    expect_refusal(2, &good, sizeof good, 10);
    expect_refusal(0, &good, sizeof good - 1, 10);
    expect_refusal(0, &good, sizeof good, 0);
    expect_refusal(0, &good, sizeof good, 101);
    expect_refusal(0, &large, sizeof large, GV_RELAY_PIECE + 1);
    expect_refusal(0, &from_itself, sizeof good, 10);
    expect_refusal(0, &to_rank_0, sizeof good, 10);
    expect_refusal(0, &beyond, sizeof good, 10);
    expect_refusal(0, &endless, sizeof good, 10);
}

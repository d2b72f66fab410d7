/*
 * gv_comm over the local transport: order, deadlines, lost ranks, failures, traffic.
 *
 * One thread drives all ranks, and the clock is the test's own (linked with --wrap): it moves only
 * when a rank pauses or when the test says so. No test waits for a deadline or depends on load.
 */
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "dist/gv_comm.h"
#include "dist/gv_comm_internal.h"
#include "dist/gv_comm_local.h"
#include "support/gv_test.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TAG = GV_TAG_FIRST, RANKS_MAX = 5 };

/* --- the clock -------------------------------------------------------------------------------- */

static atomic_llong clock_ns;

double __wrap_gv_clock_wall_seconds(void);
double __wrap_gv_clock_wall_seconds(void)
{
    return 1e-9 * (double)atomic_load(&clock_ns);
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest)
{
    (void)rest;
    atomic_fetch_add(&clock_ns, pause->tv_sec * 1000000000LL + pause->tv_nsec);
    return 0;
}

static void pass_seconds(double seconds)
{
    atomic_fetch_add(&clock_ns, (long long)(1e9 * seconds));
}

/* --- ranks ------------------------------------------------------------------------------------ */

static gv_comm_local_net *net;
static gv_comm *ranks[RANKS_MAX];
static int size;

static void begin(int n, double deadline_s)
{
    gv_error err = GV_ERROR_INIT;
    size = n;
    gv_assert_ok(gv_comm_local_net_new(&net, n, &err), err);
    for (int r = 0; r < n; r++) {
        gv_assert_ok(gv_comm_local_new(&ranks[r], net, r, &err), err);
        gv_comm_deadline(ranks[r], deadline_s);
    }
}

static void end(void)
{
    for (int r = 0; r < size; r++)
        gv_comm_local_free(ranks[r]);
    gv_comm_local_net_free(net);
}

static void send(int from, int to, unsigned tag, const char *text)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_comm_send(ranks[from], to, tag, text, strlen(text), &err), err);
}

/* The next message of `rank` is `text` from `from`; NULL: there is none within `wait_s`. */
static void expect_message(int rank, int from, const char *text, double wait_s)
{
    gv_error err = GV_ERROR_INIT;
    gv_comm_message message;
    gv_assert_ok(gv_comm_receive(ranks[rank], &message, wait_s, &err), err);
    if (!text) {
        cr_assert_eq(message.tag, (unsigned)GV_TAG_NONE);
        cr_assert_null(message.data);
        return;
    }
    cr_assert_eq(message.tag, (unsigned)TAG, "rank %d: tag %u", rank, message.tag);
    cr_assert_eq(message.from, from);
    cr_assert(message.bytes == strlen(text) && memcmp(message.data, text, message.bytes) == 0);
    gv_comm_message_free(&message);
    cr_assert(message.tag == GV_TAG_NONE && message.data == NULL);
}

/* Receiving fails with `status`, within the next `wait_s` seconds; the error holds `text`. */
static void expect_failure(int rank, int status, const char *text, double wait_s)
{
    gv_error err = GV_ERROR_INIT;
    gv_comm_message message;
    cr_assert_eq(gv_comm_receive(ranks[rank], &message, wait_s, &err), status, "%s", err.text);
    cr_assert_eq(message.tag, (unsigned)GV_TAG_NONE);
    cr_assert_not_null(strstr(err.text, text), "no '%s' in: %s", text, err.text);
}

/* Let `seconds` pass while all ranks but `silent` receive. */
static void live_for(double seconds, int silent)
{
    for (int step = 0; step < (int)(10 * seconds); step++) {
        pass_seconds(0.1);
        for (int r = 0; r < size; r++)
            if (r != silent)
                expect_message(r, 0, NULL, 0);
    }
}

/* --- order ------------------------------------------------------------------------------------ */

Test(comm, ranks_and_hosts)
{
    begin(3, 0);
    for (int r = 0; r < 3; r++) {
        cr_assert_eq(gv_comm_rank(ranks[r]), r);
        cr_assert_eq(gv_comm_size(ranks[r]), 3);
        cr_assert_str_eq(gv_comm_host(ranks[0], r), gv_test_format("thread%d", r));
        cr_assert_eq(gv_comm_ranks_on_host(ranks[r]), 1u);
    }
    end();
}

/* Ranks that are ahead send messages of the next step before rank 0's order to begin it comes. */
Test(comm, what_comes_before_the_awaited_message_is_kept)
{
    begin(3, 2);
    gv_error err = GV_ERROR_INIT;
    gv_comm_message message;
    send(2, 1, TAG, "early");
    send(2, 1, TAG, "early too");
    send(0, 1, TAG + 1, "order");
    send(2, 1, TAG, "late");
    gv_assert_ok(gv_comm_await(ranks[1], &message, TAG + 1, &err), err);
    cr_assert(message.from == 0 && message.bytes == 5);
    gv_comm_message_free(&message);
    expect_message(1, 2, "early", 0);
    expect_message(1, 2, "early too", 0);
    expect_message(1, 2, "late", 0);
    expect_message(1, 0, NULL, 0);
    end();
}

/* --- progress --------------------------------------------------------------------------------- */

/* What rank 0 has shown of "counting" when the phase ends, after `steps`. */
static void expect_shown(gv_progress *shown, char **text, const char *end)
{
    gv_progress_end(shown);
    cr_assert_not_null(strstr(*text, end), "%s", *text);
}

Test(comm, rank_0_shows_what_all_ranks_count)
{
    begin(3, 0);
    gv_error err = GV_ERROR_INIT;
    char *text;
    size_t bytes;
    FILE *sink = open_memstream(&text, &bytes);
    gv_progress *shown;
    gv_assert_ok(gv_progress_open(&shown, GV_PROGRESS_PLAIN, sink, "test", &err), err);
    gv_comm_show_progress(ranks[0], shown);
    gv_progress_begin(shown, "counting", 100, "tokens");
    gv_progress_add(shown, 10);
    for (int r = 1; r < 3; r++) {
        gv_progress *counter = gv_comm_count_progress(ranks[r], &err);
        cr_assert_not_null(counter, "%s", err.text);
        gv_progress_begin(counter, "counting", 100, "tokens");
        gv_progress_add(counter, 20);
        gv_assert_ok(gv_comm_keep_alive(ranks[r], &err), err);
        gv_progress_add(counter, 1);
        gv_assert_ok(gv_comm_keep_alive(ranks[r], &err), err); /* too soon to say */
    }
    expect_message(0, 0, NULL, 0);
    expect_shown(shown, &text, "counting: 50 tokens");
    gv_progress_begin(shown, "counting", 100, "tokens");
    send(1, 0, TAG, "result"); /* what has been counted arrives before it */
    expect_message(0, 1, "result", 0);
    expect_shown(shown, &text, "counting: 1 tokens");
    gv_comm_show_progress(ranks[0], NULL);
    send(2, 0, TAG, "late");
    expect_message(0, 2, "late", 0);
    gv_progress_close(shown);
    fclose(sink);
    free(text);
    end();
}

Test(comm, a_message_of_nothing_and_one_to_oneself)
{
    begin(1, 0);
    expect_message(0, 0, NULL, 0);
    send(0, 0, TAG, "");
    send(0, 0, TAG, "self");
    expect_message(0, 0, "", 0);
    expect_message(0, 0, "self", 0);
    expect_message(0, 0, NULL, 0);
    end();
}

Test(comm, waiting_ends_after_its_time)
{
    begin(2, 0);
    double begun = gv_clock_wall_seconds();
    expect_message(1, 0, NULL, 2.5);
    double took = gv_clock_wall_seconds() - begun;
    cr_assert(took >= 2.5 && took < 2.6, "%f s", took);
    end();
}

/* Every message is a sender's count and some bytes that follow from it. */
static void check_count(const gv_comm_message *message, uint32_t *next)
{
    uint32_t count;
    cr_assert_geq(message->bytes, sizeof count);
    cr_assert_eq((uintptr_t)message->data % 64, 0u);
    memcpy(&count, message->data, sizeof count);
    cr_assert_eq(count, next[message->from], "from %d: %u after %u", message->from, count,
                 next[message->from]);
    next[message->from]++;
    cr_assert_eq(message->tag, TAG + count % 7);
    cr_assert_eq(message->bytes, sizeof count + count % 100);
    for (size_t i = sizeof count; i < message->bytes; i++)
        cr_assert_eq(((const uint8_t *)message->data)[i], (uint8_t)(count + i));
}

static int send_count(gv_comm *comm, int to, uint32_t count, bool copy, gv_error *err)
{
    size_t bytes = sizeof count + count % 100;
    uint8_t *data = gv_comm_buffer(bytes, err);
    if (!data)
        return GV_E_MEMORY;
    memcpy(data, &count, sizeof count);
    for (size_t i = sizeof count; i < bytes; i++)
        data[i] = (uint8_t)(count + i);
    if (!copy)
        return gv_comm_post(comm, to, TAG + count % 7, data, bytes, err);
    int status = gv_comm_send(comm, to, TAG + count % 7, data, bytes, err);
    gv_comm_buffer_free(data);
    return status;
}

/* Sends, receives and keep-alives in random order: between two ranks the order is that of
 * sending. */
Test(comm, messages_of_a_pair_keep_their_order)
{
    enum { STEPS = 20000 };
    static uint32_t sent[RANKS_MAX][RANKS_MAX], got[RANKS_MAX][RANKS_MAX];
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 80);
    begin(RANKS_MAX, 5);
    for (int step = 0; step < STEPS; step++) {
        int rank = (int)gv_rng_below(&rng, RANKS_MAX), to = (int)gv_rng_below(&rng, RANKS_MAX);
        gv_comm_message message;
        switch (gv_rng_below(&rng, 4)) {
        case 0:
            gv_assert_ok(gv_comm_receive(ranks[rank], &message, 0, &err), err);
            if (message.tag != GV_TAG_NONE)
                check_count(&message, got[rank]);
            gv_comm_message_free(&message);
            break;
        case 1:
            gv_assert_ok(gv_comm_keep_alive(ranks[rank], &err), err);
            pass_seconds(0.001);
            break;
        default:
            gv_assert_ok(send_count(ranks[rank], to, sent[rank][to]++, step % 2, &err), err);
        }
    }
    for (int rank = 0; rank < RANKS_MAX; rank++)
        for (int i = 0; i < STEPS; i++) {
            gv_comm_message message;
            gv_assert_ok(gv_comm_receive(ranks[rank], &message, 0, &err), err);
            if (message.tag == GV_TAG_NONE)
                break;
            check_count(&message, got[rank]);
            gv_comm_message_free(&message);
        }
    for (int rank = 0; rank < RANKS_MAX; rank++)
        for (int from = 0; from < RANKS_MAX; from++)
            cr_assert_eq(got[rank][from], sent[from][rank], "from %d to %d", from, rank);
    end();
}

/* The same with a thread for each rank: all send to all. */
static int exchange(void *context, unsigned rank, gv_error *err)
{
    enum { EACH = 500 };
    gv_comm *comm = NULL;
    uint32_t next[RANKS_MAX] = {0};
    int status = gv_comm_local_new(&comm, context, (int)rank, err), got = 0;
    for (uint32_t i = 0; i < EACH && status == GV_OK; i++)
        for (int to = 0; to < RANKS_MAX && status == GV_OK; to++)
            status = send_count(comm, to, i, false, err);
    while (status == GV_OK && got < EACH * RANKS_MAX) {
        gv_comm_message message;
        status = gv_comm_receive(comm, &message, 1, err);
        if (status == GV_OK && message.tag != GV_TAG_NONE) {
            check_count(&message, next);
            got++;
        }
        gv_comm_message_free(&message);
    }
    gv_comm_local_free(comm);
    return status;
}

Test(comm, threads_exchange_messages, .timeout = 60)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_comm_local_net_new(&net, RANKS_MAX, &err), err);
    gv_assert_ok(gv_threads_run(RANKS_MAX, exchange, net, &err), err);
    gv_comm_local_net_free(net);
}

Test(comm, a_message_that_is_too_long)
{
    begin(2, 0);
    gv_error err = GV_ERROR_INIT;
    void *data = gv_comm_buffer(1, &err);
    cr_assert_eq(gv_comm_post(ranks[0], 1, TAG, data, (size_t)GV_COMM_MESSAGE_MAX + 1, &err),
                 GV_E_MEMORY);
    expect_message(1, 0, NULL, 0);
    end();
}

Test(comm, without_memory_nothing_is_half_sent)
{
    begin(2, 0);
    uint64_t failures = 0;
    for (uint64_t n = 1;; n++, failures++) {
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        int status = gv_comm_send(ranks[0], 1, TAG, "text", 4, &err);
        gv_mem_fail_at(0, 0);
        if (status == GV_OK)
            break;
        cr_assert_eq(status, GV_E_MEMORY);
        expect_message(1, 0, NULL, 0);
    }
    cr_assert_geq(failures, 2u);
    expect_message(1, 0, "text", 0);
    end();
}

/* --- deadlines -------------------------------------------------------------------------------- */

Test(comm, nobody_is_lost_without_a_deadline)
{
    begin(2, 0);
    gv_comm_local_net_cut(net, 1);
    pass_seconds(1e6);
    expect_message(0, 1, NULL, 100);
    cr_assert_not(gv_comm_is_lost(ranks[0], 1));
    end();
}

Test(comm, ranks_that_receive_stay_alive)
{
    begin(4, 2);
    live_for(60, -1);
    send(3, 0, TAG, "still here");
    expect_message(0, 3, "still here", 0);
    end();
}

Test(comm, a_silent_rank_is_a_failure_that_names_it)
{
    begin(3, 2);
    live_for(1, -1);
    gv_comm_local_net_cut(net, 2);
    live_for(1.5, -1); /* the others are alive, and the deadline has not passed */
    cr_assert_not(gv_comm_is_lost(ranks[0], 2));
    pass_seconds(1);
    expect_failure(0, GV_E_RUNTIME, "rank 2 on host thread2", 0);
    cr_assert(gv_comm_is_lost(ranks[0], 2));
    expect_message(1, 0, NULL, 0); /* only rank 0 watches the others */
    end();
}

Test(comm, a_rank_that_waits_finds_rank_0_silent)
{
    begin(2, 2);
    gv_comm_local_net_cut(net, 0);
    double begun = gv_clock_wall_seconds();
    expect_failure(1, GV_E_RUNTIME, "rank 0 on host thread0", 100);
    double took = gv_clock_wall_seconds() - begun;
    cr_assert(took > 2 && took < 2.1, "%f s", took);
    end();
}

Test(comm, messages_are_signs_of_life)
{
    begin(2, 2);
    for (int i = 0; i < 20; i++) { /* rank 1 sends, but never receives */
        pass_seconds(1);
        send(1, 0, TAG, "x");
        expect_message(0, 1, "x", 0);
    }
    end();
}

/* --- ranks that may be lost ------------------------------------------------------------------- */

static void expect_lost(int rank, int lost)
{
    gv_error err = GV_ERROR_INIT;
    gv_comm_message message;
    gv_assert_ok(gv_comm_receive(ranks[rank], &message, 0, &err), err);
    cr_assert(message.tag == GV_TAG_LOST && message.from == lost, "tag %u, rank %d", message.tag,
              message.from);
    gv_comm_message_free(&message);
}

Test(comm, the_loss_of_a_tolerated_rank_is_told_once)
{
    begin(3, 2);
    gv_comm_tolerate(ranks[0], 2);
    send(2, 0, TAG, "before");
    gv_comm_local_net_cut(net, 2);
    live_for(0, -1);
    expect_message(0, 2, "before", 0);
    for (int i = 0; i < 30 && !gv_comm_is_lost(ranks[0], 2); i++) {
        pass_seconds(0.1);
        expect_message(1, 0, NULL, 0);
        gv_error err = GV_ERROR_INIT;
        gv_assert_ok(gv_comm_keep_alive(ranks[0], &err), err);
    }
    expect_lost(0, 2);
    live_for(10, 2);
    gv_comm_traffic before = gv_comm_sent(ranks[0]), after;
    send(0, 2, TAG, "dropped");
    after = gv_comm_sent(ranks[0]);
    cr_assert(before.bytes == after.bytes && before.messages == after.messages);
    cr_assert_not(gv_comm_is_lost(ranks[0], 1));
    end();
}

/* A rank that was only slow: what it sends after its loss was told must not confuse anybody. */
Test(comm, a_lost_rank_is_not_listened_to)
{
    begin(2, 2);
    gv_comm_tolerate(ranks[0], 1);
    pass_seconds(3);
    expect_message(0, 0, NULL, 0);
    expect_lost(0, 1);
    send(1, 0, TAG, "too late");
    expect_message(0, 0, NULL, 0);
    end();
}

Test(comm, a_forgotten_rank_is_sent_nothing)
{
    begin(3, 2);
    gv_comm_forget(ranks[1], 2);
    cr_assert(gv_comm_is_lost(ranks[1], 2));
    send(1, 2, TAG, "dropped");
    expect_message(2, 1, NULL, 0);
    expect_message(1, 2, NULL, 0); /* nor is its loss told */
    cr_assert_eq(gv_comm_sent(ranks[1]).messages, 0u);
    end();
}

/* --- failure and end -------------------------------------------------------------------------- */

/* A signal that another rank passes on is as if it had come to rank 0. */
Test(comm, a_signal_goes_to_rank_0)
{
    begin(3, 2);
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_signal_install(&err), err);
    gv_signal_pass_on();
    raise(SIGHUP);
    cr_assert_eq(gv_signal_pending(), 0, "rank 0 has not decided yet");
    expect_message(2, 0, NULL, 0);
    expect_message(0, 2, NULL, 0);
    cr_assert_eq(gv_signal_pending(), SIGHUP);
    gv_signal_pretend(0);
    expect_message(2, 0, NULL, 0);
    expect_message(0, 2, NULL, 0);
    cr_assert_eq(gv_signal_pending(), 0, "passed on once");
    end();
}

/* Rank 0 leaves when all others know that the job is over, and not before. */
Test(comm, rank_0_waits_for_the_others_at_the_end)
{
    begin(3, 2);
    gv_error err = GV_ERROR_INIT;
    int code = 0;
    gv_comm_end(ranks[0], 7);
    gv_assert_ok(gv_comm_wait_end(ranks[1], &code, &err), err);
    cr_assert_eq(gv_comm_await_others(ranks[0], &err), GV_E_RUNTIME);
    cr_assert_not_null(strstr(err.text, "no keep-alive from rank 2 on host thread2"), "%s",
                       err.text);
    end();
    begin(3, 2);
    err = (gv_error)GV_ERROR_INIT;
    gv_error late = GV_ERROR_INIT;
    gv_error_set(&late, GV_E_IO, "failed before it knew of the end");
    gv_comm_report(ranks[2], &late);
    gv_comm_end(ranks[0], 7);
    for (int r = 1; r < 3; r++)
        gv_assert_ok(gv_comm_wait_end(ranks[r], &code, &err), err);
    gv_assert_ok(gv_comm_await_others(ranks[0], &err), err);
    cr_assert_eq(code, 7);
    end();
}

/* --- messages that lie ------------------------------------------------------------------------ */

enum { OWN_KEEP_ALIVE = 2, OWN_ERROR, OWN_END, OWN_PROGRESS, OWN_SIGNAL, OWN_LEFT };

/* gv_comm's own messages come from ranks and in sizes that the protocol knows, or the job fails. */
Test(comm, own_messages_of_the_wrong_rank_or_size_are_told)
{
    static const struct {
        int from, to;
        unsigned tag;
        const char *data;
    } lies[] = {{1, 2, OWN_END, "1234567"}, {1, 0, OWN_END, "1234567"}, {0, 1, OWN_ERROR, ""},
                {2, 1, OWN_PROGRESS, ""},   {2, 1, OWN_SIGNAL, ""},     {2, 1, OWN_LEFT, ""},
                {1, 0, OWN_SIGNAL, ""},     {1, 0, OWN_SIGNAL, "\0\0"}, {1, 0, OWN_SIGNAL, "kill"},
                {1, 0, GV_TAG_NONE, ""},    {1, 0, GV_TAG_LOST, "x"},   {0, 1, GV_TAG_LOST, ""}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        begin(3, 2);
        send(lies[i].from, lies[i].to, lies[i].tag, lies[i].data);
        expect_failure(lies[i].to, GV_E_RUNTIME,
                       gv_test_format("rank %d sent an unexpected message of kind %u", lies[i].from,
                                      lies[i].tag),
                       0);
        end();
    }
    cr_assert_eq(gv_signal_pending(), 0);
}

Test(comm, a_reported_error_is_that_of_rank_0)
{
    begin(3, 2);
    gv_error error = GV_ERROR_INIT;
    gv_error_set(&error, GV_E_CORRUPT, "tile 7 is damaged");
    gv_comm_tolerate(ranks[0], 2); /* of losses only */
    gv_comm_report(ranks[2], &error);
    expect_failure(0, GV_E_CORRUPT, "rank 2 on host thread2: tile 7 is damaged", 0);
    end();
}

Test(comm, a_rank_reports_the_longest_error)
{
    begin(2, 2);
    gv_error error = {.code = GV_E_USAGE};
    memset(error.text, 'x', sizeof error.text - 1);
    gv_comm_report(ranks[1], &error);
    expect_failure(0, GV_E_USAGE, "rank 1 on host thread1: xxxx", 0);
    end();
}

Test(comm, the_end_stops_the_others)
{
    begin(4, 2);
    gv_comm_forget(ranks[0], 3);
    gv_comm_end(ranks[0], 143);
    expect_failure(1, GV_E_STOPPED, "", 0);
    for (int r = 1; r <= 2; r++) {
        int code = 0;
        gv_error err = GV_ERROR_INIT;
        gv_assert_ok(gv_comm_wait_end(ranks[r], &code, &err), err);
        cr_assert_eq(code, 143);
        cr_assert(gv_comm_is_lost(ranks[r], 3), "who is lost is said to all");
        cr_assert_not(gv_comm_is_lost(ranks[r], 3 - r));
    }
    end();
}

Test(comm, waiting_for_the_end_throws_messages_away)
{
    begin(2, 2);
    int code = 7;
    gv_error err = GV_ERROR_INIT;
    send(0, 1, TAG, "nobody wants this");
    gv_comm_end(ranks[0], 0);
    gv_assert_ok(gv_comm_wait_end(ranks[1], &code, &err), err);
    cr_assert_eq(code, 0);
    end();
}

Test(comm, waiting_for_the_end_of_a_silent_rank_0_fails)
{
    begin(2, 2);
    int code;
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_comm_wait_end(ranks[1], &code, &err), GV_E_RUNTIME);
    cr_assert_not_null(strstr(err.text, "rank 0"), "%s", err.text);
    end();
}

/* --- handlers --------------------------------------------------------------------------------- */

static int count_and_fail(void *context, const gv_comm_message *message, gv_error *err)
{
    unsigned *calls = context;
    calls[message->tag == GV_TAG_NONE]++;
    return message->tag == TAG + 1 ? gv_comm_unexpected(message, err) : GV_OK;
}

Test(comm, dispatch_takes_all_that_is_there)
{
    begin(2, 2);
    gv_error err = GV_ERROR_INIT;
    unsigned calls[2] = {0};
    for (int i = 0; i < 3; i++)
        send(0, 1, TAG, "x");
    gv_assert_ok(gv_comm_dispatch(ranks[1], 1, count_and_fail, calls, &err), err);
    cr_assert(calls[0] == 3 && calls[1] == 1, "%u messages, %u times none", calls[0], calls[1]);
    gv_assert_ok(gv_comm_dispatch(ranks[1], 0, count_and_fail, calls, &err), err);
    cr_assert(calls[0] == 3 && calls[1] == 2);
    end();
}

Test(comm, dispatch_stops_at_a_failure)
{
    begin(2, 2);
    gv_error err = GV_ERROR_INIT;
    unsigned calls[2] = {0};
    send(0, 1, TAG, "a");
    send(0, 1, TAG + 1, "b");
    send(0, 1, TAG, "c");
    cr_assert_eq(gv_comm_dispatch(ranks[1], 0, count_and_fail, calls, &err), GV_E_RUNTIME);
    cr_assert(calls[0] == 2 && calls[1] == 0);
    cr_assert_not_null(strstr(err.text, "rank 0 "), "%s", err.text);
    expect_message(1, 0, "c", 0);
    end();
}

Test(comm, keep_alive_leaves_messages_for_receive)
{
    begin(2, 2);
    gv_error err = GV_ERROR_INIT;
    char text[16];
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%d", i);
        send(0, 1, TAG, text);
        if (i % 3 == 0)
            gv_assert_ok(gv_comm_keep_alive(ranks[1], &err), err);
    }
    for (int i = 0; i < 100; i++)
        expect_message(1, 0, gv_test_format("%d", i), 0);
    expect_message(1, 0, NULL, 0);
    end();
}

Test(comm, traffic_counts_what_is_sent_to_others)
{
    begin(3, 2);
    live_for(5, -1); /* keep-alives are not counted */
    send(0, 1, TAG, "four");
    send(0, 2, TAG, "");
    send(0, 0, TAG, "to itself");
    gv_comm_traffic sent = gv_comm_sent(ranks[0]);
    cr_assert(sent.bytes == 4 && sent.messages == 2, "%d bytes, %d messages", (int)sent.bytes,
              (int)sent.messages);
    cr_assert_eq(gv_comm_sent(ranks[1]).messages, 0u);
    end();
}

/* --- background tasks, flush: a transport that tells what is sent ----------------------------- */

typedef struct probe {
    gv_comm_transport transport;
    atomic_uint sends;   /* to rank 1 */
    atomic_bool holding; /* nothing leaves */
    atomic_bool failing; /* receiving is an error */
} probe;

static probe probe_of_rank_0;
static const char probe_hosts[2][GV_COMM_HOST_MAX] = {"here", "there"};

static int probe_send(gv_comm_transport *self, void **request, int to,
                      const gv_comm_message *message, gv_error *err)
{
    (void)self, (void)message, (void)err;
    *request = NULL;
    if (to == 1)
        atomic_fetch_add(&probe_of_rank_0.sends, 1);
    return GV_OK;
}

static int probe_sent(gv_comm_transport *self, void *request, bool *done, gv_error *err)
{
    (void)self, (void)request, (void)err;
    *done = !atomic_load(&probe_of_rank_0.holding);
    return GV_OK;
}

static int probe_receive(gv_comm_transport *self, gv_comm_message *message, gv_error *err)
{
    (void)self, (void)message;
    if (atomic_load(&probe_of_rank_0.failing))
        return gv_error_set(err, GV_E_RUNTIME, "the transport has failed");
    return GV_OK;
}

static void probe_free(gv_comm_transport *self)
{
    (void)self;
}

static gv_comm *make_probe(double deadline_s)
{
    gv_comm *comm;
    gv_error err = GV_ERROR_INIT;
    probe_of_rank_0.transport = (gv_comm_transport){.rank = 0,
                                                    .size = 2,
                                                    .hosts = probe_hosts,
                                                    .send = probe_send,
                                                    .sent = probe_sent,
                                                    .receive = probe_receive,
                                                    .free = probe_free};
    gv_assert_ok(gv_comm_new(&comm, &probe_of_rank_0.transport, &err), err);
    gv_comm_deadline(comm, deadline_s);
    gv_comm_tolerate(comm, 1); /* which never says a word */
    return comm;
}

/* Eight per deadline, and at least one a second. */
Test(comm, await_takes_one_kind_and_leaves_the_others_in_order)
{
    gv_error err = GV_ERROR_INIT;
    gv_comm_message message;
    begin(3, 0);
    send(2, 1, TAG, "first");
    send(0, 1, TAG + 7, "awaited");
    send(0, 1, TAG, "second");
    gv_assert_ok(gv_comm_await(ranks[1], &message, TAG + 7, &err), err);
    cr_assert_eq(message.from, 0);
    cr_assert_eq(memcmp(message.data, "awaited", message.bytes), 0);
    gv_comm_message_free(&message);
    char got[2][8];
    for (int i = 0; i < 2; i++) {
        gv_assert_ok(gv_comm_receive(ranks[1], &message, 0, &err), err);
        snprintf(got[i], sizeof got[i], "%.*s", (int)message.bytes, (char *)message.data);
        gv_comm_message_free(&message);
    }
    cr_assert(strcmp(got[0], "first") == 0 || strcmp(got[1], "first") == 0);
    cr_assert(strcmp(got[0], "second") == 0 || strcmp(got[1], "second") == 0);
    expect_message(1, 0, NULL, 0);
    gv_comm_end(ranks[0], 3);
    cr_assert_eq(gv_comm_await(ranks[1], &message, TAG + 7, &err), GV_E_STOPPED);
    end();
}

/* Messages that were kept, with the awaited one among them: what is before it stays before what is
 * behind it. */
Test(comm, awaiting_a_kept_message_keeps_the_order_of_the_others)
{
    gv_error err = GV_ERROR_INIT;
    gv_comm_message message;
    begin(3, 0);
    send(0, 1, TAG, "1");
    send(2, 1, TAG + 7, "awaited");
    send(0, 1, TAG, "2");
    gv_assert_ok(gv_comm_keep_alive(ranks[1], &err), err);
    send(0, 1, TAG, "3");
    gv_assert_ok(gv_comm_await(ranks[1], &message, TAG + 7, &err), err);
    gv_comm_message_free(&message);
    for (int i = 1; i <= 3; i++)
        expect_message(1, 0, gv_test_format("%d", i), 0);
    end();
}

Test(comm, keep_alives_are_sent_as_often_as_promised)
{
    static const double deadlines[] = {0, 0.8, 8, 80};
    static const unsigned wanted[] = {0, 100, 10, 10}; /* in ten seconds */
    for (size_t i = 0; i < 4; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_comm *comm = make_probe(deadlines[i]);
        unsigned before = atomic_load(&probe_of_rank_0.sends);
        for (int step = 0; step < 10000 && !gv_comm_is_lost(comm, 1); step++) {
            gv_assert_ok(gv_comm_keep_alive(comm, &err), err);
            pass_seconds(0.001);
        }
        unsigned sent = atomic_load(&probe_of_rank_0.sends) - before;
        double share = deadlines[i] > 0 && deadlines[i] < 10 ? deadlines[i] / 10 : 1;
        cr_assert_float_eq(sent, wanted[i] * share, 1.5, "deadline %g: %u", deadlines[i], sent);
        gv_comm_free(comm);
    }
}

static void yield_really(void)
{
    struct timespec pause = {.tv_nsec = 1000000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* Long work: after each second there is a keep-alive from the thread that waits for it. */
static int work_for_long(void *context, gv_error *err)
{
    (void)err;
    unsigned *seconds = context;
    for (*seconds = 0; *seconds < 10; ++*seconds) {
        unsigned before = atomic_load(&probe_of_rank_0.sends);
        pass_seconds(1);
        while (atomic_load(&probe_of_rank_0.sends) == before)
            yield_really();
    }
    return GV_OK;
}

Test(comm, long_work_in_the_background_keeps_alive, .timeout = 60)
{
    gv_error err = GV_ERROR_INIT;
    unsigned seconds;
    gv_comm *comm = make_probe(60);
    gv_assert_ok(gv_comm_run_background(comm, work_for_long, &seconds, &err), err);
    cr_assert_eq(seconds, 10u);
    gv_comm_free(comm);
}

static int fail_at_work(void *context, gv_error *err)
{
    (void)context;
    return gv_error_set(err, GV_E_IO, "the disk is full");
}

Test(comm, background_work_returns_its_failure)
{
    begin(1, 2);
    for (int with = 0; with < 2; with++) { /* without ranks it is just called */
        gv_error err = GV_ERROR_INIT;
        cr_assert_eq(gv_comm_run_background(with ? ranks[0] : NULL, fail_at_work, NULL, &err),
                     GV_E_IO);
        cr_assert_str_eq(err.text, "the disk is full");
    }
    end();
}

/* Work that ends only when it is told to stop. */
static int work_until_stopped(void *context, gv_error *err)
{
    (void)context;
    atomic_store(&probe_of_rank_0.failing, true);
    while (gv_signal_check(err) == GV_OK)
        yield_really();
    return GV_E_STOPPED;
}

Test(comm, a_failing_job_stops_background_work, .timeout = 60)
{
    gv_error err = GV_ERROR_INIT;
    gv_comm *comm = make_probe(60);
    cr_assert_eq(gv_comm_run_background(comm, work_until_stopped, NULL, &err), GV_E_RUNTIME);
    cr_assert_str_eq(err.text, "the transport has failed");
    gv_comm_free(comm);
}

Test(comm, flush_waits_until_all_has_left)
{
    gv_error err = GV_ERROR_INIT;
    gv_comm *comm = make_probe(0);
    gv_assert_ok(gv_comm_flush(comm, 5, &err), err);
    cr_assert_eq(gv_clock_wall_seconds(), 0, "there was nothing to wait for");
    atomic_store(&probe_of_rank_0.holding, true);
    gv_assert_ok(gv_comm_send(comm, 1, TAG, "x", 1, &err), err);
    gv_assert_ok(gv_comm_flush(comm, 5, &err), err);
    double took = gv_clock_wall_seconds();
    cr_assert(took >= 5 && took < 5.1, "%f s", took);
    atomic_store(&probe_of_rank_0.holding, false);
    gv_assert_ok(gv_comm_flush(comm, 5, &err), err);
    cr_assert_eq(gv_clock_wall_seconds(), took);
    gv_comm_free(comm);
}

Test(comm, flush_does_not_wait_for_a_lost_rank)
{
    gv_error err = GV_ERROR_INIT;
    gv_comm *comm = make_probe(0);
    atomic_store(&probe_of_rank_0.holding, true);
    gv_assert_ok(gv_comm_send(comm, 1, TAG, "x", 1, &err), err);
    gv_comm_forget(comm, 1);
    gv_assert_ok(gv_comm_flush(comm, 5, &err), err);
    cr_assert_eq(gv_clock_wall_seconds(), 0);
    atomic_store(&probe_of_rank_0.holding, false);
    gv_comm_free(comm);
}

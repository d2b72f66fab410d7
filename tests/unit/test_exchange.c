/*
 * gv_rank_steps: how much can wait in the memory of a rank that is slow, by a model of the
 * steps in which ranks exchange data.
 */
#include "dist/gv_rank_steps.h"
#include "support/gv_test.h"
#include <string.h>

enum { RANKS_MAX = 256, MIB = 1 << 20 };

/* Rank 0 is the slow one: it has ended the steps before `step`, and takes no rows in this one.
 * `sent`: its own rows of this step have been sent and taken. The others go as far as they can. */
typedef struct model {
    int ranks, step;
    bool sent;
    int ended[RANKS_MAX]; /* steps that each rank has ended */
} model;

/* Can rank `r` end its next step? Its rows must be taken, by a rank that has come to this step, and
 * those for it must have come. */
static bool can_end(const model *m, int r)
{
    int step = m->ended[r] + 1;
    int to = (r + step) % m->ranks, from = (r - step + m->ranks) % m->ranks;
    bool taken = to == 0 ? step < m->step : m->ended[to] >= step - 1;
    bool come =
        from == 0 ? step < m->step || (step == m->step && m->sent) : m->ended[from] >= step - 1;
    return taken && come;
}

static void run(model *m)
{
    bool any = true;
    memset(m->ended, 0, sizeof m->ended);
    m->ended[0] = m->step - 1;
    while (any) {
        any = false;
        for (int r = 1; r < m->ranks; r++)
            while (m->ended[r] < m->ranks - 1 && can_end(m, r)) {
                m->ended[r]++;
                any = true;
            }
    }
}

/* Ranks whose rows for rank 0 wait there. */
static int count_waiting(const model *m)
{
    int n = 0;
    for (int r = 1; r < m->ranks; r++) {
        int step = m->ended[r] + 1;
        n += step < m->ranks && step >= m->step && (r + step) % m->ranks == 0;
    }
    return n;
}

static int most_waiting(int ranks)
{
    int most = 0;
    for (int step = 1; step < ranks; step++)
        for (int sent = 0; sent <= 1; sent++) {
            model m = {.ranks = ranks, .step = step, .sent = sent};
            run(&m);
            int n = count_waiting(&m);
            most = n > most ? n : most;
        }
    return most;
}

/* A step ends only when all rows of it have been sent and received. So a rank that falls behind
 * soon stops most others, in steps in which they send to someone else. */
Test(exchange, few_ranks_get_ahead_of_a_slow_one)
{
    static const int many[] = {64, 100, 128, RANKS_MAX};
    for (int ranks = 2; ranks <= 40; ranks++)
        cr_assert_leq(most_waiting(ranks), ranks < 5 ? (ranks + 1) / 2 : 4, "%d", ranks);
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        cr_assert_leq(most_waiting(many[i]), 5, "%d", many[i]);
}

/* Even if half of the ranks got ahead. */
Test(exchange, at_most_32_mib_wait_in_a_slow_rank)
{
    for (int ranks = 2; ranks <= 4096; ranks++) {
        size_t chunk = gv_rank_steps_message(ranks);
        cr_assert_gt(chunk, 0u);
        cr_assert_leq((size_t)ranks / 2 * GV_RANK_STEPS_OUTSTANDING * chunk, 32u * MIB, "%d",
                      ranks);
        cr_assert_geq(chunk, ranks <= 16 ? 1u * MIB : 4096u, "%d", ranks);
    }
}

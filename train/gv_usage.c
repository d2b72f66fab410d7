#include "train/gv_usage.h"

#include "base/gv_clock.h"
#include <string.h>

gv_usage gv_usage_now(const gv_comm *comm)
{
    return (gv_usage){gv_clock_cpu_seconds(), gv_comm_sent(comm)};
}

gv_usage gv_usage_since(gv_usage *before, const gv_comm *comm)
{
    gv_usage now = gv_usage_now(comm), then = *before;
    *before = now;
    return (gv_usage){now.cpu_s - then.cpu_s,
                      {now.sent.bytes - then.sent.bytes, now.sent.messages - then.sent.messages}};
}

void gv_usage_add(gv_usage *sum, const gv_usage *took)
{
    sum->cpu_s += took->cpu_s;
    sum->sent.bytes += took->sent.bytes;
    sum->sent.messages += took->sent.messages;
}

int gv_usage_send(gv_usage *reported, gv_comm *comm, unsigned tag, gv_error *err)
{
    gv_usage since = gv_usage_since(reported, comm);
    return gv_comm_send(comm, 0, tag, &since, sizeof since, err);
}

int gv_usage_receive(gv_usage *sum, const gv_comm_message *message, gv_error *err)
{
    gv_usage took;
    if (message->bytes != sizeof took)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a usage report of the wrong size",
                            message->from);
    memcpy(&took, message->data, sizeof took);
    gv_usage_add(sum, &took);
    return GV_OK;
}

#include "train/gv_tally.h"

#include "base/gv_threads.h"
#include <string.h>

gv_tally gv_tally_now(const gv_comm *comm)
{
    return (gv_tally){gv_cpu_seconds(), gv_comm_sent(comm)};
}

gv_tally gv_tally_since(gv_tally *before, const gv_comm *comm)
{
    gv_tally now = gv_tally_now(comm), then = *before;
    *before = now;
    return (gv_tally){now.cpu_s - then.cpu_s,
                      {now.sent.bytes - then.sent.bytes, now.sent.messages - then.sent.messages}};
}

void gv_tally_add(gv_tally *sum, const gv_tally *took)
{
    sum->cpu_s += took->cpu_s;
    sum->sent.bytes += took->sent.bytes;
    sum->sent.messages += took->sent.messages;
}

int gv_tally_tell(gv_tally *told, gv_comm *comm, unsigned tag, gv_error *err)
{
    gv_tally since = gv_tally_since(told, comm);
    return gv_comm_send(comm, 0, tag, &since, sizeof since, err);
}

int gv_tally_take(gv_tally *sum, const gv_message *message, gv_error *err)
{
    gv_tally took;
    if (message->bytes != sizeof took)
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent a damaged tally", message->from);
    memcpy(&took, message->data, sizeof took);
    gv_tally_add(sum, &took);
    return GV_OK;
}

#include "base/gv_input.h"

#include "base/gv_signal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { LOOK_MS = 100 }; /* between two looks for signals */

int gv_input_open(int *fd, const char *path, gv_error *err)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return gv_error_set_errno(err, "cannot read %s", path);
    /* what another process does with the same open file must not change, and reads only follow
     * gv_input_await */
    int flags = fcntl(*fd, F_GETFL);
    if (flags >= 0 && fcntl(*fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
        return GV_OK;
    int status = gv_error_set_errno(err, "cannot read %s", path);
    close(*fd);
    *fd = -1;
    return status;
}

int gv_input_await(int fd, const char *what, gv_error *err)
{
    for (;;) {
        struct pollfd look = {.fd = fd, .events = POLLIN};
        int ready = poll(&look, 1, LOOK_MS);
        if (ready > 0)
            return GV_OK; /* also after an error, which read() will tell */
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            return gv_error_set_errno(err, "cannot wait for %s", what);
        int status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
    }
}

int gv_input_read(size_t *got, int fd, void *to, size_t bytes, const char *what, gv_error *err)
{
    *got = 0;
    for (;;) {
        int status = gv_input_await(fd, what, err);
        if (status != GV_OK)
            return status;
        ssize_t part = read(fd, to, bytes);
        if (part >= 0) {
            *got = (size_t)part;
            return GV_OK;
        }
        if (errno == EINTR)
            status = gv_signal_check(err);
        else if (errno != EAGAIN) /* another process has read it, of standard input */
            status = gv_error_set_errno(err, "cannot read %s", what);
        if (status != GV_OK)
            return status;
    }
}

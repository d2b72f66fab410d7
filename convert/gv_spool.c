#include "convert/gv_spool.h"

#include "base/gv_file.h"
#include "base/gv_signal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

static int copy(int from, int to, const char *input, gv_error *err)
{
    char buffer[CHUNK];
    for (;;) {
        ssize_t got = read(from, buffer, sizeof buffer);
        int status = gv_signal_check(err);
        if (status != GV_OK || got == 0)
            return status;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gv_error_set_errno(err, "cannot read %s", input);
        status = gv_file_write(to, buffer, (size_t)got, "a temporary file of the input", err);
        if (status != GV_OK)
            return status;
    }
}

int gv_spool_input(int *fd, const char *input, const char *temp_dir, gv_error *err)
{
    struct stat info;
    const bool standard = strcmp(input, "-") == 0;
    *fd = -1;
    if (!standard &&
        (stat(input, &info) != 0 || !(S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode))))
        return GV_OK;
    int from = standard ? STDIN_FILENO : open(input, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return gv_error_set_errno(err, "cannot read %s", input);
    int status = gv_file_temp_open(fd, temp_dir, err);
    if (status == GV_OK)
        status = copy(from, *fd, standard ? "standard input" : input, err);
    if (!standard)
        close(from);
    return status;
}

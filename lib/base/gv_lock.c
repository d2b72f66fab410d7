#include "base/gv_lock.h"

#include "base/gv_signal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum gv_lock_result gv_lock_take(int fd, enum gv_lock_kind kind, bool patient)
{
    enum { PAUSE_MS = 50, PATIENCE_MS = 5000 };
    const int operation = (kind == GV_LOCK_SHARED ? LOCK_SH : LOCK_EX) | LOCK_NB;
    for (int waited = 0;; waited += PAUSE_MS) {
        if (flock(fd, operation) == 0)
            return GV_LOCK_TAKEN;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return GV_LOCK_NONE;
        if (!patient || waited >= PATIENCE_MS || gv_signal_pending())
            return GV_LOCK_BUSY;
        struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
}

/* The kernel lists all locks: "12: FLOCK  ADVISORY  WRITE 4711 fd:01:262145 0 EOF". The process of
 * such a line, if it is about the file with this inode; else 0. The device differs from that of
 * stat(2) on some file systems, so the inode has to do. */
static pid_t holder_in(char *line, ino_t inode)
{
    enum { KIND = 1, PROCESS = 4, FILE_ID = 5, WORDS };
    const char *words[WORDS];
    char *rest = line;
    for (int n = 0; n < WORDS; n++)
        if (!(words[n] = strtok_r(n ? NULL : line, " ", &rest)))
            return 0;
    const char *id = strrchr(words[FILE_ID], ':');
    if (strcmp(words[KIND], "FLOCK") != 0 || !id || strtoull(id + 1, NULL, 10) != inode)
        return 0;
    return (pid_t)strtol(words[PROCESS], NULL, 10);
}

pid_t gv_lock_holder(int fd)
{
    struct stat look;
    char line[256];
    pid_t holder = 0;
    FILE *locks = fstat(fd, &look) == 0 ? fopen("/proc/locks", "re") : NULL;
    while (locks && holder <= 0 && fgets(line, sizeof line, locks))
        holder = holder_in(line, look.st_ino);
    if (locks)
        fclose(locks);
    return holder > 0 ? holder : 0;
}

const char *gv_lock_holder_text(char text[GV_LOCK_HOLDER_TEXT], int fd)
{
    const pid_t pid = gv_lock_holder(fd);
    text[0] = '\0';
    if (pid > 0)
        snprintf(text, GV_LOCK_HOLDER_TEXT, " (process %ld)", (long)pid);
    return text;
}

/*
 * Reads /proc/PROCESS/environ, where the starter (mpirun, srun) has left the job's name and the
 * rank, and /proc/PROCESS/stat, whose third field is the state.
 */
#include "dist/gv_local_ranks.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { ENVIRONMENT = 1 << 18, VALUE = 256, NAME = 16 };

static const char leaving[NAME] = "glove-leaves";
static char own_name[NAME]; /* before that; of processes that start ranks it is another */

/* The variables by which a starter names its jobs and their ranks. */
typedef struct starter {
    const char *job, *step, *rank; /* `step`: a job of the starter's may have several; or NULL */
} starter;

static const starter starters[] = {{"PMIX_NAMESPACE", NULL, "PMIX_RANK"},
                                   {"SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_PROCID"}};

static const starter *own_starter(void)
{
    for (size_t i = 0; i < sizeof starters / sizeof *starters; i++)
        if (getenv(starters[i].job) && getenv(starters[i].rank))
            return &starters[i];
    return NULL;
}

/* The start of a file of /proc; returns its length, 0 if it cannot be read. */
static size_t read_start(char *text, size_t room, const char *process, const char *name)
{
    char path[VALUE];
    snprintf(path, sizeof path, "/proc/%s/%s", process, name);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, room - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = '\0';
    return length;
}

/* The value of a variable in an environment (texts behind each other); NULL: it is not there. */
static const char *value_in(const char *environment, size_t length, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = environment; at < environment + length; at += strlen(at) + 1)
        if (strncmp(at, name, n) == 0 && at[n] == '=')
            return at + n + 1;
    return NULL;
}

static bool same_value(const char *environment, size_t length, const char *name)
{
    const char *own = name ? getenv(name) : NULL;
    const char *other = name ? value_in(environment, length, name) : NULL;
    return own && other ? strcmp(own, other) == 0 : !own && !other;
}

/* The number that `text` is; -1: it is none. */
static int number_of(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    return end > text && *end == '\0' && number >= 0 && number <= INT_MAX ? (int)number : -1;
}

/* The rank that a process is of this job; -1: it is none. */
static int rank_of(const starter *by, const char *process, char *room)
{
    size_t length = read_start(room, ENVIRONMENT, process, "environ");
    const char *rank = length > 0 ? value_in(room, length, by->rank) : NULL;
    bool ours = rank && same_value(room, length, by->job) && same_value(room, length, by->step);
    return ours ? number_of(rank) : -1;
}

/* The name of a process and its state, a letter; '\0': it is gone. */
static char look_at(const char *process, char name[NAME])
{
    char text[VALUE];
    read_start(text, sizeof text, process, "stat");
    const char *begin = strchr(text, '('),
               *end = strrchr(text, ')'); /* the name may have brackets */
    name[0] = '\0';
    if (!begin || !end || end < begin || !end[1])
        return '\0';
    snprintf(name, NAME, "%.*s", (int)(end - begin - 1), begin + 1);
    return end[2];
}

void gv_local_ranks_look(gv_local_ranks *found)
{
    const starter *by = own_starter();
    *found =
        (gv_local_ranks){.stopped = -1, .lowest = -1, .own = by ? number_of(getenv(by->rank)) : -1};
    DIR *processes = by ? opendir("/proc") : NULL;
    char *room = processes ? malloc(ENVIRONMENT) : NULL;
    for (struct dirent *entry; room && (entry = readdir(processes));) {
        int process = number_of(entry->d_name);
        int rank = process > 0 ? rank_of(by, entry->d_name, room) : -1;
        if (rank < 0)
            continue;
        char name[NAME], state = look_at(entry->d_name, name);
        bool stopped = state == 'T' || state == 't';
        found->staying +=
            rank != found->own && state && !strchr("ZX", state) && strcmp(name, own_name) == 0;
        int *lowest = stopped ? &found->stopped : &found->lowest;
        if (*lowest >= 0 && *lowest <= rank)
            continue;
        *lowest = rank;
        if (stopped)
            found->stopped_process = process;
    }
    free(room);
    if (processes)
        closedir(processes);
}

void gv_local_ranks_leave(void)
{
    prctl(PR_GET_NAME, own_name);
    prctl(PR_SET_NAME, leaving);
}

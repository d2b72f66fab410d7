/*
 * The messages that one rank of a job receives, as any bytes (ranks_net.h): counting, rotation,
 * Downpour, Sandblaster, and the config that rank 0 sends. The first byte chooses stage and rank.
 * The first inputs are what ranks really receive.
 */
#include "app/gv_run.h"
#include "base/gv_signal.h"
#include "cooccur/gv_cooccur_stage.h"
#include "cooccur/vocab/gv_vocab_stage.h"
#include "dist/gv_comm_internal.h"
#include "dist/gv_job.h"
#include "fuzz_file.h"
#include "ranks_net.h"
#include "small_store.h"
#include "train/gv_train.h"
#include "train/gv_train_worker.h"
#include <pthread.h>
#include <signal.h>
#include <string.h>

typedef struct job {
    const char *name;
    enum gv_config_stage stage;
    int (*coordinate)(gv_run *run, gv_comm *comm, gv_error *err);
    int (*work)(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err);
    const char *set;
} job;

static const job jobs[] = {
    {"vocab", GV_STAGE_VOCAB, gv_vocab_stage_coordinate, gv_vocab_stage_work, "vocab.min_count=1"},
    {"cooccur", GV_STAGE_COOCCUR, gv_cooccur_stage_coordinate, gv_cooccur_stage_work,
     "cooccur.window=3"},
    {"rotation", GV_STAGE_TRAIN, gv_train_coordinate, gv_train_worker,
     "train.distributed=rotation"},
    {"downpour", GV_STAGE_TRAIN, gv_train_coordinate, gv_train_worker,
     "train.distributed=downpour"},
    {"sandblaster", GV_STAGE_TRAIN, gv_train_coordinate, gv_train_worker,
     "train.distributed=sandblaster"},
};
enum { JOBS = sizeof jobs / sizeof *jobs, TWO_SERVERS = JOBS, CONFIG, CHOICES };

static gv_config *configs[JOBS + 1]; /* the last: Downpour with two servers */
static char dirs[JOBS][FUZZ_PATH];

/* --- preparing -------------------------------------------------------------------------------- */

static void must(int status, const gv_error *err)
{
    if (status == GV_OK)
        return;
    fprintf(stderr, "fuzz_ranks: %s\n", err->text);
    abort();
}

static gv_config *make_config(const char *set, const char *more)
{
    char files[FUZZ_PATH + 32];
    gv_config *config = NULL;
    gv_error err = GV_ERROR_INIT;
    const char *items[] = {files,
                           "cooccur.threads=1",
                           "vocab.memory_mb=16", /* small: limit_mem.h */
                           "cooccur.memory_mb=64",
                           "train.dim=2",
                           "train.epochs=2",
                           "train.threads=1",
                           "train.n_fetch=2",
                           "train.n_push=2",
                           "train.x_max=5",
                           "mpi.deadline_s=30",
                           set,
                           more};
    snprintf(files, sizeof files, "corpus.files=[\"%s/corpus.txt\"]", fuzz_dir());
    gv_strings sets = {.items = (char **)(uintptr_t)items, .n = more ? 13 : 12};
    must(gv_config_load(&config, NULL, &sets, "fuzz", &err), &err);
    return config;
}

static void write_text(const char *name, const char *text)
{
    char path[FUZZ_PATH];
    fuzz_path(path, name);
    fuzz_write(path, text, strlen(text));
}

static void make_run(size_t i)
{
    char path[FUZZ_PATH + 16];
    fuzz_path(dirs[i], jobs[i].name);
    if (mkdir(dirs[i], 0700) != 0)
        abort();
    snprintf(path, sizeof path, "%s/store.db", dirs[i]);
    if (jobs[i].stage == GV_STAGE_TRAIN)
        small_store_write(path);
    configs[i] = make_config(jobs[i].set, NULL);
}

/* --- a rank ----------------------------------------------------------------------------------- */

static int coordinate(const job *j, const gv_config *config, const char *dir, gv_comm *comm,
                      gv_error *err)
{
    const gv_run_options options = {.config = config, .dir = dir, .stage = j->stage, .force = true};
    gv_run *run = NULL;
    int status = gv_run_open(&run, &options, err);
    gv_comm_deadline(comm, config->mpi_deadline_s);
    if (status == GV_OK) {
        status = j->coordinate(run, comm, err);
        gv_comm_end(comm, gv_error_exit_code(status, 0));
        gv_run_end(run, status);
        gv_run_close(run);
    }
    return status;
}

static int work(const job *j, const gv_config *config, const char *dir, gv_comm *comm,
                gv_error *err)
{
    int code, late;
    gv_comm_deadline(comm, config->mpi_deadline_s);
    int status = j->work(comm, config, dir, err);
    if (status != GV_OK && status != GV_E_STOPPED)
        gv_comm_report(comm, err);
    late = gv_comm_wait_end(comm, &code, NULL);
    return status == GV_OK ? late : status;
}

static int be_rank(size_t choice, gv_comm *comm, gv_error *err)
{
    size_t i = choice == TWO_SERVERS ? 3 : choice;
    return gv_comm_rank(comm) == 0 ? coordinate(&jobs[i], configs[choice], dirs[i], comm, err)
                                   : work(&jobs[i], configs[choice], dirs[i], comm, err);
}

/* --- first inputs ----------------------------------------------------------------------------- */

typedef struct recording {
    size_t choice;
    int rank;
    ranks_net_record record;
    pthread_t thread;
} recording;

static void *record(void *context)
{
    recording *r = context;
    gv_error err = GV_ERROR_INIT;
    gv_comm *comm = ranks_net_recorded(r->rank, &r->record);
    int status = be_rank(r->choice, comm, &err);
    gv_comm_free(comm);
    if (r->rank == 0)
        must(status, &err);
    return NULL;
}

static void write_seeds(size_t choice)
{
    recording rank[RANKS_NET_RANKS];
    for (int i = 0; i < RANKS_NET_RANKS; i++) {
        uint8_t first = (uint8_t)(choice * RANKS_NET_RANKS + (size_t)i);
        rank[i] = (recording){.choice = choice, .rank = i};
        ranks_net_append(&rank[i].record, &first, 1);
        if (pthread_create(&rank[i].thread, NULL, record, &rank[i]) != 0)
            abort();
    }
    for (int i = 0; i < RANKS_NET_RANKS; i++) {
        char name[32];
        pthread_join(rank[i].thread, NULL);
        snprintf(name, sizeof name, "%s-%d",
                 choice == TWO_SERVERS ? "two-servers" : jobs[choice].name, i);
        fuzz_seed_bytes(name, rank[i].record.bytes, rank[i].record.n);
        free(rank[i].record.bytes);
    }
    ranks_net_clear();
}

static void write_config_seed(void)
{
    static const char text[] =
        "{\"config\":{\"name\":\"x\",\"train\":{\"dim\":4}},\"dir\":\"/\",\"cwd\":\"/\"}";
    const uint8_t head[] = {
        CONFIG * RANKS_NET_RANKS + 1, 0, 1000 % 256, 1000 / 256, 0, 0, sizeof text - 1, 0, 0, 0};
    uint8_t bytes[sizeof head + sizeof text - 1];
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, text, sizeof text - 1);
    fuzz_seed_bytes("config", bytes, sizeof bytes);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    write_text("corpus.txt", "a b c a b d\nc a b e f a\ng h a b c i\nj a k b l c\nb b a c d e\n");
    for (size_t i = 0; i < JOBS; i++)
        make_run(i);
    configs[TWO_SERVERS] = make_config(jobs[3].set, "train.servers=2");
    write_text("cooccur/vocab.txt", "a 7\nb 7\nc 5\nd 2\ne 2\nf 1\ng 1\nh 1\ni 1\nj 1\nk 1\nl 1\n");
    if (!getenv("FUZZ_SEEDS"))
        return 0;
    for (size_t choice = 0; choice <= TWO_SERVERS; choice++)
        write_seeds(choice);
    write_config_seed();
    return 0;
}

/* --- the config that rank 0 sends ------------------------------------------------------------- */

static int check_config(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err)
{
    (void)comm, (void)config, (void)err;
    if (!dir)
        abort();
    return GV_OK;
}

static void take_config(gv_comm *comm)
{
    static const gv_program program = {.name = "fuzz"};
    static const gv_job config_job = {.program = &program, .work = check_config};
    static char name[] = "fuzz";
    char *argv[] = {name, NULL};
    struct sigaction before[2];
    bool orderly;
    fflush(stderr);
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), loud = dup(2), code;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* the config names another */
    sigaction(SIGINT, NULL, &before[0]);
    sigaction(SIGTERM, NULL, &before[1]);
    dup2(quiet, 2);
    code = gv_job_main(&config_job, comm, 1, argv, &orderly);
    dup2(loud, 2);
    if (here < 0 || fchdir(here) != 0)
        abort();
    close(here);
    sigaction(SIGINT, &before[0], NULL);
    sigaction(SIGTERM, &before[1], NULL);
    close(quiet);
    close(loud);
    (void)code;
}

/* --- the target ------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_error err = GV_ERROR_INIT;
    if (size < 1)
        return 0;
    const size_t choice = data[0] / RANKS_NET_RANKS % CHOICES;
    int rank = data[0] % RANKS_NET_RANKS;
    if (choice == CONFIG && rank == 0)
        return 0;
    gv_comm *comm = ranks_net_replayed(rank, data + 1, size - 1);
    if (choice == CONFIG)
        take_config(comm);
    else
        (void)!be_rank(choice, comm, &err);
    gv_comm_free(comm);
    ranks_net_replay_end();
    gv_signal_pretend(0);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return ranks_net_mutate(data, size, room, seed, 1);
}

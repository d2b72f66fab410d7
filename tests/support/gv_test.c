#include "support/gv_test.h"

#include "base/gv_rng.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* nohup and some CI services start processes with SIGHUP ignored, and the programs leave it so. */
__attribute__((constructor)) static void expect_hangups(void)
{
    signal(SIGHUP, SIG_DFL);
}

static char scratch[256];

static void remove_scratch(void)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", scratch);
}

const char *gv_test_dir(void)
{
    if (scratch[0])
        return scratch;
    const char *base = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/glovebox-test-XXXXXX", base ? base : "/tmp");
    cr_assert_not_null(mkdtemp(scratch), "cannot make %s", scratch);
    atexit(remove_scratch);
    return scratch;
}

void *gv_test_keep(void *block)
{
    static void **blocks;
    static size_t n, capacity;
    if (n == capacity) {
        capacity = capacity ? 2 * capacity : 64;
        blocks = realloc(blocks, capacity * sizeof *blocks);
        cr_assert_not_null(blocks);
    }
    blocks[n++] = block;
    return block;
}

static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    cr_assert(vasprintf(&text, format, args) >= 0);
    gv_test_keep(text);
    return text;
}

const char *gv_test_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    return text;
}

const char *gv_test_path(const char *name)
{
    return gv_test_format("%s/%s", gv_test_dir(), name);
}

const char *gv_test_write(const char *name, const void *data, size_t bytes)
{
    const char *path = gv_test_path(name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "cannot write %s", path);
    cr_assert_eq(fwrite(data, 1, bytes, file), bytes);
    cr_assert_eq(fclose(file), 0);
    return path;
}

const char *gv_test_write_text(const char *name, const char *text)
{
    return gv_test_write(name, text, strlen(text));
}

char *gv_test_read(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "cannot read %s", path);
    size_t used = 0, capacity = 1 << 16;
    char *text = malloc(capacity + 1);
    cr_assert_not_null(text);
    size_t got;
    while ((got = fread(text + used, 1, capacity - used, file)) > 0) {
        used += got;
        if (used == capacity) {
            capacity *= 2;
            text = realloc(text, capacity + 1);
            cr_assert_not_null(text);
        }
    }
    fclose(file);
    text[used] = '\0';
    if (bytes)
        *bytes = used;
    gv_test_keep(text);
    return text;
}

void gv_test_same_file(const char *a, const char *b, const char *name)
{
    size_t n, m;
    char *x = gv_test_read(gv_test_format("%s/%s", a, name), &n);
    char *y = gv_test_read(gv_test_format("%s/%s", b, name), &m);
    cr_assert(n == m && memcmp(x, y, n) == 0, "%s differs between %s and %s", name, a, b);
    free(x);
    free(y);
}

int gv_test_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void gv_test_flip(const char *path, long offset)
{
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file, "cannot open %s", path);
    cr_assert_eq(fseek(file, offset, offset < 0 ? SEEK_END : SEEK_SET), 0);
    int byte = fgetc(file);
    cr_assert_neq(byte, EOF);
    cr_assert_eq(fseek(file, -1, SEEK_CUR), 0);
    fputc(byte ^ 0x5a, file);
    cr_assert_eq(fclose(file), 0);
}

void gv_test_truncate(const char *path, long bytes)
{
    cr_assert_eq(truncate(path, bytes), 0, "cannot truncate %s", path);
}

/* PATH cannot hold a folder with a colon in its name: a link to it can stand there. */
static const char *path_of_programs(void)
{
    const char *bin = GV_BIN[0] == '/' ? GV_BIN : GV_SOURCE "/" GV_BIN;
    if (!strchr(bin, ':'))
        return bin;
    const char *link = gv_test_path(".bin");
    if (symlink(bin, link) != 0 && errno != EEXIST)
        _exit(126);
    return link;
}

static void set_environment(void)
{
    const char *old = getenv("PATH");
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s:%s", path_of_programs(), old ? old : "/usr/bin:/bin");
    setenv("PATH", path, 1);
    setenv("GV_TEST_SOURCE", GV_SOURCE, 1);
    setenv("GV_TEST_BUILD", GV_BUILD, 1);
}

/* Leave the test out where a command lacks a program that is not needed to build glovebox. */
static void skip_if_lacking(const char *err)
{
    static const struct {
        const char *says, *package;
    } lacks[] = {{"sqlite3: not found", "sqlite3"}, {"bzip2: not found", "bzip2"},
                 {"xz: not found", "xz-utils"},     {"zstd: not found", "zstd"},
                 {"gzip: not found", "gzip"},       {" zip: not found", "zip"},
                 {"python3: not found", "python3"}, {"No module named 'numpy'", "python3-numpy"}};
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++)
        if (strstr(err, lacks[i].says))
            gv_test_skip("needs the package %s", lacks[i].package);
}

static gv_test_result run_command(const char *command)
{
    const char *out_path = gv_test_path(".stdout"), *err_path = gv_test_path(".stderr");
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        int out = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int err = open(err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int in = open("/dev/null", O_RDONLY);
        if (out < 0 || err < 0 || in < 0 || chdir(gv_test_dir()) != 0)
            _exit(126);
        dup2(in, 0);
        dup2(out, 1);
        dup2(err, 2);
        set_environment();
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int wait_status = 0;
    cr_assert_eq(waitpid(child, &wait_status, 0), child);
    gv_test_result result = {.exit_code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                                                 : -WTERMSIG(wait_status)};
    result.out = gv_test_read(out_path, NULL);
    result.err = gv_test_read(err_path, NULL);
    if (result.exit_code != 0)
        skip_if_lacking(result.err);
    return result;
}

gv_test_result gv_test_run(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *command = format_text(format, args);
    va_end(args);
    return run_command(command);
}

gv_test_result gv_test_run_ok(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *command = format_text(format, args);
    va_end(args);
    gv_test_result result = run_command(command);
    cr_assert_eq(result.exit_code, 0, "%s: exit code %d, stderr: %s", command, result.exit_code,
                 result.err);
    return result;
}

void gv_test_make_hosts(const char *files)
{
    gv_test_run_ok("rm -rf hosts && mkdir -p hosts/1 hosts/2 hosts/3/many hosts/4 hosts/5 && "
                   "cp %s hosts/2 && cp -p %s hosts/4 && "
                   "for f in %s; do tr 'aw' 'bv' <$f >hosts/3/$f; done && "
                   "echo w0 7 >hosts/3/many/vocab.txt",
                   files, files, files);
}

int gv_test_compare_ranks(const gv_test_ranks *what, int ranks, const char *options)
{
    gv_test_result one = gv_test_run("%s --progress none --run-dir one %s", what->stage, options);
    gv_test_result many = gv_test_run("RANKS=%d %s --progress none --run-dir many %s", ranks,
                                      what->ranks_program, options);
    cr_assert_eq(one.exit_code, many.exit_code, "%d ranks, %s: %s%s", ranks, options, one.err,
                 many.err);
    if (one.exit_code != 0)
        return one.exit_code;
    gv_test_result same = gv_test_run("cmp one/%s many/%s", what->file, what->file);
    cr_assert_eq(same.exit_code, 0, "%d ranks, %s: %s", ranks, options, same.out);
    const char *metrics = "grep -o '%s' %s/metrics.jsonl";
    cr_assert_str_eq(gv_test_run_ok(metrics, what->pattern, "one").out,
                     gv_test_run_ok(metrics, what->pattern, "many").out, "%d ranks, %s", ranks,
                     options);
    return 0;
}

void gv_test_expect_error(gv_test_result result, int exit_code, ...)
{
    cr_assert_eq(result.exit_code, exit_code, "exit code %d instead of %d; stderr: %s",
                 result.exit_code, exit_code, result.err);
    const char *newline = strchr(result.err, '\n');
    cr_assert(newline && newline[1] == '\0', "stderr is not one line: %s", result.err);
    va_list args;
    va_start(args, exit_code);
    const char *part;
    while ((part = va_arg(args, const char *)))
        cr_assert_not_null(strstr(result.err, part), "stderr lacks '%s': %s", part, result.err);
    va_end(args);
}

const char *gv_test_random_event(gv_rng *rng, unsigned tasks)
{
    const struct {
        const char *name;
        unsigned most;
    } events[] = {{"task", tasks}, {"write", 12}, {"sync", 6}, {"rename", 6}, {"checkpoint", 4}};
    size_t pick = gv_rng_below(rng, 2 * sizeof events / sizeof *events);
    pick = pick < sizeof events / sizeof *events ? pick : 0; /* half of them are tasks */
    return gv_test_format("%s:%u", events[pick].name,
                          1 + (unsigned)gv_rng_below(rng, events[pick].most));
}

void gv_test_expect_killed(gv_test_result result)
{
    /* the program itself, or the shell that waited for it */
    cr_assert(result.exit_code == -SIGKILL || result.exit_code == 128 + SIGKILL,
              "exit code %d, not killed: %s", result.exit_code, result.err);
}

void gv_test_skip(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *reason = format_text(format, args);
    va_end(args);
    fprintf(stderr, "SKIPPED %s::%s: %s\n", criterion_current_test->category,
            criterion_current_test->name, reason);
    cr_skip_test("%s", reason);
}

uint64_t gv_test_seed(void)
{
    const char *text = getenv("GV_TEST_SEED");
    return text ? strtoull(text, NULL, 10) : 20140101;
}

const char *gv_test_corpus(const char *name, uint64_t seed, size_t tokens, size_t words,
                           unsigned line_length)
{
    const char *path = gv_test_path(name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "cannot write %s", path);
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 0);
    for (size_t i = 0; i < tokens; i++) {
        /* exp(u ln n) - 1 has density ~ 1/x: Zipf's law */
        size_t word = (size_t)(exp(gv_rng_uniform(&rng) * log((double)words + 1.0)) - 1.0);
        int newline = line_length && gv_rng_below(&rng, line_length) == 0;
        fprintf(file, "w%zu%c", word < words ? word : words - 1, newline ? '\n' : ' ');
    }
    cr_assert_eq(fclose(file), 0);
    return path;
}

/* A few words, or none, to file `name`. */
static void write_few_words(const char *name, gv_rng *rng, const char *const *words, size_t n)
{
    enum { TOKENS = 60, LINE = 15 };
    char text[4000] = "";
    size_t used = 0, tokens = gv_rng_below(rng, 4) ? gv_rng_below(rng, TOKENS) : 0;
    for (size_t i = 0; i < tokens; i++) {
        int more = snprintf(text + used, sizeof text - used, "%s%s", words[gv_rng_below(rng, n)],
                            gv_rng_below(rng, LINE) ? " " : "\n");
        cr_assert(more > 0 && (size_t)more < sizeof text - used, "words too long");
        used += (size_t)more;
    }
    gv_test_write_text(name, text);
}

const char *gv_test_small_files(gv_rng *rng, unsigned most, const char *const *words, size_t n)
{
    unsigned files = 1 + (unsigned)gv_rng_below(rng, most);
    const char *list = "";
    gv_test_run_ok("rm -f f*.txt f*.gz f*.tar g*.txt");
    for (unsigned f = 0; f < files; f++) {
        const char *name = gv_test_format("f%u.txt", f);
        write_few_words(name, rng, words, n);
        if (gv_rng_below(rng, 3) == 0) {
            gv_test_run_ok("gzip %s", name);
            name = gv_test_format("%s.gz", name);
        }
        if (gv_rng_below(rng, 4) == 0) {
            const char *other = gv_test_format("g%u.txt", f);
            write_few_words(other, rng, words, n);
            gv_test_run_ok("tar cf f%u.tar %s %s", f, name, other);
            name = gv_test_format("f%u.tar", f);
        }
        list = gv_test_format("%s%s\"%s\"", list, f ? "," : "", name);
    }
    return gv_test_format("--set 'corpus.files=[%s]'", list);
}

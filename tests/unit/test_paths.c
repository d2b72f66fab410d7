/* gv_paths: what a pattern matches, and what is found below folders. */
#include "support/gv_test.h"
#include "text/gv_paths.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct match_case {
    const char *pattern, *path;
    bool matches;
} match_case;

static const match_case matches[] = {
    {"*", "a.txt", true},
    {"*", "x/y/a.txt", true}, /* without a slash: the name */
    {"*", ".a", false},
    {"*", ".x/a", false},
    {".*", ".a", true},
    {"*.txt", "x/a.txt", true},
    {"*.txt", "a.txt.gz", false},
    {"x/*.txt", "x/a.txt", true},
    {"x/*.txt", "x/y/a.txt", false},
    {"/x/*.txt", "x/a.txt", true},
    {"x/**/*.txt", "x/a.txt", true}, /* no folder at all */
    {"x/**/*.txt", "x/y/z/a.txt", true},
    {"x/**/*.txt", "y/x/a.txt", false},
    {"**/*.txt", "a.txt", true},
    {"**/b/**/*.txt", "b/a.txt", true},
    {"**/b/**/*.txt", "x/b/y/z/a.txt", true},
    {"**/b/**/*.txt", "x/bb/a.txt", false},
    {"**", "a", true},
    {"**", "a/b/c", true},
    {"**", "a/.b/c", false},
    {"x/**", "x/a", true},
    {"x/**", "x", false},
    {"x/**", "y/a", false},
    {"x/**.txt", "x/a.txt", true}, /* as deep as a ** alone */
    {"x/**.txt", "x/y/a.txt", true},
    {"**/*.txt", ".x/a.txt", false},
    {"**/.x/*", ".x/a.txt", true},
    {"[ab]?", "x/a1", true},
    {"[ab]?", "c1", false},
};

Test(paths, patterns)
{
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++)
        cr_assert_eq(gv_paths_match(matches[i].pattern, matches[i].path), matches[i].matches,
                     "%s: %s", matches[i].pattern, matches[i].path);
    /* longer than any file name */
    char name[3000];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_assert(!gv_paths_match("b*", name));
}

/* --- against an oracle ------------------------------------------------------------------------ */

static const char *const pattern_names[] = {"a", "*", "**", "**b", ".h", "**.h"};
static const char *const path_names[] = {"a", "b", "ab", ".h"};
enum { PATTERN_NAMES = 6, PATH_NAMES = 4, LONGEST = 5 };

typedef struct names {
    int items[LONGEST], n;
} names;

static bool hidden(int name)
{
    return path_names[name][0] == '.';
}

static bool name_matches(const char *pattern, const char *name)
{
    if (strncmp(pattern, "**", 2) == 0)
        pattern++;
    if (strcmp(pattern, "*") == 0)
        return name[0] != '.';
    if (strcmp(pattern, "*b") == 0)
        return name[0] != '.' && name[strlen(name) - 1] == 'b';
    /* a leading dot must be written out */
    return strcmp(pattern, "*.h") != 0 && strcmp(pattern, name) == 0;
}

/* Tries everything that each `**` can take. */
static bool oracle(const names *pattern, int i, const names *path, int j)
{
    if (i == pattern->n)
        return j == path->n;
    const char *wanted = pattern_names[pattern->items[i]];
    if (strncmp(wanted, "**", 2) != 0)
        return j < path->n && name_matches(wanted, path_names[path->items[j]]) &&
               oracle(pattern, i + 1, path, j + 1);
    bool any = strcmp(wanted, "**") == 0;
    if (any && i + 1 == pattern->n) {
        for (int k = j; k < path->n; k++)
            if (hidden(path->items[k]))
                return false;
        return j < path->n;
    }
    for (int k = j; k < path->n; k++) {
        if (any ? oracle(pattern, i + 1, path, k)
                : name_matches(wanted, path_names[path->items[k]]) &&
                      oracle(pattern, i + 1, path, k + 1))
            return true;
        if (hidden(path->items[k]))
            return false;
    }
    return false;
}

/* The `number`-th sequence of `n` names of `kinds`, as a path in `text`. */
static names nth(int number, int n, int kinds, const char *const *all, char *text)
{
    names list = {.n = n};
    *text = '\0';
    for (int i = 0; i < n; i++, number /= kinds) {
        list.items[i] = number % kinds;
        strcat(strcat(text, i ? "/" : ""), all[list.items[i]]);
    }
    return list;
}

static int power(int base, int exponent)
{
    return exponent ? base * power(base, exponent - 1) : 1;
}

Test(paths, patterns_match_what_trying_everything_matches)
{
    int matched = 0;
    for (int m = 2; m <= 4; m++)
        for (int p = 0; p < power(PATTERN_NAMES, m); p++)
            for (int n = 1; n <= LONGEST; n++)
                for (int q = 0; q < power(PATH_NAMES, n); q += n < LONGEST ? 1 : 7) {
                    char pattern[64], path[64];
                    names wanted = nth(p, m, PATTERN_NAMES, pattern_names, pattern);
                    names given = nth(q, n, PATH_NAMES, path_names, path);
                    bool expected = oracle(&wanted, 0, &given, 0);
                    cr_assert_eq(gv_paths_match(pattern, path), expected, "%s: %s", pattern, path);
                    matched += expected;
                }
    cr_assert_gt(matched, 1000);
}

/* Trying everything would take years. */
Test(paths, many_stars_and_a_deep_path, .timeout = 20)
{
    char pattern[512] = "", path[4096] = "";
    for (int i = 0; i < 60; i++)
        strcat(pattern, "**/a/");
    strcat(pattern, "b");
    for (int i = 0; i < 1000; i++)
        strcat(path, "a/");
    cr_assert(!gv_paths_match(pattern, strcat(path, "c")));
    path[strlen(path) - 1] = 'b';
    cr_assert(gv_paths_match(pattern, path));
}

/* The paths that were found, each with a blank after it. */
static const char *shown(const gv_paths *paths)
{
    const char *text = "";
    for (size_t i = 0; i < paths->n; i++)
        text = gv_test_format("%s%s ", text, paths->items[i]);
    return text;
}

static void expect_matches(const char *pattern, const char *wanted)
{
    gv_paths paths = {0};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_paths_add_matches(&paths, pattern, &err), err);
    cr_assert_str_eq(shown(&paths), wanted, "%s: %s", pattern, shown(&paths));
    gv_paths_free(&paths);
}

static void expect_below(const char *folder, const char *pattern, const char *wanted)
{
    char *items[] = {(char *)gv_test_keep(strdup(pattern))};
    const gv_strings patterns = {1, items};
    gv_paths paths = {0};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_paths_add_folder(&paths, folder, &patterns, &err), err);
    cr_assert_str_eq(shown(&paths), wanted, "%s %s: %s", folder, pattern, shown(&paths));
    gv_paths_free(&paths);
}

static void make_tree(void)
{
    cr_assert_eq(chdir(gv_test_dir()), 0);
    gv_test_run_ok("mkdir -p t/a/b t/.h t/a-b && for f in t/z t/a/x t/a/b/y t/.h/n t/a-b/x; do "
                   "echo $f > $f.txt; done && echo m > t/a/m.md && echo d > t/.d.txt");
}

Test(paths, byte_order_and_hidden_files)
{
    make_tree();
    expect_matches("t/*.txt", "t/z.txt ");
    expect_matches("t/**/*.txt", "t/a-b/x.txt t/a/b/y.txt t/a/x.txt t/z.txt ");
    expect_matches("t/a*/**/x.txt", "t/a-b/x.txt t/a/x.txt ");
    expect_matches("**/y.txt", "t/a/b/y.txt ");
    expect_matches("t/**/.d.txt", "t/.d.txt ");
    expect_matches("t/**/*.csv", "");
    expect_matches("no/**/*.txt", "");
    expect_below("t", "*", "t/a-b/x.txt t/a/b/y.txt t/a/m.md t/a/x.txt t/z.txt ");
    expect_below("t/", "*.txt", "t/a-b/x.txt t/a/b/y.txt t/a/x.txt t/z.txt ");
    expect_below("t", "a/*", "t/a/m.md t/a/x.txt ");
    expect_below("t", ".d*", "t/.d.txt ");
    expect_below("t/.h", "*", "t/.h/n.txt ");
}

/* Links in a circle end, and nothing is found twice by them. */
Test(paths, links)
{
    make_tree();
    gv_test_run_ok("cd t && ln -s . self && ln -s .. a/up && ln -s ../a a/b/again && "
                   "ln -s z.txt zlink.txt && ln -s a/b other && mkfifo pipe");
    expect_below("t", "*.txt", "t/a-b/x.txt t/a/b/y.txt t/a/x.txt t/z.txt ");
    expect_below("t/a", "*.txt", "t/a/b/y.txt t/a/x.txt ");
    expect_matches("t/**/y.txt", "t/a/b/y.txt ");
    /* a folder outside is followed; a link to nothing is found, so that reading it is an error */
    gv_test_run_ok("mkdir out && echo o > out/o.txt && ln -s ../../out t/a-b/out && "
                   "ln -s nothing t/gone.txt");
    expect_below("t", "[og]*.txt", "t/a-b/out/o.txt t/gone.txt ");
}

Test(paths, a_folder_that_cannot_be_read_is_an_error)
{
    if (getuid() == 0)
        gv_test_skip("root may read every folder");
    make_tree();
    gv_test_run_ok("chmod 0 t/a/b");
    gv_paths paths = {0};
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_paths_add_matches(&paths, "t/**/*.txt", &err), GV_E_IO);
    cr_assert(strstr(err.text, "t/a/b"), "%s", err.text);
    gv_paths_free(&paths);
    gv_test_run_ok("chmod 700 t/a/b");
}

/* What glovebox writes into a run directory is no corpus; other files there are. */
Test(paths, outputs_of_runs_are_left_out)
{
    make_tree();
    gv_test_run_ok("mkdir -p t/runs/r/.stamps && cd t/runs/r && touch vocab.txt vectors.txt my.txt "
                   "&& touch ../vocab.txt");
    gv_paths paths = {0};
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_paths_add_matches(&paths, "t/runs/**/*.txt", &err), err);
    cr_assert_str_eq(shown(&paths), "t/runs/r/my.txt t/runs/vocab.txt ");
    cr_assert_eq(paths.own, 2);
    gv_paths_free(&paths);
    gv_assert_ok(gv_paths_add_matches(&paths, "t/runs/r/*.txt", &err), err);
    cr_assert_str_eq(shown(&paths), "t/runs/r/my.txt ");
    cr_assert_eq(paths.own, 2);
    cr_assert(strncmp(paths.first_own, "t/runs/r/v", 10) == 0, "%s", paths.first_own);
    gv_paths_free(&paths);
}

Test(paths, home)
{
    gv_error err = GV_ERROR_INIT;
    char *path;
    setenv("HOME", "/somewhere", 1);
    gv_assert_ok(gv_paths_home(&path, "~/x/*.txt", &err), err);
    cr_assert_str_eq(gv_test_keep(path), "/somewhere/x/*.txt");
    gv_assert_ok(gv_paths_home(&path, "~", &err), err);
    cr_assert_str_eq(gv_test_keep(path), "/somewhere");
    gv_assert_ok(gv_paths_home(&path, "~root/x", &err), err);
    cr_assert_str_eq(gv_test_keep(path), "/root/x");
    gv_assert_ok(gv_paths_home(&path, "a~", &err), err);
    cr_assert_str_eq(gv_test_keep(path), "a~");
    cr_assert_eq(gv_paths_home(&path, "~no-such-user/x", &err), GV_E_USAGE);
    cr_assert(strstr(err.text, "no-such-user"), "%s", err.text);
    cr_assert_null(path);
}

/* glob(3) would crash. */
Test(paths, too_many_folders_are_an_error)
{
    static const size_t lengths[] = {600, 4000, 5000, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        gv_paths paths = {0};
        gv_error err = GV_ERROR_INIT;
        char *pattern = malloc(lengths[i] + 1);
        memset(pattern, '/', lengths[i]);
        pattern[lengths[i]] = '\0';
        cr_assert_eq(gv_paths_add_matches(&paths, pattern, &err), GV_E_USAGE);
        cr_assert(strstr(err.text, "is too long"), "%s", err.text);
        gv_paths_free(&paths);
        free(pattern);
    }
}

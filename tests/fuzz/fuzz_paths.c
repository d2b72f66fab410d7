/*
 * Any bytes as corpus.files and corpus.pattern, entries with a NUL between them (those that begin
 * with `:` are of corpus.pattern), in a small tree of files, folders and links. What is found is in
 * order and exists.
 */
#include "config/gv_config.h"
#include "fuzz_file.h"
#include "text/gv_corpus_files.h"
#include <string.h>

enum { ENTRIES = 8 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char *const folders[] = {"tree", "tree/a", "tree/a/b", "tree/a/b/c", "tree/[x]"};
    static const char *const files[] = {"tree/one.txt", "tree/two.md",       "tree/a/one.txt",
                                        "tree/a/.hide", "tree/a/b/c/deep",   "tree/[x]/*.txt",
                                        "tree/a/{b}",   "tree/a/picture.png"};
    static const char seed[] = "tree/**/*.txt\0tree/[x]\0tree/a/{b}\0:*.txt\0:!o*\0tree/?ne.*";
    char path[FUZZ_PATH];
    fuzz_seed_bytes("small", seed, sizeof seed - 1);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        fuzz_path(path, folders[i]);
        if (mkdir(path, 0700) != 0)
            abort();
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        fuzz_path(path, files[i]);
        fuzz_write(path, i == 7 ? "\x89PNG\r\n\x1a\n" : "a b\n", i == 7 ? 8 : 4);
    }
    fuzz_path(path, "tree/a/b/loop");
    if (symlink("..", path) != 0)
        abort();
    return 0;
}

/* Nothing outside of the tree, which may be large, or wait: `.*` matches `..`, too. */
static bool stays_inside(const char *entry)
{
    for (const char *at = entry; (at = strstr(at, "/.")); at += 2)
        if (at[2] && strchr(".*?[", at[2]))
            return false;
    return strncmp(entry, "tree", 4) == 0 && !strstr(entry, "..") && !strstr(entry, "[.");
}

/* Cut the bytes into the entries of two lists. */
static void take_entries(gv_config *config, char *text, size_t size)
{
    for (char *at = text; at < text + size; at += strlen(at) + 1) {
        bool pattern = at[0] == ':';
        gv_strings *to = pattern ? &config->corpus_pattern : &config->corpus_files;
        if (to->n < ENTRIES && (pattern || stays_inside(at)))
            to->items[to->n++] = at + pattern;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *items[2][ENTRIES], *text = malloc(size + 1);
    gv_config config = {.corpus_files = {0, items[0]}, .corpus_pattern = {0, items[1]}};
    gv_corpus_files_found found = {0};
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!text || here < 0 || chdir(fuzz_dir()) != 0)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    take_entries(&config, text, size);
    if (gv_corpus_files_find(&found, &config, NULL) == GV_OK) {
        if (found.paths.n == 0)
            abort();
        for (size_t i = 0; i < found.paths.n; i++)
            if (access(found.paths.items[i], F_OK) != 0)
                abort();
    }
    gv_corpus_files_free(&found);
    if (fchdir(here) != 0)
        abort();
    close(here);
    free(text);
    return 0;
}

/* glove-report: reports about runs; one HTML page about a run, and commands about several. */
#include "report/gv_report_command.h"
#include <stdint.h>
#include <string.h>

static gv_report_command_options given;

enum { MOST_OPTIONS = 16 };

/* What a command takes. */
typedef struct command {
    const char *name; /* "" for the page of a run, which has no operands */
    size_t least, most;
    const char *operands;              /* for messages */
    const char *options[MOST_OPTIONS]; /* those it looks at, a list that ends with NULL */
    gv_report_command *work;
} command;

static const command commands[] = {
    {"drift",
     2,
     2,
     "two run directories or files of vectors",
     {"--output", "--word", "--noise", "--by", "--neighbours", "--limit", "--min-count", "--top",
      NULL},
     gv_report_command_drift},
    {"", 0, 0, "", {"--output", "--word", "--words", "--map", NULL}, gv_report_command_page},
    {"stability",
     1,
     SIZE_MAX,
     "two run directories or more, a sweep, or files of vectors",
     {"--output", "--neighbours", "--words", "--over", NULL},
     gv_report_command_stability},
    {"compare",
     1,
     SIZE_MAX,
     "DIR..., run directories, sweeps, or folders with such",
     {"--output", "--base", "--sort", "--best", NULL},
     gv_report_command_compare},
    {"verify",
     1,
     1,
     "one run directory",
     {"--work", "--corpus-dir", "--to", NULL},
     gv_report_command_verify},
    {"cite",
     1,
     SIZE_MAX,
     "run directories or sweeps",
     {"--format", "--output", NULL},
     gv_report_command_cite},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static int find_command(const command **found, gv_strings operands, gv_error *err)
{
    const char *name = operands.n > 0 ? operands.items[0] : "";
    const size_t n = operands.n > 0 ? operands.n - 1 : 0;
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0) {
            *found = &commands[i];
            if (n < commands[i].least || n > commands[i].most)
                return gv_error_set(err, GV_E_USAGE, "%s: expected %s", name, commands[i].operands);
            return GV_OK;
        }
    return gv_error_set(err, GV_E_USAGE,
                        "unknown command %s; the page of a run is glove-report --run-dir DIR",
                        name);
}

/* An option without effect is refused: whoever gave it expects one. */
static int check_options(const command *chosen, gv_error *err)
{
    const struct {
        const char *name;
        bool given;
    } all[] = {{"--noise", given.noise.n > 0},
               {"--by", given.by != NULL},
               {"--neighbours", given.neighbours != NULL},
               {"--limit", given.limit != NULL},
               {"--min-count", given.min_count != NULL},
               {"--top", given.top != NULL},
               {"--output", given.output != NULL},
               {"--word", given.words.n > 0},
               {"--words", given.listed != NULL},
               {"--map", given.mapped != NULL},
               {"--base", given.base != NULL},
               {"--sort", given.sort != NULL},
               {"--best", given.best != NULL},
               {"--work", given.work != NULL},
               {"--corpus-dir", given.corpus_dir != NULL},
               {"--to", given.to != NULL},
               {"--format", given.format != NULL},
               {"--over", given.over.n > 0}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool used = false;
        for (const char *const *option = chosen->options; *option; option++)
            used |= strcmp(*option, all[i].name) == 0;
        if (all[i].given && !used)
            return gv_error_set(err, GV_E_USAGE, "%s has no effect on %s; leave it out",
                                all[i].name, *chosen->name ? chosen->name : "the page of a run");
    }
    return GV_OK;
}

/* A gv_program's call_main. */
static int report_main(int *exit_code, const gv_program_call *call, gv_error *err)
{
    const command *chosen = NULL;
    int status = find_command(&chosen, call->operands, err);
    if (status == GV_OK)
        status = check_options(chosen, err);
    if (status != GV_OK)
        return status;
    gv_program_call rest = *call;
    if (rest.operands.n > 0) {
        rest.operands.items++;
        rest.operands.n--;
    }
    return chosen->work(exit_code, &rest, &given, err);
}

int main(int argc, char **argv)
{
    static const gv_program_option options[] = {
        {.name = "--noise",
         .argument = "RUN...",
         .help = "drift: two runs between which no word changed, such as two random halves of one "
                 "corpus, or several such pairs",
         .values = &given.noise},
        {.name = "--by",
         .argument = "MEASURE",
         .help = "drift: order words by neighbours (default) or cosine",
         .value = &given.by},
        {.name = "--neighbours",
         .argument = "N",
         .help = "drift: compare the N nearest words of each word [a twentieth of all words, 10 to "
                 "500]; stability: [10]",
         .value = &given.neighbours},
        {.name = "--limit",
         .argument = "N",
         .help = "drift: compare the N most frequent words of both corpora; 0: all [20000]",
         .value = &given.limit},
        {.name = "--min-count",
         .argument = "N",
         .help = "drift: compare words that occur at least N times in both [20]",
         .value = &given.min_count},
        {.name = "--top", .argument = "N", .help = "drift: list N words [20]", .value = &given.top},
        {.name = "--output",
         .argument = "FILE",
         .help =
             "where to write the page, - for standard output; default: report.html of the run. "
             "compare, drift: the files FILE.html .md .csv .json; stability: FILE.html .tsv .json",
         .value = &given.output},
        {.name = "--word",
         .argument = "WORD",
         .help = "show the neighbours of WORD, not of words chosen by frequency; drift: show WORD, "
                 "too; "
                 "repeatable",
         .values = &given.words},
        {.name = "--words",
         .argument = "N",
         .help =
             "list the first N words on the page, with their nearest ones; default: 100000, 0: no "
             "list; stability: measure the first N words [100000], 0: all",
         .value = &given.listed},
        {.name = "--map",
         .argument = "N",
         .help = "show the first N words on a map; default: 3000, 0: no map",
         .value = &given.mapped},
        {.name = "--base",
         .argument = "KEY=VALUE",
         .help = "compare: differences from the settings with this value, all other keys the same; "
                 "or DIR, the setting of this run; default: that of the first run",
         .value = &given.base},
        {.name = "--sort",
         .argument = "METRIC",
         .help = "compare: settings in the order of this measure, the best first",
         .value = &given.sort},
        {.name = "--best",
         .argument = "N",
         .help = "compare: only the N best settings; or METRIC: the best by this measure",
         .value = &given.best},
        {.name = "--work",
         .argument = "DIR",
         .help = "verify: where to run it again; default: $TMPDIR, else beside the run",
         .value = &given.work},
        {.name = "--corpus-dir",
         .argument = "DIR",
         .help = "verify: where the files of the corpus and the test sets are now",
         .value = &given.corpus_dir},
        {.name = "--to",
         .argument = "STAGE",
         .help = "verify: end with this stage: vocab, cooccur, shuffle, train or eval",
         .value = &given.to},
        {.name = "--format",
         .argument = "FORMAT",
         .help = "cite: markdown (default), latex, text, or bibtex: the papers alone",
         .value = &given.format},
        {.name = "--over",
         .argument = "KEY",
         .help = "stability: runs may differ in KEY, too, not only in seeds; repeatable",
         .values = &given.over},
        {0}};
    static const char *const stages[] = {"vocab", "cooccur", "shuffle", "train", "eval", NULL};
    static const gv_program program = {
        .name = "glove-report",
        .summary = "write an HTML page about a run; compare, verify and cite runs",
        .operands = "[COMMAND DIR...]",
        .details =
            "Without a command: one page with settings, corpus, stages, loss, scores, words, a\n"
            "map and checksums, which needs no other file. For what the run does not have yet, it\n"
            "names the command to run. Prints the path of the page. It takes --output, --word,\n"
            "--words and --map.\n"
            "\n"
            "  compare DIR...    compares runs, each DIR a run directory, a sweep, or a\n"
            "                    folder with such: mean and standard deviation over seeds of\n"
            "                    scores, loss, time and memory, and differences from a base\n"
            "                    with intervals, so that what may be chance is told as such.\n"
            "                    Prints Markdown, or writes four files (--output PREFIX).\n"
            "                    Also --base, --sort, --best\n"
            "  stability DIR...  says which nearest neighbours of each word come back in runs\n"
            "                    that differ only in their seeds, and writes PREFIX.html,\n"
            "                    .tsv and .json (--output PREFIX; default: stability, in the\n"
            "                    folder of a sweep or here). Also --neighbours, --words,\n"
            "                    --over\n"
            "  drift A B         lists the words that moved most between two corpora, each a\n"
            "                    run directory or a file of vectors; with --noise it compares\n"
            "                    each with how far words of its frequency move where nothing\n"
            "                    has changed. Also --output, --word, --by, --neighbours,\n"
            "                    --limit, --min-count, --top\n"
            "  verify DIR        runs the run again in another folder, from its corpus and\n"
            "                    config.json, and compares every file that must have the same\n"
            "                    bytes, stage by stage; exit code 1 with the first stage and\n"
            "                    file that differ. It takes --work, --corpus-dir, --to\n"
            "  cite DIR...       prints how runs were made: a paragraph for the methods\n"
            "                    section of a paper, tables of settings, files and runs for\n"
            "                    its appendix, and the papers of the methods that were used.\n"
            "                    It takes --format, --output",
        .choices_of = "STAGE",
        .choices = stages,
        .options = options,
        .call_main = report_main};
    int code = gv_program_main(&program, argc, argv);
    gv_strings_free(&given.words);
    gv_strings_free(&given.noise);
    gv_strings_free(&given.over);
    return code;
}

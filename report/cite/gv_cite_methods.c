/* gv_cite_methods - the paragraph: corpus, vocabulary, counts, training, in the past tense. */
#include "report/cite/gv_cite.h"

#include "base/gv_mem.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the sentences are about. A failure is remembered, and the rest is left out. */
typedef struct facts {
    gv_cite_pen *pen;
    const gv_cite_runs *runs;
    const gv_cite_runs_run *first;
    const gv_config *config; /* of the first run */
    int status;
    gv_error *err;
} facts;

/* --- values ----------------------------------------------------------------------------------- */

/* A number of an event, with commas between thousands. */
typedef struct number {
    size_t stage;
    const char *object, *member; /* `object` NULL: of the event itself */
} number;

static void with_commas(char *to, size_t size, double value)
{
    char digits[64];
    size_t used = 0;
    snprintf(digits, sizeof digits, "%.0f", value);
    for (size_t i = 0, n = strlen(digits); i < n && used + 2 < size; i++) {
        to[used++] = digits[i];
        if (i + 1 < n && (n - 1 - i) % 3 == 0)
            to[used++] = ',';
    }
    to[used] = '\0';
}

static void number_text(char *to, size_t size, const gv_cite_runs_run *run, const void *what)
{
    const number *n = what;
    const gv_json *of = run->done[n->stage];
    const gv_json *value = gv_json_get(n->object ? gv_json_get(of, n->object) : of, n->member);
    if (gv_json_is_number(value) && gv_json_number(value) >= 0 && gv_json_number(value) < 1e18)
        with_commas(to, size, gv_json_number(value));
}

/* The number in all runs; "" if it is not known. Caller frees. */
static char *numbers(facts *f, size_t stage, const char *object, const char *member)
{
    const number what = {stage, object, member};
    char *values = NULL;
    if (f->status == GV_OK)
        f->status = gv_cite_runs_values(&values, f->runs, number_text, &what, f->err);
    return values;
}

static char *key_values(facts *f, const char *key)
{
    char *values = NULL;
    if (f->status == GV_OK)
        f->status = gv_cite_runs_key_values(&values, f->runs, key, f->err);
    return values;
}

/* "BEFORE VALUE AFTER" if the value is known. Takes `value`. */
static void say_value(facts *f, const char *before, char *value, const char *after)
{
    if (value && *value)
        gv_cite_pen_say(f->pen, "%s%s%s", before, value, after);
    gv_mem_free(value);
}

static void text_member(char *to, size_t size, const gv_cite_runs_run *run, const void *what)
{
    snprintf(to, size, "%s", gv_json_get_text(run->done[GV_CITE_RUNS_TRAIN], what));
}

static char *texts(facts *f, const char *member)
{
    char *values = NULL;
    if (f->status == GV_OK)
        f->status = gv_cite_runs_values(&values, f->runs, text_member, member, f->err);
    return values;
}

/* Where runs differ in a setting, the sentence about it is left out: the last one names them. */
static bool agree(const facts *f, const char *key)
{
    return gv_cite_runs_agree(f->runs, key);
}

/* --- corpus and vocabulary -------------------------------------------------------------------- */

/* The checksum of the corpus, if it is one file: the only input of the vocabulary with a path of
 * its own. */
static const char *one_checksum(const gv_cite_runs_run *run)
{
    const gv_json *inputs = gv_json_get(run->stamp[GV_CITE_RUNS_VOCAB], "inputs");
    const gv_json *files =
        gv_json_get(gv_json_get(run->done[GV_CITE_RUNS_VOCAB], "corpus"), "files");
    if (gv_json_count(inputs) != 1 || gv_json_int(files) != 1)
        return "";
    return gv_json_get_text(gv_json_item(inputs, 0), "xxh128");
}

static void checksum_text(char *to, size_t size, const gv_cite_runs_run *run, const void *what)
{
    (void)what;
    snprintf(to, size, "%s", one_checksum(run));
}

static void say_corpus(facts *f)
{
    char *checksum = NULL, *tokens = numbers(f, GV_CITE_RUNS_VOCAB, NULL, "tokens");
    const char *tool = gv_json_get_text(f->first->done[GV_CITE_RUNS_VOCAB], "tool");
    gv_cite_pen_say(f->pen, "Word vectors were trained with glovebox");
    say_value(f, " ", texts(f, "version"), "");
    say_value(f, " (commit ", texts(f, "commit"), ")");
    if (*tool) {
        gv_cite_pen_say(f->pen, " on co-occurrence counts made by %s", tool);
        say_value(f, ", of ", tokens, " tokens");
    } else if (tokens && *tokens) {
        gv_cite_pen_say(f->pen, " on a corpus of %s tokens", tokens);
        say_value(f, " (", numbers(f, GV_CITE_RUNS_VOCAB, "corpus", "bytes"), " bytes of text)");
        gv_mem_free(tokens);
    } else {
        gv_cite_pen_say(f->pen, " on a corpus whose size is not recorded");
        gv_mem_free(tokens);
    }
    if (f->status == GV_OK)
        f->status = gv_cite_runs_values(&checksum, f->runs, checksum_text, NULL, f->err);
    if (checksum && *checksum) {
        gv_cite_pen_say(f->pen, ", XXH3-128 checksum ");
        gv_cite_pen_code(f->pen, checksum);
    }
    gv_mem_free(checksum);
    gv_cite_pen_say(f->pen, ". ");
}

static void say_words(facts *f)
{
    static const char *const ends[] = {"each line was a document", "each file was a document",
                                       "the corpus was one document"};
    static const char *const lower[] = {"", ", in lower case", ", after case folding"};
    const gv_config *c = f->config;
    if (c->corpus_files.n == 0 || !agree(f, "corpus.tokenizer") || !agree(f, "corpus.spaces") ||
        !agree(f, "corpus.lowercase") || !agree(f, "corpus.documents"))
        return;
    gv_cite_pen_say(f->pen, "%s%s; %s. ",
                    c->corpus_tokenizer == GV_TOKENIZER_UNICODE
                        ? "Text was normalised (NFKC) and cut into words by Unicode's rules for "
                          "segmentation"
                    : c->corpus_spaces == GV_SPACES_UNICODE
                        ? "Words were separated by white space of any kind"
                        : "Words were separated by ASCII white space",
                    lower[c->corpus_lowercase], ends[c->corpus_documents]);
}

static void say_phrases(facts *f)
{
    const gv_config *c = f->config;
    if (!gv_config_joins_phrases(c) || !agree(f, "vocab.phrases") ||
        !agree(f, "vocab.phrase_score"))
        return;
    say_value(f, "", numbers(f, GV_CITE_RUNS_VOCAB, NULL, "phrases"), " phrases ");
    gv_cite_pen_say(f->pen, "were read as one word each");
    if (c->vocab_phrases > 0) {
        say_value(f, ", found in ", key_values(f, "vocab.phrases"), " passes by ");
        const bool npmi = c->vocab_phrase_score == GV_PHRASE_NPMI;
        gv_cite_pen_say(f->pen,
                        npmi ? "normalised pointwise mutual information" : "the score of word2vec");
        gv_cite_pen_cite(f->pen, npmi ? GV_CITE_PAPERS_NPMI : GV_CITE_PAPERS_SGNS);
        say_value(f, " of at least ", key_values(f, "vocab.phrase_threshold"), "");
    }
    gv_cite_pen_say(f->pen, ". ");
}

static void say_vocabulary(facts *f)
{
    const gv_config *c = f->config;
    const gv_json *done = f->first->done[GV_CITE_RUNS_VOCAB];
    const double tokens = gv_json_get_number(done, "tokens");
    const double covered = gv_json_get_number(done, "covered_tokens");
    char *words = numbers(f, GV_CITE_RUNS_TRAIN, NULL, "vocab_size");
    gv_cite_pen_say(f->pen, "The vocabulary had ");
    say_value(f, "", words, " words");
    if (c->vocab_file) {
        gv_cite_pen_say(f->pen, " of a given list (");
        gv_cite_pen_code(f->pen, c->vocab_file);
        gv_cite_pen_say(f->pen, ")");
    } else if (!*gv_json_get_text(done, "tool") && c->corpus_files.n > 0) {
        say_value(f, ", all that occurred at least ", key_values(f, "vocab.min_count"), " times");
        if (c->vocab_max_size > 0)
            say_value(f, ", at most the ", key_values(f, "vocab.max_size"), " most frequent");
    }
    if (tokens > 0 && covered > 0 && covered <= tokens && f->runs->groups->n == 1)
        gv_cite_pen_say(f->pen, ", and covered %.1f %% of the tokens", 100 * covered / tokens);
    if (c->vocab_stop_file)
        gv_cite_pen_say(f->pen, "; a list of stop words was left out");
    gv_cite_pen_say(f->pen, ". ");
}

/* --- counts and training ---------------------------------------------------------------------- */

static bool any(const facts *f, enum gv_config_objective objective)
{
    for (size_t i = 0; i < f->runs->n; i++)
        if (f->runs->run[i].config->train_objective == objective)
            return true;
    return false;
}

static void say_counts(facts *f)
{
    static const char *const weights[] = {
        ", weighted by the inverse of their distance", ", all with the same weight",
        ", weighted by their distance as word2vec's window does on average",
        ", with a weight for each distance"};
    const gv_config *c = f->config;
    if (c->train_objective == GV_OBJECTIVE_WORD2VEC && agree(f, "train.objective"))
        return;
    gv_cite_pen_say(f->pen, "Co-occurrences were counted exactly, as whole numbers, ");
    if (!agree(f, "cooccur.symmetric"))
        say_value(f, "within ", key_values(f, "cooccur.window"), " words");
    else if (c->cooccur_symmetric)
        say_value(f, "within ", key_values(f, "cooccur.window"), " words to each side");
    else
        say_value(f, "with the ", key_values(f, "cooccur.window"), " words to the left");
    if (agree(f, "cooccur.weighting"))
        gv_cite_pen_say(f->pen, "%s", weights[c->cooccur_weighting]);
    if (c->cooccur_sample > 0)
        say_value(f, ", after frequent words had been dropped at random (threshold ",
                  key_values(f, "cooccur.sample"), ")");
    say_value(f, ": ", numbers(f, GV_CITE_RUNS_COOCCUR, NULL, "records"), " ordered pairs");
    gv_cite_pen_say(f->pen, ". ");
}

/* The objectives of all runs. */
static void say_objectives(facts *f)
{
    bool more = false;
    if (any(f, GV_OBJECTIVE_GLOVE)) {
        gv_cite_pen_say(f->pen, "the objective of GloVe");
        gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_GLOVE);
        more = true;
    }
    if (any(f, GV_OBJECTIVE_LOGISTIC)) {
        gv_cite_pen_say(f->pen,
                        "%sglovebox's logistic objective, which fits counts as skip-gram with "
                        "negative sampling does in expectation",
                        more ? ", and with " : "");
        gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_FACTORISATION);
        gv_cite_pen_say(f->pen, " and learns also from pairs that never co-occurred");
        more = true;
    }
    if (any(f, GV_OBJECTIVE_WORD2VEC)) {
        const bool cbow = f->config->train_architecture == GV_ARCHITECTURE_CBOW;
        gv_cite_pen_say(f->pen, "%s%s with negative sampling", more ? ", and with " : "",
                        cbow ? "continuous bag of words" : "skip-gram");
        if (cbow)
            gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_CBOW);
        gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_SGNS);
        say_value(f, " (windows of up to ", key_values(f, "train.window"), " words, ");
        say_value(f, "", key_values(f, "train.negative"), " noise words, ");
        say_value(f, "subsampling threshold ", key_values(f, "train.sample"), ")");
    }
}

static void say_steps(facts *f)
{
    const gv_config *c = f->config;
    const bool adagrad = c->train_optimizer == GV_OPTIMIZER_ADAGRAD;
    if (!agree(f, "train.objective") || !agree(f, "train.optimizer")) {
        say_value(f, ", with initial learning rates of ", key_values(f, "train.eta"), "");
    } else if (c->train_objective == GV_OBJECTIVE_WORD2VEC) {
        say_value(f, ", with a learning rate that fell from ", key_values(f, "train.eta"), "");
    } else {
        gv_cite_pen_say(f->pen, adagrad ? ", by AdaGrad" : ", by stochastic gradient descent");
        if (adagrad)
            gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_ADAGRAD);
        say_value(f, " with an initial learning rate of ", key_values(f, "train.eta"), "");
        if (c->train_objective == GV_OBJECTIVE_LOGISTIC && agree(f, "train.eta_schedule") &&
            c->train_eta_schedule == GV_ETA_FALLING)
            gv_cite_pen_say(f->pen, ", times sqrt(1 + (e - 1) min(1, 12 / E)) (1 - (e - 1) / E) in "
                                    "epoch e of E");
    }
}

/* Starts, and how threads or machines shared the work. */
static void say_order(facts *f)
{
    const gv_config *c = f->config;
    const gv_json *done = f->first->done[GV_CITE_RUNS_TRAIN];
    const bool mpi = strncmp(gv_json_get_text(done, "command"), "glove-train-mpi", 15) == 0;
    if (c->train_init) {
        gv_cite_pen_say(f->pen, "Words of ");
        gv_cite_pen_code(f->pen, c->train_init);
        gv_cite_pen_say(f->pen, " started from their vectors there");
        if (c->train_freeze)
            gv_cite_pen_say(f->pen, " and kept them");
        if (c->train_retrofit > 0) {
            gv_cite_pen_say(f->pen, " and were pulled towards them");
            gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_MITTENS);
        }
        gv_cite_pen_say(f->pen, ". ");
    }
    if (mpi && c->train_distributed != GV_DISTRIBUTED_ROTATION) {
        gv_cite_pen_say(f->pen, "Training ran on several machines (%s)",
                        gv_config_distributed_name(c));
        gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_DOWNPOUR);
        gv_cite_pen_say(f->pen, ". ");
    } else if (!agree(f, "train.schedule")) {
        return;
    } else if (c->train_schedule == GV_SCHEDULE_ORDERED) {
        gv_cite_pen_say(f->pen, "Training was deterministic: the vectors do not depend on the "
                                "number of threads or the processor. ");
    } else {
        gv_cite_pen_say(f->pen, "Threads shared the model by the schedule \"%s\"",
                        gv_config_schedule_name(c));
        if (c->train_schedule == GV_SCHEDULE_HOGWILD)
            gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_HOGWILD);
        say_value(f, ", threads: ", numbers(f, GV_CITE_RUNS_TRAIN, NULL, "threads"), "");
        gv_cite_pen_say(f->pen, ". ");
    }
}

static void say_training(facts *f)
{
    say_value(f, "Vectors of ", key_values(f, "train.dim"), " dimensions were trained");
    say_value(f, " for ", numbers(f, GV_CITE_RUNS_TRAIN, NULL, "epochs"), " epochs");
    gv_cite_pen_say(f->pen, " with ");
    say_objectives(f);
    if (!any(f, GV_OBJECTIVE_WORD2VEC)) {
        say_value(f, " (counts weighted up to x_max = ", key_values(f, "train.x_max"), "");
        say_value(f, ", alpha = ", key_values(f, "train.alpha"), ")");
    }
    say_steps(f);
    gv_cite_pen_say(f->pen, ". ");
    say_order(f);
}

static void say_output(facts *f)
{
    static const char *const kinds[] = {
        "The vector of a word is the sum of its word vector and its context vector. ",
        "The word vectors are used, without the context vectors. ",
        "The context vectors are used. ",
        "The vector of a word is its word vector with its context vector behind it. "};
    if (agree(f, "output.vectors"))
        gv_cite_pen_say(f->pen, "%s", kinds[f->config->output_vectors]);
    if (!f->config->output_subwords || !agree(f, "output.subwords"))
        return;
    say_value(f, "They were mixed with vectors predicted from character n-grams of ",
              key_values(f, "subword.min_n"), "");
    say_value(f, " to ", key_values(f, "subword.max_n"), " characters");
    gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_SUBWORDS);
    gv_cite_pen_say(f->pen, ", fitted by ridge regression");
    gv_cite_pen_cite(f->pen, GV_CITE_PAPERS_BAG_OF_SUBWORDS);
    gv_cite_pen_say(f->pen, ". ");
}

static void say_runs(facts *f)
{
    const bool word2vec = f->config->train_objective == GV_OBJECTIVE_WORD2VEC;
    if (f->runs->n == 1) {
        say_value(f, "The seed of training was ", key_values(f, "train.seed"), "");
        if (!word2vec)
            say_value(f, ", that of the order of pairs ", key_values(f, "shuffle.seed"), "");
        gv_cite_pen_say(f->pen, ". ");
        return;
    }
    gv_cite_pen_say(f->pen, "There were %zu runs", f->runs->n);
    say_value(f, agree(f, "train.seed") ? ", all with the seed " : ", with the seeds ",
              key_values(f, "train.seed"), "");
    for (size_t i = 0; i < f->runs->groups->keys.n; i++) {
        const char *key = f->runs->groups->keys.items[i];
        gv_cite_pen_say(f->pen, i == 0 ? "; they differed in " : ", ");
        gv_cite_pen_code(f->pen, key);
        say_value(f, " (", key_values(f, key), ")");
    }
    gv_cite_pen_say(f->pen, ". ");
}

int gv_cite_methods(gv_cite_pen *pen, const gv_cite_runs *runs, gv_error *err)
{
    facts f = {pen, runs, &runs->run[0], runs->run[0].config, GV_OK, err};
    gv_cite_pen_heading(pen, "Methods");
    say_corpus(&f);
    say_words(&f);
    say_phrases(&f);
    say_vocabulary(&f);
    say_counts(&f);
    say_training(&f);
    say_output(&f);
    say_runs(&f);
    return f.status;
}

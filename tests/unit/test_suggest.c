/* "Did you mean": each typo, and each name of another program, with the suggestion it must get. */
#include "config/gv_config_alias.h"
#include "config/gv_config_key.h"
#include "support/gv_test.h"
#include <string.h>

/* NULL: nothing is near, and nothing may be suggested. */
static const struct {
    const char *typo, *suggestion;
} typos[] = {
    /* a letter too many, too few, wrong, swapped */
    {"train.dimm", "\"train.dim\""},
    {"train.dmi", "\"train.dim\""},
    {"train.etta", "\"train.eta\""},
    {"train.epohcs", "\"train.epochs\""},
    {"train.epoch", "\"train.epochs\""},
    {"train.alfa", "\"train.alpha\""},
    {"train.x_mx", "\"train.x_max\""},
    {"train.widnow", "\"train.window\""},
    {"train.grad_clp", "\"train.grad_clip\""},
    {"train.objectiv", "\"train.objective\""},
    {"train.shedule", "\"train.schedule\""},
    {"cooccur.symetric", "\"cooccur.symmetric\""},
    {"cooccur.weigthing", "\"cooccur.weighting\""},
    {"corpus.tokeniser", "\"corpus.tokenizer\""},
    {"corpus.document", "\"corpus.documents\""},
    {"eval.similarty", "\"eval.similarity\""},
    {"eval.analogys", "\"eval.analogies\""},
    {"output.unkn", "\"output.unk\""},
    {"output.vector", "\"output.vectors\""},
    {"shuffle.sed", "\"shuffle.seed\""},
    {"nmae", "\"name\""},
    /* the section that was named comes first */
    {"corpus.file", "\"corpus.files\""},
    {"vocab.files", "\"vocab.file\""},
    {"output.format", "\"output.formats\""},
    {"vocab.mincount", "\"vocab.min_count\""},
    {"vocab.min", "\"vocab.min_count\""},
    {"vocab.size", "\"vocab.max_size\""},
    {"shuffle.mem", "\"shuffle.memory_mb\""},
    {"vocab.memory", "\"vocab.memory_mb\""},
    {"train.threds", "\"train.threads\""},
    {"train.window_size", "\"train.window\""},
    {"mpi.deadline", "\"mpi.deadline_s\""},
    {"train.checkpoint", "\"train.checkpoint_every\""},
    /* the section mistyped */
    {"trian.dim", "\"train.dim\""},
    {"training.dim", "\"train.dim\""},
    {"corups.files", "\"corpus.files\""},
    {"cooc.weighting", "\"cooccur.weighting\""},
    {"coocur.symmetric", "\"cooccur.symmetric\""},
    {"vocabulary.min_count", "\"vocab.min_count\""},
    {"evals.similarities", "\"eval.similarity\""},
    /* another section's, or none */
    {"train.min_count", "\"vocab.min_count\""},
    {"cooccur.dim", "\"train.dim\""},
    {"corpus.min_count", "\"vocab.min_count\""},
    {"model.dim", "\"train.dim\""},
    {"vectors.format", "\"output.formats\""},
    {"dim", "\"train.dim\""},
    {"epochs", "\"train.epochs\""},
    {"epoch", "\"train.epochs\""},
    {"eta", "\"train.eta\""},
    {"lowercase", "\"corpus.lowercase\""},
    {"LOWERCASE", "\"corpus.lowercase\""},
    {"min-count", "\"vocab.min_count\""},
    {"x-max", "\"train.x_max\""},
    {"negative", "\"train.negative\""},
    {"files", "\"corpus.files\""},
    {"threads", "\"train.threads\" or \"cooccur.threads\""},
    {"window", "\"cooccur.window\" or \"train.window\""},
    {"train_dim", "\"train.dim\""},
    {"vocab-min-count", "\"vocab.min_count\""},
    {"Train.Dim", "\"train.dim\""},
    {".dim", "\"train.dim\""},
    /* GloVe's C programs, word2vec.c, gensim, fastText */
    {"lr", "\"train.eta\""},
    {"train.lr", "\"train.eta\""},
    {"learning_rate", "\"train.eta\""},
    {"optimizer.learning_rate", "\"train.eta\""},
    {"alpha", "\"train.eta\" or \"train.alpha\""},
    {"size", "\"train.dim\""},
    {"train.size", "\"train.dim\""},
    {"vector_size", "\"train.dim\""},
    {"vector-size", "\"train.dim\""},
    {"iter", "\"train.epochs\""},
    {"train.iter", "\"train.epochs\""},
    {"workers", "\"train.threads\""},
    {"mincount", "\"vocab.min_count\""},
    {"minCount", "\"vocab.min_count\""},
    {"max_vocab", "\"vocab.max_size\""},
    {"window-size", "\"cooccur.window\""},
    {"ws", "\"cooccur.window\" or \"train.window\""},
    {"ns", "\"train.negative\""},
    {"sample", "\"train.sample\""},
    {"skipgram", "train.objective = word2vec with train.architecture = skipgram"},
    {"sg", "train.objective = word2vec with train.architecture = skipgram"},
    {"cbow", "train.objective = word2vec with train.architecture = cbow"},
    {"input", "\"corpus.files\""},
    {"output", "run directory"},
    {"save-file", "run directory"},
    {"binary", "output.formats = word2vec"},
    {"hs", "hierarchical softmax"},
    {"stopwords", "\"vocab.stop_file\""},
    {"verbose", "--progress"},
    {"memory", "\"cooccur.memory_mb\""},
    {"temp-file", "\"cooccur.temp_dir\""},
    {"random_state", "\"train.seed\""},
    {"pretrained", "\"train.init\""},
    /* nothing is near */
    {"foo", NULL},
    {"xyz", NULL},
    {"q", NULL},
    {"a.b", NULL},
    {"batch_size", NULL},
    {"dropout", NULL},
    {"momentum", NULL},
    {"encoding", NULL},
    {"language", NULL},
    {"hidden_layers", NULL},
    {"corpus.url", NULL},
    {"", NULL},
};

Test(suggest, keys)
{
    size_t n = sizeof typos / sizeof typos[0], wrong = 0;
    cr_assert_geq(n, 100u);
    for (size_t i = 0; i < n; i++) {
        char text[GV_KEY_SUGGESTION];
        bool any = gv_config_key_suggest(text, typos[i].typo, "\"%s\"", 0, false);
        bool right =
            typos[i].suggestion ? any && strstr(text, typos[i].suggestion) : !any && *text == '\0';
        if (any && typos[i].suggestion && typos[i].suggestion[0] == '"') {
            /* the expected key is the first one */
            const char *first = strchr(text, '"');
            right = right && first &&
                    strncmp(first, typos[i].suggestion, strlen(typos[i].suggestion)) == 0;
        }
        if (!right) {
            wrong++;
            cr_log_error("%s: \"%s\", expected %s", typos[i].typo, text,
                         typos[i].suggestion ? typos[i].suggestion : "nothing");
        }
    }
    cr_assert_eq(wrong, 0u, "%zu of %zu", wrong, n);
}

/* A program names its own keys first, and a key that it does not read if it has none. */
Test(suggest, keys_that_the_program_reads)
{
    char text[GV_KEY_SUGGESTION];
    gv_config_key_suggest(text, "--threads", "--set %s=VALUE", GV_STAGE_COOCCUR, true);
    cr_assert_str_eq(text, "; did you mean --set cooccur.threads=VALUE?");
    gv_config_key_suggest(text, "-threads", "--set %s=VALUE", GV_STAGE_TRAIN, true);
    cr_assert_str_eq(text, "; did you mean --set train.threads=VALUE?");
    gv_config_key_suggest(text, "-min-count", "--set %s=VALUE", GV_STAGE_TRAIN, true);
    cr_assert_str_eq(text, "; did you mean --set vocab.min_count=VALUE?");
    cr_assert_not(gv_config_key_suggest(text, "--thread", "--set %s=VALUE", GV_STAGE_TRAIN, true));
}

Test(suggest, choices)
{
    static const struct {
        const char *key, *value, *suggestion;
    } values[] = {{"train.objective", "skipgram", "word2vec\" with train.architecture = skipgram"},
                  {"train.objective", "cbow", "word2vec\" with train.architecture = cbow"},
                  {"train.objective", "word2vce", "\"word2vec\""},
                  {"train.objective", "Logistic", "\"logistic\""},
                  {"train.objective", "bert", NULL},
                  {"train.schedule", "order", "\"ordered\""},
                  {"corpus.tokenizer", "icu", "\"unicode\""},
                  {"corpus.documents", "lines", "\"line\""},
                  {"cooccur.weighting", "linear", "\"dynamic\""},
                  {"output.formats", "bin", "\"word2vec\""},
                  {"output.formats", "numpy", "\"npy\""},
                  {"output.formats", "xml", NULL},
                  {"output.vectors", "both", "\"concat\""}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[GV_KEY_SUGGESTION];
        const gv_config_key *key = gv_config_key_find(values[i].key);
        bool any = gv_config_key_suggest_choice(text, key, values[i].value);
        cr_expect_eq(any, values[i].suggestion != NULL, "%s: %s", values[i].value, text);
        cr_expect(!any || strstr(text, values[i].suggestion), "%s: %s", values[i].value, text);
    }
}

/* The tables of other programs' names must name keys and choices that exist, in the spelling that
 * names are compared in. */
Test(suggest, other_names_lead_to_what_exists)
{
    for (const gv_config_alias *alias = gv_config_alias_table; alias->name; alias++) {
        cr_expect((alias->keys[0] != NULL) != (alias->advice != NULL), "%s", alias->name);
        cr_expect_null(strpbrk(alias->name, "-ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "%s", alias->name);
        cr_expect_null(gv_config_key_find(alias->name), "%s is a key", alias->name);
        for (size_t i = 0; i < GV_CONFIG_ALIAS_KEYS && alias->keys[i]; i++)
            cr_expect_not_null(gv_config_key_find(alias->keys[i]), "%s", alias->keys[i]);
    }
    for (const gv_config_alias_value *value = gv_config_alias_values; value->key; value++) {
        const gv_config_key *key = gv_config_key_find(value->key);
        cr_assert_not_null(key, "%s", value->key);
        size_t i = 0;
        while (key->choices[i] && strcmp(key->choices[i], value->choice) != 0)
            i++;
        cr_expect_not_null(key->choices[i], "%s: %s", value->key, value->choice);
    }
}

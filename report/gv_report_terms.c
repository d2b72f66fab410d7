#include "report/gv_report_terms.h"

#include "report/gv_report_html.h"
#include <string.h>

typedef struct term {
    const char *name, *label, *help;
} term;

static const term terms[] = {
    /* columns and cards */
    {"accuracy", "3CosAdd",
     "Share of the answered questions whose right word is nearest to b - a + c."},
    {"accuracy_mul", "3CosMul",
     "The same with products in place of sums: cos(d, b) cos(d, c) / cos(d, a) is to be largest."},
    {"spearman", "Spearman",
     "Rank correlation of the cosines with people's judgements: 1 if they order the pairs alike, 0 "
     "if "
     "they have nothing in common."},
    {"answered", "answered", "Questions whose four words are all in the vocabulary."},
    {"total", "asked", "All questions of the section."},
    {"pairs", "pairs", "Pairs of words that both have a vector."},
    {"missing", "left out", "Pairs with a word that has no vector, or such words."},
    {"from_subwords", "from subwords",
     "Pairs or words that are not in the vocabulary: their vectors are made from pieces of the "
     "words."},
    {"spearman_known", "known only", "Spearman over the pairs of words of the vocabulary."},
    {"purity", "purity",
     "Share of words that are of the most frequent category of their cluster, with as many "
     "clusters as there are categories: 1 if the vectors group words as people do."},
    {"clustered_words", "words", "Words that have a vector, and were put into clusters."},
    {"clusters", "clusters", "Groups that the words were put into: as many as their categories."},
    {"outliers_found", "found",
     "Share of outliers that the vectors tell from the words of their set."},
    {"opp", "OPP",
     "Outlier position percentage: where the outlier is when a set is ordered by how well its "
     "words fit together; 100 % if it is always last, 50 % by chance."},
    {"effect_size", "effect size",
     "WEAT: how much nearer the first target is to the first attribute (and the second to the "
     "second), in standard deviations of the words' associations."},
    {"p_value", "p-value",
     "WEAT: the share of ways to divide the words of both targets that give at least this much. It "
     "is about the choice of words, not about chance in training."},
    {"partitions", "partitions", "WEAT: ways to divide the words that were looked at."},
    {"association", "association",
     "WEAT: the word's mean cosine with the first attribute, less that with the second."},
    {"agreement", "agreement",
     "Axis: the mean cosine between the differences of two pairs; near 0 the pairs have little in "
     "common."},
    {"pairs_used", "pairs", "Axis: pairs both of whose words have a vector."},
    {"projected_words", "words", "Axis: words that are projected onto it."},
    {"projection", "projection",
     "The word's cosine with the axis: above 0 towards the first words of the pairs."},
    {"spearman_scores", "Spearman", "Axis: rank correlation of projections with scores."},
    {"pair_agreement", "agreement",
     "The cosine of the pair's difference with the axis that the "
     "other pairs make."},
    {"cosine", "cosine",
     "Similarity of two vectors by their angle: 1 for the same direction, 0 for a right angle."},
    {"loss", "loss",
     "What training makes small: the mean cost of an example. It compares epochs of one run, and "
     "runs with "
     "the same objective and settings, but not objectives."},
    {"cpu_s", "CPU time", "Seconds of all threads together."},
    {"busy", "cores busy",
     "CPU time divided by the time that passed: how many cores worked on average."},
    {"peak_rss_kb", "peak memory",
     "The most memory the program held at once, mapped files included."},
    {"xxh128", "checksum",
     "XXH3-128 of the file's bytes, as xxhsum -H2 prints it. Equal checksums mean equal files."},
    {"ordered_pairs", "co-occurring pairs",
     "How many entries the matrix of co-occurrences has, (a, b) and (b, a) counted separately."},
    /* fields of metrics.jsonl */
    {"tokens", "tokens", "Words of the text, each as often as it occurs."},
    {"distinct", "different words",
     "Words that the text has, also those too rare for the vocabulary."},
    {"words", "words in the vocabulary",
     "Different words that occur at least vocab.min_count times."},
    {"covered_tokens", "tokens of these words", "Occurrences of words of the vocabulary."},
    {"records", "ordered pairs", "Entries of the matrix, (a, b) and (b, a) counted separately."},
    {"cells", "stored entries",
     "Entries of the matrix in the file; of a symmetric matrix it holds one half."},
    {"shards", "passes by row ranges",
     "More than 1 if the counts did not fit into memory at once and were counted in parts."},
    {"spilled_runs", "temporary files",
     "Sorted parts that were written to disk because memory was full."},
    {"spilled_bytes", "bytes in temporary files", "Written to disk because memory was full."},
    {"merge_passes", "extra merges",
     "Rounds in which temporary files were merged before the last one."},
    {"store_bytes", "bytes of store.db", "Size of the file from which training reads."},
    {"tiles", "tiles", "Rectangles of the matrix, the unit of work of training."},
    {"blobs", "database rows of tiles",
     "A tile of many entries takes several rows of the database."},
    {"segments", "word segments", "Ranges of the vocabulary; a tile is where two of them meet."},
    {"escapes", "rare values", "Values outside the table of frequent ones, stored in full."},
    {"documents", "documents",
     "Parts of the text over whose ends no window reaches (corpus.documents)."},
    {"bytes", "bytes", "Size of the text after decompression."},
    {"icu", "Unicode library",
     "Version of ICU, which decides how text is split with corpus.tokenizer = unicode."},
    {"invalid_utf8", "invalid UTF-8 sequences",
     "Replaced by U+FFFD. Many of them mean another encoding."},
    {"overlong", "tokens cut", "Longer than 999 bytes."},
    {"nul_bytes", "NUL bytes", "Treated as white space."},
    {"carriage_returns", "carriage returns", "Dropped at the ends of lines."},
    {"unk_tokens", "literal <unk>", "Dropped: the name is reserved for rare words."},
    {"files", "files", "How many files corpus.files stands for; an archive counts as one."},
    {"disk_bytes", "bytes on disk", "Size of these files as they are, compressed or not."},
    {"files_own", "files of the run left out", "Outputs of this run that corpus.files matched."},
    {"files_textless", "files without text left out", "Images and other binary files of a folder."},
    {"members", "files in archives", "Read from zip, tar and other archives."},
    {"members_unmatched", "archived files left out", "Their names do not match corpus.pattern."},
    {"members_textless", "archived files without text", "Images and the like, left out."},
    {"records_read", "records read", "Records, rows or pages that became documents."},
    {"records_without", "records without the field", "Left out; see corpus.field, corpus.column."},
    {"records_not_text", "records without text", "Left out: the wanted field is no text."},
    {"redirects", "redirects", "Pages of a wiki that only lead to others, left out."},
    {"other_pages", "other pages", "Left out: no articles, or not in wikitext."},
    {"stop_words", "stop words", "Words of vocab.stop_file that the text has, left out."},
    {"stop_tokens", "tokens of stop words", "How often these occur."},
    {"words_with_spaces", "words with white space",
     "Other programs split them; see docs/corpus.md."},
    {"absent_words", "listed words that do not occur", "Words of vocab.file that the text lacks."},
    {"impossible_words", "listed words that cannot occur",
     "Words of vocab.file that the settings of corpus.* never produce."},
    {"advice", "advice", "What the text looks like, and what to do about it."},
    {"lone_returns", "lone carriage returns", "Taken as ends of lines."},
    {"other_spaces", "other white space",
     "Characters that Unicode counts as white space, other than blank, tab, newline."},
    {"byte_order_marks", "byte order marks", "Dropped at the beginnings of files."},
};

void gv_report_terms_explain(FILE *out, const char *label, const char *help)
{
    char plain[1024]; /* without back quotes, all that a key's meaning has of Markdown */
    size_t n = 0;
    for (; *help != '\0' && n + 1 < sizeof plain; help++)
        if (*help != '`')
            plain[n++] = *help;
    plain[n] = '\0';
    fputs("<abbr title=\"", out);
    gv_report_html_text(out, plain);
    fputs("\">", out);
    gv_report_html_text(out, label);
    fputs("</abbr>", out);
}

void gv_report_terms_write(FILE *out, const char *name)
{
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        if (strcmp(terms[i].name, name) == 0) {
            gv_report_terms_explain(out, terms[i].label, terms[i].help);
            return;
        }
    for (; *name != '\0'; name++)
        gv_report_html_text(out, (char[]){*name == '_' ? ' ' : *name, '\0'});
}

void gv_report_terms_label(FILE *out, const char *name)
{
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        if (strcmp(terms[i].name, name) == 0)
            name = terms[i].label;
    gv_report_html_text(out, name);
}

void gv_report_terms_list(FILE *out)
{
    fputs("<details><summary>Terms of this page</summary>\n<dl>\n", out);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        fputs("<dt>", out);
        gv_report_html_text(out, terms[i].label);
        fputs("</dt><dd>", out);
        gv_report_html_text(out, terms[i].help);
        fputs("</dd>\n", out);
    }
    fputs("</dl></details>\n", out);
}

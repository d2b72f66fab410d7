#include "analysis/gv_stability_write.h"

#include "base/gv_mem.h"
#include "base/gv_tsv.h"

enum { EXAMPLES = 20 }; /* most and least stable words in the JSON */

/* --- stability.tsv ---------------------------------------------------------------------------- */

/* Column by column as docs/formats.md has them. */
static void write_row(gv_text *out, const gv_stability *s, const gv_stability_group *group,
                      const char *label, size_t word)
{
    const gv_overlap *overlap = &group->overlap[word];
    const uint32_t *shared = group->shared + word * s->neighbours;
    gv_tsv_field(out, s->word[word]);
    gv_text_add(out, "\t");
    if (s->count)
        gv_text_printf(out, "%llu", (unsigned long long)s->count[word]);
    gv_text_printf(out, "\t%.4f\t%.4f\t%.4f\t%u\t%s\t", overlap->mean, overlap->least,
                   overlap->jaccard, overlap->shared,
                   gv_stability_verdict_name(gv_stability_verdict_of(overlap->mean)));
    for (uint32_t i = 0; i < overlap->shared; i++) {
        gv_text_add(out, i ? " " : "");
        gv_tsv_field(out, s->word[shared[i]]);
    }
    gv_text_add(out, "\t");
    gv_tsv_field(out, label);
    gv_text_add(out, "\n");
}

int gv_stability_write_tsv(char **text, const gv_stability *stability,
                           const gv_stability_write_names *names, gv_error *err)
{
    gv_text out = GV_TEXT_INIT;
    gv_text_add(&out, "word\tcount\toverlap\toverlap_min\tjaccard\tshared\tverdict\tneighbours\t"
                      "set\n");
    for (size_t g = 0; g < stability->groups; g++)
        for (size_t i = 0; i < stability->words; i++)
            write_row(&out, stability, &stability->group[g], names->label[g], i);
    return gv_text_take(text, &out, err);
}

/* --- stability.json --------------------------------------------------------------------------- */

static void put_band(gv_json_writer *w, const gv_stability *s, const gv_stability_band *band)
{
    if (s->count) {
        gv_json_set_uint(w, "count_max", band->most);
        gv_json_set_uint(w, "count_min", band->least);
    }
    gv_json_set_uint(w, "words", band->to - band->from);
    gv_json_set_real(w, "overlap", band->overlap);
    gv_json_set_real(w, "overlap_min", band->least_overlap);
    gv_json_set_real(w, "jaccard", band->jaccard);
    gv_json_set_real(w, "shared", band->shared);
    for (int v = 0; v < GV_STABILITY_VERDICTS; v++)
        gv_json_set_uint(w, gv_stability_verdict_name((enum gv_stability_verdict)v),
                         band->verdicts[v]);
}

static void put_bands(gv_json_writer *w, const gv_stability *s, size_t group)
{
    size_t ends[GV_STABILITY_BANDS], from = 0;
    const size_t n = gv_stability_bands(ends, s->words);
    gv_json_open_array(w, "bands");
    for (size_t b = 0; b < n; from = ends[b++]) {
        const gv_stability_band band = gv_stability_band_of(s, group, from, ends[b]);
        gv_json_open_object(w, NULL);
        gv_json_set_uint(w, "rank_min", from + 1);
        gv_json_set_uint(w, "rank_max", ends[b]);
        put_band(w, s, &band);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static int put_examples(gv_json_writer *w, const gv_stability *s, size_t group,
                        enum gv_stability_extreme which, gv_error *err)
{
    static const char *const names[GV_STABILITY_EXTREMES] = {"most_stable", "least_stable",
                                                             "least_stable_frequent"};
    size_t *words, n = EXAMPLES;
    int status = gv_stability_extremes(&words, &n, s, group, which, err);
    gv_json_open_array(w, names[which]);
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "word", s->word[words[i]]);
        if (s->count)
            gv_json_set_uint(w, "count", s->count[words[i]]);
        gv_json_set_real(w, "overlap", s->group[group].overlap[words[i]].mean);
        gv_json_close(w);
    }
    gv_json_close(w);
    gv_mem_free(words);
    return status;
}

static int put_group(gv_json_writer *w, const gv_stability *s,
                     const gv_stability_write_names *names, size_t group, gv_error *err)
{
    const gv_stability_band all = gv_stability_band_of(s, group, 0, s->words);
    gv_json_open_object(w, NULL);
    if (names->set[group]) {
        gv_json_set_value(w, "set", names->set[group]);
    } else {
        gv_json_open_object(w, "set");
        gv_json_close(w);
    }
    gv_json_open_array(w, "runs");
    for (size_t r = 0; r < s->runs; r++)
        if (names->group_of_run[r] == group)
            gv_json_set_text(w, NULL, names->run[r]);
    gv_json_close(w);
    put_band(w, s, &all);
    put_bands(w, s, group);
    int status = GV_OK;
    for (int e = 0; e < GV_STABILITY_EXTREMES && status == GV_OK; e++)
        status = put_examples(w, s, group, (enum gv_stability_extreme)e, err);
    gv_json_close(w);
    return status;
}

int gv_stability_write_json(gv_json **json, const gv_stability *stability,
                            const gv_stability_write_names *names, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    int status = GV_OK;
    *json = NULL;
    gv_json_set_uint(&w, "neighbours", stability->neighbours);
    gv_json_set_uint(&w, "words", stability->words);
    gv_json_set_uint(&w, "common_words", stability->common);
    gv_json_set_real(&w, "chance", gv_stability_chance(stability));
    gv_json_open_object(&w, "thresholds");
    gv_json_set_real(&w, "trusted", GV_STABILITY_TRUSTED);
    gv_json_set_real(&w, "untrusted", GV_STABILITY_UNTRUSTED);
    gv_json_close(&w);
    gv_json_open_array(&w, "groups");
    for (size_t g = 0; g < stability->groups && status == GV_OK; g++)
        status = put_group(&w, stability, names, g, err);
    gv_json_close(&w);
    if (status == GV_OK)
        return gv_json_take(json, &w, err);
    gv_json_clear(&w);
    return status;
}

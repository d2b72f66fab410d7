/* The result for programs: CSV and JSON. */
#include "base/gv_mem.h"
#include "config/gv_json.h"
#include "report/gv_report_drift_write.h"
#include <inttypes.h>
#include <string.h>

/* --- CSV (RFC 4180) --------------------------------------------------------------------------- */

static bool needs_quotes(const char *text)
{
    return strpbrk(text, ",\"\r\n") != NULL;
}

static void put_inside(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
}

static void put_field(FILE *out, const char *text)
{
    const bool quoted = needs_quotes(text);
    fputs(quoted ? "\"" : "", out);
    put_inside(out, text);
    fputs(quoted ? "\"" : "", out);
}

static void put_near_field(FILE *out, const gv_report_drift *drift, const uint32_t *near)
{
    const size_t shown = drift->pair.drift.shown;
    const size_t n = shown < GV_REPORT_DRIFT_NEAR ? shown : GV_REPORT_DRIFT_NEAR;
    bool quoted = false;
    for (size_t j = 0; j < n; j++)
        quoted |= needs_quotes(gv_report_drift_word(drift, near[j]));
    fputs(quoted ? "\"" : "", out);
    for (size_t j = 0; j < n; j++) {
        fputs(j ? " " : "", out);
        put_inside(out, gv_report_drift_word(drift, near[j]));
    }
    fputs(quoted ? "\"" : "", out);
}

static void put_beyond(FILE *out, const gv_report_drift *drift, int measure, size_t i)
{
    if (drift->noise_words)
        fprintf(out, ",%.4g,%.4g", drift->beyond[measure][i].z, drift->beyond[measure][i].p);
    else
        fputs(",,", out);
}

static void put_csv_count(FILE *out, uint64_t count)
{
    if (count)
        fprintf(out, ",%" PRIu64, count);
    else
        fputc(',', out);
}

void gv_report_drift_write_csv(FILE *out, const gv_report_drift *drift)
{
    const gv_drift *measured = &drift->pair.drift;
    fputs("word,count_a,count_b,overlap,overlap_z,overlap_p,distance,distance_z,distance_p,near_a,"
          "near_b\n",
          out);
    for (size_t at = 0; at < drift->pair.shared.n; at++) {
        const size_t i = drift->order[at];
        put_field(out, gv_report_drift_word(drift, i));
        put_csv_count(out, gv_report_drift_count_a(drift, i));
        put_csv_count(out, gv_report_drift_count_b(drift, i));
        fprintf(out, ",%.6g", measured->overlap[i]);
        put_beyond(out, drift, GV_REPORT_DRIFT_NEIGHBOURS, i);
        fprintf(out, ",%.6g", measured->distance[i]);
        put_beyond(out, drift, GV_REPORT_DRIFT_COSINE, i);
        fputc(',', out);
        put_near_field(out, drift, measured->near_a + i * measured->shown);
        fputc(',', out);
        put_near_field(out, drift, measured->near_b + i * measured->shown);
        fputc('\n', out);
    }
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void set_count(gv_json_writer *w, const char *key, uint64_t count)
{
    if (count)
        gv_json_set_uint(w, key, count);
    else
        gv_json_set_null(w, key);
}

static void add_fit(gv_json_writer *w, const gv_procrustes_fit *fit)
{
    gv_json_open_object(w, "alignment");
    gv_json_set_uint(w, "anchors", fit->anchors);
    gv_json_set_real(w, "before", fit->before);
    gv_json_set_real(w, "after", fit->after);
    gv_json_set_real(w, "held_out", fit->held_out);
    gv_json_set_real(w, "chance", fit->chance);
    gv_json_set_bool(w, "poor", gv_procrustes_is_poor(fit));
    gv_json_close(w);
}

static void add_noise(gv_json_writer *w, const gv_report_drift *drift)
{
    if (!drift->noise_words) {
        gv_json_set_null(w, "noise");
        return;
    }
    gv_json_open_object(w, "noise");
    gv_json_open_array(w, "runs");
    for (size_t i = 0; i < drift->options->noise.n; i++)
        gv_json_set_text(w, NULL, drift->options->noise.items[i]);
    gv_json_close(w);
    gv_json_set_uint(w, "words", drift->noise_words);
    gv_json_set_real(w, "p", GV_REPORT_DRIFT_P);
    gv_json_set_uint(w, "beyond", drift->beyond_words);
    gv_json_set_real(w, "by_chance", gv_report_drift_write_by_chance(drift));
    gv_json_close(w);
}

static void add_bands(gv_json_writer *w, const gv_report_drift *drift)
{
    gv_json_open_array(w, "bands");
    for (size_t i = 0; i < drift->bands; i++) {
        const gv_report_drift_band *band = &drift->band[i];
        gv_json_open_object(w, NULL);
        gv_json_set_real(w, "from", band->from);
        gv_json_set_real(w, "to", band->to);
        gv_json_set_uint(w, "words", band->words);
        gv_json_set_real(w, "overlap", 1.0 - band->moved[GV_REPORT_DRIFT_NEIGHBOURS]);
        gv_json_set_real(w, "distance", band->moved[GV_REPORT_DRIFT_COSINE]);
        gv_json_set_real(w, "noise_overlap", 1.0 - band->noise[GV_REPORT_DRIFT_NEIGHBOURS]);
        gv_json_set_real(w, "noise_distance", band->noise[GV_REPORT_DRIFT_COSINE]);
        gv_json_set_uint(w, "beyond", band->beyond);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void add_near(gv_json_writer *w, const char *key, const gv_report_drift *drift,
                     const uint32_t *near)
{
    gv_json_open_array(w, key);
    for (size_t j = 0; j < drift->pair.drift.shown && j < GV_REPORT_DRIFT_NEAR; j++)
        gv_json_set_text(w, NULL, gv_report_drift_word(drift, near[j]));
    gv_json_close(w);
}

static void add_word(gv_json_writer *w, const gv_report_drift *drift, size_t i)
{
    static const char *const z[] = {"overlap_z", "distance_z"}, *const p[] = {"overlap_p",
                                                                              "distance_p"};
    const gv_drift *measured = &drift->pair.drift;
    gv_json_open_object(w, NULL);
    gv_json_set_text(w, "word", gv_report_drift_word(drift, i));
    set_count(w, "count_a", gv_report_drift_count_a(drift, i));
    set_count(w, "count_b", gv_report_drift_count_b(drift, i));
    gv_json_set_real(w, "overlap", measured->overlap[i]);
    gv_json_set_real(w, "distance", measured->distance[i]);
    for (int m = 0; m < GV_REPORT_DRIFT_MEASURES && drift->noise_words; m++) {
        gv_json_set_real(w, z[m], drift->beyond[m][i].z);
        gv_json_set_real(w, p[m], drift->beyond[m][i].p);
    }
    add_near(w, "near_a", drift, measured->near_a + i * measured->shown);
    add_near(w, "near_b", drift, measured->near_b + i * measured->shown);
    gv_json_close(w);
}

static void add_alone(gv_json_writer *w, const char *key, const gv_report_drift_alone *alone,
                      const gv_report_drift_corpus *corpus)
{
    gv_json_open_object(w, key);
    gv_json_set_uint(w, "n", alone->n);
    gv_json_open_array(w, "words");
    for (size_t i = 0; i < alone->listed; i++) {
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "word", corpus->vectors->words[alone->row[i]]);
        set_count(w, "count", corpus->count ? corpus->count[alone->row[i]] : 0);
        gv_json_close(w);
    }
    gv_json_close(w);
    gv_json_close(w);
}

int gv_report_drift_write_json(FILE *out, const gv_report_drift *drift, gv_error *err)
{
    enum { DIGITS = 6 };
    const gv_report_drift_pair *pair = &drift->pair;
    gv_json_writer w = gv_json_begin();
    char *text = NULL;
    gv_json_set_text(&w, "a", drift->options->a);
    gv_json_set_text(&w, "b", drift->options->b);
    gv_json_set_uint(&w, "dim", pair->a.vectors->dim);
    gv_json_set_uint(&w, "shared", pair->all_shared);
    gv_json_set_uint(&w, "compared", pair->shared.n);
    gv_json_set_uint(&w, "neighbours", pair->drift.k);
    gv_json_set_text(&w, "by", gv_report_drift_measure(drift->options->by));
    gv_json_set_bool(&w, "counted", drift->counted);
    add_fit(&w, &pair->drift.fit);
    add_noise(&w, drift);
    add_bands(&w, drift);
    gv_json_open_array(&w, "words");
    for (size_t i = 0; i < pair->shared.n; i++)
        add_word(&w, drift, drift->order[i]);
    gv_json_close(&w);
    add_alone(&w, "only_a", &drift->alone[0], &pair->a);
    add_alone(&w, "only_b", &drift->alone[1], &pair->b);
    int status = gv_json_write(&text, &w, 1, DIGITS, err);
    if (status == GV_OK)
        fprintf(out, "%s\n", text);
    gv_mem_free(text);
    return status;
}

/*
 * gv_report_map_write - the map of words as HTML: what gv_report_map.js draws, and a table of the
 * groups for those who do not see it.
 */
#include "report/gv_report_map.h"

#include "base/gv_mem.h"
#include "report/gv_report_frame.h"
#include "report/gv_report_html.h"

enum { FREQUENT = 10 /* words of a group in the table */ };

static const char *word_of(const gv_report_map *map, const gv_words *words, size_t i)
{
    return words->vectors->words[map->row[i]];
}

/* --- data ------------------------------------------------------------------------------------- */

/* `n` numbers below 2^16 as a JSON string: little-endian, in base64. */
static void write_numbers(FILE *out, const uint32_t *numbers, size_t n)
{
    uint8_t *bytes = gv_mem_alloc(2 * n, 1, NULL); /* if not, gv_print_close reports it */
    for (size_t i = 0; bytes && i < n; i++) {
        bytes[2 * i] = (uint8_t)numbers[i];
        bytes[2 * i + 1] = (uint8_t)(numbers[i] >> 8);
    }
    if (bytes)
        gv_report_frame_base64(out, bytes, 2 * n);
    gv_mem_free(bytes);
}

/* Places as whole numbers from 0 to 65535, of one scale in both directions. */
static void write_places(FILE *out, const double *place, size_t n)
{
    double low[2] = {place[0], place[1]}, high[2] = {place[0], place[1]};
    for (size_t i = 0; i < 2 * n; i++) {
        low[i % 2] = place[i] < low[i % 2] ? place[i] : low[i % 2];
        high[i % 2] = place[i] > high[i % 2] ? place[i] : high[i % 2];
    }
    const double width = high[0] - low[0], height = high[1] - low[1];
    const double size = width > height ? width : height;
    uint32_t *numbers = gv_mem_alloc(2 * n, sizeof *numbers, NULL);
    for (size_t i = 0; numbers && i < 2 * n; i++)
        numbers[i] = size > 0.0 ? (uint32_t)((place[i] - low[i % 2]) / size * 65535.0 + 0.5) : 0;
    if (numbers)
        write_numbers(out, numbers, 2 * n);
    gv_mem_free(numbers);
}

static void write_groups(FILE *out, const gv_report_map *map)
{
    uint8_t group[GV_REPORT_MAP_MOST];
    for (size_t i = 0; i < map->n; i++)
        group[i] = (uint8_t)map->group[i];
    fputs("\"group\":", out);
    gv_report_frame_base64(out, group, map->n);
    fputs(",\n\"groups\":[", out);
    for (size_t g = 0; g < map->groups; g++) {
        fputs(g ? ",[" : "[", out);
        const uint32_t *typical = map->typical + g * GV_REPORT_MAP_TYPICAL;
        for (size_t t = 0; t < GV_REPORT_MAP_TYPICAL && typical[t] != GV_NEIGHBOURS_NONE; t++)
            fprintf(out, "%s%u", t ? "," : "", typical[t]);
        fputs("]", out);
    }
    fputs("]", out);
}

static void write_data(FILE *out, const gv_report_map *map, const gv_words *words,
                       const uint64_t *counts)
{
    gv_report_frame_data_begin(out, "map-data");
    fputs("{\"words\":[", out);
    for (size_t i = 0; i < map->n; i++) {
        fputs(i ? "," : "", out);
        gv_report_frame_json_text(out, word_of(map, words, i));
    }
    fputs("],\n\"counts\":", out);
    fputs(counts ? "[" : "null", out);
    for (size_t i = 0; counts && i < map->n; i++)
        fprintf(out, "%s%llu", i ? "," : "", (unsigned long long)counts[map->row[i]]);
    fputs(counts ? "],\n" : ",\n", out);
    write_groups(out, map);
    fprintf(out, ",\n\"k\":%zu,\"near\":", map->near->k);
    write_numbers(out, map->near->id, map->n * map->near->k);
    fputs(",\n\"layouts\":{\"pca\":", out);
    write_places(out, map->place[GV_REPORT_MAP_PCA], map->n);
    fputs(",\n\"tsne\":", out);
    write_places(out, map->place[GV_REPORT_MAP_TSNE], map->n);
    fputs("}}", out);
    gv_report_frame_data_end(out);
}

/* --- the page --------------------------------------------------------------------------------- */

static void write_introduction(FILE *out, const gv_report_map *map)
{
    fputs("<p class=\"soft\">The ", out);
    gv_report_html_count(out, (double)map->n);
    fprintf(out,
            " most frequent words, coloured by %zu groups of similar direction (spherical "
            "k-means). <b>PCA</b> shows the two directions in which the vectors differ most: "
            "%.0f&nbsp;%% of their variance, and %.0f&nbsp;%% of the %zu nearest words of a word "
            "stay nearest. <b>t-SNE</b> puts neighbours next to each other: %.0f&nbsp;%% stay. "
            "Who is next to whom means something; distances between groups, and their sizes, do "
            "not.</p>\n",
            map->groups, 100.0 * map->explained, 100.0 * map->kept[GV_REPORT_MAP_PCA], map->near->k,
            100.0 * map->kept[GV_REPORT_MAP_TSNE]);
}

static void write_tools(FILE *out)
{
    fputs("<div class=\"tools screen\">\n"
          "<span role=\"group\" aria-label=\"Layout\"><button type=\"button\" id=\"map-pca\" "
          "aria-pressed=\"true\">PCA</button><button type=\"button\" id=\"map-tsne\" "
          "aria-pressed=\"false\">t-SNE</button></span>\n"
          "<span role=\"group\" aria-label=\"Colour\"><button type=\"button\" id=\"map-groups\" "
          "aria-pressed=\"true\">Groups</button><button type=\"button\" id=\"map-ranks\" "
          "aria-pressed=\"false\">Frequency</button></span>\n"
          "<span role=\"group\" aria-label=\"Zoom\"><button type=\"button\" id=\"map-nearer\" "
          "aria-label=\"Zoom in\">+</button><button type=\"button\" id=\"map-farther\" "
          "aria-label=\"Zoom out\">−</button><button type=\"button\" id=\"map-reset\">Reset"
          "</button></span>\n"
          "<span class=\"find\"><input type=\"search\" id=\"map-input\" placeholder=\"Find a "
          "word\" aria-label=\"Find a word on the map\" aria-describedby=\"map-state\" "
          "autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\"><span class=\"soft\" "
          "id=\"map-state\" role=\"status\"></span></span>\n</div>\n",
          out);
}

static void write_view(FILE *out)
{
    fputs("<div class=\"map\" id=\"map-view\" hidden>\n", out);
    write_tools(out);
    fputs("<div class=\"area\"><canvas id=\"map-canvas\" tabindex=\"0\" role=\"application\" "
          "aria-roledescription=\"map\" aria-label=\"Map of words: plus and minus zoom, arrows "
          "move, 0 shows all, Enter chooses the word in the middle. The groups are in the table "
          "below.\"></canvas><div class=\"tip\" id=\"map-tip\" aria-hidden=\"true\" hidden></div>"
          "</div>\n<p id=\"map-word\" aria-live=\"polite\"></p>\n"
          "<ul class=\"groups\" id=\"map-legend\"></ul>\n</div>\n"
          "<noscript><p>To see the map, allow JavaScript for this page.</p></noscript>\n",
          out);
}

/* The first words of a group, by frequency. */
static void write_frequent(FILE *out, const gv_report_map *map, const gv_words *words, size_t group)
{
    size_t written = 0;
    for (size_t i = 0; i < map->n && written < FREQUENT; i++)
        if (map->group[i] == group) {
            fputs(written++ ? ", <bdi>" : "<bdi>", out);
            gv_report_html_text(out, word_of(map, words, i));
            fputs("</bdi>", out);
        }
}

static void write_typical(FILE *out, const gv_report_map *map, const gv_words *words, size_t group)
{
    const uint32_t *typical = map->typical + group * GV_REPORT_MAP_TYPICAL;
    for (size_t t = 0; t < GV_REPORT_MAP_TYPICAL && typical[t] != GV_NEIGHBOURS_NONE; t++) {
        fputs(t ? ", <bdi>" : "<bdi>", out);
        gv_report_html_text(out, word_of(map, words, typical[t]));
        fputs("</bdi>", out);
    }
}

static void write_table(FILE *out, const gv_report_map *map, const gv_words *words)
{
    fputs("<details><summary>The groups as a table</summary>\n"
          "<table class=\"fold\"><thead><tr class=\"head\"><th scope=\"col\">nearest to the middle"
          "</th><th scope=\"col\" class=\"n\">words</th><th scope=\"col\">most frequent</th></tr>"
          "</thead>\n<tbody>\n",
          out);
    for (size_t g = 0; g < map->groups; g++) {
        size_t size = 0;
        for (size_t i = 0; i < map->n; i++)
            size += map->group[i] == g;
        fprintf(out, "<tr><td>%zu: ", g + 1);
        write_typical(out, map, words, g);
        fprintf(out, "</td><td class=\"n\" data-label=\"words\">%zu</td><td>", size);
        write_frequent(out, map, words, g);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table></details>\n", out);
}

void gv_report_map_write(FILE *out, const gv_report_map *map, const gv_words *words,
                         const uint64_t *counts)
{
    if (map->n == 0)
        return;
    write_introduction(out, map);
    write_view(out);
    write_table(out, map, words);
    write_data(out, map, words, counts);
}

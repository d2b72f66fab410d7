/* Config properties over random input: positions are right, damaged files never crash, what is
 * printed reads back. */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_text.h"
#include "config/gv_config_key.h"
#include "support/gv_test.h"
#include <string.h>

/* A random JSON value that contains brackets, quotes and keys in all the wrong places. */
static void add_noise(gv_text *text, gv_rng *rng, int depth)
{
    static const char *const scalars[] = {"1",
                                          "-2.5e3",
                                          "null",
                                          "true",
                                          "\"}\"",
                                          "\"\\\"\"",
                                          "\"train\\\\\"",
                                          "\"{\\\"dim\\\":[\"",
                                          "\"ü€𝄞\"",
                                          "[]",
                                          "{}",
                                          "\"\\u0022\""};
    uint64_t kind = gv_rng_below(rng, depth > 3 ? 1 : 3);
    uint64_t n = gv_rng_below(rng, 4);
    if (kind == 0) {
        gv_text_add(text, scalars[gv_rng_below(rng, sizeof scalars / sizeof scalars[0])]);
        return;
    }
    gv_text_add(text, kind == 1 ? "[" : "{ ");
    for (uint64_t i = 0; i < n; i++) {
        gv_text_add(text, i ? "," : "");
        if (gv_rng_below(rng, 4) == 0)
            gv_text_add(text, "\n  ");
        if (kind == 2)
            gv_text_printf(text, "\"%s%lu\" : ", gv_rng_below(rng, 2) ? "ä\\n" : "train",
                           (unsigned long)i);
        add_noise(text, rng, depth + 1);
    }
    gv_text_add(text, kind == 1 ? "\t]" : "}");
}

static void add_members(gv_text *text, gv_rng *rng, char name)
{
    uint64_t n = gv_rng_below(rng, 3);
    for (uint64_t i = 0; i < n; i++) {
        gv_text_printf(text, "\"%c%lu\":", name, (unsigned long)i);
        add_noise(text, rng, 0);
        gv_text_add(text, gv_rng_below(rng, 2) ? ",\r\n" : ", ");
    }
}

Test(config_random, positions)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (int round = 0; round < 2000; round++) {
        gv_text text = GV_TEXT_INIT;
        gv_text_add(&text, round % 2 ? "{" : "\n {");
        add_members(&text, &rng, 'a');
        gv_text_add(&text, "\"train\" : {");
        add_members(&text, &rng, 'b');
        size_t key = text.used;
        gv_text_add(&text, "\"dim\":");
        add_noise(&text, &rng, 0);
        gv_text_add(&text, "}}");
        json_t *parsed = json_loads(text.bytes, JSON_REJECT_DUPLICATES, NULL);
        cr_assert_not_null(parsed, "the generator is wrong: %s", text.bytes);
        json_decref(parsed);
        size_t line = 1, column = 1, found_line, found_column;
        for (size_t i = 0; i < key; i++) {
            column = text.bytes[i] == '\n' ? 1 : column + ((text.bytes[i] & 0xc0) != 0x80);
            line += text.bytes[i] == '\n';
        }
        cr_assert(
            gv_config_key_where(text.bytes, text.used, "train.dim", &found_line, &found_column),
            "seed %lu: not found in %s", (unsigned long)gv_test_seed(), text.bytes);
        cr_assert(found_line == line && found_column == column,
                  "seed %lu: %zu:%zu, not %zu:%zu: %s", (unsigned long)gv_test_seed(), found_line,
                  found_column, line, column, text.bytes);
        cr_assert_not(
            gv_config_key_where(text.bytes, text.used, "train.dime", &found_line, &found_column));
        gv_text_drop(&text);
    }
}

/* Flip, cut, and double pieces of a good config: a status and one line, whatever comes. */
Test(config_random, damage)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    gv_config *config;
    gv_error err = GV_ERROR_INIT;
    char *good;
    gv_assert_ok(gv_config_load(&config, NULL, NULL, "x", &err), err);
    gv_assert_ok(gv_config_json(&good, config, &err), err);
    gv_config_free(config);
    size_t n = strlen(good), refused = 0;
    for (int round = 0; round < 1500; round++) {
        char *bad = gv_mem_strdup(good, NULL);
        size_t cut = gv_rng_below(&rng, 4) == 0 ? gv_rng_below(&rng, n) : n;
        for (uint64_t flips = gv_rng_below(&rng, 4); flips > 0; flips--)
            bad[gv_rng_below(&rng, n)] = (char)gv_rng_below(&rng, 256);
        const char *path = gv_test_write("bad.json", bad, cut);
        err = (gv_error)GV_ERROR_INIT;
        int status = gv_config_load(&config, path, NULL, "x", &err);
        cr_assert(status == GV_OK || status == GV_E_USAGE, "seed %lu round %d: status %d",
                  (unsigned long)gv_test_seed(), round, status);
        if (status == GV_E_USAGE) {
            refused++;
            cr_assert_eq(strncmp(err.text, path, strlen(path)), 0, "no place in: %s", err.text);
        }
        gv_config_free(config);
        gv_mem_free(bad);
    }
    gv_mem_free(good);
    cr_assert_gt(refused, 500u);
}

/* A random value of a key's kind, valid or not. */
static void add_value(gv_text *text, gv_rng *rng, const gv_config_key *key)
{
    switch (gv_rng_below(rng, 4)) {
    case 0:
        gv_text_add(text, key->fallback ? key->fallback : "\"n\"");
        break;
    case 1:
        gv_text_real(text, key->min + (key->max - key->min) * gv_rng_uniform(rng));
        break;
    case 2:
        gv_text_printf(text, "%lu", (unsigned long)gv_rng_below(rng, 200));
        break;
    default:
        gv_text_printf(text, "\"%s\"", key->choices ? key->choices[0] : "some \\u00fc text");
        break;
    }
}

Test(config_random, what_is_accepted_prints_and_reads_back)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    size_t accepted = 0;
    for (int round = 0; round < 3000; round++) {
        gv_text text = GV_TEXT_INIT;
        const gv_config_key *key = &gv_config_key_table[gv_rng_below(&rng, gv_config_key_count())];
        gv_text_printf(&text, "%s=", key->name);
        add_value(&text, &rng, key);
        gv_strings sets = {1, &text.bytes};
        gv_config *first, *second;
        if (gv_config_load(&first, NULL, &sets, "x", NULL) == GV_OK) {
            char *json, *again;
            gv_error err = GV_ERROR_INIT;
            accepted++;
            gv_assert_ok(gv_config_json(&json, first, &err), err);
            const char *path = gv_test_write_text("round.json", json);
            gv_assert_ok(gv_config_load(&second, path, NULL, "y", &err), err);
            gv_assert_ok(gv_config_json(&again, second, &err), err);
            cr_assert_str_eq(json, again, "after %s", text.bytes);
            gv_mem_free(json);
            gv_mem_free(again);
            gv_config_free(first);
            gv_config_free(second);
        }
        gv_text_drop(&text);
    }
    cr_assert_gt(accepted, 1000u);
}

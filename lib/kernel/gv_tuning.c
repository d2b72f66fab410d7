/*
 * The distances were measured on Zen 4; a record of a long vector takes longer, so fewer of them
 * suffice. On Intel a record takes about as long, and so the same distances give memory as much
 * time to answer.
 *
 * A strip of n segments needs two segments from beyond the L2 cache for every n tasks. Of 1 to 64
 * measured with 1 MiB of L2, 3 to 6 were equally good. By bench/simulate_cache, with 2 MiB a strip
 * of 12 fetches as many lines from beyond (d = 50) or fewer (d = 100: 1.4 instead of 2.1 a record).
 */
#include "kernel/gv_tuning.h"

#include <stdlib.h>
#include <string.h>

void gv_tuning_for(gv_tuning *tuning, const gv_cpu *cpu, size_t width)
{
    bool longer = width > 128;
    *tuning = (gv_tuning){.near = longer ? 4 : 8,
                          .far = longer ? 12 : 24,
                          .strip = cpu->l2 >= (size_t)2 << 20 ? 12 : 4};
}

static int wrong(const char *text, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "GLOVEBOX_TEST_TUNING=%s: not near=N,far=N,strip=N with numbers from 1 to "
                        "%u, %u, %u",
                        text, GV_TUNING_NEAR_MOST, GV_TUNING_FAR_MOST, GV_TUNING_STRIP_MOST);
}

/* One "name=number" at *at, and the comma behind it; false if it is wrong. */
static bool parse_one(gv_tuning *to, const char **at)
{
    const struct {
        const char *name;
        unsigned *value, most;
    } fields[] = {{"near=", &to->near, GV_TUNING_NEAR_MOST},
                  {"far=", &to->far, GV_TUNING_FAR_MOST},
                  {"strip=", &to->strip, GV_TUNING_STRIP_MOST}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t length = strlen(fields[i].name);
        if (strncmp(*at, fields[i].name, length) != 0)
            continue;
        const char *digits = *at + length;
        char *end;
        if (*digits < '0' || *digits > '9')
            return false;
        unsigned long value = strtoul(digits, &end, 10);
        if (value < 1 || value > fields[i].most || (*end != ',' && *end != '\0'))
            return false;
        *fields[i].value = (unsigned)value;
        *at = *end == ',' ? end + 1 : end;
        return *end == '\0' || end[1] != '\0';
    }
    return false;
}

int gv_tuning_parse(gv_tuning *tuning, const char *text, gv_error *err)
{
    gv_tuning parsed = *tuning;
    for (const char *at = text ? text : ""; *at != '\0';)
        if (!parse_one(&parsed, &at))
            return wrong(text, err);
    *tuning = parsed;
    return GV_OK;
}

int gv_tuning_choose(gv_tuning *tuning, size_t width, gv_error *err)
{
    gv_cpu cpu;
    gv_cpu_find(&cpu);
    gv_tuning_for(tuning, &cpu, width);
    return gv_tuning_parse(tuning, getenv("GLOVEBOX_TEST_TUNING"), err);
}

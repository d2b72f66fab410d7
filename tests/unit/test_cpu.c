/* What training makes of a processor's answers, also of absurd ones. */
#include "kernel/gv_cpu.h"
#include "kernel/gv_tuning.h"

#include <criterion/criterion.h>
#include <string.h>

static gv_cpu_leaf cache(unsigned kind, unsigned level, uint32_t ways, uint32_t sets)
{
    return (gv_cpu_leaf){kind | level << 5, (ways - 1) << 22 | 63, sets - 1, 0};
}

static gv_cpu with(gv_cpu_leaf l1, gv_cpu_leaf l2, bool hybrid)
{
    gv_cpu cpu = {.hybrid = hybrid};
    gv_cpu_add_cache(&cpu, &l1);
    gv_cpu_add_cache(&cpu, &l2);
    gv_cpu_check_sizes(&cpu);
    return cpu;
}

Test(cpu, names_families)
{
    const struct {
        const char *vendor;
        uint32_t signature;
        const char *name;
    } known[] = {{"AuthenticAMD", 0x00a10f11, "Zen 4"},
                 {"GenuineIntel", 0x000806f8, "Sapphire Rapids"},
                 {"GenuineIntel", 0x000c06f2, "Emerald Rapids"},
                 {"GenuineIntel", 0x00050657, "Skylake or Cascade Lake"},
                 {"SomethingNew", 0x00a10f11, ""},
                 {"", 0, ""}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        gv_cpu cpu = {0};
        strcpy(cpu.vendor, known[i].vendor);
        gv_cpu_set_model(&cpu, known[i].signature);
        cr_assert_str_eq(gv_cpu_name(&cpu), known[i].name, "%zu", i);
    }
}

Test(cpu, cache_sizes)
{
    gv_cpu emerald = with(cache(1, 1, 12, 64), cache(3, 2, 16, 2048), false);
    cr_assert_eq(emerald.l1, 48u << 10);
    cr_assert_eq(emerald.l2, 2u << 20);
    gv_cpu hybrid = with(cache(1, 1, 12, 64), cache(3, 2, 16, 2048), true);
    cr_assert_eq(hybrid.l1, GV_CPU_L1);
    cr_assert_eq(hybrid.l2, GV_CPU_L2);
}

Test(cpu, absurd_sizes_become_usual_ones)
{
    gv_cpu_leaf zero = {0}, full = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    gv_cpu hidden = with(zero, zero, false);
    gv_cpu invented = with(full, cache(3, 2, 1024, 1u << 31), false);
    gv_cpu tiny = with(cache(1, 1, 1, 1), cache(3, 2, 1, 1), false);
    gv_cpu *all[] = {&hidden, &invented, &tiny};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(all[i]->l1, GV_CPU_L1, "%zu", i);
        cr_assert_eq(all[i]->l2, GV_CPU_L2, "%zu", i);
    }
    cr_assert_not(gv_cpu_add_cache(&hidden, &zero));
}

Test(cpu, this_one_has_sizes)
{
    gv_cpu cpu;
    char text[128];
    gv_cpu_find(&cpu);
    gv_cpu_describe(text, sizeof text, &cpu);
    cr_assert(cpu.l1 >= 8u << 10 && cpu.l2 >= 128u << 10 && strlen(text) > 20);
}

Test(cpu, tuning_is_in_range)
{
    const size_t l2[] = {128u << 10, 1u << 20, 2u << 20, 64u << 20}, widths[] = {8, 56, 304, 10008};
    for (size_t i = 0; i < 16; i++) {
        gv_cpu cpu = {.l1 = GV_CPU_L1, .l2 = l2[i / 4]};
        gv_tuning t;
        gv_tuning_for(&t, &cpu, widths[i % 4]);
        cr_assert(t.near >= 1 && t.near <= GV_TUNING_NEAR_MOST);
        cr_assert(t.far >= 1 && t.far <= GV_TUNING_FAR_MOST);
        cr_assert(t.strip >= 1 && t.strip <= GV_TUNING_STRIP_MOST);
    }
}

Test(cpu, tuning_by_text)
{
    gv_tuning t = {1, 2, 3};
    gv_error err;
    cr_assert_eq(gv_tuning_parse(&t, NULL, &err), GV_OK);
    cr_assert_eq(gv_tuning_parse(&t, "", &err), GV_OK);
    cr_assert_eq(gv_tuning_parse(&t, "strip=64,far=40", &err), GV_OK);
    cr_assert(t.near == 1 && t.far == 40 && t.strip == 64);
    const char *wrong[] = {"near",    "near=",        "near=0",  "near=17",
                           "far=41",  "strip=65",     "near=1,", ",near=1",
                           "near=-1", "near= 1",      "near=1x", "near=99999999999999999999",
                           "Near=1",  "near=1;far=2", "depth=3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(gv_tuning_parse(&t, wrong[i], &err), GV_E_USAGE, "%s", wrong[i]);
        cr_assert(t.near == 1 && t.far == 40 && t.strip == 64);
    }
}

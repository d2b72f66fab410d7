#include "kernel/gv_cpu.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

void gv_cpu_set_model(gv_cpu *cpu, uint32_t signature)
{
    unsigned family = signature >> 8 & 15, model = signature >> 4 & 15;
    if (family == 6 || family == 15)
        model += (signature >> 16 & 15) << 4;
    if (family == 15)
        family += signature >> 20 & 255;
    cpu->family = family;
    cpu->model = model;
}

bool gv_cpu_add_cache(gv_cpu *cpu, const gv_cpu_leaf *leaf)
{
    enum { END = 0, DATA = 1, UNIFIED = 3 };
    unsigned kind = leaf->eax & 31, level = leaf->eax >> 5 & 7;
    size_t line = (leaf->ebx & 0xfff) + 1, parts = (leaf->ebx >> 12 & 0x3ff) + 1;
    size_t bytes = line * parts * ((leaf->ebx >> 22) + 1) * ((size_t)leaf->ecx + 1);
    if (kind == DATA && level == 1)
        cpu->l1 = bytes;
    if (kind == UNIFIED && level == 2)
        cpu->l2 = bytes;
    return kind != END;
}

static size_t believed(size_t bytes, size_t low, size_t high, size_t otherwise)
{
    return bytes >= low && bytes <= high ? bytes : otherwise;
}

void gv_cpu_check_sizes(gv_cpu *cpu)
{
    cpu->l1 = believed(cpu->l1, (size_t)8 << 10, (size_t)1 << 20, GV_CPU_L1);
    cpu->l2 = believed(cpu->l2, (size_t)128 << 10, (size_t)64 << 20, GV_CPU_L2);
    if (cpu->hybrid && cpu->l1 > GV_CPU_L1)
        cpu->l1 = GV_CPU_L1;
    if (cpu->hybrid && cpu->l2 > GV_CPU_L2)
        cpu->l2 = GV_CPU_L2;
}

#if defined(__x86_64__)
static bool ask(gv_cpu_leaf *to, uint32_t leaf, uint32_t part)
{
    *to = (gv_cpu_leaf){0};
    return __get_cpuid_count(leaf, part, &to->eax, &to->ebx, &to->ecx, &to->edx) != 0;
}

static void add_caches(gv_cpu *cpu, uint32_t leaf)
{
    enum { CACHES_MOST = 16 };
    gv_cpu_leaf cache;
    for (uint32_t i = 0; i < CACHES_MOST && ask(&cache, leaf, i); i++)
        if (!gv_cpu_add_cache(cpu, &cache))
            return;
}

void gv_cpu_find(gv_cpu *cpu)
{
    gv_cpu_leaf leaf;
    *cpu = (gv_cpu){0};
    if (ask(&leaf, 0, 0)) {
        memcpy(cpu->vendor, &leaf.ebx, 4);
        memcpy(cpu->vendor + 4, &leaf.edx, 4);
        memcpy(cpu->vendor + 8, &leaf.ecx, 4);
    }
    if (ask(&leaf, 1, 0))
        gv_cpu_set_model(cpu, leaf.eax);
    cpu->hybrid = ask(&leaf, 7, 0) && (leaf.edx >> 15 & 1);
    add_caches(cpu, 4);
    if (cpu->l1 == 0 || cpu->l2 == 0)
        add_caches(cpu, 0x8000001d);
    gv_cpu_check_sizes(cpu);
}
#else
void gv_cpu_find(gv_cpu *cpu)
{
    *cpu = (gv_cpu){0};
    gv_cpu_check_sizes(cpu);
}
#endif

const char *gv_cpu_name(const gv_cpu *cpu)
{
    static const struct {
        const char *vendor;
        unsigned family, first, last; /* models */
        const char *name;
    } known[] = {{"AuthenticAMD", 23, 0x00, 0x2f, "Zen"},
                 {"AuthenticAMD", 23, 0x30, 0xff, "Zen 2"},
                 {"AuthenticAMD", 25, 0x00, 0x0f, "Zen 3"},
                 {"AuthenticAMD", 25, 0x10, 0x1f, "Zen 4"},
                 {"AuthenticAMD", 25, 0x20, 0x5f, "Zen 3"},
                 {"AuthenticAMD", 25, 0x60, 0xaf, "Zen 4"},
                 {"AuthenticAMD", 26, 0x00, 0x7f, "Zen 5"},
                 {"GenuineIntel", 6, 0x3c, 0x3c, "Haswell"},
                 {"GenuineIntel", 6, 0x3f, 0x3f, "Haswell"},
                 {"GenuineIntel", 6, 0x4f, 0x4f, "Broadwell"},
                 {"GenuineIntel", 6, 0x55, 0x55, "Skylake or Cascade Lake"},
                 {"GenuineIntel", 6, 0x6a, 0x6c, "Ice Lake"},
                 {"GenuineIntel", 6, 0x8f, 0x8f, "Sapphire Rapids"},
                 {"GenuineIntel", 6, 0xad, 0xae, "Granite Rapids"},
                 {"GenuineIntel", 6, 0xcf, 0xcf, "Emerald Rapids"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(cpu->vendor, known[i].vendor) == 0 && cpu->family == known[i].family &&
            cpu->model >= known[i].first && cpu->model <= known[i].last)
            return known[i].name;
    return "";
}

void gv_cpu_describe(char *text, size_t capacity, const gv_cpu *cpu)
{
    const char *name = gv_cpu_name(cpu);
    snprintf(text, capacity, "%s family %u model %u, %s%sL1 %zu KiB, L2 %zu KiB",
             *cpu->vendor ? cpu->vendor : "unknown vendor", cpu->family, cpu->model, name,
             *name ? ", " : "", cpu->l1 >> 10, cpu->l2 >> 10);
}

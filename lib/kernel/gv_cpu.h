/*
 * gv_cpu - which processor this is: family, name of its microarchitecture, sizes of a core's
 * caches.
 *
 * For speed and for the notes of measurements only: no output file may depend on it. A virtual
 * machine may hide or invent any of it, and unknown processors come: sizes that are missing or
 * absurd become GV_CPU_L1 and GV_CPU_L2. On a hybrid processor the cores differ and threads move
 * between them, so its sizes are at most the usual ones.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_CPU_H
#define GV_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_CPU_L1 ((size_t)32 << 10) /* bytes assumed where the processor does not tell */
#define GV_CPU_L2 ((size_t)1 << 20)

typedef struct gv_cpu {
    char vendor[13];        /* "GenuineIntel", "AuthenticAMD"; "" where there is no CPUID */
    unsigned family, model; /* as CPUID counts them, extensions included */
    bool hybrid;
    size_t l1, l2; /* bytes of data cache, of one core */
} gv_cpu;

/* What a processor answers: registers EAX, EBX, ECX, EDX of CPUID. */
typedef struct gv_cpu_leaf {
    uint32_t eax, ebx, ecx, edx;
} gv_cpu_leaf;

/* The processor that the caller runs on. */
void gv_cpu_find(gv_cpu *cpu);

/* The parts of gv_cpu_find, on registers from anywhere. `signature` is EAX of leaf 1. */
void gv_cpu_set_model(gv_cpu *cpu, uint32_t signature);
/* Of leaf 4 (Intel) or 0x8000001d (AMD), one cache; returns false after the last one. */
bool gv_cpu_add_cache(gv_cpu *cpu, const gv_cpu_leaf *leaf);
/* After the last cache: replace sizes that cannot be. */
void gv_cpu_check_sizes(gv_cpu *cpu);

/* "Zen 4", "Sapphire Rapids"; "" if not known. Constant. */
const char *gv_cpu_name(const gv_cpu *cpu);

/* For notes: "AuthenticAMD family 25 model 17, Zen 4, L1 32 KiB, L2 1024 KiB". */
void gv_cpu_describe(char *text, size_t capacity, const gv_cpu *cpu);

#endif

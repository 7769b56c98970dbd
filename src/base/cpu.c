#include "base.h"

#include <cpuid.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct cpu_features features;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Linux gives the tiles' 8 KB of state only to processes that ask for them. */
static bool tiles_granted(void)
{
    enum { ARCH_REQUEST_STATE = 0x1023, STATE_TILES = 18 };
    unsigned a, b, c, d;
    bool there = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 22 & 1) && (d >> 24 & 1);   /* AMX-BF16, AMX-TILE */
    return there && syscall(SYS_arch_prctl, ARCH_REQUEST_STATE, STATE_TILES) == 0;
}

static enum cpu_level highest_wanted(void)
{
    static const char *const names[] = {[CPU_SCALAR] = "scalar", [CPU_AVX2] = "avx2", [CPU_AVX512] = "avx512"};
    const char *mask = getenv("DAOGOU_CPU");
    for (int level = CPU_SCALAR; mask && level < CPU_AMX; level++)
        if (strcmp(mask, names[level]) == 0) return (enum cpu_level)level;
    return CPU_AMX;
}

static void probe(void)
{
    unsigned a, b, c, d;
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    features.level = avx512 ? CPU_AVX512 : avx2 ? CPU_AVX2 : CPU_SCALAR;
    features.vnni = avx512 && __builtin_cpu_supports("avx512vnni");
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) features.bf16 = avx512 && (a >> 5 & 1);
    enum cpu_level highest = highest_wanted();
    if (highest == CPU_AMX && features.bf16 && tiles_granted()) features.level = CPU_AMX;
    if (features.level > highest) features.level = highest;
    if (features.level < CPU_AVX512) features.vnni = features.bf16 = false;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    features.cores = cores > 0 ? (int)cores : 1;
}

const struct cpu_features *cpu_features(void)
{
    pthread_once(&once, probe);
    return &features;
}

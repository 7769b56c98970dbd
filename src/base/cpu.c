#include "base.h"

#include <cpuid.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cpu_features features;
static pthread_once_t once = PTHREAD_ONCE_INIT;

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
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) features.amx_bf16 = features.bf16 && (d >> 22 & 1) && (d >> 24 & 1);
    const char *mask = getenv("DAOGOU_CPU");
    enum cpu_level highest = !mask ? CPU_AVX512 : strcmp(mask, "scalar") == 0 ? CPU_SCALAR : strcmp(mask, "avx2") == 0 ? CPU_AVX2 : CPU_AVX512;
    if (features.level > highest) features.level = highest;
    if (features.level < CPU_AVX512) features.vnni = features.bf16 = features.amx_bf16 = false;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    features.cores = cores > 0 ? (int)cores : 1;
}

const struct cpu_features *cpu_features(void)
{
    pthread_once(&once, probe);
    return &features;
}

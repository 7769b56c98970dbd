/* One vocabulary for AVX2 and AVX-512, so that the kernels are written once (ops_tmpl.h, attention_tmpl.h, linear_tmpl.h)
 * and compiled twice, by ops_avx2.c and ops_avx512.c.
 *
 *   vf, vi   a vector of VW floats / 32-bit integers       v_f..., v_i...
 *   ..._n    only the first n lanes, 0 <= n <= VW; the other lanes load as zero and are not stored
 */
#ifndef DAOGOU_TENSOR_VECTOR_H
#define DAOGOU_TENSOR_VECTOR_H

#include <immintrin.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#ifdef __AVX512F__

enum { VW = 16 };
typedef __m512 vf;
typedef __m512i vi;

INLINE __mmask16 v_lanes(size_t n) { return (__mmask16)((1u << n) - 1); }

INLINE vf v_zero(void) { return _mm512_setzero_ps(); }
INLINE vf v_set(float x) { return _mm512_set1_ps(x); }
INLINE vf v_load(const float *p) { return _mm512_loadu_ps(p); }
INLINE vf v_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(v_lanes(n), p); }
INLINE void v_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
INLINE void v_store_n(float *p, vf x, size_t n) { _mm512_mask_storeu_ps(p, v_lanes(n), x); }
INLINE vf v_add(vf a, vf b) { return _mm512_add_ps(a, b); }
INLINE vf v_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
INLINE vf v_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
INLINE vf v_div(vf a, vf b) { return _mm512_div_ps(a, b); }
INLINE vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vf v_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }   /* c - a b */
INLINE vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }                 /* b if one is a NaN */
INLINE vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
INLINE vf v_abs(vf a) { return _mm512_abs_ps(a); }
INLINE vf v_sqrt(vf a) { return _mm512_sqrt_ps(a); }
INLINE vf v_round(vf a) { return _mm512_cvtepi32_ps(_mm512_cvtps_epi32(a)); } /* to even; |a| < 2^31 */
INLINE vf v_scale2(vf a, vf n) { return _mm512_scalef_ps(a, n); }           /* a 2^n for whole n */
INLINE float v_sum(vf a) { return _mm512_reduce_add_ps(a); }
INLINE float v_largest(vf a) { return _mm512_reduce_max_ps(a); }
INLINE double v_sum_double(vf a)
{
    return _mm512_reduce_add_pd(_mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(a)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1))));
}
/* Lanes from n on become x. */
INLINE vf v_fill_from(vf a, size_t n, vf x) { return _mm512_mask_mov_ps(x, v_lanes(n), a); }

INLINE vi vi_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
INLINE vi vi_iota(void) { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
INLINE vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
INLINE vi vi_mul(vi a, vi b) { return _mm512_mullo_epi32(a, b); }
INLINE vi vi_xor(vi a, vi b) { return _mm512_xor_si512(a, b); }
INLINE vi vi_shift(vi a, int n) { return _mm512_srli_epi32(a, (unsigned)n); }
/* x where a >= limit (signed), else zero */
INLINE vf v_keep(vf x, vi a, vi limit) { return _mm512_maskz_mov_ps(_mm512_cmpge_epi32_mask(a, limit), x); }

INLINE vf v_load_bf16(const void *p) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(p)), 16)); }
INLINE vf v_load_i8(const void *p) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p))); }

/* a[i] becomes column i. */
INLINE void v_transpose(vf a[VW])
{
    __m512 b[16];
    UNROLL for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
    UNROLL for (int i = 0; i < 16; i += 4) {
        __m512d b0 = _mm512_castps_pd(b[i]), b1 = _mm512_castps_pd(b[i + 1]), b2 = _mm512_castps_pd(b[i + 2]), b3 = _mm512_castps_pd(b[i + 3]);
        a[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(b0, b2));
        a[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(b0, b2));
        a[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b1, b3));
        a[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b1, b3));
    }
    UNROLL for (int i = 0; i < 4; i++) {
        b[i] = _mm512_shuffle_f32x4(a[i], a[i + 4], 0x88);
        b[i + 4] = _mm512_shuffle_f32x4(a[i], a[i + 4], 0xdd);
        b[i + 8] = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0x88);
        b[i + 12] = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0xdd);
    }
    UNROLL for (int i = 0; i < 8; i++) {
        a[i] = _mm512_shuffle_f32x4(b[i], b[i + 8], 0x88);
        a[i + 8] = _mm512_shuffle_f32x4(b[i], b[i + 8], 0xdd);
    }
}

#else /* AVX2 */

enum { VW = 8 };
typedef __m256 vf;
typedef __m256i vi;

INLINE __m256i v_lanes(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE vf v_zero(void) { return _mm256_setzero_ps(); }
INLINE vf v_set(float x) { return _mm256_set1_ps(x); }
INLINE vf v_load(const float *p) { return _mm256_loadu_ps(p); }
INLINE vf v_load_n(const float *p, size_t n) { return _mm256_maskload_ps(p, v_lanes(n)); }
INLINE void v_store(float *p, vf x) { _mm256_storeu_ps(p, x); }
INLINE void v_store_n(float *p, vf x, size_t n) { _mm256_maskstore_ps(p, v_lanes(n), x); }
INLINE vf v_add(vf a, vf b) { return _mm256_add_ps(a, b); }
INLINE vf v_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
INLINE vf v_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
INLINE vf v_div(vf a, vf b) { return _mm256_div_ps(a, b); }
INLINE vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vf v_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
INLINE vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }
INLINE vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
INLINE vf v_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
INLINE vf v_sqrt(vf a) { return _mm256_sqrt_ps(a); }
INLINE vf v_round(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE vf v_power2(__m256i n) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23)); }
/* Two factors, each a normal number, so that 2^n itself may be far out of range; |n| < 250. */
INLINE vf v_scale2(vf a, vf n)
{
    __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
    return v_mul(v_mul(a, v_power2(half)), v_power2(_mm256_sub_epi32(whole, half)));
}
INLINE float v_sum(vf a)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
INLINE float v_largest(vf a)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
INLINE double v_sum_double(vf a)
{
    __m256d s = _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(a)), _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)));
    __m128d t = _mm_add_pd(_mm256_castpd256_pd128(s), _mm256_extractf128_pd(s, 1));
    return _mm_cvtsd_f64(_mm_add_sd(t, _mm_unpackhi_pd(t, t)));
}
INLINE vf v_fill_from(vf a, size_t n, vf x) { return _mm256_blendv_ps(x, a, _mm256_castsi256_ps(v_lanes(n))); }

INLINE vi vi_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
INLINE vi vi_iota(void) { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
INLINE vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
INLINE vi vi_mul(vi a, vi b) { return _mm256_mullo_epi32(a, b); }
INLINE vi vi_xor(vi a, vi b) { return _mm256_xor_si256(a, b); }
INLINE vi vi_shift(vi a, int n) { return _mm256_srli_epi32(a, n); }
INLINE vf v_keep(vf x, vi a, vi limit) { return _mm256_andnot_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(limit, a)), x); }

INLINE vf v_load_bf16(const void *p) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(p)), 16)); }
INLINE vf v_load_i8(const void *p) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(p))); }

INLINE void v_transpose(vf a[VW])
{
    __m256 b[8];
    UNROLL for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    UNROLL for (int i = 0; i < 8; i += 4) {
        a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
        a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xee);
        a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
        a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xee);
    }
    UNROLL for (int i = 0; i < 4; i++) {
        b[i] = _mm256_permute2f128_ps(a[i], a[i + 4], 0x20);
        b[i + 4] = _mm256_permute2f128_ps(a[i], a[i + 4], 0x31);
    }
    memcpy(a, b, sizeof b);
}

#endif

/* The end of a row: `left` elements remain, perhaps more than a vector. */
INLINE vf v_get(const float *p, size_t left) { return left >= VW ? v_load(p) : v_load_n(p, left); }
INLINE void v_put(float *p, vf x, size_t left)
{
    if (left >= VW) v_store(p, x);
    else v_store_n(p, x, left);
}
INLINE vf v_clip(vf x, size_t left, vf rest) { return left >= VW ? x : v_fill_from(x, left, rest); }

/* Activations are floats, or bf16 where a device keeps them so (compute_keep_bf16). A vector of them from element i on. */
#ifdef __AVX512BF16__
INLINE vf a_get(const void *x, size_t i, size_t left, bool bf16)
{
    if (!bf16) return v_get((const float *)x + i, left);
    const uint16_t *p = (const uint16_t *)x + i;
    return left >= VW ? v_load_bf16(p) : _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(v_lanes(left), p)), 16));
}
INLINE void a_put(void *x, size_t i, vf v, size_t left, bool bf16)
{
    uint16_t *p = (uint16_t *)x + i;
    if (!bf16) v_put((float *)x + i, v, left);
    else if (left >= VW) _mm256_storeu_si256((__m256i *)(void *)p, (__m256i)_mm512_cvtneps_pbh(v));
    else _mm256_mask_storeu_epi16(p, v_lanes(left), (__m256i)_mm512_cvtneps_pbh(v));
}
#else
INLINE vf a_get(const void *x, size_t i, size_t left, bool bf16) { return (void)bf16, v_get((const float *)x + i, left); }
INLINE void a_put(void *x, size_t i, vf v, size_t left, bool bf16) { (void)bf16, v_put((float *)x + i, v, left); }
#endif

/* e^x within 2e-7: x = n ln 2 + r, e^r by a polynomial (least relative error on |r| <= ln 2 / 2). Below -104 zero, above 88.7
 * infinity or nearly, NaN stays NaN. */
INLINE vf v_exp(vf x)
{
    x = v_min(v_set(89.0f), v_max(v_set(-110.0f), x));
    vf n = v_round(v_mul(x, v_set(1.44269504f)));
    vf r = v_fnma(n, v_set(-2.12194440e-4f), v_fnma(n, v_set(0.693359375f), x)); /* ln 2 in two parts: n times the first is exact */
    vf q = v_fma(v_set(8.312562424e-3f), r, v_set(4.189011715e-2f));
    q = v_fma(q, r, v_set(1.666711414e-1f));
    q = v_fma(q, r, v_set(4.999923176e-1f));
    return v_scale2(v_fma(v_mul(r, r), q, v_add(r, v_set(1.0f))), n);
}

INLINE vf v_sigmoid(vf x)
{
    return v_div(v_set(1.0f), v_add(v_set(1.0f), v_exp(v_sub(v_zero(), x))));
}

#endif

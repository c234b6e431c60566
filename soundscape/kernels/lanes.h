/* Vectors, for the kernels; plain.py says what each kernel computes.
 *
 * A vector holds several signals, frames or running sums side by side, so that the order within each of them is that of
 * plain.py. Build with -ffp-contract=off and without -ffast-math: then the bits are its bits too. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef double double4 __attribute__((vector_size(32)));
typedef int64_t long4 __attribute__((vector_size(32)));
typedef float float4 __attribute__((vector_size(16)));
typedef float float8 __attribute__((vector_size(32)));
typedef int32_t int8 __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

#ifdef __clang__
#define PICK4(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define PICK8(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK4(a, b, ...) __builtin_shuffle(a, b, (long4){__VA_ARGS__})
#define PICK8(a, b, ...) __builtin_shuffle(a, b, (int8){__VA_ARGS__})
#endif

INLINE double4 load_double4(const double *from) {
  double4 v;
  memcpy(&v, from, sizeof v);
  return v;
}

INLINE double4 load_widened4(const float *from) {
  float4 v;
  memcpy(&v, from, sizeof v);
  return __builtin_convertvector(v, double4);
}

INLINE float8 load_float8(const float *from) {
  float8 v;
  memcpy(&v, from, sizeof v);
  return v;
}

/* Bytes of a sample: float64 where `wide`, else float32. */
INLINE int64_t size_of(int wide) { return wide ? sizeof(double) : sizeof(float); }

/* Four samples. */
INLINE double4 load4(const void *from, int wide) { return wide ? load_double4(from) : load_widened4(from); }

INLINE void store4(void *to, double4 v, int wide) {
  float4 rounded = __builtin_convertvector(v, float4);
  if (wide) memcpy(to, &v, sizeof v);
  else memcpy(to, &rounded, sizeof rounded);
}

/* One of them. */
INLINE double load1(const void *from, int wide) { return wide ? *(const double *)from : *(const float *)from; }

INLINE void transpose4(double4 *rows) {
  double4 a = PICK4(rows[0], rows[1], 0, 4, 2, 6), b = PICK4(rows[0], rows[1], 1, 5, 3, 7);
  double4 c = PICK4(rows[2], rows[3], 0, 4, 2, 6), d = PICK4(rows[2], rows[3], 1, 5, 3, 7);
  rows[0] = PICK4(a, c, 0, 1, 4, 5);
  rows[1] = PICK4(b, d, 0, 1, 4, 5);
  rows[2] = PICK4(a, c, 2, 3, 6, 7);
  rows[3] = PICK4(b, d, 2, 3, 6, 7);
}

INLINE void transpose8(float8 *rows) {
  float8 a[8], b[8];
  for (int k = 0; k < 8; k += 2) {
    a[k] = PICK8(rows[k], rows[k + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    a[k + 1] = PICK8(rows[k], rows[k + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int k = 0; k < 8; k += 4) {
    b[k] = PICK8(a[k], a[k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    b[k + 1] = PICK8(a[k], a[k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    b[k + 2] = PICK8(a[k + 1], a[k + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    b[k + 3] = PICK8(a[k + 1], a[k + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int k = 0; k < 4; k++) {
    rows[k] = PICK8(b[k], b[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    rows[k + 4] = PICK8(b[k], b[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/* Sums, counts and peaks of samples and cells. */

#include "lanes.h"

/* Sums run in sixteen columns, which are then added by halves. */

#define SUMS 16

INLINE double folded(double *sums) {
  for (int width = SUMS / 2; width > 0; width /= 2)
    for (int k = 0; k < width; k++) sums[k] += sums[k + width];
  return sums[0];
}

/* Four samples, or what is left of the same samples of `whole` without `gain` times them. */
INLINE double4 left4(const char *x, int wide, const double *whole, double gain, int64_t i) {
  double4 v = load4(x + i * size_of(wide), wide);
  return whole ? v * -gain + load_double4(whole + i) : v;
}

INLINE double left1(const char *x, int wide, const double *whole, double gain, int64_t i) {
  double v = load1(x + i * size_of(wide), wide);
  return whole ? v * -gain + whole[i] : v;
}

/* The sum of squares of each part. */
INLINE void energies(const char *x, int wide, const double *whole, double gain, const int64_t *bounds, int64_t count,
                     double *out) {
  for (int64_t part = 0; part < count; part++) {
    double4 sums[SUMS / 4];
    memset(sums, 0, sizeof sums);
    int64_t i = bounds[2 * part], end = bounds[2 * part + 1];
    for (; i + SUMS <= end; i += SUMS)
      for (int k = 0; k < SUMS / 4; k++) {
        double4 v = left4(x, wide, whole, gain, i + 4 * k);
        sums[k] += v * v;
      }
    double all[SUMS];
    memcpy(all, sums, sizeof all);
    for (int k = 0; i < end; i++, k++) {
      double v = left1(x, wide, whole, gain, i);
      all[k] += v * v;
    }
    out[part] = folded(all);
  }
}

void soundscape_energies(const void *x, int32_t wide, const int64_t *bounds, int64_t count, double *out) {
  if (wide) energies(x, 1, NULL, 0.0, bounds, count, out);
  else energies(x, 0, NULL, 0.0, bounds, count, out);
}

void soundscape_rest_energies(const void *own, int32_t wide, const double *whole, double gain, const int64_t *bounds,
                              int64_t count, double *out) {
  if (wide) energies(own, 1, whole, gain, bounds, count, out);
  else energies(own, 0, whole, gain, bounds, count, out);
}

typedef struct { int64_t cells, glimpsed, frames, glimpsed_frames; double power; } cells_t;

void soundscape_count_cells(const float *own, const float *rest, int64_t bands, const uint8_t *active, int64_t frames,
                            float range, float floor, float ratio, cells_t *found) {
  double all[SUMS] = {0};
  float least = 0.0f;
  for (int64_t f = 0; f < frames; f++)
    if (active[f])
      for (int64_t b = 0; b < bands; b++) least = own[f * bands + b] > least ? own[f * bands + b] : least;
  least *= range;
  least = least > floor ? least : floor;
  memset(found, 0, sizeof *found);
  for (int64_t f = 0; f < frames; f++, own += bands, rest += bands) {
    if (!active[f]) continue;
    int32_t cells = 0, glimpsed = 0;
    for (int64_t b = 0; b < bands; b++) {
      int32_t mine = own[b] > least;
      cells += mine;
      glimpsed += mine & (own[b] > rest[b] * ratio);
    }
    for (int64_t b = 0; b < bands; b += SUMS)
      for (int64_t k = 0; k < SUMS; k++) all[k] += own[b + k];
    found->cells += cells;
    found->glimpsed += glimpsed;
    found->frames += cells > 0;
    found->glimpsed_frames += glimpsed > 0;
  }
  found->power = folded(all);
}

void soundscape_add_scaled(double *out, const float *x, int64_t length, float gain) {
  for (int64_t i = 0; i < length; i++) out[i] += (double)(x[i] * gain);
}

INLINE double4 larger4(double4 a, double4 b) {
  a = (double4)((long4)a & INT64_MAX);
  long4 first = a > b;
  return (double4)(((long4)a & first) | ((long4)b & ~first));
}

INLINE double larger(double a, double b) {
  a = a < 0.0 ? -a : a;
  return a > b ? a : b;
}

/* The largest magnitude in every block of samples; the last one may be shorter. */
INLINE void peaks(const char *x, int64_t length, int wide, int64_t block, double *out) {
  for (int64_t start = 0; start < length; start += block) {
    int64_t i = start, end = length - start < block ? length : start + block;
    double4 high[4] = {0};
    double most = 0.0;
    for (; i + 16 <= end; i += 16)
      for (int k = 0; k < 4; k++) high[k] = larger4(load4(x + (i + 4 * k) * size_of(wide), wide), high[k]);
    for (int k = 1; k < 4; k++) high[0] = larger4(high[k], high[0]);
    for (int k = 0; k < 4; k++) most = larger(high[0][k], most);
    for (; i < end; i++) most = larger(load1(x + i * size_of(wide), wide), most);
    *out++ = most;
  }
}

void soundscape_peaks(const void *x, int64_t length, int32_t wide, int64_t block, double *out) {
  if (wide) peaks(x, length, 1, block, out);
  else peaks(x, length, 0, block, out);
}

/* To the nearest integer, halves to even: past 2^52 a double has no fraction. */
void soundscape_quantised(const double *x, int64_t length, double factor, int16_t *out) {
  const double past = 0x1.8p52;
  for (int64_t i = 0; i < length; i++) out[i] = (int16_t)(int32_t)((x[i] * factor + past) - past);
}

/* Of the functions and their parameters: compiled.py has the same number. */
int32_t soundscape_version(void) { return 1; }

/* Whether this processor has what the library was compiled for. */
int32_t soundscape_runs_here(void) {
#ifdef __AVX2__
  return __builtin_cpu_supports("avx2") != 0;
#else
  return 1;
#endif
}

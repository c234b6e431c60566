/* Frames, their spectra, and bands: eight frames side by side, a tile. transform.py has the method. */

#include "lanes.h"

#define TILE 8

typedef struct {
  int64_t size, width, hop, passes;
  const int64_t *radices;
  const float *window, *twiddles, *untangling;
  int64_t bands, low, high;
  const int64_t *firsts, *counts;
  const float *weights;
} frames_t;

/* A complex number of each frame of a tile. */
typedef struct { float8 re, im; } complex8;

INLINE complex8 plus(complex8 a, complex8 b) { return (complex8){a.re + b.re, a.im + b.im}; }
INLINE complex8 minus(complex8 a, complex8 b) { return (complex8){a.re - b.re, a.im - b.im}; }
INLINE complex8 back(complex8 a) { return (complex8){a.im, -a.re}; }
INLINE complex8 scaled(complex8 a, float by) { return (complex8){a.re * by, a.im * by}; }
INLINE complex8 times(complex8 a, const float *w) {
  return (complex8){a.re * w[0] - a.im * w[1], a.re * w[1] + a.im * w[0]};
}

#define SIN_60 0x1.bb67aep-1f
#define COS_72 0x1.3c6ef4p-2f
#define SIN_72 0x1.e6f0e2p-1f
#define COS_144 -0x1.9e377ap-1f
#define SIN_144 0x1.2cf230p-1f

INLINE void butterfly(int64_t radix, complex8 *a) {
  if (radix == 4) {
    complex8 one = plus(a[0], a[2]), two = minus(a[0], a[2]), three = plus(a[1], a[3]), four = back(minus(a[1], a[3]));
    a[0] = plus(one, three);
    a[1] = plus(two, four);
    a[2] = minus(one, three);
    a[3] = minus(two, four);
  } else if (radix == 2) {
    complex8 one = a[0];
    a[0] = plus(one, a[1]);
    a[1] = minus(one, a[1]);
  } else if (radix == 3) {
    complex8 both = plus(a[1], a[2]), middle = minus(a[0], scaled(both, 0.5f));
    complex8 side = back(scaled(minus(a[1], a[2]), SIN_60));
    a[0] = plus(a[0], both);
    a[1] = plus(middle, side);
    a[2] = minus(middle, side);
  } else {
    complex8 one = plus(a[1], a[4]), four = minus(a[1], a[4]), two = plus(a[2], a[3]), three = minus(a[2], a[3]);
    complex8 near = plus(plus(a[0], scaled(one, COS_72)), scaled(two, COS_144));
    complex8 far = plus(plus(a[0], scaled(one, COS_144)), scaled(two, COS_72));
    complex8 near_side = back(plus(scaled(four, SIN_72), scaled(three, SIN_144)));
    complex8 far_side = back(minus(scaled(four, SIN_144), scaled(three, SIN_72)));
    a[0] = plus(plus(a[0], one), two);
    a[1] = plus(near, near_side);
    a[2] = plus(far, far_side);
    a[3] = minus(far, far_side);
    a[4] = minus(near, near_side);
  }
}

/* One pass over n × stride numbers; returns the factors of the next pass. */
INLINE const float *pass(int64_t radix, int64_t m, int64_t stride, const float *w, const complex8 *x, complex8 *y) {
  for (int64_t p = 0; p < m; p++, w += 2 * (radix - 1))
    for (int64_t q = 0; q < stride; q++) {
      complex8 a[5];
      for (int64_t k = 0; k < radix; k++) a[k] = x[q + stride * (p + m * k)];
      butterfly(radix, a);
      y[q + stride * radix * p] = a[0];
      for (int64_t k = 1; k < radix; k++) y[q + stride * (radix * p + k)] = times(a[k], w + 2 * (k - 1));
    }
  return w;
}

/* Transforms the tile in `x`, with `y` as space; returns where the result is. */
INLINE complex8 *transformed(const frames_t *t, complex8 *x, complex8 *y) {
  int64_t n = t->size / 2, stride = 1;
  const float *w = t->twiddles;
  for (int64_t i = 0; i < t->passes; i++) {
    int64_t radix = t->radices[i], m = n / radix;
    if (radix == 4) w = pass(4, m, stride, w, x, y);
    else if (radix == 2) w = pass(2, m, stride, w, x, y);
    else if (radix == 3) w = pass(3, m, stride, w, x, y);
    else w = pass(5, m, stride, w, x, y);
    complex8 *other = x;
    x = y;
    y = other;
    stride *= radix;
    n = m;
  }
  return x;
}

/* Space for one tile: two of its size, its spectra and those of the mix, powers of bins twice, and its samples. */
typedef struct { complex8 *one, *other, *spectra, *mix; float8 *own, *rest; float *samples; } space_t;

INLINE space_t space_in(const frames_t *t, char *memory) {
  space_t space;
  space.one = (complex8 *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
  space.other = space.one + t->size / 2;
  space.spectra = space.other + t->size / 2;
  space.mix = space.spectra + (t->high - t->low);
  space.own = (float8 *)(space.mix + (t->high - t->low));
  space.rest = space.own + t->high;
  space.samples = (float *)(space.rest + t->high);
  return space;
}

/* The spectra of a tile whose first frame begins at a sample of the signal, bins `low` up to `high`; of float64 samples
 * where `wide`, which are rounded. */
INLINE void tile_spectra(const frames_t *t, const void *x, int wide, int64_t length, int64_t begin, space_t space,
                         complex8 *out) {
  int64_t width = (TILE - 1) * t->hop + t->size, half = t->size / 2;
  const float *from = (const float *)x + begin;
  if (wide || begin < 0 || begin + width > length) {
    int64_t low = begin < 0 ? -begin : 0, high = length - begin;
    low = low > width ? width : low;
    high = high > width ? width : high < low ? low : high;
    memset(space.samples, 0, low * sizeof(float));
    if (wide)
      for (int64_t i = low; i < high; i++) space.samples[i] = (float)((const double *)x)[begin + i];
    else memcpy(space.samples + low, from + low, (high - low) * sizeof(float));
    memset(space.samples + high, 0, (width - high) * sizeof(float));
    from = space.samples;
  }
  float8 *samples = (float8 *)space.one;
  for (int64_t i = 0; i < t->size; i += 8) {
    float8 window = load_float8(t->window + i);
    for (int k = 0; k < TILE; k++) samples[i + k] = load_float8(from + k * t->hop + i) * window;
    transpose8(samples + i);
  }
  const complex8 *z = transformed(t, space.one, space.other);
  for (int64_t b = t->low; b < t->high; b++) {
    complex8 here = z[b < half ? b : 0], there = z[b > 0 ? half - b : 0];
    complex8 even = {here.re + there.re, here.im - there.im}, odd = {here.im + there.im, there.re - here.re};
    out[b - t->low] = plus(even, times(odd, t->untangling + 2 * b));
  }
}

/* Sums the bins of a tile into bands, for its frames from `first` up to `stop`. */
INLINE void sum_bands(const frames_t *t, const float8 *bins, int64_t first, int64_t stop, float *out) {
  const float *weights = t->weights;
  for (int64_t b = 0; b < t->bands; b++) {
    float8 sum = {0};
    const float8 *bin = bins + t->firsts[b];
    for (int64_t k = 0; k < t->counts[b]; k++) sum += bin[k] * *weights++;
    for (int64_t f = first; f < stop; f++) out[(f - first) * t->bands + b] = sum[f];
  }
}

/* An event: its samples, where it begins in the scene, its frames from `first` up to `stop`, and room for its powers. */
typedef struct {
  const float *x;
  int64_t length, offset, first, stop;
  double gain;
  float *own, *rest;
} event_t;

/* Band powers of an event's frames in a tile, and of what is left of the mix without it. */
INLINE void event_cells(const frames_t *t, const event_t *event, int64_t tile, space_t space) {
  int64_t frame = tile * TILE, bins = t->high - t->low, begin = 0, end = TILE;
  float less = (float)-event->gain;
  tile_spectra(t, event->x, 0, event->length, frame * t->hop - t->width / 2 - event->offset, space, space.spectra);
  for (int64_t b = 0; b < bins; b++) {
    complex8 whole = space.mix[b], part = space.spectra[b];
    complex8 left = {part.re * less + whole.re, part.im * less + whole.im};
    space.own[t->low + b] = part.re * part.re + part.im * part.im;
    space.rest[t->low + b] = left.re * left.re + left.im * left.im;
  }
  if (event->first > frame) begin = event->first - frame;
  if (event->stop < frame + TILE) end = event->stop - frame;
  int64_t at = (frame + begin - event->first) * t->bands;
  sum_bands(t, space.own, begin, end, event->own + at);
  sum_bands(t, space.rest, begin, end, event->rest + at);
}

/* The same for all events of a scene, tile by tile: then the mix's spectra stay at hand. */
void soundscape_scene_cells(const frames_t *t, const double *mix, int64_t length, const event_t *events, int64_t count,
                            char *memory) {
  space_t space = space_in(t, memory);
  int64_t tiles = 0;
  for (int64_t e = 0; e < count; e++) {
    int64_t reached = (events[e].stop + TILE - 1) / TILE;
    tiles = reached > tiles ? reached : tiles;
  }
  for (int64_t tile = 0; tile < tiles; tile++) {
    int known = 0;
    for (int64_t e = 0; e < count; e++) {
      if (events[e].first >= (tile + 1) * TILE || events[e].stop <= tile * TILE) continue;
      if (!known) tile_spectra(t, mix, 1, length, tile * TILE * t->hop - t->width / 2, space, space.mix);
      known = 1;
      event_cells(t, events + e, tile, space);
    }
  }
}

/* K-weighting: two biquads, transposed direct form II, eight chunks of signals side by side. */

#include "lanes.h"

#define LANES 8
#define GROUPS (LANES / 4)

/* Samples and room for as many, float64 where `wide`, else float32. */
typedef struct { const char *in; char *out; int64_t length; } signal_t;

/* A chunk of a signal: `lead` samples of run-in, whose output is dropped, then `length` samples. */
typedef struct { const char *in; char *out; int64_t lead, length; } chunk_t;

typedef struct { const signal_t *signals; int64_t count, chunk, lead, size, at, start; } queue_t;

/* One lane: what it works on, how many samples are left of the present part, and whether that is the run-in. */
typedef struct { chunk_t chunk; int64_t left; int busy, running_in; } lane_t;

INLINE int next_chunk(queue_t *queue, chunk_t *chunk) {
  while (queue->at < queue->count && queue->start >= queue->signals[queue->at].length) {
    queue->at++;
    queue->start = 0;
  }
  if (queue->at == queue->count) return 0;
  const signal_t *signal = queue->signals + queue->at;
  int64_t rest = signal->length - queue->start;
  chunk->lead = queue->start < queue->lead ? queue->start : queue->lead;
  chunk->length = rest < queue->chunk ? rest : queue->chunk;
  chunk->in = signal->in + (queue->start - chunk->lead) * queue->size;
  chunk->out = signal->out + queue->start * queue->size;
  queue->start += chunk->length;
  return 1;
}

/* The states of both sections, four to a lane. */
typedef struct { double4 z[4][GROUPS]; } states_t;

/* Does the last samples of a part, fewer than four, one by one. */
INLINE void finish_part(lane_t *lane, int l, states_t *states, const double *c, int wide) {
  double *z[4];
  for (int k = 0; k < 4; k++) z[k] = (double *)&states->z[k][l / 4] + l % 4;
  for (; lane->left > 0; lane->left--) {
    double x = load1(lane->chunk.in, wide);
    double middle = c[0] * x + *z[0];
    *z[0] = c[1] * x - c[4] * middle + *z[1];
    *z[1] = c[2] * x - c[5] * middle;
    double y = c[6] * middle + *z[2];
    *z[2] = c[7] * middle - c[10] * y + *z[3];
    *z[3] = c[8] * middle - c[11] * y;
    lane->chunk.in += size_of(wide);
    if (lane->running_in) continue;
    if (wide) *(double *)lane->chunk.out = y;
    else *(float *)lane->chunk.out = (float)y;
    lane->chunk.out += size_of(wide);
  }
}

/* Gives the lane a part of at least four samples, if there is one. */
INLINE void refill(lane_t *lane, int l, queue_t *queue, states_t *states, const double *c, int wide) {
  while (lane->left < 4) {
    if (lane->busy) finish_part(lane, l, states, c, wide);
    if (lane->busy && lane->running_in) {
      lane->running_in = 0;
      lane->left = lane->chunk.length;
      continue;
    }
    lane->busy = next_chunk(queue, &lane->chunk);
    if (!lane->busy) return;
    for (int k = 0; k < 4; k++) ((double *)&states->z[k][l / 4])[l % 4] = 0.0;
    lane->running_in = lane->chunk.lead > 0;
    lane->left = lane->running_in ? lane->chunk.lead : lane->chunk.length;
  }
}

/* Runs all lanes for so many samples, a multiple of four. */
INLINE void run_lanes(lane_t *lanes, states_t *states, const double *c, int64_t samples, int wide) {
  static const double silence[4];
  char dropped[LANES][sizeof(double4)];
  const char *in[LANES];
  char *out[LANES];
  int64_t in_step[LANES], out_step[LANES];
  for (int l = 0; l < LANES; l++) {
    int busy = lanes[l].busy, kept = busy && !lanes[l].running_in;
    in[l] = busy ? lanes[l].chunk.in : (const char *)silence;
    in_step[l] = busy ? 4 * size_of(wide) : 0;
    out[l] = kept ? lanes[l].chunk.out : dropped[l];
    out_step[l] = kept ? 4 * size_of(wide) : 0;
  }
  states_t s = *states;
  for (int64_t i = 0; i < samples; i += 4) {
    double4 x[GROUPS][4];
    for (int g = 0; g < GROUPS; g++) {
      for (int k = 0; k < 4; k++) {
        x[g][k] = load4(in[4 * g + k], wide);
        in[4 * g + k] += in_step[4 * g + k];
      }
      transpose4(x[g]);
    }
    for (int k = 0; k < 4; k++)
      for (int g = 0; g < GROUPS; g++) {
        double4 middle = c[0] * x[g][k] + s.z[0][g];
        s.z[0][g] = c[1] * x[g][k] - c[4] * middle + s.z[1][g];
        s.z[1][g] = c[2] * x[g][k] - c[5] * middle;
        double4 y = c[6] * middle + s.z[2][g];
        s.z[2][g] = c[7] * middle - c[10] * y + s.z[3][g];
        s.z[3][g] = c[8] * middle - c[11] * y;
        x[g][k] = y;
      }
    for (int g = 0; g < GROUPS; g++) {
      transpose4(x[g]);
      for (int k = 0; k < 4; k++) {
        store4(out[4 * g + k], x[g][k], wide);
        out[4 * g + k] += out_step[4 * g + k];
      }
    }
  }
  *states = s;
  for (int l = 0; l < LANES; l++)
    if (lanes[l].busy) {
      lanes[l].left -= samples;
      lanes[l].chunk.in = in[l];
      if (!lanes[l].running_in) lanes[l].chunk.out = out[l];
    }
}

INLINE void k_weight(const signal_t *signals, int64_t count, int wide, const double *c, int64_t chunk, int64_t lead) {
  queue_t queue = {signals, count, chunk, lead, size_of(wide), 0, 0};
  lane_t lanes[LANES];
  states_t states;
  memset(lanes, 0, sizeof lanes);
  memset(&states, 0, sizeof states);
  for (;;) {
    int64_t samples = INT64_MAX;
    int busy = 0;
    for (int l = 0; l < LANES; l++) {
      refill(lanes + l, l, &queue, &states, c, wide);
      busy |= lanes[l].busy;
      if (lanes[l].busy && lanes[l].left < samples) samples = lanes[l].left;
    }
    if (!busy) return;
    run_lanes(lanes, &states, c, samples - samples % 4, wide);
  }
}

void soundscape_k_weight(const signal_t *signals, int64_t count, int32_t wide, const double *c, int64_t chunk,
                         int64_t lead) {
  if (wide) k_weight(signals, count, 1, c, chunk, lead);
  else k_weight(signals, count, 0, c, chunk, lead);
}

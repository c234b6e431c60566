"""Every column of the score a second time: slow, plain, and sharing no code with the package.

Normalisation and embedding come in as functions; all the rest is spelt out: edit distance by the textbook table,
assignments by trying every one of them, seconds of overlap by cutting time at every boundary. Options are a plain
mapping of option names to values.
"""

from __future__ import annotations

import math
from itertools import pairwise

TYPES = ("speech", "vocal_burst", "sound_event", "music")


def span_length(start, end):
    return max(0.0, end - start)


def iou(a, b):
    if span_length(*a) == 0.0 or span_length(*b) == 0.0:
        return 0.0
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    union = span_length(*a) + span_length(*b) - shared
    return shared / union if union > 0 else 0.0


def edit_distance(left, right):
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            if i == 0 or j == 0:
                table[i][j] = i + j
            else:
                table[i][j] = min(
                    table[i - 1][j] + 1,
                    table[i][j - 1] + 1,
                    table[i - 1][j - 1] + (left[i - 1] != right[j - 1]),
                )
    return table[-1][-1]


def cosine(left, right, embed):
    left, right = " ".join(left.split()), " ".join(right.split())
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    a, b = embed(left), embed(right)
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    norm = math.sqrt(math.fsum(x * x for x in a)) * math.sqrt(math.fsum(y * y for y in b))
    return min(1.0, max(0.0, dot / norm)) if norm else 0.0


def caption(event):
    if event.type == "speech":
        return ", ".join(" ".join(t.split()) for t in (event.emotion, event.speaking_style) if t and t.strip())
    if event.type == "vocal_burst":
        return event.description if (event.description or "").strip() else event.vocal_burst or ""
    return event.description or ""


def speaker(event):
    return (event.speaker_id or "").strip() or None if event.type in ("speech", "vocal_burst") else None


def place(event):
    """Events are ordered by time and text where nothing else decides."""
    texts = (event.transcription, event.emotion, event.speaking_style, event.description, event.vocal_burst)
    return event.start_time, event.end_time, "\0".join(t or "" for t in (*texts, event.language))


def compare(true, guess, embed, tokenise, options):
    """Return everything about a true event and a guess of the same type."""
    timing = iou((true.start_time, true.end_time), (guess.start_time, guess.end_time))
    known = caption(true)
    if true.type == "speech" and options["style"] == "emotion" and not (true.emotion or "").strip():
        known = ""
    cos = cosine(known, caption(guess), embed) if known.strip() else None
    out = {"iou": timing, "cos": cos, "wer": None, "edits": None}
    if true.type != "speech":
        out["content"] = out["limited"] = 1.0 if cos is None else cos
        out["accuracy"] = cos or 0.0
    else:
        reference, hypothesis = tokenise(true, true.transcription), tokenise(true, guess.transcription)
        edits = edit_distance(reference, hypothesis)
        rate = edits / len(reference) if reference else float(bool(hypothesis))
        limited = min(1.0, rate)
        out["wer"] = limited if options["wer_clamp"] == "on" else rate
        out["edits"], out["length"] = edits, len(reference)
        out["content"] = 1 - out["wer"] if cos is None else 0.5 * cos + 0.5 * (1 - out["wer"])
        out["limited"] = 1 - limited if cos is None else 0.5 * cos + 0.5 * (1 - limited)
        out["accuracy"] = 1 - limited
    out["wanted"] = timing * out["limited"]
    return out


def every_assignment(rows, columns):
    """Yield every way to pair some rows with some columns, no row and no column twice."""
    if not rows:
        yield []
        return
    for column in columns:
        for rest in every_assignment(rows[1:], [c for c in columns if c != column]):
            yield [(rows[0], column), *rest]
    yield from every_assignment(rows[1:], columns)


def best_assignment(rows, columns, weight):
    """Return the pairs of the greatest total weight; a pair of weight 0 is no pair."""
    best, most = [], 0.0
    for pairs in every_assignment(rows, columns):
        total = sum(weight(r, c) for r, c in pairs)
        if total > most and all(weight(r, c) > 0 for r, c in pairs):
            best, most = pairs, total
    return dict(best)


def seconds_together(name, called, trues, guesses):
    """Return for how long the speaker and the label are heard at once, in events of one type."""
    spans = []
    for true in trues:
        for guess in guesses:
            if true.type == guess.type and speaker(true) == name and speaker(guess) == called:
                start = max(true.start_time, guess.start_time)
                end = min(true.end_time, guess.end_time)
                if end > start:
                    spans.append((start, end))
    cuts = sorted({t for span in spans for t in span})
    return sum(b - a for a, b in pairwise(cuts) if any(s <= a and b <= e for s, e in spans))


def match_speakers(trues, guesses, pair):
    names = list(dict.fromkeys(speaker(t) for t in trues if speaker(t)))
    met = [(i, j) for (i, j), p in sorted(pair.items()) if p["iou"] > 0 and speaker(trues[i]) and speaker(guesses[j])]
    labels = list(dict.fromkeys(speaker(guesses[j]) for _, j in met))

    def weight(name, called):
        seconds = seconds_together(name, called, trues, guesses)
        if seconds <= 0:
            return 0.0
        agreement = sum(
            pair[i, j]["wanted"] * (2 if t.type == "speech" else 1)
            for i, t in enumerate(trues)
            for j, g in enumerate(guesses)
            if (i, j) in pair and speaker(t) == name and speaker(g) == called
        )
        return seconds + 1e-9 * agreement

    weights = {(n, c): weight(n, c) for n in names for c in labels}
    return best_assignment(names, labels, lambda n, c: weights[n, c])


def mark(key, guesses, embed, tokenise, options):
    """Return the sums of one clip: column -> (total, count)."""
    trues = sorted((e for e in key.events if e.scored), key=place)
    listed = [j for j, _ in sorted(enumerate(guesses), key=lambda item: place(item[1]))]
    guesses = [guesses[j] for j in listed]
    pair = {
        (i, j): compare(t, g, embed, tokenise, options)
        for i, t in enumerate(trues)
        for j, g in enumerate(guesses)
        if t.type == g.type
    }
    mapping = match_speakers(trues, guesses, pair)

    def spk(i, j):
        name, called = speaker(trues[i]), speaker(guesses[j])
        return 1 if name is None or called is None or mapping.get(name) == called else 0

    def weigh(first):
        def weight(i, j):
            p = pair.get((i, j))
            if p is None or p["iou"] <= 0:
                return 0.0
            s = p["wanted"] * spk(i, j)
            one, two = (s, p["wanted"]) if first == "score" else (p["wanted"], s)
            return one + 1e-9 * two + 1e-11 * p["iou"] + 1e-12 * p["accuracy"] + 1e-13 * spk(i, j)

        return weight

    def assignment(first):
        out = {}
        for kind in TYPES:
            rows = [i for i, t in enumerate(trues) if t.type == kind]
            columns = [j for j, g in enumerate(guesses) if g.type == kind]
            out |= best_assignment(rows, columns, weigh(first))
        return out

    strict = assignment("iou-content")
    match = assignment(options["assignment"])
    best = {}
    for i, _ in enumerate(trues):
        value = "iou" if options["argmax"] == "iou" else "wanted"
        candidates = [j for j, _ in enumerate(guesses) if (i, j) in pair and pair[i, j]["iou"] > 0]
        if candidates:
            most = max(pair[i, j][value] for j in candidates)
            candidates = [j for j in candidates if pair[i, j][value] >= most - 1e-12]
            most = max(pair[i, j]["iou"] for j in candidates)
            candidates = [j for j in candidates if pair[i, j]["iou"] >= most - 1e-12]
            best[i] = min(candidates, key=lambda j: (guesses[j].start_time, listed[j]))
    excused = [
        j
        for j, g in enumerate(guesses)
        if j not in match.values()
        and any(
            not e.scored and e.type == g.type and iou((e.start_time, e.end_time), (g.start_time, g.end_time)) > 0
            for e in key.events
        )
    ]
    return _sums(trues, guesses, pair, spk, best, strict, match, excused, options)


def _sums(trues, guesses, pair, spk, best, strict, match, excused, options):
    sums = {}
    n = len(trues)
    counted = [j for j, _ in enumerate(guesses) if j not in excused]

    def add(column, values):
        if values:
            sums[column] = (sum(values), len(values))

    def add_event_mean(column, values):
        if values:
            sums[column] = (
                (sum(values) / len(values), 1)
                if options["reward_mean"] == "per-clip"
                else (
                    sum(values),
                    len(values),
                )
            )

    def has_caption(i):
        t = trues[i]
        if t.type == "speech" and options["style"] == "emotion" and not (t.emotion or "").strip():
            return False
        return bool(caption(t).strip())

    for prefix, chosen in (("", best), ("strict_", strict)):
        found = [pair[i, chosen[i]] if i in chosen else None for i in range(n)]
        add_event_mean(f"{prefix}reward", [p["iou"] * p["content"] if p else 0.0 for p in found])
        add_event_mean(f"{prefix}iou", [p["iou"] if p else 0.0 for p in found])
        add_event_mean(
            f"{prefix}iou_cos", [p["iou"] * p["cos"] if p else 0.0 for i, p in enumerate(found) if has_caption(i)]
        )

    scores = [pair[i, j]["iou"] * pair[i, j]["content"] * spk(i, j) for i, j in match.items()]
    if options["f1"] == "hard":
        scores = [1.0 if s >= options["f1_threshold"] else 0.0 for s in scores]
    sums["f1"] = (2 * sum(scores) / (n + len(counted)) if n + len(counted) else 1.0, 1)
    if n:
        sums["recall"] = (sum(scores) / n, 1)
    if counted:
        sums["precision"] = (sum(scores) / len(counted), 1)

    def over(types, value, miss, *, captioned):
        out = []
        for i, t in enumerate(trues):
            if t.type not in types or (captioned and not has_caption(i)):
                continue
            if i in match:
                out.append(pair[i, match[i]][value])
            elif options["misses"] == "as-zero":
                out.append(miss)
        return out

    add("wer", over(("speech",), "wer", 1.0, captioned=False))
    add("how", over(("speech",), "cos", 0.0, captioned=True))
    add("snd", over(("sound_event", "music"), "cos", 0.0, captioned=True))
    add("burst", over(("vocal_burst",), "cos", 0.0, captioned=True))
    voiced = [i for i in match if trues[i].type == "speech" and speaker(trues[i])]
    add("spk_acc", [float(bool(spk(i, match[i]) and speaker(guesses[match[i]]))) for i in voiced])
    if options["halluc"] == "one-to-one":
        invented = [j for j in counted if j not in match.values()]
    else:
        invented = [j for j in counted if not any(pair.get((i, j), {"iou": 0})["iou"] > 0 for i in range(n))]
    if counted:
        sums["halluc"] = (len(invented), len(counted))
    sums["pred"], sums["true"], sums["excused"] = (len(counted), 1), (n, 1), (len(excused), 1)
    for i, j in match.items():
        if pair[i, j]["edits"] is not None:
            name = f"edits:{trues[i].language}"
            edits, length = sums.get(name, (0, 0))
            sums[name] = (edits + pair[i, j]["edits"], length + pair[i, j]["length"])
    return sums


def pooled(clips):
    """Return column -> value over all clips' sums."""
    out = {}
    for name in sorted({n for c in clips for n in c}):
        total, count = (sum(c.get(name, (0, 0))[k] for c in clips) for k in (0, 1))
        out[name] = total / count if count else None
    return out

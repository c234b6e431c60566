"""How descriptions and answers in prose are marked: DATE and FENSE, MECAT's scores, XARES-LLM's metrics.

* :mod:`soundscape.scoring.describing.date` — DATE from vectors, in the code's definition and in the paper's.
* :mod:`soundscape.scoring.describing.weights` — how much each token of a sentence counts.
* :mod:`soundscape.scoring.describing.encoders` — sentences to vectors, by a sentence model or a plain embedder.
* :mod:`soundscape.scoring.describing.checker` — FENSE's detector of broken sentences.
* :mod:`soundscape.scoring.describing.mecat` — the scores of MECAT's captions and questions.
* :mod:`soundscape.scoring.describing.xares` — the metrics of XARES-LLM and its overall score.
* :mod:`soundscape.scoring.describing.threshold` — the threshold of an audio–text filter (FusionAudio).
"""

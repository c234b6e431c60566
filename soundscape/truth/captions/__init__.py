"""Captions and questions from an answer key, by grammar.

Everything said is taken from the scored events of the key or from what was measured of the clip; nothing is guessed and
nothing that cannot be heard is mentioned. Sounds are told by their own descriptions. Which of several wordings a clip
gets is drawn from streams named after its plan, so the same key always gives the same text.

* :mod:`soundscape.truth.captions.facts` — what may be said of a clip.
* :mod:`soundscape.truth.captions.mecat` — six fields, three strings each.
* :mod:`soundscape.truth.captions.styles` — three captions of one meaning, and captions of single events (ACAVCaps).
* :mod:`soundscape.truth.captions.fused` — cues by modality, one fused caption, ambiguities (FusionAudio).
* :mod:`soundscape.truth.captions.questions` — five questions with their answers.
"""

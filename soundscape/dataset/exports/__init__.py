"""Finished builds in the formats of other systems: MECAT, XARES-LLM, ACAVCaps, FusionAudio.

* :mod:`soundscape.dataset.exports.run` — a build's folder in, an export's folder out.
* :mod:`soundscape.dataset.exports.finished` — reads a build of any layout, one clip at a time.
* :mod:`soundscape.dataset.exports.pack` — audio at 16 kHz, tar.gz shards of the same bytes every time.
* one module a format, each a function that fills a folder.
"""

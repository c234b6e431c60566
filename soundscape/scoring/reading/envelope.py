"""What surrounds an answer in model output: bytes, thinking blocks, code fences."""

from __future__ import annotations

import re

from soundscape.scoring.reading.repairs import Repairs
from soundscape.scoring.reading.scanner import mended

_THINKING = re.compile(r"<(/?)(?:think|thinking|thought|reasoning|analysis|reflection)>", re.IGNORECASE)
_FENCE = re.compile(r"```|~~~")
_INFO = re.compile(r"[ \t]*+[\w+.-]*+[ \t]*+(?=\r?\n|[\[{])")


def decoded(data: bytes | bytearray | memoryview, repairs: Repairs) -> str:
    """Return bytes as text; what is not UTF-8 becomes U+FFFD."""
    raw = bytes(data)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        repairs["bad_encoding"] += 1
        return raw.decode(errors="replace")


def cleaned(text: str, repairs: Repairs) -> str:
    """Return a text without byte order mark, surrounding white space and lone surrogates."""
    text = mended(text, repairs)
    if text.startswith("\ufeff"):
        repairs["byte_order_mark"] += 1
        text = text.lstrip("\ufeff")
    return text.strip()


def without_thinking(text: str, repairs: Repairs) -> str:
    """Return a text without its thinking blocks.

    A closing tag without an opening one ends a block that began before the text. An opening tag without a closing one
    begins a block that the end of the text cut off: what was thought is no answer.
    """
    depth = 0
    blocks = 0
    kept: list[str] = []
    at = 0
    for tag in _THINKING.finditer(text):
        if tag.group(1):
            if depth == 0:
                kept.clear()
                blocks += 1
            depth = max(depth - 1, 0)
        else:
            if depth == 0:
                kept.append(text[at : tag.start()])
                blocks += 1
            depth += 1
        at = tag.end()
    if not blocks:
        return text
    repairs["thinking_block"] += blocks
    if depth == 0:
        kept.append(text[at:])
    return "".join(kept).strip()


def fenced(text: str, repairs: Repairs) -> list[str]:
    """Return what stands in code fences, as far as it may be JSON; empty where there is none.

    A fence that the end of the text leaves open counts. Prose outside the fences counts as passed over.
    """
    pieces = _FENCE.split(text)
    inside = []
    for piece in pieces[1::2]:
        info = _INFO.match(piece)
        body = (piece[info.end() :] if info else piece).strip()
        if "[" in body or "{" in body:
            inside.append(body)
    if inside:
        repairs["code_fence"] += len(inside)
        if any(piece.strip() for piece in pieces[::2]):
            repairs["text_around"] += 1
    return inside

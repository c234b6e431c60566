"""HTML, so that nothing from a file can become markup: text and attribute values are escaped here and nowhere else.

:class:`Markup` is text that is HTML already. Whatever else goes into :func:`tag` is escaped, so forgetting to escape
cannot happen; only what this package itself wrote is ever made :class:`Markup`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from soundscape.version import __version__

#: Control characters (HTML has no way to write most of them) and lone surrogates (UTF-8 has none).
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"br", "img", "input", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content: TypeAlias = "str | Markup | Iterable[Content] | None"
Value: TypeAlias = str | int | float | bool | None


def clean(text: str) -> str:
    """Return a text with what no page can hold replaced by ``�``."""
    return _UNWRITABLE.sub("�", text)


def escape(content: Content) -> Markup:
    """Return text as HTML; :class:`Markup` stays as it is, None is nothing, and many are joined."""
    if content is None:
        return Markup()
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(html.escape(clean(content)))
    return Markup("".join(map(escape, content)))


def tag(name: str, /, *content: Content, **attributes: Value) -> Markup:
    """Return an element.

    Args:
        name: of the element.
        content: what is in it; none for void elements.
        attributes: by name; ``_`` stands for ``-`` and a trailing one is dropped (``class_``, ``for_``). True gives a
            bare attribute, None and False none.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written = key.rstrip("_").replace("_", "-")
        parts.append(written if value is True else f'{written}="{html.escape(clean(str(value)))}"')
    opening = f"<{' '.join(parts)}>"
    return Markup(opening if name in _VOID and not content else f"{opening}{escape(content)}</{name}>")


def foreign(text: str, *, language: str | None = None, most: int = 2_000) -> Markup:
    """Return a text from a file, cut where it is very long; its writing direction stays inside it."""
    shown = text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
    known = language if language and re.fullmatch("[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*", language) else None
    return tag("bdi", shown, lang=known)


def number(value: float | None, decimals: int, unit: str = "") -> str:
    """Return a number with a unit; a dash where there is none."""
    return "–" if value is None else f"{value:,.{decimals}f}{unit}".replace("-", "−")


def page(title: str, body: Content, *, styles: Iterable[Path], script: Path | None = None) -> str:
    """Return a whole HTML document that asks nothing of the network, and forbids itself to.

    Args:
        title: of the document.
        body: what is in it.
        styles: style sheets that are put into it.
        script: the one script that may run in it; the policy names its digest, so no other can.
    """
    css = "\n".join(path.read_text(encoding="utf-8") for path in styles)
    code = script.read_text(encoding="utf-8") if script else ""
    allowed = f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" if script else "'none'"
    policy = (
        f"default-src 'none'; img-src data:; media-src data: 'self' file:; style-src 'unsafe-inline'; "
        f"script-src {allowed}; base-uri 'none'; form-action 'none'"
    )
    head = (
        Markup('<meta charset="utf-8">\n'),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        Markup('\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'),
        Markup('<meta name="color-scheme" content="light dark">\n'),
        tag("meta", name="generator", content=f"soundscape {__version__}"),
        Markup("\n"),
        tag("title", title),
        Markup(f"\n<style>\n{css}</style>\n"),
    )
    parts = [escape(body), Markup(f"\n<script>{code}</script>" if script else "")]
    return f'<!DOCTYPE html>\n<html lang="en">\n{tag("head", head)}\n{tag("body", parts)}\n</html>\n'

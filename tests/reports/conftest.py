"""A small build in every layout, and a page taken apart by the standard library's parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from soundscape.dataset.build import build, prepare

VOID = {"br", "img", "input", "meta"}


@pytest.fixture(scope="session")
def builds(small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same four clips in each layout; some of their events are not scored."""
    recipe = {
        "name": "small", "clips": 4, "duration": {"uniform": [6, 9]},
        "speech": {"languages_per_scene": 2, "speakers": 2, "coverage": 0.6, "overlap": {"uniform": [0.1, 0.25]}},
        "bursts": {"count": 1},
        "effects": {"count": 2, "loudness": "quiet"},
        "background": {"kind": {"choice": ["music", "ambience"]}, "snr_db": 8, "duck_db": -6},
        "audibility": {"min_glimpse": 0.6, "on_failure": "unscored"},
    }  # fmt: skip
    out = tmp_path_factory.mktemp("viewed")
    maker = prepare(recipe, banks=(str(small_bank_folder),))
    for layout in ("folder", "webdataset", "parquet"):
        build(maker, out / layout, jobs=1, layout=layout)
    return {layout: out / layout for layout in ("folder", "webdataset", "parquet")}


@dataclass
class Element:
    """An element with its attributes, its text with all that is inside, and its children."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    parts: list[str | Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(p if isinstance(p, str) else p.text for p in self.parts)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def all(self, name: str | None = None, of: str | None = None) -> list[Element]:
        found = []
        for child in self.children:
            if name in (None, child.name) and (of is None or of in child.classes):
                found.append(child)
            found += child.all(name, of)
        return found

    def by_id(self, mark: str) -> Element:
        (found,) = [e for e in self.all() if e.attributes.get("id") == mark]
        return found


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def _parsed(html: str) -> Element:
    tree = _Tree()
    tree.feed(html)
    tree.close()
    assert len(tree.open) == 1, tree.open[-1].name
    return tree.root


@pytest.fixture(scope="session")
def parsed():
    """Parses a page; every element must be closed where it was opened."""
    return _parsed

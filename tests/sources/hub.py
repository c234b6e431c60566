"""A small hub on this machine: enough of its answers for the real client to find, list and stream files."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHA = "a" * 40


class Hub:
    """Serves the folders beneath ``root``, each named ``owner/name``.

    ``asked`` lists the paths of all files that were asked for; those in ``gone`` are not given.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.gone: set[str] = set()
        self.address = ""

    def entry(self, repo: str, path: str) -> dict[str, Any]:
        place = self.root / repo / path
        kind, size = ("file", place.stat().st_size) if place.is_file() else ("directory", 0)
        return {"type": kind, "path": path, "size": size, "oid": hashlib.sha1(path.encode()).hexdigest()}


def _handler(hub: Hub) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(code)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def listed(self, rest: list[str]) -> None:
            repo = "/".join(rest[:2])
            folder = hub.root / repo
            if not folder.is_dir():
                self.answer(404, X_Error_Code="RepoNotFound")
            elif rest[2:3] == ["tree"]:
                place = folder / "/".join(rest[4:])
                if not place.is_dir():
                    self.answer(404, X_Error_Code="EntryNotFound")
                    return
                deep = "recursive=true" in self.path.casefold()
                paths = sorted(place.rglob("*") if deep else place.iterdir())
                self.json([hub.entry(repo, path.relative_to(folder).as_posix()) for path in paths])
            else:
                files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
                told = {"id": repo, "sha": SHA, "siblings": [{"rfilename": name} for name in files]}
                self.json(told | {"private": False, "gated": False, "disabled": False, "tags": [], "downloads": 0})

        def json(self, value: object) -> None:
            self.answer(200, json.dumps(value).encode(), Content_Type="application/json")

        def file(self, repo: str, path: str) -> None:
            place = hub.root / repo / path
            if self.command == "GET":
                hub.asked.append(path)
            if not place.is_file() or path in hub.gone:
                self.answer(404, X_Error_Code="EntryNotFound")
                return
            data = place.read_bytes()
            headers = {"ETag": f'"{hashlib.sha1(path.encode()).hexdigest()}"', "X_Repo_Commit": SHA}
            if wanted := self.headers.get("Range"):
                start, _, end = wanted.removeprefix("bytes=").partition("-")
                first, last = int(start), min(int(end or len(data)), len(data) - 1)
                headers["Content_Range"] = f"bytes {first}-{last}/{len(data)}"
                self.answer(206, data[first : last + 1], **headers)
            else:
                self.answer(200, data, Accept_Ranges="bytes", **headers)

        def do_GET(self) -> None:
            path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
            if path.startswith("/api/datasets/"):
                self.listed(path.removeprefix("/api/datasets/").split("/"))
            elif path.startswith("/datasets/") and "/resolve/" in path:
                repo, _, rest = path.removeprefix("/datasets/").partition("/resolve/")
                self.file(repo, rest.partition("/")[2])
            else:
                self.answer(404)

        do_HEAD = do_GET

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            repo = self.path.removeprefix("/api/datasets/").partition("/paths-info/")[0]
            paths = urllib.parse.parse_qs(body).get("paths", [])
            self.json([hub.entry(repo, path) for path in paths if (hub.root / repo / path).exists()])

    return Handler


@contextlib.contextmanager
def served(root: Path) -> Iterator[Hub]:
    """Serve a hub until the block ends."""
    hub = Hub(root)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

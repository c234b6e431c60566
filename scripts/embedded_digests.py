"""Write the digest list of the embedded bank: synthesise all of it, and say what differs from the list that is there.

python scripts/embedded_digests.py          write soundscape/sources/embedded/digests.tsv
python scripts/embedded_digests.py --check  write nothing; exit 1 where the list is not what is made here
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from soundscape.sources import index
from soundscape.sources.embedded import build


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build.build(Path(folder), jobs=options.jobs)
        made = index.read_index(Path(folder)).select("key", "pcm_sha256")
    text = build.digest_list(dict(made.iter_rows()))
    path = Path(build.__file__).with_name("digests.tsv")
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    changed = sorted(set(text.splitlines()) ^ set(old.splitlines()))
    keys = sorted({line.split("\t")[0] for line in changed})
    print(f"{len(made)} sources; {len(keys)} differ from {path.name}" + "".join(f"\n  {key}" for key in keys[:20]))
    if options.check:
        return 1 if keys else 0
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``bank add`` and ``bank verify``: whole or not at all, equal for any number of workers, nothing dropped silently."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape import files
from soundscape.errors import BankError, EnvironmentFault, UsageError
from soundscape.sources import index
from soundscape.sources.add import add_bank
from soundscape.sources.bank import bank_names, open_bank
from soundscape.sources.table import TableError
from soundscape.sources.verify import verify_bank
from soundscape.sources.workers import run

RATE = 16_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sounds"
    made.mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        soundfile.write(made / f"{number}.flac", 0.1 * rng.normal(size=RATE), RATE)
    tabulate(made)
    return made


def tabulate(folder: Path) -> Path:
    lines = [f"{path.name},sound_event,a hiss" for path in sorted(folder.iterdir()) if path.suffix != ".csv"]
    (folder / "t.csv").write_text("path,type,caption\n" + "\n".join(lines) + "\n")
    return folder / "t.csv"


def damage(folder: Path) -> Path:
    """Add one recording of every unusable kind."""
    whole = (folder / "0.flac").read_bytes()
    (folder / "cut.flac").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("this is text")
    soundfile.write(folder / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(folder / "nan.wav", np.full(RATE, np.nan, dtype=np.float32), RATE, subtype="FLOAT")
    soundfile.write(folder / "faint.wav", np.full(RATE, 7, dtype=np.int16), RATE)
    return tabulate(folder)


def test_adding_tells_what_was_made(folder: Path, home: Path) -> None:
    steps: list[tuple[int, int]] = []
    added = add_bank("noise", folder, folder / "t.csv", progress=lambda done, total: steps.append((done, total)))
    assert added.folder == home / "banks" / "noise"
    assert (added.info.count, added.info.rejected, added.rejections) == (6, 0, ())
    assert steps[-1] == (6, 6)
    assert sorted(p.name for p in added.folder.iterdir()) == ["bank.json", "index.parquet"]


def test_unusable_recordings_are_kept_as_rows_with_their_reason(folder: Path) -> None:
    added = add_bank("noise", folder, damage(folder))
    reasons = {rejection.key: rejection.reason for rejection in added.rejections}
    assert reasons == {
        "cut.flac": "truncated",
        "empty.wav": "empty",
        "text.wav": "format",
        "silent.wav": "silent",
        "nan.wav": "not_finite",
        "faint.wav": "inactive",
    }
    assert all(rejection.note for rejection in added.rejections)
    bank = open_bank("noise")
    assert (len(bank), len(bank.pool())) == (12, 6)
    assert {bank.source(row).rejected for row in range(len(bank))} == {None, *reasons.values()}
    assert verify_bank(bank).ok


def test_strict_refuses_them_and_writes_nothing(folder: Path) -> None:
    with pytest.raises(BankError, match="6 of 12 recordings cannot be used") as caught:
        add_bank("noise", folder, damage(folder), strict=True)
    assert "silent.wav: silent" in str(caught.value)
    assert bank_names() == ("embedded",)


def test_a_bank_of_nothing_usable_is_an_error(folder: Path) -> None:
    for path in folder.glob("*.flac"):
        soundfile.write(path, np.zeros(RATE), RATE)
    with pytest.raises(BankError, match="6 of 6 recordings cannot be used"):
        add_bank("noise", folder, folder / "t.csv")
    assert bank_names() == ("embedded",)


@pytest.mark.slow
def test_workers_make_the_same_bank(folder: Path) -> None:
    one = add_bank("one", folder, damage(folder), jobs=1)
    # Chunks are smaller than the table only when there are many rows: ask for them directly.
    from soundscape.sources import ingest
    from soundscape.sources.table import read_table

    drafts = read_table(folder / "t.csv", folder, dataset="one")
    rows = run(ingest._index_chunk, drafts, jobs=2, chunk=3)
    assert index.bank_digest(rows) == one.info.digest
    assert [row["key"] for row in rows] == [draft.annotation["key"] for draft in drafts]


def test_an_existing_bank_is_replaced_only_when_asked(folder: Path) -> None:
    first = add_bank("noise", folder, folder / "t.csv")
    with pytest.raises(UsageError, match="exists already") as caught:
        add_bank("noise", folder, folder / "t.csv")
    assert "--replace" in str(caught.value)
    (folder / "0.flac").unlink()
    again = add_bank("noise", folder, tabulate(folder), replace=True)
    assert (first.info.count, again.info.count, len(open_bank("noise"))) == (6, 5, 5)
    assert [p.name for p in again.folder.parent.iterdir() if not p.name.endswith(".lock")] == ["noise"]


def test_a_failed_replacement_leaves_the_old_bank(folder: Path) -> None:
    digest = add_bank("noise", folder, folder / "t.csv").info.digest
    (folder / "bad.csv").write_text("path,type,caption\nnone.wav,music,x\n")
    with pytest.raises(TableError):
        add_bank("noise", folder, folder / "bad.csv", replace=True)
    assert open_bank("noise").digest == digest


def test_a_full_disk_leaves_nothing(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFault, match="no space left"):
        add_bank("noise", folder, folder / "t.csv")
    assert bank_names() == ("embedded",)
    assert [p.name for p in (home / "banks").iterdir()] == [".noise.lock"]


def test_a_home_that_is_no_folder(folder: Path, home: Path) -> None:
    home.write_text("a file where a folder should be")
    with pytest.raises(EnvironmentFault, match="cannot be written") as caught:
        add_bank("noise", folder, folder / "t.csv")
    assert "SOUNDSCAPE_HOME" in str(caught.value)


KILLED = """
import sys, time
from pathlib import Path
from soundscape.sources import add, index
original = index.write_bank
def slow(*args, **kwargs):
    made = original(*args, **kwargs)
    print("written", flush=True)
    time.sleep(60)
    return made
add.write_bank = slow
add.add_bank("noise", Path(sys.argv[1]), Path(sys.argv[1]) / "t.csv", replace=True)
"""


@pytest.mark.parametrize("there_before", [False, True])
def test_killed_just_before_the_end(folder: Path, home: Path, there_before: bool) -> None:
    if there_before:
        add_bank("noise", folder, folder / "t.csv")
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"written\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert bank_names() == (("embedded", "noise") if there_before else ("embedded",))
    assert (home / "banks" / ".noise.making").exists()
    add_bank("noise", folder, folder / "t.csv", replace=there_before)
    assert verify_bank(open_bank("noise")).ok
    assert not (home / "banks" / ".noise.making").exists()


def test_killed_between_the_two_renames_of_a_replacement(folder: Path, home: Path) -> None:
    digest = add_bank("noise", folder, folder / "t.csv").info.digest
    (home / "banks" / "noise").rename(home / "banks" / ".noise.replaced")
    assert bank_names() == ("embedded", "noise")
    assert open_bank("noise").digest == digest


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    place = tmp_path / "bank"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom soundscape import files\n"
        "with files.exclusively(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(0.4)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(place)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    begun = time.monotonic()
    with files.exclusively(place):
        assert time.monotonic() - begun > 0.2
    process.wait()
    process.stdout.close()


# --------------------------------------------------------------------------------------------------------------- verify


def kinds(name: str, jobs: int = 1) -> list[tuple[str, str]]:
    return [(finding.kind, finding.path) for finding in verify_bank(open_bank(name), jobs=jobs).findings]


def test_an_untouched_bank_verifies(folder: Path) -> None:
    add_bank("noise", folder, folder / "t.csv")
    verification = verify_bank(open_bank("noise"))
    assert verification.ok
    assert (verification.count, verification.findings, verification.counts) == (6, (), {})


def test_every_kind_of_change_is_found(folder: Path) -> None:
    add_bank("noise", folder, folder / "t.csv")
    (folder / "0.flac").unlink()
    (folder / "1.flac").write_bytes((folder / "1.flac").read_bytes()[:5000])
    soundfile.write(folder / "2.flac", 0.1 * np.ones(RATE), RATE)
    samples, _ = soundfile.read(folder / "3.flac", dtype="int16")
    samples[1234] += 1
    soundfile.write(folder / "3.flac", samples, RATE)
    soundfile.write(folder / "4.flac", soundfile.read(folder / "4.flac", dtype="int16")[0], RATE, compression_level=1.0)
    soundfile.write(folder / "new.wav", samples, RATE)
    found = verify_bank(open_bank("noise"))
    assert [(f.kind, f.path) for f in found.findings] == [
        ("missing", "0.flac"),
        ("undecodable", "1.flac"),
        ("changed", "2.flac"),
        ("changed", "3.flac"),
        ("extra", "new.wav"),
    ]
    assert not found.ok
    assert found.counts == {"changed": 2, "extra": 1, "missing": 1, "undecodable": 1}
    assert all(str(f) for f in found.findings)


def test_extra_recordings_do_no_harm(folder: Path) -> None:
    add_bank("noise", folder, folder / "t.csv")
    soundfile.write(folder / "new.wav", 0.1 * np.ones(RATE), RATE)
    assert kinds("noise") == [("extra", "new.wav")]
    assert verify_bank(open_bank("noise")).ok


def test_an_edited_index_is_found(folder: Path, home: Path) -> None:
    import dataclasses

    added = add_bank("noise", folder, folder / "t.csv")
    rows = index.read_index(added.folder).to_dicts()
    rows[0]["caption"] = "a hiss, edited"
    edited = index.write_bank(
        added.folder, rows, name="noise", root=added.info.root, generator="x", generator_version="1"
    )
    path = added.folder / index.INFO_FILE
    path.write_text(path.read_text().replace(edited.digest, added.info.digest))
    assert dataclasses.replace(edited, digest=added.info.digest) == index.read_info(added.folder)
    assert kinds("noise") == [("index", "index.parquet")]


@pytest.mark.slow
def test_workers_find_the_same(folder: Path) -> None:
    for number in range(40):
        soundfile.write(folder / f"more{number}.wav", 0.1 * np.random.default_rng(number).normal(size=1000), RATE)
    add_bank("noise", folder, tabulate(folder))
    (folder / "more7.wav").unlink()
    assert kinds("noise", jobs=2) == kinds("noise", jobs=1) == [("missing", "more7.wav")]


# -------------------------------------------------------------------------------------------------------------- workers


def squares(numbers: list[int]) -> list[int]:
    return [number**2 for number in numbers]


UNGUARDED = """
import soundscape.sources.workers as workers
print(workers.run(sorted, [[3, 1], [2]], jobs=2, chunk=1))
"""


def test_results_come_in_the_order_of_the_tasks() -> None:
    assert run(squares, list(range(50)), chunk=7) == [n**2 for n in range(50)]
    assert run(squares, []) == []


def test_a_plain_script_without_a_guard_may_use_workers(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run([sys.executable, str(tmp_path / "script.py")], capture_output=True, text=True, check=True)
    assert done.stdout == "[[3, 1], [2]]\n"
    assert done.stderr == ""


def test_errors_of_a_worker_arrive_as_they_are() -> None:
    code = (
        "from soundscape.sources.workers import run\nfrom soundscape.sources.licences import allowed\n"
        "from functools import partial\nfrom soundscape.errors import UsageError\n"
        "try:\n    run(partial(allowed, policy='x'), ['a', 'b'], jobs=2, chunk=1)\n"
        "except UsageError as error:\n    print(error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "any, research, commercial\n"


def test_a_worker_that_dies_is_named(tmp_path: Path) -> None:
    (tmp_path / "mortal.py").write_text("import os\n\ndef die(chunk):\n    os._exit(1)\n")
    code = (
        "import mortal\nfrom soundscape.sources.workers import run\nfrom soundscape.errors import EnvironmentFault\n"
        "try:\n    run(mortal.die, [1, 2], jobs=2, chunk=1)\n"
        "except EnvironmentFault as error:\n    print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "a worker process died" in done.stdout


def test_ctrl_c_ends_at_once_with_one_traceback(tmp_path: Path) -> None:
    (tmp_path / "sleepy.py").write_text(
        "import os, time\n\ndef sleep(chunk):\n    open(f'begun{os.getpid()}', 'a').close()\n"
        "    time.sleep(60)\n    return chunk\n"
    )
    code = "import sleepy\nfrom soundscape.sources.workers import run\nrun(sleepy.sleep, [1, 2, 3], jobs=2, chunk=1)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while len(list(tmp_path.glob("begun*"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    begun = time.monotonic()
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - begun < 15
    assert process.returncode != 0
    assert errors.count("Traceback") == 1
    assert errors.strip().endswith("KeyboardInterrupt")

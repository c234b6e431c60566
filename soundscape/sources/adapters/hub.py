"""Records of Parquet and tar shards, streamed through ``datasets``, from the hub or from a copy on disk.

``datasets`` decodes audio by ``torchcodec``, and refuses even to pass an ``Audio`` feature of a tar shard through
without it. So nothing is decoded here: Parquet columns of audio are cast to ``Audio(decode=False)``, members of tars
are declared as bytes, and ``soundfile`` decodes what is taken. Members are declared rather than inferred also because
inference looks at five records and silently drops every JSON key that is not among them.

A reading goes on where an earlier one ended by the position that ``datasets`` keeps (shard and record), so a resumed
reading gives the same records as one that was never cut off.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingABC
from pathlib import Path, PurePosixPath
from typing import Any

from soundscape.errors import BankError, EnvironmentFault
from soundscape.sources.adapters.candidate import Candidate, LayoutError
from soundscape.sources.adapters.mapping import AUDIO_SUFFIXES, Mapping, candidate

#: So many malformed records at the beginning of a stream mean that its layout is another one.
PATIENCE = 20
# Fixed, because the default (the first row group's size) fails on a shard without rows.
_ROWS_AT_ONCE = 32
_TAR_BLOCK = 512
_OTHER_VERSION = "is it another version of the data set? a mapping file can describe it: --mapping FILE.yaml"
_NETWORK = ("httpx", "httpx2", "httpcore", "requests", "urllib3", "aiohttp")


class HubStream:
    """The candidates of one part of a data set; see :class:`soundscape.sources.adapters.candidate.Stream`.

    Args:
        name: of the part, for messages and keys.
        mapping: what its records mean.
        language: of the part, or None.
        files: shards on disk, in order; None streams from the hub.
        revision: commit or branch on the hub.
    """

    def __init__(
        self, name: str, mapping: Mapping, *, language: str | None, files: Sequence[Path] | None, revision: str | None
    ) -> None:
        self.name, self.language = name, language
        self._mapping, self._files, self._revision = mapping, files, revision
        self._dataset: Any = None
        self._count = 0

    def read(self, position: Any | None) -> Iterator[Candidate]:
        """Yield the candidates after a position.

        Raises:
            LayoutError: a needed column is nowhere to be found.
            BankError: a shard is damaged.
            EnvironmentFault: ``datasets`` is missing, or the hub cannot be reached or refuses.
        """
        with self._faults():
            self._dataset = self._opened()
            self._count = 0
            if position is not None:
                self._dataset.load_state_dict(position["state"])
                self._count = position["count"]
            names = class_names(self._dataset.features)
            records = iter(self._dataset)
        malformed, first_note, good = 0, "", self._count > 0
        while True:
            with self._faults():
                record = next(records, None)
            if record is None:
                break
            self._count += 1
            found = candidate(self._mapping, named(record, names), self._key(record), self.language)
            good = good or found.rejected != "malformed"
            malformed += not good
            first_note = first_note or (found.note or "")
            if malformed >= PATIENCE:
                break
            yield found
        if malformed and not good:
            place = f"{self._mapping.dataset}, {self.name}"
            raise LayoutError(
                f"{place}: none of the first {malformed} records is as expected; {first_note}", hint=_OTHER_VERSION
            )

    def position(self) -> Any:
        """Return where the candidate yielded last ends."""
        return {"state": self._dataset.state_dict(), "count": self._count}

    def _key(self, record: MappingABC[str, Any]) -> str:
        """Return the key of a record that has none of its own: shard and member, or its number."""
        shard, member = record.get("__url__"), record.get("__key__")
        if not member:
            return f"{self._count:08d}"
        return f"{PurePosixPath(str(shard or '')).name.split('.')[0]}/{member}"

    def _faults(self) -> contextlib.AbstractContextManager[None]:
        return hub_faults(self._mapping.dataset, f"{self.name}, after record {self._count}", self._files is not None)

    def _opened(self) -> Any:
        datasets = library()
        mapping = self._mapping
        if mapping.format == "webdataset":
            files = self._files if self._files is not None else [self._on_hub()]
            for file in self._files or ():
                check_tar(file)
            return datasets.load_dataset(
                "webdataset",
                data_files=[os.fspath(file) for file in files],
                split="train",
                streaming=True,
                features=tar_features(datasets),
            )
        if self._files is not None:
            files = [os.fspath(file) for file in self._files]
            opened = datasets.load_dataset(
                "parquet", data_files=files, split="train", streaming=True, batch_size=_ROWS_AT_ONCE
            )
        else:
            config = mapping.configs.get(self.language or "", mapping.config)
            opened = datasets.load_dataset(
                mapping.dataset, config, split=mapping.split, streaming=True, revision=self._revision
            )
        self._check_columns(opened.features)
        return undecoded(opened, datasets)

    def _on_hub(self) -> str:
        revision = f"@{self._revision}" if self._revision else ""
        config = self._mapping.configs.get(self.language or "", self._mapping.config or "")
        return f"hf://datasets/{self._mapping.dataset}{revision}/{self._mapping.shards.format(config=config)}"

    def _check_columns(self, features: MappingABC[str, Any] | None) -> None:
        if not features:
            return
        wanted = [(name, rule.columns) for name, rule in self._mapping.needed.items()]
        if self._mapping.audio:
            wanted.append(("audio", (self._mapping.audio,)))
        for name, columns in wanted:
            if not any(column.split("/")[0] in features for column in columns):
                raise LayoutError(
                    f"{self._mapping.dataset}, {self.name}: no column for {name}: expected {' or '.join(columns)}, "
                    f"found {', '.join(features)}",
                    hint=_OTHER_VERSION,
                )


def library() -> Any:
    """Return the ``datasets`` package.

    Raises:
        EnvironmentFault: it is not installed, or is older than its type for JSON (4.7).
    """
    try:
        import datasets
    except ImportError:
        raise EnvironmentFault("reading data sets needs datasets", hint="pip install 'soundscape[hub]'") from None
    if not hasattr(datasets, "Json"):
        raise EnvironmentFault(
            f"reading data sets needs datasets 4.7 or newer; found {datasets.__version__}",
            hint="pip install --upgrade 'soundscape[hub]'",
        )
    return datasets


def undecoded(dataset: Any, datasets: Any) -> Any:
    """Return a data set whose audio columns are left as bytes."""
    for name, feature in (dataset.features or {}).items():
        if isinstance(feature, datasets.Audio):
            dataset = dataset.cast_column(name, datasets.Audio(decode=False))
    return dataset


def tar_features(datasets: Any) -> Any:
    """Return the features of tar shards: audio members as bytes, JSON as it is."""
    audio = {suffix: datasets.Value("binary") for suffix in AUDIO_SUFFIXES}
    texts = {name: datasets.Value("string") for name in ("txt", "__key__", "__url__")}
    return datasets.Features({**audio, **texts, "json": datasets.Json()})


def class_names(features: MappingABC[str, Any] | None) -> dict[str, Any]:
    """Return the columns that hold numbers of classes, with what turns a number into its name."""
    return {name: feature.int2str for name, feature in (features or {}).items() if hasattr(feature, "int2str")}


def named(record: MappingABC[str, Any], names: MappingABC[str, Any]) -> dict[str, Any]:
    """Return a record with the names of its classes for their numbers."""
    result = dict(record)
    for column, name in names.items():
        if isinstance(result.get(column), int) and result[column] >= 0:
            result[column] = name(result[column])
    return result


def check_tar(path: Path) -> None:
    """Refuse a tar that was cut off: readers take the missing end mark for the end, and drop what would follow.

    Raises:
        BankError: it is empty, or does not end as a tar does. Compressed tars are checked as they are read.
    """
    if path.suffix != ".tar":
        return
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAR_BLOCK))
        if size < _TAR_BLOCK or file.read().strip(b"\0"):
            raise BankError(f"{path}: the tar is cut off ({size:,} bytes, no end mark)", hint="download it again")


@contextlib.contextmanager
def hub_faults(dataset: str, where: str, local: bool) -> Iterator[None]:
    """Turn what ``datasets``, the hub and the formats raise into errors that say what to do.

    Args:
        dataset: its name.
        where: what was being read.
        local: whether a copy on disk is read.
    """
    library()
    import huggingface_hub.errors as hub
    from datasets.exceptions import DatasetNotFoundError

    page = f"https://huggingface.co/datasets/{dataset}"
    elsewhere = "or point --path at a copy on disk"
    try:
        yield
    except (BankError, EnvironmentFault):
        raise
    except Exception as error:
        if isinstance(error, hub.GatedRepoError) or (isinstance(error, DatasetNotFoundError) and "gated" in str(error)):
            raise EnvironmentFault(
                f"{dataset} is given only to those who accepted its terms",
                hint=f"accept them at {page}, log in (hf auth login), and run again; {elsewhere}",
            ) from None
        if isinstance(error, DatasetNotFoundError | hub.RepositoryNotFoundError | hub.RevisionNotFoundError):
            raise EnvironmentFault(
                f"{dataset} was not found on the hub, or may not be seen without logging in: {_line(error)}",
                hint=f"look at {page}, log in (hf auth login) where it is private; {elsewhere}",
            ) from None
        if not local and _is_network(error):
            raise EnvironmentFault(
                f"{dataset}: the hub cannot be read ({where}): {_line(error)}",
                hint=f"run again when there is a network, what was taken so far is kept; {elsewhere}",
            ) from None
        if "scripts are no longer supported" in str(error):
            raise LayoutError(
                f"{dataset}: this version of it is a script, which datasets no longer runs",
                hint=f"its converted copy may do: --revision refs/convert/parquet; {elsewhere}",
            ) from None
        raise BankError(
            f"{dataset}: a shard cannot be read ({where}): {_line(error)}",
            hint="download it again; what was taken so far is kept",
        ) from error


def _is_network(error: BaseException) -> bool:
    modules = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
    return isinstance(error, ConnectionError | TimeoutError) or not modules.isdisjoint(_NETWORK)


def _line(error: BaseException) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:300]


def resolved_revision(dataset: str, revision: str | None) -> str:
    """Ask the hub which commit a revision is, so that a resumed reading reads the same; this also asks for leave.

    Raises:
        EnvironmentFault: the hub cannot be reached or refuses.
    """
    with hub_faults(dataset, "its description", local=False):
        from huggingface_hub import HfApi

        return str(HfApi().dataset_info(dataset, revision=revision).sha)

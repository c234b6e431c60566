"""The response by which an event reaches the microphone: simulated, kept from before, or measured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from soundscape.errors import BankError, BuildError
from soundscape.planning.measured import MeasuredFact
from soundscape.records import MeasuredPlace, Position, ScenePlan
from soundscape.rendering.rooms.measured import MeasuredResponse, measured_files, read_measured
from soundscape.rendering.rooms.shoebox import Response, responses
from soundscape.rendering.rooms.store import ResponseStore


class Responder:
    """Finds responses for one recipe.

    Args:
        store: keeps simulated responses; None makes each anew.
        measured: the folder of measured responses; None where the recipe has none.
    """

    def __init__(self, store: ResponseStore | None = None, measured: Path | None = None) -> None:
        self._simulate = store.responses if store is not None else responses
        self._measured = measured
        self._read = lru_cache(maxsize=256)(self._read_file)

    def __call__(self, plan: ScenePlan) -> dict[str, Response]:
        """Return the responses of a plan's events, by event id; events that are dry have none.

        Events at one place share a response. A simulated one is named by its place, so that they share the noise of
        its tail.

        Raises:
            BankError: a measured response is missing or is not the one that the plan names.
            BuildError: the plan's room cannot be rendered, or asks for measured responses where there are none.
        """
        found: dict[str, Response] = {}
        positions: dict[str, Position] = {}
        names: dict[str, str] = {}
        for event in plan.events:
            if event.response is not None:
                found[event.event_id] = self.measured(event.response, plan.sample_rate)
            elif plan.room is not None and event.position is not None:
                name = names[event.event_id] = "{:.2f} {:.2f} {:.2f}".format(*event.position)
                positions[name] = event.position
        if plan.room is not None and positions:
            made = self._simulate(plan.room, positions, plan.sample_rate)
            found |= {event_id: made[name] for event_id, name in names.items()}
        return found

    def measured(self, planned: MeasuredPlace, sample_rate: int) -> Response:
        """Return a measured response; errors as above."""
        found = self._read(planned.path, sample_rate)
        if found.digest != planned.pcm_sha256:
            raise BankError(
                f"response {planned.path}: its samples are not those that the plan names",
                hint="put the file back as it was, or build anew",
            )
        return found.response

    def _read_file(self, path: str, sample_rate: int) -> MeasuredResponse:
        if self._measured is None:
            raise BuildError(f"the plan uses the measured response {path}, and the recipe names no folder of them")
        return read_measured(self._measured / path, sample_rate)


def measured_facts(folder: Path, sample_rate: int) -> Sequence[MeasuredFact]:
    """Return what planning may know of the measured responses in a folder; its subfolders are rooms.

    Raises:
        BankError: the folder holds none, or one of them cannot be used; the message names it.
    """
    facts = []
    for path in measured_files(folder):
        found = read_measured(path, sample_rate)
        relative = path.relative_to(folder)
        rt60 = round(found.response.facts.rt60 or 0.0, 3)
        facts.append(
            MeasuredFact(room=relative.parent.as_posix(), path=relative.as_posix(), pcm_sha256=found.digest, rt60=rt60)
        )
    return tuple(facts)

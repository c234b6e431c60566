"""The process in which eSpeak NG runs: requests come in on stdin, speech goes out on stdout.

Started by :mod:`soundscape.sources.embedded.espeak` as ``python -m soundscape.sources.embedded.espeak_worker FOLDER``.
eSpeak NG is under the GPL and keeps global state, so it lives on the far side of a pipe, and every utterance is spoken
by a fork of this process in which the library has been initialised but never used: what was said before cannot colour
what is said next. The library itself seeds its noise from the clock, hence the explicit seed.

Framing, both ways: one byte of kind, four bytes of length (big-endian), the body.

    in   ``H`` JSON {name: text} of the speaker variants, first of all      out  ``R`` ready, ``M`` package missing
         ``U`` JSON of an utterance                                              ``S`` speech, ``E`` error (UTF-8)
         ``Q`` or end of file: leave

The body of ``S`` is the number of samples (uint32), the samples, then for each word the start and length of its text in
characters and its sample offset (int32); little-endian, as the parent reads it with NumPy.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import shutil
import signal
import struct
import sys
from array import array
from typing import IO, Any, NoReturn

RATE = 22_050
UTTERANCE_LIMIT_S = 60
_HEAD = struct.Struct(">cI")
_SYNCHRONOUS, _DO_NOT_EXIT, _BUFFER_MS = 2, 0x8000, 500
_PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "pitch_range": 4}
_UTF8, _PHONEMES, _END_PAUSE = 0x1, 0x100, 0x1000
_EVENT_END_OF_LIST, _EVENT_WORD = 0, 1


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


class _Voice(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("languages", ctypes.c_char_p), ("identifier", ctypes.c_char_p))


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def read_frame(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """Return the next (kind, body), or None at the end of the file or in the middle of a frame."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, length = _HEAD.unpack(head)
    body = pipe.read(length)
    return (kind, body) if len(body) == length else None


def frame(kind: bytes, body: bytes = b"") -> bytes:
    """Return the bytes of one frame."""
    return _HEAD.pack(kind, len(body)) + body


def overlay(folder: str, data: str, variants: dict[str, str]) -> None:
    """Make ``folder`` a data directory: links to eSpeak NG's own data in ``data``, and our speakers as its variants.

    The languages lie flat in it, not in folders by family, so that a voice is found by its name without reading all.
    """
    for name in sorted(os.listdir(data)):
        if name not in ("lang", "voices"):
            os.symlink(os.path.join(data, name), os.path.join(folder, name))
    os.mkdir(os.path.join(folder, "lang"))
    for parent, _, names in sorted(os.walk(os.path.join(data, "lang"))):
        for name in names:
            os.symlink(os.path.join(parent, name), os.path.join(folder, "lang", name))
    os.makedirs(os.path.join(folder, "voices", "!v"))
    for name, text in variants.items():
        with open(os.path.join(folder, "voices", "!v", name), "w", encoding="utf-8") as file:
            file.write(text)


def load(path: str, data: str) -> ctypes.CDLL:
    """Return eSpeak NG, initialised on the data directory ``data`` and as yet unused; raises RuntimeError."""
    library = ctypes.CDLL(path)
    library.espeak_GetCurrentVoice.restype = ctypes.POINTER(_Voice)
    rate = library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, os.fsencode(data), _DO_NOT_EXIT)
    if rate != RATE:
        raise RuntimeError(f"eSpeak NG starts with {rate} in place of its sample rate, {RATE}")
    return library


def speak(library: ctypes.CDLL, request: dict[str, Any]) -> bytes:
    """Return the body of an ``S`` frame; raises RuntimeError where eSpeak NG refuses. To be called once a process."""
    samples, words = bytearray(), array("i")

    def receive(wave: Any, count: int, events: Any) -> int:
        if not wave or count < 0:  # the end
            return 0
        samples.extend(ctypes.string_at(wave, 2 * count))
        i = 0
        while events[i].type != _EVENT_END_OF_LIST:
            if events[i].type == _EVENT_WORD:
                words.extend((events[i].text_position - 1, events[i].length, events[i].sample))
            i += 1
        return 0

    callback = _CALLBACK(receive)  # kept referenced until the library is done
    library.espeak_SetSynthCallback(callback)
    voice = request["voice"] + (f"+{request['variant']}" if request["variant"] else "")
    status = library.espeak_SetVoiceByName(voice.encode())
    current = library.espeak_GetCurrentVoice()
    found = (current.contents.identifier or b"").decode() if current else ""
    if status != 0 or found != voice:  # an unknown voice would silently leave another one in its place
        raise RuntimeError(f"eSpeak NG has no voice {voice!r} (status {status}, it would use {found!r})")
    for name, number in _PARAMETERS.items():
        if library.espeak_SetParameter(number, int(request[name]), 0) != 0:
            raise RuntimeError(f"eSpeak NG refuses {name} = {request[name]}")
    library.espeak_ng_SetRandSeed(ctypes.c_long(request["seed"]))
    text = request["text"].encode()
    flags = _UTF8 | _END_PAUSE | (_PHONEMES if request["phonemes"] else 0)
    status = library.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, 1, 0, flags, None, None)
    if status != 0:
        raise RuntimeError(f"eSpeak NG fails with status {status} on {request['text']!r}")
    return struct.pack("<I", len(samples) // 2) + samples + words.tobytes()


def _child(library: ctypes.CDLL, body: bytes, pipe: int) -> NoReturn:
    """Speak one utterance in this fork, write its frame to ``pipe`` and leave, whatever happens."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.alarm(UTTERANCE_LIMIT_S)
        try:
            answer = frame(b"S", speak(library, json.loads(body)))
        except Exception as error:  # it crosses a process border: the parent raises it again
            answer = frame(b"E", f"{error}".encode())
        with os.fdopen(pipe, "wb") as file:
            file.write(answer)
        code = 0
    finally:
        os._exit(code)


def serve_one(library: ctypes.CDLL, body: bytes, private: tuple[int, ...]) -> bytes:
    """Return the frame that answers one utterance, spoken in a fork that closes the descriptors ``private``."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        # The fork must not hold the worker's own pipes: their far end would wait for it if the worker died.
        for descriptor in (*private, reading):
            os.close(descriptor)
        _child(library, body, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        answer = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status == -signal.SIGALRM:
        return frame(b"E", f"eSpeak NG was not done after {UTTERANCE_LIMIT_S} s".encode())
    if status != 0:
        return frame(b"E", f"eSpeak NG ended with {'signal' if status < 0 else 'code'} {abs(status)}".encode())
    return answer


def serve(requests: IO[bytes], answers: IO[bytes], folder: str) -> None:
    """Answer requests until there are no more; ``folder`` takes the overlay data directory."""
    hello = read_frame(requests)
    if hello is None or hello[0] != b"H":
        return
    try:
        import espeakng_loader
    except ImportError as error:
        answers.write(frame(b"M", str(error).encode()))
        answers.flush()
        return
    overlay(folder, espeakng_loader.get_data_path(), json.loads(hello[1]))
    library = load(espeakng_loader.get_library_path(), folder)
    gc.freeze()  # the forks then share the pages of what exists by now
    answers.write(frame(b"R"))
    answers.flush()
    private = (requests.fileno(), answers.fileno())
    while (request := read_frame(requests)) is not None and request[0] == b"U":
        answers.write(serve_one(library, request[1], private))
        answers.flush()


def main(folder: str) -> None:
    """Serve stdin and stdout until the parent leaves or dies; the empty ``folder`` takes data and is removed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # The library may print; what it prints must not land in the protocol.
    answers = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        serve(requests, answers, folder)
    except BrokenPipeError:
        pass  # the parent has gone, and with it the reason to stay
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # without the flush of what nobody reads


if __name__ == "__main__":
    main(sys.argv[1])

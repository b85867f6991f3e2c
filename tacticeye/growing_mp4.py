"""A video file that can be played at any time while it grows: MP4 with its index in front, rewritten in place.

    ftyp | moov, then free up to HEADER_BYTES | mdat to the end of the file, samples one behind the other

The space of the index is reserved, as a hole that takes no disk. A process that dies loses what came after the last
`write_index`; the next one goes on behind it. Ticks are 1/90000 s; presentation times are those that were given.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TICKS = 90_000
HEADER_BYTES = 32 << 20
_TABLE_BYTES = 32  # of index a sample, at most
MAX_SAMPLES = (HEADER_BYTES - 65_536) // _TABLE_BYTES  # nearly six hours at 50 frames a second
_FTYP = struct.pack(">I4s4sI12s", 28, b"ftyp", b"isom", 512, b"isomiso2mp41")
_BOXES = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_SAMPLE = np.dtype(
    [("offset", "i8"), ("size", "i4"), ("dts", "i8"), ("pts", "i8"), ("is_key", "?"), ("description", "i4")]
)
_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True)
class Sample:
    """One coded picture. dts, pts: ticks."""

    content: bytes
    dts: int
    pts: int
    is_key: bool


class GrowingMp4:
    """One video track. description: an entry of `stsd`, how to decode; it may change on the way. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b" if path.exists() else "w+b", buffering=0)
        self._descriptions: list[bytes] = []
        self._samples = np.empty(0, _SAMPLE)
        self._read_index()
        self._new: list[NDArray[np.void]] = []
        self._end = HEADER_BYTES + 8
        self._last_dts, self._end_pts, self._count = -TICKS, -1, len(self._samples)
        if self._count:
            last = self._samples[-1]
            self._end, self._last_dts = int(last["offset"] + last["size"]), int(last["dts"])
            self._end_pts = int(self._samples["pts"].max())

    @property
    def size_bytes(self) -> int:
        return self._end - HEADER_BYTES

    @property
    def is_full(self) -> bool:
        """Whether the index has no more room."""
        return self._count >= MAX_SAMPLES

    def append(self, description: bytes, samples: Sequence[Sample]) -> None:
        """Adds what can be shown after what is there: from the first key frame on, nothing earlier than the end.

        samples: in order of decoding.
        """
        fitting = self._select(samples)
        if not fitting:
            return
        if description not in self._descriptions:
            self._descriptions.append(description)
        number = self._descriptions.index(description) + 1
        rows = np.empty(len(fitting), _SAMPLE)
        place = self._end
        for row, sample in enumerate(fitting):
            rows[row] = (place, len(sample.content), sample.dts, sample.pts, sample.is_key, number)
            place += len(sample.content)
        if not self._count and rows["pts"].min() > 0:  # what begins later shows its first picture until then
            rows = np.concatenate([rows[:1], rows])
            rows["dts"][0] -= rows["pts"].min()
            rows["pts"][0] = 0
        self._write(self._end, b"".join(sample.content for sample in fitting))
        self._end, self._end_pts = place, int(rows["pts"].max())
        self._count += len(rows)
        self._new.append(rows)

    def write_index(self) -> None:
        """From now on all that was added can be played."""
        if not self._new:
            return
        self._samples = np.concatenate([self._samples, *self._new])
        self._new = []
        index = _FTYP + _moov(self._samples, self._descriptions)
        free = struct.pack(">I4s", HEADER_BYTES - len(index), b"free")
        self._write(0, index + free)
        self._write(HEADER_BYTES, struct.pack(">I4s", 0, b"mdat"))  # 0: to the end of the file

    def close(self) -> None:
        try:
            self.write_index()
            self._file.truncate(self._end)
        finally:
            self._file.close()

    def _write(self, place: int, content: bytes) -> None:
        self._file.seek(place)
        left = memoryview(content)
        while left:  # a disk that fills up takes a part of it
            left = left[self._file.write(left) :]

    def _select(self, samples: Sequence[Sample]) -> list[Sample]:
        fitting: list[Sample] = []
        for sample in samples:
            dts = max(sample.dts, self._last_dts + 1)  # where a clock was set anew it may begin too early
            if self._end_pts < sample.pts and dts <= sample.pts and (fitting or sample.is_key):
                fitting.append(replace(sample, dts=dts))
                self._last_dts = dts
        return fitting

    def _read_index(self) -> None:
        """What an earlier process wrote; nothing where it didn't come to that."""
        header = self._file.read(HEADER_BYTES)
        try:
            table = {kind: header[start + 4 : end] for kind, start, end in sample_tables(header)}
            self._descriptions = list(descriptions(header))
            n = struct.unpack_from(">I", table[b"stsz"], 4)[0]
        except (struct.error, KeyError):
            return
        samples = np.empty(n, _SAMPLE)
        samples["size"] = np.frombuffer(table[b"stsz"], ">i4", n, 8)
        samples["offset"] = np.frombuffer(table[b"co64"], ">i8", n, 4)
        lengths = np.frombuffer(table[b"stts"], ">u4", 2 * n, 4)[1::2].astype(np.int64)
        composition = np.frombuffer(table[b"ctts"], ">u4", 2 * n, 4)[1::2]
        samples["dts"] = np.cumsum(lengths) - lengths
        samples["pts"] = samples["dts"] + composition
        start = samples["pts"].min()
        samples["dts"] -= start
        samples["pts"] -= start
        samples["is_key"] = np.isin(np.arange(1, n + 1), np.frombuffer(table[b"stss"], ">i4", offset=4))
        runs = np.frombuffer(table[b"stsc"], ">i4", offset=4).reshape(-1, 3)
        samples["description"] = np.repeat(runs[:, 2], np.diff(runs[:, 0], append=n + 1))
        self._samples = samples


def sample_tables(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of what is in each table of the first track of an MP4 file."""
    start, end = 0, len(content)
    for wanted in _BOXES:
        start, end = next(((s, e) for kind, s, e in _boxes(content, start, end) if kind == wanted), (0, 0))
    yield from _boxes(content, start, end)


def descriptions(content: bytes) -> Iterator[bytes]:
    """Entries of the first track's `stsd`."""
    for kind, start, end in sample_tables(content):
        if kind == b"stsd":
            yield from (content[s - 8 : e] for _, s, e in _boxes(content, start + 8, end))


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind and content, from and to, of the boxes between."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", content, start)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", content, start + 8)[0], 16
        size = size or end - start
        if size < head:
            return
        yield kind, start + head, min(start + size, end)
        start += size


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _moov(samples: NDArray[np.void], stsd: Sequence[bytes]) -> bytes:
    dts, pts = samples["dts"], samples["pts"]
    step = int(np.median(np.diff(np.sort(pts)))) if len(pts) > 1 else TICKS // 25
    lengths = np.diff(dts, append=dts[-1] + step)
    duration = int(pts.max()) + step
    size = struct.unpack_from(">HH", stsd[0], 32)
    return _box(
        b"moov",
        _full_box(b"mvhd", 1, 0, struct.pack(">QQIQIH10x", 0, 0, TICKS, duration, 0x10000, 0x100), _MATRIX,
                  bytes(24), struct.pack(">I", 2)),
        _box(
            b"trak",
            _full_box(b"tkhd", 1, 3, struct.pack(">QQI4xQ16x", 0, 0, 1, duration), _MATRIX,
                      struct.pack(">II", size[0] << 16, size[1] << 16)),
            # The first picture is displayed at 0, whatever the decoder has to wait for.
            _box(b"edts", _full_box(b"elst", 1, 0, struct.pack(">IQqI", 1, duration, -int(dts[0]), 0x10000))),
            _box(
                b"mdia",
                _full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, TICKS, duration, 0x55C4, 0)),
                _full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", b"vide"), b"video\0"),
                _box(
                    b"minf",
                    _full_box(b"vmhd", 0, 1, bytes(8)),
                    _box(b"dinf", _full_box(b"dref", 0, 0, struct.pack(">I", 1), _full_box(b"url ", 0, 1))),
                    _tables(samples, lengths, stsd),
                ),
            ),
        ),
    )  # fmt: skip


def _tables(samples: NDArray[np.void], lengths: NDArray[np.int64], stsd: Sequence[bytes]) -> bytes:
    """A chunk and an entry for each sample: bulky, and read back without any reckoning."""
    n = len(samples)
    ones = np.ones(n, np.int64)
    description = samples["description"]
    starts = np.flatnonzero(np.diff(description, prepend=0))
    runs = [starts + 1, np.ones_like(starts), description[starts]]
    keys = np.flatnonzero(samples["is_key"]) + 1
    return _box(
        b"stbl",
        _full_box(b"stsd", 0, 0, struct.pack(">I", len(stsd)), *stsd),
        _full_box(b"stts", 0, 0, _array(">u4", ones, lengths)),
        _full_box(b"ctts", 0, 0, _array(">u4", ones, samples["pts"] - samples["dts"])),
        _full_box(b"stss", 0, 0, _array(">u4", keys)),
        _full_box(b"stsc", 0, 0, _array(">u4", *runs)),
        _full_box(b"stsz", 0, 0, bytes(4), _array(">u4", samples["size"])),
        _full_box(b"co64", 0, 0, _array(">u8", samples["offset"])),
    )


def _array(kind: str, *columns: NDArray[np.int64]) -> bytes:
    """How many, then row by row."""
    return struct.pack(">I", len(columns[0])) + np.stack(columns, axis=1).astype(kind).tobytes()

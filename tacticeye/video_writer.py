"""Writing H.264 video frame by frame, with exact presentation timestamps.

Frame k is shown from k / fps seconds. The file appears under its name only when it is complete.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.video.stream import VideoStream

from tacticeye.errors import StorageError
from tacticeye.types import Image


class VideoWriter:
    """A context manager; leaving it through an exception removes what was written.

    crf: constant rate factor of x264, lower is better and larger (18 hardly visible, 23 usual, 28 small).
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: Fraction, crf: int = 23) -> None:
        """size: (width, height) px, both even. Raises StorageError where the file can't be written."""
        if size[0] % 2 or size[1] % 2:
            raise ValueError(f"width and height must be even, got {size}")
        self.path = path
        self._part = path.with_name(f"{path.stem}.part{path.suffix}")
        self._size, self._fps, self._crf = size, fps, crf
        self._n_written = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(self._part), "w", options={"movflags": "+faststart"})
        except OSError as error:
            raise StorageError(path, f"the video can't be written here ({error.strerror or error}).") from error
        self._stream = self._add_stream()

    def _add_stream(self) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=self._fps, options={"crf": str(self._crf)})
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = 1 / self._fps
        return stream

    def __enter__(self) -> Self:
        return self

    def write(self, image: Image) -> None:
        """Append one frame (H, W, 3) uint8 BGR. Raises ValueError for another size, StorageError on a full disk."""
        width, height = self._size
        if image.shape != (height, width, 3):
            raise ValueError(f"expected a frame of shape {(height, width, 3)}, got {image.shape}")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        frame.pts, frame.time_base = self._n_written, 1 / self._fps
        self._n_written += 1
        self._mux(frame)

    def _mux(self, frame: av.VideoFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            raise StorageError(self.path, f"the video can't be written ({error.strerror or error}).") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._mux(None)
        finally:
            self._container.close()
            if error is not None:
                self._part.unlink(missing_ok=True)
        if error is None:
            self._part.replace(self.path)

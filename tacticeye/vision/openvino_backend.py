"""Networks computed by OpenVINO: the only module that knows it.

The network is translated once for all picture sizes and kept in a folder .openvino beside the weights (in the user's
cache where that can't be written), under the hash of the weights. Opening it again needs neither torch nor
ultralytics. One picture an inference, several at the same time: an answer doesn't depend on its neighbours.
Computation is in float32, or in bfloat16 where that is asked for and the processor has units for it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image
from tacticeye.vision.network import NetworkTraits

log = logging.getLogger(__name__)

# Opens weights: the torch module to translate, a picture (1, 3, height, width) of the size asked for, and how to read
# the answers. Raises WeightsError.
Load = Callable[[Path, tuple[int, int]], tuple[Any, Any, NetworkTraits]]

CACHE_FOLDER = ".openvino"
# Raise it when the translation changes, so that kept ones are made anew.
TRANSLATION = 1
# Networks compiled for one picture size each, some 50 MB a piece: a match has one size, or two where crops are seen.
MAX_COMPILED = 4
# Pictures computed at the same time. Each takes memory of its own.
MAX_STREAMS = 4
_TRACED_SIZE = (96, 160)  # any size that fits the strides; the translation holds for all


class OpenVinoNetwork:
    """A network computed by OpenVINO on the processor.

    model: the translation, for any picture size; may be replaced by a quantised one before the first picture.
    """

    def __init__(self, path: Path, load: Load, *, may_be_coarse: bool = False) -> None:
        """Translates the weights in the file at `path` where that isn't done yet (some seconds). Raises WeightsError.

        may_be_coarse: compute in bfloat16 on processors that have units for it; elsewhere it would be slower.
        """
        openvino = load_openvino()
        self._core = openvino.Core()
        has_units = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._precision = "bf16" if may_be_coarse and has_units else "f32"
        self.model, self.traits = self._open(path, load)
        self._queues: dict[tuple[int, ...], Any] = {}

    def predict(self, pictures: Iterable[Image]) -> list[NDArray[np.float32]]:
        """The raw answer for each picture, in order."""
        answers: dict[int, NDArray[np.float32]] = {}
        for number, picture in enumerate(pictures):
            self._queue(picture.shape).start_async({0: picture[None]}, (answers, number))
        for queue in self._queues.values():
            queue.wait_all()
        return [answers[number] for number in range(len(answers))]

    def _queue(self, shape: tuple[int, ...]) -> Any:
        """The requests of pictures of that shape, compiled when the shape is first seen."""
        if shape not in self._queues:
            while len(self._queues) >= MAX_COMPILED:
                self._queues.pop(next(iter(self._queues))).wait_all()
            model = self.model.clone()
            model.reshape([1, *shape])
            threads = available_threads()
            streams = min(threads, MAX_STREAMS)
            settings = {
                "INFERENCE_PRECISION_HINT": self._precision,
                "NUM_STREAMS": streams,
                "INFERENCE_NUM_THREADS": threads,
                # Several matches may be analysed on one machine; threads tied to cores would all sit on the same.
                "ENABLE_CPU_PINNING": False,
            }
            queue = load_openvino().AsyncInferQueue(self._core.compile_model(model, "CPU", settings), streams + 1)
            queue.set_callback(_keep)
            self._queues[shape] = queue
        return self._queues[shape]

    def _open(self, path: Path, load: Load) -> tuple[Any, NetworkTraits]:
        """The model for any picture size, and how to read it."""
        key = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        folder = _cache_folder(path) / f"{path.stem}-{key}-{TRANSLATION}"
        if folder.is_dir():
            try:
                return self._read(folder)
            except (RuntimeError, OSError, ValueError, KeyError) as error:
                log.warning("%s is damaged and made anew (%s)", folder, error)
                shutil.rmtree(folder, ignore_errors=True)
        _translate(path, load, folder)
        return self._read(folder)

    def _read(self, folder: Path) -> tuple[Any, NetworkTraits]:
        content = json.loads((folder / "traits.json").read_text())
        names = {int(number): str(name) for number, name in content["names"].items()}
        return self._core.read_model(folder / "model.xml"), NetworkTraits(names, bool(content["is_end_to_end"]))


def _keep(request: Any, place: tuple[dict[int, NDArray[np.float32]], int]) -> None:
    answers, number = place
    answers[number] = request.get_output_tensor(0).data[0].copy()


def _translate(path: Path, load: Load, folder: Path) -> None:
    """Write model.xml, model.bin and traits.json to `folder` in one step. Raises WeightsError."""
    openvino = load_openvino()
    network, example, traits = load(path, _TRACED_SIZE)
    with warnings.catch_warnings():
        # Tracing warns of shapes that become constants; those that matter don't.
        warnings.simplefilter("ignore")
        model = openvino.convert_model(network, example_input=example)
    model.reshape([1, 3, -1, -1])
    steps = openvino.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
    try:
        openvino.save_model(steps.build(), made / "model.xml", compress_to_fp16=False)
        (made / "traits.json").write_text(json.dumps(asdict(traits)))
        made.rename(folder)
    except OSError:
        # Another process made the same at the same time; otherwise the reason stands.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _cache_folder(path: Path) -> Path:
    """Where translations are kept: beside the weights, else in the user's cache, else for this process only."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache")
    for folder in (path.parent / CACHE_FOLDER, cache / "tacticeye" / CACHE_FOLDER):
        try:
            expanded = folder.expanduser()
            expanded.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=expanded):
                return expanded
        except (OSError, RuntimeError):  # RuntimeError: the user has no home
            continue
    return Path(tempfile.mkdtemp(prefix="tacticeye-openvino-"))


def available_threads() -> int:
    """Threads to compute with: OMP_NUM_THREADS where the user set it, else all cores that this process may use."""
    chosen = os.environ.get("OMP_NUM_THREADS", "")
    if chosen.isdecimal() and int(chosen) > 0:
        return int(chosen)
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def load_openvino() -> Any:
    """Import OpenVINO so that it reports nothing to its makers.

    `import openvino` sends an event over the network through openvino_telemetry unless that can't be imported.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino

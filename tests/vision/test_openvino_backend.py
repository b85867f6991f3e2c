"""Networks computed by OpenVINO: the same answers as torch's, kept translations, and silence on the network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tacticeye.config import Backend
from tacticeye.errors import ConfigurationError, WeightsError
from tacticeye.vision.network import open_network
from tacticeye.vision.openvino_backend import CACHE_FOLDER
from tacticeye.vision.pitch_keypoints import PitchKeypointDetector, save_pitch_network
from tacticeye.vision.pitch_network import LAYERS, PitchNetwork
from tacticeye.vision.ultralytics_backend import new_layers
from tests.vision.networks import untrained

pytest.importorskip("openvino", reason="OpenVINO isn't installed")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained(tmp_path_factory.mktemp("weights") / "any.pt")


def pictures(n: int, size: tuple[int, int] = (64, 96)) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 255, (n, *size, 3), np.uint8))


def test_answers_are_torchs_but_for_rounding_at_every_size(weights: Path) -> None:
    seen = [*pictures(3), *pictures(2, (96, 160))]
    theirs = open_network(weights, "cpu", Backend.TORCH).predict(seen)
    ours = open_network(weights, "cpu", Backend.OPENVINO).predict(seen)
    assert len(ours) == len(theirs) == 5
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)


@pytest.mark.parametrize("size", [(90, 160), (160, 90)])
def test_the_pitch_network_answers_as_with_torch(tmp_path: Path, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    save_pitch_network(PitchNetwork(*new_layers(LAYERS)), tmp_path / "pitch.pt")
    [picture] = pictures(1, size)
    theirs, ours = (
        PitchKeypointDetector(tmp_path / "pitch.pt", "cpu", backend, imgsz=160).detect(picture)
        for backend in (Backend.TORCH, Backend.OPENVINO)
    )
    np.testing.assert_allclose(ours.keypoints, theirs.keypoints, atol=1e-2)
    np.testing.assert_allclose(ours.lines, theirs.lines, atol=1)


@pytest.mark.parametrize("backend", [Backend.AUTO, Backend.OPENVINO])
def test_an_answer_does_not_depend_on_what_is_asked_together(weights: Path, backend: Backend) -> None:
    network = open_network(weights, "cpu", backend)
    seen = pictures(7)
    together = network.predict(seen)
    for picture, expected in zip(seen, together, strict=True):
        np.testing.assert_array_equal(network.predict([picture])[0], expected)
    assert network.predict([]) == []


def test_answers_are_the_same_each_time_the_network_is_opened(weights: Path) -> None:
    first, second = (open_network(weights, "cpu").predict(pictures(3)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_many_sizes_do_not_pile_up(weights: Path) -> None:
    network = open_network(weights, "cpu", Backend.OPENVINO)
    seen = [picture for k in range(1, 7) for picture in pictures(1, (32, 32 * k))]
    assert [a.shape[1] for a in network.predict(seen)] == [21 * k for k in range(1, 7)]
    assert len(network._queues) <= 4  # type: ignore[attr-defined]


def test_a_kept_translation_opens_without_torch_loading_the_weights(weights: Path) -> None:
    open_network(weights, "cpu", Backend.OPENVINO)
    code = (
        "import sys; from pathlib import Path; from tacticeye.vision.network import open_network\n"
        f"open_network(Path({str(weights)!r}), 'cpu')\nprint('ultralytics' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_damaged_translation_is_made_anew(weights: Path) -> None:
    seen = pictures(1)
    before = open_network(weights, "cpu", Backend.OPENVINO).predict(seen)[0]
    (kept,) = (weights.parent / CACHE_FOLDER).iterdir()
    (kept / "model.xml").write_text("<net")
    after = open_network(weights, "cpu", Backend.OPENVINO).predict(seen)[0]
    np.testing.assert_array_equal(after, before)


def test_changed_weights_are_translated_anew(tmp_path: Path) -> None:
    path = untrained(tmp_path / "any.pt", seed=1)
    first = open_network(path, "cpu", Backend.OPENVINO).predict(pictures(1))[0]
    untrained(path, seed=2)
    assert not np.array_equal(open_network(path, "cpu", Backend.OPENVINO).predict(pictures(1))[0], first)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = untrained(tmp_path / "weights" / "any.pt")
    path.parent.chmod(0o500)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert len(open_network(path, "cpu", Backend.OPENVINO).predict(pictures(1))) == 1
    assert (tmp_path / "cache" / "tacticeye" / CACHE_FOLDER).is_dir()


def test_loading_reports_nothing_to_anyone(weights: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tacticeye.vision.network import open_network\n"
        f"open_network(Path({str(weights)!r}), 'cpu')\n"
        "from openvino.tools.ovc import telemetry_utils\n"
        "print(sys.modules['openvino_telemetry'], telemetry_utils.tm.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "openvino.tools.ovc.telemetry_stub"]


def test_a_backend_that_cannot_be_is_refused(weights: Path) -> None:
    with pytest.raises(ConfigurationError, match="backend"):
        open_network(weights, "cpu", "tensorrt")  # type: ignore[arg-type]


def test_damaged_weights_are_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("these are no weights\n" * 50)
    with pytest.raises(WeightsError, match="damaged or no YOLO model") as caught:
        open_network(tmp_path / "text.pt", "cpu", Backend.OPENVINO)
    assert "\n" not in str(caught.value) and not list((tmp_path / CACHE_FOLDER).glob("*"))

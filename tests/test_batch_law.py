"""First law: how many frames a batch holds does not change the result. The real pipeline, the real database."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tacticeye.batch_processor import BatchProcessor
from tacticeye.config import AnalysisConfig
from tacticeye.match_state import MatchState
from tacticeye.store import MatchRecord, MatchStore, table_digests
from tacticeye.video_sources import LocalFileSource, read_frame_batches
from tests.demo_landmarks import recorded_landmarks

BATCH_FRAMES = (1, 7, 75)
CLIP_S = 3.0


def analyse(video: Path, config: AnalysisConfig, batch_frames: int, folder: Path) -> dict[str, str]:
    """Digests of all tables but `batches`, which tells where batches lie. Every state goes through JSON."""
    folder.mkdir()
    store = MatchStore(folder)
    with LocalFileSource(video) as source:
        size = source.get_metadata()
        store.create(
            MatchRecord("law", "{}", str(video), video.name, size.width, size.height, size.fps, 0.0, "2026-01-01")
        )
        processor = BatchProcessor(config, MatchState("law"))
        processor.initialize_modules()
        for item in read_frame_batches(source, batch_frames, config.analysis_hz):
            output = processor.process_chunk(item.batch, item.position, is_last=item.is_last)
            store.commit(output, processor.save_modules_state().to_json(), is_last=item.is_last)
    with store.read() as snapshot:
        digests = table_digests(snapshot)
        assert snapshot.progress().positions > 100, "an empty result would agree with anything"
    del digests["batches"]
    return digests


def cut(video: Path, seconds: float, to: Path) -> Path:
    """The first seconds of a video, packets copied as they are."""
    with av.open(str(video)) as source, av.open(str(to), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is None or packet.dts * packet.time_base > seconds:
                continue
            packet.stream = copy
            target.mux(packet)
    return to


@pytest.mark.timeout(900)
def test_batches_of_1_7_and_75_frames_agree_on_the_whole_demo_with_recorded_boxes(demo: Path, tmp_path: Path) -> None:
    landmarks = recorded_landmarks(demo, tmp_path / "landmarks.parquet")
    config = AnalysisConfig(
        model_path=str(demo / "demo.boxes.parquet"), pitch_model_path=str(landmarks), analysis_hz=5.0
    )
    results = [analyse(demo / "demo.mp4", config, n, tmp_path / str(n)) for n in BATCH_FRAMES]
    assert results[1] == results[0]
    assert results[2] == results[0]


@pytest.mark.shared
def test_batches_of_1_7_and_75_frames_agree_on_a_real_clip_with_the_real_detector(
    shared: Path, root: Path, tmp_path: Path
) -> None:
    clip = cut(shared / "clips" / "inter_napoli_720p25.mp4", CLIP_S, tmp_path / "clip.mp4")
    config = AnalysisConfig(model_path=str(root / "weights" / "best.pt"), imgsz=640, device="cpu")
    results = [analyse(clip, config, n, tmp_path / str(n)) for n in BATCH_FRAMES]
    assert results[1] == results[0]
    assert results[2] == results[0]

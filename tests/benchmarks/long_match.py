"""A long video for benchmarks: the demo match played over and over, with its recorded boxes."""

from __future__ import annotations

from pathlib import Path

import av
import pandas as pd

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


def loop_demo(folder: Path, times: int) -> tuple[Path, Path]:
    """The demo `times` in a row, packets copied, as (video, recorded boxes) in `folder`."""
    video, boxes = folder / "long.mp4", folder / "long.boxes.parquet"
    n_frames = 0
    with av.open(str(video), "w") as target:
        copy = None
        shift = 0
        for _ in range(times):
            with av.open(str(DEMO / "demo.mp4")) as source:
                stream = source.streams.video[0]
                copy = copy or target.add_stream_from_template(stream)
                longest = 0
                n_frames = stream.frames
                for packet in source.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    longest = max(longest, packet.pts + (packet.duration or 0))
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = copy
                    target.mux(packet)
                shift += longest
    once = pd.read_parquet(DEMO / "demo.boxes.parquet")
    length_s = n_frames / 25
    rounds = [once.assign(frame=once["frame"] + n_frames * i, t_s=once["t_s"] + length_s * i) for i in range(times)]
    pd.concat(rounds, ignore_index=True).to_parquet(boxes)
    return video, boxes

"""How much of a match was seen and how surely: counted batch by batch, and what the counts come to.

Counts and seconds add up over batches; shares and rates are made of sums, never averaged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tacticeye.types import BallPosition, BallSource, Boxes, Calibration, Role, TrackSummary


@dataclass(frozen=True)
class TrustScore:
    """Possession, passes and players hang on three things: the ball in sight, people followed, and their team told.

    share: 0..1 of the one that was had least often. weakest: "ball", "followed" or "team".
    """

    share: float
    weakest: str

    @classmethod
    def of(cls, counts: Mapping[str, float]) -> TrustScore | None:
        """From counts added up; None while there is nothing to go by."""
        seen = counts.get("ball_detected", 0.0) + counts.get("ball_interpolated", 0.0)
        parts = {
            "ball": (seen, seen + counts.get("ball_unseen", 0.0)),
            "followed": (counts.get("people_tracked", 0.0), counts.get("people_boxes", 0.0)),
            "team": (counts.get("people_with_team", 0.0), counts.get("people_boxes", 0.0)),
        }
        shares = {name: part / whole for name, (part, whole) in parts.items() if whole > 0}
        if len(shares) < len(parts):
            return None
        weakest = min(shares, key=lambda name: shares[name])
        return cls(shares[weakest], weakest)


def count_trust(
    covered_s: float,
    is_live: Sequence[bool],
    is_cut: Sequence[bool],
    boxes: Boxes,
    balls: Sequence[BallPosition | None],
    tracks: Sequence[TrackSummary],
    ids_new: int,
    calibration: Calibration,
) -> dict[str, float]:
    """Counts of a batch that covers `covered_s` s of video, by name.

    is_live, is_cut: of its analysed frames. balls: decisions that fell in this batch. tracks: those that were seen.
    frames_*: analysed frames; ball_*: frames by where their ball comes from; seconds_*: s of video.
    """
    sources = Counter(ball.source if ball else None for ball in balls)
    people = boxes.role != Role.BALL
    margins = [t.team_margin for t in tracks if t.role is Role.PLAYER]
    share_live = sum(is_live) / len(is_live) if is_live else 0.0
    return {
        "seconds_covered": covered_s,
        "seconds_not_live": covered_s * (1 - share_live),
        "frames_analysed": len(is_live),
        "frames_live": sum(is_live),
        "frames_calibrated": int(calibration.is_known.sum()),
        "cuts": sum(is_cut),
        "people_boxes": int(people.sum()),
        "people_tracked": int((people & (boxes.track >= 0)).sum()),
        "people_with_team": int((people & (boxes.team >= 0)).sum()),
        "ids_new": ids_new,
        "team_margin_sum": float(np.sum(margins)),
        "team_margin_tracks": len(margins),
        "ball_detected": sources[BallSource.DETECTED],
        "ball_interpolated": sources[BallSource.INTERPOLATED],
        "ball_unseen": sources[None],
    }

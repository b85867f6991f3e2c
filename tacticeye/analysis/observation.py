"""What one analysed frame tells the analysis of play: people, ball, and in which frame of reference they are given.

Two frames of reference are allowed. Metric: pitch metres, `units_per_metre` is 1. Not metric: pixels of one stabilised
picture (a shot), where a metre is as long as the person's box height says. There a step away from the camera looks
shorter than the same step across, so vertical image distances are stretched before they are compared (IMAGE_STRETCH).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacticeye.types import NOWHERE

BODY_HEIGHT_M = 1.8
# One metre of depth shows as about sin(elevation) metres of picture height: 0.3 to 0.6 for cameras in a stand. The full
# correction would also blow up the error of a box's lower edge, so about half of it is made.
IMAGE_STRETCH = 1.6


@dataclass(frozen=True, eq=False)
class FrameObservation:
    """People and ball at one instant; P people, the ball is not among them.

    frame            number of the decoded frame
    t_s              s of video
    is_live          False for close-ups, replays and the like: positions don't count
    is_cut           first observation of a new shot: nothing connects it with the one before
    track            (P,) int32, -1 none
    team             (P,) int8, 0 or 1, -1 unsure
    role             (P,) int8 of Role
    xy               (P, 2) float64, feet in one stabilised frame (px) or on the pitch (m)
    units_per_metre  (P,) float64, length of a metre in xy's units at each person
    place            (P, 2) float64, the same feet where events should show them
    ball_xy          (2,) float64, NaN unseen; in xy's frame of reference
    ball_place       (2,) float64, NaN unseen; where events should show the ball
    ball_is_detected False where the ball's position was interpolated
    is_metric        xy are pitch metres, origin bottom-left corner
    ball_pitch       (x, y) m of the pitch under the ball, NaN unknown; for events, where xy aren't metres themselves
    people_pitch     (P, 2) m of the pitch under people's feet, NaN unknown; as ball_pitch. None: all unknown
    is_dead          the source says that the ball is out of play (tracking data do, a camera doesn't)
    """

    frame: int
    t_s: float
    is_live: bool
    is_cut: bool
    track: NDArray[np.int32]
    team: NDArray[np.int8]
    role: NDArray[np.int8]
    xy: NDArray[np.float64]
    units_per_metre: NDArray[np.float64]
    place: NDArray[np.float64]
    ball_xy: NDArray[np.float64]
    ball_place: NDArray[np.float64]
    ball_is_detected: bool
    is_metric: bool = False
    is_dead: bool = False
    ball_pitch: tuple[float, float] = NOWHERE
    people_pitch: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        n = len(self.track)
        shapes = {
            "team": (n,),
            "role": (n,),
            "xy": (n, 2),
            "units_per_metre": (n,),
            "place": (n, 2),
            "ball_xy": (2,),
            "ball_place": (2,),
        }
        for name, shape in shapes.items():
            actual = getattr(self, name).shape
            if actual != shape:
                raise ValueError(f"FrameObservation.{name}: expected shape {shape}, got {actual}")

    @property
    def is_ball_seen(self) -> bool:
        """The ball has a position at this instant."""
        return bool(np.isfinite(self.ball_xy).all())

    @property
    def on_pitch(self) -> NDArray[np.float64]:
        """(P, 2) m of the pitch where people stand, NaN unknown."""
        if self.is_metric:
            return self.xy
        return np.full(self.xy.shape, np.nan) if self.people_pitch is None else self.people_pitch

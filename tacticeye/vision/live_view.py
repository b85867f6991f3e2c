"""Whether the picture is the match view, from the grass in it and the size of the people.

Heights are shares of the image height, durations seconds of video, so the answer doesn't depend on the rate at which
frames come. Ground of any hue from yellowish to bluish green counts as grass; indoor turf does, ice and halls don't.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import LiveViewState
from tacticeye.types import Image

# OpenCV hues (0..179) that turf takes: dry yellowish grass measured 31, floodlit turf 36 to 41, indoor and bluish 44
# to 48. Skin and wood lie below 20.
GRASS_HUES = (20, 95)
GRASS_MIN_SATURATION = 40  # white lines, ice and grey seats stay below
GRASS_MIN_BRIGHTNESS = 25  # the darkest indoor turf measured has a median of 58
HUE_TOLERANCE = 10  # around the most frequent hue: stripes and shade of one pitch stay within

# Main cameras show 44 % grass and more (portrait crops the least), close-ups before a stand 1 to 4 %.
MIN_GRASS_SHARE = 0.25
# With fewer people than a match view has, only a picture that is mostly pitch is believed.
FEW_PEOPLE = 4
MIN_GRASS_SHARE_FEW_PEOPLE = 0.4
LONELY = 1  # a new shot of grass with nobody or somebody alone in it is a close-up whose person the detector missed
# In a main camera's picture people are 5 to 20 % of its height; above a third it is a portrait of somebody.
CLOSE_UP_HEIGHT = 0.35
# A new shot that shows people this many times larger than live shots did is a replay or a camera at the touchline. The
# main camera's own zoom is not caught by this: it happens within a shot that is live already.
REPLAY_HEIGHT_RATIO = 1.8
BACK_HEIGHT_RATIO = 1.4  # such a shot counts as the match view again when people are that much larger at most
# Replays are shorter; what goes on for longer is the match filmed from closer than before.
REPLAY_LONGEST_S = 20.0
# A change of mind within a shot must last that long: a player who runs past the lens doesn't stop the match.
HYSTERESIS_S = 0.6
# The usual height follows the camera's zoom over about a minute.
USUAL_HEIGHT_TIME_CONSTANT_S = 60.0


@dataclass(frozen=True)
class View:
    """What the gate looks at in one frame. grass_share 0..1; height of people as a share of the image, NaN if none."""

    grass_share: float
    n_people: int
    height: float


def find_view(hsv: Image, heights: NDArray[np.float64], image_height: int) -> View:
    """What is seen in the small picture `hsv` (h, w, 3), OpenCV's 8 bits; `heights` (N,) source px of the people."""
    return View(grass_share(hsv), len(heights), _typical(heights) / image_height)


def grass_share(hsv: Image) -> float:
    """Share of `hsv` (h, w, 3), OpenCV's 8 bits, that has the colour of its most frequent grass-like hue."""
    is_vivid = cv2.inRange(hsv, (0, GRASS_MIN_SATURATION + 1, GRASS_MIN_BRIGHTNESS + 1), (255, 255, 255))
    count = cv2.calcHist([hsv], [0], is_vivid, [180], [0, 180]).ravel().astype(np.float64)
    count[: GRASS_HUES[0]] = 0
    count[GRASS_HUES[1] + 1 :] = 0
    width = 2 * HUE_TOLERANCE + 1
    return float(np.convolve(count, np.ones(width), "same").max() / is_vivid.size)


def _typical(heights: NDArray[np.float64]) -> float:
    """Median of `heights` weighted by area, NaN where empty: one person who fills the picture outweighs a crowd."""
    if not len(heights):
        return math.nan
    order = np.sort(heights)
    weight = np.cumsum(order**2)
    return float(order[np.searchsorted(weight, weight[-1] / 2)])


class LiveView:
    """The decision for each frame, with patience inside a shot and none at its start."""

    def __init__(self, state: LiveViewState) -> None:
        self._state = state

    def update(self, view: View, t_s: float, is_cut: bool) -> bool:
        """Whether the frame at `t_s` shows the match; `is_cut` marks the first frame of a shot."""
        before = self._state
        if is_cut:
            is_closer = view.height > REPLAY_HEIGHT_RATIO * before.usual_height
            before = replace(before, is_live=False, contrary_since_s=math.nan, shot_start_s=t_s, is_closer=is_closer)
        looks_live = self._looks_live(view, t_s, before)
        is_live, contrary_since_s = before.is_live, math.nan
        if is_cut:
            is_live = looks_live
        elif looks_live != is_live:
            contrary_since_s = t_s if math.isnan(before.contrary_since_s) else before.contrary_since_s
            if t_s - contrary_since_s >= HYSTERESIS_S:
                is_live, contrary_since_s = looks_live, math.nan
        usual = before.usual_height
        if is_live and looks_live and view.n_people >= FEW_PEOPLE:
            usual = _follow(usual, view.height, t_s - before.t_s)
        self._state = replace(before, t_s=t_s, is_live=is_live, contrary_since_s=contrary_since_s, usual_height=usual)
        return is_live

    @property
    def is_live(self) -> bool:
        """The decision for the last frame."""
        return self._state.is_live

    def state(self) -> LiveViewState:
        return self._state

    @staticmethod
    def _looks_live(view: View, t_s: float, before: LiveViewState) -> bool:
        needed = MIN_GRASS_SHARE if view.n_people >= FEW_PEOPLE else MIN_GRASS_SHARE_FEW_PEOPLE
        if view.grass_share < needed or view.height > CLOSE_UP_HEIGHT:
            return False
        if before.is_live:
            return True
        if math.isnan(before.usual_height):
            return True
        if view.n_people <= LONELY:
            return False
        if t_s - before.shot_start_s > REPLAY_LONGEST_S:
            return True
        return not view.height > (BACK_HEIGHT_RATIO if before.is_closer else REPLAY_HEIGHT_RATIO) * before.usual_height


def _follow(usual: float, height: float, step_s: float) -> float:
    """`usual` moved towards `height` by the share that `step_s` seconds deserve."""
    if math.isnan(usual):
        return height
    return usual + (height - usual) * (1 - math.exp(-max(step_s, 0.0) / USUAL_HEIGHT_TIME_CONSTANT_S))

"""Motion of the camera between analysed frames, cuts between shots, and whether a shot shows the match.

All pixels are looked at in a small picture, about 320 px on its longer side; the matrices that come out are in px of
the source frame. Nothing here counts frames: the same video at 5 or 25 frames a second gives the same shots.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.state_parts import CameraState
from tacticeye.types import Boxes, Image
from tacticeye.vision.live_view import LiveView, find_view
from tacticeye.vision.shot_change import GradualChange

Grey = NDArray[np.uint8]  # (h, w)
Matrix = NDArray[np.float64]  # (2, 3) similarity

SMALL_PX = 320  # longer side; motion found here is good to about 0.3 px, some 1 px of a 720p frame

# Corners are looked for in a picture of half that size: a quarter of the work, and they are followed as well.
CORNER_SCALE = 0.5
MAX_CORNERS = 130
# Far below OpenCV's usual 0.01: a bright window or a scoreboard is a strong corner, a line on dark turf a weak one.
CORNER_QUALITY = 0.002
CORNER_DISTANCE_PX = 6
MASK_MARGIN_PX = 3  # around people: their limbs and shadows move too
FLOW_WINDOW_PX = 13  # 15 costs a quarter more, and differs less than one corner left out does
FLOW_LEVELS = 3
RETURN_LEVELS = 1  # the way back is looked for near the way that most corners took
MAX_RETURN_PX = 0.7  # a point followed there and back must come home
MAX_RESIDUAL_PX = 1.0

# Measured on ten clips, up to 0.2 s apart: across cuts at most 11 of 200 corners come home and 3 agree on a motion;
# within a shot no fewer than 8 agree unless the picture is swept by more than a third.
MIN_AGREEING = 8
MIN_RETURNING_SHARE = 0.1
# What a television camera can do between two analysed frames.
MAX_ZOOM = 1.5
MAX_TURN_RAD = math.radians(20)
# A scoreboard or logo stands still whatever the camera does. Corners that move together win over corners that rest,
# if they are that many and that united.
RESTING_PX = 0.3
MIN_MOVING = 12
MIN_MOVING_AGREEING_SHARE = 0.4

# Part of the colours that changed, 0..1: fast pans reach 0.08, cuts between the same stadium's cameras begin at 0.16.
CUT_COLOUR_CHANGE = 0.12
# A close-up that sways changes its colours that much all the time: a cut is more than usual.
CUT_ABOVE_USUAL = 2.5
USUAL_TIME_CONSTANT_S = 0.5
COLOUR_BINS = (8, 4, 4)  # hue, saturation, brightness
# Parts of the previous picture that are searched for where flow fails: left, middle, right as shares of the width.
SEARCHED_PARTS = ((0.05, 0.4), (0.3, 0.7), (0.6, 0.95))


@dataclass(frozen=True, eq=False)
class FrameMotion:
    """How the camera moved up to one analysed frame. Similarities in px of the source frame.

    previous_to_current  (2, 3) float64, previous analysed frame -> this frame; identity after a cut or when unknown
    image_to_shot        (2, 3) float64, this frame -> the shot's first analysed frame (the stabilised frame)
    is_cut               first analysed frame of a new shot, also the very first frame
    is_live              False: close-up, replay and the like; positions don't count
    is_known             False: the motion couldn't be measured, so image_to_shot is off by that step
    bridge               (2, 3) float64, last live frame before the cut -> this frame: on the first live frame after a
                         cut whose picture overlaps with that one, else None
    """

    previous_to_current: Matrix
    image_to_shot: Matrix
    is_cut: bool
    is_live: bool
    is_known: bool = True
    bridge: Matrix | None = None


class CameraMotion:
    """Follows the camera through the analysed frames of one match."""

    def __init__(self, state: CameraState) -> None:
        self._grey = _decode_grey(state.grey_png)
        self._colours = np.asarray(state.colours, np.float64)
        self._people = np.asarray(state.people_xyxy, np.float64).reshape(-1, 4)
        self._image_to_shot = np.asarray(state.image_to_shot, np.float64).reshape(2, 3)
        self._live = LiveView(state.live)
        self._before_cut = _decode_grey(state.before_cut_png)
        self._t_s, self._usual_change = state.t_s, state.usual_change
        self._gradual = GradualChange(state.earlier)

    def update(self, image: Image, t_s: float, people: Boxes) -> FrameMotion:
        """The motion up to `image`, shown at `t_s`, in which `people` were found. Frames come in the order of time."""
        scale = SMALL_PX / max(image.shape[:2])
        size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
        picture = shrink(image, size)
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        hsv = np.asarray(cv2.cvtColor(np.ascontiguousarray(picture[::2, ::2]), cv2.COLOR_BGR2HSV), np.uint8)
        colours = colour_histogram(hsv)
        motion = None
        is_cut = self._grey is None or self._grey.shape != grey.shape
        if self._grey is not None and not is_cut:
            motion = find_motion(self._grey, grey, self._people)
            is_cut = self._follow_colours(colours, t_s) and motion is None
        small_step = np.eye(2, 3) if motion is None else motion
        if is_cut or not self._live.is_live:
            self._gradual.start_shot()
        # Close-ups change all the time; only of a live shot it matters that it ended unnoticed.
        is_cut |= self._live.is_live and self._gradual.update(grey, colours, small_step, t_s)
        step = np.eye(2, 3) if motion is None or is_cut else to_source_px(motion, scale)
        self._image_to_shot = np.eye(2, 3) if is_cut else compose(self._image_to_shot, invert(step))
        if is_cut and self._live.is_live:
            self._before_cut = self._grey
        is_live = self._live.update(find_view(hsv, people.height, image.shape[0]), t_s, is_cut)
        self._t_s = t_s
        self._grey, self._colours, self._people = grey, colours, people.xyxy.astype(np.float64) * scale
        return FrameMotion(
            previous_to_current=step,
            image_to_shot=self._image_to_shot,
            is_cut=is_cut,
            is_live=is_live,
            is_known=motion is not None or is_cut,
            bridge=self._bridge(grey, scale) if is_live else None,
        )

    def _follow_colours(self, colours: NDArray[np.float64], t_s: float) -> bool:
        """Whether the colours changed as they do at a cut; learns how much they usually do."""
        change = 1 - float(np.minimum(colours, self._colours).sum())
        is_break = change > max(CUT_COLOUR_CHANGE, CUT_ABOVE_USUAL * self._usual_change)
        followed = 1 - math.exp(-max(t_s - self._t_s, 0.0) / USUAL_TIME_CONSTANT_S) if math.isfinite(self._t_s) else 1.0
        learned = min(change, 2 * CUT_COLOUR_CHANGE)  # a cut is not what is usual
        self._usual_change += followed * (learned - self._usual_change)
        return is_break

    def _bridge(self, grey: Grey, scale: float) -> Matrix | None:
        """Tried once, on the first live frame after a cut: motion from the last live frame before it."""
        before, self._before_cut = self._before_cut, None
        if before is None or before.shape != grey.shape:
            return None
        motion = find_motion(before, grey, np.zeros((0, 4)))
        return None if motion is None else to_source_px(motion, scale)

    def state(self) -> CameraState:
        return CameraState(
            grey_png=_encode_grey(self._grey),
            colours=self._colours.tolist(),
            people_xyxy=self._people.tolist(),
            image_to_shot=self._image_to_shot.tolist(),
            live=self._live.state(),
            before_cut_png=_encode_grey(self._before_cut),
            t_s=self._t_s,
            usual_change=self._usual_change,
            earlier=self._gradual.state(),
        )


def shrink(image: Image, size: tuple[int, int]) -> Image:
    """`image` at a smaller `size` (width, height) px, each pixel the mean of those it stands for.

    By halves first: OpenCV's mean of 2 x 2 px is so much faster than of more that it costs a quarter.
    """
    while min(image.shape[1] // size[0], image.shape[0] // size[1]) >= 2:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def compose(second: Matrix, first: Matrix) -> Matrix:
    """The (2, 3) similarity that does `first`, then `second`."""
    linear = second[:, :2] @ first[:, :2]
    return np.column_stack([linear, second[:, :2] @ first[:, 2] + second[:, 2]])


def invert(matrix: Matrix) -> Matrix:
    """The (2, 3) similarity that undoes `matrix`."""
    (a, b, x), (c, d, y) = matrix.tolist()
    size = a * d - b * c
    return np.asarray(np.array([[d, -b, b * y - d * x], [-c, a, c * x - a * y]]) / size, np.float64)


def to_source_px(motion: Matrix, scale: float) -> Matrix:
    """A similarity of small pictures as one of source frames, where small px = (source px + 0.5) * scale - 0.5."""
    offset = np.full(2, 0.5 * scale - 0.5)
    return np.column_stack([motion[:, :2], (motion[:, :2] @ offset + motion[:, 2] - offset) / scale])


def colour_histogram(hsv: Image) -> NDArray[np.float64]:
    """(bins,) shares of the colours of `hsv` (h, w, 3), OpenCV's 8 bits, sum 1."""
    count = cv2.calcHist([hsv], [0, 1, 2], None, list(COLOUR_BINS), [0, 180, 0, 256, 0, 256])
    shares: NDArray[np.float64] = np.asarray(count, np.float64).ravel() / (hsv.shape[0] * hsv.shape[1])
    return shares


def find_motion(previous: Grey, current: Grey, people_xyxy: NDArray[np.float64]) -> Matrix | None:
    """Similarity previous -> current in small px from the corners that aren't on people; None where none is credible.

    people_xyxy (N, 4): people in `previous`.
    """
    points = _find_corners(previous, people_xyxy)
    if len(points) < MIN_AGREEING:
        return None
    motion = _follow_corners(previous, current, points, np.zeros(2, np.float32))
    if motion is not None:
        return motion
    for shift in _search_shifts(previous, current):
        motion = _follow_corners(previous, current, points, shift)
        if motion is not None:
            return motion
    return None


def _find_corners(grey: Grey, people_xyxy: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N, 2) px of `grey`: places that can be told from their surroundings, not on people (N, 4)."""
    half = cv2.resize(grey, None, fx=CORNER_SCALE, fy=CORNER_SCALE, interpolation=cv2.INTER_AREA)
    mask = np.full(half.shape, 255, np.uint8)
    margin = np.array([-MASK_MARGIN_PX, -MASK_MARGIN_PX, MASK_MARGIN_PX, MASK_MARGIN_PX])
    around = (np.clip(people_xyxy, 0, SMALL_PX) + margin) * CORNER_SCALE
    for x1, y1, x2, y2 in np.maximum(around, 0).astype(int).tolist():
        mask[y1 : y2 + 1, x1 : x2 + 1] = 0
    distance = CORNER_DISTANCE_PX * CORNER_SCALE
    corners = cv2.goodFeaturesToTrack(half, MAX_CORNERS, CORNER_QUALITY, distance, mask=mask)
    if corners is None:
        return np.zeros((0, 2), np.float32)
    return np.asarray((corners.reshape(-1, 2) + 0.5) / CORNER_SCALE - 0.5, np.float32)


def _follow_corners(
    previous: Grey, current: Grey, points: NDArray[np.float32], shift: NDArray[np.float32]
) -> Matrix | None:
    """Motion of `points` (N, 2) when looked for near `points + shift`; None where too few come home or agree."""
    there, found = _flow(previous, current, points, points + shift, FLOW_LEVELS)
    usual = np.array([median(steps) for steps in (there - points).T.tolist()], np.float32)
    home, returned = _flow(current, previous, there, there - usual, RETURN_LEVELS)
    is_good = found & returned & (np.abs(home - points).max(axis=1) < MAX_RETURN_PX)
    if is_good.sum() < max(MIN_AGREEING, MIN_RETURNING_SHARE * len(points)):
        return None
    return _agree(points[is_good], there[is_good])


def _flow(
    start: Grey, end: Grey, points: NDArray[np.float32], near: NDArray[np.float32], levels: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where `points` (N, 2) of `start` are in `end`, looked for about `near` (N, 2); and which were found (N,)."""
    there, status, _ = cv2.calcOpticalFlowPyrLK(
        start,
        end,
        points,
        near,
        winSize=(FLOW_WINDOW_PX, FLOW_WINDOW_PX),
        maxLevel=levels,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03),
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return there, status.ravel() == 1


def _agree(before: NDArray[np.float32], after: NDArray[np.float32]) -> Matrix | None:
    """The similarity on which most corners agree, those at rest outvoted by enough that move together."""
    motion, agreeing = _estimate(before, after)
    is_moving = np.abs(after - before).max(axis=1) > RESTING_PX
    if motion is None or (agreeing & ~is_moving).sum() * 2 < agreeing.sum() or is_moving.sum() < MIN_MOVING:
        return motion
    other, moving_agreeing = _estimate(before[is_moving], after[is_moving])
    if other is None or moving_agreeing.sum() < max(MIN_MOVING, MIN_MOVING_AGREEING_SHARE * is_moving.sum()):
        return motion
    return other


def _estimate(before: NDArray[np.float32], after: NDArray[np.float32]) -> tuple[Matrix | None, NDArray[np.bool_]]:
    """Robust similarity and which rows agree with it; None where too few do or no camera moves like that."""
    matrix, agreeing = cv2.estimateAffinePartial2D(
        before, after, method=cv2.RANSAC, ransacReprojThreshold=MAX_RESIDUAL_PX
    )
    rows = np.zeros(len(before), np.bool_) if agreeing is None else np.asarray(agreeing).ravel() == 1
    if matrix is None or rows.sum() < MIN_AGREEING:
        return None, rows
    zoom, turn = math.hypot(matrix[0, 0], matrix[1, 0]), math.atan2(matrix[1, 0], matrix[0, 0])
    if not 1 / MAX_ZOOM < zoom < MAX_ZOOM or abs(turn) > MAX_TURN_RAD:
        return None, rows
    return np.asarray(matrix, np.float64), rows


def _search_shifts(previous: Grey, current: Grey) -> list[NDArray[np.float32]]:
    """Shifts (2,) px that are worth a try after a fast pan: by phase correlation, and of parts of the picture."""
    a, b = (cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for grey in (previous, current))
    height, width = a.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    whole, _ = cv2.phaseCorrelate(a.astype(np.float32), b.astype(np.float32), window)
    shifts = [(whole, 0.0)]
    for left, right in SEARCHED_PARTS:
        x1, x2, y1, y2 = int(width * left), int(width * right), height // 8, height - height // 8
        fit = cv2.matchTemplate(b, a[y1:y2, x1:x2], cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(fit)
        shifts.append(((x - x1, y - y1), best))
    order = sorted(shifts, key=lambda shift: -shift[1])
    return [np.array(shift, np.float32) * 2 for shift, _ in order]


def _encode_grey(grey: Grey | None) -> str:
    """Base64 of a PNG, "" for none: JSON carries it, and it comes back bit for bit."""
    if grey is None:
        return ""
    return base64.b64encode(cv2.imencode(".png", grey)[1].tobytes()).decode("ascii")


def _decode_grey(text: str) -> Grey | None:
    if not text:
        return None
    data = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)

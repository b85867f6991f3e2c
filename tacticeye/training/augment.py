"""Changes to a labelled picture that a detector should not mind: view, kits, light, weather, lenses, compression.

Pictures are (H, W, 3) uint8 BGR; boxes (N, 4) float32 xyxy px; every function draws from the generator it is given.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image, Role

Matrix = NDArray[np.float64]
GREY = (114, 114, 114)
LEAST_REFEREE_PX = 18  # a person lower than this shows no shorts
FAR_LAB = 45.0  # distance of shirts that nobody confuses, in 8-bit Lab


def random_view(
    rng: np.random.Generator, size: tuple[int, int], canvas: tuple[int, int], scale: float, centre: NDArray[np.float64]
) -> Matrix:
    """(3, 3) source px -> canvas px: a window of the picture at `scale`, slightly turned, sheared, maybe mirrored.

    size, canvas: width, height px. centre (2,) source px: what should come near the middle of the canvas.
    """
    width, height = canvas
    angle = np.deg2rad(rng.normal(0, 1.5))
    stretch = float(np.exp(rng.normal(0, 0.04)))
    shear = float(rng.normal(0, 0.02))
    linear = scale * np.array([[np.cos(angle), -np.sin(angle) + shear], [np.sin(angle), np.cos(angle) * stretch]])
    if rng.random() < 0.5:
        linear[:, 0] *= -1
    middle = np.array([width, height]) / 2 + rng.uniform(-0.2, 0.2, 2) * (width, height)
    shift = middle - linear @ centre
    # Where the scaled picture is as large as the canvas, keep the canvas inside it; else the picture inside the canvas.
    corners = np.array([(0, 0), (size[0], 0), (0, size[1]), size], float) @ linear.T + shift
    low, high = corners.min(0), corners.max(0)
    for axis, room in enumerate((width, height)):
        slack = (high[axis] - low[axis]) - room
        if slack >= 0:
            shift[axis] -= max(low[axis], 0) + min(high[axis] - room, 0)
        else:
            shift[axis] += rng.uniform(0, -slack) - low[axis]
    return np.array([[*linear[0], shift[0]], [*linear[1], shift[1]], [0, 0, 1]])


def warp(image: Image, matrix: Matrix, canvas: tuple[int, int]) -> Image:
    """The picture under (3, 3) source -> canvas px, grey where there is none."""
    interpolation = cv2.INTER_AREA if abs(np.linalg.det(matrix[:2, :2])) < 0.2 else cv2.INTER_LINEAR
    border = cv2.BORDER_CONSTANT
    moved = cv2.warpAffine(image, matrix[:2], canvas, flags=interpolation, borderMode=border, borderValue=GREY)
    return np.asarray(moved, np.uint8)


def warp_boxes(
    xyxy: NDArray[np.float32], matrix: Matrix, canvas: tuple[int, int], min_inside: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Boxes on the canvas, clipped, and which of them stay: those with `min_inside` of their area inside, 0..1."""
    corners = xyxy[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) @ matrix[:2, :2].T + matrix[:2, 2]
    whole = np.hstack([corners.min(1), corners.max(1)])
    limit = np.array([*canvas, *canvas], float)
    clipped = np.clip(whole, 0, limit)
    area = np.prod(whole[:, 2:] - whole[:, :2], axis=1)
    inside = np.prod(clipped[:, 2:] - clipped[:, :2], axis=1)
    return clipped.astype(np.float32), inside >= np.maximum(min_inside * area, 4.0)


def recolour_kits(rng: np.random.Generator, image: Image, xyxy: NDArray[np.float32], group: NDArray[np.int8]) -> None:
    """Turn the colours of people in place, one turn a group (shirts of a side differ as before), grass left alone.

    group (N,) int8: boxes that turn together, -1 left as they are.
    """
    grass_hue = _dominant_hue(image)
    for number in np.unique(group[group >= 0]):
        turn = int(rng.integers(0, 180))
        saturation, value = rng.uniform(0.6, 1.4), rng.uniform(0.75, 1.25)
        for x1, y1, x2, y2 in xyxy[group == number].astype(int):
            patch = image[max(y1, 0) : y2, max(x1, 0) : x2]
            if not patch.size:
                continue
            hsv = cv2.cvtColor(patch, cv2.COLOR_BGR2HSV).astype(np.int16)
            from_grass = np.abs((hsv[..., 0] - grass_hue + 90) % 180 - 90)
            is_kit = (from_grass > 18) | (hsv[..., 1] < 50)
            hsv[..., 0] = (hsv[..., 0] + turn) % 180
            hsv[..., 1] = np.clip(hsv[..., 1] * saturation, 0, 255)
            hsv[..., 2] = np.clip(hsv[..., 2] * value, 0, 255)
            turned = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)
            patch[is_kit] = turned[is_kit]


def dress(rng: np.random.Generator, image: Image, xyxy: NDArray[np.float32], *, shirt_only: bool) -> None:
    """Dye the people in these boxes in place in one colour drawn at random, grass and skin's shading left alone.

    A referee of a match never seen wears a colour never seen: what he is must be told by how he differs from the rest.
    """
    grass_hue = _dominant_hue(image)
    hue, saturation = int(rng.integers(0, 180)), float(rng.uniform(60, 240))
    if rng.random() < 0.25:
        saturation = float(rng.uniform(0, 40))  # black, grey and white
    value = float(rng.uniform(25, 245))
    bottom = 0.5 if shirt_only else 0.72
    for x1, y1, x2, y2 in xyxy.astype(int):
        height = y2 - y1
        cloth = image[max(y1 + round(0.14 * height), 0) : max(y1 + round(bottom * height), 0), max(x1, 0) : x2]
        _dye(cloth, grass_hue, np.array([hue, saturation, value]))


def make_referees(
    rng: np.random.Generator, image: Image, xyxy: NDArray[np.float32], role: NDArray[np.int8], most: int
) -> NDArray[np.int8]:
    """Dye up to `most` players who stand free as referees, in place; the roles (N,) with those players as referees.

    Shirt in a colour that no other person's shirt comes near, shorts and socks black, or dark as the shirt: what
    tells a referee in most matches. Few real ones are labelled, always in the same kits and the same strides.
    """
    height = xyxy[:, 3] - xyxy[:, 1]
    is_free = (role == Role.PLAYER) & (height >= LEAST_REFEREE_PX) & ~_touches_another(xyxy)
    free = rng.permutation(np.flatnonzero(is_free))[:most]
    role = role.copy()
    if not len(free):
        return role
    grass_hue = _dominant_hue(image)
    shirts = np.array([_shirt_lab(image, box) for box in xyxy[role != Role.BALL]])
    colour = _colour_apart(rng, shirts)
    dark = np.array([rng.uniform(0, 180), rng.uniform(0, 60), rng.uniform(15, 55)])
    below = colour if colour[2] < 70 or rng.random() < 0.1 else dark
    for i in free.tolist():
        x1, y1, x2, y2 = np.maximum(xyxy[i].astype(int), 0).tolist()
        person, height_px = image[y1:y2, x1:x2].copy(), y2 - y1
        for top, bottom, dye in ((0.14, 0.47, colour), (0.47, 0.68, below), (0.78, 0.97, below)):
            _dye(image[y1 + round(top * height_px) : y1 + round(bottom * height_px), x1:x2], grass_hue, dye)
        # A shirt as green as the grass takes no dye: such a player stays one.
        if np.linalg.norm(_shirt_lab(image, xyxy[i]) - shirts, axis=1).min() >= FAR_LAB / 2:
            role[i] = Role.REFEREE
        else:
            image[y1:y2, x1:x2] = person
    return role


def _touches_another(xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N,) whose box overlaps another's."""
    sides = np.minimum(xyxy[:, None, 2:], xyxy[None, :, 2:]) - np.maximum(xyxy[:, None, :2], xyxy[None, :, :2])
    touches = np.asarray((sides > 0).all(axis=2))
    return np.asarray(touches.sum(axis=1) > 1)  # each touches itself


def _shirt_lab(image: Image, box: NDArray[np.float32]) -> NDArray[np.float64]:
    """(3,) median Lab of the middle of a person's torso, OpenCV's 8 bits."""
    x1, y1, x2, y2 = box
    rows = slice(max(int(y1 + 0.2 * (y2 - y1)), 0), max(int(y1 + 0.45 * (y2 - y1)), 1))
    columns = slice(max(int(x1 + 0.3 * (x2 - x1)), 0), max(int(x1 + 0.7 * (x2 - x1)) + 1, 1))
    patch = image[rows, columns]
    if not patch.size:
        return np.full(3, np.inf)
    return np.asarray(np.median(cv2.cvtColor(patch, cv2.COLOR_BGR2LAB).reshape(-1, 3), axis=0), np.float64)


def _colour_apart(rng: np.random.Generator, shirts: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) HSV, of ten drawn the first that is far from all shirts (N, 3) Lab, else the farthest."""
    hue, saturation = rng.integers(0, 180, 10), np.where(rng.random(10) < 0.85, rng.uniform(70, 240, 10), 20.0)
    value = np.where(rng.random(10) < 0.25, rng.uniform(20, 60, 10), rng.uniform(110, 245, 10))
    drawn = np.column_stack([hue, saturation, value])
    bgr = cv2.cvtColor(drawn[None].astype(np.uint8), cv2.COLOR_HSV2BGR)
    lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)[0].astype(np.float64)
    apart = np.linalg.norm(lab[:, None] - shirts[None], axis=2).min(axis=1, initial=np.inf)
    far = np.flatnonzero(apart >= FAR_LAB)
    return np.asarray(drawn[far[0] if len(far) else int(np.argmax(apart))], np.float64)


def _dye(patch: Image, grass_hue: int, colour: NDArray[np.float64]) -> None:
    """Move the mean colour of what is not grass to `colour`, HSV as OpenCV's 8 bits, in place."""
    if not patch.size:
        return
    hsv = cv2.cvtColor(patch, cv2.COLOR_BGR2HSV).astype(np.float32)
    from_grass = np.abs((hsv[..., 0] - grass_hue + 90) % 180 - 90)
    is_cloth = (from_grass > 18) | (hsv[..., 1] < 50)
    if not is_cloth.any():
        return
    hue, saturation, value = colour
    mean = hsv[is_cloth].mean(0)
    hsv[..., 0] = hue
    hsv[..., 1] = np.clip(saturation + 0.5 * (hsv[..., 1] - mean[1]), 0, 255)
    hsv[..., 2] = np.clip(value + (hsv[..., 2] - mean[2]), 0, 255)
    dyed = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)
    patch[is_cloth] = dyed[is_cloth]


def _dominant_hue(image: Image) -> int:
    small = cv2.cvtColor(image[::16, ::16], cv2.COLOR_BGR2HSV)
    coloured = small[..., 0][small[..., 1] > 60]
    return int(np.bincount(coloured, minlength=180).argmax()) if coloured.size else 60


def change_light(rng: np.random.Generator, image: Image) -> Image:
    """White balance, gamma, contrast and saturation; now and then night, haze or rain."""
    gain = np.exp(rng.normal(0, 0.07, 3)) * np.exp(rng.normal(0, 0.1))
    gamma = float(np.exp(rng.normal(0, 0.22)))
    contrast = float(np.exp(rng.normal(0, 0.15)))
    level = np.arange(256, dtype=np.float32) / 255
    curve = np.clip((level**gamma - 0.45) * contrast + 0.45, 0, 1)
    haze = float(rng.uniform(0.1, 0.45)) if rng.random() < 0.08 else 0.0
    curve = curve * (1 - haze) + haze * rng.uniform(0.6, 0.85)
    if rng.random() < 0.1:
        curve = curve * rng.uniform(0.4, 0.75)
    table = np.clip(curve[:, None] * gain[None] * 255, 0, 255).astype(np.uint8)
    image = np.asarray(cv2.LUT(image, table[None].reshape(1, 256, 3)), np.uint8)
    if rng.random() < 0.5:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(rng.normal(0, 5))) % 180
        hsv[..., 1] = cv2.convertScaleAbs(hsv[..., 1], alpha=float(np.exp(rng.normal(0, 0.3))))
        image = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)
    if rng.random() < 0.04:
        image = _rain(rng, image)
    if rng.random() < 0.05:
        image = np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    return image


def _rain(rng: np.random.Generator, image: Image) -> Image:
    height, width = image.shape[:2]
    drops = (rng.random((height, width)) > rng.uniform(0.995, 0.999)).astype(np.float32)
    length = int(rng.integers(7, 21))
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (int(rng.integers(length // 3, length)), 0), (length // 3, length - 1), 1.0)
    streaks = cv2.filter2D(drops, -1, kernel)
    return np.asarray(np.clip(image + 60 * np.clip(streaks, 0, 1)[..., None], 0, 255), np.uint8)


def degrade(rng: np.random.Generator, image: Image) -> Image:
    """What lens, sensor and codec leave: blur or motion blur, noise, low resolution, over-sharpening, JPEG."""
    chance = rng.random()
    if chance < 0.15:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.4))), np.uint8)
    elif chance < 0.27:
        length = int(rng.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.normal(0, 0.4)
        middle = (length - 1) / 2
        reach = np.array([np.cos(angle), np.sin(angle)]) * middle
        start, stop = np.rint(middle - reach).astype(int), np.rint(middle + reach).astype(int)
        cv2.line(kernel, tuple(start.tolist()), tuple(stop.tolist()), 1.0)
        image = np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)
    elif chance < 0.42:
        share = float(rng.uniform(0.45, 0.9))
        size = image.shape[1::-1]
        small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    elif chance < 0.5:
        soft = cv2.GaussianBlur(image, (0, 0), 1.5)
        image = np.asarray(cv2.addWeighted(image, 1.6, soft, -0.6, 0), np.uint8)
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(2, 9), (image.shape[0] // 2, image.shape[1] // 2, 1)).astype(np.float32)
        grown = cv2.resize(noise, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)[..., None]
        image = np.asarray(np.clip(image + grown, 0, 255), np.uint8)
    if rng.random() < 0.45:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(18, 85))]
        image = np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR), np.uint8)
    return image

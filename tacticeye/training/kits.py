"""Other kits for the people in a labelled picture: few matches are labelled, and each has its own.

Pictures are (H, W, 3) uint8 BGR and changed in place; boxes (N, 4) float32 xyxy px; every function draws from the
generator it is given.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from tacticeye.types import Image, Role

Colour = NDArray[np.float64]  # (3,) hue, saturation, value in OpenCV's 8 bits

LEAST_REFEREE_PX = 18  # a person lower than this shows no shorts
FAR_LAB = 45.0  # distance of shirts that nobody confuses, in 8-bit Lab
ALIKE_LAB = 22.0  # distance of two sides' shirts below which they can't be told apart for certain
LEAST_SIDE = 0.2  # of the players seen; a smaller heap of shirts is shade, not a side
# Rows of a person's box, from its top: shirt, shorts, socks.
SHIRT, SHORTS, SOCKS = (0.14, 0.47), (0.47, 0.68), (0.78, 0.97)


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


def dress_sides(rng: np.random.Generator, image: Image, xyxy: NDArray[np.float32], role: NDArray[np.int8]) -> None:
    """Dye the players of each side in a kit drawn at random, each side's shirt unlike the other's.

    Sides are two heaps of shirt colours; where there are no two clear ones nothing is changed.
    """
    players = np.flatnonzero(role == Role.PLAYER)
    shirts = np.array([_shirt_lab(image, xyxy[i]) for i in players]).reshape(-1, 3)
    is_seen = np.isfinite(shirts).all(axis=1)
    players, shirts = players[is_seen], shirts[is_seen]
    if len(players) < 4:
        return
    side = _two_heaps(shirts)
    if side is None:
        return
    grass_hue = _dominant_hue(image)
    worn = np.zeros((0, 3))
    for k in (0, 1):
        if rng.random() < 0.15:
            continue  # this side keeps its kit
        shirt = _colour_apart(rng, worn, FAR_LAB)
        worn = np.vstack([worn, _lab(shirt[None])])
        kit = {SHIRT: shirt, SHORTS: _below(rng, shirt), SOCKS: _below(rng, shirt)}
        for i in players[side == k].tolist():
            _dye_person(image, xyxy[i], grass_hue, kit)


def _two_heaps(shirts: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """(N,) 0 or 1: two means of the colours (N, 3); None where they lie near each other or one heap is a few odd ones.

    Begun with halves along the main axis of the colours: begun with the farthest, one odd shirt would be a side.
    """
    middle = shirts.mean(axis=0)
    _, _, axes = np.linalg.svd(shirts - middle, full_matrices=False)
    along = (shirts - middle) @ axes[0]
    side = (along > np.median(along)).astype(np.int64)
    for _ in range(5):
        if not 0 < side.sum() < len(side):
            return None
        centres = np.array([shirts[side == k].mean(axis=0) for k in (0, 1)])
        side = np.linalg.norm(shirts[:, None] - centres, axis=2).argmin(axis=1)
    smaller = min(side.mean(), 1 - side.mean())
    return side if smaller >= LEAST_SIDE and np.linalg.norm(centres[0] - centres[1]) >= ALIKE_LAB else None


def _below(rng: np.random.Generator, shirt: Colour) -> Colour:
    """Shorts or socks to a shirt: as it, dark, white, or of any colour."""
    chance = rng.random()
    if chance < 0.35:
        return shirt
    if chance < 0.55:
        return _dark(rng)
    if chance < 0.75:
        return np.array([rng.uniform(0, 180), rng.uniform(0, 30), rng.uniform(180, 245)])
    return np.array([rng.uniform(0, 180), rng.uniform(60, 240), rng.uniform(40, 240)])


def _dark(rng: np.random.Generator) -> Colour:
    return np.array([rng.uniform(0, 180), rng.uniform(0, 60), rng.uniform(15, 55)])


def dress_apart(
    rng: np.random.Generator, image: Image, xyxy: NDArray[np.float32], role: NDArray[np.int8], whom: Role
) -> None:
    """Dye all of one role in a shirt unlike everybody else's, and mostly what they wear below: dark for referees, for
    goalkeepers as the shirt or of any colour."""
    who = np.flatnonzero(role == whom)
    if not len(who):
        return
    others = np.flatnonzero(np.isin(role, (Role.PLAYER, Role.GOALKEEPER, Role.REFEREE)) & (role != whom))
    shirts = np.array([_shirt_lab(image, xyxy[i]) for i in others]).reshape(-1, 3)
    shirt = _colour_apart(rng, shirts[np.isfinite(shirts).all(axis=1)], float(rng.uniform(ALIKE_LAB, 50)))
    if whom == Role.REFEREE:
        shorts = _dark(rng) if rng.random() < 0.85 else shirt
        socks = shorts if rng.random() < 0.8 else shirt
        keeps = 0.4
    else:
        anything = np.array([rng.uniform(0, 180), rng.uniform(0, 240), rng.uniform(20, 240)])
        shorts = socks = shirt if rng.random() < 0.7 else anything
        keeps = 0.3
    kit = {SHIRT: shirt} if rng.random() < keeps else {SHIRT: shirt, SHORTS: shorts, SOCKS: socks}
    grass_hue = _dominant_hue(image)
    for i in who.tolist():
        _dye_person(image, xyxy[i], grass_hue, kit)


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
    colour = _colour_apart(rng, shirts, FAR_LAB)
    below = colour if colour[2] < 70 or rng.random() < 0.1 else _dark(rng)
    for i in free.tolist():
        x1, y1, x2, y2 = np.maximum(xyxy[i].astype(int), 0).tolist()
        person = image[y1:y2, x1:x2].copy()
        _dye_person(image, xyxy[i], grass_hue, {SHIRT: colour, SHORTS: below, SOCKS: below})
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


def _colour_apart(rng: np.random.Generator, shirts: NDArray[np.float64], apart_lab: float) -> Colour:
    """Of ten drawn the first that is `apart_lab` from all shirts (N, 3) Lab, else the farthest."""
    hue, saturation = rng.integers(0, 180, 10), np.where(rng.random(10) < 0.85, rng.uniform(70, 240, 10), 20.0)
    value = np.where(rng.random(10) < 0.25, rng.uniform(20, 60, 10), rng.uniform(110, 245, 10))
    drawn = np.column_stack([hue, saturation, value])
    apart = np.linalg.norm(_lab(drawn)[:, None] - shirts[None], axis=2).min(axis=1, initial=np.inf)
    far = np.flatnonzero(apart >= apart_lab)
    return np.asarray(drawn[far[0] if len(far) else int(np.argmax(apart))], np.float64)


def _lab(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) Lab of (N, 3) HSV, OpenCV's 8 bits both."""
    bgr = cv2.cvtColor(colours[None].astype(np.uint8), cv2.COLOR_HSV2BGR)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)[0], np.float64)


def _dye_person(
    image: Image, box: NDArray[np.float32], grass_hue: int, colours: Mapping[tuple[float, float], Colour]
) -> None:
    """Dye rows of a person's box (shares of its height from its top) in the colours given for them."""
    x1, y1, x2, y2 = np.maximum(box.astype(int), 0).tolist()
    for (top, bottom), colour in colours.items():
        _dye(image[y1 + round(top * (y2 - y1)) : y1 + round(bottom * (y2 - y1)), x1:x2], grass_hue, colour)


def _dye(patch: Image, grass_hue: int, colour: Colour) -> None:
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

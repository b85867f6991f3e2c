"""Labelled images in YOLO's format: reading, checking, and keeping matches apart.

A data set is a folder with data.yaml (names of the classes, one entry a split), images and labels. A split is a list
file (one image a line, relative to the list) or a folder of images; where data.yaml doesn't name a split, a list of
its name (val.txt) will do. The label of images/NAME.jpg is labels/NAME.txt, one object a line:
`class cx cy width height` as shares of the picture, then for poses `x y visibility` of each keypoint. An image without
a label file shows nothing. Classes mean what their names say, not their numbers.

The match a frame belongs to is read from its name: whatever stands before the numbers at its end, so `2e57b9_1_1`
(match, part, frame) and `2e57b9_3_12` are one match, and `city_spurs_00004` is a frame of city_spurs. What Roboflow
adds (`_jpg.rf.<hash>`) is passed over. Names that are numbers only all count as one match, for nobody can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import UnidentifiedImageError

from tacticeye.errors import DataSetError
from tacticeye.pitch import KEYPOINT_NAMES
from tacticeye.types import Image
from tacticeye.vision.class_names import UNKNOWN_CLASS, roles_of_classes

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
N_KEYPOINTS = len(KEYPOINT_NAMES)
# Labels are rounded, so a box may stick out of the picture a little; it is clipped. Further out is a broken label.
MAX_OUTSIDE = 0.02
_BOX_COLUMNS = 5
_LINK_MAX_BYTES = 500
_EXIF_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
_ROBOFLOW = re.compile(r"(_(?:jpg|jpeg|png))?\.rf\.[0-9a-zA-Z]+$")
_MATCH = re.compile(r"(.+?)(?:[_-]\d+)*")


@dataclass(frozen=True)
class Entry:
    """A picture and where its labels are, or would be."""

    image: Path
    label: Path


class Split(StrEnum):
    """What images are for."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


_OTHER_NAMES = {Split.VAL: ("valid", "validation")}


@dataclass(frozen=True, eq=False)
class Sample:
    """One labelled image; N boxes, K pitches (0 or 1), 32 keypoints in the order of pitch.KEYPOINT_NAMES.

    width, height  px, as the picture is shown (its rotation flag applied)
    role           (N,) int8 of Role
    xyxy           (N, 4) float32 px, inside the picture
    keypoints      (K, 32, 3) float32: x px, y px, visibility (0 absent, 1 hidden, 2 seen); absent ones are NaN, NaN, 0
    """

    path: Path
    width: int
    height: int
    role: NDArray[np.int8]
    xyxy: NDArray[np.float32]
    keypoints: NDArray[np.float32]

    @property
    def match(self) -> str:
        """The match or clip that the frame belongs to."""
        return match_of(self.path)


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set's images by split, and what its labels mean.

    role_of_class  (classes,) int8 of Role, -1 for classes that are dropped
    n_keypoints    keypoints an object has in the labels: 0 for boxes, 32 for pitches
    keypoint_columns  numbers a keypoint takes in a label: 3, or 2 where visibility isn't given
    """

    folder: Path
    role_of_class: NDArray[np.int8]
    images: Mapping[Split, tuple[Entry, ...]]
    n_keypoints: int
    keypoint_columns: int

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Reads data.yaml and the lists, no image yet. Raises DataSetError."""
        description = _read_description(folder)
        names = _class_names(folder, description)
        n_keypoints, columns = _keypoint_shape(folder, description)
        roles = roles_of_classes(names)
        if not n_keypoints and not (roles != UNKNOWN_CLASS).any():
            known = ", ".join(list(names.values())[:6])
            raise DataSetError(folder, f"its classes ({known}) are none of ball, goalkeeper, player, referee.")
        root = _root(folder, description)
        found = {split: _entries_of(root, description, split) for split in Split}
        images = {split: entries for split, entries in found.items() if entries}
        if not images:
            raise DataSetError(folder, "no split has any images; list them in train.txt and val.txt.")
        return cls(folder, roles, images, n_keypoints, columns)

    def entries(self, split: Split | None) -> tuple[Entry, ...]:
        """The images of a split; None: of all splits, each once. Raises DataSetError where there is no such split."""
        if split is None:
            return tuple(dict.fromkeys(entry for entries in self.images.values() for entry in entries))
        if split not in self.images:
            known = ", ".join(self.images)
            raise DataSetError(self.folder, f"it has no images for the split {split}, only for {known}.")
        return self.images[split]

    def samples(self, split: Split | None) -> list[Sample]:
        """The labels of a split (None: of all), in the order of the lists; pictures are read by their header only.

        Raises DataSetError for images and labels that can't be read, and where nothing at all is labelled.
        """
        entries = self.entries(split)
        if not any(entry.label.is_file() for entry in entries):
            raise DataSetError(self.folder, f"none of its images has labels; {entries[0].label} is missing too.")
        return [self._sample(entry) for entry in entries]

    def _sample(self, entry: Entry) -> Sample:
        width, height = _picture_size(entry.image)
        label = entry.label
        rows = _read_rows(label) if label.is_file() else []
        boxes, keypoints = [np.zeros((0, 5), np.float32)], [np.zeros((0, N_KEYPOINTS, 3), np.float32)]
        for number, row in rows:
            box, points = self._object(label, number, row)
            boxes.append(box[None])
            if len(points):
                keypoints.append(points[None])
        box = np.concatenate(boxes)
        size = np.array([width, height], np.float32)
        role = self.role_of_class[box[:, 0].astype(np.int64)]
        # Where classes are pitches there are no boxes of people.
        is_known = (role != UNKNOWN_CLASS) & (self.n_keypoints == 0)
        points = np.concatenate(keypoints)
        points[..., :2] *= size
        return Sample(entry.image, width, height, role[is_known], box[is_known, 1:] * np.tile(size, 2), points)

    def _object(self, label: Path, number: int, row: NDArray[np.float64]) -> tuple[
        NDArray[np.float32], NDArray[np.float32]
    ]:  # fmt: skip
        """class, x1, y1, x2, y2 in shares of the picture; keypoints (32, 3), or (0, 3) where there are none."""
        if not (row[0] == int(row[0]) and 0 <= row[0] < len(self.role_of_class)):
            raise DataSetError(label, f"line {number}: {row[0]:g} is none of the classes in data.yaml.")
        expected = _BOX_COLUMNS + self.n_keypoints * self.keypoint_columns
        is_polygon = not self.n_keypoints and len(row) >= 7 and len(row) % 2 == 1
        if len(row) != expected and not is_polygon:
            raise DataSetError(label, f"line {number}: {len(row)} numbers, expected {expected}.")
        if is_polygon:
            corners = row[1:].reshape(-1, 2)
            xyxy = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
        else:
            xyxy = np.concatenate([row[1:3] - row[3:5] / 2, row[1:3] + row[3:5] / 2])
        is_outside = xyxy.min() < -MAX_OUTSIDE or xyxy.max() > 1 + MAX_OUTSIDE
        if is_outside or (xyxy[2:] < xyxy[:2]).any():
            raise DataSetError(label, f"line {number}: the box isn't inside the picture; give shares from 0 to 1.")
        box = np.concatenate([row[:1], np.clip(xyxy, 0, 1)]).astype(np.float32)
        return box, self._keypoints(row[_BOX_COLUMNS:] if self.n_keypoints else row[:0])

    def _keypoints(self, numbers: NDArray[np.float64]) -> NDArray[np.float32]:
        """(32, 3) in shares of the picture, or (0, 3). A keypoint outside the picture is absent, never clamped."""
        points = numbers.reshape(-1, self.keypoint_columns).astype(np.float32)
        if self.keypoint_columns == 2:
            points = np.column_stack([points, np.where(points.any(axis=1), 2, 0).astype(np.float32)])
        is_inside = ((points[:, :2] >= 0) & (points[:, :2] <= 1)).all(axis=1)
        points[~is_inside | (points[:, 2] <= 0)] = np.nan, np.nan, 0
        return np.asarray(points, np.float32)


def read_picture(path: Path) -> Image:
    """(H, W, 3) uint8 BGR, as it is shown. Raises DataSetError."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DataSetError(path, "it is not a readable picture; copy it again.")
    return np.asarray(image, np.uint8)


def match_of(path: Path) -> str:
    """The match or clip of a frame by its file name (rule: see the module); "" for names that are numbers only."""
    stem = _ROBOFLOW.sub("", path.name if ".rf." in path.name and not path.suffix else path.stem)
    found = _MATCH.fullmatch(stem)
    match = found.group(1) if found else stem
    return "" if match == stem and stem.isdecimal() else match


def check_no_leak(data_sets: Iterable[DataSet]) -> None:
    """Raises DataSetError where frames of one match are in two splits, within a data set or across several.

    Frames of one match look alike: a network that saw one half scores on the other what it never would elsewhere.
    """
    where: dict[Split, dict[str, tuple[Path, Path]]] = {split: {} for split in Split}
    for data_set in data_sets:
        for split, entries in data_set.images.items():
            for entry in entries:
                where[split].setdefault(match_of(entry.image), (data_set.folder, entry.image))
    for a, b in combinations(Split, 2):
        shared = sorted(where[a].keys() & where[b].keys())
        if shared:
            folder, path = where[b][shared[0]]
            name = shared[0] or "(no name: the files are only numbered)"
            more = f" (and {len(shared) - 1} more)" if len(shared) > 1 else ""
            raise DataSetError(
                folder,
                f"the match {name}{more} is in both {a} and {b} ({where[a][shared[0]][1].name}, {path.name}); "
                "split by match, with names that begin with the match.",
            )


def _entry(image: Path) -> Entry:
    """The label of images/NAME.jpg is labels/NAME.txt; beside the image where no folder is called images."""
    parts = list(image.parts)
    if "images" not in parts[:-1]:
        return Entry(image, image.with_suffix(".txt"))
    place = len(parts) - 1 - parts[::-1].index("images")
    label = Path(*parts[:place], "labels", *parts[place + 1 :]).with_suffix(".txt")
    folder = Path(*parts[: place + 1])
    if folder.is_file() and folder.stat().st_size < _LINK_MAX_BYTES:
        # A checkout without symbolic links leaves a file that holds the link's target.
        image = folder.parent / folder.read_text().strip() / Path(*parts[place + 1 :])
    return Entry(image, label)


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / "data.yaml"
    if not folder.is_dir():
        raise DataSetError(folder, "there is no such folder; give the folder of a YOLO data set.")
    if not path.is_file():
        raise DataSetError(folder, "there is no data.yaml in it; it names the classes and the splits.")
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataSetError(path, "it can't be read as YAML; write it again.") from error
    if not isinstance(content, dict):
        raise DataSetError(path, "it has no entries; it needs names, train and val.")
    return content


def _class_names(folder: Path, description: Mapping[str, Any]) -> dict[int, str]:
    names = description.get("names")
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not names or not all(isinstance(k, int) and k >= 0 for k in names):
        raise DataSetError(folder / "data.yaml", "`names` must list the classes, or give each number its name.")
    return {number: str(name) for number, name in names.items()}


def _keypoint_shape(folder: Path, description: Mapping[str, Any]) -> tuple[int, int]:
    """Keypoints of an object and numbers a keypoint; 0, 3 for a data set of boxes."""
    shape = description.get("kpt_shape")
    if shape is None:
        return 0, 3
    if shape not in ([N_KEYPOINTS, 2], [N_KEYPOINTS, 3]):
        raise DataSetError(folder / "data.yaml", f"`kpt_shape` is {shape}; the pitch has {N_KEYPOINTS} keypoints.")
    return shape[0], shape[1]


def _root(folder: Path, description: Mapping[str, Any]) -> Path:
    """The folder that split entries are relative to; a `path` that led somewhere on another machine is ignored."""
    root = folder / str(description.get("path") or ".")
    return root if root.is_dir() else folder


def _entries_of(root: Path, description: Mapping[str, Any], split: Split) -> tuple[Entry, ...]:
    """The images of a split in the order given; none where the split isn't there."""
    names = (split.value, *_OTHER_NAMES.get(split, ()))
    listed = next((description[name] for name in names if description.get(name)), None)
    if listed is None:
        listed = [f"{name}.txt" for name in names]
    found: list[Entry] = []
    for text in listed if isinstance(listed, list) else [listed]:
        place = _place_of(root, str(text))
        if place.is_dir():
            found += [_entry(path) for path in sorted(place.iterdir()) if path.suffix.lower() in IMAGE_SUFFIXES]
        elif place.is_file():
            found += _read_list(place)
    return tuple(dict.fromkeys(found))


def _place_of(root: Path, entry: str) -> Path:
    """Where an entry leads. Roboflow writes ../train/images for what lies beside data.yaml."""
    place = root / entry
    return root / entry.removeprefix("../") if entry.startswith("../") and not place.exists() else place


def _read_list(path: Path) -> list[Entry]:
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataSetError(path, "the list can't be read; write one image path a line.") from error
    entries = [_entry(path.parent / line.strip()) for line in lines if line.strip()]
    missing = next((entry.image for entry in entries if not entry.image.is_file()), None)
    if missing is not None:
        raise DataSetError(path, f"it lists {missing.name}, which is not there; copy the image or correct the list.")
    return entries


def _picture_size(path: Path) -> tuple[int, int]:
    try:
        with Picture.open(path) as picture:
            width, height = picture.size
            is_turned = picture.getexif().get(_EXIF_ORIENTATION) in _TURNED
    except (OSError, UnidentifiedImageError, ImportError) as error:
        # ImportError: once ultralytics is loaded, opening what is no picture asks for a package of its own.
        raise DataSetError(path, "it is not a readable picture; copy it again.") from error
    return (height, width) if is_turned else (width, height)


def _read_rows(label: Path) -> Sequence[tuple[int, NDArray[np.float64]]]:
    """(line number, numbers) of each line that isn't blank, each with finite numbers, five at least."""
    rows = []
    try:
        lines = label.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataSetError(label, "the labels can't be read; write them again.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = np.array(line.split(), np.float64)
        except ValueError as error:
            raise DataSetError(label, f"line {number} holds something else than numbers.") from error
        if len(row) < _BOX_COLUMNS or not np.isfinite(row).all():
            raise DataSetError(label, f"line {number}: a class, a centre and a size are needed.")
        rows.append((number, row))
    return rows

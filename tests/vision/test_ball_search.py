"""Where the ball is looked for: crops about its expected place, tiles over the picture, and how candidates join."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from tacticeye.match_state import MatchState
from tacticeye.state_parts import BallSearchState
from tacticeye.types import Boxes, Image, Role
from tacticeye.vision.ball_search import CROP_PX, SWEEP_S, BallSearch, crop_about, joined, tiles

WIDTH, HEIGHT = 1280, 720


class BrightSpots:
    """Finds the brightest pixel of each crop, where there is one, as a ball of 10 px; keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def find(self, crops: Sequence[Image]) -> list[NDArray[np.float32]]:
        self.seen.append(len(crops))
        return [self._spots(crop) for crop in crops]

    @staticmethod
    def _spots(crop: Image) -> NDArray[np.float32]:
        y, x = np.unravel_index(int(crop[..., 0].argmax()), crop.shape[:2])
        rows = [(x - 5, y - 5, x + 5, y + 5, 0.8)] if crop[y, x, 0] > 0 else []
        return np.array(rows, np.float32).reshape(-1, 5)


def picture(x: int, y: int) -> Image:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[y, x] = 255
    return image


def ball(x: float, y: float, score: float) -> Boxes:
    return Boxes.build(frame=0, t_s=0.0, xyxy=[(x - 5, y - 5, x + 5, y + 5)], score=score, role=Role.BALL)


def test_the_ball_is_found_where_it_is_expected_and_placed_in_the_frame() -> None:
    search = BallSearch(BallSearchState(), BrightSpots())
    found = search.look(picture(900, 500), 7, 1.0, Boxes.empty(), np.array([870.0, 520.0]))
    assert found.centre_xy.ravel().tolist() == pytest.approx([900.0, 500.0], abs=0.5)
    assert found.frame.tolist() == [7]
    assert found.role.tolist() == [Role.BALL]


@pytest.mark.parametrize("hz", [25.0, 5.0])
def test_a_lost_ball_is_found_anywhere_within_a_second_at_any_rate(hz: float) -> None:
    for x, y in ((3, 3), (1270, 700), (640, 360)):
        search = BallSearch(BallSearchState(), BrightSpots())
        frames = range(int(SWEEP_S * hz) + 1)
        found = [len(search.look(picture(x, y), i, i / hz, Boxes.empty(), None)) for i in frames]
        assert any(found)


def test_a_new_shot_is_looked_over_at_once() -> None:
    for x, y in ((3, 3), (1270, 700), (640, 360)):
        search = BallSearch(BallSearchState(), BrightSpots())
        assert len(search.look(picture(x, y), 0, 0.0, Boxes.empty(), None, is_new_shot=True)) == 1


def test_the_whole_picture_is_swept_about_once_a_second_while_the_ball_is_seen() -> None:
    finder = BrightSpots()
    search = BallSearch(BallSearchState(), finder)
    for i in range(51):
        search.look(picture(600, 300), i, i / 25, Boxes.empty(), np.array([600.0, 300.0]))
    assert sum(finder.seen) - 51 == pytest.approx(2 * len(tiles(WIDTH, HEIGHT)), abs=1)


def test_tiles_cover_every_pixel_and_stay_within_the_picture() -> None:
    for width, height in ((WIDTH, HEIGHT), (720, 406), (406, 720), (300, 200)):
        covered = np.zeros((height, width), np.bool_)
        for view in tiles(width, height):
            assert 0 <= view.x <= max(width - view.size, 0)
            assert 0 <= view.y <= max(height - view.size, 0)
            covered[view.y : view.y + view.size, view.x : view.x + view.size] = True
        assert covered.all()


def test_a_small_picture_and_the_expected_place_are_seen_twice_as_large() -> None:
    class Sizes:
        def __init__(self) -> None:
            self.of_spots: set[int] = set()

        def find(self, crops: Sequence[Image]) -> list[NDArray[np.float32]]:
            self.of_spots |= {int((crop[..., 0] > 0).sum()) for crop in crops if crop.any()}
            return [np.zeros((0, 5), np.float32) for _ in crops]

    def spot_in(width: int, height: int, expected: NDArray[np.float64] | None) -> int:
        image = np.zeros((height, width, 3), np.uint8)
        image[100:110, 100:110] = 255
        sizes = Sizes()
        BallSearch(BallSearchState(), sizes).look(image, 0, 0.0, Boxes.empty(), expected, is_new_shot=expected is None)
        return max(sizes.of_spots)

    assert spot_in(WIDTH, HEIGHT, None) == 100
    assert spot_in(WIDTH, HEIGHT, np.array([105.0, 105.0])) >= 400
    assert spot_in(640, 360, None) >= 400


def test_a_crop_at_the_edge_is_moved_into_the_picture() -> None:
    assert crop_about(np.array([5.0, 715.0]), WIDTH, HEIGHT) == (0, HEIGHT - CROP_PX)
    assert crop_about(np.array([640.0, 360.0]), WIDTH, HEIGHT) == (480, 200)


def test_one_ball_seen_twice_is_one_candidate_with_the_better_score() -> None:
    both = joined(ball(100, 100, 0.3), Boxes.concatenate([ball(103, 99, 0.7), ball(200, 100, 0.2)]))
    assert both.score.tolist() == pytest.approx([0.7, 0.2])


def test_going_on_from_json_looks_at_the_same_crops() -> None:
    whole, broken = BrightSpots(), BrightSpots()
    one = BallSearch(BallSearchState(), whole)
    two = BallSearch(BallSearchState(), broken)
    for i in range(20):
        one.look(picture(600, 300), i, i / 12.5, Boxes.empty(), None)
        two.look(picture(600, 300), i, i / 12.5, Boxes.empty(), None)
        text = MatchState("m", ball_search=two.state()).to_json()
        two = BallSearch(MatchState.from_json(text).ball_search, broken)
    assert whole.seen == broken.seen
    assert one.state() == two.state()

"""The pages about the pitch as a user works with them: real clicks in a real browser, on a clip that no network saw."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tacticeye.config import AnalysisConfig
from tacticeye.hand_calibration import MIN_CLICKS
from tacticeye.ledger import Period, SetPeriods, read_entries
from tacticeye.match_files import Card, MatchFolder, write_record
from tacticeye.pitch import FULL_PITCH, KEYPOINT_NAMES, LENGTH_M, WIDTH_M, keypoints_m
from tacticeye.pitch_projection import projection_of
from tacticeye.state_parts import CalibrationState, CameraState
from tacticeye.store import MatchStore, read_calibration
from tacticeye.types import Boxes, Calibration, ChunkOutput, ControlSpan, ControlState, Image, Role, TrackSummary
from tacticeye.video_writer import VideoWriter
from tacticeye.vision.calibration.camera_model import Vector
from tacticeye.vision.calibration.stage import PitchStage
from tacticeye.vision.camera import CameraMotion
from tests.benchmarks import full_match
from tests.browser import test_dashboard
from tests.browser.match_folders import stand_as
from tests.browser.test_dashboard import no_fault, running_server
from tests.vision.calibration.scenes import camera, ground_in_view, landmarks, paint

pytestmark = pytest.mark.browser
browser, page = test_dashboard.browser, test_dashboard.page

HZ, FRAMES_A_SHOT = 5, 15
NAMES = {name: number for number, name in enumerate(KEYPOINT_NAMES)}
# Two shots, of a camera at rest and of one that pans up to where it is told here, with a cut between them over which
# nothing is carried.
SHOTS: tuple[tuple[Vector, tuple[str, ...]], ...] = (
    (
        camera((88.0, 34.0), focal_px=1500.0),
        ("right_box_top", "right_box_bottom", "right_goal_area_top", "right_goal_area_bottom"),
    ),
    (camera((52.5, 36.0), focal_px=1700.0), ("halfway_top", "circle_top", "circle_bottom", "circle_right")),
)
PAN_M = 6.0
FEET_PX = (700.0, 420.0)
MAP_MARGIN_M, HEAT_MARGIN_M = 4.0, 2.0


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, MatchFolder]]:
    """A server, and a finished match of the two shots in which nothing was calibrated; one player is in both."""
    data_dir = tmp_path_factory.mktemp("calibrate")
    video = data_dir / "shots.mp4"
    with VideoWriter(video, (1280, 720), Fraction(HZ)) as writer:
        at_rest, *panned = [paint(vector, seed=number) for number, vector in enumerate(seen_by()[FRAMES_A_SHOT - 1 :])]
        pictures = [*[at_rest] * FRAMES_A_SHOT, *panned]
        for picture in pictures:
            writer.write(picture)
    folder = MatchFolder(data_dir / "matches" / "shots")
    folder.path.mkdir(parents=True)
    write_record(folder.card, Card("shots", "Two shots", time.time()))
    write_record(folder.config, AnalysisConfig(source_url=str(video)))
    store = MatchStore(folder.path)
    store.create(replace(full_match.record("shots"), width=1280, height=720))
    store.commit(uncalibrated(pictures), "{}", is_last=True)
    stand_as(folder, "finished")
    with running_server(root, data_dir) as (address, _):
        yield address, folder


def seen_by() -> list[Vector]:
    """The camera behind each frame."""
    panned = [camera((52.5 - PAN_M * left, 36.0), focal_px=1700.0) for left in np.linspace(1, 0, FRAMES_A_SHOT)]
    return [*[SHOTS[0][0]] * FRAMES_A_SHOT, *panned]


def followed(pictures: Sequence[Image]) -> Calibration:
    """Rows of the analysis of these pictures without a network that knows pitches: only the camera's motion."""
    parts = []
    for shot in range(len(SHOTS)):
        stage, motion = PitchStage(CalibrationState(shot=shot), None, FULL_PITCH), CameraMotion(CameraState())
        for frame in range(shot * FRAMES_A_SHOT, (shot + 1) * FRAMES_A_SHOT):
            moved = motion.update(pictures[frame], frame / HZ, Boxes.empty())
            stage.place(pictures[frame], frame, frame / HZ, Boxes.empty(), moved)
        parts.append(stage.take_rows())
    return Calibration(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in Calibration.__dataclass_fields__}
    )


def uncalibrated(pictures: Sequence[Image]) -> ChunkOutput:
    n = len(pictures)
    frames, end_s = np.arange(n), n / HZ
    rows = followed(pictures)
    x, y = FEET_PX
    corners = [x - 10, y - 80, x + 10, y]
    boxes = Boxes.build(frame=frames, t_s=frames / HZ, xyxy=np.tile(corners, (n, 1)), track=1, team=0)
    return ChunkOutput(
        batch_idx=0, start_frame=0, end_frame=n, start_s=0.0, end_s=end_s, boxes=boxes, ball=[],
        spans=[ControlSpan(ControlState.TEAM_0, 1, 0.0, end_s)], events=[],
        tracks=[TrackSummary(1, Role.PLAYER, 0, 1.0, 0.0, end_s, n)], kits=[], calibration=rows,
        chunk_stats={"frames_live": n, "frames_calibrated": 0},
    )  # fmt: skip


def set_landmarks(page: Page, shot: int) -> None:
    """Chooses each landmark on the small pitch and clicks it in the picture."""
    vector, names = SHOTS[shot]
    places = landmarks(vector, noise_px=0.0, seen_share=1.0)
    frame, small = page.locator("canvas.frame"), page.locator("canvas.map")
    for number, name in enumerate(names, start=1):
        x_m, y_m = keypoints_m()[NAMES[name]]
        box = small.bounding_box()
        assert box is not None
        scale = box["width"] / (LENGTH_M + 2 * MAP_MARGIN_M)
        small.click(position={"x": (x_m + MAP_MARGIN_M) * scale, "y": (WIDTH_M + MAP_MARGIN_M - y_m) * scale})
        box = frame.bounding_box()
        assert box is not None
        x, y = places[NAMES[name], :2] * box["width"] / 1280
        frame.click(position={"x": float(x), "y": float(y)})
        told = (
            f"{number} of {MIN_CLICKS} landmarks are set." if number < MIN_CLICKS else "4 landmarks fit; the worst is"
        )
        expect(page.get_by_text(told)).to_be_visible()


def drawn_share(page: Page, vector: Vector) -> float:
    """Of the pitch's landmarks in view: the share at which the page has drawn its pitch, in its own colour."""
    places, _ = ground_in_view(vector)
    assert len(places)
    seen = landmarks(vector, noise_px=0.0, seen_share=1.0)
    points = seen[seen[:, 2] > 0, :2].round().astype(int).tolist()
    found: int = page.locator("canvas.frame").evaluate(
        """(canvas, points) => points.filter(([x, y]) => {
            const {data} = canvas.getContext("2d").getImageData(Math.max(x - 8, 0), Math.max(y - 8, 0), 17, 17);
            for (let i = 0; i < data.length; i += 4)
                if (data[i] > 200 && data[i + 1] < 110 && data[i + 2] < 180) return true;
            return false;
        }).length""",
        points,
    )
    return found / len(points)


def median_error_m(folder: MatchFolder, frame: int) -> float:
    """How far the frame's ground is placed from where it is."""
    with MatchStore(folder.path).read() as snapshot:
        rows = read_calibration(snapshot)
    places, pixels = ground_in_view(seen_by()[frame])
    found = projection_of(rows, frame).to_pitch(pixels)
    return float(np.median(np.linalg.norm(found - places, axis=1)))


def test_four_clicks_calibrate_a_shot_and_four_more_the_next_in_which_the_camera_pans(
    made: tuple[str, MatchFolder],
    page: Page,
) -> None:
    address, folder = made
    last_of_first, first, last = FRAMES_A_SHOT - 1, FRAMES_A_SHOT, 2 * FRAMES_A_SHOT - 1
    page.goto(f"{address}/calibrate?match=shots")
    expect(page.get_by_text("0 of 4 landmarks are set.")).to_be_visible()
    expect(page.get_by_role("button", name="Save and place the players")).to_be_disabled()
    set_landmarks(page, 0)
    assert drawn_share(page, SHOTS[0][0]) > 0.9
    page.get_by_role("button", name="Save and place the players").click()
    expect(page.get_by_text(f"Saved. {FRAMES_A_SHOT} frames are calibrated by hand now.")).to_be_visible()
    assert median_error_m(folder, last_of_first) < 0.5
    assert np.isnan(median_error_m(folder, last))

    page.get_by_role("button", name="▶").click()
    expect(page.get_by_text("00:00.20")).to_be_visible()
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("End")
    expect(page.get_by_text("0 of 4 landmarks are set.")).to_be_visible()
    set_landmarks(page, 1)
    page.get_by_role("button", name="Save and place the players").click()
    expect(page.get_by_text(f"Saved. {2 * FRAMES_A_SHOT} frames are calibrated by hand now.")).to_be_visible()
    assert median_error_m(folder, last_of_first) < 0.5
    assert median_error_m(folder, last) < 1.0
    assert median_error_m(folder, first) < 1.5, f"carried over a pan of {PAN_M} m"
    expect(page.get_by_role("button", name="Remove")).to_have_count(2)
    no_fault(page)


def test_a_click_on_heat_lists_the_moments_and_stands_the_video_at_the_first(
    made: tuple[str, MatchFolder],
    page: Page,
) -> None:
    """After the calibration above: the player's place of the second shot, where the video has to go."""
    address, folder = made
    with MatchStore(folder.path).read() as snapshot:
        x_m, y_m = projection_of(read_calibration(snapshot), -1).to_pitch(np.array([FEET_PX]))[0]
    page.goto(f"{address}/heatmap?match=shots")
    canvas = page.locator("canvas.heat").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    scale = box["width"] / (LENGTH_M + 2 * HEAT_MARGIN_M)
    canvas.click(position={"x": float(x_m + HEAT_MARGIN_M) * scale, "y": float(WIDTH_M + HEAT_MARGIN_M - y_m) * scale})
    expect(page.get_by_text("1 stay within 2 m")).to_be_visible()
    starts_s = FRAMES_A_SHOT / HZ
    video = page.locator("video.video")
    page.wait_for_function("([v, from]) => v.currentTime >= from", arg=[video.element_handle(), starts_s - 1])
    assert video.evaluate("v => v.currentTime") < starts_s + 3
    no_fault(page)


def test_periods_are_asked_for_and_heat_offers_them(made: tuple[str, MatchFolder], page: Page) -> None:
    """After the calibration above: two halves of three seconds each."""
    address, folder = made
    page.goto(f"{address}/periods?match=shots")
    expect(page.get_by_text("They are guesses")).to_be_visible()
    page.get_by_role("radio", name="Two halves").click()
    times = page.get_by_placeholder("mm:ss")
    expect(times).to_have_count(4)
    expect(page.get_by_role("button", name="Save periods")).to_be_disabled()
    for box, text in zip(range(4), ("00:00", "00:03", "00:03", "00:06"), strict=True):
        times.nth(box).fill(text)
        times.nth(box).press("Tab")
        expect(times.nth(box)).to_have_value(text)
    expect(page.get_by_role("button", name="Save periods")).to_be_enabled()
    page.get_by_role("radio", name="Team A").first.click()  # the second half follows: teams change ends
    expect(page.get_by_role("radio", name="Team B").nth(1)).to_be_checked()
    page.get_by_role("button", name="Save periods").click()
    expect(page.get_by_text("Saved. Heatmaps")).to_be_visible()
    kept = [entry.correction for entry in read_entries(folder)]
    assert kept == [SetPeriods((Period(0.0, 3.0, 0), Period(3.0, 6.0, 1)))]
    page.goto(f"{address}/heatmap?match=shots")
    page.get_by_role("radio", name="Second half").click()
    expect(page.get_by_text("00:03 are calibrated")).to_be_visible()
    no_fault(page)

"""What can be typed after `python -m tacticeye`: the commands and their options."""

from __future__ import annotations

import argparse
from pathlib import Path

from tacticeye.config import PRESETS, SourceType
from tacticeye.pitch import LAYOUTS
from tacticeye.training.command_line import add_evaluate_options, add_train_options

EXPORT_FORMATS = ("json", "csv", "parquet", "duckdb", "sportscode", "events", "tracking", "spadl")
EXPORT_PARTS = "boxes,ball,calibration"


def make_parser(epilog: str) -> argparse.ArgumentParser:
    """It puts the name of the command into `command`. epilog: what the help ends with."""
    parser = argparse.ArgumentParser(
        prog="python -m tacticeye",
        description="Football match analysis from video.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_everywhere()],
    )
    commands = _Commands(parser)
    _add_analyses(commands)
    _add_life_of_a_match(commands)
    _add_files(commands)
    add_train_options(commands.add("train", "train a network on labelled images and rendered frames"))
    add_evaluate_options(commands.add("evaluate", "measure a network on labelled images", has_json=True))
    _add_servers(commands)
    return parser


class _Commands:
    """Adds commands to a parser."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._commands: argparse._SubParsersAction[argparse.ArgumentParser] = parser.add_subparsers(
            required=True, metavar="COMMAND", title="commands", dest="command"
        )
        self._everywhere = _everywhere()
        self._as_json = argparse.ArgumentParser(add_help=False)
        self._as_json.add_argument("--json", action="store_true", help="print one line of JSON for programs")

    def add(
        self, name: str, text: str, *parents: argparse.ArgumentParser, has_json: bool = False
    ) -> argparse.ArgumentParser:
        shared = [self._everywhere, *parents, *([self._as_json] if has_json else [])]
        return self._commands.add_parser(name, parents=shared, help=text)

    def add_of_match(self, name: str, text: str, *, has_json: bool = False) -> argparse.ArgumentParser:
        command = self.add(name, text, has_json=has_json)
        command.add_argument("match_id", metavar="ID")
        return command


def _everywhere() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--data-dir",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="where matches live (default: TACTICEYE_DATA_DIR, or data/ in the working directory)",
    )
    return options


def _add_analyses(commands: _Commands) -> None:
    run, pitch = _run_options(), _pitch_options()
    video = commands.add("analyze", "analyse a video here, with a progress bar", run, pitch, has_json=True)
    video.add_argument("video", metavar="VIDEO", help="path of a video file, or a link")
    video.add_argument(
        "--source-type",
        choices=[kind.value for kind in SourceType if kind is not SourceType.TRACKING_DATA],
        help="what kind of link it is (default: guessed)",
    )
    video.add_argument("--keep-stream", action="store_true", help="keep a live stream as a video")
    _add_tracking_options(
        commands.add("analyze-tracking", "possession, passes and events from tracking data", pitch, has_json=True)
    )
    _add_demo_options(commands.add("demo", "analyse the demo match, or render one", run, has_json=True))


def _add_life_of_a_match(commands: _Commands) -> None:
    commands.add_of_match("resume", "go on with a match that was stopped, failed or crashed", has_json=True)
    commands.add_of_match("stop", "end a running match after the batch in hand")
    commands.add_of_match("status", "how a match stands, and its figures", has_json=True)
    commands.add("list", "all matches", has_json=True)
    delete = commands.add_of_match("delete", "delete a match with all its results")
    delete.add_argument("--yes", action="store_true", help="don't ask")


def _add_files(commands: _Commands) -> None:
    _add_export_options(commands.add_of_match("export", "write results to a file"))
    render = commands.add_of_match("render", "draw the annotated video, with the sound kept", has_json=True)
    render.add_argument("--out", type=Path, metavar="FILE", help="MP4 to write (default: annotated.mp4 in its folder)")
    _add_clip_options(commands.add_of_match("clips", "cut the moments of events out of the video"))


def _add_servers(commands: _Commands) -> None:
    worker = commands.add("worker", "analyse matches of other hosts, by way of TACTICEYE_BROKER_URL")
    worker.add_argument("match_id", metavar="ID", nargs="?", help=argparse.SUPPRESS)
    worker.add_argument("--celery", action="store_true", help="take matches from the queue until stopped")
    commands.add("serve", "start the dashboard").add_argument("--port", type=int, default=8501)


def _run_options() -> argparse.ArgumentParser:
    run = argparse.ArgumentParser(add_help=False)
    run.add_argument("--match-id", metavar="ID", help="letters, digits, - and _ (default: after the file's name)")
    run.add_argument("--preset", choices=list(PRESETS), default="vod", help="default: vod")
    run.add_argument("--max-batches", type=int, metavar="N", help="stop after N batches")
    run.add_argument("--model", type=Path, metavar="PATH", help="weights (.pt), or recorded boxes (.parquet)")
    return run


def _pitch_options() -> argparse.ArgumentParser:
    pitch = argparse.ArgumentParser(add_help=False)
    pitch.add_argument("--pitch-kind", choices=list(LAYOUTS), default="11", help="players a side (default: 11)")
    pitch.add_argument("--pitch-size", metavar="SIZE", default="",
                       help="length x width, 100x64 or 110x70yd (default: the usual one, 105x68)")  # fmt: skip
    return pitch


def _add_tracking_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Positions as Parquet or CSV with the columns frame, player_id (-1 the ball), team_id (0, 1; -1 none), x_m, "
        "y_m (m, origin top-left of the pitch), and optionally period and visible; or a provider's own files."
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FRAMES",
                        help="the positions; then further files where the provider's data have them")  # fmt: skip
    parser.add_argument("--fps", type=float, default=25.0, metavar="F",
                        help="frame numbers a second, 5 to 50 (default: 25; providers tell it themselves)")  # fmt: skip
    parser.add_argument("--provider", metavar="NAME", help="whose files these are, read by kloppy (pip install kloppy)")
    parser.add_argument("--match-id", metavar="ID", help="make it a match that opens in the dashboard")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write what was found as JSON")


def _add_demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--render", action="store_true", help="render a demo match with its truth instead")
    parser.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="rendering: where to (demo/)")
    parser.add_argument("--seed", type=int, default=7, help="rendering: which match")
    parser.add_argument("--seconds", type=float, default=60.0, help="rendering: length of the match")


def _add_clip_options(parser: argparse.ArgumentParser) -> None:
    def parts(text: str) -> set[str]:
        return set(filter(None, text.split(",")))

    parser.add_argument("--kinds", type=parts, default=set(), metavar="KINDS", help="with commas: PASS,SHOT")
    parser.add_argument("--teams", type=parts, default=set(), metavar="TEAMS", help="0, 1, or 0,1")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a zip of MP4 files")


def _add_export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=EXPORT_FORMATS, default="json",
                        help="events, tracking: Metrica's files in a zip, for kloppy; spadl: socceraction")  # fmt: skip
    parser.add_argument("--include", type=lambda text: set(filter(None, text.split(","))), default=set(),
                        metavar="PARTS", help=f"bulky parts to add to json, with commas: {EXPORT_PARTS}")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")

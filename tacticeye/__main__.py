"""The command line: `python -m tacticeye COMMAND`. It prints; everything it does is done by service and worker.

Exit codes: 0 done; 1 an error, told in one sentence on stderr (as {"error": ...} on stdout with --json); 2 wrong usage;
3 another process has the match; 130 stopped before the end of the video, `resume` goes on.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tacticeye import progress_bar
from tacticeye.arguments import make_parser
from tacticeye.config import AnalysisConfig, Settings, SourceType
from tacticeye.demo import demo_video
from tacticeye.errors import ConfigurationError, MatchBusyError, TacticEyeError
from tacticeye.match_files import MatchFolder, make_folder, write_bytes
from tacticeye.match_queue import claim
from tacticeye.service import MatchCard, Service
from tacticeye.training.command_line import evaluate, train

EXIT_ERROR = 1
EXIT_BUSY = 3
EXIT_STOPPED = 130

# Positions are analysed many times faster than real time, so fewer and longer batches.
TRACKING_BATCH_S = 30.0

Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code."""
    options = make_parser((__doc__ or "").split("\n\n", 1)[1]).parse_args(arguments)
    wants_json = getattr(options, "json", False)
    try:
        settings = Settings.from_environment()
        if "data_dir" in options:
            settings = replace(settings, data_dir=options.data_dir)
        return COMMANDS[options.command](replace(settings, data_dir=settings.data_dir.absolute()), options)
    except TacticEyeError as error:
        if wants_json:
            print(json.dumps({"error": str(error)}))
        else:
            print(f"tacticeye: {error}", file=sys.stderr)
        return EXIT_BUSY if isinstance(error, MatchBusyError) else EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_STOPPED
    except BrokenPipeError:
        # Whoever read our output has gone (`... | head`); Python would complain once more while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def analyze(settings: Settings, options: argparse.Namespace) -> int:
    """A new match of a video, in this process."""
    return _analyze_new(settings, _video_config(options, options.video), options.match_id, "", options.json)


def analyze_tracking(settings: Settings, options: argparse.Namespace) -> int:
    """Positions instead of a video, in this process; with a match id they become a match."""
    if options.out is None and options.match_id is None:
        raise ConfigurationError("--out", None, "a file for the result, or --match-id for a match in the dashboard")
    config = AnalysisConfig(
        source_type=SourceType.TRACKING_DATA,
        source_url=str(options.files[0]),
        batch_size_seconds=TRACKING_BATCH_S,
        tracking_fps=options.fps,
        tracking_provider=options.provider or "",
        tracking_files=tuple(map(str, options.files[1:])),
        pitch_kind=options.pitch_kind,
        pitch_size=options.pitch_size,
    )
    if options.match_id is not None:
        code = _analyze_new(settings, config, options.match_id, "", options.json)
        if code or options.out is None:
            return code
    from tacticeye.tracking_data.report import report

    content = report(config, settings.data_dir, options.match_id)
    write_bytes(options.out, (json.dumps(content) + "\n").encode())
    print(json.dumps({"out": str(options.out)}) if options.json and options.match_id is None else options.out)
    return 0


def demo(settings: Settings, options: argparse.Namespace) -> int:
    """The demo match: analyse the one that ships, or render one."""
    if not options.render:
        config = _video_config(options, demo_video())
        return _analyze_new(settings, config, options.match_id, "Demo match", options.json)
    from tacticeye.demo.render import render_demo

    make_folder(options.out)
    with progress_bar.on(sys.stderr, "rendering") as bar:
        video = render_demo(options.out, options.seed, options.seconds, on_progress=bar.show_count)
    print(json.dumps({"video": str(video)}) if options.json else video)
    return 0


def resume(settings: Settings, options: argparse.Namespace) -> int:
    """Goes on with a match in this process, from the last finished batch."""
    return _analyze_here(settings, options.match_id, options.json)


def stop(settings: Settings, options: argparse.Namespace) -> int:
    """Has a match end after the batch in hand."""
    service = Service(settings)
    service.stop(options.match_id)
    print(_status_line(service.status(options.match_id)))
    return 0


def status(settings: Settings, options: argparse.Namespace) -> int:
    """How a match stands, and its figures so far."""
    service = Service(settings)
    card = service.status(options.match_id)
    summary = service.summary(options.match_id)
    if options.json:
        print(json.dumps({**summary, "message": card.message, "queue_place": card.queue_place}))
    else:
        print(_status_line(card))
        print(_figures(summary))
    return 0


def list_matches(settings: Settings, options: argparse.Namespace) -> int:
    """All matches, newest first."""
    cards = Service(settings).list_matches()
    if options.json:
        print(json.dumps([_plain(card) for card in cards]))
    elif not cards:
        print(f"No matches in {settings.data_dir} yet: python -m tacticeye analyze VIDEO")
    for card in [] if options.json else cards:
        print(_status_line(card))
    return 0


def delete(settings: Settings, options: argparse.Namespace) -> int:
    """Deletes a match with all its results."""
    service = Service(settings)
    card = service.status(options.match_id)
    if not options.yes and not _confirms(f"Delete {card.match_id} ({card.title}) with all its results?"):
        print("Nothing deleted.")
        return 0
    service.delete(card.match_id)
    print(f"Deleted {card.match_id}.")
    return 0


def export(settings: Settings, options: argparse.Namespace) -> int:
    """Writes a match's results to a file."""
    from tacticeye.export import export_json
    from tacticeye.export_files import write_export

    folder = MatchFolder.existing(settings.data_dir, options.match_id)
    if options.format == "json":
        content = export_json(folder.path, options.include)
        write_bytes(options.out, (json.dumps(content) + "\n").encode())
    else:
        write_export(folder, options.format, options.out)
    print(options.out)
    return 0


def clips(settings: Settings, options: argparse.Namespace) -> int:
    """Cuts the moments of events out of the video."""
    from tacticeye.clip_cutter import write_clips

    folder = MatchFolder.existing(settings.data_dir, options.match_id)
    write_clips(folder, options.out.absolute(), options.kinds, {int(team) for team in options.teams})
    print(options.out)
    return 0


def render(settings: Settings, options: argparse.Namespace) -> int:
    """Draws the annotated video of what is analysed so far, with the sound kept."""
    from tacticeye.annotated_video import render_match, render_on_record

    folder = MatchFolder.existing(settings.data_dir, options.match_id)
    with progress_bar.on(sys.stderr, "rendering") as bar:
        if options.out is None:
            path = render_on_record(folder, folder.annotated, bar.show_time)
        else:
            path = render_match(folder, options.out, bar.show_time)
    print(json.dumps({"video": str(path)}) if options.json else path)
    return 0


def worker(settings: Settings, options: argparse.Namespace) -> int:
    """One match in this process, on behalf of the queue; or a Celery worker for matches of other hosts."""
    if options.celery or options.match_id is None:
        return _serve_broker(settings)
    from tacticeye.worker import work_in_queue

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    work_in_queue(settings, options.match_id)
    return 0


def _serve_broker(settings: Settings) -> int:
    if not settings.broker_url:
        raise ConfigurationError("TACTICEYE_BROKER_URL", "", "the address of a Redis server, redis://HOST:6379/0")
    os.environ["TACTICEYE_DATA_DIR"] = str(settings.data_dir)
    from tacticeye.remote_work import QUEUE, app

    app.worker_main(["worker", "--loglevel", "INFO", "--queues", QUEUE, "--without-gossip", "--without-mingle"])
    return 0


def serve(settings: Settings, options: argparse.Namespace) -> int:
    """Becomes the server of the dashboard."""
    app = Path(__file__).resolve().parents[1] / "streamlit_app.py"
    os.environ["TACTICEYE_DATA_DIR"] = str(settings.data_dir)
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(options.port)]
    os.execv(sys.executable, command)


def _video_config(options: argparse.Namespace, video: Path | str) -> AnalysisConfig:
    overrides: dict[str, Any] = {"source_url": str(video), "max_batches": options.max_batches}
    if getattr(options, "source_type", None) is not None:
        overrides["source_type"] = SourceType(options.source_type)
    if getattr(options, "keep_stream", False):
        overrides["keep_stream"] = True
    if "pitch_kind" in options:
        overrides |= {"pitch_kind": options.pitch_kind, "pitch_size": options.pitch_size}
    if options.model is not None:
        overrides["model_path"] = str(options.model.absolute())
    return AnalysisConfig.preset(options.preset, **overrides)


def _analyze_new(
    settings: Settings, config: AnalysisConfig, wanted_id: str | None, title: str, wants_json: bool
) -> int:
    service = Service(settings)
    match_id = service.create_match(config, wanted_id, title)
    try:
        return _analyze_here(settings, match_id, wants_json)
    except TacticEyeError:
        # Told here and now, a match of which nothing was analysed is of no use in the library.
        service.discard_if_empty(match_id)
        raise


def _analyze_here(settings: Settings, match_id: str, wants_json: bool) -> int:
    """Runs a match in the foreground, with a progress bar on stderr."""
    from tacticeye.worker import work

    claim(settings.data_dir, MatchFolder.existing(settings.data_dir, match_id))
    service = Service(settings)
    try:
        with progress_bar.on(sys.stderr, match_id) as bar:
            state = work(settings.data_dir, match_id, bar.show)
    finally:
        service.tend()
    summary = service.summary(match_id)
    print(json.dumps(summary) if wants_json else _figures(summary))
    if state.progress.is_finished:
        if message := service.status(match_id).message:
            print(message, file=sys.stderr)
        return 0
    print(f"Stopped. Go on with: python -m tacticeye resume {match_id}", file=sys.stderr)
    return EXIT_STOPPED


def _figures(summary: dict[str, Any]) -> str:
    """The summary of a match in words."""
    possession, passes = summary["possession"], summary["passes"]
    shares = [possession["percent_by_team"].get(team) for team in (0, 1)]
    control = " : ".join("-" if share is None else f"{share:.0f} %" for share in shares)
    unknown = ", ".join(f"{possession[f'seconds_{name}']:.0f} s {name.replace('_', ' ')}" for name in (
        "contested", "dead", "unseen", "not_live"))  # fmt: skip
    return "\n".join(
        [
            f"match       {summary['match_id']} ({summary['status']})",
            f"analysed    {progress_bar.clock(summary['progress']['total_seconds'])}",
            f"control     {control}   (apart from {unknown})",
            f"passes      {passes['by_team'][0]} : {passes['by_team'][1]}",
        ]
    )


def _status_line(card: MatchCard) -> str:
    share = "" if card.share is None else f"{100 * card.share:3.0f} %"
    place = f" (place {card.queue_place} in the queue)" if card.queue_place else ""
    text = f"{card.match_id:<40} {card.status.value:<9}{place} {share:>5} {progress_bar.clock(card.t_s)}  {card.title}"
    return f"{text}\n    {card.message}" if card.message else text


def _plain(card: MatchCard) -> dict[str, Any]:
    return {**asdict(card), "preview_path": str(card.preview_path) if card.preview_path else None}


def _confirms(question: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigurationError("--yes", False, "to be given where nobody can be asked")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


COMMANDS: Mapping[str, Command] = {
    "analyze": analyze,
    "analyze-tracking": analyze_tracking,
    "demo": demo,
    "resume": resume,
    "stop": stop,
    "status": status,
    "list": list_matches,
    "delete": delete,
    "export": export,
    "render": render,
    "clips": clips,
    "train": train,
    "evaluate": evaluate,
    "worker": worker,
    "serve": serve,
}

if __name__ == "__main__":
    sys.exit(main())

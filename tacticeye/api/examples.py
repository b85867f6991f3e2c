"""What the API answered of the demo match, shortened, as examples for its description, which leaves out nulls."""

from __future__ import annotations

from typing import Any

Answer = dict[str, Any]

UPLOAD: Answer = {
    "file_id": "9f2c41d07a5e4b3c8d6e1f0a2b4c6d8e", "filename": "derby.mp4", "size": 5650425, "total_size": 5650425,
    "is_complete": True,
}  # fmt: skip
MATCH: Answer = {
    "match_id": "derby", "title": "Derby", "status": "running", "message": "", "progress": 0.1667, "frame": 249,
    "total_frames": 1500, "seconds": 10.0, "total_seconds": 60.0, "batch_idx": 1, "fps_processing": 29.5,
    "realtime_factor": 1.18, "queue_place": 0, "created_at": 1790000000.0,
}  # fmt: skip
SUMMARY: Answer = {
    "match_id": "derby",
    "status": "running",
    "progress": {"total_frames": 250, "total_seconds": 10.0, "last_batch": 1},
    "possession": {
        "current_team": 1, "current_player": 3, "percent_by_team": {"0": 93.9, "1": 6.1},
        "seconds_by_team": {"0": 7.44, "1": 0.48}, "seconds_contested": 0.0, "seconds_dead": 0.0,
        "seconds_unseen": 0.0, "seconds_not_live": 0.0,
    },
    "passes": {"by_team": {"0": 2, "1": 0}, "attempted_by_team": {"0": 2, "1": 0}, "total": 2},
    "teams": {"total_players": 14, "players_by_team": {"0": 6, "1": 8}},
    "tracking": {"active_tracks": 16, "total_ids": 18},
}  # fmt: skip
PASS: Answer = {
    "type": "pass", "frame": 26, "timestamp": 1.04, "end_timestamp": 2.96, "batch_idx": 0, "result": "complete",
    "team": 0, "from_team": None, "to_team": None, "from_player": 9, "to_player": 6, "confidence": 0.997,
    "period": 1,
}  # fmt: skip
CHANGE: Answer = {
    "type": "possession_change", "frame": 186, "timestamp": 7.44, "end_timestamp": 7.44, "batch_idx": 1, "result": "",
    "team": None, "from_team": 0, "to_team": 1, "from_player": 16, "to_player": 3, "confidence": 0.81,
    "period": 1,
}  # fmt: skip
EVENTS: Answer = {"match_id": "derby", "total": 2, "limit": 1000, "offset": 0, "events": [PASS, CHANGE]}
PERIODS: Answer = {
    "match_id": "derby",
    "periods": [{"number": 1, "kick_off": 4.2, "end": 2881.0, "attacks_right": 0}],
    "guess": [{"number": 1, "kick_off": 4.2, "end": 2879.5, "attacks_right": 0}],
    "half_time_told_by": "break",
}
POSITIONS: Answer = {
    "match_id": "derby", "total": 1604, "limit": 1, "offset": 0,
    "positions": [
        {"frame": 20, "timestamp": 0.8, "player_id": 4, "team_id": 0, "role": "player",
         "bbox": [560.62, 550.0, 596.83, 635.17], "position": [578.725, 635.17], "pitch": [48.79, 19.2]},
    ],
}  # fmt: skip
POSSESSION: Answer = {
    "match_id": "derby",
    "percent_by_team": {"0": 93.9, "1": 6.1},
    "seconds_by_state": {
        "team_0": 7.44, "team_1": 0.48, "contested": 0.0, "dead": 0.0, "unseen": 0.0, "not_live": 0.0,
    },
    "spans": [{"state": "team_0", "player_id": 9, "start": 0.0, "end": 2.96}],
    "gaps": [],
    "curve": [
        {"timestamp": 7.92, "seconds_by_team": {"0": 7.44, "1": 0.48}, "percent_by_team": {"0": 93.9, "1": 6.1}},
    ],
}  # fmt: skip
PASSES: Answer = {
    "match_id": "derby",
    "attempted_by_team": {"0": 2, "1": 0},
    "complete_by_team": {"0": 2, "1": 0},
    "tempo_by_team": {"0": 16.13, "1": 12.5},
    "strings_by_team": {"0": {"3-5": 0, "6-8": 0, "9+": 0}, "1": {"3-5": 0, "6-8": 0, "9+": 0}},
    "pairs": [{"team": 0, "from_player": 9, "to_player": 6, "passes": 1}],
    "total": 2, "limit": 1, "offset": 0, "passes": [PASS],
}  # fmt: skip
METRICS: Answer = {
    "match_id": "derby",
    "metrics": [{"minute": 0, "team": 0, "player_id": 6, "name": "control_ms", "value": 3440.0}],
}
HEATMAP: Answer = {"match_id": "derby", "width": 1280, "height": 720, "seconds": [[0.0, 0.16, 2.4], [0.0, 0.0, 0.8]]}

"""The 105 x 68 m pitch: markings and landmarks in metres, origin bottom-left corner, x along the touchline, y up."""

from __future__ import annotations

LENGTH_M = 105.0
WIDTH_M = 68.0
PENALTY_AREA_DEPTH_M = 16.5
PENALTY_AREA_WIDTH_M = 40.32
GOAL_AREA_DEPTH_M = 5.5
GOAL_AREA_WIDTH_M = 18.32
PENALTY_SPOT_M = 11.0
CIRCLE_RADIUS_M = 9.15
GOAL_WIDTH_M = 7.32
GOAL_HEIGHT_M = 2.44

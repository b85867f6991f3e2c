"""The moments behind a place of a heatmap: who was there and when, with the video standing at the first of them."""

from __future__ import annotations

import streamlit as st

from tacticeye.charts import clock
from tacticeye.dashboard import panels, player, polls
from tacticeye.dashboard.language import say
from tacticeye.labels import Labels
from tacticeye.pitch_views import HeatChoice

# A click means the place, not the single cell.
CLICK_REACH_M = 2.0
MOST_STAYS = 200
_PICKED, _IS_NEW, _TABLE = "heat_picked", "heat_picked_anew", "heat_stays"


def pick(match_id: str, cell: tuple[int, int] | None, choice: HeatChoice) -> None:
    """A cell of the heat was clicked; None: let go."""
    if cell is not None:
        st.session_state[_PICKED] = (match_id, cell, choice)
        st.session_state[_IS_NEW] = True
    else:
        st.session_state.pop(_PICKED, None)


def show(match_id: str, labels: Labels) -> None:
    """Nothing until a cell was clicked."""
    of, cell, choice = st.session_state.get(_PICKED, ("", (0, 0), HeatChoice()))
    if of != match_id:
        return
    stays = polls.service().pitch.stays(match_id, cell, CLICK_REACH_M, choice).head(MOST_STAYS)
    starts, names = stays["start_s"].tolist(), [labels.player(int(track)) for track in stays["track"]]
    key = f"heat_player_{match_id}"
    if st.session_state.pop(_IS_NEW, False) and starts:
        player.seek(0, starts[0], key)
    st.html(
        panels.heading(
            say("pitch.moments", x=cell[0], y=cell[1]), [labels.texts.count("pitch.moments_note", len(stays))]
        )
    )

    def chosen() -> None:
        rows = st.session_state[_TABLE]["selection"]["rows"]
        if rows and rows[0] < len(starts):
            player.seek(rows[0], starts[rows[0]], key)

    video, table = st.columns([3, 2], gap="medium")
    with video:
        numbered = enumerate(zip(starts, names, strict=True))
        player.show(match_id, [player.Moment(number, t_s, who) for number, (t_s, who) in numbered], key)
    with table:
        st.dataframe(
            {
                say("column.time"): [clock(t) for t in starts],
                say("heatmap.player"): names,
                say("pitch.seconds"): (stays["end_s"] - stays["start_s"]).round(1).tolist(),
            },
            hide_index=True,
            height=320,
            key=_TABLE,
            on_select=chosen,
            selection_mode="single-row",
        )

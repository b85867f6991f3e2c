"""Asking a match's database in SQL: examples and saved queries, the answer as a table and as a chart."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from tacticeye import sql_console
from tacticeye.dashboard import panels, polls
from tacticeye.dashboard.language import say, texts
from tacticeye.dashboard.words import plain
from tacticeye.errors import QueryError, TacticEyeError
from tacticeye.sql_console import EXAMPLES, MAX_ROWS, TIMEOUT_S, QueryResult, SavedQuery

_QUERY, _ANSWER = "sql_query", "sql_answer"
_CHARTS = ("bar", "line", "point")


def show(match_id: str) -> None:
    """The console with its last answer."""
    st.html(panels.heading(say("data.sql"), [say("data.sql_note", rows=MAX_ROWS, seconds=f"{TIMEOUT_S:g}")]))
    st.session_state.setdefault(_QUERY, EXAMPLES[0].query)
    writing, choosing = st.columns([3, 2], gap="medium")
    with choosing:
        _library()
        _schema(match_id)
    with writing, st.form("sql", border=False):
        st.text_area(say("data.query"), key=_QUERY, height=210)
        if st.form_submit_button(say("data.run"), key="run_sql", type="primary", icon=":material/play_arrow:"):
            _ask(match_id)
    _answer(match_id)


def _ask(match_id: str) -> None:
    try:
        answer: QueryResult | QueryError = polls.service().query(match_id, st.session_state[_QUERY])
    except QueryError as error:
        answer = error
    st.session_state[_ANSWER] = (match_id, answer)


def _library() -> None:
    """Queries to take over, and the one at hand to keep."""
    data_dir = polls.service().data_dir
    try:
        saved = sql_console.saved_queries(data_dir)
    except TacticEyeError as error:
        st.html(panels.problem(error, texts()))
        return
    known = [*EXAMPLES, *saved]
    chosen = st.selectbox(
        say("data.examples"),
        range(len(known)),
        format_func=lambda i: say(f"query.{known[i].name}") if i < len(EXAMPLES) else known[i].name,
        key="sql_known",
    )

    def load() -> None:
        st.session_state[_QUERY] = known[chosen].query

    def keep() -> None:
        name = st.session_state["sql_name"].strip()
        if name:
            sql_console.save_query(data_dir, SavedQuery(name, st.session_state[_QUERY]))

    def remove() -> None:
        sql_console.save_query(data_dir, SavedQuery(known[chosen].name, ""))

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(say("data.load"), key="load_query", on_click=load)
        if chosen >= len(EXAMPLES):
            st.button(say("data.remove"), key="remove_query", on_click=remove, type="tertiary")
        st.text_input(say("data.save_as"), key="sql_name", max_chars=60)
        st.button(say("data.save"), key="save_query", on_click=keep)


def _schema(match_id: str) -> None:
    with st.expander(say("data.schema"), icon=":material/table:"):
        try:
            columns = polls.service().database_columns(match_id)
        except TacticEyeError as error:
            st.html(panels.problem(error, texts()))
            return
        for table, rows in columns.groupby("table_name"):
            names = ", ".join(f"{n} {t}" for n, t in zip(rows["column_name"], rows["data_type"], strict=True))
            st.html(panels.definition(str(table), names))


def _answer(match_id: str) -> None:
    asked_of, answer = st.session_state.get(_ANSWER, (None, None))
    if asked_of != match_id or answer is None:
        return
    if isinstance(answer, QueryError):
        st.html(panels.problem(answer, texts()))
        return
    if not answer.rows:
        st.html(panels.hint(say("data.nothing")))
        return
    notes = [say("data.cut")] if answer.is_cut else []
    st.html(panels.heading(texts().count("data.rows", len(answer.rows)), notes))
    # Names may occur twice; what is shown is text, whatever it looks like.
    table = pd.DataFrame([list(row) for row in answer.rows], columns=range(len(answer.columns)))
    config: dict[Any, Any] = {str(i): plain(name) for i, name in enumerate(answer.columns)}
    st.dataframe(table.rename(columns=str), key="sql_rows", hide_index=True, column_config=config)
    _chart(table, list(answer.columns))


def _chart(table: pd.DataFrame, names: list[str]) -> None:
    numbers = [i for i in range(len(names)) if pd.api.types.is_numeric_dtype(table[i])]
    if not numbers or len(names) < 2:
        return
    with st.expander(say("data.chart"), icon=":material/bar_chart:"):
        kind_column, x_column, y_column = st.columns(3)
        kind = kind_column.selectbox(
            say("data.chart_kind"), _CHARTS, format_func=lambda k: say(f"data.chart_{k}"), key="chart_kind"
        )
        across = x_column.selectbox(
            say("data.chart_x"), range(len(names)), format_func=names.__getitem__, key="chart_x"
        )
        up = y_column.selectbox(
            say("data.chart_y"), numbers, len(numbers) - 1, format_func=names.__getitem__, key="chart_y"
        )
        x_type = "quantitative" if across in numbers and kind != "bar" else "ordinal"
        spec = {
            "height": 280,
            "autosize": {"type": "fit-x", "contains": "padding"},
            "mark": {"type": kind, "tooltip": True},
            "encoding": {
                "x": {"field": "x", "type": x_type, "title": names[across], "sort": None},
                "y": {"field": "y", "type": "quantitative", "title": names[up]},
            },
        }
        rows = pd.DataFrame({"x": table[across], "y": table[up]})
        st.vega_lite_chart(rows, spec, key="sql_chart", width="stretch")

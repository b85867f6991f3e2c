"""Positions to football: control, passes, events, running totals. Pure: no pixels, no files, no clock."""

"""Matches given as positions instead of video: files to frames, frames to results stored and shown like any match's.

Tracking data have no picture; theirs is the pitch with MARGIN_M around it, seen from above at PX_PER_M. So everything
that shows places in a picture shows them on the pitch, and `pitch_xy` holds the metres themselves.
"""

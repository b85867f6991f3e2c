"""Where on the pitch each pixel lies: evidence of one frame, a camera fitted to it, and the same over time."""

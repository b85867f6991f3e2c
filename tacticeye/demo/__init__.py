"""The synthetic demo match: simulated play, rendered picture, exact truth."""

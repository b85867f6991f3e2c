"""TacticEYE: football match analysis from video. Importing it does nothing and reaches no network."""

__version__ = "0.1.0"

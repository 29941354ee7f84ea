"""The loss explorer: what a loss does to a handful of points."""

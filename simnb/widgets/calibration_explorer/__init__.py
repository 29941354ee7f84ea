"""The calibration explorer: every threshold of labelled queries, and what it is worth."""

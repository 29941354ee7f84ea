"""The explorer: projector, neighbour viewer and calibration explorer, linked."""

"""Turn distances into decisions: the cut points beyond which an answer is withheld.

Calibration sorts the queries by the distance of their answer once; cumulative counts then
give every metric at every threshold, in O(n log n). `match` at a cut point reproduces the
counts that calibration reported. Thresholds lie midway between neighbouring distances, so
that the last bits of a distance, which change with the size of a batch, decide nothing.

    >>> import numpy as np
    >>> from simnb import Lookups
    >>> ids, distances = np.array([[0], [1], [0]]), np.array([[0.1], [0.2], [0.9]], "float32")
    >>> found = Lookups(ids, distances, labels=np.array([["cat"], ["dog"], ["cat"]]))
    >>> results = calibrate(found, ["cat", "dog", "fox"])
    >>> round(results.cutpoint("optimal"), 3)
    0.55
    >>> match(found, results.cutpoint("optimal"), no_match_label="nothing").tolist()
    ['cat', 'dog', 'nothing']
"""

from simnb.calibration.calibrate import calibrate
from simnb.calibration.decisions import Decisions, decisions
from simnb.calibration.evaluate import evaluate_at, evaluate_classification
from simnb.calibration.match import match
from simnb.calibration.results import CalibrationResults
from simnb.calibration.targets import Target

__all__ = [
    "CalibrationResults",
    "Decisions",
    "Target",
    "calibrate",
    "decisions",
    "evaluate_at",
    "evaluate_classification",
    "match",
]

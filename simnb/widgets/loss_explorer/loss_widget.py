"""A loss and points in the plane: what is shown of them, and what can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from simnb import check
from simnb.visualization import palette
from simnb.widgets.base import Widget, sendable
from simnb.widgets.binary import Array, Number, refusing
from simnb.widgets.loss_explorer.points import Places, checked_points, names_of
from simnb.widgets.loss_explorer.settings import Loss, code_of, known_losses, loss_of, settings_of

if TYPE_CHECKING:
    from simnb.losses import Explanation, MetricLoss

_UNDO = 100  # changes that are remembered
_OWN = "own"  # the key of a loss that is not simnb's


class LossWidget(Widget):
    """A loss on labelled points, explained anew at each change of either.

    Parameters
    ----------
    loss : MetricLoss or str
    points : array [n, 2]
    labels : array [n]
    **state
        Traits of the subclass.

    Attributes
    ----------
    points : list of [float, float]
        Set it, observe it, link it with that of another explorer.
    loss : MetricLoss
        Set it to another, or to a name; one that is changed in place is not noticed.
    step_size : float
    """

    height = traitlets.Int(440, min=120, max=4000).tag(sync=True)
    points = Places()
    loss = Loss()
    step_size = Number(0.1, check.positive)

    _value = Array()
    _anchors = Array()
    _counted = Array()
    _gradient = Array()
    _pairs = Array()
    _note = traitlets.Unicode().tag(sync=True)
    _names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _codes = traitlets.List(traitlets.Int()).tag(sync=True)
    _classes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _colors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _losses = traitlets.List(traitlets.List()).tag(sync=True)
    _loss = traitlets.Unicode().tag(sync=True)
    _settings = traitlets.List(traitlets.Dict()).tag(sync=True)
    _code = traitlets.Unicode().tag(sync=True)
    _circle = traitlets.Bool(False).tag(sync=True)
    _undo = traitlets.Int(0).tag(sync=True)

    _last: tuple[Any, Any, Explanation] | None = None
    _begins = True  # whether a change is one to undo by itself

    def __init__(self, loss: Any, points: Any, labels: NDArray[Any], **state: Any) -> None:
        self._labels: NDArray[Any] = labels.copy()
        self._labels.setflags(write=False)
        classes, codes = np.unique(labels, return_inverse=True)
        self._history: list[tuple[Any, Any]] = []
        self._known: dict[str, MetricLoss] = {}
        self._start = self._shown = loss_of(loss), checked_points(points, len(labels))
        super().__init__(
            loss=self._start[0],
            points=self._start[1],
            **self._drawing(*self._start),
            **self._described(self._start[0]),
            _names=names_of(codes),
            _codes=codes.tolist(),
            _classes=[sendable(own) for own in classes],
            _colors=palette.categorical_colors(len(classes)),
            **state,
        )
        self.observe(self._show, ["points", "loss"])

    @property
    def labels(self) -> NDArray[Any]:
        """Of the points; they cannot be written to."""
        return self._labels

    @property
    def value(self) -> float:
        """What the loss gives for the points."""
        return self.explanation.value

    @property
    def explanation(self) -> Explanation:
        """Value, gradient and pairs, as `simnb.losses.explain` gives them."""
        return self._explained(self.loss, self.points)

    def undo(self) -> None:
        """Take back the last drag, step or change of the points or the loss, whoever made it."""
        before = self._shown
        with self._going_on():
            while self._history and self._shown == before:
                loss, points = self._history.pop()
                self._set(loss=loss, points=points)
        self._undo = len(self._history)

    @traitlets.validate("loss")
    def _check_loss(self, proposal: Any) -> MetricLoss:
        loss: MetricLoss = proposal.value
        with refusing():
            self._explained(loss, self.points)  # what cannot be explained is not shown
        return loss

    @traitlets.validate("points")
    def _check_points(self, proposal: Any) -> list[list[float]]:
        with refusing():
            self._explained(self.loss, proposal.value)
        points: list[list[float]] = proposal.value
        return points

    def _explained(self, loss: MetricLoss, points: list[list[float]]) -> Explanation:
        from simnb.losses import explain

        if self._last is None or self._last[0] is not loss or self._last[1] != points:
            try:
                found = explain(loss, self.labels, points)
            except Exception as error:  # a loss of the user's own may raise whatever it likes
                raise ValueError(f"`loss` cannot be computed here: {error}") from error
            self._last = loss, points, found
        return self._last[2]

    def _drawing(self, loss: MetricLoss, points: list[list[float]]) -> dict[str, Any]:
        found = self._explained(loss, points)
        return {
            "_value": np.array([found.value]),
            "_anchors": found.anchors,
            "_counted": found.counted.astype(np.uint8),
            "_gradient": found.gradient,
            "_pairs": found.pairs,
            "_note": found.note,
        }

    def _described(self, loss: MetricLoss) -> dict[str, Any]:
        known = known_losses()
        key = next((name for name, own in known.items() if type(loss) is own), _OWN)
        self._known[key] = loss
        losses = [[name, own.__name__] for name, own in known.items()]
        if _OWN in self._known:
            losses.append([_OWN, sendable(type(self._known[_OWN]).__name__)])
        return {
            "_losses": losses,
            "_loss": key,
            "_settings": [own.to_page() for own in settings_of(loss)],
            "_code": code_of(loss),
            "_circle": _sees_directions(loss.distance),
        }

    def _show(self, change: Any) -> None:
        now = self.loss, self.points
        if self._begins and now != self._shown:
            self._history = [*self._history, self._shown][-_UNDO:]
        self._shown = now
        state = self._drawing(*now) | {"_undo": len(self._history)}
        if change.name == "loss":
            state |= self._described(self.loss)
        self._together(state)

    def _set(self, **state: Any) -> None:
        """Set points, loss or both: all of it or, where something is refused, nothing."""
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in state.items():
                setattr(self, name, value)

    @contextmanager
    def _going_on(self, goes_on: bool = True) -> Iterator[None]:
        """Change points and loss as part of the change before, which is undone with it."""
        self._begins = not goes_on
        try:
            yield
        finally:
            self._begins = True


def _sees_directions(distance: Any) -> bool:
    """Whether a distance takes no notice of how far from 0 a point is."""
    rows = np.array([[1.0, 2.0], [-0.5, 0.25], [3.0, -1.0]], np.float32)
    return bool(np.allclose(distance(rows, rows), distance(3 * rows, rows), rtol=1e-3, atol=1e-5))

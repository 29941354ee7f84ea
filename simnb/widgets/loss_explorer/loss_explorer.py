"""A loss on a handful of points that a reader drags: what it pulls, what it pushes, and how hard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from simnb import check
from simnb.widgets.cards import Answer
from simnb.widgets.loss_explorer.loss_widget import LossWidget
from simnb.widgets.loss_explorer.points import by_chance, checked_place, checked_points
from simnb.widgets.loss_explorer.settings import changed, loss_of, settings_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from simnb.losses import MetricLoss

_CLASSES = (0, 0, 0, 1, 1, 1, 2, 2)


class LossExplorer(LossWidget, script="loss_explorer"):
    """A loss at work on points in the plane, which its reader drags.

    Lines lead where the loss pulls two points together (solid) or pushes them apart (dashed),
    the wider the harder; arrows point where training would move each point. All numbers are
    those of the loss itself: `simnb.losses.explain` gives them without a widget.

    Parameters
    ----------
    loss : MetricLoss or str, default "triplet"
        "triplet", "pn", "multisim", "circle", or a loss, of your own too.
    points : array [n, 2], optional
        At most 100. Default as many as labels, placed by chance.
    labels : sequence of n, optional
        Integers or strings. Default eight in three classes.
    step_size : float, default 0.1
        By how much of the gradient a step moves the points.
    seed : int, default 0
        Of points that are placed by chance.
    theme : str, default "auto"
        "light", "dark", or "auto", which is the page's.
    height : int, default 440
        Of the drawing, in pixels.
    title : str, default ""

    Attributes
    ----------
    points : list of [float, float]
        Set it, observe it, link it with that of another explorer.
    loss : MetricLoss
        Set it to another, or to a name; one that is changed in place is not noticed.
    labels : array [n]
        Cannot be changed.

    Raises
    ------
    ValueError
        Points and labels do not agree, or the loss is unknown.

    Examples
    --------
    >>> explorer = LossExplorer("triplet", [[0, 1], [1, 0], [0, 2]], labels=["a", "a", "b"])
    >>> explorer
    LossExplorer(3 points, 2 classes, TripletLoss(), value 1.0032)
    >>> explorer.step(10)
    >>> explorer.value < 1
    True
    >>> explorer.undo()
    >>> explorer.points
    [[0.0, 1.0], [1.0, 0.0], [0.0, 2.0]]
    >>> explorer.close()
    """

    def __init__(
        self,
        loss: MetricLoss | str = "triplet",
        points: Any = None,
        labels: Any = None,
        *,
        step_size: float = 0.1,
        seed: int = 0,
        theme: str = "auto",
        height: int = 440,
        title: str = "",
    ) -> None:
        check.package("keras", check.requirement("tensorflow"))
        if labels is None and points is not None:
            raise ValueError("`labels` must hold one label for each of `points`. Received: None")
        known = check.labels("labels", _CLASSES if labels is None else labels)
        if points is None:
            points = by_chance(len(known), seed)
        super().__init__(
            loss, points, known, step_size=step_size, theme=theme, height=height, title=title
        )
        # The longest step: a steep loss shall not throw a point out of the picture.
        self._longest = 0.1 * max(1.0, float(np.ptp(self._start[1], axis=0).max()))

    def step(self, count: int = 1) -> None:
        """Move the points against the gradient, as training would.

        A step is `step_size` times the gradient; where that would move a point farther than
        a tenth of what the points covered at first, all of it is shortened in proportion.

        Parameters
        ----------
        count : int, default 1
            Steps, which `undo` takes back at once.

        Raises
        ------
        ValueError
            The gradient is not finite; no point moves then.
        """
        points: list[list[float]] = self.points
        for _ in range(check.positive_integer("count", count)):
            gradient = self._explained(self.loss, points).gradient
            if not np.isfinite(gradient).all():
                raise ValueError(
                    "`loss` must have a finite gradient to step by. Received: NaN or inf"
                )
            steepest = max(float(np.hypot(*gradient.T).max()), 1e-300)
            move = min(self.step_size, self._longest / steepest) * gradient
            points = checked_points(np.subtract(points, move))
        self._set(points=points)

    def reset(self) -> None:
        """Show points and loss as they were at first; `undo` takes that back too."""
        loss, points = self._start
        self._set(loss=loss, points=points)

    def table(self) -> pd.DataFrame:
        """Return a row for each point: where it is, its value as an anchor, and its gradient.

        The value of an anchor that does not count is NaN.
        """
        import pandas as pd

        found = self.explanation
        x, y = np.array(self.points).T
        columns = {
            "point": self._names,
            "class": self.labels,
            "x": x,
            "y": y,
            "value": np.where(found.counted, found.anchors, np.nan),
            "gradient_x": found.gradient[:, 0],
            "gradient_y": found.gradient[:, 1],
        }
        return pd.DataFrame(columns)

    def plot(self) -> Figure:
        """Return what is shown as a matplotlib figure."""
        from simnb.widgets.loss_explorer.picture import loss_picture

        return loss_picture(
            np.array(self.points),
            self.explanation,
            self._names,
            self._codes,
            self._classes,
            title=self.title or self._code,
            circle=self._circle,
        )

    def __repr__(self) -> str:
        count, classes = len(self.points), len(self._classes)
        shown = f"{count} point{'s' * (count != 1)}, {classes} class{'es' * (classes != 1)}"
        return f"{type(self).__name__}({shown}, {self._code}, value {self.value:.4f})"

    def _answer_move(self, message: Mapping[str, Any]) -> Answer:
        row = check.row("row", message.get("row"), len(self.points))
        points = self.points
        points[row] = checked_place(message.get("place"))
        with self._going_on(not message.get("begin")):
            self._set(points=points)
        return {}, []

    def _answer_step(self, message: Mapping[str, Any]) -> Answer:
        with self._going_on(not message.get("begin")):
            self.step()
        return {}, []

    def _answer_choose(self, message: Mapping[str, Any]) -> Answer:
        key = message.get("loss")
        loss = (self._known.get(key) if isinstance(key, str) else None) or loss_of(key)
        if all(_has_distances(own) for own in (loss, self.loss)):
            loss = changed(loss, "distance", str(self.loss.distance))
        self._set(loss=loss)
        return {}, []

    def _answer_setting(self, message: Mapping[str, Any]) -> Answer:
        with self._going_on(not message.get("begin")):
            self._set(loss=changed(self.loss, message.get("name"), message.get("value")))
        return {}, []

    def _answer_undo(self, message: Mapping[str, Any]) -> Answer:
        self.undo()
        return {}, []

    def _answer_reset(self, message: Mapping[str, Any]) -> Answer:
        self.reset()
        return {}, []

    def _picture(self) -> bytes:
        from simnb.visualization.present import side_by_side

        return side_by_side([self.plot()])


def _has_distances(loss: MetricLoss) -> bool:
    return any(own.name == "distance" for own in settings_of(loss))

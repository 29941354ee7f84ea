"""The settings of a loss as controls, and the loss made anew with one of them changed."""

from __future__ import annotations

import inspect
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import traitlets

from simnb import check, distances
from simnb.widgets.base import sendable
from simnb.widgets.binary import refusing

if TYPE_CHECKING:
    from simnb.losses import MetricLoss

_OF_KERAS = ("name", "reduction", "dtype")
# Lowest, highest and step of a slider, for numbers that have a meaning of their own.
_RANGES = {
    "alpha": (0.1, 20.0, 0.1),
    "beta": (1.0, 100.0, 1.0),
    "center": (-1.0, 2.0, 0.05),
    "epsilon": (-0.5, 1.0, 0.05),
    "gamma": (1.0, 256.0, 1.0),
    "lmda": (-1.0, 2.0, 0.05),
    "margin": (0.0, 2.0, 0.05),
    "temperature": (0.01, 2.0, 0.01),
}
_AT_FIRST = 0.5  # of a number that was None


@dataclass(frozen=True)
class Setting:
    """One argument of a loss that a reader can change.

    Attributes
    ----------
    name : str
    kind : {"number", "choice", "switch"}
    value : float, int, str, bool or None
    options : list of str
        Of a choice.
    low, high, step : float
        Of a number's slider.
    optional : bool
        Whether a number may be None.
    """

    name: str
    kind: str
    value: Any
    options: list[str]
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    optional: bool = False

    def to_page(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


class Loss(traitlets.TraitType):  # type: ignore[type-arg]
    """A MetricLoss, which may be given by its name or class too; Python's alone."""

    info_text = "a loss"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(None, **kwargs)

    def validate(self, owner: Any, value: Any) -> MetricLoss:
        """Return the loss, or raise."""
        with refusing():
            return loss_of(value)


def known_losses() -> dict[str, type[MetricLoss]]:
    """Return the classes of simnb's losses by their short names, such as "triplet"."""
    from simnb import losses

    classes = [getattr(losses, name) for name in losses.__all__]
    return {
        own().name.removesuffix("_loss"): own
        for own in classes
        if isinstance(own, type) and issubclass(own, losses.MetricLoss) and not _is_abstract(own)
    }


def loss_of(loss: Any) -> MetricLoss:
    """Return a loss that is given by name, class or as it is; the error lists the names."""
    from simnb.losses import MetricLoss

    if isinstance(loss, type) and issubclass(loss, MetricLoss) and not _is_abstract(loss):
        loss = loss()
    if isinstance(loss, MetricLoss):
        return loss
    known = known_losses()
    wanted = _short(loss) if isinstance(loss, str) else None
    for name, own in known.items():
        if wanted in (name, _short(own.__name__)):
            return own()
    names = ", ".join(map(repr, known))
    raise ValueError(f"`loss` must be a MetricLoss or one of {names}. Received: loss={loss!r}")


def settings_of(loss: MetricLoss) -> list[Setting]:
    """Return what of a loss can be changed; nothing, if it cannot be made from its config."""
    found = (_setting(loss, name, value) for name, value in _arguments(loss).items())
    return [own for own in found if own is not None]


def changed(loss: MetricLoss, name: Any, value: Any) -> MetricLoss:
    """Return the loss with one setting changed; the loss itself decides what it takes."""
    setting = next((own for own in settings_of(loss) if own.name == name), None)
    if setting is None:
        raise ValueError(
            f"`name` must be a setting of {type(loss).__name__}. Received: name={name!r}"
        )
    if setting.kind == "choice":
        check.one_of(name, value, setting.options)
        if value == _text(setting.value):
            return loss  # a distance with arguments of its own keeps them
    elif setting.kind == "switch":
        value = bool(value)
    elif value is not None or not setting.optional:
        value = check.finite(name, value)
        value = int(value) if isinstance(setting.value, int) else value
    return _with(loss, name, value)


def code_of(loss: MetricLoss) -> str:
    """Return the Python that makes a loss, as far as its config tells."""
    takes = inspect.signature(type(loss)).parameters
    given = [
        f"{name}={value!r}"
        for name, value in _arguments(loss).items()
        if name not in takes or value != takes[name].default
    ]
    return sendable(f"{type(loss).__name__}({', '.join(given)})")


def _setting(loss: MetricLoss, name: str, value: Any) -> Setting | None:
    if name == "distance":
        return Setting(name, "choice", _text(value), _distances(_text(value)))
    if isinstance(value, bool):
        return Setting(name, "switch", value, [])
    if isinstance(value, str):
        options = [own for own in _strategies(name) if _takes(loss, name, own)]
        return Setting(name, "choice", value, options) if value in options else None
    if value is None and not _takes(loss, name, _AT_FIRST):
        return None
    if value is not None and not (isinstance(value, (int, float)) and math.isfinite(value)):
        return None
    low, high, step = _RANGES.get(name) or _range_around(value)
    if value is not None:
        low, high = min(low, value), max(high, value)
    return Setting(name, "number", value, [], low, high, step, _takes(loss, name, None))


def _range_around(value: float | None) -> tuple[float, float, float]:
    size = max(1.0, 4 * abs(value or 0.0))
    step = 1.0 if isinstance(value, int) else 10.0 ** (math.floor(math.log10(size)) - 2)
    return (-size if value is not None and value < 0 else 0.0), float(math.ceil(size)), step


def _strategies(name: str) -> tuple[str, ...]:
    from simnb import losses

    known = {
        "positive_mining_strategy": losses.mining.POSITIVES,
        "negative_mining_strategy": losses.mining.NEGATIVES,
    }
    return known.get(name, ())


def _distances(own: str) -> list[str]:
    """The distances to choose from, with the one in use."""
    fitting = [name for name in distances.names() if _fits(name)]
    return fitting if own in fitting else [*fitting, own]


def _fits(distance: str) -> bool:
    """Whether a loss can be made with the distance of that name alone."""
    try:
        return not distances.get(distance).larger_is_nearer
    except Exception:  # somebody's own, which its name alone does not make
        return False


def _arguments(loss: MetricLoss) -> dict[str, Any]:
    """A loss's config, if it holds all of the constructor's arguments; else nothing."""
    takes = inspect.signature(type(loss)).parameters.values()
    named = {own.name for own in takes if own.kind not in (own.VAR_POSITIONAL, own.VAR_KEYWORD)}
    named -= set(_OF_KERAS)
    try:
        config = loss.get_config()
        if named <= set(config) and type(loss).from_config(dict(config)).get_config() == config:
            return {name: config[name] for name in config if name not in _OF_KERAS}
    except Exception:  # somebody's own loss: it is drawn all the same, without controls
        pass
    return {}


def _with(loss: MetricLoss, name: str, value: Any) -> MetricLoss:
    made: MetricLoss = type(loss).from_config({**loss.get_config(), name: value})
    return made


def _takes(loss: MetricLoss, name: str, value: Any) -> bool:
    try:
        _with(loss, name, value)
    except (TypeError, ValueError):
        return False
    return True


def _text(distance: Any) -> str:
    """A distance's name, of the form that `distances.serialize` gives."""
    return str(distance["name"] if isinstance(distance, dict) else distance)


def _short(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "").removesuffix("loss")


def _is_abstract(own: type) -> bool:
    return bool(getattr(own, "__abstractmethods__", None))

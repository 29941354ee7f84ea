"""Classes that users pick by name, such as distances and search engines."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """The known classes of one kind, by name and alias.

    Parameters
    ----------
    kind : str
        What the classes are, for error messages: `"distance"`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._classes: dict[str, type[T]] = {}

    def add(self, cls: type[T], *names: str) -> None:
        """Make `cls` known as each of `names`; the first is its own.

        A notebook cell that is run again replaces its class. A name of simnb's
        own is never replaced: saved models and indexes rely on its meaning.
        """
        names = tuple(name.lower() for name in names)  # as `find` looks them up
        for name in names:
            known = self._classes.get(name)
            if known is not None and _is_ours(known) and not _is_ours(cls):
                raise ValueError(
                    f"`name` {name!r} belongs to simnb's own {self._kind} {known.__name__}; "
                    f"give {cls.__name__} another name."
                )
        for name in names:
            self._classes[name] = cls

    def find(self, name: Any) -> type[T]:
        """Return the class of that name; the error lists the known names."""
        found = self._classes.get(name.lower()) if isinstance(name, str) else None
        if found is None:
            known = ", ".join(repr(n) for n in self.names())
            raise ValueError(f"Unknown {self._kind}. Known: {known}. Received: {name!r}")
        return found

    def names(self) -> list[str]:
        """Return the own name of every class, sorted, without the aliases."""
        return sorted({str(getattr(cls, "name")) for cls in self._classes.values()})  # noqa: B009 - T has no bound


def _is_ours(cls: type[Any]) -> bool:
    return cls.__module__.partition(".")[0] == "simnb"

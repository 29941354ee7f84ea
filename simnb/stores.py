"""Labels and data of the indexed items, in memory; the engine holds their vectors."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simnb import check

__all__ = ["MemoryStore"]


class MemoryStore:
    """Labels and data by row, beside the engine's rows.

    Labels are all integers, all strings or all absent. Data of an item is an array
    of any shape and dtype, kept by reference, or plain JSON: strings, numbers,
    lists, dicts, None; what JSON has no form for takes its nearest, tuples that of
    lists and keys of dicts that of strings.
    """

    def __init__(self) -> None:
        self.labels: NDArray[np.int64] | NDArray[np.uint64] | NDArray[np.str_] | None = None
        self._data: list[Any] = []
        self._class_counts: tuple[NDArray[Any], NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return len(self._data)

    def checked_labels(self, labels: Any, count: int) -> NDArray[Any] | None:
        """Return labels of `count` new items, of one kind with those that are here.

        Raises
        ------
        ValueError
            Labels for some items and not for others, integers beside strings,
            floats, a wrong number.
        """
        new = None if labels is None else _widest(check.labels("labels", labels, count))
        if len(self) and (new is None) != (self.labels is None):
            has = "has no labels" if self.labels is None else "has labels"
            raise ValueError(
                f"`labels` must be given for all items or for none: the index {has}. Received: {_kind(new)}"
            )
        if new is not None and self.labels is not None:
            if _kind(new) != _kind(self.labels):
                raise ValueError(
                    f"`labels` must be of one kind: the index has {_kind(self.labels)}. Received: {_kind(new)}"
                )
            return _widest(new, self.labels)
        return new

    def checked_data(self, data: Any, count: int) -> list[Any]:
        """Return data of `count` new items, one entry an item.

        Raises
        ------
        ValueError
            A wrong number, or something that is neither an array nor plain JSON.
        """
        if data is None:
            return [None] * count
        if not isinstance(data, Sequence) and not isinstance(data, Mapping):
            data = np.asarray(data)
        if isinstance(data, (str, bytes, Mapping)) or (
            isinstance(data, np.ndarray) and data.ndim == 0
        ):
            raise ValueError(f"`data` must hold one entry an item. Received: {type(data).__name__}")
        if len(data) != count:
            raise ValueError(
                f"`data` must have one entry for each of {count} items. Received: {len(data)} entries"
            )
        return [_checked_item(item, place) for place, item in enumerate(data)]

    def append(self, labels: NDArray[Any] | None, data: list[Any]) -> None:
        """Add items that `checked_labels` and `checked_data` have passed."""
        if labels is not None:
            here = labels[:0] if self.labels is None else self.labels
            self.labels = np.concatenate(
                [here.astype(labels.dtype) if labels.dtype.kind != "U" else here, labels]
            )
            self._class_counts = None
        self._data.extend(data)

    def remove(self, rows: NDArray[np.int64]) -> MemoryStore:
        """Return a store without these rows; look-ups made before still read this one."""
        keep = np.ones(len(self), dtype=bool)
        keep[rows] = False
        rest = MemoryStore()
        if keep.any():  # an emptied store takes labels of any kind again
            rest.labels = None if self.labels is None else self.labels[keep]
            rest._data = [self._data[row] for row in np.flatnonzero(keep)]
        return rest

    def relabel(self, rows: NDArray[np.int64], labels: NDArray[Any]) -> MemoryStore:
        """Return a store with other labels, which `checked_labels` has passed, in these rows."""
        changed = self.copy()
        if changed.labels is not None:
            text = labels.dtype.kind == "U"
            wide = np.result_type(changed.labels, labels) if text else labels.dtype
            changed.labels = changed.labels.astype(wide)
            changed.labels[rows] = labels
        return changed

    def copy(self) -> MemoryStore:
        """Return a store of the same items that grows on its own."""
        return self.remove(np.empty(0, dtype=np.int64))

    def class_counts(self) -> tuple[NDArray[Any], NDArray[np.int64]] | None:
        """Return the different labels and how many items have each; None without labels."""
        if self._class_counts is None and self.labels is not None:
            self._class_counts = np.unique(self.labels, return_counts=True)  # sorts them all
            for part in self._class_counts:
                part.flags.writeable = False  # many share them
        return self._class_counts

    def data(self, row: int) -> Any:
        """What was stored with the item."""
        return self._data[row]

    def save(self, folder: Path) -> None:
        """Write labels and data as arrays and JSON; nothing is pickled."""
        if self.labels is not None:
            np.save(folder / "labels.npy", self.labels, allow_pickle=False)
        runs: list[dict[str, Any]] = []  # neighbours of one form share an entry
        last = None
        arrays: dict[str, list[NDArray[Any]]] = {}
        for item in self._data:
            if isinstance(item, np.ndarray):
                arrays.setdefault(item.dtype.str, []).append(item)
                form = {"dtype": item.dtype.str, "shape": list(item.shape)}
            else:
                form = {"json": item}
            text = json.dumps(form)  # 1, 1.0 and True are equal, their texts are not
            if text == last:
                runs[-1]["count"] += 1
            else:
                runs.append({"form": form, "count": 1})
                last = text
        # Arrays of one dtype stand end to end in one file, whatever their shapes.
        for number, dtype in enumerate(arrays):
            flat = np.concatenate([array.reshape(-1) for array in arrays[dtype]])
            np.save(folder / f"data_{number}.npy", flat, allow_pickle=False)
        content = {"dtypes": list(arrays), "runs": runs}
        (folder / "data.json").write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> MemoryStore:
        """Read what `save` wrote."""
        store = cls()
        if (folder / "labels.npy").exists():
            store.labels = np.load(folder / "labels.npy", allow_pickle=False)
        content = json.loads((folder / "data.json").read_text(encoding="utf-8"))
        flat = {
            dtype: np.load(folder / f"data_{number}.npy", allow_pickle=False)
            for number, dtype in enumerate(content["dtypes"])
        }
        used = dict.fromkeys(flat, 0)
        for run in content["runs"]:
            form = run["form"]
            for _ in range(run["count"]):
                if "json" in form:
                    store._data.append(copy.deepcopy(form["json"]))  # each item has its own
                    continue
                start = used[form["dtype"]]
                used[form["dtype"]] += math.prod(form["shape"])
                item = flat[form["dtype"]][start : used[form["dtype"]]]
                store._data.append(item.reshape(form["shape"]))
        return store


def _widest(labels: NDArray[Any], beside: NDArray[Any] | None = None) -> NDArray[Any]:
    """Labels in the dtype they are kept in: int64, uint64 past its end, or text."""
    if labels.dtype.kind == "U":
        return labels
    largest = max(
        (int(part.max()) for part in (labels, beside) if part is not None and len(part)), default=0
    )
    smallest = min(
        (int(part.min()) for part in (labels, beside) if part is not None and len(part)), default=0
    )
    if largest > np.iinfo(np.int64).max and smallest < 0:
        raise ValueError(
            "`labels` must fit one 64-bit integer type: there are negative ones and some past 2**63."
        )
    return labels.astype(np.uint64 if largest > np.iinfo(np.int64).max else np.int64)


def _kind(labels: NDArray[Any] | None) -> str:
    if labels is None:
        return "no labels"
    return "strings" if labels.dtype.kind == "U" else "integers"


def _checked_item(item: Any, place: int) -> Any:
    if isinstance(item, np.generic):
        item = np.asarray(item)
    if not isinstance(item, np.ndarray) and hasattr(item, "__array__"):
        item = np.asarray(item)  # a tensor of any framework
    if isinstance(item, np.ndarray):
        if item.dtype.kind in "biufcSU" and item.dtype.isnative:
            return item
        raise ValueError(
            f"`data` must be arrays of numbers or text, or plain JSON. Received: dtype {item.dtype} at {place}"
        )
    try:
        return json.loads(json.dumps(item))  # what a saved index would give back
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"`data` must be arrays or plain JSON. Received at {place}: {error}"
        ) from error

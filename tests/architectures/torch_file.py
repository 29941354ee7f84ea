"""Files as torch wrote them before its version 1.6, and hostile ones of that form, without torch."""

import collections
import io
import pickle
import sys
import types
from contextlib import contextmanager

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
SYSTEM = {"protocol_version": VERSION, "little_endian": True, "type_sizes": {"long": 4}}


class Storage:
    """What a tensor's numbers lie in; a pickle only refers to it."""

    def __init__(self, array, kind="FloatStorage", size=None):
        self.array, self.kind = array.ravel(), kind
        self.size = len(self.array) if size is None else size


class Tensor:
    def __init__(self, storage, shape, strides, offset=0):
        self.arguments = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


def contiguous(array):
    kind = "LongStorage" if array.dtype.kind == "i" else "FloatStorage"
    steps = tuple(stride // array.itemsize for stride in array.strides)
    return Tensor(Storage(array, kind), array.shape, steps)


def content(tensors, view=None):
    """The bytes of a file of tensors by name; `tensors` may be anything that pickles."""
    storages = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if not isinstance(value, Storage):
                return None
            storages.append(value)
            kind = getattr(sys.modules["torch"], value.kind)
            return ("storage", kind, str(len(storages) - 1), "cpu", value.size, view)

    stream = io.BytesIO()
    for value in (MAGIC, VERSION, SYSTEM):
        pickle.dump(value, stream, 2)
    with _named_as_torch():
        Pickler(stream, 2).dump(tensors)
    pickle.dump([str(number) for number in range(len(storages))], stream, 2)
    for storage in storages:
        stream.write(len(storage.array).to_bytes(8, "little") + storage.array.tobytes())
    return stream.getvalue()


@contextmanager
def _named_as_torch():
    """Classes of torch's names while something is pickled; pickle looks them up."""
    modules = {"torch": types.ModuleType("torch"), "torch._utils": types.ModuleType("torch._utils")}
    for name in ("FloatStorage", "LongStorage", "HalfStorage"):
        setattr(modules["torch"], name, type(name, (), {"__module__": "torch"}))

    def rebuild():
        raise AssertionError

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    rebuild.__name__ = "_rebuild_tensor_v2"
    modules["torch._utils"]._rebuild_tensor_v2 = rebuild
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module

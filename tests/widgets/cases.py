"""Data that widgets are tried on."""

import numpy as np

NASTY = [
    "<img src=x onerror=\"document.title='hacked'\">",
    "</script><script>document.title='hacked'</script>",
    "\u202egnp.exe",
    "a\x00b\x1bc",
    "{{constructor}} ${x} @{id} %s",
    "'\"&<>",
    "",
    "long " * 100,
]


def clusters(count, classes=4, size=8, seed=0):
    """Embeddings float32 [count, size] around as many well separated centres, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    centres = rng.normal(size=(classes, size)) * 6
    return (centres[labels] + rng.normal(size=(count, size))).astype(np.float32), labels

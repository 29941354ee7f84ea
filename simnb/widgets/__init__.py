"""Jupyter widgets for anyone's embeddings; each has headless twins, which are plain functions.

A folder holds what one widget needs; the files beside this one are what they share, and
`static` is their JavaScript and style. They need neither Keras nor TensorFlow (but for
`LossExplorer`, which shows a Keras loss), no network and no extension to build. Names load
when they are first used: a layout computed in another process does not load the widgets.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader

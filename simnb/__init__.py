"""Similarity learning for notebooks: train an embedding, index it, find nearest neighbours.

Names load when they are first used (PEP 562): `import simnb` itself imports neither
NumPy nor Keras nor TensorFlow.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader

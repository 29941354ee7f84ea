"""Figures; each function returns its figure.

Names load when they are first used: a widget that needs only colours does not load matplotlib.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader

"""What a frozen backbone makes of a data set, computed once and kept on disk."""

from simnb.features.caching import cached
from simnb.features.files import clear
from simnb.features.splitting import split

__all__ = ["cached", "clear", "split"]

"""Whether a server can be asked at all, before something waits for it for minutes."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request

__all__ = ["is_reachable"]


def is_reachable(url: str, seconds: float = 4.0) -> bool:
    """Whether a server answers, whatever it says; a name look-up that hangs counts as no."""
    answered = threading.Event()

    def ask() -> None:
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds)
            answered.set()
        except urllib.error.HTTPError as error:
            # What a proxy says in the server's place is no answer.
            if error.code < 500 and error.code != 407:
                answered.set()
        except Exception:  # no route, no name, no certificate: not reachable
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answered.is_set()

"""A machine without data sets and without a network, as `simnb.datasets` sees it."""

import socket

from simnb import datasets


def cut_off(monkeypatch, folder):
    """Hide prepared data sets and make the network refuse every connection."""
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(folder))
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(datasets, "_CATALOG", f"http://127.0.0.1:{port}/")

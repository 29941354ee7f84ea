"""Features on disk: what is damaged is not used, and what fails leaves nothing behind."""

import errno
import multiprocessing
import os
import shutil

import numpy as np
import pytest

from simnb import features
from simnb.features import caching
from tests.backend import NAME, to_numpy
from tests.features.small import X, backbone, files


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, empty, os.unlink])
def test_a_damaged_file_is_not_used_and_is_replaced(damage, tmp_path, runs):
    first = np.array(features.cached(backbone(), X, tmp_path, verbose=0))
    (path,) = tmp_path.iterdir()
    damage(path)
    again = features.cached(backbone(), X, tmp_path, verbose=0)
    np.testing.assert_allclose(again, first, rtol=1e-5)
    assert len(runs) == 2
    assert len(files(tmp_path)) == 1


def test_an_interrupted_computation_leaves_nothing_and_is_begun_anew(tmp_path, monkeypatch):
    def interrupted(model, output):
        def forward(batch):
            if next(countdown) == 0:
                raise KeyboardInterrupt
            return to_numpy(model(batch))

        countdown = iter([2, 1, 0])
        return forward

    with monkeypatch.context() as patched:
        patched.setattr(caching, "compiled_forward", interrupted)
        with pytest.raises(KeyboardInterrupt):
            features.cached(backbone(), X, tmp_path, batch_size=8, verbose=0)
    assert files(tmp_path) == []
    assert features.cached(backbone(), X, tmp_path, verbose=0).shape == (30, 5)


def test_a_disk_without_room_is_refused_before_the_work(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match=r"MB are free\)\. Pass another `folder`") as caught:
        features.cached(backbone(), X, tmp_path, verbose=0)
    assert caught.value.errno == errno.ENOSPC
    assert files(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_a_write_that_fails_half_way_leaves_nothing(tmp_path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, limits[1]))
    try:
        with pytest.raises(OSError, match="could not be kept in"):
            features.cached(backbone(), X, tmp_path, batch_size=7, verbose=0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"could not be kept in .*file"):
        features.cached(backbone(), X, tmp_path / "file" / "below", verbose=0)


def test_the_default_folder_is_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMNB_CACHE", str(tmp_path))
    features.cached(backbone(), X[:2], verbose=0)
    assert files(tmp_path) == ["features"]
    assert features.clear() > 0
    assert files(tmp_path / "features") == []


def test_clear_deletes_features_and_nothing_else(tmp_path):
    kept = ["notes.npy", "a-b.npy", f"{'0' * 32}.npy", f".{'0' * 32}-x.tmp"]
    for name in kept:
        (tmp_path / name).touch()
    found = features.cached(backbone(), X, tmp_path, verbose=0)
    half_written = tmp_path / f".{'0' * 32}-{'1' * 32}.tmp"  # of a process that was killed
    half_written.write_bytes(b"12345")
    sizes = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert features.clear(tmp_path) == sizes
    assert files(tmp_path) == sorted(kept)
    if os.name != "nt":
        assert np.isfinite(found).all()  # what is open stays readable
    assert features.clear(tmp_path / "nowhere") == 0


def _compute(folder):
    features.cached(backbone(), X, folder, verbose=0)


def test_processes_at_the_same_time_do_not_disturb_each_other(tmp_path):
    if NAME != "tensorflow":
        pytest.skip("starts two processes of TensorFlow")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_compute, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert features.cached(backbone(), X, tmp_path, verbose=0).shape == (30, 5)
    assert not [name for name in files(tmp_path) if name.endswith(".tmp")]


def test_what_cannot_be_deleted_is_neither_used_nor_an_error(tmp_path):
    first = np.array(features.cached(backbone(), X, tmp_path, verbose=0))
    (path,) = tmp_path.iterdir()
    stuck = path.with_name(f"{path.stem.partition('-')[0]}-{'0' * 32}.npy")
    path.rename(tmp_path / "elsewhere")
    stuck.mkdir()  # neither to be read nor unlinked, as what another program holds open
    again = features.cached(backbone(), X, tmp_path, verbose=0)
    np.testing.assert_allclose(again, first, rtol=1e-5)
    assert features.clear(tmp_path) == (tmp_path / "elsewhere").stat().st_size
    assert files(tmp_path) == sorted([stuck.name, "elsewhere"])

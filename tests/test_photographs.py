import numpy as np
import pytest

from simnb import datasets
from simnb.architectures import EfficientNetLite0
from tests import photographs
from tests.drawn_images import BREEDS, EACH
from tests.offline import cut_off

pytest.importorskip("tensorflow_datasets")

BOTH = ["cifar10", "oxford_iiit_pet"]
CATS = {
    *("Abyssinian", "Bengal", "Birman", "Bombay", "British_Shorthair", "Egyptian_Mau"),
    *("Maine_Coon", "Persian", "Ragdoll", "Russian_Blue", "Siamese", "Sphynx"),
}


def hide(monkeypatch, folder):
    """A machine without photographs, whose environment is put back afterwards."""
    cut_off(monkeypatch, folder / "home")
    monkeypatch.setenv("TFDS_DATA_DIR", "")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder in which both data sets were drawn."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as monkeypatch:
        hide(monkeypatch, folder)
        assert photographs.provide(BOTH, folder, beside=folder / "nowhere") == BOTH
        assert all(datasets.find(name).is_relative_to(folder) for name in BOTH)
        assert photographs.provide(BOTH, folder) == []  # they are there now
    return folder


@pytest.fixture(scope="module")
def pets(drawn):
    return {
        split: datasets.load("oxford_iiit_pet", split, drawn, download=False)
        for split in ("train", "test")
    }


def test_what_is_on_the_machine_is_linked_and_nothing_else_is_hidden(monkeypatch, tmp_path):
    for place in ("beside/cifar10/3.0.2", "beside/mnist/3.0.1", "own/flowers/1.0.0"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "dataset_info.json").write_text("{}")
    hide(monkeypatch, tmp_path)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "own"))
    assert photographs.provide(["flowers"], tmp_path / "links", tmp_path / "beside") == []
    assert not (tmp_path / "links").exists()
    (tmp_path / "links").mkdir()
    assert photographs.provide(["cifar10"], tmp_path / "links", tmp_path / "beside") == []
    beside = tmp_path / "beside" / "cifar10" / "3.0.2"
    assert datasets.find("cifar10").resolve() == beside.resolve()
    assert datasets.find("flowers") is not None
    assert datasets.find("mnist") is None


def test_drawn_cifar10_has_the_form_of_the_real_one(drawn):
    x, y = datasets.load("cifar10", data_dir=drawn, download=False)
    assert (x.shape, x.dtype) == ((3500, 32, 32, 3), np.uint8)
    assert np.bincount(y).tolist() == [350] * 10


def test_drawn_pets_are_37_breeds_of_two_species(drawn, pets):
    names = datasets.class_names("oxford_iiit_pet", drawn)
    assert (len(names), set(names) & CATS) == (37, CATS)
    for split, (x, y) in pets.items():
        assert (x.shape, x.dtype) == ((37 * EACH, 160, 160, 3), np.uint8)
        assert np.bincount(y).tolist() == [EACH] * 37
        files, species = (
            datasets.load("oxford_iiit_pet", split, drawn, x_key=key, y_key="species")
            for key in ("file_name", "label")
        )
        assert [names[breed] in CATS for breed in y] == [kind == 0 for kind in species[1]]
        breeds = [file.decode().rpartition("_")[0] for file in files[0]]
        assert breeds == [names[breed] for breed in y]
    assert datasets.class_names("oxford_iiit_pet", drawn, "species") == ["Cat", "Dog"]


@pytest.mark.skipif(
    not (photographs.BESIDE / "oxford_iiit_pet").is_dir(),
    reason="the Oxford pets are not on this machine",
)
def test_drawn_pets_have_the_names_of_the_real_ones():
    assert datasets.class_names("oxford_iiit_pet", photographs.BESIDE) == BREEDS


def test_no_drawn_pet_is_there_twice(pets):
    images = np.concatenate([x for x, _ in pets.values()])
    assert len({image.tobytes() for image in images}) == 2 * 37 * EACH


def test_features_of_imagenet_know_most_breeds(pets):
    network = EfficientNetLite0((160, 160, 3))
    (known, breeds), (asked, truth) = pets["train"], pets["test"]
    rows, queries = slice(37 * 10), slice(37 * 4)  # breeds stand in turn
    known, asked = (network.predict(x, 32, 0).mean((1, 2)) for x in (known[rows], asked[queries]))
    known, asked = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (known, asked))
    nearest = breeds[rows][np.argmax(asked @ known.T, axis=1)]
    assert np.mean(nearest == truth[queries]) > 0.7

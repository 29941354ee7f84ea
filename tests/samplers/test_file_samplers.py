import os
import pickle
import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from simnb import losses
from simnb.layers import MetricEmbedding
from simnb.models import SimilarityModel
from simnb.samplers import MultiShotFileSampler, MultiShotMemorySampler, files_by_folder

CLASSES = ["ant", "bee", "cat", "dog"]


def write(folder, each=6):
    """One folder a class of PNG files of one colour each: red tells the class, green the file."""
    for label, name in enumerate(CLASSES):
        (folder / name).mkdir()
        for number in range(each):
            color = (50 * label, 10 * number, 7)
            Image.new("RGB", (12, 10), color).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path)


def sampler(folder, **arguments):
    given = {"classes_per_batch": 3, "examples_per_class_per_batch": 4, "seed": 1, **arguments}
    return MultiShotFileSampler.from_directory(folder, **given)


def numbers(x):
    """Class and file that each image of a batch is of."""
    return (x[:, 0, 0, 0] // 50).astype(int), (x[:, 0, 0, 1] // 10).astype(int)


def test_a_folder_is_sampled_with_its_folders_names_as_labels(folder):
    ours = sampler(folder)
    assert ours.class_list == CLASSES
    assert ours.num_examples == 24
    for x, y in (ours[i] for i in range(20)):
        classes, files = numbers(x)
        assert (x.shape, x.dtype) == ((12, 10, 12, 3), np.uint8)
        assert np.array_equal(classes, y)
        assert [y.tolist().count(label) for label in set(y)] == [4, 4, 4]
        assert len(set(zip(classes, files, strict=True))) == 12
    x, y = ours.get_slice()
    assert np.array_equal(np.array(CLASSES)[numbers(x)[0]], y)
    assert set(ours.labels_of(np.array([0, 3]))) == {"ant", "dog"}


def test_files_below_a_classs_folder_count_and_hidden_ones_others_and_loose_ones_do_not(folder):
    (folder / "ant" / "more" / "deep").mkdir(parents=True)
    for place in ("ant/more/deep/a.PNG", "ant/.hidden.png", ".cache.png", "loose.png"):
        Image.new("RGB", (12, 10)).save(folder / place)
    (folder / "bee" / "notes.txt").touch()
    (folder / "empty").mkdir()
    (folder / ".git").mkdir()
    (folder / ".git" / "a.png").touch()
    paths, labels = files_by_folder(folder)
    assert len(paths) == 25
    assert [labels.count(name) for name in CLASSES] == [7, 6, 6, 6]
    assert str(folder / "ant" / "more" / "deep" / "a.PNG") in paths
    assert paths == [path for name in CLASSES for path in sorted(paths) if f"/{name}/" in path]
    assert len(files_by_folder(folder, suffixes=None)[0]) == 26
    assert files_by_folder(folder, suffixes=[".txt", ".png"])[1].count("bee") == 7


def test_a_link_back_up_is_not_followed_for_ever(folder):
    (folder / "ant" / "loop").symlink_to(folder)
    assert len(files_by_folder(folder)[0]) == 24


def test_a_link_to_what_holds_the_folder_is_no_class_but_one_elsewhere_is(folder, tmp_path_factory):
    above = folder / "all"
    above.mkdir()
    for name in CLASSES:
        (folder / name).rename(above / name)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    Image.new("RGB", (2, 2)).save(elsewhere / "a.png")
    (above / "loop").symlink_to(above)
    (above / "up").symlink_to(folder)
    (above / "eel").symlink_to(elsewhere)
    assert set(files_by_folder(above)[1]) == {*CLASSES, "eel"}


def test_links_that_lead_nowhere_are_passed_over(folder):
    for place in (folder, folder / "ant"):
        (place / "round.png").symlink_to(place / "about.png")
        (place / "about.png").symlink_to(place / "round.png")
        (place / "gone.png").symlink_to(place / "nothing.png")
    (folder / "ant" / "again.png").symlink_to(folder / "ant" / "1.png")
    paths, labels = files_by_folder(folder)
    assert [labels.count(name) for name in CLASSES] == [7, 6, 6, 6]
    assert str(folder / "ant" / "again.png") in paths


def test_endings_are_a_collection_in_any_case(folder):
    assert files_by_folder(folder, [".PNG"]) == files_by_folder(folder)
    with pytest.raises(ValueError, match="`suffixes` must be a collection of endings"):
        files_by_folder(folder, ".png")


@pytest.mark.parametrize("classes", [[], ["ant"]])
def test_folders_with_one_class_or_none_are_refused(tmp_path, classes):
    for name in [*classes, "without"]:
        (tmp_path / name).mkdir()
    for name in classes:
        Image.new("RGB", (2, 2)).save(tmp_path / name / "a.png")
    with pytest.raises(ValueError, match="one folder a class, and files in two of them") as caught:
        sampler(tmp_path)
    assert str(classes or "none") in str(caught.value)


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`directory` must be a folder\. Received: .*mnist"):
        sampler("mnist")


def test_images_are_stretched_to_image_size(folder):
    Image.new("RGB", (30, 31), (0, 0, 7)).save(folder / "ant" / "0.png")
    assert sampler(folder, image_size=(4, 5))[0][0].shape == (12, 4, 5, 3)
    assert sampler(folder, image_size=[4, 5]).example_shape == (4, 5, 3)
    with pytest.raises(ValueError, match=r"must have one shape.*\(31, 30, 3\).*`image_size`"):
        sampler(folder).get_slice()


def test_a_function_of_the_callers_reads_any_kind_of_file(tmp_path):
    paths = []
    for row in range(20):
        paths.append(tmp_path / f"{row}.txt")
        paths[-1].write_text(str(row))

    def read(path):
        assert isinstance(path, str)
        with open(path) as file:
            return np.array([int(file.read())])

    ours = MultiShotFileSampler(paths, np.arange(20) % 4, read, 4, 3, seed=1)
    x, y = ours[0]
    assert np.array_equal(x[:, 0] % 4, y)
    assert sorted(ours.get_slice()[0][:, 0]) == list(range(20))


def spoil(folder):
    """Make one file of each class unreadable, each in another way."""
    (folder / "ant" / "1.png").write_bytes(b"")
    (folder / "bee" / "2.png").write_text("no image")
    noise = np.random.default_rng(0).integers(0, 256, (10, 12, 3), np.uint8)
    Image.fromarray(noise).save(folder / "cat" / "3.png")
    content = (folder / "cat" / "3.png").read_bytes()
    (folder / "cat" / "3.png").write_bytes(content[: len(content) // 2])
    (folder / "dog" / "4.png").unlink()
    return {
        str(folder / "ant" / "1.png"): "empty file",
        str(folder / "bee" / "2.png"): "not an image",
        str(folder / "cat" / "3.png"): "corrupt or truncated: ",
        str(folder / "dog" / "4.png"): "no such file",
    }


def test_a_faulty_file_is_refused_by_name_unless_the_caller_says_otherwise(folder):
    ours = sampler(folder)
    for path, fault in spoil(folder).items():
        row = list(ours._files.paths).index(path)
        with pytest.raises(ValueError, match="must be a whole example") as caught:
            ours._files.gather(np.array([row]))
        assert f"{path}: {fault}" in str(caught.value)
    with pytest.raises(ValueError, match='`on_faulty` and `on_unusual` can be "skip"'):
        ours[0]
    assert ours.faulty == {}


def test_a_faulty_file_is_skipped_named_and_counted(folder):
    paths = files_by_folder(folder)
    ours = MultiShotFileSampler(*paths, None, 3, 4, seed=1, on_faulty="skip")
    faults = spoil(folder)
    for x, y in (ours[i] for i in range(30)):
        classes, files = numbers(x)
        assert np.array_equal(classes, y)
        assert [y.tolist().count(label) for label in set(y)] == [4, 4, 4]
        assert len(set(zip(classes, files, strict=True))) == 12
        assert not set(zip(classes, files, strict=True)) & {(0, 1), (1, 2), (2, 3), (3, 4)}
    assert set(ours.faulty) == set(faults)
    assert all(ours.faulty[path].startswith(fault) for path, fault in faults.items())


def test_the_shape_of_an_example_is_known_whichever_files_are_faulty(folder):
    lists = files_by_folder(folder)
    for path in lists[0][:-1]:
        os.truncate(path, 0)
    ours = MultiShotFileSampler(*lists, seed=1, on_faulty="skip")
    assert ours.example_shape == (10, 12, 3)
    assert repr(ours.x) == "Examples(shape=(24, 10, 12, 3), dtype=uint8)"
    assert len(ours.faulty) > 0
    os.truncate(lists[0][-1], 0)
    with pytest.raises(ValueError, match="must be a whole example"):
        MultiShotFileSampler(*lists, seed=1, on_faulty="skip").example_shape  # noqa: B018


def test_skipping_does_not_depend_on_what_was_met_before(folder):
    lists = files_by_folder(folder)
    spoil(folder)

    def fresh(**arguments):
        return MultiShotFileSampler(*lists, None, 3, 5, seed=3, on_faulty="skip", **arguments)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = fresh(), fresh()
        forwards = [one.generate_batch(i, e) for e in range(2) for i in range(6)]
        backwards = [other.generate_batch(i, e) for e in (1, 0) for i in range(5, -1, -1)]
        alone = [fresh().generate_batch(i, e) for e in range(2) for i in range(6)]
    for a, b, c in zip(forwards, backwards[::-1], alone, strict=True):
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[0], c[0])
        assert np.array_equal(a[1], b[1])


def test_whole_files_are_drawn_evenly_in_place_of_faulty_ones():
    def read(path):
        if int(path) % 6 == 2:
            raise OSError("faulty")
        return np.array(int(path))

    rows = np.arange(24)
    ours = MultiShotFileSampler([*map(str, rows)], rows // 6, read, 4, 2, seed=5, on_faulty="skip")
    drawn = np.bincount(np.concatenate([ours[i][0] for i in range(1500)]), minlength=24)
    assert (drawn[2::6] == 0).all()
    # 3,000 draws of 5 files: 600 each, with a standard deviation of at most 22.
    assert abs(np.delete(drawn, np.s_[2::6]) - 600).max() < 90


def test_a_class_with_too_few_whole_files_is_drawn_with_replacement_and_named(folder):
    lists = files_by_folder(folder)
    for number in range(4):
        (folder / "cat" / f"{number}.png").unlink()
    ours = MultiShotFileSampler(*lists, None, 4, 3, seed=1, on_faulty="skip")
    with pytest.warns(UserWarning, match="Class 'cat' has fewer than 3 files") as caught:
        batches = [ours[i] for i in range(10)]
    assert len(caught) == 1
    assert caught[0].filename == __file__
    for x, y in batches:
        classes, files = numbers(x)
        assert np.array_equal(classes, y)
        assert [y.tolist().count(label) for label in range(4)] == [3] * 4
        assert set(files[classes == 2]) == {4, 5}


def test_a_class_that_vanishes_is_refused_by_name_even_if_files_are_skipped(folder):
    ours = sampler(folder, classes_per_batch=4, on_faulty="skip")
    assert ours[0][0].shape[0] == 16
    for file in (folder / "bee").iterdir():
        file.unlink()
    ours.on_epoch_end()
    with pytest.raises(ValueError, match="Class 'bee' must have a file that can be read") as caught:
        ours[0]
    assert "6 faulty ones, like" in str(caught.value)
    assert caught.value.args[0].endswith("no such file")


def test_a_class_that_appears_is_seen_by_a_new_sampler_only(folder):
    ours, truth = sampler(folder), sampler(folder)
    (folder / "eel").mkdir()
    Image.new("RGB", (12, 10)).save(folder / "eel" / "a.png")
    assert np.array_equal(ours[0][0], truth[0][0])
    with pytest.warns(UserWarning, match="drawn with replacement: 'eel'") as caught:
        assert sampler(folder).class_list == [*CLASSES, "eel"]
    assert caught[0].filename == __file__


def unusual_files(folder):
    Image.new("CMYK", (12, 10)).save(folder / "ant" / "0.jpg")
    frames = [Image.new("RGB", (12, 10), (0, 200, 0))]
    Image.new("RGB", (12, 10), (50, 0, 7)).save(
        folder / "bee" / "0.gif", save_all=True, append_images=frames
    )
    gray = Image.fromarray(np.full((10, 12), 100 * 257, np.uint16))
    gray.save(folder / "cat" / "0b.png")
    return {
        str(folder / "ant" / "0.jpg"): "CMYK",
        str(folder / "bee" / "0.gif"): "animated, 2 frames",
        str(folder / "cat" / "0b.png"): "16 bits a channel",
    }


def test_unusual_images_are_converted_skipped_or_refused(folder):
    unusual = unusual_files(folder)
    converted = sampler(folder)
    for path in unusual:
        row = np.array([converted._files.paths.index(path)])
        assert converted._files.gather(row).shape == (1, 10, 12, 3)
    assert len(converted.get_slice()[0]) == 27
    skipping = sampler(folder, on_unusual="skip")
    for i in range(30):
        assert skipping[i][0].shape == (12, 10, 12, 3)
    assert skipping.faulty == unusual
    refusing = sampler(folder, on_unusual="raise", on_faulty="skip")
    with pytest.raises(
        ValueError, match=r"must be a whole example\. Received: .*: (CMYK|anim|16 b)"
    ):
        refusing.get_slice()


def test_what_is_asked_for_by_its_place_is_never_replaced(folder):
    ours = sampler(folder, on_faulty="skip")
    spoil(folder)
    with pytest.raises(ValueError, match="must be a whole example"):
        ours.get_slice()


def test_an_error_of_load_example_fn_names_the_file_and_is_kept(tmp_path):
    def read(path):
        if path == "3":
            raise KeyError("no header")
        return np.array([int(path)])

    rows = [str(row) for row in range(12)]
    ours = MultiShotFileSampler(rows, np.arange(12) % 2, read, 2, 6, seed=1)
    with pytest.raises(ValueError, match="Received: 3: 'no header'") as caught:
        ours[0]
    assert isinstance(caught.value.__cause__, KeyError)
    ours = MultiShotFileSampler(rows, np.arange(12) % 2, read, 2, 5, seed=1, on_faulty="skip")
    assert 3 not in np.concatenate([ours[i][0] for i in range(20)])
    assert ours.faulty == {"3": "'no header'"}


@settings(max_examples=60)
@given(st.data())
def test_any_batch_is_balanced_whatever_files_are_faulty(data):
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=6))
    y = np.repeat(np.arange(len(sizes)) * 5 - 4, sizes)
    bad = data.draw(st.sets(st.integers(0, len(y) - 1)))
    bad -= set((np.cumsum(sizes) - 1).tolist())  # one whole file is left in each class
    c, k = data.draw(st.integers(1, len(sizes))), data.draw(st.integers(1, 6))

    def read(path):
        if int(path) in bad:
            raise OSError("bad")
        return np.array(int(path))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, other = (
            MultiShotFileSampler(
                list(map(str, range(len(y)))), y, read, c, k, seed=7, on_faulty="skip"
            )
            for _ in range(2)
        )
        step, epoch = data.draw(st.integers(0, 2**40)), data.draw(st.integers(0, 99))
        other[0]
        rows, labels = ours.generate_batch(step, epoch)
        again, _ = other.generate_batch(step, epoch)
    assert np.array_equal(rows, again)
    found, counts = np.unique(labels, return_counts=True)
    assert (len(found), set(counts)) == (c, {k})
    assert np.array_equal(y[rows], labels)
    assert not set(rows.tolist()) & bad
    for label in found:
        whole = set(np.flatnonzero(y == label).tolist()) - bad
        own = set(rows[labels == label].tolist())
        # A class that was drawn with replacement has repeats, as large as it may be.
        assert len(own) == k or len(whole) < k


def test_a_model_trains_on_a_folder_of_images(folder):
    inputs = keras.Input((10, 12, 3))
    outputs = MetricEmbedding(2)(keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs)))
    model = SimilarityModel(inputs, outputs)
    model.compile("adam", loss=losses.TripletLoss())
    ours = sampler(folder, steps_per_epoch=3, workers=2)
    history = model.fit(
        ours, epochs=2, validation_data=sampler(folder, steps_per_epoch=2), verbose=0
    )
    assert np.isfinite(history.history["loss"]).all()
    model.index(*ours.get_slice(0, 12), data=None, verbose=0)
    assert model.index_size() == 12


def test_a_model_embeds_the_files_of_a_view_batch_by_batch(folder, monkeypatch):
    inputs = keras.Input((10, 12, 3))
    model = SimilarityModel(inputs, MetricEmbedding(2)(keras.layers.Flatten()(inputs)))
    ours = sampler(folder)
    truth = model.embed(ours.get_slice()[0])
    sizes = []
    gather = ours._files.gather
    monkeypatch.setattr(ours._files, "gather", lambda rows: sizes.append(len(rows)) or gather(rows))
    assert np.allclose(model.embed(ours.x, batch_size=5), truth, atol=1e-6)
    assert max(sizes) == 5


def test_a_sampler_of_images_can_be_sent_to_another_process(folder):
    ours = sampler(folder)
    assert np.array_equal(pickle.loads(pickle.dumps(ours))[0][0], ours[0][0])  # noqa: S301


def test_many_files_of_many_classes_are_no_trouble():
    paths = [f"folder/{row}.jpg" for row in range(100_000)]
    y = [f"class {row % 10_000}" for row in range(100_000)]
    ours = MultiShotFileSampler(paths, y, lambda path: np.array(path), 100, 5, seed=1)
    truth = MultiShotMemorySampler(np.array(paths), y, None, 100, 5, seed=1)
    assert np.array_equal(ours[0][0], truth[0][0])
    assert len(set(ours[0][1])) == 100


def test_the_batches_are_those_of_the_decoded_images_in_memory(folder):
    paths, labels = files_by_folder(folder)
    images = np.stack([np.asarray(Image.open(path)) for path in paths])
    truth = MultiShotMemorySampler(images, labels, None, 3, 4, seed=1)
    assert np.array_equal(sampler(folder)[5][0], truth[5][0])
    assert np.array_equal(sampler(folder).get_slice()[0], truth.get_slice()[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"x": "folder"}, "`x` must be a list of paths. Received: 'folder'; .*`from_directory`"),
        ({"x": None}, "`x` must be a list of paths. Received: None"),
        ({"x": set("abcd")}, "`x` must be a list of paths. Received: {"),
        ({"x": dict.fromkeys("abcd")}, "`x` must be a list of paths. Received: {"),
        ({"x": [1, 2]}, "`x` must be a list of paths. Received: one of int"),
        ({"x": np.zeros((2, 3))}, "`x` must be a list of paths. Received: one of list"),
        ({"x": []}, "at least one example"),
        ({"on_faulty": "ignore"}, "`on_faulty` must be one of 'raise', 'skip'"),
        ({"on_unusual": True}, "`on_unusual` must be one of 'convert', 'skip', 'raise'"),
        ({"image_size": 160}, r"`image_size` must be \(height, width\)"),
        ({"image_size": (160, 0)}, "`image_size` must be .height, width., whole numbers"),
        ({"load_example_fn": "jpeg"}, "`load_example_fn` must be callable"),
        ({"load_example_fn": np.load, "image_size": (2, 2)}, "must be left out"),
        ({"load_example_fn": np.load, "on_unusual": "skip"}, "must be left out"),
        ({"y": [0, 0, 1]}, "one label for each of 4 examples"),
    ],
)
def test_wrong_arguments_are_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        MultiShotFileSampler(**{"x": list("abcd"), "y": [0, 0, 1, 1], **arguments})


def test_names_that_are_no_text_are_read_all_the_same(tmp_path):
    name = os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xff.png")
    try:
        Image.new("RGB", (3, 2)).save(name)
    except OSError:
        pytest.skip("the file system takes names of text only")
    ours = MultiShotFileSampler([name, name], [0, 1], examples_per_class_per_batch=1)
    assert ours[0][0].shape == (2, 2, 3, 3)

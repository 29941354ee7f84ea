"""What the calibration explorer takes, what it refuses, and what its cards show."""

import io
import types

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from simnb import Indexer
from simnb.calibration import calibrate
from simnb.types import Lookups
from simnb.widgets import CalibrationExplorer
from tests.calibration.world import looked_up
from tests.widgets.calibration_explorer.calibrations import arrays, indexed, noisy
from tests.widgets.cases import NASTY
from tests.widgets.test_common import request


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((7,), "`source` must be CalibrationResults, Lookups with labels, an Indexer or a model"),
        ((None,), "`source` must be"),
        ((np.zeros((3, 2)), np.zeros((3, 2)), [1, 2, 3]), "`source` must be"),
        ((noisy()[0],), "`labels` must hold the queries' labels"),
        ((noisy()[0], [1]), "one label for each of 120 examples"),
        ((noisy()[0], 7), "shape"),
        ((noisy()[0], [np.zeros(3)] * 120), "one-hot"),
        ((noisy()[0], [[1.5]] * 120), "`labels` must be integers or strings"),
        ((noisy()[0], ["a"] * 120), "`labels` must be of the kind"),
        (
            (noisy()[0], [*[1] * 118, None, float("nan")]),
            r"none for 2 of 120 queries, rows 118, 119",
        ),
        ((noisy()[0], [*[1] * 119, pd.NA]), "none for 1 of 120 queries, rows 119"),
        (
            (noisy()[0], pd.Series([1] * 119 + [None], dtype="Int64")),
            "none for 1 of 120 queries, rows 119",
        ),
        (
            (noisy()[0], pd.Series([None] + ["a"] * 119, dtype="string")),
            "none for 1 of 120 queries, rows 0",
        ),
        (
            (noisy()[0], pd.DataFrame({"label": [1.0] * 119 + [np.nan]})),
            "none for 1 of 120 queries, rows 119",
        ),
        ((noisy()[0], np.array([1.0] * 119 + [np.nan])), "none for 1 of 120 queries, rows 119"),
        ((noisy()[0], noisy()[1], noisy()[1]), "`labels` must be given once"),
        ((looked_up([0.1], [1]), []), "one label for each of 1"),
        ((looked_up([np.inf], [1]), [1]), "no query has any"),
        ((looked_up([], []), []), "at least one query"),
        ((Lookups(np.array([[0]]), np.array([[0.1]])), [1]), "index was made without"),
        ((Indexer(4),), "The index is not calibrated"),
        ((Indexer(4), np.zeros((2, 4)), [1, 2]), "The index is empty"),
        ((Indexer(4), np.zeros((2, 4))), "`labels` must hold the queries' labels"),
        ((Indexer(4), None, [1, 2]), "`x` must be the queries"),
        ((indexed()[0], np.zeros((2, 3)), [1, 2]), "columns"),
        ((indexed()[0], np.full((1, 4), np.nan), [1]), "must be finite"),
        ((types.SimpleNamespace(index_summary=None),), "a model without an index"),
        ((calibrate(*noisy()), np.zeros((2, 4)), [1, 2]), "which stand alone"),
    ],
)
def test_what_cannot_be_explored_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        CalibrationExplorer(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 2}, "at most the number of neighbours looked up, 1"),
        ({"k": 0}, "`k` must be a whole number"),
        ({"matcher": "odd"}, "Unknown matcher"),
        ({"calibration_metric": "auc"}, "Unknown classification metric"),
        ({"extra_metrics": "recall"}, "`extra_metrics` must be a list"),
        ({"extra_metrics": ["far"]}, "needs `known_classes`"),
        ({"known_classes": [0]}, "`known_classes` must hold every class"),
        ({"thresholds_targets": {"a": 2}}, r"`thresholds_targets\['a'\]` must be"),
        ({"images": np.zeros((3, 4, 4))}, "one image for each of 120"),
        ({"images": np.zeros((120, 4))}, "`images` must"),
        ({"metadata": [{}]}, "one dict for each of 120"),
        ({"class_names": "cat"}, "`class_names` must be"),
        ({"thumbnail_size": 0}, "`thumbnail_size` must be"),
        ({"held_out": 7}, "`held_out` must be a pair"),
        ({"held_out": noisy(1)[0]}, "`held_out` must be a pair"),
        ({"held_out": (1, 2, 3)}, "`held_out` must be a pair"),
        ({"held_out": (np.zeros((3, 4)), [1, 2, 3])}, "`held_out` must be of look-ups"),
        ({"held_out": (noisy(1)[0], [None] * 120)}, "`held_out` must be known for every query"),
        ({"held_out": (noisy(1)[0], [1])}, "`held_out` must have one label for each of 120"),
        ({"held_out": (looked_up([], []), [])}, "`held_out` must be of at least one query"),
        ({"held_out": (noisy(1)[0], ["a"] * 120)}, "`held_out` must be of the kind"),
        ({"theme": "blue"}, "theme"),
        ({"height": 3}, "height"),
    ],
)
def test_bad_options_are_named(options, message):
    lookups, truth = noisy()
    with pytest.raises(ValueError, match=message):
        CalibrationExplorer(lookups, truth, **options)


def test_the_queries_calibrated_with_are_not_held_out():
    lookups, truth = noisy()
    with pytest.raises(ValueError, match="`held_out` must be of other queries"):
        CalibrationExplorer(lookups, truth, held_out=(lookups, truth))
    index, queries, truth = indexed()
    with pytest.raises(ValueError, match="`held_out` must be of other queries"):
        CalibrationExplorer(index, queries, truth, held_out=(queries, truth))
    similar = Lookups(lookups.ids, lookups.distances, lookups.labels, larger_is_nearer=True)
    with pytest.raises(
        ValueError, match=r"`held_out` must be looked up in the same index.*similarity"
    ):
        CalibrationExplorer(index, queries, truth, held_out=(similar, noisy()[1]))
    with pytest.raises(ValueError, match="`held_out` must be beside"):
        CalibrationExplorer(calibrate(*noisy()), held_out=(lookups, truth))


def test_look_ups_held_out_must_go_as_far():
    index, queries, truth = indexed()
    with pytest.raises(
        ValueError, match=r"`held_out` must be looked up with 3 neighbours at least\. Received: 1"
    ):
        CalibrationExplorer(index, queries, truth, k=3, held_out=(index.query(queries, 1), truth))


@pytest.mark.parametrize("similar", [True, False])
def test_look_ups_of_another_measure_than_the_index_are_refused(similar):
    index, *_ = indexed("euclidean" if similar else "inner_product")
    lookups, truth = noisy()
    other = Lookups(lookups.ids, lookups.distances, lookups.labels, larger_is_nearer=similar)
    kind = "similarity" if similar else "distance"
    with pytest.raises(
        ValueError, match=f"`x` must be looked up in the same index. Received: one by {kind}"
    ):
        CalibrationExplorer(index, other, truth)


def test_labels_of_pandas_that_are_all_there_are_labels():
    lookups, truth = noisy()
    made = CalibrationExplorer(lookups, pd.Series(truth, dtype="Int64"))
    assert made.decisions.truth.tolist() == truth.tolist()
    made.close()


@pytest.mark.parametrize(
    "images", [np.zeros((80, 4, 2)), np.zeros((80, 8, 8, 2)), np.zeros((80, 8, 3))]
)
def test_what_a_model_takes_is_an_image_only_if_it_looks_like_one(images):
    index, _, truth = indexed()
    model = types.SimpleNamespace(
        index_summary=None, _index=index, embed=lambda x: x.reshape(len(x), -1)[:, :4] + 1.0
    )
    made = CalibrationExplorer(model, images, truth)
    assert not arrays(made)["_has_images"]
    made.close()


def test_k_above_the_size_of_the_index_is_refused():
    index = Indexer(1, "euclidean")
    index.add([[0.0], [1.0]], labels=[1, 2])
    with pytest.raises(ValueError, match=r"`k` must be at most.* 2\. Received: k=5"):
        CalibrationExplorer(index, [[0.1]], [1], k=5)


def test_a_card_tells_of_a_query_and_its_answer():
    lookups = looked_up([0.125, np.inf, 0.5], [1, 2, 2])
    made = CalibrationExplorer(
        lookups,
        [1, 2, 1],
        class_names={1: "cat", 2: "dog"},
        metadata={"answer": ["x", "y", "z"], "distance": [1, 2, 3], "page": [7, 8, 9]},
        images=[np.zeros((4, 4)), None, Image.new("RGB", (300, 10))],
    )
    answer, buffers = made._answer_card({"row": 2})
    assert answer["fields"] == [
        ["label", "cat"], ["answer", "dog"], ["distance", "0.5"],
        ["answer (metadata)", "z"], ["distance (metadata)", "3"], ["page", "9"],
    ]  # fmt: skip
    assert Image.open(io.BytesIO(buffers[0])).size == (128, 4)
    answer, buffers = made._answer_card({"row": 1})
    assert answer["fields"][:3] == [["label", "dog"], ["answer", "none"], ["distance", "inf"]]
    assert buffers == []
    tiles, atlas = made._answer_thumbnails({"rows": [0, 1, 2], "size": 32})
    assert tiles == {"rows": [0, 2], "size": 32}
    assert Image.open(io.BytesIO(atlas[0])).size == (64, 32)
    for wrong in ({"row": 3}, {"row": -1}, {"row": None}, {}):
        (refused,) = request(made, "card", **wrong)
        assert refused["type"] == "error"
        assert "`row` must be a row number from 0 to 2" in refused["message"]
    (refused,) = request(made, "thumbnails", rows=[5], size=32)
    assert "`rows` must be row numbers from 0 to 2" in refused["message"]
    made.close()


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((120, 5, 5), bool),
        np.zeros((120, 5, 7, 1), np.uint8),
        np.random.default_rng(0).normal(size=(120, 5, 5, 3)),
        [None] * 119 + [Image.new("L", (3, 3))],
        [Image.new("P", (3, 3))] * 120,
        [np.zeros((2 + row % 3, 4, 4), np.uint16) for row in range(120)],
    ],
    ids=["bool", "grey", "floats", "one of many", "palette", "of many shapes"],
)
def test_images_of_any_kind_become_thumbnails(images):
    made = CalibrationExplorer(*noisy(), images=images)
    assert arrays(made)["_has_images"]
    tiles, atlas = made._answer_thumbnails({"rows": list(range(100, 120)), "size": 16})
    assert 119 in tiles["rows"]
    assert Image.open(io.BytesIO(atlas[0])).mode == "RGBA"
    made.close()


def test_there_may_be_no_images():
    made = CalibrationExplorer(*noisy())
    (answer,) = request(made, "thumbnails", rows=[0], size=32)
    assert answer["message"] == "there are no images"
    made.close()


def test_nasty_texts_travel_as_they_are_or_as_they_can_be():
    from jupyter_client.session import json_packer

    nasty = [*NASTY, "a\ud800b"]
    count = len(nasty)
    lookups = looked_up(np.arange(count) / 10, np.arange(count))
    made = CalibrationExplorer(
        lookups,
        np.arange(count)[::-1].copy(),
        class_names=nasty,
        metadata=dict.fromkeys(nasty, nasty),
        title=nasty[0],
        thresholds_targets={own: {"coverage": 0.5} for own in nasty},
    )
    page = arrays(made)
    assert page["_classes"] == [*NASTY, "a?b"]
    assert [point["name"] for point in page["_cutpoints"]] == ["optimal", *NASTY, "a?b"]
    json_packer([page["_classes"], page["_cutpoints"], page["_totals"], page["title"]])
    for row in range(count):
        answer, _ = made._answer_card({"row": row})
        json_packer(answer)
    answer, _ = made._answer_code({"threshold": 0.3})
    json_packer(answer)
    assert "image/png" in made._repr_mimebundle_()[0]
    index = Indexer(1, "euclidean")
    index.add([[0.0]], [1])
    made.apply(index, nasty[-2])
    json_packer(arrays(made)["_cutpoints"])
    assert "<img" not in repr(made)
    made.close()


def test_strings_as_labels_are_classes_by_their_own_name():
    lookups = looked_up([0.1, 0.2, 0.3], ["cat", "dog", "cat"])
    made = CalibrationExplorer(lookups, ["cat", "cat", "emu"])
    assert arrays(made)["_classes"] == ["cat", "dog", "emu"]
    assert made.mistakes("emu", threshold=1.0).tolist() == [2]
    with pytest.raises(ValueError, match="`truth` must be of the kind"):
        made.mistakes(3)
    made.close()

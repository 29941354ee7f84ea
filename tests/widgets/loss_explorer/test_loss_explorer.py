"""A loss explorer in Python: what it shows is the loss's own, and nothing wrong stays."""

import subprocess
import sys

import ipywidgets
import numpy as np
import pytest
from keras import ops
from matplotlib.figure import Figure

from simnb import distances, losses
from simnb.losses import CircleLoss, MetricLoss, MultiSimilarityLoss, PNLoss, TripletLoss, explain
from simnb.widgets import LossExplorer
from simnb.widgets.binary import decode
from simnb.widgets.loss_explorer.settings import changed, code_of, known_losses, settings_of
from tests.losses.cases import FOUND
from tests.widgets.cases import NASTY
from tests.widgets.test_common import Sent, request

POINTS = [[0.0, 1.0], [1.0, 0.2], [0.5, -0.7], [-1.0, 0.4], [-0.3, -0.8]]
LABELS = ["a", "b", "a", "b", "b"]
CODES = np.array([0, 1, 0, 1, 1])


def explorer(loss="triplet", points=POINTS, labels=LABELS, **more):
    return LossExplorer(loss, points, labels, **more)


def shown(widget):
    """What the page is told, as the fields of an `Explanation`."""
    state = widget.get_state()
    arrays = {
        name: decode(state[f"_{name}"]) for name in ("anchors", "counted", "gradient", "pairs")
    }
    return {**arrays, "value": decode(state["_value"])[0], "note": state["_note"]}


def assert_shows(widget, loss):
    found = explain(loss, LABELS, widget.points)
    assert widget.value == found.value
    assert widget.value == pytest.approx(float(loss(CODES, np.array(widget.points))), rel=1e-6)
    for name, own in shown(widget).items():
        np.testing.assert_array_equal(own, getattr(found, name))
        np.testing.assert_array_equal(getattr(widget.explanation, name), getattr(found, name))


@pytest.mark.parametrize(
    "distance", ["cosine", "euclidean", "squared_euclidean", "manhattan", "snr"]
)
@pytest.mark.parametrize("name", ["triplet", "pn", "multisim", "circle"])
def test_all_that_is_shown_is_what_the_loss_gives(name, distance):
    widget = explorer(name)
    assert_shows(widget, known_losses()[name]())
    widget.loss = known_losses()[name](distance=distance)
    assert_shows(widget, known_losses()[name](distance=distance))
    widget.points = np.array(POINTS)[::-1] * 0.7
    assert_shows(widget, known_losses()[name](distance=distance))


def test_without_points_it_places_some_by_chance_the_same_for_a_seed():
    widget, again, other = LossExplorer(), LossExplorer(), LossExplorer(seed=1)
    assert widget.points == again.points != other.points
    assert np.bincount(widget.labels).tolist() == [3, 3, 2]
    apart = np.linalg.norm(np.array(widget.points)[:, None] - widget.points, axis=2)
    assert apart[np.triu_indices(8, 1)].min() > 0.2
    assert len(LossExplorer(labels=list("abcdef" * 4)).points) == 24


def test_its_repr_says_what_it_shows():
    assert repr(LossExplorer()) == "LossExplorer(8 points, 3 classes, TripletLoss(), value 0.6907)"
    widget = LossExplorer(CircleLoss("euclidean", gamma=2), [[0, 0]], [1])
    said = (
        "LossExplorer(1 point, 1 class, CircleLoss(distance='euclidean', gamma=2.0), value 0.0000)"
    )
    assert repr(widget) == said


@pytest.mark.parametrize(
    ("given", "cls"),
    [
        ("triplet", TripletLoss),
        ("TripletLoss", TripletLoss),
        ("pn_loss", PNLoss),
        ("Multi-Similarity", MultiSimilarityLoss),
        ("multisim", MultiSimilarityLoss),
        (CircleLoss, CircleLoss),
    ],
)
def test_a_loss_is_known_by_name_class_and_instance(given, cls):
    assert type(explorer(given).loss) is cls
    widget = explorer()
    widget.loss = given
    assert type(widget.loss) is cls
    own = cls(distance="manhattan")
    widget.loss = own
    assert widget.loss is own


def test_every_loss_of_simnb_can_be_chosen():
    assert set(known_losses().values()) == FOUND
    assert [key for key, _ in explorer()._losses] == list(known_losses())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"loss": "no such"},
            "`loss` must be a MetricLoss or one of 'circle', 'multisim', 'pn', 'triplet'",
        ),
        ({"loss": MetricLoss}, "`loss` must be a MetricLoss or one of"),
        ({"loss": None}, "`loss` must be a MetricLoss or one of"),
        ({"points": [[0, 1]]}, r"one row for each of 5 labels. Received: shape \(1, 2\)"),
        ({"points": np.zeros((5, 3))}, "`points` must have 2 columns"),
        ({"points": np.full((5, 2), np.inf)}, "`points` must be finite"),
        ({"points": [[0, "a"]] * 5}, "`points` must be a numeric array"),
        ({"step_size": 0}, "`step_size` must be above 0"),
        ({"step_size": float("nan")}, "`step_size` must be a finite number"),
        ({"step_size": "0.5"}, "`step_size` must be a finite number"),
        ({"step_size": True}, "`step_size` must be a finite number"),
        ({"points": [["1", "2"]] * 5}, "`points` must be a numeric array"),
        ({"points": [[True, False]] * 5}, "`points` must be a numeric array"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(change, said):
    with pytest.raises(ValueError, match=said):
        explorer(**change)
    widget = explorer()
    before = widget.get_state()
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=said):
        setattr(widget, name, value)
    assert type(widget.loss) is TripletLoss
    assert widget.points == POINTS
    assert_shows(widget, TripletLoss())
    assert widget.get_state(["points", "step_size", "_code"]) == {
        name: before[name] for name in ("points", "step_size", "_code")
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"labels": None}, "`labels` must hold one label for each of `points`"),
        ({"labels": [0, 1]}, "`points` must have one row for each of 2 labels"),
        ({"labels": [0.5] * 5}, "`labels` must be integers or strings"),
        ({"points": None, "labels": []}, "`points` must be from 1 to 100"),
        ({"points": None, "labels": [0] * 101}, "`points` must be from 1 to 100"),
        ({"points": None, "labels": [0, 1], "seed": -1}, "`seed` must be a whole number"),
        ({"points": None, "labels": [0, 1], "seed": "a"}, "`seed` must be a whole number"),
        ({"theme": "blue"}, "theme"),
        ({"height": 3}, "height"),
    ],
)
def test_a_wrong_beginning_is_refused_by_name(more, said):
    with pytest.raises(ValueError, match=said):
        explorer(**more)


def test_points_are_a_list_that_is_observed_and_linked():
    widget, other = explorer(), explorer(CircleLoss(gamma=2))
    link = ipywidgets.link((widget, "points"), (other, "points"))
    heard = []
    widget.observe(heard.append, "points")
    widget.points = np.array(POINTS, "float32") * 2
    assert other.points == widget.points == (np.array(POINTS, "float32") * 2).tolist()
    assert len(heard) == 1
    assert_shows(other, CircleLoss(gamma=2))
    other.points = POINTS
    assert widget.points == POINTS
    link.unlink()


def descent(loss, points, step_size, count, longest):
    for _ in range(count):
        move = step_size * explain(loss, LABELS, points).gradient
        longest_now = max(np.hypot(*own) for own in move)
        points = points - move * min(1, longest / longest_now)
    return points


@pytest.mark.parametrize(
    ("loss", "step_size"), [(TripletLoss("euclidean"), 0.1), (CircleLoss(), 1.0)]
)
def test_steps_go_against_the_gradient_none_farther_than_a_tenth_of_the_picture(loss, step_size):
    widget = explorer(loss, step_size=step_size)
    before = widget.value
    widget.step()
    expected = descent(loss, np.array(POINTS), step_size, 1, longest=0.2)
    np.testing.assert_allclose(widget.points, expected, rtol=1e-12)
    moved = np.linalg.norm(np.array(widget.points) - POINTS, axis=1)
    assert moved.max() == pytest.approx(0.2) if type(loss) is CircleLoss else moved.max() < 0.2
    widget.step(3)
    expected = descent(loss, expected, step_size, 3, longest=0.2)
    np.testing.assert_allclose(widget.points, expected, rtol=1e-9)
    assert widget.value < before
    assert_shows(widget, loss)
    with pytest.raises(ValueError, match="`count` must be a whole number"):
        widget.step(0)


def test_undo_takes_back_steps_drags_and_losses_one_by_one_and_reset_all():
    widget = explorer()
    first = widget.loss
    widget.undo()
    assert widget.points == POINTS
    widget.step(4)
    stepped = widget.points
    request(widget, "move", row=2, place=[5.0, 5.0], begin=True)
    request(widget, "move", row=2, place=[6.0, 6.0], begin=False)
    request(widget, "choose", loss="circle")
    assert widget._undo == 3
    assert type(widget.loss) is CircleLoss
    assert widget.points[2] == [6.0, 6.0]
    widget.reset()
    assert (widget.loss, widget.points) == (first, POINTS)
    widget.undo()
    assert (type(widget.loss), widget.points[2]) == (CircleLoss, [6.0, 6.0])
    assert_shows(widget, CircleLoss())
    assert widget._code == "CircleLoss()"
    widget.undo()
    assert (widget.loss, widget.points[2]) == (first, [6.0, 6.0])
    assert_shows(widget, TripletLoss())
    widget.undo()
    assert widget.points == stepped
    widget.undo()
    assert (widget.points, widget._undo) == (POINTS, 0)


@pytest.mark.parametrize("how", ["Python", "the page", "a link"])
def test_undo_takes_back_what_was_assigned_wherever_it_came_from(how):
    widget, other = explorer(), explorer()
    link = ipywidgets.link((widget, "points"), (other, "points"))
    new = [[float(row), 0.5 * row] for row in range(5)]
    widget.step()
    stepped = widget.points
    if how == "Python":
        widget.points = new
    elif how == "the page":
        widget.set_state({"points": new})
    else:
        other.points = new
    first = widget.loss
    widget.loss = "pn"
    assert widget._undo == 3
    widget.undo()
    assert (widget.loss, widget.points) == (first, new)
    assert_shows(widget, first)
    widget.undo()
    assert (widget.loss, widget.points) == (first, stepped)
    widget.undo()
    assert (widget.points, widget._undo) == (POINTS, 0)
    link.unlink()


def test_what_is_assigned_in_vain_or_as_it_was_is_nothing_to_undo():
    widget = explorer()
    widget.points = POINTS
    with pytest.raises(ValueError, match="`points`"):
        widget.points = [[0, 1]]
    assert widget._undo == 0
    request(widget, "move", row=0, place=[3.0, 3.0], begin=True)
    request(widget, "move", row=0, place=POINTS[0], begin=False)
    widget.step()
    widget.undo()
    assert widget.points == POINTS


def test_labels_and_points_are_not_changed_by_what_is_read_or_was_given():
    given = np.array(LABELS)
    widget = explorer(labels=given)
    given[:] = "c"
    assert widget.labels.tolist() == LABELS
    with pytest.raises(AttributeError):
        widget.labels = given
    with pytest.raises(ValueError, match="read-only"):
        widget.labels[0] = "c"
    widget.points[0][0] = 50.0
    assert widget.points == POINTS
    assert_shows(widget, TripletLoss())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("loss", ["triplet", TripletLoss("euclidean")])
def test_a_step_of_any_size_moves_a_tenth_of_the_picture_at_most(loss):
    widget = explorer(loss, step_size=1e308)
    widget.step(3)
    assert 0 < np.linalg.norm(np.subtract(widget.points, POINTS), axis=1).max() <= 0.61


class Undefined(MetricLoss):
    def anchor_losses(self, distances, positives, negatives):
        return ops.sum(distances, axis=1) * float("nan")


def test_a_gradient_that_is_no_number_is_no_step():
    widget = explorer(Undefined())
    with pytest.raises(ValueError, match="`loss` must have a finite gradient to step by"):
        widget.step()
    (answer,) = request(widget, "step", begin=True)
    assert "`loss` must have a finite gradient" in answer["message"]
    assert (widget.points, widget._undo) == (POINTS, 0)


def test_numbers_of_numpy_are_numbers():
    widget = explorer(step_size=np.float32(0.5))
    widget.step_size = np.float32(0.25)
    assert (type(widget.step_size), widget.step_size) == (float, 0.25)
    widget.set_state({"step_size": True})
    widget.set_state({"step_size": "0.5"})
    assert widget.step_size == 0.25


def test_the_page_is_answered_after_it_has_been_told_what_is_new():
    widget = explorer()
    sent = Sent(widget)
    content = {"type": "move", "request": "1", "row": 0, "place": [0.25, 0.5], "begin": True}
    data = {"method": "custom", "content": content}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})
    assert [own["method"] for own in sent][-1] == "custom"
    assert sent[-1]["content"] == {"type": "answer", "request": "1"}
    told = {name for own in sent.of("update") for name in own["state"]}
    assert {"points", "_value", "_gradient", "_pairs", "_undo"} <= told
    assert widget.points == [[0.25, 0.5], *POINTS[1:]]
    assert_shows(widget, TripletLoss())


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("move", {"row": 5, "place": [0, 0]}, "`row` must be a row number from 0 to 4"),
        ("move", {"row": 0, "place": None}, "`place` must be two numbers"),
        ("move", {"row": 0, "place": [1]}, "`place` must be two numbers"),
        ("move", {"row": 0, "place": ["1", "2"]}, "`place` must be two numbers"),
        ("move", {"row": 0, "place": [True, 0.5]}, "`place` must be two numbers"),
        ("move", {}, "`row` must be a row number from 0 to 4"),
        ("choose", {}, "`loss` must be a MetricLoss or one of"),
        ("setting", {}, "`name` must be a setting of TripletLoss"),
        ("move", {"row": 0, "place": [0, float("nan")]}, "NaN or inf in 1 of 5 rows"),
        ("choose", {"loss": "hinge"}, "`loss` must be a MetricLoss or one of"),
        (
            "setting",
            {"name": "margin", "value": -1},
            "`margin` must be a finite number of at least 0",
        ),
        ("setting", {"name": "margin", "value": "a"}, "`margin` must be a finite number"),
        ("setting", {"name": "gamma", "value": 1}, "`name` must be a setting of TripletLoss"),
        ("setting", {"name": "distance", "value": "inner_product"}, "`distance` must be one of"),
        ("setting", {"name": "negative_mining_strategy", "value": "x"}, "must be one of"),
    ],
)
def test_what_the_page_asks_in_vain_is_told_and_changes_nothing(kind, content, said, caplog):
    widget = explorer()
    (answer,) = request(widget, kind, **content, begin=True)
    assert answer["type"] == "error"
    assert said in answer["message"]
    assert widget.points == POINTS
    assert widget._undo == 0
    assert_shows(widget, TripletLoss())


@pytest.mark.parametrize("name", known_losses())
def test_every_setting_is_changed_alone_and_from_end_to_end(name):
    loss = known_losses()[name]()
    config = loss.get_config()
    found = {own.name: own for own in settings_of(loss)}
    assert set(found) == set(config) - {"name", "reduction", "dtype"}
    for setting in found.values():
        values = setting.options if setting.kind == "choice" else [setting.low, setting.high]
        if setting.optional:
            values = [*values, None]
        assert len(values) > 1
        for value in values:
            assert changed(loss, setting.name, value).get_config() == {
                **config,
                setting.name: value,
            }
        if setting.value is not None and setting.kind == "number":
            assert setting.low <= setting.value <= setting.high
    assert loss.get_config() == config


def test_the_settings_of_mining_are_those_that_the_loss_takes():
    options = {
        cls: {own.name: own.options for own in settings_of(cls())}["negative_mining_strategy"]
        for cls in (TripletLoss, PNLoss)
    }
    assert options[TripletLoss] == ["semi-hard", "hard", "easy", "semi-hard-per-pair"]
    assert options[PNLoss] == ["semi-hard", "hard", "easy"]


class Told(distances.EuclideanDistance):
    """A user's own, which needs to be told something."""

    name = "test_loss_explorer_told"

    def __init__(self, scale):
        self.scale = scale

    def get_config(self):
        return {"scale": self.scale}


def test_distances_are_those_that_train_and_that_a_name_makes():
    offered = {own.name: own.options for own in settings_of(TripletLoss())}["distance"]
    own = ["cosine", "euclidean", "manhattan", "snr", "squared_euclidean"]
    assert [name for name in offered if name in own] == own
    assert not {"inner_product", Told.name} & set(offered)


@pytest.mark.parametrize("name", known_losses())
def test_the_code_that_is_shown_makes_the_loss(name):
    for distance in ("cosine", "euclidean"):
        loss = changed(known_losses()[name](), "distance", distance)
        for setting in settings_of(loss):
            if setting.kind == "number":
                loss = changed(loss, setting.name, setting.high / 4)
        made = eval(code_of(loss), vars(losses))
        assert made.get_config() == loss.get_config()


def test_choosing_a_loss_keeps_the_distance_and_its_own_settings():
    widget = explorer(TripletLoss("manhattan", margin=0.3))
    request(widget, "choose", loss="circle")
    assert code_of(widget.loss) == "CircleLoss(distance='manhattan')"
    request(widget, "setting", name="gamma", value=4.0, begin=True)
    request(widget, "setting", name="distance", value="euclidean", begin=True)
    request(widget, "choose", loss="triplet")
    assert code_of(widget.loss) == "TripletLoss(distance='euclidean', margin=0.3)"
    request(widget, "choose", loss="circle")
    assert code_of(widget.loss) == "CircleLoss(distance='euclidean', gamma=4.0)"
    assert_shows(widget, CircleLoss("euclidean", gamma=4.0))


class Temperature(MetricLoss):
    """A loss of one's own, whose config has a number, a whole one, a switch and a word."""

    def __init__(self, temperature=0.1, power=2, soft=True, mode="sum", limit=None, **more):
        super().__init__(**more)
        self.own = {"temperature": temperature, "power": power, "soft": soft, "mode": mode}
        self.own["limit"] = limit

    def get_config(self):
        return {**super().get_config(), **self.own}

    def anchor_losses(self, distances, positives, negatives):
        pull = ops.sum(ops.where(positives, distances ** self.own["power"], 0.0), axis=1)
        push = ops.sum(
            ops.where(negatives, ops.exp(-distances / self.own["temperature"]), 0.0), axis=1
        )
        return pull + push


def test_a_loss_of_ones_own_has_controls_for_what_its_config_holds():
    loss = Temperature(distance="euclidean")
    widget = explorer(loss)
    assert widget._loss == "own"
    assert widget._losses[-1] == ["own", "Temperature"]
    kinds = {own["name"]: (own["kind"], own["value"]) for own in widget._settings}
    assert kinds["temperature"] == ("number", 0.1)
    assert kinds["power"] == ("number", 2)
    assert kinds["soft"] == ("switch", True)
    assert kinds["limit"] == ("number", None)
    assert "mode" not in kinds
    request(widget, "setting", name="power", value=3.0)
    request(widget, "setting", name="soft", value=False)
    assert widget.loss.own == {**loss.own, "power": 3, "soft": False}
    assert isinstance(widget.loss.own["power"], int)
    assert_shows(widget, Temperature(power=3, soft=False, distance="euclidean"))
    request(widget, "choose", loss="triplet")
    request(widget, "choose", loss="own")
    assert widget.loss.own == {**loss.own, "power": 3, "soft": False}


class Secret(MetricLoss):
    """A loss that Keras could not make anew: its config says nothing of its state."""

    def __init__(self, strength, **more):
        super().__init__(**more)
        self.strength = strength

    def anchor_losses(self, distances, positives, negatives):
        return self.strength * ops.sum(ops.where(positives, distances, 0.0), axis=1)


def test_a_loss_that_cannot_be_made_anew_is_shown_without_controls():
    loss = Secret(3.0, distance="euclidean")
    widget = explorer(loss)
    assert widget._settings == []
    assert widget._code == "Secret()"
    assert_shows(widget, loss)
    request(widget, "choose", loss="circle")
    request(widget, "choose", loss="own")
    assert widget.loss is loss


class Fragile(MetricLoss):
    def anchor_losses(self, distances, positives, negatives):
        if float(ops.max(distances)) > 5:
            raise RuntimeError("too far apart")
        return ops.sum(ops.where(positives, distances, 0.0), axis=1)


def test_where_a_loss_fails_nothing_changes():
    far = [[9.0, 9.0], *POINTS[1:]]
    with pytest.raises(ValueError, match="`loss` cannot be computed here: too far apart"):
        explorer(Fragile("euclidean"), far)
    widget = explorer(Fragile("euclidean"))
    with pytest.raises(ValueError, match="too far apart"):
        widget.points = far
    (answer,) = request(widget, "move", row=0, place=[9.0, 9.0], begin=True)
    assert "too far apart" in answer["message"]
    assert (widget.points, widget._undo) == (POINTS, 0)
    assert_shows(widget, Fragile("euclidean"))


class Unnamed(distances.EuclideanDistance):
    pass


def test_a_distance_without_a_name_is_shown_and_kept():
    widget = explorer(TripletLoss(Unnamed(), margin=0.3))
    assert widget._settings == []
    assert widget.value == pytest.approx(explorer(TripletLoss("euclidean", margin=0.3)).value)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        ("cosine", True),
        ("euclidean", False),
        ("manhattan", False),
        ("squared_euclidean", False),
        ("snr", False),
    ],
)
def test_the_unit_circle_is_for_distances_that_see_directions_alone(distance, expected):
    assert explorer(TripletLoss(distance))._circle is expected


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([1] * 5, "no triplet: all points are of one class"),
        (range(5), "no triplet: no two points are of one class"),
    ],
)
def test_points_without_a_triplet_are_shown_with_the_reason(labels, said):
    widget = explorer(labels=list(labels))
    assert widget.value == 0
    assert said in widget.get_state()["_note"]
    widget.step()
    assert widget.points == POINTS
    assert np.isnan(widget.table()["value"]).all()


def test_collapsed_points_are_shown():
    widget = explorer(points=[[0, 0]] * 5)
    widget.step(2)
    assert widget.points == [[0.0, 0.0]] * 5
    assert widget._picture().startswith(b"\x89PNG")


def test_the_table_has_a_row_for_each_point():
    widget = explorer(labels=["a", "b", "a", "b", "c"])
    table = widget.table()
    assert table["point"].tolist() == ["A1", "B1", "A2", "B2", "C1"]
    assert table["class"].tolist() == ["a", "b", "a", "b", "c"]
    assert table[["x", "y"]].to_numpy().tolist() == POINTS
    found = widget.explanation
    np.testing.assert_array_equal(table["value"][:4], found.anchors[:4])
    assert np.isnan(table["value"][4])
    np.testing.assert_array_equal(table[["gradient_x", "gradient_y"]], found.gradient)


def test_more_classes_than_letters_have_two():
    widget = LossExplorer(labels=range(60))
    names = widget._names
    assert (names[0], names[25], names[26], names[59]) == ("A1", "Z1", "AA1", "BH1")
    assert len(set(names)) == 60


@pytest.mark.filterwarnings("error")
def test_nasty_names_are_sent_and_drawn_as_text():
    from jupyter_client.session import json_packer

    labels = [*NASTY, "a\ud800b"] * 2
    widget = LossExplorer(labels=labels, title="$x_1$ <b>")
    json_packer({name: widget.get_state()[name] for name in ("_classes", "_code", "title")})
    assert widget._picture().startswith(b"\x89PNG")


def test_the_plot_is_a_figure_that_says_the_value():
    figure = explorer().plot()
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    assert axes.get_title() == "TripletLoss()"
    assert axes.get_xlabel() == f"value {explorer().value:.4f}"
    names = {text.get_text() for text in axes.texts}
    assert names == {"A1", "A2", "B1", "B2", "B3"}


BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in ("keras", "tensorflow", "torch", "jax"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
from simnb.widgets import LossExplorer
from simnb import widgets
assert "LossExplorer" in dir(widgets)
try:
    LossExplorer()
except ModuleNotFoundError as error:
    print(error)
"""


def test_without_keras_it_can_be_imported_and_says_what_to_install():
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True
    )
    assert (
        "simnb needs `keras` for this. Install it with: pip install 'simnb[tensorflow]"
        in done.stdout
    )


def test_its_import_does_not_load_keras():
    program = "import sys; from simnb.widgets import LossExplorer; print('keras' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"

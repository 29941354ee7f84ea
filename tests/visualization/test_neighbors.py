"""The neighbour figure: right or wrong by glyph and colour, shown exactly once."""

import os
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from simnb import Lookup
from simnb.visualization import viz_neigbors_imgs, viz_neighbors_imgs

GREEN, VERMILION, GREY = "#009e73", "#d55e00", "#777777"
IMAGE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    monkeypatch.setattr(mpl, "get_backend", lambda: "agg")


def neighbors(*labels, data=IMAGE):
    return [
        Lookup(rank, 0.25 * rank, label, data=data) for rank, label in enumerate(labels, start=1)
    ]


def draw(label, found, **options):
    figure = viz_neighbors_imgs(IMAGE, label, found, show=False, **options)
    figure.draw_without_rendering()
    return figure


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def colors(figure):
    return [to_hex(axes.title.get_color()) for axes in figure.axes[1:]]


def frames(figure):
    return [to_hex(axes.spines["left"].get_edgecolor()) for axes in figure.axes]


def shown_text(axes):
    """The title as a reader sees it, mathematics and escapes resolved."""
    text, is_math = axes.title._preprocess_math(axes.get_title())
    assert not is_math
    return text


def pixels(image, place=0):
    """What the picture of an image shows, as RGB or grey values from 0 to 1."""
    figure = viz_neighbors_imgs(image, None, neighbors(1, data=image), show=False)
    shown = figure.axes[place].images[0]
    return shown.to_rgba(shown.get_array(), norm=True)[..., :3]


def test_right_and_wrong_differ_in_glyph_and_colour():
    figure = draw(7, neighbors(7, 1, 7))
    assert titles(figure) == ["query\n7", "✓ 7\n0.2500", "✗ 1\n0.5000", "✓ 7\n0.7500"]
    assert colors(figure) == [GREEN, VERMILION, GREEN]
    assert frames(figure) == [GREY, GREEN, VERMILION, GREEN]


@pytest.mark.parametrize(
    ("own", "other"),
    [("cat", "cat"), (np.int64(3), 3), (np.array([3]), 3), (2**63, 2**63), (True, 1)],
)
def test_labels_of_any_kind_are_compared(own, other):
    assert titles(draw(own, neighbors(other)))[1].startswith("✓ ")


def test_without_labels_there_is_no_verdict():
    assert titles(draw(None, neighbors(3, None))) == ["query", "3\n0.2500", "\n0.5000"]
    assert titles(draw(3, neighbors(None))) == ["query\n3", "\n0.2500"]
    assert colors(draw(None, neighbors(3))) == [GREY]


def test_no_neighbours_leave_the_query():
    assert titles(draw(1, [])) == ["query\n1"]


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        (["zero", "one"], ["query\none", "✓ one\n0.2500", "✗ zero\n0.5000", "✗ 5\n0.7500"]),
        (
            np.array(["zero", "one"]),
            ["query\none", "✓ one\n0.2500", "✗ zero\n0.5000", "✗ 5\n0.7500"],
        ),
        ({1: "one"}, ["query\none", "✓ one\n0.2500", "✗ 0\n0.5000", "✗ 5\n0.7500"]),
        ({}, ["query\n1", "✓ 1\n0.2500", "✗ 0\n0.5000", "✗ 5\n0.7500"]),
    ],
)
def test_class_mapping_gives_the_names(mapping, expected):
    assert titles(draw(1, neighbors(1, 0, 5), class_mapping=mapping)) == expected


def test_class_mapping_takes_text_labels():
    figure = draw("n01", neighbors("n01"), class_mapping={"n01": "tench"})
    assert titles(figure) == ["query\ntench", "✓ tench\n0.2500"]


@pytest.mark.parametrize(
    "label",
    [
        "<b>bold</b> & co",
        "$5",
        "$a$ and $b$",
        r"$\frac{$",
        "5 $ or 6 $",
        "a_b^c {x} %s \\n",
        "Ünïcödé",
    ],
)
def test_labels_are_shown_letter_by_letter(label):
    figure = draw(label, neighbors(label))
    figure.savefig(os.devnull, format="png")
    assert shown_text(figure.axes[0]) == f"query\n{label}"
    assert shown_text(figure.axes[1]) == f"✓ {label}\n0.2500"


@pytest.mark.parametrize("place", [0, 1])
def test_images_of_every_kind_are_drawn_as_they_look(place):
    expected = np.random.default_rng(0).integers(0, 256, (4, 5, 3))
    expected[0, 0], expected[0, 1] = 0, 255
    forms = {
        "uint8": expected.astype(np.uint8),
        "int64": expected,
        "float 0..255": expected.astype(np.float32),
        "float 0..1": expected / 255,
        "half": (expected / 255).astype(np.float16),
        "float -1..1": expected / 127.5 - 1,
        "16 bit": (expected * 257).astype(np.uint16),
        "list": expected.tolist(),
    }
    for name, image in forms.items():
        np.testing.assert_allclose(pixels(image, place), expected / 255, atol=5e-3, err_msg=name)


@pytest.mark.parametrize("scale", [1, 1 / 255, 257])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1)])
def test_grey_images_are_stretched_over_the_colour_map(shape, scale):
    image = np.linspace(0, 255, 20).reshape(shape) * scale
    figure = viz_neighbors_imgs(image, None, neighbors(1, data=image), show=False, cmap="gray")
    shown = figure.axes[0].images[0]
    grey = shown.to_rgba(shown.get_array())[..., 0]
    np.testing.assert_allclose(grey.ravel(), np.linspace(0, 1, 20), atol=5e-3)


def test_transparency_and_masks_are_drawn():
    transparent = np.dstack([IMAGE, np.full((4, 4), 128, np.uint8)])
    for image in (transparent, transparent / 255, np.eye(4, dtype=bool), np.zeros((4, 4, 3))):
        figure = viz_neighbors_imgs(image, 1, neighbors(1, data=image), show=False)
        figure.savefig(os.devnull, format="png")
        assert figure.axes[0].images[0].get_array().shape[:2] == (4, 4)


@pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (1, 4, 4, 3), ()])
def test_what_is_not_an_image_is_refused(shape):
    with pytest.raises(ValueError, match=r"An image must have shape \[h, w\].*Received: shape"):
        viz_neighbors_imgs(np.zeros(shape), 1, neighbors(1), show=False)


def test_neighbours_without_images_are_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"rank 2 has no data.*index\(x, y, data=x\)"):
        viz_neighbors_imgs(IMAGE, 1, [*neighbors(1), Lookup(2, 0.1, 1)], show=False)


def test_size_is_in_inches_and_the_old_spelling_is_the_same_function():
    assert draw(1, neighbors(1), fig_size=(5, 2)).get_size_inches().tolist() == [5, 2]
    assert viz_neigbors_imgs is viz_neighbors_imgs


def test_pyplot_does_not_keep_the_figure():
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    viz_neighbors_imgs(IMAGE, 1, neighbors(1))
    assert plt.get_fignums() == before


def test_a_script_without_a_screen_shows_nothing_and_gets_the_figure():
    program = (
        "import numpy as np\n"
        "from simnb import Lookup\n"
        "from simnb.visualization import viz_neighbors_imgs\n"
        "image = np.zeros((2, 2))\n"
        "figure = viz_neighbors_imgs(image, 1, [Lookup(1, 0.5, 1, data=image)])\n"
        "figure.savefig('figure.png')\n"
    )
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            program.replace("'figure.png'", "__import__('os').devnull, format='png'"),
        ],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


CELLS = {
    # the source of a cell, and the pictures a reader should then see under it
    "import numpy as np\n"
    "from simnb import Lookup\n"
    "from simnb.visualization import viz_neighbors_imgs\n"
    "image = np.zeros((2, 2))\n"
    "found = [Lookup(1, 0.5, 1, data=image)]": 0,
    "viz_neighbors_imgs(image, 1, found)": 1,
    "viz_neighbors_imgs(image, 1, found)\nprint('after')": 1,
    "figure = viz_neighbors_imgs(image, 1, found);": 1,
    "for _ in range(3):\n    viz_neighbors_imgs(image, 1, found)": 3,
    "figure = viz_neighbors_imgs(image, 1, found)\nfigure": 1,
    "figure  # in a later cell it is asked for again": 1,
    "hidden = viz_neighbors_imgs(image, 1, found, show=False)": 0,
    "hidden  # shown when it is asked for": 1,
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]);": 1,
    "viz_neighbors_imgs(image, 1, found)  # with pyplot in the same notebook": 1,
    "display(viz_neighbors_imgs(image, 1, found, show=False))": 1,
}


def test_a_notebook_shows_the_figure_exactly_once(monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a kernel sets its own
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    for cell, expected in zip(notebook.cells, CELLS.values(), strict=True):
        pictures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert len(pictures) == expected, cell.source


def test_it_is_a_figure():
    assert isinstance(draw(1, neighbors(1)), Figure)

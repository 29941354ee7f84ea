import re
from pathlib import Path

import numpy as np
import pytest

import simnb
from simnb.visualization import palette

OKABE_ITO = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]


def light(color):
    """The light of each channel, by the definition of sRGB."""
    share = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [own / 12.92 if own <= 0.04045 else ((own + 0.055) / 1.055) ** 2.4 for own in share]


def contrast(one, other):
    """WCAG's, from 1 to 21."""
    first, second = (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(light, (one, other)))
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def lab(color):
    """CIE L*a*b*, a space of other authors than the palette's own."""
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.array(matrix) @ light(color) / [0.9505, 1.0, 1.089]
    x, y, z = (own ** (1 / 3) if own > 0.008856 else 7.787 * own + 16 / 116 for own in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colors):
    """The least distance between two of the colours."""
    places = np.array([lab(color) for color in colors])
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    return apart[~np.eye(len(colors), dtype=bool)].min()


def test_six_colours_are_okabe_and_itos():
    assert palette.categorical_colors(6) == OKABE_ITO
    assert [palette.curve_style(place)[0].lower() for place in range(6)] == OKABE_ITO


@pytest.mark.parametrize("count", [0, 1, 5, 7, 20, 300, 512])
def test_fewer_colours_are_the_first_of_more(count):
    colors = palette.categorical_colors(count)
    assert colors == palette.categorical_colors(600)[:count]
    assert len(set(colors)) == len(colors) == count
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors)


def test_after_512_they_come_again():
    colors = palette.categorical_colors(1100)
    assert colors[512:1024] == colors[:512]


def test_a_list_that_is_changed_changes_no_other():
    palette.categorical_colors(3)[0] = palette.ramp()[0] = "#000000"
    assert palette.categorical_colors(1) == OKABE_ITO[:1]
    assert palette.ramp()[0] != "#000000"


def test_colours_are_told_apart():
    colors = palette.categorical_colors(300)
    assert nearest([*colors[:12], palette.NO_LABEL]) > 20
    assert nearest([*colors[:20], palette.NO_LABEL]) > 15
    assert nearest([*colors, palette.NO_LABEL]) > 2.5


@pytest.mark.parametrize("background", ["#ffffff", "#111111"])
def test_colours_are_seen_on_white_and_on_black(background):
    seen = [contrast(own, background) for own in palette.categorical_colors(300)]
    assert min(seen) > 2.1
    assert contrast(palette.NO_LABEL, background) > 2.5
    assert min(contrast(own, background) for own in palette.ramp()) > 1.5


def test_a_ramp_goes_evenly_from_dark_to_bright():
    colors = palette.ramp()
    assert len(colors) == 256
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors)
    places = np.array([lab(color) for color in colors])
    lightness = places[:, 0]
    assert (np.diff(lightness) > -0.5).all()
    assert lightness[-1] - lightness[0] > 60
    eighths = np.linalg.norm(np.diff(places[:: 255 // 8], axis=0), axis=1)
    assert eighths.max() < 3 * eighths.min()


def test_a_point_is_named_by_its_colour_and_its_shape():
    styles = [palette.marker_style(place) for place in range(30)]
    assert len({(color, marker) for color, marker, _ in styles}) == 30
    assert len({(color, marker) for color, _, marker in styles}) == 30


def test_every_six_categories_have_another_shape():
    shapes = [palette.marker_shape(place) for place in range(48)]
    assert shapes == [shape for shape in range(8) for _ in range(6)]
    assert palette.marker_shape(48) == 0


def test_shapes_are_numbered_as_the_canvas_numbers_them():
    script = Path(simnb.__file__).parent / "widgets" / "static" / "raster.js"
    drawn = re.search(r"MARK_SHAPES = \{(.*?)\n\}", script.read_text(encoding="utf-8"), re.S)
    names = re.findall(r"^  (\w+):", drawn.group(1), re.M)
    bokeh = {"disc": "circle", "cross": "plus", "ring": "circle"}
    expected = [bokeh.get(own, own).replace("triangle_down", "inverted_triangle") for own in names]
    assert [marker.bokeh for marker in palette.MARKERS] == expected
    assert [own for own, marker in zip(names, palette.MARKERS, strict=True) if marker.hollow] == [
        "ring"
    ]
    assert [own for own, marker in zip(names, palette.MARKERS, strict=True) if marker.angle] == [
        "cross"
    ]

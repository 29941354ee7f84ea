"""A projector on a bare page as its user meets it: where a point is, and what colour is there."""

import base64
import contextlib
import io

import numpy as np
from matplotlib.path import Path as Outline
from PIL import Image

from simnb.widgets import Projector
from tests.widgets.bare_page import bare_page

NAMES = ["ant", "bee", "cat", "west", "east"]


def ground(count=120):
    """Coordinates of three clusters and, last, of two corners; labels, a number of `NAMES` each.

    The corners are the only points of their colours, so that they tell where all others are.
    """
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 3
    centres = np.array([[-5, 3], [5, 3], [0, -4]])
    xy = centres[labels] + rng.uniform(-2, 2, (count, 2))
    xy[-2:] = [[-10, -6], [10, 6]]
    labels[-2:] = [3, 4]
    return xy.astype(np.float32), labels


def projector_on_ground(count=120, **more):
    """A projector of such points; which are neighbours has nothing to do with where they lie."""
    xy, labels = ground(count)
    embeddings = np.random.default_rng(1).normal(size=(count, 6))
    keys = {"class_names": NAMES, "method": xy, "k": 3, "distance": "euclidean", **more}
    return Projector(embeddings, labels, **keys)


@contextlib.contextmanager
def shown(browser, projector, **more):
    """Show a projector; at the end nothing may have gone wrong on the page, or left it."""
    with bare_page(browser, projector, **more) as bare:
        bare.settle()
        yield ProjectorPage(bare)
        bare.settle()
        assert not bare.trouble, bare.trouble
    projector.close()


class ProjectorPage:
    """Hands and eyes of a user; lengths are CSS pixels of the page."""

    def __init__(self, bare):
        self.bare, self.projector, self.page = bare, bare.widget, bare.page
        self.mouse, self.keyboard = bare.page.mouse, bare.page.keyboard
        self.settle, self.wait_for = bare.settle, bare.wait_for

    def stage(self, panel=0, view=0):
        return self.bare.view(view).locator(".simnb-stage").nth(panel)

    def button(self, name, view=0):
        return self.bare.view(view).get_by_role("button", name=name, exact=True)

    def list(self, name, view=0):
        """A drop-down list."""
        return self.bare.view(view).get_by_role("combobox", name=name, exact=True)

    def choose(self, name, value):
        self.list(name).select_option(value)
        self.settle()

    def status(self, view=0):
        return self.bare.view(view).get_by_role("status").inner_text()

    def card(self, view=0):
        return self.bare.view(view).get_by_role("tooltip")

    def neighbors(self, view=0):
        """Row numbers in the table of neighbours."""
        ids = self.bare.view(view).locator(".simnb-neighbors tbody button")
        return [int(own) for own in ids.all_inner_texts()]

    def entry(self, name, view=0):
        """A category's line in the legend."""
        entries = self.bare.view(view).locator(".simnb-entry")
        return entries.filter(has=self.page.get_by_text(name, exact=True))

    def points(self, panel=0, view=0):
        """The drawing of the points alone, uint8 [height, width, 3]."""
        return self._layer(0, panel, view)[..., :3]

    def over(self, panel=0, view=0):
        """What is drawn over the points, uint8 [height, width, 4]."""
        return self._layer(1, panel, view)

    def _layer(self, place, panel, view):
        self.settle()
        url = self.stage(panel, view).evaluate(
            "(stage, place) => stage.querySelectorAll('canvas')[place].toDataURL()", place
        )
        return _pixels(base64.b64decode(url.partition(",")[2]))

    def picture(self, panel=0, view=0):
        """All that is seen of a panel, the card too, uint8 [height, width, 3]."""
        self.settle()
        return _pixels(self.stage(panel, view).screenshot())[..., :3]

    def color(self, row):
        """The colour of a row as it is drawn when nothing is selected."""
        state = self.projector.get_state(["_codes", "_colors"])
        codes = np.frombuffer(state["_codes"]["view"], state["_codes"]["dtype"])
        return rgb(state["_colors"][codes[row]])

    def camera(self, panel=0, view=0):
        """Scale, left and top of what is drawn, measured at the two corners of `ground`."""
        picture = self.points(panel, view)
        spots = []
        for row in (-2, -1):
            where = np.argwhere((picture == self.color(row)).all(axis=-1))
            assert len(where), f"the corner {row} is not in the picture"
            spots.append(where.mean(axis=0)[::-1] + 0.5)
        low, high = self.projector.coordinates[[-2, -1], :2]
        ratio = picture.shape[1] / self.stage(panel, view).evaluate("stage => stage.clientWidth")
        (x0, y0), (x1, y1) = np.array(spots) / ratio
        scale = (x1 - x0) / (high[0] - low[0])
        assert abs((y0 - y1) / (high[1] - low[1]) - scale) < 0.01 * scale + 0.2
        return scale, x0 - scale * low[0], y0 + scale * low[1]

    def corner(self, panel=0, view=0):
        """Where the canvas begins on the page."""
        box = self.stage(panel, view).bounding_box()
        return np.array([box["x"] + 1, box["y"] + 1])  # within a border

    def places(self, panel=0, view=0):
        """Where all points are on the page, [n, 2]."""
        scale, left, top = self.camera(panel, view)
        x, y = self.projector.coordinates[:, :2].T
        return np.stack([x * scale + left, top - y * scale], axis=1) + self.corner(panel, view)

    def move(self, place):
        self.mouse.move(*map(float, place))

    def leave(self):
        """Take the mouse off the picture."""
        self.move((2, 2))
        self.wait_for(lambda: self.projector.hovered is None)

    def hover(self, row, panel=0):
        self.move(self.places(panel)[row])
        self.wait_for(lambda: self.projector.hovered == row % self.projector.count)

    def click(self, place):
        self.mouse.click(*map(float, place))
        self.settle()

    def drag(self, *corners, key=None, release=True):
        """Drag the mouse along corners on the page, with a key held down."""
        if key:
            self.keyboard.down(key)
        self.move(corners[0])
        self.mouse.down()
        for corner in corners[1:]:
            self.mouse.move(*map(float, corner), steps=3)
        if release:
            self.mouse.up()
        if key:
            self.keyboard.up(key)
        self.settle()


def by(right, down):
    """A step on the page."""
    return np.array([right, down])


def inside(outline, places, margin=1.5):
    """Which places are inside an outline; and which are so near to it that nobody can tell."""
    corners = np.array(outline, float)
    within = Outline(np.vstack([corners, corners[:1]])).contains_points(places)
    starts, steps = corners, np.roll(corners, -1, axis=0) - corners
    toward = places[:, None] - starts
    part = (toward * steps).sum(-1) / np.maximum((steps**2).sum(-1), 1e-9)
    off = toward - np.clip(part, 0, 1)[..., None] * steps
    near = np.linalg.norm(off, axis=-1).min(axis=1) < margin
    return within, near


def rgb(color):
    """A colour "#rrggbb" as three numbers."""
    return np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)])


def amount(picture, color, tolerance=0):
    """How many pixels are of a colour."""
    distance = np.abs(picture[..., :3].astype(int) - color).max(axis=-1)
    return int((distance <= tolerance).sum())


def amounts(picture):
    """How many pixels there are of each colour "#rrggbb"."""
    packed = picture[..., :3].astype(np.uint32) @ np.uint32([65536, 256, 1])
    colors, sizes = np.unique(packed, return_counts=True)
    return {f"#{color:06x}": int(size) for color, size in zip(colors, sizes, strict=True)}


def _pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))

"""A neighbour viewer on a bare page as its user meets it: its cards, its buttons, its words."""

import contextlib

import numpy as np

from simnb.indexer import Indexer
from simnb.widgets.neighbor_viewer.neighbor_viewer import NeighborViewer
from tests.widgets.bare_page import bare_page
from tests.widgets.cases import clusters

NAMES = ["ant", "bee", "cat", "dog"]


def index_of(count=60, classes=4, distance="euclidean", seed=0, **more):
    """An index of clusters that overlap, so that not all neighbours are right."""
    embeddings, labels = clusters(count, classes, seed=seed)
    embeddings += np.random.default_rng(1).normal(size=embeddings.shape) * 5
    index = Indexer(embedding_size=embeddings.shape[1], distance=distance)
    index.add(embeddings, labels=labels, **more)
    return index


def viewer(index=None, *given, **more):
    """A viewer of such an index; its items are the queries."""
    options = {"class_names": NAMES, "k": 6, **more}
    return NeighborViewer(index_of() if index is None else index, *given, **options)


@contextlib.contextmanager
def shown(browser, made, **more):
    """Show a viewer; at the end nothing may have gone wrong on the page, or left it."""
    with bare_page(browser, made, **more) as bare:
        bare.settle()
        yield ViewerPage(bare)
        bare.settle()
        assert not bare.trouble, bare.trouble
    made.close()


class ViewerPage:
    """Hands and eyes of a user."""

    def __init__(self, bare):
        self.bare, self.viewer, self.page = bare, bare.widget, bare.page
        self.keyboard = bare.page.keyboard
        self.settle, self.wait_for = bare.settle, bare.wait_for

    def view(self, place=0):
        return self.bare.view(place)

    def button(self, name, view=0):
        return self.view(view).get_by_role("button", name=name, exact=True)

    def press(self, name, view=0):
        self.button(name, view).click()
        self.settle()

    def keys(self, *keys):
        for key in keys:
            self.keyboard.press(key)
            self.settle()

    def status(self, view=0):
        return self.view(view).locator(".simnb-status").inner_text()

    def cards(self, grid=0, view=0):
        """The buttons that are a list's cards."""
        return self.view(view).locator(".simnb-grid").nth(grid).locator(".simnb-near")

    def rows(self, grid=0, view=0):
        """The row of each card in the index."""
        found = self.cards(grid, view).evaluate_all("own => own.map(one => one.dataset.row)")
        return [int(own) for own in found]

    def texts(self, part, grid=0, view=0):
        """What the cards say in one of their parts: rank, mark, label, measure, change."""
        return self.cards(grid, view).locator(f".simnb-{part}").all_inner_texts()

    def who(self, view=0):
        """What is said of the query."""
        return self.view(view).locator(".simnb-who")

    def name(self, view=0):
        return self.who(view).locator(".simnb-who-name").inner_text()

    def greyed(self, grid=0, view=0):
        """The rows of the cards that are greyed, and those that say why."""
        cards = self.cards(grid, view).evaluate_all(
            """own => own.map(one => [one.dataset.row, one.classList.contains('simnb-beyond'),
                !one.querySelector('.simnb-note-line').hidden,
                one.getAttribute('aria-label').includes('beyond the threshold')])"""
        )
        assert all(len(set(own[1:])) == 1 for own in cards), cards
        return [int(row) for row, grey, *_ in cards if grey]

    def click(self, place, grid=0, view=0):
        self.cards(grid, view).nth(place).click()
        self.settle()

    def focused(self):
        """The place of the card that has the focus, in reading order; -1 for none."""
        return self.page.evaluate(
            """() => {
                const own = document.activeElement;
                const view = own.closest('.simnb-viewer');
                return view ? [...view.querySelectorAll('.simnb-near')].indexOf(own) : -1;
            }"""
        )

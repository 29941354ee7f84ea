"""A calibration explorer on a bare page as its user meets it: numbers, slider, matrix, gallery."""

import contextlib
import re

from tests.widgets.bare_page import bare_page


@contextlib.contextmanager
def explored(browser, explorer, **more):
    """Show an explorer; at the end nothing may have gone wrong on the page, or left it."""
    with bare_page(browser, explorer, **more) as bare:
        page = CalibrationPage(bare)
        page.settle()
        yield page
        page.settle()
        assert not bare.trouble, bare.trouble
    explorer.close()


class CalibrationPage:
    """Hands and eyes of a user."""

    def __init__(self, bare):
        self.bare, self.explorer, self.page = bare, bare.widget, bare.page
        self.keyboard, self.wait_for = bare.page.keyboard, bare.wait_for

    def settle(self):
        """Wait until what follows the threshold now and then has followed it too."""
        self.page.wait_for_timeout(160)
        self.bare.settle()

    def move(self, threshold):
        self.explorer.threshold = threshold
        self.bare.settle()

    def view(self, place=0):
        return self.bare.view(place)

    def button(self, name):
        return self.view().get_by_role("button", name=name, exact=True)

    def tab(self, name):
        self.view().get_by_role("tab", name=name).click()
        self.settle()

    @property
    def slider(self):
        return self.view().get_by_role("slider")

    @property
    def grid(self):
        return self.view().get_by_role("application")

    def press(self, *keys):
        for key in keys:
            self.keyboard.press(key)
        self.settle()

    def numbers(self, view=0):
        """The numbers of the metrics by name: of the calibration, and of what is held out."""
        lines = self.table("Metrics at the threshold", view)
        return {name.replace(" ", "_"): values for name, *values in lines if name != "queries"}

    def table(self, name, view=0):
        """The body of a table, as texts."""
        table = self.view(view).get_by_role("table", name=name)
        return table.evaluate(
            "own => [...own.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        )

    def status(self):
        return self.view().locator(".simnb-status").inner_text()

    def readout(self):
        """What is said of the cell that is pointed at."""
        return self.view().locator(".simnb-readout").inner_text()

    def gallery(self):
        """Rows of the queries in the gallery, in their order."""
        items = self.view().locator(".simnb-item")
        labels = items.evaluate_all("own => own.map(item => item.ariaLabel)")
        return [int(re.match(r"query (\d+):", label)[1]) for label in labels]

    def heading(self):
        return self.view().get_by_role("heading").inner_text()

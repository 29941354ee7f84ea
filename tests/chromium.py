"""The browser that tests drive, and how it is started: headless, and quiet towards the network."""

import contextlib
import re
import shutil

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Everything that is neither this machine nor the page itself.
ELSEWHERE = re.compile(
    r"^(?!(https?|wss?)://(127\.0\.0\.1|localhost|\[::1\])[:/]|(about|blob|data|file):)"
)


@contextlib.contextmanager
def started():
    """Start a browser; skip the test, and say why, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def offline_page(browser, *, width=1280, height=900, expected=()):
    """Open a page without a network; give it, and the list of what goes wrong on it.

    The list holds errors and warnings of the console and of scripts, dialogs, and every request
    that would have left the machine, each of which is refused. What contains one of the texts
    `expected` is not listed.
    """
    trouble = []

    def note(kind, text):
        if not any(own in text for own in expected):
            trouble.append(f"{kind}: {text}")

    def refuse(route):
        note("request", route.request.url)
        route.abort()

    context = browser.new_context(viewport={"width": width, "height": height})
    context.route(ELSEWHERE, refuse)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda own: note("error", str(own)))
    page.on("crash", lambda own: note("error", "the page crashed"))
    page.on(
        "console",
        lambda own: own.type in ("error", "warning") and note(f"console {own.type}", own.text),
    )
    page.on("websocket", lambda own: ELSEWHERE.match(own.url) and note("request", own.url))
    try:
        yield page, trouble
    finally:
        context.close()

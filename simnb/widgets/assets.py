"""The JavaScript and the style of a widget, each as one text: no build step, no CDN."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import rjsmin

STATIC = Path(__file__).with_name("static")

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b)", re.MULTILINE)


@cache
def module(name: str) -> str:
    """Return a module of `static/` with all that it imports, each once, in one scope.

    Jupyter gives a widget one module, and one file cannot import another. So a file here
    exports only names that no other has, and imports them as they are. Comments and spaces
    stay behind: the text is sent with every widget.
    """
    texts: dict[str, str] = {}

    def collect(own: str) -> None:
        source = (STATIC / f"{own}.js").read_text(encoding="utf-8")
        for imported in _IMPORT.findall(source):
            if imported not in texts:
                collect(imported)
        texts[own] = _EXPORT.sub("", _IMPORT.sub("", source))

    collect(name)
    return str(rjsmin.jsmin("\n".join(texts.values())))


@cache
def style(*names: str) -> str:
    """Return style sheets of `static/` as one."""
    return "\n".join((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in names)

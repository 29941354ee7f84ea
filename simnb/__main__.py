"""The command line: `simnb demo` and `simnb check`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from simnb import check


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code."""
    parser = argparse.ArgumentParser(prog="simnb", description="Similarity learning for notebooks.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser(
        "demo", help="train, index and look up on real MNIST, in about a minute"
    )
    demo.add_argument("--data-dir", help="where TensorFlow Datasets keeps its data sets")
    demo.add_argument(
        "--folder", default=".", help="where neighbors.png is written (default: here)"
    )
    commands.add_parser(
        "check", help="print versions, engines and data found, and how to get what is missing"
    )
    chosen = parser.parse_args(arguments)
    if chosen.command == "check":
        from simnb.versions import report

        print(report())
        return 0
    from simnb import demo as demonstration

    try:
        return demonstration.run(chosen.data_dir, chosen.folder)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        print(f"simnb demo: {error}", file=sys.stderr)
        if isinstance(error, ModuleNotFoundError):
            print(
                f"Install what it needs with: pip install {check.requirement('cpu')}",
                file=sys.stderr,
            )
        return 1


if __name__ == "__main__":
    raise SystemExit(main())

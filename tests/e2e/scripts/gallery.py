"""What the pages of the UI are looked at with: every kind of thing, with values that tests know."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd

import cairn

IMAGE = np.zeros((40, 60, 3), np.uint8)
IMAGE[:, :, 0] = 200  # a red that no part of the UI has
HTML = "<h1>hi</h1><script>alert('html')</script><img src=x onerror=alert('img')>"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="50" onload="alert(1)">'
    "<script>alert('svg')</script><rect width='80' height='50' fill='rgb(0,0,200)'/></svg>"
)
EVIL = "<img src=x onerror=alert(1)>"


def showcase() -> str:
    """One run that has everything."""
    with cairn.start_run(run_name="Everything", description="Two\nlines of notes.") as run:
        cairn.log_params({"rate": 0.25, "model": "forest", "seed": 42})
        cairn.log_metrics({"score": 0.123456789, "not a number": float("nan")})
        for step in range(200):
            cairn.log_metric("curve/loss", 1 / (step + 1), step=step)
        cairn.set_tags({"team": "vision", "html": "<b>bold</b><script>alert('tag')</script>"})
        frame = pd.DataFrame({"x": [1.5, 2.5], "y": [0, 1]})
        cairn.log_input(cairn.data.from_pandas(frame, name="points", targets="y"), context="train")
        cairn.log_text("first line\nsecond line\n", "notes/hello.txt")
        cairn.log_dict({"depth": {"of": ["json", 3]}}, "data.json")
        cairn.log_text('city,people\n"Bonn, Rhein",330579\nUlm,128928\n', "table.csv")
        cairn.log_image(IMAGE, "red.png")
        cairn.log_text(HTML, "page.html")
        cairn.log_text(SVG, "drawing.svg")
        return run.info.run_id


def ranking() -> str:
    """Runs to sort, filter, unfold, choose; logged in an order that no sort gives."""
    for name, score in (("middle", 0.5), ("best", 0.9), ("worst", 0.1)):
        with cairn.start_run(run_name=name):
            cairn.log_param("kind", name[0])
            cairn.log_metric("score", score)
            if name == "best":
                for number in range(3):
                    with cairn.start_run(run_name=f"child-{number}", nested=True):
                        cairn.log_param("kind", "c")
                        cairn.log_metric("score", number / 100)
    return ""


def untrusted() -> str:
    """Names that are HTML."""
    with cairn.start_run(run_name=EVIL, description=HTML) as run:
        cairn.log_param("evil", HTML)
        cairn.log_metric("evil", 1)
        cairn.log_text(HTML, "x.html")
        cairn.log_text(SVG, "evil x.svg")
        cairn.log_text(HTML, f"{EVIL}.txt")
        cairn.set_tag("evil", HTML)
        return run.info.run_id


def long() -> str:
    """A run with a long name and many values."""
    with cairn.start_run(run_name="a very long name " * 14) as run:
        cairn.log_params({f"group/{n:03}/a_rather_long_name": "value" * 20 for n in range(300)})
        cairn.log_metrics({f"metric_{n:03}": n for n in range(100)} | {"m/" * 90 + "end": 1e-300})
        cairn.log_metric("far", 1, step=10**15)
        return run.info.run_id


def main() -> None:
    """Log all of it, and print experiment and run of each part as JSON."""
    made = {}
    for part in (showcase, ranking, untrusted, long):
        name = f"{EVIL} of the gallery" if part is untrusted else f"Gallery: {part.__name__}"
        experiment = cairn.set_experiment(name)
        made[part.__name__] = [experiment.experiment_id, part()]
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()

"""The built lessons are what their sources give, whole, light, and really checked."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("jupytext")

ROOT = Path(__file__).parents[2]
BUILDER = ROOT / "notebooks" / "src" / "build.py"
spec = importlib.util.spec_from_file_location("build_lessons", BUILDER)
builder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(builder)

BUILT = [
    (source, *pair) for source in builder.sources() for pair in builder.targets(source).items()
]
every_notebook = pytest.mark.parametrize(
    ("source", "path", "solved"),
    BUILT,
    ids=[path.relative_to(ROOT).as_posix() for _, path, _ in BUILT],
)
every_lesson = pytest.mark.parametrize("source", builder.sources(), ids=lambda source: source.stem)

# blog.tensorflow.org, September 2021, with `simnb` for `tensorflow_similarity` and
# `layers.Rescaling`, which has left `layers.experimental.preprocessing` since.
BLOG = """
from tensorflow.keras import layers
from simnb.layers import MetricEmbedding
from simnb.losses import MultiSimilarityLoss
from simnb.models import SimilarityModel
from simnb.samplers import TFDatasetMultiShotMemorySampler
from simnb.visualization import viz_neigbors_imgs
sampler = TFDatasetMultiShotMemorySampler(dataset_name='mnist', classes_per_batch=10)
inputs = layers.Input(shape=(28, 28, 1))
x = layers.Rescaling(1/255)(inputs)
x = layers.Conv2D(64, 3, activation='relu')(x)
x = layers.Flatten()(x)
x = layers.Dense(64, activation='relu')(x)
outputs = MetricEmbedding(64)(x)
model = SimilarityModel(inputs, outputs)
model.compile('adam', loss=MultiSimilarityLoss())
model.fit(sampler, epochs=5)
sx, sy = sampler.get_slice(0,100)
model.index(x=sx, y=sy, data=sx)
qx, qy = sampler.get_slice(3713, 1)
nns = model.single_lookup(qx[0])
viz_neigbors_imgs(qx[0], qy[0], nns)
"""


def code_cells(path):
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


def tagged(cells, tag):
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


def test_the_notebooks_are_what_the_sources_give():
    run = subprocess.run([sys.executable, BUILDER, "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@every_notebook
def test_nothing_is_left_to_fill_in(source, path, solved):
    assert "{{" not in path.read_text(encoding="utf-8")


@every_lesson
def test_the_header_says_what_a_reader_wants_to_know(source):
    path = next(iter(builder.targets(source)))
    header = nbformat.read(path, 4).cells[0].source
    lines = header.splitlines()
    assert lines[0].startswith(f"# {source.stem[:2]} · ")
    assert re.fullmatch(r"\*\*.+\.\*\*", lines[2]), "one sentence of promise"
    parts = ("You will build", "You will be able to", "Prerequisites", "Time", "Hardware", "Data")
    for part in parts:
        assert f"**{part}" in header
    assert "measured" in header
    assert "licence" in header
    assert 3 <= header.count("\n- **") <= 5


@every_lesson
def test_the_end_keeps_the_promise(source):
    cells = nbformat.read(next(iter(builder.targets(source))), 4).cells
    promised = re.findall(r"^- \*\*\w+\*\* .+$", cells[0].source, re.MULTILINE)
    kept = re.findall(r"^- \*\*\w+\*\* .+$", cells[-1].source, re.MULTILINE)
    assert len(promised) == len(kept)
    assert "Key terms" in cells[-1].source
    assert "**Next:** lesson" in cells[-1].source


@every_notebook
def test_the_badges_lead_to_this_file(source, path, solved):
    text = path.read_text(encoding="utf-8")
    place = path.relative_to(ROOT).as_posix()
    project = builder.repository().removeprefix("https://github.com/")
    wanted = [
        f"https://colab.research.google.com/github/{project}/blob/main/{place}",
        f"https://mybinder.org/v2/gh/{project}/main?labpath={place.replace('/', '%2F')}",
        f"{builder.repository()}/blob/main/{place}",
    ]
    for address in wanted:
        assert f"({address})" in text
    assert f"git+{builder.repository()}" in text


@every_notebook
def test_it_was_run_from_top_to_bottom_without_an_error(source, path, solved):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert not [output for output in cell.outputs if output.output_type == "error"]
        assert not [output for output in cell.outputs if output.get("name") == "stderr"]


@every_notebook
def test_nbval_has_something_to_compare(source, path, solved):
    # Without saved outputs and a count, nbval passes a cell without comparing it.
    checks = tagged(code_cells(path), "nbval-check-output")
    assert checks
    for cell in checks:
        assert cell.execution_count
        assert cell.outputs
        assert not re.search(r"\d\.\d", cell.outputs[0].text), "a measured number differs next time"


@every_notebook
def test_the_text_quotes_what_the_run_printed(source, path, solved):
    cells = nbformat.read(path, 4).cells
    printed = " ".join(
        output.get("text", "")
        for cell in cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    for cell in cells:
        if cell.cell_type == "markdown":
            for number in re.findall(r"(?<![\d.])\d\.\d{3,4}(?!\d)", cell.source):
                assert re.search(rf"(?<![\d.]){re.escape(number)}", printed), cell.source


@every_notebook
def test_it_is_light_and_clean(source, path, solved):
    assert path.stat().st_size < 1.5e6
    notebook = nbformat.read(path, 4)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
        for output in cell.get("outputs", []):
            data = output.get("data", {"text/plain": output.get("text", "")})
            for kind, value in data.items():
                if kind.startswith("image/"):
                    continue
                assert len(str(value)) < 300_000
                assert "http" not in str(value)
                assert not re.search(r"[\r\b\x1b]", str(value)), "an unfinished progress bar"
                assert not re.search(r"/(root|home|tmp|work|Users)/", str(value))


@every_notebook
def test_cells_are_short(source, path, solved):
    for cell in code_cells(path):
        if "program" not in cell.metadata.get("tags", []):
            # A closing bracket that the formatter gave a line of its own is nothing to read.
            lines = [line for line in cell.source.splitlines() if line.strip(" )]}")]
            assert len(lines) <= 10, cell.source


@every_lesson
def test_every_exercise_has_a_solution_and_a_check(source):
    reader, solver = builder.targets(source)
    stubs, answers = tagged(code_cells(reader), "exercise"), tagged(code_cells(solver), "solution")
    assert 2 <= len(stubs) == len(answers)
    for cells, own in ((code_cells(reader), stubs), (code_cells(solver), answers)):
        for cell in own:
            check = cells[cells.index(cell) + 1]
            name = check.source.partition('"')[2].partition('"')[0]
            assert check.source.startswith("lessons.expect(")
            assert f"{name} = " in cell.source
    assert all(cell.source.endswith(" = ...  # your answer") for cell in stubs)
    assert not any("your answer" in cell.source for cell in code_cells(solver))


def test_hello_world_is_the_program_of_the_tensorflow_blog():
    path = ROOT / "notebooks" / "01_hello_world.ipynb"
    (program,) = tagged(code_cells(path), "program")
    assert ast.dump(ast.parse(program.source)) == ast.dump(ast.parse(BLOG))


def test_lesson_04s_fine_tuning_runs_where_no_gpu_makes_the_lesson_run_it():
    import keras
    import numpy as np

    from simnb.architectures import EfficientNetSim
    from simnb.losses import MultiSimilarityLoss
    from simnb.samplers import MultiShotMemorySampler

    path = ROOT / "notebooks" / "04_oxford_pets.ipynb"
    (cell,) = [cell for cell in code_cells(path) if "def fine_tune(" in cell.source]
    names = {
        "keras": keras,
        "MultiSimilarityLoss": MultiSimilarityLoss,
        "MultiShotMemorySampler": MultiShotMemorySampler,
        "train": np.random.default_rng(0).integers(0, 256, (148, 32, 32, 3), np.uint8),
        "train_breeds": np.arange(148) % 37,
        "records": list(range(148)),
    }
    exec(cell.source.replace("verbose=2", "verbose=0"), names)
    model = EfficientNetSim((32, 32, 3), 8, weights=None, variant="lite0")
    before = model.embed(names["train"])
    names["fine_tune"](model, epochs=1)
    assert model.index_size() == 148
    assert np.abs(model.embed(names["train"]) - before).max() > 1e-4


def test_the_neighbours_are_drawn_once():
    path = ROOT / "notebooks" / "01_hello_world.ipynb"
    drawing = [cell for cell in code_cells(path) if "viz_neigbors_imgs(" in cell.source]
    assert len(drawing) == 3
    for cell in drawing:
        pictures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert len(pictures) == 1


WIDGETS = """
import anywidget, ipywidgets
from IPython.display import display

class Drawing(anywidget.AnyWidget):
    _esm = "export default { render() {} }"
    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": "Drawing()", "image/png": "aGk="}, metadata

display(ipywidgets.IntProgress(value=3))
display(Drawing())
print("done")
"""


def test_of_a_widget_its_picture_is_saved_and_of_a_progress_bar_nothing(monkeypatch):
    monkeypatch.setenv("SIMNB_CACHE", "")  # set by `execute`, put back after
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(WIDGETS)])
    builder.execute(notebook)
    shown, printed = notebook.cells[0].outputs
    assert shown.data == {"text/plain": "Drawing()", "image/png": "aGk="}
    assert not shown.metadata
    assert printed.text == "done\n"
    assert "widgets" not in notebook.metadata


def test_a_table_in_colour_is_saved_in_plain_letters(monkeypatch):
    monkeypatch.setenv("SIMNB_CACHE", "")
    shown = 'display({"text/plain": "\\x1b[1mbold\\x1b[0m"}, raw=True)'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(shown)])
    builder.execute(notebook)
    assert notebook.cells[0].outputs[0].data["text/plain"] == "bold"


@every_notebook
def test_no_widget_waits_for_a_kernel(source, path, solved):
    text = path.read_text(encoding="utf-8")
    assert builder.WIDGET not in text
    assert "application/vnd.jupyter.widget-state+json" not in text


def test_new_words_keep_the_outputs_only_while_the_code_is_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(builder, "ROOT", tmp_path)
    monkeypatch.setattr(builder, "repository", lambda: "https://github.com/simnb/simnb")
    source, target = tmp_path / "09_short.py", tmp_path / "09_short.ipynb"
    source.write_text("# %% [markdown]\n# old words\n\n# %%\n1 + 1\n")
    notebook = builder.compose(source, target, solved=False)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    notebook.cells[1].execution_count = 1
    nbformat.write(notebook, target)

    source.write_text("# %% [markdown]\n# new words\n\n# %%\n1 + 1\n")
    builder.retell(source, target, solved=False)
    words, code = nbformat.read(target, 4).cells
    assert words.source == "new words"
    assert (code.outputs[0].text, code.execution_count) == ("2", 1)

    source.write_text("# %% [markdown]\n# new words\n\n# %%\n1 + 2\n")
    with pytest.raises(SystemExit, match="must be run again"):
        builder.retell(source, target, solved=False)
    assert nbformat.read(target, 4).cells[1].source == "1 + 1"

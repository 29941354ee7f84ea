import io
import pickle
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from simnb.widgets.neighbor_viewer.uploads import MOST_BYTES, array_or_image, conformed, numbers_in


def npy(array, **more):
    stream = io.BytesIO()
    np.save(stream, array, **more)
    return stream.getvalue()


def png(image, kind="png", **more):
    stream = io.BytesIO()
    image.save(stream, kind, **more)
    return stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "[1, -2.5, 3e2]",
        "1, -2.5, 3e2",
        "1;-2.5;300",
        " 1\t-2.5\n300 ",
        "(1, -2.5, 300)",
        "[1 -2.5 300]",
    ],
)
def test_numbers_are_read_as_json_or_apart_by_signs(text):
    assert numbers_in(text).tolist() == [1, -2.5, 300]


def test_nested_lists_keep_their_shape():
    assert numbers_in("[[1, 2], [3, 4]]").shape == (2, 2)
    assert numbers_in("7").tolist() == [7]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        None,
        5,
        "cat",
        "1, cat",
        "[1, null]",
        "[1, NaN]",
        "1e999",
        "inf",
        '{"a": 1}',
        "[[1], [2, 3]]",
        "[]",
        "[" * 100_000,
        "[" * 100 + "1" + "]" * 100,
        "[1" + "0" * 5000 + "]",
        "1 " * 600_000,
        "__import__('os')",
    ],
    ids=lambda own: str(own)[:12],
)
def test_what_is_no_numbers_is_refused(text):
    with pytest.raises(ValueError, match="`text` must"):
        numbers_in(text)


@pytest.mark.parametrize("dtype", ["float32", ">f8", "int16", "bool", "uint8", "float16"])
def test_an_array_is_read_from_its_file(dtype):
    array = np.array([[0, 1, 2], [3, 4, 5]]).astype(dtype)
    for order in ("C", "F"):
        found = array_or_image(npy(np.asarray(array, order=order)))
        np.testing.assert_array_equal(found, array)


class Hostile:
    def __reduce__(self):
        return (exec, ("raise SystemExit('unpickled')",))


def header(text):
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    "content",
    [
        npy(np.array([Hostile()], object), allow_pickle=True),
        npy(np.array(["text"])),
        npy(np.array([(1, 2.0)], "i4,f4")),
        npy(np.array([1 + 2j])),
        npy(np.array(["2020-01-01"], "M8[D]")),
        npy(np.zeros(4))[:-1],
        npy(np.zeros(4)) + b"x",
        npy(np.array([1.0, np.nan])),
        npy(np.zeros((0, 3))),
        b"\x93NUMPY",
        b"\x93NUMPY\x03\x00",
        b"\x93NUMPY\x09\x09abc",
        header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,)}"),
        header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"),
        header(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}" + b" " * 8),
        header(b"(" * 5000),
        header(b"__import__('os').system('true')"),
    ],
    ids=range(17),
)
def test_a_file_that_is_no_array_of_numbers_is_refused_and_nothing_is_unpickled(content):
    with pytest.raises(ValueError, match="the file"):
        array_or_image(content)


def test_a_pickle_is_no_file_that_is_read():
    for content in (pickle.dumps(np.zeros(3)), b"", b"hello", b"<svg onload=alert(1)>"):
        with pytest.raises(ValueError, match=r"a \.npy file or an image"):
            array_or_image(content)


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "tiff", "webp"])
def test_an_image_is_read_from_its_file(kind):
    found = array_or_image(png(Image.new("RGB", (30, 20), (200, 0, 0)), kind))
    assert (found.size, found.mode) == ((30, 20), "RGB")
    assert np.abs(np.asarray(found).astype(int) - [200, 0, 0]).max() <= 3


def test_an_image_keeps_what_is_transparent_and_its_way_up():
    assert array_or_image(png(Image.new("RGBA", (4, 4), (1, 2, 3, 4)))).getpixel((0, 0))[3] == 4
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    assert array_or_image(png(Image.new("RGB", (30, 20)), "jpeg", exif=exif)).size == (20, 30)


def test_many_greys_are_not_cut_off():
    values = np.linspace(0, 65_535, 64).astype(np.uint16).reshape(8, 8)
    grey = np.asarray(array_or_image(png(Image.fromarray(values))))[..., 0].ravel()
    assert grey[0] == 0
    assert grey[-1] == 255
    assert (np.diff(grey.astype(int)) > 0).all()


def test_a_large_image_comes_back_smaller():
    assert array_or_image(png(Image.new("L", (3000, 1500)))).size == (1024, 512)


def bomb(width, height):
    """A PNG of so many pixels, whose bytes are few."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8000, 10_000, 100_000, 2**31 - 1])
def test_an_image_that_would_fill_the_memory_is_refused(side):
    with pytest.raises(ValueError, match=r"at most 50,000,000 pixels|can be read"):
        array_or_image(bomb(side, side))


def test_a_damaged_image_is_refused():
    whole = png(Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)))
    for content in (whole[:200], whole[:30], whole[:100] + b"\xff" * 100 + whole[200:]):
        with pytest.raises(ValueError, match="can be read"):
            array_or_image(content)


def test_a_format_that_starts_other_programs_is_not_read():
    with pytest.raises(ValueError, match="can be read"):
        array_or_image(
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
        )


def test_a_huge_file_is_refused_by_its_size():
    with pytest.raises(ValueError, match="at most 10 MB"):
        array_or_image(memoryview(bytes(MOST_BYTES + 1)))


@pytest.mark.parametrize(
    ("example", "ends", "expected"),
    [
        (np.zeros((4, 6), np.uint8), (0, 255), 255),
        (np.zeros((4, 6, 1), np.float32), (0, 1), 1.0),
        (np.zeros((4, 6, 3), np.float16), (-1, 1), 1.0),
        (np.zeros((4, 6, 4), np.int16), (0, 255), 255),
    ],
)
def test_an_image_takes_the_form_and_the_range_of_an_example(example, ends, expected):
    found = conformed(Image.new("RGB", (50, 50), "white"), example, *ends)
    assert (found.shape, found.dtype) == (example.shape, example.dtype)
    assert (found == expected).all()
    dark = conformed(Image.new("RGB", (50, 50), "black"), example, *ends)
    assert (dark[..., :3] == ends[0]).all()

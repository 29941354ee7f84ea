import errno
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simnb.samplers import check_images, load_image

BLOCKS = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
PIXELS = np.kron(BLOCKS, np.ones((8, 8, 1), np.uint8))  # 8 × 8 blocks survive JPEG
IMAGE = Image.fromarray(PIXELS)
GRAY = np.asarray(IMAGE.convert("L"))


def save(folder, name, image=IMAGE, **options):
    image.save(folder / name, **options)
    return str(folder / name)


def png_16(folder):
    import tensorflow as tf

    path = folder / "rgb16.png"
    path.write_bytes(tf.io.encode_png(PIXELS.astype(np.uint16) * 257).numpy())
    return str(path)


def cut(path, part=0.6):
    """A copy of a file that ends too early."""
    content = Path(path).read_bytes()
    shorter = Path(f"{path}.{len(content) * part:.0f}.{path[-3:]}")
    shorter.write_bytes(content[: int(part * len(content))])
    return str(shorter)


@pytest.mark.parametrize(
    ("name", "options", "off_by"),
    [
        ("rgb.png", {}, 0),
        ("rgb.bmp", {}, 0),
        ("rgb.tif", {}, 0),
        ("rgb.jpg", {"quality": 95, "subsampling": 0}, 2),
        ("lossless.webp", {"lossless": True}, 0),
    ],
)
def test_formats_are_read_as_rgb(tmp_path, name, options, off_by):
    image = load_image(save(tmp_path, name, **options))
    assert (image.shape, image.dtype) == ((40, 40, 3), np.uint8)
    assert abs(image.astype(int) - PIXELS).mean() <= off_by


@pytest.mark.parametrize("name", ["gray.png", "gray.jpg", "gray.bmp"])
def test_grey_is_grey_in_all_three_channels(tmp_path, name):
    image = load_image(save(tmp_path, name, IMAGE.convert("L")))
    assert abs(image.astype(int) - GRAY[:, :, None]).mean() < 1


@pytest.mark.parametrize("name", ["palette.png", "palette.bmp", "palette.gif"])
def test_palettes_are_looked_up(tmp_path, name):
    palette = IMAGE.convert("P")
    image = load_image(save(tmp_path, name, palette))
    assert np.array_equal(image, np.asarray(palette.convert("RGB")))


def test_transparency_is_dropped(tmp_path):
    assert np.array_equal(load_image(save(tmp_path, "a.png", IMAGE.convert("RGBA"))), PIXELS)


def test_cmyk_is_converted(tmp_path):
    for name, options in [("a.jpg", {"quality": 95, "subsampling": 0}), ("a.tif", {})]:
        image = load_image(save(tmp_path, name, IMAGE.convert("CMYK"), **options))
        assert abs(image.astype(int) - PIXELS).mean() < 2


def test_16_bits_are_scaled_to_8(tmp_path):
    assert np.array_equal(load_image(png_16(tmp_path)), PIXELS)
    gray = Image.fromarray(GRAY.astype(np.uint16) * 257)
    for name in ("gray16.png", "gray16.tif"):
        image = load_image(save(tmp_path, name, gray))
        assert np.array_equal(image, np.repeat(GRAY[:, :, None], 3, axis=2))


@pytest.mark.parametrize(
    ("name", "options"), [("a.gif", {}), ("a.png", {}), ("a.webp", {"lossless": True})]
)
def test_of_an_animation_the_first_frame_is_read(tmp_path, name, options):
    frames = {"save_all": True, "append_images": [IMAGE.rotate(90)], **options}
    assert np.array_equal(load_image(save(tmp_path, name, **frames)), PIXELS)


def test_an_image_is_stretched_to_the_target_size(tmp_path):
    for name in ("a.png", "a.tif"):  # of TensorFlow and of Pillow
        path = save(tmp_path, name)
        assert np.array_equal(load_image(path, (40, 40)), PIXELS)
        small = load_image(path, (5, 10))
        assert (small.shape, small.dtype) == ((5, 10, 3), np.uint8)
        truth = np.asarray(Image.fromarray(PIXELS).resize((10, 5), Image.Resampling.BILINEAR))
        assert abs(small.astype(int) - truth).max() <= 1
        assert np.array_equal(small, load_image(save(tmp_path, "b.png"), (5, 10)))
    whole = Image.new("RGB", (30, 20), (255, 0, 7))
    assert (load_image(save(tmp_path, "c.png", whole), (7, 7)) == (255, 0, 7)).all()


def faulty_files(folder):
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("this is no image")
    content = bytearray((folder / "rgb.png").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (folder / "damaged.png").write_bytes(content)
    return {
        str(folder / "empty.jpg"): "empty file",
        str(folder / "text.jpg"): "not an image",
        str(folder / "gone.jpg"): "no such file",
        str(folder / "damaged.png"): "corrupt or truncated: ",
        cut(str(folder / "rgb.jpg")): "corrupt or truncated: ",
        cut(str(folder / "rgb.png")): "corrupt or truncated: ",
        cut(str(folder / "rgb.gif")): "corrupt or truncated: ",
        cut(str(folder / "rgb.jpg"), 0.995): "corrupt or truncated: ",
    }


def test_faulty_files_are_named_with_their_fault(tmp_path):
    whole = [save(tmp_path, name) for name in ("rgb.png", "rgb.jpg", "rgb.gif", "rgb.tif")]
    faults = faulty_files(tmp_path)
    found = check_images([*whole, *faults])
    assert list(found) == list(faults)
    for path, said in faults.items():
        assert found[path].startswith(said)
        with pytest.raises(ValueError, match="`path` must be a whole image") as caught:
            load_image(path)
        assert f"{path}: {said}" in str(caught.value)


def test_unusual_images_are_named_if_asked_for(tmp_path):
    frames = {"save_all": True, "append_images": [IMAGE.rotate(90)]}
    unusual = {
        save(tmp_path, "cmyk.jpg", IMAGE.convert("CMYK")): "CMYK",
        save(tmp_path, "gray16.png", Image.fromarray(GRAY.astype(np.uint16))): "16 bits a channel",
        save(tmp_path, "gray16.tif", Image.fromarray(GRAY.astype(np.uint16))): "16 bits a channel",
        png_16(tmp_path): "16 bits a channel",
        save(tmp_path, "animated.gif", **frames): "animated, 2 frames",
        save(tmp_path, "animated.webp", **frames): "animated, 2 frames",
        save(tmp_path, "animated.png", **frames): "animated, 2 frames",
    }
    usual = [save(tmp_path, f"rgb.{ending}") for ending in ("png", "jpg", "gif", "webp", "bmp")]
    assert check_images([*unusual, *usual]) == unusual
    assert check_images([*unusual, *usual], unusual=False) == {}


def test_floating_point_pixels_are_refused_not_made_black(tmp_path):
    path = save(tmp_path, "a.tif", Image.fromarray(np.full((4, 4), 0.7, np.float32)))
    assert check_images([path]) == {path: "floating-point pixels, of no known range"}
    with pytest.raises(ValueError, match="floating-point pixels"):
        load_image(path)


def test_what_the_system_says_of_a_file_is_not_called_corrupt(tmp_path, monkeypatch):
    (tmp_path / "a.png").mkdir()
    path = str(tmp_path / "a.png")
    assert check_images([path]) == {path: "is a directory"}
    other = save(tmp_path, "b.png")

    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(Image, "open", denied)
    assert check_images([other]) == {other: "permission denied"}


def test_one_path_is_not_taken_for_a_list_of_them():
    with pytest.raises(ValueError, match="`paths` must be paths, not one"):
        check_images("a.png")


def test_an_image_too_large_to_be_safe_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    path = save(tmp_path, "large.png")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "decompression bomb" in check_images([path])[path]


def test_paths_may_be_objects(tmp_path):
    save(tmp_path, "a.png")
    assert check_images([tmp_path / "a.png"]) == {}
    assert load_image(tmp_path / "a.png").shape == (40, 40, 3)
    assert check_images([tmp_path / "b.png"]) == {str(tmp_path / "b.png"): "no such file"}


@pytest.mark.parametrize("size", [160, (160,), (0, 5), "160"])
def test_sizes_of_another_form_are_refused(size):
    with pytest.raises(ValueError, match="`target_size` must be"):
        load_image("a.png", size)

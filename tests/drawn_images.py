"""Drawn images in the form of CIFAR-10 and of the Oxford pets, for machines without them.

They are data sets of TensorFlow Datasets under the real ones' names, with their features and
their classes, but few examples. What runs on them can only show what holds for any data.
"""

import colorsys

import numpy as np
from PIL import Image, ImageDraw

CIFAR10 = {"train": 2000, "test": 1500}
EACH, SIDE = 20, 160  # pets of each breed in each split, and their width and height
BREEDS = [
    "Abyssinian",
    "american_bulldog",
    "american_pit_bull_terrier",
    "basset_hound",
    "beagle",
    "Bengal",
    "Birman",
    "Bombay",
    "boxer",
    "British_Shorthair",
    "chihuahua",
    "Egyptian_Mau",
    "english_cocker_spaniel",
    "english_setter",
    "german_shorthaired",
    "great_pyrenees",
    "havanese",
    "japanese_chin",
    "keeshond",
    "leonberger",
    "Maine_Coon",
    "miniature_pinscher",
    "newfoundland",
    "Persian",
    "pomeranian",
    "pug",
    "Ragdoll",
    "Russian_Blue",
    "saint_bernard",
    "samoyed",
    "scottish_terrier",
    "shiba_inu",
    "Siamese",
    "Sphynx",
    "staffordshire_bull_terrier",
    "wheaten_terrier",
    "yorkshire_terrier",
]


def draw_cifar10(folder):
    """Ten classes of 32 × 32 images: a class has a colour and a shape."""
    import tensorflow_datasets as tfds

    rng = np.random.default_rng(0)
    features = {
        "image": tfds.features.Image(shape=(32, 32, 3)),
        "label": tfds.features.ClassLabel(num_classes=10),
    }
    splits = {}
    for split, count in CIFAR10.items():
        labels = np.arange(count) % 10
        images = np.stack([_spot(label, rng) for label in labels])
        splits[split] = {"image": images, "label": labels}
    _store(folder, "cifar10", "3.0.2", features, splits)


def draw_oxford_iiit_pet(folder):
    """The 37 breeds: a breed has a coat of its own, and a cat other ears than a dog."""
    import tensorflow_datasets as tfds

    rng = np.random.default_rng(0)
    features = {
        "image": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
        "label": tfds.features.ClassLabel(names=BREEDS),
        "species": tfds.features.ClassLabel(names=["Cat", "Dog"]),
        "file_name": tfds.features.Text(),
    }
    splits = {}
    for split, first in (("train", 1), ("test", 1 + EACH)):
        labels = np.tile(np.arange(len(BREEDS)), EACH)
        numbers = np.repeat(np.arange(first, first + EACH), len(BREEDS))
        splits[split] = {
            "image": np.stack([_head(label, rng) for label in labels]),
            "label": labels,
            "species": np.array([not is_cat(BREEDS[label]) for label in labels], np.int64),
            "file_name": [f"{BREEDS[b]}_{n}.jpg" for b, n in zip(labels, numbers, strict=True)],
        }
    _store(folder, "oxford_iiit_pet", "4.0.0", features, splits)


def is_cat(breed):
    """Whether it is a breed of cats: the data set writes them with a capital letter."""
    return breed[0].isupper()


def _store(folder, name, version, features, splits):
    import tensorflow as tf
    import tensorflow_datasets as tfds

    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version=version,
        features=tfds.features.FeaturesDict(features),
        split_datasets={
            split: tf.data.Dataset.from_tensor_slices(examples)
            for split, examples in splits.items()
        },
        data_dir=str(folder),
        config="default",
        disable_shuffling=True,
    )


def _spot(label, rng):
    y, x = np.mgrid[:32, :32] - rng.uniform(10, 22, size=(2, 1, 1))
    shape = np.hypot(x, y) < 9 if label % 2 else np.maximum(abs(x), abs(y)) < 8
    color = np.array([np.cos(label), np.sin(label), np.cos(2 * label)]) * 60 + 128
    image = rng.normal(100, 30, size=(32, 32, 3))
    image[shape] = color + rng.normal(0, 30, size=(shape.sum(), 3))
    return image.clip(0, 255).astype(np.uint8)


def _head(label, rng):
    """A head with ears, eyes and a nose, turned, somewhere on a ground of any colour."""
    ground = Image.fromarray(rng.integers(60, 200, (5, 5, 3), np.uint8))
    image = ground.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    mask = Image.new("L", image.size)
    shape, face = ImageDraw.Draw(mask), ImageDraw.Draw(coat := _coat(label, rng))
    shape.ellipse((35, 40, 125, 135), fill=255)
    if is_cat(BREEDS[label]):
        shape.polygon([(38, 80), (42, 15), (80, 50)], fill=255)
        shape.polygon([(122, 80), (118, 15), (80, 50)], fill=255)
    else:
        shape.ellipse((18, 45, 52, 120), fill=255)
        shape.ellipse((108, 45, 142, 120), fill=255)
    for x in (62, 98):
        face.ellipse((x - 8, 70, x + 8, 86), fill="white")
        face.ellipse((x - 4, 73, x + 4, 83), fill="black")
    face.polygon([(72, 100), (88, 100), (80, 110)], fill="black")
    turn = {"angle": rng.uniform(-15, 15), "translate": tuple(rng.integers(-12, 13, 2).tolist())}
    image.paste(coat.rotate(**turn), mask=mask.rotate(**turn))
    noisy = np.asarray(image) + rng.normal(0, 6, (SIDE, SIDE, 1))
    return noisy.clip(0, 255).astype(np.uint8)


def _coat(label, rng):
    """Fur in the two colours of a breed: plain, striped, spotted, or in patches."""
    hue = label / len(BREEDS) + rng.normal(0, 0.006)
    light, dark = (
        tuple(round(255 * value) for value in colorsys.hsv_to_rgb(hue % 1, 0.75, bright))
        for bright in (0.9, 0.35)
    )
    coat = Image.new("RGB", (SIDE, SIDE), light)
    draw = ImageDraw.Draw(coat)
    start = int(rng.integers(16))
    if label % 4 == 1:
        for y in range(start, SIDE, 16):
            draw.rectangle((0, y, SIDE, y + 7), fill=dark)
    elif label % 4 == 2:
        for y in range(start, SIDE, 20):
            for x in range(start, SIDE, 20):
                draw.ellipse((x, y, x + 10, y + 10), fill=dark)
    elif label % 4 == 3:
        draw.rectangle((0, 0, 72 + start, SIDE), fill=dark)
    return coat

"""keras.io's "Metric learning for image similarity search using TensorFlow Similarity".

Its calls, in its order and with its arguments (keras-io,
examples/vision/metric_learning_tf_similarity.py, Apache-2.0); only the import is changed.
"""

import random

import numpy as np
import pytest

from tests.backend import tensorflow_only

pytestmark = tensorflow_only
pytest.importorskip("tensorflow_datasets")


def test_the_example_of_keras_io_runs_with_only_the_import_changed(monkeypatch, capsys):
    from matplotlib import pyplot as plt
    from mpl_toolkits import axes_grid1
    from tensorflow import keras

    import simnb as tfsim
    from simnb.samplers import Sampler

    monkeypatch.setattr(Sampler, "__len__", lambda sampler: 5)  # in place of 4,000 steps an epoch

    tfsim.utils.tf_cap_memory()
    assert tfsim.__version__

    class_list = random.sample(population=range(10), k=10)
    train_ds = tfsim.samplers.TFDatasetMultiShotMemorySampler(
        "cifar10",
        classes_per_batch=min(10, 10),
        splits="train",
        steps_per_epoch=4000,
        examples_per_class_per_batch=8,
        class_list=class_list,
    )
    val_ds = tfsim.samplers.TFDatasetMultiShotMemorySampler(
        "cifar10", classes_per_batch=10, splits="test", total_examples_per_class=100
    )

    x_slice, y_slice = train_ds.get_slice(begin=0, size=25)
    grid = axes_grid1.ImageGrid(plt.figure(), 111, nrows_ncols=(5, 5), axes_pad=0.1)
    for ax, im, _ in zip(grid, x_slice, y_slice, strict=True):
        ax.imshow(im)
        ax.axis("off")

    inputs = keras.layers.Input((32, 32, 3))
    x = keras.layers.Rescaling(scale=1.0 / 255)(inputs)
    x = keras.layers.Conv2D(64, 3, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Conv2D(128, 3, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.MaxPool2D((4, 4))(x)
    x = keras.layers.Conv2D(256, 3, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Conv2D(256, 3, activation="relu")(x)
    x = keras.layers.GlobalMaxPool2D()(x)
    outputs = tfsim.layers.MetricEmbedding(256)(x)
    model = tfsim.models.SimilarityModel(inputs, outputs)
    model.summary(print_fn=lambda line: None)
    assert model.count_params() == 1_028_480

    loss = tfsim.losses.MultiSimilarityLoss()
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=loss, steps_per_execution=10)
    history = model.fit(train_ds, epochs=3, validation_data=val_ds, validation_steps=50)
    assert len(history.history["val_loss"]) == 3

    x_index, y_index = val_ds.get_slice(begin=0, size=200)
    model.reset_index()
    model.index(x_index, y_index, data=x_index)

    x_train, y_train = train_ds.get_slice(begin=0, size=1000)
    capsys.readouterr()
    calibration = model.calibrate(
        x_train,
        y_train,
        calibration_metric="f1",
        matcher="match_nearest",
        extra_metrics=["precision", "recall", "binary_accuracy"],
        verbose=1,
    )
    printed = capsys.readouterr().out
    assert "name value distance precision recall binary_accuracy f1" in " ".join(printed.split())

    labels = ["Airplane", "Automobile", "Bird", "Cat", "Deer", "Dog", "Frog", "Horse", "Ship"]
    labels += ["Truck", "Unknown"]
    class_mapping = dict(zip(range(11), labels, strict=True))
    x_display, y_display = val_ds.get_slice(begin=200, size=10)
    nns = model.lookup(x_display, k=5)
    for idx in np.argsort(y_display):
        tfsim.visualization.viz_neigbors_imgs(
            x_display[idx],
            y_display[idx],
            nns[idx],
            class_mapping=class_mapping,
            fig_size=(16, 2),
        )

    _, (ax1, ax2) = plt.subplots(1, 2, figsize=(15, 5))
    x = calibration.thresholds["distance"]
    ax1.plot(x, calibration.thresholds["precision"], label="precision")
    ax1.plot(x, calibration.thresholds["recall"], label="recall")
    ax1.plot(x, calibration.thresholds["f1"], label="f1 score")
    ax2.plot(calibration.thresholds["recall"], calibration.thresholds["precision"])
    plt.close("all")

    cutpoint = "optimal"
    x_confusion, y_confusion = val_ds.get_slice(0, -1)
    assert len(x_confusion) == 1000  # not 999, as there
    matches = model.match(x_confusion, cutpoint=cutpoint, no_match_label=10)
    _, cm = tfsim.visualization.confusion_matrix(
        matches,
        y_confusion,
        labels=labels,
        title=f"Confusion matrix for cutpoint:{cutpoint}",
        normalize=False,
    )
    assert cm.shape == (11, 11)
    assert cm.sum() == 1000

    idx_no_match = np.where(np.array(matches) == 10)
    assert len(x_confusion[idx_no_match]) == cm[:, 10].sum()
    assert model.predict(x_confusion[:20], verbose=0).shape == (20, 256)

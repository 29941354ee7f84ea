"""Figures; each function returns its figure."""

from simnb.visualization.confusion import confusion_matrix
from simnb.visualization.histograms import distance_histograms
from simnb.visualization.interactive import save_html
from simnb.visualization.neighbors import viz_neighbors_imgs
from simnb.visualization.precision_recall import precision_recall_curve
from simnb.visualization.projector import projector
from simnb.visualization.thresholds import metrics_by_threshold

viz_neigbors_imgs = viz_neighbors_imgs  # its name, so spelt, in TensorFlow Similarity

__all__ = [
    "confusion_matrix",
    "distance_histograms",
    "metrics_by_threshold",
    "precision_recall_curve",
    "projector",
    "save_html",
    "viz_neigbors_imgs",
    "viz_neighbors_imgs",
]

"""Figures; each function returns its figure."""

from simnb.visualization.neighbors import viz_neighbors_imgs

viz_neigbors_imgs = viz_neighbors_imgs  # its name, so spelt, in TensorFlow Similarity

__all__ = ["viz_neigbors_imgs", "viz_neighbors_imgs"]

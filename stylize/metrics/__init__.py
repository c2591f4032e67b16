"""How far sets of pictures are from each other, by features that somebody else computes."""

from .kid import kernel_distance, subset_distances

__all__ = ["kernel_distance", "subset_distances"]

"""Distances between sets of pictures, from features that the caller computes."""

from .kid import kernel_distance, subset_distances

__all__ = ["kernel_distance", "subset_distances"]

"""Clusters and functions through an Infrastructure Manager."""

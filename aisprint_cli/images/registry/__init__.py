"""Registries of images: the distribution API, and the credentials that Docker keeps."""

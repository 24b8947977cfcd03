"""Object storage that speaks S3, MinIO's and Amazon's: what goes into and comes out of functions."""

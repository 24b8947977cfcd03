"""The back end of existing Kubernetes clusters without OSCAR: plain manifests, Jobs over S3 storage."""

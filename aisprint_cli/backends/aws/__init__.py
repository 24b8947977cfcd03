"""Functions native to Amazon's cloud: AWS Lambda, set off by S3."""

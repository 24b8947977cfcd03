"""Which deployment, resource and number of instances serve each component at the least cost."""

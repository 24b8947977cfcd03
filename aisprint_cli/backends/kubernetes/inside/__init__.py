"""What runs inside a Kubernetes cluster: standard library only, Python 3.9, mounted from a ConfigMap.

`dispatch` makes a Job of every new object in a function's input folder; `run` is that Job: it brings
the object, runs the function's script as the FaaS supervisor does, and stores what came of it.
"""

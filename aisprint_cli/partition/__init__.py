"""ONNX graphs to verified splits: cut search, extraction, equivalence."""

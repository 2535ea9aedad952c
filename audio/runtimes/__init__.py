"""What computes a model's answers: torch for a checkpoint, ONNX Runtime for an exported file."""

"""An ONNX file without what nobody runs: notes of the exporter, and constants in more bytes than they hold.

A filter bank is nearly all zeros, the tables of a Fourier transform have few different numbers. They are written as
what they consist of, and a runtime makes them whole once, as it loads the file: the numbers are the same bit for bit.
"""

from typing import Any

import numpy as np

LEAST = 2048  # bytes that a constant has to have
SPARSE = 0.25  # share of numbers that are not zero, up to which they alone are written
FEW = 256  # different numbers, which a byte counts


def compact(proto: Any) -> None:
    """Make a model smaller in place."""
    graph = proto.graph
    del graph.value_info[:]
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*graph.input, *graph.output):
        del value.metadata_props[:]
    del graph.metadata_props[:]
    made: list[Any] = []
    for constant in list(graph.initializer):
        if nodes := _parts(constant, graph):
            made += nodes
            graph.initializer.remove(constant)
    nodes = [*made, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _parts(constant: Any, graph: Any) -> list[Any]:
    """The nodes that make a constant of less, whose own constants are added to the graph; none: it stays."""
    from onnx import TensorProto, numpy_helper

    if constant.data_type != TensorProto.FLOAT:
        return []
    values = numpy_helper.to_array(constant)
    if values.nbytes < LEAST:
        return []
    flat = values.ravel()
    there = np.flatnonzero(flat.view(np.uint32))  # the bits: a negative zero is one of the numbers
    if len(there) <= SPARSE * flat.size:
        return _sparse(constant.name, values, there, graph)
    numbers, codes = np.unique(flat.view(np.uint32), return_inverse=True)
    if len(numbers) <= FEW:
        return _coded(constant.name, values.shape, numbers.view(np.float32), codes, graph)
    return []


def _sparse(name: str, values: np.ndarray, there: np.ndarray, graph: Any) -> list[Any]:
    from onnx import TensorProto, helper

    kind = np.uint16 if values.size <= 1 << 16 else np.uint32
    places = _constant(graph, f"{name}.places", there.astype(kind))
    numbers = _constant(graph, f"{name}.numbers", values.ravel()[there])
    size = _constant(graph, f"{name}.size", np.array([values.size], np.int64))
    shape = _constant(graph, f"{name}.shape", np.array(values.shape, np.int64))
    return [
        helper.make_node("ConstantOfShape", [size], [f"{name}.zeros"]),
        helper.make_node("Cast", [places], [f"{name}.at"], to=TensorProto.INT64),
        helper.make_node("ScatterElements", [f"{name}.zeros", f"{name}.at", numbers], [f"{name}.flat"]),
        helper.make_node("Reshape", [f"{name}.flat", shape], [name]),
    ]


def _coded(
    name: str, shape: tuple[int, ...], numbers: np.ndarray, codes: np.ndarray, graph: Any
) -> list[Any]:
    from onnx import TensorProto, helper

    table = _constant(graph, f"{name}.numbers", numbers)
    written = _constant(graph, f"{name}.codes", codes.astype(np.uint8).reshape(shape))
    return [
        helper.make_node("Cast", [written], [f"{name}.at"], to=TensorProto.INT32),
        helper.make_node("Gather", [table, f"{name}.at"], [name]),
    ]


def _constant(graph: Any, name: str, values: np.ndarray) -> str:
    from onnx import numpy_helper

    graph.initializer.append(numpy_helper.from_array(values, name))
    return name

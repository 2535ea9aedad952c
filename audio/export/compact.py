"""An ONNX file without what nobody runs: the exporter's notes and names, and constants in more bytes than they hold.

A filter bank is nearly all zeros, the tables of a Fourier transform have few different numbers. They are written as
what they consist of, and a runtime makes them whole once, as it loads the file: the numbers are the same bit for bit.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from audio.export.matrix_fourier import cosines, turns

LEAST = 2048  # bytes that a constant has to have
SPARSE = 0.25  # share of numbers that are not zero, up to which they alone are written
FEW = 256  # different numbers, which a byte counts
WRAPPER = "whole."  # begins the names of all weights of a model that gives its embedding too


def compact(proto: Any) -> None:
    """Make a model smaller in place. What it answers stays the same to the bit."""
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
    _prepend(graph, made)
    _leave_out_zero_points(graph)
    _shorten(graph)


def round_weights(proto: Any, layers: Sequence[str]) -> None:
    """Write the weights of these layers, which compute in floating point, in eight bits for each output channel."""
    from onnx import TensorProto, helper, numpy_helper

    graph = proto.graph
    constants = {one.name: one for one in graph.initializer}
    made = []
    for node in graph.node:
        weight = constants.get(node.input[1]) if node.name in layers else None
        if weight is None:
            continue
        values = numpy_helper.to_array(weight)
        if values.nbytes < LEAST:
            continue
        others = tuple(axis for axis in range(values.ndim) if axis != _channels(node, values.ndim))
        largest = np.abs(values).max(axis=others, keepdims=True)
        scale = (np.where(largest > 0, largest, 1) / 127).astype(np.float32)
        codes = np.round(values / scale).astype(np.int8)
        graph.initializer.remove(weight)
        name = weight.name
        written, scales = _constant(graph, f"{name}.codes", codes), _constant(graph, f"{name}.scale", scale)
        made += [
            helper.make_node("Cast", [written], [f"{name}.whole"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.whole", scales], [name]),
        ]
    _prepend(graph, made)


def _channels(node: Any, axes: int) -> int:
    """The axis of a layer's weights that counts what comes out of it."""
    turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    return 0 if node.op_type == "Conv" or turned else axes - 1


def _prepend(graph: Any, made: Sequence[Any]) -> None:
    nodes = [*made, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _leave_out_zero_points(graph: Any) -> None:
    """Of constants in integers around zero: none is as good."""
    from onnx import numpy_helper

    constants = {one.name: one for one in graph.initializer}
    for node in graph.node:
        if node.op_type != "DequantizeLinear" or len(node.input) < 3 or node.input[0] not in constants:
            continue
        zero = constants.get(node.input[2])
        if zero is not None and not numpy_helper.to_array(zero).any():
            del node.input[2]
    used = {name for node in graph.node for name in node.input}
    for name, constant in constants.items():
        if name not in used and name not in {one.name for one in graph.output}:
            graph.initializer.remove(constant)


def _shorten(graph: Any) -> None:
    """Weights keep their names; what is passed between the nodes is numbered, and nodes need none."""
    from onnx import AttributeProto

    inner = {AttributeProto.GRAPH, AttributeProto.GRAPHS}  # whose nodes use names of this graph
    if any(attribute.type in inner for node in graph.node for attribute in node.attribute):
        return
    given = {one.name for one in (*graph.input, *graph.output)}
    weights = {one.name: one.name.removeprefix(WRAPPER) for one in graph.initializer if one.name not in given}
    if len({*weights.values(), *given}) < len(weights) + len(given):
        weights = {name: name for name in weights}
    taken = {*weights.values(), *given}
    passed = [name for node in graph.node for name in node.output if name and name not in given]
    free = (f"v{number}" for number in count() if f"v{number}" not in taken)
    names = weights | dict(zip(passed, free, strict=False))
    for node in graph.node:
        node.name = ""
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for constant in graph.initializer:
        constant.name = names.get(constant.name, constant.name)


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
    return _turned(constant.name, values, graph)


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


def _turned(name: str, values: np.ndarray, graph: Any) -> list[Any]:
    """The second half of a Fourier transform (`audio.export.matrix_fourier.turns`) from its table of cosines."""
    from onnx import helper

    if values.ndim != 3 or values.shape[1] % 2 or values.shape[2] % 2:
        return []
    rows, bins = values.shape[1] // 2, values.shape[2] // 2
    first = next(
        (
            first
            for first in (2 * values.shape[0] - 2, 2 * values.shape[0] - 1)
            if first > 0 and not first * rows % 4 and np.array_equal(turns(first, rows, bins), values)
        ),
        0,
    )
    if not first:
        return []
    whole = first * rows

    def number(of: str, value: Any, *shape: int) -> str:
        return _constant(graph, f"{name}.{of}", np.asarray(value, np.int64).reshape(shape))

    table = _constant(graph, f"{name}.cosines", cosines(whole))
    k1, k2 = number("k1", range(values.shape[0]), -1, 1, 1), number("k2", first * np.arange(bins), 1, 1, -1)
    n2, all_of_it, quarter = (
        number("n2", range(rows), 1, -1, 1),
        number("whole", whole),
        number("quarter", whole // 4),
    )
    steps = [
        ("Add", [k1, k2], "k"),
        ("Mul", [n2, f"{name}.k"], "product"),
        ("Mod", [f"{name}.product", all_of_it], "at"),
        ("Gather", [table, f"{name}.at"], "cos"),
        ("Add", [f"{name}.at", quarter], "ahead"),
        ("Mod", [f"{name}.ahead", all_of_it], "there"),
        ("Gather", [table, f"{name}.there"], "minus_sin"),
        ("Neg", [f"{name}.minus_sin"], "sin"),
    ]
    return [
        *(helper.make_node(operator, given, [f"{name}.{made}"]) for operator, given, made in steps),
        helper.make_node("Concat", [f"{name}.cos", f"{name}.minus_sin"], [f"{name}.real"], axis=2),
        helper.make_node("Concat", [f"{name}.sin", f"{name}.cos"], [f"{name}.imaginary"], axis=2),
        helper.make_node("Concat", [f"{name}.real", f"{name}.imaginary"], [name], axis=1),
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

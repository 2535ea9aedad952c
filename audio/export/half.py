"""A model in half precision: half the size, and on devices that compute in it, faster."""

from typing import Any

from audio.export.integers import layers_of


def in_half(proto: Any) -> Any:
    """An ONNX model with the network in half precision; its ends, and what comes before its first layer, stay."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    made = convert_float_to_float16(
        proto, keep_io_types=True, node_block_list=_before(proto, layers_of(proto))
    )
    _in_order(made.graph)
    return made


def _in_order(graph: Any) -> None:
    """Every node behind those that it needs; the converter puts its own at the end."""
    there = {one.name for one in (*graph.input, *graph.initializer)} | {""}
    waiting, ordered = list(graph.node), []
    while waiting:
        ready = [node for node in waiting if there.issuperset(node.input)]
        if not ready:
            raise ValueError("the nodes of the converted model need each other")
        ordered += ready
        there.update(name for node in ready for name in node.output)
        waiting = [node for node in waiting if not there.issuperset(node.output)]
    del graph.node[:]
    graph.node.extend(ordered)


def _before(proto: Any, layers: list[str]) -> list[str]:
    """The nodes that the first layer's input comes from."""
    makers = {name: node for node in proto.graph.node for name in node.output}
    waiting = [name for node in proto.graph.node if node.name in layers[:1] for name in node.input]
    found: dict[str, None] = {}
    while waiting:
        node = makers.get(waiting.pop())
        if node is not None and node.name not in found:
            found[node.name] = None
            waiting += node.input
    return list(found)

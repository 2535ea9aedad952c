"""A model in half precision: half the size, and on devices that compute in it, faster.

What comes before the first layer stays as it is, to the last bit: the power of a loud sound is beyond what half
precision reaches, and that of a quiet one below it. The converter's own list of nodes to leave alone does not do that:
it rounds what goes from one of them to the next.
"""

from typing import Any

from audio.export.integers import layers_of

OF_THE_NETWORK = "_in_half"  # the ending of a constant that both sides need


def in_half(proto: Any) -> Any:
    """An ONNX model with the network in half precision; its ends, and what comes before its first layer, stay."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    before, network = _parts(proto)
    made = convert_float_to_float16(network, keep_io_types=True)
    whole = type(proto)()
    whole.CopyFrom(proto)
    for field in ("node", "initializer", "value_info"):
        del getattr(whole.graph, field)[:]
    whole.graph.node.extend([*before.graph.node, *made.graph.node])
    whole.graph.initializer.extend([*before.graph.initializer, *made.graph.initializer])
    _in_order(whole.graph)
    return whole


def _parts(proto: Any) -> tuple[Any, Any]:
    """What the first layer's input comes from, and the rest, which takes what the first part gives."""
    import onnx

    names = _before(proto, layers_of(proto))
    typed = {one.name: one for one in onnx.shape_inference.infer_shapes(proto).graph.value_info}
    parts = type(proto)(), type(proto)()
    for part, ours in zip(parts, (True, False), strict=True):
        part.CopyFrom(proto)
        del part.graph.node[:], part.graph.initializer[:], part.graph.value_info[:]
        part.graph.node.extend(node for node in proto.graph.node if (node.name in names) is ours)
        needed = {name for node in part.graph.node for name in node.input}
        part.graph.initializer.extend(one for one in proto.graph.initializer if one.name in needed)
    before, network = parts
    shared = {one.name for one in before.graph.initializer} & {one.name for one in network.graph.initializer}
    for node in network.graph.node:
        node.input[:] = [name + OF_THE_NETWORK * (name in shared) for name in node.input]
    for one in network.graph.initializer:
        one.name += OF_THE_NETWORK * (one.name in shared)
    given = {name for node in before.graph.node for name in node.output}
    taken = dict.fromkeys(name for node in network.graph.node for name in node.input if name in given)
    network.graph.input.extend(typed[name] for name in taken)
    return before, network


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

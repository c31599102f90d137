"""Write the segment network as an ONNX graph: a few plain operators, weights stored in half.

The graph is built node by node, so that it does not depend on the version of an exporter. Large
weights are stored as float16 and cast to float32 when the model is loaded; the arithmetic is the
engine's choice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from inference.training.network import CLASSES

OPSET = 17
IR_VERSION = 9
HALF_FROM_ELEMENTS = 256
SLOPE, EPSILON = 0.01, 1e-5

Weights = dict[str, npt.NDArray[np.float32]]


@dataclass(slots=True)
class GraphWriter:
    """Nodes and weights of a graph in the making.

    Parameters
    ----------
    weights
        Named weights of the network, as in its state dictionary.
    """

    weights: Weights
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initialisers: list[onnx.TensorProto] = field(default_factory=list)

    def weight(self, name: str) -> str:
        """Store a weight and return the name under which nodes can use it."""
        array = self.weights[name]
        if array.size < HALF_FROM_ELEMENTS:
            self.initialisers.append(numpy_helper.from_array(array, name))
            return name
        self.initialisers.append(numpy_helper.from_array(array.astype(np.float16), f"{name}.half"))
        return self.add("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Append a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def convolution(self, before: str, name: str, stride: int) -> str:
        """Append convolution, instance normalisation and leaky rectifier."""
        weight = self.weight(f"{name}.0.weight")
        strides, pads = [stride] * 3, [1] * 6
        after = self.add("Conv", [before, weight], f"{name}.conv", strides=strides, pads=pads)
        scale, shift = self.weight(f"{name}.1.weight"), self.weight(f"{name}.1.bias")
        after = self.add(
            "InstanceNormalization", [after, scale, shift], f"{name}.norm", epsilon=EPSILON
        )
        return self.add("LeakyRelu", [after], f"{name}.out", alpha=SLOPE)

    def block(self, before: str, name: str, stride: int = 1) -> str:
        """Append two convolutions."""
        return self.convolution(self.convolution(before, f"{name}.0", stride), f"{name}.1", 1)

    def doubled(self, before: str, name: str) -> str:
        """Append a nearest-neighbour doubling of the three spatial axes."""
        return self.add(
            "Resize",
            [before, "", "doubling"],
            f"{name}.doubled",
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )


def build_model(weights: Weights, levels: int) -> onnx.ModelProto:
    """Return the ONNX model of a segment network.

    Parameters
    ----------
    weights
        State dictionary of ``SegmentNetwork`` as float32 arrays.
    levels
        Number of resolution levels.

    Returns
    -------
    Model with input ``image`` (1, 1, x, y, z) and output ``logits`` (1, 9, x, y, z); each spatial
    size a multiple of 2 ** (levels - 1).
    """
    writer = GraphWriter(weights)
    doubling = np.array([1, 1, 2, 2, 2], dtype=np.float32)
    writer.initialisers.append(numpy_helper.from_array(doubling, "doubling"))
    features = [writer.block("image", "stem")]
    for level in range(levels - 1):
        features.append(writer.block(features[-1], f"encoder.{level}", stride=2))
    current = features.pop()
    for level in range(levels - 1):
        name = f"decoder.{level}"
        larger = writer.doubled(current, name)
        joined = writer.add("Concat", [larger, features.pop()], f"{name}.joined", axis=1)
        current = writer.block(joined, name)
    head = f"heads.{levels - 2}"
    final = [current, writer.weight(f"{head}.weight"), writer.weight(f"{head}.bias")]
    writer.add("Conv", final, "logits")
    spatial: list[str | int] = ["x", "y", "z"]
    graph = helper.make_graph(
        writer.nodes,
        "liver-segments",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, *spatial])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, CLASSES, *spatial])],
        writer.initialisers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    model.producer_name = "lobule"
    onnx.checker.check_model(model)
    return model

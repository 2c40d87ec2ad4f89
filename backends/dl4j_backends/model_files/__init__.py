"""The files of DL4J: ND4J's arrays, configurations, and the zips that ``ModelSerializer`` writes.

Nothing in them is executed or unpacked: Java's serialized objects are never read.
"""

from __future__ import annotations

from dl4j_backends.model_files.errors import ModelFileError
from dl4j_backends.model_files.model import Model, Part, Trained, after_training, read_model, write_model
from dl4j_backends.model_files.nd4j_array import read_array, write_array

__all__ = [
    "Model",
    "ModelFileError",
    "Part",
    "Trained",
    "after_training",
    "read_array",
    "read_model",
    "write_array",
    "write_model",
]

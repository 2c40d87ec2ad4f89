"""DL4J 0.8.0's updater pipeline on torch's tensors, which is an extra: ``dl4j_backends.engine`` on tensors.

Read it in this order: ``nd4j`` (the operations), ``execution`` and ``backend``; for the CPU ``compiled_loops`` and
``loops``; for CUDA ``launches``, ``segments``, ``kernel_tables`` (the input of kernels) and ``kernels``;
``compile_ahead``, ``ptx`` and ``cost_model`` (the compiled code, without a GPU).
"""

from dl4j_backends.torch.optimizer import Dl4jOptimizer

__all__ = ["Dl4jOptimizer"]

"""DL4J 0.8.0's updater pipeline on torch's tensors, which is an extra: the NumPy backend's session and formulae.

Read it in this order: ``nd4j`` (the operations) and ``backend``; for the CPU ``compiled`` and ``loops``; for CUDA
``fused`` (what is launched), ``segments``, ``columns`` (what kernels are told) and ``kernels``; ``ahead``, ``ptx`` and
``plan`` (what is compiled, without a GPU).
"""

from dl4j_backends.torch.optimizer import Dl4jOptimizer

__all__ = ["Dl4jOptimizer"]

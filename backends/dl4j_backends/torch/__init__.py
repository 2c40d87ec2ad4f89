"""DL4J 0.8.0's updater pipeline on torch's tensors: the NumPy backend's session and formulae, run on another make.

``nd4j`` has the operations. Nothing here is imported unless somebody asks for it: torch is an extra.
"""

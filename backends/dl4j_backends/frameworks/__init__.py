"""Optimizers of frameworks as ports: ``torch.optim``, ``optax`` and ``keras``, to see how far each is from DL4J.

Read it in this order: ``construction`` (which optimizer of a library stands for an updater, and with which settings),
``library`` (what all libraries offer), ``alone`` and ``as_used`` (the modes), ``backend``; then the libraries
``torch_optim``, ``optax`` and ``keras``. Only these three import their library.
"""

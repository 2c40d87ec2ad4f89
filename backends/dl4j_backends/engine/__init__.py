"""DL4J 0.8.0's updater pipeline on flat arrays of any library: what the backends ``numpy`` and ``torch`` share.

Read it in this order: ``session`` and ``layer`` (what happens when), ``updaters`` (the facts about each updater),
``formulae``, ``post_apply`` and ``normalization`` (what is computed), ``nd4j`` (what ND4J does to operands), then
``settings`` and ``parameters`` (defaults and validation), ``learning_rate`` (the policies) and ``optimizer``.
"""

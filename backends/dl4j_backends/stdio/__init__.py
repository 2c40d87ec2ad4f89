"""Backends in any language, as processes that speak JSON lines: docs/protocol.md.

Read it in this order: ``wire`` (what is said), ``process`` (who is spoken to), ``conversation`` (one request, one
reply), ``backend`` and ``session`` (the interface, restarts), ``faults`` (everything that can go wrong).
"""

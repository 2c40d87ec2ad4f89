"""Backends in any language, as processes that speak JSON lines: docs/protocol.md.

Read it in this order: ``wire`` (messages), ``process`` (the adapter as a process), ``conversation`` (one request, one
reply), ``connection`` (restarts and replays), ``session`` and ``backend`` (the interface), ``faults`` (everything that
can go wrong).
"""

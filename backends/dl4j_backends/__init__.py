"""Backends: implementations of DL4J's updater pipeline that can be judged, and the interface they share."""

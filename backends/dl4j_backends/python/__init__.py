"""Backends in Python modules: ``python:MODULE:OBJECT``, in a process of their own or in this one."""

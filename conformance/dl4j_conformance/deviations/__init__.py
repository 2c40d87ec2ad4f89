"""Deviations that a port's maintainer has declared: reads them, holds results against them, writes a skeleton."""

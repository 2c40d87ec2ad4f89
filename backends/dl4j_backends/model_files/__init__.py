"""The files of DL4J: ND4J's arrays, configurations, and the zips that ``ModelSerializer`` writes.

Nothing in them is executed or unpacked: Java's serialized objects are never read.
"""

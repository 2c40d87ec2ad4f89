"""What a backend in Python computes on the host, in Java's ``int`` and ``double``, whatever its arrays are made of."""

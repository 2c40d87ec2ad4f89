"""SGD, as somebody ported it. A bias has its layer's learning rate here: its own was forgotten."""


def update(layer, gradient, batch_size):
    """Return the update of one parameter of a layer."""
    rate = layer.get("learning_rate", 0.1)
    return [g * rate / batch_size for g in gradient]

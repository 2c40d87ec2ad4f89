"""What a Python backend may give back, and do to what it is given: source text, and the exit codes that are right."""

from __future__ import annotations

#: Expressions of ``value``, an array that is right, in the place of an update or of the state.
ARRAYS: dict[str, tuple[str, tuple[int, ...]]] = {
    "none": ("None", (1, 3)),
    "number": ("float(value[0])", (1, 3)),
    "text": ("str(value)", (1, 3)),
    "list": ("value.tolist()", (1, 3)),
    "tuple": ("tuple(value)", (1, 3)),
    "bytes": ("value.tobytes()", (1, 3)),
    "class": ("np.ndarray", (1, 3)),
    "generator": ("(x for x in value)", (1, 3)),
    "objects": ("value.astype(object)", (1, 3)),
    "objects-that-fail": ("np.array([Fails() for _ in value], dtype=object)", (1, 3)),
    "half": ("value.astype(np.float16)", (1, 3)),
    "other-type": ("value.astype(np.float32 if value.dtype == np.float64 else np.float64)", (1, 3)),
    "long-double": ("value.astype(np.longdouble)", (1, 3)),
    "complex": ("value.astype(complex)", (1, 3)),
    "integers": ("value.astype(int)", (1, 3)),
    "bits": ("value.view(np.uint32 if value.dtype == np.float32 else np.uint64)", (1, 3)),
    "texts": ("value.astype(str)", (1, 3)),
    "dates": ("np.zeros(value.size, 'M8[s]')", (1, 3)),
    "records": ("np.array([(x, 0) for x in value], dtype=[('a', value.dtype), ('b', int)])", (1, 3)),
    "row": ("value[None, :]", (1, 3)),
    "column": ("value[:, None]", (1, 3)),
    "scalar": ("np.array(value[0])", (1, 3)),
    "empty": ("value[:0]", (1, 3)),
    "shorter": ("value[:-1]", (1, 3)),
    "longer": ("np.append(value, value[:1])", (1, 3)),
    "huge": ("np.zeros(30_000_000, value.dtype)", (1, 3)),
    "broadcast": ("np.broadcast_to(value[:1], (1 << 40,))", (1, 3)),
    "nan": ("value * np.nan", (1,)),
    "zeros": ("value * 0", (1,)),
    "negated": ("-value - 1", (1,)),
    "one-ulp-off": ("np.nextafter(value, np.inf, dtype=value.dtype)", (1,)),
    "reversed": ("value[::-1] + np.arange(value.size, dtype=value.dtype)", (1,)),
    "lies-about-equality": ("(value * 0 + 7).view(Liar)", (1, 3)),
    "fails-at-everything": ("(value * 0 + 7).view(Failing)", (1, 3)),
    "masked": ("np.ma.masked_array(value * 0 + 7, mask=[True] * value.size)", (1, 3)),
    "array-like": ("ArrayLike(value)", (1, 3)),
    "array-like-that-exits": ("ArrayLike(None)", (1, 3)),
    # What is right, whatever holds it.
    "big-endian": ("value.astype(value.dtype.newbyteorder('>'))", (0, 1)),
    "read-only": ("readonly(value)", (0,)),
    "every-second": ("np.repeat(value, 2)[::2]", (0,)),
    "subclass": ("value.view(Plain)", (0,)),
    "memory-map": ("mapped(value)", (0,)),
    "unmasked": ("np.ma.masked_array(value)", (0, 1)),
}

#: Expressions of ``seen``, an observation that is right, in its place.
OBSERVATIONS: dict[str, tuple[str, tuple[int, ...]]] = {
    "none": ("None", (1, 3)),
    "dict": ("{'updates': seen.updates}", (1, 3)),
    "tuple": ("(seen.updates,)", (1, 3)),
    "class": ("Observation", (1, 3)),
    "attributes-fail": ("Fails()", (1, 3)),
    "attributes-exit": ("Exits()", (1, 3)),
    "coroutine": ("later()", (1, 3)),
    "updates-none": ("replace(seen, updates=None)", (1, 3)),
    "updates-empty": ("replace(seen, updates={})", (1, 3)),
    "updates-list": ("replace(seen, updates=list(seen.updates.items()))", (1, 3)),
    "updates-fail": ("replace(seen, updates=FailingMapping(seen.updates))", (1, 3)),
    "updates-numbered": ("replace(seen, updates=dict(enumerate(seen.updates.values())))", (1, 3)),
    "updates-with-another": ("replace(seen, updates={**seen.updates, '9_W': np.zeros(1)})", (1, 3)),
    "updates-with-hostile-key": ("replace(seen, updates={**seen.updates, '\\x1b[2J\\ud800': np.zeros(1)})", (1, 3)),
    "updates-without-one": ("replace(seen, updates=dict(list(seen.updates.items())[1:]))", (1, 3)),
    "updates-of-none-key": ("replace(seen, updates={**seen.updates, None: None})", (1, 3)),
    "updates-reversed": ("replace(seen, updates=dict(reversed(seen.updates.items())))", (0,)),
    "updates-endless": ("replace(seen, updates=Endless())", (1, 3)),
    "state-none": ("replace(seen, state=None)", (1, 3)),
    "rates-none": ("replace(seen, learning_rates=None)", (1, 3)),
    "rates-empty": ("replace(seen, learning_rates={})", (1, 3)),
    "rates-as-text": ("replace(seen, learning_rates={k: '0.1x' for k in seen.learning_rates})", (1, 3)),
    "rates-as-digits": ("replace(seen, learning_rates={k: str(v) for k, v in seen.learning_rates.items()})", (1, 3)),
    "rates-as-arrays": ("replace(seen, learning_rates={k: np.zeros(2) for k in seen.learning_rates})", (1, 3)),
    "rates-complex": ("replace(seen, learning_rates={k: 1j for k in seen.learning_rates})", (1, 3)),
    "rates-that-fail": ("replace(seen, learning_rates={k: Fails() for k in seen.learning_rates})", (1, 3)),
    "rates-huge": ("replace(seen, learning_rates={k: 10**400 for k in seen.learning_rates})", (1, 3)),
    "rates-of-numpy": (
        "replace(seen, learning_rates={k: np.float64(v) for k, v in seen.learning_rates.items()})",
        (0,),
    ),
    "momentum-none": ("replace(seen, momentum=None)", (1, 3)),
    "momentum-numbered": ("replace(seen, momentum={int(k): v for k, v in seen.momentum.items()})", (1, 3)),
    "intermediates-fail": ("replace(seen, intermediates={'0_W.m': Fails()})", (1, 3)),
    "failure-as-text": ("replace(seen, failure='no')", (1, 3)),
    "failure-hostile": ("replace(seen, failure=Failure('\\x1b[2J', '\\ud800'))", (1, 3)),
    "count-as-fraction": ("replace(seen, iteration_count=0.5)", (1, 3)),
    "count-huge": ("replace(seen, iteration_count=10**5000)", (1, 3)),
}

#: Statements on ``network`` before it is opened: what a backend may do to the question.
QUESTIONS: dict[str, tuple[str, tuple[int, ...]]] = {
    "other-rate": ("network.layers[0].update(learning_rate=0.01)", (1,)),
    "default-rate": ("[layer.setdefault('learning_rate', 0.01) for layer in network.layers]", (1,)),
    "other-updater": ("[layer.update(updater='NONE') for layer in network.layers]", (1,)),
    "no-settings": ("[layer.clear() for layer in network.layers]; network.conf.clear()", (1, 3)),
    "one-layer-less": ("network.layers.pop()", (1, 3)),
    "one-layer-more": ("network.layers.append(dict(network.layers[0]))", (1, 3)),
    "other-conf": ("network.conf.update(use_regularization=True, mini_batch=False)", (0, 1)),
    "no-parameters": ("network.params.clear()", (0, 1, 3)),
    "other-parameters": ("[p.fill(0) for p in network.params.values()]", (0, 1)),
    "other-shape": ("[p.resize(0, refcheck=False) for p in network.params.values()]", (0, 1, 3)),
    "other-dtype": ("object.__setattr__(network, 'dtype', 'float16')", (1, 3)),
    "endless-settings": ("network.conf.update(a=network.conf)", (0, 1, 3)),
    "failing-settings": ("network.conf.update({Fails(): Fails()})", (0, 1, 3)),
}

#: Statements that stand instead of ``update``'s call; ``gradients`` are the arrays that it is given.
UPDATES: dict[str, tuple[str, tuple[int, ...]]] = {
    "in-place": (
        "seen = call()\n[g.__setitem__(..., u) for g, u in zip(gradients.values(), seen.updates.values())]",
        (0,),
    ),
    "gradients-spoilt-after": ("seen = call(); [g.fill(7) for g in gradients.values()]", (0, 1)),
    "gradients-spoilt-before": ("[g.fill(7) for g in gradients.values()]; seen = call()", (1,)),
    "gradients-removed": ("seen = call(); gradients.clear()", (0, 1)),
    "same-update-forever": ("seen = kept[0] if kept else call(); kept.append(seen)", (1, 3)),
    "gives-the-gradients": ("call(); seen = Observation(gradients)", (1,)),
    "changes-it-later": (
        "seen = call(); kept.append(seen); [u.fill(7) for s in kept[:-1] for u in s.updates.values()]",
        (0,),
    ),
    "changes-it-in-a-thread": ("seen = call(); later_fill(seen.updates)", (0, 1)),
    "twice": ("call(); seen = call()", (1,)),
    "not-at-all": ("seen = Observation(gradients)", (1,)),
}

#: Expressions in the place of ``capabilities``.
CAPABILITIES: dict[str, tuple[str, tuple[int, ...]]] = {
    "misspelt": ("RIGHT | {'state_uot'}", (3,)),
    "other-case": ("{c.upper() for c in RIGHT}", (3,)),
    "hostile": ("RIGHT | {'\\x1b[2J\\ud800'}", (3,)),
    "none": ("None", (3,)),
    "text": ("'state_out'", (3,)),
    "numbers": ("{1, 2}", (3,)),
    "true": ("True", (3,)),
    "failing": ("Fails()", (3,)),
    "endless": ("Endless()", (3,)),
    "list": ("list(RIGHT)", (0, 3)),
    "too-many": ("ALL_CAPABILITIES", (0, 1, 3)),
}

#: Expressions in the place of ``name``.
NAMES: dict[str, tuple[str, tuple[int, ...]]] = {
    "none": ("None", (0, 3)),
    "number": ("1", (0, 3)),
    "failing": ("Fails()", (0, 3)),
    "hostile": ("'\\x1b[2J\\u202e\\ud800|```'", (0, 3)),
    "long": ("'x' * 10_000_000", (0, 3)),
}

#: Expressions in the place of the session that ``open`` returns.
SESSIONS: dict[str, tuple[str, tuple[int, ...]]] = {
    "none": ("None", (1, 3)),
    "text": ("'session'", (1, 3)),
    "class": ("Session", (1, 3)),
    "failing": ("Fails()", (1, 3)),
    "exiting": ("Exits()", (1, 3)),
    "unsupported": ("refuse(UnsupportedError('\\x1b[2J\\ud800'))", (3, 4)),
    "unsupported-with-failing-text": ("refuse(UnsupportedError(Fails()))", (1, 3, 4)),
    "unavailable": ("refuse(BackendUnavailableError('no device'))", (3,)),
    "dl4j-exception": ("refuse(Dl4jException('\\x1b[2J', '\\ud800'))", (1,)),
    "dl4j-exception-of-numbers": ("refuse(Dl4jException(1, Fails()))", (1, 3)),
}

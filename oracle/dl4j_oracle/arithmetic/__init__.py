"""Numbers and arrays in which the rules are computed: one interface, five readings of it."""

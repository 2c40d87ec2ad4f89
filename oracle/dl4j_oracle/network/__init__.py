"""Networks and their updaters: what drives the rules, in DL4J's order."""

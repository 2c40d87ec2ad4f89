"""Networks and their updaters, which call the rules in DL4J's order."""

"""The update of DL4J 0.9.1 and 1.0.0-M2.1: blocks of parameters that share an updater, over one flat gradient."""

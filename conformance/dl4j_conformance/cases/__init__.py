"""Cases: a network and a script of operations, written by hand or drawn by Hypothesis."""

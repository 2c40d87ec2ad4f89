"""The reference oracle for Deeplearning4j 0.8.0's updater pipeline."""

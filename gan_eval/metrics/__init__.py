"""Metrics as pure functions of arrays: numpy and scipy only, no files, no images, no torch."""

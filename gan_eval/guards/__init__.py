"""Guards: checks for causes that make a score untrustworthy, each reported with its evidence."""

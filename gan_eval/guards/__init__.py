"""Guards: checks that report what makes a score untrustworthy, each with its evidence."""

"""Statistics of human studies: pure functions of arrays, numpy and scipy only.

The unit is the person. `persons` turns any statistic into an estimate with intervals over people; `permutation` gives
tests that hold however much one person's answers depend on each other. Formulas that take every answer as independent
(`proportions`, the standard errors and likelihood ratios of `choice`) are there for comparison with the literature,
and whoever prints them must say so.

proportions   intervals and exact tests of shares, Holm's adjustment
persons       estimates, jackknife-t and bootstrap intervals over people, leave-one-person-out, people × items
resampling    how often units are drawn by a bootstrap, of one kind or of two that are crossed
permutation   sign flips and label permutations within people
choice        Bradley–Terry, Davidson's ties, side term, best-of-k strengths: one choice model; connectivity
detection     d′, criterion, HYPE-infinity, two-alternative d′
agreement     Krippendorff's α, Fleiss' κ
conduct       checks, straight-lining, consistency, slots, reaction times
power         how many people, how many trials
"""

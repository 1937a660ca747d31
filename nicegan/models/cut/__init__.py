"""CUT and FastCUT (Park et al., ECCV 2020): one generator, one discriminator, and a contrast of patches."""

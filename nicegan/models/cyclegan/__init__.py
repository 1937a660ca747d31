"""CycleGAN (Zhu et al., ICCV 2017): two generators, two patch discriminators, and a cycle."""

"""NICE-GAN (Chen et al., CVPR 2020): unpaired image translation whose discriminator's first layers are the encoder."""

from gan_eval.version import __version__

__all__ = ["__version__"]

"""Numbers one may trust about a GAN's images."""

from gan_eval.version import __version__

__all__ = ["__version__"]

"""NICE-GAN (Chen et al., CVPR 2020): the discriminator's first layers are the encoder."""

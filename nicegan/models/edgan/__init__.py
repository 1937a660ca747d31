"""ED//GAN and ED+GAN (Zhang et al., 2018) on aligned pairs: reconstruction and adversary, decoupled or coupled."""

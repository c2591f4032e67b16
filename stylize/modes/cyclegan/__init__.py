"""CycleGAN: a learned translation between two domains (Zhu et al., ICCV 2017). Importing this brings no
torch."""

"""Gatys: the picture itself is optimized (Gatys, Ecker and Bethge, CVPR 2016). Importing this brings no
torch."""

"""AdaIN: any style in one forward pass (Huang and Belongie, ICCV 2017). Importing this brings no torch."""

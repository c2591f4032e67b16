"""A mode that Stylize does not have: colored stripes, without any photo or style."""

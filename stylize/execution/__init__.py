"""Jobs: what there is to make, and what runs it."""

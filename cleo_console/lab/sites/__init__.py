"""A lab's two sites: a network for each, so that one of them can really be cut off, silently or not, and come back."""

"""One primary, never two: a fence for the old one, and a new one that a majority of the set has, or is forced to."""

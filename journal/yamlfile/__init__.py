"""Files that people write by hand: read with line numbers, every misfit named."""

"""Files that people write by hand in YAML: read with line numbers, every mistake named."""

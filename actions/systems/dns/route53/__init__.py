"""A hosted zone of Amazon Route 53: asked and changed through its API."""

"""MongoDB in a lab: a replica set with authentication, CleoAI's collections and a writer, and its faults."""

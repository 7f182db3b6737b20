"""Route 53 in a lab: its API by emulation, and name servers that have a change a moment later."""

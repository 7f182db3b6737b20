"""An ELBv2 in a lab: AWS's API emulated by moto, and a front door that divides users as its listener is told."""

"""Recovery from the second place alone: a cold standby on another site takes a lost system's place."""

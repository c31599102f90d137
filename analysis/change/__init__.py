"""What changed between two visits of one subject: numbers, registered maps, and what is real."""

"""A make-believe Orb on the far side of the wire; imports nothing of the rest."""

"""One customer's account at Orb, question by question."""

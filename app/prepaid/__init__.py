"""What a credit ledger and its blocks say to the people whose credits they are."""

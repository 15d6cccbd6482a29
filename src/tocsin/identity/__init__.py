"""Who people are, proved: signing keys and tokens, passwords, issuers outside."""

"""PostgreSQL backups by pgBackRest: listing, taking and holding them."""

"""pgBackRest behind the protocol that all backups have: listing, taking and holding them."""

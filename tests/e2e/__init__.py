"""End to end, by who presses only what NEXT names. Where each of the plan's scenarios is broken for real and recovered:

- Database failure: `test_three_stores`; marked soak: `test_follow_next`; `tests/soak`: `test_next` (every fault, two
  terminals), `test_tracks`, `test_neighbours`, `test_two_faults`, `test_failover` (hot standby), `test_patroni`.
- Data corruption: `tests/soak/test_next` (a dropped table, a flipped byte).
- Infrastructure failure: `tests/soak/test_site_lost` (the primary site is cut off; a client outside counts).
- Natural disaster: `tests/soak/test_site_lost`, of what a lab's site has (PostgreSQL, HAProxy, DNS, the API).
- Security breach: `tests/soak/test_breach`; its tabletop: `test_tabletop`.
"""

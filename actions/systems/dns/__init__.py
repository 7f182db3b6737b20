"""DNS: the records that lead users to a site, in a zone that takes updates (RFC 2136) signed with a key (TSIG).

A hosted zone of Amazon Route 53 is changed through its API instead.

Needs: nothing on the name servers' hosts; everything is asked and changed over the network.
"""

from actions.system_type import SystemType

_HERE = "actions.systems.dns"

SYSTEM = SystemType(
    name="dns",
    title="DNS",
    settings=f"{_HERE}.settings:DnsSettings",
    probe=f"{_HERE}.probe:probe",
    examine=f"{_HERE}.examine:examine",
    actions={
        "dns.look": f"{_HERE}.look:look",
        "dns.update": f"{_HERE}.update:update",
        "dns.rollback": f"{_HERE}.rollback:rollback",
        "dns.verify": f"{_HERE}.verify:verify",
    },
    roles={"lead_over": "dns.update", "lead_back": "dns.rollback"},
    simulated=f"{_HERE}:simulated",
    ready=f"{_HERE}.ready:READY",
    own_looks=("dns.update",),
    client="dns.message",
    lab="cleo_console.lab.dns.service:DnsService",
)

"""Name servers that have one address for every name, and take their time: ``name_servers.py ZONE ADDRESS SECONDS…``."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import dns.flags
import dns.message
import dns.rrset

_TTL_S = 60


class Server(asyncio.DatagramProtocol):
    """Answers every question after some seconds: as an authority where it is asked as one."""

    def __init__(self, zone: str, address: str, delay_s: float) -> None:
        self._zone, self._address, self._delay_s = zone, address, delay_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._way = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        """Answer, later."""
        asyncio.get_running_loop().call_later(self._delay_s, self._answer, data, peer)

    def _answer(self, data: bytes, peer: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= 0 if query.flags & dns.flags.RD else dns.flags.AA
        asked = query.question[0]
        kind = dns.rdatatype.to_text(asked.rdtype)
        value = f"ns0.{self._zone} admin.{self._zone} 1 60 60 60 60" if kind == "SOA" else self._address
        if kind not in ("DS", "DNSKEY"):  # the zone is not signed
            answer.answer.append(dns.rrset.from_text(asked.name, _TTL_S, "IN", kind, value))
        self._way.sendto(answer.to_wire(), peer)


async def main(zone: str, address: str, *delays_s: str) -> None:
    """Serve on a free port for each delay, and print the ports."""
    loop, ports = asyncio.get_running_loop(), []
    for delay_s in delays_s:
        way, _ = await loop.create_datagram_endpoint(
            lambda delay_s=delay_s: Server(zone, address, float(delay_s)), local_addr=("127.0.0.1", 0)
        )
        ports.append(way.get_extra_info("sockname")[1])
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

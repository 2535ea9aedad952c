"""A way to a server through TLS: what comes in encrypted goes on as it is, and the answers back.

python -m tests.e2e.tls_route PORT CERTIFICATE KEY HOST PORT
"""

import asyncio
import ssl
import sys
from contextlib import suppress


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError, TimeoutError):
        while block := await reader.read(1 << 16):
            writer.write(block)
            await writer.drain()
    with suppress(ConnectionError, ssl.SSLError, RuntimeError):
        writer.close()


async def main(port: str, certificate: str, key: str, host: str, to: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(host, int(to))
        except OSError:  # as from any other route: the server is away
            writer.close()
            return
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer))

    async with await asyncio.start_server(connected, "0.0.0.0", int(port), ssl=context) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

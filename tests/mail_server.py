"""A real mail server on this machine, which takes letters or answers as it is told."""

import asyncio
import contextlib

from aiosmtpd.controller import Controller


class Mailbox:
    """What the server does with letters. ``answers`` are said in place of taking one."""

    def __init__(self, **answers):
        self.got = []
        self.answers = answers

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the server's name for it
        """Take a recipient, or not."""
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - as above
        """Take a letter, or not."""
        if "data" in self.answers:
            return self.answers["data"]
        self.got.append((envelope, session.ssl is not None, session.authenticated))
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802 - as above
        """Say good-bye, or something else."""
        await asyncio.sleep(self.answers.get("slow", 0))
        return self.answers.get("quit", "221 Bye")


class Server(Controller):
    """The server, on a port that is free."""

    def __init__(self, mailbox, *, port=0, **options):
        super().__init__(mailbox, hostname="127.0.0.1", port=port, **options)

    def _trigger_server(self):
        # The port is known once it listens.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def serving(mailbox, **options):
    """Serve; yield the port."""
    server = Server(mailbox, **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()
